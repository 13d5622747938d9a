package ctpn.reader

import ctpn.core.ModelException
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.ByteArrayOutputStream
import kotlin.random.Random

/** What of an ONNX file is refused before ONNX Runtime sees it; tests/runtime/test_model_files.py has the same for Python. */
class OnnxFileTest {
    private val detector = ReaderCase.file("bundle/detector.onnx").readBytes()

    private fun varint(number: Long): ByteArray {
        val out = ByteArrayOutputStream()
        var left = number
        while (left > 127) {
            out.write((left and 127 or 128).toInt())
            left = left ushr 7
        }
        return out.apply { write(left.toInt()) }.toByteArray()
    }

    private fun message(
        number: Int,
        vararg inner: ByteArray,
    ): ByteArray {
        val content = inner.fold(byteArrayOf()) { all, one -> all + one }
        return varint(8L * number + 2) + varint(content.size.toLong()) + content
    }

    private fun number(
        number: Int,
        value: Long,
    ) = varint(8L * number) + varint(value)

    private fun refused(file: ByteArray) = assertThrows(ModelException::class.java) { checkOnnx("detector", file) }.message!!

    private val external = message(8, "w".toByteArray()) + number(14, 1)
    private val graph = 7

    @Test
    fun `a file like the shipped ones is taken`() {
        checkOnnx("detector", detector)
        checkOnnx("detector", message(graph, message(5, number(14, 0), message(9, ByteArray(40)))))
    }

    @Test
    fun `external data is refused wherever a tensor can be`() {
        val tensors =
            listOf(
                message(5, external),
                message(5, message(13, "location".toByteArray())),
                message(15, message(1, external)),
                message(15, message(2, external)),
                message(1, message(5, message(5, external))),
                message(1, message(5, message(10, external))),
                message(1, message(5, message(22, message(1, external)))),
                message(1, message(5, message(23, message(2, external)))),
            )
        for (tensor in tensors) {
            assertTrue("detector: has external data: weights in another file" in refused(message(graph, tensor)))
            assertTrue("external data" in refused(detector + message(graph, tensor))) // protobuf joins a message given twice
        }
    }

    @Test
    fun `loops, branches, functions and training steps are refused`() {
        for (attribute in listOf(6, 11)) {
            assertTrue("has a loop or a branch" in refused(message(graph, message(1, message(5, message(attribute, message(1)))))))
        }
        for (part in listOf(20, 25)) assertTrue("has functions or training steps" in refused(detector + message(part, message(1))))
    }

    @Test
    fun `what is no whole file is refused`() {
        assertTrue("no graph in it" in refused(byteArrayOf()))
        assertTrue("in the middle of a field" in refused(detector.copyOf(detector.size - 1)))
        assertTrue("in the middle of a number" in refused(byteArrayOf(-1)))
        assertTrue("more than ten bytes" in refused(ByteArray(20) { -1 }))
        assertTrue("wire type 3" in refused(byteArrayOf(3)))
        assertTrue("in the middle of a field" in refused(varint(8L * graph + 2) + varint(Long.MAX_VALUE)))
        assertTrue("in the middle of a field" in refused(varint(8L * graph + 2) + ByteArray(9) { -1 } + 1)) // a length below 0
        assertTrue("more than 500000 fields" in refused(message(graph, ByteArray(1_100_000) { if (it % 2 == 0) 8 else 0 })))
    }

    @Test
    fun `damage ends as a refusal or not at all`() {
        val random = Random(3)
        repeat(300) {
            val damaged = detector.copyOf()
            repeat(5) { damaged[random.nextInt(if (it == 0) damaged.size else 3000)] = random.nextInt().toByte() }
            try {
                checkOnnx("detector", damaged)
            } catch (e: ModelException) {
                assertTrue(e.message!!.startsWith("detector: "))
            }
        }
    }

    @Test
    fun `a model with external data is not handed to the runtime`() {
        val bundle = ReaderCase.bundle()
        val hostile = detector + message(graph, message(5, external))
        val error = assertThrows(ModelException::class.java) { OnnxDetector(hostile, bundle.detectorSpec, 1) }
        assertTrue("external data" in error.message!!)
    }
}
