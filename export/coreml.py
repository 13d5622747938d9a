"""Write the nets as Core ML packages: python -m export.coreml --compress

ML programs of the unrolled forms. The detector: mobile-960-float16.mlpackage takes a picture of one width and of any height
that is a multiple of 32, mobile-960x960-float16 one of --size (iOS 16). The recogniser: crnn-160-float16, -320 and -640 take
one strip (iOS 16), and crnn-float16 has a function for each width, w160, w320, w640, that share their weights (iOS 18). With
--compress also NAME-int8 (weights of 8 bits) and NAME-6bit (palettes of 64 weights; of the recogniser only crnn-6bit), which
compute in float16 too. NAME alone, with --float32, computes in float32. The input is an RGB image; the outputs carry the names
of the spec, which travels in the package's metadata. Each package is executed and compared with PyTorch, down to the lines and
texts of samples, before it gets its name: by Core ML on a Mac, elsewhere by our evaluator of its program (export/mil), so no
times are told there. Converting takes minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctpn.contract.spec import RecognizerSpec
from ctpn.errors import CtpnError
from export import command
from export.command import Made
from export.coreml_file import HEIGHTS, ON_A_MAC, convert, load, save, squeeze
from export.forms import Form, say
from export.parity import Agreement

KINDS = {"float32": "", "float16": "-float16", "int8": "-int8", "6bit": "-6bit"}  # and what they add to a name
APP = ("float16",)


@dataclass(frozen=True)
class Plan:
    """A package to write: its name, the form behind each of its functions, and what it needs to run."""

    name: str
    forms: dict[str, Form]
    free_height: bool = False
    target: str = "iOS16"

    @property
    def reads(self) -> bool:
        """Whether it is a recogniser's."""
        return any(isinstance(form.graph.spec, RecognizerSpec) for form in self.forms.values())

    def can_be(self, kind: str) -> bool:
        """Whether its target has what the kind needs: a recogniser's palettes are iOS 18's."""
        return kind != "6bit" or not self.reads or self.target == "iOS18"


def files(forms: Iterator[Form], folder: Path, kinds: tuple[str, ...] = APP, *, fixed: bool = False) -> Iterator[Made]:
    """The packages of a net, proven.

    Args:
        kinds: of KINDS.
        fixed: those of one size as well; otherwise there is one package, which takes every size that the net's forms take.
    """
    unrolled = [form for form in forms if form.fixed_width]
    for plan in _plans(unrolled, fixed=fixed):
        yield from _package(plan, folder, [kind for kind in kinds if plan.can_be(kind)])


def _plans(forms: list[Form], *, fixed: bool) -> Iterator[Plan]:
    first = forms[0]
    spec, (height, width) = first.graph.spec, first.size
    if isinstance(spec, RecognizerSpec):
        names = [f"w{form.size[1]}" for form in forms] if len(forms) > 1 else ["main"]
        yield Plan(spec.name, dict(zip(names, forms, strict=True)), target="iOS18")
        yield from (Plan(form.name, {"main": form}) for form in forms if fixed)
    else:
        if height > HEIGHTS[1]:
            raise CtpnError(f"--size {height}x{width}: Core ML packages take heights from {HEIGHTS[0]} to {HEIGHTS[1]}; give a lower one")
        yield Plan(first.name, {"main": first}, free_height=True)
        if fixed:
            yield Plan(f"{spec.name}-{height}x{width}", {"main": first.of_one_size()})


def _package(plan: Plan, folder: Path, kinds: list[str]) -> Iterator[Made]:
    half: dict[str, Any] = {}
    for kind in kinds:
        package = folder / f"{plan.name}{KINDS[kind]}.mlpackage"
        say(f"{package.name}: {'compressing' if half else 'converting'}")
        if kind == "float32":
            models = _converted(plan, half=False)
        else:
            half = half or _converted(plan, half=True)
            models = half if kind == "float16" else _squeezed(plan, half, kind)
        save(models, package)
        yield _proven(plan, package, rounded=kind != "float32")


def _converted(plan: Plan, *, half: bool) -> dict[str, Any]:
    return {f: convert(form, free_height=plan.free_height, half=half, target=plan.target) for f, form in plan.forms.items()}


def _squeezed(plan: Plan, models: dict[str, Any], kind: str) -> dict[str, Any]:
    return {function: squeeze(model, kind, reads=plan.reads) for function, model in models.items()}


def _proven(plan: Plan, package: Path, *, rounded: bool) -> Made:
    """The package, each of its functions held against PyTorch; the worst figures of all count."""
    found, run, timed = Agreement(), None, None
    for function, form in plan.forms.items():
        run, timed = load(package, function), form.timed
        shown = package.name if function == "main" else f"{package.name}, {function}"
        one = form.prove(shown, run, rounded=rounded)
        found = Agreement(max(found.difference, one.difference), min(found.lines, one.lines))
    assert run is not None and timed is not None
    return Made(package, found, run, timed[:1] if ON_A_MAC else None)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a package differs or something failed; usage errors exit 2."""
    options = command.parser("export.coreml", __doc__)
    options.add_argument("--compress", action="store_true", help="write packages of int8 and of 6-bit weights as well")
    options.add_argument("--float32", action="store_true", help="write packages that compute in float32 as well")

    def writer(args: Any) -> command.Writer:
        kinds = (*["float32"] * args.float32, *APP, *["int8", "6bit"] * args.compress)
        return lambda forms, folder: files(forms, folder, kinds, fixed=True)

    return command.main(options, argv, writer)


if __name__ == "__main__":
    sys.exit(main())
