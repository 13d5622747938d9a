import Foundation

/// Which part of a photo a view shows.
public struct Viewport: Sendable, Equatable {
    public static let maxScale: CGFloat = 12
    /// Points of the view that stay free around the whole photo, so that marks at its edge can be grabbed.
    public static let margin: CGFloat = 16

    /// Pixels of the photo, points of the view.
    public let photo: CGSize
    public let view: CGSize
    /// Points of the view per pixel of the photo.
    public let scale: CGFloat
    /// Where in the view the photo's upper left corner is.
    public let origin: CGPoint

    /// The whole photo, as large as fits.
    public init(photo: CGSize, view: CGSize) {
        self.init(photo: photo, view: view, scale: Self.minScale(photo, view), origin: .zero)
    }

    /// A photo larger than the view fills it; a smaller one is in the middle.
    private init(photo: CGSize, view: CGSize, scale: CGFloat, origin: CGPoint) {
        (self.photo, self.view, self.scale) = (photo, view, scale)
        self.origin = CGPoint(
            x: Self.inside(origin.x, photo.width * scale, view.width), y: Self.inside(origin.y, photo.height * scale, view.height))
    }

    public func toPhoto(_ place: CGPoint) -> CGPoint { CGPoint(x: (place.x - origin.x) / scale, y: (place.y - origin.y) / scale) }

    public func toView(_ place: CGPoint) -> CGPoint { CGPoint(x: origin.x + place.x * scale, y: origin.y + place.y * scale) }

    public func toView(_ rectangle: CGRect) -> CGRect {
        let corner = toView(rectangle.origin)
        return CGRect(x: corner.x, y: corner.y, width: rectangle.width * scale, height: rectangle.height * scale)
    }

    /// Where in the view the photo is.
    public var frame: CGRect { toView(CGRect(x: 0, y: 0, width: photo.width, height: photo.height)) }

    /// Zoomed by `factor` around a place of the view, which itself moves by (dx, dy): what two fingers do.
    public func pinched(by factor: CGFloat, around place: CGPoint, dx: CGFloat = 0, dy: CGFloat = 0) -> Viewport {
        let smallest = Self.minScale(photo, view)
        let now = min(max(scale * factor, smallest), max(smallest, Self.maxScale))
        let under = toPhoto(CGPoint(x: place.x - dx, y: place.y - dy))
        return Viewport(photo: photo, view: view, scale: now, origin: CGPoint(x: place.x - under.x * now, y: place.y - under.y * now))
    }

    public func moved(dx: CGFloat, dy: CGFloat) -> Viewport {
        Viewport(photo: photo, view: view, scale: scale, origin: CGPoint(x: origin.x + dx, y: origin.y + dy))
    }

    private static func inside(_ from: CGFloat, _ length: CGFloat, _ available: CGFloat) -> CGFloat {
        length + 2 * margin <= available ? (available - length) / 2 : min(max(from, available - margin - length), margin)
    }

    private static func minScale(_ photo: CGSize, _ view: CGSize) -> CGFloat {
        max(min((view.width - 2 * margin) / photo.width, (view.height - 2 * margin) / photo.height), 1e-3)
    }
}
