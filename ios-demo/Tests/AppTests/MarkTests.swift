import Fakes
import Foundation
import ReaderModel
@_spi(Tests) import SwiftUI
import Testing
@_spi(Tests) import UIKit

@testable import App

private let (first, second) = (CGRect(x: 100, y: 100, width: 300, height: 100), CGRect(x: 500, y: 500, width: 200, height: 200))

extension AppTests {
    @MainActor @Suite struct MarkTests {
        private func isNear(_ got: [CGRect]?, _ expected: [CGRect]) -> Bool {
            guard let got, got.count == expected.count else { return false }
            return zip(got, expected).allSatisfy { a, b in
                abs(a.minX - b.minX) < 0.01 && abs(a.minY - b.minY) < 0.01 && abs(a.maxX - b.maxX) < 0.01 && abs(a.maxY - b.maxY) < 0.01
            }
        }

        @Test func withoutMarksTheWholePhotoIsRead() async throws {
            let app = try Shown()
            try await app.opened()
            #expect(app.texts.contains("请标记区域") && app.texts.contains("单指拖动画框，双指缩放和移动"))
            #expect(app.isEnabled("识别整张照片") == true && app.isEnabled("撤销") == false && app.isEnabled("删除所选区域") == false)
            #expect(app.drawn.isEmpty)
            let image = try #require(app.tree.first("Image"))
            #expect(image.frame == CGRect(x: 16, y: 240, width: 400, height: 320))
        }

        @Test func strokesAreWhereTheFingerWas() async throws {
            let app = try Shown()
            try await app.opened(first, second)
            #expect(isNear(app.marking?.rectangles, [first, second]) && app.marking?.selected == 1)
            // 0.4 points a pixel, from 16, 240.
            let (one, two) = ("rect 56,280 120x40", "rect 216,440 80x80")
            #expect(
                app.drawn == [
                    "fill rect 16,240 400x320 0000008c outside \(one), \(two)", "stroke \(one) ffffffff 2.0",
                    "fill ellipse 46,265 20x20 19d3c5ff", "text 1 56,275", "stroke \(two) 19d3c5ff 3.0",
                    "fill ellipse 206,425 20x20 19d3c5ff", "text 2 216,435",
                ] + handles([(296, 520), (216, 520), (296, 440), (256, 440), (256, 520), (216, 480), (296, 480)]))
            #expect(app.isEnabled("识别 2 个区域") == true)
        }

        private func handles(_ places: [(Int, Int)]) -> [String] {
            places.flatMap { x, y in
                ["fill ellipse \(x - 7),\(y - 7) 14x14 19d3c5ff", "fill ellipse \(Double(x) - 4.5),\(Double(y) - 4.5) 9x9 ffffffff"]
            }
        }

        @Test func aMarkIsDrawnWhileTheFingerMoves() async throws {
            let app = try Shown()
            try await app.opened()
            let finger = UITouch(at: app.place(100, 100))
            try app.touch([finger], .began)
            finger.place = app.place(400, 200)
            try app.touch([finger], .moved)
            #expect(app.drawn.contains("stroke rect 56,280 120x40 19d3c5ff 3.0"))
            #expect(app.marking?.rectangles == [])  // not before the finger is lifted
            try app.touch([finger], .cancelled)
            #expect(app.drawn.isEmpty && app.marking == Marking())
        }

        @Test func oneIsMovedResizedDeletedAndTakenBack() async throws {
            let app = try Shown()
            try await app.opened(first)
            try app.drag(from: CGPoint(x: 250, y: 150), to: CGPoint(x: 300, y: 200))
            #expect(isNear(app.marking?.rectangles, [first.offsetBy(dx: 50, dy: 50)]))
            try app.drag(from: CGPoint(x: 450, y: 250), to: CGPoint(x: 500, y: 350))
            #expect(isNear(app.marking?.rectangles, [CGRect(x: 150, y: 150, width: 350, height: 200)]))
            try app.press("删除所选区域")
            #expect(app.marking?.rectangles == [])
            try app.press("撤销")
            try app.press("撤销")
            try app.press("撤销")
            #expect(isNear(app.marking?.rectangles, [first]))
            try app.press("撤销")
            #expect(app.marking?.rectangles == [] && app.isEnabled("撤销") == false)
        }

        @Test func twoFingersZoomAndThenAFingerMarksAtThatScale() async throws {
            let app = try Shown()
            try await app.opened()
            try pinch(app)
            #expect(app.marking == Marking())
            #expect(try #require(app.tree.first("Image")?.frame?.width) == 1600)
            try app.drag(from: CGPoint(x: 400, y: 350), to: CGPoint(x: 600, y: 450))
            #expect(isNear(app.marking?.rectangles, [CGRect(x: 475, y: 387.5, width: 50, height: 25)]))
        }

        @Test func thePhotoStaysEnlargedWhileItIsReadAndAfterCancelling() async throws {
            let app = try Shown(FakeReader(lines, delay: .milliseconds(200)))
            try await app.opened()
            try pinch(app)
            for button in ["识别整张照片", "取消"] {
                try app.press(button)
                #expect(app.tree.first("Image")?.frame?.width == 1600, "after \(button)")
            }
        }

        /// Enlarges the photo four times around its middle.
        private func pinch(_ app: Shown) throws {
            let (a, b) = (UITouch(at: app.place(450, 400)), UITouch(at: app.place(550, 400)))
            try app.touch([a], .began)
            try app.touch([b], .began)
            (a.place, b.place) = (app.place(300, 400), app.place(700, 400))
            try app.touch([a, b], .moved)
            try app.touch([a, b], .ended)
        }

        @Test func anotherSizeOfTheViewShowsTheWholePhotoAndKeepsTheMarks() async throws {
            let app = try Shown()
            try await app.opened(first)
            TestHost.size = CGSize(width: 832, height: 672)
            #expect(app.tree.first("Image")?.frame == CGRect(x: 16, y: 16, width: 800, height: 640))
            #expect(app.drawn.contains("stroke rect 96,96 240x80 19d3c5ff 3.0"))
        }

        @Test func thoseWhoCannotSeeThePhotoMarkByVoiceOversActions() async throws {
            let app = try Shown()
            try await app.opened()
            var whole = try #require(app.tree.element("照片，已标记 0 个区域"))
            #expect(whole.frame == CGRect(x: 16, y: 240, width: 400, height: 320))
            whole.actions["标记整张照片"]?()
            #expect(app.marking?.rectangles == [CGRect(x: 0, y: 0, width: 1000, height: 800)])
            try app.press("撤销")
            try app.drag(from: first.origin, to: CGPoint(x: first.maxX, y: first.maxY))
            try app.drag(from: second.origin, to: CGPoint(x: second.maxX, y: second.maxY))
            whole = try #require(app.tree.element("照片，已标记 2 个区域，选中第 2 个"))
            whole.actions["选择下一个区域"]?()
            #expect(app.marking?.selected == 0)
            var element = try #require(app.tree.element("区域 2"))
            #expect(element.frame == CGRect(x: 216, y: 440, width: 80, height: 80) && !element.isSelected)
            element.actions[""]?()
            #expect(app.marking?.selected == 1)
            element = try #require(app.tree.element("区域 2"))
            #expect(element.isSelected)
            element.actions["删除所选区域"]?()
            #expect(isNear(app.marking?.rectangles, [first]))
        }

        @Test func backLeadsToChoosing() async throws {
            let app = try Shown()
            try await app.opened(first)
            try app.press("返回")
            #expect(app.model.screen == .choose)
        }

        @Test func whileItReadsOnlyCancellingIsPossible() async throws {
            let app = try Shown(FakeReader(lines, delay: .milliseconds(200)))
            try await app.opened(first)
            try app.press("识别 1 个区域")
            #expect(app.texts.contains("正在识别…") && app.isEnabled("撤销") == false && app.isEnabled("返回") == false)
            #expect(app.tree.element("区域 1")?.isHidden == true && app.tree.first("UIView")?.isTouchable == false)
            #expect(app.drawn.contains("stroke rect 56,280 120x40 19d3c5ff 3.0"))
            try app.press("取消")
            #expect(isNear(app.marking?.rectangles, [first]))
            #expect(app.isEnabled("撤销") == true && app.tree.element("区域 1")?.isHidden == false)
            #expect(app.tree.first("UIView")?.isTouchable == true && app.tree.element("区域 1")?.isTouchable == false)
        }
    }
}
