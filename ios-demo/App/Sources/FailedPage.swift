import ReaderModel
import SwiftUI
import UIKit

/// An error, and a button to go on.
struct FailedPage: View {
    let failure: Failure
    let detail: String
    let goOn: () -> Void
    @Environment(\.openURL) private var openURL

    var body: some View {
        ContentUnavailableView {
            title
        } description: {
            if failure == .noCamera { Text("camera_hint") } else { Text(verbatim: detail).textSelection(.enabled) }
        } actions: {
            if failure == .noCamera {
                Button("settings") {
                    if let settings = URL(string: UIApplication.openSettingsURLString) { openURL(settings) }
                }
            }
            Button("go_on") { goOn() }.buttonStyle(.borderedProminent)
        }
    }

    @ViewBuilder private var title: some View {
        switch failure {
        case .photo: Label("failed_photo", systemImage: "exclamationmark.triangle")
        case .reader: Label("failed_reader", systemImage: "exclamationmark.triangle")
        case .noCamera: Label("failed_camera", systemImage: "camera")
        case .memory: Label("failed_memory", systemImage: "memorychip")
        }
    }
}
