import COnnxRuntime
import Foundation
import ReaderCore

/// What an input or output of a graph takes or gives; a side of any length is -1.
struct TensorType: Sendable, Equatable {
    var isUInt8: Bool
    var shape: [Int]
}

/// float32 row by row, as an output is copied out of the runtime's memory.
struct Tensor: Sendable, Equatable {
    let shape: [Int]
    let values: [Float]
}

/// One model under ONNX Runtime. The actor is the lock: calls come one after another, and never on the main thread.
actor OnnxSession {
    nonisolated let name: String
    nonisolated let inputs: [(name: String, type: TensorType)]
    nonisolated let outputs: [(name: String, type: TensorType)]
    /// The file's own, by key.
    nonisolated let metadata: [String: String]
    private let handles: Handles

    /// - Parameters:
    ///   - name: of the model, for messages.
    ///   - model: the bytes of an .onnx file.
    ///   - threads: for one picture; 0 lets the runtime choose.
    init(_ name: String, model: [UInt8], threads: Int) throws {
        do {
            let handles = try Handles(model, threads: Int32(threads))
            (self.name, self.handles) = (name, handles)
            (inputs, outputs, metadata) = (try handles.inputs(), try handles.outputs(), try handles.metadata())
        } catch let failure as OnnxFailure {
            throw CtpnError.model("\(name): not a model that can be loaded (\(failure.message)); \(bundleHint)")
        }
    }

    /// The outputs by their names.
    ///
    /// - Parameters:
    ///   - pixels: uint8 of the one input, row by row.
    ///   - shape: of the input.
    /// - Throws: `CancellationError` where the task was cancelled before its turn came; `CtpnError.reading` for what cannot be computed.
    func run(_ pixels: [UInt8], shape: [Int]) throws -> [String: Tensor] {
        try Task.checkCancellation()
        do {
            let found = try handles.run(inputs.map(\.name), pixels, shape, outputs.map(\.name))
            return Dictionary(uniqueKeysWithValues: zip(outputs.map(\.name), found))
        } catch let failure as OnnxFailure {
            throw CtpnError.reading("\(name): cannot be computed (\(failure.message)); try a smaller photo or region")
        }
    }
}

/// The version of ONNX Runtime that is linked.
public var onnxRuntimeVersion: String { OrtGetApiBase().pointee.GetVersionString().map { String(cString: $0) } ?? "unknown" }

/// What ONNX Runtime said, on one line.
private struct OnnxFailure: Error {
    let message: String

    init(_ message: String) { self.message = String(message.map { $0.isNewline ? " " : $0 }.prefix(160)) }
}

/// One for the process, and never released: the runtime has room for one, and cannot make the next while the last one is being released.
nonisolated(unsafe) private let environment: OpaquePointer? = {
    guard let api = OrtGetApiBase().pointee.GetApi(UInt32(ORT_API_VERSION))?.pointee else { return nil }
    var made: OpaquePointer?
    if let status = api.CreateEnv(ORT_LOGGING_LEVEL_FATAL, "reader", &made) { api.ReleaseStatus(status) }
    return made
}()

/// The handles, which are released with it. A class of its own: an actor's deinit must not touch what is isolated to it.
private final class Handles {
    private let api: OrtApi
    private var session: OpaquePointer?
    private var memory: OpaquePointer?

    init(_ model: [UInt8], threads: Int32) throws {
        // A library that is older than the header has no such interface, and says so with null.
        guard let api = OrtGetApiBase().pointee.GetApi(UInt32(ORT_API_VERSION)) else {
            throw OnnxFailure("ONNX Runtime \(onnxRuntimeVersion) is older than its header, interface \(ORT_API_VERSION)")
        }
        self.api = api.pointee
        var options: OpaquePointer?
        defer { self.api.ReleaseSessionOptions(options) }
        guard let environment else { throw OnnxFailure("ONNX Runtime gives no environment") }
        try check(self.api.CreateSessionOptions(&options))
        try check(self.api.SetIntraOpNumThreads(options, threads))
        // Without its own pool the runtime holds a fifth less at most, gives it back after each reading, and is as fast.
        try check(self.api.DisableCpuMemArena(options))
        try check(self.api.DisableMemPattern(options))
        // The runtime copies what it needs: the bytes may go afterwards.
        try model.withUnsafeBytes { try check(self.api.CreateSessionFromArray(environment, $0.baseAddress, $0.count, options, &session)) }
        try check(self.api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory))
    }

    deinit {
        api.ReleaseMemoryInfo(memory)
        api.ReleaseSession(session)
    }

    private func check(_ status: OrtStatusPtr?) throws {
        guard let status else { return }
        defer { api.ReleaseStatus(status) }
        throw OnnxFailure(api.GetErrorMessage(status).map { String(cString: $0) } ?? "unknown error")
    }

    func inputs() throws -> [(name: String, type: TensorType)] {
        var count = 0
        try check(api.SessionGetInputCount(session, &count))
        return try (0..<count).map { i in
            (try text { api.SessionGetInputName(session, i, $0, $1) }, try type { api.SessionGetInputTypeInfo(session, i, $0) })
        }
    }

    func outputs() throws -> [(name: String, type: TensorType)] {
        var count = 0
        try check(api.SessionGetOutputCount(session, &count))
        return try (0..<count).map { i in
            (try text { api.SessionGetOutputName(session, i, $0, $1) }, try type { api.SessionGetOutputTypeInfo(session, i, $0) })
        }
    }

    func metadata() throws -> [String: String] {
        var meta: OpaquePointer?
        try check(api.SessionGetModelMetadata(session, &meta))
        defer { api.ReleaseModelMetadata(meta) }
        let allocator = try allocator()
        var keys: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        var count: Int64 = 0
        try check(api.ModelMetadataGetCustomMetadataMapKeys(meta, allocator, &keys, &count))
        guard let keys else { return [:] }
        defer { _ = api.AllocatorFree(allocator, keys) }
        var found: [String: String] = [:]
        for key in UnsafeBufferPointer(start: keys, count: Int(count)) {
            guard let key else { continue }
            defer { _ = api.AllocatorFree(allocator, key) }
            found[String(cString: key)] = try text { api.ModelMetadataLookupCustomMetadataMap(meta, $0, key, $1) }
        }
        return found
    }

    func run(_ inputs: [String], _ pixels: [UInt8], _ shape: [Int], _ outputs: [String]) throws -> [Tensor] {
        guard inputs.count == 1 else { throw OnnxFailure("expected one input, got \(inputs.count)") }
        guard shape.reduce(1, *) == pixels.count, !pixels.isEmpty else {
            throw OnnxFailure("expected as many bytes as the shape \(shape) has, got \(pixels.count)")
        }
        var bytes = pixels
        let sides = shape.map(Int64.init)
        var given = [OpaquePointer?](repeating: nil, count: outputs.count)
        defer { for value in given { api.ReleaseValue(value) } }
        let names = (inputs + outputs).map { strdup($0) }
        defer { for name in names { free(name) } }
        let pointers = names.map { UnsafePointer<CChar>($0) }
        // The tensor borrows the bytes, so it lives and dies inside this closure.
        try bytes.withUnsafeMutableBytes { raw in
            var taken: OpaquePointer?
            defer { api.ReleaseValue(taken) }
            try check(
                api.CreateTensorWithDataAsOrtValue(
                    memory, raw.baseAddress, raw.count, sides, sides.count, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, &taken))
            try check(api.Run(session, nil, Array(pointers.prefix(1)), &taken, 1, Array(pointers.dropFirst()), outputs.count, &given))
        }
        return try given.map(tensor)
    }

    private func tensor(_ value: OpaquePointer?) throws -> Tensor {
        var info: OpaquePointer?
        try check(api.GetTensorTypeAndShape(value, &info))
        defer { api.ReleaseTensorTypeAndShapeInfo(info) }
        let (type, shape) = try typeAndShape(info)
        guard type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT else { throw OnnxFailure("expected float32, got type \(type.rawValue)") }
        var data: UnsafeMutableRawPointer?
        try check(api.GetTensorMutableData(value, &data))
        let count = shape.reduce(1, *)
        guard let start = data?.assumingMemoryBound(to: Float.self) else { return Tensor(shape: shape, values: []) }
        return Tensor(shape: shape, values: Array(UnsafeBufferPointer(start: start, count: count)))
    }

    private func type(_ ask: (UnsafeMutablePointer<OpaquePointer?>) -> OrtStatusPtr?) throws -> TensorType {
        var info: OpaquePointer?
        try check(ask(&info))
        defer { api.ReleaseTypeInfo(info) }
        var tensor: OpaquePointer?  // borrowed of `info`
        try check(api.CastTypeInfoToTensorInfo(info, &tensor))
        guard tensor != nil else { throw OnnxFailure("expected tensors, got another type") }
        let (type, shape) = try typeAndShape(tensor)
        return TensorType(isUInt8: type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, shape: shape)
    }

    private func typeAndShape(_ info: OpaquePointer?) throws -> (ONNXTensorElementDataType, [Int]) {
        var type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED
        var rank = 0
        try check(api.GetTensorElementType(info, &type))
        try check(api.GetDimensionsCount(info, &rank))
        var sides = [Int64](repeating: 0, count: rank)
        try check(api.GetDimensions(info, &sides, rank))
        return (type, sides.map(Int.init))
    }

    private func allocator() throws -> UnsafeMutablePointer<OrtAllocator>? {
        var allocator: UnsafeMutablePointer<OrtAllocator>?
        try check(api.GetAllocatorWithDefaultOptions(&allocator))
        return allocator
    }

    private func text(
        _ ask: (UnsafeMutablePointer<OrtAllocator>?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> OrtStatusPtr?
    ) throws -> String {
        let allocator = try allocator()
        var found: UnsafeMutablePointer<CChar>?
        try check(ask(allocator, &found))
        guard let found else { return "" }
        defer { _ = api.AllocatorFree(allocator, found) }
        return String(cString: found)
    }
}
