import Observation

/// Which engine reads, for the screen.
@MainActor @Observable
public final class EngineModel {
    /// Those that can be chosen.
    public private(set) var engines: [Engine] = [.onnx]
    /// What the user chose; nil: the fastest.
    public private(set) var chosen: Engine?
    public private(set) var inUse = Engine.onnx

    @ObservationIgnored private let reader: EngineReader

    public init(_ reader: EngineReader) { self.reader = reader }

    /// At the app's start: what was chosen; the first time, which engine is fastest.
    public func start() async {
        await update()
        // Without a result the first engine reads, and the next start tries again.
        try? await reader.measure()
        await update()
    }

    public func choose(_ engine: Engine?) async {
        chosen = engine
        // What cannot be kept holds until the app ends.
        try? await reader.choose(engine)
        await update()
    }

    private func update() async { (engines, chosen, inUse) = (await reader.engines, await reader.chosen, await reader.inUse) }
}
