package ctpn.core.contract

import ctpn.core.ModelException
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

const val MANIFEST = "manifest.json"
const val BUNDLE_SCHEMA = 3
const val MAX_MANIFEST_BYTES = 1 shl 20
const val BUNDLE_HINT = "fetch the bundle again, or write one with python -m export.bundle"
private const val KIND = "ctpn-bundle"
private const val MAX_BYTES = 512L shl 20
private const val MAX_FILES = 64
private const val MAX_NAME = 255
private val MODELS = listOf("detector", "recognizer")
private val TEXTS = listOf("version", "charset", "golden")
private val OBJECTS = listOf("files", "models", "specs", "tools", "measured", "cards")

// One to five segments of a path below the manifest's folder; none ends in a dot, which Windows drops.
private const val SEGMENT = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?"
private val NAME = Regex("$SEGMENT(?:/$SEGMENT){0,4}")
private val FORMAT = Regex("[a-z0-9][a-z0-9-]{0,63}")
private val SHA256 = Regex("[0-9a-f]{64}")

/** Size and SHA-256 (64 hex digits, lower case) of a file. */
data class FileSum(
    val bytes: Long,
    val sha256: String,
)

/**
 * The list of a bundle's files with their checksums; docs/bundle.md has its keys. What is only for people (tools, measured, cards)
 * is not kept.
 *
 * @property version of the project that wrote it.
 * @property models for "detector" and "recognizer": format to the name of a file or, for Core ML, of a folder.
 * @property specs for "detector" and "recognizer": file name.
 * @property files of every file but the manifest, by its name, which has `/` between folders.
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
        /** @throws ModelException damaged, of something else, or of another version, and what to do. */
        fun parse(text: String): Manifest {
            val data = known(text)
            checkKeys(data)
            val files = files(data.getValue("files").asObject()!!)
            val models = data.getValue("models").asObject()!!.mapValues { (model, formats) -> formats(model, formats) }
            val specs = data.getValue("specs").asObject()!!
            val folders = files.keys.flatMap { foldersOf(it) }
            for (name in models.values.flatMap { it.values }) checkListed(name, files.keys + folders)
            for (name in specs.values + data["charset"] + data["golden"]) checkListed(name.asText(), files.keys)
            return Manifest(
                data["version"].asText()!!,
                models.mapValues { (_, formats) -> formats.mapValues { it.value!! } },
                specs.mapValues { it.value.asText()!! },
                data["charset"].asText()!!,
                data["golden"].asText()!!,
                files,
            )
        }
    }
}

private fun wrong(problem: String) = ModelException("$MANIFEST: $problem; $BUNDLE_HINT")

/** A manifest of this schema. */
private fun known(text: String): JsonObject {
    val data =
        try {
            parseJson(text).asObject()
        } catch (e: IllegalArgumentException) {
            throw wrong("damaged, no JSON (${e.message?.take(80)})")
        }
    if (data?.get("kind").asText() != KIND) throw wrong("not the manifest of a bundle of ours (expected kind '$KIND')")
    val schema = data!!["schema"]
    if (schema.asInt() != BUNDLE_SCHEMA) {
        val newer = (schema.asInt() ?: 0) > BUNDLE_SCHEMA
        val hint = if (newer) "newer than the program: update the program" else "older than the program: $BUNDLE_HINT"
        throw ModelException("$MANIFEST: expected schema $BUNDLE_SCHEMA, got ${shown(schema)}; this bundle is $hint")
    }
    return data
}

private fun checkKeys(data: JsonObject) {
    val keys = TEXTS + OBJECTS + "schema" + "kind"
    for ((problem, names) in listOf("missing" to keys - data.keys, "unknown" to data.keys - keys)) {
        if (names.isNotEmpty()) throw wrong("$problem ${names.sorted().joinToString { it.take(60) }}")
    }
    for (key in OBJECTS) if (data[key] !is JsonObject) throw wrong("$key: expected an object, got ${shown(data[key])}")
    for (key in TEXTS) if (data[key].asText() == null) throw wrong("$key: expected a text, got ${shown(data[key])}")
    for (key in listOf("models", "specs")) {
        val names = data[key].asObject()!!.keys
        if (names != MODELS.toSet()) throw wrong("$key: expected ${MODELS.joinToString(" and ")}, got ${names.sorted().joinToString()}")
    }
}

private fun files(data: JsonObject): Map<String, FileSum> {
    if (data.size !in 1..MAX_FILES) throw wrong("files: expected 1 to $MAX_FILES, got ${data.size}")
    val files = data.mapValues { (name, entry) -> fileSum(name, entry) }
    val total = files.values.sumOf { minOf(it.bytes, MAX_BYTES + 1) }
    if (total > MAX_BYTES) throw wrong("files: expected at most $MAX_BYTES bytes in all, got more")
    checkClashes(files.keys)
    return files
}

private fun fileSum(
    name: String,
    entry: JsonElement,
): FileSum {
    if (!NAME.matches(name) || name.length > MAX_NAME || name.lowercase() == MANIFEST) {
        throw wrong("files: expected plain names of files below the manifest's folder, got '${name.take(60)}'")
    }
    val fields = entry.asObject()?.takeIf { it.keys == setOf("bytes", "sha256") }
    val bytes = fields?.get("bytes").asLong()
    val sha256 = fields?.get("sha256").asText()
    if (bytes == null || bytes < 0 || sha256 == null || !SHA256.matches(sha256)) {
        throw wrong("files: expected bytes and sha256 of $name, got ${shown(entry)}")
    }
    return FileSum(bytes, sha256)
}

/** Names that some file system cannot hold beside each other. */
private fun checkClashes(names: Set<String>) {
    val folders = names.flatMap { foldersOf(it) }.toSortedSet()
    val known = mutableMapOf<String, String>()
    for (name in names + folders) {
        val other = known.getOrPut(name.lowercase()) { name }
        if (other != name) throw wrong("files: expected names that differ not only in case, got $other and $name")
    }
    folders.find { it in names }?.let { throw wrong("files: $it is a file and a folder") }
}

/** Every folder in which a file is: of "a/b/c" they are "a" and "a/b". */
private fun foldersOf(name: String): List<String> = name.indices.filter { name[it] == '/' }.map { name.substring(0, it) }

/** Format to file name; null where a name is not a text. */
private fun formats(
    model: String,
    data: JsonElement,
): Map<String, String?> {
    val formats = data.asObject()?.takeIf { it.isNotEmpty() && it.keys.all { format -> FORMAT.matches(format) } }
    return formats?.mapValues { it.value.asText() } ?: throw wrong("models: expected formats of the $model, got ${shown(data)}")
}

private fun checkListed(
    name: String?,
    known: Set<String>,
) {
    if (name !in known) throw wrong("expected every file that is named among files, got '${name?.take(60)}'")
}

private fun shown(value: JsonElement?): String = value.toString().take(60)
