import Foundation

/// What fingers on a photo do: one acts, two zoom and move.
public enum Touch: Sendable, Equatable {
    case pressed(CGPoint)
    case dragged(CGPoint)
    case released(CGPoint)
    /// A second finger came, or the system took the gesture away: what the first finger did is undone.
    case cancelled
    /// Two fingers: the place between them, how far it moved, and how much further apart they are.
    case pinched(by: CGFloat, around: CGPoint, dx: CGFloat, dy: CGFloat)
}

/// Makes touches out of where the fingers are.
public struct Fingers: Sendable {
    public enum Phase: Sendable { case began, moved, ended, cancelled }

    private enum Gesture {
        case none
        case one(last: CGPoint)
        /// Two or more, until all are lifted: what remains of a pinch draws nothing. Nil: the next places begin it anew.
        case several(Pinch?)
    }

    private struct Pinch {
        let middle: CGPoint
        let span: CGFloat

        init(_ a: CGPoint, _ b: CGPoint) {
            middle = CGPoint(x: (a.x + b.x) / 2, y: (a.y + b.y) / 2)
            span = max(((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)).squareRoot(), 1)
        }
    }

    private var gesture = Gesture.none

    public init() {}

    /// - Parameter places: of all fingers that were down until now, in the order in which they came.
    /// - Parameter remaining: how many of them are still down.
    public mutating func changed(_ phase: Phase, places: [CGPoint], remaining: Int) -> Touch? {
        switch phase {
        case .began: began(places)
        case .moved: moved(places)
        case .ended, .cancelled: ended(phase, places, remaining)
        }
    }

    private mutating func began(_ places: [CGPoint]) -> Touch? {
        guard let first = places.first else { return nil }
        if places.count == 1 {
            gesture = .one(last: first)
            return .pressed(first)
        }
        let wasOne = if case .one = gesture { true } else { false }
        gesture = .several(Pinch(places[0], places[1]))
        return wasOne ? .cancelled : nil
    }

    private mutating func moved(_ places: [CGPoint]) -> Touch? {
        switch gesture {
        case .none: return nil
        case .one:
            guard let place = places.first else { return nil }
            gesture = .one(last: place)
            return .dragged(place)
        case .several(let before):
            guard places.count > 1 else { return nil }
            let now = Pinch(places[0], places[1])
            gesture = .several(now)
            guard let before else { return nil }
            let (dx, dy) = (now.middle.x - before.middle.x, now.middle.y - before.middle.y)
            return .pinched(by: now.span / before.span, around: now.middle, dx: dx, dy: dy)
        }
    }

    private mutating func ended(_ phase: Phase, _ places: [CGPoint], _ remaining: Int) -> Touch? {
        defer { gesture = remaining == 0 ? .none : .several(nil) }
        guard case .one(let last) = gesture else { return nil }
        return phase == .cancelled ? .cancelled : .released(places.first ?? last)
    }
}
