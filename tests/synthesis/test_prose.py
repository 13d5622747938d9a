"""Running Chinese by pairs of words: what follows what, what is left out, and the files that it is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ctpn.errors import CtpnError
from ctpn.synthesis.prose import Prose, model, read_words

CHARSET = "，。甲方乙委托0123456789年月日（）、%.《》第条元№"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dictionary of five words, and a tslminfo that prints their chances."""
    words = ["", "甲方", "委托", "，", "鲷"]
    text = "".join(f"{word}\0" for word in words).encode("utf-32-le")
    (tmp_path / "pydict_sc.bin").write_bytes(np.array([len(words), 7, 16, 0], "<u4").tobytes() + text)
    (tmp_path / "lm_sc.t3g").write_bytes(b"")
    printed = (
        "\\0-gram\\1\n 0.1 0.2 (0,0)\n\\1-gram\\5\n 0 0.1 1 (0,0)\n 1 0.4 1 (0,1)\n 2 0.3 1 (0,2)\n 3 0.1 1 (0,3)\n 4 0.1 1 (0,3)\n"
        "\\2-gram\\3\n 0 1 0.9 1 (1,0)\n 1 2 1.0 1 (1,1)\n 2 3 0.6 1 (1,2)\n\\3-gram\\1\n 0 1 2 0.5 (1,0)\n"
    )
    tool = tmp_path / "tslminfo"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}END\n")
    tool.chmod(0o755)
    return tmp_path


def test_words_follow_as_the_model_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    assert read_words(folder / "pydict_sc.bin") == ["", "甲方", "委托", "，", "鲷"]
    np.savez(folder / "prose.npz", **model(folder))  # type: ignore[arg-type]
    prose = Prose(folder / "prose.npz")
    assert prose.first.tolist() == [0, 1, 2, 3, 3, 3] and prose.second.tolist() == [1, 2, 3]
    assert prose.chance.tolist() == pytest.approx([0.9, 1.0, 0.6]) and prose.single.tolist() == pytest.approx([0.1, 0.5, 0.8, 0.9, 1.0])
    texts = [prose(np.random.default_rng(seed), CHARSET, 20) for seed in range(40)]
    assert not any("甲方甲方" in text for text in texts), "委托 always follows"
    text = "\n".join(texts)
    assert "甲方委托，" in text
    assert "鲷" not in text, "not in the charset"
    assert "，，" not in text and any(c.isdigit() for c in text)


def test_the_same_seed_gives_the_same_text(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    np.savez(folder / "prose.npz", **model(folder))  # type: ignore[arg-type]
    prose = Prose(folder / "prose.npz")
    first, again = (prose(np.random.default_rng(5), CHARSET, 12) for _ in range(2))
    assert first == again and len(first) >= 6


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CtpnError, match="run `make training-texts`"):
        Prose(tmp_path / "prose.npz")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CtpnError, match=r"expected open-gram's model and tslminfo .*; run `make training-texts`"):
        model(tmp_path)
