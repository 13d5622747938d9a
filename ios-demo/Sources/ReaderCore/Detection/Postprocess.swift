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

/// Which lines of a picture's far view are added to its own: those higher than the highest anchor, where nothing was found.
///
/// - Parameters:
///   - quadsFar: the lines of the far view, in pixels of the network input.
///   - quadsNet: the lines that were found in the network input itself.
/// - Returns: their indices, ascending.
func hugeLines(_ quadsFar: [Quad], _ quadsNet: [Quad], _ spec: DetectorSpec) -> [Int] {
    let highest = spec.anchorHeights[spec.anchorHeights.count - 1]
    return quadsFar.indices.filter { i in
        quadSize(quadsFar[i]).height > highest && !quadsNet.contains { isShared(quadsFar[i], $0) }
    }
}

/// Whether two lines share more than half of one's middle.
func isShared(_ a: Quad, _ b: Quad) -> Bool { max(overlapFraction(a, b.corners), overlapFraction(b, a.corners)) > 0.5 }

/// Which of `spec.limits` a picture reached, by their names there, so that there may be more text than the `lines` that were found.
func reachedLimits(_ maps: [DetectorMap: FloatMap], lines: Int, _ spec: DetectorSpec) -> [String] {
    let threshold = Float(spec.scoreThreshold)
    let proposals = maps[.score]?.values.reduce(0) { $1 >= threshold ? $0 + 1 : $0 } ?? 0
    return [("max_proposals", proposals, spec.limits.maxProposals), ("max_lines", lines, spec.limits.maxLines)]
        .filter { $1 >= $2 }.map(\.0)
}
