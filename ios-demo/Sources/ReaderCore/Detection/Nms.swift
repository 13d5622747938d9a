/// Greedy non-maximum suppression of fixed-width boxes, column by column: boxes of different columns cannot overlap.
///
/// - Parameter iouThreshold: a box is dropped when its IoU with a better kept one is above this.
/// - Returns: indices of the kept boxes, ordered by (-score, index).
func suppress(_ boxes: [Proposals.Box], scores: [Float], columns: [Int], iouThreshold: Float) -> [Int] {
    // Swift's sort is stable in fact but not by contract, so the index settles ties.
    let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    var kept: [Int: [Int]] = [:]
    return order.filter { i in
        let isFree = kept[columns[i], default: []].allSatisfy { !isOverlapping(boxes[$0], boxes[i], iouThreshold) }
        if isFree { kept[columns[i], default: []].append(i) }
        return isFree
    }
}

private func isOverlapping(_ a: Proposals.Box, _ b: Proposals.Box, _ threshold: Float) -> Bool {
    let inter = min(a.bottom, b.bottom) - max(a.top, b.top)
    return inter > 0 && inter > threshold * ((a.height + b.height) - inter)
}
