import Foundation
@_spi(Tests) import SwiftUI

/// The texts of Localizable.xcstrings, as a phone in this language shows them.
@MainActor final class Strings {
    private let entries: [String: Any]
    private let language: String
    /// Keys that the views asked for and the catalogue lacks.
    private(set) var missing: Set<String> = []
    private(set) var asked: Set<String> = []

    init(_ language: String) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../App/Resources/Localizable.xcstrings")
        let data = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        entries = data?["strings"] as? [String: Any] ?? [:]
        self.language = language
    }

    func text(_ key: String, _ values: [any Sendable]) -> String {
        asked.insert(key)
        guard let form = form(key, values) else {
            missing.insert(key)
            return key
        }
        return filled(form, values)
    }

    private func form(_ key: String, _ values: [any Sendable]) -> String? {
        let entry = (entries[key] as? [String: Any])?["localizations"] as? [String: Any]
        guard let localization = entry?[language] as? [String: Any] else { return nil }
        if let unit = localization["stringUnit"] as? [String: String] { return unit["value"] }
        let plurals = (localization["variations"] as? [String: Any])?["plural"] as? [String: [String: [String: String]]]
        let isOne = language == "en" && values.first as? Int == 1
        return (plurals?[isOne ? "one" : "other"] ?? plurals?["other"])?["stringUnit"]?["value"]
    }

    /// "%lld", "%@", "%2$lld" in their places.
    private func filled(_ form: String, _ values: [any Sendable]) -> String {
        var (text, next) = (form, 0)
        while let match = text.firstMatch(of: /%(?:(\d)\$)?(?:lld|@)/) {
            let at = match.1.flatMap { Int($0) }.map { $0 - 1 } ?? next
            next += 1
            text.replaceSubrange(match.range, with: at < values.count ? "\(values[at])" : "?")
        }
        return text
    }
}
