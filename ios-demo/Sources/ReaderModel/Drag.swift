import Foundation

/// What one finger does from where it touches the photo: move or resize the rectangle under it, or draw a new one. All lengths are in
/// pixels of the photo.
public struct Drag: Sendable {
    /// Where along one axis a rectangle is grabbed.
    private enum Part { case low, middle, high }

    private struct Grip {
        let x: Part
        let y: Part
    }

    private let before: Marking
    private let photo: CGSize
    private let from: CGPoint
    private let slop: CGFloat
    private let held: Int?
    private let grip: Grip?

    /// - Parameters:
    ///   - before: what is marked; `at` is always one step after it, so that one undo reverts a gesture.
    ///   - from: where the finger touched.
    ///   - reach: how far from an edge a finger still grabs it; a third of it is how far a tap may slip.
    public init(before: Marking, photo: CGSize, from: CGPoint, reach: CGFloat) {
        (self.before, self.photo, self.from, slop) = (before, photo, from, reach / 3)
        let held = Self.held(before, from, reach)
        self.held = held
        grip = held.flatMap { Self.grip(before.rectangles[$0], from, reach, isSelected: $0 == before.selected) }
    }

    /// The marking when the finger is at `to`: near `from` it has only tapped.
    public func at(_ to: CGPoint) -> Marking {
        let (dx, dy) = (to.x - from.x, to.y - from.y)
        if (dx * dx + dy * dy).squareRoot() < slop { return before.selecting(held) }
        if let held, let grip { return before.replacing(held, by: dragged(before.rectangles[held], grip, dx, dy)) }
        let drawn = CGRect(from: clamped(from), to: clamped(to))
        return drawn.width < slop || drawn.height < slop ? before.selecting(nil) : before.adding(drawn)
    }

    /// The selected one, if its edges or its inside are touched; else the smallest one around the finger.
    private static func held(_ marking: Marking, _ from: CGPoint, _ reach: CGFloat) -> Int? {
        let rectangles = marking.rectangles
        if let selected = marking.selected, grip(rectangles[selected], from, reach, isSelected: true) != nil { return selected }
        return rectangles.indices.filter { grip(rectangles[$0], from, reach, isSelected: false) != nil }
            .min { rectangles[$0].width * rectangles[$0].height < rectangles[$1].width * rectangles[$1].height }
    }

    private static func grip(_ rectangle: CGRect, _ from: CGPoint, _ reach: CGFloat, isSelected: Bool) -> Grip? {
        guard let x = part(from.x, rectangle.minX, rectangle.maxX, reach, isSelected),
            let y = part(from.y, rectangle.minY, rectangle.maxY, reach, isSelected)
        else { return nil }
        return Grip(x: x, y: y)
    }

    /// Inside, an edge reaches a quarter of the way at most, so that there is always a middle to move the rectangle by.
    private static func part(_ value: CGFloat, _ low: CGFloat, _ high: CGFloat, _ reach: CGFloat, _ isSelected: Bool) -> Part? {
        if !isSelected { return value >= low && value <= high ? .middle : nil }
        let inner = min(reach, (high - low) / 4)
        if value < low - reach || value > high + reach { return nil }
        if value <= low + inner { return .low }
        return value >= high - inner ? .high : .middle
    }

    private func dragged(_ rectangle: CGRect, _ grip: Grip, _ dx: CGFloat, _ dy: CGFloat) -> CGRect {
        let isMoved = grip.x == .middle && grip.y == .middle
        let (left, right) = span(rectangle.minX, rectangle.maxX, grip.x, isMoved, by: dx, limit: photo.width)
        let (top, bottom) = span(rectangle.minY, rectangle.maxY, grip.y, isMoved, by: dy, limit: photo.height)
        return CGRect(from: CGPoint(x: left, y: top), to: CGPoint(x: right, y: bottom))
    }

    private func span(
        _ low: CGFloat, _ high: CGFloat, _ part: Part, _ isMoved: Bool, by distance: CGFloat, limit: CGFloat
    ) -> (CGFloat, CGFloat) {
        if isMoved {
            let inside = min(max(distance, -low), limit - high)
            return (low + inside, high + inside)
        }
        let minimum = min(slop, high - low)
        switch part {
        case .low: return (min(max(low + distance, 0), high - minimum), high)
        case .high: return (low, min(max(high + distance, low + minimum), limit))
        case .middle: return (low, high)
        }
    }

    private func clamped(_ place: CGPoint) -> CGPoint {
        CGPoint(x: min(max(place.x, 0), photo.width), y: min(max(place.y, 0), photo.height))
    }
}

extension CGRect {
    /// The rectangle between two opposite corners.
    public init(from a: CGPoint, to b: CGPoint) {
        self.init(x: min(a.x, b.x), y: min(a.y, b.y), width: abs(b.x - a.x), height: abs(b.y - a.y))
    }
}
