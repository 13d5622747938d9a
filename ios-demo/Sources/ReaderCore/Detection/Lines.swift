/// For each proposal the one that follows it in its line, or -1.
///
/// `.links`: in the next column, if the net says that the line goes on there (the column after, if the next has none that fits).
/// `.paper` (Tian et al. 2016, section 3.2): the nearest column within `maxGap` that has one. Both: fitting means a vertical IoU of at
/// least `minOverlap`; of several the best is taken (the highest IoU, for the paper the highest score; of equals the first), and it must
/// be mutual. `.classic` is the paper as its code had it: fitting means that the overlap is at least `minOverlap` of the lower one, and
/// so is the ratio of the heights.
func connect(_ proposals: Proposals, _ spec: DetectorSpec) -> [Int] {
    let links = spec.lines.lineGrouping == .links
    let pairings = links ? linked(proposals, spec) : near(proposals, spec)
    let right = best(proposals.count, pairings, owner: \.before, value: \.after) { links ? $0.iou : proposals.scores[$0.after] }
    let left = best(proposals.count, pairings, owner: \.after, value: \.before) { links ? $0.iou : proposals.scores[$0.before] }
    return right.indices.map { right[$0] >= 0 && left[right[$0]] == $0 ? right[$0] : -1 }
}

/// A proposal and one that may follow it, `gap` columns to the right.
private struct Pairing {
    let before: Int
    let after: Int
    let gap: Int
    let iou: Float
}

private func linked(_ p: Proposals, _ spec: DetectorSpec) -> [Pairing] {
    let columns = Dictionary(grouping: p.columns.indices) { p.columns[$0] }
    let threshold = Float(spec.lines.linkThreshold)
    return p.columns.indices.filter { p.links[$0] >= threshold }.flatMap { i in
        let next = fitting(p, i, 1, columns, spec)
        return next.isEmpty ? fitting(p, i, 2, columns, spec) : next
    }
}

private func near(_ p: Proposals, _ spec: DetectorSpec) -> [Pairing] {
    let columns = Dictionary(grouping: p.columns.indices) { p.columns[$0] }
    let gaps = spec.lines.maxGap / spec.strideX
    return p.columns.indices.flatMap { i in (0..<gaps).flatMap { fitting(p, i, $0 + 1, columns, spec) } }
}

private func fitting(_ p: Proposals, _ before: Int, _ gap: Int, _ columns: [Int: [Int]], _ spec: DetectorSpec) -> [Pairing] {
    let minOverlap = Float(spec.lines.minOverlap)
    return (columns[p.columns[before] + gap] ?? []).compactMap { after in
        let inter = min(p.boxes[before].bottom, p.boxes[after].bottom) - max(p.boxes[before].top, p.boxes[after].top)
        let (a, b) = (p.boxes[before].height, p.boxes[after].height)
        let iou = inter / (a + b - inter)
        let isFit =
            spec.lines.lineGrouping == .classic
            ? inter / min(a, b) >= minOverlap && min(a, b) / max(a, b) >= minOverlap
            : iou >= minOverlap
        return inter > 0 && isFit ? Pairing(before: before, after: after, gap: gap, iou: iou) : nil
    }
}

/// For each owner the value with the smallest gap, of those the highest merit, of those the lowest, or -1.
private func best(
    _ count: Int, _ pairings: [Pairing], owner: KeyPath<Pairing, Int>, value: KeyPath<Pairing, Int>, merit: (Pairing) -> Float
) -> [Int] {
    var found = [Pairing?](repeating: nil, count: count)
    for pairing in pairings {
        guard let known = found[pairing[keyPath: owner]] else {
            found[pairing[keyPath: owner]] = pairing
            continue
        }
        let (new, old) = (merit(pairing), merit(known))
        let isBetter =
            if pairing.gap != known.gap {
                pairing.gap < known.gap
            } else if new != old {
                new > old
            } else {
                pairing[keyPath: value] < known[keyPath: value]
            }
        if isBetter { found[pairing[keyPath: owner]] = pairing }
    }
    return found.map { $0?[keyPath: value] ?? -1 }
}

/// The chains of successors: the members of each, in their order; chains by their first member.
private func connectedComponents(_ successors: [Int]) -> [[Int]] {
    let followers = Set(successors)
    return successors.indices.filter { !followers.contains($0) }.map { first in
        var chain = [first]
        while let last = chain.last, successors[last] >= 0 { chain.append(successors[last]) }
        return chain
    }
}

/// Join proposals (already suppressed) into oriented lines.
///
/// - Returns: quads in network-input pixels, clockwise from the text's top left, with the mean score of the members; lines below
///   `lineScore` or `minAspectRatio` are omitted, those of at most `minWidth`, and with `.classic` those of one member. Of the others
///   the best `limits.maxLines` are kept. Empty when there is no text.
func textLines(_ proposals: Proposals, _ spec: DetectorSpec) -> [TextLine] {
    let order = proposals.columns.indices.sorted {
        (proposals.columns[$0], proposals.boxes[$0].top, $0) < (proposals.columns[$1], proposals.boxes[$1].top, $1)
    }
    let sorted = proposals.take(order)
    let lines = connectedComponents(connect(sorted, spec)).compactMap { textLine(sorted, $0, spec.lines) }
    let best = lines.indices.sorted { lines[$0].score != lines[$1].score ? lines[$0].score > lines[$1].score : $0 < $1 }
    return best.prefix(spec.limits.maxLines).sorted().map { lines[$0] }
}

private func textLine(_ p: Proposals, _ line: [Int], _ spec: LinesSpec) -> TextLine? {
    let score = line.reduce(0) { $0 + Double(p.scores[$1]) } / Double(line.count)
    let quad = fitted(p, line, spec)
    let width = length(quad.topLeft, quad.topRight)
    let ratio = width / max(length(quad.topLeft, quad.bottomLeft), 1e-6)
    if score < spec.lineScore || ratio < Float(spec.minAspectRatio) || width <= Float(spec.minWidth) { return nil }
    if spec.lineGrouping == .classic && line.count < 2 { return nil }
    return TextLine(quad: expand(quad, spec.expansion), score: Float(score))
}

/// `distance` as float32.
private func length(_ a: PixelPoint, _ b: PixelPoint) -> Float { Float(distance(a, b)) }

/// A quad with its sides moved outwards by fractions of its height: at each end, and above and below.
private func expand(_ quad: Quad, _ fractions: [Double]) -> Quad {
    let (ends, edges) = (Float(fractions[0]), Float(fractions[1]))
    let (acrossX, acrossY) = (quad.topRight.x - quad.topLeft.x, quad.topRight.y - quad.topLeft.y)
    let width = max(length(quad.topLeft, quad.topRight), 1e-6)
    let height = length(quad.topLeft, quad.bottomLeft)
    let (alongX, alongY) = (ends * height * acrossX / width, ends * height * acrossY / width)
    let (downX, downY) = (edges * (quad.bottomLeft.x - quad.topLeft.x), edges * (quad.bottomLeft.y - quad.topLeft.y))

    func moved(_ p: PixelPoint, _ along: Float, _ down: Float) -> PixelPoint {
        PixelPoint(p.x + along * alongX + down * downX, p.y + along * alongY + down * downY)
    }
    return Quad(moved(quad.topLeft, -1, -1), moved(quad.topRight, 1, -1), moved(quad.bottomRight, 1, 1), moved(quad.bottomLeft, -1, 1))
}

/// Fit the middle line and the height of a line over its columns, and cut it off square at its ends.
///
/// A proposal's top and bottom are those of the line at the middle of what it covers of its column, so a fit over columns finds the
/// edges of an oriented box; its height then is what the vertical cut has, times the cosine.
private func fitted(_ p: Proposals, _ line: [Int], _ spec: LinesSpec) -> Quad {
    let (first, last) = (Double(p.ends[line[0]].left), Double(p.ends[line[line.count - 1]].right))
    let (left, right) = (min(first, last - 1), max(last, first + 1))
    let boxes = line.map { p.boxes[$0] }
    let x = boxes.map { (max(Double($0.left), left) + min(Double($0.right), right)) / 2 }
    let middle = boxes.map { Double(($0.top + $0.bottom) / 2) }
    let height = boxes.map { Double($0.height) }
    let weights = zip(line, boxes).map { i, box in
        Double(p.scores[i]) * (Double(box.left) >= left && Double(box.right) <= right ? 1 : spec.clippedWeight)
    }
    let total = weights.reduce(0, +)
    func weighted(_ values: [Double]) -> Double { zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } }
    let xMean = weighted(x) / total
    let dx = x.map { $0 - xMean }
    func products(_ values: [Double]) -> Double { line.indices.reduce(0) { $0 + weights[$1] * dx[$1] * values[$1] } }
    let spread = max(products(dx), 1e-6)
    let slope = line.count >= 2 ? products(middle) / spread : 0
    let taper = line.count >= spec.minTaperColumns ? products(height) / spread : 0
    let straight = Straight(x: xMean, y: weighted(middle) / total, height: weighted(height) / total, slope: slope, taper: taper)
    return corners(straight, left, right)
}

/// A line through (x, y), its height there, and how y and height change with x.
private struct Straight {
    let x: Double
    let y: Double
    let height: Double
    let slope: Double
    let taper: Double
}

private func corners(_ line: Straight, _ left: Double, _ right: Double) -> Quad {
    let cos = 1 / (1 + line.slope * line.slope).squareRoot()
    let sin = line.slope * cos

    func end(_ at: Double, inward: Double) -> (PixelPoint, PixelPoint) {
        let half = max(line.height + line.taper * (at - line.x), 1) * cos / 2
        let x = at + inward * min(half * abs(sin), (right - left) * 0.45)  // so that the outermost corner lies on the end
        let y = line.y + line.slope * (x - line.x)
        return (PixelPoint(x + half * sin, y - half * cos), PixelPoint(x - half * sin, y + half * cos))
    }
    let (topLeft, bottomLeft) = end(left, inward: 1)
    let (topRight, bottomRight) = end(right, inward: -1)
    return Quad(topLeft, topRight, bottomRight, bottomLeft)
}
