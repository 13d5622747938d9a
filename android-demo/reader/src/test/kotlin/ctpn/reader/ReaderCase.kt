package ctpn.reader

import ctpn.core.Quad
import ctpn.core.Region
import ctpn.core.RgbImage
import ctpn.core.TextLine
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.float
import kotlinx.serialization.json.intOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assumptions.assumeTrue
import java.io.ByteArrayInputStream
import java.io.File
import javax.imageio.ImageIO

/** What tests/helpers/reader_case.py has written: a bundle, photos, and the lines that Python reads there. */
object ReaderCase {
    private val folder = File("../../out/reader-case")

    /** The test that asks is skipped where there is none. */
    fun file(name: String): File {
        assumeTrue(File(folder, "lines.json").isFile, "no case in $folder; write one: python -m tests.helpers.reader_case out/reader-case")
        return File(folder, name)
    }

    fun bundle(): Bundle = Bundle.open(Folder(file("bundle")))

    fun photo(name: String): RgbImage = decoded(file("$name.png").readBytes())

    fun decoded(png: ByteArray): RgbImage {
        val image = ImageIO.read(ByteArrayInputStream(png))
        return RgbImage.fromArgb(image.getRGB(0, 0, image.width, image.height, null, 0, image.width), image.width, image.height)
    }

    fun cases(): List<Case> = Json.parseToJsonElement(file("lines.json").readText()).jsonArray.map { Case(it.jsonObject) }

    class Case(
        private val json: JsonObject,
    ) {
        val photo: String get() = json.getValue("photo").jsonPrimitive.content
        val regions: List<Region>? get() = (json.getValue("regions") as? JsonArray)?.map { region(it.jsonArray) }

        /** Those of the bundle's int8 models, with texts. */
        val lines: List<TextLine> get() = json.getValue("lines").jsonArray.map { line(it.jsonObject) }

        /** Those of the detector's float model. */
        val float: List<TextLine> get() = json.getValue("float").jsonArray.map { line(it.jsonObject) }
    }

    private fun region(values: JsonArray): Region {
        val numbers = numbers(values)
        return if (numbers.size == 4) Region.rectangle(numbers[0], numbers[1], numbers[2], numbers[3]) else Region(Quad.of(*numbers))
    }

    private fun numbers(values: JsonElement): FloatArray =
        if (values is JsonArray) values.flatMap { numbers(it).toList() }.toFloatArray() else floatArrayOf(values.jsonPrimitive.float)

    private fun line(json: JsonObject): TextLine =
        TextLine(
            Quad.of(*numbers(json.getValue("quad"))),
            json.getValue("score").jsonPrimitive.float,
            json.getValue("text").jsonPrimitive.contentOrNull,
            json.getValue("text_score").takeIf { it !is JsonNull }?.let { (it as JsonPrimitive).float },
            json.getValue("region").jsonPrimitive.intOrNull,
        )
}
