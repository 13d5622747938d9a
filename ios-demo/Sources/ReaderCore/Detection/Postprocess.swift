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

/// Which of `spec.limits` a picture reached, by their names there, so that there may be more text than the `lines` that were found.
func reachedLimits(_ maps: [DetectorMap: FloatMap], lines: Int, _ spec: DetectorSpec) -> [String] {
    let threshold = Float(spec.scoreThreshold)
    let proposals = maps[.score]?.values.reduce(0) { $1 >= threshold ? $0 + 1 : $0 } ?? 0
    return [("max_proposals", proposals, spec.limits.maxProposals), ("max_lines", lines, spec.limits.maxLines)]
        .filter { $1 >= $2 }.map(\.0)
}
