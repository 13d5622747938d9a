/// Name of a bundle's list of files.
public let manifestName = "manifest.json"
let maxManifestBytes = 1 << 20
/// What to do about a bundle that cannot be used, for messages.
public let bundleHint = "fetch the bundle again, or write one with python -m export.bundle"
/// Number of the schema that this reader knows.
public let manifestSchema = 3
private let kind = "ctpn-bundle"
private let maxBytes = 512 << 20
private let maxFiles = 64
private let maxName = 255
private let parts = ["detector", "recognizer"]
private let texts = ["version", "charset", "golden"]
private let objects = ["files", "models", "specs", "tools", "measured", "cards"]

/// Size and SHA-256 (64 hex digits, lower case) of a file.
public struct FileSum: Sendable, Equatable {
    public let bytes: Int
    public let sha256: String
}

/// The list of a bundle's files with their checksums; docs/bundle.md has its keys. What is only for people (tools, measured, cards) is
/// not kept.
public struct Manifest: Sendable, Equatable {
    /// Of the project that wrote it.
    public let version: String
    /// For "detector" and "recognizer": format to the name of a file or, for Core ML, of a folder.
    public let models: [String: [String: String]]
    /// For "detector" and "recognizer": file name.
    public let specs: [String: String]
    public let charset: String
    public let golden: String
    /// Of every file but the manifest, by its name, which has `/` between folders.
    public let files: [String: FileSum]

    /// - Throws: `CtpnError.model`: damaged, of something else, or of another version, and what to do.
    public init(json text: String) throws {
        let data = try known(text)
        let keyed = try sections(data)
        files = try fileSums(keyed["files"] ?? [:])
        let names = Set(files.keys)
        let places = names.union(names.flatMap(foldersOf))
        let models = try parts.map { ($0, try formats($0, keyed["models"]?[$0] ?? .null)) }
        self.models = try Dictionary(uniqueKeysWithValues: models).mapValues { try $0.mapValues { try listed($0.text, places) } }
        specs = try (keyed["specs"] ?? [:]).mapValues { try listed($0.text, names) }
        charset = try listed(data["charset"]?.text, names)
        golden = try listed(data["golden"]?.text, names)
        version = data["version"]?.text ?? ""
    }
}

private func wrong(_ problem: String) -> CtpnError { .model("\(manifestName): \(problem); \(bundleHint)") }

/// A manifest of this schema.
private func known(_ text: String) throws -> [String: JsonValue] {
    let value: JsonValue
    do {
        value = try JsonValue(parsing: text)
    } catch let error as JsonError {
        throw wrong("damaged, no JSON (\(error.description.prefix(80)))")
    }
    guard let data = value.object, data["kind"]?.text == kind else {
        throw wrong("not the manifest of a bundle of ours (expected kind '\(kind)')")
    }
    guard data["schema"]?.int == manifestSchema else {
        let isNewer = (data["schema"]?.int ?? 0) > manifestSchema
        let hint = isNewer ? "newer than the program: update the program" : "older than the program: \(bundleHint)"
        throw CtpnError.model(
            "\(manifestName): expected schema \(manifestSchema), got \(data["schema"]?.shown ?? "none"); this bundle is \(hint)")
    }
    return data
}

/// The inner objects by their keys, after all keys and types were checked.
private func sections(_ data: [String: JsonValue]) throws -> [String: [String: JsonValue]] {
    let keys = Set(texts + objects + ["schema", "kind"])
    for (problem, names) in [("missing", keys.subtracting(data.keys)), ("unknown", Set(data.keys).subtracting(keys))] where !names.isEmpty {
        throw wrong("\(problem) \(names.sorted().map { String($0.prefix(60)) }.joined(separator: ", "))")
    }
    var found: [String: [String: JsonValue]] = [:]
    for key in objects {
        guard let object = data[key]?.object else { throw wrong("\(key): expected an object, got \(data[key]?.shown ?? "none")") }
        found[key] = object
    }
    for key in texts where data[key]?.text == nil { throw wrong("\(key): expected a text, got \(data[key]?.shown ?? "none")") }
    for key in ["models", "specs"] {
        let names = (found[key] ?? [:]).keys.sorted()
        guard names == parts else {
            throw wrong("\(key): expected \(parts.joined(separator: " and ")), got \(names.joined(separator: ", ").prefix(60))")
        }
    }
    return found
}

private func fileSums(_ data: [String: JsonValue]) throws -> [String: FileSum] {
    guard (1...maxFiles).contains(data.count) else { throw wrong("files: expected 1 to \(maxFiles), got \(data.count)") }
    let files = try data.sorted { $0.key < $1.key }.map { ($0.key, try fileSum($0.key, $0.value)) }
    let total = files.reduce(0) { $0 + min($1.1.bytes, maxBytes + 1) }
    guard total <= maxBytes else { throw wrong("files: expected at most \(maxBytes) bytes in all, got more") }
    try checkClashes(files.map(\.0))
    return Dictionary(uniqueKeysWithValues: files)
}

private func fileSum(_ name: String, _ entry: JsonValue) throws -> FileSum {
    guard isPlainName(name), name.lowercased() != manifestName else {
        throw wrong("files: expected plain names of files below the manifest's folder, got \(JsonValue.text(name).shown)")
    }
    guard let fields = entry.object, Set(fields.keys) == ["bytes", "sha256"], let bytes = fields["bytes"]?.clampedInt, bytes >= 0,
        let sha256 = fields["sha256"]?.text, isDigest(sha256)
    else { throw wrong("files: expected bytes and sha256 of \(name), got \(entry.shown)") }
    return FileSum(bytes: bytes, sha256: sha256)
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
}

/// One to five segments of a path below the manifest's folder; none ends in a dot, which Windows drops.
private func isPlainName(_ name: String) -> Bool {
    let segments = Array(name.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return name.utf8.count <= maxName && segments.count <= 5
        && segments.allSatisfy { segment in
            guard (1...100).contains(segment.count), let first = segment.first, let last = segment.last else { return false }
            let isAllowed = segment.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
            return isAllowed && isLetterOrDigit(first) && last != UInt8(ascii: ".")
        }
}

private func isDigest(_ text: String) -> Bool { text.utf8.count == 64 && text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) } }

/// Names that some file system cannot hold beside each other.
private func checkClashes(_ names: [String]) throws {
    let folders = Set(names.flatMap(foldersOf)).sorted()
    var known: [String: String] = [:]
    for name in names + folders {
        let other = known[name.lowercased()] ?? name
        guard other == name else { throw wrong("files: expected names that differ not only in case, got \(other) and \(name)") }
        known[name.lowercased()] = name
    }
    if let both = folders.first(where: Set(names).contains) { throw wrong("files: \(both) is a file and a folder") }
}

/// Every folder in which a file is: of "a/b/c" they are "a" and "a/b".
private func foldersOf(_ name: String) -> [String] {
    name.indices.filter { name[$0] == "/" }.map { String(name[..<$0]) }
}

/// Format to file name, which may be no text yet.
private func formats(_ part: String, _ data: JsonValue) throws -> [String: JsonValue] {
    guard let formats = data.object, !formats.isEmpty, formats.keys.allSatisfy(isFormat) else {
        throw wrong("models: expected formats of the \(part), got \(data.shown)")
    }
    return formats
}

private func isFormat(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    func isAllowed(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    guard (1...64).contains(bytes.count), isAllowed(bytes[0]) else { return false }
    return bytes.allSatisfy { isAllowed($0) || $0 == UInt8(ascii: "-") }
}

private func listed(_ name: String?, _ known: Set<String>) throws -> String {
    guard let name, known.contains(name) else {
        throw wrong("expected every file that is named among files, got \(name.map { JsonValue.text($0).shown } ?? "none")")
    }
    return name
}
