package ctpn.core

import ctpn.core.contract.asText
import ctpn.core.contract.parseJson
import ctpn.core.imaging.RgbImage
import ctpn.core.layout.Point
import ctpn.core.layout.Quad
import ctpn.core.runtime.FloatMap
import ctpn.core.runtime.LineCropBatch
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.double
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.File
import java.util.Base64
import kotlin.math.abs

/** The golden vectors; contract/README.md describes their format. */
object Golden {
    private val folder = File("../../contract/vectors")

    fun files(): List<File> = folder.listFiles { file -> file.extension == "json" }!!.sorted()

    fun load(file: File): JsonObject = parseJson(file.readText()).jsonObject

    /** A spec that the cases' own specs change: "detector" or "recognizer". */
    fun spec(name: String): JsonObject = load(File(folder, "specs/$name.json"))

    /** Where two answers differ, counts first; null if they agree. [tolerance] is by the name of the value. */
    fun difference(
        expected: JsonElement,
        got: JsonElement,
        tolerance: JsonObject,
        name: String = "",
    ): String? =
        when {
            expected is JsonObject && got is JsonObject -> objects(expected, got, tolerance, name)
            expected is JsonArray && got is JsonArray && expected.size != got.size ->
                "$name: expected ${expected.size} values, got ${got.size}"
            expected is JsonArray && got is JsonArray ->
                expected.indices.firstNotNullOfOrNull { difference(expected[it], got[it], tolerance, name) }
            expected == got || isClose(expected, got, tolerance[name]?.jsonPrimitive?.double ?: 0.0) -> null
            else -> "$name: expected ${expected.toString().take(60)}, got ${got.toString().take(60)}"
        }

    private fun objects(
        expected: JsonObject,
        got: JsonObject,
        tolerance: JsonObject,
        name: String,
    ): String? {
        if (expected.keys != got.keys) return "$name: expected ${expected.keys}, got ${got.keys}: $got"
        expected["error"]?.let {
            return if (it.asText()!! in got["error"].asText()!!) null else "expected the error $it, got ${got["error"]}"
        }
        return expected.keys.sortedBy { if (it == "shape") "" else it }.firstNotNullOfOrNull { key ->
            val inner = if (key in listOf("f32", "f64", "int")) name else key
            difference(expected.getValue(key), got.getValue(key), tolerance, inner)
        }
    }

    private fun isClose(
        expected: JsonElement,
        got: JsonElement,
        tolerance: Double,
    ): Boolean {
        val (a, b) = listOf(expected, got).map { (it as? JsonPrimitive)?.takeIf { p -> !p.isString }?.doubleOrNull ?: return false }
        return abs(a - b) <= tolerance
    }
}

/** The inputs of a case. */
class Inputs(
    val json: JsonObject,
) {
    fun has(name: String): Boolean = name in json

    fun int(name: String): Int = json.getValue(name).jsonPrimitive.int

    fun double(name: String): Double = json.getValue(name).jsonPrimitive.double

    fun text(name: String): String = json[name].asText()!!

    fun list(name: String): List<JsonElement> = json.getValue(name).jsonArray

    /** A file's bytes; null for null. */
    fun bytes(name: String): ByteArray? = (json.getValue(name) as? JsonObject)?.let { Base64.getDecoder().decode(it["u8"].asText()) }

    fun floats(name: String): FloatArray = floats(json.getValue(name))

    fun doubles(name: String): DoubleArray = numbers(json.getValue(name)).toDoubleArray()

    fun ints(name: String): IntArray = ints(json.getValue(name))

    fun image(name: String): RgbImage = image(json.getValue(name))

    fun quad(name: String): Quad = quad(json.getValue(name))

    fun shape(name: String): List<Int> = shape(json.getValue(name))

    fun pairs(name: String): List<Pair<Int, Int>> =
        list(name).map { it.jsonArray[0].jsonPrimitive.int to it.jsonArray[1].jsonPrimitive.int }

    fun map(name: String): FloatMap = map(json.getValue(name))

    companion object {
        fun shape(array: JsonElement): List<Int> =
            array.jsonObject
                .getValue("shape")
                .jsonArray
                .map { it.jsonPrimitive.int }

        /** Of an array, or of nested lists. */
        fun numbers(array: JsonElement): List<Double> =
            when (array) {
                is JsonArray -> array.flatMap { numbers(it) }
                is JsonObject -> numbers(array["f32"] ?: array["f64"] ?: array.getValue("int"))
                is JsonPrimitive -> listOf(number(array.content))
            }

        private fun number(text: String): Double =
            when (text) {
                "nan" -> Double.NaN
                "inf" -> Double.POSITIVE_INFINITY
                "-inf" -> Double.NEGATIVE_INFINITY
                else -> text.toDouble()
            }

        fun floats(array: JsonElement): FloatArray = numbers(array).map { it.toFloat() }.toFloatArray()

        fun ints(array: JsonElement): IntArray = numbers(array).map { it.toInt() }.toIntArray()

        fun quad(array: JsonElement): Quad = Quad.of(*floats(array))

        fun image(array: JsonElement): RgbImage {
            val (height, width) = shape(array)
            return RgbImage(width, height, Base64.getDecoder().decode(array.jsonObject["u8"].asText()))
        }

        fun map(array: JsonElement): FloatMap {
            val (height, width, channels) = shape(array)
            return FloatMap(height, width, channels, floats(array))
        }
    }
}

/** How answers are written. */
object Answers {
    fun json(value: Any?): JsonElement =
        when (value) {
            null -> JsonNull
            is JsonElement -> value
            is String -> JsonPrimitive(value)
            is Boolean -> JsonPrimitive(value)
            is Number -> JsonPrimitive(value)
            is List<*> -> JsonArray(value.map { json(it) })
            is Map<*, *> -> JsonObject(value.entries.associate { (it.key as String) to json(it.value) })
            is RgbImage -> bytes(value.pixels, value.height, value.width, 3)
            is LineCropBatch -> bytes(value.pixels, value.count, value.height, value.width, 3)
            is FloatMap -> array("f32", value.values.toList(), value.height, value.width, value.channels)
            is IntArray -> array("int", value.toList(), value.size)
            is FloatArray -> array("f32", value.toList(), value.size)
            is Quad -> array("f32", value.corners.flatMap { listOf(it.x, it.y) }, 4, 2)
            else -> error("cannot write ${value::class}")
        }

    fun quads(quads: List<Quad>): JsonElement = array("f32", quads.flatMap { it.corners }.flatMap { listOf(it.x, it.y) }, quads.size, 4, 2)

    fun points(points: List<Point>): JsonElement = array("f32", points.flatMap { listOf(it.x, it.y) }, points.size, 2)

    fun array(
        kind: String,
        numbers: List<Number>,
        vararg shape: Int,
    ): JsonElement = json(mapOf("shape" to shape.toList(), kind to numbers))

    private fun bytes(
        bytes: ByteArray,
        vararg shape: Int,
    ): JsonElement = json(mapOf("shape" to shape.toList(), "u8" to Base64.getEncoder().encodeToString(bytes)))
}
