package ctpn.core

import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.detection.postprocess
import ctpn.core.detection.reachedLimits
import ctpn.core.imaging.RgbImage
import ctpn.core.imaging.fit
import ctpn.core.imaging.resize
import ctpn.core.imaging.rounded
import ctpn.core.imaging.stitch
import ctpn.core.imaging.tiles
import ctpn.core.layout.Point
import ctpn.core.layout.Region
import ctpn.core.layout.outline
import ctpn.core.layout.overlapFraction
import ctpn.core.layout.readingOrder
import ctpn.core.layout.scale
import ctpn.core.layout.window
import ctpn.core.recognition.readLines
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
        val reached = mutableSetOf<String>()
        val lines = found(rgb, regions, detector.spec.withScoreSlack, observer, reached)
        val read =
            lines.zip(readLines(rgb, lines.map { it.quad }, recognizer, observer)).mapNotNull { (line, read) ->
                line.copy(quad = read.quad, text = read.text.text, textScore = read.text.score.toFloat()).takeIf {
                    line.score >= detector.spec.lines.lineScore ||
                        line.score + read.text.score >= recognizer.spec.reading.minCombinedScore
                }
            }
        return PageResult(read.groupBy { it.region }.values.flatMap { ordered(it) }, limitWarnings(reached))
    }

    /** As [read], without texts and what only they confirm. */
    fun detect(
        rgb: RgbImage,
        regions: List<Region>? = null,
        observer: StageObserver? = null,
    ): PageResult {
        val reached = mutableSetOf<String>()
        return PageResult(found(rgb, regions, detector.spec, observer, reached), limitWarnings(reached))
    }

    override fun close() {
        detector.close()
        recognizer.close()
    }

    private fun found(
        rgb: RgbImage,
        regions: List<Region>?,
        spec: DetectorSpec,
        observer: StageObserver?,
        reached: MutableSet<String>,
    ): List<TextLine> {
        val outlines = regions?.map { outline(it, rgb.width, rgb.height) } ?: return ordered(lines(rgb, spec, observer, reached))
        return outlines.flatMapIndexed { i, outline -> ordered(inRegion(rgb, outline, i, spec, observer, reached)) }
    }

    /** The lines of a picture; the names of the limits that it reached are added to [reached]. */
    private fun lines(
        rgb: RgbImage,
        spec: DetectorSpec,
        observer: StageObserver?,
        reached: MutableSet<String>,
    ): List<TextLine> {
        val fitted = observer.time("fit") { fit(rgb, spec) }
        val (scaleX, scaleY) = fitted.scaleX.toFloat() to fitted.scaleY.toFloat()
        val maps = observer.time("detect") { maps(fitted.pixels) }
        val found = observer.time("postprocess") { postprocess(maps, spec) }
        reached += reachedLimits(maps, found.size, spec)
        return found.map { line ->
            line.copy(quad = line.quad.map { Point((it.x / scaleX).within(rgb.width), (it.y / scaleY).within(rgb.height)) })
        }
    }

    /** Maps of the whole input; long images are read in overlapping tiles and their maps joined. */
    private fun maps(pixels: RgbImage): Map<DetectorMap, FloatMap> {
        val spec = detector.spec
        val across = pixels.width >= pixels.height
        val spans = tiles(if (across) pixels.width else pixels.height, spec)
        if (spans.size == 1) return detector.maps(pixels)
        val maps =
            spans.map { (a, b) ->
                detector.maps(if (across) pixels.cut(a, 0, b, pixels.height) else pixels.cut(0, a, pixels.width, b))
            }
        val stride = if (across) spec.strideX else spec.strideY
        return spec.outputs.associateWith { name -> stitch(maps.map { it.getValue(name) }, spans, stride, across) }
    }

    private fun inRegion(
        rgb: RgbImage,
        outline: List<Point>,
        index: Int,
        spec: DetectorSpec,
        observer: StageObserver?,
        reached: MutableSet<String>,
    ): List<TextLine> {
        val (x0, y0, x1, y1) = window(outline, rgb.width, rgb.height, spec.regions)
        val part = observer.time("fit") { rgb.cut(x0, y0, x1, y1) }
        val by = scale(outline, spec.regions)
        val large = if (by > 1) observer.time("fit") { resize(part, rounded(part.width * by), rounded(part.height * by)) } else part
        val exactX = (large.width.toDouble() / part.width).toFloat()
        val exactY = (large.height.toDouble() / part.height).toFloat()
        return lines(large, spec, observer, reached)
            .map { line -> line.copy(quad = line.quad.map { Point(it.x / exactX + x0, it.y / exactY + y0) }, region = index) }
            .filter { overlapFraction(it.quad, outline) > 0.5 }
    }
}

private fun ordered(lines: List<TextLine>): List<TextLine> = readingOrder(lines.map { it.quad }).map { lines[it] }

/** That there may be more text than was read. */
private fun limitWarnings(reached: Set<String>): List<PageWarning> {
    val message = "reached the detector's limits (${reached.sorted().joinToString()}), the best are kept; read it in several regions"
    return if (reached.isEmpty()) emptyList() else listOf(PageWarning("limit_reached", message))
}

private fun Float.within(size: Int): Float = coerceIn(0f, size.toFloat())
