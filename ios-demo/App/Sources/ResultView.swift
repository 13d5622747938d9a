import ReaderCore
import ReaderModel
import SwiftUI

/// The photo with the lines that were found: each line's quad and its probability in per cent.
struct ResultView: View {
    let photo: Photo
    let picture: RgbImage?
    let lines: [TextLine]
    let selected: Int?
    /// Called with the index of the line that was touched, nil for none.
    let onSelected: (Int?) -> Void
    @State private var touched: ResultCanvas?

    var body: some View {
        GeometryReader { proxy in
            let canvas = canvas(proxy.size)
            PhotoStage(photo: photo, picture: picture, viewport: canvas.viewport) { context in
                LineDrawing(lines: lines, selected: selected, viewport: canvas.viewport).draw(in: &context)
            } onTouch: { touch in
                var next = self.canvas(proxy.size)
                let tapped = next.touched(touch)
                touched = next
                if let tapped { onSelected(lines.index(at: tapped)) }
            } elements: {
                // The texts are heard in the list.
                Spot(size: canvas.viewport.frame.size)
                    .accessibilityElement()
                    .accessibilityLabel("found \(lines.count)")
                    .position(x: canvas.viewport.frame.midX, y: canvas.viewport.frame.midY)
            }
        }
    }

    /// What is shown, anew for a view of another size.
    private func canvas(_ size: CGSize) -> ResultCanvas {
        if let touched, touched.viewport.view == size, touched.viewport.photo == photo.size { return touched }
        return ResultCanvas(photo: photo.size, view: size)
    }
}

/// How lines look.
struct LineDrawing {
    let lines: [TextLine]
    let selected: Int?
    let viewport: Viewport

    private static let edge = Color(red: 0xDC / 255, green: 0x1E / 255, blue: 0x3C / 255)
    private static let fill = Color(red: 0xDC / 255, green: 0x1E / 255, blue: 0x3C / 255, opacity: 0.1)
    private static let strong = Color(red: 0xDC / 255, green: 0x1E / 255, blue: 0x3C / 255, opacity: 0.35)
    private static let digits = Color(red: 1, green: 1, blue: 1)

    func draw(in context: inout GraphicsContext) {
        let quads = lines.map { viewport.toView($0.quad) }
        for (index, corners) in quads.enumerated() { drawQuad(corners, standsOut: index == selected, context) }
        // After all quads: a neighbour's frame must not cross a number.
        for (line, corners) in zip(lines, quads) { drawTag(line, corners, context) }
    }

    private func drawQuad(_ corners: [CGPoint], standsOut: Bool, _ context: GraphicsContext) {
        let path = Path { path in
            path.addLines(corners)
            path.closeSubpath()
        }
        context.fill(path, with: .color(standsOut ? Self.strong : Self.fill))
        context.stroke(path, with: .color(Self.edge), lineWidth: standsOut ? 2.5 : 1.25)
    }

    private func drawTag(_ line: TextLine, _ corners: [CGPoint], _ context: GraphicsContext) {
        let tag = LineTag(corners: corners)
        let text = Text(verbatim: percent(line.score)).font(.system(size: tag.fontSize, weight: .bold)).foregroundStyle(Self.digits)
        let resolved = context.resolve(text)
        let frame = tag.frame(textWidth: resolved.measure(in: viewport.view).width, viewWidth: viewport.view.width)
        context.fill(Path(roundedRect: frame, cornerRadius: 0.25 * tag.fontSize), with: .color(Self.edge))
        context.draw(resolved, at: CGPoint(x: frame.midX, y: frame.midY))
    }
}
