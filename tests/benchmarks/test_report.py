"""The report: the committed one is that of the committed results; every section made from small results; hostile and damaged ones."""

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from benchmarks.report import __main__ as command
from benchmarks.report.__main__ import DOCS, RESULTS, SECTIONS, files, main
from benchmarks.report.headline import BEGIN, END, headline
from benchmarks.report.plots import COLOURS, Mark, Series, bars, by_bin, magnitudes, scatter
from benchmarks.report.results import COMMANDS, StoredResults
from ctpn.errors import CtpnError
from tests.helpers.report_examples import EXAMPLES

PHONE = Path(__file__).parents[1] / "fixtures" / "phone.json"


@pytest.fixture
def results(tmp_path):
    """The committed results that README needs, examples of all others, and a phone's."""
    folder = tmp_path / "results"
    (folder / "phones").mkdir(parents=True)
    for name in ("peers", "reading", "stages"):
        shutil.copy(RESULTS / f"{name}.json", folder)
    for name, example in EXAMPLES.items():
        (folder / f"{name}.json").write_text(json.dumps(example()))
    shutil.copy(PHONE, folder / "phones")
    return folder


def test_the_committed_report_is_that_of_the_committed_results():
    """The bytes of plots depend on matplotlib's version, so plots are compared only with the version that drew them."""
    expected = files(StoredResults(RESULTS))
    assert {f"report/{f.name}" for f in (DOCS / "report").iterdir()} == {n for n in expected if n.endswith(".svg")}
    for name, text in expected.items():
        stored = (DOCS / name).read_text(encoding="utf-8")
        if name.endswith(".md") or f"Matplotlib {matplotlib.__version__}" in stored:
            assert stored == text, f"{name}: run python -m benchmarks.report"


def test_every_result_has_its_section(results):
    made = files(StoredResults(results))
    text = made["report.md"]
    assert "Not measured yet" not in text and made == files(StoredResults(results))
    names = "reading detection latency-vgg16 stages parity-crnn arm longlines findings findings-curves phones"
    for name in names.split():
        assert f"report/{name}.svg" in made and f'<img src="report/{name}.svg"' in text, name
    cells = (
        "0.25 of the float file's time and reaches 88% of", "met here", "x.pte: w (`d`)", "side of receipt: 0.5, file 0.25", "eight bits",
        "Not run: y.pte: w (`d`)",
        "8 of 9 | 9 of 9 | 0.25, 0.5 | 6 of 7 | 87.5%",
        "| small serif | 0.875 (3) | 0.875 |", "| charset | 0.750, 0.625 |  |",
        "| m-int8.onnx | max | yes | 2.0e-07 |", "| synthetic long lines | 2-5 | 30 | 0.750 / 0.875 (1.5) |  |",
        "| Without a recurrence it stops at a higher loss | holds | 1.250 and 1.750 |", "within the spread",
        "| fit | 4.00 / 3.00 | 2.00 / 2.00 |", "| all | 5.50 / 4.50 | 2.50 / 2.25 |",
        "| answered over a restart under load | 90 of 90 |", "| 100 × 400, 900 × 422 |",
        "| Example Phone 5 | Android 14 | android 0.1.0 | onnxruntime 1.26.0, cpu | 4 |",
    )  # fmt: skip
    for cell in cells:
        assert cell in text, cell
    assert ">m-int8.onnx, max<" in made["report/arm.svg"] and ">crnn.onnx, max<" not in made["report/arm.svg"]  # not counted


def test_plots_are_well_formed_and_text_lies_inside(results):
    made = files(StoredResults(results))
    for name in (n for n in made if n.endswith(".svg")):
        svg = ElementTree.fromstring(made[name])
        _, _, width, height = (float(v) for v in svg.get("viewBox").split())
        places = [re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", e.get("transform", "")) for e in svg.iter() if e.tag.endswith("text")]
        assert len(places) > 4, name
        for place in filter(None, places):
            assert -1 <= float(place[1]) <= width + 1 and -1 <= float(place[2]) <= height + 1, name


def test_what_is_missing_is_named_with_its_command(tmp_path):
    text = files(StoredResults(tmp_path))["report.md"]
    for _, name, _ in SECTIONS:
        assert f"Not measured yet: `{COMMANDS[name]}`." in text
    assert "docs/phone.md" in text


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("parity", '{"rows": [', "parity.json: expected JSON"),
        ("arm", "[]", "arm.json: expected an object, got list; measure again with python -m benchmarks.arm"),
        ("longlines", '{"models": {}}', "longlines.json: not as its command writes it"),
        ("findings", '{"variants": []}', "python -m benchmarks.findings"),
        ("phones/other", "{}", "other.json: kind: expected"),
        ("confirmation_sweep", '{"spec": {}}', "confirmation_sweep.json: not as its command writes it"),
        ("peers", '{"sets": []}', "peers.json: not as its command writes it"),
        ("reading", '{"sets": []}', "reading.json: not as its command writes it"),
        ("stages", "{}", "stages.json: not as its command writes it (KeyError 'proposals'); measure again: python -m benchmarks.stages"),
    ],
)
def test_damaged_results_are_errors(results, monkeypatch, capsys, name, text, told):
    (results / f"{name}.json").write_text(text)
    with pytest.raises(CtpnError, match=re.escape(told)):
        files(StoredResults(results))
    monkeypatch.setattr(command, "RESULTS", results)
    assert main([]) == 1 and told in capsys.readouterr().err


def test_a_null_in_the_table_is_an_error(results):
    data = json.loads((results / "peers.json").read_text())
    data["sets"]["sroie"]["ours int8"]["iou_h"] = None
    (results / "peers.json").write_text(json.dumps(data))
    with pytest.raises(CtpnError, match=r"peers\.json: not as its command writes it"):
        headline(StoredResults(results))


def test_times_of_zero_are_shown(results):
    data = json.loads(PHONE.read_text())
    data["ms"] = {name: [0] * 8 for name in data["ms"]}
    (results / "phones" / "phone.json").write_text(json.dumps(data))
    assert ">0.0<" in files(StoredResults(results))["report/phones.svg"]


def test_formats_with_fewer_pages_are_named(results):
    """An emulated processor takes seconds per page."""
    data = json.loads((results / "parity.json").read_text())
    data |= {"pages": ["a", "b", "c"], "rows": [*data["rows"], {**data["rows"][0], "format": "ONNX on ARM (x)", "pages": 2}]}
    (results / "parity.json").write_text(json.dumps(data))
    assert "the same 3 real and synthetic pages (ONNX on ARM (x): on 2 of them) and" in files(StoredResults(results))["report.md"]


def test_names_from_outside_are_escaped(results):
    data = json.loads(PHONE.read_text())
    data["device"]["model"] = '<script>"|&$x$'
    (results / "phones" / "phone.json").write_text(json.dumps(data))
    made = files(StoredResults(results))
    assert not any("<script" in text for text in made.values())
    assert "&lt;script&gt;" in made["report/phones.svg"] and '| &lt;script&gt;"\\|&amp;$x$ |' in made["report.md"]


def test_the_command_writes_all_and_removes_what_is_old(results, monkeypatch, capsys, tmp_path):
    (tmp_path / "docs" / "report").mkdir(parents=True)
    (tmp_path / "docs" / "report" / "old.svg").write_text("x")
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nOLD TABLE\n{END}\nafter\n")
    for name, value in (("RESULTS", results), ("DOCS", tmp_path / "docs"), ("README", tmp_path / "README.md")):
        monkeypatch.setattr(command, name, value)
    assert main([]) == 0 and "report.md" in capsys.readouterr().out
    assert not (tmp_path / "docs" / "report" / "old.svg").exists() and (tmp_path / "docs" / "report" / "phones.svg").exists()
    readme = (tmp_path / "README.md").read_text()
    assert readme.startswith("before\n") and readme.endswith("after\n") and "| files of both models, MB |" in readme and "OLD" not in readme
    assert readme.split(BEGIN)[1].split(END)[0].strip() in (tmp_path / "docs" / "report.md").read_text()


def axes_of(panel):
    axes = Figure().add_subplot()
    panel(axes)
    return axes


def dots(axes):
    """Position and face colour of each dot that is drawn by itself."""
    return [(*c.get_offsets()[0], to_hex(c.get_facecolor()[0])) for c in axes.collections if len(c.get_offsets()) == 1]


def test_axes_of_a_scatter_plot_show_small_differences():
    """Values from 0.91 to 0.95 must not shrink to one line on an axis from 0, and time is logarithmic."""
    axes = axes_of(scatter("t", [Mark("a", "ours", 1.0), Mark("b", "tiny", 10.0)], [0.91, 0.95], x_name="x", y_name="y"))
    assert [(x, y) for x, y, _ in dots(axes)] == [(1.0, 0.91), (10.0, 0.95)]
    assert axes.get_xscale() == "log" and axes.get_ylim() == (0.8, 1.0)
    assert [t.get_text() for t in axes.texts] == ["0.910", "0.950"]


def test_few_lines_are_hollow_and_a_gap_has_no_point():
    axes = axes_of(by_bin("t", ["2", "5"], [Series("ours", "ours", [1.0, None, 0.5], sparse=[False, False, True])], x_name="", y_name=""))
    assert dots(axes) == [(0.5, 1.0, COLOURS["ours"]), (2.5, 0.5, "#ffffff")]


def test_a_difference_beyond_the_limit_lies_right_of_it():
    axes = axes_of(magnitudes("t", [Mark("a", "good", 1e-6), Mark("b", "other", 1e-2), Mark("c", "good", 0.0)], limit=1e-4, x_name="x"))
    (a, _, _), (b, _, _), (c, _, _) = dots(axes)
    assert c == axes.get_xlim()[0] < a < 1e-4 < b < axes.get_xlim()[1]


def test_bars_begin_at_zero_and_reach_their_values():
    axes = axes_of(bars("t", [[Mark("a", "ours", 3.0, high=4.0, note="n"), Mark("a", "float", 2.0)]], x_name="ms"))
    assert [p.get_width() for p in axes.patches] == [3.0, 2.0] and axes.get_xlim()[0] == 0 and axes.get_xlim()[1] > 4
    assert [t.get_text() for t in axes.get_yticklabels()] == ["a"] and [t.get_text() for t in axes.texts] == ["n"]
