"""The sections of the report: each turns one stored result into paragraphs, tables and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.ablation_summary import FINDINGS, Variant
from benchmarks.agreement import Agreement, Place
from benchmarks.arm import ArmResult
from benchmarks.bulk import BulkResult
from benchmarks.calibration import CONFIDENT, VALIDATION, CalibrationResult, CalibrationRow
from benchmarks.calibration import EDGES as SCORE_EDGES
from benchmarks.compare import DetectionResult, PageTimes
from benchmarks.confirmation_sweep import Choice, SweepResult
from benchmarks.findings import FindingsResult
from benchmarks.kinds.__main__ import KindRow, KindsResult
from benchmarks.kinds.charset import CharsetRow
from benchmarks.languages import LanguagesResult
from benchmarks.latency import LatencyResult, ModelPart, Peaks, StageTimes
from benchmarks.longlines import BINS, EDGES, BinRow, LongLinesResult
from benchmarks.parity import TOLERANCES, ParityResult, ParityRow
from benchmarks.reading_metrics import ReadingResult
from benchmarks.report.markdown import Block, Plots, Table, Text
from benchmarks.report.plots import Mark, Plot, Series, bars, by_bin, curves, magnitudes, plot, ranges, scatter
from benchmarks.report.results import environment_line, missing_lines
from benchmarks.results import Compared
from benchmarks.service import Load, ServiceResult
from benchmarks.stages import StagesResult, stage_rows
from ctpn.contract.phone import PhoneResult, summary
from ctpn.stage_timer import STAGES

SETS = {
    "sroie": "receipts", "funsd": "forms", "td500": "signs at any angle", "icdar2015": "scene words", "waybills": "synthetic waybills",
    "waybills-validation": "validation waybills", "forms-validation": "synthetic forms", "long": "synthetic long lines",
}  # fmt: skip
COLOURS = {"ours": "ours", "ours int8": "ours", "ours float": "float", "PP-OCRv6 tiny": "tiny", "PP-OCRv6 small": "small"}
PRECISION_COLOURS = {"int8": "ours", "int8 weights": "ours", "float32": "float", "float16": "other"}
LEGEND = [("ours", "ours"), ("tiny", "PP-OCRv6 tiny"), ("small", "PP-OCRv6 small")]
BILLION, CORE_HOUR = 1e9, 0.02  # photos; US dollars
ALL_FIGURES = "All figures"
TARGET_PEAK_FRACTION, TARGET_TIME_RATIO = 0.85, 0.3  # of VGG16 in int8, on a processor with VNNI: of the peak, and of the float file's time
AGREEMENT = ("equal lines", "matched lines", "corner distance", "equal texts", "equal characters")
MIN_TEXTS = 10  # a fraction of fewer texts is uncertain
WIDE = (7.4, 0.0)  # inches of a panel with one row per item; the height follows from the rows


def reading(result: ReadingResult) -> list[Block]:
    """Characters read, from photo to text, against time."""
    panels = [
        scatter(
            SETS[name], _time_marks(rows), [r["read"] for r in rows.values()], x_name="time per page, of tiny's", y_name="characters read"
        )
        for name, rows in result["sets"].items()
    ]
    head = ("set", "reader", "read", "where a line was found", "ms, median", "p90", "detection, ms", "reading, ms", "relative to tiny")
    table = [
        [SETS[name], competitor, f"{r['read']:.3f}", f"{r['read_matched']:.3f}", f"{r['ms_median']:.1f}", f"{r['ms_p90']:.1f}",
         f"{r['ms']['detect']:.1f}", f"{r['ms']['read']:.1f}", f"{r['ratio_to_tiny']:.2f}"]
        for name, rows in result["sets"].items() for competitor, r in rows.items()
    ]  # fmt: skip
    text = (
        "The upper left is best. All readers get the same pages, page by page in turns, on one thread. Times of different "
        "turns are compared by their ratios to tiny's alone. The time axis is logarithmic; the "
        "other axis begins a little below the lowest value."
    )
    figure = plot("Characters read against time per page", panels, columns=2, size=(3.7, 2.7), legend=LEGEND)
    return [Text(text), Plots({"reading": figure}), Table(head, table, ALL_FIGURES), _parts_environment(result)]


def kinds(result: KindsResult) -> list[Block]:
    """Characters read of each kind of page."""
    competitors = list(result["models"])
    table = [
        [name.replace("_", " "), *(_kind_cell(rows[c]) if c in rows else "" for c in competitors)]
        for name, rows in result["sets"].items()
    ]  # fmt: skip
    text = (
        "Characters read on a small synthetic set of each kind, with fonts, texts and layouts that training never sees; in parentheses "
        "the lines with a text that touch no annotated text. Pages are turned by degrees clockwise; the peers run without their "
        "direction classifier. Charset: mean over the characters, and the fraction that is read right in nine of ten places."
    )
    return [Text(text), Table(("kind", *competitors), table), _parts_environment(result)]


def _kind_cell(row: KindRow | CharsetRow) -> str:
    if "reliable" in row:
        return f"{row['read']:.3f}, {row['reliable']:.3f}"
    return f"{row['read']:.3f}" + (f" ({row['on_nothing']})" if row["on_nothing"] else "")


def detection(result: DetectionResult) -> list[Block]:
    """Lines found, against time."""
    panels = []
    for name, rows in result["sets"].items():
        shown = {c: r for c, r in rows.items() if c != "ours float"}
        hmeans = [r["iou_h"] for r in shown.values()]
        panels.append(scatter(SETS[name], _time_marks(shown), hmeans, x_name="time per page, of tiny's", y_name="hmean at IoU 0.5"))
    head = ("set", "detector", "IoU hmean", "precision", "recall", "DetEval", "ms, median", "p90", "relative to tiny")
    table = [
        [SETS[name], competitor, *(f"{v:.3f}" for v in (r["iou_h"], r["iou_p"], r["iou_r"], r["det_h"])), f"{r['ms_median']:.1f}",
         f"{r['ms_p90']:.1f}", f"{r['ratio_to_tiny']:.2f}"]
        for name, rows in result["sets"].items() for competitor, r in rows.items()
    ]  # fmt: skip
    figure = plot("Lines found against time per page", panels, columns=2, size=(3.7, 2.7), legend=LEGEND)
    return [Plots({"detection": figure}), Table(head, table, ALL_FIGURES), _parts_environment(result)]


def _time_marks(rows: Mapping[str, PageTimes]) -> list[Mark]:
    """By the ratio, for which times are compared within the same turns; those of other turns may be of a busier machine."""
    return [Mark(competitor, COLOURS[competitor], r["ratio_to_tiny"]) for competitor, r in rows.items()]


def _parts_environment(result: Compared) -> Text:
    return Text(environment_line(next(iter(result["taken"].values()))), small=True)


def models(result: LatencyResult) -> list[Block]:
    """Each model file under each runtime."""
    plots = {f"latency-{name}": _model_plot(name, part) for name, part in result["models"].items()}
    head = ("file", "variant", "precision", "runtime", "threads", "MB", "ms, median", "p90", "best", "of peak", "load, ms", "first run, ms",
            "memory, MB", "added by the model")  # fmt: skip
    table = [
        [r["file"], r["variant"], r["precision"], r["runtime"], str(r["threads"]), f"{r['megabytes']:.2f}",
         *(f"{v:.1f}" for v in (r["ms_median"], r["ms_p90"], r["ms_best"])), f"{r['share_of_peak']:.0%}",
         *(f"{v:.0f}" for v in (r["load_ms"], r["first_ms"], r["memory_mb"], r["memory_added_mb"]))]
        for part in result["models"].values() for r in part["rows"]
    ]  # fmt: skip
    text = (
        "Bars are medians; thin lines reach to the 90th percentile. `of peak` compares a model's operations per second with the best that "
        "a matrix product or a convolution reaches in the same turns, with as many threads and the same precision."
    )
    return [
        Text(text), Plots(plots), *_vgg16_target(result), Table(head, table, ALL_FIGURES), *_input_sizes(result),
        *missing_lines("Not measured", result["missing"]), _machine_peak(result), Text(environment_line(result["environment"]), small=True),
    ]  # fmt: skip


def _model_plot(name: str, part: ModelPart) -> Plot:
    rows = [
        [Mark(f"{r['file']}, {r['runtime']}, {_threads(r['threads'])}", PRECISION_COLOURS[r["precision"]], r["ms_median"],
              high=r["ms_p90"], note=f"{r['ms_median']:.1f} ms, {r['share_of_peak']:.0%}")]
        for r in part["rows"]
    ]  # fmt: skip
    title = f"{name}: {_shape(part['input'])} pixels, {part['gmac']:.2f} GMAC"
    legend = [("ours", "int8"), ("float", "float32")] + [("other", "float16")] * any(r["precision"] == "float16" for r in part["rows"])
    return _row_plot(title, [bars(title, rows, x_name="ms, and fraction of the machine's peak")], len(rows), left=2.8, legend=legend)


def _row_plot(alt: str, panels: Sequence[Any], rows: int, *, left: float, **options: Any) -> Plot:
    """A plot whose panels have one row per item."""
    size = (WIDE[0] / options.get("columns", 1), 0.9 + 0.2 * rows)
    return plot(alt, panels, size=size, margins=(left, 0.12, 0.5, 0.3), **options)


def _threads(count: int) -> str:
    return f"{count} thread{'s' * (count > 1)}"


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape[:3]))


def _input_sizes(result: LatencyResult) -> list[Block]:
    head = ("file", "input", "precision", "ms, median", "p90", "best", "of peak", "memory, MB")
    table = [
        [r["file"], _shape(r["input"]), r["precision"], *(f"{v:.1f}" for v in (r["ms_median"], r["ms_p90"], r["ms_best"])),
         f"{r['share_of_peak']:.0%}", f"{r['memory_mb']:.0f}"]
        for part in result["models"].values() for r in part["sizes"]
    ]  # fmt: skip
    return [Text("By the size of the input, with ONNX Runtime on one thread:"), Table(head, table)]


def _machine_peak(result: LatencyResult) -> Text:
    def spoken(best: Peaks) -> str:
        return ", ".join(f"{_threads(int(n))} {of['float32']:.0f} in float32 and {of['int8']:.0f} in int8" for n, of in best.items())

    peaks = "; ".join(f"in the turns of {name}: {spoken(part['peak_gops'])}" for name, part in result["models"].items())
    return Text(f"The machine's peak, 10⁹ operations per second, {peaks}.", small=True)


def _vgg16_target(result: LatencyResult) -> list[Block]:
    """Whether VGG16 in int8 is as fast as required, on one thread of ONNX Runtime."""
    rows = result["models"]["vgg16"]["rows"] if "vgg16" in result["models"] else []
    of = {r["precision"]: r for r in rows if r["runtime"] == "onnxruntime" and r["threads"] == 1}
    if not {"int8", "float32"} <= set(of):
        return []
    ratio, fraction = of["int8"]["ms_median"] / of["float32"]["ms_median"], of["int8"]["share_of_peak"]
    met = "met" if ratio <= TARGET_TIME_RATIO and fraction >= TARGET_PEAK_FRACTION else "not met"
    return [
        Text(
            "VGG16 was measured with untrained weights, on which its time does not depend. On one thread, int8 takes "
            f"{ratio:.2f} of the float file's time and reaches {fraction:.0%} of the machine's int8 peak. Required, where the processor "
            f"has VNNI: at most {TARGET_TIME_RATIO} and at least {TARGET_PEAK_FRACTION:.0%}; {met} here."
        )
    ]


def stages(result: LatencyResult) -> list[Block]:
    """Time per stage of the reader."""
    panels = [_stage_panel(photo, by_threads) for photo, by_threads in result["stages"].items()]
    text = (
        "The shipped reader from file to texts, with ONNX Runtime on one thread and on two. `rest` is the time between the stages: "
        "tiling, rotating lines, reading order."
    )
    rows = 1.6 * max(len(by_threads["1"]["ms"]) for by_threads in result["stages"].values())
    figure = _row_plot("Time per stage", panels, round(rows), left=0.85, columns=2, legend=[("ours", "1 thread"), ("float", "2 threads")])
    return [Text(text), Plots({"stages": figure})]


def _stage_panel(photo: str, by_threads: dict[str, StageTimes]) -> Any:
    one, two = by_threads["1"], by_threads["2"]
    rows = [
        [Mark(name, "ours", ms, note=f"{ms:.1f} / {other:.1f}"), Mark(name, "float", other)]
        for name, ms, other in ((name, max(0.0, ms), max(0.0, two["ms"][name])) for name, ms in one["ms"].items())
    ]
    title = f"{photo}, {one['found']} lines: {one['whole']['ms_median']:.0f} / {two['whole']['ms_median']:.0f} ms"
    return bars(title, rows, x_name="ms")


def postprocessing(result: StagesResult) -> list[Block]:
    """From the detector's maps to lines on a full page, without any model."""
    table = [[name, f"{median:.2f}", f"{best:.2f}"] for name, median, best in stage_rows(result)]
    text = f"From maps to lines on a full page: {result['proposals']} proposals, {result['kept']} kept, {result['lines']} lines."
    return [Text(text), Table(("stage", "ms, median", "best"), table), Text(environment_line(result["environment"]), small=True)]


def languages(result: LanguagesResult) -> list[Block]:
    """Time per stage of the golden case in each language."""
    medians, best = result["median_ms"], result["best_ms"]
    names = [stage for stage in STAGES if any(stage in times for times in medians.values())]
    table = [[s, *(f"{times[s]:.2f} / {best[name][s]:.2f}" for name, times in medians.items())] for s in names]
    table.append(["all", *(f"{sum(t.values()):.2f} / {sum(best[name].values()):.2f}" for name, t in medians.items())])
    text = (
        "The golden case's photo from upright pixels to texts, with the same int8 models on one thread, median and best in milliseconds. "
        "Swift runs on Linux here, as `make ios` builds it; a phone's own times are below."
    )
    return [Text(text), Table(("stage", *medians), table), Text(environment_line(result["environment"]), small=True)]


def parity(result: ParityResult) -> list[Block]:
    """How far each exported file is from PyTorch: values, lines and texts."""
    by_model: dict[str, list[ParityRow]] = {}
    for r in result["rows"]:
        by_model.setdefault(r["model"], []).append(r)
    head = ("file", "format", "MB", "largest difference", *AGREEMENT, "where", "why")
    table = [
        [r["file"], r["format"], f"{r['megabytes']:.2f}", _power(r["largest_difference"]), *_agreement(r), _place(r["where"]),
         r["why"] or ""]
        for r in result["rows"]
    ]  # fmt: skip
    text = (
        f"All files were run on the same {len(result['pages'])} real and synthetic pages{_fewer_pages(result)} and compared with PyTorch "
        "on the same input; a recogniser on a few lines of each page, those that fit its width. Files of fewer bits differ in their "
        "values by design; for them lines and texts decide. A line is equal if each corner is within a tenth of a pixel, and matched at "
        "an IoU of at least 0.5. The corner distance of matched lines is given as median and maximum, in pixels. The lines of all "
        "detectors are read by one recogniser."
    )
    plots = {f"parity-{model}": _difference_plot(model, rows) for model, rows in by_model.items()}
    return [
        Text(text), Plots(plots), Table(head, table, ALL_FIGURES), *missing_lines("Not run", result["missing"]),
        Text(environment_line(result["environment"]), small=True),
    ]  # fmt: skip


def _fewer_pages(result: ParityResult) -> str:
    """Which formats of a detector were run on fewer pages, because a run takes seconds."""
    counts = {r["format"]: r["pages"] for r in result["rows"] if r["lines"] and r["pages"] < len(result["pages"])}
    return "".join(f" ({name}: on {count} of them)" for name, count in counts.items())


def _difference_plot(model: str, rows: list[ParityRow]) -> Plot:
    """One row per file; the format is named unless it is plain ONNX."""
    limit = TOLERANCES[model]
    marks = [
        Mark(", ".join([r["file"], *[r["format"]] * (r["format"] != "ONNX")]),
             "good" if r["largest_difference"] <= limit else "other", r["largest_difference"], note=_power(r["largest_difference"]))
        for r in rows
    ]  # fmt: skip
    title = f"{model}: largest difference from PyTorch"
    panel = magnitudes(title, marks, limit=limit, x_name="largest difference of any value; dashed: tolerance of float32")
    return _row_plot(title, [panel], len(marks), left=3.1)


def _power(value: float) -> str:
    return f"{value:.1e}" if value else "0"


def _place(place: Place | None) -> str:
    return f"{place['map']} of {place['page']}: {place['reference']:.3g}, file {place['file']:.3g}" if place else ""


def _agreement(row: Agreement) -> list[str]:
    lines, texts = row["lines"], row["texts"]
    found = [f"{count} of {lines['of']}" for count in (lines["equal"], lines["matched"])] if lines else ["", ""]
    distance = ", ".join(f"{v:.2g}" for v in lines["apart"]) if lines and lines["apart"] else ""
    same = f"{texts['characters']:.1%}" if texts["characters"] is not None else ""
    return [*found, distance, f"{texts['equal']} of {texts['of']}", same]


def arm(result: ArmResult) -> list[Block]:
    """Files on emulated ARM processors."""
    counted = [(r, r["instructions"] / 1e6) for r in result["rows"] if r["instructions"]]
    panels = []
    for model in dict.fromkeys(r["model"] for r, _ in counted):
        rows = [
            [Mark(f"{r['file']}, {r['cpu']}", "ours" if "int8" in r["file"] else "float", millions,
                  note=f"{millions:.0f}" + (f", {r['to_float']:.2f} of float" if r["to_float"] else ""))]
            for r, millions in counted if r["model"] == model
        ]  # fmt: skip
        panels.append(bars(model, rows, x_name="million instructions per inference"))
    head = ("file", "processor", "dot products", "largest difference", *AGREEMENT, "instructions, million", "relative to float")
    table = [
        [r["file"], r["cpu"], "i8mm" if "i8mm" in r["features"] else "yes" if "asimddp" in r["features"] else "no",
         _power(r["largest_difference"]), *_agreement(r), f"{r['instructions'] / 1e6:.1f}" if r["instructions"] else "",
         f"{r['to_float']:.2f}" if r["to_float"] else ""]
        for r in result["rows"]
    ]  # fmt: skip
    text = (
        "The same files in the aarch64 build of ONNX Runtime under emulation, compared with this machine's outputs. An int8 detector is "
        "not bit-exact across kinds of processors: its float parts differ in the last bit, and next to a rounding boundary the quantised "
        "value changes by one step. Instructions are not milliseconds, but they do not depend on the machine."
    )
    names = [r["model"] for r, _ in counted]
    rows_of_panel = max(map(names.count, names), default=0)
    legend = [("ours", "int8"), ("float", "float32")]
    plots = {"arm": _row_plot("Instructions on ARM", panels, rows_of_panel, left=1.95, columns=1, legend=legend)} if panels else {}
    return [Text(text), Plots(plots), Table(head, table), Text(environment_line(result["environment"]), small=True)]


def confirmation_sweep(result: SweepResult) -> list[Block]:
    """What each choice of the two thresholds reads, on validation pages."""
    spec, sets = result["spec"], result["sets"]
    head = ("min score, min combined score", *(f"{SETS[name]}: read, lines, false lines" for name in sets))
    table = [
        [_choice(rows[0]), *(f"{r['read']:.4f}, {r['lines']}, {r['false_lines']}" for r in rows)]
        for rows in zip(*sets.values(), strict=True)
    ]  # fmt: skip
    text = (
        f"A line is kept if its detection score reaches {spec['line_score']:g}. A line from {spec['line_score'] - spec['score_slack']:.2f} "
        f"on is kept if the sum of its detection score and its text score reaches {spec['min_combined_score']:g} (`score_slack` and "
        "`min_combined_score` of the spec). The table shows what each choice gives on validation pages: the fraction of characters "
        "read, all lines, and the false lines, which overlap no annotated text."
    )
    return [Text(text), Table(head, table, "All choices"), Text(environment_line(result["environment"]), small=True)]


def _choice(row: Choice) -> str:
    return "detection score alone" if row["min_score"] is None else f"{row['min_score']:g}, {row['min_combined_score']:g}"


def calibration(result: CalibrationResult) -> list[Block]:
    """Whether a text's score is the fraction of such texts that are right."""
    edges = [f"{e:g}" for e in SCORE_EDGES[1:-1]]
    panels = [
        by_bin(name, edges, [_right(row), _promised(row)], x_name="score of the text", y_name="fraction right")
        for name, row in result["sets"].items() if name not in VALIDATION and row["lines"] >= MIN_TEXTS
    ]  # fmt: skip
    head = ("set", "lines", f"above {CONFIDENT:g}", "of these right", f"mean of the characters above {CONFIDENT:g}", "of these right")
    table = [
        [name, str(r["lines"]), str(r["confident"]), _of(r["confident_right"], r["confident"]), str(r["mean_confident"]),
         _of(r["mean_confident_right"], r["mean_confident"])]
        for name, r in result["sets"].items()
    ]  # fmt: skip
    text = (
        "A text is right if every character is, but for white space, case and width: a full stop too many is wrong, and so is a text "
        "whose quad leaves a letter out. The numbers of the score were fitted on the validation sets; the plots show the others. Hollow "
        f"points have fewer than {MIN_TEXTS} lines. Before, the score was the mean of the characters' probabilities (the last two columns)."
    )
    figure = plot("Fraction of texts that are right by their score", panels, columns=2, size=(3.7, 2.3),
                  legend=[("ours", "right"), ("other", "as the score says")])  # fmt: skip
    return [Text(text), Plots({"calibration": figure}), Table(head, table), Text(environment_line(result["environment"]), small=True)]


def _right(row: CalibrationRow) -> Series:
    """The fraction of texts that are right, by bin."""
    values = [right / n if n else None for n, right, _ in row["bins"]]
    return Series("right", "ours", values, sparse=[n < MIN_TEXTS for n, _, _ in row["bins"]])


def _promised(row: CalibrationRow) -> Series:
    """The mean score by bin."""
    return Series("as the score says", "other", [total / n if n else None for n, _, total in row["bins"]])


def _of(right: int, count: int) -> str:
    return f"{right / count:.3f}" if count else "–"


def longlines(result: LongLinesResult) -> list[Block]:
    """Recall by the aspect ratio of a line."""
    competitors = list(result["models"])
    edges = [f"{e:g}" for e in EDGES[1:-1]]
    panels = [
        by_bin(SETS[name], edges, [_recall(c, rows[c]) for c in competitors if c != "ours float"],
               x_name="length : height", y_name="fraction matched")
        for name, rows in result["sets"].items()
    ]  # fmt: skip
    head = ("set", "length : height", "texts", *competitors)
    table = [
        [SETS[name], bin_name, str(rows[competitors[0]][bin_name]["texts"]), *(_recall_cell(rows[c].get(bin_name)) for c in competitors)]
        for name, rows in result["sets"].items() for bin_name in BINS if bin_name in rows[competitors[0]]
    ]  # fmt: skip
    text = (
        "The fraction of annotated lines that one found line matches (IoU of at least 0.5), by the aspect ratio of the annotated line. "
        f"Hollow points have fewer than {MIN_TEXTS} lines. The table gives the fraction matched / found at all, and in parentheses the "
        "mean number of pieces where a line is split."
    )
    figure = plot("Recall by aspect ratio", panels, columns=2, size=(3.7, 2.5), legend=LEGEND)
    return [
        Text(text),
        Plots({"longlines": figure}),
        Table(head, table, ALL_FIGURES),
        Text(environment_line(result["environment"]), small=True),
    ]


def _recall(competitor: str, rows: dict[str, BinRow]) -> Series:
    values = [rows[b]["matched"] if b in rows else None for b in BINS]
    return Series(competitor, COLOURS[competitor], values, sparse=[b in rows and rows[b]["texts"] < MIN_TEXTS for b in BINS])


def _recall_cell(row: BinRow | None) -> str:
    if row is None:
        return ""
    return f"{row['matched']:.3f} / {row['found']:.3f}" + (f" ({row['pieces']:.1f})" if row["pieces"] >= 1.05 else "")


def findings(result: FindingsResult) -> list[Block]:
    """Each way of training with the spread of its seeds, and whether the findings of the original's author hold here."""
    found = result["variants"]
    order = ["base", *(name for name in found if name != "base")] if "base" in found else list(found)
    pairs = [pair for _, *pair in FINDINGS if all(p in found for p in pair)]
    table = [[v["finding"], v["outcome"], v.get("loss") or v.get("hmean") or ""] for v in result["summary"]]
    counts = sorted({row["seeds"] for row in found.values()})
    seeds = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
    text = (
        f"Each variant trains the mobile detector from scratch: {result['steps']} steps of {result['batch']} crops of {result['side']} "
        f"pixels, {seeds} seeds. Points and lines are means; bars and bands reach from the lowest to the highest seed; the grey band is "
        "that of `base`. A finding holds only if the ranges of the seeds do not overlap. The validation loss uses the sparse softmax for "
        "all; the curves show each variant's own training loss, on a logarithmic axis."
    )
    panels = [
        ranges("Loss on validation crops", [_spread_mark(n, found[n]["loss"]) for n in order], x_name="loss"),
        ranges("hmean of lines, joined by links", [_spread_mark(n, found[n]["links"]) for n in order], x_name="hmean at IoU 0.5"),
    ]
    plots = {"findings": _row_plot("Loss and hmean of each variant", panels, len(order), left=1.7, columns=1)}
    if pairs:
        shown = [_curves(pair, found, result["steps"]) for pair in pairs]
        plots["findings-curves"] = plot("Training loss of the variants", shown, columns=2, size=(3.7, 2.4))
    head = ("finding of 2018", "here", "loss or hmean of the two")
    return [Text(text), Table(head, table), Plots(plots), Text(environment_line(result["environment"]), small=True)]


def _spread_mark(name: str, spread: list[float]) -> Mark:
    mean, low, high = spread
    return Mark(name, "ours" if name == "base" else "other", mean, low, high, f"{mean:.3f} ({low:.3f} to {high:.3f})")


def _curves(pair: list[str], found: dict[str, Variant], steps: int) -> Any:
    series = [
        Series(name, "ours" if name == "base" else "tiny", found[name]["curve"], found[name]["curve_low"], found[name]["curve_high"])
        for name in pair
    ]
    return curves(f"{pair[0]} and {pair[1]}", series, x_name=f"{steps} steps", y_name="training loss")


def service(result: ServiceResult) -> list[Block]:
    """The backend's throughput, times and faults."""
    idle, memory, restart, hostile = result["idle"], result["memory"], result["restart"], result["hostile"]
    rows = [
        ["photos a second, one reader process", f"{result['service']:.2f}", f"{result['share']:.2f} of {result['bare']:.2f} alone"],
        *_service_times(result["loads"]),
        ["answered over a restart under load", f"{restart['answered']} of {restart['sent']}", "ended by SIGTERM, started again"],
        ["hostile uploads", ", ".join(f"{n} × {status}" for status, n in sorted(hostile["statuses"].items())),
         f"{hostile['died']} reader processes died"],
        ["connections that send nothing", str(idle["connections"]),
         f"meanwhile a photo was {'read' if idle['read'] else 'not read'}; {'closed' if idle['closed'] else 'not closed'} by the service"],
        ["memory of all processes, MB", f"{memory['first_mb']:.0f} → {memory['last_mb']:.0f}",
         f"after {memory['requests'] / 10:.0f} and {memory['requests']:.0f} requests"],
    ]  # fmt: skip
    return [Table(("", "", ""), rows), Text(environment_line(result["environment"]), small=True)]


def _service_times(loads: Mapping[str, Load]) -> list[list[str]]:
    return [
        [
            f"ms at {part} % load, p50 / p99",
            f"{load['p50_ms']:.0f} / {load['p99_ms']:.0f}",
            f"{load['requests']} requests, Poisson arrivals",
        ]
        for part, load in loads.items()
    ]


def bulk(result: BulkResult) -> list[Block]:
    """Bulk reading beside bare readers, and its memory."""
    head = ("processes", "bare readers", "ctpn.batch", "of bare", "with Ray Data", "of bare")
    rows = [
        [jobs, f"{one['bare']:.2f}", f"{one['pool']:.2f}", f"{one['pool_share']:.3f}", f"{one['ray']:.2f}", f"{one['ray_share']:.3f}"]
        for jobs, one in result["rates"].items()
    ]
    memory = result["memory"]
    told = (
        f"Photos a second, from files to Parquet. Over {memory['photos']} small photos with {memory['jobs']} processes the memory of all "
        f"went from {memory['first_mb']:.0f} to {memory['last_mb']:.0f} MB (second and last tenth of the time). A photo's row takes "
        f"{result['row_bytes']} bytes."
    )
    return [Table(head, rows), Text(told), *_billion(result), Text(environment_line(result["environment"]), small=True)]


def _billion(result: BulkResult) -> list[Block]:
    """What a billion photos like these would take, from these figures (docs/decisions/a-billion-photos.md)."""
    jobs, rates = list(result["rates"].items())[-1]
    hours = BILLION / (rates["pool"] / int(jobs)) / 3600
    rows = [
        ["core hours", f"{hours:,.0f}", f"{rates['pool'] / int(jobs):.2f} photos a second and core, with {jobs} processes"],
        ["days on 100 machines of 16 cores", f"{hours / 1600 / 24:.1f}", "if more cores do as well as these did"],
        [
            "cost",
            f"{hours * CORE_HOUR:,.0f} $",
            f"at {CORE_HOUR} $ a core hour, which is an assumption, not measured",
        ],
        ["photos to fetch", f"{BILLION * result['bytes'] / 1e12:,.0f} TB", f"{result['bytes'] / 1000:.0f} kB each"],
        ["rows", f"{BILLION * result['row_bytes'] / 1e12:.1f} TB", f"{result['row_bytes']} bytes each, at most"],
    ]
    return [Text("A billion photos like these, worked out from the figures above:"), Table(("", "", ""), rows)]


def phones(found: dict[str, PhoneResult]) -> list[Block]:
    """What the demo apps measured."""
    medians = {name: summary(data) for name, data in found.items()}
    panels = [
        bars(f"{d['device']['model']}: {medians[name]['whole']:.0f} ms",
             [[Mark(s, "ours", medians[name][s], note=f"{medians[name][s]:.1f}")] for s in STAGES], x_name="ms")
        for name, d in found.items()
    ]  # fmt: skip
    head = ("device", "system", "app", "runtime", "threads", "photo", "lines", "ms, median", "p90", "load, ms", "first run, ms",
            "memory, MB", "golden case")  # fmt: skip
    figure = _row_plot("Time per stage on phones", panels, len(STAGES), left=0.85, columns=2)
    return [Plots({"phones": figure}), Table(head, [_phone_row(d, medians[name]) for name, d in found.items()])]


def _phone_row(d: PhoneResult, medians: dict[str, float]) -> list[str]:
    runtime = f"{d['runtime']['name']} {d['runtime']['version']}, {d['runtime']['provider']}"
    photo = f"{d['photo']['name']}, {d['photo']['regions'] or 'no'} regions"
    times = (medians["whole"], medians["p90"], d["load_ms"], d["first_ms"])
    memory = "" if d["memory_mb"] is None else f"{d['memory_mb']:.0f}"
    return [
        d["device"]["model"], d["device"]["system"], f"{d['app']['name']} {d['app']['version']}", runtime, str(d["runtime"]["threads"]),
        photo, str(d["photo"]["lines"]), *(f"{ms:.1f}" for ms in times), memory, "passed" if d["golden"] else "failed",
    ]  # fmt: skip
