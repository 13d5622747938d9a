import ReaderCore
import ReaderModel
import SwiftUI

/// 完成: the photo is deleted, the text can still be taken along.
struct DonePage: View {
    let lines: [TextLine]
    let retake: () -> Void

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 16) {
                Text("done_hint").font(.footnote).foregroundStyle(.secondary)
                Text(verbatim: sharedText(lines)).textSelection(.enabled)
            }
            .padding(24)
            .frame(maxWidth: .infinity, alignment: .leading)
        }
        .safeAreaInset(edge: .bottom) {
            Button(action: { retake() }) { Text("retake").frame(maxWidth: .infinity) }
                .buttonStyle(.borderedProminent)
                .controlSize(.large)
                .padding(16)
                .frame(maxWidth: 560)
                .frame(maxWidth: .infinity)
                .background(.bar)
        }
        .navigationTitle("done")
        .navigationBarTitleDisplayMode(.inline)
        .toolbar {
            ToolbarItemGroup(placement: .topBarTrailing) {
                CopyButton(text: sharedText(lines))
                ShareLink("share", item: sharedText(lines)).disabled(sharedText(lines).isEmpty)
            }
        }
    }
}
