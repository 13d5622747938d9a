import Foundation

/// A picture, RGB of 8 bits.
public struct RgbImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// Red, green and blue of each pixel, row by row: 3 · width · height bytes.
    public let pixels: [UInt8]

    /// - Throws: `CtpnError.image` unless both sides are at least 1 and fit the number of bytes.
    public init(width: Int, height: Int, pixels: [UInt8]) throws {
        let (area, overflow) = width.multipliedReportingOverflow(by: height)
        guard width >= 1, height >= 1, !overflow, area <= Int.max / 3, pixels.count == 3 * area else {
            throw CtpnError.image(
                "expected 3 * width * height bytes of RGB, got \(pixels.count) for \(width) x \(height); convert the picture first")
        }
        self.init(width, height, pixels)
    }

    /// What a stage made: its size is known to fit.
    init(_ width: Int, _ height: Int, _ pixels: [UInt8]) { (self.width, self.height, self.pixels) = (width, height, pixels) }

    /// The part from (x0, y0) up to, without, (x1, y1).
    public func cut(_ x0: Int, _ y0: Int, _ x1: Int, _ y1: Int) -> RgbImage {
        if (x0, y0, x1, y1) == (0, 0, width, height) { return self }
        var part: [UInt8] = []
        part.reserveCapacity(3 * (x1 - x0) * (y1 - y0))
        for y in y0..<y1 { part += pixels[3 * (width * y + x0)..<3 * (width * y + x1)] }
        return RgbImage(x1 - x0, y1 - y0, part)
    }

    /// In the top left of a picture of `width` × `height`, at least its own, the rest grey.
    func padded(width: Int, height: Int, grey: Int) -> RgbImage {
        if self.width == width && self.height == height { return self }
        let grey = UInt8(clamping: grey)
        var padded: [UInt8] = []
        padded.reserveCapacity(3 * width * height)
        for y in 0..<self.height {
            padded += pixels[3 * self.width * y..<3 * self.width * (y + 1)]
            padded += repeatElement(grey, count: 3 * (width - self.width))
        }
        padded += repeatElement(grey, count: 3 * width * (height - self.height))
        return RgbImage(width, height, padded)
    }
}

/// The rounding of all languages: floor(x + 0.5).
func rounded(_ x: Double) -> Int { Int((x + 0.5).rounded(.down)) }
