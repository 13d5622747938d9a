"""Files that would take much memory are refused by their headers, and what is within the limits stays below 1 GB."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from ctpn import CtpnError, ImageError, TextReader
from ctpn.imaging import limits
from ctpn.imaging.decode import open_image, open_photo
from ctpn.imaging.limits import Limits
from tests.helpers.pngs import header, png, with_chunks
from tests.helpers.tiffs import tiff

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = np.full((64, 64, 3), 200, np.uint8)


def jpeg(width, height, *, progressive, sampling=0x111111):
    """One that says another size than it has."""
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    data = bytearray(cv2.imencode(".jpg", SMALL, options)[1].tobytes())
    frame = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def encoded(ending, *options):
    return bytearray(cv2.imencode(ending, SMALL, list(options))[1].tobytes())


def webp(width, height):
    data = encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 80)
    data[26:30] = struct.pack("<HH", width, height)
    return bytes(data)


def bmp(width, height):
    data = encoded(".bmp")
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def bomb(width, height, depth, colours):
    return png([header(width, height, depth, colours), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")])


def pillow(kind, old, new):
    """A small file of Pillow's with another size in its header."""
    image = pytest.importorskip("PIL.Image", reason="Pillow writes the kinds")
    data = io.BytesIO()
    image.fromarray(SMALL).save(data, kind)
    assert data.getvalue().count(old) >= 1
    return data.getvalue().replace(old, new)


BOMBS = {
    "progressive JPEG of 1 GP": lambda: jpeg(32000, 32000, progressive=1),
    "progressive JPEG of 256 MP": lambda: jpeg(16000, 16000, progressive=1),
    "JPEG of 4 GP": lambda: jpeg(65500, 65500, progressive=0),
    "JPEG without rows": lambda: jpeg(100, 0, progressive=0),
    "PNG of 1 GP": lambda: bomb(32768, 32767, 1, 0),
    "PNG of 256 MP in colour": lambda: bomb(16384, 16384, 8, 2),
    "PNG of 100 MP, 16 bits with alpha": lambda: bomb(10000, 10000, 16, 6),
    "PNG of 2 billion columns": lambda: bomb(0x7FFFFFFF, 1, 8, 2),
    "TIFF of 1 GP": lambda: tiff([SMALL], tags={0x100: 32768, 0x101: 32768}),
    "TIFF of 180 MP": lambda: tiff([SMALL], tags={0x100: 20000, 0x101: 9000, 0x116: 1}),
    "TIFF with one tile": lambda: tiff([SMALL], tags={0x142: 65536, 0x143: 65536}),
    "TIFF with many channels": lambda: tiff([SMALL], tags={0x100: 8000, 0x101: 8000, 0x115: 60000}),
    "WebP of 268 MP": lambda: webp(16383, 16383),
    "BMP of 2 GP": lambda: bmp(46340, 46340),
    "GIF of 100 MP": lambda: pillow("GIF", struct.pack("<HH", 64, 64), struct.pack("<HH", 10000, 10000)),
    "GIF of 4 GP": lambda: pillow("GIF", struct.pack("<HH", 64, 64), struct.pack("<HH", 65535, 65535)),
    "AVIF of 100 MP": lambda: pillow("AVIF", struct.pack(">II", 64, 64), struct.pack(">II", 10000, 10000)),
    "JPEG 2000 of 100 MP": lambda: pillow("JPEG2000", struct.pack(">II", 64, 64), struct.pack(">II", 10000, 10000)),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_what_takes_too_much_is_refused(kind):
    with pytest.raises(ImageError) as e:
        open_photo(BOMBS[kind]())
    assert "\n" not in str(e.value)
    assert "limit" in str(e.value) or kind.startswith(("JPEG without", "PNG of 2 billion", "AVIF", "GIF of 4", "BMP"))


PROBE = """
import json, re, sys
from pathlib import Path
import ctpn
reader = ctpn.TextReader(threads=1)
for file in sys.argv[1:]:
    try:
        reader.read(file)
    except ctpn.ImageError:
        pass
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def peak_mb(*files):
    """Megabytes that a process has at most which reads the files."""
    return int(subprocess.run([sys.executable, "-c", PROBE, *map(str, files)], capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak of a process")
def test_bombs_take_no_memory(tmp_path):
    for i, make in enumerate(BOMBS.values()):
        (tmp_path / f"{i}").write_bytes(make())
    assert peak_mb(*sorted(tmp_path.iterdir())) < 250


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak of a process")
@pytest.mark.parametrize(
    ("width", "height", "depth", "colours", "pixel"),
    [(12000, 10000, 8, 2, 3), (10000, 9000, 8, 6, 4), (12000, 10000, 16, 0, 2), (12000, 10000, 1, 0, 1 / 8)],
)
def test_a_png_just_within_the_limits(tmp_path, width, height, depth, colours, pixel):
    pack, row = zlib.compressobj(1), b"\0" + b"\xff" * int(width * pixel)
    body = b"".join([*(pack.compress(row) for _ in range(height)), pack.flush()])
    (tmp_path / "a.png").write_bytes(png([header(width, height, depth, colours), (b"IDAT", body), (b"IEND", b"")]))
    assert 400 < peak_mb(tmp_path / "a.png") < 1000


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak of a process")
@pytest.mark.parametrize("options", [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]])
def test_a_jpeg_of_200_megapixels(tmp_path, options):
    cv2.imwrite(str(tmp_path / "a.jpg"), np.full((12500, 16000, 3), 200, np.uint8), options)
    assert peak_mb(tmp_path / "a.jpg") < 1000
    photo = open_photo(tmp_path / "a.jpg")
    assert (photo.width, photo.height, photo.reduction) == (16000, 12500, 4)


LONG = """
import re, sys
from pathlib import Path
import numpy as np
from ctpn import TextReader
from ctpn.errors import ImageError
try:
    TextReader(threads=1).detect(sys.argv[1], [(0, 0, *map(int, sys.argv[2:]))] if sys.argv[2:] else None)
    print("read")
except ImageError as e:
    print(e)
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak of a process")
@pytest.mark.parametrize(
    ("height", "width", "region", "is_read"),
    [(640, 78000, [77000, 640], True), (640, 100000, [], False), (100000, 640, [600, 9000], False)],
)
def test_a_long_image_takes_no_more_than_a_gigabyte(tmp_path, height, width, region, is_read):
    """Maps of all its tiles are as large as it. Its text is sideways, so that all of it is looked at once more, rotated."""
    sideways = cv2.rotate(cv2.imread(str(EXAMPLES / "waybill.jpg"))[:640, :640], cv2.ROTATE_90_CLOCKWISE)
    file, counts = tmp_path / "a.png", (-(-height // 640), -(-width // 640), 1)
    cv2.imwrite(str(file), np.tile(sideways, counts)[:height, :width])
    command = [sys.executable, "-c", LONG, str(file), *map(str, region)]
    said, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert int(peak) < 1000 and (said == "read") == is_read
    assert is_read or said.startswith(f"{file}: to find the lines in its {width} x {height} pixels takes ")


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_a_bomb_in_a_chunk_that_nobody_needs(kind):
    bombs = zlib.compress(bytes(50 << 20), 9)
    names = {b"zTXt": b"a\0\0", b"iCCP": b"a\0\0", b"iTXt": b"a\0\1\0\0\0"}
    still = cv2.imencode(".png", SMALL)[1].tobytes()
    assert np.array_equal(open_image(with_chunks(still, (kind, names[kind] + bombs))), SMALL)


def test_the_limit_can_be_raised_and_lowered():
    data = cv2.imencode(".png", SMALL)[1].tobytes()
    with pytest.raises(ImageError, match="64 x 64 pixels are more than the limit of 4095"):
        open_photo(data, max_pixels=4095)
    assert open_photo(data, max_pixels=4096).width == 64
    with pytest.raises(ImageError, match="more than the limit of 4095"):
        TextReader(threads=1, max_pixels=4095).read(data)


def test_the_limit_for_memory_rises_with_it():
    assert Limits().max_bytes == limits.MAX_BYTES == Limits(5).max_bytes
    assert Limits(2 * limits.MAX_PIXELS).max_bytes == 2 * limits.MAX_BYTES
    with pytest.raises(ImageError, match="its 10 x 10 pixels takes 721 MB of memory, the limit is 720; make it smaller"):
        Limits().check(10, 10, 721 << 20)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "9", None, 1 << 41])
def test_what_is_no_limit(wrong):
    with pytest.raises(CtpnError, match="max_pixels: expected a whole number"):
        open_photo(b"", max_pixels=wrong)


class Endless(io.RawIOBase):
    """A pipe that never ends."""

    name = "/dev/zero"

    def read(self, size=-1):
        return bytes(size)


def test_what_never_ends_is_not_read_to_the_end(monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 64 << 20)
    with pytest.raises(ImageError, match="/dev/zero: the file has more than 32 MB"):
        open_photo(Endless())
