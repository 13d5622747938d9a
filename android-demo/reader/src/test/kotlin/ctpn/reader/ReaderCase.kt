package ctpn.reader

import ctpn.core.TextLine
import ctpn.core.imaging.RgbImage
import ctpn.core.layout.Quad
import ctpn.core.layout.Region
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
import java.io.ByteArrayInputStream
import java.io.File
import javax.imageio.ImageIO

/** What tests/helpers/reader_case.py has written: bundles, photos, and the lines that Python reads there. */
object ReaderCase {
    private val folder = File("../../out/reader-case")

    fun file(name: String): File {
        check(File(folder, "lines.json").isFile) { "no case in $folder; write one: python -m tests.helpers.reader_case out/reader-case" }
        return File(folder, name)
    }

    /** The files below one of its folders, in alphabetical order, with `/` between the folders of a name. */
    fun names(name: String): List<String> {
        val root = file(name)
        return root
            .walk()
            .filter { it.isFile }
            .map { it.relativeTo(root).invariantSeparatorsPath }
            .toList()
            .sorted()
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

        /** Read with the bundle's int8 models. */
        val lines: List<TextLine> get() = json.getValue("lines").jsonArray.map { line(it.jsonObject) }

        /** Detected with the float model. */
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
