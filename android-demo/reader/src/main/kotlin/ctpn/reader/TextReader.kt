package ctpn.reader

import ai.onnxruntime.OrtEnvironment
import ctpn.core.CONFIRMED
import ctpn.core.CtpnException
import ctpn.core.DetectorSpec
import ctpn.core.FloatMap
import ctpn.core.Point
import ctpn.core.Quad
import ctpn.core.Region
import ctpn.core.RgbImage
import ctpn.core.Stopwatch
import ctpn.core.TextLine
import ctpn.core.fit
import ctpn.core.outline
import ctpn.core.postprocess
import ctpn.core.readLines
import ctpn.core.readingOrder
import ctpn.core.resize
import ctpn.core.rounded
import ctpn.core.scale
import ctpn.core.share
import ctpn.core.stitch
import ctpn.core.window
import ctpn.core.windows
import kotlin.math.abs

/**
 * Finds and reads text lines in photos. Not for two threads at once. An interrupted thread's call ends soon, with a
 * `CancellationException`, so `Future.cancel(true)` drops a reading that nobody waits for any more.
 *
 * @param threads for one picture; 0 lets the runtime choose.
 * @throws ctpn.core.ModelException a model that cannot be loaded or does not fit its spec.
 */
class TextReader(
    private val bundle: Bundle,
    threads: Int = 0,
) : AutoCloseable {
    private val detector = OnnxDetector(bundle.model("detector"), bundle.detectorSpec, threads)
    private val recognizer =
        try {
            OnnxRecognizer(bundle.model("recognizer"), bundle.recognizerSpec, threads)
        } catch (e: CtpnException) {
            detector.close()
            throw e
        }

    /** Version of ONNX Runtime. */
    val runtime: String get() = OrtEnvironment.getEnvironment().version

    /**
     * The text lines of a photo with their texts, region by region, each in reading order, those among them that the detector
     * doubts and whose texts are sure. A quad begins at the top left of the text as it was read, also where that stands on its
     * side or its head. A line may be found in two regions that overlap.
     *
     * @param regions what a user marked: lines that lie mostly in one are given; null: the whole photo.
     * @param watch takes the time of each stage.
     * @throws CtpnException a region that is none, or does not touch the photo.
     */
    fun read(
        rgb: RgbImage,
        regions: List<Region>? = null,
        watch: Stopwatch = Stopwatch(),
    ): List<TextLine> {
        val spec = detector.spec
        val lines = found(rgb, regions, spec.doubtful, watch)
        val read =
            lines.zip(readLines(rgb, lines.map { it.quad }, recognizer, watch)) { line, found ->
                line.copy(quad = found.quad, text = found.text.text, textScore = found.text.score.toFloat())
            }
        val sure = read.filter { it.score >= spec.lineScore || it.score.toDouble() + it.textScore!! >= CONFIRMED }
        return sure.groupBy { it.region }.values.flatMap { ordered(it) }
    }

    /** As [read], without texts and what only they confirm. */
    fun detect(
        rgb: RgbImage,
        regions: List<Region>? = null,
        watch: Stopwatch = Stopwatch(),
    ): List<TextLine> = found(rgb, regions, detector.spec, watch)

    /**
     * Read the bundle's golden case.
     *
     * @param photo `bundle.goldenPhoto`, decoded.
     * @throws CtpnException another number of lines, another text, or a quad or score beyond the case's tolerance.
     */
    fun selfTest(photo: RgbImage) {
        val case = bundle.golden
        val got = read(photo, case.regions)
        if (got.size != case.lines.size) throw CtpnException("golden case: expected ${case.lines.size} lines, got ${got.size}; $OTHERWISE")
        for ((wanted, line) in case.lines.zip(got)) {
            val apart =
                wanted.quad.corners
                    .zip(line.quad.corners) { a, b -> maxOf(abs(a.x - b.x), abs(a.y - b.y)) }
                    .max()
            val unsure = maxOf(abs(wanted.score - line.score), abs(wanted.textScore!! - line.textScore!!))
            val same = wanted.text == line.text && wanted.region == line.region
            if (!same || apart > case.quadTolerance || unsure > case.scoreTolerance) {
                throw CtpnException("golden case: expected $wanted, got $line; $OTHERWISE")
            }
        }
    }

    override fun close() {
        detector.close()
        recognizer.close()
    }

    private fun found(
        rgb: RgbImage,
        regions: List<Region>?,
        spec: DetectorSpec,
        watch: Stopwatch,
    ): List<TextLine> {
        val outlines = regions?.map { outline(it, rgb.width, rgb.height) } ?: return ordered(lines(rgb, spec, watch))
        return outlines.flatMapIndexed { i, outline -> ordered(inRegion(rgb, outline, i, spec, watch)) }
    }

    private fun lines(
        rgb: RgbImage,
        spec: DetectorSpec,
        watch: Stopwatch,
    ): List<TextLine> {
        val fitted = watch.time("fit") { fit(rgb, spec) }
        val (scaleX, scaleY) = fitted.scaleX.toFloat() to fitted.scaleY.toFloat()
        val found = watch.time("detector") { maps(fitted.pixels) }
        return postprocess(found, spec, watch).map { line ->
            line.copy(
                quad = line.quad.moved { Point((it.x / scaleX).within(rgb.width), (it.y / scaleY).within(rgb.height)) },
            )
        }
    }

    /** Maps of the whole input; long strips are read in overlapping pieces and stitched. */
    private fun maps(pixels: RgbImage): Map<String, FloatMap> {
        val spec = detector.spec
        val across = pixels.width >= pixels.height
        val cuts = windows(if (across) pixels.width else pixels.height, spec)
        if (cuts.size == 1) return detector.maps(pixels)
        val found =
            cuts.map { (a, b) ->
                detector.maps(if (across) pixels.cut(a, 0, b, pixels.height) else pixels.cut(0, a, pixels.width, b))
            }
        val stride = if (across) spec.strideX else spec.strideY
        return spec.outputs.associateWith { name -> stitch(found.map { it.getValue(name) }, cuts, stride, across) }
    }

    private fun inRegion(
        rgb: RgbImage,
        outline: List<Point>,
        index: Int,
        spec: DetectorSpec,
        watch: Stopwatch,
    ): List<TextLine> {
        val (x0, y0, x1, y1) = window(outline, rgb.width, rgb.height)
        val part = watch.time("fit") { rgb.cut(x0, y0, x1, y1) }
        val by = scale(outline)
        val large = if (by > 1) watch.time("fit") { resize(part, rounded(part.width * by), rounded(part.height * by)) } else part
        val exactX = (large.width.toDouble() / part.width).toFloat()
        val exactY = (large.height.toDouble() / part.height).toFloat()
        return lines(large, spec, watch)
            .map { line -> line.copy(quad = line.quad.moved { Point(it.x / exactX + x0, it.y / exactY + y0) }, region = index) }
            .filter { share(it.quad, outline) > 0.5 }
    }

    private companion object {
        const val OTHERWISE = "this device or runtime computes otherwise"
    }
}

private fun ordered(lines: List<TextLine>): List<TextLine> = readingOrder(lines.map { it.quad }).map { lines[it] }

private fun Float.within(size: Int): Float = coerceIn(0f, size.toFloat())

private fun Quad.moved(move: (Point) -> Point): Quad = Quad(move(topLeft), move(topRight), move(bottomRight), move(bottomLeft))
