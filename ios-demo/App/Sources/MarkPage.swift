import ReaderModel
import SwiftUI

/// 请标记区域.
struct MarkPage: View {
    let model: ReaderModel
    let photo: Photo
    let marking: Marking
    let isReading: Bool

    var body: some View {
        MarkingView(photo: photo, picture: model.picture, marking: marking) { model.send(.markingChanged($0)) }
            .safeAreaInset(edge: .top) {
                Text("mark_hint").font(.footnote).foregroundStyle(.secondary).padding(8).frame(maxWidth: .infinity).background(.bar)
            }
            .safeAreaInset(edge: .bottom) { readButton }
            .navigationTitle("mark_title")
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .topBarLeading) {
                    Button("back", systemImage: "chevron.backward") { model.send(.back) }
                }
                ToolbarItemGroup(placement: .topBarTrailing) {
                    Button("undo", systemImage: "arrow.uturn.backward") { model.send(.markingChanged(marking.undone())) }
                        .disabled(!marking.canUndo)
                    Button("delete", systemImage: "trash") { deleteSelected() }
                        .disabled(marking.selected == nil)
                }
            }
            .disabled(isReading)
            .allowsHitTesting(!isReading)
            .accessibilityHidden(isReading)
            .overlay { if isReading { progress } }
    }

    private var readButton: some View {
        Button(action: { model.read() }) {
            Group {
                if marking.rectangles.isEmpty { Text("read_all") } else { Text("read_marked \(marking.rectangles.count)") }
            }
            .frame(maxWidth: .infinity)
        }
        .buttonStyle(.borderedProminent)
        .controlSize(.large)
        .padding(16)
        .frame(maxWidth: 560)
        .frame(maxWidth: .infinity)
        .background(.bar)
    }

    private var progress: some View {
        VStack(spacing: 16) {
            ProgressView(value: model.progress) { Text("reading") }
            Button("cancel", role: .cancel) { model.send(.back) }.buttonStyle(.bordered)
        }
        .padding(24)
        .frame(maxWidth: 280)
        .background(.regularMaterial, in: .rect(cornerRadius: 16))
    }

    private func deleteSelected() {
        if let selected = marking.selected { model.send(.markingChanged(marking.deleting(selected))) }
    }
}
