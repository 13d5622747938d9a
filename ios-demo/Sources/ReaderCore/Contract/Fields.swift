/// The values that a number may have; ctpn/contract/spec.py says why they end there.
typealias Interval = ClosedRange<Double>

extension Interval {
    static let fraction: Interval = 0...1
    static let threshold: Interval = 0.01...1  // at 0 everything counts
    static let mean: Interval = -1000...1000
    static let deviation: Interval = 0.001...1000
    static let stride: Interval = 4...64
    static let padding: Interval = 0...256
    static let width: Interval = 32...8192
    static let grey: Interval = 0...255

    fileprivate var shown: String { " in [\(JsonValue.number(lowerBound).shown), \(JsonValue.number(upperBound).shown)]" }
}

/// The fields of a JSON object. Each is required and read once; `finish` refuses those that were not read.
final class Fields {
    private let place: String
    private let prefix: String
    private var unread: [String: JsonValue]

    /// - Parameters:
    ///   - place: what the object is, for messages: "spec".
    ///   - prefix: the names of the objects around the fields, each with a dot behind it.
    init(_ place: String, _ object: [String: JsonValue], prefix: String = "") {
        (self.place, self.unread, self.prefix) = (place, object, prefix)
    }

    func text(_ name: String) throws -> String { try take(name, "a text", \.text) }

    func int(_ name: String, _ range: Interval) throws -> Int { try take(name, "an integer\(range.shown)") { $0.int(in: range) } }

    func ints(_ name: String, _ range: Interval) throws -> [Int] { try list(name, nil, "an integer\(range.shown)") { $0.int(in: range) } }

    func number(_ name: String, _ range: Interval) throws -> Double { try take(name, "a number\(range.shown)") { $0.double(in: range) } }

    /// A list of so many numbers, of any number of them for nil.
    func numbers(_ name: String, _ count: Int?, _ range: Interval) throws -> [Double] {
        try list(name, count, "a number\(range.shown)") { $0.double(in: range) }
    }

    /// One of an enumeration's cases, by the names that they have in JSON.
    func choice<E: CaseIterable & RawRepresentable<String>>(_ name: String) throws -> E {
        try take(name, Self.oneOf(E.self)) { $0.text.flatMap(E.init(rawValue:)) }
    }

    func choices<E: CaseIterable & RawRepresentable<String>>(_ name: String) throws -> [E] {
        try list(name, nil, Self.oneOf(E.self)) { $0.text.flatMap(E.init(rawValue:)) }
    }

    /// What `read` makes of the fields of an inner object.
    func group<T>(_ name: String, _ read: (Fields) throws -> T) throws -> T {
        let inner = Fields(place, try take(name, "an object", \.object), prefix: "\(prefix)\(name).")
        let made = try read(inner)
        try inner.finish()
        return made
    }

    /// The same; nil where JSON has null.
    func optionalGroup<T>(_ name: String, _ read: (Fields) throws -> T) throws -> T? {
        if unread[name] == .null {
            unread[name] = nil
            return nil
        }
        return try group(name, read)
    }

    /// - Throws: `CtpnError.model` if there are fields that were not read.
    func finish() throws {
        guard unread.isEmpty else {
            let names = unread.keys.sorted().map { prefix + $0.prefix(60) }
            throw CtpnError.model("\(place): unknown \(names.joined(separator: ", ")); \(exportHint)")
        }
    }

    private func take<T>(_ name: String, _ expected: String, _ read: (JsonValue) -> T?) throws -> T {
        guard let value = unread.removeValue(forKey: name) else {
            throw CtpnError.model("\(place): missing \(prefix)\(name); \(exportHint)")
        }
        guard let read = read(value) else { throw wrong(name, expected, value) }
        return read
    }

    private func list<T>(_ name: String, _ count: Int?, _ each: String, _ read: (JsonValue) -> T?) throws -> [T] {
        let values = try take(name, count.map { "a list of \($0)" } ?? "a list") { value in
            value.list.flatMap { count == nil || $0.count == count ? $0 : nil }
        }
        return try values.map { value in
            guard let read = read(value) else { throw wrong(name, "in each place \(each)", .list(values)) }
            return read
        }
    }

    private func wrong(_ name: String, _ expected: String, _ value: JsonValue) -> CtpnError {
        .model("\(place): \(prefix)\(name): expected \(expected), got \(value.shown); \(exportHint)")
    }

    private static func oneOf<E: CaseIterable & RawRepresentable<String>>(_: E.Type) -> String {
        "one of \(E.allCases.map(\.rawValue).joined(separator: ", "))"
    }
}

extension JsonValue {
    fileprivate func double(in range: Interval) -> Double? { double.flatMap { range.contains($0) ? $0 : nil } }

    fileprivate func int(in range: Interval) -> Int? { int.flatMap { range.contains(Double($0)) ? $0 : nil } }
}
