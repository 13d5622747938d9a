/// A runtime that computes a bundle's models.
public protocol ModelLoader: Sendable {
    /// What computes the models, for the benchmark's file.
    var runtime: RuntimeName { get }

    /// Both models, ready to be used.
    ///
    /// - Throws: `CtpnError.model` for a model that cannot be loaded or does not fit its spec.
    func load(_ bundle: ModelBundle) async throws -> TextReader
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
