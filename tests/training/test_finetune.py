"""Training that begins with weights: the original's by SGD with frozen blocks, and what the findings are measured with."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import torch

from ctpn.contract.spec import CLASSIC, MOBILE, VGG16
from ctpn.errors import ModelError
from ctpn.nn import load_detector
from ctpn.nn.checkpoint import load_state, load_weights
from ctpn.nn.detector import build, freeze
from ctpn.nn.keras_import import main as import_keras
from ctpn.nn.mobile import MobileCtpn
from ctpn.nn.recurrent import Recurrence
from ctpn.nn.vgg16 import Vgg16Ctpn
from ctpn.train import main
from ctpn.training.losses import detector_loss
from tests.helpers.printed_pages import changes, small_recipe, write_recipe
from tests.helpers.published_checkpoint import small_state, write_checkpoint

FIXTURES = Path(__file__).parents[1] / "fixtures" / "keras" / "fixtures.tar.xz"
RECIPE = str(Path(__file__).parents[2] / "recipes" / "finetune_vgg16.yaml")
OLD = "keras2-gru-before-hard.keras"


@pytest.fixture
def keras_weights(tmp_path: Path) -> Path:
    with tarfile.open(FIXTURES) as tar:
        tar.extract(OLD, tmp_path, filter="data")
    assert import_keras([str(tmp_path / OLD), str(tmp_path / "keras.safetensors"), "--mean", "1,2,3"]) == 0
    return tmp_path / "keras.safetensors"


def tune(pages: Path, out: Path, init: Path, *more: str, steps: int = 4, freeze: str = "[block1, block2]") -> int:
    """Fine-tuning by the shipped recipe, made small; the stage's folder is `out`/finetune."""
    small = {f"stages__finetune__{k}": v for k, v in {"crop_side": 128, "batch": 2, "warmup": 2, "steps": steps, "freeze": freeze}.items()}
    return main([RECIPE, *changes(folder=out, net__init=init, real_pages__pages=pages, **small), *more])


def test_fine_tuning_of_imported_weights(pages: Path, keras_weights: Path, tmp_path: Path) -> None:
    assert tune(pages, tmp_path / "out", keras_weights, *changes(stages__finetune__ema="0.0")) == 0
    before, after = (load_weights(f)[0] for f in (keras_weights, tmp_path / "out" / "finetune" / "weights.safetensors"))
    frozen = {f"base_layers.{n}.{kind}" for n in (0, 2, 5, 7) for kind in ("weight", "bias")}
    assert {name for name in before if torch.equal(before[name], after[name])} == frozen
    net = load_detector(tmp_path / "out" / "finetune" / "weights.safetensors")
    assert net.recurrence == Recurrence("gru", False, "hard_sigmoid_keras2")
    assert net.spec.mean == (1, 2, 3) and net.spec.lines.line_grouping == "classic"
    groups = load_state(tmp_path / "out" / "finetune" / "state.pt")["optimizer"]["param_groups"]
    assert all(g["momentum"] == 0.9 and g["weight_decay"] == 0 and g["lr"] <= 1e-3 for g in groups)


def test_fine_tuning_is_resumed_exactly(pages: Path, keras_weights: Path, tmp_path: Path) -> None:
    assert tune(pages, tmp_path / "whole", keras_weights, freeze="[block1]") == 0
    for minutes in ("0", "9"):  # at first no step at all
        assert tune(pages, tmp_path / "parts", keras_weights, "--minutes", minutes, freeze="[block1]") == 0
    whole, parts = (load_weights(tmp_path / n / "finetune" / "weights.safetensors")[0] for n in ("whole", "parts"))
    assert all(torch.equal(whole[k], parts[k]) for k in whole)


def test_a_checkpoint_of_the_original_is_a_beginning_too(pages: Path, tmp_path: Path) -> None:
    file = write_checkpoint(tmp_path / "ctpn.pth.tar", small_state())
    assert tune(pages, tmp_path / "out", file, steps=1) == 0
    assert load_detector(tmp_path / "out" / "finetune" / "weights.safetensors").spec == CLASSIC


def test_weights_of_another_net_are_refused(pages: Path, keras_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(pages, tmp_path / "out", keras_weights, *changes(net__name="mobile")) == 1
    assert "expected weights of mobile, got vgg16; give --set net.name=vgg16" in capsys.readouterr().err


@pytest.mark.parametrize(("names", "message"), [("block6", "no such part"), ("nothing", "no such part"), ("", "no such part")])
def test_unknown_parts_are_refused(names: str, message: str) -> None:
    with torch.device("meta"):
        net = Vgg16Ctpn()
    with pytest.raises(ModelError, match=message):
        freeze(net, names.split(","))
    with pytest.raises(ModelError, match="nothing is left"):
        freeze(net, [name for name, _ in net.named_children()])


def test_blocks_of_the_original() -> None:
    with torch.device("meta"):
        net = Vgg16Ctpn()
    widths = [[net.get_submodule(n).out_channels for n in net.block(f"block{b}")] for b in range(1, 6)]
    assert widths == [[64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3] and net.block("block0") == ()


def test_frozen_batch_norms_keep_their_statistics() -> None:
    net = MobileCtpn(width=16, hidden=8).train()
    freeze(net, ["stem"])
    still, moving = net.stem[1].running_mean.clone(), net.scale4[1].running_mean.clone()
    net(torch.rand(1, 3, 64, 64))
    assert torch.equal(net.stem[1].running_mean, still) and not torch.equal(net.scale4[1].running_mean, moving)


@pytest.mark.parametrize("recurrence", ["none", "gru", "lstm", "gru-keras2"])
def test_a_mobile_net_of_every_recurrence_is_trained_and_loaded_again(pages: Path, recurrence: str, tmp_path: Path) -> None:
    recipe = write_recipe(small_recipe(pages, tmp_path / "out", steps=2), tmp_path / "small.yaml")
    assert main([recipe, *changes(net__recurrence=recurrence, net__initial_weights="torch", defaults__score_loss="bce")]) == 0
    net = load_detector(tmp_path / "out" / "only" / "weights.safetensors")
    assert f"{net.recurrence.cell}{'' if net.recurrence.reset_after else '-keras2'}" == recurrence


def test_plain_initial_weights_are_torchs_own() -> None:
    torch.manual_seed(0)
    plain, ours = build(VGG16, plain=True), build(MOBILE)
    assert plain.rpn.conv.bias.abs().max() > 0 and ours.link.bias.abs().max() == 0


def test_bce_by_hand() -> None:
    targets = {
        "labels": torch.tensor([1, 0], dtype=torch.int8).reshape(1, 1, 1, 2),
        "vertical": torch.zeros(1, 1, 1, 2, 2),
    }
    maps = {"score": torch.tensor([-1.0, 2, 3, 0.5]).reshape(1, 1, 1, 4), "vertical": torch.zeros(1, 1, 1, 4)}
    log = torch.nn.functional.softplus
    expected = sum(log(torch.tensor(v)) for v in (-1.0, -2.0, -3.0, 0.5))
    assert detector_loss(maps, targets, score="bce")["score"] == pytest.approx(float(expected), rel=1e-5)
