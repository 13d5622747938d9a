import CoreML
import Foundation
import ReaderCore

/// Packages that were compiled on this phone, kept as long as the bundle stays the same: compiling takes seconds.
struct CompiledModels {
    private let bundle: ModelBundle
    private let folder: URL

    /// - Parameter bundle: verified, so that nothing else is compiled.
    init(_ bundle: ModelBundle, _ caches: URL) throws {
        self.bundle = bundle
        let all = caches.appendingPathComponent("compiled-models", isDirectory: true)
        folder = all.appendingPathComponent(bundle.manifestSum, isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for other in try FileManager.default.contentsOfDirectory(at: all, includingPropertiesForKeys: nil)
        where other.lastPathComponent != bundle.manifestSum {
            try? FileManager.default.removeItem(at: other)  // of an older bundle
        }
    }

    /// The compiled model of a package of the bundle.
    func compiled(_ package: String) async throws -> URL {
        let kept = folder.appendingPathComponent("\(package).mlmodelc")
        if FileManager.default.fileExists(atPath: kept.path) { return kept }
        do {
            let made = try await MLModel.compileModel(at: bundle.folder.appendingPathComponent(package))
            try? FileManager.default.removeItem(at: kept)  // of another reader that was as fast
            try FileManager.default.moveItem(at: made, to: kept)
        } catch {
            throw CtpnError.model("\(package): Core ML cannot compile it (\(oneLine(error))); read with ONNX Runtime")
        }
        return kept
    }
}
