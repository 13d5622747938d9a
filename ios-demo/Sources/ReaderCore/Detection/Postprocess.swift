/// Text lines of one picture from a detector's maps: decode, suppress, connect.
///
/// - Returns: lines with quads in network-input pixels, in no order; empty when there is no text.
/// - Throws: `CtpnError.model` for maps of a shape that does not fit the spec.
func postprocess(_ maps: [DetectorMap: FloatMap], _ spec: DetectorSpec) throws -> [TextLine] {
    let proposals = try decode(maps, spec)
    let threshold = Float(spec.nmsThreshold)
    let kept = suppress(proposals.boxes, scores: proposals.scores, columns: proposals.columns, iouThreshold: threshold)
    return textLines(proposals.take(kept), spec)
}
