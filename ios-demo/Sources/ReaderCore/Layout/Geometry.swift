import Foundation

private let samples = 21  // of a line's middle, for overlapFraction

/// A place in pixels; frames begin at the corner of the first pixel, x to the right, y down.
public struct PixelPoint: Sendable, Hashable {
    public var x: Float
    public var y: Float

    public init(_ x: Float, _ y: Float) { (self.x, self.y) = (x, y) }

    init(_ x: Double, _ y: Double) { self.init(Float(x), Float(y)) }
}

/// A place or a step in a picture, in pixels.
struct PixelVector: Equatable {
    var x: Double
    var y: Double

    init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }

    var length: Double { (x * x + y * y).squareRoot() }

    static func + (a: PixelVector, b: PixelVector) -> PixelVector { PixelVector(a.x + b.x, a.y + b.y) }
    static func - (a: PixelVector, b: PixelVector) -> PixelVector { PixelVector(a.x - b.x, a.y - b.y) }
    static func * (a: PixelVector, factor: Double) -> PixelVector { PixelVector(a.x * factor, a.y * factor) }
    static func / (a: PixelVector, divisor: Double) -> PixelVector { PixelVector(a.x / divisor, a.y / divisor) }
}

/// Four corners, of a text line clockwise from the text's top left.
public struct Quad: Sendable, Hashable {
    public var topLeft: PixelPoint
    public var topRight: PixelPoint
    public var bottomRight: PixelPoint
    public var bottomLeft: PixelPoint

    public init(_ topLeft: PixelPoint, _ topRight: PixelPoint, _ bottomRight: PixelPoint, _ bottomLeft: PixelPoint) {
        (self.topLeft, self.topRight, self.bottomRight, self.bottomLeft) = (topLeft, topRight, bottomRight, bottomLeft)
    }

    /// From x, y, x, y, … of the four corners; nil for another number of values.
    public init?(_ xy: [Float]) {
        guard xy.count == 8 else { return nil }
        self.init(PixelPoint(xy[0], xy[1]), PixelPoint(xy[2], xy[3]), PixelPoint(xy[4], xy[5]), PixelPoint(xy[6], xy[7]))
    }

    /// The corners, clockwise.
    public var corners: [PixelPoint] { [topLeft, topRight, bottomRight, bottomLeft] }

    /// The quad of other places for its corners.
    func map(_ place: (PixelPoint) -> PixelPoint) -> Quad { Quad(place(topLeft), place(topRight), place(bottomRight), place(bottomLeft)) }
}

/// Pixels between two points.
func distance(_ a: PixelPoint, _ b: PixelPoint) -> Double {
    let (x, y) = (Double(b.x) - Double(a.x), Double(b.y) - Double(a.y))
    return (x * x + y * y).squareRoot()  // bit-exact in every language; hypot is not
}

/// Mean width and height of a quad, each at least 1 pixel.
func quadSize(_ quad: Quad) -> (width: Double, height: Double) {
    (
        max((distance(quad.topLeft, quad.topRight) + distance(quad.bottomLeft, quad.bottomRight)) / 2, 1),
        max((distance(quad.topLeft, quad.bottomLeft) + distance(quad.topRight, quad.bottomRight)) / 2, 1)
    )
}

/// Area of a polygon in square pixels, negative if it runs counterclockwise.
func area(_ polygon: [PixelPoint]) -> Double {
    sides(polygon).reduce(0) { $0 + Double($1.0.x) * Double($1.1.y) - Double($1.1.x) * Double($1.0.y) } / 2
}

/// Each corner with the next.
private func sides(_ polygon: [PixelPoint]) -> [(PixelPoint, PixelPoint)] {
    polygon.indices.map { (polygon[$0], polygon[($0 + 1) % polygon.count]) }
}

/// Width and height of the rectangle around points (at least one), the smaller of the two.
func shortSide(_ points: [PixelPoint]) -> Float {
    let (xs, ys) = (points.map(\.x), points.map(\.y))
    return min(xs.max()! - xs.min()!, ys.max()! - ys.min()!)
}

/// Whether a place lies in a convex polygon of either direction, or on its edge.
public func isInside(_ x: Double, _ y: Double, _ polygon: [PixelPoint]) -> Bool {
    let turns = sides(polygon).map { a, b in Double(b.x - a.x) * (y - Double(a.y)) - Double(b.y - a.y) * (x - Double(a.x)) }
    return turns.allSatisfy { $0 >= 0 } || turns.allSatisfy { $0 <= 0 }
}

/// The corners clockwise, the first given first; nil if they are not finite or not those of a convex quad.
func clockwise(_ corners: [PixelPoint]) -> [PixelPoint]? {
    guard corners.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return nil }
    let turns = corners.indices.map { i in
        let (a, b, c) = (corners[i], corners[(i + 1) % corners.count], corners[(i + 2) % corners.count])
        return (Double(b.x) - Double(a.x)) * (Double(c.y) - Double(b.y)) - (Double(b.y) - Double(a.y)) * (Double(c.x) - Double(b.x))
    }
    if turns.contains(where: { $0 > 0 }) && turns.contains(where: { $0 < 0 }) { return nil }
    return area(corners) > 0 ? corners : corners.prefix(1) + corners.dropFirst().reversed()
}

/// A border: the places with sign · (x or y) from sign · at on are inside.
private struct Border {
    let axis: Int
    let sign: Double
    let at: Double
}

/// The part of a convex polygon that lies in a photo, border by border (Sutherland and Hodgman 1974); may be empty.
func clip(_ polygon: [PixelPoint], width: Int, height: Int) -> [PixelPoint] {
    var points = polygon.map { [Double($0.x), Double($0.y)] }
    let borders = [
        Border(axis: 0, sign: 1, at: 0), Border(axis: 0, sign: -1, at: Double(width)),
        Border(axis: 1, sign: 1, at: 0), Border(axis: 1, sign: -1, at: Double(height)),
    ]
    for border in borders {
        points = points.indices.flatMap { i in clipSide(points[(i + points.count - 1) % points.count], points[i], border) }
    }
    return points.map { PixelPoint($0[0], $0[1]) }
}

/// Where the side from a to b crosses a border, and b if it lies inside.
private func clipSide(_ a: [Double], _ b: [Double], _ border: Border) -> [[Double]] {
    let depthA = border.sign * (a[border.axis] - border.at)
    let depthB = border.sign * (b[border.axis] - border.at)
    var kept: [[Double]] = []
    if (depthA < 0) != (depthB < 0) {
        let t = depthA / (depthA - depthB)
        kept.append((0...1).map { $0 == border.axis ? border.at : a[$0] + t * (b[$0] - a[$0]) })
    }
    if depthB >= 0 { kept.append(b) }
    return kept
}

/// Fraction of a line's middle, by points along it, that lies in a convex polygon.
func overlapFraction(_ quad: Quad, _ polygon: [PixelPoint]) -> Double {
    let (start, end) = (midpoint(quad.topLeft, quad.bottomLeft), midpoint(quad.topRight, quad.bottomRight))
    let inside = (0..<samples).filter { i in
        let t = (Double(i) + 0.5) / Double(samples)
        return isInside(Double(start.x) + t * Double(end.x - start.x), Double(start.y) + t * Double(end.y - start.y), polygon)
    }
    return Double(inside.count) / Double(samples)
}

/// The same place read in another direction: rotated clockwise by `quarters` of a full turn.
func rotateQuad(_ quad: Quad, quarters: Int) -> Quad {
    let c = quad.corners
    return Quad(c[quarters % 4], c[(quarters + 1) % 4], c[(quarters + 2) % 4], c[(quarters + 3) % 4])
}

/// A tall quad split into squares from top to bottom: one for each character of a vertical Chinese line.
func splitVertical(_ quad: Quad) -> [Quad] {
    let (width, height) = quadSize(quad)
    let count = max(1, rounded(height / width))
    let left = (0...count).map { between(quad.topLeft, quad.bottomLeft, Double($0) / Double(count)) }
    let right = (0...count).map { between(quad.topRight, quad.bottomRight, Double($0) / Double(count)) }
    return (0..<count).map { Quad(left[$0], right[$0], right[$0 + 1], left[$0 + 1]) }
}

/// A quad so many times as high, around the same middle line.
func ofHeight(_ quad: Quad, times: Double) -> Quad {
    let corners = [quad.topLeft, quad.topRight, quad.bottomRight, quad.bottomLeft].map { PixelVector(Double($0.x), Double($0.y)) }
    let (a, b, c, d) = (corners[0], corners[1], corners[2], corners[3])
    let (x, y) = ((d.x - a.x + c.x - b.x) / 4 * (times - 1), (d.y - a.y + c.y - b.y) / 4 * (times - 1))
    return Quad(
        PixelPoint(a.x - x, a.y - y), PixelPoint(b.x - x, b.y - y), PixelPoint(c.x + x, c.y + y), PixelPoint(d.x + x, d.y + y))
}

/// Whether a line runs down or up: more than `slope` times as far as to one side.
func isSteep(_ quad: Quad, slope: Double) -> Bool {
    let (a, b, c, d) = (quad.topLeft, quad.topRight, quad.bottomRight, quad.bottomLeft)
    return abs(Double(b.y - a.y + c.y - d.y)) > slope * abs(Double(b.x - a.x + c.x - d.x))
}

/// The part of a quad between two fractions of its width.
func partOfQuad(_ quad: Quad, _ begin: Double, _ end: Double) -> Quad {
    let (a, b, c, d) = (quad.topLeft, quad.topRight, quad.bottomRight, quad.bottomLeft)
    func between(_ from: PixelPoint, _ to: PixelPoint, _ at: Double) -> PixelPoint {
        PixelPoint(Double(from.x) + at * (Double(to.x) - Double(from.x)), Double(from.y) + at * (Double(to.y) - Double(from.y)))
    }
    return Quad(between(a, b, begin), between(a, b, end), between(d, c, end), between(d, c, begin))
}

/// The middle of two points, in float64.
private func middle(_ a: PixelPoint, _ b: PixelPoint) -> PixelVector {
    PixelVector((Double(a.x) + Double(b.x)) / 2, (Double(a.y) + Double(b.y)) / 2)
}

/// The rectangle with the middle line and the mean height of a quad.
func rectangle(_ quad: Quad) -> Quad {
    let (start, end) = (middle(quad.topLeft, quad.bottomLeft), middle(quad.topRight, quad.bottomRight))
    let along = end - start
    let half = quadSize(quad).height / 2 / max(along.length, 1e-6)
    let down = PixelVector(-along.y * half, along.x * half)
    func point(_ v: PixelVector) -> PixelPoint { PixelPoint(v.x, v.y) }
    return Quad(point(start - down), point(end - down), point(end + down), point(start + down))
}

/// Lines that run down and continue each other: lists of indices from top to bottom, each index in one; a line alone is a list of one.
///
/// From the top, each line continues the first chain at whose end it begins: at most `maxGap` times the height of the chain's last line
/// from its end, and less than half of that to one side.
func chainsDown(_ quads: [Quad], maxGap: Double) -> [[Int]] {
    func top(_ i: Int) -> Float { quads[i].topLeft.y + quads[i].bottomLeft.y }
    var chains: [[Int]] = []
    for i in quads.indices.sorted(by: { (top($0), $0) < (top($1), $1) }) {
        if let chain = chains.firstIndex(where: { continues(quads[$0[$0.count - 1]], quads[i], maxGap) }) {
            chains[chain].append(i)
        } else {
            chains.append([i])
        }
    }
    return chains
}

private func continues(_ upper: Quad, _ lower: Quad, _ maxGap: Double) -> Bool {
    let (a, b, c, d) = (upper.topLeft, upper.topRight, upper.bottomRight, upper.bottomLeft)
    let alongX = (Double(b.x) + Double(c.x) - Double(a.x) - Double(d.x)) / 2
    let alongY = (Double(b.y) + Double(c.y) - Double(a.y) - Double(d.y)) / 2
    let x = (Double(lower.topLeft.x) + Double(lower.bottomLeft.x) - Double(b.x) - Double(c.x)) / 2
    let y = (Double(lower.topLeft.y) + Double(lower.bottomLeft.y) - Double(b.y) - Double(c.y)) / 2
    let length = max((alongX * alongX + alongY * alongY).squareRoot(), 1e-6)
    let height = quadSize(upper).height
    return abs((x * alongX + y * alongY) / length) <= maxGap * height && abs((y * alongX - x * alongY) / length) < height / 2
}

private func between(_ a: PixelPoint, _ b: PixelPoint, _ fraction: Double) -> PixelPoint {
    PixelPoint(Double(a.x) + fraction * Double(b.x - a.x), Double(a.y) + fraction * Double(b.y - a.y))
}

private func midpoint(_ a: PixelPoint, _ b: PixelPoint) -> PixelPoint { PixelPoint((a.x + b.x) / 2, (a.y + b.y) / 2) }
