/// A detector's net, whatever computes it.
public protocol Detector: Sendable {
    var spec: DetectorSpec { get }

    /// The maps that the spec names of a picture whose sides are multiples of `spec.sizeMultiple`.
    ///
    /// - Throws: `CancellationError` where the task was cancelled; `CtpnError` for what cannot be computed.
    func maps(_ pixels: RgbImage) async throws -> [DetectorMap: FloatMap]
}

/// Numbers of the cells of a grid: float32 [height, width, channels], row by row.
public struct FloatMap: Sendable, Equatable {
    public let height: Int
    public let width: Int
    public let channels: Int
    public let values: [Float]

    /// - Precondition: as many values as the sides say.
    public init(height: Int, width: Int, channels: Int, values: [Float]) {
        precondition(values.count == height * width * channels, "expected \(height) x \(width) x \(channels) values, got \(values.count)")
        (self.height, self.width, self.channels, self.values) = (height, width, channels, values)
    }
}
