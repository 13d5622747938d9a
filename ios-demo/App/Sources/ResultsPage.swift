import ReaderCore
import ReaderModel
import SwiftUI
import UIKit

/// The texts above the photo, or beside it where there is more width; 重拍 and 完成 below.
struct ResultsPage: View {
    let model: ReaderModel
    let photo: Photo
    let regions: Int
    let lines: [TextLine]
    let milliseconds: Int
    @State private var selected: Int?

    var body: some View {
        GeometryReader { proxy in
            let layout = proxy.size.width > proxy.size.height ? AnyLayout(HStackLayout(spacing: 0)) : AnyLayout(VStackLayout(spacing: 0))
            layout {
                LineList(lines: lines, regions: regions, summary: summary, selected: $selected)
                ResultView(photo: photo, picture: model.picture, lines: lines, selected: selected) { selected = $0 }
            }
        }
        .safeAreaInset(edge: .bottom) { buttons }
        .navigationTitle("results_title")
        .navigationBarTitleDisplayMode(.inline)
        .toolbar {
            ToolbarItem(placement: .topBarLeading) {
                Button("back", systemImage: "chevron.backward") { model.send(.back) }
            }
            ToolbarItemGroup(placement: .topBarTrailing) {
                CopyButton(text: sharedText(lines))
                ShareLink("share", item: sharedText(lines)).disabled(sharedText(lines).isEmpty)
            }
        }
    }

    private var summary: Text {
        let seconds = (Double(milliseconds) / 1000).formatted(.number.precision(.fractionLength(0...1)))
        return Text("lines_in \(lines.count) \(seconds)")
    }

    private var buttons: some View {
        SideBySide(spacing: 12) {
            Button(action: { model.send(.retake) }) { Text("retake").frame(maxWidth: .infinity) }
                .buttonStyle(.bordered)
            Button(action: { model.send(.finish) }) { Text("done").frame(maxWidth: .infinity) }
                .buttonStyle(.borderedProminent)
        }
        .controlSize(.large)
        .padding(16)
        .frame(maxWidth: 560)
        .frame(maxWidth: .infinity)
        .background(.bar)
    }
}

/// Copies a text, if there is one, and says that it did.
struct CopyButton: View {
    let text: String
    @State private var copies = 0

    var body: some View {
        Button(copies == 0 ? "copy" : "copied", systemImage: copies == 0 ? "doc.on.doc" : "checkmark") {
            UIPasteboard.general.string = text
            copies += 1
        }
        .sensoryFeedback(.success, trigger: copies)
        .disabled(text.isEmpty)
    }
}

/// The lines' texts, region by region.
struct LineList: View {
    let lines: [TextLine]
    let regions: Int
    let summary: Text
    @Binding var selected: Int?

    var body: some View {
        ScrollViewReader { reader in
            List {
                summary.font(.footnote).foregroundStyle(.secondary)
                ForEach(rows(lines, regions: regions)) { row in
                    switch row {
                    case .heading(let number):
                        Text("region \(number)").font(.subheadline).foregroundStyle(Color.accentColor)
                            .accessibilityAddTraits(.isHeader)
                    case .nothing: Text("nothing_here").font(.subheadline).foregroundStyle(.secondary)
                    case .line(let index, let line): LineRow(line: line, isSelected: index == selected) { selected = index }
                    }
                }
                if lines.isEmpty && regions == 0 { Text("nothing_at_all").foregroundStyle(.secondary) }
            }
            .listStyle(.plain)
            .onChange(of: selected) { _, now in
                if let now { reader.scrollTo(Row.line(now, lines[now]).id) }
            }
        }
    }
}

/// A text and how probable it is.
struct LineRow: View {
    let line: TextLine
    let isSelected: Bool
    let select: () -> Void

    var body: some View {
        Button(action: { select() }) {
            HStack(spacing: 12) {
                if let text = line.text, !text.isEmpty { Text(verbatim: text) } else { Text("unreadable").foregroundStyle(.secondary) }
                Spacer(minLength: 0)
                Text(verbatim: percent(line.textScore ?? 0))
                    .font(.footnote.monospacedDigit())
                    .padding(.horizontal, 8)
                    .background(.quaternary, in: .capsule)
            }
            .contentShape(.rect(cornerRadius: 0))
        }
        .buttonStyle(.plain)
        .listRowBackground(isSelected ? Color.accentColor.opacity(0.15) : Color.clear)
        .accessibilityElement(children: .combine)  // which keeps the button's action
        .accessibilityLabel(described)
        .accessibilityAddTraits(isSelected ? [.isButton, .isSelected] : .isButton)
        .contextMenu {
            Button("copy", systemImage: "doc.on.doc") { UIPasteboard.general.string = line.text ?? "" }
        }
    }

    private var described: Text { Text("line_described \(line.text ?? "") \(percent(line.textScore ?? 0))") }
}
