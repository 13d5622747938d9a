package ctpn.reader

import ctpn.core.ModelException
import ctpn.core.contract.MANIFEST
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayInputStream
import java.io.File
import java.io.FileNotFoundException
import java.io.InputStream
import java.nio.file.Files

class BundleTest {
    private val names = ReaderCase.names("bundle")

    private fun bytes(name: String) = ReaderCase.file("bundle/$name").readBytes()

    /** A bundle of which one file is something else, or missing. */
    private fun damaged(
        name: String,
        content: ByteArray?,
    ) = assertThrows(ModelException::class.java) {
        Bundle.open { if (it != name) ByteArrayInputStream(bytes(it)) else content?.inputStream() ?: throw FileNotFoundException(it) }
    }.message!!

    @Test
    fun `a complete one opens`() {
        val bundle = ReaderCase.bundle()
        assertEquals(names, (bundle.manifest.files.keys + MANIFEST).sorted())
        assertTrue(bundle.golden.lines.isNotEmpty() && bundle.model("detector").size > 100_000)
    }

    @Test
    fun `every byte of every file is verified`() {
        for (name in names) {
            val intact = bytes(name)
            val flipped = intact.copyOf().also { it[0] = (it[0].toInt() xor 1).toByte() }
            val damages = listOf(null, ByteArray(0), intact.copyOf(intact.size / 2), flipped, intact + 1, ByteArray(intact.size) { -1 })
            for (content in damages) {
                if (name != MANIFEST || content?.size != intact.size + 1) assertTrue(name in damaged(name, content), name)
            }
        }
    }

    @Test
    fun `an endless file is not read to its end`() {
        val endless =
            object : InputStream() {
                override fun read(): Int = ' '.code
            }
        val error =
            assertThrows(ModelException::class.java) {
                Bundle.open { if (it == "charset.txt") endless else bytes(it).inputStream() }
            }
        assertTrue("got more" in error.message!!)
        assertThrows(ModelException::class.java) { Bundle.open { endless } }
    }

    @Test
    fun `one with models of all formats opens, those in folders are verified too`() {
        val folder = "bundle-all-formats"
        val bundle = Bundle.open(Folder(ReaderCase.file(folder)))
        assertEquals(ReaderCase.names(folder), (bundle.manifest.files.keys + MANIFEST).sorted())
        assertTrue(
            bundle.manifest.models.values
                .all { formats -> FORMATS.all { format -> formats.keys.any { it.startsWith(format) } } },
        )
        val nested =
            bundle.manifest.files.keys
                .filter { '/' in it }
        assertTrue(nested.isNotEmpty())
        openReader(bundle, threads = 1).use { it.selfTest(bundle.golden, ReaderCase.decoded(bundle.goldenPhoto)) }
        val error =
            assertThrows(ModelException::class.java) {
                Bundle.open { name ->
                    val intact = ReaderCase.file("$folder/$name").readBytes()
                    (if (name == nested.first()) intact.also { it[0] = (it[0].toInt() xor 1).toByte() } else intact).inputStream()
                }
            }
        assertTrue("${nested.first()}: damaged" in error.message!!)
    }

    @Test
    fun `links are refused, also as folders, and a linked folder of all is fine`(
        @TempDir place: File,
    ) {
        val whole = ReaderCase.file("bundle-all-formats").absoluteFile.normalize()
        val linked = File(place, "linked").also { Files.createSymbolicLink(it.toPath(), whole.toPath()) }
        Bundle.open(Folder(linked))
        val nested = ReaderCase.names("bundle-all-formats").first { '/' in it }
        for (link in listOf("charset.txt", MANIFEST, nested.substringBefore('/'))) {
            val copy = File(place, "copy of $link").also { whole.copyRecursively(it) }
            File(copy, link).deleteRecursively()
            Files.createSymbolicLink(File(copy, link).toPath(), File(whole, link).toPath())
            val error = assertThrows(ModelException::class.java) { Bundle.open(Folder(copy)) }
            assertTrue("$link: is a link; expected a bundle" in error.message!!, error.message)
        }
    }

    private companion object {
        val FORMATS = listOf("onnx", "ort", "torchscript", "executorch", "coreml")
    }
}
