package ctpn.core

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
         * it; alpha is not looked at.
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

/** Numbers of the cells of a grid, the channels of a cell together, row by row. */
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

/**
 * A picture at the network's scale.
 *
 * @property pixels both sides multiples of `spec.sizeMultiple`, padded right and below.
 * @property scaleX x_net = x_img * scaleX; frames begin at the corner of the first pixel.
 */
class Fitted(
    val pixels: RgbImage,
    val scaleX: Double,
    val scaleY: Double,
)

/**
 * Reduce a picture by the spec's rule and pad it.
 *
 * The long side becomes at most `longSide`; of a strip, longer than `stripRatio` to 1, the short side at most
 * `stripSide`. Nothing is enlarged.
 */
fun fit(
    rgb: RgbImage,
    spec: DetectorSpec,
): Fitted {
    val long = maxOf(rgb.height, rgb.width)
    val short = minOf(rgb.height, rgb.width)
    val wanted = if (long > spec.stripRatio * short) spec.stripSide.toDouble() / short else spec.longSide.toDouble() / long
    val scale = minOf(1.0, wanted)
    val width = maxOf(1, rounded(rgb.width * scale))
    val height = maxOf(1, rounded(rgb.height * scale))
    val padded = padded(resize(rgb, width, height), spec)
    return Fitted(padded, width.toDouble() / rgb.width, height.toDouble() / rgb.height)
}

private fun padded(
    small: RgbImage,
    spec: DetectorSpec,
): RgbImage {
    val m = spec.sizeMultiple
    val width = (small.width + m - 1) / m * m
    val height = (small.height + m - 1) / m * m
    val out = ByteArray(3 * width * height) { spec.pad.toByte() }
    for (y in 0 until small.height) small.pixels.copyInto(out, 3 * width * y, 3 * small.width * y, 3 * small.width * (y + 1))
    return RgbImage(width, height, out)
}

/** The law of rounding: floor(x + 0.5). */
fun rounded(x: Double): Int = floor(x + 0.5).toInt()

/**
 * Where a side of [length] pixels (a multiple of `sizeMultiple`) is cut for reading in pieces.
 *
 * @return begin and end of each window, overlapping by 128 pixels; one window up to one and a half `longSide`.
 */
fun windows(
    length: Int,
    spec: DetectorSpec,
): List<Pair<Int, Int>> {
    if (length <= spec.longSide * 3 / 2) return listOf(0 to length)
    val overlap = 128
    val step = (spec.longSide - overlap) / spec.sizeMultiple * spec.sizeMultiple
    return (0 until length - overlap step step).map { it to minOf(it + step + overlap, length) }
}

/**
 * Join the maps of windows, each cell from the window in which it lies farther from a cut.
 *
 * @param across whether the windows lie side by side, not one below the other.
 */
fun stitch(
    pieces: List<FloatMap>,
    cuts: List<Pair<Int, Int>>,
    stride: Int,
    across: Boolean,
): FloatMap {
    val spans =
        cuts.mapIndexed { i, (begin, end) ->
            val first = if (i == 0) begin else (begin + cuts[i - 1].second) / 2
            val last = if (i == cuts.lastIndex) end else (cuts[i + 1].first + end) / 2
            (first - begin) / stride to (last - begin) / stride
        }
    val length = spans.sumOf { (first, last) -> last - first }
    val (rows, columns) = if (across) pieces[0].height to length else length to pieces[0].width
    val out = FloatArray(rows * columns * pieces[0].channels)
    var done = 0
    for ((piece, span) in pieces.zip(spans)) {
        val (first, last) = span
        val cell = piece.channels
        if (across) {
            for (y in 0 until rows) {
                val row = y * piece.width
                piece.values.copyInto(out, (y * columns + done) * cell, (row + first) * cell, (row + last) * cell)
            }
        } else {
            piece.values.copyInto(out, done * columns * cell, first * columns * cell, last * columns * cell)
        }
        done += last - first
    }
    return FloatMap(rows, columns, pieces[0].channels, out)
}
