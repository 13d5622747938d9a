package ctpn.core

import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.contract.DirectionSpec
import ctpn.core.detection.RotatedPart
import ctpn.core.detection.bestOfLooks
import ctpn.core.detection.cellAngles
import ctpn.core.detection.hugeLines
import ctpn.core.detection.partsToRotate
import ctpn.core.detection.postprocess
import ctpn.core.detection.reachedLimits
import ctpn.core.detection.turnedPart
import ctpn.core.imaging.FAR
import ctpn.core.imaging.RgbImage
import ctpn.core.imaging.closerScale
import ctpn.core.imaging.farView
import ctpn.core.imaging.fit
import ctpn.core.imaging.resize
import ctpn.core.imaging.rotate
import ctpn.core.imaging.rounded
import ctpn.core.imaging.stitch
import ctpn.core.imaging.tiles
import ctpn.core.layout.Point
import ctpn.core.layout.Quad
import ctpn.core.layout.Region
import ctpn.core.layout.Vector
import ctpn.core.layout.outline
import ctpn.core.layout.overlapFraction
import ctpn.core.layout.readingOrder
import ctpn.core.layout.rotateQuad
import ctpn.core.layout.scale
import ctpn.core.layout.window
import ctpn.core.recognition.isUpsideDown
import ctpn.core.recognition.readLines
import ctpn.core.recognition.readUnlessUpsideDown
import ctpn.core.recognition.textProbability
import ctpn.core.runtime.Detector
import ctpn.core.runtime.FloatMap
import ctpn.core.runtime.Recognizer

/**
 * Finds and reads text lines in photos with any detector and recogniser, which it closes with itself. It keeps nothing of a photo;
 * whether two threads may use it at once is up to the nets.
 */
class TextReader(
    private val detector: Detector,
    private val recognizer: Recognizer,
) : AutoCloseable {
    /**
     * The text lines of a photo with their texts, region by region, each in reading order: those that the detector alone accepts, and
     * those that only their text confirms. A quad begins at the top left of the text as it was read, also where that is on its side or
     * upside down. A line may be found in two regions that overlap.
     *
     * @param regions what a user marked: lines that lie mostly in one are given; null: the whole photo.
     * @throws CtpnException a region that is not convex, or does not touch the photo.
     */
    fun read(
        rgb: RgbImage,
        regions: List<Region>? = null,
        observer: StageObserver? = null,
    ): PageResult {
        val search = Search(detector, detector.spec.withScoreSlack, recognizer, observer)
        var lines = search.lines(rgb, regions).flatMap { ordered(it) }
        var texts =
            if (detector.spec.direction == null) {
                readLines(rgb, lines.map { it.quad }, recognizer, observer)
            } else {
                readUnlessUpsideDown(rgb, lines.map { it.quad }, recognizer, observer)
            }
        if (texts == null) {
            lines = search.linesUpsideDown(rgb, regions).flatten()
            texts = readLines(rgb, lines.map { it.quad }, recognizer, observer)
        }
        val calibration = recognizer.spec.calibration
        val confirmed =
            texts.mapNotNull { read ->
                val textScore = textProbability(read.text.scores, calibration).toFloat()
                val line = lines[read.index].copy(quad = read.quad, text = read.text.text, textScore = textScore)
                (line to read.isColumn).takeIf {
                    line.score >= detector.spec.lines.lineScore ||
                        line.score + read.text.score >= recognizer.spec.reading.minCombinedScore
                }
            }
        return PageResult(confirmed.groupBy { it.first.region }.values.flatMap { orderedWithColumns(it) }, search.warnings)
    }

    /** As [read], without texts and what only they confirm. */
    fun detect(
        rgb: RgbImage,
        regions: List<Region>? = null,
        observer: StageObserver? = null,
    ): PageResult {
        val search = Search(detector, detector.spec, null, observer)
        return PageResult(search.lines(rgb, regions).flatMap { ordered(it) }, search.warnings)
    }

    override fun close() {
        detector.close()
        recognizer.close()
    }
}

/**
 * The search for the lines of one photo.
 *
 * @property spec the detector's, with the thresholds that are asked for.
 * @property recognizer tells which way up rotated text is; null where no text is read.
 */
private class Search(
    private val detector: Detector,
    private val spec: DetectorSpec,
    private val recognizer: Recognizer?,
    private val observer: StageObserver?,
) {
    private val reached = mutableSetOf<String>()

    /** The lines of each region, in no order, with quads in the photo's pixels; of the whole photo without regions. */
    fun lines(
        rgb: RgbImage,
        regions: List<Region>?,
    ): List<List<TextLine>> = linesIn(rgb, regions?.map { outline(it, rgb.width, rgb.height) })

    private fun linesIn(
        rgb: RgbImage,
        outlines: List<List<Point>>?,
    ): List<List<TextLine>> = outlines?.mapIndexed { i, outline -> inRegion(rgb, outline, i) } ?: listOf(lines(rgb, whole = true))

    /** The same, found in the photo rotated by a half turn. */
    fun linesUpsideDown(
        rgb: RgbImage,
        regions: List<Region>?,
    ): List<List<TextLine>> {
        val rotated = observer.time("fit") { halfTurned(rgb) }

        fun turned(point: Point) = Point(rgb.width - point.x, rgb.height - point.y)
        val outlines = regions?.map { outline(it, rgb.width, rgb.height).map(::turned) }
        return linesIn(rotated, outlines).map { group -> group.map { it.copy(quad = it.quad.map(::turned)) } }
    }

    /** The lines that are mostly in a region. It is detected in alone, and enlarged if it is small. */
    private fun inRegion(
        rgb: RgbImage,
        outline: List<Point>,
        index: Int,
    ): List<TextLine> {
        val (x0, y0, x1, y1) = window(outline, rgb.width, rgb.height, spec.regions)
        val part = observer.time("fit") { rgb.cut(x0, y0, x1, y1) }
        val by = scale(outline, spec.regions)
        val large = if (by > 1) observer.time("fit") { resize(part, rounded(part.width * by), rounded(part.height * by)) } else part
        val exactX = (large.width.toDouble() / part.width).toFloat()
        val exactY = (large.height.toDouble() / part.height).toFloat()
        return lines(large)
            .map { line -> line.copy(quad = line.quad.map { Point(it.x / exactX + x0, it.y / exactY + y0) }, region = index) }
            .filter { overlapFraction(it.quad, outline) > 0.5 }
    }

    /**
     * The lines of a picture, in its pixels. Parts of it whose text is not level are looked at again, rotated.
     *
     * @param whole a whole photo, not a region of it: lines are found that fill it, and a small one without is enlarged for another look.
     */
    private fun lines(
        rgb: RgbImage,
        whole: Boolean = false,
    ): List<TextLine> {
        var fitted = observer.time("fit") { fit(rgb, spec) }
        var (maps, found) = look(fitted.pixels)
        if (whole) found = found + hugeLines(fitted.pixels, found)
        val by = if (whole) closerScale(rgb.width, rgb.height, found.map { it.quad }, spec) else 1.0
        if (by > 1) {
            fitted = observer.time("fit") { fit(rgb, spec, by) }
            look(fitted.pixels).let { (closerMaps, closerLines) ->
                maps = closerMaps
                found = closerLines
            }
        }
        val (scaleX, scaleY) = fitted.scaleX.toFloat() to fitted.scaleY.toFloat()
        val lines = found.map { line -> line.copy(quad = line.quad.map { Point(it.x / scaleX, it.y / scaleY).within(rgb) }) }
        val rules = spec.direction ?: return lines
        val angles = observer.time("postprocess") { cellAngles(maps.getValue(DetectorMap.DIRECTION), rules) }
        val (scaleNetX, scaleNetY) = scaleX.toDouble() to scaleY.toDouble()
        val directions = observer.time("postprocess") { partsToRotate(angles, found.map { it.quad }, rules) }
        val parts = directions.parts
        if (parts.isEmpty()) return lines
        val rotated = parts.map { part -> part.angle to rotatedLines(rgb, part, rules) { Vector(it.x / scaleNetX, it.y / scaleNetY) } }
        return observer.time("postprocess") {
            val looks = (listOf(0 to lines) + rotated).filter { it.second.isNotEmpty() } // where a look finds nothing, the level one counts
            val all = looks.flatMap { it.second }
            val quadsNet = all.map { line -> line.quad.map { Point(it.x * scaleX, it.y * scaleY) } }
            val ofLook = looks.flatMapIndexed { i, look -> look.second.map { i } }
            bestOfLooks(directions.angles, quadsNet, all.map { it.score }, ofLook, looks.map { it.first }, rules).map { all[it] }
        }
    }

    /** The lines of a fitted picture that are too high for its scale, in its pixels. */
    private fun hugeLines(
        pixelsNet: RgbImage,
        found: List<TextLine>,
    ): List<TextLine> {
        val (_, far) = look(observer.time("fit") { farView(pixelsNet, spec) })
        return observer.time("postprocess") {
            val lines = far.map { line -> line.copy(quad = line.quad.map { Point(it.x * FAR, it.y * FAR) }) }
            hugeLines(lines.map { it.quad }, found.map { it.quad }, spec).map { lines[it] }
        }
    }

    /**
     * The lines of a rotated part; of one whose lines are not level, or upside down, they are found again, the latter if there is a
     * recogniser.
     */
    private fun rotatedLines(
        rgb: RgbImage,
        part: RotatedPart,
        rules: DirectionSpec,
        toPicture: (Vector) -> Vector,
    ): List<TextLine> {
        var corners = part.cornersNet.map(toPicture)
        var (lines, quadsNet) = rotatedLook(rgb, corners)
        observer.time("postprocess") { turnedPart(part, quadsNet, rules) }?.let { again ->
            corners = again.cornersNet.map(toPicture)
            lines = rotatedLook(rgb, corners).first
        }
        val isOver = recognizer != null && isUpsideDown(rgb, lines.map { it.quad }, recognizer, observer)
        return if (isOver) rotatedLook(rgb, corners.drop(2) + corners.take(2)).first else lines
    }

    /** The lines of a rotated rectangle of a picture, and their quads in its own pixels. */
    private fun rotatedLook(
        rgb: RgbImage,
        corners: List<Vector>,
    ): Pair<List<TextLine>, List<Quad>> {
        val rotated = observer.time("fit") { rotate(rgb, corners, spec) }
        val found = look(rotated.pixels).second
        val lines = found.map { line -> line.copy(quad = line.quad.map { rotated.toPicture(it).within(rgb) }) }
        return lines to found.map { it.quad }
    }

    /** The maps of a fitted picture, and its lines in its own pixels. */
    private fun look(pixels: RgbImage): Pair<Map<DetectorMap, FloatMap>, List<TextLine>> {
        val maps = observer.time("detect") { tiledMaps(detector, pixels) }
        val found = observer.time("postprocess") { postprocess(maps, spec) }
        reached += reachedLimits(maps, found.size, spec)
        return maps to found
    }

    /** That there may be more text than was found. */
    val warnings: List<PageWarning> get() {
        val message = "reached the detector's limits (${reached.sorted().joinToString()}), the best are kept; read it in several regions"
        return if (reached.isEmpty()) emptyList() else listOf(PageWarning("limit_reached", message))
    }
}

/** Maps of the whole input; long images are read in overlapping tiles and their maps joined. */
private fun tiledMaps(
    detector: Detector,
    pixels: RgbImage,
): Map<DetectorMap, FloatMap> {
    val spec = detector.spec
    val across = pixels.width >= pixels.height
    val spans = tiles(if (across) pixels.width else pixels.height, spec)
    if (spans.size == 1) return detector.maps(pixels)
    val maps =
        spans.map { (a, b) ->
            detector.maps(if (across) pixels.cut(a, 0, b, pixels.height) else pixels.cut(0, a, pixels.width, b))
        }
    val cell = if (across) spec.strideX else spec.strideY
    return spec.outputs.associateWith { name ->
        val stride = spec.direction?.takeIf { name == DetectorMap.DIRECTION }?.stride ?: cell
        stitch(maps.map { it.getValue(name) }, spans, stride, across)
    }
}

/** A picture rotated by a half turn. */
private fun halfTurned(rgb: RgbImage): RgbImage {
    val out = ByteArray(rgb.pixels.size)
    for (i in 0 until rgb.width * rgb.height) rgb.pixels.copyInto(out, out.size - 3 * (i + 1), 3 * i, 3 * (i + 1))
    return RgbImage(rgb.width, rgb.height, out)
}

private fun ordered(lines: List<TextLine>): List<TextLine> = readingOrder(lines.map { it.quad }).map { lines[it] }

/** Lines in reading order; with each whether it is a column of characters, which run down. */
private fun orderedWithColumns(lines: List<Pair<TextLine, Boolean>>): List<TextLine> =
    readingOrder(lines.map { (line, isColumn) -> if (isColumn) rotateQuad(line.quad, 1) else line.quad }).map { lines[it].first }

private fun Point.within(rgb: RgbImage): Point = Point(x.coerceIn(0f, rgb.width.toFloat()), y.coerceIn(0f, rgb.height.toFloat()))
