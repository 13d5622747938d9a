/// A picture halved so often, rounded up: each pixel is (a + b + c + d + 2) >> 2 of four.
///
/// Right and below the last pixels are repeated first, up to a multiple of 2^times.
func halved(_ rgb: RgbImage, times: Int) -> RgbImage {
    if times == 0 { return rgb }
    let block = 1 << times
    let width = (rgb.width + block - 1) / block * (block / 2)
    let height = (rgb.height + block - 1) / block * (block / 2)
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { out, count in
        rgb.pixels.withUnsafeBufferPointer { source in
            for y in 0..<height {
                let above = 3 * rgb.width * min(2 * y, rgb.height - 1)
                let below = 3 * rgb.width * min(2 * y + 1, rgb.height - 1)
                for x in 0..<width {
                    let left = 3 * min(2 * x, rgb.width - 1)
                    let right = 3 * min(2 * x + 1, rgb.width - 1)
                    for c in 0..<3 {
                        let upper = UInt32(source[above + left + c]) + UInt32(source[above + right + c])
                        let lower = UInt32(source[below + left + c]) + UInt32(source[below + right + c])
                        out[3 * (y * width + x) + c] = UInt8(truncatingIfNeeded: (upper + lower + 2) >> 2)
                    }
                }
            }
        }
        count = 3 * width * height
    }
    return halved(RgbImage(width, height, pixels), times: times - 1)
}

/// A picture at another size: halved while it still shrinks by more than 2 on both sides, then half-pixel bilinear.
///
/// A pixel at x_src = (x_dst + 0.5) / (dst / src) - 0.5, clamped, weighs its right neighbour by the fraction of x_src in 256ths,
/// rounded half to even; likewise below. The sum of the four, each weight a product, is (sum + 32768) >> 16.
func resize(_ rgb: RgbImage, width: Int, height: Int) -> RgbImage {
    let shrinks = min(Double(rgb.height) / Double(height), Double(rgb.width) / Double(width))
    var times = 0
    while shrinks > Double(2 << times) { times += 1 }
    let half = halved(rgb, times: times)
    return half.width == width && half.height == height ? half : bilinear(half, width, height)
}

/// For each place of a resampled side its two neighbours, and the weight of the second in 256ths.
private struct Taps {
    var left: [Int] = []
    var right: [Int] = []
    var weight: [Int32] = []

    init(_ source: Int, _ target: Int) {
        let scale = 1 / (Double(target) / Double(source))
        for i in 0..<target {
            let place = scale * (Double(i) + 0.5) - 0.5
            let whole = place.rounded(.down)
            left.append(min(max(Int(whole), 0), source - 1))
            right.append(min(max(Int(whole) + 1, 0), source - 1))
            weight.append(Int32(((place - whole) * 256).rounded(.toNearestOrEven)))
        }
    }
}

private func bilinear(_ rgb: RgbImage, _ width: Int, _ height: Int) -> RgbImage {
    let (across, down) = (Taps(rgb.width, width), Taps(rgb.height, height))
    // Source rows at the new width, in 256ths: an even one in the first place, an odd one in the second.
    var rows = [[Int32](repeating: 0, count: 3 * width), [Int32](repeating: 0, count: 3 * width)]
    var held = [-1, -1]
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { out, count in
        for y in 0..<height {
            for row in [down.left[y], down.right[y]] where held[row & 1] != row {
                stretch(rgb, row, across, &rows[row & 1])
                held[row & 1] = row
            }
            blend(rows[down.left[y] & 1], rows[down.right[y] & 1], down.weight[y], out, 3 * width * y)
        }
        count = 3 * width * height
    }
    return RgbImage(width, height, pixels)
}

private func stretch(_ rgb: RgbImage, _ row: Int, _ taps: Taps, _ out: inout [Int32]) {
    let start = 3 * rgb.width * row
    rgb.pixels.withUnsafeBufferPointer { source in
        out.withUnsafeMutableBufferPointer { out in
            for x in taps.left.indices {
                let (left, right, weight) = (start + 3 * taps.left[x], start + 3 * taps.right[x], taps.weight[x])
                for c in 0..<3 { out[3 * x + c] = Int32(source[left + c]) * (256 - weight) + Int32(source[right + c]) * weight }
            }
        }
    }
}

private func blend(_ above: [Int32], _ below: [Int32], _ weight: Int32, _ out: UnsafeMutableBufferPointer<UInt8>, _ start: Int) {
    above.withUnsafeBufferPointer { above in
        below.withUnsafeBufferPointer { below in
            for i in above.indices {
                out[start + i] = UInt8(truncatingIfNeeded: (above[i] * (256 - weight) + below[i] * weight + 32768) >> 16)
            }
        }
    }
}

/// The colours at places x, y of a width × height picture, row by row, from the corner of the first pixel.
///
/// Places are rounded to 32nds of a pixel, floor(32 x - 15.5) from the first one's centre, and clamped to the centres of the outermost
/// pixels; NaN becomes the first. The weights of the four pixels around are products of 32nds, and the colour is (sum + 512) >> 10.
func sample(_ rgb: RgbImage, _ x: [Double], _ y: [Double], width: Int, height: Int) -> RgbImage {
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { out, count in
        rgb.pixels.withUnsafeBufferPointer { source in
            for i in x.indices {
                let (across, down) = (fine(x[i], rgb.width), fine(y[i], rgb.height))
                let right = across >> 5 < rgb.width - 1 ? 3 : 0
                let below = down >> 5 < rgb.height - 1 ? 3 * rgb.width : 0
                let at = 3 * ((down >> 5) * rgb.width + across >> 5)
                let (u, v) = (Int32(across & 31), Int32(down & 31))
                for c in 0..<3 {
                    let top = Int32(source[at + c]) * (32 - u) + Int32(source[at + right + c]) * u
                    let bottom = Int32(source[at + below + c]) * (32 - u) + Int32(source[at + below + right + c]) * u
                    out[3 * i + c] = UInt8(truncatingIfNeeded: (top * (32 - v) + bottom * v + 512) >> 10)
                }
            }
        }
        count = 3 * width * height
    }
    return RgbImage(width, height, pixels)
}

private func fine(_ place: Double, _ size: Int) -> Int {
    let steps = (place * 32 - 15.5).rounded(.down)
    return steps.isNaN ? 0 : Int(min(max(steps, 0), 32 * Double(size - 1)))
}
