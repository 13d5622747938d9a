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

/// How a line was read.
struct ReadLine {
    /// Of the line; of a column that was found in pieces, of the uppermost.
    let index: Int
    /// Clockwise from the top left of the text as it was read; of a column from that of its first character.
    let quad: Quad
    let text: Decoded
    /// Whether it is a column of upright characters that was found as a line running down or up.
    let isColumn: Bool
}

/// Texts of the lines inside quads, in the order of the quads, without the pieces of columns.
///
/// Each line is read in its detected orientation. A vertical one, which is higher than wide, is also read rotated to the left, to the
/// right, and as a column of characters. Of the others, one with a low score is also read upside down, and if that is better for the
/// page's longest lines, so are all others. Before that, the same is done with those that run down or up (`isSteep`) as columns, and
/// columns that continue each other are read as one. The reading with the highest score wins, if it is `minGain` above the one before.
/// What is read badly even so is read once more in a quad of another height, for detected heights are uneven.
func readLines(_ rgb: RgbImage, _ quads: [Quad], _ reader: LineReader) async throws -> [ReadLine] {
    let readings = try await Readings(rgb, quads, reader)
    return try await readings.finish(try await readings.vote(readings.level, upsideDown))
}

/// As `readLines`; nil as soon as the longest lines say that the page is upside down, where lines are found less well.
func readUnlessUpsideDown(_ rgb: RgbImage, _ quads: [Quad], _ reader: LineReader) async throws -> [ReadLine]? {
    let readings = try await Readings(rgb, quads, reader)
    let vote = try await readings.vote(readings.level, upsideDown)
    return vote.isOutright ? nil : try await readings.finish(vote)
}

/// Whether the longest lines, where they are read badly, are read better upside down; false without lines.
func isUpsideDown(_ rgb: RgbImage, _ quads: [Quad], _ reader: LineReader) async throws -> Bool {
    let chosen = longest(Array(quads.indices), quads, reader.recognizer.spec.reading.pageFlipVotes).map { quads[$0] }
    return try await Readings(rgb, chosen, reader).vote(Array(chosen.indices), upsideDown).isOutright
}

/// A way to read a line.
private struct Way {
    /// The quads of its parts, which are read side by side.
    let parts: [Quad]
    /// That of all.
    let quad: Quad
    var isColumn = false
}

/// What the longest lines say of another way to read them.
private struct Vote {
    /// Those that were read that way; none where they are read well as they are.
    let voters: [Int]
    /// Whether the best of both readings is better than before, on average.
    let isBetter: Bool
    /// Whether the other way alone is.
    let isOutright: Bool
}

/// The best text of each line so far, and the way that gave it.
private final class Readings {
    private let rgb: RgbImage
    private let quads: [Quad]
    private var reader: LineReader
    private let vertical: [Int]
    private let steep: [Int]
    let level: [Int]
    private var chosen: [Way]
    private var texts: [Decoded] = []

    private var policy: ReadingSpec { reader.recognizer.spec.reading }

    init(_ rgb: RgbImage, _ quads: [Quad], _ reader: LineReader) async throws {
        (self.rgb, self.quads, self.reader) = (rgb, quads, reader)
        let policy = reader.recognizer.spec.reading
        let sizes = quads.map(quadSize)
        let isVertical = sizes.map { $0.height > policy.verticalAspect * $0.width }
        let isDownOrUp = quads.map { isSteep($0, slope: policy.columnSlope) }
        vertical = quads.indices.filter { isVertical[$0] }
        steep = quads.indices.filter { !isVertical[$0] && isDownOrUp[$0] }
        level = quads.indices.filter { !isVertical[$0] && !isDownOrUp[$0] }
        chosen = quads.map { Way(parts: [$0], quad: $0) }
        texts = try await read(chosen)
        self.reader.onProgress = { _ in }
    }

    private func read(_ ways: [Way]) async throws -> [Decoded] {
        let spec = reader.recognizer.spec
        let crops = reader.timer.time("line_crop") { ways.map { way in sideBySide(way.parts.map { rectify(rgb, $0, spec) }) } }
        return try await reader.readLineCrops(crops)
    }

    /// Read again what may be better another way, after the level lines have voted on being upside down.
    func finish(_ vote: Vote) async throws -> [ReadLine] {
        try await retryOthers(level, vote, upsideDown)
        try await retryOthers(steep, try await self.vote(steep, asColumn), asColumn)
        let absorbed = try await joinColumns(steep)
        let others = steep.filter { !absorbed.contains($0) }
        try await retryOthers(others, try await self.vote(others, upsideDown), upsideDown)
        _ = try await retry(vertical) { rotated($0, 1) }
        _ = try await retry(vertical) { rotated($0, 3) }
        _ = try await retry(vertical) { Way(parts: splitVertical($0), quad: $0) }
        let kept = quads.indices.filter { !absorbed.contains($0) }
        try await retryHeights(kept)
        return kept.map {
            ReadLine(index: $0, quad: chosen[$0].quad, text: texts[$0], isColumn: chosen[$0].isColumn)
        }
    }

    /// Read lines another way and keep what is better; the mean score of that way.
    private func retry(_ lines: [Int], _ way: (Quad) -> Way) async throws -> Double {
        try await tryWays(lines, lines.map { way(quads[$0]) })
    }

    /// Read each line in its way and keep what is better; the mean score of these ways.
    private func tryWays(_ lines: [Int], _ ways: [Way]) async throws -> Double {
        let found = try await read(ways)
        for (n, text) in found.enumerated() where text.score > texts[lines[n]].score + policy.minGain {
            texts[lines[n]] = text
            chosen[lines[n]] = ways[n]
        }
        return meanScore(found)
    }

    /// Read lines that are read badly as they were, but in quads of another height; their own quads stay.
    private func retryHeights(_ lines: [Int]) async throws {
        let badly = lines.filter { texts[$0].score < policy.heightRetryScore }
        let ways = badly.map { line in
            let way = chosen[line]
            let parts = way.parts.map { ofHeight($0, times: policy.retryHeight) }
            return Way(parts: parts, quad: way.quad, isColumn: way.isColumn)
        }
        _ = try await tryWays(badly, ways)
    }

    /// Read the longest lines another way, if they are read badly.
    func vote(_ lines: [Int], _ way: (Quad) -> Way) async throws -> Vote {
        let longest = longest(lines, quads, policy.pageFlipVotes)
        let before = meanScore(longest.map { texts[$0] })
        let voters = before < policy.pageFlipScore ? longest : []
        let other = try await retry(voters, way)
        let limit = before + policy.minGain
        return Vote(voters: voters, isBetter: meanScore(longest.map { texts[$0] }) > limit, isOutright: other > limit)
    }

    /// Read the lines that have not voted another way: all, or those that are read badly.
    private func retryOthers(_ lines: [Int], _ vote: Vote, _ way: (Quad) -> Way) async throws {
        let others = lines.filter { !vote.voters.contains($0) && (vote.isBetter || texts[$0].score < policy.flipRetryScore) }
        _ = try await retry(others, way)
    }

    /// A line that runs down or up, as a column of upright characters from its upper end down.
    private func asColumn(_ quad: Quad) -> Way {
        let (down, spec) = (downward(quad), reader.recognizer.spec)
        let cells = reader.timer.time("line_crop") { splitColumn(rectify(rgb, down, spec), spec) }
        let parts = cells.map { rotateQuad(partOfQuad(down, $0.begin, $0.end), quarters: 3) }
        return Way(parts: parts, quad: rotateQuad(down, quarters: 3), isColumn: true)
    }

    /// Read a column with the lines that continue it as one, where that is no worse than the worst: the indices of the lower ones.
    private func joinColumns(_ lines: [Int]) async throws -> Set<Int> {
        guard lines.contains(where: { chosen[$0].isColumn }) else { return [] }
        let down = lines.map { downward(quads[$0]) }
        let chains = chainsDown(down, maxGap: policy.columnGap).filter { chain in
            chain.count > 1 && chain.contains { chosen[lines[$0]].isColumn }
        }
        let ways = chains.map { chain in
            let (first, last) = (down[chain[0]], down[chain[chain.count - 1]])
            return asColumn(Quad(first.topLeft, last.topRight, last.bottomRight, first.bottomLeft))
        }
        var absorbed: Set<Int> = []
        for (n, text) in try await read(ways).enumerated() {
            let chain = chains[n].map { lines[$0] }
            guard let worst = chain.map({ texts[$0].score }).min(), text.score > worst - policy.minGain else { continue }
            texts[chain[0]] = text
            chosen[chain[0]] = ways[n]
            absorbed.formUnion(chain.dropFirst())
        }
        return absorbed
    }
}

/// The rectangle of a line that runs down or up, so that it runs down.
private func downward(_ quad: Quad) -> Quad {
    let isDown = quad.topRight.y + quad.bottomRight.y > quad.topLeft.y + quad.bottomLeft.y
    return rectangle(isDown ? quad : rotateQuad(quad, quarters: 2))
}

private func upsideDown(_ quad: Quad) -> Way { rotated(quad, 2) }

private func rotated(_ quad: Quad, _ quarters: Int) -> Way {
    let turned = rotateQuad(quad, quarters: quarters)
    return Way(parts: [turned], quad: turned)
}

/// The lines with the highest ratio of width to height, of equal ones the first.
private func longest(_ lines: [Int], _ quads: [Quad], _ count: Int) -> [Int] {
    let aspects = lines.map { line in
        let size = quadSize(quads[line])
        return size.width / size.height
    }
    let order = lines.indices.sorted { aspects[$0] != aspects[$1] ? aspects[$0] > aspects[$1] : $0 < $1 }
    return order.prefix(count).map { lines[$0] }
}

private func meanScore(_ texts: [Decoded]) -> Double { texts.reduce(0) { $0 + $1.score } / Double(max(1, texts.count)) }
