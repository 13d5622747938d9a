"""The table at the top of README and of the report: ours and PP-OCRv6, lines found, characters read, time, size, memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.compare import DetectionResult
from benchmarks.reading_metrics import PARTIAL, ReadingResult
from benchmarks.report.markdown import Block, Table, Text, table_lines
from benchmarks.report.results import StoredResults
from ctpn.errors import CtpnError

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
TITLES = {
    "sroie": "receipts, validation",
    "funsd": "forms, never trained on",
    "td500": "signs of any angle, never trained on",
    "icdar2015": "scene words¹, validation",
    "waybills": "synthetic waybills, unseen seeds and fonts",
}
DETECTORS = ("ours int8", "PP-OCRv6 tiny", "PP-OCRv6 small")  # of detection; the float model's metrics are in peers.json
READERS = ("ours", *DETECTORS[1:])


def headline(stored: StoredResults) -> list[Block]:
    """The table, and the meaning of its numbers.

    Raises:
        CtpnError: a value has not been measured, or a result is damaged.
    """
    found, read, stages = (stored.needed(n) for n in ("peers", "reading", "stages"))
    with stored.checked("peers"):
        _complete(found, "peers.json", DETECTORS, TITLES, "")
        detection, where, net = _detection(found), found["taken"]["page_960x672"], _net(found)
        machine = f"{where['processor']} ({', '.join(where['flags'])})"
    with stored.checked("reading"):
        _complete(read, "reading.json", READERS, ("sroie", "funsd", "waybills"), " --read")
        reading = _reading(read)
    with stored.checked("stages"):
        lines = f"{stages['proposals']} proposals take {stages['all_median_ms']} ms in numpy, {stages['all_best_ms']} at best."
    return [
        Table(["", "ours int8", *DETECTORS[1:]], [*detection, *reading]),
        Text(
            "Lines found: hmean at IoU 0.5 / DetEval. Characters read: from photo to text, case and spaces folded, "
            "a missed line counts as wrong. ¹ Annotated by word, while all three find lines. "
            f"² × is the ratio to tiny's time in the same turns, page by page, median; one thread of {machine}. "
            f"{net} From maps to lines, {lines} "
            "³ Not among the 2,000 most frequent of jieba's dictionary."
        ),
    ]


def _detection(result: DetectionResult) -> list[list[str]]:
    sets = result["sets"]
    return [
        [
            f"lines found: {title} ({rows[DETECTORS[0]]['pages']})",
            *(f"{r['iou_h']:.3f} / {r['det_h']:.3f}" for r in (rows[c] for c in DETECTORS)),
        ]
        for title, rows in ((title, sets[name]) for name, title in TITLES.items())
    ]


def _reading(result: ReadingResult) -> list[list[str]]:
    """From photo to text: accuracy, time, size of the files, memory."""
    lines = []
    for name in (n for n in TITLES if n in result["sets"]):
        rows = [result["sets"][name][s] for s in READERS]
        lines.append([f"characters read: {TITLES[name]} ({rows[0]['pages']})", *(f"{r['read']:.3f}" for r in rows)])
        for kind, title in zip(PARTIAL, ("their Chinese characters", "the rare ones of these³"), strict=True):
            if kind in rows[0]:
                lines.append([f"{title} ({rows[0][kind]['chars']})", *(f"{r[kind]['read']:.3f}" for r in rows)])
        ours, *others = (f"{r['ratio_to_tiny']:.2f} ×" for r in rows)
        lines.append(["time of these²", f"{ours} ({rows[0]['ms_median']:.0f} ms a page)", *others])
    lines.append(["files of both models, MB", *(str(result["size_mb"][s]) for s in READERS)])
    return [*lines, ["memory at most, MB", *(str(result["memory_mb"][s]) for s in READERS)]]


def _net(result: DetectionResult) -> str:
    page = result["page_960x672"]
    times = [f"{page[s]['net_ms']} ms as {s.split()[-1]} ({page[s]['ratio_to_tiny']:.2f} ×)" for s in ("ours float", "ours int8")]
    return f"The detector's net alone takes {' and '.join(times)} for a page of 960 × 672, tiny's {page[DETECTORS[1]]['net_ms']} ms."


def _complete(result: DetectionResult | ReadingResult, file: str, competitors: Sequence[str], sets: Iterable[str], mode: str) -> None:
    """Check that every cell has a value."""
    measured: Mapping[str, Mapping[str, object]] = result["sets"]
    parts: dict[str, tuple[Mapping[str, object], str]] = {name: (measured.get(name, {}), f"--sets {name}") for name in sets}
    if not mode:
        parts["page_960x672"] = (result.get("page_960x672", {}), "--speed")
    for part, (rows, hint) in parts.items():
        lost = [c for c in competitors if c not in rows]
        if lost:
            raise CtpnError(f"{file}: no values of {lost[0]!r} for {part}; measure them with python -m benchmarks.peers{mode} {hint}")


def updated(readme: str, blocks: Sequence[Block]) -> str:
    """README's text with this table in place of the old one."""
    parts = ["\n".join(table_lines(b)) if isinstance(b, Table) else b.text for b in blocks if isinstance(b, Table | Text)]
    head, rest = readme.split(BEGIN)
    return "\n".join([f"{head}{BEGIN}", "\n\n".join(parts), f"{END}{rest.split(END)[1]}"])
