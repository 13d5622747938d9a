import Foundation

@testable import ReaderCore

// A detector and a recogniser made of tables, and photos made of painted boxes, as in contract/generator/table.py: so the golden
// vectors of the reading policy and of a whole reading need no model.

/// A white photo with boxes, the later over the earlier; each quarter's red holds a digit, all of the box's blue the score.
func paint(_ photo: Inputs) -> RgbImage {
    let (width, height) = (photo.int("width"), photo.int("height"))
    var pixels = [UInt8](repeating: 255, count: 3 * width * height)
    for box in photo.list("boxes").map({ Inputs($0.object!) }) {
        let (place, digits, blue) = (box["box"].ints, box["digits"].ints, UInt8(box.int("blue")))
        let green = UInt8(box.json["green"]?.int ?? 0)
        let (x0, y0, x1, y1) = (place[0], place[1], place[2], place[3])
        for y in y0..<y1 {
            for x in x0..<x1 {
                let (isLeft, isTop) = (x < (x0 + x1) / 2, y < (y0 + y1) / 2)
                let digit = isTop ? digits[isLeft ? 0 : 1] : digits[isLeft ? 3 : 2]
                let at = 3 * (y * width + x)
                (pixels[at], pixels[at + 1], pixels[at + 2]) = (UInt8(16 * digit + 8), green, blue)
            }
        }
    }
    return RgbImage(width, height, pixels)
}

/// What a net was given: the sizes of each call.
final class CalledWith: @unchecked Sendable {
    private let lock = NSLock()
    private var sizes: [[Int]] = []

    var all: [[Int]] { lock.withLock { sizes } }

    func add(_ size: [Int]) { lock.withLock { sizes.append(size) } }
}

/// Finds every painted box: a cell whose middle pixel has green below 128 is text, with its blue as the score.
struct TableDetector: Detector {
    let spec: DetectorSpec
    /// Height and width of each call's input.
    let inputs = CalledWith()

    func maps(_ pixels: RgbImage) async throws -> [DetectorMap: FloatMap] {
        inputs.add([pixels.height, pixels.width])
        let (w, h) = (pixels.width / spec.strideX, pixels.height / spec.strideY)
        var values = Dictionary(uniqueKeysWithValues: spec.outputs.map { ($0, [Float](repeating: 0, count: h * w * channels($0))) })
        for column in 0..<w {
            let x = column * spec.strideX + spec.strideX / 2
            for run in runs(pixels.height, { isText(pixels, x, $0) }) {
                let middle = Double(run.lowerBound + run.upperBound) / 2
                let (row, y) = (Int(middle) / spec.strideY, Int(middle))
                let across = runs(pixels.width) { isText(pixels, $0, y) }.first { $0.contains(x) }!
                let (center, strideX) = ((Double(column) + 0.5) * Double(spec.strideX), Double(spec.strideX))
                func put(_ map: DetectorMap, _ numbers: Double...) {
                    for (i, number) in numbers.enumerated() { values[map]?[(row * w + column) * channels(map) + i] = Float(number) }
                }
                put(.score, Double(pixels.pixels[3 * (y * pixels.width + x) + 2]) / 255)
                put(.vertical, (middle - (Double(row) + 0.5) * Double(spec.strideY)) / 16, log(Double(run.count) / 16))
                put(.side, (Double(across.lowerBound) - center) / strideX, (Double(across.upperBound) - center) / strideX)
                put(.link, x + spec.strideX < across.upperBound ? 1 : 0)
            }
        }
        let maps = values.map {
            ($0, $0 == .direction ? direction(pixels) : FloatMap(height: h, width: w, channels: channels($0), values: $1))
        }
        return Dictionary(uniqueKeysWithValues: maps)
    }

    private func direction(_ pixels: RgbImage) -> FloatMap {
        let stride = spec.direction!.stride
        let (w, h) = (pixels.width / stride, pixels.height / stride)
        let values = (0..<w * h).flatMap { i -> [Float] in
            let (x, y) = (stride / 2 + i % w * stride, stride / 2 + i / w * stride)
            let green = Int(pixels.pixels[3 * (y * pixels.width + x) + 1])
            let twice = Double(2 * (green <= 90 ? green : green - 180)) * .pi / 180
            return [isText(pixels, x, y) ? 4 : -4, Float(cos(twice)), Float(sin(twice))]
        }
        return FloatMap(height: h, width: w, channels: 3, values: values)
    }

    private func channels(_ map: DetectorMap) -> Int { map == .vertical || map == .side ? 2 : 1 }

    private func isText(_ pixels: RgbImage, _ x: Int, _ y: Int) -> Bool { pixels.pixels[3 * (y * pixels.width + x) + 1] < 128 }
}

/// Begin and end of each run of places that are text.
private func runs(_ size: Int, _ isText: (Int) -> Bool) -> [Range<Int>] {
    let begins = (0..<size).filter { isText($0) && ($0 == 0 || !isText($0 - 1)) }
    return begins.map { begin in begin..<((begin..<size).first { !isText($0) } ?? size) }
}

/// Reads a line crop by the digits at a quarter and at three quarters of its height in column 3; a key that `texts` lacks is no text.
struct TableRecognizer: Recognizer {
    let spec: RecognizerSpec
    let texts: [String: (String, Double)]
    /// Number and width of the line crops of each call.
    let inputs = CalledWith()

    func logits(_ batch: LineCropBatch) async throws -> [Float] {
        inputs.add([batch.count, batch.width])
        let (steps, classes) = (batch.width / spec.stride, spec.characters.count + 1)
        var logits = [Float](repeating: -20, count: batch.count * steps * classes)
        for step in 0..<batch.count * steps { logits[step * classes] = 0 }
        for n in 0..<batch.count {
            guard let (text, score) = texts[key(batch, n)] else { continue }
            for (i, character) in text.unicodeScalars.prefix(steps / 2).enumerated() {
                let at = (n * steps + 2 * i) * classes
                for c in 0..<classes { logits[at + c] = Float(log((1 - score) / Double(classes - 1))) }
                logits[at + 1 + spec.characters.firstIndex(of: character)!] = Float(log(score))
            }
        }
        return logits
    }

    private func key(_ batch: LineCropBatch, _ n: Int) -> String {
        [batch.height / 4, 3 * batch.height / 4].map { y in
            let at = 3 * ((n * batch.height + y) * batch.width + 3)
            return batch.pixels[at + 1] < 128 ? String(batch.pixels[at] / 16, radix: 16) : "-"
        }.joined()
    }
}
