package ctpn.core

/** Text lines of one picture, in network-input pixels, from a detector's maps: decode, suppress, connect. Empty when there is no text. */
fun postprocess(
    maps: Map<String, FloatMap>,
    spec: DetectorSpec,
): List<TextLine> {
    val proposals = decode(maps, spec)
    val kept = suppress(proposals.boxesNet, proposals.scores, proposals.columns, spec.nmsThreshold.toFloat())
    return textLines(proposals.take(kept), spec)
}
