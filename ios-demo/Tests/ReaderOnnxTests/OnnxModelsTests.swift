import Foundation
import ReaderOnnx
import Testing

@testable import ReaderCore

@Suite struct OnnxModelsTests {
    private let bundle: ModelBundle
    private let detector: [UInt8]
    private let recognizer: [UInt8]

    init() throws {
        bundle = try ReaderCase.bundle()
        (detector, recognizer) = (try bundle.content("detector.onnx"), try bundle.content("recognizer.onnx"))
    }

    /// Pixels that Python's tests/helpers/reader_case.py makes too.
    private func pattern(_ shape: [Int]) -> [UInt8] {
        var pixels: [UInt8] = []
        for n in 0..<shape[0] {
            for y in 0..<shape[1] {
                for x in 0..<shape[2] {
                    for c in 0..<3 { pixels.append(UInt8((n * 17 + y * 13 + x * 7 + c * 29) % 251)) }
                }
            }
        }
        return pixels
    }

    private func compare(_ values: [Float], _ expected: JsonValue?, _ name: String) {
        let numbers = ReaderCase.numbers(expected?.object?["f32"] ?? .null)
        #expect(values.count == numbers.count && !numbers.isEmpty, "\(name)")
        let difference = zip(values, numbers).map { abs($0 - $1) }.max() ?? 0
        print("\(name): \(values.count) values, largest difference from Python's \(difference)")
        #expect(difference <= 1e-5, "\(name)")
    }

    @Test func bothModelsGiveWhatPythonGets() async throws {
        let models = try ReaderCase.json("models.json").object!
        let (photo, crops) = (models["detector"]!.object!, models["recognizer"]!.object!)
        let shape = photo["shape"]!.list!.map { $0.int! }
        let maps = try await OnnxDetector(detector, bundle.detectorSpec, threads: 1).maps(RgbImage(shape[2], shape[1], pattern(shape)))
        #expect(Set(maps.keys) == Set(bundle.detectorSpec.outputs))
        for (name, map) in maps {
            let expected = photo["outputs"]!.object![name.rawValue]
            #expect(expected?.object?["shape"]?.list?.map { $0.int! } == [1, map.height, map.width, map.channels])
            compare(map.values, expected, name.rawValue)
        }
        let sides = crops["shape"]!.list!.map { $0.int! }
        let batch = LineCropBatch(count: sides[0], height: sides[1], width: sides[2], pixels: pattern(sides))
        let logits = try await OnnxRecognizer(recognizer, bundle.recognizerSpec, threads: 1).logits(batch)
        compare(logits, crops["outputs"]!.object!["logits"], "logits")
    }

    @Test func manyCallersAreServedInTurn() async throws {
        let model = try OnnxDetector(detector, bundle.detectorSpec, threads: 1)
        let grey = RgbImage(32, 32, .init(repeating: 127, count: 32 * 32 * 3))
        let all = try await withThrowingTaskGroup(of: [DetectorMap: FloatMap].self) { group in
            for _ in 0..<8 { group.addTask { try await model.maps(grey) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.count == 8 && all.allSatisfy { $0 == all[0] })
    }

    @Test func damagedModelsAreRefused() {
        for damaged in [[], Array(detector.prefix(5000)), Array(repeating: UInt8(7), count: 1000)] {
            expectModelError("not a model that can be loaded") { try OnnxDetector(damaged, bundle.detectorSpec) }
        }
        expectModelError("not a model that can be loaded") { try OnnxRecognizer(Array(recognizer.prefix(5000)), bundle.recognizerSpec) }
    }

    @Test func modelsThatDoNotFitAreRefused() throws {
        expectModelError("do not fit") { try OnnxDetector(recognizer, bundle.detectorSpec) }
        expectModelError("do not fit") { try OnnxRecognizer(detector, bundle.recognizerSpec) }
        let text = String(decoding: try bundle.content("detector.spec.json"), as: UTF8.self)
        let other = try DetectorSpec(json: text.replacing(/"pad": ?\d+/, with: "\"pad\": 0"))
        #expect(other != bundle.detectorSpec)
        expectModelError("another spec") { try OnnxDetector(detector, other) }
    }

    @Test func aWrongShapeIsAnError() async throws {
        let model = try OnnxRecognizer(recognizer, bundle.recognizerSpec)
        let height = bundle.recognizerSpec.height
        let batches = [
            LineCropBatch(count: 1, height: height - 1, width: 32, pixels: .init(repeating: 0, count: 3 * (height - 1) * 32)),
            LineCropBatch(count: 1, height: height, width: 32, pixels: [1, 2, 3]),
            LineCropBatch(count: 0, height: height, width: 32, pixels: []),
        ]
        for batch in batches { await #expect(throws: CtpnError.self) { try await model.logits(batch) } }
    }

    @Test func aCancelledTaskComputesNothing() async throws {
        let model = try OnnxDetector(detector, bundle.detectorSpec)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await model.maps(RgbImage(32, 32, .init(repeating: 0, count: 32 * 32 * 3)))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    private func expectModelError(_ part: String, _ work: () throws -> some Any) {
        do {
            _ = try work()
            Issue.record("expected an error: \(part)")
        } catch CtpnError.model(let message) {
            #expect(message.contains(part) && !message.contains("\n"))
        } catch {
            Issue.record("expected a model error, got \(error)")
        }
    }
}
