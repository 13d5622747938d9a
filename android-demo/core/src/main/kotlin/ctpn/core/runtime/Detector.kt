package ctpn.core.runtime

import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.imaging.RgbImage

/** A detector's net, whatever computes it. */
interface Detector : AutoCloseable {
    val spec: DetectorSpec

    /** The maps that the spec names of a picture whose sides are multiples of `spec.sizeMultiple`. */
    fun maps(pixels: RgbImage): Map<DetectorMap, FloatMap>

    override fun close() = Unit
}

/** Numbers of the cells of a grid: float32 [height, width, channels], row by row. */
class FloatMap(
    val height: Int,
    val width: Int,
    val channels: Int,
    val values: FloatArray,
) {
    init {
        require(values.size == height * width * channels) { "expected $height x $width x $channels values, got ${values.size}" }
    }
}
