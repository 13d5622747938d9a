import Fakes
import Foundation
import ReaderOnnx
import Testing

@testable import ReaderCore

/// The real models read what Python reads, to the text and a tenth of a pixel.
@Suite struct TextReaderTests {
    @Test(arguments: try ReaderCase.pages()) func int8ModelsReadTheSameLines(_ page: ReaderCase.Page) async throws {
        let reader = try await OnnxLoader(threads: 1).load(try ReaderCase.bundle())
        let found = try await reader.read(try ReaderCase.photo(page.photo), regions: page.regions)
        expectSame(page.lines, found.lines)
    }

    @Test(arguments: try ReaderCase.pages()) func theFloatModelFindsTheSameLines(_ page: ReaderCase.Page) async throws {
        let bundle = try ReaderCase.bundle()
        let detector = try OnnxDetector(try ReaderCase.file("mobile.onnx"), bundle.detectorSpec, threads: 1)
        let recognizer = try OnnxRecognizer(try bundle.content("recognizer.onnx"), bundle.recognizerSpec, threads: 1)
        let found = try await TextReader(detector: detector, recognizer: recognizer)
            .detect(try ReaderCase.photo(page.photo), regions: page.regions)
        expectSame(page.float, found.lines)
    }

    @Test func thereIsMuchToReadInRegionsToo() throws {
        let pages = try ReaderCase.pages()
        #expect(pages.reduce(0) { $0 + $1.lines.count } > 100)
        #expect(Set(pages.first { $0.photo == "fields" }?.lines.map(\.region) ?? []).count >= 4)
        #expect(
            pages.contains { $0.lines.isEmpty } && pages.contains { $0.photo == "upside down" } && pages.contains { $0.photo == "long" })
    }

    @Test func allStagesAreTimedAndProgressGoesUpToOne() async throws {
        let page = try #require(try ReaderCase.pages().first { $0.photo == "fields" })
        let reader = try await OnnxLoader(threads: 1).load(try ReaderCase.bundle())
        let progress = Numbers()
        let photo = try ReaderCase.photo("fields")
        let found = try await reader.read(photo, regions: page.regions) { progress.add($0) }
        #expect(Set(found.times.keys) == Set(StageTimer.stages).subtracting(["decode"]))
        #expect(
            found.times.values.allSatisfy { $0 > 0 } && found.width == photo.width && found.height == photo.height && found.warnings.isEmpty
        )
        let all = progress.all
        #expect(all.count > 5 && all == all.sorted() && all.first! > 0 && all.last == 1)
    }

    @Test func aCancelledReadingEndsAndTheReaderCanBeUsedAgain() async throws {
        let reader = try await OnnxLoader(threads: 1).load(try ReaderCase.bundle())
        let (photo, page) = (try ReaderCase.photo("fields"), try #require(try ReaderCase.pages().first { $0.photo == "fields" }))
        let progress = Numbers()
        let reading = Task {
            try await reader.read(photo, regions: page.regions) { part in
                progress.add(part)
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(progress.all.count == 1)
        expectSame(page.lines, try await reader.read(photo, regions: page.regions).lines)
    }

    @Test func regionsOutsideOfThePhotoAreRefused() async throws {
        let reader = try await OnnxLoader(threads: 1).load(try ReaderCase.bundle())
        let blank = RgbImage(100, 80, .init(repeating: 0, count: 3 * 100 * 80))
        let outside = try Region.rectangle(x: 200, y: 0, width: 10, height: 10)
        await #expect(throws: CtpnError.self) { try await reader.read(blank, regions: [outside]) }
        #expect(try await reader.read(blank, regions: []).lines == [])
    }

    private func expectSame(_ expected: [TextLine], _ got: [TextLine]) {
        #expect(expected.map { "\($0.region ?? -1) \($0.text ?? "-")" } == got.map { "\($0.region ?? -1) \($0.text ?? "-")" })
        for (a, b) in zip(expected, got) {
            let apart = zip(a.quad.corners, b.quad.corners).map { max(abs($0.x - $1.x), abs($0.y - $1.y)) }.max() ?? 0
            #expect(apart <= 0.1 && abs(a.score - b.score) <= 0.005 && abs((a.textScore ?? 0) - (b.textScore ?? 0)) <= 0.005, "\(a) \(b)")
        }
    }
}

/// Reading with a bundle from beginning to end, and what may happen meanwhile.
@Suite struct BundleReaderTests {
    private func reader(_ folder: URL = ReaderCase.bundleFolder, _ loader: CountingLoader = CountingLoader()) -> BundleReader {
        BundleReader(folder: folder, loader: loader, decoder: GoldenPhotoDecoder())
    }

    @Test func itIsLoadedOnceForManyReadings() async throws {
        let loader = CountingLoader()
        let reader = reader(ReaderCase.bundleFolder, loader)
        let photo = try ReaderCase.photo("tiny")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { _ = try await reader.read(photo, regions: nil) { _ in } } }
            try await group.waitForAll()
        }
        #expect(loader.loads.all.count == 1)
    }

    @Test func aMemoryWarningLetsGoOfTheModels() async throws {
        let loader = CountingLoader()
        let reader = reader(ReaderCase.bundleFolder, loader)
        let (photo, page) = (try ReaderCase.photo("fields"), try #require(try ReaderCase.pages().first { $0.photo == "fields" }))
        let warned = Numbers()
        let lines = try await reader.read(photo, regions: page.regions) { part in
            if part < 0.2 { Task { await reader.releaseMemory() } }  // in the middle: this reading goes on
            warned.add(part)
        }.lines
        #expect(lines.map(\.text) == page.lines.map(\.text) && warned.all.first! < 0.2)
        await reader.releaseMemory()
        #expect(loader.alive == 0)
        #expect(try await reader.read(photo, regions: page.regions) { _ in }.lines == lines)
        #expect(loader.loads.all.count == 2)
    }

    @Test func aDamagedBundleIsAnErrorUntilItIsWhole() async throws {
        let folder = try TemporaryFolder(copyOf: "bundle")
        let reader = reader(folder.url)
        try folder.write("recognizer.onnx", [1, 2, 3])
        for _ in 0..<2 { await #expect(throws: CtpnError.self) { try await reader.load() } }
        try folder.write("recognizer.onnx", try ReaderCase.file("bundle/recognizer.onnx"))
        try await reader.load()
    }

    @Test func aDeviceThatComputesOtherwiseIsNoticed() async throws {
        let bundle = try ReaderCase.bundle()
        let reader = try await OnnxLoader(threads: 1).load(bundle)
        let photo = try ReaderCase.photo("golden")
        try await reader.selfTest(bundle.golden, photo)
        let text = String(decoding: try bundle.content("golden.json"), as: UTF8.self)
        let other = try GoldenCase(json: text.replacing(/"text": "/, with: "\"text\": \"!", maxReplacements: 1))
        await #expect(throws: CtpnError.self) { try await reader.selfTest(other, photo) }
    }
}

/// Numbers that come from several threads, in their order.
final class Numbers: @unchecked Sendable {
    private let lock = NSLock()
    private var numbers: [Double] = []

    var all: [Double] { lock.withLock { numbers } }

    func add(_ number: Double) { lock.withLock { numbers.append(number) } }
}

/// The real models; it knows how often they were loaded and how many detectors there are.
final class CountingLoader: ModelLoader, @unchecked Sendable {
    let loads = Numbers()
    private let lock = NSLock()
    private var detectors: [WeakDetector] = []
    let runtime = OnnxLoader().runtime

    /// Detectors that somebody holds.
    var alive: Int { lock.withLock { detectors.filter { $0.detector != nil }.count } }

    func detector(_ bundle: ModelBundle) async throws -> any Detector {
        loads.add(1)
        let onnx = try OnnxDetector(try bundle.content("detector.onnx"), bundle.detectorSpec, threads: 1)
        let detector = HeldDetector(onnx)
        lock.withLock { detectors.append(WeakDetector(detector: detector)) }
        return detector
    }

    func recognizer(_ bundle: ModelBundle) async throws -> any Recognizer { try await OnnxLoader(threads: 1).recognizer(bundle) }
}

private struct WeakDetector {
    weak var detector: HeldDetector?
}

/// A detector as a class, so that it is seen when nobody holds it any more.
private final class HeldDetector: Detector {
    private let detector: OnnxDetector

    init(_ detector: OnnxDetector) { self.detector = detector }

    var spec: DetectorSpec { detector.spec }

    func maps(_ pixels: RgbImage) async throws -> [DetectorMap: FloatMap] { try await detector.maps(pixels) }
}

/// The choice of a runtime.
@Suite struct FastestTests {
    private let bundle: ModelBundle
    private let photo: RgbImage

    init() throws { (bundle, photo) = (try ReaderCase.bundle(), try ReaderCase.photo("golden")) }

    @Test func theFasterOneThatReadsTheGoldenCaseIsChosen() async throws {
        let clock = TestClock()
        let (quick, slow) = (OtherLoader(clock: clock, delay: .milliseconds(2)), OtherLoader(clock: clock, delay: .milliseconds(3)))
        let blind = OtherLoader(clock: clock, delay: .milliseconds(1), isBlind: true)
        #expect(try await fastest([slow, quick], bundle, photo, rounds: 1, now: { clock.now }) == 1)
        #expect(try await fastest([quick, quick, slow], bundle, photo, rounds: 1, now: { clock.now }) == 0)
        #expect(try await fastest([BrokenLoader(), blind, slow], bundle, photo, rounds: 1, now: { clock.now }) == 2)
        #expect(try await fastest([BrokenLoader(), BrokenLoader()], bundle, photo) == 0)
    }
}

/// The real models, but the detector is slow, or sees nothing.
private struct OtherLoader: ModelLoader {
    let clock: TestClock
    var delay = Duration.zero
    var isBlind = false
    let runtime = OnnxLoader().runtime

    func detector(_ bundle: ModelBundle) async throws -> any Detector {
        OtherDetector(detector: try await OnnxLoader(threads: 1).detector(bundle), clock: clock, delay: delay, isBlind: isBlind)
    }

    func recognizer(_ bundle: ModelBundle) async throws -> any Recognizer { try await OnnxLoader(threads: 1).recognizer(bundle) }
}

private struct OtherDetector: Detector {
    let detector: any Detector
    let clock: TestClock
    let delay: Duration
    let isBlind: Bool

    var spec: DetectorSpec { detector.spec }

    func maps(_ pixels: RgbImage) async throws -> [DetectorMap: FloatMap] {
        clock.advance(by: delay)
        let maps = try await detector.maps(pixels)
        if !isBlind { return maps }
        return maps.mapValues {
            FloatMap(height: $0.height, width: $0.width, channels: $0.channels, values: $0.values.map { _ in 0 })
        }
    }
}

private struct BrokenLoader: ModelLoader {
    let runtime = OnnxLoader().runtime

    func detector(_ bundle: ModelBundle) async throws -> any Detector { throw CtpnError.model("no such model") }
    func recognizer(_ bundle: ModelBundle) async throws -> any Recognizer { throw CtpnError.model("no such model") }
}
