import Foundation
import ReaderCore
import ReaderCoreML
import ReaderCrypto
import ReaderModel
import ReaderOnnx

/// The bundle in the app, and what reads with it.
struct Models: Sendable {
    let folder: URL
    let trust: WhomToTrust
    let decoder: any PhotoDecoder
    let reader: EngineReader

    /// - Parameters:
    ///   - trust: whose signature the bundle must carry.
    ///   - settings: the file that keeps the choice of the engine.
    init(folder: URL, trust: @escaping WhomToTrust = { nil }, decoder: any PhotoDecoder, settings: URL) {
        // Threads of one reading: phones have few fast cores, and waiting for the slow ones costs more than these give.
        let onnx = OnnxLoader(threads: min(4, ProcessInfo.processInfo.activeProcessorCount))
        let caches = FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask)[0]
        let loaders: [Engine: any ModelLoader] = [.onnx: onnx, .coreml: CoreMLLoader(beforeIOS18: onnx, caches: caches)]
        (self.folder, self.trust, self.decoder) = (folder, trust, decoder)
        reader = EngineReader(folder: folder, trust: trust, loaders: loaders, decoder: decoder, file: settings)
    }

    /// The file of the photo that comes with the models.
    func sample() throws -> Data { try Data(contentsOf: folder.appendingPathComponent("golden.png")) }

    /// The models of the engine in use, opened anew, and the golden case.
    func benchmarked() async throws -> BenchmarkSubject {
        let (bundle, loader) = (try ModelBundle(folder, trust: try trust()), try await reader.loader())
        let (opened, runtime) = (try await loader.load(bundle), loader.runtime)
        let photo = try bundle.goldenPhoto()
        return BenchmarkSubject(
            reader: opened, photo: bundle.golden.photo, regions: bundle.golden.regions, decode: { try decoder.decode(photo) },
            isGolden: { bundle.golden.difference(from: $0) == nil },
            runtime: .init(name: runtime.name, version: runtime.version, provider: runtime.provider, threads: runtime.threads),
            bundle: .init(version: bundle.manifest.version, manifest: bundle.manifestSum))
    }
}

/// Trust in the public keys of an Info.plist, `BundlePublicKeys` (PEM texts); nil where it has none.
///
/// - Throws: `CtpnError.model` for a key that is none.
func trust(info: [String: Any]) throws -> Trust? {
    guard let pems = info["BundlePublicKeys"] as? [String], !pems.isEmpty else { return nil }
    return Trust(keys: try pems.map { try P256Key(pem: $0) }, minRelease: info["MinBundleRelease"] as? Int ?? 0)
}
