package ctpn.app

import android.content.Context
import ctpn.core.CtpnException
import ctpn.core.Stopwatch
import ctpn.reader.Bundle
import ctpn.reader.TextReader
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonObject
import kotlin.math.ceil
import kotlin.math.floor

/** What a [share] of the values does not exceed, in proportion between two of them: as the report's numpy has it. */
internal fun percentile(
    values: List<Double>,
    share: Double,
): Double {
    val sorted = values.sorted()
    val at = share * (sorted.size - 1)
    val (below, above) = sorted[floor(at).toInt()] to sorted[ceil(at).toInt()]
    return below + (above - below) * (at - floor(at))
}

/**
 * Reads the golden case again and again on this phone. docs/phone.md describes what comes out.
 *
 * @param rounds readings that count, after the first and [WARMUP] more.
 */
internal class Benchmark(
    private val context: Context,
    private val rounds: Int = 20,
) {
    /** Milliseconds of each stage of one reading, and of the whole. */
    private class Reading(
        val width: Int,
        val height: Int,
        val lines: Int,
        val ms: Map<String, Double>,
    )

    /**
     * To be called on a thread of its own; ends soon when that is interrupted, with an exception that nobody waits for.
     *
     * @param told how many readings are done, of how many.
     * @throws CtpnException the app's models are damaged.
     */
    fun run(told: (Int, Int) -> Unit): JsonObject {
        val start = System.nanoTime()
        val bundle = Bundle.open(Models.files(context.assets))
        TextReader(bundle, Models.THREADS).use { reader ->
            val loadMs = milliseconds(System.nanoTime() - start)
            val all = 1 + WARMUP + rounds
            val readings =
                (1..all).map { round ->
                    if (Thread.interrupted()) throw InterruptedException()
                    read(reader, bundle).also { told(round, all) }
                }
            return report(reader, bundle, loadMs, readings)
        }
    }

    private fun read(
        reader: TextReader,
        bundle: Bundle,
    ): Reading {
        val start = System.nanoTime()
        val rgb = Models.sample(bundle).rgb()
        val opened = System.nanoTime()
        val watch = Stopwatch()
        val lines = reader.read(rgb, bundle.golden.regions, watch)
        val stages = mapOf("open" to opened - start) + watch.nanoseconds + ("whole" to System.nanoTime() - start)
        return Reading(rgb.width, rgb.height, lines.size, stages.mapValues { milliseconds(it.value) })
    }

    private fun golden(
        reader: TextReader,
        bundle: Bundle,
    ): Boolean =
        try {
            reader.selfTest(Models.sample(bundle).rgb())
            true
        } catch (_: CtpnException) {
            false // the report says so; the times are worth having all the same
        }

    private fun report(
        reader: TextReader,
        bundle: Bundle,
        loadMs: Double,
        readings: List<Reading>,
    ) = buildJsonObject {
        val first = readings.first()
        put("schema", 1)
        put("kind", "ctpn-benchmark")
        describe(context, bundle, reader.runtime)
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
        val counted = readings.drop(1 + WARMUP)
        putJsonObject("ms") {
            for (stage in first.ms.keys) put(stage, JsonArray(counted.map { JsonPrimitive(it.ms.getValue(stage)) }))
        }
        put("memory_mb", peakMemoryMb())
    }

    /** To 0.01 ms. */
    private fun milliseconds(nanoseconds: Long) = floor(nanoseconds / 1e4 + 0.5) / 100

    private companion object {
        const val WARMUP = 3
    }
}
