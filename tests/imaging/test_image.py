"""Opening and fitting pictures, hostile ones too."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from ctpn.contract.spec import MOBILE
from ctpn.errors import ImageError
from ctpn.imaging.decode import open_image, open_photo
from ctpn.imaging.tiff_structure import directories, orientation
from ctpn.imaging.tiling import closer_scale, fit, stitch, tiles
from tests.helpers.jpegs import with_orientation
from tests.helpers.users import bound_by_permissions

EXAMPLES = Path(__file__).parents[2] / "examples"


def write(path, picture, *options):
    data = cv2.imencode(path.suffix, picture, list(options))[1]
    path.write_bytes(data.tobytes())
    return path


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_exif_turns_the_picture_upright(tmp_path, orientation, corner):
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:10, :10] = 255
    data = cv2.imencode(".jpg", picture)[1].tobytes()
    (tmp_path / "a.jpg").write_bytes(with_orientation(data, orientation))
    rgb = open_image(tmp_path / "a.jpg")
    assert rgb.shape == ((80, 40, 3) if orientation in (6, 8) else (40, 80, 3))
    assert rgb[corner].min() > 200


def test_colours_are_rgb_and_paths_may_be_chinese(tmp_path):
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, :, 2] = 200  # red, in OpenCV's order
    assert open_image(write(tmp_path / "快递单.png", picture))[0, 0].tolist() == [200, 0, 0]


def test_sixteen_bits_are_scaled(tmp_path):
    rgb = open_image(write(tmp_path / "a.png", np.array([[0, 257 * 100, 65535]], np.uint16)))
    assert rgb[0, :, 0].tolist() == [0, 100, 255]


def test_transparency_is_laid_on_white(tmp_path):
    picture = np.zeros((1, 2, 4), np.uint8)
    picture[0, 1] = (0, 0, 0, 255)
    assert open_image(write(tmp_path / "a.png", picture))[0, :, 0].tolist() == [255, 0]


def test_grey_becomes_rgb(tmp_path):
    assert open_image(write(tmp_path / "a.png", np.full((3, 5), 77, np.uint8))).tolist() == [[[77] * 3] * 5] * 3


def test_cmyk_jpeg(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="Pillow writes the CMYK sample")
    image.new("RGB", (32, 32), (250, 20, 30)).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert np.abs(open_image(tmp_path / "a.jpg").astype(int) - [250, 20, 30]).max() < 12


def _empty(path):
    path.write_bytes(b"")


def _text(path):
    path.write_text("this is no picture")


def _truncated(path):
    write(path, np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:9000])


def _folder(path):
    path.mkdir()


def _missing(path):
    pass


def _damaged_png(path):
    data = cv2.imencode(".png", np.random.default_rng(0).integers(0, 255, (50, 50, 3), np.uint8))[1].tobytes()
    path.write_bytes(data[:60])


@pytest.mark.parametrize("make", [_empty, _text, _truncated, _folder, _missing, _damaged_png])
def test_no_picture_is_one_clear_line(tmp_path, make):
    make(tmp_path / "a.jpg")
    with pytest.raises(ImageError) as e:
        open_image(tmp_path / "a.jpg")
    assert "a.jpg: " in str(e.value) and "\n" not in str(e.value)


def _with_thumbnail():
    rgb = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    jpeg, small = (cv2.imencode(".jpg", picture)[1].tobytes() for picture in (rgb, rgb[:40, :40]))
    return jpeg[:2] + b"\xff\xe2" + (len(small) + 2).to_bytes(2, "big") + small + jpeg[2:]


def test_a_thumbnail_s_end_is_not_the_picture_s(tmp_path):
    (tmp_path / "a.jpg").write_bytes(_with_thumbnail()[:9000])
    with pytest.raises(ImageError, match="ends too early"):
        open_image(tmp_path / "a.jpg")


def test_a_film_may_follow_the_picture(tmp_path):  # as phones write moving photos
    (tmp_path / "a.jpg").write_bytes(_with_thumbnail() + bytes(9000))
    assert open_image(tmp_path / "a.jpg").shape == (200, 200, 3)


def test_unreadable(tmp_path):
    for name in ("a.png", "b.png"):
        write(tmp_path / name, np.zeros((4, 4, 3), np.uint8)).chmod(0o644)
    (tmp_path / "a.png").chmod(0)
    with bound_by_permissions(tmp_path):
        assert open_image("b.png").shape == (4, 4, 3)
        with pytest.raises(ImageError, match=r"a\.png: cannot be read \(Permission denied\); check its permissions"):
            open_image("a.png")


@pytest.mark.parametrize(
    ("size", "net"),
    [
        ((720, 960), (736, 960)),
        ((1440, 1920), (736, 960)),
        ((1, 1), (32, 32)),
        ((20, 20000), (32, 20000)),
        ((480, 9600), (480, 9600)),
        ((1280, 6400), (640, 3200)),
        ((900, 3000), (288, 960)),
    ],
)
def test_fit_by_hand(size, net):
    fitted = fit(np.zeros((*size, 3), np.uint8), MOBILE)
    assert fitted.pixels.shape == (*net, 3)


def test_tiles_cover_everything_and_stitch_back():
    length = 20000 // 32 * 32
    cuts = tiles(length, MOBILE)
    assert cuts[0][0] == 0 and cuts[-1][1] == length
    assert all(a % 32 == 0 and b - a <= 960 for a, b in cuts)
    cells = np.arange(length // 16, dtype=np.float32)[None, :, None]
    maps = [cells[:, a // 16 : b // 16] for a, b in cuts]
    assert np.array_equal(stitch(maps, cuts, 16, 1), cells)


def cut(jpeg, fraction):
    """A part of a JPEG, closed by an end mark."""
    return jpeg[: int(len(jpeg) * fraction)] + b"\xff\xd9"


@pytest.mark.parametrize("progressive", [0, 1])
@pytest.mark.parametrize("restarts", [0, 7])
@pytest.mark.parametrize("sampling", [cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444])
def test_a_jpeg_that_is_cut_and_closed_has_a_warning(progressive, restarts, sampling):
    options = [
        cv2.IMWRITE_JPEG_PROGRESSIVE,
        progressive,
        cv2.IMWRITE_JPEG_RST_INTERVAL,
        restarts,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        sampling,
    ]
    jpeg = cv2.imencode(".jpg", cv2.imread(str(EXAMPLES / "sign.jpg")), options)[1].tobytes()
    assert open_photo(jpeg).warnings == ()
    for fraction in (0.1, 0.3, 0.5, 0.8, 0.95, 0.99):
        (warning,) = open_photo(cut(jpeg, fraction)).warnings
        assert warning.code == "damaged" and "\n" not in warning.message


def test_a_grey_corner_alone_is_no_damage():
    grey = np.full((200, 300, 3), 128, np.uint8)
    grey[:100] = 20
    jpeg = cv2.imencode(".jpg", grey)[1].tobytes()
    assert open_photo(jpeg).pixels[-1, -1].tolist() == [128] * 3 and open_photo(jpeg).warnings == ()


def test_further_pages_have_a_warning(tmp_path):
    pages = [np.full((20, 30, 3), 40 * i, np.uint8) for i in range(3)]
    assert cv2.imwritemulti(str(tmp_path / "a.tif"), pages) and cv2.imwrite(str(tmp_path / "b.tif"), pages[0])
    (warning,) = open_photo(tmp_path / "a.tif").warnings
    assert warning.code == "more_pages" and "has 3 pages" in warning.message
    assert open_photo(tmp_path / "b.tif").warnings == ()


@pytest.mark.parametrize("tail", [b"", b"\x08", b"\x08\0\0\0", b"\x08\0\0\0\xff\xff", b"\x08\0\0\0\0\0\x08\0\0\0"])
def test_a_damaged_tiff_structure_ends(tail):
    """Also one whose directory follows itself."""
    assert len(list(directories(b"II*\0" + tail))) <= 1
    assert orientation(b"II*\0" + tail) == 1


def test_what_is_warned_of_in_the_cases_of_others():
    """Real ones, where they are at hand."""
    cases = EXAMPLES.parents[1] / "shared" / "cases"
    if not cases.is_dir():
        pytest.skip("../shared/cases is not there")
    codes = {name: [w.code for w in open_photo(cases / name).warnings] for name in ("truncFFD9.jpg", "multi.tif")}
    assert codes == {"truncFFD9.jpg": ["damaged"], "multi.tif": ["more_pages"]}


def test_a_small_photo_is_looked_at_closer_unless_its_letters_are_large() -> None:
    none = np.zeros((0, 4, 2), np.float32)
    tall = np.array([[[0, 0], [300, 0], [300, 200], [0, 200]]], np.float32)
    assert closer_scale(640, 480, none, MOBILE) == 1.5
    assert closer_scale(100, 100, none, MOBILE) == MOBILE.regions.max_enlargement
    assert closer_scale(640, 480, tall, MOBILE) == 1.25, "the highest anchor has 250 pixels"
    assert closer_scale(900, 700, none, MOBILE) == closer_scale(640, 100, none, MOBILE) == 1, "hardly smaller; a long image"
    fitted = fit(np.zeros((480, 640, 3), np.uint8), MOBILE, 1.5)
    assert fitted.pixels.shape == (736, 960, 3) and fitted.scale_x == 1.5
