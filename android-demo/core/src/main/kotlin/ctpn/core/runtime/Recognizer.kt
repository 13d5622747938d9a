package ctpn.core.runtime

import ctpn.core.contract.RecognizerSpec

/** A recogniser's net, whatever computes it. */
interface Recognizer : AutoCloseable {
    val spec: RecognizerSpec

    /** Logits float32 [count, width / `spec.stride`, characters + 1] of line crops: class 0 is the blank. */
    fun logits(batch: LineCropBatch): FloatArray

    override fun close() = Unit
}

/** Line crops of one height and width: RGB of 8 bits [count, height, width, 3], row by row. */
class LineCropBatch(
    val count: Int,
    val height: Int,
    val width: Int,
    val pixels: ByteArray,
)
