import Foundation

/// A JSON value; whole numbers and fractions are one kind, because JSON does not tell 2.0 from 2.
enum JsonValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JsonValue])
    case object([String: JsonValue])

    private static let limit = 1e9  // no number of a spec or a golden case is farther from 0

    /// The value that a JSON text holds.
    ///
    /// - Throws: `JsonError` for what is not JSON, nested too deeply, or has a key twice in one object.
    init(parsing text: String) throws {
        var parser = JsonParser(text)
        self = try parser.document()
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var list: [JsonValue]? { if case .list(let list) = self { list } else { nil } }
    var object: [String: JsonValue]? { if case .object(let object) = self { object } else { nil } }

    /// A finite number within reason, else nil.
    var double: Double? { if case .number(let number) = self, abs(number) <= Self.limit { number } else { nil } }

    /// A whole number, also if it is written as 2.0, else nil.
    var int: Int? { double.flatMap { Int(exactly: $0) } }

    /// A whole number of any size, the largest where it is larger, else nil.
    var clampedInt: Int? {
        guard case .number(let number) = self, number.rounded(.towardZero) == number else { return nil }
        return Int(exactly: number) ?? (number < 0 ? Int.min : Int.max)
    }

    /// A list of which every member is what `one` makes of it, else nil.
    func list<T>(of one: (JsonValue) -> T?) -> [T]? {
        guard let list else { return nil }
        let made = list.compactMap(one)
        return made.count == list.count ? made : nil
    }

    /// The value in messages: JSON, cut short, on one line.
    var shown: String { String(written.unicodeScalars.prefix(60).map { $0.properties.generalCategory == .control ? " " : Character($0) }) }

    private var written: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let number): int.map { "\($0)" } ?? "\(number)"
        case .text(let text): "\"\(text.prefix(60))\""
        case .list(let list): "[\(list.prefix(20).map(\.written).joined(separator: ", "))]"
        case .object(let object):
            "{\(object.keys.sorted().prefix(20).map { "\($0): \(object[$0]?.written ?? "")" }.joined(separator: ", "))}"
        }
    }
}

/// Why a text is not JSON.
struct JsonError: Error, CustomStringConvertible {
    let description: String
}

/// Strict JSON of RFC 8259 and nothing more: no NaN, no key twice.
private struct JsonParser {
    private static let maxDepth = 64
    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func document() throws -> JsonValue {
        let value = try value()
        skipSpace()
        return at == bytes.count ? value : try fail("expected the end")
    }

    private func fail<T>(_ problem: String) throws -> T { throw JsonError(description: "\(problem) at byte \(at)") }

    /// The byte to read; at the end 0, which is nowhere allowed.
    private var next: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipSpace() {
        while [0x20, 0x09, 0x0A, 0x0D].contains(next) { at += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func value() throws -> JsonValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.list() }
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: return try literal()
        }
    }

    private mutating func nested(_ read: (inout Self) throws -> JsonValue) throws -> JsonValue {
        at += 1
        depth += 1
        defer { depth -= 1 }
        return depth <= Self.maxDepth ? try read(&self) : try fail("nested more than \(Self.maxDepth) deep")
    }

    private mutating func object() throws -> JsonValue {
        var found: [String: JsonValue] = [:]
        if take("}") { return .object(found) }
        repeat {
            skipSpace()
            let key = try string()
            guard take(":") else { return try fail("expected a colon") }
            guard found.updateValue(try value(), forKey: key) == nil else { return try fail("duplicate key '\(key.prefix(60))'") }
        } while take(",")
        return take("}") ? .object(found) : try fail("expected a comma or }")
    }

    private mutating func list() throws -> JsonValue {
        var found: [JsonValue] = []
        if take("]") { return .list(found) }
        repeat { found.append(try value()) } while take(",")
        return take("]") ? .list(found) : try fail("expected a comma or ]")
    }

    private mutating func literal() throws -> JsonValue {
        for (word, value) in [("true", JsonValue.bool(true)), ("false", .bool(false)), ("null", .null)]
        where bytes[at...].starts(with: word.utf8) {
            at += word.utf8.count
            return value
        }
        return try fail("expected a value")
    }

    private mutating func number() throws -> JsonValue {
        let start = at
        if next == UInt8(ascii: "-") { at += 1 }
        let whole = digits()
        guard whole == 1 || (whole > 1 && bytes[at - whole] != UInt8(ascii: "0")) else { return try fail("expected a number") }
        if next == UInt8(ascii: ".") {
            at += 1
            if digits() == 0 { return try fail("expected a digit") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            if digits() == 0 { return try fail("expected a digit") }
        }
        guard let number = Double(String(decoding: bytes[start..<at], as: UTF8.self)) else { return try fail("expected a number") }
        return .number(number)
    }

    /// Steps over digits, and says how many.
    private mutating func digits() -> Int {
        let start = at
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { at += 1 }
        return at - start
    }

    private mutating func string() throws -> String {
        guard next == UInt8(ascii: "\"") else { return try fail("expected a string") }
        at += 1
        var text: [UInt8] = []
        while at < bytes.count {
            let byte = next
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += Array(String(Character(try escaped())).utf8)
            case 0..<0x20: return try fail("a control character in a string")
            default: text.append(byte)
            }
        }
        return try fail("a string without an end")
    }

    private mutating func escaped() throws -> Unicode.Scalar {
        let byte = next
        at += 1
        let plain: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
            UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
        ]
        if let scalar = plain[byte] { return scalar }
        guard byte == UInt8(ascii: "u") else { return try fail("an unknown escape") }
        let unit = try hexUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // Half of a pair: a text of Swift cannot hold one alone.
        guard (0xD800..<0xDC00).contains(unit), bytes[at...].starts(with: "\\u".utf8) else { return try fail("half of a surrogate pair") }
        at += 2
        let low = try hexUnit()
        guard (0xDC00..<0xE000).contains(low) else { return try fail("half of a surrogate pair") }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexUnit() throws -> UInt32 {
        let digits = bytes[at..<min(at + 4, bytes.count)]
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return try fail("expected four hex digits") }
        at += 4
        return unit
    }
}
