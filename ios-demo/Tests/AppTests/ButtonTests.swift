import Fakes
import Foundation
@_spi(Tests) import PhotosUI
import ReaderModel
@_spi(Tests) import SwiftUI
import Testing
@_spi(Tests) import UIKit

@testable import App

private let mark = CGRect(x: 100, y: 100, width: 300, height: 100)

/// A screen, how to come to it, and the buttons that can be pressed there.
private struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let buttons: [String]
    var reader = FakeReader(lines)
    let open: @MainActor @Sendable (Shown) async throws -> Void
}

private let cases = [
    Case(testDescription: "choose", buttons: ["拍照", "从相册选择", "试用样例", "性能测试"]) { _ in },
    Case(testDescription: "opening", buttons: ["取消"]) { try $0.press("试用样例") },
    Case(testDescription: "marking", buttons: ["识别 1 个区域", "返回", "撤销", "删除所选区域"]) { try await $0.opened(mark) },
    Case(testDescription: "reading", buttons: ["取消"], reader: FakeReader(lines, delay: .seconds(2))) { app in
        try await app.opened(mark)
        try app.press("识别 1 个区域")
    },
    Case(testDescription: "results", buttons: ["请标记区域", "重拍", "完成", "返回", "复制文字", "分享文字"]) { try await $0.read() },
    Case(testDescription: "done", buttons: ["重拍", "复制文字", "分享文字"]) { app in
        try await app.read()
        try app.press("完成")
    },
    Case(testDescription: "failed", buttons: ["返回"]) { $0.model.send(.broke(.reader, detail: "x")) },
    Case(testDescription: "no camera", buttons: ["设置", "返回"]) { $0.model.send(.broke(.noCamera, detail: "")) },
    Case(testDescription: "benchmark", buttons: ["开始", "关闭"]) { try $0.press("性能测试") },
    Case(testDescription: "measured", buttons: ["分享 JSON", "开始", "关闭"]) { app in
        try app.press("性能测试")
        try app.press("开始")
        await app.benchmark.settled()
    },
]

extension Shown {
    fileprivate func read() async throws {
        try await opened(mark)
        try press("识别 1 个区域")
        await settled()
    }

    /// What can be pressed; of a sheet alone where there is one.
    fileprivate var buttons: [Node] { (tree.first("sheet") ?? tree).buttons.filter { $0.isEnabled && $0.isTouchable } }

    /// All that pressing something may change.
    fileprivate var state: String {
        let shown = tree.all.map { "\($0.kind) \($0.text) \($0.isSelected)" }
        return "\(model.screen) \(shown) \(UIPasteboard.general.string ?? "") \(TestHost.opened.count) \(TestHost.dismissed)"
    }
}

extension Node {
    fileprivate var name: String { texts.first ?? label ?? "" }

    fileprivate var buttons: [Node] {
        if kind == "contextMenu" { return [] }
        return action == nil ? children.flatMap(\.buttons) : [self]
    }
}

extension AppTests {
    /// No button of any screen is without a test, and none without an effect.
    @MainActor @Suite struct ButtonTests {
        @Test(arguments: cases) private func eachScreenHasItsButtonsAndEachDoesSomething(_ one: Case) async throws {
            for (index, name) in one.buttons.enumerated() {
                let app = try Shown(one.reader)
                try await one.open(app)
                UIPasteboard.general.string = nil
                PhotosPickerItem.next = PhotosPickerItem(data: Data("1000 800".utf8))
                let buttons = app.buttons
                #expect(buttons.map(\.name) == one.buttons)
                let (button, before) = (try #require(buttons.dropFirst(index).first), app.state)
                if let shared = button.object as? Shared {
                    #expect("\(shared.item)" != "")
                } else {
                    button.action?()
                    #expect(app.state != before, "\(name) does nothing")
                }
                app.close()
            }
        }
    }
}
