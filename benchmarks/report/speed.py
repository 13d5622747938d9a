"""Accuracy against time, the nets, the reader's stages, the phones."""

from __future__ import annotations

from typing import Any

from benchmarks.phones import summary
from benchmarks.report.blocks import Block, Figures, Table, Text
from benchmarks.report.plots import Mark, bars, scatter
from benchmarks.report.stored import lacking, where
from benchmarks.report.svg import Drawing
from benchmarks.stage_timer import STAGES

SETS = {"sroie": "receipts", "funsd": "forms", "td500": "signs of any angle", "icdar2015": "scene words", "waybills": "synthetic waybills",
    "waybills-validation": "other synthetic waybills", "forms-validation": "synthetic forms",
        "long": "synthetic long lines"}  # fmt: skip
KINDS = {"ours": "ours", "ours int8": "ours", "ours float": "float", "PP-OCRv6 tiny": "tiny", "PP-OCRv6 small": "small"}
PRECISIONS = {"int8": "ours", "int8 weights": "ours", "float32": "float", "float16": "other"}
TIME = "ms a page, 1 thread"
ASKED_SHARE, ASKED_RATIO = 0.85, 0.3  # of VGG16 in int8, on a machine with VNNI: of the peak, and of the float file's time


def reading(result: dict[str, Any]) -> list[Block]:
    """CharacterCounts read, from photo to text, against the time that it takes."""
    plots = {
        f"read-{name}": scatter(
            f"CharacterCounts read: {SETS[name]}", _marks(rows), [r["read"] for r in rows.values()], x_name=TIME, y_name="share read right",
        )
        for name, rows in result["sets"].items()
    }  # fmt: skip
    head = ("set", "reader", "read", "where found", "ms, median", "p90", "detect", "read, ms", "of tiny's time")
    table = [
        [SETS[name], side, f"{r['read']:.3f}", f"{r['read_matched']:.3f}", f"{r['ms_median']:.1f}", f"{r['ms_p90']:.1f}",
         f"{r['ms']['detect']:.1f}", f"{r['ms']['read']:.1f}", f"{r['ratio_to_tiny']:.2f}"]
        for name, rows in result["sets"].items() for side, r in rows.items()
    ]  # fmt: skip
    text = (
        "Up and to the left is better. Everyone gets the same pages on one thread, page by page in turns; the time axis is logarithmic, "
        "the other begins a little below the least."
    )
    return [Text(text), Figures(plots), Table(head, table, fold="All figures"), _taken(result)]


def detection(result: dict[str, Any]) -> list[Block]:
    """Lines found against the time that it takes."""
    plots = {
        f"find-{name}": scatter(
            f"Lines found: {SETS[name]}", _marks(rows), [r["iou_h"] for r in rows.values()], x_name=TIME, y_name="hmean, IoU 0.5",
        )
        for name, rows in ((name, {s: r for s, r in rows.items() if s != "ours float"}) for name, rows in result["sets"].items())
    }  # fmt: skip
    head = ("set", "detector", "IoU hmean", "precision", "recall", "DetEval", "ms, median", "p90", "of tiny's time")
    table = [
        [SETS[name], side, *(f"{r[k]:.3f}" for k in ("iou_h", "iou_p", "iou_r", "det_h")), f"{r['ms_median']:.1f}", f"{r['ms_p90']:.1f}",
         f"{r['ratio_to_tiny']:.2f}"]
        for name, rows in result["sets"].items() for side, r in rows.items()
    ]  # fmt: skip
    return [Figures(plots), Table(head, table, fold="All figures"), _taken(result)]


def _marks(rows: dict[str, Any]) -> list[Mark]:
    return [Mark(side, KINDS[side], r["ms_median"]) for side, r in rows.items()]


def _taken(result: dict[str, Any]) -> Text:
    return Text(where(next(iter(result["taken"].values()))), small=True)


def nets(result: dict[str, Any]) -> list[Block]:
    """Each net under each runtime."""
    plots = {f"net-{name}": _net(name, part) for name, part in result["models"].items()}
    head = ("file", "variant", "precision", "runtime", "threads", "MB", "ms, median", "p90", "best", "of peak", "load, ms", "first run, ms",
            "memory, MB", "of these the net's")  # fmt: skip
    table = [
        [r["file"], r["variant"], r["precision"], r["runtime"], str(r["threads"]), f"{r['megabytes']:.2f}",
         *(f"{r[k]:.1f}" for k in ("ms_median", "ms_p90", "ms_best")), f"{r['share_of_peak']:.0%}",
         *(f"{r[k]:.0f}" for k in ("load_ms", "first_ms", "memory_mb", "memory_added_mb"))]
        for part in result["models"].values() for r in part["rows"]
    ]  # fmt: skip
    text = (
        "Bars are medians, thin lines reach to the 90th percentile. The share is of the operations a second that a product of matrices "
        "or a convolution reaches in the same turns, with as many threads and bits."
    )
    told = lacking("Not measured", result["missing"])
    taken = Text(where(result["environment"]), small=True)
    figures = [Figures(plots), *vgg16(result), Table(head, table, fold="All figures"), *_sizes(result)]
    return [Text(text), *figures, *told, _peaks(result), taken]


def _sizes(result: dict[str, Any]) -> list[Block]:
    head = ("file", "input", "precision", "ms, median", "p90", "best", "of peak", "memory, MB")
    table = [
        [r["file"], " × ".join(map(str, r["input"][:3])), r["precision"], *(f"{r[k]:.1f}" for k in ("ms_median", "ms_p90", "ms_best")),
         f"{r['share_of_peak']:.0%}", f"{r['memory_mb']:.0f}"]
        for part in result["models"].values() for r in part["sizes"]
    ]  # fmt: skip
    return [Text("By the size of the input, ONNX Runtime on one thread:"), Table(head, table)]


def _net(name: str, part: dict[str, Any]) -> Drawing:
    rows = [
        [Mark(f"{r['file']}, {r['runtime']}, {r['threads']} thread{'s' * (r['threads'] > 1)}", PRECISIONS[r["precision"]], r["ms_median"],
              high=r["ms_p90"], note=f"{r['ms_median']:.1f} ms, {r['share_of_peak']:.0%}")]
        for r in part["rows"]
    ]  # fmt: skip
    size = " × ".join(map(str, part["input"][:3]))
    legend = [("ours", "int8"), ("float", "float32")] + [("other", "float16")] * any(r["precision"] == "float16" for r in part["rows"])
    return bars(f"{name}: {size} pixels, {part['gmac']:.2f} GMAC", rows, legend=legend)


def _peaks(result: dict[str, Any]) -> Text:
    def spoken(best: dict[str, Any]) -> str:
        return ", ".join(
            f"{threads} thread{'s' * (threads != '1')} {of['float32']:.0f} in float32 and {of['int8']:.0f} in int8"
            for threads, of in best.items()
        )

    peaks = "; ".join(f"beside {name}: {spoken(part['peak_gops'])}" for name, part in result["models"].items())
    return Text(f"The machine's peak in thousand million operations a second, {peaks}.", small=True)


def vgg16(result: dict[str, Any]) -> list[Block]:
    """Whether VGG16 in int8 is as fast as was asked, on one thread of ONNX Runtime."""
    rows = [r for r in result["models"].get("vgg16", {}).get("rows", ()) if r["runtime"] == "onnxruntime" and r["threads"] == 1]
    of = {r["precision"]: r for r in rows}
    if not {"int8", "float32"} <= set(of):
        return []
    ratio, share = of["int8"]["ms_median"] / of["float32"]["ms_median"], of["int8"]["share_of_peak"]
    met = "met" if ratio <= ASKED_RATIO and share >= ASKED_SHARE else "not met"
    return [
        Text(
            "VGG16, with fresh weights (its time does not depend on them), on one thread in int8: "
            f"{ratio:.2f} of the float file's time and {share:.0%} of the machine's int8 peak. "
            f"Asked, where the processor has VNNI: at most {ASKED_RATIO} and at least {ASKED_SHARE:.0%}; {met} here."
        )
    ]


def stages(result: dict[str, Any]) -> list[Block]:
    """Where the reader's time goes."""
    plots = {f"stages-{photo.split('.')[0]}": _photo(photo, by_threads) for photo, by_threads in result["stages"].items()}
    text = (
        "The shipped reader from the file to the texts, with ONNX Runtime on one thread and on two. `rest` is what lies between the "
        "stages: windows, turning lines, order."
    )
    return [Text(text), Figures(plots)]


def _photo(photo: str, by_threads: dict[str, Any]) -> Drawing:
    one, two = by_threads["1"], by_threads["2"]
    rows = [
        [Mark(name, "ours", ms, note=f"{ms:.1f} / {two['ms'][name]:.1f} ms"), Mark(name, "float", max(0.0, two["ms"][name]))]
        for name, ms in ((n, max(0.0, v)) for n, v in one["ms"].items())
    ]
    title = f"{photo}, {one['found']} lines: {one['whole']['ms_median']:.0f} / {two['whole']['ms_median']:.0f} ms"
    return bars(title, rows, legend=[("ours", "1 thread"), ("float", "2 threads")])


def full_page(result: dict[str, Any]) -> list[Block]:
    """The postprocessing of a full page, without any net."""
    names = ("decode", "suppress", "lines", "all")
    table = [[name, f"{result[f'{name}_median_ms']:.2f}", f"{result[f'{name}_best_ms']:.2f}"] for name in names]
    text = f"From maps to lines on a full page: {result['proposals']} proposals, {result['kept']} kept, {result['lines']} lines."
    return [Text(text), Table(("stage", "ms, median", "best"), table), Text(where(result["environment"]), small=True)]


def phones(found: dict[str, dict[str, Any]]) -> list[Block]:
    """What the demo apps measured."""
    short = {name: summary(data) for name, data in found.items()}
    plots = {
        f"phone-{i}": bars(f"{d['device']['model']}: {short[name]['whole']:.0f} ms", [
            [Mark(s, "ours", short[name][s], note=f"{short[name][s]:.1f} ms")] for s in STAGES
        ])
        for i, (name, d) in enumerate(found.items())
    }  # fmt: skip
    head = (
        "device",
        "system",
        "app",
        "runtime",
        "threads",
        "photo",
        "lines",
        "ms, median",
        "p90",
        "load, ms",
        "first run, ms",
        "memory, MB",
        "golden case",
    )
    table = [_phone(d, short[name]) for name, d in found.items()]
    return [Figures(plots), Table(head, table)]


def _phone(d: dict[str, Any], short: dict[str, float]) -> list[str]:
    runtime = f"{d['runtime']['name']} {d['runtime']['version']}, {d['runtime']['provider']}"
    photo = f"{d['photo']['name']}, {d['photo']['regions'] or 'no'} regions"
    times = (short["whole"], short["p90"], d["load_ms"], d["first_ms"])
    memory = "" if d["memory_mb"] is None else f"{d['memory_mb']:.0f}"
    return [
        d["device"]["model"], d["device"]["system"], f"{d['app']['name']} {d['app']['version']}", runtime, str(d["runtime"]["threads"]),
        photo, str(d["photo"]["lines"]), *(f"{ms:.1f}" for ms in times), memory, "as it must be" if d["golden"] else "differs",
    ]  # fmt: skip
