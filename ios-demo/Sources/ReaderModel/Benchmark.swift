import Foundation
import ReaderCore

/// The quantile `fraction` of the values, interpolated linearly between two of them, as numpy does.
public func percentile(_ values: [Double], _ fraction: Double) -> Double {
    let sorted = values.sorted()
    let at = fraction * Double(sorted.count - 1)
    let (below, above) = (sorted[Int(at.rounded(.down))], sorted[Int(at.rounded(.up))])
    return below + (above - below) * (at - at.rounded(.down))
}

/// What is measured: models that were opened just now, and the bundle's golden case.
public struct BenchmarkSubject: Sendable {
    public let reader: any Reading
    public let photo: String
    public let regions: [Region]
    /// The photo's file to pixels.
    public let decode: @Sendable () throws -> RgbImage
    /// Whether these are the golden case's lines.
    public let isGolden: @Sendable ([TextLine]) -> Bool
    public let runtime: PhoneReport.Runtime
    public let bundle: PhoneReport.Bundle

    public init(
        reader: any Reading, photo: String, regions: [Region], decode: @escaping @Sendable () throws -> RgbImage,
        isGolden: @escaping @Sendable ([TextLine]) -> Bool, runtime: PhoneReport.Runtime, bundle: PhoneReport.Bundle
    ) {
        (self.reader, self.photo, self.regions, self.decode) = (reader, photo, regions, decode)
        (self.isGolden, self.runtime, self.bundle) = (isGolden, runtime, bundle)
    }
}

/// Reads the golden case again and again on this phone. docs/phone.md describes the file.
public struct Benchmark: Sendable {
    /// Readings after the first that are not counted.
    public static let warmup = 3

    private let app: PhoneReport.App
    private let device: PhoneReport.Device
    private let rounds: Int
    private let peakMemoryMb: @Sendable () -> Int
    private let open: @Sendable () async throws -> BenchmarkSubject

    /// - Parameters:
    ///   - rounds: readings that are counted, at least 5.
    ///   - peakMemoryMb: of this process so far.
    ///   - open: opens the models anew, as at the app's start.
    public init(
        app: PhoneReport.App, device: PhoneReport.Device, rounds: Int = 20, peakMemoryMb: @escaping @Sendable () -> Int,
        open: @escaping @Sendable () async throws -> BenchmarkSubject
    ) {
        (self.app, self.device, self.rounds, self.peakMemoryMb, self.open) = (app, device, rounds, peakMemoryMb, open)
    }

    /// - Parameter onProgress: how many readings are done, of how many.
    /// - Throws: `CancellationError` soon after the task was cancelled; what opening and reading throw.
    public func measure(onProgress: @Sendable (Int, Int) async -> Void) async throws -> PhoneReport {
        let begin = ContinuousClock.now
        let subject = try await open()
        let loadMs = milliseconds(since: begin)
        let all = 1 + Self.warmup + rounds
        var readings: [Measurement] = []
        for round in 1...all {
            try Task.checkCancellation()
            readings.append(try await read(subject))
            await onProgress(round, all)
        }
        return report(subject, loadMs, readings)
    }

    private struct Measurement {
        let width: Int
        let height: Int
        let lines: [TextLine]
        let ms: [String: Double]
    }

    private func read(_ subject: BenchmarkSubject) async throws -> Measurement {
        let begin = ContinuousClock.now
        let picture = try subject.decode()
        var ms = Dictionary(uniqueKeysWithValues: StageTimer.stages.map { ($0, 0.0) })
        ms["decode"] = milliseconds(since: begin)
        let page = try await subject.reader.read(picture, regions: subject.regions) { _ in }
        ms["whole"] = milliseconds(since: begin)
        for (stage, seconds) in page.times { ms[stage] = hundredths(1000 * seconds) }
        return Measurement(width: picture.width, height: picture.height, lines: page.lines, ms: ms)
    }

    private func report(_ subject: BenchmarkSubject, _ loadMs: Double, _ readings: [Measurement]) -> PhoneReport {
        let first = readings[0]
        let counted = readings.dropFirst(1 + Self.warmup)
        return PhoneReport(
            schema: 2, kind: "ctpn-benchmark", app: app, device: device, runtime: subject.runtime, bundle: subject.bundle,
            time: Date.now.formatted(.iso8601),
            photo: .init(
                name: subject.photo, width: first.width, height: first.height, regions: subject.regions.count, lines: first.lines.count),
            golden: subject.isGolden(first.lines), loadMs: loadMs, firstMs: first.ms["whole"] ?? 0, warmup: Self.warmup,
            ms: Dictionary(uniqueKeysWithValues: first.ms.keys.map { stage in (stage, counted.map { $0.ms[stage] ?? 0 }) }),
            memoryMb: peakMemoryMb())
    }
}

private func milliseconds(since begin: ContinuousClock.Instant) -> Double { hundredths((ContinuousClock.now - begin) / .milliseconds(1)) }

private func hundredths(_ value: Double) -> Double { (100 * value + 0.5).rounded(.down) / 100 }
