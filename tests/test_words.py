"""One name for one thing: words that were replaced do not come back."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.helpers.wheel import ROOT, tracked_files

TEXT = {".py", ".kt", ".kts", ".md", ".toml", ".yaml", ".xml", ".sh", ".txt", ""}
# Histories, word lists and this file say old words on purpose.
EXCEPT = (
    "CHANGELOG.md",
    "LICENSE",
    "tests/test_words.py",
    "ctpn/contract/charset.txt",
    "ctpn/synthesis/texts.py",
    "ctpn/synthesis/phrases.py",
)
REPLACED = {
    r"(?<![.\w])[Ss]trips?\b(?!\()|\w+_strips?\b|\bstrips?_\w+": "line crop; a long image is read in tiles",
    r"\b(max_)?strip_(ratio|side)\b": "max_aspect_ratio, tile_short_side",
    r"\bclass Form\b|\bForms?\(|\bexport[./]forms\b": "ExportVariant",
    r"\b(prove[nsd]?|proving)\b": "verify",
    r"\bMade\b(?=[(\]\[:,|])|\bexport[./]parts\b": "ExportedFile, bundle_models",
    r"\bsqueeze_?(weights|model)\b|\bexport[./]usability\b": "compress_weights, mobile_compatibility",
    r"\b(Crew|Side)\b(?=[(\]\[:,|])": "ComparisonRunner, Competitor",
    r"\bclocked\b|\bverdicts\b": "stage timer, ablation_summary",
    r"\b(doubt|doubts|doubtful|doubted)\b": "score_slack, with_score_slack",
    r"\b(CONFIRMED|POOR|SURE|WITNESSES|TALL|BETTER)\b": "the spec's group `reading`",
    r"\b(LOWEST|(LEAST|MOST)_\w+)\b|(?<!\w)CONTEXT\b": "min_region_side, region_padding, MAX_…, MIN_…",
    r"\bbuilder=|\.builder\b|\[.builder.\]": "line_grouping",
    r"\b(grow|grown)\b": "expansion, expand",
    r"\bLOOSE\b|:(bridge|tight)\b": "merge_words, pad_regions",
    r"\b(spoil|spoilt|spoiled|shaken|furnish|furnished)\b": "degrade, jitter, add_clutter",
    r"--(makers|places)\b": "--num-workers, --alignment-steps",
    r"\bREMEDY\b": "HINT",
    r"\b(SLIVER|sliver|slivers)\b": "min_width",
    r"\b(laws|rooms|Rooms)\b": "invariants, packages",
    r"\bto the last bit\b|\bleft away\b|\bas it lies\b|\bon its head\b": "bit-exact, omitted, in its detected orientation, upside down",
    r"\bwhat stands there\b|\bof like width\b|\ba row a cell\b": "the text, of similar width, one row per cell",
}


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """`file:line: text` of every line that has the pattern."""
    found = []
    for name in tracked_files():
        file = ROOT / name
        if file.suffix not in TEXT or name.startswith(EXCEPT) or name.startswith("docs/report"):
            continue
        lines = file.read_text(encoding="utf-8").splitlines()
        found += [f"{name}:{i}: {line.strip()[:100]}" for i, line in enumerate(lines, 1) if pattern.search(line)]
    return found


@pytest.mark.skipif(not shutil.which("git") or not (ROOT / ".git").exists(), reason="no git checkout")
@pytest.mark.parametrize(("pattern", "say"), REPLACED.items(), ids=REPLACED.values())
def test_replaced_words_do_not_come_back(pattern: str, say: str) -> None:
    assert lines_with(re.compile(pattern)) == [], f"say: {say}"
