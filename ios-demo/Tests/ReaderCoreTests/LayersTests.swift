import Foundation
import Testing

/// Imports go one way, app → model, runtimes → core, and the stages of core do not call each other.
@Suite struct LayersTests {
    private static let sources = GoldenFile.root.appendingPathComponent("ios-demo/Sources")
    private static let shared = ["Imaging/RgbImage.swift", "Imaging/Resample.swift", "Layout/Geometry.swift"]  // any stage may use them

    private func files(_ folder: String) throws -> [String: String] {
        let root = Self.sources.appendingPathComponent(folder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8)) })
    }

    @Test(arguments: [
        ("ReaderCore", ["Foundation"]), ("ReaderOnnx", ["Foundation", "ReaderCore", "COnnxRuntime"]),
        ("ReaderCoreML", ["Foundation", "ReaderCore", "CoreML"]),
        ("ReaderCrypto", ["Foundation", "ReaderCore", "CryptoKit"]), ("ReaderModel", ["Foundation", "ReaderCore", "Observation"]),
    ])
    func modulesImportWhatTheyMay(_ module: String, _ allowed: [String]) throws {
        let all = try files(module)
        #expect(!all.isEmpty)
        for (name, text) in all {
            let imported = text.matches(of: /(?m)^(?:@\S+ )?import (\w+)/).map { String($0.1) }
            #expect(Set(imported).subtracting(allowed) == [], "\(module)/\(name)")
        }
    }

    @Test func stagesDoNotCallEachOther() throws {
        let all = try files("ReaderCore")
        func folder(_ name: String) -> Substring { name.prefix { $0 != "/" } }
        var found = 0
        for (name, text) in all where name.contains("/") && !Self.shared.contains(name) && !["Contract", "Runtime"].contains(folder(name)) {
            for declared in text.matches(of: /(?m)^func (\w+)/).map({ String($0.1) }) {
                found += 1
                let (call, definition) = (try Regex("[^\\w.]\(declared)\\("), try Regex("func \(declared)\\b"))
                let stages = all.filter { ["Imaging", "Detection", "Layout", "Recognition"].contains(folder($0.key)) }
                for (other, code) in stages where folder(other) != folder(name) && !code.contains(definition) {
                    #expect(!code.contains(call), "\(other) calls \(declared) of \(name)")
                }
            }
        }
        #expect(found > 20)
    }
}
