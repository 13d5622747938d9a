import Foundation
import ReaderCore
import ReaderModel
import Testing

@testable import App

/// The way from a file over ImageIO to pixels, with the stub's files in the place of JPEG and HEIC.
@Suite struct DecoderTests {
    /// 3 x 2 pixels, of which the red says the number.
    private func file(orientation: Int, alpha: UInt8 = 255) -> [UInt8] {
        Array("stub 3 2 \(orientation)\n".utf8) + (0..<2).flatMap { y in (0..<3).flatMap { x in [UInt8(10 * y + x), 7, 8, alpha] } }
    }

    private func reds(_ picture: RgbImage) -> [UInt8] { stride(from: 0, to: picture.pixels.count, by: 3).map { picture.pixels[$0] } }

    @Test func aSmallPhotoKeepsItsPixels() throws {
        let picture = try ImageDecoder().decode(file(orientation: 1))
        #expect(picture.width == 3 && picture.height == 2 && reds(picture) == [0, 1, 2, 10, 11, 12])
        #expect(picture.pixels[1] == 7 && picture.pixels[2] == 8)
    }

    @Test func aPhotoOnItsSideIsTurnedUpright() throws {
        let picture = try ImageDecoder().decode(file(orientation: 6))
        #expect(picture.width == 2 && picture.height == 3 && reds(picture) == [10, 0, 11, 1, 12, 2])
    }

    @Test func transparentPixelsAreWhite() throws {
        #expect(try ImageDecoder().decode(file(orientation: 1, alpha: 0)).pixels.allSatisfy { $0 == 255 })
    }

    @Test(arguments: [(4032, 3024, 1), (6048, 8064, 1), (8064, 6048, 6)])
    func largePhotosAreReducedWhileTheyAreDecoded(_ width: Int, _ height: Int, _ orientation: Int) throws {
        let picture = try ImageDecoder().decode(Array("stub \(width) \(height) \(orientation)\n".utf8))
        #expect(max(picture.width, picture.height) == 2896 && picture.width * picture.height <= 2896 * 2172)
        #expect((picture.width > picture.height) == ((width > height) == (orientation == 1)))
    }

    @Test(arguments: ["", "no picture\n", "stub 3 2 1\n12", "stub 0 2 1\n"]) func whatIsNoPictureIsAnError(_ content: String) {
        #expect(throws: CtpnError.self) { try ImageDecoder().decode(Array(content.utf8)) }
    }

    @Test func withoutMemoryItSaysSo() {
        #expect(throws: MemoryShortage.self) {
            try ImageDecoder().decode(Array("stub 200000 2 1\n".utf8) + Array(repeating: 0, count: 1_600_000))
        }
    }

    @Test func theScreensPixelsAreTheReaders() throws {
        let picture = try RgbImage(width: 5, height: 2, pixels: Array(repeating: 9, count: 30))
        let shown = try #require(cgImage(picture))
        #expect(shown.width == 5 && shown.height == 2)
    }

    @Test func thePhoneSaysWhatItIs() async {
        let device = await Phone.device
        #expect(!device.model.isEmpty && device.system == "iOS 17.0" && device.cores > 0 && device.memoryMb > 100)
        #expect(Phone.peakMemoryMb() > 10)
    }
}
