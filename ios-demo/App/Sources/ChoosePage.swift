import AVFoundation
import PhotosUI
import ReaderCore
import ReaderModel
import SwiftUI
import UIKit

/// 拍照, 从相册选择.
struct ChoosePage: View {
    let model: ReaderModel
    let benchmark: BenchmarkModel
    let engine: EngineModel
    let sample: @Sendable () throws -> Data
    /// Shows the camera, which is not this page's: it is still there when the photo has led to the next page.
    @Binding var isTakingPhoto: Bool
    @State private var picked: PhotosPickerItem?
    @State private var isMeasuring = false
    @Environment(\.dynamicTypeSize) private var typeSize

    var body: some View {
        ScrollView {
            VStack(spacing: 16) {
                Image(systemName: "text.viewfinder")
                    .font(.system(size: 96))
                    .foregroundStyle(Color.accentColor)
                    .padding(.vertical, 48)
                    .accessibilityHidden(true)
                Text("choose_title").font(.title2).accessibilityAddTraits(.isHeader)
                Text("choose_hint").foregroundStyle(.secondary).multilineTextAlignment(.center)
            }
            .padding(24)
            .frame(maxWidth: .infinity)
            if typeSize.isAccessibilitySize { buttons }  // below the text: fixed they would leave no room for it
        }
        .safeAreaInset(edge: .bottom) { if !typeSize.isAccessibilitySize { buttons } }
        .sheet(isPresented: $isMeasuring) { BenchmarkPage(model: benchmark, engine: engine) }
        .onChange(of: picked) { _, item in open(item) }
    }

    private var buttons: some View {
        VStack(spacing: 12) {
            Button(action: { takePhoto() }) { Text("camera").frame(maxWidth: .infinity) }
                .buttonStyle(.borderedProminent)
            PhotosPicker(selection: $picked, matching: .images, preferredItemEncoding: .current) {
                Text("gallery").frame(maxWidth: .infinity)
            }
            .buttonStyle(.bordered)
            SideBySide(spacing: 24) {
                Button("sample") { model.open("sample") { [sample] in try sample() } }
                Button("benchmark") { isMeasuring = true }
            }
            .padding(8)
        }
        .controlSize(.large)
        .padding(24)
        .frame(maxWidth: 560)
        .frame(maxWidth: .infinity)
        .background(.bar)
    }

    /// The system asks for the camera itself, the first time; after a refusal it would show a black picture.
    private func takePhoto() {
        let isAllowed = [.authorized, .notDetermined].contains(AVCaptureDevice.authorizationStatus(for: .video))
        if isAllowed && UIImagePickerController.isSourceTypeAvailable(.camera) {
            isTakingPhoto = true
        } else {
            model.send(.broke(.noCamera, detail: ""))
        }
    }

    private func open(_ item: PhotosPickerItem?) {
        guard let item else { return }
        picked = nil
        model.open("library") {
            guard let file = try await item.loadTransferable(type: Data.self) else {
                throw CtpnError.image("the photo library gave no data; choose another photo")
            }
            return file
        }
    }
}

/// Views beside each other; below each other where the type is so large that their words would break.
struct SideBySide<Content: View>: View {
    let spacing: CGFloat
    @ViewBuilder let content: Content
    @Environment(\.dynamicTypeSize) private var typeSize

    var body: some View {
        let layout = typeSize.isAccessibilitySize ? AnyLayout(VStackLayout(spacing: spacing)) : AnyLayout(HStackLayout(spacing: spacing))
        layout { content }
    }
}
