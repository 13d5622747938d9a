/// One line of text.
public struct TextLine: Sendable, Equatable {
    /// Corners in pixels of the upright photo, clockwise from the top left of the text as it is read.
    public var quad: Quad
    /// Probability that this is text, in 0 … 1.
    public var score: Float
    /// The text, empty if nothing can be read; nil where only detection was asked for.
    public var text: String?
    /// How probable `text` is, in 0 … 1; 0 for the empty text.
    public var textScore: Float?
    /// Index of the region that it was found in; nil without regions.
    public var region: Int?

    public init(quad: Quad, score: Float, text: String? = nil, textScore: Float? = nil, region: Int? = nil) {
        (self.quad, self.score, self.text, self.textScore, self.region) = (quad, score, text, textScore, region)
    }
}

/// Something about a photo that a user of its result should know.
public struct PageWarning: Sendable, Equatable {
    /// What it is, for programs, as Python's codes: "damaged", "more_pages", "rotated"; "limit_reached" is that only the best lines of many were kept.
    public let code: String
    /// The same for people, one line.
    public let message: String

    public init(code: String, message: String) { (self.code, self.message) = (code, message) }
}

/// The lines of one photo.
public struct PageResult: Sendable, Equatable {
    /// Region by region, in reading order in each; empty means that there is no text.
    public let lines: [TextLine]
    /// Pixels of the upright photo.
    public let width: Int
    public let height: Int
    /// What was noticed about the photo; empty for most.
    public let warnings: [PageWarning]
    /// Seconds spent in each stage that ran, by its name in `StageTimer`.
    public let times: [String: Double]

    public init(lines: [TextLine], width: Int, height: Int, warnings: [PageWarning] = [], times: [String: Double] = [:]) {
        (self.lines, self.width, self.height, self.warnings, self.times) = (lines, width, height, warnings, times)
    }
}
