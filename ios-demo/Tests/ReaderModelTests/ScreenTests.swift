import Fakes
import Foundation
import ReaderCore
import ReaderModel
import Testing

private let photo = Photo(source: "camera 1", width: 4000, height: 3000)
private let field = CGRect(x: 10, y: 20, width: 300, height: 40.5)
private let marking = Marking().adding(field)
private let mark = Screen.mark(photo, marking)
private let reading = Screen.reading(photo, marking, job: 7)
private let results = Screen.results(photo, marking, lines: lines, milliseconds: 123)

/// The same states and events as Kotlin's ScreenTest.
@Suite struct ScreenTests {
    @Test func fromAPhotoToItsTextAndOn() {
        var screens = [Screen.choose]
        for event: Event in [
            .photoChosen(source: photo.source), .photoOpened(photo), .markingChanged(marking), .readAsked(job: 7),
            .readEnded(job: 7, lines: lines, milliseconds: 123), .finish,
        ] { screens.append(screens.last!.after(event)) }
        #expect(screens == [.choose, .opening(source: photo.source), .mark(photo, Marking()), mark, reading, results, .done(lines: lines)])
    }

    @Test(arguments: [mark, reading, results, .failed(.reader, detail: "", back: mark), .done(lines: lines)])
    func retakeStartsAgainFromAnywhere(_ screen: Screen) { #expect(screen.after(.retake) == .choose) }

    @Test func backLeadsOneStepBackAndKeepsTheMarks() {
        #expect(results.after(.back) == mark)
        #expect(reading.after(.back) == mark)
        #expect(mark.after(.back) == .choose)
        #expect(Screen.opening(source: "x").after(.back) == .choose)
        #expect(Screen.done(lines: lines).after(.back) == .choose)
    }

    @Test func whatComesTooLateChangesNothing() {
        #expect(reading.after(.readEnded(job: 6, lines: lines, milliseconds: 1)) == reading)
        #expect(reading.after(.broke(.reader, detail: "old", job: 6)) == reading)
        #expect(mark.after(.readEnded(job: 7, lines: lines, milliseconds: 1)) == mark)
        #expect(mark.after(.broke(.reader, detail: "old", job: 7)) == mark)
        let other = Screen.opening(source: "camera 2")
        #expect(other.after(.photoOpened(photo)) == other)
    }

    @Test func tapsThatMeanNothingChangeNothing() {
        #expect(Screen.choose.after(.readAsked(job: 1)) == .choose)
        #expect(reading.after(.readAsked(job: 8)) == reading)
        #expect(mark.after(.finish) == mark)
        #expect(results.after(.markingChanged(Marking())) == results)
    }

    @Test func errorsAreScreensAndLeadBack() {
        let failed = reading.after(.broke(.reader, detail: "detector.onnx: damaged", job: 7))
        #expect(failed == .failed(.reader, detail: "detector.onnx: damaged", back: mark))
        #expect(failed.after(.back) == mark)
        let none = Screen.opening(source: "x").after(.broke(.photo, detail: "not a picture"))
        #expect(none.after(.back) == .choose)
        #expect(none.after(.broke(.memory, detail: "the second one is of no use")) == none)
    }

    @Test func onlyScreensWithAPhotoHaveOne() {
        let with: [Screen] = [mark, reading, results, .failed(.reader, detail: "", back: mark)]
        #expect(with.allSatisfy { $0.photo == photo })
        let without: [Screen] = [.choose, .opening(source: "x"), .done(lines: lines)]
        #expect(without.allSatisfy { $0.photo == nil })
    }
}

@Suite struct MarkingTests {
    @Test func marksAreAddedChangedDeletedAndTakenBackOneByOne() {
        let wide = CGRect(x: 10, y: 20, width: 500, height: 40.5)
        var states = [Marking().adding(field)]
        states.append(states[0].replacing(0, by: wide))
        states.append(states[1].deleting(0))
        #expect(states.map(\.rectangles) == [[field], [wide], []])
        #expect(states.map(\.selected) == [0, 0, nil])
        var undone = [states[2]]
        while undone.last!.canUndo { undone.append(undone.last!.undone()) }
        #expect(undone.map(\.rectangles) == [[], [wide], [field], []])
        #expect(states[0].replacing(0, by: field).past.count == 1)  // a gesture that moves nothing is none
        #expect(states[0].selecting(3).selected == nil)
    }

    @Test func undoHasALimit() {
        let many = (1...80).reduce(Marking()) { $0.adding(CGRect(x: CGFloat($1), y: 0, width: 9, height: 9)) }
        #expect(many.past.count == Marking.maxUndo)
        #expect(many.rectangles.count == 80)
    }

    @Test func theNextOneIsSelectedRoundAndRound() {
        let two = Marking().adding(field).adding(CGRect(x: 1, y: 1, width: 9, height: 9))
        #expect(two.selected == 1)
        #expect(two.selectingNext().selected == 0)
        #expect(two.selectingNext().selectingNext().selected == 1)
        #expect(Marking().selectingNext() == Marking())
    }

    @Test func regionsAreTheMarksAndNoneMeansAll() throws {
        #expect(try Marking().regions() == nil)
        #expect(try marking.regions() == [.rectangle(x: 10, y: 20, width: 300, height: 40.5)])
        #expect(throws: CtpnError.self) { try Marking().adding(CGRect(x: 1, y: 1, width: 0, height: 9)).regions() }
    }
}

@Suite struct SavedScreenTests {
    @Test func aScreenSurvivesTheEndOfItsApp() throws {
        let many = marking.replacing(0, by: CGRect(x: 0.1, y: 20, width: 300, height: 40.5)).adding(field)
        let bare = Screen.done(lines: [TextLine(quad: lines[0].quad, score: 1)])
        for screen in [.choose, mark, .mark(photo, many), results, .done(lines: lines), bare] {
            #expect(try Screen(saved: screen.saved()) == screen)
            let failed = Screen.failed(.memory, detail: "a \"quoted\" 字", back: screen)
            #expect(try Screen(saved: failed.saved()) == failed)
        }
    }

    @Test func workThatEndedWithTheAppIsAskedForAgain() throws {
        #expect(try Screen(saved: reading.saved()) == mark)
        #expect(try Screen(saved: Screen.opening(source: "x").saved()) == .choose)
    }

    @Test func damagedStatesAreRefused() throws {
        let whole = String(decoding: try results.saved(), as: UTF8.self)
        for text in [
            "", "[]", "{}", "null", String(whole.dropLast(9)), whole.replacingOccurrences(of: "results", with: "game"),
            whole.replacingOccurrences(of: "4000", with: "\"a\""), whole.replacingOccurrences(of: "4.25", with: "4.25,1"),
            String(repeating: "[", count: 100_000),
        ] {
            #expect(throws: CtpnError.self, "\(text.prefix(99))") { try Screen(saved: Data(text.utf8)) }
        }
    }

    @Test func aSelectionWithoutItsMarkIsNone() throws {
        let text = String(decoding: try mark.saved(), as: UTF8.self).replacingOccurrences(of: "\"selected\":0", with: "\"selected\":9")
        guard case .mark(_, let restored) = try Screen(saved: Data(text.utf8)) else {
            Issue.record("expected the marks")
            return
        }
        #expect(restored.selected == nil && restored.rectangles == [field])
    }
}
