/// Finds and reads text lines in photos with any detector and recogniser. It keeps nothing of a photo; several tasks may use it at once,
/// and their calls of the nets then take turns.
public struct TextReader: Reading {
    private static let detectionPart = 0.4  // of a reading's progress; the rest is its texts'
    private let detector: any Detector
    private let recognizer: any Recognizer

    public init(detector: any Detector, recognizer: any Recognizer) { (self.detector, self.recognizer) = (detector, recognizer) }

    /// The text lines of a photo with their texts, region by region, each in reading order: those that the detector alone accepts, and
    /// those that only their text confirms. A quad begins at the top left of the text as it was read, also where that is on its side or
    /// upside down. A line may be found in two regions that overlap.
    public func read(_ photo: RgbImage, regions: [Region]? = nil, onProgress: @escaping OnProgress = { _ in }) async throws -> PageResult {
        let timer = StageTimer()
        let reader = LineReader(recognizer: recognizer, timer: timer)
        let finder = LineFinder(detector: detector, spec: detector.spec.withScoreSlack, timer: timer, reader: reader)
        var readerOfAll = reader
        readerOfAll.onProgress = { onProgress(Self.detectionPart + (1 - Self.detectionPart) * $0) }
        var lines = try await finder.lines(of: photo, regions) { onProgress(Self.detectionPart * $0) }.flatMap(ordered)
        var texts: [ReadLine]?
        if detector.spec.direction == nil {
            texts = try await readLines(photo, lines.map(\.quad), readerOfAll)
        } else {
            texts = try await readUnlessUpsideDown(photo, lines.map(\.quad), readerOfAll)
        }
        if texts == nil {
            lines = try await finder.linesUpsideDown(of: photo, regions).flatMap { $0 }
            texts = try await readLines(photo, lines.map(\.quad), reader)
        }
        let confirmed = (texts ?? []).filter { isConfirmed(lines[$0.index], $0.text) }.map { read in
            var line = lines[read.index]
            let textScore = Float(textProbability(read.text.scores, recognizer.spec.calibration))
            (line.quad, line.text, line.textScore) = (read.quad, read.text.text, textScore)
            return (line: line, isColumn: read.isColumn)
        }
        onProgress(1)
        return finder.result(photo, orderedByRegion(confirmed))
    }

    /// As `read`, without texts and what only they confirm.
    public func detect(_ photo: RgbImage, regions: [Region]? = nil) async throws -> PageResult {
        let finder = LineFinder(detector: detector, spec: detector.spec, timer: StageTimer(), reader: nil)
        return finder.result(photo, try await finder.lines(of: photo, regions) { _ in }.flatMap(ordered))
    }

    /// Whether the detector's score is enough, or the text confirms the line.
    private func isConfirmed(_ line: TextLine, _ text: Decoded) -> Bool {
        Double(line.score) >= detector.spec.lines.lineScore || Double(line.score) + text.score >= recognizer.spec.reading.minCombinedScore
    }
}

/// The search for the lines of one photo, and what is noticed meanwhile.
private final class LineFinder {
    private let detector: any Detector
    private let spec: DetectorSpec
    private let timer: StageTimer
    private let reader: LineReader?
    private var reached: Set<String> = []  // names of limits

    /// - Parameters:
    ///   - spec: the detector's, with the thresholds that are asked for.
    ///   - reader: tells which way up rotated text is; nil where no text is read.
    init(detector: any Detector, spec: DetectorSpec, timer: StageTimer, reader: LineReader?) {
        (self.detector, self.spec, self.timer, self.reader) = (detector, spec, timer, reader)
    }

    func result(_ photo: RgbImage, _ lines: [TextLine]) -> PageResult {
        PageResult(lines: lines, width: photo.width, height: photo.height, warnings: limitWarnings(), times: timer.times)
    }

    /// The lines of each region, in no order, with quads in the photo's pixels; of the whole photo without regions.
    func lines(of photo: RgbImage, _ regions: [Region]?, _ onProgress: (Double) -> Void) async throws -> [[TextLine]] {
        try await lines(of: photo, outlines: regions?.map { try outline($0, width: photo.width, height: photo.height) }, onProgress)
    }

    /// The same, found in the photo rotated by a half turn.
    func linesUpsideDown(of photo: RgbImage, _ regions: [Region]?) async throws -> [[TextLine]] {
        let rotated = timer.time("fit") { halfTurned(photo) }
        func turned(_ point: PixelPoint) -> PixelPoint { PixelPoint(Float(photo.width) - point.x, Float(photo.height) - point.y) }
        let outlines = try regions?.map { try outline($0, width: photo.width, height: photo.height).map(turned) }
        return try await lines(of: rotated, outlines: outlines) { _ in }.map { group in
            group.map { TextLine(quad: $0.quad.map(turned), score: $0.score, region: $0.region) }
        }
    }

    private func lines(of photo: RgbImage, outlines: [[PixelPoint]]?, _ onProgress: (Double) -> Void) async throws -> [[TextLine]] {
        guard let outlines else { return [try await lines(inAllOf: photo, whole: true)] }
        var found: [[TextLine]] = []
        for (i, outline) in outlines.enumerated() {
            found.append(try await lines(of: photo, in: outline, i))
            onProgress(Double(i + 1) / Double(outlines.count))
        }
        return found
    }

    /// The lines that are mostly in a region. It is detected in alone, and enlarged if it is small.
    private func lines(of photo: RgbImage, in outline: [PixelPoint], _ index: Int) async throws -> [TextLine] {
        let place = window(outline, width: photo.width, height: photo.height, spec.regions)
        let part = timer.time("fit") { photo.cut(place.x0, place.y0, place.x1, place.y1) }
        let by = scale(outline, spec.regions)
        let large = timer.time("fit") {
            by > 1 ? resize(part, width: rounded(Double(part.width) * by), height: rounded(Double(part.height) * by)) : part
        }
        let exactX = Float(Double(large.width) / Double(part.width))
        let exactY = Float(Double(large.height) / Double(part.height))
        return try await lines(inAllOf: large).compactMap { line in
            let quad = line.quad.map { PixelPoint($0.x / exactX + Float(place.x0), $0.y / exactY + Float(place.y0)) }
            return overlapFraction(quad, outline) > 0.5 ? TextLine(quad: quad, score: line.score, region: index) : nil
        }
    }

    /// The lines of a picture, in its pixels. Parts of it whose text is not level are looked at again, rotated.
    ///
    /// - Parameter whole: a whole photo, not a region of it: lines are found that fill it, and a small one without is enlarged for another look.
    private func lines(inAllOf photo: RgbImage, whole: Bool = false) async throws -> [TextLine] {
        var fitted = timer.time("fit") { fit(photo, spec) }
        var (maps, found) = try await look(at: fitted.pixels)
        if whole { found += try await hugeLines(fitted.pixels, found) }
        let by = whole ? closerScale(width: photo.width, height: photo.height, found.map(\.quad), spec) : 1
        if by > 1 {
            fitted = timer.time("fit") { fit(photo, spec, scale: by) }
            (maps, found) = try await look(at: fitted.pixels)
        }
        let (scaleX, scaleY) = (Float(fitted.scaleX), Float(fitted.scaleY))
        let level = found.map { line in
            TextLine(quad: line.quad.map { within(photo, PixelPoint($0.x / scaleX, $0.y / scaleY)) }, score: line.score)
        }
        guard let rules = spec.direction, let direction = maps[.direction] else { return level }
        let angles = timer.time("postprocess") { cellAngles(direction, rules) }
        let directions = timer.time("postprocess") { partsToRotate(angles, found.map(\.quad), rules) }
        if directions.parts.isEmpty { return level }
        var looks = [(angle: 0, lines: level)]
        for part in directions.parts {
            let lines = try await rotatedLines(photo, part, rules) { PixelVector($0.x / Double(scaleX), $0.y / Double(scaleY)) }
            looks.append((part.angle, lines))
        }
        return timer.time("postprocess") {
            let looks = looks.filter { !$0.lines.isEmpty }  // where a look finds nothing, the level one counts
            let all = looks.flatMap(\.lines)
            let quadsNet = all.map { line in line.quad.map { PixelPoint($0.x * scaleX, $0.y * scaleY) } }
            let ofLook = looks.enumerated().flatMap { i, look in look.lines.map { _ in i } }
            let lookAngles = looks.map(\.angle)
            return bestOfLooks(directions.angles, quadsNet, scores: all.map(\.score), looks: ofLook, lookAngles: lookAngles, rules)
                .map { all[$0] }
        }
    }

    /// The lines of a fitted picture that are too high for its scale, in its pixels.
    private func hugeLines(_ pixelsNet: RgbImage, _ found: [TextLine]) async throws -> [TextLine] {
        let view = timer.time("fit") { farView(pixelsNet, spec) }
        let seen = try await look(at: view).lines
        return timer.time("postprocess") {
            let lines = seen.map { line in
                TextLine(quad: line.quad.map { PixelPoint($0.x * Float(far), $0.y * Float(far)) }, score: line.score)
            }
            return ReaderCore.hugeLines(lines.map(\.quad), found.map(\.quad), spec).map { lines[$0] }
        }
    }

    /// The lines of a rotated part; of one whose lines are not level, or upside down, they are found again, the latter if there is a reader.
    private func rotatedLines(
        _ photo: RgbImage, _ part: RotatedPart, _ rules: DirectionSpec, _ toPicture: (PixelVector) -> PixelVector
    ) async throws -> [TextLine] {
        var corners = part.cornersNet.map(toPicture)
        var (lines, quadsNet) = try await rotatedLook(photo, corners)
        if let again = timer.time("postprocess", { turnedPart(part, quadsNet, rules) }) {
            corners = again.cornersNet.map(toPicture)
            (lines, quadsNet) = try await rotatedLook(photo, corners)
        }
        guard let reader, try await isUpsideDown(photo, lines.map(\.quad), reader) else { return lines }
        return try await rotatedLook(photo, Array(corners[2...] + corners[..<2])).lines
    }

    /// The lines of a rotated rectangle of a photo, and their quads in its own pixels.
    private func rotatedLook(_ photo: RgbImage, _ corners: [PixelVector]) async throws -> (lines: [TextLine], quadsNet: [Quad]) {
        let rotated = timer.time("fit") { rotate(photo, corners, spec) }
        let found = try await look(at: rotated.pixels).lines
        let lines = found.map { line in
            TextLine(quad: line.quad.map { within(photo, rotated.toPicture($0)) }, score: line.score)
        }
        return (lines, found.map(\.quad))
    }

    /// The maps of a fitted picture, and its lines in its own pixels.
    private func look(at pixels: RgbImage) async throws -> (maps: [DetectorMap: FloatMap], lines: [TextLine]) {
        try Task.checkCancellation()
        let maps = try await timer.time("detect") { try await tiledMaps(detector, pixels) }
        let found = try timer.time("postprocess") { try postprocess(maps, spec) }
        reached.formUnion(reachedLimits(maps, lines: found.count, spec))
        return (maps, found)
    }

    /// That there may be more text than was read.
    private func limitWarnings() -> [PageWarning] {
        let most = ["max_proposals": "\(spec.limits.maxProposals) proposals", "max_lines": "\(spec.limits.maxLines) lines"]
        let limits = reached.sorted(by: >).compactMap { most[$0] }.joined(separator: " and ")
        let message = "reached the detector's limit of \(limits), the best are kept; there may be more text: read it in several regions"
        return reached.isEmpty ? [] : [PageWarning(code: "limit_reached", message: message)]
    }
}

/// Maps of the whole input; long images are detected in overlapping tiles, which are stitched.
private func tiledMaps(_ detector: any Detector, _ pixels: RgbImage) async throws -> [DetectorMap: FloatMap] {
    let spec = detector.spec
    let across = pixels.width >= pixels.height
    let spans = tiles(across ? pixels.width : pixels.height, spec)
    if spans.count == 1 { return try await detector.maps(pixels) }
    var found: [[DetectorMap: FloatMap]] = []
    for span in spans {
        let (a, b) = (span.lowerBound, span.upperBound)
        found.append(try await detector.maps(across ? pixels.cut(a, 0, b, pixels.height) : pixels.cut(0, a, pixels.width, b)))
    }
    return Dictionary(
        uniqueKeysWithValues: spec.outputs.map { name in
            let cell = spec.cell(of: name)
            return (name, stitch(found.compactMap { $0[name] }, spans, stride: across ? cell.width : cell.height, across: across))
        })
}

/// A picture rotated by a half turn.
private func halfTurned(_ photo: RgbImage) -> RgbImage {
    let pixels = [UInt8](unsafeUninitializedCapacity: photo.pixels.count) { out, count in
        photo.pixels.withUnsafeBufferPointer { source in
            for i in stride(from: 0, to: source.count, by: 3) {
                for c in 0..<3 { out[source.count - 3 - i + c] = source[i + c] }
            }
        }
        count = photo.pixels.count
    }
    return RgbImage(photo.width, photo.height, pixels)
}

/// A place, moved into a photo; that of no number is its corner.
private func within(_ photo: RgbImage, _ point: PixelPoint) -> PixelPoint {
    func within(_ value: Float, _ side: Int) -> Float { value > 0 ? min(value, Float(side)) : 0 }
    return PixelPoint(within(point.x, photo.width), within(point.y, photo.height))
}

/// Lines in reading order, region by region; with each whether it is a column of characters, which run down.
private func orderedByRegion(_ lines: [(line: TextLine, isColumn: Bool)]) -> [TextLine] {
    let regions = lines.map(\.line.region).reduce(into: [Int?]()) { if !$0.contains($1) { $0.append($1) } }
    return regions.flatMap { region in
        let own = lines.filter { $0.line.region == region }
        let order = readingOrder(own.map { $0.isColumn ? rotateQuad($0.line.quad, quarters: 1) : $0.line.quad })
        return order.map { own[$0].line }
    }
}

private func ordered(_ lines: [TextLine]) -> [TextLine] { readingOrder(lines.map(\.quad)).map { lines[$0] } }
