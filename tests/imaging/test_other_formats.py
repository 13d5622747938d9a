"""What the packages of the extra `formats` read, and what is said without them."""

import io
import zlib

import numpy as np
import pytest

from ctpn.errors import ImageError
from ctpn.imaging import limits, other_formats
from ctpn.imaging.decode import open_image, open_photo
from ctpn.imaging.pdf import HARMLESS
from ctpn.imaging.upright import upright
from tests.helpers.pdfs import pages_pdf, stream
from tests.helpers.tiffs import tiff

image = pytest.importorskip("PIL.Image", reason="Pillow writes the kinds")
pillow_heif = pytest.importorskip("pillow_heif", reason="it writes HEIC")
pytest.importorskip("pypdfium2", reason="it renders PDF")


def corners():
    rgb = np.full((64, 96, 3), 255, np.uint8)
    rgb[:16, :16], rgb[:16, -16:], rgb[-16:, :16] = (250, 20, 30), (20, 250, 30), (20, 30, 250)
    return rgb


def saved(kind, **options):
    data = io.BytesIO()
    image.fromarray(corners()).save(data, kind, **options)
    return data.getvalue()


def heic(*pictures, orientation=1):
    tags = image.Exif()
    tags[0x0112] = orientation
    file, data = pillow_heif.HeifFile(), io.BytesIO()
    for picture in pictures:
        file.add_from_pillow(image.fromarray(picture))
    file.save(data, quality=95, exif=tags.tobytes(), save_all=True)
    return data.getvalue()


MAKE = {
    "GIF": lambda: saved("GIF"),
    "AVIF": lambda: saved("AVIF", quality=95),
    "JPEG 2000": lambda: saved("JPEG2000"),
    "PNM": lambda: saved("PPM"),
    "HEIC": lambda: heic(corners()),
    "PDF": lambda: saved("PDF", resolution=200),
}


@pytest.mark.parametrize("kind", MAKE)
def test_the_extra_reads_it(kind):
    photo = open_photo(MAKE[kind]())
    height, width = photo.pixels.shape[:2]  # PDFium rounds up
    assert (width - 96, height - 64) in ((0, 0), (1, 1)) and photo.warnings == () and photo.pages == 1
    assert np.abs(photo.pixels[:64, :96].astype(int) - corners()).mean() < 6


@pytest.mark.parametrize("kind", MAKE)
def test_without_the_extra_it_is_named(kind, monkeypatch):
    data = MAKE[kind]()
    monkeypatch.setattr(other_formats, "find_spec", lambda module: None)
    with pytest.raises(ImageError, match=rf"^image: reading {kind} needs \w+, which is not installed.*pip install 'ctpn\[formats\]'$"):
        open_photo(data)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_further_frames_name_the_extra(kind, monkeypatch):
    data = saved(kind, save_all=True, append_images=[image.new("RGB", (96, 64))])
    monkeypatch.setattr(other_formats, "find_spec", lambda module: None)
    if kind != "GIF":
        assert open_photo(data).pages == 2
    with pytest.raises(ImageError, match="formats"):
        open_photo(data, page=2)


@pytest.mark.parametrize("kind", MAKE)
def test_a_damaged_one_is_one_line(kind):
    data = MAKE[kind]()
    for cut in (40, len(data) // 3):
        with pytest.raises(ImageError) as e:
            open_photo(data[:cut])
        assert "\n" not in str(e.value) and len(str(e.value)) < 400


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_once(orientation):
    """By the container; what EXIF says is the same once more."""
    photo = open_photo(heic(corners(), orientation=orientation))
    expected = upright(corners(), orientation)
    assert photo.pixels.shape == expected.shape and np.abs(photo.pixels.astype(int) - expected).mean() < 6
    assert [w.code for w in photo.warnings] == ([] if orientation == 1 else ["rotated"])


def test_each_picture_of_a_heic():
    data = heic(corners(), 255 - corners())
    assert [w.code for w in open_photo(data).warnings] == ["more_pages"]
    second = open_photo(data, page=2)
    assert (second.page, second.pages) == (2, 2) and np.abs(second.pixels.astype(int) - (255 - corners())).mean() < 6


@pytest.mark.parametrize("mode", ["GIF", "AVIF", "JPEG2000"])
def test_light_letters_on_transparency(mode):
    picture = image.new("RGBA", (64, 64), (255, 255, 255, 0))
    picture.paste((255, 255, 255, 255), (16, 16, 40, 40))
    data = io.BytesIO()
    picture.save(data, mode)
    rgb = open_image(data.getvalue())
    assert rgb[2, 2].max() < 20 and rgb[28, 28].min() > 230


def test_sixteen_bits_of_jpeg_2000():
    values = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    data = io.BytesIO()
    image.fromarray(values).save(data, "JPEG2000")
    assert np.abs(open_image(data.getvalue())[..., 0].astype(int) - (values.astype(int) + 128) // 257).max() <= 1


def test_pages_of_a_pdf_and_their_text_layer():
    data = pages_pdf([b"BT /F 24 Tf 20 60 Td (Hello) Tj ET", b"1 0 0 rg 0 72 144 72 re f"], size=(288, 144))
    first, second = open_photo(data), open_photo(data, page=2)
    assert [w.code for w in first.warnings] == ["more_pages", "text_layer"] and second.warnings == ()
    assert (second.width, second.height) == (800, 400)  # 200 dpi
    assert second.pixels[100, 100].tolist() == [255, 0, 0] and second.pixels[300, 100].tolist() == [255] * 3


def zeros(megabytes):
    pack = zlib.compressobj(9)
    return b"".join(pack.compress(bytes(1 << 20)) for _ in range(megabytes)) + pack.flush()


IMAGE = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB /BitsPerComponent 8"
BOMBS = {
    "a page of 5 m": lambda: pages_pdf([b""], size=(14400, 14400)),
    "a picture of 900 megapixels": lambda: pages_pdf(
        [b"q 9 0 0 9 0 0 cm /I Do Q"], more=[stream(zeros(1), IMAGE + b"/Width 30000 /Height 30000 /Filter /FlateDecode")]
    ),
    "a stream of 11 MB": lambda: pages_pdf([b"/I Do"], more=[stream(zeros(11), b"/Type /XObject /Filter /FlateDecode")]),
    "a stream of 11 MB, compressed twice": lambda: pages_pdf(
        [b"/I Do"], more=[stream(zlib.compress(zeros(11), 9), b"/Type /XObject /Filter [/FlateDecode /FlateDecode]")]
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_pdf_bombs(bomb, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 20 << 20)
    with pytest.raises(ImageError, match=r"limit|more than 10 MB"):
        open_photo(BOMBS[bomb]())


def test_the_streams_of_a_file_are_checked_once():
    data = pages_pdf([b"", b""], more=[stream(zeros(1), b"/Filter /FlateDecode")])
    HARMLESS.clear()
    for page in (1, 2):
        open_photo(data, page=page)
    assert len(HARMLESS) == 1


def test_what_pillow_has_no_mode_for():
    with pytest.raises(ImageError, match="TIFF cannot be decoded"):
        open_photo(tiff([np.zeros((8, 8, 2), np.uint16)], extra=2))


@pytest.mark.parametrize("head", [b"#?RADIANCE\nx", b"8BPS\0\1xxxx"])
def test_other_kinds_are_named(head):
    with pytest.raises(ImageError, match=r"is (Radiance HDR|Photoshop), which is not read; expected JPEG"):
        open_photo(head)
