"""Makes the data sets that a recipe's stage needs: generates synthetic pages and cuts line crops, except those that are complete."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from ctpn.errors import RecipeError
from ctpn.files import write
from ctpn.reader import TextReader
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.pages.files import PageSet, write_pages
from ctpn.training.config import Recipe, Stage
from ctpn.training.cut_lines import cut_set
from ctpn.training.recipe import difference

ORIGIN = "origin.json"  # in a data set's folder: how it is made, and whether it is complete


def prepare(recipe: Recipe, stage: Stage) -> None:
    """Make the data sets of a stage that are missing or were not completed.

    Raises:
        RecipeError: a folder holds a data set of another origin, or real pages are missing.
        CtpnError: fonts are missing, or pages cannot be read.
    """
    needed = recipe.needed(stage.sets())
    for name in sorted(needed & set(recipe.real_pages)):
        if not (recipe.pages_folder(name) / "images").is_dir():
            folder = recipe.pages_folder(name)
            raise RecipeError(f"real_pages.{name}: {folder}: expected images/ and gt/; give their folder: --set real_pages.{name}=DIR")
    for name in sorted(needed & set(recipe.synthetic_pages)):
        _make(recipe.pages_folder(name), _pages_origin(recipe, name), lambda name=name: _write_pages(recipe, name))  # type: ignore[misc]
    for name in sorted(needed & set(recipe.line_crops)):
        _make(recipe.crops_folder(name), _crops_origin(recipe, name), lambda name=name: _cut(recipe, name))  # type: ignore[misc]


def _pages_origin(recipe: Recipe, name: str) -> dict[str, object]:
    pages = recipe.synthetic_pages[name]
    photos = recipe.real_pages[pages.photos] if pages.photos else None
    return asdict(pages) | {"fonts": recipe.fonts[pages.fonts], "photos": photos}


def _write_pages(recipe: Recipe, name: str) -> None:
    pages = recipe.synthetic_pages[name]
    photos = recipe.pages_folder(pages.photos) if pages.photos else None
    seeds = list(chain.from_iterable(range(s.first, s.first + s.count) for s in pages.seeds))
    write_pages(recipe.pages_folder(name), PageSet(pages.kinds, fonts(recipe.fonts[pages.fonts]), photos), seeds)


def _crops_origin(recipe: Recipe, name: str) -> dict[str, object]:
    crops = recipe.line_crops[name]
    synthetic = crops.pages in recipe.synthetic_pages
    return {"quads": crops.quads, "pages": _pages_origin(recipe, crops.pages) if synthetic else recipe.real_pages[crops.pages]}


def _cut(recipe: Recipe, name: str) -> None:
    crops = recipe.line_crops[name]
    reader = TextReader(threads=1) if crops.quads == "detected" else None
    cut_set(recipe.pages_folder(crops.pages), recipe.crops_folder(name), reader)


def _make(folder: Path, origin: dict[str, object], work: Callable[[], None]) -> None:
    file, fresh = folder / ORIGIN, json.loads(json.dumps({"origin": origin, "complete": False}))
    if file.is_file():
        known = json.loads(file.read_text(encoding="utf-8"))
        if differs := difference(known["origin"], fresh["origin"]):
            raise RecipeError(
                f"{folder}: holds a data set of another recipe ({differs}); remove it, or give another folder: --set cache=DIR"
            )
        if known["complete"]:
            return
    elif folder.is_dir() and any(folder.iterdir()):
        raise RecipeError(f"{folder}: holds files of unknown origin; remove them, or give another folder: --set cache=DIR")
    write(file, json.dumps(fresh, indent=1))
    work()
    write(file, json.dumps(fresh | {"complete": True}, indent=1))
