"""Cases of pictures: resampling, fitting, tiles of long ones, line crops."""

from __future__ import annotations

from typing import Any

import numpy as np

from contract.generator.stages import case

Cases = list[dict[str, Any]]


def noise(height: int, width: int, seed: int = 0) -> Any:
    """Every colour may stand beside every other."""
    return np.random.default_rng([height, width, seed]).integers(0, 256, (height, width, 3), np.uint8)


def smooth(height: int, width: int) -> Any:
    """Slopes, as photos have."""
    y, x = np.indices((height, width))
    return np.stack([127 + 120 * np.sin(x / 5 + k) * np.cos(y / 7 - k) for k in range(3)], -1).astype(np.uint8)


def box(x0: float, y0: float, x1: float, y1: float) -> Any:
    """A quad of an upright rectangle."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


def rotated(width: float, height: float, degrees: float, at: tuple[float, float]) -> Any:
    """A rotated rectangle around a middle."""
    a = np.deg2rad(degrees)
    flat = (box(0, 0, width, height) - [width / 2, height / 2]) @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return (flat + at).astype(np.float32)


def resample_cases() -> Cases:
    """Halving, scaling, sampling."""
    sizes = {
        "smaller": ((13, 17), (11, 9)),
        "larger": ((6, 5), (18, 11)),
        "by just 2": ((12, 10), (6, 5)),
        "more than 2": ((13, 27), (6, 13)),
        "more than 4": ((37, 45), (8, 9)),
        "only one side by more than 2": ((9, 30), (8, 7)),
        "one pixel": ((1, 1), (1, 1)),
        "one pixel enlarged": ((1, 1), (2, 3)),
        "to one pixel": ((7, 9), (1, 1)),
        "one row": ((1, 20), (1, 13)),
        "one column": ((20, 1), (13, 1)),
        "ties of weights": ((1, 257), (1, 256)),
        "the same size": ((5, 6), (5, 6)),
        "one side only": ((8, 9), (8, 7)),
    }
    rng = np.random.default_rng(5)
    photo = noise(9, 12)
    ties = (np.arange(24) / 64)[None] + 0.5 + np.zeros((2, 1))
    return [
        *(
            case("halved", f"{h} x {w}, {n} times", image=noise(h, w), times=n)
            for h, w, n in [(4, 6, 1), (5, 7, 1), (9, 5, 2), (1, 1, 3), (3, 3, 0)]
        ),
        *(case("resize", name, image=noise(*size), height=to[0], width=to[1]) for name, (size, to) in sizes.items()),
        case("resize", "smooth", image=smooth(40, 30), height=26, width=19),
        case("sample", "inside", image=photo, x=rng.uniform(0, 12, (5, 7)), y=rng.uniform(0, 9, (5, 7))),
        case("sample", "over the border", image=photo, x=rng.uniform(-9, 20, (5, 7)), y=rng.uniform(-9, 20, (5, 7))),
        case("sample", "ties of 64ths", image=photo, x=ties, y=ties + 3),
        case("sample", "one pixel", image=noise(1, 1), x=ties, y=ties),
        case("sample", "no number", image=photo, x=np.array([[np.nan, np.inf, -np.inf, 1e300]]), y=np.full((1, 4), 4.5)),
    ]


def fit_cases() -> Cases:
    """A photo to the network's scale."""
    small = {
        **{"long_side": 32, "size_multiple": 8, "stride_x": 8, "stride_y": 8, "direction": {"stride": 8}},
        "tiling": {"tile_short_side": 16, "overlap": 8},
    }
    other = {"tiling": {"max_aspect_ratio": 3.0, "tile_short_side": 320, "overlap": 64, "max_untiled": 1.1}}
    sizes = [
        (960, 960),
        (961, 960),
        (4000, 3000),
        (3000, 4000),
        (1, 1),
        (31, 33),
        (3840, 960),
        (3841, 960),
        (960, 3841),
        (640, 2561),
        (20000, 640),
        (20000, 50),
        (1279, 853),
        (1281, 5),
        (1921, 1281),
        (2559, 1439),
        (12000, 9000),
    ]
    low = np.stack([box(10, 10, 90, 30), rotated(300, 120, 30, (300, 300))])
    closer = [
        *(
            (f"{w} x {h}", w, h, False, {})
            for w, h in [(960, 720), (900, 700), (853, 640), (640, 480), (300, 320), (1, 1), (641, 160), (640, 160)]
        ),
        ("a line of 120 pixels", 400, 300, True, {}),
        ("a long side of 1920", 640, 480, True, {"long_side": 1920}),
        ("at most 1.5 times", 400, 300, False, {"regions": {"max_enlargement": 1.5}}),
        ("anchors up to 150 pixels", 400, 300, True, {"anchor_heights": [10.0, 150.0]}),
        ("longer images are no long ones", 641, 160, False, {"tiling": {"max_aspect_ratio": 5.0}}),
    ]
    maps = [np.random.default_rng(i).normal(size=(2, n, 3)).astype(np.float32) for i, n in enumerate((60, 60, 20))]
    places = [[0, 960], [832, 1792], [1664, 1984]]
    return [
        *(
            case("fit", f"{w} x {h}", photo=noise(h, w), spec=small)
            for h, w in [(20, 30), (40, 50), (90, 70), (1, 1), (10, 60), (20, 90), (33, 8)]
        ),
        *(case("fit_size", f"{w} x {h}", width=w, height=h, spec={}) for w, h in sizes if w * h <= 16_000_000),
        *(case("fit_size", f"other tiles, {w} x {h}", width=w, height=h, spec=other) for w, h in [(2880, 960), (2881, 960)]),
        *(
            case("closer_scale", name, width=w, height=h, quads=low if lines else np.zeros((0, 4, 2), np.float32), spec=spec)
            for name, w, h, lines, spec in closer
        ),
        *(case("far_view", f"{w} x {h}", pixels=noise(h, w), spec=small) for h, w in [(24, 16), (9, 8)]),
        *(case("tiles", str(n), length=n, spec={}) for n in (32, 960, 1440, 1472, 1792, 2016, 19968)),
        *(case("tiles", f"other tiles, {n}", length=n, spec=other) for n in (1056, 1088, 2016)),
        case("stitch", "across", maps=maps, places=places, stride=16, axis=1),
        case("stitch", "down", maps=[m.transpose(1, 0, 2).copy() for m in maps], places=places, stride=16, axis=0),
    ]


def rectify_cases() -> Cases:
    """Quads to line crops; the spec's height is small so that the files are."""
    low, bare = {"height": 8}, {"height": 8, "margin": [0.0, 0.0]}
    photo, slope = noise(32, 60), smooth(42, 66)
    cases = [
        ("copied", photo, box(10, 12, 34, 20), bare),
        ("upright", photo, box(10, 12, 40, 22), low),
        ("enlarged", photo, box(20, 20, 30, 24), low),
        ("halved", slope, box(3, 10, 66, 30), low),
        ("halved twice", slope, box(1, 2, 69, 48), low),
        ("rotated", slope, rotated(40, 9, 20, (35, 25)), low),
        ("steep", slope, rotated(40, 9, -75, (35, 25)), low),
        ("upside down", slope, rotated(40, 9, 180, (35, 25)), low),
        ("perspective", slope, np.array([[5, 10], [60, 4], [64, 30], [2, 22]], np.float32), low),
        ("over the border", photo, box(-9, 30, 20, 45), low),
        ("outside", photo, box(80, 60, 95, 66), low),
        ("one pixel", noise(1, 1), box(0, 0, 1, 1), low),
        ("narrower than 8", photo, box(10, 10, 11, 30), low),
        ("no area", photo, box(7, 7, 7, 7), low),
        ("no height", photo, box(5, 9, 30, 9), low),
        ("a triangle", photo, np.array([[5, 5], [30, 5], [30, 20], [30, 20]], np.float32), low),
        ("crossing itself", photo, np.array([[5, 5], [30, 20], [30, 5], [5, 20]], np.float32), low),
        ("the real height", photo, box(10, 12, 30, 22), {}),
        ("narrower than 20", photo, box(10, 10, 11, 30), {**low, "line_crop": {"min_width": 20}}),
    ]
    return [case("rectify", name, image=image, quad=quad, spec=spec) for name, image, quad, spec in cases]


def line_crop_cases() -> Cases:
    """Directions, split points, batches."""
    spec = {"height": 8, "max_width": 96, "width_multiple": 32, "widths": [32]}
    ink = np.where(noise(8, 210)[..., :1] < 80, 0, 255).astype(np.uint8).repeat(3, 2)
    ink[:, 76:84], ink[:, 150:158] = 255, 255
    flat = np.full((8, 200, 3), 200, np.uint8)
    gap = np.full((8, 60, 3), 255, np.uint8)
    gap[1:7, 5:28] = gap[1:7, 32:50] = 0
    return [
        *(case("rotate_quad", f"{n} quarters", quad=rotated(30, 8, 10, (20, 20)), quarters=n) for n in range(4)),
        *(
            case("split_vertical", name, quad=quad)
            for name, quad in [
                ("three", box(10, 20, 30, 80)),
                ("leaning", rotated(9, 40, 8, (30, 30))),
                ("2.5 times as high", box(0, 0, 10, 25)),
                ("flat", box(0, 0, 50, 10)),
                ("no area", box(3, 3, 3, 3)),
            ]
        ),
        *(
            case("split_points", name, line_crop=s, spec=spec)
            for name, s in [("split in gaps", ink), ("at the limit", ink[:, :96]), ("one more", ink[:, :97]), ("empty", flat)]
        ),
        *(
            case("is_space", f"{name} at {cut}", line_crop=s, cut=cut, spec={})
            for name, s in [("letters", gap), ("empty", flat)]
            for cut in (1, 10, 28, 30, 31, 55)
        ),
        *(
            case("is_space", f"letters at 30, {name} {value}", line_crop=gap, cut=30, spec={"line_crop": {name: value}})
            for name, value in [("space_width", 0.49), ("space_width", 0.51), ("space_ink", 0.0)]
        ),
        *(
            case("split_points", f"{name} {value}", line_crop=ink, spec={**spec, "line_crop": {name: value}})
            for name, value in [("cut_start", 0.9), ("cut_window", 1), ("cut_tolerance", 40.0)]
        ),
        *(
            case("batches", f"{name} {value}", widths=[40, 64, 96, 130, 160, 300, 310], spec={"reading": {name: value}})
            for name, value in [("batch_columns", 640), ("batch_spread", 3.0)]
        ),
        *(
            case("batches", name, widths=w, spec={})
            for name, w in [
                ("none", []),
                ("one", [40]),
                ("similar widths", [40, 300, 42, 900, 310, 45]),
                ("ties", [64] * 50),
                ("the limit", [1280, 1280, 1280, 1249, 2561]),
                ("many", np.random.default_rng(2).integers(8, 1281, 60).tolist()),
            ]
        ),
        case("padded", "to a multiple of 32", parts=[noise(32, 9), noise(32, 33)], spec={}),
        case("split_points", "the real width", line_crop=noise(1, 1500), spec={}),
    ]
