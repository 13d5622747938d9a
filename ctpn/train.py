"""Train a net: python -m ctpn.train detector --set DIR[:WEIGHT[:merge_words]] … --out DIR
             python -m ctpn.train recognizer --set DIR:SHARE … --out DIR

Several processes, one thread each:  torchrun --nproc-per-node 2 -m ctpn.train detector …
Fine-tuning as the original did it, from weights that ctpn.nn.keras_import wrote or a .pth.tar of its own:
  python -m ctpn.train detector --model vgg16 --init FILE --optimizer sgd --freeze block1,block2 --set DIR --out DIR
The recogniser's sets are cut by ctpn.training.cut_lines and have a SHARE of the samples each; the rest is drawn.
A run that was killed goes on exactly where its last checkpoint stood: give the same command again.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctpn.command import need
from ctpn.training.crops import KINDS

try:
    import torch
    from torch import Tensor, nn
    from tqdm import tqdm
except ModuleNotFoundError as e:
    need("train", str(e.name))
    raise

from ctpn.contract.spec import DETECTORS, DetectorSpec, RecognizerSpec
from ctpn.errors import CtpnError
from ctpn.nn.checkpoint import load_state, save_state, save_weights
from ctpn.nn.detector import freeze
from ctpn.nn.maps import Detector, normalise
from ctpn.nn.recurrent import RECURRENCES
from ctpn.training.losses import SCORE_LOSSES
from ctpn.training.parallel import Workers, batches
from ctpn.training.tasks import TASKS, Task

RATES = {"adamw": (2e-3, 1e-2), "sgd": (1e-3, 0.0)}  # peak learning rate and weight decay; sgd as the original had it


@dataclass
class Run:
    """All that changes while a net is trained."""

    net: nn.Module
    ema: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0

    def state(self) -> dict[str, object]:
        """Everything that an exact resume needs; the data follow from the step."""
        return {
            "net": self.net.state_dict(), "ema": self.ema, "optimizer": self.optimizer.state_dict(),
            "step": self.step, "seconds": self.seconds,
        }  # fmt: skip

    def load(self, file: Path) -> None:
        """Go on from a file that `state` was saved to."""
        state = load_state(file)
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.ema, self.step, self.seconds = state["ema"], state["step"], state["seconds"]


def rate(step: int, steps: int, peak: float, warmup: int) -> float:
    """Learning rate: linear warm-up, then half a cosine down to a hundredth of the peak."""
    if step < warmup:
        return peak * (step + 1) / warmup
    share = min(1.0, (step - warmup) / max(1, steps - warmup))
    return float(peak * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * share))))


def train_step(run: Run, batch: dict[str, Tensor], task: Task, workers: Workers, args: argparse.Namespace) -> dict[str, float]:
    """One step of the optimiser; returns the parts of the loss."""
    for group in run.optimizer.param_groups:
        group["lr"] = rate(run.step, args.steps, args.rate, args.warmup)
    device = batch["image"].device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=_has_bfloat16(device)):
        output = task.output(normalise(batch["image"], task.spec))
    parts = task.loss(output, batch, run.step)
    run.optimizer.zero_grad(set_to_none=True)
    torch.stack(list(parts.values())).sum().backward()
    workers.average_gradients(run.net)
    nn.utils.clip_grad_norm_(run.net.parameters(), args.clip)
    run.optimizer.step()
    run.step += 1
    _update_ema(run, args.ema)
    return {name: float(p.detach()) for name, p in parts.items()}


def _has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is quicker there: a processor without instructions for it is 8 times slower, one with them 1.5 times faster."""
    return device.type == "cuda" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))


@torch.no_grad()
def _update_ema(run: Run, decay: float) -> None:
    decay = min(decay, (1 + run.step) / (10 + run.step))  # short memory at the start
    state = run.net.state_dict()
    floats = [name for name, value in state.items() if value.is_floating_point()]
    torch._foreach_lerp_([run.ema[n] for n in floats], [state[n] for n in floats], 1 - decay)
    for name in state.keys() - set(floats):
        run.ema[name].copy_(state[name])


def start(args: argparse.Namespace, net: nn.Module, workers: Workers) -> Run:
    """A fresh run, or the one that lies in --out."""
    net.to(workers.device).train()
    freeze(net, args.freeze)
    learning = [p for p in net.parameters() if p.requires_grad]
    weights = [p for p in learning if p.ndim > 1]
    others = [p for p in learning if p.ndim <= 1]  # no decay for biases and batch norm
    groups = [{"params": weights, "weight_decay": args.decay}, {"params": others, "weight_decay": 0.0}]
    optimizer: torch.optim.Optimizer
    if args.optimizer == "sgd":
        optimizer = torch.optim.SGD(groups, lr=args.rate, momentum=0.9)
    else:
        optimizer = torch.optim.AdamW(groups, lr=args.rate)
    run = Run(net, {name: v.detach().clone() for name, v in net.state_dict().items()}, optimizer)
    if (args.out / "state.pt").exists():
        run.load(args.out / "state.pt")
        print(f"resumed at step {run.step}", file=sys.stderr)
    return run


def save(run: Run, spec: DetectorSpec | RecognizerSpec, out: Path) -> None:
    """The state to resume from and the averaged weights to use."""
    save_state(out / "state.pt", run.state())
    metadata = {"spec": spec.to_json(), "step": str(run.step)}
    if isinstance(run.net, Detector):
        metadata["recurrence"] = run.net.recurrence.to_json()
    save_weights(out / "weights.safetensors", run.ema, metadata)


def fit(args: argparse.Namespace, task: Task, workers: Workers) -> None:
    """Train until --steps or --minutes are over."""
    run = start(args, task.net, workers)
    began = saved = time.monotonic()
    before = run.seconds
    bar = tqdm(total=args.steps, initial=run.step, disable=workers.rank > 0, unit="step", mininterval=5, file=sys.stderr)
    for batch in batches(lambda step: task.batch(step, workers.rank, workers.count), run.step, workers.device, args.makers):
        now = time.monotonic()
        run.seconds = before + now - began
        over = run.step >= args.steps or (now - began) / 60 >= args.minutes
        if workers.rank == 0 and (over or now - saved > 60 * args.save_minutes):
            save(run, task.spec, args.out)
            saved = now
        if workers.agree(over):
            break
        parts = train_step(run, batch, task, workers, args)
        if workers.rank == 0 and run.step % 20 == 0:
            _log(args.out / "log.csv", run, parts, bar)
        bar.update()
    bar.close()


def _log(file: Path, run: Run, parts: dict[str, float], bar: tqdm) -> None:  # type: ignore[type-arg]
    bar.set_postfix({name: f"{v:.3f}" for name, v in parts.items()}, refresh=False)
    fresh = not file.exists()
    with file.open("a", newline="") as f:
        writer = csv.writer(f)
        if fresh:
            writer.writerow(["step", "seconds", "rate", *parts])
        writer.writerow([run.step, f"{run.seconds:.0f}", run.optimizer.param_groups[0]["lr"], *(f"{v:.4f}" for v in parts.values())])


def _set(text: str) -> tuple[Path, float, str]:
    folder, _, rest = text.partition(":")
    weight, _, kind = rest.partition(":")
    if not (Path(folder) / "images").is_dir():
        raise argparse.ArgumentTypeError(f"{folder}: expected a folder with images/ and gt/")
    if kind not in KINDS:
        raise argparse.ArgumentTypeError(f"{text}: expected a KIND of {' or '.join(filter(None, KINDS))}, got {kind}")
    return Path(folder), float(weight or 1), kind


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m ctpn.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=sorted(TASKS))
    parser.add_argument("--model", choices=sorted(DETECTORS), default="mobile", help="which detector")
    kinds = "merge_words merges words to lines, pad_regions expands quads that hug the ink"
    parser.add_argument("--set", type=_set, action="append", default=[], help=f"DIR[:WEIGHT[:KIND]]; KIND: {kinds}")
    parser.add_argument("--out", type=Path, help="state, weights and log (default: .train/WHAT)")
    parser.add_argument("--init", type=Path, metavar="FILE", help="weights to begin with (.safetensors, or the original's .pth.tar)")
    parser.add_argument("--freeze", type=lambda text: text.split(","), default=[], metavar="A,B", help="parts that stay as they are")
    parser.add_argument("--recurrence", choices=sorted(RECURRENCES), help="of a new detector (default: gru; of --init the file's)")
    parser.add_argument("--plain-init", action="store_true", help="begin as PyTorch does, not with xavier-normal and zero biases")
    parser.add_argument("--score-loss", choices=SCORE_LOSSES, default=SCORE_LOSSES[0], help="of a detector (default: %(default)s)")
    parser.add_argument("--optimizer", choices=sorted(RATES), default="adamw", help="sgd has a momentum of 0.9 (default: %(default)s)")
    parser.add_argument("--rate", type=float, help="peak learning rate (default: 2e-3 for adamw, 1e-3 for sgd)")
    parser.add_argument("--decay", type=float, help="weight decay (default: 1e-2 for adamw, 0 for sgd)")
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after this time, to resume later")
    parser.add_argument("--save-minutes", type=float, default=3)
    parser.add_argument("--warmup", type=int, default=200)
    parser.add_argument("--batch", type=int, default=8, help="crops, or strips of 1,024 pixels, a process (default: %(default)s)")
    parser.add_argument("--makers", type=int, default=0, help="processes that make the samples, for a GPU (default: none but this)")
    parser.add_argument("--places", type=int, default=6000, help="steps in which a recogniser learns by places, before CTC")
    parser.add_argument("--fonts", action="append", metavar="DIR", help="folder of fonts for synthetic lines; may be repeated")
    parser.add_argument("--side", type=int, default=512, help="pixels of a crop (default: %(default)s)")
    parser.add_argument("--clip", type=float, default=5.0, help="largest norm of the gradient")
    parser.add_argument("--ema", type=float, default=0.999, help="decay of the averaged weights")
    parser.add_argument("--int8", action="store_true", help="learn with the rounding of int8; for the last steps")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    if args.what == "detector" and not args.set:
        parser.error("a detector needs pages: give --set DIR at least once")
    if args.makers < 0:
        parser.error(f"--makers: expected 0 or more, got {args.makers}")
    if args.init and (args.recurrence or args.plain_init):
        parser.error("--init: the file says which net it is; leave --recurrence and --plain-init away")
    args.out = args.out or Path(".train") / args.what
    rate, decay = RATES[args.optimizer]
    args.rate = rate if args.rate is None else args.rate
    args.decay = decay if args.decay is None else args.decay
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 trained, 1 failed; usage errors exit 2."""
    args = parse(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        with Workers() as workers:
            torch.manual_seed(args.seed)
            fit(args, TASKS[args.what](args), workers)
    except (CtpnError, OSError) as e:
        print(f"ctpn.train: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
