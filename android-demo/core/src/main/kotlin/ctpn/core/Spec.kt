package ctpn.core

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import java.security.MessageDigest

private const val SCHEMA = 1
private val BUILDERS = listOf("links", "paper", "classic")

/**
 * What a detector graph expects and how its maps become text lines; `ctpn/contract/spec.py` says what each number means.
 *
 * The graph takes uint8 RGB [1, H, W, 3] and gives channels-last maps, one row a cell of [strideX] × [strideY] pixels,
 * k = number of [anchorHeights]: score [1, h, w, k] and, where [outputs] has them, vertical and side [1, h, w, 2k], link
 * [1, h, w, k].
 */
data class DetectorSpec(
    val name: String,
    val anchorHeights: List<Double>,
    val strideX: Int = 16,
    val strideY: Int = 8,
    val outputs: List<String> = listOf("score", "vertical", "side", "link"),
    val channels: String = "RGB",
    val mean: List<Double> = listOf(127.5, 127.5, 127.5),
    val std: List<Double> = listOf(127.5, 127.5, 127.5),
    val longSide: Int = 960,
    val stripRatio: Double = 4.0,
    val stripSide: Int = 640,
    val sizeMultiple: Int = 32,
    val pad: Int = 127,
    val scoreThreshold: Double = 0.5,
    val nmsThreshold: Double = 0.3,
    val builder: String = "links",
    val linkThreshold: Double = 0.5,
    val maxGap: Int = 50,
    val minOverlap: Double = 0.5,
    val lineScore: Double = 0.6,
    val minRatio: Double = 0.0,
    val grow: List<Double> = listOf(0.0, 0.0),
    val doubt: Double = 0.0,
) {
    /** The same, but lines that only their text can confirm are kept too. */
    val doubtful: DetectorSpec get() = copy(lineScore = maxOf(0.0, lineScore - doubt))

    init {
        problem()?.let { throw ModelException("detector spec '$name': $it") }
    }

    private fun problem(): String? {
        val ascending = anchorHeights.zipWithNext().all { (a, b) -> a < b }
        val shares =
            mapOf(
                "score_threshold" to scoreThreshold,
                "nms_threshold" to nmsThreshold,
                "link_threshold" to linkThreshold,
                "min_overlap" to minOverlap,
                "line_score" to lineScore,
                "doubt" to doubt,
            )
        val wrong = shares.entries.firstOrNull { it.value !in 0.0..1.0 }
        val sizes = listOf("long_side" to longSide, "strip_ratio" to stripRatio, "strip_side" to stripSide, "size_multiple" to sizeMultiple)
        outOfRange(pad, sizes, std)?.let { return it }
        return when {
            anchorHeights.isEmpty() || !ascending || anchorHeights[0] <= 0 ->
                "anchor_heights must be positive and ascending, got $anchorHeights"
            strideX < 1 || strideY < 1 || sizeMultiple % strideX != 0 || sizeMultiple % strideY != 0 ->
                "strides $strideX, $strideY must divide size_multiple $sizeMultiple"
            builder !in BUILDERS -> "builder must be one of $BUILDERS, got '$builder'"
            channels != "RGB" && channels != "BGR" -> "channels must be 'RGB' or 'BGR', got '$channels'"
            builder == "links" && "link" !in outputs -> "builder 'links' needs the output 'link'"
            wrong != null -> "${wrong.key} must lie in [0, 1], got ${wrong.value}"
            else -> null
        }
    }

    companion object {
        /** @throws ModelException no JSON, another kind or schema, an unknown or missing field, a bad value. */
        fun fromJson(text: String): DetectorSpec {
            val f = Fields("detector", text)
            val spec =
                DetectorSpec(
                    f.text("name"),
                    f.numbers("anchor_heights"),
                    f.int("stride_x", 16),
                    f.int("stride_y", 8),
                    f.take("outputs", listOf("score", "vertical", "side", "link")) { value -> value.asList { it.asText() } },
                    f.text("channels", "RGB"),
                    f.numbers("mean", 127.5, 127.5, 127.5),
                    f.numbers("std", 127.5, 127.5, 127.5),
                    f.int("long_side", 960),
                    f.number("strip_ratio", 4.0),
                    f.int("strip_side", 640),
                    f.int("size_multiple", 32),
                    f.int("pad", 127),
                    f.number("score_threshold", 0.5),
                    f.number("nms_threshold", 0.3),
                    f.text("builder", "links"),
                    f.number("link_threshold", 0.5),
                    f.int("max_gap", 50),
                    f.number("min_overlap", 0.5),
                    f.number("line_score", 0.6),
                    f.number("min_ratio", 0.0),
                    f.numbers("grow", 0.0, 0.0),
                    f.number("doubt", 0.0),
                )
            f.finish()
            return spec
        }
    }
}

/**
 * What a recogniser graph expects and how its output becomes text; `ctpn/contract/spec.py` says what each number means.
 *
 * The graph takes uint8 RGB [N, height, W, 3], strips of one text line each, W a multiple of [widthMultiple], and gives
 * logits [N, W / stride, characters + 1]; class 0 is CTC's blank, class i the character i - 1 of [characters].
 */
data class RecognizerSpec(
    val name: String,
    val charset: String,
    val charsetSha256: String,
    val height: Int = 32,
    val stride: Int = 4,
    val widthMultiple: Int = 32,
    val pad: Int = 127,
    val maxWidth: Int = 1280,
    val margin: List<Double> = listOf(0.15, 0.0),
    val channels: String = "RGB",
    val mean: List<Double> = listOf(127.5, 127.5, 127.5),
    val std: List<Double> = listOf(127.5, 127.5, 127.5),
    val widths: List<Int> = listOf(160, 320, 640),
) {
    /** The charset's code points, each as a text. */
    val characters: List<String> = charset.codePoints().toArray().map { String(Character.toChars(it)) }

    init {
        problem()?.let { throw ModelException("recogniser spec '$name': $it") }
    }

    private fun problem(): String? {
        val sizes = listOf("height" to height, "width_multiple" to widthMultiple, "max_width" to maxWidth) + widths.map { "widths" to it }
        outOfRange(pad, sizes, std)?.let { return it }
        val digest = sha256(charset.toByteArray())
        val fits = stride >= 1 && widthMultiple % stride == 0 && (widths + maxWidth).all { it % widthMultiple == 0 }
        return when {
            characters.isEmpty() || characters.toSet().size != characters.size -> "charset must hold distinct characters"
            digest != charsetSha256 -> "charset: expected sha256 $charsetSha256, got $digest; the file is damaged, fetch it again"
            !fits -> "stride $stride must divide width_multiple $widthMultiple, which must divide max_width and widths"
            channels != "RGB" && channels != "BGR" -> "channels must be 'RGB' or 'BGR', got '$channels'"
            else -> null
        }
    }

    companion object {
        /** @throws ModelException no JSON, another kind or schema, an unknown or missing field, a bad value, a changed charset. */
        fun fromJson(text: String): RecognizerSpec {
            val f = Fields("recognizer", text)
            val spec =
                RecognizerSpec(
                    f.text("name"),
                    f.text("charset"),
                    f.text("charset_sha256"),
                    f.int("height", 32),
                    f.int("stride", 4),
                    f.int("width_multiple", 32),
                    f.int("pad", 127),
                    f.int("max_width", 1280),
                    f.numbers("margin", 0.15, 0.0),
                    f.text("channels", "RGB"),
                    f.numbers("mean", 127.5, 127.5, 127.5),
                    f.numbers("std", 127.5, 127.5, 127.5),
                    f.take("widths", listOf(160, 320, 640)) { value -> value.asList { it.asInt() } },
                )
            f.finish()
            return spec
        }
    }
}

/** The hex digest of bytes. */
fun sha256(bytes: ByteArray): String = MessageDigest.getInstance("SHA-256").digest(bytes).joinToString("") { "%02x".format(it) }

/** The fields of a spec, each taken once. */
private class Fields(
    kind: String,
    text: String,
) {
    private val left: MutableMap<String, JsonElement> = jsonObject(text).toMutableMap()

    init {
        val found = left.remove("kind").asText()
        if (found != kind) throw ModelException("spec: expected kind '$kind', got '$found'; name the $kind's file")
        val schema = left.remove("schema")
        if (schema.asInt() != SCHEMA) {
            throw ModelException("spec: expected schema $SCHEMA, got $schema; use the reader that came with the model")
        }
    }

    /** @param other what a spec without this field means; null where it must have it. */
    fun <T> take(
        name: String,
        other: T?,
        read: (JsonElement) -> T?,
    ): T {
        val value = left.remove(name) ?: return other ?: throw ModelException("spec: $name is missing; export the model again")
        return read(value) ?: throw ModelException("spec: $name has the wrong type, $value; export the model again")
    }

    fun text(
        name: String,
        other: String? = null,
    ): String = take(name, other) { it.asText() }

    fun int(
        name: String,
        other: Int,
    ): Int = take(name, other) { it.asInt() }

    fun number(
        name: String,
        other: Double,
    ): Double = take(name, other) { it.asDouble() }

    fun numbers(
        name: String,
        vararg other: Double,
    ): List<Double> {
        val size = other.size
        return take(name, other.toList().takeIf { size > 0 }) { value ->
            value.asList { it.asDouble() }?.takeIf { size == 0 || it.size == size }
        }
    }

    fun finish() {
        if (left.isNotEmpty()) throw ModelException("spec: unknown fields ${left.keys.sorted()}; the model is newer than this reader")
    }
}

private fun jsonObject(text: String): JsonObject {
    val value =
        try {
            parseJson(text)
        } catch (e: IllegalArgumentException) {
            throw ModelException("spec: not JSON (${e.message?.take(60)}); the model file is damaged, export it again")
        }
    return value.asObject() ?: throw ModelException("spec: expected a JSON object, got ${text.take(20)}; export the model again")
}
