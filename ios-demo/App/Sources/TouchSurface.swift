import ReaderModel
import SwiftUI
import UIKit

/// Where fingers are seen one by one: SwiftUI's own gestures do not tell where the second one is.
struct TouchSurface: UIViewRepresentable {
    let onTouch: (Touch) -> Void

    func makeUIView(context: Context) -> TouchView {
        let view = TouchView()
        view.isMultipleTouchEnabled = true
        return view
    }

    func updateUIView(_ uiView: TouchView, context: Context) { uiView.onTouch = onTouch }
}

final class TouchView: UIView {
    var onTouch: (Touch) -> Void = { _ in }
    private var fingers = Fingers()
    private var down: [UITouch] = []

    override func touchesBegan(_ touches: Set<UITouch>, with event: UIEvent?) {
        down += touches.sorted { $0.timestamp < $1.timestamp }
        send(.began, remaining: down.count)
    }

    override func touchesMoved(_ touches: Set<UITouch>, with event: UIEvent?) { send(.moved, remaining: down.count) }

    override func touchesEnded(_ touches: Set<UITouch>, with event: UIEvent?) { lifted(touches, .ended) }

    override func touchesCancelled(_ touches: Set<UITouch>, with event: UIEvent?) { lifted(touches, .cancelled) }

    private func lifted(_ touches: Set<UITouch>, _ phase: Fingers.Phase) {
        let remaining = down.filter { !touches.contains($0) }
        send(phase, remaining: remaining.count)
        down = remaining
    }

    private func send(_ phase: Fingers.Phase, remaining: Int) {
        let places = down.map { $0.location(in: self) }
        if let touch = fingers.changed(phase, places: places, remaining: remaining) { onTouch(touch) }
    }
}
