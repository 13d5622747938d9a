"""One side of a comparison, in a process of its own: reads picture paths, answers with lines and times.

  python competitor_process.py ours MODEL.onnx            in the project's environment; finds lines
  python competitor_process.py ours-read                  finds and reads them, with what is shipped
  python competitor_process.py stages THREADS             the same, each stage timed: {"open": ms, …, "whole": ms, "memory": MB}
  python competitor_process.py net RUNTIME FILE THREADS   a net alone; its request is an array of pixels, .npy
  python competitor_process.py peer MODEL.onnx BOX        in the peers' environment; BOX is PaddleOCR's box threshold
  python competitor_process.py peer-read MODEL.onnx BOX RECOGNISER.onnx CHARACTERS.txt

A request is a path on one line; the answer is one line of JSON: {"quads": …, "memory": peak MB} with "pre", "net" and "post"
in milliseconds, or with "texts", "detect" and "read". Everyone gets the same decoded pixels and one thread.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Clock = Callable[[str], float]  # ends a part of this name and says how long it took, ms
Work = Callable[[Any, Clock], dict[str, Any]]  # what was asked for, to what is answered besides times and memory

cv2.setNumThreads(1)


def ours(model: str) -> Work:
    """Our stages, timed apart: fit, graph, postprocessing."""
    from ctpn.detection.postprocess import postprocess
    from ctpn.imaging.tiling import fit
    from ctpn.reader import TextReader

    reader = TextReader(model, threads=1)
    spec = reader.detector.spec

    def detect(bgr: U8, clock: Clock) -> dict[str, Any]:
        fitted = fit(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), spec)
        clock("pre")
        maps = reader.maps(fitted.pixels)
        clock("net")
        quads = postprocess(maps, spec)[0] / np.array([fitted.scale_x, fitted.scale_y], np.float32)
        clock("post")
        return {"quads": corners(quads)}

    return detect


def ours_read() -> Work:
    """The reader as apps have it. Reading is what `read` takes longer than `detect` alone, so each page is detected twice."""
    from ctpn.reader import TextReader

    reader = TextReader(threads=1)

    def find_and_read(bgr: U8, clock: Clock) -> dict[str, Any]:
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        reader.detect(rgb)
        detect = clock("detect")
        lines = reader.read(rgb)
        whole = clock("whole")
        return {"quads": corners([x.quad for x in lines]), "texts": [x.text or "" for x in lines], "read": whole - detect}

    return find_and_read


def stages(threads: str) -> Work:
    """The reader as apps have it, from the file on."""
    from benchmarks.stage_timer import stage_timer
    from ctpn.reader import TextReader

    reader = TextReader(threads=int(threads))

    def read(path: str, clock: Clock) -> dict[str, Any]:
        with stage_timer() as times:
            lines = reader.read(path)
        clock("whole")
        return {**times, "found": len(lines)}

    return read


def net(runtime: str, file: str, threads: str) -> Work:
    """A model file under one of benchmarks.runtimes: every answer also says how long loading took and what memory was there before."""
    from benchmarks.runtimes import RUNTIMES

    load = RUNTIMES[runtime]()
    before, begin = peak(), time.perf_counter()
    run = load(file, int(threads))
    loaded = {"load": 1000 * (time.perf_counter() - begin), "before": before}

    def once(pixels: NDArray[np.generic], clock: Clock) -> dict[str, Any]:
        run(pixels)
        clock("net")
        return loaded

    return once


def session(model: str) -> Any:
    """A peer's model, with one thread."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return ort.InferenceSession(model, options)


def peer(model: str, box_threshold: str) -> Work:
    """PP-OCR's detector as PaddleOCR runs it: its normalisation and DB postprocessing, from rapidocr."""
    from rapidocr.ch_ppocr_det.utils import DBPostProcess, DetPreProcess

    net = session(model)
    name = net.get_inputs()[0].name
    prepare = DetPreProcess(960, "max", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    finish = DBPostProcess(thresh=0.2, box_thresh=float(box_threshold), max_candidates=3000, unclip_ratio=1.4)

    def detect(bgr: U8, clock: Clock) -> dict[str, Any]:
        pixels = prepare(bgr)
        clock("pre")
        maps = net.run(None, {name: pixels})[0]
        clock("net")
        quads = finish(maps, bgr.shape[:2])[0]
        clock("post")
        return {"quads": corners(quads)}

    return detect


def peer_read(model: str, box_threshold: str, recogniser: str, characters: str) -> Work:
    """PP-OCR from photo to text: its detector as above, rapidocr's cutting out and recogniser, no line left away."""
    from rapidocr.ch_ppocr_rec import TextRecInput
    from rapidocr.utils.process_img import get_rotate_crop_image

    find, read = peer(model, box_threshold), recognizer(recogniser, characters)

    def find_and_read(bgr: U8, clock: Clock) -> dict[str, Any]:
        quads = find(bgr, lambda part: 0.0)["quads"]
        clock("detect")
        strips = [get_rotate_crop_image(bgr, np.array(q, np.float32)) for q in quads]
        texts = read(TextRecInput(img=strips)).txts if strips else ()
        clock("read")
        return {"quads": quads, "texts": list(texts)}

    return find_and_read


def recognizer(model: str, characters: str) -> Any:
    """rapidocr's TextRecognizer with its own batches (6 lines, sorted by width) around a given model."""
    from rapidocr.ch_ppocr_rec import TextRecognizer
    from rapidocr.utils.typings import EngineType, LangRec

    class Options(dict[str, Any]):
        __getattr__ = dict.__getitem__

    shape = {"rec_batch_num": 6, "rec_img_shape": [3, 48, 320]}
    names = {"lang_type": LangRec.CH, "engine_type": EngineType.ONNXRUNTIME, "rec_keys_path": characters, "font_path": None}
    return TextRecognizer(Options(session=session(model), **shape, **names))


def corners(quads: Any) -> Any:
    """Quads as lists, to a hundredth of a pixel."""
    return np.asarray(quads, np.float64).reshape(-1, 4, 2).round(2).tolist()


def peak() -> float:
    """Peak memory of this process, MB. Linux's ru_maxrss will not do: it begins with the peak of the parent."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+)", status.read_text())):
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def picture(path: str) -> U8 | None:
    """Everyone's pixels, uint8 BGR; annotations are in stored pixels, so no EXIF."""
    return cv2.imread(path, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)


def answer(work: Work, given: Any) -> dict[str, Any]:
    """The answer to one request, taken from its file already."""
    times, last = dict[str, float](), [time.perf_counter()]

    def clock(part: str) -> float:
        now = time.perf_counter()
        times[part], last[0] = 1000 * (now - last[0]), now
        return times[part]

    return {**work(given, clock), **times, "memory": peak()}


def main() -> None:
    """Answer until the input ends."""
    kind, *args = sys.argv[1:]
    make, take = KINDS[kind]
    work = make(*args)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(work, take(line.rstrip("\n")))), flush=True)


KINDS: dict[str, tuple[Callable[..., Work], Callable[[str], Any]]] = {
    "ours": (ours, picture), "ours-read": (ours_read, picture), "peer": (peer, picture), "peer-read": (peer_read, picture),
    "stages": (stages, str), "net": (net, np.load),
}  # fmt: skip


if __name__ == "__main__":
    main()
