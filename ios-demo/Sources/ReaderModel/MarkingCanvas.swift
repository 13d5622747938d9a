import Foundation
import ReaderCore

/// Where regions are marked: which part of the photo is shown, and what is marked as if the finger were lifted now.
public struct MarkingCanvas: Sendable {
    /// Points around an edge by which a finger grabs it.
    public static let reach: CGFloat = 18

    public private(set) var viewport: Viewport
    private var gesture: (drag: Drag, draft: Marking)?

    public init(photo: CGSize, view: CGSize) { viewport = Viewport(photo: photo, view: view) }

    /// What is marked while a finger drags.
    public func shown(_ marking: Marking) -> Marking { gesture?.draft ?? marking }

    /// Follows a finger.
    ///
    /// - Returns: the new marking when the finger is lifted, if that changed it.
    public mutating func touched(_ touch: Touch, _ marking: Marking) -> Marking? {
        switch touch {
        case .pressed(let place):
            let from = viewport.toPhoto(place)
            gesture = (Drag(before: marking, photo: viewport.photo, from: from, reach: Self.reach / viewport.scale), marking)
        case .dragged(let place):
            guard let drag = gesture?.drag else { return nil }
            gesture = (drag, drag.at(viewport.toPhoto(place)))
        case .released(let place):
            guard let drag = gesture?.drag else { return nil }
            gesture = nil
            let now = drag.at(viewport.toPhoto(place))
            return now == marking ? nil : now
        case .cancelled:
            gesture = nil
        case .pinched(let factor, let place, let dx, let dy):
            viewport = viewport.pinched(by: factor, around: place, dx: dx, dy: dy)
        }
        return nil
    }
}

/// The circles that a rectangle is drawn with.
public enum MarkShape {
    public static let numberRadius: CGFloat = 10
    /// Sides below this have no handle in their middle: it would hide what is marked.
    private static let roomy: CGFloat = 56

    /// The middle of the number, on the upper left corner, half outside, so that it hides little; inside the view.
    public static func number(of frame: CGRect, in view: CGSize) -> CGPoint {
        func inside(_ at: CGFloat, _ length: CGFloat) -> CGFloat { min(max(at, numberRadius), max(numberRadius, length - numberRadius)) }
        return CGPoint(x: inside(frame.minX, view.width), y: inside(frame.minY - numberRadius / 2, view.height))
    }

    /// The middles of the handles: corners (the number is on one of them) and the middles of edges, if they do not hide what is marked.
    public static func handles(of frame: CGRect) -> [CGPoint] {
        let lower = [CGPoint(x: frame.maxX, y: frame.maxY), CGPoint(x: frame.minX, y: frame.maxY)]
        if frame.height < roomy / 2 { return lower }
        let across = [CGPoint(x: frame.midX, y: frame.minY), CGPoint(x: frame.midX, y: frame.maxY)]
        let along = [CGPoint(x: frame.minX, y: frame.midY), CGPoint(x: frame.maxX, y: frame.midY)]
        return lower + [CGPoint(x: frame.maxX, y: frame.minY)] + (frame.width > roomy ? across : []) + (frame.height > roomy ? along : [])
    }
}
