import Fakes
import Foundation
import ReaderCore
import ReaderModel
@_spi(Tests) import SwiftUI
import Testing
@_spi(Tests) import UIKit

@testable import App

private func line(_ text: String?, _ region: Int?, x: Float = 100, y: Float = 100) -> TextLine {
    let quad = Quad([x, y, x + 200, y, x + 200, y + 40, x, y + 40])!
    return TextLine(quad: quad, score: 0.984, text: text, textScore: 0.996, region: region)
}
private let mark = CGRect(x: 50, y: 50, width: 400, height: 200)

extension AppTests {
    @MainActor @Suite struct ResultsTests {
        private func results(_ lines: [TextLine], _ marks: CGRect...) async throws -> Shown {
            let app = try Shown(FakeReader(lines))
            try await app.opened()
            for mark in marks { try app.drag(from: mark.origin, to: CGPoint(x: mark.maxX, y: mark.maxY)) }
            try app.press(marks.isEmpty ? "识别整张照片" : "识别 \(marks.count) 个区域")
            await app.settled()
            return app
        }

        @Test func textsStandUnderTheirRegionsAboveThePhoto() async throws {
            let app = try await results(
                [line("江西省", 0), line("", 0, y: 200)], mark, CGRect(x: 500, y: 500, width: 200, height: 200))
            for text in ["识别结果", "区域 1", "江西省", "100%", "（无法辨认）", "区域 2", "此区域没有文字", "重拍", "完成"] {
                #expect(app.texts.contains(text), "\(text) in \(app.texts)")
            }
            #expect(app.texts.contains { $0.wholeMatch(of: /2 行，用时 \d+(\.\d)? 秒/) != nil })
            #expect(app.tree.element("江西省，把握 100%") != nil && app.tree.element("照片，找到 2 行文字") != nil)
            let layout = try #require(app.tree.first("VStackLayout"))
            #expect(layout.children.map(\.kind).firstIndex(of: "List")! < layout.children.firstIndex { $0.first("Canvas") != nil }!)
        }

        @Test func whereThereIsMoreWidthTheTextsAreBesideThePhoto() async throws {
            let app = try await results([line("江西省", 0)], mark)
            TestHost.size = CGSize(width: 1024, height: 768)
            #expect(app.tree.first("HStackLayout")?.first("List") != nil && app.tree.first("VStackLayout") == nil)
        }

        @Test func withVeryLargeTypeItsButtonsAreBelowEachOther() async throws {
            let app = try await results([line("江西省", 0)], mark)
            for (size, layout) in [(DynamicTypeSize.large, "HStackLayout"), (.accessibility5, "VStackLayout")] {
                TestHost.environment.typeSize = size
                #expect(app.tree.all.contains { $0.kind == layout && $0.children.map { $0.texts } == [["重拍"], ["完成"]] })
            }
        }

        @Test func quadsAndProbabilitiesAreWhereTheLinesAre() async throws {
            let app = try await results([line("江西省", 0)], mark)
            // 0.4 points a pixel, from 16, 240; digits of 11.2 points, three characters of 6 points in the stub.
            let quad = "lines 56,280 136,280 136,296 56,296 closed"
            #expect(
                app.drawn == [
                    "fill \(quad) dc1e3c1a", "stroke \(quad) dc1e3cff 1.25", "fill rounded 136,281 23.6x14 dc1e3cff", "text 98% 147.8,288",
                ])
        }

        @Test func aTouchedLineStandsOutInTheListAndInThePhoto() async throws {
            let app = try await results([line("江西省", 0), line("东京", 0, y: 200)], mark)
            try app.drag(from: CGPoint(x: 150, y: 220), to: CGPoint(x: 151, y: 220))
            #expect(app.drawn.contains("stroke lines 56,320 136,320 136,336 56,336 closed dc1e3cff 2.5"))
            #expect(app.tree.element("东京，把握 100%")?.isSelected == true && TestHost.scrolledTo == "line 1")
            try app.drag(from: CGPoint(x: 900, y: 700), to: CGPoint(x: 900, y: 700))
            #expect(app.tree.element("东京，把握 100%")?.isSelected == false)
            try app.press("江西省")
            #expect(app.drawn.contains("stroke lines 56,280 136,280 136,296 56,296 closed dc1e3cff 2.5"))
        }

        @Test func copyShareAndDoneGiveTheSameText() async throws {
            let app = try await results([line("江西省", 0), line("东京", 1)], mark, CGRect(x: 500, y: 500, width: 200, height: 200))
            try app.press("复制文字")
            #expect(UIPasteboard.general.string == "江西省\n\n东京" && app.tree.control("已复制") != nil)
            #expect((app.tree.control("分享文字")?.object as? Shared)?.item as? String == "江西省\n\n东京")
            try app.press("完成")
            #expect(app.model.screen == .done(lines: [line("江西省", 0), line("东京", 1)]))
            #expect(app.texts.contains("江西省\n\n东京") && app.texts.contains("照片已从应用中删除，文字仍可复制和分享。"))
            UIPasteboard.general.string = nil
            try app.press("复制文字")
            #expect(UIPasteboard.general.string == "江西省\n\n东京")
            #expect(app.tree.control("分享文字")?.isEnabled == true)
            try app.press("重拍")
            #expect(app.model.screen == .choose)
        }

        @Test func aLineIsCopiedAlone() async throws {
            let app = try await results([line("江西省", 0), line("东京", 0)], mark)
            let menus = app.tree.all.filter { $0.kind == "contextMenu" }
            #expect(menus.count == 2)
            menus[1].first("Button")?.action?()
            #expect(UIPasteboard.general.string == "东京")
        }

        @Test func withoutTextThereIsNothingToCopy() async throws {
            let app = try await results([])
            #expect(app.texts.contains("没有找到文字"))
            #expect(app.isEnabled("复制文字") == false && app.isEnabled("分享文字") == false && app.isEnabled("完成") == true)
            try app.press("返回")
            #expect(app.marking == Marking())
        }

        @Test func retakeForgetsThePhoto() async throws {
            let app = try await results([line("江西省", 0)], mark)
            try app.press("重拍")
            await app.settled()
            #expect(app.model.screen == .choose && app.model.picture == nil)
            #expect(!FileManager.default.fileExists(atPath: app.folder.appendingPathComponent("photo").path))
        }

        @Test(arguments: [
            (Failure.photo, "无法打开这张照片"), (.reader, "识别失败"), (.noCamera, "无法使用相机"), (.memory, "内存不足"),
        ])
        func errorsAreScreensWithAWayBack(_ failure: Failure, _ title: String) async throws {
            let app = try Shown()
            try await app.opened(mark)
            app.model.send(.readAsked(job: 999))
            app.model.send(.broke(failure, detail: "detector.onnx: damaged", job: 999))
            #expect(app.texts.contains(title))
            #expect(app.texts.contains("detector.onnx: damaged") == (failure != .noCamera))
            try app.press("返回")
            #expect(app.marking?.rectangles.count == 1)
        }
    }
}
