import CoreML
import Foundation
import ReaderCore

/// One Core ML model, of one size, made and used inside the actor: MLModel is not Sendable.
actor CoreMLModel {
    nonisolated let name: String
    private let model: MLModel
    private let outputs: [String]

    /// - Parameters:
    ///   - compiled: an .mlmodelc.
    ///   - function: of a package of several, which needs iOS 18.
    ///   - outputs: names of the spec.
    init(_ name: String, _ compiled: URL, function: String? = nil, units: MLComputeUnits, outputs: [String]) throws {
        let configuration = MLModelConfiguration()
        configuration.computeUnits = units
        if let function {
            guard #available(iOS 18, macOS 15, *) else {
                throw CtpnError.model("\(name): packages of several functions need iOS 18; read with ONNX Runtime")
            }
            configuration.functionName = function
        }
        do {
            // Not `MLModel.load`: what that gives cannot come into the actor. The actor is off the main thread anyway.
            model = try MLModel(contentsOf: compiled, configuration: configuration)
        } catch {
            throw CtpnError.model("\(name): not a model that Core ML can load (\(oneLine(error))); \(bundleHint)")
        }
        (self.name, self.outputs) = (name, outputs)
    }

    /// The spec in the model's own metadata.
    var spec: String? { (model.modelDescription.metadata[.creatorDefinedKey] as? [String: String])?["spec"] }

    /// The outputs by their names, row by row.
    ///
    /// - Parameter picture: of the model's size.
    /// - Throws: `CancellationError` where the task was cancelled before its turn came; `CtpnError.reading` for what cannot be computed.
    func run(_ picture: RgbImage) throws -> [String: (shape: [Int], values: [Float])] {
        try Task.checkCancellation()
        let image = MLFeatureValue(pixelBuffer: try bgra(picture, name))
        let found: any MLFeatureProvider
        do {
            found = try model.prediction(from: MLDictionaryFeatureProvider(dictionary: ["image": image]))
        } catch {
            throw CtpnError.reading("\(name): Core ML cannot compute it (\(oneLine(error))); read with ONNX Runtime")
        }
        return try Dictionary(
            uniqueKeysWithValues: outputs.map { name in
                guard let array = found.featureValue(for: name)?.multiArrayValue, array.dataType == .float32 else {
                    throw CtpnError.model("\(self.name): no float32 output \(name); \(bundleHint)")
                }
                let shaped = MLShapedArray<Float>(array)  // honours strides, which a plain pointer does not
                return (name, (shaped.shape, shaped.scalars))
            })
    }
}

/// RGB as our stages have it goes in as BGRA, which is what Core ML takes for a colour image.
private func bgra(_ picture: RgbImage, _ name: String) throws -> CVPixelBuffer {
    var made: CVPixelBuffer?
    let code = CVPixelBufferCreate(nil, picture.width, picture.height, kCVPixelFormatType_32BGRA, nil, &made)
    guard code == kCVReturnSuccess, let buffer = made else {
        throw CtpnError.reading("\(name): no memory for \(picture.width) x \(picture.height) pixels; mark a smaller region")
    }
    CVPixelBufferLockBaseAddress(buffer, [])
    defer { CVPixelBufferUnlockBaseAddress(buffer, []) }
    let row = CVPixelBufferGetBytesPerRow(buffer)  // often more than 4 * width
    guard let start = CVPixelBufferGetBaseAddress(buffer)?.assumingMemoryBound(to: UInt8.self) else {
        throw CtpnError.reading("\(name): no pixels in the buffer; read with ONNX Runtime")
    }
    picture.pixels.withUnsafeBufferPointer { rgb in
        for y in 0..<picture.height {
            for x in 0..<picture.width {
                let (from, to) = (3 * (y * picture.width + x), y * row + 4 * x)
                (start[to], start[to + 1], start[to + 2], start[to + 3]) = (rgb[from + 2], rgb[from + 1], rgb[from], 255)
            }
        }
    }
    return buffer
}

/// An error of the system in messages.
func oneLine(_ error: any Error) -> String { String("\(error)".map { $0.isNewline ? " " : $0 }.prefix(160)) }
