import Fakes
import Foundation
import ReaderCore
import ReaderModel
@_spi(Tests) import SwiftUI
import Testing
@_spi(Tests) import UIKit

@testable import App

extension AppTests {
    /// The sample, marked with a finger and read by the real models.
    @MainActor @Suite struct RealReadingTests {
        private let models = Models(folder: ReaderCase.bundle, decoder: PpmDecoder(), settings: scratch())

        private func shown() throws -> Shown {
            let models = models
            let device = Phone.device
            let measured = Benchmark(app: Phone.app, device: device, rounds: 5, peakMemoryMb: Phone.peakMemoryMb, open: models.benchmarked)
            return try Shown(models.reader, decoder: PpmDecoder(), measured: measured, sample: models.sample)
        }

        @Test func fromPhotoToText() async throws {
            let app = try shown()
            try app.press("试用样例")
            await app.settled()
            let golden = try ModelBundle(models.folder).golden
            for region in golden.regions {
                let (from, to) = (region.corners.topLeft, region.corners.bottomRight)
                try app.drag(
                    from: CGPoint(x: CGFloat(from.x), y: CGFloat(from.y)), to: CGPoint(x: CGFloat(to.x), y: CGFloat(to.y)))
            }
            try app.press("识别 \(golden.regions.count) 个区域")
            await app.settled()
            for line in golden.lines { #expect(app.texts.contains(line.text ?? ""), "\(line.text ?? "") in \(app.texts)") }
            try app.press("复制文字")
            #expect(UIPasteboard.general.string == sharedText(golden.lines))
        }

        /// tests/apps/test_ios.py gives its file to benchmarks.phones and to the schema.
        @Test func theBenchmarkMeasures() async throws {
            let app = try shown()
            try app.press("性能测试")
            try app.press("开始")
            await app.benchmark.settled()
            #expect(app.benchmark.problem == nil)
            let report = try #require(app.benchmark.report)
            #expect(report.golden && report.runtime.name == "onnxruntime" && report.photo.lines > 0)
            #expect(report.ms.filter { $0.key != "decode" }.values.allSatisfy { $0.allSatisfy { $0 > 0 } })
            let sum = BenchmarkModel.stages.dropFirst().reduce(0) { $0 + (report.ms[$1]?[0] ?? 0) }
            #expect(sum <= (report.ms["whole"]?[0] ?? 0) + 0.1)
            try report.json().write(to: ReaderCase.folder.deletingLastPathComponent().appendingPathComponent("ios-benchmark.json"))
        }

        @Test(arguments: [true, false]) func withAPublicKeyOnlyASignedBundleIsRead(_ isKey: Bool) async throws {
            let pem =
                isKey ? String(decoding: try Data(contentsOf: ReaderCase.folder.appendingPathComponent("key.pub.pem")), as: UTF8.self) : "x"
            let models = Models(
                folder: ReaderCase.bundle, trust: { try trust(info: ["BundlePublicKeys": [pem], "MinBundleRelease": 7]) },
                decoder: PpmDecoder(), settings: scratch())
            let app = try Shown(models.reader, decoder: PpmDecoder(), sample: { try ReaderCase.photo("golden") })
            try app.press("试用样例")
            await app.settled()
            try app.press("识别整张照片")
            await app.settled()
            #expect(app.texts.contains { $0.hasPrefix(isKey ? "signature.json: missing" : "public key: expected") })
            await #expect(throws: CtpnError.self) { try await models.benchmarked() }
        }

        @Test func theKeysAndTheReleaseAreInfoPlists() throws {
            let pem = String(decoding: try Data(contentsOf: ReaderCase.folder.appendingPathComponent("key.pub.pem")), as: UTF8.self)
            let indented = pem.replacingOccurrences(of: "\n", with: "\n\t\t")
            #expect(try trust(info: [:]) == nil && trust(info: ["BundlePublicKeys": [String](), "MinBundleRelease": 7]) == nil)
            let found = try #require(try trust(info: ["BundlePublicKeys": [pem, indented], "MinBundleRelease": 7]))
            #expect(found.keys.count == 2 && found.keys[0].der == found.keys[1].der && found.minRelease == 7 && found.now == nil)
        }

        @Test func damagedModelsAreAnErrorWithAWayBack() async throws {
            let models = Models(folder: scratch(), decoder: PpmDecoder(), settings: scratch())
            let app = try Shown(models.reader, decoder: PpmDecoder(), sample: { try ReaderCase.photo("golden") })
            try app.press("试用样例")
            await app.settled()
            try app.press("识别整张照片")
            await app.settled()
            #expect(app.texts.contains("识别失败") && app.texts.contains { $0.hasPrefix("manifest.json: missing") })
            try app.press("返回")
            #expect(app.marking == Marking())
        }
    }
}
