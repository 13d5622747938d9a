/// What a user marks on a photo: four corners in any direction around a convex area, in pixels of the upright photo.
public struct Region: Sendable, Hashable {
    public let corners: Quad

    public init(corners: Quad) { self.corners = corners }

    /// A rectangle by its top left corner and its size.
    ///
    /// - Throws: `CtpnError.reading` for one without width or height.
    public static func rectangle(x: Float, y: Float, width: Float, height: Float) throws -> Region {
        guard width > 0, height > 0 else {
            throw CtpnError.reading("region \(x),\(y),\(width),\(height): expected a positive width and height; mark it again")
        }
        let (right, bottom) = (x + width, y + height)
        return Region(corners: Quad(PixelPoint(x, y), PixelPoint(right, y), PixelPoint(right, bottom), PixelPoint(x, bottom)))
    }
}
