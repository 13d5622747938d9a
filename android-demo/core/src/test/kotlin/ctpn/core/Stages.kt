package ctpn.core

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** What each golden case runs, as contract/generator/stages.py has it. */
val STAGES: Map<String, (Inputs) -> Map<String, Any>> =
    mapOf(
        "halved" to { mapOf("image" to halved(it.image("image"), it.int("times"))) },
        "resize" to { mapOf("image" to resize(it.image("image"), it.int("width"), it.int("height"))) },
        "sample" to ::sampled,
        "fit" to
            { i ->
                fit(i.image("photo"), detector(i)).let { mapOf("pixels" to it.pixels, "scale_x" to it.scaleX, "scale_y" to it.scaleY) }
            },
        "fit_size" to ::fitSize,
        "windows" to { mapOf("cuts" to pairs(windows(it.int("length"), MOBILE))) },
        "stitch" to { i ->
            mapOf("map" to stitch(i.list("pieces").map { Inputs.map(it) }, i.pairs("cuts"), i.int("stride"), i.int("axis") == 1))
        },
        "region" to ::region,
        "share" to { mapOf("share" to share(it.quad("quad"), points(it.floats("region")))) },
        "reading_order" to { i -> mapOf("order" to readingOrder(i.list("quads").map { Inputs.quad(it) })) },
        "decode" to ::decoded,
        "suppress" to {
            mapOf("kept" to suppress(it.floats("boxes"), it.floats("scores"), it.ints("columns"), it.double("threshold").toFloat()))
        },
        "connect" to { mapOf("successors" to connect(proposals(it), detector(it))) },
        "lines" to ::lines,
        "rectify" to { mapOf("strip" to rectify(it.image("image"), it.quad("quad"), recognizer(it))) },
        "stacked" to { mapOf("quads" to Written.quads(stacked(it.quad("quad")))) },
        "turned" to { mapOf("quad" to turned(it.quad("quad"), it.int("quarters"))) },
        "pieces" to { mapOf("cuts" to pairs(pieces(it.image("strip"), recognizer(it)))) },
        "is_space" to { mapOf("space" to isSpace(it.image("strip"), it.int("cut"))) },
        "batches" to { mapOf("groups" to batches(it.ints("widths").toList(), CRNN)) },
        "padded" to { i -> mapOf("strips" to padded(i.list("parts").map { Inputs.image(it) }, CRNN)) },
        "join" to ::joinedTexts,
        "greedy" to ::greedyText,
        "spec" to
            {
                mapOf(
                    "spec" to
                        if (it.text("kind") ==
                            "detector"
                        ) {
                            fields(DetectorSpec.fromJson(it.text("text")))
                        } else {
                            fields(RecognizerSpec.fromJson(it.text("text")))
                        },
                )
            },
        "manifest" to ::manifest,
    )

private val mobile: JsonObject =
    parseJson(
        Golden
            .case("spec", "mobile")
            .getValue("in")
            .jsonObject["text"]
            .asText()!!,
    ).jsonObject
val MOBILE: DetectorSpec = DetectorSpec.fromJson(mobile.toString())
private val crnn: JsonObject =
    JsonObject(
        mapOf("kind" to "recognizer", "schema" to 1, "name" to "crnn", "charset" to "ab", "charset_sha256" to sha256("ab".toByteArray()))
            .mapValues { Written.json(it.value) },
    )
val CRNN: RecognizerSpec = RecognizerSpec.fromJson(crnn.toString())

private fun detector(i: Inputs) = DetectorSpec.fromJson(JsonObject(mobile + i.json.getValue("spec").jsonObject).toString())

private fun recognizer(i: Inputs) = RecognizerSpec.fromJson(JsonObject(crnn + i.json.getValue("spec").jsonObject).toString())

private fun pairs(those: List<Pair<Int, Int>>) = those.map { (a, b) -> listOf(a, b) }

private fun points(xy: FloatArray) = xy.indices.step(2).map { Point(xy[it], xy[it + 1]) }

private fun sampled(i: Inputs): Map<String, Any> {
    val (height, width) = i.shape("x")
    return mapOf("image" to sample(i.image("image"), i.doubles("x"), i.doubles("y"), width, height))
}

private fun fitSize(i: Inputs): Map<String, Any> {
    val (width, height) = i.int("width") to i.int("height")
    val fitted = fit(RgbImage(width, height, ByteArray(3 * width * height)), MOBILE)
    return mapOf("size" to listOf(fitted.pixels.width, fitted.pixels.height), "scale_x" to fitted.scaleX, "scale_y" to fitted.scaleY)
}

private fun region(i: Inputs): Map<String, Any> {
    val (width, height) = i.int("width") to i.int("height")
    val values = i.floats("region")
    val marked = if (values.size == 4) Region.rectangle(values[0], values[1], values[2], values[3]) else Region(Quad.of(*values))
    val found = outline(marked, width, height)
    val window = window(found, width, height).let { listOf(it.x0, it.y0, it.x1, it.y1) }
    return mapOf("outline" to Written.points(found), "window" to window, "scale" to scale(found))
}

private fun decoded(i: Inputs): Map<String, Any> {
    val p = decode(listOf("score", "vertical", "side", "link").filter { i.has(it) }.associateWith { i.map(it) }, detector(i))
    return mapOf(
        "boxes" to Written.array("f32", p.boxesNet.toList(), p.size, 4),
        "scores" to p.scores,
        "columns" to p.columns,
        "ends" to Written.array("f32", p.endsNet.toList(), p.size, 2),
        "links" to p.links,
    )
}

private fun proposals(i: Inputs) = Proposals(i.floats("boxes"), i.floats("scores"), i.ints("columns"), i.floats("ends"), i.floats("links"))

private fun lines(i: Inputs): Map<String, Any> {
    val found = textLines(proposals(i), detector(i))
    return mapOf("quads" to Written.quads(found.map { it.quad }), "scores" to found.map { it.score }.toFloatArray())
}

private fun written(d: Decoded) = mapOf("text" to d.text, "score" to d.score, "scores" to d.scores, "steps" to d.steps)

private fun joinedTexts(i: Inputs): Map<String, Any> {
    val parts =
        i.list("texts").indices.map {
            Decoded(
                i.list("texts")[it].jsonPrimitive.content,
                0.0,
                Inputs.floats(i.list("scores")[it]),
                Inputs.ints(i.list("steps")[it]),
            )
        }
    return written(join(i.image("strip"), i.pairs("cuts"), parts, recognizer(i)))
}

private fun greedyText(i: Inputs): Map<String, Any> {
    val (steps, classes) = i.shape("logits")
    val characters = i.text("charset").map { it.toString() }
    return written(greedy(Logits(i.floats("logits"), 0, steps, classes), characters))
}

private fun fields(s: DetectorSpec): Map<String, Any> =
    mapOf(
        "name" to s.name,
        "anchor_heights" to s.anchorHeights,
        "stride_x" to s.strideX,
        "stride_y" to s.strideY,
        "outputs" to s.outputs,
        "channels" to s.channels,
        "mean" to s.mean,
        "std" to s.std,
        "long_side" to s.longSide,
        "strip_ratio" to s.stripRatio,
        "strip_side" to s.stripSide,
        "size_multiple" to s.sizeMultiple,
        "pad" to s.pad,
        "score_threshold" to s.scoreThreshold,
        "nms_threshold" to s.nmsThreshold,
        "builder" to s.builder,
        "link_threshold" to s.linkThreshold,
        "max_gap" to s.maxGap,
        "min_overlap" to s.minOverlap,
        "line_score" to s.lineScore,
        "min_ratio" to s.minRatio,
        "grow" to s.grow,
        "doubt" to s.doubt,
    )

private fun fields(s: RecognizerSpec): Map<String, Any> =
    mapOf(
        "name" to s.name,
        "charset" to s.charset,
        "charset_sha256" to s.charsetSha256,
        "height" to s.height,
        "stride" to s.stride,
        "width_multiple" to s.widthMultiple,
        "pad" to s.pad,
        "max_width" to s.maxWidth,
        "margin" to s.margin,
        "channels" to s.channels,
        "mean" to s.mean,
        "std" to s.std,
        "widths" to s.widths,
    )

private fun manifest(i: Inputs): Map<String, Any> {
    val m = Manifest.parse(i.text("text"))
    return mapOf(
        "models" to m.models,
        "specs" to m.specs,
        "charset" to m.charset,
        "golden" to m.golden,
        "files" to m.files.mapValues { mapOf("bytes" to it.value.bytes, "sha256" to it.value.sha256) },
    )
}
