"""A function of a package, computed operator by operator with torch.

Core ML runs on Apple's systems alone, but a package is plain data: a list of operators and a file of weights. Each operator is
computed in float32 and its result rounded to the type that the program states, so a float16 program moves in float16's steps,
as it does on a processor that sums in float32. What Apple's own runtime fuses or sums in float16 may differ in the last bits.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ctpn.errors import CtpnError
from export.mil.image import image_input
from export.mil.operators import OPERATORS, Inputs
from export.mil.package import Value, open_package, type_name

FAILURES = (RuntimeError, LookupError, ValueError, TypeError, AttributeError)  # of an operator whose inputs do not fit it


@dataclass
class Step:
    """One operator, made ready.

    Attributes:
        kind, name: its type, and its own name for messages.
        inputs: the names of values by the operator's parameter, a list where it takes several; or a constant.
        outputs: a name and a type each.
        last: values that nobody needs after it.
    """

    kind: str
    name: str
    inputs: dict[str, Value]
    outputs: list[tuple[str, str]]
    last: list[str] = field(default_factory=list)


class Name(str):
    """Of a value that an operator takes; a text constant is a plain str."""


class Program:
    """A function of uint8 RGB [N, H, W, 3]: its outputs by name, float32 with the batch axis. Each picture is computed as if alone.

    Two programs are equal if every operator, constant and stated type is, whatever their names: they compute the same.

    Attributes:
        operators: how often each type occurs; what the function is made of.

    Args:
        path: an .mlpackage.
        function: of a package of several; by default the one that the package itself takes by default.

    Raises:
        CtpnError: no package, a damaged one, no such function, or an operator that is not in export/mil/operators.py.
    """

    def __init__(self, path: Path, function: str | None = None) -> None:
        self.package = open_package(path)
        described = self.package.model.description
        self.function = function or described.defaultFunctionName or "main"
        functions = self.package.model.mlProgram.functions
        if self.function not in functions:
            raise CtpnError(f"{path}: expected a function of {sorted(functions)}, got {self.function!r}")
        found = functions[self.function]
        if found.opset not in found.block_specializations:
            raise self.package.bad(f"{self.function}: no operators of {found.opset!r}")
        block = found.block_specializations[found.opset]
        self.image = image_input(self.package, self.function)
        self.operators = Counter(op.type for op in block.operations if op.type != "const")
        self._constants: dict[str, Value] = {}
        self._steps = self._ready(block, [i.name for i in found.inputs])
        self.outputs = list(block.outputs)
        self.package.weights.clear()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self._sum == other._sum

    def __hash__(self) -> int:
        return hash(self._sum)

    @cached_property
    def _sum(self) -> str:
        """A sum of all that decides what is computed: the image, and each operator with its inputs and stated types."""
        values = {name: _constant_sum(value) for name, value in self._constants.items()} | {self.image.name: "image"}

        def shown(value: Value) -> Any:
            return values[value] if isinstance(value, Name) else _constant_sum(value)

        sum_ = hashlib.sha256(repr((self.image.colours, self.image.heights, self.image.widths)).encode())
        for i, step in enumerate(self._steps):
            inputs = sorted(
                (key, [shown(v) for v in value] if isinstance(value, list) else shown(value)) for key, value in step.inputs.items()
            )
            sum_.update(repr((step.kind, inputs, [kind for _, kind in step.outputs])).encode())
            values |= {name: f"{i}.{j}" for j, (name, _) in enumerate(step.outputs)}
        sum_.update(repr([(name, values[name]) for name in self.outputs]).encode())
        return sum_.hexdigest()

    def __call__(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Outputs by name.

        Raises:
            CtpnError: pixels of a size that the package does not take, or an operator whose inputs do not fit it.
        """
        planes = torch.stack([self.image.planes(picture) for picture in pixels])
        with torch.no_grad():
            # Of several pictures each step is computed for all at once, as if each were alone: a program has thousands of steps.
            found = self._one(planes[0]) if len(planes) == 1 else tuple(v.flatten(0, 1) for v in torch.vmap(self._one)(planes))
        return {name: value.numpy() for name, value in zip(self.outputs, found, strict=True)}

    def _one(self, planes: Tensor) -> tuple[Tensor, ...]:
        """The outputs of one picture, as planes [1, 3, H, W]."""
        values = {**self._constants, self.image.name: planes}
        for step in self._steps:
            values |= self._run(step, values)
            for name in step.last:
                del values[name]
        return tuple(values[name] for name in self.outputs)

    def _run(self, step: Step, values: dict[str, Value]) -> dict[str, Value]:
        try:
            found = OPERATORS[step.kind](_given(step, values))
            results = found if isinstance(found, list) else [found]
            return {name: _rounded(r, kind) for r, (name, kind) in zip(results, step.outputs, strict=True)}
        except FAILURES as e:
            raise self.package.bad(f"operator {step.kind} {step.name!r}: {' '.join(str(e).split())[:200]}") from None

    def _ready(self, block: Any, inputs: list[str]) -> list[Step]:
        """The steps of a block, whose constants and compressed weights are expanded once, as Core ML does."""
        if inputs != [self.image.name]:
            raise self.package.bad(f"{self.function}: expected one input {self.image.name!r}, got {inputs}")
        known, steps = {*inputs}, []
        for op in block.operations:
            if op.type == "const":
                self._constants[op.outputs[0].name] = self.package.value(op.attributes["val"])
            elif (step := self._step(op, known)).kind.startswith("constexpr_"):
                self._constants |= self._run(step, self._constants)
            else:
                steps.append(step)
            known |= {o.name for o in op.outputs}
        if set(block.outputs) - known:
            raise self.package.bad(f"{self.function}: no operator gives {sorted(set(block.outputs) - known)}")
        _mark_last(steps, set(block.outputs) | set(self._constants))
        return steps

    def _step(self, op: Any, known: set[str]) -> Step:
        outputs = [(o.name, type_name(o.type.tensorType)) for o in op.outputs]
        name = outputs[0][0] if outputs else ""
        if op.type not in OPERATORS:
            raise CtpnError(f"{self.package.path}: operator {op.type!r} of {name!r} is unknown; add it to export/mil/operators.py")
        inputs = {key: self.package.value(v) for key, v in op.attributes.items() if key != "name"}
        inputs |= {key: self._argument(a, known, name) for key, a in op.inputs.items()}
        return Step(op.type, name, inputs, outputs)

    def _argument(self, argument: Any, known: set[str], name: str) -> Value:
        given = [Name(a.name) if a.WhichOneof("binding") == "name" else self.package.value(a.value) for a in argument.arguments]
        lost = [g for g in given if isinstance(g, Name) and g not in known]
        if lost or not given:
            raise self.package.bad(f"operator {name!r} takes {lost or 'nothing'}, which no operator before it gives")
        return given if len(given) > 1 else given[0]


def _constant_sum(value: Value) -> str:
    """What tells a constant from another: its type, shape and bytes, or its text."""
    if not isinstance(value, Tensor):
        return repr(value)
    return hashlib.sha256(f"{value.dtype} {list(value.shape)} ".encode() + value.contiguous().numpy().tobytes()).hexdigest()


def _given(step: Step, values: dict[str, Value]) -> Inputs:
    def one(value: Value) -> Value:
        return values[value] if isinstance(value, Name) else value

    return {key: [one(v) for v in value] if isinstance(value, list) else one(value) for key, value in step.inputs.items()}


def _mark_last(steps: list[Step], kept: set[str]) -> None:
    """Tell each step which values nobody needs after it: a large net's values together do not fit a small memory."""
    needed = set(kept)
    for step in reversed(steps):
        given = [v for value in step.inputs.values() for v in (value if isinstance(value, list) else [value]) if isinstance(v, Name)]
        step.last = [name for name in dict.fromkeys([*given, *(name for name, _ in step.outputs)]) if name not in needed]
        needed |= set(step.last)


def _rounded(result: Value, kind: str) -> Value:
    """A result at the precision of its stated type."""
    return result.half().float() if kind == "FLOAT16" else result
