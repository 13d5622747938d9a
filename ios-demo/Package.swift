// swift-tools-version: 6.0
import PackageDescription

// Tools 6.0 means Swift 6 mode for every target: what could race does not compile. A target names each module that it imports, not only
// the nearest ones: else it is not built again when one of them changes, keeps the old layout of its structures, and crashes.
let package = Package(
    name: "Reader",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "Reader", targets: ["ReaderCore", "ReaderOnnx", "ReaderCoreML", "ReaderCrypto", "ReaderModel"])],
    targets: [
        .target(name: "ReaderCore"),  // the stages: Foundation alone
        .target(name: "ReaderModel", dependencies: ["ReaderCore"]),  // what the screen shows: Foundation and Observation
        .target(name: "ReaderOnnx", dependencies: ["ReaderCore", "COnnxRuntime"]),
        .testTarget(name: "ReaderCoreTests", dependencies: ["ReaderCore", "ReaderCrypto"]),
        .testTarget(name: "ReaderModelTests", dependencies: ["ReaderCore", "ReaderModel", "Fakes"]),
        // Readers and decoders of the tests of screens.
        .target(name: "Fakes", dependencies: ["ReaderCore", "ReaderModel"], path: "Tests/Fakes"),
        .testTarget(name: "ReaderOnnxTests", dependencies: ["ReaderCore", "ReaderOnnx", "ReaderCrypto", "Fakes"]),
    ]
)

#if os(Linux)
    // The C API in the folder that test.sh names.
    package.targets.append(.systemLibrary(name: "COnnxRuntime"))

    // The app itself, which Xcode builds from App/Sources: here against declarations of Apple's frameworks, so that its types are checked.
    let stubs = [
        "CoreGraphics": [], "CoreVideo": ["CoreGraphics"], "CoreML": ["CoreVideo"], "UIKit": ["CoreGraphics"], "SwiftUI": ["UIKit"],
        "PhotosUI": ["SwiftUI"], "ImageIO": ["CoreGraphics"], "AVFoundation": [], "CryptoKit": [],
    ]
    for (name, needs) in stubs.sorted(by: { $0.key < $1.key }) {
        package.targets.append(.target(name: name, dependencies: needs.map { .init(stringLiteral: $0) }, path: "Stubs/\(name)"))
    }
    package.targets += [
        .target(name: "ReaderCoreML", dependencies: ["ReaderCore", "CoreML"]),
        .testTarget(name: "ReaderCoreMLTests", dependencies: ["ReaderCore", "ReaderCoreML", "ReaderOnnx", "Fakes", "CoreML"]),
        .target(name: "ReaderCrypto", dependencies: ["ReaderCore", "CryptoKit"]),
        // What docs/backend.md has, for tests/serve/test_docs.py.
        .executableTarget(name: "newer-bundle", dependencies: ["ReaderCore", "ReaderCrypto"], path: "Tests/NewerBundle"),
        .executableTarget(
            name: "App",
            dependencies: [
                "ReaderCore", "ReaderModel", "ReaderOnnx", "ReaderCoreML", "ReaderCrypto", "SwiftUI", "PhotosUI", "UIKit", "ImageIO",
                "CoreGraphics", "AVFoundation",
            ], path: "App/Sources"),
        .testTarget(
            name: "AppTests",
            dependencies: [
                "App", "Fakes", "ReaderCore", "ReaderModel", "ReaderOnnx", "ReaderCrypto", "SwiftUI", "PhotosUI", "UIKit", "ImageIO",
                "CoreGraphics", "AVFoundation",
            ]),
    ]
#else
    // The same header, <onnxruntime/onnxruntime_c_api.h>, lies in the framework that `tools/setup-ort.sh --ios .` puts beside this file.
    package.targets += [
        .target(name: "ReaderCoreML", dependencies: ["ReaderCore"]),
        .target(name: "ReaderCrypto", dependencies: ["ReaderCore"]),
        // It is a static library of C++ and Objective-C++, which says of the frameworks that it needs only Core ML.
        .target(
            name: "COnnxRuntime", dependencies: ["onnxruntime"], path: "Sources/COnnxRuntimeApple",
            linkerSettings: [.linkedLibrary("c++"), .linkedFramework("Foundation"), .linkedFramework("CoreML")]),
        .binaryTarget(name: "onnxruntime", path: "onnxruntime.xcframework"),
    ]
#endif
