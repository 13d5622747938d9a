"""Very large JPEGs: how much is decoded, where it is in the photo, and the memory that it takes."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ctpn import CtpnError, TextReader
from ctpn.imaging import decode
from ctpn.imaging.decode import open_image, open_photo
from ctpn.imaging.resample import halved
from tests.helpers.jpegs import with_orientation

WAYBILL = Path(__file__).parents[2] / "examples" / "waybill.jpg"


@pytest.fixture
def small_limits(monkeypatch):
    """As if memory were 256 times as scarce: a photo of 0.13 megapixels is very large."""
    for name in ("MAX_FULL_PIXELS", "MAX_LUMA_PIXELS", "MAX_PART_PIXELS"):
        monkeypatch.setattr(decode, name, getattr(decode, name) // 256)


def jpeg(width, height, *options):
    """A photo with coarse structure in grey and in colours."""
    noise = np.random.default_rng(0).integers(0, 255, (height // 40 + 1, width // 40 + 1, 3), np.uint8)
    picture = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 98, *options])[1].tobytes()


def test_an_ordinary_photo_is_decoded_as_it_is():
    assert decode.MAX_FULL_PIXELS >= 24_000_000, "a good camera's photo is no very large one"
    photo = open_photo(WAYBILL)
    assert photo.reduction == 1 and np.array_equal(photo.pixels, open_image(WAYBILL))


@pytest.mark.parametrize(("size", "reduction"), [((400, 300), 1), ((611, 433), 2), ((1201, 433), 2), ((1203, 907), 4), ((2411, 1707), 8)])
def test_a_large_one_at_the_first_size_within_the_limit(small_limits, size, reduction):
    data = jpeg(*size)
    photo = open_photo(data)
    assert (photo.width, photo.height, photo.reduction) == (*size, reduction) and (photo.left, photo.top) == (0, 0)
    assert photo.pixels.shape[:2] == (-(-size[1] // reduction), -(-size[0] // reduction))
    assert photo.pixels.shape[0] * photo.pixels.shape[1] <= decode.MAX_FULL_PIXELS
    same = halved(open_image(data), reduction.bit_length() - 1)
    assert np.abs(photo.pixels.astype(int) - same).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("part", [(0, 0, 90, 60), (301, 211, 402, 333), (440, 300, 521, 379)])
def test_a_part_is_where_it_says(small_limits, orientation, part):
    """At its full size: luma as it is, colours from half the size."""
    data = with_orientation(jpeg(521, 379), orientation)
    whole = open_image(data)
    box = part if orientation < 5 else (part[1], part[0], part[3], part[2])
    photo = open_photo(data, lambda width, height: box)
    h, w = photo.pixels.shape[:2]
    assert (photo.height, photo.width) == whole.shape[:2] and photo.reduction == 1
    assert photo.left <= box[0] and photo.top <= box[1] and photo.left + w >= box[2] and photo.top + h >= box[3]
    assert h * w <= 1.2 * (box[2] - box[0] + 4) * (box[3] - box[1] + 4)
    there = whole[photo.top : photo.top + h, photo.left : photo.left + w]
    assert np.abs(photo.pixels.astype(int) - there).mean() < 2.5
    grey = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(int) for p in (photo.pixels, there)]
    assert np.abs(grey[0] - grey[1]).mean() < 1.5
    assert [w.code for w in photo.warnings] == ([] if orientation == 1 else ["rotated"])


@pytest.mark.parametrize(
    ("size", "part", "reduction", "cut"),
    [((521, 379), (0, 0, 521, 379), 2, False), ((521, 379), (90, 90, 190, 190), 1, True), ((1203, 907), (800, 400, 900, 500), 4, True)],
)
def test_how_much_detail_a_part_has(small_limits, size, part, reduction, cut):
    """A part that is nearly the photo has what the photo has; the larger the photo, the less a small part has."""
    photo = open_photo(jpeg(*size), lambda width, height: part)
    assert (photo.reduction, photo.left > 0) == (reduction, cut)


def test_places_go_there_and_back(small_limits):
    photo = open_photo(jpeg(1203, 907), lambda width, height: (800, 400, 900, 500))
    points = np.array([[820, 410], [890, 480]], np.float32)
    assert np.array_equal(photo.to_photo(photo.to_pixels(points)), points)
    assert photo.to_photo(photo.to_pixels(points + 9999)).tolist() == [[1203, 907]] * 2


@pytest.mark.parametrize("regions", [None, [(20, 200, 700, 500)]])
def test_lines_are_found_where_they_are(monkeypatch, regions):
    """Three times as large as it is, so that half of it has detail enough."""
    reader = TextReader(threads=1)
    data = cv2.imencode(".jpg", cv2.resize(cv2.imread(str(WAYBILL)), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC))[1].tobytes()
    large = None if regions is None else [tuple(3 * v for v in region) for region in regions]
    exact = reader.read(data, large)
    monkeypatch.setattr(decode, "MAX_FULL_PIXELS", 4_000_000)
    monkeypatch.setattr(decode, "MAX_LUMA_PIXELS", 4_000_000)
    reduced = reader.read(data, large)
    assert (reduced.width, reduced.height) == (exact.width, exact.height) and len(exact) > 3
    apart = [
        min((np.abs(a.quad.mean(0) - b.quad.mean(0)).max() for b in reduced if b.text == a.text), default=np.inf) for a in exact
    ]  # pixels between the middles of a line
    assert np.mean(np.array(apart) < 6) >= 0.9


def test_a_region_outside_of_a_large_photo_is_an_error(small_limits):
    with pytest.raises(CtpnError, match="inside a photo of 1203 x 907"):
        TextReader(threads=1).detect(jpeg(1203, 907), [(5000, 0, 10, 10)])


PROBE = """
import re, sys
from pathlib import Path
from ctpn import TextReader

region = [tuple(map(float, sys.argv[2].split(",")))] if sys.argv[2] else None
page = TextReader(threads=1).read(sys.argv[1], region)
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(int(peak) // 1024, page.width, page.height, *(line.text.replace(" ", "") for line in page))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak of a process")
@pytest.mark.parametrize(("region", "max_mb"), [("", 400), ("6600,6600,731,1100", 250), ("11000,8000,900,900", 250)])
def test_memory_for_108_megapixels(tmp_path, region, max_mb):
    tile = cv2.imread(str(WAYBILL))
    cv2.imwrite(str(tmp_path / "a.jpg"), np.tile(tile, (9, 17, 1))[:9000, :12000], [cv2.IMWRITE_JPEG_QUALITY, 90])
    done = subprocess.run([sys.executable, "-c", PROBE, str(tmp_path / "a.jpg"), region], capture_output=True, text=True, check=True)
    peak, width, height, *texts = done.stdout.split()
    assert (width, height) == ("12000", "9000") and int(peak) <= max_mb
    assert not region or "标准快递" in texts or "6340968666000" in texts
