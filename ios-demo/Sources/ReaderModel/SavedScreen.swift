import Foundation
import ReaderCore

/// What of a screen outlives the app's process. Work ends with it, so a screen that was opening or reading goes back to where that
/// was asked for.
private indirect enum Saved: Codable {
    case choose
    case mark(photo: Photo, marking: Marking)
    case results(photo: Photo, marking: Marking, lines: [SavedLine], milliseconds: Int)
    case done(lines: [SavedLine])
    case failed(failure: Failure, detail: String, back: Saved)
}

private struct SavedLine: Codable {
    let quad: [Float]
    let score: Float
    let text: String?
    let textScore: Float?
    let region: Int?
}

extension Screen {
    /// The screen as JSON, for an app that may be ended by the system at any time; `init(saved:)` is its inverse.
    public func saved() throws -> Data { try JSONEncoder().encode(forSaving) }

    /// - Throws: `CtpnError.reading` for what `saved` did not write, or another version of the app wrote.
    public init(saved: Data) throws {
        do {
            self = try JSONDecoder().decode(Saved.self, from: saved).screen()
        } catch let error as DecodingError {
            throw CtpnError.reading("saved screen: damaged or of another version (\(error)); start from the beginning")
        }
    }

    private var forSaving: Saved {
        switch self {
        case .choose, .opening: .choose
        case .mark(let photo, let marking), .reading(let photo, let marking, _): .mark(photo: photo, marking: marking)
        case .results(let photo, let marking, let lines, let milliseconds):
            .results(photo: photo, marking: marking, lines: lines.map(SavedLine.init), milliseconds: milliseconds)
        case .done(let lines): .done(lines: lines.map(SavedLine.init))
        case .failed(let failure, let detail, let back): .failed(failure: failure, detail: detail, back: back.forSaving)
        }
    }
}

extension Saved {
    func screen() throws -> Screen {
        switch self {
        case .choose: .choose
        case .mark(let photo, let marking): .mark(photo, marking.selecting(marking.selected))
        case .results(let photo, let marking, let lines, let milliseconds):
            .results(photo, marking.selecting(marking.selected), lines: try lines.map { try $0.line() }, milliseconds: milliseconds)
        case .done(let lines): .done(lines: try lines.map { try $0.line() })
        case .failed(let failure, let detail, let back): .failed(failure, detail: detail, back: try back.screen())
        }
    }
}

extension SavedLine {
    init(_ line: TextLine) {
        self.init(
            quad: line.quad.corners.flatMap { [$0.x, $0.y] }, score: line.score, text: line.text, textScore: line.textScore,
            region: line.region)
    }

    func line() throws -> TextLine {
        guard let quad = Quad(quad) else {
            throw CtpnError.reading("saved screen: expected a quad of 8 numbers, got \(quad.count); start from the beginning")
        }
        return TextLine(quad: quad, score: score, text: text, textScore: textScore, region: region)
    }
}
