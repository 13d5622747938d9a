import CoreML
import Foundation
import ReaderCore

/// Computes a bundle's Core ML packages on whatever the phone has for it. Before iOS 18 the recogniser's package, which has a function
/// for each width, cannot be loaded; another runtime computes the recogniser there.
public struct CoreMLLoader: ModelLoader {
    private let older: any ModelLoader
    private let units: MLComputeUnits
    private let caches: URL

    /// - Parameters:
    ///   - older: computes the recogniser before iOS 18.
    ///   - caches: where compiled packages are kept. Not tmp: Core ML keeps what it made for this device by the model's path.
    public init(beforeIOS18 older: any ModelLoader, caches: URL, units: MLComputeUnits = .all) {
        (self.older, self.units, self.caches) = (older, units, caches)
    }

    public var runtime: RuntimeName {
        let system = ProcessInfo.processInfo.operatingSystemVersion
        return RuntimeName(
            name: "Core ML", version: "\(system.majorVersion).\(system.minorVersion)", provider: "coreml", threads: 0)
    }

    public func detector(_ bundle: ModelBundle) async throws -> any Detector {
        let (package, format) = try coreML("detector", bundle)
        guard let size = fixedSize(format) else { throw CtpnError.model("detector: expected a package of one size, got '\(format)'") }
        let compiled = try await CompiledModels(bundle, caches).compiled(package)
        return try await CoreMLDetector(compiled, bundle.detectorSpec, size, units)
    }

    public func recognizer(_ bundle: ModelBundle) async throws -> any Recognizer {
        guard #available(iOS 18, macOS 15, *) else { return try await older.recognizer(bundle) }
        let compiled = try await CompiledModels(bundle, caches).compiled(try coreML("recognizer", bundle).package)
        return try await CoreMLRecognizer(compiled, bundle.recognizerSpec, units)
    }

    /// The package of a part, and its format, such as "coreml-960x960-float16".
    private func coreML(_ part: String, _ bundle: ModelBundle) throws -> (package: String, format: String) {
        let format = (bundle.manifest.models[part] ?? [:]).keys.sorted().first { $0.hasPrefix("coreml") } ?? "coreml"
        return (try bundle.model(part, format: format), format)
    }
}

/// The size in a format's name: height and width.
func fixedSize(_ format: String) -> (height: Int, width: Int)? {
    for part in format.split(separator: "-") {
        let sides = part.split(separator: "x").map { Int($0) }
        if sides.count == 2, let height = sides[0], let width = sides[1] { return (height, width) }
    }
    return nil
}

/// The detector: pictures are padded to its size, and its maps cut to theirs.
struct CoreMLDetector: Detector {
    let spec: DetectorSpec
    private let size: (height: Int, width: Int)
    private let model: CoreMLModel

    init(_ compiled: URL, _ spec: DetectorSpec, _ size: (height: Int, width: Int), _ units: MLComputeUnits) async throws {
        (self.spec, self.size) = (spec.untiled, size)
        model = try CoreMLModel("detector", compiled, units: units, outputs: spec.outputs.map(\.rawValue))
        guard try await model.spec.map({ try DetectorSpec(json: $0) }) == spec else { throw otherSpec(model) }
    }

    func maps(_ pixels: RgbImage) async throws -> [DetectorMap: FloatMap] {
        let found = try await model.run(try padded(pixels, width: size.width, height: size.height, grey: spec.pad))
        var maps: [DetectorMap: FloatMap] = [:]
        for name in spec.outputs {
            let (rows, columns) = spec.cells(of: name, height: pixels.height, width: pixels.width)
            guard let (shape, values) = found[name.rawValue], shape.count == 4, shape[0] == 1, values.count == shape.reduce(1, *),
                shape[1] >= rows, shape[2] >= columns
            else { throw mismatch(model) }
            let map = FloatMap(height: shape[1], width: shape[2], channels: shape[3], values: values)
            maps[name] = map.cut(rows: rows, columns: columns)
        }
        return maps
    }
}

/// The recogniser: each line crop goes into the narrowest function that holds it.
struct CoreMLRecognizer: Recognizer {
    let spec: RecognizerSpec
    private let functions: [Int: CoreMLModel]

    @available(iOS 18, macOS 15, *)
    init(_ compiled: URL, _ spec: RecognizerSpec, _ units: MLComputeUnits) async throws {
        self.spec = spec
        var functions: [Int: CoreMLModel] = [:]
        for width in Set(spec.widths + [spec.maxWidth]) {
            functions[width] = try CoreMLModel("recognizer", compiled, function: "w\(width)", units: units, outputs: ["logits"])
        }
        self.functions = functions
    }

    func logits(_ batch: LineCropBatch) async throws -> [Float] {
        let width = try functionWidth(for: batch.width, of: functions.keys.sorted())
        guard let model = functions[width] else { return [] }
        var logits: [Float] = []
        for crop in batch.crops {
            let found = try await model.run(try padded(crop, width: width, height: batch.height, grey: spec.pad))
            guard let (shape, values) = found["logits"], shape == [1, width / spec.stride, spec.classes] else { throw mismatch(model) }
            logits += values.prefix(batch.width / spec.stride * spec.classes)
        }
        return logits
    }
}

private func mismatch(_ model: CoreMLModel) -> CtpnError {
    .model("\(model.name): inputs or outputs do not fit its spec; \(bundleHint)")
}

private func otherSpec(_ model: CoreMLModel) -> CtpnError {
    .model("\(model.name): the file has another spec than the bundle; \(bundleHint)")
}
