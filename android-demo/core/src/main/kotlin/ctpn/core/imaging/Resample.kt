package ctpn.core.imaging

import kotlin.math.floor
import kotlin.math.round

/**
 * A picture halved so often, rounded up: each pixel is (a + b + c + d + 2) shr 2 of four.
 *
 * Right and below the last pixels are repeated first, up to a multiple of 2^times.
 */
fun halved(
    rgb: RgbImage,
    times: Int,
): RgbImage {
    if (times == 0) return rgb
    val block = 1 shl times
    val width = (rgb.width + block - 1) / block * (block / 2)
    val height = (rgb.height + block - 1) / block * (block / 2)
    val out = ByteArray(3 * width * height)
    for (y in 0 until height) {
        val above = 3 * rgb.width * minOf(2 * y, rgb.height - 1)
        val below = 3 * rgb.width * minOf(2 * y + 1, rgb.height - 1)
        for (x in 0 until width) {
            val left = 3 * minOf(2 * x, rgb.width - 1)
            val right = 3 * minOf(2 * x + 1, rgb.width - 1)
            for (c in 0..2) {
                val four =
                    rgb.level(above + left + c) + rgb.level(above + right + c) + rgb.level(below + left + c) + rgb.level(below + right + c)
                out[3 * (y * width + x) + c] = ((four + 2) shr 2).toByte()
            }
        }
    }
    return halved(RgbImage(width, height, out), times - 1)
}

/**
 * A picture at another size: halved while it still shrinks by more than 2 on both sides, then half-pixel bilinear.
 *
 * A pixel at x_src = (x_dst + 0.5) / (dst / src) - 0.5, clamped, weighs its right neighbour by the fraction of x_src in
 * 256ths, rounded half to even; likewise below. The sum of the four, each weight a product, is (sum + 32768) shr 16.
 */
fun resize(
    rgb: RgbImage,
    width: Int,
    height: Int,
): RgbImage {
    var times = 0
    while (minOf(rgb.height / height.toDouble(), rgb.width / width.toDouble()) > (2 shl times)) times++
    val half = halved(rgb, times)
    return if (half.width == width && half.height == height) half else bilinear(half, width, height)
}

private class Taps(
    src: Int,
    dst: Int,
) {
    val left = IntArray(dst)
    val right = IntArray(dst)
    val weight = IntArray(dst) // of the right one, in 256ths

    init {
        val scale = 1 / (dst.toDouble() / src)
        for (i in 0 until dst) {
            val place = scale * (i + 0.5) - 0.5
            val whole = floor(place).toInt()
            left[i] = whole.coerceIn(0, src - 1)
            right[i] = (whole + 1).coerceIn(0, src - 1)
            weight[i] = round((place - whole) * 256).toInt()
        }
    }
}

private fun bilinear(
    rgb: RgbImage,
    width: Int,
    height: Int,
): RgbImage {
    val across = Taps(rgb.width, width)
    val down = Taps(rgb.height, height)
    val rows = arrayOf(IntArray(3 * width), IntArray(3 * width)) // source rows at the new width, in 256ths
    val held = intArrayOf(-1, -1) // which source rows these are: an even one in the first, an odd one in the second
    val out = ByteArray(3 * width * height)
    for (y in 0 until height) {
        for (row in intArrayOf(down.left[y], down.right[y])) {
            if (held[row and 1] != row) {
                stretch(rgb, row, across, rows[row and 1])
                held[row and 1] = row
            }
        }
        val above = rows[down.left[y] and 1]
        val below = rows[down.right[y] and 1]
        val weight = down.weight[y]
        for (i in above.indices) {
            out[y * above.size + i] = ((above[i] * (256 - weight) + below[i] * weight + 32768) shr 16).toByte()
        }
    }
    return RgbImage(width, height, out)
}

private fun stretch(
    rgb: RgbImage,
    row: Int,
    taps: Taps,
    out: IntArray,
) {
    val start = 3 * rgb.width * row
    for (x in taps.left.indices) {
        val left = start + 3 * taps.left[x]
        val right = start + 3 * taps.right[x]
        val weight = taps.weight[x]
        for (c in 0..2) out[3 * x + c] = rgb.level(left + c) * (256 - weight) + rgb.level(right + c) * weight
    }
}

/**
 * The colours at places x, y of a width × height picture, row by row, from the corner of the first pixel.
 *
 * Places are rounded to 32nds of a pixel, floor(32 x - 15.5) from the first one's centre, and clamped to the centres of
 * the outermost pixels; NaN becomes the first. The weights of the four pixels around are products of 32nds, and
 * the colour is (sum + 512) shr 10.
 */
fun sample(
    rgb: RgbImage,
    x: DoubleArray,
    y: DoubleArray,
    width: Int,
    height: Int,
): RgbImage {
    val out = ByteArray(3 * width * height)
    for (i in x.indices) {
        val across = fine(x[i], rgb.width)
        val down = fine(y[i], rgb.height)
        val right = if (across shr 5 < rgb.width - 1) 3 else 0
        val below = if (down shr 5 < rgb.height - 1) 3 * rgb.width else 0
        val at = 3 * ((down shr 5) * rgb.width + (across shr 5))
        val u = across and 31
        val v = down and 31
        for (c in 0..2) {
            val top = rgb.level(at + c) * (32 - u) + rgb.level(at + right + c) * u
            val bottom = rgb.level(at + below + c) * (32 - u) + rgb.level(at + below + right + c) * u
            out[3 * i + c] = ((top * (32 - v) + bottom * v + 512) shr 10).toByte()
        }
    }
    return RgbImage(width, height, out)
}

private fun fine(
    place: Double,
    size: Int,
): Int {
    val steps = floor(place * 32 - 15.5)
    return if (steps.isNaN()) 0 else steps.coerceIn(0.0, 32.0 * (size - 1)).toInt()
}
