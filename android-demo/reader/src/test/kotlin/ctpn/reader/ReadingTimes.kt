package ctpn.reader

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable
import java.io.File

/**
 * Not a test but a measurement, for benchmarks/languages.py, which asks Maven for it by its name: the stages' times of readings of the
 * golden case on one thread, as the `ms` of docs/phone.md without `decode` and `whole`. The file is named by STAGE_TIMES.
 */
@EnabledIfEnvironmentVariable(named = "STAGE_TIMES", matches = ".+")
class ReadingTimes {
    @Test
    fun `times of the golden case`() {
        val bundle = ReaderCase.bundle()
        val photo = ReaderCase.decoded(bundle.goldenPhoto)
        val times = mutableMapOf<String, MutableList<Double>>()
        openReader(bundle, threads = 1).use { reader ->
            repeat(WARMUP + ROUNDS) { round ->
                val taken = mutableMapOf<String, Double>()
                reader.read(photo, bundle.golden.regions) { stage, seconds -> taken.merge(stage, 1000 * seconds, Double::plus) }
                if (round >= WARMUP) for ((stage, ms) in taken) times.getOrPut(stage) { mutableListOf() } += ms
            }
        }
        val json = JsonObject(times.mapValues { (_, ms) -> JsonArray(ms.map { JsonPrimitive(it) }) })
        File(System.getenv("STAGE_TIMES")).writeText(json.toString())
    }

    private companion object {
        const val WARMUP = 30 // the first ones are interpreted
        const val ROUNDS = 20
    }
}
