import ReaderModel
import SwiftUI
import UIKit

/// Measures how fast this phone reads, shows it, and shares it as the file that `python -m benchmarks.report` takes.
struct BenchmarkPage: View {
    let model: BenchmarkModel
    let engine: EngineModel
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            ScrollView {
                VStack(alignment: .leading, spacing: 16) {
                    Text("benchmark_hint").foregroundStyle(.secondary)
                    if engine.engines.count > 1 { EnginePicker(model: engine).disabled(model.isRunning) }
                    if let progress = model.progress {
                        ProgressView(value: Double(progress.done), total: Double(max(progress.all, 1))) {
                            Text("measuring \(progress.done) \(progress.all)")
                        }
                    }
                    if let problem = model.problem { Text(verbatim: problem).textSelection(.enabled) }
                    if let report = model.report { StageTimes(ms: report.ms) }
                }
                .padding(24)
                .frame(maxWidth: .infinity, alignment: .leading)
            }
            .safeAreaInset(edge: .bottom) { buttons }
            .navigationTitle("benchmark")
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) { Button("close") { dismiss() } }
            }
        }
        // A phone that falls asleep measures nothing.
        .onChange(of: model.isRunning) { _, isRunning in UIApplication.shared.isIdleTimerDisabled = isRunning }
        .onDisappear {
            model.stop()
            UIApplication.shared.isIdleTimerDisabled = false
        }
    }

    private var buttons: some View {
        VStack(spacing: 12) {
            if let file = model.file { ShareLink("share_json", item: file) }
            Button(action: { model.startOrStop() }) {
                Group { if model.isRunning { Text("stop") } else { Text("start") } }.frame(maxWidth: .infinity)
            }
            .buttonStyle(.borderedProminent)
        }
        .controlSize(.large)
        .padding(16)
        .frame(maxWidth: 560)
        .frame(maxWidth: .infinity)
        .background(.bar)
    }
}

/// What computes the models: the fastest, or what the user chooses.
struct EnginePicker: View {
    let model: EngineModel

    var body: some View {
        Picker("engine", selection: Binding(get: { model.chosen }, set: { choose($0) })) {
            Text("engine_automatic").tag(Engine?.none)
            ForEach(model.engines, id: \.self) { name($0).tag(Engine?.some($0)) }
        }
        .pickerStyle(.segmented)
        if model.chosen == nil {
            HStack {
                Text("engine_fastest").foregroundStyle(.secondary)
                name(model.inUse)
            }
            .font(.footnote)
        }
    }

    private func choose(_ engine: Engine?) { Task { await model.choose(engine) } }

    private func name(_ engine: Engine) -> Text {
        switch engine {
        case .onnx: Text(verbatim: "ONNX Runtime")
        case .coreml: Text(verbatim: "Core ML")
        }
    }
}

/// The median and the 90th percentile of each stage.
struct StageTimes: View {
    let ms: [String: [Double]]

    var body: some View {
        Grid(alignment: .leading, horizontalSpacing: 16, verticalSpacing: 8) {
            GridRow {
                Text("stage")
                Text("median")
                Text("p90")
            }
            .font(.footnote.bold())
            ForEach(BenchmarkModel.stages, id: \.self) { stage in
                GridRow(alignment: .firstTextBaseline) {
                    name(stage)
                    time(stage, 0.5)
                    time(stage, 0.9)
                }
                .accessibilityElement(children: .combine)
            }
        }
    }

    private func time(_ stage: String, _ fraction: Double) -> some View {
        let milliseconds = percentile(ms[stage] ?? [0], fraction).formatted(.number.precision(.fractionLength(1)))
        return Text("milliseconds \(milliseconds)").font(.body.monospacedDigit())
    }

    private func name(_ stage: String) -> Text {
        switch stage {
        case "whole": Text("stage_whole")
        case "decode": Text("stage_decode")
        case "fit": Text("stage_fit")
        case "detect": Text("stage_detect")
        case "postprocess": Text("stage_postprocess")
        case "line_crop": Text("stage_line_crop")
        case "recognize": Text("stage_recognize")
        case "ctc": Text("stage_ctc")
        default: Text(verbatim: stage)
        }
    }
}
