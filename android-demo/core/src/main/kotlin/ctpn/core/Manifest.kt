package ctpn.core

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
)

/** Size and SHA-256 (hex) of a file. */
data class FileSum(
    val bytes: Long,
    val sha256: String,
)

/** The case that every app reads at load: the lines that must be found in [photo]'s [regions]. */
data class GoldenCase(
    val photo: String,
    val regions: List<Region>,
    val lines: List<TextLine>,
    val quadTolerance: Float,
    val scoreTolerance: Float,
)
