import Fakes
import Foundation
import ReaderCore
import ReaderModel
import Testing

@Suite struct BenchmarkTests {
    @Test func percentilesAreNumpys() {
        #expect(abs(percentile((1...20).reversed().map { Double($0) }, 0.5) - 10.5) < 1e-9)
        #expect(abs(percentile((1...20).map { Double($0) }, 0.9) - 18.1) < 1e-9)
        #expect(percentile([7], 0.9) == 7)
    }

    @Test func theReportIsThatOfThePhoneBenchmark() async throws {
        let report = try await benchmark().measure { _, _ in }
        #expect(Set(report.ms.keys) == Set(BenchmarkModel.stages))
        #expect(report.ms.values.allSatisfy { $0.count == 5 })
        #expect(report.ms["detect"] == Array(repeating: 20, count: 5) && report.ms["recognize"] == Array(repeating: 0, count: 5))
        #expect(report.golden && report.warmup == 3 && report.photo.lines == 1 && report.photo.regions == 1)
        let json = try #require(try JSONSerialization.jsonObject(with: report.json()) as? [String: Any])
        #expect(
            Set(json.keys) == [
                "schema", "kind", "app", "device", "runtime", "bundle", "time", "photo", "golden", "load_ms", "first_ms", "warmup", "ms",
                "memory_mb",
            ])
        #expect((json["ms"] as? [String: Any])?["line_crop"] != nil)
        #expect((json["device"] as? [String: Any])?["memory_mb"] as? Int == 8000)
        let time = try #require(json["time"] as? String)
        #expect(try #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#.wholeMatch(in: time) != nil)
    }

    @Test func otherLinesThanTheGoldenOnesAreReported() async throws {
        #expect(try await benchmark(isGolden: false).measure { _, _ in }.golden == false)
    }

    @Test func progressCountsEveryReading() async throws {
        let counted = Counter()
        _ = try await benchmark().measure { done, all in await counted.add(done, all) }
        #expect(await counted.values == (1...9).map { [$0, 9] })
    }

    private actor Counter {
        var values: [[Int]] = []
        func add(_ done: Int, _ all: Int) { values.append([done, all]) }
    }
}

@MainActor @Suite struct BenchmarkModelTests {
    private func folder() throws -> URL {
        let folder = scratch()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    @Test func itMeasuresAndHasAFileToShare() async throws {
        let model = BenchmarkModel(benchmark(), folder: try folder())
        #expect(!model.isRunning && model.file == nil)
        model.startOrStop()
        #expect(model.isRunning)
        await model.settled()
        #expect(!model.isRunning && model.problem == nil)
        let file = try #require(model.file)
        #expect(file.lastPathComponent == "ctpn-benchmark.json")
        #expect(try Data(contentsOf: file) == model.report?.json())
    }

    @Test func stoppedItShowsNothingAndCanStartAgain() async throws {
        let model = BenchmarkModel(benchmark(FakeReader(lines, delay: .milliseconds(30))), folder: try folder())
        model.startOrStop()
        while (model.progress?.done ?? 9) == 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(model.progress?.all == 9)
        model.startOrStop()
        #expect(!model.isRunning)
        await model.settled()
        #expect(!model.isRunning && model.report == nil && model.problem == nil)
        model.startOrStop()
        await model.settled()
        #expect(model.report != nil)
    }

    @Test func whatFailsSaysWhy() async throws {
        let model = BenchmarkModel(benchmark(FakeReader(failure: CtpnError.model("detector: damaged"))), folder: try folder())
        model.startOrStop()
        await model.settled()
        #expect(model.problem == "detector: damaged" && !model.isRunning && model.report == nil)
    }
}
