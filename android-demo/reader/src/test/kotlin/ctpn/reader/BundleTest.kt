package ctpn.reader

import ctpn.core.MANIFEST
import ctpn.core.ModelException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.ByteArrayInputStream
import java.io.FileNotFoundException
import java.io.InputStream

class BundleTest {
    private val names get() = ReaderCase.file("bundle").list()!!.sorted()

    private fun bytes(name: String) = ReaderCase.file("bundle/$name").readBytes()

    /** A bundle of which one file is something else, or missing. */
    private fun damaged(
        name: String,
        content: ByteArray?,
    ) = assertThrows(ModelException::class.java) {
        Bundle.open { if (it != name) ByteArrayInputStream(bytes(it)) else content?.inputStream() ?: throw FileNotFoundException(it) }
    }.message!!

    @Test
    fun `a whole one opens`() {
        val bundle = ReaderCase.bundle()
        assertEquals(names, (bundle.manifest.files.keys + MANIFEST).sorted())
        assertTrue(bundle.golden.lines.isNotEmpty() && bundle.model("detector").size > 100_000)
    }

    @Test
    fun `every file is vouched for`() {
        for (name in names) {
            val whole = bytes(name)
            val flipped = whole.copyOf().also { it[0] = (it[0].toInt() xor 1).toByte() }
            val damages = listOf(null, ByteArray(0), whole.copyOf(whole.size / 2), flipped, whole + 1, ByteArray(whole.size) { -1 })
            for (content in damages) {
                if (name != MANIFEST || content?.size != whole.size + 1) assertTrue(name in damaged(name, content), name)
            }
        }
    }

    @Test
    fun `nothing endless is read`() {
        val endless =
            object : InputStream() {
                override fun read(): Int = ' '.code
            }
        val told =
            assertThrows(ModelException::class.java) {
                Bundle.open { if (it == "charset.txt") endless else bytes(it).inputStream() }
            }
        assertTrue("got more" in told.message!!)
        assertThrows(ModelException::class.java) { Bundle.open { endless } }
    }
}
