"""A competitor as a process: it reads paths of images and answers with lines and times.

  python competitor_process.py ours MODEL.onnx            in the project's environment; finds lines
  python competitor_process.py ours-read                  finds and reads them, with the shipped models
  python competitor_process.py stages THREADS             the same with the time of each stage: {"open": ms, …, "whole": ms, "memory": MB}
  python competitor_process.py net RUNTIME FILE THREADS   a model alone; its request is an array of pixels, .npy
  python competitor_process.py peer MODEL.onnx BOX        in PP-OCRv6's environment; BOX is PaddleOCR's box threshold
  python competitor_process.py peer-read MODEL.onnx BOX RECOGNISER.onnx CHARACTERS.txt

A request is a path on one line; the answer is one line of JSON: {"quads": …, "memory": peak MB} with "pre", "net" and "post"
in milliseconds, or with "texts", "detect" and "read". All get the same decoded pixels and one thread.
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
Clock = Callable[[str], float]  # ends a part of this name and returns its milliseconds
Work = Callable[[Any, Clock], dict[str, Any]]  # a request to its answer without times and memory

cv2.setNumThreads(1)


def ours(model: str) -> Work:
    """The reader's detection as apps use it, with the looks that it takes; its stages are timed apart."""
    from ctpn.reader import TextReader

    reader = TextReader(detector=model, threads=1)

    def detect(bgr: U8, _: Clock) -> dict[str, Any]:
        page = reader.detect(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        parts = {"pre": "fit", "net": "detect", "post": "postprocess"}
        return {"quads": corners([line.quad for line in page]), **{part: 1000 * page.times[stage] for part, stage in parts.items()}}

    return detect


def ours_read() -> Work:
    """The reader as apps use it. The time of reading is that of `read` minus that of `detect`, so each page is detected twice."""
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
    """The reader as apps use it, from the file on."""
    from ctpn.reader import TextReader
    from ctpn.stage_timer import STAGES

    reader = TextReader(threads=int(threads))

    def read(path: str, clock: Clock) -> dict[str, Any]:
        page = reader.read(path)
        clock("whole")
        return {**{stage: 1000 * page.times.get(stage, 0.0) for stage in STAGES}, "found": len(page)}

    return read


def net(runtime: str, file: str, threads: str) -> Work:
    """A model file under one of benchmarks.runtimes; each answer also has the time of loading and the memory before it."""
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
    """A PP-OCRv6 model, with one thread."""
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
    """PP-OCR from photo to text: its detector as above, rapidocr's line crops and recogniser, without omitting any line."""
    from rapidocr.ch_ppocr_rec import TextRecInput
    from rapidocr.utils.process_img import get_rotate_crop_image

    find, read = peer(model, box_threshold), recognizer(recogniser, characters)

    def find_and_read(bgr: U8, clock: Clock) -> dict[str, Any]:
        quads = find(bgr, lambda part: 0.0)["quads"]
        clock("detect")
        crops = [get_rotate_crop_image(bgr, np.array(q, np.float32)) for q in quads]
        texts = read(TextRecInput(img=crops)).txts if crops else ()
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
    """Peak memory of this process, MB. Linux's ru_maxrss begins with the peak of the parent, so it is not used there."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+)", status.read_text())):
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def decode(path: str) -> U8 | None:
    """The pixels that all get, uint8 BGR; annotations are in stored pixels, so EXIF is ignored."""
    return cv2.imread(path, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)


def answer(work: Work, given: Any) -> dict[str, Any]:
    """The answer to one request, whose file has been read."""
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
    "ours": (ours, decode), "ours-read": (ours_read, decode), "peer": (peer, decode), "peer-read": (peer_read, decode),
    "stages": (stages, str), "net": (net, np.load),
}  # fmt: skip


if __name__ == "__main__":
    main()
