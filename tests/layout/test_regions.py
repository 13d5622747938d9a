"""Regions: what is one, what belongs to it, at what scale it is looked at, and in what order lines are read."""

import numpy as np
import pytest

from ctpn.contract.spec import MOBILE
from ctpn.errors import CtpnError
from ctpn.layout.geometry import area, overlap_fraction, signed_area
from ctpn.layout.reading_order import reading_order
from ctpn.layout.regions import outline, scale, window
from tests.helpers.quads import box

RULES = MOBILE.regions


def test_a_rectangle_and_its_corners_are_the_same():
    quad = [[10, 20], [110, 20], [110, 50], [10, 50]]
    for region in ((10, 20, 100, 30), quad, quad[::-1], quad[2:] + quad[:2], np.float32(quad)):
        found = outline(region, 200, 100)
        assert area(found) == pytest.approx(3000) and found.min(0).tolist() == [10, 20] and found.max(0).tolist() == [110, 50]


def test_what_lies_outside_is_omitted():
    found = outline((-50, -50, 100, 100), 200, 100)
    assert found.min(0).tolist() == [0, 0] and found.max(0).tolist() == [50, 50]
    assert area(outline((0, 0, 200, 100), 200, 100)) == pytest.approx(20000)
    diamond = outline([[100, -50], [200, 50], [100, 150], [0, 50]], 200, 100)
    assert area(diamond) == pytest.approx(20000 - 5000)


@pytest.mark.parametrize(
    "region",
    [
        (300, 0, 10, 10), (0, 0, 0, 10), (10, 10, -5, 5), (-20, -20, 10, 10), (0, 0, float("nan"), 5), (0, 0, float("inf"), 5),
        (1, 2, 3), "abcd", None, [[0, 0], [50, 50], [50, 0], [0, 50]], [[0, 0], [50, 0], [10, 10], [0, 50]], (199.5, 0, 10, 10),
    ],
)  # fmt: skip
def test_no_region_is_an_error(region):
    with pytest.raises(CtpnError, match=r"expected x,y,w,h or four corners .* 200 x 100; mark it again"):
        outline(region, 200, 100)


WHOLE = [[0, 0], [0, 100], [200, 0], [200, 100]]


@pytest.mark.parametrize("far", [1e7, 1e10, 1e15, 1e20, 1e25, 1e30, 1e38])
@pytest.mark.filterwarnings("error")
def test_a_region_that_is_far_larger_than_the_photo_is_the_part_inside(far):
    assert sorted(outline((0, 0, far, far), 200, 100).tolist()) == WHOLE
    assert sorted(outline([[-far, -far], [far, -far], [far, far], [-far, far]], 200, 100).tolist()) == WHOLE
    band = outline([[-far, 10], [far, 10], [far, 20], [-far, 20]], 200, 100)
    assert sorted(band.tolist()) == [[0, 10], [0, 20], [200, 10], [200, 20]] and signed_area(band) == 2000
    assert signed_area(outline([[-far, 20], [far, 20], [far, 10], [-far, 10]], 200, 100)) == 2000  # the other way round
    half = outline([[0, 0], [far, far / 2], [far, far], [0, far]], 200, 100)  # below the diagonal
    assert {tuple(p) for p in half.tolist()} == {(0, 0), (0, 100), (200, 100)}
    for wrong in ([[0, 0], [far, far], [far, 0], [0, far]], (far, 0, far, far), [[0, 0], [far, 0], [1, 1], [0, far]], (0, 0, -far, far)):
        with pytest.raises(CtpnError, match="mark it again"):
            outline(wrong, 200, 100)


@pytest.mark.filterwarnings("error")
def test_random_regions_of_any_size_are_inside_or_refused():
    rng, inside = np.random.default_rng(0), 0
    for _ in range(3000):
        huge = rng.choice([-1, 1], 8) * 10.0 ** rng.uniform(-300, 40, 8)
        values = np.where(rng.random(8) < 0.5, huge, rng.uniform(-100, 300, 8))
        try:
            found = outline(values[:4] if rng.random() < 0.5 else values.reshape(4, 2), 200, 100)
        except CtpnError:
            continue
        inside += 1
        assert (found >= -1e-4).all() and (found <= [200.0001, 100.0001]).all() and signed_area(found) > 0.9
    assert inside > 100


def test_padding_grows_with_the_region_within_bounds():
    assert window(outline((100, 100, 200, 60), 1000, 800), 1000, 800, RULES) == (70, 70, 330, 190)  # half of 60
    assert window(outline((100, 100, 50, 10), 1000, 800), 1000, 800, RULES) == (84, 84, 166, 126)  # 16 at least
    assert window(outline((200, 200, 500, 400), 1000, 800), 1000, 800, RULES) == (136, 136, 764, 664)  # 64 at most
    assert window(outline((0, 0, 1000, 800), 1000, 800), 1000, 800, RULES) == (0, 0, 1000, 800)


def test_low_regions_are_enlarged():
    assert scale(outline((0, 0, 300, 48), 400, 400), RULES) == 2
    assert scale(outline((0, 0, 300, 10), 400, 400), RULES) == 3
    assert scale(outline((0, 0, 300, 200), 400, 400), RULES) == 1


def test_a_line_belongs_where_most_of_it_lies():
    region = outline((100, 0, 100, 100), 400, 100)
    assert overlap_fraction(box(110, 10, 190, 30), region) == 1
    assert overlap_fraction(box(60, 10, 140, 30), region) == pytest.approx(0.5, abs=0.05)
    assert overlap_fraction(box(210, 10, 300, 30), region) == 0
    diamond = outline([[100, 0], [200, 50], [100, 100], [0, 50]], 400, 100)
    assert overlap_fraction(box(0, 40, 200, 60), diamond) == 1
    assert overlap_fraction(box(0, 0, 60, 10), diamond) == 0


def test_reading_goes_row_by_row():
    quads = [box(200, 12, 300, 32), box(10, 50, 90, 70), box(10, 10, 100, 30), box(120, 49, 300, 71)]
    assert reading_order(quads) == [2, 0, 1, 3]
    assert reading_order([]) == []


def test_columns_are_read_from_right_to_left():
    columns = [np.roll(box(x, 10, x + 20, 200), -1, 0) for x in (10, 90, 50)]
    assert reading_order(columns) == [1, 2, 0]
    assert reading_order([np.roll(q, 2, 0) for q in columns]) == [0, 2, 1], "lines that run up"
    assert reading_order([*columns, box(0, 220, 100, 240)]) == [1, 2, 0, 3]
    assert reading_order([*columns[:1], box(30, 220, 100, 240), box(30, 20, 100, 40)]) == [2, 1, 0], "rows first where they are more"


def test_a_page_upside_down_is_read_from_its_other_end():
    quads = [box(200, 12, 300, 32), box(10, 50, 90, 70), box(10, 10, 100, 30)]
    over = [np.float32([400, 100]) - q for q in quads]  # the same page, turned by half a turn
    assert (over[0][1] < over[0][0]).any() and reading_order(over) == reading_order(quads) == [2, 0, 1]


def test_rows_of_a_slanting_page_stay_together():
    def slanted(x, y, width, height=20.0, slope=0.15):
        across, down = np.array([width, slope * width]), np.array([-slope * height, height])
        start = np.array([x, y + slope * x])
        return np.float32([start, start + across, start + across + down, start + down])

    quads = [slanted(x, y, 90) for y in (0, 30, 60) for x in (0, 100, 200, 300)]
    shuffled = np.random.default_rng(0).permutation(len(quads))
    assert [int(shuffled[i]) for i in reading_order([quads[i] for i in shuffled])] == list(range(12))


@pytest.mark.parametrize("region", [(0, 0, 10**400, 5), (0, 0, 1e300, 5), [[0, 0], [1e39, 0], [1e39, 50], [0, 50]]])
def test_a_number_beyond_any_photo_is_an_error(region):
    with pytest.raises(CtpnError, match="mark it again"):
        outline(region, 100, 100)
