import Fakes
import Foundation
@_spi(Tests) import PhotosUI
import ReaderCore
import ReaderModel
@_spi(Tests) import SwiftUI
import Testing
@_spi(Tests) import UIKit

@testable import App

/// Tests of the app come one after another: what a view's environment has is one for all.
@MainActor @Suite(.serialized) enum AppTests {}

/// The app's screen on a phone of 432 x 800 points: a photo of 1000 x 800 pixels is then 16 points from the left, 240 from the top and
/// has 0.4 points a pixel.
@MainActor final class Shown {
    let folder = scratch()
    let model: ReaderModel
    let benchmark: BenchmarkModel
    let strings: Strings
    private let host: TestHost

    init(
        _ reader: any Reading = FakeReader(lines), decoder: any PhotoDecoder = FakeDecoder(), language: String = "zh-Hans",
        measured: Benchmark? = nil, engine: EngineModel? = nil, sample: @escaping @Sendable () throws -> Data = { Data("1000 800".utf8) }
    ) throws {
        strings = try Strings(language)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let model = ReaderModel(folder: PhotoFolder(folder, decoder: decoder), reader: reader)
        let benchmark = BenchmarkModel(measured ?? Fakes.benchmark(reader), folder: folder)
        (self.model, self.benchmark) = (model, benchmark)
        TestHost.size = CGSize(width: 432, height: 800)
        (TestHost.environment.phase, TestHost.environment.typeSize) = (.active, .large)
        TestHost.scrolledTo = nil
        let texts = strings
        TestHost.strings = { @MainActor key, values in texts.text(key, values) }
        let engine = engine ?? EngineModel(Models(folder: folder, decoder: decoder, settings: folder).reader)
        host = TestHost { ReaderScreen(model: model, benchmark: benchmark, engine: engine, sample: sample) }
        _ = tree
    }

    var tree: Node { host.tree }
    var texts: [String] { tree.texts }

    /// Presses what the text stands on.
    func press(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let control = try #require(tree.control(text), "\(text) is not there: \(texts)", sourceLocation: sourceLocation)
        #expect(control.isEnabled, "\(text) cannot be pressed", sourceLocation: sourceLocation)
        control.action?()
        _ = tree
    }

    func isEnabled(_ text: String) -> Bool? { tree.control(text)?.isEnabled }

    /// The sample is opened, and these rectangles are drawn on it.
    func opened(_ marks: CGRect...) async throws {
        try press("试用样例")
        await settled()
        for mark in marks { try drag(from: mark.origin, to: CGPoint(x: mark.maxX, y: mark.maxY)) }
    }

    func settled() async {
        await model.settled()
        _ = tree
        await host.settled()
        _ = tree
    }

    var marking: Marking? { if case .mark(_, let marking) = model.screen { marking } else { nil } }
    var drawn: [String] { tree.first("Canvas")?.drawn ?? [] }

    /// A place of the photo in the view, as long as it is not enlarged.
    func place(_ x: CGFloat, _ y: CGFloat) -> CGPoint {
        let size = model.screen.photo?.size ?? CGSize(width: 1000, height: 800)
        return Viewport(photo: size, view: TestHost.size).toView(CGPoint(x: x, y: y))
    }

    /// A finger on the photo, by places of the photo.
    func drag(from: CGPoint, to: CGPoint) throws {
        let finger = UITouch(at: place(from.x, from.y))
        try touch([finger], .began)
        finger.place = place(to.x, to.y)
        try touch([finger], .moved)
        try touch([finger], .ended)
    }

    func touch(_ touches: Set<UITouch>, _ phase: Fingers.Phase) throws {
        let view = try #require(tree.first("UIView")?.object as? TouchView)
        #expect(view.isMultipleTouchEnabled)
        switch phase {
        case .began: view.touchesBegan(touches, with: nil)
        case .moved: view.touchesMoved(touches, with: nil)
        case .ended: view.touchesEnded(touches, with: nil)
        case .cancelled: view.touchesCancelled(touches, with: nil)
        }
        _ = tree
    }

    func close() { host.close() }
}

@MainActor func waitUntil(_ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ isSo: () async -> Bool) async throws {
    for _ in 0..<400 {
        if await isSo() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("waited in vain: \(what)", sourceLocation: sourceLocation)
}
