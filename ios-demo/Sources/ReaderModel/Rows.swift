import Foundation
import ReaderCore

/// A probability in per cent.
public func percent(_ probability: Float) -> String { "\(Int((100 * probability + 0.5).rounded(.down)))%" }

/// What is copied and shared: one line each, an empty one between regions.
public func sharedText(_ lines: [TextLine]) -> String {
    var regions: [(region: Int?, texts: [String])] = []
    for line in lines {
        if regions.last?.region != line.region || regions.isEmpty { regions.append((line.region, [])) }
        if let text = line.text, !text.isEmpty { regions[regions.count - 1].texts.append(text) }
    }
    return regions.map { $0.texts.joined(separator: "\n") }.joined(separator: "\n\n")
}

/// A row of the list of texts.
public enum Row: Sendable, Equatable, Identifiable {
    /// Number of a region, from 1.
    case heading(Int)
    /// The region with this number has no text.
    case nothing(Int)
    /// A line and its index among all lines.
    case line(Int, TextLine)

    public var id: String {
        switch self {
        case .heading(let number): "heading \(number)"
        case .nothing(let number): "nothing \(number)"
        case .line(let index, _): "line \(index)"
        }
    }
}

/// Lines in their order; with regions, each under its heading.
public func rows(_ lines: [TextLine], regions: Int) -> [Row] {
    let all = lines.enumerated().map { Row.line($0.offset, $0.element) }
    if regions == 0 { return all }
    return (0..<regions).flatMap { region in
        let own = all.filter { if case .line(_, let line) = $0 { line.region == region } else { false } }
        return [.heading(region + 1)] + (own.isEmpty ? [.nothing(region + 1)] : own)
    }
}
