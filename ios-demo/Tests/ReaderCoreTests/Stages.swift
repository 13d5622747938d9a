import Foundation
import ReaderCrypto

@testable import ReaderCore

typealias Answers = [String: any Answer]

/// What each golden case runs, as contract/generator/stages.py has it.
let stages: [String: @Sendable (Inputs) async throws -> Answers] = [
    "halved": { ["image": halved($0["image"].image, times: $0.int("times"))] },
    "resize": { ["image": resize($0["image"].image, width: $0.int("width"), height: $0.int("height"))] },
    "sample": { i in
        let shape = i["x"].shape
        return ["image": sample(i["image"].image, i["x"].numbers, i["y"].numbers, width: shape[1], height: shape[0])]
    },
    "fit": { i in
        let fitted = fit(i["photo"].image, try detector(i))
        return ["pixels": fitted.pixels, "scale_x": fitted.scaleX, "scale_y": fitted.scaleY]
    },
    "fit_size": { i in
        let (width, height) = (i.int("width"), i.int("height"))
        let blank = try RgbImage(width: width, height: height, pixels: .init(repeating: 0, count: 3 * width * height))
        let fitted = fit(blank, try detector(i))
        return ["size": [fitted.pixels.width, fitted.pixels.height], "scale_x": fitted.scaleX, "scale_y": fitted.scaleY]
    },
    "closer_scale": { i in
        ["scale": closerScale(width: i.int("width"), height: i.int("height"), quads(i["quads"].floats), try detector(i))]
    },
    "far_view": { ["pixels": farView($0["pixels"].image, try detector($0))] },
    "tiles": { ["places": tiles($0.int("length"), try detector($0))] },
    "stitch": { i in
        ["map": stitch(i.list("maps").map(\.map), i.ranges("places"), stride: i.int("stride"), across: i.int("axis") == 1)]
    },
    "region": { i in
        let (width, height, rules) = (i.int("width"), i.int("height"), try detector(i).regions)
        let found = try outline(try markedRegion(i["region"]), width: width, height: height)
        let place = window(found, width: width, height: height, rules)
        let points = array("f32", found.flatMap { [$0.x, $0.y] }, found.count, 2)
        return ["outline": points, "window": [place.x0, place.y0, place.x1, place.y1], "scale": scale(found, rules)]
    },
    "overlap_fraction": { ["fraction": overlapFraction($0["quad"].quad, $0["region"].points)] },
    "reading_order": { ["order": readingOrder($0.list("quads").map(\.quad))] },
    "decode": { i in
        let p = try decode(maps(i), try detector(i))
        return [
            "boxes": array("f32", p.boxes.flatMap { [$0.left, $0.top, $0.right, $0.bottom] }, p.count, 4),
            "scores": array("f32", p.scores), "columns": array("int", p.columns),
            "ends": array("f32", p.ends.flatMap { [$0.left, $0.right] }, p.count, 2), "links": array("f32", p.links),
        ]
    },
    "suppress": { i in
        let threshold = Float(i.double("threshold"))
        return [
            "kept": array("int", suppress(boxes(i), scores: i["scores"].floats, columns: i["columns"].ints, iouThreshold: threshold))
        ]
    },
    "connect": { ["successors": array("int", connect(proposals($0), try detector($0)))] },
    "lines": { quadsAndScores(textLines(proposals($0), try detector($0))) },
    "huge_lines": { i in
        ["added": array("int", hugeLines(quads(i["far"].floats), quads(i["quads"].floats), try detector(i)))]
    },
    "postprocess": { quadsAndScores(try postprocess(maps($0), try detector($0))) },
    "rectify": { ["line_crop": rectify($0["image"].image, $0["quad"].quad, try recognizer($0))] },
    "split_vertical": { ["quads": quads(splitVertical($0["quad"].quad))] },
    "rotate_quad": { ["quad": rotateQuad($0["quad"].quad, quarters: $0.int("quarters"))] },
    "split_points": { ["split": splitPoints($0["line_crop"].image, try recognizer($0))] },
    "is_space": { ["space": isSpace($0["line_crop"].image, cut: $0.int("cut"), try recognizer($0))] },
    "batches": { ["groups": batches($0["widths"].ints, try recognizer($0))] },
    "padded": { ["batch": padded($0.list("parts").map(\.image), try recognizer($0))] },
    "join": { i in
        let texts = zip(i.list("texts"), zip(i.list("scores"), i.list("steps")))
        let parts = texts.map { Decoded(text: $0.text!, score: 0, scores: $1.0.floats, steps: $1.1.ints) }
        return written(join(i["line_crop"].image, i.ranges("split"), parts, try recognizer(i)))
    },
    "greedy": { i in
        let (values, shape) = (i["logits"].floats, i["logits"].shape)
        let logits = Logits(values: values[...], steps: shape[0], classes: shape[1])
        return written(try greedy(logits, characters: Array(i.text("charset").unicodeScalars)))
    },
    "cell_angles": { i in
        let angles = cellAngles(i["map"].map, try directions(i))
        return ["angles": array("int", angles.values, angles.height, angles.width)]
    },
    "parts_to_rotate": { i in
        let found = partsToRotate(angles(i), quads(i["quads"].floats), try directions(i))
        return [
            "angles": found.parts.map(\.angle), "quads": found.parts.map(corners),
            "directed": array("int", found.angles.values, found.angles.height, found.angles.width),
        ]
    },
    "turned_part": { i in
        let cells = pairs(i["cells"].numbers).map { (row: Int($0), column: Int($1)) }
        let part = RotatedPart(angle: i.int("angle"), cells: cells, cornersNet: [])
        let turned = [turnedPart(part, quads(i["quads"].floats), try directions(i))].compactMap { $0 }
        return ["angles": turned.map(\.angle), "quads": turned.map(corners)]
    },
    "best_of_looks": { i in
        let kept = bestOfLooks(
            angles(i), quads(i["quads"].floats), scores: i["scores"].floats, looks: i["looks"].ints, lookAngles: i["look_angles"].ints,
            try directions(i))
        return ["kept": array("int", kept)]
    },
    "rotate": { i in
        let rotated = rotate(i["photo"].image, pairs(i["quad"].numbers).map { PixelVector($0, $1) }, try detector(i))
        let ends = [PixelPoint(Float(0), 0), PixelPoint(Float(rotated.pixels.width), Float(rotated.pixels.height))].map(rotated.toPicture)
        return ["pixels": rotated.pixels, "corners": array("f32", ends.flatMap { [$0.x, $0.y] }, 2, 2)]
    },
    "rectangle": { ["quad": rectangle($0["quad"].quad)] },
    "of_height": { ["quad": ofHeight($0["quad"].quad, times: $0.double("times"))] },
    "chains_down": { ["chains": chainsDown($0.list("quads").map(\.quad), maxGap: $0.double("max_gap"))] },
    "split_column": { ["cells": splitColumn($0["line_crop"].image, try recognizer($0)).map { [$0.begin, $0.end] }] },
    "text_probability": { ["probability": textProbability($0["scores"].floats, try recognizer($0).calibration)] },
    "read_lines": { i in
        let table = TableRecognizer(spec: try recognizer(i), texts: texts(i))
        let lines = try await readLines(paint(Inputs(i["photo"].object!)), i.list("quads").map(\.quad), lineReader(table))
        return written(lines).merging(["recognizer_inputs": table.inputs.all]) { a, _ in a }
    },
    "read_unless_upside_down": { i in
        let table = TableRecognizer(spec: try recognizer(i), texts: texts(i))
        let lines = try await readUnlessUpsideDown(paint(Inputs(i["photo"].object!)), i.list("quads").map(\.quad), lineReader(table))
        return written(lines ?? []).merging(["upside_down": lines == nil, "recognizer_inputs": table.inputs.all]) { a, _ in a }
    },
    "is_upside_down": { i in
        let table = TableRecognizer(spec: try recognizer(i), texts: texts(i))
        let isOver = try await isUpsideDown(paint(Inputs(i["photo"].object!)), i.list("quads").map(\.quad), lineReader(table))
        return ["upside_down": isOver, "recognizer_inputs": table.inputs.all]
    },
    "read": { i in
        let detector = TableDetector(spec: try detector(i, "detector"))
        let recognizer = TableRecognizer(spec: try recognizer(i, "recognizer"), texts: texts(i))
        let reader = TextReader(detector: detector, recognizer: recognizer)
        let found = try await reader.read(paint(Inputs(i["photo"].object!)), regions: try regions(i))
        return page(found).merging(
            ["detector_inputs": detector.inputs.all, "recognizer_inputs": recognizer.inputs.all]) { a, _ in a }
    },
    "detect": { i in
        let detector = TableDetector(spec: try detector(i, "detector"))
        let recognizer = TableRecognizer(spec: try RecognizerSpec(json: JsonValue.object(crnn).encoded), texts: [:])
        let reader = TextReader(detector: detector, recognizer: recognizer)
        let found = try await reader.detect(paint(Inputs(i["photo"].object!)), regions: try regions(i))
        return page(found).merging(["detector_inputs": detector.inputs.all]) { a, _ in a }
    },
    "spec": { i in
        if i.text("kind") == "detector" { return ["spec": fields(try DetectorSpec(json: i.text("text")))] }
        var spec = fields(try RecognizerSpec(json: i.text("text"))).object!
        spec["characters"] = nil  // made of the charset
        return ["spec": JsonValue.object(spec)]
    },
    "manifest": { fields(try Manifest(json: $0.text("text"))).object! },
    "signature": { i in
        guard let keys = i["public_keys"].list else { return ["signed": JsonValue.null] }  // as `ModelBundle`
        let trust = Trust(
            keys: try keys.map { try P256Key(pem: $0.text!) }, minRelease: i["min_release"].clampedInt!,
            now: try Date(i.text("now"), strategy: .iso8601))
        let found = try Signature(of: i["manifest"].bytes, i["signature"] == .null ? nil : i["signature"].bytes, trust)
        return ["signed": JsonValue.object(["key": found.key.json, "release": found.release.json, "expires": found.expires.json])]
    },
]

private let mobile = (try? GoldenFile.spec("detector")) ?? [:]
private let crnn = (try? GoldenFile.spec("recognizer")) ?? [:]

/// A spec's JSON with other values; those of a group as an object.
private func revised(_ spec: [String: JsonValue], _ changes: JsonValue) -> String {
    let changed = (changes.object ?? [:]).merging([:]) { a, _ in a }
    let merged = spec.merging(changed) { old, new in
        if case .object(let group) = old, case .object(let values) = new { .object(group.merging(values) { $1 }) } else { new }
    }
    return JsonValue.object(merged).encoded
}

private func detector(_ i: Inputs, _ name: String = "spec") throws -> DetectorSpec { try DetectorSpec(json: revised(mobile, i[name])) }

private func recognizer(_ i: Inputs, _ name: String = "spec") throws -> RecognizerSpec { try RecognizerSpec(json: revised(crnn, i[name])) }

private func maps(_ i: Inputs) -> [DetectorMap: FloatMap] {
    let given = DetectorMap.allCases.compactMap { name in i.json[name.rawValue].map { (name, $0.map) } }
    return Dictionary(uniqueKeysWithValues: given)
}

private func boxes(_ i: Inputs) -> [Proposals.Box] {
    let values = i["boxes"].floats
    return stride(from: 0, to: values.count, by: 4).map {
        Proposals.Box(left: values[$0], top: values[$0 + 1], right: values[$0 + 2], bottom: values[$0 + 3])
    }
}

private func proposals(_ i: Inputs) -> Proposals {
    let ends = pairs(i["ends"].floats).map { (left: $0, right: $1) }
    return Proposals(
        boxes: boxes(i), scores: i["scores"].floats, columns: i["columns"].ints, ends: ends, links: i["links"].floats)
}

private func quadsAndScores(_ lines: [TextLine]) -> Answers {
    ["quads": quads(lines.map(\.quad)), "scores": array("f32", lines.map(\.score))]
}

private func written(_ d: Decoded) -> Answers {
    ["text": d.text, "score": d.score, "scores": array("f32", d.scores), "steps": array("int", d.steps)]
}

private func lineReader(_ table: TableRecognizer) -> LineReader { LineReader(recognizer: table, timer: StageTimer()) }

private func written(_ lines: [ReadLine]) -> Answers {
    [
        "lines": lines.map(\.index), "quads": lines.map(\.quad), "texts": lines.map(\.text.text), "scores": lines.map(\.text.score),
        "columns": lines.map(\.isColumn),
    ]
}

private func directions(_ i: Inputs) throws -> DirectionSpec { try detector(i).direction! }

private func angles(_ i: Inputs) -> CellAngles {
    CellAngles(height: i["angles"].shape[0], width: i["angles"].shape[1], values: i["angles"].ints)
}

private func corners(_ part: RotatedPart) -> JsonValue { array("f64", part.cornersNet.flatMap { [$0.x, $0.y] }, 4, 2) }

private func quads(_ xy: [Float]) -> [Quad] { stride(from: 0, to: xy.count, by: 8).map { Quad(Array(xy[$0..<$0 + 8]))! } }

private func texts(_ i: Inputs) -> [String: (String, Double)] {
    i["texts"].object!.mapValues { ($0.list![0].text!, $0.list![1].double!) }
}

private func regions(_ i: Inputs) throws -> [Region]? { try i["regions"].list?.map(markedRegion) }

private func markedRegion(_ json: JsonValue) throws -> Region {
    let values = json.floats
    return values.count == 4
        ? try Region.rectangle(x: values[0], y: values[1], width: values[2], height: values[3]) : Region(corners: Quad(values)!)
}

private func page(_ page: PageResult) -> Answers {
    let lines = page.lines
    return [
        "quads": lines.map(\.quad), "scores": lines.map(\.score), "texts": lines.map(\.text), "text_scores": lines.map(\.textScore),
        "regions": lines.map(\.region), "warnings": page.warnings.map(\.code),
    ]
}
