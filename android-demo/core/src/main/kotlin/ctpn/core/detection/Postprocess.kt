package ctpn.core.detection

import ctpn.core.TextLine
import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
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
