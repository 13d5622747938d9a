import Foundation
import ReaderCore

@testable import ReaderCore

/// The golden vectors; contract/README.md describes their format.
struct GoldenFile {
    struct Case {
        let stage: String
        let name: String
        let inputs: Inputs
        let out: JsonValue
    }

    static let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../..").standardized
    static let folder = root.appendingPathComponent("contract/vectors")

    let name: String
    let text: String
    /// By the name of the value.
    let tolerance: [String: Double]
    let cases: [Case]

    /// All of them.
    static func all() throws -> [GoldenFile] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.map { try GoldenFile($0) }
    }

    /// A spec that the cases' own specs change: "detector" or "recognizer".
    static func spec(_ name: String) throws -> [String: JsonValue] {
        let text = try String(contentsOf: folder.appendingPathComponent("specs/\(name).json"), encoding: .utf8)
        return try JsonValue(parsing: text).object ?? [:]
    }

    init(_ file: URL) throws {
        name = file.lastPathComponent
        text = try String(contentsOf: file, encoding: .utf8)
        let data = try JsonValue(parsing: text).object ?? [:]
        tolerance = (data["tolerance"]?.object ?? [:]).compactMapValues(\.double)
        cases = (data["cases"]?.list ?? []).compactMap(\.object).map { one in
            Case(
                stage: one["stage"]?.text ?? "", name: one["name"]?.text ?? "", inputs: Inputs(one["in"]?.object ?? [:]),
                out: one["out"] ?? .null)
        }
    }
}

/// Where two answers differ, counts first; nil if they agree. `tolerance` is by the name of the value.
func difference(_ expected: JsonValue, _ got: JsonValue, _ tolerance: [String: Double], name: String = "") -> String? {
    switch (expected, got) {
    case (.object(let a), .object(let b)):
        return difference(a, b, tolerance, name)
    case (.list(let a), .list(let b)):
        if a.count != b.count { return "\(name): expected \(a.count) values, got \(b.count)" }
        return zip(a, b).lazy.compactMap { difference($0, $1, tolerance, name: name) }.first
    case (.number(let a), .number(let b)) where a == b || abs(a - b) <= tolerance[name] ?? 0:
        return nil
    case (.text(let a), .text(let b)) where Array(a.unicodeScalars) == Array(b.unicodeScalars):
        return nil
    case (.bool, .bool) where expected == got, (.null, .null):
        return nil
    default:
        return "\(name): expected \(expected.shown), got \(got.shown)"
    }
}

private func difference(
    _ expected: [String: JsonValue], _ got: [String: JsonValue], _ tolerance: [String: Double], _ name: String
) -> String? {
    if expected.keys.sorted() != got.keys.sorted() { return "\(name): expected \(expected.keys.sorted()), got \(got)" }
    if let part = expected["error"]?.text {
        let message = got["error"]?.text ?? ""
        return message.contains(part) && !message.contains("\n") ? nil : "expected the error '\(part)', got '\(message)'"
    }
    let keys = expected.keys.sorted { ($0 == "shape" ? "" : $0) < ($1 == "shape" ? "" : $1) }
    return keys.lazy.compactMap { key in
        let value = expected[key] ?? .null
        let inner = ["f32", "f64", "int"].contains(key) ? name : key
        // A number of a float32 array is written with as many digits as it needs.
        let single = value.list.map { JsonValue.list($0.map { number in number.double.map { Float($0).json } ?? number }) }
        return difference(key == "f32" ? single ?? value : value, got[key] ?? .null, tolerance, name: inner)
    }.first
}

/// The inputs of a case. A name that the case lacks ends the test: its stage was given other inputs.
struct Inputs: Sendable {
    let json: [String: JsonValue]

    init(_ json: [String: JsonValue]) { self.json = json }

    subscript(_ name: String) -> JsonValue {
        guard let value = json[name] else { fatalError("no input \(name), only \(json.keys.sorted())") }
        return value
    }

    func int(_ name: String) -> Int { self[name].int! }
    func double(_ name: String) -> Double { self[name].numbers[0] }
    func text(_ name: String) -> String { self[name].text! }
    func list(_ name: String) -> [JsonValue] { self[name].list! }
    func ranges(_ name: String) -> [Range<Int>] { list(name).map { $0.list![0].int!..<$0.list![1].int! } }
}

extension JsonValue {
    /// Of an array, or of nested lists.
    var numbers: [Double] {
        switch self {
        case .number(let number): [number]
        case .text("nan"): [.nan]
        case .text("inf"): [.infinity]
        case .text("-inf"): [-.infinity]
        case .list(let list): list.flatMap(\.numbers)
        case .object(let array): (array["f32"] ?? array["f64"] ?? array["int"] ?? .null).numbers
        default: []
        }
    }

    var floats: [Float] { numbers.map { Float($0) } }
    var ints: [Int] { numbers.map { Int($0) } }
    var shape: [Int] { object?["shape"]?.list?.compactMap(\.int) ?? [] }
    var quad: Quad { Quad(floats)! }
    var points: [PixelPoint] { pairs(floats).map { PixelPoint($0, $1) } }
    var bytes: [UInt8] { [UInt8](Data(base64Encoded: object!["u8"]!.text!)!) }
    var image: RgbImage { RgbImage(shape[1], shape[0], bytes) }
    var map: FloatMap { FloatMap(height: shape[0], width: shape[1], channels: shape[2], values: floats) }

    /// As JSON.
    var encoded: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let number): "\(number)"
        case .text(let text): "\"\(text.unicodeScalars.map(Self.escaped).joined())\""
        case .list(let list): "[\(list.map(\.encoded).joined(separator: ","))]"
        case .object(let object): "{\(object.map { "\(JsonValue.text($0).encoded):\($1.encoded)" }.joined(separator: ","))}"
        }
    }
}

extension JsonValue {
    fileprivate static func escaped(_ scalar: Unicode.Scalar) -> String {
        scalar == "\"" || scalar == "\\" || scalar.value < 32 ? String(format: "\\u%04x", scalar.value) : String(scalar)
    }
}

/// Values two by two.
func pairs<T>(_ values: [T]) -> [(T, T)] { stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) } }

/// How an answer is written.
protocol Answer {
    var json: JsonValue { get }
}

extension JsonValue: Answer { var json: JsonValue { self } }
extension String: Answer { var json: JsonValue { .text(self) } }
extension Bool: Answer { var json: JsonValue { .bool(self) } }
extension Int: Answer { var json: JsonValue { .number(Double(self)) } }
extension Float: Answer { var json: JsonValue { .number(Double(self)) } }
extension Double: Answer { var json: JsonValue { .number(self) } }
extension Array: Answer where Element: Answer { var json: JsonValue { .list(map(\.json)) } }
extension Dictionary: Answer where Key == String, Value: Answer { var json: JsonValue { .object(mapValues(\.json)) } }
extension Optional: Answer where Wrapped: Answer { var json: JsonValue { map(\.json) ?? .null } }
extension Range: Answer where Bound == Int { var json: JsonValue { [lowerBound, upperBound].json } }
extension Quad: Answer { var json: JsonValue { array("f32", corners.flatMap { [$0.x, $0.y] }, 4, 2) } }
extension RgbImage: Answer { var json: JsonValue { bytes(pixels, height, width, 3) } }
extension LineCropBatch: Answer { var json: JsonValue { bytes(pixels, count, height, width, 3) } }
extension FloatMap: Answer { var json: JsonValue { array("f32", values, height, width, channels) } }

/// An array with its shape; of one dimension without a shape given.
func array(_ kind: String, _ numbers: [some Answer], _ shape: Int...) -> JsonValue {
    .object(["shape": (shape.isEmpty ? [numbers.count] : shape).json, kind: numbers.json])
}

func quads(_ quads: [Quad]) -> JsonValue { array("f32", quads.flatMap(\.corners).flatMap { [$0.x, $0.y] }, quads.count, 4, 2) }

private func bytes(_ bytes: [UInt8], _ shape: Int...) -> JsonValue {
    .object(["shape": shape.json, "u8": .text(Data(bytes).base64EncodedString())])
}

/// All stored properties of a value by their names in JSON: `maxGap` is `max_gap`.
func fields(_ value: Any) -> JsonValue {
    switch value {
    case let answer as any Answer: return answer.json
    case let named as any RawRepresentable<String>: return .text(named.rawValue)
    case let list as [Any]: return .list(list.map(fields))
    case let dictionary as [String: Any]: return .object(dictionary.mapValues(fields))
    default:
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional { return mirror.children.first.map { fields($0.value) } ?? .null }
        let named = mirror.children.compactMap { child in child.label.map { (snakeCase($0), fields(child.value)) } }
        return .object(Dictionary(uniqueKeysWithValues: named))
    }
}

private func snakeCase(_ name: String) -> String { name.map { $0.isUppercase ? "_\($0.lowercased())" : String($0) }.joined() }
