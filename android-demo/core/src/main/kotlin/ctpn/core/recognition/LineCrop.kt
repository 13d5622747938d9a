package ctpn.core.recognition

import ctpn.core.contract.RecognizerSpec
import ctpn.core.imaging.RgbImage
import ctpn.core.imaging.halved
import ctpn.core.imaging.rounded
import ctpn.core.imaging.sample
import ctpn.core.layout.Quad
import ctpn.core.layout.quadSize
import ctpn.core.runtime.LineCropBatch
import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.floor

/**
 * The line inside a quad as an upright line crop, `spec.height` high, the quad with `spec.margin` around it; its width is by the
 * line's own ratio, at least `minWidth`. Lines that shrink by more than 2 are first halved.
 *
 * @param quad clockwise from the text's top left, in pixels of [rgb]; it may reach over the border, whose pixels are then
 *   repeated.
 */
fun rectify(
    rgb: RgbImage,
    quad: Quad,
    spec: RecognizerSpec,
): RgbImage {
    val (wide, tall) = quadSize(quad)
    val scale = spec.height / (tall * (1 + 2 * spec.margin[1]))
    val width = maxOf(spec.lineCrop.minWidth, rounded((wide + 2 * spec.margin[0] * tall) * scale))
    val (xs, ys) = withMargin(quad, wide, tall, spec)
    val x0 = (floor(xs.min()) - 2).coerceIn(0.0, rgb.width - 1.0)
    val y0 = (floor(ys.min()) - 2).coerceIn(0.0, rgb.height - 1.0)
    val x1 = (ceil(xs.max()) + 2).coerceIn(x0 + 1, rgb.width.toDouble())
    val y1 = (ceil(ys.max()) + 2).coerceIn(y0 + 1, rgb.height.toDouble())
    var times = 0
    while (scale * (2 shl times) < 1) times++
    val part = halved(rgb.cut(x0.toInt(), y0.toInt(), x1.toInt(), y1.toInt()), times)
    val block = (1 shl times).toDouble()
    for (i in 0..3) {
        xs[i] = (xs[i] - x0) / block
        ys[i] = (ys[i] - y0) / block
    }
    val (x, y) = places(xs, ys, width, spec.height)
    return sample(part, x, y, width, spec.height)
}

/** x and y of the four corners. */
private fun withMargin(
    quad: Quad,
    wide: Double,
    tall: Double,
    spec: RecognizerSpec,
): Pair<DoubleArray, DoubleArray> {
    fun moved(q: DoubleArray): DoubleArray {
        val along = (q[1] - q[0] + q[2] - q[3]) / 2 * (spec.margin[0] * tall / wide)
        val down = (q[3] - q[0] + q[2] - q[1]) / 2 * spec.margin[1]
        return doubleArrayOf(q[0] - along - down, q[1] + along - down, q[2] + along + down, q[3] - along + down)
    }
    val corners = quad.corners
    return moved(DoubleArray(4) { corners[it].x.toDouble() }) to moved(DoubleArray(4) { corners[it].y.toDouble() })
}

/**
 * Where the pixels of a width × height picture lie in a quad: their x and y, row by row.
 *
 * The projective map of the unit square (Heckbert 1989, section 2.2.3); of a quad without area the affine part.
 */
private fun places(
    xs: DoubleArray,
    ys: DoubleArray,
    width: Int,
    height: Int,
): Pair<DoubleArray, DoubleArray> {
    val sx = xs[0] - xs[1] + xs[2] - xs[3]
    val sy = ys[0] - ys[1] + ys[2] - ys[3]
    val dx1 = xs[1] - xs[2]
    val dy1 = ys[1] - ys[2]
    val dx2 = xs[3] - xs[2]
    val dy2 = ys[3] - ys[2]
    val det = dx1 * dy2 - dx2 * dy1
    val g = if (det == 0.0) 0.0 else (sx * dy2 - dx2 * sy) / det
    val h = if (det == 0.0) 0.0 else (dx1 * sy - sx * dy1) / det
    val x = DoubleArray(width * height)
    val y = DoubleArray(width * height)
    val (ax, bx) = (xs[1] - xs[0] + g * xs[1]) to (xs[3] - xs[0] + h * xs[3])
    val (ay, by) = (ys[1] - ys[0] + g * ys[1]) to (ys[3] - ys[0] + h * ys[3])
    for (row in 0 until height) {
        val v = (row + 0.5) / height
        for (column in 0 until width) {
            val u = (column + 0.5) / width
            val depth = (g * u + 1) + h * v
            x[row * width + column] = (ax * u + xs[0] + bx * v) / depth
            y[row * width + column] = (ay * u + ys[0] + by * v) / depth
        }
    }
    return x to y
}

/** Line crops of one height side by side as one. */
internal fun sideBySide(lineCrops: List<RgbImage>): RgbImage {
    val width = lineCrops.sumOf { it.width }
    val height = lineCrops[0].height
    val out = ByteArray(3 * width * height)
    var at = 0
    for (lineCrop in lineCrops) {
        copyRows(lineCrop, out, width, at)
        at += lineCrop.width
    }
    return RgbImage(width, height, out)
}

/** Copy a picture into an RGB buffer of [width] pixels a row, beginning at pixel [at]. */
private fun copyRows(
    from: RgbImage,
    out: ByteArray,
    width: Int,
    at: Int,
) {
    for (y in 0 until from.height) {
        from.pixels.copyInto(out, 3 * (width * y + at), 3 * from.width * y, 3 * from.width * (y + 1))
    }
}

/**
 * The parts in which a line crop is read: begin and end columns, one part up to `spec.maxWidth`.
 *
 * A cut lies in the middle of the emptiest columns between `cutStart` and the limit: those whose mean distance from the most
 * common grey, over `cutWindow` columns, is not more than `cutTolerance` levels above the least.
 */
fun splitPoints(
    lineCrop: RgbImage,
    spec: RecognizerSpec,
): List<Pair<Int, Int>> {
    val rule = spec.lineCrop
    val cuts = mutableListOf(0)
    if (lineCrop.width > spec.maxWidth) {
        val ink = smoothed(ink(lineCrop), rule.cutWindow)
        val level = 6.0 * lineCrop.height * rule.cutWindow * rule.cutTolerance
        while (lineCrop.width - cuts.last() > spec.maxWidth) {
            val places = cuts.last() + (spec.maxWidth * rule.cutStart).toInt() until cuts.last() + spec.maxWidth
            val limit = places.minOf { ink[it] } + level
            val emptiest = places.filter { ink[it] <= limit }
            cuts += emptiest[emptiest.size / 2]
        }
    }
    return cuts.zip(cuts.drop(1) + lineCrop.width)
}

/** Sums over [window] columns around each, an odd number. */
private fun smoothed(
    ink: LongArray,
    window: Int,
): LongArray = LongArray(ink.size) { at -> (maxOf(at - window / 2, 0)..minOf(at + window / 2, ink.lastIndex)).sumOf { ink[it] } }

/**
 * Where the characters of a column are, whose line crop shows them lying on their side: begin and end, fractions of its quad's width.
 *
 * They are as long as the ink is high, and follow each other at one distance, `columnPitch` times that. The first and the last may have
 * less ink: it may begin and end up to half a character further out. Of all that is possible, what has little ink on the borders between
 * characters is taken, at most `columnTolerance` of the mean more than the least; of that what has most characters, then what is
 * least further out, first at the beginning.
 */
fun splitColumn(
    lineCrop: RgbImage,
    spec: RecognizerSpec,
): List<Pair<Double, Double>> {
    val rule = spec.lineCrop
    val whole = listOf(0.0 to 1.0)
    val ink = ink(lineCrop)
    val (begin, end) = inked(ink, rule.spaceInk)
    val size = inked(ink(lineCrop, lineCrop.height) { it / lineCrop.width }, rule.spaceInk).let { (top, bottom) -> bottom - top }
    val (low, high) = rule.columnPitch.map { it * size }
    if (end - begin < size + low / 2) return whole
    val found =
        (1..floor((end - begin) / low).toInt()).flatMap { gaps ->
            FURTHER_OUT.mapNotNull { (before, after) ->
                val first = begin + size * (2 - before) / 4.0
                val pitch = (end - size * (2 - after) / 4.0 - first) / gaps
                if (pitch in low..high) Column(gaps, first, pitch, meanInk(ink, first, pitch, gaps)) else null
            }
        }
    if (found.isEmpty()) return whole
    val limit = found.minOf { it.cost } + rule.columnTolerance * (ink.sum().toDouble() / ink.size)
    val best = found.filter { it.cost <= limit }.maxBy { it.gaps } // of equal ones the first
    val air = spec.margin[0] * lineCrop.height / (1 + 2 * spec.margin[1])
    val half = minOf(best.pitch, size * rule.columnCell) / 2
    val wide = lineCrop.width - 2 * air
    return (0..best.gaps).map { k ->
        (best.first + k * best.pitch - half - air) / wide to (best.first + k * best.pitch + half - air) / wide
    }
}

/** Where a column's characters may be: [pitch] apart, from [first] on. */
private class Column(
    val gaps: Int,
    val first: Double,
    val pitch: Double,
    val cost: Double,
)

/** By how many quarters of a character the ink may begin and end further out, the least first. */
private val FURTHER_OUT = listOf(0 to 0, 0 to 1, 1 to 0, 0 to 2, 1 to 1, 2 to 0, 1 to 2, 2 to 1, 2 to 2)

/** Where ink begins and ends: the places with at least this fraction of the most. */
private fun inked(
    ink: LongArray,
    fraction: Double,
): Pair<Int, Int> {
    val limit = fraction * ink.max()
    return ink.indexOfFirst { it >= limit } to ink.indexOfLast { it >= limit } + 1
}

/** The mean ink of the columns between characters whose middles are [pitch] apart. */
private fun meanInk(
    ink: LongArray,
    first: Double,
    pitch: Double,
    gaps: Int,
): Double = (0 until gaps).sumOf { ink[floor(first + (it + 0.5) * pitch).toInt()] }.toDouble() / gaps

/** Whether the gap around a cut, columns of less than `spaceInk` of the most ink, is wider than `spaceWidth` of the height. */
fun isSpace(
    lineCrop: RgbImage,
    cut: Int,
    spec: RecognizerSpec,
): Boolean {
    val ink = ink(lineCrop)
    val limit = spec.lineCrop.spaceInk * ink.max()
    val left = (cut - 1 downTo 0).takeWhile { ink[it] < limit }.size
    val right = (cut until ink.size).takeWhile { ink[it] < limit }.size
    return left + right > spec.lineCrop.spaceWidth * lineCrop.height
}

/** How far each column is from the line crop's median grey: 6 × height times the mean distance, in whole numbers. */
private fun ink(lineCrop: RgbImage): LongArray = ink(lineCrop, lineCrop.width) { it % lineCrop.width }

/** The same for [count] other groups of pixels: [groupOf] says in which one is. */
private inline fun ink(
    lineCrop: RgbImage,
    count: Int,
    groupOf: (Int) -> Int,
): LongArray {
    val grey =
        IntArray(lineCrop.width * lineCrop.height) { lineCrop.level(3 * it) + lineCrop.level(3 * it + 1) + lineCrop.level(3 * it + 2) }
    val sorted = grey.sortedArray()
    val twice = sorted[(grey.size - 1) / 2] + sorted[grey.size / 2] // of an even number of pixels it lies between two
    val ink = LongArray(count)
    for (i in grey.indices) ink[groupOf(i)] += abs(2 * grey[i] - twice).toLong()
    return ink
}

/** Which line crops are read together: of similar width, so that padding wastes little, and at most `batchColumns` in all. */
fun batches(
    widths: List<Int>,
    spec: RecognizerSpec,
): List<List<Int>> {
    val rule = spec.reading
    val groups = mutableListOf<MutableList<Int>>()
    for (i in widths.indices.sortedBy { widths[it] }) { // stable
        val padded = multiple(widths[i], spec.widthMultiple)
        val group = groups.lastOrNull()
        val fits = group != null && padded * (group.size + 1) <= rule.batchColumns
        if (fits && padded <= rule.batchSpread * widths[group[0]] + spec.widthMultiple) {
            group += i
        } else {
            groups += mutableListOf(i)
        }
    }
    return groups
}

private fun multiple(
    width: Int,
    of: Int,
): Int = (width + of - 1) / of * of

/** Line crops of any width, padded on the right with grey. */
fun padded(
    lineCrops: List<RgbImage>,
    spec: RecognizerSpec,
): LineCropBatch {
    val width = multiple(lineCrops.maxOf { it.width }, spec.widthMultiple)
    val out = ByteArray(3 * lineCrops.size * spec.height * width) { spec.pad.toByte() }
    for ((n, lineCrop) in lineCrops.withIndex()) copyRows(lineCrop, out, width, n * spec.height * width)
    return LineCropBatch(lineCrops.size, spec.height, width, out)
}
