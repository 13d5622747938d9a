package ctpn.reader

import ai.onnxruntime.NodeInfo
import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import ctpn.core.CtpnException
import ctpn.core.ModelException
import ctpn.core.contract.BUNDLE_HINT
import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.contract.RecognizerSpec
import ctpn.core.imaging.RgbImage
import ctpn.core.runtime.Detector
import ctpn.core.runtime.FloatMap
import ctpn.core.runtime.LineCropBatch
import ctpn.core.runtime.Recognizer
import java.nio.Buffer
import java.nio.ByteBuffer
import java.util.concurrent.CancellationException

private const val UNSET = -1L // a side of any size
private const val MAX_VALUE = 1e6f // of a map; beyond, the weights are damaged

/** A model file under ONNX Runtime: bytes in, one array per output. */
private class OnnxModel(
    private val name: String,
    bytes: ByteArray,
    threads: Int,
) : AutoCloseable {
    init {
        checkOnnx(name, bytes)
    }

    private val environment = OrtEnvironment.getEnvironment().also { it.setTelemetry(false) }
    private val session: OrtSession =
        try {
            OrtSession.SessionOptions().use { options ->
                options.setIntraOpNumThreads(threads)
                // Without its own pool the runtime holds a fifth less at most, gives it back after each reading, and is as fast.
                options.setCPUArenaAllocator(false)
                options.setMemoryPatternOptimization(false)
                environment.createSession(bytes, options)
            }
        } catch (e: OrtException) {
            throw ModelException("$name: not a model that can be loaded (${e.message?.take(160)}); $BUNDLE_HINT")
        }

    /** The spec in the file's own metadata. */
    val spec: String? get() = session.metadata.customMetadata["spec"]
    val outputs: List<String> = session.outputNames.toList()
    val input: TensorInfo = tensor(session.inputInfo.values.first())
    val inputs: Int get() = session.inputInfo.size

    fun output(name: String): TensorInfo = tensor(session.outputInfo.getValue(name))

    /**
     * Pixels in, what [read] makes of each output by its name.
     *
     * @throws CancellationException this thread was interrupted: its work is cancelled.
     */
    fun <T> run(
        pixels: ByteArray,
        vararg shape: Long,
        read: (OnnxTensor) -> T,
    ): Map<String, T> {
        if (Thread.interrupted()) throw CancellationException("$name: the thread was interrupted")
        val direct = ByteBuffer.allocateDirect(pixels.size).put(pixels)
        (direct as Buffer).rewind() // ByteBuffer's own is missing on older phones
        try {
            OnnxTensor.createTensor(environment, direct, shape, OnnxJavaType.UINT8).use { tensor ->
                return session.run(mapOf(session.inputNames.first() to tensor)).use { results ->
                    outputs.associateWith { read(results.get(it).get() as OnnxTensor) }
                }
            }
        } catch (e: OrtException) {
            throw CtpnException("$name: cannot be computed (${e.message?.take(160)}); try a smaller photo or region")
        }
    }

    override fun close() = session.close()

    private fun tensor(node: NodeInfo): TensorInfo = node.info as? TensorInfo ?: throw mismatch(name)
}

private fun mismatch(name: String) = ModelException("$name: inputs or outputs do not fit its spec; $BUNDLE_HINT")

private fun floats(tensor: OnnxTensor): FloatArray = tensor.floatBuffer.array()

/** The version of ONNX Runtime. */
fun runtimeVersion(): String = OrtEnvironment.getEnvironment().version

/** The detector: pixels to maps. */
internal class OnnxDetector(
    bytes: ByteArray,
    override val spec: DetectorSpec,
    threads: Int,
) : Detector {
    private val model = OnnxModel("detector", bytes, threads)

    init {
        val shape = model.input.shape
        val fits = shape.size == 4 && shape[1] == UNSET && shape[2] == UNSET && model.input.type == OnnxJavaType.UINT8
        if (!fits || model.inputs != 1 || model.outputs != spec.outputs.map { it.json }) throw model.use { mismatch("detector") }
        if (model.spec?.let { DetectorSpec.fromJson(it) } != spec) throw model.use { otherSpec("detector") }
    }

    override fun maps(pixels: RgbImage): Map<DetectorMap, FloatMap> {
        val maps = model.run(pixels.pixels, 1, pixels.height.toLong(), pixels.width.toLong(), 3) { floatMap(it) }
        return spec.outputs.associateWith { name -> maps.getValue(name.json).also { checkValues(name, it.values) } }
    }

    private fun floatMap(tensor: OnnxTensor): FloatMap {
        val shape = tensor.info.shape.map { it.toInt() }
        if (shape.size != 4 || shape[0] != 1 || tensor.info.type != OnnxJavaType.FLOAT) throw mismatch("detector")
        return FloatMap(shape[1], shape[2], shape[3], floats(tensor))
    }

    /** @throws ModelException NaN or numbers that no net gives. */
    private fun checkValues(
        name: DetectorMap,
        values: FloatArray,
    ) {
        val allowed = if (name == DetectorMap.SCORE || name == DetectorMap.LINK) 0f..1f else -MAX_VALUE..MAX_VALUE
        val wrong = values.find { it !in allowed } ?: return // NaN is in no range
        throw ModelException("detector: ${name.json}: expected numbers in $allowed, got $wrong; its weights are damaged, $BUNDLE_HINT")
    }

    override fun close() = model.close()
}

/** The recogniser: line crops to logits. */
internal class OnnxRecognizer(
    bytes: ByteArray,
    override val spec: RecognizerSpec,
    threads: Int,
) : Recognizer {
    private val model = OnnxModel("recognizer", bytes, threads)

    init {
        val shape = model.input.shape
        val fits = shape.size == 4 && shape[1] == spec.height.toLong() && shape[2] == UNSET && model.input.type == OnnxJavaType.UINT8
        if (!fits || model.inputs != 1 || model.outputs != listOf("logits")) throw model.use { mismatch("recognizer") }
        if (model.output("logits").shape.last() != spec.characters.size + 1L) throw model.use { mismatch("recognizer") }
        if (model.spec?.let { RecognizerSpec.fromJson(it) } != spec) throw model.use { otherSpec("recognizer") }
    }

    override fun logits(batch: LineCropBatch): FloatArray {
        val expected = longArrayOf(batch.count.toLong(), (batch.width / spec.stride).toLong(), spec.characters.size + 1L)
        return model
            .run(batch.pixels, batch.count.toLong(), batch.height.toLong(), batch.width.toLong(), 3) {
                if (!it.info.shape.contentEquals(expected) || it.info.type != OnnxJavaType.FLOAT) throw mismatch("recognizer")
                floats(it)
            }.getValue("logits")
    }

    override fun close() = model.close()
}

private fun otherSpec(name: String) = ModelException("$name: the file has another spec than the bundle; $BUNDLE_HINT")
