package ctpn.core

/** What a detector graph expects and how its maps become text lines; the fields are those of `ctpn/spec.py`. */
data class DetectorSpec(
    val name: String,
    val anchorHeights: List<Float>,
    val strideX: Int = 16,
    val strideY: Int = 8,
    val outputs: List<String> = listOf("score", "vertical", "side", "link"),
    val channels: String = "RGB",
    val mean: List<Double> = listOf(127.5, 127.5, 127.5),
    val std: List<Double> = listOf(127.5, 127.5, 127.5),
    val longSide: Int = 960,
    val stripRatio: Double = 4.0,
    val stripSide: Int = 640,
    val sizeMultiple: Int = 32,
    val pad: Int = 127,
    val scoreThreshold: Float = 0.5f,
    val nmsThreshold: Float = 0.3f,
    val builder: String = "links",
    val linkThreshold: Float = 0.5f,
    val maxGap: Int = 50,
    val minOverlap: Float = 0.5f,
    val lineScore: Double = 0.6,
    val minRatio: Float = 0f,
    val grow: List<Float> = listOf(0f, 0f),
)

/** What a recogniser graph expects and how its output becomes text; the fields are those of `ctpn/spec.py`. */
data class RecognizerSpec(
    val name: String,
    val charset: String,
    val charsetSha256: String,
    val height: Int = 32,
    val stride: Int = 4,
    val widthMultiple: Int = 32,
    val pad: Int = 127,
    val maxWidth: Int = 1280,
    val margin: List<Double> = listOf(0.2, 0.08),
    val channels: String = "RGB",
    val mean: List<Double> = listOf(127.5, 127.5, 127.5),
    val std: List<Double> = listOf(127.5, 127.5, 127.5),
    val widths: List<Int> = listOf(160, 320, 640),
)
