package ctpn.reader

import ai.onnxruntime.NodeInfo
import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import ctpn.core.CtpnException
import ctpn.core.DetectorSpec
import ctpn.core.FloatMap
import ctpn.core.ModelException
import ctpn.core.REMEDY
import ctpn.core.Recognizer
import ctpn.core.RecognizerSpec
import ctpn.core.RgbImage
import ctpn.core.Strips
import java.nio.Buffer
import java.nio.ByteBuffer
import java.util.concurrent.CancellationException

private const val UNSET = -1L // a side of any size

/** A model file under ONNX Runtime: bytes in, one array an output. */
private class Session(
    private val name: String,
    model: ByteArray,
    threads: Int,
) : AutoCloseable {
    private val environment = OrtEnvironment.getEnvironment().also { it.setTelemetry(false) }
    private val session: OrtSession =
        try {
            OrtSession.SessionOptions().use { options ->
                options.setIntraOpNumThreads(threads)
                // Without its own pool the runtime holds a fifth less at most, gives it back after each run, and is as fast.
                options.setCPUArenaAllocator(false)
                options.setMemoryPatternOptimization(false)
                environment.createSession(model, options)
            }
        } catch (e: OrtException) {
            throw ModelException("$name: not a model that can be loaded (${e.message?.take(160)}); $REMEDY")
        }

    /** The spec in the file's own metadata. */
    val spec: String? get() = session.metadata.customMetadata["spec"]
    val outputs: List<String> = session.outputNames.toList()
    val input: TensorInfo = tensor(session.inputInfo.values.first())
    val inputs: Int get() = session.inputInfo.size

    fun output(name: String): TensorInfo = tensor(session.outputInfo.getValue(name))

    /**
     * Pixels in, what [take] makes of each output by its name.
     *
     * @throws CancellationException this thread was interrupted: nobody waits for the answer.
     */
    fun <T> run(
        pixels: ByteArray,
        vararg shape: Long,
        take: (String, OnnxTensor) -> T,
    ): Map<String, T> {
        if (Thread.interrupted()) throw CancellationException("$name: the thread was interrupted")
        val direct = ByteBuffer.allocateDirect(pixels.size).put(pixels)
        (direct as Buffer).rewind() // ByteBuffer's own is not on older phones
        try {
            OnnxTensor.createTensor(environment, direct, shape, OnnxJavaType.UINT8).use { tensor ->
                return session.run(mapOf(session.inputNames.first() to tensor)).use { results ->
                    outputs.associateWith { take(it, results.get(it).get() as OnnxTensor) }
                }
            }
        } catch (e: OrtException) {
            throw CtpnException("$name: cannot be computed (${e.message?.take(160)}); try a smaller photo or region")
        }
    }

    override fun close() = session.close()

    private fun tensor(node: NodeInfo): TensorInfo = node.info as? TensorInfo ?: throw misfit(name)
}

private fun misfit(name: String) = ModelException("$name: inputs or outputs do not fit its spec; $REMEDY")

private fun floats(tensor: OnnxTensor): FloatArray = tensor.floatBuffer.array()

/** The detector: pixels to maps. */
internal class OnnxDetector(
    model: ByteArray,
    val spec: DetectorSpec,
    threads: Int,
) : AutoCloseable {
    private val session = Session("detector", model, threads)

    init {
        val shape = session.input.shape
        val fits = shape.size == 4 && shape[1] == UNSET && shape[2] == UNSET && session.input.type == OnnxJavaType.UINT8
        if (!fits || session.inputs != 1 || session.outputs != spec.outputs) throw session.use { misfit("detector") }
        if (session.spec?.let { DetectorSpec.fromJson(it) } != spec) {
            throw session.use { ModelException("detector: the file has another spec than the bundle; $REMEDY") }
        }
    }

    fun maps(pixels: RgbImage): Map<String, FloatMap> =
        session.run(pixels.pixels, 1, pixels.height.toLong(), pixels.width.toLong(), 3) { _, tensor ->
            val (_, height, width, channels) = tensor.info.shape.map { it.toInt() }
            FloatMap(height, width, channels, floats(tensor))
        }

    override fun close() = session.close()
}

/** The recogniser: strips to logits. */
internal class OnnxRecognizer(
    model: ByteArray,
    override val spec: RecognizerSpec,
    threads: Int,
) : Recognizer,
    AutoCloseable {
    private val session = Session("recognizer", model, threads)

    init {
        val taken = session.input.shape
        val fits = taken.size == 4 && taken[1] == spec.height.toLong() && taken[2] == UNSET && session.input.type == OnnxJavaType.UINT8
        if (!fits || session.inputs != 1 || session.outputs != listOf("logits")) throw session.use { misfit("recognizer") }
        if (session.output("logits").shape.last() != spec.characters.size + 1L) throw session.use { misfit("recognizer") }
        if (session.spec?.let { RecognizerSpec.fromJson(it) } != spec) {
            throw session.use { ModelException("recognizer: the file has another spec than the bundle; $REMEDY") }
        }
    }

    override fun logits(strips: Strips): FloatArray =
        session
            .run(strips.pixels, strips.count.toLong(), strips.height.toLong(), strips.width.toLong(), 3) { _, tensor -> floats(tensor) }
            .getValue("logits")

    override fun close() = session.close()
}
