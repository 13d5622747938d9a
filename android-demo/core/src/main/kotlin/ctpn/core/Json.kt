package ctpn.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement

/** A JSON text; IllegalArgumentException if it is none. */
internal fun parseJson(text: String): JsonElement = Json.parseToJsonElement(text)
