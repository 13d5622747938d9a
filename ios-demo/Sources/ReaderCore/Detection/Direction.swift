import Foundation

private let samples = 21  // along the middle of a line
private let halfTurn = 180
private let quarter = 90

/// The angles of the text in the cells of a grid.
struct CellAngles {
    /// In place of an angle, where there is no text.
    static let noText = 999

    let height: Int
    let width: Int
    /// Whole degrees in (-90, 90], clockwise from level, row by row.
    let values: [Int]
}

/// A part of a picture with text of one direction.
struct RotatedPart {
    /// Of the reading axis, whole degrees in (-90, 90], clockwise from level; the text may run the other way.
    let angle: Int
    /// Of a rectangle in pixels of the network input, clockwise from the top left of its text; it may reach over the border.
    let cornersNet: [PixelVector]
}

/// The angle of the text in each cell: of those whose probability times the length of (cos, sin), at most 1, is `textScore`. Where a net is
/// not sure of the direction, that is short.
///
/// - Parameter direction: logit of text of any direction, cos 2a and sin 2a of the angle a of its reading axis.
func cellAngles(_ direction: FloatMap, _ spec: DirectionSpec) -> CellAngles {
    let values = (0..<direction.height * direction.width).map { i in
        let (logit, cos, sin) = (
            Double(direction.values[3 * i]), Double(direction.values[3 * i + 1]), Double(direction.values[3 * i + 2])
        )
        let degrees = atan2(sin, cos) * (Double(halfTurn) / .pi) / 2 + 0.5
        let score = 1 / (1 + exp(-logit)) * min((cos * cos + sin * sin).squareRoot(), 1)
        guard score >= spec.textScore, degrees.isFinite else { return CellAngles.noText }
        let angle = Int(degrees.rounded(.down))
        return angle == -quarter ? quarter : angle
    }
    return CellAngles(height: direction.height, width: direction.width, values: values)
}

/// The parts that a level look does not read, at most `maxLooks`: none for a page whose text is level.
///
/// The most frequent direction is taken first, with all cells up to `spread` degrees away, then that of the remaining cells. Of a
/// direction more than `levelAngle` from level, each group of cells is a part; where one look at all of them has no more pixels, or there
/// are more groups than looks left, all are one part.
func partsToRotate(_ angles: CellAngles, _ spec: DirectionSpec) -> [RotatedPart] {
    var left = angles.values
    var found: [RotatedPart] = []
    while found.count < spec.maxLooks {
        let frequent = mostFrequent(left, spec.spread)
        if frequent.count < spec.minCells { break }
        let cells = left.indices.filter { left[$0] != CellAngles.noText && apart(left[$0], frequent.peak) <= spec.spread }
        for i in cells { left[i] = CellAngles.noText }
        if abs(frequent.angle) > spec.levelAngle {
            found += parts(cells, angles.width, frequent.angle, spec.maxLooks - found.count, spec)
        }
    }
    return found
}

/// A number modulo a half turn, never negative.
private func turned(_ angle: Int) -> Int { (angle % halfTurn + halfTurn) % halfTurn }

/// The first angle with most others around it, the mean of these, and how many they are.
private func mostFrequent(_ angles: [Int], _ spread: Int) -> (peak: Int, angle: Int, count: Int) {
    var counts = [Int](repeating: 0, count: halfTurn)
    for angle in angles where angle != CellAngles.noText { counts[turned(angle)] += 1 }
    let around = counts.indices.map { angle in (-spread...spread).reduce(0) { $0 + counts[turned(angle + $1)] } }
    let most = around.max() ?? 0
    let peak = around.firstIndex(of: most) ?? 0
    let sum = (-spread...spread).reduce(0) { $0 + $1 * counts[turned(peak + $1)] }
    let angle = turned(peak + rounded(Double(sum) / Double(max(1, most))))
    return (peak, angle > quarter ? angle - halfTurn : angle, most)
}

/// Degrees between two angles, at most 90.
private func apart(_ a: Int, _ b: Int) -> Int { quarter - abs(turned(a - b) - quarter) }

private func parts(_ cells: [Int], _ width: Int, _ angle: Int, _ looks: Int, _ spec: DirectionSpec) -> [RotatedPart] {
    let groups = groups(cells, width, spec.maxGap).filter { $0.count >= spec.minCells }
    if groups.isEmpty { return [] }
    let rectangles = groups.map { extent($0, width, angle, spec) }
    let whole = extent(groups.flatMap { $0 }, width, angle, spec)
    let isOne = groups.count > looks || rectangles.reduce(0) { $0 + $1.area } >= whole.area
    return (isOne ? [whole] : rectangles).map { RotatedPart(angle: angle, cornersNet: $0.corners(angle)) }
}

/// Groups of cells, the largest first, of equal ones that with the first cell: each at most `maxGap` from another.
private func groups(_ cells: [Int], _ width: Int, _ maxGap: Int) -> [[Int]] {
    var left = Set(cells)
    var groups: [[Int]] = []
    for first in cells where left.remove(first) != nil {
        var group = [first]
        var at = 0
        while at < group.count {
            let (row, column) = (group[at] / width, group[at] % width)
            at += 1
            let near = left.filter { abs($0 / width - row) <= maxGap && abs($0 % width - column) <= maxGap }
            left.subtract(near)
            group += near.sorted()
        }
        groups.append(group)
    }
    let order = groups.indices.sorted { groups[$0].count != groups[$1].count ? groups[$0].count > groups[$1].count : $0 < $1 }
    return order.map { groups[$0] }
}

/// What cells cover along and across a reading axis.
private struct Extent {
    let along0: Double
    let across0: Double
    let along1: Double
    let across1: Double

    var area: Double { (along1 - along0) * (across1 - across0) }

    func corners(_ angle: Int) -> [PixelVector] {
        let (c, s) = axes(angle)
        return [(along0, across0), (along1, across0), (along1, across1), (along0, across1)]
            .map { a, b in PixelVector(a * c - b * s, a * s + b * c) }
    }
}

/// Cosine and sine, rounded so that those of quarters are whole.
private func axes(_ angle: Int) -> (Double, Double) {
    let radians = Double(angle) * (.pi / Double(halfTurn))
    return ((cos(radians) * 1e12 + 0.5).rounded(.down) / 1e12, (sin(radians) * 1e12 + 0.5).rounded(.down) / 1e12)
}

private func extent(_ group: [Int], _ width: Int, _ angle: Int, _ spec: DirectionSpec) -> Extent {
    let (c, s) = axes(angle)
    let stride = Double(spec.stride)
    let places = group.map { PixelVector((Double($0 % width) + 0.5) * stride, (Double($0 / width) + 0.5) * stride) }
    let along = places.map { $0.x * c + $0.y * s }
    let across = places.map { $0.y * c - $0.x * s }
    let air = Double(spec.padding) + stride / 2
    return Extent(
        along0: (along.min() ?? 0) - air, across0: (across.min() ?? 0) - air, along1: (along.max() ?? 0) + air,
        across1: (across.max() ?? 0) + air)
}

/// Which lines of several looks at one picture are kept: each from the look whose direction is nearest to that of most cells under it.
///
/// Where two lines of different looks share more than half of one's middle, the one with the higher score times width is kept.
///
/// - Parameters:
///   - angles: of the level look.
///   - quads: in pixels of the level look's network input; `scores` are theirs, and `looks` the look in which each was found.
///   - lookAngles: of each look, in degrees; 0 for the level one.
/// - Returns: their indices, ascending.
func bestOfLooks(
    _ angles: CellAngles, _ quads: [Quad], scores: [Float], looks: [Int], lookAngles: [Int], _ spec: DirectionSpec
) -> [Int] {
    var kept: [Int] = []
    let weights = quads.indices.map { Double(scores[$0]) * quadSize(quads[$0]).width }
    let own = quads.indices.filter { isOwn(quads[$0], looks[$0], angles, lookAngles, spec) }
    for i in own.sorted(by: { weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1 }) {
        let isKnown = kept.contains { j in
            looks[j] != looks[i]
                && max(overlapFraction(quads[i], quads[j].corners), overlapFraction(quads[j], quads[i].corners)) > 0.5
        }
        if !isKnown { kept.append(i) }
    }
    return kept.sorted()
}

/// Whether no other look's direction is the nearest to that of more cells along the middle of a line.
private func isOwn(_ quad: Quad, _ look: Int, _ angles: CellAngles, _ lookAngles: [Int], _ spec: DirectionSpec) -> Bool {
    let start = PixelVector(Double(quad.topLeft.x + quad.bottomLeft.x) / 2, Double(quad.topLeft.y + quad.bottomLeft.y) / 2)
    let end = PixelVector(Double(quad.topRight.x + quad.bottomRight.x) / 2, Double(quad.topRight.y + quad.bottomRight.y) / 2)
    var votes = [Int](repeating: 0, count: lookAngles.count)
    for k in 0..<samples {
        let place = (start + (end - start) * ((Double(k) + 0.5) / Double(samples))) / Double(spec.stride)
        let column = Int(min(max(place.x.rounded(.down), 0), Double(angles.width - 1)))
        let row = Int(min(max(place.y.rounded(.down), 0), Double(angles.height - 1)))
        let angle = angles.values[row * angles.width + column]
        if angle == CellAngles.noText { continue }
        let distances = lookAngles.map { apart(angle, $0) }
        for (n, degrees) in distances.enumerated() where degrees == distances.min() { votes[n] += 1 }
    }
    return votes[look] == votes.max()
}
