import Foundation
import ReaderCore

@testable import ReaderCore

/// What tests/helpers/reader_case.py has written: bundles, photos, and what Python reads there.
enum ReaderCase {
    static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../out/reader-case").standardized
    static var bundleFolder: URL { folder.appendingPathComponent("bundle") }

    struct Page: Sendable, CustomStringConvertible {
        let photo: String
        let regions: [Region]?
        /// Read with the bundle's int8 models.
        let lines: [TextLine]
        /// Detected with the float model.
        let float: [TextLine]

        var description: String { photo }
    }

    static func file(_ name: String) throws -> [UInt8] {
        let file = folder.appendingPathComponent(name)
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw CtpnError.image("\(file.path): missing; write it with python -m tests.helpers.reader_case out/reader-case")
        }
        return [UInt8](data)
    }

    static func bundle() throws -> ModelBundle { try ModelBundle(bundleFolder) }

    static func photo(_ name: String) throws -> RgbImage { try ppm(try file("\(name).ppm")) }

    static func json(_ name: String) throws -> JsonValue { try JsonValue(parsing: String(decoding: try file(name), as: UTF8.self)) }

    static func pages() throws -> [Page] {
        try json("lines.json").list!.map { page in
            let page = page.object!
            let regions = try page["regions"]!.list?.map(region)
            return Page(photo: page["photo"]!.text!, regions: regions, lines: lines(page["lines"]!), float: lines(page["float"]!))
        }
    }

    private static func region(_ json: JsonValue) throws -> Region {
        let values = numbers(json)
        return values.count == 4
            ? try Region.rectangle(x: values[0], y: values[1], width: values[2], height: values[3]) : Region(corners: Quad(values)!)
    }

    private static func lines(_ json: JsonValue) -> [TextLine] {
        json.list!.map(\.object!).map { line in
            TextLine(
                quad: Quad(numbers(line["quad"]!))!, score: Float(line["score"]!.double!), text: line["text"]!.text,
                textScore: line["text_score"]!.double.map { Float($0) }, region: line["region"]!.int)
        }
    }

    static func numbers(_ json: JsonValue) -> [Float] {
        if case .list(let list) = json { return list.flatMap(numbers) }
        return json.double.map { [Float($0)] } ?? []
    }

    /// A picture of the kind that Python wrote: P6, its size, 255, each once, then the bytes.
    private static func ppm(_ bytes: [UInt8]) throws -> RgbImage {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw CtpnError.image("expected a PPM, got no line") }
        let header = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard header.count == 4, header[0] == "P6", let width = Int(header[1]), let height = Int(header[2]) else {
            throw CtpnError.image("expected a PPM, got \(header)")
        }
        return try RgbImage(width: width, height: height, pixels: Array(bytes[(end + 1)...]))
    }
}

/// Knows one picture, the golden case's photo: Linux has no decoder.
struct GoldenPhotoDecoder: PhotoDecoder {
    func decode(_ file: [UInt8]) throws -> RgbImage {
        guard file == (try ReaderCase.file("bundle/golden.png")) else { throw CtpnError.image("not the golden case's photo") }
        return try ReaderCase.photo("golden")
    }
}

/// A folder of the test's own, which is deleted with it.
final class TemporaryFolder: Sendable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("reader-\(UUID().uuidString)")

    /// With a copy of a folder of the case.
    init(copyOf name: String) throws { try FileManager.default.copyItem(at: ReaderCase.folder.appendingPathComponent(name), to: url) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ name: String, _ bytes: [UInt8]?) throws {
        let file = url.appendingPathComponent(name)
        if let bytes { try Data(bytes).write(to: file) } else { try FileManager.default.removeItem(at: file) }
    }
}
