import Foundation
import ReaderCrypto
import Testing

@testable import ReaderCore

@Suite struct BundleTests {
    private func names(_ folder: URL) throws -> [String] {
        let all = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        return all.filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    @Test func aCompleteOneOpens() throws {
        let bundle = try ReaderCase.bundle()
        let (found, text) = (try names(bundle.folder), try ReaderCase.file("bundle/manifest.json"))
        #expect(found == (Array(bundle.manifest.files.keys) + [manifestName]).sorted())
        #expect(bundle.manifestSum == Sha256.hexDigest(text) && !bundle.golden.lines.isEmpty)
        let detector = try bundle.content(try bundle.model("detector", format: "onnx"))
        #expect(detector.count > 100_000)
        #expect(throws: CtpnError.self) { try bundle.model("detector", format: "coreml") }
    }

    @Test func everyFileIsVerified() throws {
        let folder = try TemporaryFolder(copyOf: "bundle")
        for name in try names(folder.url) {
            let intact = try ReaderCase.file("bundle/\(name)")
            var flipped = intact
            flipped[intact.count / 2] ^= 1
            let half = Array(intact.prefix(intact.count / 2))
            for damaged in [nil, [], half, flipped, intact + [32], [UInt8](repeating: 255, count: intact.count)] as [[UInt8]?] {
                if name == manifestName && (damaged == flipped || damaged == intact + [32]) { continue }  // still a manifest, perhaps
                try folder.write(name, damaged)
                #expect(message { try ModelBundle(folder.url) }.contains(name))
            }
            try folder.write(name, intact)
        }
        _ = try ModelBundle(folder.url)
    }

    @Test func whatIsReadLaterIsVerifiedAgain() throws {
        let folder = try TemporaryFolder(copyOf: "bundle")
        let bundle = try ModelBundle(folder.url)
        try folder.write("detector.onnx", Array(try ReaderCase.file("bundle/detector.onnx").dropLast()))
        #expect(message { try bundle.content("detector.onnx") }.contains("detector.onnx: expected"))
    }

    @Test func anEndlessFileIsNotReadToItsEnd() throws {
        let folder = try TemporaryFolder(copyOf: "bundle")
        for name in ["charset.txt", manifestName] {
            try folder.write(name, nil)
            try FileManager.default.createSymbolicLink(
                atPath: folder.url.appendingPathComponent(name).path, withDestinationPath: "/dev/zero")
            #expect(message { try ModelBundle(folder.url) }.contains("got more"))
        }
    }

    @Test func oneWithModelsOfAllFormatsOpensAndThoseInFoldersAreVerified() throws {
        let folder = try TemporaryFolder(copyOf: "bundle-all-formats")
        let bundle = try ModelBundle(folder.url)
        #expect(try names(folder.url) == (Array(bundle.manifest.files.keys) + [manifestName]).sorted())
        #expect(try bundle.model("recognizer", format: "coreml-float16") == "recognizer-float16.mlpackage")
        let nested = try #require(bundle.manifest.files.keys.sorted().first { $0.contains("/") })
        try folder.write(nested, [1])
        #expect(message { try ModelBundle(folder.url) }.contains("\(nested): expected"))
    }

    @Test func aBundleIsTakenThatTheTrustedKeySigned() throws {
        let folder = try TemporaryFolder(copyOf: "bundle")
        let key = try P256Key(pem: String(decoding: try ReaderCase.file("key.pub.pem"), as: UTF8.self))
        #expect(message { try ModelBundle(folder.url, trust: Trust(keys: [key])) }.contains("signature.json: missing"))
        let signed = try ReaderCase.file(signatureName)
        try folder.write(signatureName, signed)
        #expect(try ModelBundle(folder.url, trust: Trust(keys: [key], minRelease: 7)).signature?.release == 7)
        #expect(try ModelBundle(folder.url).signature == nil)  // nobody asked
        #expect(message { try ModelBundle(folder.url, trust: Trust(keys: [])) }.contains("signed by another key"))
        #expect(message { try ModelBundle(folder.url, trust: Trust(keys: [key], minRelease: 8)) }.contains("release 7 is older than 8"))
        try folder.write(manifestName, try ReaderCase.file("bundle/manifest.json") + [32])
        #expect(message { try ModelBundle(folder.url, trust: Trust(keys: [key])) }.contains("does not fit the manifest"))
        try folder.write(signatureName, [UInt8](repeating: 32, count: 5000))
        #expect(message { try ModelBundle(folder.url, trust: Trust(keys: [key])) }.contains("expected at most 4096 bytes"))
    }

    private func message(_ work: () throws -> some Any) -> String {
        do {
            _ = try work()
            return "no error"
        } catch {
            return "\(error)"
        }
    }
}
