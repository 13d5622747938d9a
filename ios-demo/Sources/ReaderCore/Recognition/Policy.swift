import Foundation

/// What the lines of one photo are read with.
struct LineReader {
    let recognizer: any Recognizer
    let timer: StageTimer
    /// Takes the part of the lines that was read a first time, 0 … 1.
    var onProgress: (Double) -> Void = { _ in }

    private var spec: RecognizerSpec { recognizer.spec }

    /// The text of each line crop, in the order given; those above `spec.maxWidth` are read part by part.
    func readLineCrops(_ lineCrops: [RgbImage]) async throws -> [Decoded] {
        let cuts = timer.time("line_crop") { lineCrops.map { splitPoints($0, spec) } }
        let parts = timer.time("line_crop") {
            zip(lineCrops, cuts).flatMap { crop, places in places.map { crop.cut($0.lowerBound, 0, $0.upperBound, crop.height) } }
        }
        var texts = try await readParts(parts)[...]
        return zip(lineCrops, cuts).map { crop, places in
            defer { texts = texts.dropFirst(places.count) }
            return join(crop, places, Array(texts.prefix(places.count)), spec)
        }
    }

    /// The text of each line crop, none of them above `spec.maxWidth`, batch by batch.
    private func readParts(_ parts: [RgbImage]) async throws -> [Decoded] {
        var texts = [Decoded?](repeating: nil, count: parts.count)
        var done = 0
        for group in batches(parts.map(\.width), spec) {
            try Task.checkCancellation()
            let batch = timer.time("line_crop") { padded(group.map { parts[$0] }, spec) }
            let logits = try await timer.time("recognize") { try await recognizer.logits(batch) }
            let size = batch.width / spec.stride * spec.classes
            guard logits.count == group.count * size else {
                throw CtpnError.model("logits: expected \(group.count * size) values, got \(logits.count); model and spec differ")
            }
            try timer.time("ctc") {
                for (row, i) in group.enumerated() {
                    let steps = (parts[i].width + spec.stride - 1) / spec.stride
                    let own = logits[row * size..<row * size + steps * spec.classes]
                    texts[i] = try greedy(Logits(values: own, steps: steps, classes: spec.classes), characters: spec.characters)
                }
            }
            done += group.count
            onProgress(Double(done) / Double(parts.count))
        }
        return texts.compactMap { $0 }
    }
}

/// The parts of one line crop as one text, a space between two where the gap is as wide as one.
func join(_ lineCrop: RgbImage, _ places: [Range<Int>], _ parts: [Decoded], _ spec: RecognizerSpec) -> Decoded {
    if parts.count == 1 { return parts[0] }
    var text = ""
    var scores: [Float] = []
    var steps: [Int] = []
    for (part, place) in zip(parts, places) {
        let begin = place.lowerBound
        if let last = text.unicodeScalars.last, let first = part.text.unicodeScalars.first, last != " ", first != " ",
            isSpace(lineCrop, cut: begin, spec)
        {
            text += " "
            scores.append(part.scores[0])
            steps.append(begin / spec.stride)
        }
        text += part.text
        scores += part.scores
        steps += part.steps.map { $0 + begin / spec.stride }
    }
    let logs = scores.map { log(max(Double($0), 1e-12)) }
    return Decoded(text: text, score: scores.isEmpty ? 0 : exp(logs.reduce(0, +) / Double(scores.count)), scores: scores, steps: steps)
}

/// A line's quad, clockwise from the top left of the text as it was read, and the text.
struct ReadLine {
    var quad: Quad
    var text: Decoded
}

/// Texts of the lines inside quads.
///
/// Each line is read in its detected orientation. A vertical one is also read rotated to the left, to the right, and as a column of
/// characters. One with a low score is also read upside down, and if that is better for the page's longest lines, so are all others.
/// The reading with the highest score wins, if it is `minGain` above the first.
func readLines(_ rgb: RgbImage, _ quads: [Quad], _ reader: LineReader) async throws -> [ReadLine] {
    let policy = reader.recognizer.spec.reading
    var lines = try await Readings(rgb, quads, reader)
    let sizes = quads.map(quadSize)
    func aspect(_ i: Int) -> Double { sizes[i].width / sizes[i].height }
    let tall = quads.indices.filter { sizes[$0].height > policy.verticalAspect * sizes[$0].width }
    let flat = quads.indices.filter { !(sizes[$0].height > policy.verticalAspect * sizes[$0].width) }
    let longest = Array(flat.sorted { aspect($0) != aspect($1) ? aspect($0) > aspect($1) : $0 < $1 }.prefix(policy.pageFlipVotes))
    let before = lines.meanScore(longest)
    let voters = before < policy.pageFlipScore ? longest : []
    try await lines.retry(voters) { [rotateQuad($0, quarters: 2)] }
    let isPageFlipped = lines.meanScore(longest) > before + policy.minGain
    let others = flat.filter { !voters.contains($0) && (isPageFlipped || lines.best[$0].text.score < policy.flipRetryScore) }
    try await lines.retry(others) { [rotateQuad($0, quarters: 2)] }
    try await lines.retry(tall) { [rotateQuad($0, quarters: 1)] }
    try await lines.retry(tall) { [rotateQuad($0, quarters: 3)] }
    try await lines.retry(tall, splitVertical)
    return lines.best
}

/// The best text of each line so far and the quad that gave it.
private struct Readings {
    private let rgb: RgbImage
    private let quads: [Quad]
    private let reader: LineReader
    private(set) var best: [ReadLine]

    init(_ rgb: RgbImage, _ quads: [Quad], _ reader: LineReader) async throws {
        (self.rgb, self.quads, self.reader) = (rgb, quads, reader)
        let spec = reader.recognizer.spec
        let crops = reader.timer.time("line_crop") { quads.map { rectify(rgb, $0, spec) } }
        best = zip(quads, try await reader.readLineCrops(crops)).map { ReadLine(quad: $0, text: $1) }
    }

    func meanScore(_ lines: [Int]) -> Double { lines.reduce(0) { $0 + best[$1].text.score } / Double(max(1, lines.count)) }

    /// Read some lines another way, and keep what has a higher score: `way` gives the quads of a line's parts.
    mutating func retry(_ lines: [Int], _ way: (Quad) -> [Quad]) async throws {
        let spec = reader.recognizer.spec
        let parts = lines.map { way(quads[$0]) }
        let crops = reader.timer.time("line_crop") { parts.map { sideBySide($0.map { rectify(rgb, $0, spec) }) } }
        var again = reader
        again.onProgress = { _ in }
        for (n, text) in try await again.readLineCrops(crops).enumerated() {
            let i = lines[n]
            if !text.text.isEmpty && text.score > best[i].text.score + spec.reading.minGain {
                best[i] = ReadLine(quad: parts[n].count == 1 ? parts[n][0] : quads[i], text: text)
            }
        }
    }
}
