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

/// A region as the convex polygon that it covers of a photo, clockwise; what lies outside of the photo is omitted.
///
/// - Throws: `CtpnError.reading` for one that is not convex, not finite, crosses itself, or has not a pixel inside the photo.
func outline(_ region: Region, width: Int, height: Int) throws -> [PixelPoint] {
    let inside = clockwise(region.corners.corners).map { clip($0, width: width, height: height) } ?? []
    guard inside.count >= 3, abs(area(inside)) >= 1, shortSide(inside) >= 1 else {
        let corners = region.corners.corners.map { "\($0.x),\($0.y)" }.joined(separator: ",")
        throw CtpnError.reading(
            "region \(corners): expected four corners around a convex area inside a photo of \(width) x \(height); mark it again")
    }
    return inside
}

/// A part of a photo, whole pixels, (x0, y0) up to, without, (x1, y1).
struct Window: Equatable {
    let x0: Int
    let y0: Int
    let x1: Int
    let y1: Int
}

/// The part of a width × height photo that is looked at: the region and some padding.
func window(_ outline: [PixelPoint], width: Int, height: Int, _ spec: RegionsSpec) -> Window {
    let padding = min(max(Float(spec.regionPadding) * shortSide(outline), Float(spec.minPadding)), Float(spec.maxPadding))
    func least(_ values: [Float]) -> Int { max(Int((values.min()! - padding).rounded(.down)), 0) }
    func most(_ values: [Float], _ side: Int) -> Int { min(Int((values.max()! + padding).rounded(.up)), side) }
    let (xs, ys) = (outline.map(\.x), outline.map(\.y))
    return Window(x0: least(xs), y0: least(ys), x1: most(xs, width), y1: most(ys, height))
}

/// By how much a region is enlarged before it is looked at: low ones hold one or two lines, which would be too small.
///
/// Large ones are reduced by the detector's own rule (`fit`).
func scale(_ outline: [PixelPoint], _ spec: RegionsSpec) -> Double {
    min(max(Double(spec.minRegionSide) / Double(shortSide(outline)), 1), spec.maxEnlargement)
}
