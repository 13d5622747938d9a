package ctpn.core.detection

import ctpn.core.ModelException
import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.runtime.FloatMap
import kotlin.math.exp

/**
 * Turn a detector's maps into the proposals that reach `spec.scoreThreshold`, the best `limits.maxProposals` of them (Tian et al. 2016,
 * section 3.1).
 *
 * A cell is `strideX` wide and `strideY` high; its anchors share the cell's centre and differ in height alone.
 * Regression: dy = (cy - cy_anchor) / h_anchor, dh = log(h / h_anchor); side: (x_end - cx_anchor) / strideX.
 *
 * @param maps `score` with one channel per anchor, `vertical` with two and, where `spec.outputs` has them, `side` with two and
 *   `link` with one; without them a line ends at the column's border and links are 1.
 * @throws ModelException maps of a shape that does not fit the spec.
 */
fun decode(
    maps: Map<DetectorMap, FloatMap>,
    spec: DetectorSpec,
): Proposals {
    val score = maps.getValue(DetectorMap.SCORE)
    val k = spec.anchorHeights.size
    checkShapes(maps, spec)
    val threshold = spec.scoreThreshold.toFloat()
    val at = best(score.values, score.values.indices.filter { score.values[it] >= threshold }, spec.limits.maxProposals)
    val vertical = maps.getValue(DetectorMap.VERTICAL).values
    val side = if (DetectorMap.SIDE in spec.outputs) maps.getValue(DetectorMap.SIDE).values else null
    val link = if (DetectorMap.LINK in spec.outputs) maps.getValue(DetectorMap.LINK).values else null
    val columns = IntArray(at.size) { at[it] / k % score.width }
    val boxes = FloatArray(4 * at.size)
    val ends = FloatArray(2 * at.size)
    for ((i, cell) in at.withIndex()) {
        val height = spec.anchorHeights[cell % k].toFloat()
        val cy = (cell / k / score.width + 0.5f) * spec.strideY + vertical[2 * cell] * height
        val half = exp(vertical[2 * cell + 1].coerceIn(-4f, 4f).toDouble()).toFloat() * height * 0.5f
        val x0 = (columns[i] * spec.strideX).toFloat()
        val box = floatArrayOf(x0, cy - half, x0 + spec.strideX, cy + half)
        box.copyInto(boxes, 4 * i)
        for (e in 0..1) ends[2 * i + e] = if (side == null) box[2 * e] else x0 + (side[2 * cell + e] + 0.5f) * spec.strideX
    }
    val scores = FloatArray(at.size) { score.values[at[it]] }
    return Proposals(boxes, scores, columns, ends, FloatArray(at.size) { link?.get(at[it]) ?: 1f })
}

/** The first [count] of the cells [at] by (-score, index), in the cells' order. */
private fun best(
    scores: FloatArray,
    at: List<Int>,
    count: Int,
): List<Int> = if (at.size <= count) at else at.sortedByDescending { scores[it] }.take(count).sorted() // a stable sort

private fun checkShapes(
    maps: Map<DetectorMap, FloatMap>,
    spec: DetectorSpec,
) {
    val score = maps.getValue(DetectorMap.SCORE)
    val k = spec.anchorHeights.size
    for (name in spec.outputs - DetectorMap.DIRECTION) {
        val map = maps[name] ?: throw ModelException("${name.json} map: missing; model and spec differ")
        val channels = if (name == DetectorMap.VERTICAL || name == DetectorMap.SIDE) 2 * k else k
        if (map.channels != channels || map.height != score.height || map.width != score.width) {
            throw ModelException(
                "${name.json} map: expected [h, w, $channels], got [${map.height}, ${map.width}, ${map.channels}]; model and spec differ",
            )
        }
    }
}
