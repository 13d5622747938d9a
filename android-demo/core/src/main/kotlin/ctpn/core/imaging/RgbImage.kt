package ctpn.core.imaging

import ctpn.core.CtpnException
import kotlin.math.floor

/**
 * A picture, RGB of 8 bits.
 *
 * @property pixels red, green and blue of each pixel, row by row: 3 · width · height bytes, taken as unsigned. Not copied.
 */
class RgbImage(
    val width: Int,
    val height: Int,
    val pixels: ByteArray,
) {
    init {
        if (width < 1 || height < 1 || pixels.size.toLong() != 3L * width * height) {
            throw CtpnException(
                "expected 3 * width * height bytes of RGB, got ${pixels.size} for $width x $height; convert the picture first",
            )
        }
    }

    /** One byte of [pixels] as 0 … 255. */
    internal fun level(index: Int): Int = pixels[index].toInt() and 255

    /** The part from (x0, y0) up to, without, (x1, y1). */
    fun cut(
        x0: Int,
        y0: Int,
        x1: Int,
        y1: Int,
    ): RgbImage {
        val part = ByteArray(3 * (x1 - x0) * (y1 - y0))
        for (y in y0 until y1) pixels.copyInto(part, 3 * (x1 - x0) * (y - y0), 3 * (width * y + x0), 3 * (width * y + x1))
        return RgbImage(x1 - x0, y1 - y0, part)
    }

    companion object {
        /**
         * From 0xAARRGGBB, row by row, as Android's `Bitmap.getPixels` and AWT's `BufferedImage.getRGB` give
         * it; alpha is ignored.
         */
        fun fromArgb(
            argb: IntArray,
            width: Int,
            height: Int,
        ): RgbImage {
            val pixels = ByteArray(3 * argb.size)
            for (i in argb.indices) {
                pixels[3 * i] = (argb[i] shr 16).toByte()
                pixels[3 * i + 1] = (argb[i] shr 8).toByte()
                pixels[3 * i + 2] = argb[i].toByte()
            }
            return RgbImage(width, height, pixels)
        }
    }
}

/** The rounding of all languages: floor(x + 0.5). */
fun rounded(x: Double): Int = floor(x + 0.5).toInt()
