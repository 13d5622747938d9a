// ImageIO, as far as the app uses it. A file is here what tests write: "stub WIDTH HEIGHT ORIENTATION", then the pixels, four bytes each.
import CoreGraphics

public let kCGImagePropertyOrientation: CFString = "Orientation"
public let kCGImagePropertyPixelWidth: CFString = "PixelWidth"
public let kCGImagePropertyPixelHeight: CFString = "PixelHeight"
public let kCGImageSourceCreateThumbnailFromImageAlways: CFString = "kCGImageSourceCreateThumbnailFromImageAlways"
public let kCGImageSourceThumbnailMaxPixelSize: CFString = "kCGImageSourceThumbnailMaxPixelSize"
public let kCGImageSourceShouldCache: CFString = "kCGImageSourceShouldCache"

public final class CGImageSource {
    let image: CGImage
    let orientation: Int
    init?(_ data: Data) {
        guard let end = data.firstIndex(of: 10) else { return nil }
        let words = String(decoding: data[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 4, words[0] == "stub", let width = Int(words[1]), let height = Int(words[2]), let turn = Int(words[3]) else {
            return nil
        }
        (image, orientation) = (CGImage(width: width, height: height, rgba: [UInt8](data[(end + 1)...])), turn)
    }
}
public func CGImageSourceCreateWithData(_ data: CFData, _ options: CFDictionary?) -> CGImageSource? { CGImageSource(data) }
// CFDictionary? on Apple's systems, from where it is cast to a dictionary.
public func CGImageSourceCopyPropertiesAtIndex(_ source: CGImageSource, _ index: Int, _ options: CFDictionary?) -> Any? {
    [
        kCGImagePropertyPixelWidth: source.image.width, kCGImagePropertyPixelHeight: source.image.height,
        kCGImagePropertyOrientation: source.orientation,
    ]
}
public func CGImageSourceCreateImageAtIndex(_ source: CGImageSource, _ index: Int, _ options: CFDictionary?) -> CGImage? {
    source.image.hasPixels ? source.image : nil
}
public func CGImageSourceCreateThumbnailAtIndex(_ source: CGImageSource, _ index: Int, _ options: CFDictionary?) -> CGImage? {
    guard let side = options?[kCGImageSourceThumbnailMaxPixelSize] as? Int else { return nil }
    let (width, height) = (source.image.width, source.image.height)
    return source.image.reduced(width * side / max(width, height), height * side / max(width, height))
}
