import Foundation
import Testing

@testable import ReaderCore

/// Every stage answers what Python's answers.
@Suite struct GoldenTests {
    @Test func everyCaseOfEveryFile() async throws {
        let files = try GoldenFile.all()
        var tried = 0
        for file in files {
            for one in file.cases {
                let got = await answer(one.stage, one.inputs)
                if let difference = difference(one.out, got, file.tolerance) {
                    Issue.record("\(file.name), \(one.stage), \(one.name): \(difference)")
                }
                tried += 1
            }
        }
        // Counted in the text, so that no case is lost between the file and its stage.
        let written = files.reduce(0) { $0 + $1.text.components(separatedBy: "{\"stage\":").count - 1 }
        #expect(tried == written && tried > 500 && files.count >= 15)
        print("golden vectors: \(tried) cases in \(files.count) files")
    }

    @Test func everyStageHasACase() throws {
        #expect(Set(try GoldenFile.all().flatMap(\.cases).map(\.stage)) == Set(stages.keys))
    }

    @Test func differencesAreNoticed() {
        #expect(difference([1.json, 2.5.json].json, [1.0, 2.5].json, [:]) == nil)
        #expect(difference([1, 2].json, [1].json, [:], name: "a") == "a: expected 2 values, got 1")
        let others: [(JsonValue, JsonValue)] = [
            ("字".json, "宇".json), ("e\u{301}".json, "é".json), (1.json, "1".json), (true.json, 1.json), (.null, 0.json),
            (["error": "x"].json, ["error": "y"].json), ([1].json, ["b": 1].json), (1.json, 1.1.json), (1.json, Double.nan.json),
        ]
        for (expected, got) in others { #expect(difference(expected, got, [:]) != nil) }
        #expect(difference(1.json, 1.1.json, ["a": 0.2], name: "a") == nil)
        #expect(difference(["error": "b"].json, ["error": "abc"].json, [:]) == nil)
    }

    private func answer(_ stage: String, _ inputs: Inputs) async -> JsonValue {
        do {
            guard let run = stages[stage] else { return ["no such stage": stage].json }
            return .object(try await run(inputs).mapValues(\.json))
        } catch let error as CtpnError {
            return ["error": error.message].json
        } catch {
            return ["another error": "\(error)"].json
        }
    }
}
