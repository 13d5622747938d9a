import Foundation

/// Reads with the models of a bundle, which are verified, loaded and tested by the bundle's golden case when they are first needed.
public actor BundleReader: Reading {
    private let folder: URL
    private let trust: WhomToTrust
    private let loader: any ModelLoader
    private let decoder: any PhotoDecoder
    private var isTested = false
    private var loading: Task<TextReader, any Error>?

    /// - Parameters:
    ///   - folder: of the bundle.
    ///   - trust: whose signature it must carry; asked before it is opened.
    ///   - decoder: for the golden case's photo.
    public init(folder: URL, trust: @escaping WhomToTrust = { nil }, loader: any ModelLoader, decoder: any PhotoDecoder) {
        (self.folder, self.trust, self.loader, self.decoder) = (folder, trust, loader, decoder)
    }

    public func read(_ photo: RgbImage, regions: [Region]?, onProgress: @escaping OnProgress) async throws -> PageResult {
        try await models().read(photo, regions: regions, onProgress: onProgress)
    }

    /// Makes the first reading as fast as later ones; nothing if that is done.
    ///
    /// - Throws: `CtpnError.model` for a bundle or model that is damaged, of another version, or computes other lines than the golden case has.
    public func load() async throws { _ = try await models() }

    /// Lets go of the models when the system is short of memory. A reading that goes on keeps its own until it ends; the next one loads
    /// them again.
    public func releaseMemory() { loading = nil }

    private func models() async throws -> TextReader {
        let task =
            loading
            ?? Task { [folder, trust, loader, decoder, isTested] in
                let bundle = try ModelBundle(folder, trust: try trust())
                let reader = try await loader.load(bundle)
                if !isTested { try await reader.selfTest(bundle.golden, try decoder.decode(try bundle.goldenPhoto())) }
                return reader
            }
        loading = task
        do {
            let reader = try await task.value
            isTested = true
            return reader
        } catch {
            if loading == task { loading = nil }  // so that it can be tried again
            throw error
        }
    }
}

extension TextReader {
    /// Read a bundle's golden case.
    ///
    /// - Throws: `CtpnError.model` if other lines are read than the case has, beyond its tolerances.
    public func selfTest(_ golden: GoldenCase, _ photo: RgbImage) async throws {
        if let difference = golden.difference(from: try await read(photo, regions: golden.regions).lines) {
            throw CtpnError.model("golden case: \(difference); this device or runtime computes otherwise")
        }
    }
}
