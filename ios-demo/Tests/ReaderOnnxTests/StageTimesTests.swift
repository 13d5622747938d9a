import Foundation
import ReaderOnnx
import Testing

@testable import ReaderCore

private let target = ProcessInfo.processInfo.environment["STAGE_TIMES"]

/// Not a test but a measurement, for benchmarks/languages.py: the stages' times of readings of the golden case on one thread, as JSON.
@Suite struct StageTimesTests {
    @Test(.enabled(if: target != nil)) func timesOfTheGoldenCase() async throws {
        let bundle = try ReaderCase.bundle()
        let (reader, photo) = (try await OnnxLoader(threads: 1).load(bundle), try ReaderCase.photo("golden"))
        var times: [String: [Double]] = [:]
        for round in 0..<25 {
            let page = try await reader.read(photo, regions: bundle.golden.regions)
            if round < 5 { continue }  // to warm up
            for (stage, seconds) in page.times { times[stage, default: []].append(1000 * seconds) }
        }
        try JSONEncoder().encode(times).write(to: URL(fileURLWithPath: try #require(target)))
    }
}
