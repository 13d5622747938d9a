package ctpn.core

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

const val MANIFEST = "manifest.json"
const val MOST_MANIFEST = 1 shl 20 // bytes
const val REMEDY = "fetch the bundle again, or write one with python -m export.bundle"
private const val SCHEMA = 1
private const val KIND = "ctpn-bundle"
private const val MOST_BYTES = 512L shl 20
private const val MOST_FILES = 64
private val NAME = Regex("[A-Za-z0-9][A-Za-z0-9._-]{0,99}") // of a file: beside the manifest, nowhere else
private val PARTS = listOf("detector", "recognizer")

/**
 * What vouches for a bundle; docs/bundle.md has its keys.
 *
 * @property models for "detector" and "recognizer": format to file name.
 * @property specs for "detector" and "recognizer": file name.
 * @property files of every file but the manifest: its size and the hex of its SHA-256.
 */
data class Manifest(
    val version: String,
    val models: Map<String, Map<String, String>>,
    val specs: Map<String, String>,
    val charset: String,
    val golden: String,
    val files: Map<String, FileSum>,
) {
    companion object {
        /** @throws ModelException damaged, foreign or newer, and what to do. */
        fun parse(text: String): Manifest {
            val data = known(text)
            val files = files(data.getValue("files").asObject()!!)
            val models = PARTS.associateWith { names(data.getValue("models").asObject()!![it]) }
            if (models.values.any { it.isEmpty() }) throw damaged("expected models of ${PARTS.joinToString(" and ")}")
            val specs = data.getValue("specs").asObject()!!
            val named =
                models.values.flatMap { it.values } + PARTS.map { specs[it].asText() } + data["charset"].asText() + data["golden"].asText()
            for (name in named) if (name !in files) throw damaged("expected every file that is named among files, got '$name'")
            return Manifest(
                data["version"].asText().orEmpty(),
                models.mapValues { (_, forms) -> forms.mapValues { it.value!! } },
                PARTS.associateWith { specs[it].asText()!! },
                data["charset"].asText()!!,
                data["golden"].asText()!!,
                files,
            )
        }
    }
}

/** Size and SHA-256 (hex) of a file. */
data class FileSum(
    val bytes: Long,
    val sha256: String,
)

private fun damaged(problem: String) = ModelException("$MANIFEST: $problem; $REMEDY")

/** A manifest of ours, of this schema, with its three objects. */
private fun known(text: String): JsonObject {
    val data =
        try {
            parseJson(text).asObject()
        } catch (_: IllegalArgumentException) {
            throw damaged("damaged, no JSON")
        }
    if (data?.get("kind").asText() != KIND) throw damaged("not the manifest of a bundle of ours (expected kind '$KIND')")
    val schema = data!!["schema"] ?: JsonNull
    if (schema.asInt() != SCHEMA) {
        val newer = (schema.asInt() ?: 0) > SCHEMA
        val what = if (newer) "this bundle is newer than the program: update the program" else REMEDY
        throw ModelException("$MANIFEST: expected schema $SCHEMA, got $schema; $what")
    }
    if (listOf("files", "models", "specs").any { data[it] !is JsonObject }) throw damaged("expected objects files, models and specs")
    return data
}

private fun files(data: JsonObject): Map<String, FileSum> {
    if (data.size > MOST_FILES) throw damaged("expected at most $MOST_FILES files, got ${data.size}")
    val files =
        data.mapValues { (name, wanted) ->
            if (!NAME.matches(name) ||
                name == MANIFEST
            ) {
                throw damaged("expected plain names of files beside the manifest, got '${name.take(60)}'")
            }
            val bytes = wanted.asObject()?.get("bytes").asLong()
            val sum = wanted.asObject()?.get("sha256").asText()
            if (bytes == null || bytes < 0 || sum == null) throw damaged("expected bytes and sha256 for $name")
            FileSum(bytes, sum)
        }
    val sum = files.values.fold(0L) { all, file -> minOf(all + minOf(file.bytes, MOST_BYTES + 1), MOST_BYTES + 1) }
    if (sum !in 1..MOST_BYTES) throw damaged("expected at most $MOST_BYTES bytes in all")
    return files
}

/** Format to file name; null where a name is no text. */
private fun names(models: JsonElement?): Map<String, String?> = models.asObject().orEmpty().mapValues { it.value.asText() }

/** The case that every app reads at load: the lines that must be found in [photo]'s [regions]. */
data class GoldenCase(
    val photo: String,
    val regions: List<Region>,
    val lines: List<TextLine>,
    val quadTolerance: Float,
    val scoreTolerance: Float,
) {
    companion object {
        /** @throws ModelException not of the form in docs/bundle.md. */
        fun parse(text: String): GoldenCase =
            try {
                golden(parseJson(text).asObject())
            } catch (_: IllegalArgumentException) {
                null
            } ?: throw ModelException("the golden case: damaged; $REMEDY")
    }
}

private fun golden(data: JsonObject?): GoldenCase? {
    val tolerance = data?.get("tolerance").asObject()
    return GoldenCase(
        data?.get("photo").asText() ?: return null,
        data?.get("regions").asList { region(it) } ?: return null,
        data?.get("lines").asList { line(it.asObject()) } ?: return null,
        tolerance?.get("quad").asDouble()?.toFloat() ?: return null,
        tolerance?.get("score").asDouble()?.toFloat() ?: return null,
    )
}

private fun region(data: JsonElement): Region? {
    val (x, y, width, height) = data.asList { it.asDouble()?.toFloat() }?.takeIf { it.size == 4 } ?: return null
    return Region.rectangle(x, y, width, height)
}

private fun line(data: JsonObject?): TextLine? {
    val corners = data?.get("quad").asList { corner -> corner.asList { it.asDouble()?.toFloat() }?.takeIf { it.size == 2 } }
    val quad = corners?.takeIf { it.size == 4 } ?: return null
    return TextLine(
        Quad.of(*quad.flatten().toFloatArray()),
        data?.get("score").asDouble()?.toFloat() ?: return null,
        data?.get("text").asText() ?: return null,
        data?.get("text_score").asDouble()?.toFloat() ?: return null,
        data?.get("region").asInt() ?: return null,
    )
}
