"""Small results as the other commands would write them, with figures that are easy to find again in the report."""

from __future__ import annotations

from typing import Any

from benchmarks.ablation_summary import Variant, summarize
from benchmarks.bulk import BulkResult
from benchmarks.calibration import CalibrationResult, CalibrationRow
from benchmarks.confirmation_sweep import Choice, SweepResult
from benchmarks.environment import Environment
from benchmarks.findings import FindingsResult
from benchmarks.languages import LanguagesResult, summary
from benchmarks.longlines import BINS, BinRow, LongLinesResult
from benchmarks.service import ServiceResult
from ctpn.stage_timer import STAGES

WHERE: Environment = {
    "processor": "Some", "flags": ["avx2"], "cores": 2, "system": "Linux", "python": "3", "packages": {"onnxruntime": "1"},
    "time": "then", "load": 0.25,
}  # fmt: skip
AGREES = {
    "largest_difference": 2e-7, "where": None, "pages": 3, "why": None,
    "lines": {"of": 9, "found": 9, "equal": 8, "matched": 9, "apart": [0.25, 0.5]}, "texts": {"of": 7, "equal": 6, "characters": 0.875},
}  # fmt: skip
PLACE = {"page": "receipt", "map": "side", "place": [1], "reference": 0.5, "file": 0.25}
NUMBERS = ("ms_median", "ms_p90", "ms_best", "load_ms", "first_ms", "memory_mb", "memory_added_mb", "megabytes")


def net(file: str, precision: str, ms: float, share: float) -> dict[str, Any]:
    about = {"file": file, "precision": precision, "variant": "any size", "runtime": "onnxruntime", "threads": 1}
    return {**about, "share_of_peak": share, **dict.fromkeys(NUMBERS, ms)}


def latency() -> dict[str, Any]:
    part = {"input": [1, 64, 64, 3], "gmac": 1.5, "peak_gops": {"1": {"float32": 100.0, "int8": 400.0}}}
    part["sizes"] = [{**net("mobile.onnx", "float32", 32.0, 0.5), "input": [1, 48, 96, 3]}]
    read = {"found": 5, "ms": dict.fromkeys((*STAGES, "rest"), 2.5), "whole": {"ms_median": 25.0}}
    mobile = [net("mobile.onnx", "float32", 32.0, 0.5)]
    vgg16 = [net("vgg16.onnx", "float32", 1000.0, 0.9), net("vgg16-int8.onnx", "int8", 250.0, 0.875)]
    return {
        "environment": WHERE, "stages": {"receipt.jpg": {"1": read, "2": read}}, "missing": [{"what": "x.pte", "why": "w", "do": "d"}],
        "models": {"mobile": {**part, "rows": mobile}, "vgg16": {**part, "rows": vgg16}},
    }  # fmt: skip


def parity() -> dict[str, Any]:
    rows = [
        {**AGREES, "model": "mobile", "format": "pt", "file": "mobile.pt", "megabytes": 1.25},
        {**AGREES, "model": "mobile", "format": "int8", "file": "q.onnx", "megabytes": 0.5, "why": "eight bits", "where": PLACE},
        {**AGREES, "model": "crnn", "format": "pt", "file": "crnn.pt", "megabytes": 2, "lines": None},
    ]
    return {"environment": WHERE, "pages": ["receipt"], "rows": rows, "missing": [{"what": "y.pte", "why": "w", "do": "d"}]}


def arm() -> dict[str, Any]:
    rows = [
        {**AGREES, "model": "mobile", "file": "mobile.onnx", "cpu": "cortex-a53", "features": [], "instructions": 200e6, "to_float": None},
        {**AGREES, "model": "mobile", "file": "m-int8.onnx", "cpu": "max", "features": ["asimddp"], "instructions": 66e6, "to_float": 0.33},
        {**AGREES, "model": "crnn", "file": "crnn.onnx", "cpu": "max", "features": ["asimddp"], "instructions": None, "to_float": None},
    ]
    return {"environment": WHERE, "rows": rows}


def longlines() -> LongLinesResult:
    bins: dict[str, BinRow] = {b: {"texts": 3 if b == BINS[2] else 30, "matched": 0.75, "found": 0.875, "pieces": 1.5} for b in BINS[:3]}
    sides = {"ours int8": bins, "PP-OCRv6 tiny": {BINS[0]: bins[BINS[0]]}}
    return {"environment": WHERE, "models": {s: {} for s in sides}, "limit": None, "sets": {"long": sides}, "pages_sha256": {}}


def confirmation_sweep() -> SweepResult:
    rows: list[Choice] = [
        {"min_score": None, "min_combined_score": None, "read": 0.97, "lines": 90, "false_lines": 2},
        {"min_score": 0.4, "min_combined_score": 1.1, "read": 0.975, "lines": 99, "false_lines": 3},
    ]
    return {
        "environment": WHERE, "models": {}, "spec": {"line_score": 0.55, "score_slack": 0.15, "min_combined_score": 1.1},
        "sets": {"sroie": rows}, "pages_sha256": {},
    }  # fmt: skip


def calibration() -> CalibrationResult:
    bins = [(0, 0, 0.0), *[(4, 2, 2.2)] * 10, (60, 59, 58.9)]
    row: CalibrationRow = {
        "lines": 100, "confident": 64, "confident_right": 62, "mean_confident": 80, "mean_confident_right": 65, "bins": bins,
    }  # fmt: skip
    numbers = {"bias": -4.0, "errors": 1.25, "length": 1.0, "floor": 0.001}
    return {"environment": WHERE, "model": "0" * 64, "spec": numbers, "sets": {"sroie": row, "zh": row}}


def findings() -> FindingsResult:
    runs: dict[str, Variant] = {
        name: {
            "seeds": 3, "loss": [v, v - 0.1, v + 0.1], "links": [0.5, 0.4, 0.6], "paper": [0.3, 0.2, 0.35],
            "curve": [3.0, v], "curve_low": [2.5, v - 0.1], "curve_high": [3.5, v + 0.1],
        }
        for name, v in (("no recurrence", 1.75), ("base", 1.25), ("BiLSTM", 1.3))
    }  # fmt: skip
    return {"environment": WHERE, "steps": 900, "batch": 4, "side": 384, "variants": runs, "summary": summarize(runs)}


def kinds() -> dict[str, Any]:
    row = {"pages": 4, "chars": 900, "read": 0.875, "read_matched": 0.9, "on_nothing": 3}
    charset = {"characters": 5, "read": 0.75, "reliable": 0.625, "never": "", "below": ""}
    sets = {"small_serif": {"ours": row, "PP-OCRv6 tiny": {**row, "on_nothing": 0}}, "charset": {"ours": charset}}
    return {"models": {"ours": {}, "PP-OCRv6 tiny": {}}, "sets": sets, "taken": dict.fromkeys(sets, WHERE)}


def languages() -> LanguagesResult:
    result = summary({"Python": {"fit": [4.0, 3.0, 8.0], "ctc": [1.5]}, "Swift": {"fit": [2.0], "ctc": [0.25, 0.75]}})
    result["environment"] = WHERE
    return result


def bulk() -> BulkResult:
    return {
        "environment": WHERE, "photos": ["a.jpg"], "bytes": 120_000, "row_bytes": 3000,
        "rates": {"2": {"bare": 8.0, "pool": 7.8, "ray": 7.4, "pool_share": 0.975, "ray_share": 0.925}},
        "memory": {"photos": 20_000, "jobs": 2, "first_mb": 400.0, "last_mb": 401.0},
    }  # fmt: skip


def service() -> ServiceResult:
    return {
        "environment": WHERE, "photos": ["a.jpg"], "bare": 8.0, "service": 7.6, "share": 0.95,
        "loads": {"50": {"requests": 200, "p50_ms": 130.0, "p99_ms": 480.0}}, "restart": {"sent": 90, "answered": 90},
        "hostile": {"statuses": {"422": 900, "400": 100}, "died": 0}, "idle": {"connections": 10000, "read": True, "closed": True},
        "memory": {"requests": 20000, "first_mb": 400.0, "last_mb": 401.0},
    }  # fmt: skip


EXAMPLES = {
    "service": service,
    "bulk": bulk,
    "languages": languages,
    "kinds": kinds,
    "latency": latency,
    "parity": parity,
    "arm": arm,
    "longlines": longlines,
    "confirmation_sweep": confirmation_sweep,
    "calibration": calibration,
    "findings": findings,
}
