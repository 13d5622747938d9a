package ctpn.core

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
            throw CtpnException("expected 3 * width * height bytes of RGB, got ${pixels.size} for $width x $height; convert the picture first")
        }
    }

    companion object {
        /** From 0xAARRGGBB, row by row, as Android's `Bitmap.getPixels` and AWT's `BufferedImage.getRGB` give it; alpha is not looked at. */
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
