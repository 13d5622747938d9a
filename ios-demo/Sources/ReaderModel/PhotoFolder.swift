import Foundation
import ReaderCore

/// There is not enough memory for a photo; everything else that fails says what in its message.
public struct MemoryShortage: Error {
    public init() {}
}

/// The one photo the app works on, in a file of its own: so it outlives the end of the process. Beside it is what the screen shows.
public actor PhotoFolder {
    private let current: URL
    private let incoming: URL
    private let screen: URL
    private let folder: URL
    private let decoder: any PhotoDecoder
    private var latest = 0

    public init(_ folder: URL, decoder: any PhotoDecoder) {
        (self.folder, self.decoder) = (folder, decoder)
        current = folder.appendingPathComponent("photo")
        incoming = folder.appendingPathComponent("photo.new")
        screen = folder.appendingPathComponent("screen.json")
    }

    /// Keeps a photo's file in the place of the one before and decodes it.
    ///
    /// - Parameter turn: a number that no call of `open` and `forget` had before; what belongs to an older one than the latest is
    ///   dropped, whenever it comes.
    /// - Throws: `CancellationError` if it came too late, what the decoder throws, and the file system's errors. The photo from before
    ///   is then still there.
    public func open(_ file: Data, turn: Int) throws -> RgbImage {
        guard turn > latest else { throw CancellationError() }
        latest = turn
        try write(file, to: incoming)
        defer { try? FileManager.default.removeItem(at: incoming) }
        let picture = try decoder.decode([UInt8](file))
        _ = try? FileManager.default.removeItem(at: current)
        try FileManager.default.moveItem(at: incoming, to: current)
        return picture
    }

    /// The photo that was opened last, after the system ended the app. Errors as of `open`.
    public func reopen() throws -> RgbImage { try decoder.decode([UInt8](Data(contentsOf: current))) }

    /// Deletes the photo when its user is done with it.
    public func forget(turn: Int) {
        guard turn > latest else { return }
        latest = turn
        for file in [current, incoming] { try? FileManager.default.removeItem(at: file) }
    }

    /// Keeps the screen; its photo is there already.
    public nonisolated func save(_ screen: Screen) throws { try write(screen.saved(), to: self.screen) }

    /// The screen that was saved last; choosing a photo if there is none, or one of another version of the app.
    public nonisolated func savedScreen() -> Screen {
        guard let saved = try? Data(contentsOf: screen), let screen = try? Screen(saved: saved) else { return .choose }
        return screen
    }

    private nonisolated func write(_ data: Data, to file: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #if os(iOS)
            // Letters are private: encrypted while the phone is locked, and not copied into the owner's cloud.
            try data.write(to: file, options: [.atomic, .completeFileProtection])
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            var excluded = folder
            try excluded.setResourceValues(values)
        #else
            try data.write(to: file, options: .atomic)
        #endif
    }
}
