import CoreGraphics
import Foundation
import ImageIO
import ReaderCore
import ReaderModel

/// A photo's file to pixels, by the system: JPEG, HEIC, PNG and what else it knows; Display P3 becomes sRGB.
struct ImageDecoder: PhotoDecoder {
    func decode(_ file: [UInt8]) throws -> RgbImage {
        guard let source = CGImageSourceCreateWithData(Data(file) as CFData, nil),
            let properties = CGImageSourceCopyPropertiesAtIndex(source, 0, nil) as? [CFString: Any],
            let width = properties[kCGImagePropertyPixelWidth] as? Int, let height = properties[kCGImagePropertyPixelHeight] as? Int,
            width > 0, height > 0
        else { throw CtpnError.image("not a picture that this phone can open; choose another") }
        guard let image = stored(source, reducedSide(width: width, height: height)) else {
            throw CtpnError.image("a damaged picture; choose another")
        }
        return try pixels(image, orientation: properties[kCGImagePropertyOrientation] as? Int ?? 1)
    }

    /// As it is stored, reduced while it is decoded: 48 megapixels would take 192 MB.
    private func stored(_ source: CGImageSource, _ side: Int?) -> CGImage? {
        guard let side else { return CGImageSourceCreateImageAtIndex(source, 0, [kCGImageSourceShouldCache: false] as CFDictionary) }
        let options: [CFString: Any] = [
            kCGImageSourceCreateThumbnailFromImageAlways: true, kCGImageSourceThumbnailMaxPixelSize: side,
            kCGImageSourceShouldCache: false,
        ]
        return CGImageSourceCreateThumbnailAtIndex(source, 0, options as CFDictionary)
    }

    /// Transparent pixels become white, as in Python: their colour may be any, mostly the black of the letters.
    private func pixels(_ image: CGImage, orientation: Int) throws -> RgbImage {
        let (width, height) = (image.width, image.height)
        guard let space = CGColorSpace(name: CGColorSpace.sRGB),
            let context = CGContext(
                data: nil, width: width, height: height, bitsPerComponent: 8, bytesPerRow: 0, space: space,
                bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue),
            let data = context.data
        else { throw MemoryShortage() }
        let whole = CGRect(x: 0, y: 0, width: width, height: height)
        context.setFillColor(red: 1, green: 1, blue: 1, alpha: 1)
        context.fill(whole)
        context.draw(image, in: whole)
        let bytes = UnsafeRawBufferPointer(start: data, count: context.bytesPerRow * height)
        return try upright(bytes, width: width, height: height, bytesPerRow: context.bytesPerRow, orientation: orientation)
    }
}
