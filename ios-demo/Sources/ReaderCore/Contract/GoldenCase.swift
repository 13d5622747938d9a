/// The case that every app reads when it loads the models: the lines that must be found in a photo's regions.
public struct GoldenCase: Sendable, Equatable {
    /// Name of a file of the bundle, a PNG.
    public let photo: String
    public let regions: [Region]
    public let lines: [TextLine]
    /// Pixels by which a corner may differ.
    public let quadTolerance: Float
    /// By which a score may differ.
    public let scoreTolerance: Float

    /// - Throws: `CtpnError.model` for a text that is not as docs/bundle.md has it.
    public init(json text: String) throws {
        guard let data = try? JsonValue(parsing: text).object, let photo = data["photo"]?.text,
            let regions = data["regions"]?.list(of: region), let lines = data["lines"]?.list(of: { $0.object.flatMap(line) }),
            let tolerance = data["tolerance"]?.object, let quad = tolerance["quad"]?.double, let score = tolerance["score"]?.double
        else { throw CtpnError.model("the golden case: damaged; \(bundleHint)") }
        (self.photo, self.regions, self.lines) = (photo, regions, lines)
        (quadTolerance, scoreTolerance) = (Float(quad), Float(score))
    }

    /// What differs in lines that were read from `photo`: another number, text or region, or a quad or score beyond tolerance; or nil.
    public func difference(from read: [TextLine]) -> String? {
        if read.count != lines.count { return "expected \(lines.count) lines, got \(read.count)" }
        return zip(lines, read).first { !isSame($0, $1) }.map { "expected \($0), got \($1)" }
    }

    private func isSame(_ expected: TextLine, _ got: TextLine) -> Bool {
        // By code points: Swift's own == takes different spellings of one character for the same.
        let texts = [expected, got].map { Array(($0.text ?? "").unicodeScalars) }
        let corners = zip(expected.quad.corners, got.quad.corners)
        return texts[0] == texts[1] && expected.region == got.region
            && corners.allSatisfy { max(abs($0.x - $1.x), abs($0.y - $1.y)) <= quadTolerance }
            && abs(expected.score - got.score) <= scoreTolerance
            && abs((expected.textScore ?? 0) - (got.textScore ?? 0)) <= scoreTolerance
    }
}

private func floats(_ data: JsonValue?, _ count: Int) -> [Float]? {
    data?.list(of: { $0.double.map { Float($0) } }).flatMap { $0.count == count ? $0 : nil }
}

private func region(_ data: JsonValue) -> Region? {
    floats(data, 4).flatMap { try? Region.rectangle(x: $0[0], y: $0[1], width: $0[2], height: $0[3]) }
}

private func line(_ data: [String: JsonValue]) -> TextLine? {
    guard let corners = data["quad"]?.list(of: { floats($0, 2) }), let quad = Quad(corners.flatMap { $0 }), corners.count == 4,
        let score = data["score"]?.double, let text = data["text"]?.text, let textScore = data["text_score"]?.double,
        let region = data["region"]?.int
    else { return nil }
    return TextLine(quad: quad, score: Float(score), text: text, textScore: Float(textScore), region: region)
}
