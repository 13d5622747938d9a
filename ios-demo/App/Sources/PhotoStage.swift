import ReaderCore
import ReaderModel
import SwiftUI

/// A photo at the place that a viewport says, what is drawn over it, and the fingers on it.
struct PhotoStage<Elements: View>: View {
    let photo: Photo
    /// Nil while it is being decoded.
    let picture: RgbImage?
    let viewport: Viewport
    let draw: (inout GraphicsContext) -> Void
    let onTouch: (Touch) -> Void
    /// What those hear who cannot see the photo.
    @ViewBuilder let elements: Elements
    @State private var image: CGImage?

    var body: some View {
        ZStack {
            if let image {
                Image(decorative: image, scale: 1)
                    .resizable()
                    .interpolation(.high)
                    .frame(width: viewport.frame.width, height: viewport.frame.height)
                    .position(x: viewport.frame.midX, y: viewport.frame.midY)
            }
            Canvas { context, _ in draw(&context) }.accessibilityHidden(true)
            TouchSurface(onTouch: onTouch).accessibilityHidden(true)
            elements
        }
        .background(.quaternary)
        .clipped()
        .task(id: picture == nil ? "" : photo.source) { image = picture.flatMap(cgImage) }
    }
}

/// An element without looks. What it says comes before its `position`: what has one takes all the room, and so would VoiceOver's frame.
struct Spot: View {
    let size: CGSize

    var body: some View { Color.clear.frame(width: size.width, height: size.height).allowsHitTesting(false) }
}

/// The same pixels for the screen.
func cgImage(_ picture: RgbImage) -> CGImage? {
    guard let space = CGColorSpace(name: CGColorSpace.sRGB), let provider = CGDataProvider(data: Data(picture.pixels) as CFData) else {
        return nil
    }
    return CGImage(
        width: picture.width, height: picture.height, bitsPerComponent: 8, bitsPerPixel: 24, bytesPerRow: 3 * picture.width, space: space,
        bitmapInfo: CGBitmapInfo(rawValue: CGImageAlphaInfo.none.rawValue), provider: provider, decode: nil, shouldInterpolate: true,
        intent: .defaultIntent)
}
