package ctpn.core.recognition

import ctpn.core.StageObserver
import ctpn.core.contract.RecognizerSpec
import ctpn.core.imaging.RgbImage
import ctpn.core.layout.Quad
import ctpn.core.layout.quadSize
import ctpn.core.layout.rotateQuad
import ctpn.core.layout.splitVertical
import ctpn.core.runtime.Recognizer
import ctpn.core.time
import kotlin.math.exp
import kotlin.math.ln

/** The text of each line crop, in the order given; those above `spec.maxWidth` are read part by part. */
fun readLineCrops(
    lineCrops: List<RgbImage>,
    recognizer: Recognizer,
    observer: StageObserver? = null,
): List<Decoded> {
    val spec = recognizer.spec
    val cuts = lineCrops.map { splitPoints(it, spec) }
    val parts = lineCrops.zip(cuts).flatMap { (lineCrop, places) -> places.map { (a, b) -> lineCrop.cut(a, 0, b, lineCrop.height) } }
    val texts = readParts(parts, recognizer, observer)
    var end = 0
    return lineCrops.zip(cuts).map { (lineCrop, places) ->
        val own = texts.subList(end, end + places.size)
        end += places.size
        join(lineCrop, places, own, spec)
    }
}

/** The text of each line crop, none of them above `spec.maxWidth`, batch by batch. */
private fun readParts(
    parts: List<RgbImage>,
    recognizer: Recognizer,
    observer: StageObserver?,
): List<Decoded> {
    val spec = recognizer.spec
    val texts = arrayOfNulls<Decoded>(parts.size)
    for (group in batches(parts.map { it.width }, spec)) {
        val batch = observer.time("line_crop") { padded(group.map { parts[it] }, spec) }
        val logits = observer.time("recognize") { recognizer.logits(batch) }
        val classes = spec.characters.size + 1
        val steps = batch.width / spec.stride
        for ((row, i) in group.withIndex()) {
            val own = (parts[i].width + spec.stride - 1) / spec.stride
            texts[i] = observer.time("ctc") { greedy(Logits(logits, row * steps * classes, own, classes), spec.characters) }
        }
    }
    return texts.map { it!! }
}

/** The parts (begin, end) of one line crop as one text, a space between two where the gap is as wide as one. */
fun join(
    lineCrop: RgbImage,
    places: List<Pair<Int, Int>>,
    parts: List<Decoded>,
    spec: RecognizerSpec,
): Decoded {
    if (parts.size == 1) return parts[0]
    val text = StringBuilder()
    val scores = mutableListOf<Float>()
    val steps = mutableListOf<Int>()
    for ((part, place) in parts.zip(places)) {
        val begin = place.first
        val touching = text.isNotEmpty() && part.text.isNotEmpty() && text.last() != ' ' && part.text.first() != ' '
        if (touching && isSpace(lineCrop, begin, spec)) {
            text.append(' ')
            scores += part.scores[0]
            steps += begin / spec.stride
        }
        text.append(part.text)
        scores += part.scores.toList()
        steps += part.steps.map { it + begin / spec.stride }
    }
    val score = if (scores.isEmpty()) 0.0 else exp(scores.sumOf { ln(maxOf(it.toDouble(), 1e-12)) } / scores.size)
    return Decoded(text.toString(), score, scores.toFloatArray(), steps.toIntArray())
}

/** A line's quad, clockwise from the top left of the text as it was read, and the text. */
class ReadLine(
    val quad: Quad,
    val text: Decoded,
)

/**
 * Texts of the lines inside quads.
 *
 * Each line is read in its detected orientation. A vertical one is also read rotated to the left, to the right, and as a
 * column of characters. One with a low score is also read upside down, and if that is better for the page's longest lines,
 * so are all others. The reading with the highest score wins, if it is `minGain` above the first.
 */
fun readLines(
    rgb: RgbImage,
    quads: List<Quad>,
    recognizer: Recognizer,
    observer: StageObserver? = null,
): List<ReadLine> {
    val policy = recognizer.spec.reading
    val readings = Readings(rgb, quads, recognizer, observer)
    val (tall, flat) = quads.indices.partition { quadSize(quads[it]).let { (w, h) -> h > policy.verticalAspect * w } }
    val longest = flat.sortedByDescending { quadSize(quads[it]).let { (w, h) -> w / h } }.take(policy.pageFlipVotes)
    val before = readings.meanScore(longest)
    val voters = if (before < policy.pageFlipScore) longest else emptyList()
    readings.retry(voters) { listOf(rotateQuad(it, 2)) }
    val flipPage = readings.meanScore(longest) > before + policy.minGain
    val others = flat.filter { it !in voters && (flipPage || readings.texts[it].score < policy.flipRetryScore) }
    readings.retry(others) { listOf(rotateQuad(it, 2)) }
    readings.retry(tall) { listOf(rotateQuad(it, 1)) }
    readings.retry(tall) { listOf(rotateQuad(it, 3)) }
    readings.retry(tall) { splitVertical(it) }
    return readings.chosen.zip(readings.texts) { quad, text -> ReadLine(quad, text) }
}

/** The best text of each line so far and the quad that gave it. */
private class Readings(
    private val rgb: RgbImage,
    private val quads: List<Quad>,
    private val recognizer: Recognizer,
    private val observer: StageObserver?,
) {
    val chosen = quads.toMutableList()
    val texts = readLineCrops(quads.map { lineCrop(it) }, recognizer, observer).toMutableList()

    fun meanScore(lines: List<Int>): Double = lines.sumOf { texts[it].score } / maxOf(1, lines.size)

    /** Read some lines another way, and keep what has a higher score: [way] gives the quads of a line's parts. */
    fun retry(
        lines: List<Int>,
        way: (Quad) -> List<Quad>,
    ) {
        val parts = lines.map { way(quads[it]) }
        val lineCrops = parts.map { quads -> sideBySide(quads.map { lineCrop(it) }) }
        for ((n, text) in readLineCrops(lineCrops, recognizer, observer).withIndex()) {
            val i = lines[n]
            if (text.text.isNotEmpty() && text.score > texts[i].score + recognizer.spec.reading.minGain) {
                texts[i] = text
                chosen[i] = parts[n].singleOrNull() ?: quads[i]
            }
        }
    }

    private fun lineCrop(quad: Quad): RgbImage = observer.time("line_crop") { rectify(rgb, quad, recognizer.spec) }
}
