package ctpn.reader

import ctpn.core.DetectorSpec
import ctpn.core.GoldenCase
import ctpn.core.Manifest
import ctpn.core.RecognizerSpec
import java.io.File
import java.io.InputStream

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
    /** The bytes of "detector" or "recognizer" as ONNX. */
    fun model(part: String): ByteArray = contents.getValue(manifest.models.getValue(part).getValue("onnx"))

    /** The golden case's photo, a PNG, for the app to decode. */
    val goldenPhoto: ByteArray get() = contents.getValue(golden.photo)

    companion object {
        /** Throws ModelException: which file is missing, cut short, changed, foreign or newer, and what to do. */
        fun open(files: BundleFiles): Bundle = TODO("lands with the reader")
    }
}
