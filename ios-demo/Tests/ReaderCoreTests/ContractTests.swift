import Testing

@testable import ReaderCore

@Suite struct JsonTests {
    @Test func valuesAreReadAsTheyAreWritten() throws {
        let value = try JsonValue(parsing: #" {"a": [1, 2.0, -0.5e1, true, null], "\u5b57\ud83d\ude00\n": "\"\\", "": {}} "#)
        let expected: [String: JsonValue] = [
            "a": .list([.number(1), .number(2), .number(-5), .bool(true), .null]), "字😀\n": .text("\"\\"), "": .object([:]),
        ]
        #expect(value == .object(expected))
        #expect(try JsonValue(parsing: "2.0").int == 2 && JsonValue(parsing: "2.5").int == nil)
        #expect(try JsonValue(parsing: "1e400").double == nil && JsonValue(parsing: "1e30").clampedInt == Int.max)
    }

    @Test(arguments: [
        "", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\": 1,}", "{a: 1}", "01", "1.", ".5", "+1", "1e", "--1", "NaN", "Infinity", "-Infinity",
        "nul", "1 2",
        "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "{\"a\": 1, \"\\u0061\": 2}",
        String(repeating: "[", count: 100_000),
    ])
    func otherTextsAreRefused(_ text: String) { #expect(throws: JsonError.self) { try JsonValue(parsing: text) } }
}

@Suite struct Sha256Tests {
    @Test func digestsOfTheStandard() {
        #expect(Sha256.hexDigest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(Sha256.hexDigest("abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(Sha256.hexDigest(million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func piecesGiveWhatTheWholeGives() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for size in [1, 3, 55, 56, 63, 64, 65, 127, 128] {
            var hash = Sha256()
            for begin in stride(from: 0, to: bytes.count, by: size) { hash.update(Array(bytes[begin..<min(begin + size, bytes.count)])) }
            #expect(hash.hexDigest() == Sha256.hexDigest(bytes))
        }
    }
}

/// A bundle's golden case; the manifest's own cases are among the golden vectors.
@Suite struct GoldenCaseTests {
    private static let good = """
        {"photo": "golden.png", "regions": [[1, 2, 30, 40.5]], "tolerance": {"quad": 1.0, "score": 0.02},
        "lines": [{"region": 0, "quad": [[1, 2], [3, 2], [3, 4], [1, 4.25]], "score": 0.9, "text": "字\\"", "text_score": 0.5}]}
        """

    @Test func itIsReadAsItWasWritten() throws {
        let golden = try GoldenCase(json: Self.good)
        let line = TextLine(quad: Quad([1, 2, 3, 2, 3, 4, 1, 4.25])!, score: 0.9, text: "字\"", textScore: 0.5, region: 0)
        #expect(golden.photo == "golden.png" && golden.lines == [line] && golden.quadTolerance == 1 && golden.scoreTolerance == 0.02)
        let region = try Region.rectangle(x: 1, y: 2, width: 30, height: 40.5)
        #expect(golden.regions == [region])
    }

    @Test func onlyTheLinesOfTheCaseAgreeWithIt() throws {
        let golden = try GoldenCase(json: Self.good)
        func changed(_ change: (inout TextLine) -> Void) -> [TextLine] {
            var line = golden.lines[0]
            change(&line)
            return [line]
        }
        #expect(golden.difference(from: golden.lines) == nil)
        #expect(golden.difference(from: changed { ($0.score, $0.quad.topLeft.x) = (0.91, 1.5) }) == nil)
        let others = [
            [], changed { $0.text = "宇\"" }, changed { $0.region = 1 }, changed { $0.score = 0.93 }, changed { $0.textScore = 0.45 },
            changed { $0.quad.topLeft.x = 2.5 }, golden.lines + golden.lines,
        ]
        for wrong in others { #expect(golden.difference(from: wrong) != nil) }
    }

    @Test(arguments: [
        ("golden.png\"", "golden.png"), ("\"golden.png\"", "3"), ("40.5", "\"a\""), (", 40.5", ""), ("30", "-1"), ("[3, 4]", "[3]"),
        (", [3, 4]", ""), ("0.9", "null"), ("\"quad\": 1.0,", ""), ("\"text\": \"字\\\"\",", ""), ("\"lines\"", "\"rows\""),
    ])
    func damagedOnesAreRefused(_ old: String, _ new: String) throws {
        let range = try #require(Self.good.range(of: old))
        #expect(throws: CtpnError.self) { try GoldenCase(json: Self.good.replacingCharacters(in: range, with: new)) }
    }

    @Test(arguments: ["", "[]", "null"]) func othersAreRefused(_ text: String) {
        #expect(throws: CtpnError.self) { try GoldenCase(json: text) }
    }
}
