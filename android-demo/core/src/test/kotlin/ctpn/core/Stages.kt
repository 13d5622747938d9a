package ctpn.core

import ctpn.core.contract.CalibrationSpec
import ctpn.core.contract.DetectorMap
import ctpn.core.contract.DetectorSpec
import ctpn.core.contract.DirectionSpec
import ctpn.core.contract.LinesSpec
import ctpn.core.contract.Manifest
import ctpn.core.contract.ReadingSpec
import ctpn.core.contract.RecognizerSpec
import ctpn.core.contract.Trust
import ctpn.core.contract.asDouble
import ctpn.core.contract.asText
import ctpn.core.contract.sha256
import ctpn.core.contract.verifySignature
import ctpn.core.detection.CellAngles
import ctpn.core.detection.Proposals
import ctpn.core.detection.RotatedPart
import ctpn.core.detection.bestOfLooks
import ctpn.core.detection.cellAngles
import ctpn.core.detection.connect
import ctpn.core.detection.decode
import ctpn.core.detection.hugeLines
import ctpn.core.detection.partsToRotate
import ctpn.core.detection.postprocess
import ctpn.core.detection.suppress
import ctpn.core.detection.textLines
import ctpn.core.detection.turnedPart
import ctpn.core.imaging.RgbImage
import ctpn.core.imaging.closerScale
import ctpn.core.imaging.farView
import ctpn.core.imaging.fit
import ctpn.core.imaging.halved
import ctpn.core.imaging.resize
import ctpn.core.imaging.rotate
import ctpn.core.imaging.sample
import ctpn.core.imaging.stitch
import ctpn.core.imaging.tiles
import ctpn.core.layout.Point
import ctpn.core.layout.Quad
import ctpn.core.layout.Region
import ctpn.core.layout.Vector
import ctpn.core.layout.chainsDown
import ctpn.core.layout.ofHeight
import ctpn.core.layout.outline
import ctpn.core.layout.overlapFraction
import ctpn.core.layout.readingOrder
import ctpn.core.layout.rectangle
import ctpn.core.layout.rotateQuad
import ctpn.core.layout.scale
import ctpn.core.layout.splitVertical
import ctpn.core.layout.window
import ctpn.core.recognition.Decoded
import ctpn.core.recognition.Logits
import ctpn.core.recognition.ReadLine
import ctpn.core.recognition.batches
import ctpn.core.recognition.greedy
import ctpn.core.recognition.isSpace
import ctpn.core.recognition.isUpsideDown
import ctpn.core.recognition.join
import ctpn.core.recognition.padded
import ctpn.core.recognition.readLines
import ctpn.core.recognition.readUnlessUpsideDown
import ctpn.core.recognition.rectify
import ctpn.core.recognition.splitColumn
import ctpn.core.recognition.splitPoints
import ctpn.core.recognition.textProbability
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import java.time.Clock
import java.time.Instant
import java.time.ZoneOffset

/** What each golden case runs, as contract/generator/stages.py has it. */
val STAGES: Map<String, (Inputs) -> Map<String, Any?>> =
    mapOf(
        "halved" to { mapOf("image" to halved(it.image("image"), it.int("times"))) },
        "resize" to { mapOf("image" to resize(it.image("image"), it.int("width"), it.int("height"))) },
        "sample" to ::sampled,
        "fit" to
            { i ->
                fit(i.image("photo"), detector(i)).let { mapOf("pixels" to it.pixels, "scale_x" to it.scaleX, "scale_y" to it.scaleY) }
            },
        "fit_size" to ::fitSize,
        "closer_scale" to { i ->
            mapOf("scale" to closerScale(i.int("width"), i.int("height"), quads(i.floats("quads")), detector(i)))
        },
        "far_view" to { mapOf("pixels" to farView(it.image("pixels"), detector(it))) },
        "tiles" to { mapOf("places" to pairs(tiles(it.int("length"), detector(it)))) },
        "stitch" to { i ->
            mapOf("map" to stitch(i.list("maps").map { Inputs.map(it) }, i.pairs("places"), i.int("stride"), i.int("axis") == 1))
        },
        "region" to ::region,
        "overlap_fraction" to { mapOf("fraction" to overlapFraction(it.quad("quad"), points(it.floats("region")))) },
        "reading_order" to { i -> mapOf("order" to readingOrder(i.list("quads").map { Inputs.quad(it) })) },
        "decode" to ::decoded,
        "suppress" to {
            mapOf("kept" to suppress(it.floats("boxes"), it.floats("scores"), it.ints("columns"), it.double("threshold").toFloat()))
        },
        "connect" to { mapOf("successors" to connect(proposals(it), detector(it))) },
        "lines" to ::lines,
        "postprocess" to ::postprocessed,
        "huge_lines" to { i ->
            mapOf("added" to hugeLines(quads(i.floats("far")), quads(i.floats("quads")), detector(i)).toIntArray())
        },
        "cell_angles" to { mapOf("angles" to written(cellAngles(it.map("map"), directions(it)))) },
        "parts_to_rotate" to ::parts,
        "turned_part" to ::turned,
        "best_of_looks" to { i ->
            val quads = quads(i.floats("quads"))
            val looks = i.ints("looks").toList()
            val kept = bestOfLooks(angles(i), quads, i.floats("scores").toList(), looks, i.ints("look_angles").toList(), directions(i))
            mapOf("kept" to kept.toIntArray())
        },
        "rotate" to ::rotatedPart,
        "rectangle" to { mapOf("quad" to rectangle(it.quad("quad"))) },
        "of_height" to { mapOf("quad" to ofHeight(it.quad("quad"), it.double("times"))) },
        "chains_down" to { i -> mapOf("chains" to chainsDown(i.list("quads").map { Inputs.quad(it) }, i.double("max_gap"))) },
        "split_column" to { i ->
            mapOf("cells" to splitColumn(i.image("line_crop"), recognizer(i)).map { (begin, end) -> listOf(begin, end) })
        },
        "rectify" to { mapOf("line_crop" to rectify(it.image("image"), it.quad("quad"), recognizer(it))) },
        "split_vertical" to { mapOf("quads" to Answers.quads(splitVertical(it.quad("quad")))) },
        "rotate_quad" to { mapOf("quad" to rotateQuad(it.quad("quad"), it.int("quarters"))) },
        "split_points" to { mapOf("split" to pairs(splitPoints(it.image("line_crop"), recognizer(it)))) },
        "is_space" to { mapOf("space" to isSpace(it.image("line_crop"), it.int("cut"), recognizer(it))) },
        "batches" to { mapOf("groups" to batches(it.ints("widths").toList(), recognizer(it))) },
        "padded" to { i -> mapOf("batch" to padded(i.list("parts").map { Inputs.image(it) }, CRNN)) },
        "join" to ::joinedTexts,
        "greedy" to ::greedyText,
        "text_probability" to { mapOf("probability" to textProbability(it.floats("scores"), recognizer(it).calibration)) },
        "read_lines" to ::readPaintedLines,
        "read_unless_upside_down" to ::readPaintedUnlessUpsideDown,
        "is_upside_down" to ::isPaintedUpsideDown,
        "read" to ::readPainted,
        "detect" to ::detectPainted,
        "spec" to ::spec,
        "manifest" to ::manifest,
        "signature" to ::signature,
    )

private val mobile = Golden.spec("detector")
private val crnn = Golden.spec("recognizer")
val MOBILE: DetectorSpec = DetectorSpec.fromJson(mobile.toString())
val CRNN: RecognizerSpec = RecognizerSpec.fromJson(crnn.toString())

/** The CRNN's spec with two characters. */
val TINY_CRNN: RecognizerSpec = CRNN.copy(charset = "ab", charsetSha256 = sha256("ab".toByteArray()))

/** A spec's JSON with other values; those of a group as an object. */
private fun revised(
    spec: JsonObject,
    changes: JsonObject,
): String =
    JsonObject(
        spec +
            changes.mapValues { (name, value) ->
                (spec[name] as? JsonObject)?.takeIf { value is JsonObject }?.let { JsonObject(it + value.jsonObject) } ?: value
            },
    ).toString()

private fun detector(
    i: Inputs,
    name: String = "spec",
) = DetectorSpec.fromJson(revised(mobile, i.json.getValue(name).jsonObject))

private fun recognizer(
    i: Inputs,
    name: String = "spec",
) = RecognizerSpec.fromJson(revised(crnn, i.json.getValue(name).jsonObject))

private fun pairs(those: List<Pair<Int, Int>>) = those.map { (a, b) -> listOf(a, b) }

private fun points(xy: FloatArray) = xy.indices.step(2).map { Point(xy[it], xy[it + 1]) }

private fun sampled(i: Inputs): Map<String, Any> {
    val (height, width) = i.shape("x")
    return mapOf("image" to sample(i.image("image"), i.doubles("x"), i.doubles("y"), width, height))
}

private fun fitSize(i: Inputs): Map<String, Any> {
    val (width, height) = i.int("width") to i.int("height")
    val fitted = fit(RgbImage(width, height, ByteArray(3 * width * height)), detector(i))
    return mapOf("size" to listOf(fitted.pixels.width, fitted.pixels.height), "scale_x" to fitted.scaleX, "scale_y" to fitted.scaleY)
}

private fun region(i: Inputs): Map<String, Any> {
    val (width, height) = i.int("width") to i.int("height")
    val found = outline(markedRegion(i.floats("region")), width, height)
    val rules = detector(i).regions
    val window = window(found, width, height, rules).let { listOf(it.x0, it.y0, it.x1, it.y1) }
    return mapOf("outline" to Answers.points(found), "window" to window, "scale" to scale(found, rules))
}

private fun maps(i: Inputs) = DetectorMap.entries.filter { i.has(it.json) }.associateWith { i.map(it.json) }

private fun decoded(i: Inputs): Map<String, Any> {
    val p = decode(maps(i), detector(i))
    return mapOf(
        "boxes" to Answers.array("f32", p.boxesNet.toList(), p.size, 4),
        "scores" to p.scores,
        "columns" to p.columns,
        "ends" to Answers.array("f32", p.endsNet.toList(), p.size, 2),
        "links" to p.links,
    )
}

private fun proposals(i: Inputs) = Proposals(i.floats("boxes"), i.floats("scores"), i.ints("columns"), i.floats("ends"), i.floats("links"))

private fun lines(i: Inputs) = quadsAndScores(textLines(proposals(i), detector(i)))

private fun postprocessed(i: Inputs) = quadsAndScores(postprocess(maps(i), detector(i)))

private fun quadsAndScores(lines: List<TextLine>) =
    mapOf("quads" to Answers.quads(lines.map { it.quad }), "scores" to lines.map { it.score }.toFloatArray())

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
    return written(join(i.image("line_crop"), i.pairs("split"), parts, recognizer(i)))
}

private fun greedyText(i: Inputs): Map<String, Any> {
    val (steps, classes) = i.shape("logits")
    val characters = i.text("charset").map { it.toString() }
    return written(greedy(Logits(i.floats("logits"), 0, steps, classes), characters))
}

private fun texts(i: Inputs): Map<String, Pair<String, Double>> =
    i.json.getValue("texts").jsonObject.mapValues { (_, read) ->
        read.jsonArray[0].asText()!! to read.jsonArray[1].asDouble()!!
    }

private fun photo(i: Inputs) = paint(Inputs(i.json.getValue("photo").jsonObject))

private fun readPaintedLines(i: Inputs): Map<String, Any> {
    val table = TableRecognizer(recognizer(i), texts(i))
    return written(readLines(photo(i), i.list("quads").map { Inputs.quad(it) }, table)) + mapOf("recognizer_inputs" to table.inputs)
}

private fun readPaintedUnlessUpsideDown(i: Inputs): Map<String, Any> {
    val table = TableRecognizer(recognizer(i), texts(i))
    val lines = readUnlessUpsideDown(photo(i), i.list("quads").map { Inputs.quad(it) }, table)
    return mapOf("upside_down" to (lines == null)) + written(lines.orEmpty()) + mapOf("recognizer_inputs" to table.inputs)
}

private fun isPaintedUpsideDown(i: Inputs): Map<String, Any> {
    val table = TableRecognizer(recognizer(i), texts(i))
    val isOver = isUpsideDown(photo(i), i.list("quads").map { Inputs.quad(it) }, table)
    return mapOf("upside_down" to isOver, "recognizer_inputs" to table.inputs)
}

private fun written(lines: List<ReadLine>): Map<String, Any> =
    mapOf(
        "lines" to lines.map { it.index },
        "quads" to lines.map { it.quad },
        "texts" to lines.map { it.text.text },
        "scores" to lines.map { it.text.score },
        "columns" to lines.map { it.isColumn },
    )

private fun directions(i: Inputs) = detector(i).direction!!

private fun angles(i: Inputs): CellAngles {
    val (height, width) = i.shape("angles")
    return CellAngles(height, width, i.ints("angles"))
}

private fun written(angles: CellAngles) = Answers.array("int", angles.values.toList(), angles.height, angles.width)

private fun quads(xy: FloatArray) = (0 until xy.size / 8).map { Quad.of(*xy.copyOfRange(8 * it, 8 * it + 8)) }

private fun parts(i: Inputs): Map<String, Any> {
    val found = partsToRotate(angles(i), quads(i.floats("quads")), directions(i))
    return mapOf(
        "angles" to found.parts.map { it.angle },
        "quads" to found.parts.map(::corners),
        "directed" to written(found.angles),
    )
}

private fun turned(i: Inputs): Map<String, Any> {
    val cells = i.ints("cells").toList().chunked(2) { (row, column) -> row to column }
    val part = turnedPart(RotatedPart(i.int("angle"), cells, emptyList()), quads(i.floats("quads")), directions(i))
    return mapOf("angles" to listOfNotNull(part?.angle), "quads" to listOfNotNull(part?.let(::corners)))
}

private fun corners(part: RotatedPart) = Answers.array("f64", part.cornersNet.flatMap { listOf(it.x, it.y) }, 4, 2)

private fun rotatedPart(i: Inputs): Map<String, Any> {
    val corners = i.doubles("quad").toList().chunked(2) { (x, y) -> Vector(x, y) }
    val rotated = rotate(i.image("photo"), corners, detector(i))
    val ends = listOf(Point(0f, 0f), Point(rotated.pixels.width.toFloat(), rotated.pixels.height.toFloat()))
    return mapOf("pixels" to rotated.pixels, "corners" to Answers.points(ends.map { rotated.toPicture(it) }))
}

private fun readPainted(i: Inputs): Map<String, Any> {
    val detector = TableDetector(detector(i, "detector"))
    val recognizer = TableRecognizer(recognizer(i, "recognizer"), texts(i))
    val lines = TextReader(detector, recognizer).read(photo(i), regions(i))
    return page(lines) + mapOf("detector_inputs" to detector.inputs, "recognizer_inputs" to recognizer.inputs)
}

private fun detectPainted(i: Inputs): Map<String, Any> {
    val detector = TableDetector(detector(i, "detector"))
    val lines = TextReader(detector, TableRecognizer(TINY_CRNN, emptyMap())).detect(photo(i), regions(i))
    return page(lines) + mapOf("detector_inputs" to detector.inputs)
}

private fun regions(i: Inputs): List<Region>? =
    i.json
        .getValue("regions")
        .takeIf { it !is JsonNull }
        ?.jsonArray
        ?.map { markedRegion(Inputs.floats(it)) }

private fun markedRegion(values: FloatArray) =
    if (values.size == 4) Region.rectangle(values[0], values[1], values[2], values[3]) else Region(Quad.of(*values))

private fun page(lines: PageResult): Map<String, Any> =
    mapOf(
        "quads" to lines.map { it.quad },
        "scores" to lines.map { it.score },
        "texts" to lines.map { it.text },
        "text_scores" to lines.map { it.textScore },
        "regions" to lines.map { it.region },
        "warnings" to lines.warnings.map { it.code },
    )

private fun spec(i: Inputs): Map<String, Any> {
    val isDetector = i.text("kind") == "detector"
    return mapOf(
        "spec" to if (isDetector) fields(DetectorSpec.fromJson(i.text("text"))) else fields(RecognizerSpec.fromJson(i.text("text"))),
    )
}

private fun fields(s: DetectorSpec): Map<String, Any?> =
    mapOf(
        "name" to s.name,
        "anchor_heights" to s.anchorHeights,
        "stride_x" to s.strideX,
        "stride_y" to s.strideY,
        "outputs" to s.outputs.map { it.json },
        "channels" to s.channels.name,
        "mean" to s.mean,
        "std" to s.std,
        "long_side" to s.longSide,
        "size_multiple" to s.sizeMultiple,
        "pad" to s.pad,
        "score_threshold" to s.scoreThreshold,
        "nms_threshold" to s.nmsThreshold,
        "lines" to fields(s.lines),
        "tiling" to
            mapOf(
                "max_aspect_ratio" to s.tiling.maxAspectRatio,
                "tile_short_side" to s.tiling.tileShortSide,
                "overlap" to s.tiling.overlap,
                "max_untiled" to s.tiling.maxUntiled,
            ),
        "regions" to
            mapOf(
                "region_padding" to s.regions.regionPadding,
                "min_padding" to s.regions.minPadding,
                "max_padding" to s.regions.maxPadding,
                "min_region_side" to s.regions.minRegionSide,
                "max_enlargement" to s.regions.maxEnlargement,
            ),
        "limits" to mapOf("max_proposals" to s.limits.maxProposals, "max_lines" to s.limits.maxLines),
        "direction" to s.direction?.let { fields(it) },
    )

private fun fields(s: DirectionSpec): Map<String, Any> =
    mapOf(
        "stride" to s.stride,
        "text_score" to s.textScore,
        "level_angle" to s.levelAngle,
        "spread" to s.spread,
        "min_cells" to s.minCells,
        "max_gap" to s.maxGap,
        "padding" to s.padding,
        "max_looks" to s.maxLooks,
    )

private fun fields(s: LinesSpec): Map<String, Any> =
    mapOf(
        "line_grouping" to s.lineGrouping.json,
        "link_threshold" to s.linkThreshold,
        "max_gap" to s.maxGap,
        "min_overlap" to s.minOverlap,
        "line_score" to s.lineScore,
        "score_slack" to s.scoreSlack,
        "min_aspect_ratio" to s.minAspectRatio,
        "min_width" to s.minWidth,
        "clipped_weight" to s.clippedWeight,
        "min_taper_columns" to s.minTaperColumns,
        "expansion" to s.expansion,
    )

private fun fields(s: RecognizerSpec): Map<String, Any> =
    mapOf(
        "name" to s.name,
        "charset" to s.charset,
        "charset_sha256" to s.charsetSha256,
        "channels" to s.channels.name,
        "mean" to s.mean,
        "std" to s.std,
        "height" to s.height,
        "stride" to s.stride,
        "width_multiple" to s.widthMultiple,
        "pad" to s.pad,
        "max_width" to s.maxWidth,
        "margin" to s.margin,
        "widths" to s.widths,
        "line_crop" to
            mapOf(
                "min_width" to s.lineCrop.minWidth,
                "cut_start" to s.lineCrop.cutStart,
                "cut_window" to s.lineCrop.cutWindow,
                "cut_tolerance" to s.lineCrop.cutTolerance,
                "space_ink" to s.lineCrop.spaceInk,
                "space_width" to s.lineCrop.spaceWidth,
                "column_pitch" to s.lineCrop.columnPitch,
                "column_tolerance" to s.lineCrop.columnTolerance,
                "column_cell" to s.lineCrop.columnCell,
            ),
        "reading" to fields(s.reading),
        "calibration" to fields(s.calibration),
    )

private fun fields(s: CalibrationSpec): Map<String, Any> =
    mapOf("bias" to s.bias, "errors" to s.errors, "length" to s.length, "floor" to s.floor)

private fun fields(s: ReadingSpec): Map<String, Any> =
    mapOf(
        "flip_retry_score" to s.flipRetryScore,
        "page_flip_score" to s.pageFlipScore,
        "page_flip_votes" to s.pageFlipVotes,
        "vertical_aspect" to s.verticalAspect,
        "column_slope" to s.columnSlope,
        "column_gap" to s.columnGap,
        "min_gain" to s.minGain,
        "height_retry_score" to s.heightRetryScore,
        "retry_height" to s.retryHeight,
        "min_combined_score" to s.minCombinedScore,
        "batch_columns" to s.batchColumns,
        "batch_spread" to s.batchSpread,
    )

private fun manifest(i: Inputs): Map<String, Any> {
    val m = Manifest.parse(i.text("text"))
    return mapOf(
        "version" to m.version,
        "models" to m.models,
        "specs" to m.specs,
        "charset" to m.charset,
        "golden" to m.golden,
        "files" to m.files.mapValues { mapOf("bytes" to it.value.bytes, "sha256" to it.value.sha256) },
    )
}

private fun signature(i: Inputs): Map<String, Any?> {
    if (i.json["public_keys"] is JsonNull) return mapOf("signed" to null) // as Bundle.open
    val keys = i.list("public_keys").map { it.asText()!! }
    val clock = Clock.fixed(Instant.parse(i.text("now")), ZoneOffset.UTC)
    val trust =
        Trust(
            keys,
            i.json
                .getValue("min_release")
                .jsonPrimitive.long,
            clock,
        )
    val found = verifySignature(i.bytes("manifest")!!, i.bytes("signature"), trust)
    return mapOf("signed" to mapOf("key" to found.key, "release" to found.release, "expires" to found.expires))
}
