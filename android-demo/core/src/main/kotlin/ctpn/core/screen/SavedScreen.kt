package ctpn.core.screen

import ctpn.core.CtpnException
import ctpn.core.TextLine
import ctpn.core.contract.parseJson
import ctpn.core.layout.Quad
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.float
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.put

/** A screen as JSON, for an app that may be ended by the system at any time; [restored] is its inverse. */
fun Screen.saved(): String = json().toString()

/**
 * The screen that [saved] wrote. One that was opening or reading goes back to where that was asked for: the work ended with the app.
 *
 * @throws CtpnException not such a text, or of another version of the app.
 */
fun restored(saved: String): Screen =
    try {
        screen(parseJson(saved).jsonObject)
    } catch (e: IllegalArgumentException) {
        throw CtpnException("saved screen: ${e.message}; start from the beginning")
    } catch (e: NoSuchElementException) {
        throw CtpnException("saved screen: ${e.message}; start from the beginning")
    }

private fun Screen.json(): JsonObject =
    buildJsonObject {
        when (val screen = this@json) {
            is Screen.Choose, is Screen.Opening -> put("screen", "choose")
            is Screen.Mark -> marked("mark", screen.photo, screen.marking)
            is Screen.Reading -> marked("mark", screen.photo, screen.marking)
            is Screen.Results -> {
                marked("results", screen.photo, screen.marking)
                put("lines", JsonArray(screen.lines.map { line(it) }))
                put("milliseconds", screen.milliseconds)
            }
            is Screen.Done -> {
                put("screen", "done")
                put("lines", JsonArray(screen.lines.map { line(it) }))
            }
            is Screen.Failed -> {
                put("screen", "failed")
                put("failure", screen.failure.name)
                put("detail", screen.detail)
                put("back", screen.back.json())
            }
        }
    }

private fun kotlinx.serialization.json.JsonObjectBuilder.marked(
    screen: String,
    photo: Photo,
    marking: Marking,
) {
    put("screen", screen)
    put("source", photo.source)
    put("size", numbers(listOf(photo.width, photo.height)))
    put("rectangles", rectangles(marking.rectangles))
    put("selected", marking.selected?.let { JsonPrimitive(it) } ?: JsonNull)
    put("past", JsonArray(marking.past.map { rectangles(it) }))
}

private fun numbers(values: List<Number>): JsonArray = JsonArray(values.map { JsonPrimitive(it) })

private fun rectangles(those: List<Rectangle>): JsonArray = JsonArray(those.map { numbers(listOf(it.x, it.y, it.width, it.height)) })

private fun line(line: TextLine): JsonObject =
    buildJsonObject {
        put("quad", numbers(line.quad.corners.flatMap { listOf(it.x, it.y) }))
        put("score", line.score)
        put("text", line.text)
        put("text_score", line.textScore)
        put("region", line.region)
    }

private fun screen(json: JsonObject): Screen =
    when (val name = json.getValue("screen").jsonPrimitive.content) {
        "choose" -> Screen.Choose
        "mark" -> Screen.Mark(photo(json), marking(json))
        "results" -> Screen.Results(photo(json), marking(json), lines(json), json.getValue("milliseconds").jsonPrimitive.long)
        "done" -> Screen.Done(lines(json))
        "failed" ->
            Screen.Failed(
                Failure.valueOf(json.getValue("failure").jsonPrimitive.content),
                json.getValue("detail").jsonPrimitive.content,
                screen(json.getValue("back").jsonObject),
            )
        else -> throw IllegalArgumentException("no screen is called $name")
    }

private fun photo(json: JsonObject): Photo {
    val (width, height) = json.getValue("size").jsonArray.map { it.jsonPrimitive.int }
    return Photo(json.getValue("source").jsonPrimitive.content, width, height)
}

private fun marking(json: JsonObject): Marking =
    Marking(
        rectangles(json.getValue("rectangles")),
        json
            .getValue("selected")
            .takeIf { it !is JsonNull }
            ?.jsonPrimitive
            ?.int,
        json.getValue("past").jsonArray.map { rectangles(it) },
    )

private fun rectangles(json: JsonElement): List<Rectangle> =
    json.jsonArray.map {
        val (x, y, width, height) = it.jsonArray.map { v -> v.jsonPrimitive.float }
        Rectangle(x, y, width, height)
    }

private fun lines(json: JsonObject): List<TextLine> =
    json.getValue("lines").jsonArray.map { it.jsonObject }.map { line ->
        TextLine(
            Quad.of(
                *line
                    .getValue("quad")
                    .jsonArray
                    .map { it.jsonPrimitive.float }
                    .toFloatArray(),
            ),
            line.getValue("score").jsonPrimitive.float,
            line.getValue("text").jsonPrimitive.contentOrNull,
            line
                .getValue("text_score")
                .takeIf { it !is JsonNull }
                ?.jsonPrimitive
                ?.float,
            line
                .getValue("region")
                .takeIf { it !is JsonNull }
                ?.jsonPrimitive
                ?.int,
        )
    }
