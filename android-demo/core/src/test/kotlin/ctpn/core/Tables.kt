package ctpn.core

import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.contract.RecognizerSpec
import ctpn.core.imaging.RgbImage
import ctpn.core.runtime.Detector
import ctpn.core.runtime.FloatMap
import ctpn.core.runtime.LineCropBatch
import ctpn.core.runtime.Recognizer
import kotlinx.serialization.json.jsonObject
import kotlin.math.cos
import kotlin.math.ln
import kotlin.math.sin

// A detector and a recogniser made of tables, and photos made of painted boxes, as in contract/generator/table.py: so the golden
// vectors of the reading policy and of a whole reading need no model.

/** A white photo with boxes, the later over the earlier; each quarter's red holds a digit, all of the box's blue the score. */
fun paint(photo: Inputs): RgbImage {
    val (width, height) = photo.int("width") to photo.int("height")
    val pixels = ByteArray(3 * width * height) { -1 }
    for (box in photo.list("boxes").map { Inputs(it.jsonObject) }) {
        val (x0, y0, x1, y1) = box.list("box").map { Inputs.ints(it).single() }
        val (topLeft, topRight, bottomRight, bottomLeft) = box.list("digits").map { Inputs.ints(it).single() }
        val green = if (box.has("green")) box.int("green") else 0
        for (y in y0 until y1) {
            for (x in x0 until x1) {
                val isLeft = x < (x0 + x1) / 2
                val digit =
                    if (y < (y0 + y1) / 2) {
                        if (isLeft) {
                            topLeft
                        } else {
                            topRight
                        }
                    } else if (isLeft) {
                        bottomLeft
                    } else {
                        bottomRight
                    }
                byteArrayOf((16 * digit + 8).toByte(), green.toByte(), box.int("blue").toByte()).copyInto(pixels, 3 * (y * width + x))
            }
        }
    }
    return RgbImage(width, height, pixels)
}

/** Finds every painted box: a cell whose middle pixel has green below 128 is text, with its blue as the score. */
class TableDetector(
    override val spec: DetectorSpec,
) : Detector {
    /** Height and width of each call's input. */
    val inputs = mutableListOf<List<Int>>()

    override fun maps(pixels: RgbImage): Map<DetectorMap, FloatMap> {
        inputs += listOf(pixels.height, pixels.width)
        val (w, h) = pixels.width / spec.strideX to pixels.height / spec.strideY
        val maps =
            spec.outputs.associateWith {
                if (it == DetectorMap.DIRECTION) direction(pixels) else FloatMap(h, w, channels(it), FloatArray(h * w * channels(it)))
            }
        for (column in 0 until w) {
            val x = column * spec.strideX + spec.strideX / 2
            for ((top, bottom) in runs(pixels.height) { isText(pixels, x, it) }) mark(maps, pixels, column, top, bottom)
        }
        return maps
    }

    private fun direction(pixels: RgbImage): FloatMap {
        val stride = spec.direction!!.stride
        val (w, h) = pixels.width / stride to pixels.height / stride
        val values =
            (0 until w * h).flatMap { i ->
                val (x, y) = stride / 2 + i % w * stride to stride / 2 + i / w * stride
                val green = pixels.level(3 * (y * pixels.width + x) + 1)
                val twice = Math.toRadians(2.0 * if (green <= 90) green else green - 180)
                listOf(if (isText(pixels, x, y)) 4f else -4f, cos(twice).toFloat(), sin(twice).toFloat())
            }
        return FloatMap(h, w, 3, values.toFloatArray())
    }

    private fun mark(
        maps: Map<DetectorMap, FloatMap>,
        pixels: RgbImage,
        column: Int,
        top: Int,
        bottom: Int,
    ) {
        val x = column * spec.strideX + spec.strideX / 2
        val middle = (top + bottom) / 2.0
        val (row, y) = (middle / spec.strideY).toInt() to middle.toInt()
        val (left, right) = runs(pixels.width) { isText(pixels, it, y) }.first { (begin, end) -> x in begin until end }
        val center = (column + 0.5) * spec.strideX

        fun put(
            map: DetectorMap,
            vararg values: Double,
        ) = values.forEachIndexed { i, value ->
            maps.getValue(map).let {
                it.values[(row * it.width + column) * it.channels + i] =
                    value.toFloat()
            }
        }
        put(DetectorMap.SCORE, pixels.level(3 * (y * pixels.width + x) + 2) / 255.0)
        put(DetectorMap.VERTICAL, (middle - (row + 0.5) * spec.strideY) / 16, ln((bottom - top) / 16.0))
        put(DetectorMap.SIDE, (left - center) / spec.strideX, (right - center) / spec.strideX)
        put(DetectorMap.LINK, if (x + spec.strideX < right) 1.0 else 0.0)
    }

    private fun channels(map: DetectorMap) = if (map == DetectorMap.VERTICAL || map == DetectorMap.SIDE) 2 else 1

    private fun isText(
        pixels: RgbImage,
        x: Int,
        y: Int,
    ) = pixels.level(3 * (y * pixels.width + x) + 1) < 128
}

/** Begin and end of each run of places that are text. */
private fun runs(
    size: Int,
    isText: (Int) -> Boolean,
): List<Pair<Int, Int>> {
    val begins = (0 until size).filter { isText(it) && (it == 0 || !isText(it - 1)) }
    return begins.map { begin -> begin to ((begin until size).firstOrNull { !isText(it) } ?: size) }
}

/** Reads a line crop by the digits at a quarter and at three quarters of its height in column 3; a key that [texts] lacks is no text. */
class TableRecognizer(
    override val spec: RecognizerSpec,
    private val texts: Map<String, Pair<String, Double>>,
) : Recognizer {
    /** Number and width of the line crops of each call. */
    val inputs = mutableListOf<List<Int>>()

    override fun logits(batch: LineCropBatch): FloatArray {
        inputs += listOf(batch.count, batch.width)
        val (steps, classes) = batch.width / spec.stride to spec.characters.size + 1
        val logits = FloatArray(batch.count * steps * classes) { if (it % classes == 0) 0f else -20f }
        for (n in 0 until batch.count) {
            val (text, score) = texts[key(batch, n)] ?: continue
            text.forEachIndexed { i, character ->
                val at = (n * steps + 2 * i) * classes
                logits.fill(ln((1 - score) / (classes - 1)).toFloat(), at, at + classes)
                logits[at + 1 + spec.characters.indexOf(character.toString())] = ln(score).toFloat()
            }
        }
        return logits
    }

    private fun key(
        batch: LineCropBatch,
        n: Int,
    ): String =
        listOf(batch.height / 4, 3 * batch.height / 4).joinToString("") { y ->
            val at = 3 * ((n * batch.height + y) * batch.width + 3)
            val (red, green) = listOf(at, at + 1).map { batch.pixels[it].toInt() and 255 }
            if (green < 128) (red / 16).toString(16) else "-"
        }
}
