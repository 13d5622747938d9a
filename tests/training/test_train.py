"""Training: the loss by hand, an exact resume, two processes, and a net that learns."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

import ctpn.train  # noqa: E402
from ctpn.annotations.formats import TextAnnotation  # noqa: E402
from ctpn.contract.spec import MOBILE  # noqa: E402
from ctpn.nn.checkpoint import load_state, load_weights  # noqa: E402
from ctpn.train import main, rate  # noqa: E402
from ctpn.training.crops import KINDS, PADDING, Crops, warp  # noqa: E402
from ctpn.training.losses import detector_loss  # noqa: E402
from tests.helpers.printed_pages import small_run  # noqa: E402
from tests.helpers.quads import box  # noqa: E402


def test_rate_warms_up_and_falls():
    assert rate(0, 100, 1.0, 10) == pytest.approx(0.1)
    assert rate(10, 100, 1.0, 10) == pytest.approx(1.0)
    assert rate(100, 100, 1.0, 10) == pytest.approx(0.01)


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


def test_samples_are_the_same_every_time(pages):
    first, again = (Crops([(pages, 1.0, "")], MOBILE, side=128, seed=3)[7] for _ in range(2))
    assert all(np.array_equal(first[k], again[k], equal_nan=first[k].dtype.kind == "f") for k in first)
    other = Crops([(pages, 1.0, "")], MOBILE, side=128, seed=4)[7]
    assert not np.array_equal(first["image"], other["image"])


def test_padded_annotations_are_higher(pages):
    def height(kind):
        sample = Crops([(pages, 1.0, kind)], MOBILE, side=128, seed=3)[1]  # of a scale that no annotation's height has given
        heights = np.exp(sample["vertical"][..., 1]) * np.asarray(MOBILE.anchor_heights)
        return np.median(heights[sample["labels"] == 1])

    assert height("pad_regions") / height("") == pytest.approx(1 + 2 * PADDING[1], abs=0.03)
    polygon = TextAnnotation(np.array([[0, 0], [9, 0], [12, 4], [9, 9], [0, 9]], np.float32), "x")
    assert KINDS["pad_regions"]([polygon]) == [polygon]


def test_a_kind_of_set_that_is_none_is_told(pages, tmp_path, capsys):
    with pytest.raises(SystemExit) as e:
        main(["detector", "--set", f"{pages}:0.5:tihgt", "--out", str(tmp_path)])
    assert e.value.code == 2
    assert "expected a KIND of merge_words or pad_regions, got tihgt" in capsys.readouterr().err


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


def test_resume_is_exact(pages, tmp_path, monkeypatch):
    assert main(small_run(pages, tmp_path / "whole", "--steps", "4")) == 0
    killed = 0

    def kill_after_two(*args):
        nonlocal killed
        killed += 1
        if killed > 2:
            raise KeyboardInterrupt
        return step(*args)

    step = ctpn.train.train_step
    monkeypatch.setattr(ctpn.train, "train_step", kill_after_two)
    with pytest.raises(KeyboardInterrupt):  # after two steps; each was saved before the next began
        main(small_run(pages, tmp_path / "parts", "--steps", "4", "--save-minutes", "0"))
    monkeypatch.setattr(ctpn.train, "train_step", step)
    assert load_state(tmp_path / "parts" / "state.pt")["step"] == 2
    assert main(small_run(pages, tmp_path / "parts", "--steps", "4")) == 0
    whole, parts = (load_weights(tmp_path / n / "weights.safetensors")[0] for n in ("whole", "parts"))
    assert all(torch.equal(whole[k], parts[k]) for k in whole)


def test_makers_beside_the_training_change_nothing(pages, tmp_path):
    """Who makes the samples, and in which order they come ready, must not be seen in what is learned."""
    assert main(small_run(pages, tmp_path / "alone", "--steps", "5")) == 0
    assert main(small_run(pages, tmp_path / "helped", "--steps", "5", "--makers", "2")) == 0
    alone, helped = (load_weights(tmp_path / n / "weights.safetensors")[0] for n in ("alone", "helped"))
    assert all(torch.equal(alone[k], helped[k]) for k in alone)


def test_two_processes_train_one_net(pages, tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29533", "-m", "ctpn.train"]
    done = subprocess.run(
        [*command, *small_run(pages, tmp_path / "two", "--steps", "2")],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert load_state(tmp_path / "two" / "state.pt")["step"] == 2


def test_a_damaged_state_is_refused(pages, tmp_path, capsys):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "state.pt").write_bytes(b"nonsense")
    assert main(small_run(pages, tmp_path / "bad", "--steps", "1")) == 1
    assert "state.pt" in capsys.readouterr().err
