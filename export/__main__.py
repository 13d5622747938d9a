"""python -m export: which commands there are."""

from __future__ import annotations

import argparse
import ast
from pathlib import Path


def commands() -> dict[str, str]:
    """What each command of this folder does, by its name, as the first line of its docstring says. None of them is imported."""
    found, here = {}, Path(__file__).parent
    for file in sorted(here.rglob("*.py")):
        name = ".".join(("export", *file.relative_to(here).with_suffix("").parts)).removesuffix(".__main__")
        says = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[0]
        purpose, command, _ = says.partition(f": python -m {name}")
        if command:
            found[name] = purpose
    return found


def main(argv: list[str] | None = None) -> int:
    """Print the commands; exit code 0."""
    lines = [f"  python -m {name:20s} {purpose}" for name, purpose in commands().items()]
    text = "\n".join(["A trained model in another format, proven equal to PyTorch:", "", *lines, "", "Each explains itself with --help."])
    parser = argparse.ArgumentParser("python -m export", description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(argv)
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
