import Fakes
import Foundation
import ReaderCore
import ReaderModel
@_spi(Tests) import SwiftUI
import Testing
@_spi(Tests) import UIKit

@testable import App

extension AppTests {
    @MainActor @Suite struct BenchmarkPageTests {
        @Test func itMeasuresShowsAndShares() async throws {
            let app = try Shown()
            try app.press("性能测试")
            #expect(app.tree.first("sheet") != nil && app.tree.control("分享 JSON") == nil)
            try app.press("开始")
            #expect(UIApplication.shared.isIdleTimerDisabled)
            await app.benchmark.settled()
            let sheet = try #require(app.tree.first("sheet"))
            #expect(sheet.all.filter { $0.kind == "GridRow" }.count == 1 + 8)
            for text in ["步骤", "中位数", "第 90 百分位", "从文件到文字", "检测网络", "20.0 毫秒", "得出文字"] { #expect(sheet.texts.contains(text)) }
            let shared = (sheet.control("分享 JSON")?.object as? Shared)?.item as? URL
            #expect(try Data(contentsOf: try #require(shared)) == app.benchmark.report?.json())
            #expect(!UIApplication.shared.isIdleTimerDisabled)
            let dismissed = TestHost.dismissed
            try app.press("关闭")
            #expect(TestHost.dismissed == dismissed + 1)
        }

        @Test func stoppedItShowsNothingAndCanStartAgain() async throws {
            let reader = FakeReader(lines, delay: .milliseconds(20))
            let app = try Shown(reader, measured: Fakes.benchmark(reader))
            try app.press("性能测试")
            try app.press("开始")
            try await waitUntil("it has begun") { app.texts.contains { $0.hasPrefix("第 ") && !$0.hasPrefix("第 0 ") } }
            try app.press("停止")
            #expect(app.tree.control("开始") != nil && app.tree.control("分享 JSON") == nil)
        }

        @Test func whatFailsSaysWhy() async throws {
            let app = try Shown(FakeReader(failure: CtpnError.model("detector: damaged")))
            try app.press("性能测试")
            try app.press("开始")
            await app.benchmark.settled()
            #expect(app.texts.contains("detector: damaged"))
        }

        @Test func closedItMeasuresNoMore() async throws {
            let reader = FakeReader(lines, delay: .milliseconds(20))
            let app = try Shown(reader, measured: Fakes.benchmark(reader))
            try app.press("性能测试")
            try app.press("开始")
            app.close()
            #expect(!app.benchmark.isRunning && !UIApplication.shared.isIdleTimerDisabled)
        }
    }

    /// Every screen in both languages: no key without a text.
    @MainActor @Suite struct LanguageTests {
        @Test(arguments: ["zh-Hans", "en"]) func everyTextIsThere(_ language: String) async throws {
            let app = try Shown(language: language)
            let model = app.model
            model.open("sample") { Data("1000 800".utf8) }
            _ = app.tree
            await app.settled()
            for count in 0...2 {
                if count > 0 { try app.drag(from: CGPoint(x: 100, y: 200 * count), to: CGPoint(x: 300, y: 200 * count + 100)) }
                _ = app.tree
            }
            model.read()
            _ = app.tree
            await app.settled()
            app.tree.control(language == "en" ? "Copy the text" : "复制文字")?.action?()
            _ = app.tree
            model.send(.finish)
            _ = app.tree
            model.send(.retake)
            for failure in Failure.allCases {
                model.send(.broke(failure, detail: "x"))
                _ = app.tree
                model.send(.back)
            }
            for empty in [[], [TextLine(quad: lines[0].quad, score: 1, text: "", textScore: 0, region: 1)]] { show(empty, app) }
            try app.press(language == "en" ? "Benchmark" : "性能测试")
            app.benchmark.startOrStop()
            _ = app.tree
            await app.benchmark.settled()
            _ = app.tree
            #expect(app.strings.missing.isEmpty)
            #expect(app.strings.asked.count >= 55)
        }

        private func show(_ lines: [TextLine], _ app: Shown) {
            let page = ResultsPage(
                model: app.model, photo: Photo(source: "x", width: 9, height: 9), regions: lines.isEmpty ? 0 : 2, lines: lines,
                milliseconds: 1234)
            _ = TestHost { page }.tree
        }

        @Test func pluralsAreThoseOfTheLanguage() async throws {
            let english = try Strings("en")
            #expect(english.text("read_marked %lld", [1]) == "Read 1 region" && english.text("read_marked %lld", [2]) == "Read 2 regions")
            #expect(english.text("marked_one_selected %lld %lld", [2, 1]) == "Photo, 2 regions marked, number 1 selected")
            let chinese = try Strings("zh-Hans")
            #expect(chinese.text("read_marked %lld", [1]) == "识别 1 个区域")
        }
    }
}
