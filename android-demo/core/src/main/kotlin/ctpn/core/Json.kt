package ctpn.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.intOrNull
import kotlinx.serialization.json.longOrNull

private const val DEEPEST = 64 // a parser that calls itself would end the app at some depth

/** A JSON text; IllegalArgumentException if it is none. */
internal fun parseJson(text: String): JsonElement {
    require(depth(text) <= DEEPEST) { "nested more than $DEEPEST deep" }
    return Json.parseToJsonElement(text)
}

/** How deep brackets are nested, outside of strings. */
private fun depth(text: String): Int {
    var depth = 0
    var deepest = 0
    var isString = false
    var isEscaped = false
    for (c in text) {
        when {
            isEscaped -> isEscaped = false
            isString && c == '\\' -> isEscaped = true
            c == '"' -> isString = !isString
            isString -> Unit
            c == '[' || c == '{' -> deepest = maxOf(deepest, ++depth)
            c == ']' || c == '}' -> depth--
        }
    }
    return deepest
}

/** A value as a text, or null if it is anything else. */
internal fun JsonElement?.asText(): String? = (this as? JsonPrimitive)?.takeIf { it.isString }?.content

internal fun JsonElement?.asInt(): Int? = (this as? JsonPrimitive)?.takeIf { !it.isString }?.intOrNull

internal fun JsonElement?.asLong(): Long? = (this as? JsonPrimitive)?.takeIf { !it.isString }?.longOrNull

internal fun JsonElement?.asDouble(): Double? = (this as? JsonPrimitive)?.takeIf { !it.isString }?.doubleOrNull?.takeIf { it.isFinite() }

/** A list of which every member is what [one] makes of it, or null. */
internal fun <T> JsonElement?.asList(one: (JsonElement) -> T?): List<T>? {
    val made = (this as? JsonArray)?.map(one)
    return made?.filterNotNull()?.takeIf { it.size == made.size }
}

internal fun JsonElement?.asObject(): JsonObject? = this as? JsonObject
