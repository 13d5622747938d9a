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
    /// The rows and columns of its cells.
    let cells: [(row: Int, column: Int)]
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
/// The most frequent direction is taken first, with all cells up to `spread` degrees away, then that of the remaining cells. A direction up to
/// `spread` from level has the angle of the level look's lines on its cells if that is farther from level: both err towards it. Of a direction more than
/// `levelAngle` from level, each group of cells is a part; where one look at all of them has no more pixels, or there are more groups than
/// looks left, all are one part.
///
/// - Parameter quadsNet: the lines of the level look, in pixels of the network input.
/// - Returns: the parts, and the angles of the cells, where each cell of a direction has its angle.
func partsToRotate(_ angles: CellAngles, _ quadsNet: [Quad], _ spec: DirectionSpec) -> (parts: [RotatedPart], angles: CellAngles) {
    var left = angles.values
    var directed = angles.values
    var found: [RotatedPart] = []
    while found.count < spec.maxLooks {
        let frequent = mostFrequent(left, spec.spread)
        if frequent.count < spec.minCells { break }
        let cells = left.indices.filter { left[$0] != CellAngles.noText && apart(left[$0], frequent.peak) <= spec.spread }
        var angle = frequent.angle
        if abs(angle) <= spec.spread {
            let own = Set(cells)
            let onCells = quadsNet.filter { quad in cellsUnder(quad, angles, spec).filter { own.contains($0) }.count * 2 > samples }
            let ofLines = angleOfLines(onCells, angle, spec)
            if abs(ofLines) > abs(angle) { angle = ofLines }
        }
        for i in cells { (left[i], directed[i]) = (CellAngles.noText, angle) }
        if abs(angle) > spec.levelAngle { found += parts(cells, angles.width, angle, spec.maxLooks - found.count, spec) }
    }
    return (found, CellAngles(height: angles.height, width: angles.width, values: directed))
}

/// A part at the angle of its lines, where a look at it finds them more than `levelAngle` from level; nil where they are level.
///
/// - Parameter quadsNet: the lines of that look, in the frame of the rotated part.
func turnedPart(_ part: RotatedPart, _ quadsNet: [Quad], _ spec: DirectionSpec) -> RotatedPart? {
    let by = angleOfLines(quadsNet, 0, spec)
    if abs(by) <= spec.levelAngle { return nil }
    let angle = signed(part.angle + by)
    return RotatedPart(angle: angle, cells: part.cells, cornersNet: extent(part.cells, angle, spec).corners(angle))
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
    return (peak, signed(peak + rounded(Double(sum) / Double(max(1, most)))), most)
}

/// The median angle of the lines up to `spread` from an angle, where each counts as often as it is wider than high, in pixels; the angle itself
/// where that is together not more than `minCells` cells.
private func angleOfLines(_ quads: [Quad], _ angle: Int, _ spec: DirectionSpec) -> Int {
    let near = quads.map { quad in
        let size = quadSize(quad)
        return (by: signed(angleOf(quad) - angle), weight: size.width - size.height)
    }
    .filter { $0.weight > 0 && abs($0.by) <= spec.spread }
    .sorted { ($0.by, $0.weight) < ($1.by, $1.weight) }
    let whole = near.reduce(0) { $0 + $1.weight }
    if whole <= Double(spec.minCells * spec.stride) { return angle }
    var passed = 0.0
    for line in near {
        passed += line.weight
        if passed * 2 >= whole { return signed(angle + line.by) }
    }
    return angle
}

/// Whole degrees clockwise from level.
private func angleOf(_ quad: Quad) -> Int {
    func along(_ of: (PixelPoint) -> Float) -> Double {
        Double(of(quad.topRight)) + Double(of(quad.bottomRight)) - Double(of(quad.topLeft)) - Double(of(quad.bottomLeft))
    }
    let degrees = atan2(along { $0.y }, along { $0.x }) * (Double(halfTurn) / .pi)
    return degrees.isFinite ? rounded(degrees) : 0
}

/// The same direction as an angle in (-90, 90].
private func signed(_ angle: Int) -> Int { quarter - turned(quarter - angle) }

/// Degrees between two angles, at most 90.
private func apart(_ a: Int, _ b: Int) -> Int { quarter - abs(turned(a - b) - quarter) }

private func parts(_ cells: [Int], _ width: Int, _ angle: Int, _ looks: Int, _ spec: DirectionSpec) -> [RotatedPart] {
    let groups = groups(cells, width, spec.maxGap).filter { $0.count >= spec.minCells }
        .map { group in group.map { (row: $0 / width, column: $0 % width) } }
    if groups.isEmpty { return [] }
    let together = groups.flatMap { $0 }
    let area = groups.reduce(0) { $0 + extent($1, angle, spec).area }
    let isOne = groups.count > looks || area >= extent(together, angle, spec).area
    return (isOne ? [together] : groups)
        .map { RotatedPart(angle: angle, cells: $0, cornersNet: extent($0, angle, spec).corners(angle)) }
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

private func extent(_ group: [(row: Int, column: Int)], _ angle: Int, _ spec: DirectionSpec) -> Extent {
    let (c, s) = axes(angle)
    let stride = Double(spec.stride)
    let places = group.map { PixelVector((Double($0.column) + 0.5) * stride, (Double($0.row) + 0.5) * stride) }
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
///   - angles: of the level look, as `partsToRotate` returns them.
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
                && isShared(quads[i], quads[j])
        }
        if !isKnown { kept.append(i) }
    }
    return kept.sorted()
}

/// Whether no other look's direction is the nearest to that of more cells along the middle of a line.
private func isOwn(_ quad: Quad, _ look: Int, _ angles: CellAngles, _ lookAngles: [Int], _ spec: DirectionSpec) -> Bool {
    var votes = [Int](repeating: 0, count: lookAngles.count)
    for cell in cellsUnder(quad, angles, spec) where angles.values[cell] != CellAngles.noText {
        let distances = lookAngles.map { apart(angles.values[cell], $0) }
        for (n, degrees) in distances.enumerated() where degrees == distances.min() { votes[n] += 1 }
    }
    return votes[look] == votes.max()
}

/// The cells, row by row, at `samples` points along the middle of a line.
private func cellsUnder(_ quad: Quad, _ angles: CellAngles, _ spec: DirectionSpec) -> [Int] {
    let start = PixelVector(Double(quad.topLeft.x + quad.bottomLeft.x) / 2, Double(quad.topLeft.y + quad.bottomLeft.y) / 2)
    let end = PixelVector(Double(quad.topRight.x + quad.bottomRight.x) / 2, Double(quad.topRight.y + quad.bottomRight.y) / 2)
    return (0..<samples).map { k in
        let place = (start + (end - start) * ((Double(k) + 0.5) / Double(samples))) / Double(spec.stride)
        let column = Int(min(max(place.x.rounded(.down), 0), Double(angles.width - 1)))
        let row = Int(min(max(place.y.rounded(.down), 0), Double(angles.height - 1)))
        return row * angles.width + column
    }
}
