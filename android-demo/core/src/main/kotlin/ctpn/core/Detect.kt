package ctpn.core

/** Text lines of one picture, in network-input pixels, from a detector's maps: decode, suppress, connect. Empty when there is no text. */
fun postprocess(
    maps: Map<String, FloatMap>,
    spec: DetectorSpec,
    watch: Stopwatch = Stopwatch(),
): List<TextLine> {
    val proposals = watch.time("decode") { decode(maps, spec) }
    val kept = watch.time("nms") { suppress(proposals.boxesNet, proposals.scores, proposals.columns, spec.nmsThreshold.toFloat()) }
    return watch.time("lines") { textLines(proposals.take(kept), spec) }
}
