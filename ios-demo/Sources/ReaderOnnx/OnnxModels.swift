import ReaderCore

private let anySide = -1

/// Computes a bundle's ONNX models on the processor, by ONNX Runtime.
public struct OnnxLoader: ModelLoader {
    private let threads: Int

    /// - Parameter threads: for one photo; 0 lets the runtime choose.
    public init(threads: Int = 0) { self.threads = threads }

    public var runtime: RuntimeName { RuntimeName(name: "onnxruntime", version: onnxRuntimeVersion, provider: "cpu", threads: threads) }

    public func detector(_ bundle: ModelBundle) async throws -> any Detector {
        try OnnxDetector(try bundle.content(try bundle.model("detector", format: "onnx")), bundle.detectorSpec, threads: threads)
    }

    public func recognizer(_ bundle: ModelBundle) async throws -> any Recognizer {
        try OnnxRecognizer(try bundle.content(try bundle.model("recognizer", format: "onnx")), bundle.recognizerSpec, threads: threads)
    }
}

/// The detector: pixels to maps.
public struct OnnxDetector: Detector {
    public let spec: DetectorSpec
    private let session: OnnxSession

    /// - Parameters:
    ///   - model: the bytes of an .onnx file.
    ///   - spec: the bundle's, which must be that in the file.
    /// - Throws: `CtpnError.model` for a file that cannot be loaded, or does not fit the spec.
    public init(_ model: [UInt8], _ spec: DetectorSpec, threads: Int = 0) throws {
        session = try OnnxSession("detector", model: model, threads: threads)
        self.spec = spec
        try checkInput(session, [1, anySide, anySide, 3])
        guard session.outputs.map(\.name) == spec.outputs.map(\.rawValue) else { throw mismatch(session) }
        guard try session.metadata["spec"].map({ try DetectorSpec(json: $0) }) == spec else { throw otherSpec(session) }
    }

    public func maps(_ pixels: RgbImage) async throws -> [DetectorMap: FloatMap] {
        let found = try await session.run(pixels.pixels, shape: [1, pixels.height, pixels.width, 3])
        var maps: [DetectorMap: FloatMap] = [:]
        for name in spec.outputs {
            guard let map = found[name.rawValue], map.shape.count == 4, map.shape[0] == 1 else { throw mismatch(session) }
            maps[name] = FloatMap(height: map.shape[1], width: map.shape[2], channels: map.shape[3], values: map.values)
        }
        return maps
    }
}

/// The recogniser: line crops to logits.
public struct OnnxRecognizer: Recognizer {
    public let spec: RecognizerSpec
    private let session: OnnxSession

    /// As `OnnxDetector.init`.
    public init(_ model: [UInt8], _ spec: RecognizerSpec, threads: Int = 0) throws {
        session = try OnnxSession("recognizer", model: model, threads: threads)
        self.spec = spec
        try checkInput(session, [anySide, spec.height, anySide, 3])
        guard session.outputs.map(\.name) == ["logits"], session.outputs[0].type.shape.last == spec.classes else { throw mismatch(session) }
        guard try session.metadata["spec"].map({ try RecognizerSpec(json: $0) }) == spec else { throw otherSpec(session) }
    }

    public func logits(_ batch: LineCropBatch) async throws -> [Float] {
        let found = try await session.run(batch.pixels, shape: [batch.count, batch.height, batch.width, 3])
        guard let logits = found["logits"], logits.shape == [batch.count, batch.width / spec.stride, spec.classes] else {
            throw mismatch(session)
        }
        return logits.values
    }
}

/// Whether the one input is uint8 of these sides.
private func checkInput(_ session: OnnxSession, _ shape: [Int]) throws {
    guard session.inputs.count == 1, session.inputs[0].type == TensorType(isUInt8: true, shape: shape) else { throw mismatch(session) }
}

private func mismatch(_ session: OnnxSession) -> CtpnError {
    .model("\(session.name): inputs or outputs do not fit its spec; \(bundleHint)")
}

private func otherSpec(_ session: OnnxSession) -> CtpnError {
    .model("\(session.name): the file has another spec than the bundle; \(bundleHint)")
}
