"""python -m export: which commands there are."""

from __future__ import annotations

import argparse
import ast
from pathlib import Path


def commands() -> dict[str, str]:
    """What each command of this folder does, by its name: the first line of its docstring. None of them is imported."""
    found = {}
    for file in sorted(Path(__file__).parent.glob("[!_]*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body) and _runs(tree):
            found[f"export.{file.stem}"] = (ast.get_docstring(tree) or "").split("\n")[0].split(": python -m")[0]
    return found


def _runs(tree: ast.Module) -> bool:
    """Whether a module does something when it is run."""
    return any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in tree.body)


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
