/// A runtime that computes a bundle's models.
public protocol ModelLoader: Sendable {
    /// What computes the models, for the benchmark's file.
    var runtime: RuntimeName { get }

    /// The bundle's detector, ready to be used.
    ///
    /// - Throws: `CtpnError.model` for a model that cannot be loaded or does not fit its spec.
    func detector(_ bundle: ModelBundle) async throws -> any Detector

    /// The bundle's recogniser; as `detector`.
    func recognizer(_ bundle: ModelBundle) async throws -> any Recognizer
}

extension ModelLoader {
    /// A reader with both models; as `detector`.
    public func load(_ bundle: ModelBundle) async throws -> TextReader {
        TextReader(detector: try await detector(bundle), recognizer: try await recognizer(bundle))
    }
}

/// What computes the nets, in the words of docs/phone.md.
public struct RuntimeName: Sendable, Equatable {
    public let name: String
    public let version: String
    /// As "cpu" or "coreml".
    public let provider: String
    /// For one photo; 0 where the runtime chooses.
    public let threads: Int

    public init(name: String, version: String, provider: String, threads: Int) {
        (self.name, self.version, self.provider, self.threads) = (name, version, provider, threads)
    }
}

/// Tells the time, of a clock that does not depend on the day.
public typealias TimeSource = @Sendable () -> ContinuousClock.Instant

/// The loader with which a bundle's golden case is read fastest on this device, by the best of some readings after the first.
///
/// - Parameters:
///   - loaders: at least one; one whose models cannot be loaded, or read other lines than the case has, is no choice.
///   - photo: the golden case's, decoded.
///   - now: a clock's time.
/// - Returns: an index; of equally fast ones, and where none can read the case, the first.
/// - Throws: `CancellationError`.
public func fastest(
    _ loaders: [any ModelLoader], _ bundle: ModelBundle, _ photo: RgbImage, rounds: Int = 3, now: TimeSource = { .now }
) async throws -> Int {
    var best: (index: Int, time: Duration)?
    for (i, loader) in loaders.enumerated() {
        do {
            let reader = try await loader.load(bundle)
            try await reader.selfTest(bundle.golden, photo)
            for _ in 0..<rounds {
                let begin = now()
                _ = try await reader.read(photo, regions: bundle.golden.regions)
                let time = now() - begin
                if best.map({ time < $0.time }) ?? true { best = (i, time) }
            }
        } catch is CtpnError {
            continue
        }
    }
    return best?.index ?? 0
}
