@_spi(Tests) import CoreML
import Fakes
import Foundation
import ReaderCoreML
import ReaderOnnx
import Testing

@testable import ReaderCore

/// What the app does around Core ML, with a stand-in that computes: pictures go in as they are, maps and logits come out at their places.
@Suite(.serialized) struct CoreMLTests {
    private let folder = scratch()
    private let caches = scratch()
    private let detectorSpec: String
    private let recognizerSpec: String

    init() throws {
        try FileManager.default.copyItem(at: ReaderCase.folder.appendingPathComponent("bundle-all-formats"), to: folder)
        detectorSpec = try String(contentsOf: folder.appendingPathComponent("detector.spec.json"), encoding: .utf8)
        recognizerSpec = try String(contentsOf: folder.appendingPathComponent("recognizer.spec.json"), encoding: .utf8)
        (StandIn.models, StandIn.compiled) = (["detector": detector(), "recognizer": recognizer()], [])
    }

    private var loader: CoreMLLoader { CoreMLLoader(beforeIOS18: OnnxLoader(), caches: caches) }

    /// Each cell's values are the red, green, blue … of its upper left pixel, and a thousand more from map to map.
    private func detector(spec: String? = nil) -> StandIn {
        StandIn(spec: spec ?? detectorSpec) { function, picture in
            #expect(function == nil && (picture.height, picture.width) == (960, 960))
            let maps = [("score", 8, 16), ("vertical", 8, 16), ("side", 8, 16), ("link", 8, 16), ("direction", 16, 16)]
            return Dictionary(
                uniqueKeysWithValues: maps.enumerated().map { number, map in
                    let (name, rows, columns) = (map.0, 960 / map.1, 960 / map.2)
                    let values = (0..<rows * columns * 3).map { i in
                        let (y, x) = (i / 3 / columns * map.1, i / 3 % columns * map.2)
                        return Float(1000 * number) + Float(picture.rgb[3 * (y * 960 + x) + i % 3])
                    }
                    return (name, ([1, rows, columns, 3], values))
                })
        }
    }

    /// The first logit of each time step is the red of its upper left pixel, the last one the function's width.
    private func recognizer() -> StandIn {
        StandIn(spec: recognizerSpec, functions: ["w160", "w320", "w640", "w1280"]) { function, picture in
            #expect(function == "w\(picture.width)")
            let (stride, classes) = (4, 5128)
            var logits = [Float](repeating: 0, count: picture.width / stride * classes)
            for step in 0..<picture.width / stride {
                logits[step * classes] = Float(picture.rgb[3 * step * stride])
                logits[step * classes + classes - 1] = Float(picture.width)
            }
            return ["logits": ([1, picture.width / stride, classes], logits)]
        }
    }

    private func pattern(_ width: Int, _ height: Int, _ from: Int = 0) throws -> RgbImage {
        try RgbImage(width: width, height: height, pixels: (0..<3 * width * height).map { UInt8(($0 * 7 + from) % 251) })
    }

    @Test(arguments: [(960, 64), (64, 960), (96, 160), (960, 960)])
    func picturesOfAnyShapeGiveTheMapsOfTheirOwnCells(_ width: Int, _ height: Int) async throws {
        let picture = try pattern(width, height)
        let maps = try await loader.detector(try ModelBundle(folder)).maps(picture)
        #expect(Set(maps.keys) == [.score, .vertical, .side, .link, .direction])
        for (number, name) in [DetectorMap.score, .vertical, .side, .link, .direction].enumerated() {
            let map = try #require(maps[name])
            let (high, wide) = (name == .direction ? 16 : 8, 16)
            #expect((map.height, map.width, map.channels) == (height / high, width / wide, 3))
            let expected = (0..<map.height * map.width * 3).map { i in
                Float(1000 * number) + Float(picture.pixels[3 * (i / 3 / map.width * high * width + i / 3 % map.width * wide) + i % 3])
            }
            #expect(map.values == expected, "\(name)")
        }
    }

    @Test func whatIsMissingIsGreyAndWhatIsTooLargeIsRefused() async throws {
        let seen = Seen()
        let inner = detector()
        StandIn.models["detector"] = StandIn(spec: detectorSpec) { function, picture in
            seen.picture = picture
            return inner.compute(function, picture)
        }
        let detector = try await loader.detector(try ModelBundle(folder))
        _ = try await detector.maps(try pattern(32, 64))
        let picture = try #require(seen.picture)
        for (x, y, grey) in [(31, 63, false), (32, 63, true), (31, 64, true), (959, 959, true)] {
            #expect((Array(picture.rgb[3 * (y * 960 + x)..<3 * (y * 960 + x) + 3]) == [127, 127, 127]) == grey, "\(x) \(y)")
        }
        #expect(detector.spec.tiling.maxUntiled == 1)
        await #expect(throws: CtpnError.self) { try await detector.maps(try pattern(992, 32)) }
    }

    @Test(arguments: [(32, 160), (160, 160), (192, 320), (640, 640), (672, 1280), (1280, 1280)])
    func eachCropOfABatchGoesIntoTheNarrowestFunction(_ width: Int, _ function: Int) async throws {
        let bundle = try ModelBundle(folder)
        let (recognizer, spec) = (try await loader.recognizer(bundle), bundle.recognizerSpec)
        let crops = try (0..<3).map { try pattern(width, spec.height, 40 * $0) }
        let batch = LineCropBatch(count: 3, height: spec.height, width: width, pixels: crops.flatMap(\.pixels))
        let (logits, steps) = (try await recognizer.logits(batch), width / spec.stride)
        #expect(logits.count == 3 * steps * spec.classes)
        for (n, crop) in crops.enumerated() {
            for step in [0, steps / 2, steps - 1] {
                let at = (n * steps + step) * spec.classes
                #expect(logits[at] == Float(crop.pixels[3 * step * spec.stride]) && logits[at + spec.classes - 1] == Float(function))
            }
        }
    }

    @Test func aCropWiderThanAllFunctionsIsRefused() async throws {
        let bundle = try ModelBundle(folder)
        let (recognizer, height) = (try await loader.recognizer(bundle), bundle.recognizerSpec.height)
        let wide = LineCropBatch(count: 1, height: height, width: 1312, pixels: try pattern(1312, height).pixels)
        await #expect(throws: CtpnError.self) { try await recognizer.logits(wide) }
    }

    @Test func aPackageIsCompiledOnceForEachBundle() async throws {
        for _ in 0..<2 { _ = try await loader.detector(try ModelBundle(folder)) }
        #expect(StandIn.compiled == ["detector-960x960-float16.mlpackage"])
        let manifest = folder.appendingPathComponent("manifest.json")
        try (Data(contentsOf: manifest) + Data("\n".utf8)).write(to: manifest)
        let other = try ModelBundle(folder)
        _ = try await loader.detector(other)
        #expect(StandIn.compiled.count == 2)
        let kept = try FileManager.default.contentsOfDirectory(atPath: caches.appendingPathComponent("compiled-models").path)
        #expect(kept == [other.manifestSum])
    }

    @Test func packagesThatDoNotFitAreErrors() async throws {
        let bundle = try ModelBundle(folder)
        StandIn.models["detector"] = detector(spec: detectorSpec.replacing(/"pad": ?\d+/, with: "\"pad\": 0"))
        await #expect(throws: CtpnError.self) { try await loader.detector(bundle) }  // another spec
        StandIn.models["detector"] = StandIn(spec: detectorSpec) { _, _ in [:] }
        let without = try await loader.detector(bundle)
        await #expect(throws: CtpnError.self) { try await without.maps(try pattern(32, 32)) }
        StandIn.models["recognizer"] = StandIn(spec: recognizerSpec, functions: ["w160"]) { _, _ in [:] }
        await #expect(throws: CtpnError.self) { try await loader.recognizer(bundle) }  // a function is missing
        StandIn.models = [:]
        await #expect(throws: CtpnError.self) { try await CoreMLLoader(beforeIOS18: OnnxLoader(), caches: scratch()).detector(bundle) }
    }
}

/// What the stand-in was given.
private final class Seen: @unchecked Sendable {
    var picture: StandIn.Picture?
}
