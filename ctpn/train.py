"""Train the weights of a recipe: python -m ctpn.train recipes/detector.yaml

Generates the pages and cuts the line crops that are missing, then trains stage by stage. Give a command that was killed again:
it continues exactly from its last checkpoint. The results are FOLDER/STAGE/weights.safetensors; their metadata have the
resolved recipe and its hash. Any value of the recipe can be changed:

  python -m ctpn.train recipes/finetune_vgg16.yaml --set net.init=FILE --set real_pages.pages=DIR
"""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from pathlib import Path

from ctpn import command

command.require("train", "torch", "safetensors", "tqdm", "yaml")

from ctpn.errors import RecipeError  # noqa: E402
from ctpn.training.beginning import WEIGHTS  # noqa: E402
from ctpn.training.loop import Machine, train_stage  # noqa: E402
from ctpn.training.recipe import digest, load_recipe, resolved  # noqa: E402
from ctpn.training.stages import run, train_in_processes  # noqa: E402


def parse(argv: list[str] | None) -> Namespace:
    """The command line."""
    parser = command.parser("ctpn.train", __doc__)
    parser.add_argument("recipe", type=Path, help="a YAML file, see recipes/")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a value, such as stages.stage-1.steps=100")
    parser.add_argument("--show", action="store_true", help="print the resolved recipe and its hash, and train nothing")
    parser.add_argument("--stage", metavar="NAME", help="train this stage alone; its data sets and the stage before must be there")
    parser.add_argument("--minutes", type=float, default=Machine.minutes, help="stop after this time; the same command resumes")
    parser.add_argument("--save-minutes", type=float, default=Machine.save_minutes, help="time between checkpoints (default: %(default)s)")
    parser.add_argument("--num-workers", type=int, default=0, help="processes that make the samples, for a GPU (default: none)")
    args = parser.parse_args(argv)
    if args.num_workers < 0:
        parser.error(f"--num-workers: expected 0 or more, got {args.num_workers}")
    return args


def _work(args: Namespace, argv: list[str]) -> str:
    recipe = load_recipe(args.recipe, args.set)
    machine = Machine(args.num_workers, args.minutes, args.save_minutes)
    if args.show:
        return f"{json.dumps(json.loads(resolved(recipe)), ensure_ascii=False, indent=1)}\nsha256 {digest(recipe)}"
    if not args.stage:
        return run(recipe, machine, argv)
    named = [stage for stage in recipe.runs if stage.name == args.stage]
    if not named:
        raise RecipeError(f"--stage {args.stage}: expected one of {', '.join(stage.name for stage in recipe.runs)}")
    if named[0].processes > 1 and "WORLD_SIZE" not in os.environ:  # torchrun's own
        train_in_processes(named[0], machine, argv)
    else:
        train_stage(recipe, named[0], machine)
    return str(recipe.stage_folder(named[0]) / WEIGHTS)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 trained or stopped after --minutes, 1 failed, 130 stopped by hand; usage errors exit 2."""
    argv = sys.argv[1:] if argv is None else argv
    args = parse(argv)
    return command.run("ctpn.train", lambda: _work(args, argv), resumes=True)


if __name__ == "__main__":
    sys.exit(main())
