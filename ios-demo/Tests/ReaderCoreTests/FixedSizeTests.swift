import Foundation
import Testing

@testable import ReaderCore

/// Graphs of one size are used as Python's export/coreml/fixed_size.py uses them; tests/helpers/reader_case.py writes the cases.
@Suite struct FixedSizeTests {
    private let stages: [String: @Sendable (Inputs) throws -> Answers] = [
        "pad": { i in
            ["image": try padded(i["image"].image, width: i.int("width"), height: i.int("height"), grey: i.int("grey"))]
        },
        "cut": { i in
            let name = try #require(DetectorMap(rawValue: i.text("name")))
            let (rows, columns) = try FixedSizeTests.spec().cells(of: name, height: i.int("height"), width: i.int("width"))
            return ["map": i["map"].map.cut(rows: rows, columns: columns)]
        },
        "width": { ["width": try functionWidth(for: $0.int("width"), of: $0["widths"].ints)] },
        "tiles": { ["places": tiles($0.int("length"), try FixedSizeTests.spec().untiled)] },
    ]

    private static func spec() throws -> DetectorSpec {
        try DetectorSpec(json: String(contentsOf: GoldenFile.folder.appendingPathComponent("specs/detector.json"), encoding: .utf8))
    }

    @Test func picturesArePaddedAndMapsCutAsInPython() throws {
        let file = try GoldenFile(GoldenFile.root.appendingPathComponent("out/reader-case/fixed_size.json"))
        #expect(file.cases.count > 20 && Set(file.cases.map(\.stage)) == Set(stages.keys))
        for one in file.cases {
            let run = try #require(stages[one.stage])
            let got: JsonValue
            do {
                got = .object(try run(one.inputs).mapValues(\.json))
            } catch let error as CtpnError {
                got = ["error": error.message].json
            }
            let difference = difference(one.out, got, file.tolerance)
            #expect(difference == nil, "\(one.stage) \(one.name)")
        }
    }

    @Test func aBatchIsItsLineCrops() {
        let batch = LineCropBatch(count: 2, height: 1, width: 2, pixels: Array(0..<12))
        #expect(batch.crops == [RgbImage(2, 1, Array(0..<6)), RgbImage(2, 1, Array(6..<12))])
    }
}
