/// Every error that the reader throws on purpose. Messages are one line: what is wrong, where, expected, got, what to do.
public enum CtpnError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A picture cannot be opened, or has another shape or type than expected.
    case image(String)
    /// A model file or a bundle is missing, damaged, not one of ours or of another version.
    case model(String)
    /// The reading itself: a region that is none, numbers that are not finite, not enough memory.
    case reading(String)

    public var message: String {
        switch self {
        case .image(let message), .model(let message), .reading(let message): message
        }
    }

    public var description: String { message }
}
