package ctpn.core.detection

import ctpn.core.contract.DirectionSpec
import ctpn.core.layout.Point
import ctpn.core.layout.Quad
import ctpn.core.layout.Vector
import ctpn.core.layout.quadSize
import ctpn.core.runtime.FloatMap
import kotlin.math.PI
import kotlin.math.abs
import kotlin.math.atan2
import kotlin.math.cos
import kotlin.math.exp
import kotlin.math.floor
import kotlin.math.sin
import kotlin.math.sqrt

private const val SAMPLES = 21 // along the middle of a line
private const val HALF_TURN = 180
private const val QUARTER = 90

/**
 * The angles of the text in the cells of a grid: whole degrees in (-90, 90], clockwise from level, row by row.
 *
 * @property values [NO_TEXT] where there is no text.
 */
class CellAngles(
    val height: Int,
    val width: Int,
    val values: IntArray,
) {
    companion object {
        /** In place of an angle. */
        const val NO_TEXT = 999
    }
}

/**
 * A part of a picture with text of one direction.
 *
 * @property angle of the reading axis, whole degrees in (-90, 90], clockwise from level; the text may run the other way.
 * @property cells the rows and columns of its cells.
 * @property cornersNet of a rectangle in pixels of the network input, clockwise from the top left of its text; it may reach over the
 *   border.
 */
class RotatedPart(
    val angle: Int,
    val cells: List<Pair<Int, Int>>,
    val cornersNet: List<Vector>,
)

/**
 * What a level look does not read.
 *
 * @property parts at most `maxLooks`: none for a page whose text is level.
 * @property angles of the cells, where each cell of a direction has its angle.
 */
class Directions(
    val parts: List<RotatedPart>,
    val angles: CellAngles,
)

/**
 * The angle of the text in each cell: of those whose probability times the length of (cos, sin), at most 1, is `textScore`. Where a net
 * is not sure of the direction, that is short.
 *
 * @param direction logit of text of any direction, cos 2a and sin 2a of the angle a of its reading axis.
 */
fun cellAngles(
    direction: FloatMap,
    spec: DirectionSpec,
): CellAngles {
    val values =
        IntArray(direction.height * direction.width) { i ->
            val (logit, cos, sin) = List(3) { direction.values[3 * i + it].toDouble() }
            val degrees = floor(atan2(sin, cos) * (HALF_TURN / PI) / 2 + 0.5).toInt()
            when {
                1 / (1 + exp(-logit)) * minOf(sqrt(cos * cos + sin * sin), 1.0) < spec.textScore -> CellAngles.NO_TEXT
                degrees == -QUARTER -> QUARTER
                else -> degrees
            }
        }
    return CellAngles(direction.height, direction.width, values)
}

/**
 * The parts that a level look does not read.
 *
 * The most frequent direction is taken first, with all cells up to `spread` degrees away, then that of the remaining cells. A direction
 * up to `spread` from level has the angle of the level look's lines on its cells if that is farther from level: both err towards it. Of a
 * direction more than `levelAngle` from level, each group of cells is a part; where one look at all of them has no more pixels, or there
 * are more groups than looks left, all are one part.
 *
 * @param quadsNet the lines of the level look, in pixels of the network input.
 */
fun partsToRotate(
    angles: CellAngles,
    quadsNet: List<Quad>,
    spec: DirectionSpec,
): Directions {
    val left = angles.values.copyOf()
    val directed = angles.values.copyOf()
    val parts = mutableListOf<RotatedPart>()
    while (parts.size < spec.maxLooks) {
        val found = mostFrequent(left, spec.spread)
        if (found.count < spec.minCells) break
        val cells = left.indices.filter { left[it] != CellAngles.NO_TEXT && apart(left[it], found.peak) <= spec.spread }
        var angle = found.angle
        if (abs(angle) <= spec.spread) {
            val own = cells.toSet()
            val onCells = quadsNet.filter { quad -> cellsUnder(quad, angles, spec).count { it in own } * 2 > SAMPLES }
            val ofLines = angleOfLines(onCells, angle, spec)
            if (abs(ofLines) > abs(angle)) angle = ofLines
        }
        for (i in cells) {
            left[i] = CellAngles.NO_TEXT
            directed[i] = angle
        }
        if (abs(angle) > spec.levelAngle) parts += parts(cells, angles.width, angle, spec.maxLooks - parts.size, spec)
    }
    return Directions(parts, CellAngles(angles.height, angles.width, directed))
}

/**
 * A part at the angle of its lines, where a look at it finds them more than `levelAngle` from level; null where they are level.
 *
 * @param quadsNet the lines of that look, in the frame of the rotated part.
 */
fun turnedPart(
    part: RotatedPart,
    quadsNet: List<Quad>,
    spec: DirectionSpec,
): RotatedPart? {
    val by = angleOfLines(quadsNet, 0, spec)
    if (abs(by) <= spec.levelAngle) return null
    val angle = signed(part.angle + by)
    return RotatedPart(angle, part.cells, extent(part.cells, angle, spec).corners(angle))
}

/** The first angle with most others around it, the mean of these, and how many they are. */
private class Frequent(
    val peak: Int,
    val angle: Int,
    val count: Int,
)

private fun mostFrequent(
    angles: IntArray,
    spread: Int,
): Frequent {
    val counts = IntArray(HALF_TURN)
    for (angle in angles) if (angle != CellAngles.NO_TEXT) counts[angle.mod(HALF_TURN)]++
    val around = IntArray(HALF_TURN) { angle -> (-spread..spread).sumOf { counts[(angle + it).mod(HALF_TURN)] } }
    val peak = around.indices.maxBy { around[it] } // of equal ones the first
    val sum = (-spread..spread).sumOf { it * counts[(peak + it).mod(HALF_TURN)] }
    val mean = sum.toDouble() / maxOf(1, around[peak])
    return Frequent(peak, signed(peak + floor(mean + 0.5).toInt()), around[peak])
}

/**
 * The median angle of the lines up to `spread` from [angle], where each counts as often as it is wider than high, in pixels; [angle]
 * itself where that is together not more than `minCells` cells.
 */
private fun angleOfLines(
    quads: List<Quad>,
    angle: Int,
    spec: DirectionSpec,
): Int {
    val near =
        quads
            .map { signed(angleOf(it) - angle) to quadSize(it).let { (width, height) -> width - height } }
            .filter { (by, weight) -> weight > 0 && abs(by) <= spec.spread }
            .sortedWith(compareBy({ it.first }, { it.second }))
    val whole = near.sumOf { it.second }
    if (whole <= spec.minCells * spec.stride) return angle
    var passed = 0.0
    val median =
        near.first { (_, weight) ->
            passed += weight
            passed * 2 >= whole
        }
    return signed(angle + median.first)
}

/** Whole degrees clockwise from level. */
private fun angleOf(quad: Quad): Int {
    fun along(of: (Point) -> Float): Double = of(quad.topRight).toDouble() + of(quad.bottomRight) - of(quad.topLeft) - of(quad.bottomLeft)
    return floor(atan2(along { it.y }, along { it.x }) * (HALF_TURN / PI) + 0.5).toInt()
}

/** The same direction as an angle in (-90, 90]. */
private fun signed(angle: Int): Int = QUARTER - (QUARTER - angle).mod(HALF_TURN)

/** Degrees between two angles, at most 90. */
private fun apart(
    a: Int,
    b: Int,
): Int = QUARTER - abs((a - b).mod(HALF_TURN) - QUARTER)

private fun parts(
    cells: List<Int>,
    width: Int,
    angle: Int,
    looks: Int,
    spec: DirectionSpec,
): List<RotatedPart> {
    val groups = groups(cells, width, spec.maxGap).filter { it.size >= spec.minCells }.map { g -> g.map { it / width to it % width } }
    if (groups.isEmpty()) return emptyList()
    val isOne = groups.size > looks || groups.sumOf { extent(it, angle, spec).area } >= extent(groups.flatten(), angle, spec).area
    return (if (isOne) listOf(groups.flatten()) else groups).map { RotatedPart(angle, it, extent(it, angle, spec).corners(angle)) }
}

/** Groups of cells, the largest first, of equal ones that with the first cell: each at most [maxGap] from another. */
private fun groups(
    cells: List<Int>,
    width: Int,
    maxGap: Int,
): List<List<Int>> {
    val left = cells.toMutableSet()
    val groups = mutableListOf<List<Int>>()
    for (first in cells) {
        if (!left.remove(first)) continue
        val group = mutableListOf(first)
        var at = 0
        while (at < group.size) {
            val cell = group[at++]
            val near = left.filter { abs(it / width - cell / width) <= maxGap && abs(it % width - cell % width) <= maxGap }
            left -= near.toSet()
            group += near
        }
        groups += group
    }
    return groups.sortedByDescending { it.size } // stable
}

/** What cells cover along and across a reading axis. */
private class Extent(
    val along0: Double,
    val across0: Double,
    val along1: Double,
    val across1: Double,
) {
    val area: Double get() = (along1 - along0) * (across1 - across0)

    fun corners(angle: Int): List<Vector> {
        val (c, s) = axes(angle)
        return listOf(along0 to across0, along1 to across0, along1 to across1, along0 to across1)
            .map { (a, b) -> Vector(a * c - b * s, a * s + b * c) }
    }
}

/** Cosine and sine, rounded so that those of quarters are whole. */
private fun axes(angle: Int): Pair<Double, Double> {
    val radians = angle * (PI / HALF_TURN)
    return floor(cos(radians) * 1e12 + 0.5) / 1e12 to floor(sin(radians) * 1e12 + 0.5) / 1e12
}

private fun extent(
    group: List<Pair<Int, Int>>,
    angle: Int,
    spec: DirectionSpec,
): Extent {
    val (c, s) = axes(angle)
    val places = group.map { (row, column) -> (column + 0.5) * spec.stride to (row + 0.5) * spec.stride }
    val along = places.map { (x, y) -> x * c + y * s }
    val across = places.map { (x, y) -> y * c - x * s }
    val air = spec.padding + spec.stride / 2.0
    return Extent(along.min() - air, across.min() - air, along.max() + air, across.max() + air)
}

/**
 * Which lines of several looks at one picture are kept: each from the look whose direction is nearest to that of most cells under it.
 *
 * Where two lines of different looks share more than half of one's middle, the one with the higher score times width is kept.
 *
 * @param angles of the level look, as `partsToRotate` returns them.
 * @param quads in pixels of the level look's network input; [scores] are theirs, and [looks] the look in which each was found.
 * @param lookAngles of each look, in degrees; 0 for the level one.
 * @return their indices, ascending.
 */
fun bestOfLooks(
    angles: CellAngles,
    quads: List<Quad>,
    scores: List<Float>,
    looks: List<Int>,
    lookAngles: List<Int>,
    spec: DirectionSpec,
): List<Int> {
    val kept = mutableListOf<Int>()
    val own = quads.indices.filter { isOwn(quads[it], looks[it], angles, lookAngles, spec) }
    for (i in own.sortedByDescending { scores[it] * quadSize(quads[it]).first }) { // stable
        val isKnown =
            kept.any { j ->
                looks[j] != looks[i] &&
                    isShared(quads[i], quads[j])
            }
        if (!isKnown) kept += i
    }
    return kept.sorted()
}

/** Whether no other look's direction is the nearest to that of more cells along the middle of a line. */
private fun isOwn(
    quad: Quad,
    look: Int,
    angles: CellAngles,
    lookAngles: List<Int>,
    spec: DirectionSpec,
): Boolean {
    val votes = IntArray(lookAngles.size)
    for (cell in cellsUnder(quad, angles, spec)) {
        val angle = angles.values[cell]
        if (angle == CellAngles.NO_TEXT) continue
        val apart = lookAngles.map { apart(angle, it) }
        for ((n, degrees) in apart.withIndex()) if (degrees == apart.min()) votes[n]++
    }
    return votes[look] == votes.max()
}

/** The cells, row by row, at [SAMPLES] points along the middle of a line. */
private fun cellsUnder(
    quad: Quad,
    angles: CellAngles,
    spec: DirectionSpec,
): List<Int> {
    val start = Vector((quad.topLeft.x + quad.bottomLeft.x).toDouble() / 2, (quad.topLeft.y + quad.bottomLeft.y).toDouble() / 2)
    val end = Vector((quad.topRight.x + quad.bottomRight.x).toDouble() / 2, (quad.topRight.y + quad.bottomRight.y).toDouble() / 2)
    return List(SAMPLES) { k ->
        val place = (start + (end - start) * ((k + 0.5) / SAMPLES)) / spec.stride.toDouble()
        val column = floor(place.x).toInt().coerceIn(0, angles.width - 1)
        floor(place.y).toInt().coerceIn(0, angles.height - 1) * angles.width + column
    }
}
