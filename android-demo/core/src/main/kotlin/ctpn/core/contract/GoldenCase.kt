package ctpn.core.contract

import ctpn.core.ModelException
import ctpn.core.TextLine
import ctpn.core.layout.Quad
import ctpn.core.layout.Region
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlin.math.abs

/**
 * The case that every app reads at load: the lines that must be found in [photo]'s [regions].
 *
 * @property photo name of a file of the bundle, a PNG.
 * @property quadTolerance pixels by which a corner may differ.
 * @property scoreTolerance by which a score may differ.
 */
data class GoldenCase(
    val photo: String,
    val regions: List<Region>,
    val lines: List<TextLine>,
    val quadTolerance: Float,
    val scoreTolerance: Float,
) {
    /** What differs in lines that were read from [photo], another number, text or region, or a quad or score beyond tolerance; or null. */
    fun difference(read: List<TextLine>): String? {
        if (read.size != lines.size) return "expected ${lines.size} lines, got ${read.size}"
        return lines.zip(read).find { (expected, got) -> !isSame(expected, got) }?.let { (expected, got) -> "expected $expected, got $got" }
    }

    private fun isSame(
        expected: TextLine,
        got: TextLine,
    ): Boolean {
        val scores = listOf(expected.score to got.score, (expected.textScore ?: 0f) to (got.textScore ?: 0f))
        return expected.text == got.text &&
            expected.region == got.region &&
            expected.quad.corners
                .zip(got.quad.corners)
                .all { (a, b) -> maxOf(abs(a.x - b.x), abs(a.y - b.y)) <= quadTolerance } &&
            scores.all { (a, b) -> abs(a - b) <= scoreTolerance }
    }

    companion object {
        /** @throws ModelException not as docs/bundle.md has it. */
        fun parse(text: String): GoldenCase =
            try {
                golden(parseJson(text).asObject())
            } catch (_: IllegalArgumentException) {
                null
            } ?: throw ModelException("the golden case: damaged; $BUNDLE_HINT")
    }
}

private fun golden(data: JsonObject?): GoldenCase? {
    val tolerance = data?.get("tolerance").asObject()
    return GoldenCase(
        data?.get("photo").asText() ?: return null,
        data?.get("regions").asList { region(it) } ?: return null,
        data?.get("lines").asList { line(it.asObject()) } ?: return null,
        tolerance?.get("quad").asDouble()?.toFloat() ?: return null,
        tolerance?.get("score").asDouble()?.toFloat() ?: return null,
    )
}

private fun region(data: JsonElement): Region? {
    val (x, y, width, height) = data.asList { it.asDouble()?.toFloat() }?.takeIf { it.size == 4 } ?: return null
    return Region.rectangle(x, y, width, height)
}

private fun line(data: JsonObject?): TextLine? {
    val corners = data?.get("quad").asList { corner -> corner.asList { it.asDouble()?.toFloat() }?.takeIf { it.size == 2 } }
    val quad = corners?.takeIf { it.size == 4 } ?: return null
    return TextLine(
        Quad.of(*quad.flatten().toFloatArray()),
        data?.get("score").asDouble()?.toFloat() ?: return null,
        data?.get("text").asText() ?: return null,
        data?.get("text_score").asDouble()?.toFloat() ?: return null,
        data?.get("region").asInt() ?: return null,
    )
}
