import Foundation
import ReaderCore
import ReaderCrypto

/// The folder of a bundle that is newer than the release in use, verified; nil: there is none.
func newerBundle(service: URL, publicKey: String, inUse: Int, bundles: URL) async throws -> URL? {
    struct Listed: Decodable {
        struct Published: Decodable { let release: Int }
        let bundles: [Published]
    }
    func fetch(_ path: String) async throws -> Data {
        let (data, response) = try await URLSession.shared.data(from: URL(string: path, relativeTo: service)!)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else { throw URLError(.badServerResponse) }
        return data
    }
    let list = try await fetch("/v1/bundles?schema=\(manifestSchema)&format=onnx")
    guard let release = try JSONDecoder().decode(Listed.self, from: list).bundles.first?.release, release > inUse else { return nil }
    let new = bundles.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: new) }  // if anything was wrong
    func save(_ name: String) async throws -> [UInt8] {
        let (data, file) = (try await fetch("/v1/bundles/\(release)/\(name)"), new.appendingPathComponent(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
        return Array(data)
    }
    let trust = Trust(keys: [try P256Key(pem: publicKey)], minRelease: inUse + 1)
    let (manifest, signature) = (try await save(manifestName), try await save(signatureName))
    _ = try Signature(of: manifest, signature, trust)  // before any name in the manifest is believed
    for name in try Manifest(json: String(decoding: manifest, as: UTF8.self)).files.keys { _ = try await save(name) }
    _ = try ModelBundle(new, trust: trust)
    let ready = bundles.appendingPathComponent("\(release)")
    try FileManager.default.moveItem(at: new, to: ready)
    return ready
}
