package ctpn.reader

import ctpn.core.CtpnException
import ctpn.core.ModelException
import ctpn.core.TextLine
import ctpn.core.imaging.RgbImage
import ctpn.core.layout.Region
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.util.concurrent.CancellationException
import kotlin.math.abs

/** The real models on the JVM read what Python reads, to the text and a tenth of a pixel. */
class TextReaderTest {
    @TestFactory
    fun `int8 models read the same lines`(): List<DynamicTest> {
        val bundle = ReaderCase.bundle()
        return ReaderCase.cases().map { case ->
            dynamicTest(case.photo) {
                openReader(bundle, threads = 1).use { same(case.lines, it.read(ReaderCase.photo(case.photo), case.regions)) }
            }
        }
    }

    @TestFactory
    fun `the float model finds the same lines`(): List<DynamicTest> {
        val int8 = ReaderCase.bundle()
        val float =
            changed(
                int8,
                mapOf(
                    int8.manifest.models
                        .getValue("detector")
                        .getValue("onnx") to ReaderCase.file("mobile.onnx").readBytes(),
                ),
            )
        return ReaderCase.cases().map { case ->
            dynamicTest(case.photo) {
                openReader(float, threads = 1).use { same(case.float, it.detect(ReaderCase.photo(case.photo), case.regions)) }
            }
        }
    }

    @Test
    fun `there is much to read, in regions too`() {
        val cases = ReaderCase.cases()
        assertTrue(cases.sumOf { it.lines.size } > 100)
        assertTrue(
            cases
                .first { it.photo == "fields" }
                .lines
                .map { it.region }
                .toSet()
                .size >= 4,
        )
        assertTrue(cases.any { it.lines.isEmpty() })
    }

    @Test
    fun `the golden case holds, and another does not`() {
        val bundle = ReaderCase.bundle()
        val photo = ReaderCase.decoded(bundle.goldenPhoto)
        openReader(bundle, threads = 1).use { it.selfTest(bundle.golden, photo) }
        val lines = bundle.golden.lines
        val others =
            listOf(
                lines.drop(1),
                listOf(lines[0].copy(text = lines[0].text + "!")) + lines.drop(1),
                lines.map {
                    it.copy(quad = it.quad.copy(topLeft = it.quad.topLeft.copy(x = it.quad.topLeft.x + 1.5f * bundle.golden.quadTolerance)))
                },
                lines.map { it.copy(textScore = it.textScore!! - 1.5f * bundle.golden.scoreTolerance) },
            )
        openReader(bundle, threads = 1).use { reader ->
            for (wrong in others) {
                val error = assertThrows(CtpnException::class.java) { reader.selfTest(bundle.golden.copy(lines = wrong), photo) }
                assertTrue("computes otherwise" in error.message!!)
            }
        }
    }

    @Test
    fun `regions outside of the photo are refused`() {
        openReader(ReaderCase.bundle(), threads = 1).use { reader ->
            val blank = RgbImage(100, 80, ByteArray(3 * 100 * 80))
            assertThrows(CtpnException::class.java) { reader.read(blank, listOf(Region.rectangle(200f, 0f, 10f, 10f))) }
            assertEquals(emptyList<TextLine>(), reader.read(blank, emptyList()))
        }
    }

    @Test
    fun `a reading ends soon when its thread is interrupted`() {
        openReader(ReaderCase.bundle(), threads = 1).use { reader ->
            Thread.currentThread().interrupt()
            assertThrows(CancellationException::class.java) { reader.read(ReaderCase.photo("tiny")) }
            assertEquals(emptyList<TextLine>(), reader.read(ReaderCase.photo("tiny"))) // and can be used again
        }
    }

    @Test
    fun `models that are damaged or do not fit are refused`() {
        val bundle = ReaderCase.bundle()
        val detector =
            bundle.manifest.models
                .getValue("detector")
                .getValue("onnx")
        val recognizer =
            bundle.manifest.models
                .getValue("recognizer")
                .getValue("onnx")
        val wrong =
            listOf(
                mapOf(detector to ByteArray(1000)),
                mapOf(detector to bundle.model("recognizer")),
                mapOf(recognizer to bundle.model("detector")),
                mapOf(recognizer to bundle.model("recognizer").copyOf(5000)),
            )
        for (files in wrong) assertThrows(ModelException::class.java) { openReader(changed(bundle, files)).close() }
        val other =
            Bundle(bundle.manifest, bundle.detectorSpec.copy(pad = 0), bundle.recognizerSpec, bundle.golden, contents(bundle))
        assertTrue("another spec" in assertThrows(ModelException::class.java) { openReader(other).close() }.message!!)
    }

    @Test
    fun `weights that are not numbers are an error of the model`() {
        val bundle = ReaderCase.bundle()
        val damaged = ReaderCase.file("mobile.onnx").readBytes()
        damaged.fill(-1, damaged.size / 2, damaged.size / 2 + 64) // NaN
        val name =
            bundle.manifest.models
                .getValue("detector")
                .getValue("onnx")
        openReader(changed(bundle, mapOf(name to damaged)), threads = 1).use { reader ->
            val error = assertThrows(ModelException::class.java) { reader.read(ReaderCase.photo("tiny")) }
            assertTrue("expected numbers in 0.0..1.0, got NaN" in error.message!!, error.message)
        }
    }

    private fun contents(bundle: Bundle) =
        listOf("detector", "recognizer").associate {
            bundle.manifest.models
                .getValue(it)
                .getValue("onnx") to bundle.model(it)
        }

    private fun changed(
        bundle: Bundle,
        files: Map<String, ByteArray>,
    ) = Bundle(bundle.manifest, bundle.detectorSpec, bundle.recognizerSpec, bundle.golden, contents(bundle) + files)

    private fun same(
        expected: List<TextLine>,
        got: List<TextLine>,
    ) {
        assertEquals(expected.map { it.region to it.text }, got.map { it.region to it.text })
        for ((a, b) in expected.zip(got)) {
            val apart =
                a.quad.corners
                    .zip(b.quad.corners) { p, q -> maxOf(abs(p.x - q.x), abs(p.y - q.y)) }
                    .max()
            assertTrue(apart <= 0.1f, "${a.text}: ${a.quad} and ${b.quad} are $apart px apart")
            assertEquals(a.score, b.score, 0.005f, a.text)
            assertEquals(a.textScore ?: 0f, b.textScore ?: 0f, 0.005f, a.text)
        }
    }
}
