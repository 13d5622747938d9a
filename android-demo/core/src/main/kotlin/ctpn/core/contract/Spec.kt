package ctpn.core.contract

import ctpn.core.ModelException
import kotlinx.serialization.json.JsonObject
import java.security.MessageDigest

private const val SCHEMA = 3 // raised when an old reader can no longer understand a new spec
private const val MAX_ANCHORS = 64
internal const val EXPORT_HINT = "export it again with python -m export.onnx, or fetch a bundle of this version"

/** Order of a pixel's channels in which a net was trained; the graph itself always takes RGB. */
enum class Channels { RGB, BGR }

/** The detector's maps. */
enum class DetectorMap(
    val json: String,
) {
    SCORE("score"),
    VERTICAL("vertical"),
    SIDE("side"),
    LINK("link"),
    DIRECTION("direction"),
}

/** Which proposals follow each other in a line: as the net says; as Tian et al. 2016, section 3.2; as the paper's code had it. */
enum class LineGrouping(
    val json: String,
) {
    LINKS("links"),
    PAPER("paper"),
    CLASSIC("classic"),
}

/**
 * How proposals become lines.
 *
 * @property linkThreshold probability from which a link counts; for [LineGrouping.LINKS] alone.
 * @property maxGap pixels between two members of a line, at least `strideX`; not for [LineGrouping.LINKS].
 * @property minOverlap vertical IoU of neighbours; for [LineGrouping.CLASSIC] overlap by the lower one, and ratio of the heights.
 * @property lineScore mean score below which a line is dropped.
 * @property scoreSlack how much less than [lineScore] a line may have whose text makes up for it ([ReadingSpec.minCombinedScore]).
 * @property minAspectRatio width / height below which a line is dropped.
 * @property minWidth pixels; a line that is not wider is dropped.
 * @property clippedWeight of a member that the line's end cuts short, in the fit of the line; the others weigh 1.
 * @property minTaperColumns members from which on a line may be higher at one end.
 * @property expansion two fractions of a line's height that are added: at each end, and above and below.
 */
data class LinesSpec(
    val lineGrouping: LineGrouping,
    val linkThreshold: Double,
    val maxGap: Int,
    val minOverlap: Double,
    val lineScore: Double,
    val scoreSlack: Double,
    val minAspectRatio: Double,
    val minWidth: Double,
    val clippedWeight: Double,
    val minTaperColumns: Int,
    val expansion: List<Double>,
) {
    internal constructor(f: Fields) : this(
        f.choice("line_grouping", LineGrouping.entries) { it.json },
        f.number("link_threshold", THRESHOLD),
        f.int("max_gap", Range(4, 512)),
        f.number("min_overlap", THRESHOLD),
        f.number("line_score", FRACTION),
        f.number("score_slack", FRACTION),
        f.number("min_aspect_ratio", Range(0, 100)),
        f.number("min_width", Range(0, 1000)),
        f.number("clipped_weight", THRESHOLD),
        f.int("min_taper_columns", Range(2, 1000)),
        f.numbers("expansion", 2, Range(0, 2)),
    )
}

/**
 * How long images are reduced, and read in overlapping tiles.
 *
 * @property maxAspectRatio an image longer than this to 1 is a long image.
 * @property tileShortSide pixels to which the short side of a long image is reduced.
 * @property overlap pixels that two tiles share, a multiple of `sizeMultiple` and at most half of `longSide`.
 * @property maxUntiled an input of up to this many times `longSide` is read at once.
 */
data class TilingSpec(
    val maxAspectRatio: Double,
    val tileShortSide: Int,
    val overlap: Int,
    val maxUntiled: Double,
) {
    internal constructor(f: Fields) : this(
        f.number("max_aspect_ratio", Range(1, 100)),
        f.int("tile_short_side", Range(16, 4096)),
        f.int("overlap", Range(0, 1024)),
        f.number("max_untiled", Range(1, 4)),
    )
}

/**
 * How much of a photo is looked at around a marked region, and at what scale.
 *
 * @property regionPadding fraction of the region's short side that is looked at around it, in pixels from [minPadding] to [maxPadding].
 * @property minRegionSide pixels to which the short side of a smaller region is enlarged, at most [maxEnlargement] times.
 */
data class RegionsSpec(
    val regionPadding: Double,
    val minPadding: Int,
    val maxPadding: Int,
    val minRegionSide: Int,
    val maxEnlargement: Double,
) {
    internal constructor(f: Fields) : this(
        f.number("region_padding", Range(0, 2)),
        f.int("min_padding", PADDING),
        f.int("max_padding", PADDING),
        f.int("min_region_side", Range(1, 512)),
        f.number("max_enlargement", Range(1, 8)),
    )
}

/**
 * How much is found at most in one picture: in the whole photo, or in one marked region of it. Of more the best are kept, and the
 * result has a warning.
 *
 * @property maxProposals that are looked at, before suppression.
 * @property maxLines that are kept.
 */
data class LimitsSpec(
    val maxProposals: Int,
    val maxLines: Int,
) {
    internal constructor(f: Fields) : this(
        f.int("max_proposals", Range(1, 100_000)),
        f.int("max_lines", Range(1, 10_000)),
    )
}

/**
 * Which parts of a picture are looked at again, rotated.
 *
 * @property stride pixels of a cell of the map `direction`, on both axes.
 * @property textScore from which a cell is text: its probability times the length of (cos 2a, sin 2a), at most 1.
 * @property levelAngle degrees; text of a direction up to so far from level needs no other look.
 * @property spread degrees around a direction within which a cell has it.
 * @property minCells a direction, or a part of the picture, with fewer cells is not looked at.
 * @property maxGap cells of one direction at most so many cells apart are in one part.
 * @property padding pixels around a part's cells.
 * @property maxLooks at most, beside the level one.
 */
data class DirectionSpec(
    val stride: Int,
    val textScore: Double,
    val levelAngle: Int,
    val spread: Int,
    val minCells: Int,
    val maxGap: Int,
    val padding: Int,
    val maxLooks: Int,
) {
    internal constructor(f: Fields) : this(
        f.int("stride", STRIDE),
        f.number("text_score", THRESHOLD),
        f.int("level_angle", Range(0, 89)),
        f.int("spread", Range(0, 44)),
        f.int("min_cells", Range(1, 10_000)),
        f.int("max_gap", Range(1, 1000)),
        f.int("padding", PADDING),
        f.int("max_looks", Range(1, 16)),
    )
}

/**
 * What a detector graph expects and how its maps become text lines. Every field is required: no language has defaults.
 *
 * The graph takes uint8 RGB [1, H, W, 3] and gives channels-last maps, one row per cell of [strideX] × [strideY] pixels,
 * k = number of [anchorHeights]: score [1, h, w, k] and, where [outputs] has them, vertical and side [1, h, w, 2k], link
 * [1, h, w, k]. `direction` has cells of its own, [DirectionSpec.stride] pixels on both axes: [1, h', w', 3], the logit of text of
 * any direction, cos 2a and sin 2a of the angle a of its reading axis (clockwise).
 *
 * @property anchorHeights pixels, ascending, 1 to 64 of them.
 * @property outputs in the graph's order; score and vertical are always among them.
 * @property mean in the order of [channels], as [std]: the graph computes (pixel - mean) / std.
 * @property longSide pixels to which photos are reduced, long images apart; a multiple of [sizeMultiple].
 * @property sizeMultiple the input is padded to a multiple of this with the grey [pad].
 * @property scoreThreshold proposals below are dropped.
 * @property nmsThreshold vertical IoU within a column, above which the worse of two is dropped.
 * @property direction null for a net without that output, whose pictures are looked at once.
 */
data class DetectorSpec(
    val name: String,
    val anchorHeights: List<Double>,
    val strideX: Int,
    val strideY: Int,
    val outputs: List<DetectorMap>,
    val channels: Channels,
    val mean: List<Double>,
    val std: List<Double>,
    val longSide: Int,
    val sizeMultiple: Int,
    val pad: Int,
    val scoreThreshold: Double,
    val nmsThreshold: Double,
    val lines: LinesSpec,
    val tiling: TilingSpec,
    val regions: RegionsSpec,
    val limits: LimitsSpec,
    val direction: DirectionSpec?,
) {
    private constructor(f: Fields) : this(
        f.text("name"),
        f.numbers("anchor_heights", null, Range(1, 4096)),
        f.int("stride_x", STRIDE),
        f.int("stride_y", STRIDE),
        f.choices("outputs", DetectorMap.entries) { it.json },
        f.choice("channels", Channels.entries) { it.name },
        f.numbers("mean", 3, MEAN),
        f.numbers("std", 3, DEVIATION),
        f.int("long_side", Range(32, 4096)),
        f.int("size_multiple", Range(4, 256)),
        f.int("pad", GREY),
        f.number("score_threshold", THRESHOLD),
        f.number("nms_threshold", Range(0.01, 0.9)),
        f.group("lines") { LinesSpec(it) },
        f.group("tiling") { TilingSpec(it) },
        f.group("regions") { RegionsSpec(it) },
        f.group("limits") { LimitsSpec(it) },
        f.optionalGroup("direction") { DirectionSpec(it) },
    )

    init {
        conflict()?.let { throw ModelException("detector spec '$name': $it; $EXPORT_HINT") }
    }

    /** The same, but lines that only their text can confirm are kept too. */
    val withScoreSlack: DetectorSpec get() = copy(lines = lines.copy(lineScore = maxOf(0.0, lines.lineScore - lines.scoreSlack)))

    /** Values that are good by themselves but do not fit each other, or null. */
    private fun conflict(): String? {
        val m = sizeMultiple
        val names = outputs.map { it.json }
        return when {
            anchorHeights.size !in 1..MAX_ANCHORS || !anchorHeights.zipWithNext().all { (a, b) -> a < b } ->
                "anchor_heights: expected 1 to $MAX_ANCHORS ascending heights, got ${anchorHeights.toString().take(60)}"
            m % strideX != 0 || m % strideY != 0 ->
                "stride_x and stride_y: expected divisors of size_multiple $m, got $strideX and $strideY"
            outputs.toSet().size < outputs.size || DetectorMap.SCORE !in outputs || DetectorMap.VERTICAL !in outputs ->
                "outputs: expected distinct names with score and vertical among them, got $names"
            lines.lineGrouping == LineGrouping.LINKS && DetectorMap.LINK !in outputs ->
                "lines.line_grouping: expected the output link for 'links', got the outputs $names"
            lines.maxGap < strideX -> "lines.max_gap: expected at least stride_x $strideX, got ${lines.maxGap}"
            longSide % m != 0 -> "long_side: expected a multiple of size_multiple $m, got $longSide"
            tiling.overlap % m != 0 || 2 * tiling.overlap > longSide ->
                "tiling.overlap: expected a multiple of $m, at most half of long_side $longSide, got ${tiling.overlap}"
            regions.minPadding > regions.maxPadding ->
                "regions.min_padding: expected at most max_padding ${regions.maxPadding}, got ${regions.minPadding}"
            (direction == null) == (DetectorMap.DIRECTION in outputs) ->
                "direction: expected null without the output direction, numbers with it; got the outputs $names"
            direction != null && m % direction.stride != 0 ->
                "direction.stride: expected a divisor of size_multiple $m, got ${direction.stride}"
            else -> null
        }
    }

    companion object {
        /** @throws ModelException not JSON, another kind or schema, or a field that is missing, unknown, of another type or out of range. */
        fun fromJson(text: String): DetectorSpec {
            val f = fields("detector", text)
            return DetectorSpec(f).also { f.finish() }
        }
    }
}

/**
 * How a line crop is made, and where a long one is split.
 *
 * @property minWidth pixels of a line crop at least.
 * @property cutStart fraction of `maxWidth` after which a long line crop may be split.
 * @property cutWindow odd number of columns over which ink is summed to find the emptiest place, at most `maxWidth`.
 * @property cutTolerance grey levels above the emptiest that still count as empty.
 * @property spaceInk a column with less than this fraction of the most ink belongs to a gap.
 * @property spaceWidth a gap wider than this fraction of the height is a space.
 * @property columnPitch distances of a column's characters, from and to, as multiples of their size.
 * @property columnTolerance fraction of the mean ink that the borders between characters may have more than those with the least.
 * @property columnCell the part of a column that is read for a character is at most so many times as high as it.
 */
data class LineCropSpec(
    val minWidth: Int,
    val cutStart: Double,
    val cutWindow: Int,
    val cutTolerance: Double,
    val spaceInk: Double,
    val spaceWidth: Double,
    val columnPitch: List<Double>,
    val columnTolerance: Double,
    val columnCell: Double,
) {
    internal constructor(f: Fields) : this(
        f.int("min_width", Range(1, 1024)),
        f.number("cut_start", Range(0.1, 0.95)),
        f.int("cut_window", Range(1, 255)),
        f.number("cut_tolerance", Range(0, 255)),
        f.number("space_ink", FRACTION),
        f.number("space_width", Range(0, 10)),
        f.numbers("column_pitch", 2, Range(0.1, 10.0)),
        f.number("column_tolerance", Range(0, 10)),
        f.number("column_cell", Range(0.1, 10.0)),
    )
}

/**
 * Which lines are read again in another direction, what confirms a line, and how line crops are batched.
 *
 * @property flipRetryScore a text below this score is also read upside down.
 * @property pageFlipScore where [pageFlipVotes] of the longest lines are below this score on average, they are read upside down, and
 *   if that is better, so are all others.
 * @property verticalAspect a line more than so many times as high as wide may be vertical.
 * @property columnSlope a line that runs down or up, by more than so many times what it runs to one side, may be a column of characters.
 * @property columnGap two columns that continue each other, at most so many times their width apart, are one.
 * @property minGain by how much the score of another reading must be higher.
 * @property heightRetryScore a text below this score is read again in a quad [retryHeight] times as high.
 * @property minCombinedScore what the detector's score and the text's must sum to where the detector's alone is below
 *   [LinesSpec.lineScore].
 * @property batchColumns columns of a batch at most, after padding.
 * @property batchSpread the widest line crop of a batch is at most so many times as wide as the narrowest, and one `widthMultiple`.
 */
data class ReadingSpec(
    val flipRetryScore: Double,
    val pageFlipScore: Double,
    val pageFlipVotes: Int,
    val verticalAspect: Double,
    val columnSlope: Double,
    val columnGap: Double,
    val minGain: Double,
    val heightRetryScore: Double,
    val retryHeight: Double,
    val minCombinedScore: Double,
    val batchColumns: Int,
    val batchSpread: Double,
) {
    internal constructor(f: Fields) : this(
        f.number("flip_retry_score", FRACTION),
        f.number("page_flip_score", FRACTION),
        f.int("page_flip_votes", Range(1, 1000)),
        f.number("vertical_aspect", Range(1, 100)),
        f.number("column_slope", Range(1, 100)),
        f.number("column_gap", Range(0, 100)),
        f.number("min_gain", FRACTION),
        f.number("height_retry_score", FRACTION),
        f.number("retry_height", Range(0.5, 2.0)),
        f.number("min_combined_score", Range(0, 2)),
        f.int("batch_columns", Range(32, 16384)),
        f.number("batch_spread", Range(1, 100)),
    )
}

/**
 * How the probabilities of a text's characters become the probability that all are right: 1 / (1 + exp(-z)),
 * z = bias - errors * ln(floor + sum of (1 - p)) + length * ln(number of characters).
 *
 * @property floor expected errors far below this counts as none.
 */
data class CalibrationSpec(
    val bias: Double,
    val errors: Double,
    val length: Double,
    val floor: Double,
) {
    internal constructor(f: Fields) : this(
        f.number("bias", Range(-50, 50)),
        f.number("errors", Range(0, 20)),
        f.number("length", Range(-20, 20)),
        f.number("floor", Range(0.001, 1.0)),
    )
}

/**
 * What a recogniser graph expects and how its output becomes text. Every field is required: no language has defaults.
 *
 * The graph takes uint8 RGB [N, height, W, 3], N line crops, W a multiple of [widthMultiple], and gives logits
 * [N, W / stride, characters + 1]; class 0 is CTC's blank, class i the character i - 1 of [characters].
 *
 * @property charset distinct characters, the space among them; [charsetSha256] is of its UTF-8 bytes.
 * @property channels as [mean] and [std] those of [DetectorSpec].
 * @property height pixels of a line crop.
 * @property stride pixels of width for one time step.
 * @property widthMultiple line crops are padded to this on the right with the grey [pad].
 * @property maxWidth longer line crops are split at gaps, read part by part and joined; at least 4 times [height].
 * @property margin two fractions of a line's height that are added around its quad: at each end, and above and below.
 * @property widths of the exported variants of fixed width.
 */
data class RecognizerSpec(
    val name: String,
    val charset: String,
    val charsetSha256: String,
    val channels: Channels,
    val mean: List<Double>,
    val std: List<Double>,
    val height: Int,
    val stride: Int,
    val widthMultiple: Int,
    val pad: Int,
    val maxWidth: Int,
    val margin: List<Double>,
    val widths: List<Int>,
    val lineCrop: LineCropSpec,
    val reading: ReadingSpec,
    val calibration: CalibrationSpec,
) {
    private constructor(f: Fields) : this(
        f.text("name"),
        f.text("charset"),
        f.text("charset_sha256"),
        f.choice("channels", Channels.entries) { it.name },
        f.numbers("mean", 3, MEAN),
        f.numbers("std", 3, DEVIATION),
        f.int("height", Range(8, 256)),
        f.int("stride", Range(2, 64)),
        f.int("width_multiple", Range(4, 1024)),
        f.int("pad", GREY),
        f.int("max_width", WIDTH),
        f.numbers("margin", 2, FRACTION),
        f.ints("widths", WIDTH),
        f.group("line_crop") { LineCropSpec(it) },
        f.group("reading") { ReadingSpec(it) },
        f.group("calibration") { CalibrationSpec(it) },
    )

    /** The charset's code points, each as a text. */
    val characters: List<String> = charset.codePoints().toArray().map { String(Character.toChars(it)) }

    init {
        conflict()?.let { throw ModelException("recogniser spec '$name': $it; $EXPORT_HINT") }
    }

    /** Values that are good by themselves but do not fit each other, or null. */
    private fun conflict(): String? {
        val m = widthMultiple
        val digest = sha256(charset.toByteArray())
        return when {
            characters.isEmpty() || characters.toSet().size != characters.size -> "charset: expected distinct characters"
            characters.any { it.length == 1 && it[0].isSurrogate() } ->
                "charset: expected whole characters, got half of a surrogate pair"
            digest != charsetSha256 ->
                "charset: expected sha256 ${charsetSha256.take(64)}, got $digest; the file is damaged, fetch it again"
            m % stride != 0 || (widths + maxWidth).any { it % m != 0 } ->
                "width_multiple: expected a multiple of stride $stride that divides max_width and widths, got $m"
            maxWidth < 4 * height -> "max_width: expected at least 4 times the height $height, got $maxWidth"
            lineCrop.cutWindow % 2 == 0 || lineCrop.cutWindow > maxWidth ->
                "line_crop.cut_window: expected an odd number of at most max_width $maxWidth, got ${lineCrop.cutWindow}"
            lineCrop.columnPitch[0] > lineCrop.columnPitch[1] ->
                "line_crop.column_pitch: expected two numbers, the lower first, got ${lineCrop.columnPitch}"
            else -> null
        }
    }

    companion object {
        /** As [DetectorSpec.fromJson]; @throws ModelException also for a changed charset. */
        fun fromJson(text: String): RecognizerSpec {
            val f = fields("recognizer", text)
            return RecognizerSpec(f).also { f.finish() }
        }
    }
}

/** The hex digest of bytes. */
fun sha256(bytes: ByteArray): String = hex(MessageDigest.getInstance("SHA-256").digest(bytes))

/** Bytes in hexadecimal digits. */
fun hex(bytes: ByteArray): String = bytes.joinToString("") { "%02x".format(it) }

/** The fields of a spec of this kind and schema. */
private fun fields(
    kind: String,
    text: String,
): Fields {
    val json = jsonObject(text)
    val found = json["kind"].asText()
    if (found != kind) throw ModelException("spec: expected kind '$kind', got '$found'; name the $kind's file, or $EXPORT_HINT")
    val schema = json["schema"]
    if (schema.asInt() != SCHEMA) {
        val newer = (schema.asInt() ?: 0) > SCHEMA
        val hint =
            if (newer) "the model is newer than this reader: update the program" else "the model is older than this reader: $EXPORT_HINT"
        throw ModelException("spec: expected schema $SCHEMA, got $schema; $hint")
    }
    return Fields("spec", JsonObject(json - "kind" - "schema"))
}

private fun jsonObject(text: String): JsonObject {
    val value =
        try {
            parseJson(text)
        } catch (e: IllegalArgumentException) {
            throw ModelException("spec: not JSON (${e.message?.take(80)}); the file is damaged: $EXPORT_HINT")
        }
    return value.asObject() ?: throw ModelException("spec: expected a JSON object, got ${text.take(20)}; $EXPORT_HINT")
}
