import Foundation
import ReaderCore

/// The photo with its lines: which part is shown; a finger moves it, a tap selects a line.
public struct ResultCanvas: Sendable {
    /// Points that a tap may slip.
    private static let slip: CGFloat = 8

    public private(set) var viewport: Viewport
    private var finger: (last: CGPoint, moved: CGFloat)?

    public init(photo: CGSize, view: CGSize) { viewport = Viewport(photo: photo, view: view) }

    /// Follows a finger.
    ///
    /// - Returns: where in the photo was tapped, if that is what the finger did.
    public mutating func touched(_ touch: Touch) -> CGPoint? {
        switch touch {
        case .pressed(let place): finger = (place, 0)
        case .dragged(let place):
            guard let (last, moved) = finger else { return nil }
            let (dx, dy) = (place.x - last.x, place.y - last.y)
            let far = moved + (dx * dx + dy * dy).squareRoot()
            if far > Self.slip { viewport = viewport.moved(dx: dx, dy: dy) }
            finger = (place, far)
        case .released(let place):
            defer { finger = nil }
            if let moved = finger?.moved, moved <= Self.slip { return viewport.toPhoto(place) }
        case .cancelled: finger = nil
        case .pinched(let factor, let place, let dx, let dy): viewport = viewport.pinched(by: factor, around: place, dx: dx, dy: dy)
        }
        return nil
    }
}

extension [TextLine] {
    /// Index of the first line at a place of the photo.
    public func index(at place: CGPoint) -> Int? {
        firstIndex { isInside(Double(place.x), Double(place.y), $0.quad.corners) }
    }
}

extension Viewport {
    /// The corners of a quad in the view.
    public func toView(_ quad: Quad) -> [CGPoint] {
        quad.corners.map { toView(CGPoint(x: CGFloat($0.x), y: CGFloat($0.y))) }
    }
}

/// The label with a line's probability: after the text's end, where it hides the least.
public struct LineTag: Sendable, Equatable {
    /// Points of its digits: as high as the line, but neither too small to read nor too large.
    public let fontSize: CGFloat
    private let end: CGPoint

    /// - Parameter corners: of the line's quad in the view.
    public init(corners: [CGPoint]) {
        let (top, bottom) = (corners[1], corners[2])
        let height = ((bottom.x - top.x) * (bottom.x - top.x) + (bottom.y - top.y) * (bottom.y - top.y)).squareRoot()
        fontSize = Swift.min(Swift.max(0.7 * height, 7), 12)
        end = CGPoint(x: (top.x + bottom.x) / 2, y: (top.y + bottom.y) / 2)
    }

    /// Its ground, for digits of this width in a view of this width: it stays inside.
    public func frame(textWidth: CGFloat, viewWidth: CGFloat) -> CGRect {
        let (width, height) = (textWidth + 0.5 * fontSize, 1.25 * fontSize)
        return CGRect(x: Swift.min(end.x, viewWidth - width), y: end.y - height / 2, width: width, height: height)
    }
}
