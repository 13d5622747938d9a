import ReaderCore

/// Pixels as a graphics context has them, as the photo is seen.
///
/// - Parameters:
///   - rgba: four bytes a pixel, of which the last is not looked at; row by row.
///   - bytesPerRow: often more than 4 · width.
///   - orientation: EXIF's, 1 … 8; another number counts as 1.
/// - Throws: `CtpnError.image` unless there are so many bytes.
public func upright(_ rgba: UnsafeRawBufferPointer, width: Int, height: Int, bytesPerRow: Int, orientation: Int) throws -> RgbImage {
    guard width > 0, height > 0, bytesPerRow >= 4 * width, rgba.count >= bytesPerRow * (height - 1) + 4 * width else {
        throw CtpnError.image("\(width) x \(height) pixels in rows of \(bytesPerRow) bytes: got \(rgba.count) bytes; choose another photo")
    }
    // From where the first pixel comes, and how far away in the source the next one in the row and in the column is (EXIF 2.3, tag 274).
    let (right, down) = (4, bytesPerRow)
    let (lastX, lastY) = (right * (width - 1), down * (height - 1))
    let (first, nextX, nextY) =
        switch orientation {
        case 2: (lastX, -right, down)
        case 3: (lastX + lastY, -right, -down)
        case 4: (lastY, right, -down)
        case 5: (0, down, right)
        case 6: (lastY, -down, right)
        case 7: (lastX + lastY, -down, -right)
        case 8: (lastX, down, -right)
        default: (0, right, down)
        }
    let isTurned = (5...8).contains(orientation)
    let (columns, rows) = isTurned ? (height, width) : (width, height)
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * columns * rows) { out, count in
        var to = 0
        for y in 0..<rows {
            var from = first + y * nextY
            for _ in 0..<columns {
                out[to] = rgba[from]
                out[to + 1] = rgba[from + 1]
                out[to + 2] = rgba[from + 2]
                (to, from) = (to + 3, from + nextX)
            }
        }
        count = to
    }
    return try RgbImage(width: columns, height: rows, pixels: pixels)
}

/// By how much a photo of so many pixels is reduced: the longer side that it should have, nil if it is small enough.
///
/// 6.3 megapixels, as on Android: on a page of A4 small print is then still 25 pixels high.
public func reducedSide(width: Int, height: Int, maxPixels: Int = 2896 * 2172) -> Int? {
    let by = (Double(maxPixels) / (Double(width) * Double(height))).squareRoot()
    return by >= 1 ? nil : max(1, Int(Double(max(width, height)) * by))
}
