package ctpn.app

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Matrix
import android.graphics.PorterDuff
import android.media.ExifInterface
import android.net.Uri
import ctpn.core.CtpnException
import ctpn.core.imaging.RgbImage
import java.io.File
import java.io.IOException
import java.io.InputStream
import kotlin.math.sqrt

/** The one photo the app works on, in a file of its own: so it outlives the permission to read the original. */
class Photos(
    context: Context,
) {
    private val resolver = context.contentResolver
    private val assets = context.assets
    private val current = File(context.filesDir, "photo")
    private val incoming = File(context.filesDir, "photo.new")
    private val fromCamera = SharedFiles.file(context, SharedFiles.PHOTO)

    /**
     * Copy a photo (a content URI, or [SAMPLE]) and decode it upright, at reduced size if it is large. What the camera wrote is
     * deleted: only the copy stays.
     *
     * @throws IOException it cannot be read. @throws CtpnException it is no picture.
     */
    fun open(source: String): Bitmap {
        try {
            input(source).use { from -> incoming.outputStream().use { from.copyTo(it) } }
        } finally {
            fromCamera.delete()
        }
        val picture = decode(incoming)
        if (!incoming.renameTo(current)) throw IOException("$current: cannot be replaced; is the storage full?")
        return picture
    }

    private fun input(source: String): InputStream =
        if (source == SAMPLE) {
            assets.open("bundle/golden.png")
        } else {
            resolver.openInputStream(Uri.parse(source)) ?: throw IOException("$source: its app gives no data")
        }

    /** The photo that was opened last, after the system ended the app. Errors as [open]. */
    fun reopen(): Bitmap = decode(current)

    fun forget() {
        current.delete()
        incoming.delete()
        fromCamera.delete()
    }

    companion object {
        /** The source of the photo that comes with the models. */
        const val SAMPLE = "sample"

        /** 6.3 megapixels, 24 MiB as Android's bitmap and 18 MiB as our bytes: on a page of A4 small print is then still 25 pixels high. */
        const val MAX_PIXELS = 2896 * 2172

        /** The usual 12 megapixels are decoded whole, before anything else needs memory, and then reduced smoothly. */
        private const val MAX_DECODED_PIXELS = 4096 * 3072

        /** An upright picture of at most [MAX_PIXELS]. */
        fun decode(file: File): Bitmap {
            val options = BitmapFactory.Options().apply { inJustDecodeBounds = true }
            BitmapFactory.decodeFile(file.path, options)
            if (options.outWidth < 1 || options.outHeight < 1) throw CtpnException("not a picture that this phone can open; choose another")
            options.inSampleSize = reduction(options.outWidth, options.outHeight)
            options.inJustDecodeBounds = false
            options.inPreferredConfig = Bitmap.Config.ARGB_8888
            options.inMutable = true
            val stored = BitmapFactory.decodeFile(file.path, options) ?: throw CtpnException("a damaged picture; choose another")
            return upright(reduced(onWhite(stored)), orientation(file))
        }

        /** Transparent pixels become white, as in Python: their colour may be any, mostly the black of the letters. */
        private fun onWhite(stored: Bitmap): Bitmap {
            if (stored.hasAlpha()) Canvas(stored).drawColor(Color.WHITE, PorterDuff.Mode.DST_OVER)
            return stored
        }

        /** By how much a picture is reduced while it is decoded: the smallest power of two that suffices (no other factor saves memory). */
        fun reduction(
            width: Int,
            height: Int,
        ): Int = generateSequence(1) { it * 2 }.first { (width / it).toLong() * (height / it) <= MAX_DECODED_PIXELS }

        private fun reduced(stored: Bitmap): Bitmap {
            val by = sqrt(MAX_PIXELS.toDouble() / (stored.width.toLong() * stored.height))
            if (by >= 1) return stored
            val (width, height) = maxOf(1, (stored.width * by).toInt()) to maxOf(1, (stored.height * by).toInt())
            return Bitmap.createScaledBitmap(stored, width, height, true).also { stored.recycle() }
        }

        private fun orientation(file: File): Int =
            try {
                ExifInterface(file.path).getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)
            } catch (_: IOException) {
                ExifInterface.ORIENTATION_NORMAL // no EXIF in this kind of file: it is stored upright
            }

        private fun upright(
            stored: Bitmap,
            orientation: Int,
        ): Bitmap {
            val turn = Matrix()
            if (orientation in MIRRORED) turn.postScale(-1f, 1f)
            turn.postRotate(TURNS[orientation] ?: 0f)
            if (turn.isIdentity) return stored
            return Bitmap.createBitmap(stored, 0, 0, stored.width, stored.height, turn, false).also { if (it !== stored) stored.recycle() }
        }

        // EXIF 2.3, tag 274: what to do with the stored picture, mirrored first.
        private val MIRRORED =
            setOf(
                ExifInterface.ORIENTATION_FLIP_HORIZONTAL,
                ExifInterface.ORIENTATION_FLIP_VERTICAL,
                ExifInterface.ORIENTATION_TRANSPOSE,
                ExifInterface.ORIENTATION_TRANSVERSE,
            )
        private val TURNS =
            mapOf(
                ExifInterface.ORIENTATION_ROTATE_180 to 180f,
                ExifInterface.ORIENTATION_FLIP_VERTICAL to 180f,
                ExifInterface.ORIENTATION_TRANSPOSE to 270f,
                ExifInterface.ORIENTATION_ROTATE_90 to 90f,
                ExifInterface.ORIENTATION_TRANSVERSE to 90f,
                ExifInterface.ORIENTATION_ROTATE_270 to 270f,
            )
    }
}

/** The bytes that the reader takes; row by row, because a second copy of all pixels would be 48 MiB. */
fun Bitmap.rgb(): RgbImage {
    val bytes = ByteArray(3 * width * height)
    val row = IntArray(width)
    var at = 0
    for (y in 0 until height) {
        getPixels(row, 0, width, 0, y, width, 1)
        for (pixel in row) {
            bytes[at++] = (pixel shr 16).toByte()
            bytes[at++] = (pixel shr 8).toByte()
            bytes[at++] = pixel.toByte()
        }
    }
    return RgbImage(width, height, bytes)
}
