package ctpn.core.recognition

import ctpn.core.StageObserver
import ctpn.core.contract.RecognizerSpec
import ctpn.core.imaging.RgbImage
import ctpn.core.layout.Quad
import ctpn.core.layout.chainsDown
import ctpn.core.layout.isSteep
import ctpn.core.layout.ofHeight
import ctpn.core.layout.partOfQuad
import ctpn.core.layout.quadSize
import ctpn.core.layout.rectangle
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

/**
 * How a line was read.
 *
 * @property index of the line; of a column that was found in pieces, of the uppermost.
 * @property quad clockwise from the top left of the text as it was read; of a column from that of its first character.
 * @property isColumn whether it is a column of upright characters that was found as a line running down or up.
 */
class ReadLine(
    val index: Int,
    val quad: Quad,
    val text: Decoded,
    val isColumn: Boolean,
)

/** A way to read a line: the quads of its parts, which are read side by side, and the quad of all. */
private class Way(
    val parts: List<Quad>,
    val quad: Quad,
    val isColumn: Boolean = false,
)

/**
 * Texts of the lines inside quads, in the order of the quads, without the pieces of columns.
 *
 * Each line is read in its detected orientation. A vertical one, which is higher than wide, is also read rotated to the left, to the
 * right, and as a column of characters. Of the others, one with a low score is also read upside down, and if that is better for the
 * page's longest lines, so are all others. Before that, the same is done with those that run down or up ([isSteep]) as columns, and
 * columns that continue each other are read as one. The reading with the highest score wins, if it is `minGain` above the one before.
 * What is read badly even so is read once more in a quad of another height, for detected heights are uneven.
 */
fun readLines(
    rgb: RgbImage,
    quads: List<Quad>,
    recognizer: Recognizer,
    observer: StageObserver? = null,
): List<ReadLine> {
    val readings = Readings(rgb, quads, recognizer, observer)
    return readings.finish(readings.vote(readings.level, ::upsideDown))
}

/** As [readLines]; null as soon as the longest lines say that the page is upside down, where lines are found less well. */
fun readUnlessUpsideDown(
    rgb: RgbImage,
    quads: List<Quad>,
    recognizer: Recognizer,
    observer: StageObserver? = null,
): List<ReadLine>? {
    val readings = Readings(rgb, quads, recognizer, observer)
    val vote = readings.vote(readings.level, ::upsideDown)
    return if (vote.outright) null else readings.finish(vote)
}

/** Whether the longest lines, where they are read badly, are read better upside down; false without lines. */
fun isUpsideDown(
    rgb: RgbImage,
    quads: List<Quad>,
    recognizer: Recognizer,
    observer: StageObserver? = null,
): Boolean {
    val longest = longest(quads.indices.toList(), quads, recognizer.spec.reading.pageFlipVotes).map { quads[it] }
    return Readings(rgb, longest, recognizer, observer).vote(longest.indices.toList(), ::upsideDown).outright
}

/**
 * What the longest lines say of another way to read them.
 *
 * @property voters those that were read that way; none where they are read well as they are.
 * @property better whether the best of both readings is better than before, on average.
 * @property outright whether the other way alone is.
 */
private class Vote(
    val voters: List<Int>,
    val better: Boolean,
    val outright: Boolean,
)

/** The best text of each line so far, and the way that gave it. */
private class Readings(
    private val rgb: RgbImage,
    private val quads: List<Quad>,
    private val recognizer: Recognizer,
    private val observer: StageObserver?,
) {
    private val policy = recognizer.spec.reading
    private val vertical = quads.indices.filter { quadSize(quads[it]).let { (w, h) -> h > policy.verticalAspect * w } }
    private val steep = quads.indices.filter { it !in vertical && isSteep(quads[it], policy.columnSlope) }
    val level: List<Int> = quads.indices.filter { it !in vertical && it !in steep }
    private val chosen = quads.map { Way(listOf(it), it) }.toMutableList()
    private val texts = read(chosen).toMutableList()

    private fun read(ways: List<Way>): List<Decoded> =
        readLineCrops(ways.map { way -> sideBySide(way.parts.map { lineCrop(it) }) }, recognizer, observer)

    /** Read again what may be better another way, after the level lines have voted on being upside down. */
    fun finish(vote: Vote): List<ReadLine> {
        retryOthers(level, vote, ::upsideDown)
        retryOthers(steep, vote(steep, ::asColumn), ::asColumn)
        val absorbed = joinColumns(steep)
        val others = steep - absorbed
        retryOthers(others, vote(others, ::upsideDown), ::upsideDown)
        retry(vertical) { rotated(it, 1) }
        retry(vertical) { rotated(it, 3) }
        retry(vertical) { Way(splitVertical(it), it) }
        val kept = quads.indices - absorbed
        retryHeights(kept)
        return kept.map { ReadLine(it, chosen[it].quad, texts[it], chosen[it].isColumn) }
    }

    /** Read lines another way and keep what is better; the mean score of that way. */
    private fun retry(
        lines: List<Int>,
        wayOf: (Quad) -> Way,
    ): Double = tryWays(lines, lines.map { wayOf(quads[it]) })

    /** Read each line in its way and keep what is better; the mean score of these ways. */
    private fun tryWays(
        lines: List<Int>,
        ways: List<Way>,
    ): Double {
        val read = read(ways)
        for ((n, text) in read.withIndex()) {
            val i = lines[n]
            if (text.score > texts[i].score + policy.minGain) {
                texts[i] = text
                chosen[i] = ways[n]
            }
        }
        return meanScore(read)
    }

    /** Read lines that are read badly as they were, but in quads of another height; their own quads stay. */
    private fun retryHeights(lines: List<Int>) {
        val badly = lines.filter { texts[it].score < policy.heightRetryScore }
        tryWays(
            badly,
            badly.map { chosen[it] }.map { way ->
                Way(way.parts.map { ofHeight(it, policy.retryHeight) }, way.quad, way.isColumn)
            },
        )
    }

    /** Read the longest lines another way, if they are read badly. */
    fun vote(
        lines: List<Int>,
        wayOf: (Quad) -> Way,
    ): Vote {
        val longest = longest(lines, quads, policy.pageFlipVotes)
        val before = meanScore(longest.map { texts[it] })
        val voters = if (before < policy.pageFlipScore) longest else emptyList()
        val other = retry(voters, wayOf)
        val limit = before + policy.minGain
        return Vote(voters, meanScore(longest.map { texts[it] }) > limit, other > limit)
    }

    /** Read the lines that have not voted another way: all, or those that are read badly. */
    private fun retryOthers(
        lines: List<Int>,
        vote: Vote,
        wayOf: (Quad) -> Way,
    ) {
        retry(lines.filter { it !in vote.voters && (vote.better || texts[it].score < policy.flipRetryScore) }, wayOf)
    }

    /** A line that runs down or up, as a column of upright characters from its upper end down. */
    private fun asColumn(quad: Quad): Way {
        val down = downward(quad)
        val lineCrop = lineCrop(down)
        val cells = observer.time("line_crop") { splitColumn(lineCrop, recognizer.spec) }
        return Way(cells.map { (begin, end) -> rotateQuad(partOfQuad(down, begin, end), 3) }, rotateQuad(down, 3), true)
    }

    /** Read a column with the lines that continue it as one, where that is no worse than the worst: the indices of the lower ones. */
    private fun joinColumns(lines: List<Int>): Set<Int> {
        if (lines.none { chosen[it].isColumn }) return emptySet()
        val down = lines.map { downward(quads[it]) }
        val chains = chainsDown(down, policy.columnGap).filter { it.size > 1 && it.any { k -> chosen[lines[k]].isColumn } }
        val ways =
            chains.map { chain ->
                val (first, last) = down[chain.first()] to down[chain.last()]
                asColumn(Quad(first.topLeft, last.topRight, last.bottomRight, first.bottomLeft))
            }
        val absorbed = mutableSetOf<Int>()
        for ((n, text) in read(ways).withIndex()) {
            val chain = chains[n].map { lines[it] }
            if (text.score > chain.minOf { texts[it].score } - policy.minGain) {
                texts[chain[0]] = text
                chosen[chain[0]] = ways[n]
                absorbed += chain.drop(1)
            }
        }
        return absorbed
    }

    private fun lineCrop(quad: Quad): RgbImage = observer.time("line_crop") { rectify(rgb, quad, recognizer.spec) }
}

/** The rectangle of a line that runs down or up, so that it runs down. */
private fun downward(quad: Quad): Quad {
    val isDown = quad.topRight.y + quad.bottomRight.y > quad.topLeft.y + quad.bottomLeft.y
    return rectangle(if (isDown) quad else rotateQuad(quad, 2))
}

private fun upsideDown(quad: Quad): Way = rotated(quad, 2)

private fun rotated(
    quad: Quad,
    quarters: Int,
): Way = rotateQuad(quad, quarters).let { Way(listOf(it), it) }

/** The lines with the highest ratio of width to height, of equal ones the first. */
private fun longest(
    lines: List<Int>,
    quads: List<Quad>,
    count: Int,
): List<Int> = lines.sortedByDescending { quadSize(quads[it]).let { (w, h) -> w / h } }.take(count)

private fun meanScore(texts: List<Decoded>): Double = texts.sumOf { it.score } / maxOf(1, texts.size)
