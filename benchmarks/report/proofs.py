"""Parity of the formats, ARM, long lines, the original's findings."""

from __future__ import annotations

from typing import Any

from benchmarks.ablation_summary import VERDICTS
from benchmarks.longlines import BINS, EDGES
from benchmarks.parity import TOLERANCES
from benchmarks.report.blocks import Block, Figures, Table, Text
from benchmarks.report.plots import Mark, Series, bars, by_bin, curves, magnitudes, ranges
from benchmarks.report.speed import KINDS, SETS
from benchmarks.report.stored import lacking, where
from benchmarks.report.svg import Drawing

AGREEMENT = ("lines equal", "matched", "corners apart", "texts equal", "characters")
FEW = 10  # texts on which a share stands badly


def parity(result: dict[str, Any]) -> list[Block]:
    """How far each file is from PyTorch, values and lines and texts."""
    models = dict.fromkeys(r["model"] for r in result["rows"])
    plots = {f"parity-{model}": _differences(model, [r for r in result["rows"] if r["model"] == model]) for model in models}
    head = ("file", "format", "MB", "largest difference", *AGREEMENT, "where", "why")
    table = [
        [
            r["file"],
            r["format"],
            f"{r['megabytes']:.2f}",
            _power(r["largest_difference"]),
            *_agreement(r),
            _place(r["where"]),
            r["why"] or "",
        ]
        for r in result["rows"]
    ]
    text = (
        f"Files with fewer bits differ by nature: for them lines and texts count, not values. All over the same {len(result['pages'])} "
        f"real and drawn pages{_fewer(result)}, a recogniser over a few lines of each, those that fit its width, against PyTorch on the "
        "same input. Equal lines have every corner within a tenth of a pixel, matched ones an IoU of 0.5; corners lie apart by so many "
        "pixels in the middle, at most. A detector's lines are read by one recogniser."
    )
    return [
        Text(text),
        Figures(plots),
        Table(head, table),
        *lacking("Not run", result["missing"]),
        Text(where(result["environment"]), small=True),
    ]


def _fewer(result: dict[str, Any]) -> str:
    """Which formats of a detector were held against fewer pages, because a run takes seconds."""
    counts = {r["format"]: r["pages"] for r in result["rows"] if r["lines"] and r["pages"] < len(result["pages"])}
    return "".join(f", {name} over {count} of them" for name, count in counts.items())


def _differences(model: str, rows: list[dict[str, Any]]) -> Drawing:
    """The rows of one net; what is not plain ONNX says so."""
    limit = TOLERANCES[model]
    marks = [
        Mark(", ".join([r["file"], *[r["format"]] * (r["format"] != "ONNX")]),
             "good" if r["largest_difference"] <= limit else "other", r["largest_difference"], note=_power(r["largest_difference"]))
        for r in rows
    ]  # fmt: skip
    return magnitudes(f"{model}: largest difference from PyTorch", marks, limit=limit, limit_name="float32's tolerance")


def _power(value: float) -> str:
    return f"{value:.1e}" if value else "0"


def _place(place: dict[str, Any] | None) -> str:
    return f"{place['map']} of {place['page']}: {place['reference']:.3g}, here {place['file']:.3g}" if place else ""


def _agreement(row: dict[str, Any]) -> list[str]:
    lines, texts = row["lines"], row["texts"]
    found = [f"{lines[k]} of {lines['of']}" for k in ("equal", "matched")] if lines else ["", ""]
    apart = ", ".join(f"{v:.2g}" for v in lines["apart"]) if lines and lines["apart"] else ""
    same = f"{texts['characters']:.1%}" if texts["characters"] is not None else ""
    return [*found, apart, f"{texts['equal']} of {texts['of']}", same]


def arm(result: dict[str, Any]) -> list[Block]:
    """Files on emulated ARM processors."""
    counted = [r for r in result["rows"] if r["instructions"]]
    plots = {
        f"arm-{model}": bars(f"{model}: million instructions an inference", [
            [Mark(f"{r['file']}, {r['cpu']}", "ours" if "int8" in r["file"] else "float", r["instructions"] / 1e6,
                  note=f"{r['instructions'] / 1e6:.0f}" + (f", {r['to_float']:.2f} of float" if r["to_float"] else ""))]
            for r in counted if r["model"] == model
        ], legend=[("ours", "int8"), ("float", "float32")])
        for model in dict.fromkeys(r["model"] for r in counted)
    }  # fmt: skip
    head = (
        "file",
        "processor",
        "dot products",
        "largest difference",
        *AGREEMENT,
        "instructions, million",
        "of float",
    )
    table = [
        [r["file"], r["cpu"], "i8mm" if "i8mm" in r["features"] else "yes" if "asimddp" in r["features"] else "no",
         _power(r["largest_difference"]), *_agreement(r), f"{r['instructions'] / 1e6:.1f}" if r["instructions"] else "",
         f"{r['to_float']:.2f}" if r["to_float"] else ""]
        for r in result["rows"]
    ]  # fmt: skip
    text = (
        "The same files in the aarch64 build of ONNX Runtime under emulation, held against this machine's answers. Instructions are no "
        "milliseconds, but they do not depend on the machine."
    )
    return [Text(text), Figures(plots), Table(head, table), Text(where(result["environment"]), small=True)]


def confirmation_sweep(result: dict[str, Any]) -> list[Block]:
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
    return [Text(text), Table(head, table, fold="All choices"), Text(where(result["environment"]), small=True)]


def _choice(row: dict[str, Any]) -> str:
    return "detection score alone" if row["min_score"] is None else f"{row['min_score']:g}, {row['min_combined_score']:g}"


def longlines(result: dict[str, Any]) -> list[Block]:
    """Recall by the ratio of a line's length to its height."""
    sides = list(result["models"])
    plots = {
        f"long-{name}": by_bin(
            f"Recall by length: {SETS[name]}", [f"{e:g}" for e in EDGES[1:-1]], [_recall(s, rows[s]) for s in sides if s != "ours float"],
            x_name="length : height", y_name="share matched",
        )
        for name, rows in result["sets"].items()
    }  # fmt: skip
    head = ("set", "length : height", "texts", *sides)
    table = [
        [SETS[name], bin_name, str(rows[sides[0]][bin_name]["texts"]), *(_share(rows[s].get(bin_name)) for s in sides)]
        for name, rows in result["sets"].items() for bin_name in BINS if bin_name in rows[sides[0]]
    ]  # fmt: skip
    text = (
        "The share of annotated lines that one found line matches (IoU of 0.5 or more), by how many times as long as high they are. "
        f"Hollow points stand on fewer than {FEW} lines. The table gives matched / found at all, and how many pieces where a line broke."
    )
    return [Text(text), Figures(plots), Table(head, table, fold="All figures"), Text(where(result["environment"]), small=True)]


def _recall(side: str, rows: dict[str, Any]) -> Series:
    values = [rows[b]["matched"] if b in rows else None for b in BINS]
    return Series(
        "ours" if side.startswith("ours") else side, KINDS[side], values, sparse=[b in rows and rows[b]["texts"] < FEW for b in BINS]
    )


def _share(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    return f"{row['matched']:.3f} / {row['found']:.3f}" + (f" ({row['pieces']:.1f})" if row["pieces"] >= 1.05 else "")


def findings(result: dict[str, Any]) -> list[Block]:
    """Each way of training with the spread of its seeds, and whether what the original's author found holds here."""
    found = result["variants"]
    order = ["base", *(name for name in found if name != "base")] if "base" in found else list(found)
    plots = {
        "findings-loss": ranges("Loss on validation crops", [_mark(n, found[n]["loss"]) for n in order]),
        "findings-hmean": ranges("hmean of lines, by links", [_mark(n, found[n]["links"]) for n in order]),
    }
    pairs = [pair for _, *pair in VERDICTS if all(p in found for p in pair)]
    plots |= {f"findings-curve-{i}": _curves(pair, found, result["steps"]) for i, pair in enumerate(pairs)}
    table = [[v["finding"], v["verdict"], v.get("loss") or v.get("hmean") or ""] for v in result["verdicts"]]
    counts = sorted({row["seeds"] for row in found.values()})
    seeds = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
    text = (
        f"Each way of training the mobile net from nothing: {result['steps']} steps of {result['batch']} crops of {result['side']} "
        f"pixels, {seeds} seeds. Points are means, lines and veils reach from the lowest to the highest seed, the grey band is the "
        "base's. A finding holds only where the seeds lie apart. Validation loss has the sparse softmax for all; the curves show each "
        "variant's own training loss."
    )
    return [Text(text), Table(("finding of 2018", "here", "loss or hmean, of the two"), table), Figures(plots),
            Text(where(result["environment"]), small=True)]  # fmt: skip


def _mark(name: str, spread: list[float]) -> Mark:
    mean, low, high = spread
    return Mark(name, "ours" if name == "base" else "other", mean, low, high, f"{mean:.3f} ({low:.3f} to {high:.3f})")


def _curves(pair: list[str], found: dict[str, Any], steps: int) -> Drawing:
    series = [
        Series(name, "ours" if name == "base" else "tiny", found[name]["curve"], found[name]["curve_low"], found[name]["curve_high"])
        for name in pair
    ]
    return curves(f"{pair[0]} and {pair[1]}", series, x_name=f"{steps} steps", y_name="training loss, logarithmic")
