import Foundation

/// The folder that an app reads with: models, specs, charset, a golden case, and a manifest with the checksum of every file. All of them
/// were verified when it was opened; what is read later is verified again.
public struct ModelBundle: Sendable {
    public let folder: URL
    public let manifest: Manifest
    /// SHA-256 of manifest.json, 64 hex digits.
    public let manifestSum: String
    public let detectorSpec: DetectorSpec
    public let recognizerSpec: RecognizerSpec
    public let golden: GoldenCase
    /// Who published it; nil where nobody was asked for.
    public let signature: Signature?

    /// - Parameter trust: whose signature it must carry; nil: it may have none.
    /// - Throws: `CtpnError.model`: which file is missing, cut short, changed, unknown or of another version, or what is wrong with the
    ///   signature, and what to do.
    public init(_ folder: URL, trust: Trust? = nil) throws {
        let text = try upTo(folder, manifestName, limit: maxManifestBytes)
        // Before any name in the manifest is believed.
        signature = try trust.map { try Signature(of: text, try signatureFile(folder), $0) }
        let manifest = try Manifest(json: try utf8(text, manifestName))
        for (name, sum) in manifest.files.sorted(by: { $0.key < $1.key }) { try verify(folder, name, sum) }
        func specText(_ part: String) throws -> String { try utf8(try verified(folder, manifest.specs[part] ?? "", manifest), part) }
        detectorSpec = try DetectorSpec(json: try specText("detector"))
        recognizerSpec = try RecognizerSpec(json: try specText("recognizer"))
        guard try verified(folder, manifest.charset, manifest) == Array(recognizerSpec.charset.utf8) else {
            throw CtpnError.model("\(manifest.charset): not the charset of \(manifest.specs["recognizer"] ?? ""); \(bundleHint)")
        }
        golden = try GoldenCase(json: try utf8(try verified(folder, manifest.golden, manifest), manifest.golden))
        guard manifest.files[golden.photo] != nil else {
            throw CtpnError.model("\(manifest.golden): its photo \(JsonValue.text(golden.photo).shown) is missing; \(bundleHint)")
        }
        (self.folder, self.manifest, manifestSum) = (folder, manifest, Sha256.hexDigest(text))
    }

    /// The name of the "detector" or "recognizer" in a format: of a file or, for Core ML, of a folder.
    ///
    /// - Throws: `CtpnError.model` if the bundle does not have it in this format.
    public func model(_ part: String, format: String) throws -> String {
        let formats = manifest.models[part] ?? [:]
        if let name = formats[format] { return name }
        throw CtpnError.model(
            "\(part): expected a model as '\(format)', got \(formats.keys.sorted().joined(separator: ", ")); write it with --formats \(format)"
        )
    }

    /// The bytes of a file, verified again.
    public func content(_ name: String) throws -> [UInt8] { try verified(folder, name, manifest) }

    /// The golden case's photo, a PNG, for a `PhotoDecoder`.
    public func goldenPhoto() throws -> [UInt8] { try content(golden.photo) }
}

/// The bytes of signature.json; nil if there is none.
private func signatureFile(_ folder: URL) throws -> [UInt8]? {
    guard FileManager.default.fileExists(atPath: folder.appendingPathComponent(signatureName).path) else { return nil }
    return try upTo(folder, signatureName, limit: maxSignatureBytes)
}

private func verified(_ folder: URL, _ name: String, _ manifest: Manifest) throws -> [UInt8] {
    guard let sum = manifest.files[name] else { throw CtpnError.model("\(name): not among the bundle's files; \(bundleHint)") }
    let bytes = try upTo(folder, name, limit: sum.bytes)
    try check(name, sum, bytes.count, Sha256.hexDigest(bytes))
    return bytes
}

/// Verify a file without holding it: models of other formats are large.
private func verify(_ folder: URL, _ name: String, _ sum: FileSum) throws {
    var hash = Sha256()
    var size = 0
    try parts(folder, name) { part in
        hash.update(part)
        size += part.count
        return size <= sum.bytes
    }
    try check(name, sum, size, hash.hexDigest())
}

private func check(_ name: String, _ sum: FileSum, _ size: Int, _ digest: String) throws {
    guard size == sum.bytes else {
        throw CtpnError.model("\(name): expected \(sum.bytes) bytes, got \(size > sum.bytes ? "more" : "\(size)"); \(bundleHint)")
    }
    guard digest == sum.sha256 else {
        let got = digest.prefix(12)
        throw CtpnError.model("\(name): damaged (sha256 expected \(sum.sha256.prefix(12))…, got \(got)…); \(bundleHint)")
    }
}

/// A file that has at most so many bytes.
private func upTo(_ folder: URL, _ name: String, limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try parts(folder, name) { part in
        bytes += part
        return bytes.count <= limit
    }
    guard bytes.count <= limit else { throw CtpnError.model("\(name): expected at most \(limit) bytes, got more; \(bundleHint)") }
    return bytes
}

/// A file part by part, as long as `take` wants more.
private func parts(_ folder: URL, _ name: String, _ take: ([UInt8]) -> Bool) throws {
    do {
        let file = try FileHandle(forReadingFrom: folder.appendingPathComponent(name))
        defer { try? file.close() }
        while let part = try file.read(upToCount: 1 << 18), !part.isEmpty, take(Array(part)) {}
    } catch {
        throw CtpnError.model("\(name): missing from the bundle, or cannot be read; \(bundleHint)")
    }
}

private func utf8(_ bytes: [UInt8], _ name: String) throws -> String {
    guard let text = String(bytes: bytes, encoding: .utf8) else { throw CtpnError.model("\(name): damaged, not UTF-8; \(bundleHint)") }
    return text
}
