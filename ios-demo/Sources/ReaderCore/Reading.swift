/// What a screen needs of a reader; `TextReader` is one, a screen's tests have their own.
public protocol Reading: Sendable {
    /// The text lines of an upright photo with their texts.
    ///
    /// - Parameters:
    ///   - regions: what a user marked: lines that lie mostly in one are given, region by region; nil: the whole photo.
    ///   - onProgress: called now and then with the part that is done, from 0 to 1, ascending, on no particular thread.
    /// - Throws: `CancellationError` soon after the task was cancelled; `CtpnError` for a region that is not convex or does not touch
    ///   the photo, and for what the models cannot compute.
    func read(_ photo: RgbImage, regions: [Region]?, onProgress: @escaping OnProgress) async throws -> PageResult
}

/// Takes the part of a reading that is done, 0 … 1.
public typealias OnProgress = @Sendable (Double) -> Void

/// Makes an upright photo of a file's bytes: ImageIO on a phone, a decoder of the tests elsewhere. Sizes are the photo's own.
public protocol PhotoDecoder: Sendable {
    /// The pixels as sRGB, upright, mirrored back and without transparency (over white).
    ///
    /// - Throws: `CtpnError.image` for what is no picture, is damaged or has too many pixels.
    func decode(_ file: [UInt8]) throws -> RgbImage
}
