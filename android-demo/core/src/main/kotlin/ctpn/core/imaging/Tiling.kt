package ctpn.core.imaging

import ctpn.core.contract.DetectorSpec
import ctpn.core.layout.Quad
import ctpn.core.layout.quadSize
import ctpn.core.runtime.FloatMap
import kotlin.math.floor

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

/** Bring a picture to a scale, that of [fitScale] unless another is given, and pad it. */
fun fit(
    rgb: RgbImage,
    spec: DetectorSpec,
    scale: Double = fitScale(rgb.width.toDouble(), rgb.height.toDouble(), spec),
): Fitted {
    val width = maxOf(1, rounded(rgb.width * scale))
    val height = maxOf(1, rounded(rgb.height * scale))
    val padded = padded(resize(rgb, width, height), spec)
    return Fitted(padded, width.toDouble() / rgb.width, height.toDouble() / rgb.height)
}

/**
 * By how much a picture of this size is reduced; at most 1, because nothing is enlarged.
 *
 * The long side becomes at most `longSide`; of a long image, longer than `maxAspectRatio` to 1, the short side at most
 * `tileShortSide`.
 */
fun fitScale(
    width: Double,
    height: Double,
    spec: DetectorSpec,
): Double {
    val long = maxOf(height, width)
    val short = minOf(height, width)
    val isLong = long > spec.tiling.maxAspectRatio * short
    return minOf(1.0, if (isLong) spec.tiling.tileShortSide / short else spec.longSide / long)
}

/**
 * The scale of a second look at a photo that is smaller than the net's input, because its letters are small too; 1: none is needed.
 *
 * In whole eighths: the long side becomes at most `longSide`, and at most `regions.maxEnlargement` times as long; the highest line
 * gets at most the height of the highest anchor. Long images are not enlarged.
 *
 * @param quadsNet the lines of the first look, at the photo's own scale.
 */
fun closerScale(
    width: Int,
    height: Int,
    quadsNet: List<Quad>,
    spec: DetectorSpec,
): Double {
    val long = maxOf(width, height).toDouble()
    if (long > spec.tiling.maxAspectRatio * minOf(width, height)) return 1.0
    val highest = maxOf(quadsNet.maxOfOrNull { quadSize(it).second } ?: 0.0, 1.0)
    val by = minOf(spec.regions.maxEnlargement, spec.longSide / long, spec.anchorHeights.last() / highest)
    return maxOf(1.0, floor(8 * by) / 8)
}

/** A power of two: how many times smaller the far view is. */
const val FAR = 4

/** A fitted picture, made [FAR] times smaller and padded: letters that fill the picture are as high as the anchors there. */
fun farView(
    pixelsNet: RgbImage,
    spec: DetectorSpec,
): RgbImage = padded(halved(pixelsNet, FAR.countTrailingZeroBits()), spec)

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

/**
 * The tiles in which an input is read, along its long side of [length] pixels (a multiple of `sizeMultiple`).
 *
 * @return begin and end of each tile, `overlap` pixels of it in the next too; one tile up to `maxUntiled` times `longSide`.
 */
fun tiles(
    length: Int,
    spec: DetectorSpec,
): List<Pair<Int, Int>> {
    if (length <= (spec.longSide * spec.tiling.maxUntiled).toInt()) return listOf(0 to length)
    val overlap = spec.tiling.overlap
    val step = (spec.longSide - overlap) / spec.sizeMultiple * spec.sizeMultiple
    return (0 until length - overlap step step).map { it to minOf(it + step + overlap, length) }
}

/**
 * Join the maps of tiles, each cell from the tile in which it lies farther from an edge.
 *
 * @param stride pixels of a cell along the tiles.
 * @param across whether the tiles lie side by side, not one below the other.
 */
fun stitch(
    maps: List<FloatMap>,
    tiles: List<Pair<Int, Int>>,
    stride: Int,
    across: Boolean,
): FloatMap {
    val spans =
        tiles.mapIndexed { i, (begin, end) ->
            val first = if (i == 0) begin else (begin + tiles[i - 1].second) / 2
            val last = if (i == tiles.lastIndex) end else (tiles[i + 1].first + end) / 2
            (first - begin) / stride to (last - begin) / stride
        }
    val length = spans.sumOf { (first, last) -> last - first }
    val channels = maps[0].channels
    val (rows, columns) = if (across) maps[0].height to length else length to maps[0].width
    val out = FloatArray(rows * columns * channels)
    var done = 0
    for ((map, span) in maps.zip(spans)) {
        val (first, last) = span
        if (across) {
            for (y in 0 until rows) {
                val row = y * map.width
                map.values.copyInto(out, (y * columns + done) * channels, (row + first) * channels, (row + last) * channels)
            }
        } else {
            map.values.copyInto(out, done * columns * channels, first * columns * channels, last * columns * channels)
        }
        done += last - first
    }
    return FloatMap(rows, columns, channels, out)
}
