import Foundation
import ReaderCore

/// What computes the models; the raw values begin the names of their formats in a bundle.
public enum Engine: String, Sendable, Codable, CaseIterable { case onnx, coreml }

private let maxMeasurements = 2

/// Reads with the engine that the user chose, else with the one that read the golden case fastest on this phone.
public actor EngineReader: Reading {
    private struct Settings: Codable {
        var chosen: Engine?
        /// By the checksum of the bundle's manifest: another bundle is measured again.
        var fastest: [String: Engine] = [:]
        /// Measurements that have begun and not ended, by the same.
        var begun: [String: Int] = [:]
    }

    private let folder: URL
    private let trust: WhomToTrust
    private let loaders: [Engine: any ModelLoader]
    private let decoder: any PhotoDecoder
    private let file: URL
    private let now: TimeSource
    private var settings: Settings
    private var readers: [Engine: BundleReader] = [:]

    /// - Parameters:
    ///   - folder: of the bundle.
    ///   - trust: whose signature it must carry; asked before it is opened.
    ///   - loaders: at least ONNX's.
    ///   - decoder: for the golden case's photo.
    ///   - file: where the choice and what was measured are kept.
    ///   - now: a clock's time.
    public init(
        folder: URL, trust: @escaping WhomToTrust = { nil }, loaders: [Engine: any ModelLoader], decoder: any PhotoDecoder, file: URL,
        now: @escaping TimeSource = { .now }
    ) {
        (self.folder, self.trust, self.loaders, self.decoder, self.file, self.now) = (folder, trust, loaders, decoder, file, now)
        settings = (try? JSONDecoder().decode(Settings.self, from: Data(contentsOf: file))) ?? Settings()
    }

    public func read(_ photo: RgbImage, regions: [Region]?, onProgress: @escaping OnProgress) async throws -> PageResult {
        let engine = inUse
        let reader = try readers[engine] ?? BundleReader(folder: folder, trust: trust, loader: loader(engine), decoder: decoder)
        readers[engine] = reader
        return try await reader.read(photo, regions: regions, onProgress: onProgress)
    }

    /// Lets go of the models when the system is short of memory.
    public func releaseMemory() async {
        for reader in readers.values { await reader.releaseMemory() }
    }

    /// Those for which the bundle has models, ONNX first.
    public var engines: [Engine] {
        let formats = (try? manifest().models["detector"])?.keys.map { $0 } ?? []
        let found = Engine.allCases.filter { engine in
            loaders[engine] != nil && formats.contains { $0.hasPrefix(engine.rawValue) }
        }
        return found.isEmpty ? [.onnx] : found
    }

    /// What the user chose; nil: the fastest.
    public var chosen: Engine? { settings.chosen }

    public func choose(_ engine: Engine?) throws {
        settings.chosen = engine
        readers = readers.filter { $0.key == inUse }
        try save()
    }

    public var inUse: Engine {
        let measured = (try? sum()).flatMap { settings.fastest[$0] }
        let wanted = settings.chosen ?? measured ?? .onnx
        return engines.contains(wanted) ? wanted : .onnx
    }

    /// Finds the fastest engine for this bundle; nothing where that is known or there is one only. It takes some readings. What has ended
    /// the app twice, as loading a model may, is not tried again: ONNX reads, unless the user chooses otherwise.
    public func measure() async throws {
        let possible = engines
        let bundleSum = try sum()
        let begun = settings.begun[bundleSum, default: 0]
        if possible.count < 2 || settings.fastest[bundleSum] != nil || begun == maxMeasurements { return }
        settings.begun = [bundleSum: begun + 1]
        try save()
        defer {
            settings.begun = [:]
            try? save()  // else it counts as one that ended the app
        }
        let bundle = try ModelBundle(folder, trust: try trust())
        let photo = try decoder.decode(try bundle.goldenPhoto())
        let best = try await fastest(try possible.map { try loader($0) }, bundle, photo, now: now)
        settings.fastest = [bundle.manifestSum: possible[best]]
    }

    /// The loader of the engine in use, for the benchmark.
    public func loader() throws -> any ModelLoader { try loader(inUse) }

    private func loader(_ engine: Engine) throws -> any ModelLoader {
        guard let loader = loaders[engine] else { throw CtpnError.model("\(engine.rawValue): the app has nothing that computes it") }
        return loader
    }

    private func content() throws -> Data { try Data(contentsOf: folder.appendingPathComponent(manifestName)) }

    private func manifest() throws -> Manifest { try Manifest(json: String(decoding: try content(), as: UTF8.self)) }

    private func sum() throws -> String { Sha256.hexDigest(try content()) }

    private func save() throws {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try JSONEncoder().encode(settings).write(to: file, options: .atomic)
    }
}
