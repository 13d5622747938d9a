import Foundation
import ReaderCore
import ReaderModel

/// One line, in region 0.
public let lines = [TextLine(quad: Quad([1, 2, 3, 2, 3, 4.25, 1, 4])!, score: 0.75, text: "请标记区域", textScore: 0.5, region: 0)]

/// Reads what it was given; as slowly, or as badly, as a test wants.
public actor FakeReader: Reading {
    private let lines: [TextLine]
    private let failure: (any Error)?
    private let delay: Duration
    public private(set) var asked: [[Region]?] = []

    public init(_ lines: [TextLine] = [], failure: (any Error)? = nil, delay: Duration = .zero) {
        (self.lines, self.failure, self.delay) = (lines, failure, delay)
    }

    public func read(_ photo: RgbImage, regions: [Region]?, onProgress: @escaping OnProgress) async throws -> PageResult {
        asked.append(regions)
        onProgress(0.5)
        try await Task.sleep(for: delay)
        if let failure { throw failure }
        onProgress(1)
        return PageResult(
            lines: lines, width: photo.width, height: photo.height, times: ["fit": 0.001, "detect": 0.02, "ctc": 0.0005])
    }
}

/// A picture's file is "width height"; anything else is no picture.
public struct FakeDecoder: PhotoDecoder {
    public init() {}

    public func decode(_ file: [UInt8]) throws -> RgbImage {
        let words = String(decoding: file, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard words.count == 2 else { throw CtpnError.image("no picture") }
        if words[0] > 1_000_000 { throw MemoryShortage() }
        return try RgbImage(width: words[0], height: words[1], pixels: Array(repeating: 255, count: 3 * words[0] * words[1]))
    }
}

/// A clock that a test moves, so that no load of the machine does.
public final class TestClock: @unchecked Sendable {
    private let lock = NSLock()
    private var instant = ContinuousClock.now

    public init() {}

    public var now: ContinuousClock.Instant { lock.withLock { instant } }

    public func advance(by duration: Duration) { lock.withLock { instant += duration } }
}

/// A folder of its own for a test.
public func scratch() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("reader-\(UUID().uuidString)")
}

/// A benchmark of a reader that was opened already.
public func benchmark(_ reader: any Reading = FakeReader(lines), rounds: Int = 5, isGolden: Bool = true) -> Benchmark {
    Benchmark(
        app: .init(name: "ios", version: "0.1.0"),
        device: .init(model: "iPhone17,3", system: "iOS 18.1", processor: "", cores: 6, memoryMb: 8000), rounds: rounds,
        peakMemoryMb: { 176 },
        open: {
            BenchmarkSubject(
                reader: reader, photo: "golden.png", regions: [try .rectangle(x: 1, y: 2, width: 3, height: 4)],
                decode: { try RgbImage(width: 40, height: 30, pixels: Array(repeating: 0, count: 3600)) }, isGolden: { _ in isGolden },
                runtime: .init(name: "onnxruntime", version: "1.26.0", provider: "cpu", threads: 4),
                bundle: .init(version: "0.1.0", manifest: String(repeating: "0f", count: 32)))
        })
}

/// What tests/helpers/reader_case.py has written: a bundle, and photos as PPM.
public enum ReaderCase {
    public static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../out/reader-case").standardized
    public static var bundle: URL { folder.appendingPathComponent("bundle") }

    /// The file of a photo, for `PpmDecoder`.
    public static func photo(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent("\(name).ppm")) }
}

/// Linux has no decoder: this one takes PPM, and the golden case's photo by its name.
public struct PpmDecoder: PhotoDecoder {
    public init() {}

    public func decode(_ file: [UInt8]) throws -> RgbImage {
        let isPng = file.starts(with: [137, 80, 78, 71])
        let bytes = isPng ? [UInt8](try ReaderCase.photo("golden")) : file
        guard let end = bytes.firstIndex(of: 10) else { throw CtpnError.image("expected a PPM, got no line") }
        let header = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard header.count == 4, header[0] == "P6", let width = Int(header[1]), let height = Int(header[2]) else {
            throw CtpnError.image("expected a PPM, got \(header)")
        }
        return try RgbImage(width: width, height: height, pixels: Array(bytes[(end + 1)...]))
    }
}
