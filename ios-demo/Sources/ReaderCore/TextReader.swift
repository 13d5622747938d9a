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
        let finder = LineFinder(detector: detector, spec: detector.spec.withScoreSlack)
        let found = try await finder.lines(of: photo, regions) { onProgress(Self.detectionPart * $0) }
        let reader = LineReader(recognizer: recognizer, timer: finder.timer) {
            onProgress(Self.detectionPart + (1 - Self.detectionPart) * $0)
        }
        let texts = try await readLines(photo, found.map(\.quad), reader)
        let lines = zip(found, texts).filter { isConfirmed($0, $1.text) }.map { line, read in
            TextLine(quad: read.quad, score: line.score, text: read.text.text, textScore: Float(read.text.score), region: line.region)
        }
        onProgress(1)
        return finder.result(photo, orderedByRegion(lines))
    }

    /// As `read`, without texts and what only they confirm.
    public func detect(_ photo: RgbImage, regions: [Region]? = nil) async throws -> PageResult {
        let finder = LineFinder(detector: detector, spec: detector.spec)
        return finder.result(photo, try await finder.lines(of: photo, regions) { _ in })
    }

    /// Whether the detector's score is enough, or the text confirms the line.
    private func isConfirmed(_ line: TextLine, _ text: Decoded) -> Bool {
        Double(line.score) >= detector.spec.lines.lineScore || Double(line.score) + text.score >= recognizer.spec.reading.minCombinedScore
    }
}

/// What finds the lines of one photo, and what it notices meanwhile.
private final class LineFinder {
    let timer = StageTimer()
    private let detector: any Detector
    private let spec: DetectorSpec
    private var reached: Set<String> = []  // names of limits

    init(detector: any Detector, spec: DetectorSpec) { (self.detector, self.spec) = (detector, spec) }

    func result(_ photo: RgbImage, _ lines: [TextLine]) -> PageResult {
        PageResult(lines: lines, width: photo.width, height: photo.height, warnings: limitWarnings(), times: timer.times)
    }

    /// Lines with quads in the photo's pixels, region by region, in reading order.
    func lines(of photo: RgbImage, _ regions: [Region]?, _ onProgress: (Double) -> Void) async throws -> [TextLine] {
        guard let regions else { return ordered(try await lines(inAllOf: photo)) }
        let outlines = try regions.map { try outline($0, width: photo.width, height: photo.height) }
        var found: [TextLine] = []
        for (i, outline) in outlines.enumerated() {
            found += ordered(try await lines(of: photo, in: outline, i))
            onProgress(Double(i + 1) / Double(outlines.count))
        }
        return found
    }

    private func lines(inAllOf photo: RgbImage) async throws -> [TextLine] {
        try Task.checkCancellation()
        let fitted = timer.time("fit") { fit(photo, spec) }
        let maps = try await timer.time("detect") { try await tiledMaps(detector, fitted.pixels) }
        let found = try timer.time("postprocess") { try postprocess(maps, spec) }
        reached.formUnion(reachedLimits(maps, lines: found.count, spec))
        let (scaleX, scaleY) = (Float(fitted.scaleX), Float(fitted.scaleY))
        func within(_ value: Float, _ side: Int) -> Float { value > 0 ? min(value, Float(side)) : 0 }  // and 0 for NaN
        return found.map { line in
            let quad = line.quad.map { PixelPoint(within($0.x / scaleX, photo.width), within($0.y / scaleY, photo.height)) }
            return TextLine(quad: quad, score: line.score)
        }
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
    let stride = across ? spec.strideX : spec.strideY
    return Dictionary(
        uniqueKeysWithValues: spec.outputs.map { name in
            (name, stitch(found.compactMap { $0[name] }, spans, stride: stride, across: across))
        })
}

private func orderedByRegion(_ lines: [TextLine]) -> [TextLine] {
    let regions = lines.map(\.region).reduce(into: [Int?]()) { if !$0.contains($1) { $0.append($1) } }
    return regions.flatMap { region in ordered(lines.filter { $0.region == region }) }
}

private func ordered(_ lines: [TextLine]) -> [TextLine] { readingOrder(lines.map(\.quad)).map { lines[$0] } }
