package ctpn.core.detection

import ctpn.core.TextLine
import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.layout.Quad
import ctpn.core.layout.overlapFraction
import ctpn.core.layout.quadSize
import ctpn.core.runtime.FloatMap

/**
 * Text lines of one picture from a detector's maps: decode, suppress, connect.
 *
 * @return quads in network-input pixels, in no order; empty when there is no text.
 */
fun postprocess(
    maps: Map<DetectorMap, FloatMap>,
    spec: DetectorSpec,
): List<TextLine> {
    val proposals = decode(maps, spec)
    val kept = suppress(proposals.boxesNet, proposals.scores, proposals.columns, spec.nmsThreshold.toFloat())
    return textLines(proposals.take(kept), spec)
}

/**
 * Which lines of a picture's far view are added to its own: those higher than the highest anchor, where nothing was found.
 *
 * @param quadsFar the lines of the far view, in pixels of the network input.
 * @param quadsNet the lines that were found in the network input itself.
 * @return their indices, ascending.
 */
fun hugeLines(
    quadsFar: List<Quad>,
    quadsNet: List<Quad>,
    spec: DetectorSpec,
): List<Int> =
    quadsFar.indices.filter { i ->
        quadSize(quadsFar[i]).second > spec.anchorHeights.last() && quadsNet.none { isShared(quadsFar[i], it) }
    }

/** Whether two lines share more than half of one's middle. */
internal fun isShared(
    a: Quad,
    b: Quad,
) = maxOf(overlapFraction(a, b.corners), overlapFraction(b, a.corners)) > 0.5

/** Which limits of the spec a picture reached, by their names there, so that there may be more text than the [lines] that were found. */
fun reachedLimits(
    maps: Map<DetectorMap, FloatMap>,
    lines: Int,
    spec: DetectorSpec,
): List<String> {
    val threshold = spec.scoreThreshold.toFloat()
    val proposals = maps.getValue(DetectorMap.SCORE).values.count { it >= threshold }
    return listOfNotNull(
        "max_proposals".takeIf { proposals >= spec.limits.maxProposals },
        "max_lines".takeIf { lines >= spec.limits.maxLines },
    )
}
