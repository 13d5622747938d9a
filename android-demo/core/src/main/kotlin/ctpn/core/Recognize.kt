package ctpn.core

import kotlin.math.exp
import kotlin.math.ln

private const val POOR = 0.6 // a text less sure than this may stand on its head
private const val SURE = 0.9 // where the longest lines are less sure than this on average, the whole page may ...
private const val WITNESSES = 6 // ... so many of them
private const val TALL = 1.8 // a line so many times as high as wide may be vertical
private const val BETTER = 0.05 // by how much another direction must be surer

/** What the detector's score and the text's must sum to, where the detector alone would doubt. */
const val CONFIRMED = 1.1

/** What is asked of a recogniser. */
interface Recognizer {
    val spec: RecognizerSpec

    /** Logits of strips, one strip's behind another's: width / stride steps of a class for the blank and each character. */
    fun logits(strips: Strips): FloatArray
}

/** The text of each strip, in the order given; strips above `spec.maxWidth` are read in pieces. */
fun readStrips(
    strips: List<RgbImage>,
    recognizer: Recognizer,
    watch: Stopwatch = Stopwatch(),
): List<Decoded> {
    val spec = recognizer.spec
    val cuts = strips.map { pieces(it, spec) }
    val parts = strips.zip(cuts).flatMap { (strip, places) -> places.map { (a, b) -> strip.cut(a, 0, b, strip.height) } }
    val found = arrayOfNulls<Decoded>(parts.size)
    for (group in batches(parts.map { it.width }, spec)) {
        val batch = watch.time("rectify") { padded(group.map { parts[it] }, spec) }
        val logits = watch.time("recogniser") { recognizer.logits(batch) }
        val classes = spec.characters.size + 1
        val steps = batch.width / spec.stride
        for ((row, i) in group.withIndex()) {
            val own = (parts[i].width + spec.stride - 1) / spec.stride
            found[i] = watch.time("ctc") { greedy(Logits(logits, row * steps * classes, own, classes), spec.characters) }
        }
    }
    var end = 0
    return strips.zip(cuts).map { (strip, places) ->
        val own = List(places.size) { found[end + it]!! }
        end += places.size
        join(strip, places, own, spec)
    }
}

/** The pieces (begin, end) of one strip as one text, a space between two where the gap is as wide as one. */
fun join(
    strip: RgbImage,
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
        if (text.isNotEmpty() && part.text.isNotEmpty() && text.last() != ' ' && part.text.first() != ' ' && isSpace(strip, begin)) {
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
 * A line is read as it lies. A tall one is also read turned to the left, to the right, and as a column of characters; one
 * that reads poorly, also standing on its head, and if the page's longest lines read better so, then all are. The surest
 * reading wins.
 */
fun readLines(
    rgb: RgbImage,
    quads: List<Quad>,
    recognizer: Recognizer,
    watch: Stopwatch = Stopwatch(),
): List<ReadLine> {
    val read = Readings(rgb, quads, recognizer, watch)
    val (tall, flat) = quads.indices.partition { sides(quads[it]).let { (w, h) -> h > TALL * w } }
    val longest = flat.sortedByDescending { sides(quads[it]).let { (w, h) -> w / h } }.take(WITNESSES)
    val before = read.meanScore(longest)
    val asked = if (before < SURE) longest else emptyList()
    read.retry(asked) { listOf(turned(it, 2)) }
    val all = read.meanScore(longest) > before + BETTER
    read.retry(flat.filter { it !in asked && (all || read.texts[it].score < POOR) }) { listOf(turned(it, 2)) }
    read.retry(tall) { listOf(turned(it, 1)) }
    read.retry(tall) { listOf(turned(it, 3)) }
    read.retry(tall) { stacked(it) }
    return read.chosen.zip(read.texts) { quad, text -> ReadLine(quad, text) }
}

private class Readings(
    private val rgb: RgbImage,
    private val quads: List<Quad>,
    private val recognizer: Recognizer,
    private val watch: Stopwatch,
) {
    val chosen = quads.toMutableList()
    val texts = readStrips(quads.map { strip(it) }, recognizer, watch).toMutableList()

    fun meanScore(which: List<Int>): Double = which.sumOf { texts[it].score } / maxOf(1, which.size)

    /** Read some lines another way, and keep what is surer: [way] gives the quads of a line's parts. */
    fun retry(
        those: List<Int>,
        way: (Quad) -> List<Quad>,
    ) {
        val parts = those.map { way(quads[it]) }
        val strips = parts.map { quads -> joined(quads.map { strip(it) }) }
        for ((n, text) in readStrips(strips, recognizer, watch).withIndex()) {
            val i = those[n]
            if (text.text.isNotEmpty() && text.score > texts[i].score + BETTER) {
                texts[i] = text
                chosen[i] = parts[n].singleOrNull() ?: quads[i]
            }
        }
    }

    private fun strip(quad: Quad): RgbImage = watch.time("rectify") { rectify(rgb, quad, recognizer.spec) }
}
