let exportHint = "export it again with python -m export.onnx, or fetch a bundle of this version"
private let maxAnchors = 64
private let schema = 3  // raised when an old reader can no longer understand a new spec

/// Order of a pixel's channels in which a net was trained; the graph itself always takes RGB.
public enum Channels: String, Sendable, CaseIterable {
    case rgb = "RGB"
    case bgr = "BGR"
}

/// The detector's maps.
public enum DetectorMap: String, Sendable, CaseIterable { case score, vertical, side, link, direction }

/// Which proposals follow each other in a line: as the net says; as Tian et al. 2016, section 3.2; as the paper's code had it.
public enum LineGrouping: String, Sendable, CaseIterable { case links, paper, classic }

/// How proposals become lines.
public struct LinesSpec: Sendable, Equatable {
    public let lineGrouping: LineGrouping
    /// Probability from which a link counts; for `.links` alone.
    public let linkThreshold: Double
    /// Pixels between two members of a line; at least `strideX`; not for `.links`.
    public let maxGap: Int
    /// Vertical IoU of neighbours; for `.classic` overlap by the lower one, and ratio of the heights.
    public let minOverlap: Double
    /// Mean score below which a line is dropped.
    public internal(set) var lineScore: Double
    /// How much less than `lineScore` a line may have whose text makes up for it (`ReadingSpec.minCombinedScore`).
    public let scoreSlack: Double
    /// Width / height below which a line is dropped.
    public let minAspectRatio: Double
    /// Pixels; a line that is not wider is dropped.
    public let minWidth: Double
    /// Of a member that the line's end cuts short, in the fit of the line; the others weigh 1.
    public let clippedWeight: Double
    /// Members from which on a line may be higher at one end.
    public let minTaperColumns: Int
    /// Two fractions of a line's height that are added: at each end, and above and below.
    public let expansion: [Double]

    init(_ f: Fields) throws {
        lineGrouping = try f.choice("line_grouping")
        linkThreshold = try f.number("link_threshold", .threshold)
        maxGap = try f.int("max_gap", 4...512)
        minOverlap = try f.number("min_overlap", .threshold)
        lineScore = try f.number("line_score", .fraction)
        scoreSlack = try f.number("score_slack", .fraction)
        minAspectRatio = try f.number("min_aspect_ratio", 0...100)
        minWidth = try f.number("min_width", 0...1000)
        clippedWeight = try f.number("clipped_weight", .threshold)
        minTaperColumns = try f.int("min_taper_columns", 2...1000)
        expansion = try f.numbers("expansion", 2, 0...2)
    }
}

/// How long images are reduced, and read in overlapping tiles.
public struct TilingSpec: Sendable, Equatable {
    /// An image longer than this to 1 is a long image.
    public let maxAspectRatio: Double
    /// Pixels to which the short side of a long image is reduced.
    public let tileShortSide: Int
    /// Pixels that two tiles share, a multiple of `sizeMultiple` and at most half of `longSide`.
    public let overlap: Int
    /// An input of up to this many times `longSide` is read at once.
    public internal(set) var maxUntiled: Double

    init(_ f: Fields) throws {
        maxAspectRatio = try f.number("max_aspect_ratio", 1...100)
        tileShortSide = try f.int("tile_short_side", 16...4096)
        overlap = try f.int("overlap", 0...1024)
        maxUntiled = try f.number("max_untiled", 1...4)
    }
}

/// How much of a photo is looked at around a marked region, and at what scale.
public struct RegionsSpec: Sendable, Equatable {
    /// Fraction of the region's short side that is looked at around it, in pixels from `minPadding` to `maxPadding`.
    public let regionPadding: Double
    public let minPadding: Int
    public let maxPadding: Int
    /// Pixels to which the short side of a smaller region is enlarged, at most `maxEnlargement` times.
    public let minRegionSide: Int
    public let maxEnlargement: Double

    init(_ f: Fields) throws {
        regionPadding = try f.number("region_padding", 0...2)
        minPadding = try f.int("min_padding", .padding)
        maxPadding = try f.int("max_padding", .padding)
        minRegionSide = try f.int("min_region_side", 1...512)
        maxEnlargement = try f.number("max_enlargement", 1...8)
    }
}

/// How much is found at most in one picture: in the whole photo, or in one marked region of it. Of more the best are kept, and the
/// result has a warning.
public struct LimitsSpec: Sendable, Equatable {
    /// That are looked at, before suppression.
    public let maxProposals: Int
    /// That are kept.
    public let maxLines: Int

    init(_ f: Fields) throws {
        maxProposals = try f.int("max_proposals", 1...100_000)
        maxLines = try f.int("max_lines", 1...10_000)
    }
}

/// Which parts of a picture are looked at again, rotated.
public struct DirectionSpec: Sendable, Equatable {
    /// Pixels of a cell of the map `direction`, on both axes.
    public let stride: Int
    /// From which a cell is text: its probability times the length of (cos 2a, sin 2a), at most 1.
    public let textScore: Double
    /// Degrees; text of a direction up to so far from level needs no other look.
    public let levelAngle: Int
    /// Degrees around a direction within which a cell has it.
    public let spread: Int
    /// A direction, or a part of the picture, with fewer cells is not looked at.
    public let minCells: Int
    /// Cells of one direction at most so many cells apart are in one part.
    public let maxGap: Int
    /// Pixels around a part's cells.
    public let padding: Int
    /// At most, beside the level one.
    public let maxLooks: Int

    init(_ f: Fields) throws {
        stride = try f.int("stride", .stride)
        textScore = try f.number("text_score", .threshold)
        levelAngle = try f.int("level_angle", 0...89)
        spread = try f.int("spread", 0...44)
        minCells = try f.int("min_cells", 1...10_000)
        maxGap = try f.int("max_gap", 1...1000)
        padding = try f.int("padding", .padding)
        maxLooks = try f.int("max_looks", 1...16)
    }
}

/// What a detector graph expects and how its maps become text lines. Every field is required: no language has defaults.
///
/// The graph takes uint8 RGB [1, H, W, 3] and gives channels-last maps, one row per cell of `strideX` × `strideY` pixels,
/// k = number of `anchorHeights`: score [1, h, w, k] and, where `outputs` has them, vertical and side [1, h, w, 2k], link
/// [1, h, w, k]. `direction` has cells of its own, `DirectionSpec.stride` pixels on both axes: [1, h', w', 3], the logit of text of any
/// direction, cos 2a and sin 2a of the angle a of its reading axis (clockwise).
public struct DetectorSpec: Sendable, Equatable {
    public let name: String
    /// Pixels, ascending, 1 to 64 of them.
    public let anchorHeights: [Double]
    public let strideX: Int
    public let strideY: Int
    /// In the graph's order; score and vertical are always among them.
    public let outputs: [DetectorMap]
    public let channels: Channels
    /// In the order of `channels`, as `std`: the graph computes (pixel - mean) / std.
    public let mean: [Double]
    public let std: [Double]
    /// Pixels to which photos are reduced, long images apart; a multiple of `sizeMultiple`.
    public let longSide: Int
    /// The input is padded to a multiple of this with the grey `pad`.
    public let sizeMultiple: Int
    public let pad: Int
    /// Proposals below are dropped.
    public let scoreThreshold: Double
    /// Vertical IoU within a column, above which the worse of two is dropped.
    public let nmsThreshold: Double
    public internal(set) var lines: LinesSpec
    public internal(set) var tiling: TilingSpec
    public let regions: RegionsSpec
    public let limits: LimitsSpec
    /// Nil for a net without that output, whose pictures are looked at once.
    public let direction: DirectionSpec?

    /// - Throws: `CtpnError.model`: not JSON, another kind or schema, or a field that is missing, unknown, of another type or out of range.
    public init(json text: String) throws {
        let f = try fields("detector", text)
        name = try f.text("name")
        anchorHeights = try f.numbers("anchor_heights", nil, 1...4096)
        strideX = try f.int("stride_x", .stride)
        strideY = try f.int("stride_y", .stride)
        outputs = try f.choices("outputs")
        channels = try f.choice("channels")
        mean = try f.numbers("mean", 3, .mean)
        std = try f.numbers("std", 3, .deviation)
        longSide = try f.int("long_side", 32...4096)
        sizeMultiple = try f.int("size_multiple", 4...256)
        pad = try f.int("pad", .grey)
        scoreThreshold = try f.number("score_threshold", .threshold)
        nmsThreshold = try f.number("nms_threshold", 0.01...0.9)
        lines = try f.group("lines", LinesSpec.init)
        tiling = try f.group("tiling", TilingSpec.init)
        regions = try f.group("regions", RegionsSpec.init)
        limits = try f.group("limits", LimitsSpec.init)
        direction = try f.optionalGroup("direction", DirectionSpec.init)
        try f.finish()
        if let conflict { throw CtpnError.model("detector spec '\(name.prefix(60))': \(conflict); \(exportHint)") }
    }

    /// Pixels of a cell of a map.
    public func cell(of map: DetectorMap) -> (height: Int, width: Int) {
        if map == .direction, let direction { return (direction.stride, direction.stride) }
        return (strideY, strideX)
    }

    /// The same, but lines that only their text can confirm are kept too.
    var withScoreSlack: DetectorSpec {
        var spec = self
        spec.lines.lineScore = max(0, lines.lineScore - lines.scoreSlack)
        return spec
    }

    /// Values that are good by themselves but do not fit each other, or nil.
    private var conflict: String? {
        let m = sizeMultiple
        let names = outputs.map(\.rawValue)
        if !(1...maxAnchors).contains(anchorHeights.count) || !zip(anchorHeights, anchorHeights.dropFirst()).allSatisfy({ $0 < $1 }) {
            return "anchor_heights: expected 1 to \(maxAnchors) ascending heights, got \("\(anchorHeights)".prefix(60))"
        }
        if m % strideX != 0 || m % strideY != 0 {
            return "stride_x and stride_y: expected divisors of size_multiple \(m), got \(strideX) and \(strideY)"
        }
        if Set(outputs).count < outputs.count || !outputs.contains(.score) || !outputs.contains(.vertical) {
            return "outputs: expected distinct names with score and vertical among them, got \(names)"
        }
        if lines.lineGrouping == .links && !outputs.contains(.link) {
            return "lines.line_grouping: expected the output link for 'links', got the outputs \(names)"
        }
        if lines.maxGap < strideX { return "lines.max_gap: expected at least stride_x \(strideX), got \(lines.maxGap)" }
        if longSide % m != 0 { return "long_side: expected a multiple of size_multiple \(m), got \(longSide)" }
        if tiling.overlap % m != 0 || 2 * tiling.overlap > longSide {
            return "tiling.overlap: expected a multiple of \(m), at most half of long_side \(longSide), got \(tiling.overlap)"
        }
        if (direction == nil) == outputs.contains(.direction) {
            return "direction: expected null without the output direction, numbers with it; got the outputs \(names)"
        }
        if let direction, m % direction.stride != 0 {
            return "direction.stride: expected a divisor of size_multiple \(m), got \(direction.stride)"
        }
        if regions.minPadding > regions.maxPadding {
            return "regions.min_padding: expected at most max_padding \(regions.maxPadding), got \(regions.minPadding)"
        }
        return nil
    }
}

/// How a line crop is made, and where a long one is split.
public struct LineCropSpec: Sendable, Equatable {
    /// Pixels of a line crop at least.
    public let minWidth: Int
    /// Fraction of `maxWidth` after which a long line crop may be split.
    public let cutStart: Double
    /// Odd number of columns over which ink is summed to find the emptiest place, at most `maxWidth`.
    public let cutWindow: Int
    /// Grey levels above the emptiest that still count as empty.
    public let cutTolerance: Double
    /// A column with less than this fraction of the most ink belongs to a gap.
    public let spaceInk: Double
    /// A gap wider than this fraction of the height is a space.
    public let spaceWidth: Double
    /// Distances of a column's characters, from and to, as multiples of their size.
    public let columnPitch: [Double]
    /// Fraction of the mean ink that the borders between characters may have more than those with the least.
    public let columnTolerance: Double
    /// The part of a column that is read for a character is at most so many times as high as it.
    public let columnCell: Double

    init(_ f: Fields) throws {
        minWidth = try f.int("min_width", 1...1024)
        cutStart = try f.number("cut_start", 0.1...0.95)
        cutWindow = try f.int("cut_window", 1...255)
        cutTolerance = try f.number("cut_tolerance", 0...255)
        spaceInk = try f.number("space_ink", .fraction)
        spaceWidth = try f.number("space_width", 0...10)
        columnPitch = try f.numbers("column_pitch", 2, 0.1...10)
        columnTolerance = try f.number("column_tolerance", 0...10)
        columnCell = try f.number("column_cell", 0.1...10)
    }
}

/// Which lines are read again in another direction, what confirms a line, and how line crops are batched.
public struct ReadingSpec: Sendable, Equatable {
    /// A text below this score is also read upside down.
    public let flipRetryScore: Double
    /// Where `pageFlipVotes` of the longest lines are below this score on average, they are read upside down, and if that is better, so
    /// are all others.
    public let pageFlipScore: Double
    public let pageFlipVotes: Int
    /// A line more than so many times as high as wide may be vertical.
    public let verticalAspect: Double
    /// By how much the score of another reading must be higher.
    public let minGain: Double
    /// A text below this score is read again in a quad `retryHeight` times as high.
    public let heightRetryScore: Double
    public let retryHeight: Double
    /// What the detector's score and the text's must sum to where the detector's alone is below `LinesSpec.lineScore`.
    public let minCombinedScore: Double
    /// Columns of a batch at most, after padding.
    public let batchColumns: Int
    /// The widest line crop of a batch is at most so many times as wide as the narrowest, and one `widthMultiple`.
    public let batchSpread: Double
    /// A line that runs down or up, by more than so many times what it runs to one side, may be a column of characters.
    public let columnSlope: Double
    /// Two columns that continue each other, at most so many times their width apart, are one.
    public let columnGap: Double

    init(_ f: Fields) throws {
        flipRetryScore = try f.number("flip_retry_score", .fraction)
        pageFlipScore = try f.number("page_flip_score", .fraction)
        pageFlipVotes = try f.int("page_flip_votes", 1...1000)
        verticalAspect = try f.number("vertical_aspect", 1...100)
        minGain = try f.number("min_gain", .fraction)
        heightRetryScore = try f.number("height_retry_score", .fraction)
        retryHeight = try f.number("retry_height", 0.5...2)
        minCombinedScore = try f.number("min_combined_score", 0...2)
        batchColumns = try f.int("batch_columns", 32...16384)
        batchSpread = try f.number("batch_spread", 1...100)
        columnSlope = try f.number("column_slope", 1...100)
        columnGap = try f.number("column_gap", 0...100)
    }
}

/// How the probabilities of a text's characters become the probability that all are right: 1 / (1 + exp(-z)),
/// z = bias - errors * ln(floor + sum of (1 - p)) + length * ln(number of characters).
public struct CalibrationSpec: Sendable, Equatable {
    public let bias: Double
    public let errors: Double
    public let length: Double
    /// Expected errors far below this counts as none.
    public let floor: Double

    init(_ f: Fields) throws {
        bias = try f.number("bias", -50...50)
        errors = try f.number("errors", 0...20)
        length = try f.number("length", -20...20)
        floor = try f.number("floor", 0.001...1)
    }
}

/// What a recogniser graph expects and how its output becomes text. Every field is required: no language has defaults.
///
/// The graph takes uint8 RGB [N, height, W, 3], N line crops, W a multiple of `widthMultiple`, and gives logits
/// [N, W / stride, characters + 1]; class 0 is CTC's blank, class i the character i - 1 of `characters`.
public struct RecognizerSpec: Sendable, Equatable {
    public let name: String
    /// Distinct characters, the space among them; `charsetSha256` is of its UTF-8 bytes.
    public let charset: String
    public let charsetSha256: String
    public let channels: Channels
    /// As `std` that of `DetectorSpec`.
    public let mean: [Double]
    public let std: [Double]
    /// Pixels of a line crop.
    public let height: Int
    /// Pixels of width for one time step.
    public let stride: Int
    /// Line crops are padded to this on the right with the grey `pad`.
    public let widthMultiple: Int
    public let pad: Int
    /// Longer line crops are split at gaps, read part by part and joined; at least 4 times `height`.
    public let maxWidth: Int
    /// Two fractions of a line's height that are added around its quad: at each end, and above and below.
    public let margin: [Double]
    /// Of the exported variants of fixed width.
    public let widths: [Int]
    public let lineCrop: LineCropSpec
    public let reading: ReadingSpec
    public let calibration: CalibrationSpec
    /// The charset's code points.
    let characters: [Unicode.Scalar]
    /// Characters and CTC's blank.
    public var classes: Int { characters.count + 1 }

    /// As `DetectorSpec.init(json:)`; it throws also for a changed charset.
    public init(json text: String) throws {
        let f = try fields("recognizer", text)
        name = try f.text("name")
        charset = try f.text("charset")
        charsetSha256 = try f.text("charset_sha256")
        channels = try f.choice("channels")
        mean = try f.numbers("mean", 3, .mean)
        std = try f.numbers("std", 3, .deviation)
        height = try f.int("height", 8...256)
        stride = try f.int("stride", 2...64)
        widthMultiple = try f.int("width_multiple", 4...1024)
        pad = try f.int("pad", .grey)
        maxWidth = try f.int("max_width", .width)
        margin = try f.numbers("margin", 2, .fraction)
        widths = try f.ints("widths", .width)
        lineCrop = try f.group("line_crop", LineCropSpec.init)
        reading = try f.group("reading", ReadingSpec.init)
        calibration = try f.group("calibration", CalibrationSpec.init)
        characters = Array(charset.unicodeScalars)
        try f.finish()
        if let conflict { throw CtpnError.model("recogniser spec '\(name.prefix(60))': \(conflict); \(exportHint)") }
    }

    /// Values that are good by themselves but do not fit each other, or nil.
    private var conflict: String? {
        if characters.isEmpty || Set(characters).count != characters.count { return "charset: expected distinct characters" }
        let digest = Sha256.hexDigest(charset.utf8)
        if digest != charsetSha256 {
            return "charset: expected sha256 \(charsetSha256.prefix(64)), got \(digest); the file is damaged, fetch it again"
        }
        let m = widthMultiple
        if m % stride != 0 || (widths + [maxWidth]).contains(where: { $0 % m != 0 }) {
            return "width_multiple: expected a multiple of stride \(stride) that divides max_width and widths, got \(m)"
        }
        if lineCrop.columnPitch[0] > lineCrop.columnPitch[1] {
            return "line_crop.column_pitch: expected two numbers, the lower first, got \(lineCrop.columnPitch)"
        }
        if maxWidth < 4 * height { return "max_width: expected at least 4 times the height \(height), got \(maxWidth)" }
        if lineCrop.cutWindow % 2 == 0 || lineCrop.cutWindow > maxWidth {
            return "line_crop.cut_window: expected an odd number of at most max_width \(maxWidth), got \(lineCrop.cutWindow)"
        }
        return nil
    }
}

/// The fields of a spec of this kind and schema.
private func fields(_ kind: String, _ text: String) throws -> Fields {
    var object = try jsonObject(text)
    let found = object.removeValue(forKey: "kind")?.text
    guard found == kind else {
        let got = (found ?? "none").prefix(60)
        throw CtpnError.model("spec: expected kind '\(kind)', got '\(got)'; name the \(kind)'s file, or \(exportHint)")
    }
    let number = object.removeValue(forKey: "schema")
    guard number?.int == schema else {
        let isNewer = (number?.int ?? 0) > schema
        let hint =
            isNewer ? "the model is newer than this reader: update the program" : "the model is older than this reader: \(exportHint)"
        throw CtpnError.model("spec: expected schema \(schema), got \(number?.shown ?? "none"); \(hint)")
    }
    return Fields("spec", object)
}

private func jsonObject(_ text: String) throws -> [String: JsonValue] {
    do {
        if let object = try JsonValue(parsing: text).object { return object }
    } catch let error as JsonError {
        throw CtpnError.model("spec: not JSON (\(error.description.prefix(80))); the file is damaged: \(exportHint)")
    }
    throw CtpnError.model("spec: expected a JSON object, got \(text.prefix(20)); \(exportHint)")
}
