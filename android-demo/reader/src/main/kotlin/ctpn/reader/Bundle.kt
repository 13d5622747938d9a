package ctpn.reader

import ctpn.core.CtpnException
import ctpn.core.ModelException
import ctpn.core.contract.BUNDLE_HINT
import ctpn.core.contract.DetectorSpec
import ctpn.core.contract.FileSum
import ctpn.core.contract.GoldenCase
import ctpn.core.contract.MANIFEST
import ctpn.core.contract.MAX_MANIFEST_BYTES
import ctpn.core.contract.MAX_SIGNATURE_BYTES
import ctpn.core.contract.Manifest
import ctpn.core.contract.RecognizerSpec
import ctpn.core.contract.SIGNATURE
import ctpn.core.contract.Signature
import ctpn.core.contract.Trust
import ctpn.core.contract.hex
import ctpn.core.contract.sha256
import ctpn.core.contract.utf8
import ctpn.core.contract.verifySignature
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.security.MessageDigest

private const val FORMAT = "onnx" // the models that this app computes

/** Where a bundle's files lie: a folder, or an app's assets as `BundleFiles { assets.open("bundle/$it") }`. Throws IOException. */
fun interface BundleFiles {
    fun open(name: String): InputStream
}

/** A bundle in a folder, whose files all lie in it: links lead out of it and are refused. */
class Folder(
    private val folder: File,
) : BundleFiles {
    /** @throws ModelException the file, or a folder in which it is, is a link. */
    override fun open(name: String): InputStream {
        val parts = name.split('/')
        for (count in 1..parts.size) {
            val part = File(folder, parts.take(count).joinToString("/"))
            if (Files.isSymbolicLink(part.toPath())) {
                throw ModelException("$part: is a link; expected a bundle whose files all lie in its folder; $BUNDLE_HINT")
            }
        }
        return File(folder, name).inputStream()
    }
}

/**
 * A bundle of which every file has been verified; it holds the ONNX models, not those of other formats.
 *
 * @property signature who published it, as which release; null if nobody asked for it.
 */
class Bundle internal constructor(
    val manifest: Manifest,
    val detectorSpec: DetectorSpec,
    val recognizerSpec: RecognizerSpec,
    val golden: GoldenCase,
    private val contents: Map<String, ByteArray>,
    val signature: Signature? = null,
) {
    /**
     * The bytes of "detector" or "recognizer" as ONNX.
     *
     * @throws ModelException the bundle has it in other formats only.
     */
    fun model(name: String): ByteArray {
        val formats = manifest.models.getValue(name)
        val file =
            formats[FORMAT] ?: throw ModelException("$name: expected a model as 'onnx', got ${formats.keys}; write it with --formats onnx")
        return contents.getValue(file)
    }

    /** The golden case's photo, a PNG, for the app to decode. */
    val goldenPhoto: ByteArray get() = contents.getValue(golden.photo)

    companion object {
        /** The same without a public key. */
        fun open(files: BundleFiles): Bundle = open(files, null)

        /**
         * Verify a bundle and open it.
         *
         * @param trust whose signature it must carry; null: it may have none.
         * @throws ModelException which file is missing, cut short, changed, unknown or newer, or what is wrong with the signature, and
         *   what to do.
         * @throws CtpnException a public key is none.
         */
        fun open(
            files: BundleFiles,
            trust: Trust?,
        ): Bundle {
            val written = content(files, MANIFEST, MAX_MANIFEST_BYTES.toLong())
            val signature = trust?.let { verifySignature(written, signatureIn(files), it) }
            val manifest = Manifest.parse(text(MANIFEST, written))
            val kept = manifest.models.values.mapNotNull { it[FORMAT] } + manifest.specs.values + manifest.charset + manifest.golden
            for ((name, sum) in manifest.files) if (name !in kept) verify(files, name, sum)
            val contents = kept.associateWith { verified(files, it, manifest.files.getValue(it)) }

            fun text(name: String) = text(name, contents.getValue(name))
            val detector = DetectorSpec.fromJson(text(manifest.specs.getValue("detector")))
            val recognizer = RecognizerSpec.fromJson(text(manifest.specs.getValue("recognizer")))
            if (text(manifest.charset) != recognizer.charset) {
                throw ModelException("${manifest.charset}: not the charset of ${manifest.specs["recognizer"]}; $BUNDLE_HINT")
            }
            val golden = GoldenCase.parse(text(manifest.golden))
            val photo =
                manifest.files[golden.photo]
                    ?: throw ModelException("${manifest.golden}: its photo ${golden.photo} is missing; $BUNDLE_HINT")
            val contentsWithPhoto = contents + (golden.photo to verified(files, golden.photo, photo))
            return Bundle(manifest, detector, recognizer, golden, contentsWithPhoto, signature)
        }
    }
}

/** The bytes of signature.json, null if there is none; of a larger file others that are too many as well. */
private fun signatureIn(files: BundleFiles): ByteArray? =
    try {
        files.open(SIGNATURE).use { upTo(MAX_SIGNATURE_BYTES.toLong(), it) ?: ByteArray(MAX_SIGNATURE_BYTES + 1) }
    } catch (_: IOException) {
        null
    }

/** Verify a file that this app does not use, without holding it: models of other formats are large. */
private fun verify(
    files: BundleFiles,
    name: String,
    sum: FileSum,
) {
    val digest = MessageDigest.getInstance("SHA-256")
    var size = 0L
    reading(files, name) { stream ->
        val part = ByteArray(1 shl 16)
        while (size <= sum.bytes) {
            val count = stream.read(part)
            if (count < 0) break
            digest.update(part, 0, count)
            size += count
        }
    }
    check(name, sum, size, hex(digest.digest()))
}

/** The bytes of a file. */
private fun verified(
    files: BundleFiles,
    name: String,
    sum: FileSum,
): ByteArray = content(files, name, sum.bytes).also { check(name, sum, it.size.toLong(), sha256(it)) }

private fun check(
    name: String,
    sum: FileSum,
    size: Long,
    digest: String,
) {
    if (size > sum.bytes) throw ModelException("$name: expected ${sum.bytes} bytes, got more; $BUNDLE_HINT")
    if (size < sum.bytes) throw ModelException("$name: expected ${sum.bytes} bytes, got $size; $BUNDLE_HINT")
    if (digest != sum.sha256) {
        throw ModelException("$name: damaged (sha256 expected ${sum.sha256.take(12)}…, got ${digest.take(12)}…); $BUNDLE_HINT")
    }
}

/** A file that has at most so many bytes. */
private fun content(
    files: BundleFiles,
    name: String,
    limit: Long,
): ByteArray =
    reading(files, name) { upTo(limit, it) } ?: throw ModelException("$name: expected at most $limit bytes, got more; $BUNDLE_HINT")

private fun <T> reading(
    files: BundleFiles,
    name: String,
    read: (InputStream) -> T,
): T =
    try {
        files.open(name).use(read)
    } catch (_: IOException) {
        throw ModelException("$name: missing from the bundle, or cannot be read; $BUNDLE_HINT")
    }

/** All of a stream, null if it has more than so many bytes. */
private fun upTo(
    limit: Long,
    stream: InputStream,
): ByteArray? {
    val out = ByteArrayOutputStream()
    val part = ByteArray(1 shl 16)
    while (out.size() <= limit) {
        val count = stream.read(part)
        if (count < 0) return out.toByteArray()
        out.write(part, 0, count)
    }
    return null
}

private fun text(
    name: String,
    bytes: ByteArray,
): String = utf8(bytes) ?: throw ModelException("$name: damaged, not UTF-8; $BUNDLE_HINT")
