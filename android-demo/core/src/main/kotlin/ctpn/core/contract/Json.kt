package ctpn.core.contract

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.jsonPrimitive
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException

private const val MAX_DEPTH = 64 // a recursive parser would overflow its stack at some depth
private const val STRUCTURE = "[]{}:, \n\r\t"
private const val LIMIT = 1e9 // no number of a spec or a golden case is farther from 0

private val LITERAL = Regex("""true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?""")

/** The text that bytes are, null if they are no UTF-8. */
fun utf8(bytes: ByteArray): String? =
    try {
        Charsets.UTF_8
            .newDecoder()
            .decode(ByteBuffer.wrap(bytes))
            .toString()
    } catch (_: CharacterCodingException) {
        null
    }

/**
 * A JSON text; no key may be twice in one object.
 *
 * @throws IllegalArgumentException not such a text.
 */
internal fun parseJson(text: String): JsonElement {
    checkStrictness(text)
    return Json.parseToJsonElement(text)
}

/** What the parser does not check: depth, duplicate keys, and values such as NaN or a word without quotes. */
private fun checkStrictness(text: String) {
    val open = ArrayDeque<MutableSet<String>>() // for each open bracket the keys so far; of an array none
    var string = ""
    var i = 0
    while (i < text.length) {
        val end = endOfToken(text, i)
        when (text[i]) {
            '[', '{' -> open.addLast(mutableSetOf())
            ']', '}' -> open.removeLastOrNull()
            '"' -> string = text.substring(i, end)
            ':' -> require(open.lastOrNull()?.add(unquoted(string)) != false) { "duplicate key ${string.take(60)}" }
            ',', ' ', '\n', '\r', '\t' -> Unit
            else -> require(LITERAL.matches(text.substring(i, end))) { "expected a value, got ${text.substring(i, end).take(60)}" }
        }
        require(open.size <= MAX_DEPTH) { "nested more than $MAX_DEPTH deep" }
        i = end
    }
}

private fun endOfToken(
    text: String,
    start: Int,
): Int =
    when (text[start]) {
        '"' -> endOfString(text, start)
        in STRUCTURE -> start + 1
        else -> (start until text.length).firstOrNull { text[it] in STRUCTURE || text[it] == '"' } ?: text.length
    }

/** The index after the quote that closes the string that begins at [start]. */
private fun endOfString(
    text: String,
    start: Int,
): Int {
    var i = start + 1
    while (i < text.length && text[i] != '"') i += if (text[i] == '\\') 2 else 1
    return minOf(i + 1, text.length)
}

private fun unquoted(string: String): String = Json.parseToJsonElement(string).jsonPrimitive.content

/** A value as a text, or null if it is anything else. */
internal fun JsonElement?.asText(): String? = (this as? JsonPrimitive)?.takeIf { it.isString }?.content

/** A finite number, or null if it is anything else. */
internal fun JsonElement?.asDouble(): Double? =
    (this as? JsonPrimitive)?.takeIf { !it.isString }?.doubleOrNull?.takeIf { it in -LIMIT..LIMIT }

/** A whole number of any size, the largest Long where it is larger, or null if it is anything else. */
internal fun JsonElement?.asLong(): Long? =
    (this as? JsonPrimitive)
        ?.takeIf { !it.isString }
        ?.doubleOrNull
        ?.takeIf { it % 1 == 0.0 }
        ?.toLong()

/** A whole number, also if it is written as 2.0, or null if it is anything else. */
internal fun JsonElement?.asInt(): Int? = asDouble()?.takeIf { it % 1 == 0.0 }?.toInt()

/** A list of which every member is what [one] makes of it, or null. */
internal fun <T> JsonElement?.asList(one: (JsonElement) -> T?): List<T>? {
    val list = (this as? JsonArray)?.map(one)
    return list?.filterNotNull()?.takeIf { it.size == list.size }
}

internal fun JsonElement?.asObject(): JsonObject? = this as? JsonObject
