import Foundation

/// What the benchmark shares: docs/phone.md describes it, contract/schemas/phone.schema.json is its schema.
public struct PhoneReport: Sendable, Equatable, Codable {
    public struct App: Sendable, Equatable, Codable {
        public let name: String
        public let version: String

        public init(name: String, version: String) { (self.name, self.version) = (name, version) }
    }

    public struct Device: Sendable, Equatable, Codable {
        public let model: String
        public let system: String
        public let processor: String
        public let cores: Int
        public let memoryMb: Int

        public init(model: String, system: String, processor: String, cores: Int, memoryMb: Int) {
            (self.model, self.system, self.processor, self.cores, self.memoryMb) = (model, system, processor, cores, memoryMb)
        }
    }

    public struct Runtime: Sendable, Equatable, Codable {
        public let name: String
        public let version: String
        public let provider: String
        public let threads: Int

        public init(name: String, version: String, provider: String, threads: Int) {
            (self.name, self.version, self.provider, self.threads) = (name, version, provider, threads)
        }
    }

    public struct Bundle: Sendable, Equatable, Codable {
        public let version: String
        public let manifest: String

        public init(version: String, manifest: String) { (self.version, self.manifest) = (version, manifest) }
    }

    public struct Photo: Sendable, Equatable, Codable {
        public let name: String
        public let width: Int
        public let height: Int
        public let regions: Int
        public let lines: Int
    }

    public let schema: Int
    public let kind: String
    public let app: App
    public let device: Device
    public let runtime: Runtime
    public let bundle: Bundle
    public let time: String
    public let photo: Photo
    public let golden: Bool
    public let loadMs: Double
    public let firstMs: Double
    public let warmup: Int
    /// Milliseconds of each counted reading by stage, and "whole".
    public let ms: [String: [Double]]
    public let memoryMb: Int

    /// The file that is shared.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
