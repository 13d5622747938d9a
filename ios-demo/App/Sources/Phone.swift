import Foundation
import ReaderModel
import UIKit

/// Where something was measured: app and device of docs/phone.md.
enum Phone {
    static var app: PhoneReport.App {
        .init(name: "ios", version: Bundle.main.infoDictionary?["CFBundleShortVersionString"] as? String ?? "")
    }

    @MainActor static var device: PhoneReport.Device {
        let process = ProcessInfo.processInfo
        return .init(
            model: model, system: "\(UIDevice.current.systemName) \(UIDevice.current.systemVersion)", processor: "",
            cores: process.activeProcessorCount, memoryMb: Int(process.physicalMemory / 1_000_000))
    }

    /// Such as "iPhone17,3": the system has no other name for it.
    private static var model: String {
        var system = utsname()
        uname(&system)
        return withUnsafeBytes(of: &system.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Peak memory of this process so far.
    static let peakMemoryMb: @Sendable () -> Int = {
        var usage = rusage()
        #if os(Linux)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss * 1024 / 1_000_000
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss / 1_000_000  // bytes on Apple's systems
        #endif
    }
}
