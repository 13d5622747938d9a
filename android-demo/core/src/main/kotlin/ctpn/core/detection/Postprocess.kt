package ctpn.core.detection

import ctpn.core.StageObserver
import ctpn.core.TextLine
import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.runtime.FloatMap
import ctpn.core.time

/**
 * Text lines of one picture from a detector's maps: decode, suppress, connect.
 *
 * @return quads in network-input pixels, in no order; empty when there is no text.
 */
fun postprocess(
    maps: Map<DetectorMap, FloatMap>,
    spec: DetectorSpec,
    observer: StageObserver? = null,
): List<TextLine> {
    val proposals = observer.time("decode") { decode(maps, spec) }
    val kept = observer.time("nms") { suppress(proposals.boxesNet, proposals.scores, proposals.columns, spec.nmsThreshold.toFloat()) }
    return observer.time("lines") { textLines(proposals.take(kept), spec) }
}
