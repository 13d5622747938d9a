import Foundation
import ReaderModel
import Testing

/// A finger reaches 30 pixels, and has slipped only when it moves less than 10. The same cases as Kotlin's DragTest.
@Suite struct DragTests {
    private let first = CGRect(x: 100, y: 100, width: 200, height: 160)
    private var one: Marking { Marking().adding(first) }

    private func dragged(_ marking: Marking, _ x0: CGFloat, _ y0: CGFloat, _ x1: CGFloat, _ y1: CGFloat) -> Marking {
        Drag(before: marking, photo: CGSize(width: 1000, height: 800), from: CGPoint(x: x0, y: y0), reach: 30).at(CGPoint(x: x1, y: y1))
    }

    private func last(_ marking: Marking, _ x0: CGFloat, _ y0: CGFloat, _ x1: CGFloat, _ y1: CGFloat) -> CGRect? {
        dragged(marking, x0, y0, x1, y1).rectangles.last
    }

    private func rectangle(_ x: CGFloat, _ y: CGFloat, _ width: CGFloat, _ height: CGFloat) -> CGRect {
        CGRect(x: x, y: y, width: width, height: height)
    }

    @Test func drawingInAnyDirectionMakesTheSameRectangle() {
        for (x0, y0, x1, y1) in [(50.0, 60.0, 350.0, 100.0), (350, 100, 50, 60), (50, 100, 350, 60)] {
            let drawn = dragged(Marking(), x0, y0, x1, y1)
            #expect(drawn.rectangles == [rectangle(50, 60, 300, 40)])
            #expect(drawn.selected == 0)
        }
    }

    @Test func drawingEndsAtThePhotosEdge() {
        #expect(last(Marking(), 900, 700, 5000, 900) == rectangle(900, 700, 100, 100))
        #expect(last(Marking(), -40, -1, 20, 30) == rectangle(0, 0, 20, 30))
    }

    @Test func whatIsTooSmallIsATap() {
        #expect(dragged(Marking(), 500, 500, 505, 505) == Marking())
        #expect(dragged(Marking(), 500, 500, 700, 505) == Marking())  // a line, no area
        #expect(dragged(one, 500, 500, 501, 500).selected == nil)
    }

    @Test func aRectangleMovesAndStaysInside() {
        #expect(last(one, 200, 180, 250, 160) == rectangle(150, 80, 200, 160))
        #expect(last(one, 200, 180, 9000, 9000) == rectangle(800, 640, 200, 160))
        #expect(dragged(one, 200, 180, 9000, 9000).rectangles.count == 1)
    }

    @Test func edgesAndCornersOfTheSelectedOneFollowTheFinger() {
        #expect(last(one, 95, 180, 75, 180) == rectangle(80, 100, 220, 160))
        #expect(last(one, 310, 270, 360, 310) == rectangle(100, 100, 250, 200))
        #expect(last(one, 200, 105, 200, 95) == rectangle(100, 90, 200, 170))
        #expect(last(one, 100, 100, -500, -500) == rectangle(0, 0, 300, 260))
    }

    @Test func noEdgePassesTheOther() {
        #expect(last(one, 100, 180, 900, 180) == rectangle(290, 100, 10, 160))
        #expect(last(one, 200, 260, 200, -900) == rectangle(100, 100, 200, 10))
    }

    @Test func evenASmallOneCanBeMoved() {
        #expect(last(Marking().adding(rectangle(500, 500, 16, 16)), 508, 508, 548, 508) == rectangle(540, 500, 16, 16))
    }

    @Test func onlyTheSelectedOneCanBeGrabbedByAnEdge() {
        let drawn = dragged(one.selecting(nil), 80, 80, 60, 40)  // beside the corner: a new one
        #expect(drawn.rectangles == [first, rectangle(60, 40, 20, 40)])
    }

    @Test func theSelectedOneGoesBeforeOthersElseTheSmallest() {
        let nested = one.adding(rectangle(150, 140, 80, 60))
        #expect(dragged(nested.selecting(nil), 190, 170, 191, 170).selected == 1)
        #expect(dragged(nested.selecting(0), 190, 170, 191, 170).selected == 0)
        #expect(dragged(nested, 110, 110, 111, 110).selected == 0)
    }

    @Test func oneGestureIsOneStepBack() {
        let drag = Drag(before: one, photo: CGSize(width: 1000, height: 800), from: CGPoint(x: 200, y: 180), reach: 30)
        _ = drag.at(CGPoint(x: 300, y: 300))
        #expect(drag.at(CGPoint(x: 320, y: 310)).undone().rectangles == one.rectangles)
    }
}

@Suite struct ViewportTests {
    private let wide = Viewport(photo: CGSize(width: 4000, height: 3000), view: CGSize(width: 1000, height: 1500))

    private func expectSame(_ got: CGPoint, _ x: CGFloat, _ y: CGFloat, _ location: SourceLocation = #_sourceLocation) {
        #expect(abs(got.x - x) < 0.001 && abs(got.y - y) < 0.001, "\(got)", sourceLocation: location)
    }

    @Test func theWholePhotoIsInTheMiddleWithinItsMargin() {
        #expect(abs(wide.scale - 968.0 / 4000) < 1e-9)
        expectSame(wide.toView(.zero), 16, 387)
        expectSame(wide.toView(CGPoint(x: 4000, y: 3000)), 984, 1113)
        expectSame(wide.toPhoto(wide.toView(CGPoint(x: 1000, y: 2000))), 1000, 2000)
        expectSame(wide.frame.origin, 16, 387)
    }

    @Test func whatIsUnderTheFingersStaysUnderThem() {
        let under = wide.toPhoto(CGPoint(x: 400, y: 800))
        expectSame(wide.pinched(by: 3, around: CGPoint(x: 400, y: 800)).toView(under), 400, 800)
        expectSame(wide.pinched(by: 3, around: CGPoint(x: 430, y: 790), dx: 30, dy: -10).toView(under), 430, 790)
    }

    @Test func itGetsNoSmallerThanTheWholePhotoAndNoLargerThanAllowed() {
        #expect(wide.pinched(by: 0.1, around: CGPoint(x: 10, y: 10)) == wide)
        #expect(wide.pinched(by: 1e6, around: CGPoint(x: 500, y: 750)).scale == Viewport.maxScale)
    }

    @Test func aZoomedPhotoFillsTheView() {
        let large = wide.pinched(by: 4, around: CGPoint(x: 500, y: 750))
        expectSame(large.moved(dx: 1e6, dy: 1e6).toView(.zero), 16, 16)
        expectSame(large.moved(dx: -1e6, dy: -1e6).toView(CGPoint(x: 4000, y: 3000)), 984, 1484)
    }

    @Test func aPhotoOfOnePixelAndAViewOfSize0() {
        #expect(Viewport(photo: CGSize(width: 1, height: 1), view: wide.view).scale == 968)
        #expect(Viewport(photo: CGSize(width: 10, height: 10), view: .zero).scale > 0)
    }
}

@Suite struct FingersTests {
    private final class Hand {
        private var fingers = Fingers()
        func changed(_ phase: Fingers.Phase, places: [CGPoint], remaining: Int) -> Touch? {
            fingers.changed(phase, places: places, remaining: remaining)
        }
    }

    private let a = CGPoint(x: 10, y: 10)
    private let b = CGPoint(x: 50, y: 10)
    private let c = CGPoint(x: 90, y: 40)

    @Test func oneFingerPressesDragsAndLifts() {
        let fingers = Hand()
        #expect(fingers.changed(.began, places: [a], remaining: 1) == .pressed(a))
        #expect(fingers.changed(.moved, places: [b], remaining: 1) == .dragged(b))
        #expect(fingers.changed(.ended, places: [c], remaining: 0) == .released(c))
        #expect(fingers.changed(.moved, places: [c], remaining: 0) == nil)
    }

    @Test func aSecondFingerUndoesTheFirstAndPinches() {
        let fingers = Hand()
        _ = fingers.changed(.began, places: [a], remaining: 1)
        #expect(fingers.changed(.began, places: [a, b], remaining: 2) == .cancelled)
        #expect(fingers.changed(.moved, places: [a, CGPoint(x: 90, y: 10)], remaining: 2) == .pinched(by: 2, around: b, dx: 20, dy: 0))
        #expect(fingers.changed(.ended, places: [a, c], remaining: 1) == nil)
        #expect(fingers.changed(.moved, places: [c], remaining: 1) == nil)  // what remains draws nothing
        #expect(fingers.changed(.ended, places: [c], remaining: 0) == nil)
        #expect(fingers.changed(.began, places: [a], remaining: 1) == .pressed(a))
    }

    @Test func aPinchGoesOnWithAnotherFingerWithoutAJump() {
        let fingers = Hand()
        #expect(fingers.changed(.began, places: [a, b], remaining: 2) == nil)  // both at once: nothing to undo
        _ = fingers.changed(.ended, places: [a, b], remaining: 1)
        #expect(fingers.changed(.began, places: [a, c], remaining: 2) == nil)
        #expect(fingers.changed(.moved, places: [a, c], remaining: 2) == .pinched(by: 1, around: CGPoint(x: 50, y: 25), dx: 0, dy: 0))
    }

    @Test func whatTheSystemTakesAwayIsCancelled() {
        let fingers = Hand()
        _ = fingers.changed(.began, places: [a], remaining: 1)
        #expect(fingers.changed(.cancelled, places: [a], remaining: 0) == .cancelled)
    }
}
