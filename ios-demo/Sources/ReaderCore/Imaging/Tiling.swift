/// A picture at the network's scale.
struct Fitted {
    /// Both sides multiples of `spec.sizeMultiple`, padded right and below.
    let pixels: RgbImage
    /// x_net = x_img * scaleX; frames begin at the corner of the first pixel.
    let scaleX: Double
    let scaleY: Double
}

/// Bring a picture to a scale, that of `fitScale` unless another is given, and pad it.
func fit(_ rgb: RgbImage, _ spec: DetectorSpec, scale: Double? = nil) -> Fitted {
    let scale = scale ?? fitScale(width: Double(rgb.width), height: Double(rgb.height), spec)
    let width = max(1, rounded(Double(rgb.width) * scale))
    let height = max(1, rounded(Double(rgb.height) * scale))
    let pixels = paddedToMultiple(resize(rgb, width: width, height: height), spec)
    return Fitted(pixels: pixels, scaleX: Double(width) / Double(rgb.width), scaleY: Double(height) / Double(rgb.height))
}

/// By how much a picture of this size is reduced; at most 1, because nothing is enlarged.
///
/// The long side becomes at most `longSide`; of a long image, longer than `maxAspectRatio` to 1, the short side at most `tileShortSide`.
func fitScale(width: Double, height: Double, _ spec: DetectorSpec) -> Double {
    let (long, short) = (max(height, width), min(height, width))
    let isLong = long > spec.tiling.maxAspectRatio * short
    return min(1, isLong ? Double(spec.tiling.tileShortSide) / short : Double(spec.longSide) / long)
}

/// The scale of a second look at a photo that is smaller than the net's input, because its letters are small too; 1: none is needed.
///
/// In whole eighths: the long side becomes at most `longSide`, and at most `regions.maxEnlargement` times as long; the highest line gets
/// at most the height of the highest anchor. Long images are not enlarged.
///
/// - Parameter quadsNet: the lines of the first look, at the photo's own scale.
func closerScale(width: Int, height: Int, _ quadsNet: [Quad], _ spec: DetectorSpec) -> Double {
    let long = Double(max(width, height))
    if long > spec.tiling.maxAspectRatio * Double(min(width, height)) { return 1 }
    let highest = max(quadsNet.map { quadSize($0).height }.max() ?? 0, 1)
    let by = min(spec.regions.maxEnlargement, Double(spec.longSide) / long, spec.anchorHeights[spec.anchorHeights.count - 1] / highest)
    return max(1, (8 * by).rounded(.down) / 8)
}

/// A power of two: how many times smaller the far view is.
let far = 4

/// A fitted picture, made `far` times smaller and padded: letters that fill the picture are as high as the anchors there.
func farView(_ pixelsNet: RgbImage, _ spec: DetectorSpec) -> RgbImage {
    paddedToMultiple(halved(pixelsNet, times: far.trailingZeroBitCount), spec)
}

private func paddedToMultiple(_ small: RgbImage, _ spec: DetectorSpec) -> RgbImage {
    let m = spec.sizeMultiple
    let (width, height) = ((small.width + m - 1) / m * m, (small.height + m - 1) / m * m)
    return small.padded(width: width, height: height, grey: spec.pad)
}

/// The tiles in which an input is read, along its long side of `length` pixels (a multiple of `sizeMultiple`).
///
/// - Returns: begin and end of each tile, `overlap` pixels of it in the next too; one tile up to `maxUntiled` times `longSide`.
func tiles(_ length: Int, _ spec: DetectorSpec) -> [Range<Int>] {
    if length <= Int(Double(spec.longSide) * spec.tiling.maxUntiled) { return [0..<length] }
    let overlap = spec.tiling.overlap
    let step = (spec.longSide - overlap) / spec.sizeMultiple * spec.sizeMultiple
    return stride(from: 0, to: length - overlap, by: step).map { $0..<min($0 + step + overlap, length) }
}

/// Join the maps of tiles, each cell from the tile in which it lies farther from an edge.
///
/// - Parameters:
///   - maps: of each tile, at least one.
///   - stride: pixels of a cell along the tiles.
///   - across: whether the tiles lie side by side, not one below the other.
func stitch(_ maps: [FloatMap], _ tiles: [Range<Int>], stride: Int, across: Bool) -> FloatMap {
    let spans = tiles.indices.map { i in
        let tile = tiles[i]
        let first = i == 0 ? tile.lowerBound : (tile.lowerBound + tiles[i - 1].upperBound) / 2
        let last = i == tiles.count - 1 ? tile.upperBound : (tiles[i + 1].lowerBound + tile.upperBound) / 2
        return (first - tile.lowerBound) / stride..<(last - tile.lowerBound) / stride
    }
    let length = spans.reduce(0) { $0 + $1.count }
    let (rows, columns, channels) = (across ? maps[0].height : length, across ? length : maps[0].width, maps[0].channels)
    var values: [Float] = []
    values.reserveCapacity(rows * columns * channels)
    if across {
        for y in 0..<rows {
            for (map, span) in zip(maps, spans) {
                let row = y * map.width
                values += map.values[(row + span.lowerBound) * channels..<(row + span.upperBound) * channels]
            }
        }
    } else {
        for (map, span) in zip(maps, spans) {
            values += map.values[span.lowerBound * columns * channels..<span.upperBound * columns * channels]
        }
    }
    return FloatMap(height: rows, width: columns, channels: channels, values: values)
}
