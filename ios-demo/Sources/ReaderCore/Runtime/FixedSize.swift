// How a graph of one size is used, as Python's export/coreml/fixed_size.py does it: pictures are padded, maps and logits cut.

extension DetectorSpec {
    /// The spec for a graph of one size: long images are read in tiles of at most `longSide`, whatever `maxUntiled` says.
    public var untiled: DetectorSpec {
        var spec = self
        spec.tiling.maxUntiled = 1
        return spec
    }

    /// How many rows and columns of a padded picture's map lie in the picture of `height` × `width`.
    public func cells(of map: DetectorMap, height: Int, width: Int) -> (rows: Int, columns: Int) {
        let cell = cell(of: map)
        return (height / cell.height, width / cell.width)
    }
}

/// A picture in the top left of one of `width` × `height`, the rest grey.
///
/// - Throws: `CtpnError.model` if it is larger than that.
public func padded(_ picture: RgbImage, width: Int, height: Int, grey: Int) throws -> RgbImage {
    guard picture.width <= width, picture.height <= height else {
        throw CtpnError.model(
            "the graph takes \(height) x \(width) pixels, got \(picture.height) x \(picture.width); export a larger --size")
    }
    return picture.padded(width: width, height: height, grey: grey)
}

extension FloatMap {
    /// The cells that lie in the first `rows` and `columns`, at most as many as there are.
    public func cut(rows: Int, columns: Int) -> FloatMap {
        if rows == height && columns == width { return self }
        let values = (0..<rows).flatMap { self.values[$0 * width * channels..<($0 * width + columns) * channels] }
        return FloatMap(height: rows, width: columns, channels: channels, values: values)
    }
}

extension LineCropBatch {
    /// Its line crops, one by one.
    public var crops: [RgbImage] {
        let size = 3 * height * width
        return (0..<count).map { RgbImage(width, height, Array(pixels[$0 * size..<($0 + 1) * size])) }
    }
}

/// The least of ascending widths that holds a line crop.
///
/// - Throws: `CtpnError.model` if none does.
public func functionWidth(for width: Int, of widths: [Int]) throws -> Int {
    if let fitting = widths.first(where: { $0 >= width }) { return fitting }
    throw CtpnError.model(
        "the recogniser's functions take up to \(widths.last ?? 0) columns, got a line crop of \(width); export a wider one")
}
