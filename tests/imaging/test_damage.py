"""Damage is a warning or an error, and never silent where the decoder or a checksum tells it."""

import io
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from ctpn.errors import ImageError
from ctpn.imaging.decode import open_image, open_photo
from ctpn.imaging.jpeg import MAX_SCANS
from tests.helpers.pngs import chunks, exif, png, with_chunks
from tests.helpers.tiffs import tiff

SIGN = cv2.imread(str(Path(__file__).parents[2] / "examples" / "sign.jpg"))
RGB = np.ascontiguousarray(SIGN[:150, :203, ::-1])


def jpeg(*options):
    return cv2.imencode(".jpg", SIGN, list(options))[1].tobytes()


def codes(data):
    return [w.code for w in open_photo(data).warnings]


def test_superfluous_data_before_the_end_mark():
    data = jpeg()
    assert codes(data) == []
    assert codes(data[:-2] + bytes(range(1, 60)) + data[-2:]) == ["damaged"]
    assert codes(data + b"what phones put behind it") == []


def test_a_code_that_does_not_exist():
    data = bytearray(jpeg())
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff\0" * 20  # no code has only ones
    (warning,) = open_photo(bytes(data)).warnings
    assert warning.code == "damaged" and "Corrupt JPEG data" in warning.message and "\n" not in warning.message


def idat(data):
    """The compressed data of a PNG."""
    return b"".join(body for kind, body in chunks(data) if kind == b"IDAT")


def with_idat(data, body):
    """The PNG with other compressed data."""
    first, *rest = [chunk for chunk in chunks(data) if chunk[0] != b"IDAT"]
    return png([first, (b"IDAT", body), *rest])


def scan_starts(data):
    """Where each scan of a JPEG begins; 0xFF 0xDA is nowhere else in these."""
    found = [data.index(b"\xff\xda")]
    while (place := data.find(b"\xff\xda", found[-1] + 2)) > 0:
        found.append(place)
    return found


@pytest.mark.parametrize("kept", range(1, 10))
def test_a_progressive_jpeg_without_its_last_scans(kept):
    """Cut between two scans nothing is missing within any, and the decoder is silent: the picture is only coarse."""
    data = jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    starts = scan_starts(data)
    assert len(starts) == 10 and codes(data) == []
    tables = data.rfind(b"\xff\xc4", 0, starts[kept])  # of the scan that is cut off
    cut = tables if tables > starts[kept - 1] else starts[kept]
    (warning,) = open_photo(data[:cut] + b"\xff\xd9").warnings
    assert warning.code == "damaged" and "scans" in warning.message


def test_too_many_scans():
    data = jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    scan = data[scan_starts(data)[0] : scan_starts(data)[1]]
    with pytest.raises(ImageError, match=f"more than {MAX_SCANS} scans"):
        open_photo(data[:-2] + scan * MAX_SCANS + data[-2:])


@pytest.mark.parametrize(("vertical", "horizontal"), [(0x22, 0x21), (0x31, 0x11), (0x12, 0x12)])
def test_colours_at_an_unusual_size(vertical, horizontal):
    """Which simplejpeg does not decode; the pixels are OpenCV's."""
    data = bytearray(jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 11], data[frame + 14] = vertical, horizontal
    expected = cv2.imdecode(np.frombuffer(bytes(data), np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(open_image(bytes(data)), expected[..., ::-1])


@pytest.mark.parametrize("quality", [30, 90])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_pixels_are_those_of_opencv(mode, progressive, quality):
    image = pytest.importorskip("PIL.Image", reason="Pillow writes CMYK")
    data = io.BytesIO()
    image.fromarray(RGB).convert(mode).save(data, "JPEG", quality=quality, progressive=progressive)
    expected = cv2.imdecode(np.frombuffer(data.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(open_image(data.getvalue()), expected[..., ::-1])


PNG = cv2.imencode(".png", RGB[..., ::-1])[1].tobytes()


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND"])
def test_a_checksum_that_the_pixels_depend_on(kind):
    place = PNG.index(kind) + 4 + {b"IHDR": 13, b"IEND": 0}.get(kind, len(dict(chunks(PNG))[kind]))
    data = bytearray(PNG)
    data[place + 1] ^= 1
    with pytest.raises(ImageError, match=f"checksum of the PNG's chunk {kind.decode()} is wrong"):
        open_photo(bytes(data))


def test_a_checksum_that_they_do_not_depend_on():
    data = bytearray(with_chunks(PNG, exif(6)))
    data[data.index(b"eXIf") + 5] ^= 255
    photo = open_photo(bytes(data))
    assert [w.code for w in photo.warnings] == ["damaged"] and np.array_equal(photo.pixels, RGB)


def test_the_checksum_inside_the_compressed_data():
    body = idat(PNG)
    assert np.array_equal(open_image(with_idat(PNG, body)), RGB)
    for wrong in (body[:-1] + bytes([body[-1] ^ 1]), zlib.compress(zlib.decompress(body)[:9000])):
        with pytest.raises(ImageError):
            open_photo(with_idat(PNG, wrong))


@pytest.mark.parametrize("left", [0, 8, 20, 60, 1000, -12, -1])
def test_a_png_that_is_cut_off(left):
    with pytest.raises(ImageError, match=r"PNG ends too early|file is empty"):
        open_photo(PNG[:left])


@pytest.mark.parametrize("seed", range(20))
def test_every_changed_bit_of_a_deflate_tiff_is_noticed(seed):
    data = bytearray(tiff([RGB], deflate=True))
    start, size = 8, data.index(bytes([0, 1, 4, 0, 1, 0, 0, 0])) - 60
    data[int(np.random.default_rng(seed).integers(start, start + size))] ^= 1 << seed % 8
    try:
        photo = open_photo(bytes(data))
    except ImageError:
        return
    assert [w.code for w in photo.warnings] == ["damaged"]


def test_parts_of_a_tiff_that_are_not_in_the_file():
    data = tiff([RGB], tags={0x111: 1 << 20})
    try:
        assert codes(data) == ["damaged"]
    except ImageError as e:
        assert "\n" not in str(e)


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp", ".tiff", ".bmp"])
def test_a_file_without_its_end(kind):
    data = cv2.imencode(kind, SIGN)[1].tobytes()
    for part in (0.02, 0.5, 0.98):
        try:
            assert codes(data[: int(part * len(data))]) == ["damaged"]
        except ImageError as e:
            assert "\n" not in str(e)
