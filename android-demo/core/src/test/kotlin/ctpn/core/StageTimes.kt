package ctpn.core

import ctpn.core.contract.DetectorMap
import ctpn.core.detection.decode
import ctpn.core.detection.postprocess
import ctpn.core.detection.suppress
import ctpn.core.detection.textLines
import ctpn.core.imaging.RgbImage
import ctpn.core.imaging.fit
import ctpn.core.layout.Quad
import ctpn.core.layout.Region
import ctpn.core.layout.Window
import ctpn.core.layout.outline
import ctpn.core.layout.overlapFraction
import ctpn.core.layout.readingOrder
import ctpn.core.layout.window
import ctpn.core.recognition.Logits
import ctpn.core.recognition.batches
import ctpn.core.recognition.greedy
import ctpn.core.recognition.padded
import ctpn.core.recognition.rectify
import ctpn.core.runtime.FloatMap
import kotlin.random.Random

// How long the stages take without any net, as benchmarks/stages.py has it for Python. From the repository's folder:
//   mvn -q -f android-demo/pom.xml -pl core test-compile exec:java -Dexec.mainClass=ctpn.core.StageTimesKt -Dexec.classpathScope=test

private const val ROUNDS = 60
private const val WARMUP = 20 // the first ones are interpreted

/** Of each stage the median and the best, in milliseconds. */
fun main() {
    val photo = noise(4000, 3000)
    val maps = fullPage()
    val proposals = decode(maps, MOBILE)
    val kept = proposals.take(suppress(proposals.boxesNet, proposals.scores, proposals.columns, MOBILE.nmsThreshold.toFloat()))
    val lines = textLines(kept, MOBILE)
    val line = Quad.of(300f, 400f, 1100f, 420f, 1099f, 480f, 299f, 460f)
    val region = Region.rectangle(200f, 300f, 1200f, 300f)
    val lineCrops = List(8) { noise(280 + 56 * it, CRNN.height) }
    val classes = 5128
    val logits = Logits(FloatArray(80 * classes) { Random(it).nextFloat() * 9 - if (it % classes == 0) 0 else 4 }, 0, 80, classes)
    val characters = List(classes - 1) { Char(0x4e00 + it).toString() }
    println("${proposals.size} proposals, ${kept.size} kept, ${lines.size} lines; a photo of ${photo.width} x ${photo.height}")
    time("fit") { fit(photo, MOBILE) }
    time("regions, 10 of them") { repeat(10) { region(region, lines, photo) } }
    time("decode") { decode(maps, MOBILE) }
    time("suppress") { suppress(proposals.boxesNet, proposals.scores, proposals.columns, MOBILE.nmsThreshold.toFloat()) }
    time("lines") { textLines(kept, MOBILE) }
    time("decode, suppress, lines") { postprocess(maps, MOBILE) }
    time("order") { readingOrder(lines.map { it.quad }) }
    time("rectify a line of 800 x 60") { rectify(photo, line, CRNN) }
    time("line crops, 8 of up to 672") {
        batches(lineCrops.map { it.width }, CRNN).map { group ->
            padded(group.map { lineCrops[it] }, CRNN)
        }
    }
    time("ctc, 80 steps of $classes classes") { greedy(logits, characters) }
}

/** What a marked region costs beside its reading: outline, window, and which lines are its own. */
private fun region(
    marked: Region,
    lines: List<TextLine>,
    photo: RgbImage,
): Pair<Window, Int> {
    val outline = outline(marked, photo.width, photo.height)
    return window(outline, photo.width, photo.height, MOBILE.regions) to lines.count { overlapFraction(it.quad, outline) > 0.5 }
}

private fun time(
    name: String,
    stage: () -> Unit,
) {
    val taken = List(WARMUP + ROUNDS) { System.nanoTime().also { stage() }.let { System.nanoTime() - it } / 1e6 }.drop(WARMUP).sorted()
    println("%-36s median %7.2f ms   best %7.2f ms".format(name, taken[ROUNDS / 2], taken[0]))
}

private fun noise(
    width: Int,
    height: Int,
) = RgbImage(width, height, Random(0).nextBytes(3 * width * height))

/** Maps of a 960 × 960 page: 38 rows of three lines 11 pixels high, about 2,000 proposals. */
private fun fullPage(): Map<DetectorMap, FloatMap> {
    val (h, w, k) = Triple(120, 60, MOBILE.anchorHeights.size)
    val channels = DetectorMap.entries.associateWith { if (it == DetectorMap.VERTICAL || it == DetectorMap.SIDE) 2 * k else k }
    val maps = channels.mapValues { FloatMap(h, w, it.value, FloatArray(h * w * it.value)) }
    val random = Random(0)
    for (row in 0 until 38) {
        for (columns in listOf(0..14, 19..33, 38..52)) for (column in columns) mark(maps, row, column, column < columns.last, random)
    }
    return maps
}

/** One cell of a line: the anchor of 10 pixels at its middle, and the one of 15, which suppression removes again. */
private fun mark(
    maps: Map<DetectorMap, FloatMap>,
    row: Int,
    column: Int,
    goesOn: Boolean,
    random: Random,
) {
    val middle = 15 * row + 13.5f
    val cell = (middle / MOBILE.strideY).toInt() * maps.getValue(DetectorMap.SCORE).width + column
    val cy = ((middle / MOBILE.strideY).toInt() + 0.5f) * MOBILE.strideY
    for (anchor in 1..1 + random.nextInt(2)) {
        val at = cell * MOBILE.anchorHeights.size + anchor
        maps.getValue(DetectorMap.SCORE).values[at] = 0.9f - 0.1f * anchor + random.nextFloat() * 0.05f
        maps.getValue(DetectorMap.VERTICAL).values[2 * at] = (middle - cy) / MOBILE.anchorHeights[anchor].toFloat()
        maps.getValue(DetectorMap.SIDE).values[2 * at] = -0.5f
        maps.getValue(DetectorMap.SIDE).values[2 * at + 1] = 0.5f
        maps.getValue(DetectorMap.LINK).values[at] = if (goesOn) 0.9f else 0.05f
    }
}
