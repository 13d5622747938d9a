import Foundation
import ReaderCore

/// What is marked on a photo, and what was before, so that it can be undone.
public struct Marking: Sendable, Equatable, Codable {
    public static let maxUndo = 50

    /// Rectangles in pixels of the upright photo, in the order of marking.
    public let rectangles: [CGRect]
    /// Index of the one that shows its handles, or nil.
    public let selected: Int?
    /// Earlier `rectangles`, the latest last.
    public let past: [[CGRect]]

    public init() { self.init([], nil, []) }

    private init(_ rectangles: [CGRect], _ selected: Int?, _ past: [[CGRect]]) {
        (self.rectangles, self.selected, self.past) = (rectangles, selected, past)
    }

    public var canUndo: Bool { !past.isEmpty }

    /// One more rectangle, which is then selected.
    public func adding(_ rectangle: CGRect) -> Marking { changed(rectangles + [rectangle], selected: rectangles.count) }

    /// Another place or size for the rectangle `index`: one call a gesture, so that one undo takes it back.
    public func replacing(_ index: Int, by rectangle: CGRect) -> Marking {
        var now = rectangles
        now[index] = rectangle
        return changed(now, selected: index)
    }

    public func deleting(_ index: Int) -> Marking {
        var now = rectangles
        now.remove(at: index)
        return changed(now, selected: nil)
    }

    /// Selects a rectangle; nil, or an index without one, selects none.
    public func selecting(_ index: Int?) -> Marking {
        Marking(rectangles, index.flatMap { rectangles.indices.contains($0) ? $0 : nil }, past)
    }

    /// Selects the rectangle after the selected one, the first after the last.
    public func selectingNext() -> Marking { rectangles.isEmpty ? self : selecting(((selected ?? -1) + 1) % rectangles.count) }

    public func undone() -> Marking { past.last.map { Marking($0, nil, past.dropLast()) } ?? self }

    private func changed(_ now: [CGRect], selected: Int?) -> Marking {
        now == rectangles ? selecting(selected) : Marking(now, selected, (past + [rectangles]).suffix(Self.maxUndo))
    }

    /// What the reader takes; nil: nothing is marked, the whole photo is read.
    ///
    /// - Throws: `CtpnError.reading` for a rectangle without width or height.
    public func regions() throws -> [Region]? {
        if rectangles.isEmpty { return nil }
        return try rectangles.map {
            try .rectangle(x: Float($0.minX), y: Float($0.minY), width: Float($0.width), height: Float($0.height))
        }
    }
}
