package ctpn.reader

import ctpn.core.DetectorSpec
import ctpn.core.FileSum
import ctpn.core.GoldenCase
import ctpn.core.MANIFEST
import ctpn.core.MOST_MANIFEST
import ctpn.core.Manifest
import ctpn.core.ModelException
import ctpn.core.REMEDY
import ctpn.core.RecognizerSpec
import ctpn.core.sha256
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException

/** Where a bundle's files lie: a folder, or an app's assets as `BundleFiles { assets.open("bundle/$it") }`. Throws IOException. */
fun interface BundleFiles {
    fun open(name: String): InputStream
}

/** A bundle in a folder. */
class Folder(
    private val folder: File,
) : BundleFiles {
    override fun open(name: String): InputStream = File(folder, name).inputStream()
}

/** Files of which every byte is what the manifest says; [open] verifies them. */
class Bundle internal constructor(
    val manifest: Manifest,
    val detectorSpec: DetectorSpec,
    val recognizerSpec: RecognizerSpec,
    val golden: GoldenCase,
    private val contents: Map<String, ByteArray>,
) {
    /**
     * The bytes of "detector" or "recognizer" as ONNX.
     *
     * @throws ModelException the bundle has it in other formats only.
     */
    fun model(part: String): ByteArray {
        val forms = manifest.models.getValue(part)
        val name = forms["onnx"] ?: throw ModelException("$part: not as 'onnx', only as ${forms.keys}; write it with --formats onnx")
        return contents.getValue(name)
    }

    /** The golden case's photo, a PNG, for the app to decode. */
    val goldenPhoto: ByteArray get() = contents.getValue(golden.photo)

    companion object {
        /** @throws ModelException which file is missing, cut short, changed, foreign or newer, and what to do. */
        fun open(files: BundleFiles): Bundle {
            val manifest = Manifest.parse(text(MANIFEST, content(files, MANIFEST, MOST_MANIFEST.toLong())))
            val contents = manifest.files.mapValues { (name, wanted) -> verified(files, name, wanted) }

            fun text(name: String) = text(name, contents.getValue(name))
            val detector = DetectorSpec.fromJson(text(manifest.specs.getValue("detector")))
            val recognizer = RecognizerSpec.fromJson(text(manifest.specs.getValue("recognizer")))
            if (text(manifest.charset) != recognizer.charset) {
                throw ModelException("${manifest.charset}: not the charset of ${manifest.specs["recognizer"]}; $REMEDY")
            }
            val golden = GoldenCase.parse(text(manifest.golden))
            if (golden.photo !in contents) throw ModelException("${manifest.golden}: its photo ${golden.photo} is missing; $REMEDY")
            return Bundle(manifest, detector, recognizer, golden, contents)
        }
    }
}

private fun verified(
    files: BundleFiles,
    name: String,
    wanted: FileSum,
): ByteArray {
    val bytes = content(files, name, wanted.bytes)
    if (bytes.size.toLong() != wanted.bytes) throw ModelException("$name: expected ${wanted.bytes} bytes, got ${bytes.size}; $REMEDY")
    val digest = sha256(bytes)
    if (digest != wanted.sha256) {
        throw ModelException("$name: damaged (sha256 expected ${wanted.sha256.take(12)}…, got ${digest.take(12)}…); $REMEDY")
    }
    return bytes
}

/** A file that has at most so many bytes. */
private fun content(
    files: BundleFiles,
    name: String,
    most: Long,
): ByteArray =
    try {
        files.open(name).use { upTo(most, it) }
    } catch (_: IOException) {
        throw ModelException("$name: missing from the bundle, or cannot be read; $REMEDY")
    } ?: throw ModelException("$name: expected at most $most bytes, got more; $REMEDY")

private fun upTo(
    most: Long,
    stream: InputStream,
): ByteArray? {
    val out = ByteArrayOutputStream()
    val part = ByteArray(1 shl 16)
    while (out.size() <= most) {
        val count = stream.read(part)
        if (count < 0) return out.toByteArray()
        out.write(part, 0, count)
    }
    return null
}

private fun text(
    name: String,
    bytes: ByteArray,
): String =
    try {
        Charsets.UTF_8
            .newDecoder()
            .decode(ByteBuffer.wrap(bytes))
            .toString()
    } catch (_: CharacterCodingException) {
        throw ModelException("$name: damaged, no UTF-8; $REMEDY")
    }
