"""Training: the loss by hand, an exact resume, several processes."""

import fcntl

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from ctpn.annotations.formats import TextAnnotation  # noqa: E402
from ctpn.annotations.pad_regions import PADDING, pad_regions  # noqa: E402
from ctpn.annotations.split import is_validation  # noqa: E402
from ctpn.contract.spec import MOBILE  # noqa: E402
from ctpn.errors import CtpnError  # noqa: E402
from ctpn.nn.checkpoint import load_state, load_weights  # noqa: E402
from ctpn.train import main  # noqa: E402
from ctpn.training import loop  # noqa: E402
from ctpn.training.augmentation import warp  # noqa: E402
from ctpn.training.config import DetectorStage, PageShare  # noqa: E402
from ctpn.training.datasets import DirectionCrops, PageCrops, PageSource  # noqa: E402
from ctpn.training.loop import rate  # noqa: E402
from ctpn.training.losses import detector_loss, direction_loss  # noqa: E402
from tests.helpers.printed_pages import STAGE, changes, small_recipe, write_recipe  # noqa: E402
from tests.helpers.quads import box  # noqa: E402


def test_rate_warms_up_and_falls():
    stage = DetectorStage(
        name="x",
        seed=0,
        steps=100,
        data={"a": PageShare(share=1.0)},
        crop_side=64,
        score_loss="softmax",
        **STAGE | {"rate": 1.0, "warmup": 10},
    )
    assert rate(0, stage) == pytest.approx(0.1)
    assert rate(10, stage) == pytest.approx(1.0)
    assert rate(100, stage) == pytest.approx(0.01)


def test_loss_by_hand():
    labels = torch.tensor([1, 0, -1, -1], dtype=torch.int8).reshape(1, 1, 1, 4)
    nan = float("nan")
    side = torch.tensor([[0.25, nan], [nan, nan], [nan, nan], [nan, nan]]).reshape(1, 1, 1, 4, 2)
    targets = {"labels": labels, "vertical": torch.zeros(1, 1, 1, 4, 2), "side": side, "link": labels}
    maps = {
        "score": torch.zeros(1, 1, 1, 8),
        "vertical": torch.tensor([[1.0, 0, 9, 9, 9, 9, 9, 9]]).reshape(1, 1, 1, 8),
        "side": torch.zeros(1, 1, 1, 8),
        "link": torch.zeros(1, 1, 1, 4),
    }
    parts = {name: float(p) for name, p in detector_loss(maps, targets).items()}
    log2 = float(np.log(2))
    assert parts["score"] == pytest.approx(2 * log2)  # one text, one background, for one text
    assert parts["vertical"] == pytest.approx((1 - 0.05) / 2)  # smooth L1 of 1 with beta 0.1, over two numbers
    assert parts["side"] == pytest.approx(0.25 - 0.05)
    assert parts["link"] == pytest.approx(log2)
    ended = detector_loss(maps, targets | {"link": torch.where(labels == 1, 0, labels)})
    assert float(ended["link"]) == pytest.approx(2 * log2)  # a line's end counts twice


def test_a_page_without_text_has_a_finite_loss():
    targets = {
        "labels": torch.zeros(1, 2, 2, 10, dtype=torch.int8), "vertical": torch.zeros(1, 2, 2, 10, 2),
        "side": torch.full((1, 2, 2, 10, 2), float("nan")), "link": torch.full((1, 2, 2, 10), -1, dtype=torch.int8),
    }  # fmt: skip
    maps = {"score": torch.zeros(1, 2, 2, 20), "vertical": torch.zeros(1, 2, 2, 20), "side": torch.zeros(1, 2, 2, 20),
            "link": torch.zeros(1, 2, 2, 10)}  # fmt: skip
    assert all(torch.isfinite(p) for p in detector_loss(maps, targets).values())


def test_loss_of_directions_by_hand():
    maps = torch.tensor([[0.0, 0.6, 0.8], [0.0, 9, 9], [50.0, 9, 9]]).reshape(1, 1, 3, 3)
    targets = {"text": torch.tensor([[[1, 0, -1]]], dtype=torch.int8), "double_angle": torch.tensor([1.0, 0]).expand(1, 1, 3, 2)}
    parts = direction_loss(maps, targets)
    assert float(parts["text"]) == pytest.approx(np.log(2))  # two cells count
    assert float(parts["direction"]) == pytest.approx(0.4**2 + 0.8**2)
    empty = direction_loss(maps, targets | {"text": torch.full((1, 1, 3), -1, dtype=torch.int8)})
    assert {float(p) for p in empty.values()} == {0.0}


def test_crops_for_directions_show_lines_at_every_angle(pages):
    crops = DirectionCrops([PageSource(pages)], MOBILE, side=128, seed=3)
    angles = []
    for i in range(60):
        sample = crops[i]
        x, y = sample["double_angle"][sample["text"] == 1].T
        angles += np.degrees(np.arctan2(y, x) / 2).tolist()
    shares = np.histogram(angles, 6, (-90, 90))[0] / len(angles)
    assert sample["text"].shape == (8, 8) and shares.min() > 0.05


def test_steep_lines_are_ignored_but_for_directions():
    page = np.zeros((400, 400, 3), np.uint8)
    column = TextAnnotation(np.array([[220, 100], [220, 300], [190, 300], [190, 100]], np.float32), "x")
    for seed in range(40):
        _, lines, ignored = warp(page, [column], 256, np.random.default_rng(seed))
        assert not len(lines) and len(ignored) <= 1
    _, lines, ignored = warp(page, [column], 256, np.random.default_rng(0), any_angle=True)
    assert len(lines) == 1 and not len(ignored)


def test_samples_are_the_same_every_time(pages):
    first, again = (PageCrops([PageSource(pages)], MOBILE, side=128, seed=3)[7] for _ in range(2))
    assert all(np.array_equal(first[k], again[k], equal_nan=first[k].dtype.kind == "f") for k in first)
    other = PageCrops([PageSource(pages)], MOBILE, side=128, seed=4)[7]
    assert not np.array_equal(first["image"], other["image"])


def test_padded_annotations_are_higher(pages):
    def height(kind):
        sample = PageCrops([PageSource(pages, 1.0, kind)], MOBILE, side=128, seed=3)[1]  # of a scale that no annotation's height has given
        heights = np.exp(sample["vertical"][..., 1]) * np.asarray(MOBILE.anchor_heights)
        return np.median(heights[sample["labels"] == 1])

    assert height("pad_regions") / height("as_is") == pytest.approx(1 + 2 * PADDING[1], abs=0.03)
    polygon = TextAnnotation(np.array([[0, 0], [9, 0], [12, 4], [9, 9], [0, 9]], np.float32), "x")
    assert pad_regions([polygon]) == [polygon]


def test_pages_of_the_validation_split_alone_are_refused(pages):
    kept = next(f"v{i}" for i in range(100) if is_validation(f"v{i}"))
    for image in sorted((pages / "images").iterdir())[1:]:
        image.unlink()
    (pages / "images" / "p0.jpg").rename(pages / "images" / f"{kept}.jpg")
    (pages / "gt" / "gt_p0.txt").rename(pages / "gt" / f"gt_{kept}.txt")
    with pytest.raises(CtpnError, match="all are of the validation split"):
        PageCrops([PageSource(pages)], MOBILE)


def test_warp_moves_picture_and_quads_together():
    page = np.zeros((400, 600, 3), np.uint8)
    cv2.rectangle(page, (250, 180), (350, 210), (255, 255, 255), -1)
    annotation = TextAnnotation(box(250, 180, 350, 210), "x")
    hits = 0
    for seed in range(20):
        crop, quads, _ = warp(page, [annotation], 256, np.random.default_rng(seed))
        for quad in quads:
            inside = cv2.fillConvexPoly(np.zeros((256, 256), np.uint8), quad.astype(np.int32), 1).astype(bool)
            if inside.sum() > 200:
                hits += 1
                assert crop[inside].min(1).mean() > 200
    assert hits >= 5


@pytest.fixture
def recipe(pages, tmp_path):
    """The path of a small recipe; its folder is PATH's folder / out."""
    return write_recipe(small_recipe(pages, tmp_path / "out", steps=4), tmp_path / "small.yaml")


def weights(folder):
    return load_weights(folder / "only" / "weights.safetensors")[0]


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_resume_is_exact(recipe, tmp_path, monkeypatch, capsys):
    assert main([recipe, *changes(folder=tmp_path / "whole")]) == 0
    killed = 0

    def kill_after_two(*args):
        nonlocal killed
        killed += 1
        if killed > 2:
            raise KeyboardInterrupt
        return step(*args)

    step = loop.train_step
    monkeypatch.setattr(loop, "train_step", kill_after_two)
    parts = [recipe, *changes(folder=tmp_path / "parts")]
    assert main([*parts, "--save-minutes", "0"]) == 130  # after two steps; each was saved before the next began
    assert "the same command goes on from here" in capsys.readouterr().err
    monkeypatch.setattr(loop, "train_step", step)
    assert load_state(tmp_path / "parts" / "only" / "state.pt")["step"] == 2
    assert main(parts) == 0
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))


def test_workers_beside_the_training_change_nothing(recipe, tmp_path):
    """Which process makes the samples, and in which order they are ready, must not change what is learned."""
    assert main([recipe, *changes(folder=tmp_path / "alone")]) == 0
    assert main([recipe, *changes(folder=tmp_path / "helped"), "--num-workers", "2"]) == 0
    assert same(weights(tmp_path / "alone"), weights(tmp_path / "helped"))


@pytest.mark.slow
def test_two_processes_train_one_net(recipe, tmp_path):
    assert main([recipe, *changes(stages__only__processes=2, stages__only__steps=2)]) == 0
    assert load_state(tmp_path / "out" / "only" / "state.pt")["step"] == 2


def test_a_damaged_state_is_refused(recipe, tmp_path, capsys):
    (tmp_path / "out" / "only").mkdir(parents=True)
    (tmp_path / "out" / "only" / "state.pt").write_bytes(b"nonsense")
    assert main([recipe]) == 1
    assert "state.pt" in capsys.readouterr().err


def test_the_state_of_another_recipe_is_refused(recipe, capsys):
    assert main([recipe, "--minutes", "0"]) == 0
    assert "stopped after 0 minutes" in capsys.readouterr().out
    assert main([recipe, *changes(stages__only__seed=1)]) == 1
    assert "of another recipe than this one (stages.0.seed: 0, 1)" in capsys.readouterr().err


def test_two_commands_do_not_train_in_one_folder(recipe, tmp_path, capsys):
    (tmp_path / "out" / "only").mkdir(parents=True)
    with (tmp_path / "out" / "only" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert main([recipe]) == 1
    assert "another process trains there" in capsys.readouterr().err
    assert main([recipe]) == 0


def test_missing_pages_are_reported_with_the_change_to_make(recipe, tmp_path, capsys):
    assert main([recipe, *changes(real_pages__pages=tmp_path / "nowhere")]) == 1
    assert "--set real_pages.pages=DIR" in capsys.readouterr().err
