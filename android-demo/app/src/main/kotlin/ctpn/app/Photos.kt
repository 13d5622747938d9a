package ctpn.app

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import android.media.ExifInterface
import android.net.Uri
import ctpn.core.CtpnException
import ctpn.core.RgbImage
import java.io.File
import java.io.IOException
import java.io.InputStream

/** The one photo the app works on, in a file of its own: so it outlives the grant to read it from where it came. */
class Photos(
    context: Context,
) {
    private val resolver = context.contentResolver
    private val assets = context.assets
    private val kept = File(context.filesDir, "photo")
    private val aside = File(context.filesDir, "photo.new")

    /**
     * Copy a photo (a content URI, or [SAMPLE]) and decode it upright, at reduced size if it is large.
     *
     * @throws IOException it cannot be read. @throws CtpnException it is no picture.
     */
    fun open(source: String): Bitmap {
        input(source).use { from -> aside.outputStream().use { from.copyTo(it) } }
        val picture = decode(aside)
        if (!aside.renameTo(kept)) throw IOException("$kept: cannot be replaced; is the storage full?")
        return picture
    }

    private fun input(source: String): InputStream =
        if (source == SAMPLE) {
            assets.open("bundle/golden.png")
        } else {
            resolver.openInputStream(Uri.parse(source)) ?: throw IOException("$source: its app gives nothing")
        }

    /** The photo that was opened last, after the system ended the app. Errors as [open]. */
    fun reopen(): Bitmap = decode(kept)

    fun forget() {
        kept.delete()
        aside.delete()
    }

    companion object {
        /** The source of the photo that comes with the models. */
        const val SAMPLE = "sample"

        /** 4096 x 3072: the usual 12 megapixels stay whole; 48 MiB as Android's bitmap, 36 MiB as our bytes. */
        const val MOST_PIXELS = 4096 * 3072

        /** An upright picture of at most [MOST_PIXELS]. */
        fun decode(file: File): Bitmap {
            val options = BitmapFactory.Options().apply { inJustDecodeBounds = true }
            BitmapFactory.decodeFile(file.path, options)
            if (options.outWidth < 1 || options.outHeight < 1) throw CtpnException("not a picture that this phone can open; choose another")
            options.inSampleSize = reduction(options.outWidth, options.outHeight)
            options.inJustDecodeBounds = false
            options.inPreferredConfig = Bitmap.Config.ARGB_8888
            val stored = BitmapFactory.decodeFile(file.path, options) ?: throw CtpnException("a damaged picture; choose another")
            return upright(stored, orientation(file))
        }

        /** By how much a picture is reduced on decoding: the least power of two (no other saves memory) that suffices. */
        fun reduction(
            width: Int,
            height: Int,
        ): Int = generateSequence(1) { it * 2 }.first { (width / it).toLong() * (height / it) <= MOST_PIXELS }

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

/** The bytes that the reader takes; some rows at a time, for a second whole copy of a photo would be 48 MiB. */
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
