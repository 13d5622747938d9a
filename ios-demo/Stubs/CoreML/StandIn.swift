// What computes in the tests in Core ML's place: `@_spi(Tests) import CoreML`.
@_spi(Tests) import CoreVideo

@_spi(Tests) public struct StandIn: Sendable {
    public struct Picture: Sendable, Equatable {
        public let width: Int
        public let height: Int
        /// Row by row.
        public let rgb: [UInt8]
    }
    public typealias Outputs = [String: (shape: [Int], values: [Float])]

    /// By the package's name without its ending. Tests of one suite come one after another.
    nonisolated(unsafe) public static var models: [String: StandIn] = [:]
    /// What was compiled.
    nonisolated(unsafe) public static var compiled: [String] = []

    /// In the metadata.
    public let spec: String
    /// Names of functions; empty: one, without a name.
    public let functions: [String]
    public let compute: @Sendable (_ function: String?, Picture) -> Outputs

    public init(spec: String, functions: [String] = [], compute: @escaping @Sendable (_ function: String?, Picture) -> Outputs) {
        (self.spec, self.functions, self.compute) = (spec, functions, compute)
    }

    /// Of a package, or of what it was compiled to.
    static func of(_ url: URL) throws -> StandIn {
        guard FileManager.default.fileExists(atPath: url.path),
            let model = models.first(where: { url.lastPathComponent.hasPrefix($0.key) })?.value
        else { throw CocoaError(.fileNoSuchFile) }
        return model
    }
}

extension StandIn.Picture {
    init(_ buffer: CVPixelBuffer) {
        (width, height) = (buffer.width, buffer.height)
        let (row, bytes) = (CVPixelBufferGetBytesPerRow(buffer), buffer.bytes.assumingMemoryBound(to: UInt8.self))
        rgb = (0..<height).flatMap { [width] y in (0..<width).flatMap { x in [2, 1, 0].map { bytes[y * row + 4 * x + $0] } } }
    }
}
