package ctpn.core

import kotlin.math.abs
import kotlin.math.floor

/** Strips of one height and width, one behind the other: RGB of 8 bits, row by row. */
class Strips(
    val count: Int,
    val height: Int,
    val width: Int,
    val pixels: ByteArray,
)

/** The same place read in another direction: turned clockwise by [quarters] of a full turn. */
fun turned(
    quad: Quad,
    quarters: Int,
): Quad {
    val c = quad.corners
    return Quad(c[quarters % 4], c[(quarters + 1) % 4], c[(quarters + 2) % 4], c[(quarters + 3) % 4])
}

/** A tall quad cut into squares from top to bottom: where the characters of a vertical Chinese line stand. */
fun stacked(quad: Quad): List<Quad> {
    val (wide, tall) = sides(quad)
    val count = maxOf(1, floor(tall / wide + 0.5).toInt())
    val left = List(count + 1) { between(quad.topLeft, quad.bottomLeft, it.toDouble() / count) }
    val right = List(count + 1) { between(quad.topRight, quad.bottomRight, it.toDouble() / count) }
    return List(count) { Quad(left[it], right[it], right[it + 1], left[it + 1]) }
}

private fun between(
    a: Point,
    b: Point,
    share: Double,
): Point = point(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y))

/** Strips of one height side by side as one. */
internal fun joined(strips: List<RgbImage>): RgbImage {
    val width = strips.sumOf { it.width }
    val height = strips[0].height
    val out = ByteArray(3 * width * height)
    var at = 0
    for (strip in strips) {
        for (y in 0 until height) {
            strip.pixels.copyInto(out, 3 * (width * y + at), 3 * strip.width * y, 3 * strip.width * (y + 1))
        }
        at += strip.width
    }
    return RgbImage(width, height, out)
}

/**
 * Where a strip is cut for reading: begin and end columns, one piece up to `spec.maxWidth`.
 *
 * A cut lies in the middle of the emptiest columns of the last third before the limit: those whose mean distance from the
 * most common grey, over 9 columns, is not more than one level above the least.
 */
fun pieces(
    strip: RgbImage,
    spec: RecognizerSpec,
): List<Pair<Int, Int>> {
    val cuts = mutableListOf(0)
    if (strip.width > spec.maxWidth) {
        val ink = smoothed(ink(strip))
        while (strip.width - cuts.last() > spec.maxWidth) {
            val third = cuts.last() + spec.maxWidth * 2 / 3 until cuts.last() + spec.maxWidth
            val most = third.minOf { ink[it] } + 6L * strip.height * 9
            val emptiest = third.filter { ink[it] <= most }
            cuts += emptiest[emptiest.size / 2]
        }
    }
    return cuts.zip(cuts.drop(1) + strip.width)
}

private fun smoothed(ink: LongArray): LongArray =
    LongArray(ink.size) { at -> (maxOf(at - 4, 0)..minOf(at + 4, ink.lastIndex)).sumOf { ink[it] } }

/** Whether the gap around a cut, columns of less than 0.15 of the most ink, is as wide as a space: 0.28 of the height. */
fun isSpace(
    strip: RgbImage,
    cut: Int,
): Boolean {
    val ink = ink(strip)
    val most = ink.max()
    val left = (cut - 1 downTo 0).takeWhile { 20 * ink[it] < 3 * most }.size
    val right = (cut until ink.size).takeWhile { 20 * ink[it] < 3 * most }.size
    return 25 * (left + right) > 7 * strip.height
}

/** How far each column is from the strip's median grey: 6 × height times the mean distance, in whole numbers. */
private fun ink(strip: RgbImage): LongArray {
    val grey = IntArray(strip.width * strip.height) { strip.level(3 * it) + strip.level(3 * it + 1) + strip.level(3 * it + 2) }
    val sorted = grey.sortedArray()
    val twice = sorted[(grey.size - 1) / 2] + sorted[grey.size / 2] // of an even number of pixels it lies between two
    val ink = LongArray(strip.width)
    for (i in grey.indices) ink[i % strip.width] += abs(2 * grey[i] - twice).toLong()
    return ink
}

/**
 * Which strips are read together: of like width, so that padding wastes little, and not more than [most] columns.
 *
 * The logits of 1,280 columns are 7 MB; larger batches take more memory and save no time.
 */
fun batches(
    widths: List<Int>,
    spec: RecognizerSpec,
    most: Int = 1280,
): List<List<Int>> {
    val groups = mutableListOf<MutableList<Int>>()
    for (i in widths.indices.sortedBy { widths[it] }) { // stable
        val padded = multiple(widths[i], spec.widthMultiple)
        val group = groups.lastOrNull()
        if (group != null && padded * (group.size + 1) <= most && padded <= 1.3 * widths[group[0]] + spec.widthMultiple) {
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

/** Strips of any width, filled up on the right with grey. */
fun padded(
    strips: List<RgbImage>,
    spec: RecognizerSpec,
): Strips {
    val width = multiple(strips.maxOf { it.width }, spec.widthMultiple)
    val out = ByteArray(3 * strips.size * spec.height * width) { spec.pad.toByte() }
    for ((n, strip) in strips.withIndex()) {
        for (y in 0 until spec.height) {
            strip.pixels.copyInto(out, 3 * width * (n * spec.height + y), 3 * strip.width * y, 3 * strip.width * (y + 1))
        }
    }
    return Strips(strips.size, spec.height, width, out)
}
