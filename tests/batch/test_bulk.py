"""Bytes to a page, in this process and in others."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from ctpn import ImageError, TextReader
from ctpn.batch.bulk import ReadOptions, read_page
from ctpn.batch.item import Item
from ctpn.batch.pool import outcomes

EXAMPLES = Path(__file__).parents[2] / "examples"
PHOTOS = [EXAMPLES / "waybill.jpg", EXAMPLES / "sign.jpg"]


def plain(page):
    """What must be the same wherever a page is read."""
    lines = [(line.quad.tolist(), line.score, line.text, line.text_score, line.region) for line in page]
    return lines, page.width, page.height, page.warnings, page.regions


def test_a_page_is_the_same_in_any_process():
    options = ReadOptions(threads=1, regions=((0.0, 0.0, 300.0, 300.0),))
    data = [photo.read_bytes() for photo in PHOTOS]
    here = [plain(read_page(d, options)) for d in data]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        there = [plain(page) for page in pool.map(partial(read_page, options=options), data)]
    with TextReader(threads=1) as reader:
        direct = [plain(reader.read(photo, options.regions)) for photo in PHOTOS]
    assert here == there == direct and here[0][0]


def test_only_detection():
    page = read_page(PHOTOS[0].read_bytes(), ReadOptions(threads=1, text=False))
    assert len(page) and {line.text for line in page} == {None} and "recognize" not in page.times


def test_errors_name_the_photo():
    with pytest.raises(ImageError, match=r"^upload 7: not a picture"):
        read_page(b"text", ReadOptions(threads=1), "upload 7")


@pytest.mark.parametrize("jobs", [1, 2])
def test_outcomes_are_in_order_and_failures_are_among_them(tmp_path, jobs):
    items = [Item("a", PHOTOS[0]), Item("none", tmp_path / "none.jpg"), Item("b", PHOTOS[1].read_bytes()), Item("empty", b"")]
    found = list(outcomes(items, ReadOptions(threads=1, text=False), jobs))
    assert [(o.name, o.page is not None) for o in found] == [("a", True), ("none", False), ("b", True), ("empty", False)]
    assert found[1].error == f"{tmp_path / 'none.jpg'}: no such file; check the path" and found[3].error.startswith("empty: ")
