@_spi(Tests) import AVFoundation
import Fakes
import Foundation
@_spi(Tests) import PhotosUI
import ReaderModel
@_spi(Tests) import SwiftUI
import Testing
@_spi(Tests) import UIKit

@testable import App

extension AppTests {
    @MainActor @Suite struct ChooseTests {
        private func camera(_ status: AVAuthorizationStatus, isThere: Bool) {
            (AVCaptureDevice.status, UIImagePickerController.hasCamera) = (status, isThere)
        }

        @Test func itSaysWhatTheAppDoes() throws {
            let app = try Shown()
            for text in ["读出照片里的文字", "拍照", "从相册选择", "试用样例", "性能测试"] { #expect(app.texts.contains(text)) }
            #expect(app.tree.control("识别整张照片") == nil)
        }

        @Test func withVeryLargeTypeTheButtonsScrollWithTheText() throws {
            let app = try Shown()
            for (size, isScrolled) in [(DynamicTypeSize.large, false), (.accessibility5, true)] {
                TestHost.environment.typeSize = size
                let scrolled = try #require(app.tree.first("ScrollView"))
                for button in ["拍照", "从相册选择", "试用样例", "性能测试"] {
                    #expect(app.tree.control(button) != nil && (scrolled.control(button) != nil) == isScrolled)
                }
                #expect(app.tree.first(isScrolled ? "VStackLayout" : "HStackLayout")?.control("试用样例") != nil)
            }
        }

        @Test func theCamerasPhotoIsOpened() async throws {
            camera(.authorized, isThere: true)
            let app = try Shown()
            try app.press("拍照")
            let picker = try #require(app.tree.first("cover")?.first("Controller")?.object as? UIImagePickerController)
            #expect(picker.sourceType == .camera)
            let dismissed = TestHost.dismissed
            let delegate = try #require(picker.delegate)
            delegate.imagePickerController(picker, didFinishPickingMediaWithInfo: [.originalImage: UIImage(jpeg: Data("1000 800".utf8))])
            #expect(TestHost.dismissed == dismissed + 1)
            #expect(app.texts.contains("正在打开照片…"))
            await app.settled()
            #expect(app.marking == Marking() && app.model.screen.photo?.source.hasPrefix("camera") == true)
        }

        @Test func aCameraThatIsCancelledChangesNothing() throws {
            camera(.notDetermined, isThere: true)
            let app = try Shown()
            try app.press("拍照")
            let picker = try #require(app.tree.first("cover")?.first("Controller")?.object as? UIImagePickerController)
            let dismissed = TestHost.dismissed
            picker.delegate?.imagePickerControllerDidCancel(picker)
            #expect(TestHost.dismissed == dismissed + 1 && app.model.screen == .choose)
        }

        @Test func aCameraThatGivesNothingIsAnErrorWithAWayBack() async throws {
            camera(.authorized, isThere: true)
            let app = try Shown()
            try app.press("拍照")
            let picker = try #require(app.tree.first("cover")?.first("Controller")?.object as? UIImagePickerController)
            picker.delegate?.imagePickerController(picker, didFinishPickingMediaWithInfo: [.originalImage: UIImage(jpeg: Data())])
            await app.settled()
            #expect(app.texts.contains("无法打开这张照片"))
            try app.press("返回")
            #expect(app.model.screen == .choose)
        }

        @Test(arguments: [(AVAuthorizationStatus.denied, true), (.restricted, true), (.authorized, false), (.notDetermined, false)])
        func withoutACameraSettingsAreOffered(_ status: AVAuthorizationStatus, _ isThere: Bool) throws {
            camera(status, isThere: isThere)
            let app = try Shown()
            try app.press("拍照")
            #expect(app.tree.first("cover") == nil && app.texts.contains("无法使用相机"))
            try app.press("设置")
            #expect(TestHost.opened.last?.absoluteString == UIApplication.openSettingsURLString)
            try app.press("返回")
            #expect(app.model.screen == .choose)
        }

        @Test func aPhotoOfTheLibraryIsOpened() async throws {
            let app = try Shown()
            PhotosPickerItem.next = PhotosPickerItem(data: Data("1000 800".utf8))
            try app.press("从相册选择")
            #expect(app.texts.contains("正在打开照片…"))
            await app.settled()
            #expect(app.model.screen.photo?.source.hasPrefix("library") == true)
        }

        @Test func aLibraryThatGivesNothingIsAnError() async throws {
            let app = try Shown()
            PhotosPickerItem.next = PhotosPickerItem(data: nil)
            try app.press("从相册选择")
            await app.settled()
            #expect(app.texts.contains("无法打开这张照片"))
        }

        @Test func openingCanBeCancelled() async throws {
            let app = try Shown()
            try app.press("试用样例")
            try app.press("取消")
            #expect(app.model.screen == .choose)
            await app.settled()
            #expect(app.model.screen == .choose)
        }

        @Test func theScreenIsKeptWhenTheAppGoesIntoTheBackground() async throws {
            let app = try Shown()
            try await app.opened(CGRect(x: 100, y: 200, width: 300, height: 100))
            let kept = PhotoFolder(app.folder, decoder: FakeDecoder())
            #expect(kept.savedScreen() == .choose)
            TestHost.environment.phase = .background
            _ = app.tree
            #expect(kept.savedScreen() == app.model.screen)
        }
    }
}
