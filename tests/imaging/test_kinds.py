"""One way of decoding for all kinds: orientations, transparency, depth of numbers, pages."""

import io

import cv2
import numpy as np
import pytest

from ctpn.errors import ImageError
from ctpn.imaging.decode import open_image, open_photo
from ctpn.imaging.upright import upright
from tests.helpers.pngs import exif, with_chunks
from tests.helpers.tiffs import tiff

image = pytest.importorskip("PIL.Image", reason="Pillow writes the kinds")

RED, GREEN, BLUE, WHITE, BLACK = (250, 20, 30), (20, 250, 30), (20, 30, 250), (255, 255, 255), (0, 0, 0)


def corners():
    """RGB in which no two corners are the same, and neither are the sides."""
    rgb = np.full((48, 80, 3), 255, np.uint8)
    rgb[:16, :16], rgb[:16, -16:], rgb[-16:, :16] = RED, GREEN, BLUE
    return rgb


def as_mode(rgb, mode):
    """Pillow's picture of a mode, and what it should be read as."""
    picture = image.fromarray(rgb)
    if mode == "alpha":
        picture.putalpha(255)
        return picture, rgb
    if mode == "palette":
        return picture.quantize(8), rgb
    if mode == "palette with alpha":
        indexed = picture.quantize(8)
        indexed.info["transparency"] = indexed.getpixel((40, 24))  # the white middle
        return indexed, rgb
    if mode == "grey":
        return picture.convert("L"), np.repeat(np.asarray(picture.convert("L"))[..., None], 3, 2)
    if mode == "grey with alpha":
        grey = picture.convert("LA")
        return grey, np.repeat(np.asarray(picture.convert("L"))[..., None], 3, 2)
    if mode == "16 bit":
        grey = np.asarray(picture.convert("L"))
        return image.fromarray(grey.astype(np.uint16) * 257), np.repeat(grey[..., None], 3, 2)
    if mode == "black and white":
        bits = picture.convert("1", dither=0)
        return bits, np.repeat(np.asarray(bits.convert("L"))[..., None], 3, 2)
    return picture.convert({"cmyk": "CMYK"}.get(mode, "RGB")), rgb


def encoded(picture, kind, orientation=1, **options):
    tags = image.Exif()
    tags[0x0112] = orientation
    data = io.BytesIO()
    options = {"JPEG": {"quality": 97, "subsampling": 0}, "WEBP": {"lossless": True, "exact": True}}.get(kind, {}) | options
    picture.save(data, kind, exif=tags, **options)
    return data.getvalue()


MODES = {
    "JPEG": ["colour", "grey", "cmyk"],
    "PNG": ["colour", "alpha", "palette", "palette with alpha", "grey", "grey with alpha", "16 bit", "black and white"],
    "WEBP": ["colour", "alpha"],
    "TIFF": ["colour", "alpha", "palette", "grey", "grey with alpha", "16 bit", "black and white", "cmyk"],
    "AVIF": ["colour", "alpha"],
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_every_kind_is_turned_upright(kind, mode, orientation):
    picture, expected = as_mode(corners(), mode)
    options = {"quality": 98, "subsampling": "4:4:4"} if kind == "AVIF" else {}
    photo = open_photo(encoded(picture, kind, orientation, **options))
    expected = upright(expected, orientation)
    assert photo.pixels.shape == expected.shape and (photo.height, photo.width) == expected.shape[:2]
    assert np.abs(photo.pixels.astype(int) - expected)[4:-4, 4:-4].mean() < (4 if kind in ("JPEG", "AVIF") else 0.1)
    assert [w.code for w in photo.warnings] == ([] if orientation == 1 else ["rotated"])


PLACES = [(0, 0), (0, -1), (-1, -1), (-1, 0), (0, 0), (0, -1), (-1, -1), (-1, 0)]


@pytest.mark.parametrize(("orientation", "corner"), list(enumerate(PLACES, 1)))
def test_where_the_first_pixel_goes(orientation, corner):
    """By the definition of EXIF: row 0 and column 0 are top left, top right, bottom right, bottom left, left top, right top …"""
    photo = open_photo(encoded(image.fromarray(corners()), "PNG", orientation))
    assert photo.pixels[corner].tolist() == list(RED)
    assert photo.pixels.shape[:2] == ((80, 48) if orientation >= 5 else (48, 80))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BigTIFF"])
@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bits_in_colour(kind, channels, orientation):
    """Which Pillow does not write."""
    rgb = np.dstack([corners(), np.full(corners().shape[:2], 255, np.uint8)])[..., :channels].astype(np.uint16) * 257
    if kind == "PNG":
        data = with_chunks(cv2.imencode(".png", rgb[..., [2, 1, 0, 3][:channels]])[1].tobytes(), exif(orientation))
    else:
        data = tiff([rgb], orientation=orientation, extra=2 if channels == 4 else None, big=kind == "BigTIFF")
    photo = open_photo(data)
    assert np.array_equal(photo.pixels, upright(corners(), orientation))
    assert [w.code for w in photo.warnings] == ([] if orientation == 1 else ["rotated"])


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_transparency_is_not_multiplied_twice(kind):
    """libtiff multiplies the colours of 8 bits by alpha, the others do not."""
    rgba = np.full((20, 20, 4), (200, 100, 50, 255), np.uint8)
    rgba[5:15, 5:15, 3] = 128
    rgb = open_image(encoded(image.fromarray(rgba), kind))
    assert np.abs(rgb[10, 10].astype(int) - np.round(np.array([200, 100, 50]) * 128 / 255 + 127)).max() <= 2


@pytest.mark.parametrize(("extra", "stored"), [(1, 100), (2, 200)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_that_is_multiplied_already(dtype, extra, stored):
    full = np.iinfo(dtype).max
    rgba = np.round(np.full((20, 20, 4), (stored, stored, stored, 127.5)) * (full / 255)).astype(dtype)
    assert abs(int(open_image(tiff([rgba], extra=extra))[10, 10, 0]) - 228) <= 2


def letters(ink, paper, alpha=255):
    """RGBA: strokes of a colour on a transparent ground, which has a colour too."""
    rgba = np.zeros((60, 100, 4), np.uint8)
    rgba[..., :3] = paper
    for x in range(10, 90, 16):
        rgba[10:50, x : x + 6] = (*ink, alpha)
    return rgba


@pytest.mark.parametrize("alpha", [255, 90])
@pytest.mark.parametrize(
    ("ink", "background"),
    [(BLACK, 255), (WHITE, 0), ((250, 250, 90), 0), ((30, 30, 160), 255), ((128, 128, 128), 255), ((180, 180, 180), 255)],
)
def test_letters_get_a_background_that_they_are_seen_on(ink, background, alpha):
    rgba = letters(ink, ink, alpha)
    rgb = open_image(encoded(image.fromarray(rgba), "PNG"))
    assert (rgb[0, 0] == background).all()
    assert np.abs(rgb[30, 12].astype(int) - background).mean() > (20 if alpha < 255 else 60)


def test_dark_and_light_letters_get_grey():
    rgba = letters(BLACK, BLACK)
    rgba[:, 50:] = letters(WHITE, WHITE)[:, 50:]
    assert open_image(encoded(image.fromarray(rgba), "PNG"))[0, 0].tolist() == [128] * 3


@pytest.mark.parametrize("shade", [0, 120, 255])
def test_what_is_opaque_or_invisible_says_nothing(shade):
    """Of an opaque picture each pixel stays; one without any visible pixel is white."""
    rgba = np.full((20, 30, 4), shade, np.uint8)
    rgba[..., 3] = 255
    assert (open_image(encoded(image.fromarray(rgba), "PNG")) == shade).all()
    rgba[..., 3] = 0
    assert (open_image(encoded(image.fromarray(rgba), "PNG")) == 255).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[-1, 0, 3]], np.float32), [0, 64, 255]),
        (np.array([[0, 100, 200]], np.float64), [0, 128, 255]),
        (np.array([[np.nan, 0.5, np.inf]], np.float32), [0, 128, 255]),
        (np.array([[5, 5, 5]], np.float32), [255, 255, 255]),
        (np.array([[0x7F800001, 0x3F000000, 0xFF800000]], np.uint32).view(np.float32), [0, 128, 0]),  # a signalling NaN, 0.5, -infinity
        (np.array([[-1.7e308, 0, 1.7e308]]), [0, 0, 0]),
        (np.array([[-300, 0, 300]], np.int16), [0, 128, 255]),
        (np.array([[0, 70000, 140000]], np.int32), [0, 128, 255]),
    ],
)
def test_numbers_of_other_types_are_scaled(values, expected):
    assert open_image(tiff([values]))[0, :, 0].tolist() == expected


def test_a_float_tiff_in_colour():
    rgb = open_image(tiff([corners().astype(np.float32) / 255]))
    assert np.array_equal(rgb, corners())


def pages(count):
    return [np.full((20, 30 + i, 3), 40 * i, np.uint8) for i in range(count)]


@pytest.mark.parametrize("big", [False, True])
def test_each_page_of_a_tiff(big):
    data = tiff(pages(3), orientation=6, big=big)
    (more, _) = open_photo(data).warnings
    assert more.code == "more_pages" and "3 pages" in more.message and "2 of them" in more.message
    for i in range(3):
        photo = open_photo(data, page=i + 1)
        assert (photo.page, photo.pages, photo.width, photo.height) == (i + 1, 3, 20, 30 + i)
        assert (photo.pixels == 40 * i).all() and [w.code for w in photo.warnings] == ["rotated"]
    for wrong in (0, 4, -1):
        with pytest.raises(ImageError, match=f"page {wrong} was asked for; it has 3"):
            open_photo(data, page=wrong)


def test_thumbnails_and_masks_are_no_pages():
    small = tiff([np.zeros((5, 5, 3), np.uint8)], tags={0xFE: 1})
    assert open_photo(small).pages == 1
    data = io.BytesIO()
    frames = [image.fromarray(page) for page in pages(2)]
    frames[0].save(data, "TIFF", save_all=True, append_images=frames[1:], tiffinfo={0xFE: 1})
    assert open_photo(data.getvalue()).pages == 1


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_each_frame_of_an_animation(kind):
    frames = [image.fromarray(np.full((24, 32, 3), 60 * i, np.uint8)) for i in range(4)]
    data = io.BytesIO()
    frames[0].save(data, kind, save_all=True, append_images=frames[1:], duration=100)
    first = open_photo(data.getvalue())
    assert [w.code for w in first.warnings] == ["more_pages"] and "3 of them" in first.warnings[0].message
    for i in range(4):
        photo = open_photo(data.getvalue(), page=i + 1)
        assert (photo.page, photo.pages, photo.warnings) == (i + 1, 4, ()) and np.abs(photo.pixels.astype(int) - 60 * i).max() < 12


def test_one_frame_is_no_animation():
    data = io.BytesIO()
    image.new("RGB", (30, 20), RED).save(data, "GIF")
    assert open_photo(data.getvalue()).warnings == ()


def test_an_animation_with_only_its_control_chunk_is_the_still_picture():
    """OpenCV makes a black picture of it."""
    still = encoded(image.fromarray(corners()), "PNG")
    photo = open_photo(with_chunks(still, (b"acTL", bytes([0, 0, 0, 2, 0, 0, 0, 0]))))
    assert np.array_equal(photo.pixels, corners()) and photo.warnings == ()


def test_a_still_picture_that_is_not_in_the_animation_is_page_one():
    frames = [image.fromarray(np.full((24, 32, 3), 60 * i, np.uint8)) for i in range(3)]
    data = io.BytesIO()
    frames[0].save(data, "PNG", save_all=True, append_images=frames[1:], default_image=True)
    assert open_photo(data.getvalue()).pages == 3
    assert [int(open_photo(data.getvalue(), page=i).pixels[0, 0, 0]) for i in (1, 2, 3)] == [0, 60, 120]
