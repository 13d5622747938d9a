import Fakes
import Foundation
import ReaderCore
import ReaderModel
import Testing

/// A photo of 1000 x 800 in a view of 432 x 800: 0.4 points a pixel, 16 points from the left, 240 from the top.
private let (photoSize, viewSize) = (CGSize(width: 1000, height: 800), CGSize(width: 432, height: 800))

private func place(_ x: CGFloat, _ y: CGFloat) -> CGPoint { CGPoint(x: 16 + 0.4 * x, y: 240 + 0.4 * y) }

private func isNear(_ a: CGRect, _ b: CGRect) -> Bool {
    zip([a.minX, a.minY, a.maxX, a.maxY], [b.minX, b.minY, b.maxX, b.maxY]).allSatisfy { abs($0 - $1) < 0.01 }
}

@Suite final class MarkingCanvasTests {
    private var canvas = MarkingCanvas(photo: photoSize, view: viewSize)

    private func touched(_ touch: Touch, _ marking: Marking) -> Marking? { canvas.touched(touch, marking) }

    @Test func aFingerDrawsInPixelsOfThePhoto() throws {
        #expect(touched(.pressed(place(100, 200)), Marking()) == nil)
        #expect(touched(.dragged(place(300, 250)), Marking()) == nil)
        #expect(isNear(try #require(canvas.shown(Marking()).rectangles.first), CGRect(x: 100, y: 200, width: 200, height: 50)))
        let marked = try #require(touched(.released(place(400, 300)), Marking()))
        #expect(isNear(try #require(marked.rectangles.first), CGRect(x: 100, y: 200, width: 300, height: 100)))
        #expect(canvas.shown(Marking()) == Marking())  // from here on it is the screen's
    }

    @Test func aPinchUndoesWhatTheFirstFingerBegan() {
        _ = touched(.pressed(place(100, 200)), Marking())
        _ = touched(.dragged(place(300, 250)), Marking())
        _ = touched(.cancelled, Marking())
        #expect(canvas.shown(Marking()) == Marking())
        #expect(touched(.pinched(by: 2, around: place(500, 400), dx: 0, dy: 0), Marking()) == nil)
        #expect(canvas.viewport.scale == 0.8)
        #expect(touched(.released(place(300, 250)), Marking()) == nil)
    }

    @Test func atALargerScaleTheSameFingersMarkLess() throws {
        _ = touched(.pinched(by: 4, around: place(500, 400), dx: 0, dy: 0), Marking())
        _ = touched(.pressed(place(400, 350)), Marking())
        let marked = try #require(touched(.released(place(600, 450)), Marking()))
        #expect(isNear(marked.rectangles[0], CGRect(x: 475, y: 387.5, width: 50, height: 25)))
    }

    @Test func aTapSelectsAndATapBesideSelectsNone() throws {
        let two = Marking().adding(CGRect(x: 100, y: 100, width: 200, height: 100)).adding(CGRect(x: 500, y: 500, width: 200, height: 100))
        _ = touched(.pressed(place(200, 150)), two)
        let selected = try #require(touched(.released(place(201, 150)), two))
        #expect(selected.selected == 0 && selected.rectangles == two.rectangles && selected.past == two.past)
        _ = touched(.pressed(place(900, 50)), selected)
        #expect(touched(.released(place(900, 50)), selected)?.selected == .some(nil))
        _ = touched(.pressed(place(600, 550)), two)
        #expect(touched(.released(place(600, 550)), two) == nil)  // it was selected before: nothing changes
    }

    @Test func theNumberIsOnTheCornerAndInsideTheView() {
        #expect(MarkShape.number(of: CGRect(x: 50, y: 60, width: 9, height: 9), in: viewSize) == CGPoint(x: 50, y: 55))
        #expect(MarkShape.number(of: CGRect(x: -80, y: -60, width: 9, height: 9), in: viewSize) == CGPoint(x: 10, y: 10))
        #expect(MarkShape.number(of: CGRect(x: 900, y: 900, width: 9, height: 9), in: viewSize) == CGPoint(x: 422, y: 790))
    }

    @Test func handlesDoNotHideWhatIsMarked() {
        func count(_ width: CGFloat, _ height: CGFloat) -> Int {
            MarkShape.handles(of: CGRect(x: 0, y: 0, width: width, height: height)).count
        }
        #expect(count(200, 20) == 2)
        #expect(count(40, 40) == 3)
        #expect(count(200, 40) == 5)
        #expect(count(40, 200) == 5)
        #expect(count(200, 200) == 7)
        #expect(MarkShape.handles(of: CGRect(x: 0, y: 0, width: 40, height: 20)) == [CGPoint(x: 40, y: 20), CGPoint(x: 0, y: 20)])
    }
}

@Suite final class ResultCanvasTests {
    private var canvas = ResultCanvas(photo: photoSize, view: viewSize)

    private func touched(_ touch: Touch) -> CGPoint? { canvas.touched(touch) }

    private let line = TextLine(quad: Quad([100, 100, 300, 120, 300, 160, 100, 140])!, score: 1)

    @Test func aTapIsAPlaceOfThePhoto() throws {
        _ = touched(.pressed(place(200, 130)))
        let tapped = try #require(touched(.released(place(200, 130))))
        #expect(abs(tapped.x - 200) < 0.01 && abs(tapped.y - 130) < 0.01)
        #expect([line].index(at: tapped) == 0)
        #expect([line].index(at: CGPoint(x: 200, y: 180)) == nil)
    }

    @Test func aDragMovesAnEnlargedPhotoAndTapsNothing() {
        _ = touched(.pinched(by: 4, around: CGPoint(x: 216, y: 400), dx: 0, dy: 0))
        let before = canvas.viewport.origin
        _ = touched(.pressed(CGPoint(x: 200, y: 400)))
        _ = touched(.dragged(CGPoint(x: 205, y: 400)))  // may be a tap that slips
        #expect(canvas.viewport.origin == before)
        _ = touched(.dragged(CGPoint(x: 230, y: 410)))
        #expect(touched(.released(CGPoint(x: 230, y: 410))) == nil)
        #expect(abs(canvas.viewport.origin.x - before.x - 25) < 0.01 && abs(canvas.viewport.origin.y - before.y - 10) < 0.01)
    }

    @Test func aLinesTagIsAfterItsEndAsHighAsTheLineAndInTheView() {
        let corners = canvas.viewport.toView(line.quad)
        #expect(corners[1] == CGPoint(x: 136, y: 288) && corners[2] == CGPoint(x: 136, y: 304))
        let tag = LineTag(corners: corners)
        #expect(abs(tag.fontSize - 11.2) < 1e-9)
        #expect(isNear(tag.frame(textWidth: 20, viewWidth: 432), CGRect(x: 136, y: 289, width: 25.6, height: 14)))
        #expect(isNear(tag.frame(textWidth: 20, viewWidth: 150), CGRect(x: 124.4, y: 289, width: 25.6, height: 14)))
        let small = LineTag(corners: [.zero, .zero, CGPoint(x: 0, y: 1), CGPoint(x: 0, y: 1)])
        let large = LineTag(corners: [.zero, .zero, CGPoint(x: 0, y: 99), CGPoint(x: 0, y: 99)])
        #expect((small.fontSize, large.fontSize) == (7, 12))
    }
}

@Suite struct RowsTests {
    private func line(_ text: String?, _ region: Int?) -> TextLine {
        TextLine(quad: lines[0].quad, score: 1, text: text, textScore: 1, region: region)
    }

    @Test func perCentAreRoundedAsEverywhere() {
        #expect([0, 0.004, 0.005, 0.745, 0.994, 1].map { percent($0) } == ["0%", "0%", "1%", "75%", "99%", "100%"])
    }

    @Test func sharedTextHasALineEachAndAnEmptyOneBetweenRegions() {
        #expect(sharedText([line("a", 0), line("", 0), line("b", 0), line("c", 2)]) == "a\nb\n\nc")
        #expect(sharedText([line("a", nil), line("b", nil)]) == "a\nb")
        #expect(sharedText([]) == "")
    }

    @Test func linesStandUnderTheirRegions() {
        let found = [line("a", 0), line("b", 0), line("c", 2)]
        #expect(
            rows(found, regions: 3) == [
                .heading(1), .line(0, found[0]), .line(1, found[1]), .heading(2), .nothing(2), .heading(3), .line(2, found[2]),
            ])
        #expect(rows([line("a", nil)], regions: 0) == [.line(0, line("a", nil))])
        #expect(rows([], regions: 0) == [])
        #expect(Set(rows(found, regions: 3).map(\.id)).count == 7)
    }
}

@Suite struct UprightTests {
    /// 3 x 2 pixels, of which the red says the number, in rows of 16 bytes.
    private let stored: [UInt8] = (0..<2).flatMap { y in (0..<3).flatMap { x in [UInt8(10 * y + x), 1, 2, 99] } + [7, 7, 7, 7] }

    private func reds(_ orientation: Int) throws -> (width: Int, reds: [UInt8]) {
        let picture = try stored.withUnsafeBytes { try upright($0, width: 3, height: 2, bytesPerRow: 16, orientation: orientation) }
        return (picture.width, stride(from: 0, to: picture.pixels.count, by: 3).map { picture.pixels[$0] })
    }

    /// As EXIF 2.3 has them: where the stored first row and first column are when the photo is upright.
    @Test(
        arguments: [
            (1, 3, [0, 1, 2, 10, 11, 12]), (2, 3, [2, 1, 0, 12, 11, 10]), (3, 3, [12, 11, 10, 2, 1, 0]), (4, 3, [10, 11, 12, 0, 1, 2]),
            (5, 2, [0, 10, 1, 11, 2, 12]), (6, 2, [10, 0, 11, 1, 12, 2]), (7, 2, [12, 2, 11, 1, 10, 0]), (8, 2, [2, 12, 1, 11, 0, 10]),
            (9, 3, [0, 1, 2, 10, 11, 12]),
        ] as [(Int, Int, [UInt8])])
    func everyOrientation(_ orientation: Int, _ width: Int, _ expected: [UInt8]) throws {
        let (gotWidth, got) = try reds(orientation)
        #expect(gotWidth == width && got == expected)
    }

    @Test func tooFewBytesAreAnError() {
        #expect(throws: CtpnError.self) {
            try stored.withUnsafeBytes { try upright($0, width: 3, height: 3, bytesPerRow: 16, orientation: 1) }
        }
        #expect(throws: CtpnError.self) {
            try stored.withUnsafeBytes { try upright($0, width: 0, height: 2, bytesPerRow: 16, orientation: 1) }
        }
    }

    @Test func largePhotosAreReducedSmallOnesNot() {
        #expect(reducedSide(width: 2896, height: 2172) == nil)
        #expect(reducedSide(width: 4032, height: 3024) == 2896)
        #expect(reducedSide(width: 6048, height: 8064) == 2896)  // 48 megapixels
    }
}
