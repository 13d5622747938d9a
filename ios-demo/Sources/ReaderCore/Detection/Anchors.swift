import Foundation

/// Turn a detector's maps into the proposals that reach `spec.scoreThreshold`, the best `limits.maxProposals` of them (Tian et al. 2016,
/// section 3.1).
///
/// A cell is `strideX` wide and `strideY` high; its anchors share the cell's centre and differ in height alone.
/// Regression: dy = (cy - cy_anchor) / h_anchor, dh = log(h / h_anchor); side: (x_end - cx_anchor) / strideX.
///
/// - Parameter maps: `score` with one channel per anchor, `vertical` with two and, where `spec.outputs` has them, `side` with two and
///   `link` with one; without them a line ends at the column's border and links are 1.
/// - Throws: `CtpnError.model` for maps of a shape that does not fit the spec.
func decode(_ maps: [DetectorMap: FloatMap], _ spec: DetectorSpec) throws -> Proposals {
    let score = try checked(.score, maps, spec)
    let vertical = try checked(.vertical, maps, spec).values
    let side = spec.outputs.contains(.side) ? try checked(.side, maps, spec).values : nil
    let link = spec.outputs.contains(.link) ? try checked(.link, maps, spec).values : nil
    let k = spec.anchorHeights.count
    let (strideX, strideY, threshold) = (Float(spec.strideX), Float(spec.strideY), Float(spec.scoreThreshold))
    var found = Proposals()
    let cells = score.values.indices.filter { score.values[$0] >= threshold }
    for cell in best(cells, score.values, spec.limits.maxProposals) {
        let height = Float(spec.anchorHeights[cell % k])
        let column = cell / k % score.width
        let cy = (Float(cell / k / score.width) + 0.5) * strideY + vertical[2 * cell] * height
        let half = Float(exp(Double(min(max(vertical[2 * cell + 1], -4), 4)))) * height * 0.5
        let x0 = Float(column * spec.strideX)
        found.boxes.append(.init(left: x0, top: cy - half, right: x0 + strideX, bottom: cy + half))
        found.scores.append(score.values[cell])
        found.columns.append(column)
        let ends = side.map { (x0 + ($0[2 * cell] + 0.5) * strideX, x0 + ($0[2 * cell + 1] + 0.5) * strideX) }
        found.ends.append(ends ?? (x0, x0 + strideX))
        found.links.append(link?[cell] ?? 1)
    }
    return found
}

/// The first `count` of the cells by (-score, index), in their order.
private func best(_ cells: [Int], _ scores: [Float], _ count: Int) -> [Int] {
    if cells.count <= count { return cells }
    return cells.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }.prefix(count).sorted()
}

/// A map, if it has the shape that the spec and the score map give it.
private func checked(_ name: DetectorMap, _ maps: [DetectorMap: FloatMap], _ spec: DetectorSpec) throws -> FloatMap {
    guard let map = maps[name], let score = maps[.score] else {
        throw CtpnError.model("\(name.rawValue) map: missing; model and spec differ")
    }
    let k = spec.anchorHeights.count
    let channels = name == .vertical || name == .side ? 2 * k : k
    guard map.channels == channels, map.height == score.height, map.width == score.width else {
        throw CtpnError.model(
            "\(name.rawValue) map: expected [h, w, \(channels)], got [\(map.height), \(map.width), \(map.channels)]; model and spec differ")
    }
    return map
}
