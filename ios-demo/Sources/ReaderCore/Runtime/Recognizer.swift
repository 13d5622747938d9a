/// A recogniser's net, whatever computes it.
public protocol Recognizer: Sendable {
    var spec: RecognizerSpec { get }

    /// Logits float32 [count, width / `spec.stride`, characters + 1] of line crops, row by row: class 0 is the blank.
    ///
    /// - Throws: `CancellationError` where the task was cancelled; `CtpnError` for what cannot be computed.
    func logits(_ batch: LineCropBatch) async throws -> [Float]
}

/// Line crops of one height and width: RGB of 8 bits [count, height, width, 3], row by row.
public struct LineCropBatch: Sendable, Equatable {
    public let count: Int
    public let height: Int
    public let width: Int
    public let pixels: [UInt8]
}
