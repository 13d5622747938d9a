package ctpn.core.contract

import ctpn.core.ModelException
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

/** The values that a number may have: from [low] to [high]; ctpn/contract/spec.py says why they end there. */
internal class Range(
    private val low: Double,
    private val high: Double,
) {
    constructor(low: Int, high: Int) : this(low.toDouble(), high.toDouble())

    operator fun contains(value: Double): Boolean = value in low..high

    override fun toString(): String = " in [${shown(low)}, ${shown(high)}]"

    private fun shown(value: Double): String = if (value % 1 == 0.0) value.toLong().toString() else value.toString()
}

internal val FRACTION = Range(0, 1)
internal val THRESHOLD = Range(0.01, 1.0) // at 0 everything counts
internal val MEAN = Range(-1000, 1000)
internal val DEVIATION = Range(0.001, 1000.0)
internal val STRIDE = Range(4, 64)
internal val PADDING = Range(0, 256)
internal val GREY = Range(0, 255)
internal val WIDTH = Range(32, 8192)

/**
 * The fields of a JSON object. Each is required and read once; [finish] refuses those that were not read.
 *
 * @param where what the object is, for messages: "detector spec".
 * @param group the names of the objects around the fields, each with a dot behind it.
 */
internal class Fields(
    private val where: String,
    json: JsonObject,
    private val group: String = "",
) {
    private val unread = json.toMutableMap()

    fun text(name: String): String = take(name, "a text") { it.asText() }

    fun int(
        name: String,
        range: Range,
    ): Int = take(name, "an integer$range") { it.int(range) }

    fun ints(
        name: String,
        range: Range,
    ): List<Int> = list(name, null, "an integer$range") { it.int(range) }

    fun number(
        name: String,
        range: Range,
    ): Double = take(name, "a number$range") { it.number(range) }

    /** A list of so many numbers, of any number of them for null. */
    fun numbers(
        name: String,
        count: Int?,
        range: Range,
    ): List<Double> = list(name, count, "a number$range") { it.number(range) }

    /** One of an enumeration's [values], by the names that they have in JSON. */
    fun <E : Any> choice(
        name: String,
        values: List<E>,
        named: (E) -> String,
    ): E = take(name, oneOf(values, named)) { value -> values.find { named(it) == value.asText() } }

    fun <E : Any> choices(
        name: String,
        values: List<E>,
        named: (E) -> String,
    ): List<E> = list(name, null, oneOf(values, named)) { value -> values.find { named(it) == value.asText() } }

    /** What [read] makes of the fields of an inner object. */
    fun <T : Any> group(
        name: String,
        read: (Fields) -> T,
    ): T {
        val inner = Fields(where, take(name, "an object") { it.asObject() }, "$group$name.")
        return read(inner).also { inner.finish() }
    }

    /** The same; null where JSON has null. */
    fun <T : Any> optionalGroup(
        name: String,
        read: (Fields) -> T,
    ): T? {
        if (unread[name] is JsonNull) {
            unread.remove(name)
            return null
        }
        return group(name, read)
    }

    /** @throws ModelException there are fields that were not read. */
    fun finish() {
        if (unread.isNotEmpty()) {
            throw ModelException("$where: unknown ${unread.keys.sorted().joinToString { group + it.take(60) }}; $EXPORT_HINT")
        }
    }

    private fun <T : Any> take(
        name: String,
        expected: String,
        read: (JsonElement) -> T?,
    ): T {
        val value = unread.remove(name) ?: throw ModelException("$where: missing $group$name; $EXPORT_HINT")
        return read(value) ?: throw wrong(name, expected, value)
    }

    private fun <T : Any> list(
        name: String,
        count: Int?,
        each: String,
        read: (JsonElement) -> T?,
    ): List<T> {
        val values =
            take(name, if (count == null) "a list" else "a list of $count") { value ->
                (value as? JsonArray)?.takeIf { count == null || it.size == count }
            }
        return values.map { read(it) ?: throw wrong(name, "in each place $each", values) }
    }

    private fun wrong(
        name: String,
        expected: String,
        value: JsonElement,
    ) = ModelException("$where: $group$name: expected $expected, got ${value.toString().take(60)}; $EXPORT_HINT")

    private fun <E> oneOf(
        values: List<E>,
        named: (E) -> String,
    ) = "one of ${values.joinToString(transform = named)}"

    private fun JsonElement.number(range: Range): Double? = asDouble()?.takeIf { it in range }

    private fun JsonElement.int(range: Range): Int? = asInt()?.takeIf { it.toDouble() in range }
}
