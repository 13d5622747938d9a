import Foundation

/// The line inside a quad as an upright line crop, `spec.height` high, the quad with `spec.margin` around it; its width is by the
/// line's own ratio, at least `minWidth`. Lines that shrink by more than 2 are first halved.
///
/// - Parameter quad: clockwise from the text's top left, in pixels of `rgb`; it may reach over the border, whose pixels are then
///   repeated.
func rectify(_ rgb: RgbImage, _ quad: Quad, _ spec: RecognizerSpec) -> RgbImage {
    let (wide, tall) = quadSize(quad)
    let scale = Double(spec.height) / (tall * (1 + 2 * spec.margin[1]))
    let width = max(spec.lineCrop.minWidth, rounded((wide + 2 * spec.margin[0] * tall) * scale))
    let corners = quad.corners
    var xs = withMargin(corners.map { Double($0.x) }, wide, tall, spec)
    var ys = withMargin(corners.map { Double($0.y) }, wide, tall, spec)
    let (x0, x1) = reach(xs, rgb.width)
    let (y0, y1) = reach(ys, rgb.height)
    var times = 0
    while scale * Double(2 << times) < 1 { times += 1 }
    let part = halved(rgb.cut(Int(x0), Int(y0), Int(x1), Int(y1)), times: times)
    let block = Double(1 << times)
    xs = xs.map { ($0 - x0) / block }
    ys = ys.map { ($0 - y0) / block }
    let (x, y) = places(xs, ys, width, spec.height)
    return sample(part, x, y, width: width, height: spec.height)
}

/// The pixels of a side that corners reach, with two more around them: begin and end.
private func reach(_ values: [Double], _ side: Int) -> (Double, Double) {
    let begin = min(max((values.min()!).rounded(.down) - 2, 0), Double(side - 1))
    return (begin, min(max((values.max()!).rounded(.up) + 2, begin + 1), Double(side)))
}

/// One coordinate of the four corners, moved outwards.
private func withMargin(_ q: [Double], _ wide: Double, _ tall: Double, _ spec: RecognizerSpec) -> [Double] {
    let along = (q[1] - q[0] + q[2] - q[3]) / 2 * (spec.margin[0] * tall / wide)
    let down = (q[3] - q[0] + q[2] - q[1]) / 2 * spec.margin[1]
    return [q[0] - along - down, q[1] + along - down, q[2] + along + down, q[3] - along + down]
}

/// Where the pixels of a width × height picture lie in a quad: their x and y, row by row.
///
/// The projective map of the unit square (Heckbert 1989, section 2.2.3); of a quad without area the affine part.
private func places(_ xs: [Double], _ ys: [Double], _ width: Int, _ height: Int) -> ([Double], [Double]) {
    let (sx, sy) = (xs[0] - xs[1] + xs[2] - xs[3], ys[0] - ys[1] + ys[2] - ys[3])
    let (dx1, dy1) = (xs[1] - xs[2], ys[1] - ys[2])
    let (dx2, dy2) = (xs[3] - xs[2], ys[3] - ys[2])
    let det = dx1 * dy2 - dx2 * dy1
    let g = det == 0 ? 0 : (sx * dy2 - dx2 * sy) / det
    let h = det == 0 ? 0 : (dx1 * sy - sx * dy1) / det
    let (ax, bx) = (xs[1] - xs[0] + g * xs[1], xs[3] - xs[0] + h * xs[3])
    let (ay, by) = (ys[1] - ys[0] + g * ys[1], ys[3] - ys[0] + h * ys[3])
    var x = [Double](repeating: 0, count: width * height)
    var y = x
    for row in 0..<height {
        let v = (Double(row) + 0.5) / Double(height)
        for column in 0..<width {
            let u = (Double(column) + 0.5) / Double(width)
            let depth = (g * u + 1) + h * v
            x[row * width + column] = (ax * u + xs[0] + bx * v) / depth
            y[row * width + column] = (ay * u + ys[0] + by * v) / depth
        }
    }
    return (x, y)
}

/// Line crops of one height side by side as one.
func sideBySide(_ lineCrops: [RgbImage]) -> RgbImage {
    let (width, height) = (lineCrops.reduce(0) { $0 + $1.width }, lineCrops[0].height)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for y in 0..<height {
        for crop in lineCrops { pixels += crop.pixels[3 * crop.width * y..<3 * crop.width * (y + 1)] }
    }
    return RgbImage(width, height, pixels)
}

/// The parts in which a line crop is read: begin and end columns, one part up to `spec.maxWidth`.
///
/// A cut lies in the middle of the emptiest columns between `cutStart` and the limit: those whose mean distance from the most common
/// grey, over `cutWindow` columns, is not more than `cutTolerance` levels above the least.
func splitPoints(_ lineCrop: RgbImage, _ spec: RecognizerSpec) -> [Range<Int>] {
    let rule = spec.lineCrop
    var cuts = [0]
    if lineCrop.width > spec.maxWidth {
        let ink = smoothed(ink(lineCrop), rule.cutWindow)
        let level = 6 * Double(lineCrop.height) * Double(rule.cutWindow) * rule.cutTolerance
        while let last = cuts.last, lineCrop.width - last > spec.maxWidth {
            let places = last + Int(Double(spec.maxWidth) * rule.cutStart)..<last + spec.maxWidth
            let limit = Double(ink[places].min() ?? 0) + level
            let emptiest = places.filter { Double(ink[$0]) <= limit }
            cuts.append(emptiest[emptiest.count / 2])
        }
    }
    return zip(cuts, cuts.dropFirst() + [lineCrop.width]).map { $0..<$1 }
}

/// Sums over `window` columns around each, an odd number.
private func smoothed(_ ink: [Int], _ window: Int) -> [Int] {
    ink.indices.map { at in ink[max(at - window / 2, 0)...min(at + window / 2, ink.count - 1)].reduce(0, +) }
}

/// Whether the gap around a cut, columns of less than `spaceInk` of the most ink, is wider than `spaceWidth` of the height.
func isSpace(_ lineCrop: RgbImage, cut: Int, _ spec: RecognizerSpec) -> Bool {
    let ink = ink(lineCrop)
    let limit = spec.lineCrop.spaceInk * Double(ink.max() ?? 0)
    let left = ink[..<cut].reversed().prefix { Double($0) < limit }.count
    let right = ink[cut...].prefix { Double($0) < limit }.count
    return Double(left + right) > spec.lineCrop.spaceWidth * Double(lineCrop.height)
}

/// Where the characters of a column are, whose line crop shows them lying on their side: begin and end, fractions of its quad's width.
///
/// They are as long as the ink is high, and follow each other at one distance, `columnPitch` times that. The first and the last may have
/// less ink: it may begin and end up to half a character further out. Of all that is possible, what has little ink on the borders between
/// characters is taken, at most `columnTolerance` of the mean more than the least; of that what has most characters, then what is least
/// further out, first at the beginning.
func splitColumn(_ lineCrop: RgbImage, _ spec: RecognizerSpec) -> [(begin: Double, end: Double)] {
    let rule = spec.lineCrop
    let columnInk = ink(lineCrop)
    let (begin, end) = inked(columnInk, rule.spaceInk)
    let (top, bottom) = inked(ink(lineCrop, lineCrop.height) { $0 / lineCrop.width }, rule.spaceInk)
    let size = Double(bottom - top)
    let (low, high) = (rule.columnPitch[0] * size, rule.columnPitch[1] * size)
    let length = Double(end - begin)
    guard length >= size + low / 2, length >= low else { return [(0, 1)] }
    let found = (1...Int((length / low).rounded(.down))).flatMap { gaps in
        furtherOut.compactMap { before, after in
            let first = Double(begin) + size * (2 - before) / 4
            let pitch = (Double(end) - size * (2 - after) / 4 - first) / Double(gaps)
            guard (low...high).contains(pitch) else { return nil as CharacterColumn? }
            return CharacterColumn(gaps: gaps, first: first, pitch: pitch, cost: meanInk(columnInk, first, pitch, gaps))
        }
    }
    guard let least = found.map(\.cost).min() else { return [(0, 1)] }
    let limit = least + rule.columnTolerance * (Double(columnInk.reduce(0, +)) / Double(columnInk.count))
    // Of equal ones the first.
    let best = found.filter { $0.cost <= limit }.reduce(nil as CharacterColumn?) { $0.map { $0.gaps } ?? 0 >= $1.gaps ? $0 : $1 }
    guard let best else { return [(0, 1)] }
    let air = spec.margin[0] * Double(lineCrop.height) / (1 + 2 * spec.margin[1])
    let half = min(best.pitch, size * rule.columnCell) / 2
    let wide = Double(lineCrop.width) - 2 * air
    return (0...best.gaps).map { k in
        let middle = best.first + Double(k) * best.pitch
        return ((middle - half - air) / wide, (middle + half - air) / wide)
    }
}

/// Where a column's characters may be: `pitch` apart, from `first` on.
private struct CharacterColumn {
    let gaps: Int
    let first: Double
    let pitch: Double
    let cost: Double
}

/// By how many quarters of a character the ink may begin and end further out, the least first.
private let furtherOut: [(Double, Double)] = [(0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (1, 2), (2, 1), (2, 2)]

/// Where ink begins and ends: the places with at least this fraction of the most.
private func inked(_ ink: [Int], _ fraction: Double) -> (Int, Int) {
    let limit = fraction * Double(ink.max() ?? 0)
    let places = ink.indices.filter { Double(ink[$0]) >= limit }
    return (places.first ?? 0, (places.last ?? -1) + 1)
}

/// The mean ink of the columns between characters whose middles are `pitch` apart.
private func meanInk(_ ink: [Int], _ first: Double, _ pitch: Double, _ gaps: Int) -> Double {
    let borders = (0..<gaps).map { ink[Int((first + (Double($0) + 0.5) * pitch).rounded(.down))] }
    return Double(borders.reduce(0, +)) / Double(gaps)
}

/// How far each column is from the line crop's median grey: 6 × height times the mean distance, in whole numbers.
private func ink(_ lineCrop: RgbImage) -> [Int] { ink(lineCrop, lineCrop.width) { $0 % lineCrop.width } }

/// The same for `count` other groups of pixels: `group` says in which one is.
private func ink(_ lineCrop: RgbImage, _ count: Int, _ group: (Int) -> Int) -> [Int] {
    let grey = (0..<lineCrop.width * lineCrop.height).map { i in
        Int(lineCrop.pixels[3 * i]) + Int(lineCrop.pixels[3 * i + 1]) + Int(lineCrop.pixels[3 * i + 2])
    }
    let twice = twiceMedian(grey)
    var ink = [Int](repeating: 0, count: count)
    for (i, level) in grey.enumerated() { ink[group(i)] += abs(2 * level - twice) }
    return ink
}

/// Twice the median of levels in 0 … 765; of an even number of them it lies between two.
private func twiceMedian(_ levels: [Int]) -> Int {
    var counts = [Int](repeating: 0, count: 766)
    for level in levels { counts[level] += 1 }
    func at(_ rank: Int) -> Int {
        var below = 0
        for (level, count) in counts.enumerated() {
            below += count
            if below > rank { return level }
        }
        return 765
    }
    return at((levels.count - 1) / 2) + at(levels.count / 2)
}

/// Which line crops are read together: of similar width, so that padding wastes little, and at most `batchColumns` in all.
func batches(_ widths: [Int], _ spec: RecognizerSpec) -> [[Int]] {
    var groups: [[Int]] = []
    for i in widths.indices.sorted(by: { (widths[$0], $0) < (widths[$1], $1) }) {
        let padded = multiple(widths[i], of: spec.widthMultiple)
        if let group = groups.last, padded * (group.count + 1) <= spec.reading.batchColumns,
            Double(padded) <= spec.reading.batchSpread * Double(widths[group[0]]) + Double(spec.widthMultiple)
        {
            groups[groups.count - 1].append(i)
        } else {
            groups.append([i])
        }
    }
    return groups
}

private func multiple(_ width: Int, of m: Int) -> Int { (width + m - 1) / m * m }

/// Line crops of any width, at least one, padded on the right with grey.
func padded(_ lineCrops: [RgbImage], _ spec: RecognizerSpec) -> LineCropBatch {
    let width = multiple(lineCrops.reduce(0) { max($0, $1.width) }, of: spec.widthMultiple)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * lineCrops.count * spec.height * width)
    for crop in lineCrops {
        for y in 0..<spec.height {
            pixels += crop.pixels[3 * crop.width * y..<3 * crop.width * (y + 1)]
            pixels += repeatElement(UInt8(spec.pad), count: 3 * (width - crop.width))
        }
    }
    return LineCropBatch(count: lineCrops.count, height: spec.height, width: width, pixels: pixels)
}
