"""One side of a comparison, in a process of its own: reads picture paths, answers with quads and times.

  python worker.py ours MODEL.onnx        in the project's environment
  python worker.py peer MODEL.onnx BOX    in the peers' environment; BOX is PaddleOCR's box threshold

A request is a path on one line; the answer is one line of JSON: {"quads": …, "pre": ms, "net": ms, "post": ms,
"memory": peak MB}. Both sides get the same decoded pixels and one thread.
"""

import json
import resource
import sys
import time

import cv2
import numpy as np

cv2.setNumThreads(1)


def ours(model):
    """Our stages, timed apart: fit, graph, postprocessing."""
    from ctpn.detect import postprocess
    from ctpn.image import fit
    from ctpn.reader import TextReader

    reader = TextReader(model, threads=1)
    spec = reader.detector.spec

    def detect(bgr, clock):
        fitted = fit(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), spec)
        clock("pre")
        maps = reader.maps(fitted.pixels)
        clock("net")
        quads = postprocess(maps, spec)[0] / np.array([fitted.scale_x, fitted.scale_y], np.float32)
        clock("post")
        return quads

    return detect


def peer(model, box_threshold):
    """PP-OCR's detector as PaddleOCR runs it: its normalisation and DB postprocessing, from rapidocr."""
    import onnxruntime as ort
    from rapidocr.ch_ppocr_det.utils import DBPostProcess, DetPreProcess

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = ort.InferenceSession(model, options)
    name = session.get_inputs()[0].name
    prepare = DetPreProcess(960, "max", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    finish = DBPostProcess(thresh=0.2, box_thresh=float(box_threshold), max_candidates=3000, unclip_ratio=1.4)

    def detect(bgr, clock):
        pixels = prepare(bgr)
        clock("pre")
        maps = session.run(None, {name: pixels})[0]
        clock("net")
        quads = finish(maps, bgr.shape[:2])[0]
        clock("post")
        return quads

    return detect


def answer(detect, path):
    """One picture's answer."""
    bgr = cv2.imread(path)
    times, last = {}, [time.perf_counter()]

    def clock(part):
        now = time.perf_counter()
        times[part] = 1000 * (now - last[0])
        last[0] = now

    quads = np.asarray(detect(bgr, clock), np.float64).reshape(-1, 4, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"quads": quads.round(2).tolist(), **times, "memory": peak}


def main():
    """Answer until the input ends."""
    kind, *args = sys.argv[1:]
    detect = {"ours": ours, "peer": peer}[kind](*args)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(detect, line.rstrip("\n"))), flush=True)


if __name__ == "__main__":
    main()
