package ctpn.app

import android.graphics.Bitmap
import android.graphics.Color
import android.media.ExifInterface
import android.net.Uri
import ctpn.core.CtpnException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import java.io.FileNotFoundException
import kotlin.math.abs

@RunWith(RobolectricTestRunner::class)
class PhotosTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val context get() = RuntimeEnvironment.getApplication()

    /** 60 x 40, its quarters red, green, blue and white as it should be seen. */
    private val upright =
        Bitmap.createBitmap(60, 40, Bitmap.Config.ARGB_8888).apply {
            for (y in 0 until 40) for (x in 0 until 60) setPixel(x, y, colour(x < 30, y < 20))
        }

    private fun colour(
        left: Boolean,
        top: Boolean,
    ) = if (top) (if (left) Color.RED else Color.GREEN) else (if (left) Color.BLUE else Color.WHITE)

    /** Which corner of what is seen lies at each corner of what is stored, row by row, for the orientations 1 to 8 (EXIF 2.3). */
    private val stored = listOf("0123", "1032", "3210", "2301", "0213", "1302", "3120", "2031")

    /** The largest difference of two colours in one channel. */
    private fun apart(
        a: Int,
        b: Int,
    ) = listOf<(Int) -> Int>(Color::red, Color::green, Color::blue).maxOf { abs(it(a) - it(b)) }

    @Test
    fun `all eight orientations are rotated upright`() {
        val corners = listOf(Color.RED, Color.GREEN, Color.BLUE, Color.WHITE)
        for ((i, order) in stored.withIndex()) {
            val (width, height) = if (i < 4) 60 to 40 else 40 to 60
            val pixels = Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)
            for (y in 0 until height) {
                for (x in 0 until width) {
                    pixels.setPixel(
                        x,
                        y,
                        corners[
                            order[
                                (
                                    if (x <
                                        width / 2
                                    ) {
                                        0
                                    } else {
                                        1
                                    }
                                ) + (if (y < height / 2) 0 else 2),
                            ] -
                                '0',
                        ],
                    )
                }
            }
            val file = folder.newFile("$i.jpg")
            file.outputStream().use { pixels.compress(Bitmap.CompressFormat.JPEG, 100, it) }
            ExifInterface(file.path).apply { setAttribute(ExifInterface.TAG_ORIENTATION, "${i + 1}") }.saveAttributes()
            val seen = Photos.decode(file)
            assertEquals("orientation ${i + 1}", 60 to 40, seen.width to seen.height)
            for ((x, y) in listOf(10 to 10, 50 to 10, 10 to 30, 50 to 30)) {
                val (a, b) = upright.getPixel(x, y) to seen.getPixel(x, y)
                assertTrue("orientation ${i + 1} at $x, $y: ${Integer.toHexString(b)}", apart(a, b) < 40)
            }
        }
    }

    @Test
    fun `large photos are reduced, the largest already while they are decoded`() {
        val sizes = listOf(4032 to 3024, 12000 to 1000, 8000 to 6000, 4624 to 3468, 9248 to 6936, 12000 to 9000, 65535 to 65535)
        assertEquals(listOf(1, 1, 2, 2, 4, 4, 32), sizes.map { (w, h) -> Photos.reduction(w, h) })
        for ((size, seen) in listOf((4624 to 3468) to (2312 to 1734), (4000 to 3000) to (2896 to 2172), (1000 to 6290) to (1000 to 6290))) {
            val file = folder.newFile()
            val large = Bitmap.createBitmap(size.first, size.second, Bitmap.Config.ARGB_8888)
            file.outputStream().use { large.compress(Bitmap.CompressFormat.JPEG, 50, it) }
            assertEquals(seen, Photos.decode(file).let { it.width to it.height })
        }
    }

    @Test
    fun `transparent pixels become white`() {
        val file = folder.newFile("glass.png")
        val half = Bitmap.createBitmap(upright).copy(Bitmap.Config.ARGB_8888, true)
        for (x in 0 until 30) half.setPixel(x, 5, Color.TRANSPARENT)
        for (x in 0 until 30) half.setPixel(x, 6, Color.argb(128, 0, 0, 0))
        file.outputStream().use { half.compress(Bitmap.CompressFormat.PNG, 100, it) }
        val seen = Photos.decode(file)
        assertEquals(Color.WHITE, seen.getPixel(10, 5))
        assertTrue(Integer.toHexString(seen.getPixel(10, 6)), apart(Color.rgb(127, 127, 127), seen.getPixel(10, 6)) <= 1)
        assertEquals(Color.RED, seen.getPixel(10, 7))
    }

    @Test
    fun `what is not a picture is refused`() {
        val file = folder.newFile("text.jpg").apply { writeText("no picture") }
        assertTrue(assertThrows(CtpnException::class.java) { Photos.decode(file) }.message!!.contains("choose another"))
        val cut = folder.newFile("cut.png")
        cut.outputStream().use { upright.compress(Bitmap.CompressFormat.PNG, 100, it) }
        cut.writeBytes(cut.readBytes().copyOf(60))
        assertThrows(CtpnException::class.java) { Photos.decode(cut) }
    }

    @Test
    fun `bytes for the reader are the picture's`() {
        val rgb = upright.rgb()
        assertEquals(60 to 40, rgb.width to rgb.height)
        val at = 3 * (30 * 60 + 5)
        assertEquals(listOf(0, 0, 255), (at until at + 3).map { rgb.pixels[it].toInt() and 255 })
        assertEquals(3 * 60 * 40, rgb.pixels.size)
    }

    @Test
    fun `only two files are accessible, whatever is asked for`() {
        val lent = SharedFiles.file(context, SharedFiles.PHOTO).apply { writeText("x") }
        val resolver = context.contentResolver
        assertEquals("x", resolver.openInputStream(SharedFiles.uri(SharedFiles.PHOTO))!!.use { it.readBytes().decodeToString() })
        assertEquals("image/jpeg", resolver.getType(SharedFiles.uri(SharedFiles.PHOTO)))
        for (name in listOf("photo", "..%2Fphoto", "../files/photo", "a/camera.jpg", "")) {
            assertThrows(name, FileNotFoundException::class.java) { resolver.openInputStream(Uri.parse("content://ctpn.app.files/$name")) }
        }
        resolver.query(SharedFiles.uri(SharedFiles.PHOTO), null, null, null, null)!!.use {
            assertTrue(it.moveToFirst())
            assertEquals(lent.name to 1, it.getString(0) to it.getInt(1))
        }
    }
}
