package ctpn.app

import android.content.Context
import ctpn.core.CtpnException
import ctpn.core.TextReader
import ctpn.reader.Bundle
import ctpn.reader.openReader
import ctpn.reader.selfTest
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonObject
import kotlin.math.ceil
import kotlin.math.floor

/** The quantile [fraction] of the values, interpolated linearly between two of them, as numpy does. */
internal fun percentile(
    values: List<Double>,
    fraction: Double,
): Double {
    val sorted = values.sorted()
    val at = fraction * (sorted.size - 1)
    val (below, above) = sorted[floor(at).toInt()] to sorted[ceil(at).toInt()]
    return below + (above - below) * (at - floor(at))
}

/**
 * Reads the golden case again and again on this phone. docs/phone.md describes the file.
 *
 * @param rounds measured readings, after the first and [WARMUP] more.
 */
internal class Benchmark(
    private val context: Context,
    private val rounds: Int = 20,
) {
    /** Milliseconds of each stage of one reading, and of the whole. */
    private class Measurement(
        val width: Int,
        val height: Int,
        val lines: Int,
        val ms: Map<String, Double>,
    )

    /**
     * To be called on a thread of its own; ends soon when that is interrupted, with an exception.
     *
     * @param onProgress how many readings are done, of how many.
     * @throws CtpnException the app's models are damaged.
     */
    fun measure(onProgress: (Int, Int) -> Unit): JsonObject {
        val start = System.nanoTime()
        val bundle = Models.bundle(context.assets)
        openReader(bundle, Models.THREADS).use { reader ->
            val loadMs = milliseconds(System.nanoTime() - start)
            val all = 1 + WARMUP + rounds
            val measurements =
                (1..all).map { round ->
                    if (Thread.interrupted()) throw InterruptedException()
                    read(reader, bundle).also { onProgress(round, all) }
                }
            return report(reader, bundle, loadMs, measurements)
        }
    }

    private fun read(
        reader: TextReader,
        bundle: Bundle,
    ): Measurement {
        val start = System.nanoTime()
        val rgb = Models.sample(bundle).rgb()
        val decoded = System.nanoTime()
        val seconds = STAGES.associateWithTo(LinkedHashMap()) { 0.0 }
        val lines = reader.read(rgb, bundle.golden.regions) { name, taken -> seconds[name] = seconds.getValue(name) + taken }
        val whole = milliseconds(System.nanoTime() - start)
        val ms = mapOf("decode" to milliseconds(decoded - start)) + seconds.mapValues { hundredths(1000 * it.value) } + ("whole" to whole)
        return Measurement(rgb.width, rgb.height, lines.size, ms)
    }

    private fun golden(
        reader: TextReader,
        bundle: Bundle,
    ): Boolean =
        try {
            reader.selfTest(bundle.golden, Models.sample(bundle).rgb())
            true
        } catch (_: CtpnException) {
            false // the report says so; the times are worth having all the same
        }

    private fun report(
        reader: TextReader,
        bundle: Bundle,
        loadMs: Double,
        measurements: List<Measurement>,
    ) = buildJsonObject {
        val first = measurements.first()
        put("schema", 2)
        put("kind", "ctpn-benchmark")
        describe(context, bundle)
        putJsonObject("photo") {
            put("name", bundle.golden.photo)
            put("width", first.width)
            put("height", first.height)
            put("regions", bundle.golden.regions.size)
            put("lines", first.lines)
        }
        put("golden", golden(reader, bundle))
        put("load_ms", loadMs)
        put("first_ms", first.ms.getValue("whole"))
        put("warmup", WARMUP)
        val counted = measurements.drop(1 + WARMUP)
        putJsonObject("ms") {
            for (stage in first.ms.keys) put(stage, JsonArray(counted.map { JsonPrimitive(it.ms.getValue(stage)) }))
        }
        put("memory_mb", peakMemoryMb())
    }

    private fun milliseconds(nanoseconds: Long) = hundredths(nanoseconds / 1e6)

    private fun hundredths(value: Double) = floor(100 * value + 0.5) / 100

    private companion object {
        const val WARMUP = 3

        /** The reader's stages, as docs/phone.md has them. */
        val STAGES = listOf("fit", "detect", "postprocess", "line_crop", "recognize", "ctc")
    }
}
