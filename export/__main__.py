"""python -m export: which commands there are."""

from __future__ import annotations

import ast
from pathlib import Path

from ctpn import command

OPTIONS = """Where a command has one of these options, it means:

  --model NAME     the net: mobile, vgg16 or crnn; both shipped ones without it
  --weights FILE   that net's weights, .safetensors (of vgg16 also the original's .pth.tar); the shipped ones without it
  --size HxW       of a detector's variant of one size or width, multiples of 32; 960x960 without it
  --out DIR        folder for the files; all of a net appear, or none"""


def commands() -> dict[str, str]:
    """What each command of this folder does, by its name, as the first line of its docstring says. None of them is imported."""
    found, here = {}, Path(__file__).parent
    for file in sorted(here.rglob("*.py")):
        name = ".".join(("export", *file.relative_to(here).with_suffix("").parts)).removesuffix(".__main__")
        says = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[0]
        purpose, called, _ = says.partition(f": python -m {name}")
        if called:
            found[name] = purpose
    return found


def main(argv: list[str] | None = None) -> int:
    """Print the commands; exit code 0."""
    lines = [f"  python -m {name:20s} {purpose}" for name, purpose in commands().items()]
    text = "\n".join(
        ["A trained model in another format, verified against PyTorch:", "", *lines, "", OPTIONS, "", "Each explains itself with --help."]
    )
    command.parser("export", text).parse_args(argv)
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
