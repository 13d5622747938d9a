"""The summary of the findings; the runs themselves take hours."""

import json

from benchmarks.ablation_summary import FINDINGS, collect, summarize
from benchmarks.findings import VARIANTS


def runs(tmp_path, name, losses, links=0.8, paper=0.6):
    files = []
    for i, loss in enumerate(losses):
        files.append(tmp_path / f"{name}-{i}.json")
        metrics = {"loss": {"score": loss / 2, "link": loss / 2}, "links": links, "paper": paper, "curve": [1.0, loss]}
        files[-1].write_text(json.dumps(metrics))
    return files


def test_a_finding_holds_only_where_the_seeds_lie_apart(tmp_path):
    found = collect({
        "base": runs(tmp_path, "base", (1.0, 1.2, 1.1)),
        "no recurrence": runs(tmp_path, "none", (1.3, 1.5, 1.4)),
        "BiLSTM": runs(tmp_path, "lstm", (1.15, 1.3)),
        "SGD 1e-3": runs(tmp_path, "sgd", (3.0, 3.1)),
        "two sigmoids": [*runs(tmp_path, "bce", (9.0,)), tmp_path / "not there"],
    })  # fmt: skip
    assert found["base"]["loss"] == [1.1, 1.0, 1.2] and found["base"]["curve"] == [1.0, 1.1]
    assert found["base"]["curve_low"] == [1.0, 1.0] and found["base"]["curve_high"] == [1.0, 1.2]
    assert found["two sigmoids"]["seeds"] == 1
    summary = {row["finding"]: row["outcome"] for row in summarize(found)}
    assert summary[FINDINGS[0][0]] == "holds" and summary[FINDINGS[1][0]] == "within the spread"
    assert summary["SGD 1e-3 beats Adam"] == "does not hold" and summary["Links beat the paper's connector"] == "holds"
    assert not any("sparse softmax" in text for text in summary)  # one seed is not enough


def test_every_verdict_names_variants_that_are_run():
    assert {v for _, *pair in FINDINGS for v in pair} <= VARIANTS.keys()
