import Fakes
import Foundation
import ReaderCore
import ReaderModel
import ReaderOnnx
@_spi(Tests) import SwiftUI
import Testing

@testable import App

private let clock = TestClock()

/// ONNX Runtime under another name, as slow or as broken as a test wants.
private struct Other: ModelLoader {
    var delay = Duration.zero
    var isBroken = false
    var onLoad: @Sendable () throws -> Void = {}

    var runtime: RuntimeName { RuntimeName(name: "other", version: "1", provider: "coreml", threads: 0) }

    func detector(_ bundle: ModelBundle) async throws -> any Detector {
        try onLoad()
        if isBroken { throw CtpnError.model("detector: broken") }
        return Delayed(detector: try await OnnxLoader(threads: 1).detector(bundle), delay: delay)
    }

    func recognizer(_ bundle: ModelBundle) async throws -> any Recognizer { try await OnnxLoader(threads: 1).recognizer(bundle) }
}

private struct Delayed: Detector {
    let detector: any Detector
    let delay: Duration
    var spec: DetectorSpec { detector.spec }

    func maps(_ pixels: RgbImage) async throws -> [DetectorMap: FloatMap] {
        clock.advance(by: delay)
        return try await detector.maps(pixels)
    }
}

extension AppTests {
    @MainActor @Suite struct EngineTests {
        /// A bundle that says it has its ONNX models as Core ML's too.
        private func bundle() throws -> URL {
            let folder = scratch()
            try FileManager.default.copyItem(at: ReaderCase.bundle, to: folder)
            let file = folder.appendingPathComponent(manifestName)
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            var manifest = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let models = try #require(manifest["models"] as? [String: [String: String]])
            manifest["models"] = models.mapValues { $0.merging(["coreml-960x960-float16": $0["onnx"] ?? ""]) { $1 } }
            try JSONSerialization.data(withJSONObject: manifest).write(to: file)
            return folder
        }

        private func reader(_ folder: URL, onnx: Other, coreml: Other, settings: URL = scratch()) -> EngineReader {
            EngineReader(
                folder: folder, loaders: [.onnx: onnx, .coreml: coreml], decoder: PpmDecoder(), file: settings, now: { clock.now })
        }

        @Test func theFastestIsFoundOnceAndKept() async throws {
            let (folder, settings) = (try bundle(), scratch())
            let first = reader(folder, onnx: Other(delay: .milliseconds(200)), coreml: Other(), settings: settings)
            #expect(await first.inUse == .onnx)
            try await first.measure()
            #expect(await first.inUse == .coreml)
            let second = reader(folder, onnx: Other(), coreml: Other(isBroken: true), settings: settings)
            try await second.measure()  // nothing: it is known
            #expect(await second.inUse == .coreml)
        }

        @Test func oneThatCannotReadIsNoChoice() async throws {
            let reader = reader(try bundle(), onnx: Other(), coreml: Other(isBroken: true))
            try await reader.measure()
            #expect(await reader.inUse == .onnx)
        }

        @Test func whatEndsTheAppTwiceIsNotMeasuredAgain() async throws {
            let (folder, settings) = (try bundle(), scratch())
            for _ in 1...2 {
                let then = scratch()
                let ending = Other(onLoad: { try FileManager.default.copyItem(at: settings, to: then) })
                try await reader(folder, onnx: Other(), coreml: ending, settings: settings).measure()
                try FileManager.default.removeItem(at: settings)  // as if the app had ended while Core ML's model was loaded
                try FileManager.default.moveItem(at: then, to: settings)
            }
            let third = reader(folder, onnx: Other(delay: .milliseconds(200)), coreml: Other(), settings: settings)
            try await third.measure()
            #expect(await third.inUse == .onnx)
            try await third.choose(.coreml)
            #expect(await third.inUse == .coreml)
        }

        @Test func withoutCoreMLsModelsThereIsNothingToChoose() async throws {
            let reader = reader(ReaderCase.bundle, onnx: Other(), coreml: Other())
            #expect(await reader.engines == [.onnx])
            try await reader.choose(.coreml)
            #expect(await reader.inUse == .onnx)
        }

        @Test func theUsersChoiceGoesFirstAndIsKept() async throws {
            let (folder, settings) = (try bundle(), scratch())
            let reader = reader(folder, onnx: Other(), coreml: Other(isBroken: true), settings: settings)
            let engine = EngineModel(reader)
            await engine.start()
            let app = try Shown(reader, decoder: PpmDecoder(), engine: engine, sample: { try ReaderCase.photo("golden") })
            try app.press("性能测试")
            let picker = try #require(app.tree.first("Picker"))
            #expect(picker.children.map(\.text) == ["自动", "ONNX Runtime", "Core ML"] && picker.children[0].isSelected)
            #expect(app.texts.contains("本机最快："))
            try app.press("Core ML")
            try await waitUntil("it is chosen") { await reader.inUse == .coreml && engine.inUse == .coreml }
            #expect(app.tree.first("Picker")?.children[2].isSelected == true && !app.texts.contains("本机最快："))
            let photo = try PpmDecoder().decode([UInt8](try ReaderCase.photo("golden")))
            await #expect(throws: CtpnError.self) { try await reader.read(photo, regions: nil) { _ in } }
            let next = self.reader(folder, onnx: Other(), coreml: Other(), settings: settings)
            #expect(await next.chosen == .coreml)
            try await next.choose(nil)
            #expect(await next.inUse == .onnx)
        }
    }
}
