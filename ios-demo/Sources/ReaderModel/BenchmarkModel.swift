import Foundation
import Observation
import ReaderCore

/// The benchmark's screen: what it shows, and the measuring behind it.
@MainActor @Observable
public final class BenchmarkModel {
    /// The stages of the report in the order in which they are shown.
    public nonisolated static let stages = ["whole"] + StageTimer.stages

    /// Readings done, of how many; nil while nothing is measured.
    public private(set) var progress: (done: Int, all: Int)?
    public private(set) var report: PhoneReport?
    /// The file that is shared, when there is a report.
    public private(set) var file: URL?
    /// Why it failed.
    public private(set) var problem: String?

    @ObservationIgnored private let benchmark: Benchmark
    @ObservationIgnored private let folder: URL
    @ObservationIgnored private var work: Task<Void, Never>?

    /// - Parameter folder: where the report's file is written.
    public init(_ benchmark: Benchmark, folder: URL) { (self.benchmark, self.folder) = (benchmark, folder) }

    public var isRunning: Bool { progress != nil }

    public func startOrStop() {
        if isRunning { stop() } else { start() }
    }

    public func stop() {
        work?.cancel()
        progress = nil
    }

    /// For tests: until the measuring is over.
    public func settled() async { await work?.value }

    private func start() {
        (progress, problem) = ((0, 0), nil)
        work = Task { [benchmark, folder] in
            do {
                let report = try await benchmark.measure { done, all in await self.show(done, all) }
                try Task.checkCancellation()
                let file = folder.appendingPathComponent("ctpn-benchmark.json")
                try report.json().write(to: file, options: .atomic)
                (self.report, self.file, progress) = (report, file, nil)
            } catch {
                if Task.isCancelled { return }
                (problem, progress) = ((error as? CtpnError)?.message ?? String(describing: error), nil)
            }
        }
    }

    private func show(_ done: Int, _ all: Int) {
        if isRunning, !Task.isCancelled { progress = (done, all) }
    }
}
