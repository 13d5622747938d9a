/// A part of a picture, rotated so that its text is level.
struct Rotated {
    /// Both sides multiples of `spec.sizeMultiple`; right and below it shows more of the picture.
    let pixels: RgbImage
    /// The corner of the first pixel in the picture.
    let origin: PixelVector
    /// The step there for a pixel to the right.
    let along: PixelVector
    /// The step there for a pixel down.
    let down: PixelVector

    /// A point of the rotated part as a point of the picture.
    func toPicture(_ point: PixelPoint) -> PixelPoint {
        let place = (origin + along * Double(point.x)) + down * Double(point.y)
        return PixelPoint(place.x, place.y)
    }
}

/// Cut a rotated rectangle out of a picture, at the scale that a photo of its size would have (`fitScale`).
///
/// It is halved while it still shrinks by more than 2, and sampled once. What lies outside of the picture has the grey `spec.pad`.
///
/// - Parameter corners: of the rectangle in pixels of `rgb`, clockwise from the top left of its text; it has an area.
func rotate(_ rgb: RgbImage, _ corners: [PixelVector], _ spec: DetectorSpec) -> Rotated {
    let (along, down) = (corners[1] - corners[0], corners[3] - corners[0])
    let scale = fitScale(width: along.length, height: down.length, spec)
    let (width, height) = (max(1, rounded(along.length * scale)), max(1, rounded(down.length * scale)))
    let (stepX, stepY) = (along / Double(width), down / Double(height))
    let m = spec.sizeMultiple
    let size = (width: (width + m - 1) / m * m, height: (height + m - 1) / m * m)
    let pixels = sampled(rgb, corners[0], stepX, stepY, size, scale, spec.pad)
    return Rotated(pixels: pixels, origin: corners[0], along: stepX, down: stepY)
}

private func sampled(
    _ rgb: RgbImage, _ origin: PixelVector, _ along: PixelVector, _ down: PixelVector, _ size: (width: Int, height: Int), _ scale: Double,
    _ grey: Int
) -> RgbImage {
    var times = 0
    while scale * Double(2 << times) < 1 { times += 1 }
    let right = origin + along * Double(size.width)
    let corners = [origin, right, origin + down * Double(size.height), right + down * Double(size.height)]
    let (x0, x1) = span(corners.map(\.x), 2 << times, rgb.width)
    let (y0, y1) = span(corners.map(\.y), 2 << times, rgb.height)
    let part = framed(halved(rgb.cut(x0, y0, x1, y1), times: times), grey)
    let divisor = Double(1 << times)
    let begin = (origin - PixelVector(Double(x0), Double(y0))) / divisor
    let (stepX, stepY) = (along / divisor, down / divisor)
    var x = [Double](repeating: 0, count: size.width * size.height)
    var y = x
    for row in 0..<size.height {
        let v = Double(row) + 0.5
        for column in 0..<size.width {
            let u = Double(column) + 0.5
            x[row * size.width + column] = ((begin.x + 1) + u * stepX.x) + v * stepY.x
            y[row * size.width + column] = ((begin.y + 1) + u * stepX.y) + v * stepY.y
        }
    }
    return sample(part, x, y, width: size.width, height: size.height)
}

/// The whole pixels around places, with `air`, that a side of a picture has; at least one.
private func span(_ places: [Double], _ air: Int, _ side: Int) -> (Int, Int) {
    let (least, most) = ((places.min() ?? 0).rounded(.down) - Double(air), (places.max() ?? 0).rounded(.up) + Double(air))
    let low = Int(min(max(least, 0), Double(side - 1)))
    return (low, Int(min(max(most, Double(low + 1)), Double(side))))
}

/// A picture with one pixel of grey around it.
private func framed(_ rgb: RgbImage, _ grey: Int) -> RgbImage {
    let width = rgb.width + 2
    let level = UInt8(clamping: grey)
    var pixels = [UInt8](repeating: level, count: 3 * width)
    pixels.reserveCapacity(3 * width * (rgb.height + 2))
    for y in 0..<rgb.height {
        pixels += repeatElement(level, count: 3)
        pixels += rgb.pixels[3 * rgb.width * y..<3 * rgb.width * (y + 1)]
        pixels += repeatElement(level, count: 3)
    }
    pixels += repeatElement(level, count: 3 * width)
    return RgbImage(width, rgb.height + 2, pixels)
}
