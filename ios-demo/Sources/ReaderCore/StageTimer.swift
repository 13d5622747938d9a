/// The time of each stage of a reading, as Python's reader counts it: no stage contains another, one that runs several times is summed.
///
///     decode       the file to upright pixels (whoever decodes it counts it)
///     fit          cut out a region, resample, pad
///     detect       the detector's graph
///     postprocess  its maps to lines
///     line_crop    lines cut out of the photo and put into batches
///     recognize    the recogniser's graph
///     ctc          its logits to texts
public final class StageTimer {
    /// Their names in their order.
    public static let stages = ["decode", "fit", "detect", "postprocess", "line_crop", "recognize", "ctc"]

    /// Seconds by stage, without those that did not run.
    public private(set) var times: [String: Double] = [:]

    public init() {}

    /// What `work` gives; its time, also of one that fails, is counted as that of the stage.
    public func time<T>(_ stage: String, _ work: () throws -> T) rethrows -> T {
        let begin = ContinuousClock.now
        defer { add(stage, since: begin) }
        return try work()
    }

    /// The same of work that waits for a model.
    func time<T>(_ stage: String, _ work: () async throws -> T) async rethrows -> T {
        let begin = ContinuousClock.now
        defer { add(stage, since: begin) }
        return try await work()
    }

    private func add(_ stage: String, since begin: ContinuousClock.Instant) {
        let (seconds, attoseconds) = (ContinuousClock.now - begin).components
        times[stage, default: 0] += Double(seconds) + Double(attoseconds) * 1e-18
    }
}
