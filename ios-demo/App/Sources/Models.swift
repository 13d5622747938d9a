import Foundation
import ReaderCore
import ReaderModel
import ReaderOnnx

/// The bundle in the app, and what reads with it.
struct Models: Sendable {
    let folder: URL
    let decoder: any PhotoDecoder

    /// Of one reading. Phones have few fast cores, and waiting for the slow ones costs more than these give.
    private var loader: OnnxLoader { OnnxLoader(threads: min(4, ProcessInfo.processInfo.activeProcessorCount)) }

    func reader() -> BundleReader { BundleReader(folder: folder, loader: loader, decoder: decoder) }

    /// The file of the photo that comes with the models.
    func sample() throws -> Data { try Data(contentsOf: folder.appendingPathComponent("golden.png")) }

    /// The models, opened anew, and the golden case.
    func benchmarked() async throws -> BenchmarkSubject {
        let bundle = try ModelBundle(folder)
        let (reader, runtime) = (try await loader.load(bundle), loader.runtime)
        let photo = try bundle.goldenPhoto()
        return BenchmarkSubject(
            reader: reader, photo: bundle.golden.photo, regions: bundle.golden.regions, decode: { try decoder.decode(photo) },
            isGolden: { bundle.golden.difference(from: $0) == nil },
            runtime: .init(name: runtime.name, version: runtime.version, provider: runtime.provider, threads: runtime.threads),
            bundle: .init(version: bundle.manifest.version, manifest: bundle.manifestSum))
    }
}
