import Fakes
import Foundation
import ReaderCore
import ReaderModel
import Testing

private let file = Data("40 30".utf8)
private let mark = CGRect(x: 1, y: 2, width: 30, height: 20)

@MainActor @Suite struct ReaderModelTests {
    private let folder = scratch()

    private func model(_ reader: any Reading = FakeReader(lines)) -> ReaderModel {
        ReaderModel(folder: PhotoFolder(folder, decoder: FakeDecoder()), reader: reader)
    }

    private func opened(_ model: ReaderModel, marked: Bool = true) async throws {
        model.open("library") { file }
        await model.settled()
        let photo = try #require(model.screen.photo)
        #expect(photo.width == 40 && photo.height == 30 && photo.source.hasPrefix("library"))
        if marked { model.send(.markingChanged(Marking().adding(mark))) }
    }

    private var kept: Bool { FileManager.default.fileExists(atPath: folder.appendingPathComponent("photo").path) }

    @Test func fromAPhotoToItsText() async throws {
        let reader = FakeReader(lines)
        let model = model(reader)
        #expect(model.screen == .choose && model.picture == nil)
        try await opened(model)
        #expect(model.picture?.width == 40 && kept)
        model.read()
        guard case .reading(let photo, let marking, _) = model.screen else {
            Issue.record("expected reading, got \(model.screen)")
            return
        }
        await model.settled()
        guard case .results(photo, marking, lines, let milliseconds) = model.screen else {
            Issue.record("expected results, got \(model.screen)")
            return
        }
        #expect(milliseconds >= 0)
        #expect(await reader.asked == [try marking.regions()])
        model.send(.finish)
        await model.settled()
        #expect(model.screen == .done(lines: lines))
        #expect(model.picture == nil && !kept)
    }

    @Test func withoutMarksAllIsRead() async throws {
        let reader = FakeReader(lines)
        let model = model(reader)
        try await opened(model, marked: false)
        model.read()
        await model.settled()
        #expect(await reader.asked == [nil])
    }

    @Test func aLateResultAfterRetakeIsDropped() async throws {
        let model = model(FakeReader(lines, delay: .milliseconds(60)))
        try await opened(model)
        model.read()
        model.send(.retake)
        try await Task.sleep(for: .milliseconds(150))
        #expect(model.screen == .choose && model.picture == nil && !kept)
    }

    @Test func aCancelledReadingGivesNoResultAndTheNextOneDoes() async throws {
        let model = model(FakeReader(lines, delay: .milliseconds(60)))
        try await opened(model)
        model.read()
        model.send(.back)
        guard case .mark = model.screen else {
            Issue.record("expected the marks, got \(model.screen)")
            return
        }
        model.read()
        await model.settled()
        try await Task.sleep(for: .milliseconds(100))
        guard case .results = model.screen else {
            Issue.record("expected results, got \(model.screen)")
            return
        }
    }

    @Test func aLatePhotoAfterCancelIsDroppedAndNotKept() async throws {
        let model = model()
        model.open("library") {
            try? await Task.sleep(for: .milliseconds(60))  // from a network, and deaf to cancelling
            return Data("41 31".utf8)
        }
        model.send(.back)
        #expect(model.screen == .choose)
        try await opened(model, marked: false)
        try await Task.sleep(for: .milliseconds(120))
        #expect(model.picture?.width == 40 && model.screen.photo?.width == 40)
        #expect(try Data(contentsOf: folder.appendingPathComponent("photo")) == file)
    }

    @Test func anErrorOfTheReaderIsAScreenWithAWayBack() async throws {
        let model = model(FakeReader(failure: CtpnError.model("detector.onnx: damaged")))
        try await opened(model)
        model.read()
        await model.settled()
        guard case .failed(.reader, "detector.onnx: damaged", .mark) = model.screen else {
            Issue.record("expected a failure, got \(model.screen)")
            return
        }
        model.send(.back)
        guard case .mark(_, let marking) = model.screen else {
            Issue.record("expected the marks, got \(model.screen)")
            return
        }
        #expect(marking.rectangles == [mark] && model.picture != nil)
    }

    @Test func cancellationOfItsOwnIsAFailureToo() async throws {
        let model = model(FakeReader(failure: CancellationError()))
        try await opened(model)
        model.read()
        await model.settled()
        guard case .failed(.reader, _, _) = model.screen else {
            Issue.record("a reader that gave up leaves \(model.screen)")
            return
        }
    }

    @Test(arguments: [("no picture", Failure.photo), ("9999999 1", .memory)])
    func aPhotoThatCannotBeOpenedIsAnError(_ content: String, _ failure: Failure) async {
        let model = model()
        model.open("camera") { Data(content.utf8) }
        await model.settled()
        guard case .failed(failure, _, .choose) = model.screen else {
            Issue.record("expected \(failure), got \(model.screen)")
            return
        }
        #expect(!kept && model.picture == nil)
    }

    @Test func progressIsThatOfTheReading() async throws {
        let model = model(FakeReader(lines, delay: .milliseconds(300)))
        try await opened(model)
        model.read()
        #expect(model.progress == 0)
        while model.progress == 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(model.progress == 0.5)
        model.send(.back)
        model.read()
        #expect(model.progress == 0)
        await model.settled()
    }

    @Test func marksAndPhotoSurviveTheEndOfTheProcess() async throws {
        let first = model()
        try await opened(first)
        try first.save()
        let second = model()
        #expect(second.screen == first.screen && second.picture == nil)
        await second.settled()
        #expect(second.picture == first.picture)
        second.read()
        await second.settled()
        try second.save()
        let third = model()
        #expect(third.screen == second.screen)
        await third.settled()
    }

    @Test func aReadingThatEndedWithTheProcessIsBackAtItsMarksAndCanBeReadAtOnce() async throws {
        let first = model(FakeReader(lines, delay: .milliseconds(500)))
        try await opened(first)
        first.read()
        try first.save()
        let second = model()
        guard case .mark = second.screen else {
            Issue.record("expected the marks, got \(second.screen)")
            return
        }
        second.read()  // before the photo is decoded again
        await second.settled()
        guard case .results = second.screen else {
            Issue.record("expected results, got \(second.screen)")
            return
        }
        #expect(second.picture?.width == 40)
        first.send(.retake)
    }

    @Test func aScreenWhosePhotoIsGoneIsAnErrorThatLeadsToTheBeginning() async throws {
        let first = model()
        try await opened(first)
        try first.save()
        try FileManager.default.removeItem(at: folder.appendingPathComponent("photo"))
        let second = model()
        await second.settled()
        guard case .failed(.photo, _, .choose) = second.screen else {
            Issue.record("expected a failure, got \(second.screen)")
            return
        }
    }

    @Test func aSavedScreenOfAnotherVersionBeginsAnewAndLeavesNoPhoto() async throws {
        let first = model()
        try await opened(first)
        try first.save()
        try Data("{}".utf8).write(to: folder.appendingPathComponent("screen.json"))
        let second = model()
        await second.settled()
        #expect(second.screen == .choose && !kept)
    }
}

@Suite struct PhotoFolderTests {
    @Test func whatComesTooLateIsDroppedInEitherOrder() async throws {
        let folder = scratch()
        let photos = PhotoFolder(folder, decoder: FakeDecoder())
        await photos.forget(turn: 2)
        await #expect(throws: CancellationError.self) { try await photos.open(file, turn: 1) }
        _ = try await photos.open(file, turn: 4)
        await photos.forget(turn: 3)
        #expect(try await photos.reopen().width == 40)
    }

    @Test func aDamagedPhotoLeavesTheOneBefore() async throws {
        let photos = PhotoFolder(scratch(), decoder: FakeDecoder())
        _ = try await photos.open(file, turn: 1)
        await #expect(throws: CtpnError.self) { try await photos.open(Data("none".utf8), turn: 2) }
        #expect(try await photos.reopen().width == 40)
    }
}
