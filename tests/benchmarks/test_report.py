"""The report: the committed one is that of the committed results; every section drawn from small results; hostile and damaged ones."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.report import __main__ as command
from benchmarks.report.__main__ import DOCS, RESULTS, SECTIONS, files, main
from benchmarks.report.headline import BEGIN, END, headline
from benchmarks.report.plots import Mark, Series, _free, by_bin, magnitudes, scatter
from benchmarks.report.stored import COMMANDS, Results
from benchmarks.report.svg import WIDTH
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
    wanted = files(Results(RESULTS))
    for name, text in wanted.items():
        assert (DOCS / name).is_file() and (DOCS / name).read_text(encoding="utf-8") == text, f"{name}: run python -m benchmarks.report"
    assert {f"report/{f.name}" for f in (DOCS / "report").iterdir()} == {n for n in wanted if n.endswith(".svg")}


def test_every_result_has_its_section(results):
    made = files(Results(results))
    page, text = made["report.html"], made["report.md"]
    assert "Not measured yet" not in page and made == files(Results(results))
    for name in ("read-sroie", "find-td500", "net-vgg16", "stages-receipt", "parity-crnn", "arm-mobile", "long-long", "findings-loss",
                 "findings-curve-0", "findings-curve-1", "phone-0"):  # fmt: skip
        assert f"report/{name}.svg" in made and f'<img src="report/{name}.svg"' in text, name
    cells = (
        "0.25 of the float file's time and 88% of", "met here", "x.pte: w (`d`)", "side of receipt: 0.5, here 0.25", "eight bits",
        "Not run: y.pte: w (`d`)",
        "8 of 9 | 9 of 9 | 0.25, 0.5 | 6 of 7 | 87.5%",
        "| m-int8.onnx | max | yes | 2.0e-07 |", "| synthetic long lines | 2-5 | 30 | 0.750 / 0.875 (1.5) |  |",
        "| Without a recurrence it stops at a higher loss | holds | 1.250 and 1.750 |", "within the spread",
        "| Example Phone 5 | Android 14 | android 0.1.0 | onnxruntime 1.26.0, cpu | 4 |",
    )  # fmt: skip
    for cell in cells:
        assert cell in text, cell
    assert "parity-mobile" in text and "arm-crnn" not in text  # not counted, not drawn


def test_the_page_needs_nothing_else_and_is_well_formed(results):
    made = files(Results(results))
    loose = re.sub(r'xmlns="[^"]+"', "", made["report.html"])
    assert not re.search(r"https?:|<link|<script|<iframe|@import|url\(|\bsrc=", loose)
    opened = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag != "meta":
                opened.append(tag)

        def handle_startendtag(self, tag, attrs):
            pass

        def handle_endtag(self, tag):
            assert opened.pop() == tag

    Tags().feed(made["report.html"])
    assert not opened
    for link in re.findall(r'href="#([^"]+)"', loose):
        assert f'id="{link}"' in loose


def test_plots_lie_inside_their_frame(results):
    for name, text in files(Results(results)).items():
        if name.endswith(".svg"):
            svg = ElementTree.fromstring(text)
            low, _, width, high = (float(v) for v in svg.get("viewBox").split())
            assert (low, width) == (-8, WIDTH + 16)
            for shape in svg.iter():
                for key, limit in (("cx", WIDTH), ("x", WIDTH), ("x1", WIDTH), ("x2", WIDTH), ("cy", high), ("y", high), ("y2", high)):
                    assert -8 <= float(shape.get(key, 0)) <= limit + 0.1, (name, ElementTree.tostring(shape))


def test_what_is_missing_is_named_with_its_command(tmp_path):
    text = files(Results(tmp_path))["report.md"]
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
def test_damaged_results_are_told(results, monkeypatch, capsys, name, text, told):
    (results / f"{name}.json").write_text(text)
    with pytest.raises(CtpnError, match=re.escape(told)):
        files(Results(results))
    monkeypatch.setattr(command, "RESULTS", results)
    assert main([]) == 1 and told in capsys.readouterr().err


def test_a_figure_of_the_table_that_is_none_is_told(results):
    data = json.loads((results / "peers.json").read_text())
    data["sets"]["sroie"]["ours int8"]["iou_h"] = None
    (results / "peers.json").write_text(json.dumps(data))
    with pytest.raises(CtpnError, match=r"peers\.json: not as its command writes it"):
        headline(Results(results))


def test_a_clock_that_saw_nothing_is_drawn_too(results):
    data = json.loads(PHONE.read_text())
    data["ms"] = {name: [0] * 8 for name in data["ms"]}
    (results / "phones" / "phone.json").write_text(json.dumps(data))
    assert "0.0 ms" in files(Results(results))["report/phone-0.svg"]


def test_fewer_pages_than_the_others_are_told(results):
    """An emulated processor takes seconds a page."""
    data = json.loads((results / "parity.json").read_text())
    data |= {"pages": ["a", "b", "c"], "rows": [*data["rows"], {**data["rows"][0], "format": "ONNX on ARM (x)", "pages": 2}]}
    (results / "parity.json").write_text(json.dumps(data))
    assert "the same 3 real and drawn pages, ONNX on ARM (x) over 2 of them, a" in files(Results(results))["report.md"]


def test_names_from_outside_are_text_alone(results):
    data = json.loads(PHONE.read_text())
    data["device"]["model"] = '<script>"|&'
    (results / "phones" / "phone.json").write_text(json.dumps(data))
    made = files(Results(results))
    assert not any("<script" in text for text in made.values())
    assert "&lt;script&gt;" in made["report/phone-0.svg"] and '| &lt;script&gt;"\\|&amp; |' in made["report.md"]


def test_the_command_writes_all_and_removes_what_is_old(results, monkeypatch, capsys, tmp_path):
    (tmp_path / "docs" / "report").mkdir(parents=True)
    (tmp_path / "docs" / "report" / "old.svg").write_text("x")
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nOLD TABLE\n{END}\nafter\n")
    for name, value in (("RESULTS", results), ("DOCS", tmp_path / "docs"), ("README", tmp_path / "README.md")):
        monkeypatch.setattr(command, name, value)
    assert main([]) == 0 and "report.html" in capsys.readouterr().out
    assert not (tmp_path / "docs" / "report" / "old.svg").exists() and (tmp_path / "docs" / "report" / "phone-0.svg").exists()
    readme = (tmp_path / "README.md").read_text()
    assert readme.startswith("before\n") and readme.endswith("after\n") and "| files of both models, MB |" in readme and "OLD" not in readme
    assert readme.split(BEGIN)[1].split(END)[0].strip() in (tmp_path / "docs" / "report.md").read_text()


def dots(drawing):
    return [
        (float(c.get("cx")), float(c.get("cy")), c.get("class"))
        for c in ElementTree.fromstring(drawing.inline())
        if c.tag.endswith("circle")
    ]


def test_faster_lies_to_the_left_and_better_above():
    marks = [Mark("a", "ours", 10.0), Mark("b", "tiny", 100.0), Mark("c", "small", 1000.0)]
    (xa, ya, _), (xb, yb, _), (xc, yc, _) = dots(scatter("t", marks, [0.5, 1.0, 0.0], x_name="x", y_name="y"))
    assert xb - xa == pytest.approx(xc - xb, abs=0.2) and xa < xb and yb < ya < yc and yc - ya == pytest.approx(ya - yb, abs=0.2)


def test_labels_of_near_dots_lie_on_nothing():
    near, halves = [(190.0, 110.0), (260.0, 102.0)], [62.0, 66.0]
    first, second = _free(near, halves)
    assert abs(first[0] - second[0]) > sum(halves) or abs(first[1] - second[1]) >= 13
    for middle, base, half in (first, second):
        assert all(abs(middle - x) > half + 5 or abs(base - y - 4) >= 13 for x, y in near)


def test_close_values_lie_apart_and_are_told():
    """Values from 0.91 to 0.95 would be one line on an axis from 0; no value lies below the axis."""
    drawing = scatter("t", [Mark("a", "ours", 1.0), Mark("b", "tiny", 10.0)], [0.91, 0.95], x_name="x", y_name="y")
    (_, ya, _), (_, yb, _) = dots(drawing)
    assert ya - yb > 20 and ya < 200 and ">a 0.910<" in drawing.inline() and ">b 0.950<" in drawing.inline()
    ticks = re.findall(r'class="tick" text-anchor="end">(0\.\d+|1)<', drawing.inline())
    assert len(ticks) > 3 and min(map(float, ticks)) <= 0.91 and max(map(float, ticks)) == 1


def test_few_lines_are_hollow_and_a_gap_has_no_point():
    found = dots(by_bin("t", ["2", "5"], [Series("ours", "ours", [1.0, None, 0.5], sparse=[False, False, True])], x_name="", y_name=""))
    assert [c for _, _, c in found] == ["ours", "ours hollow"] and found[0][1] < found[1][1]


def test_a_difference_beyond_the_limit_lies_right_of_it():
    drawing = magnitudes("t", [Mark("a", "good", 1e-6), Mark("b", "other", 1e-2), Mark("c", "good", 0.0)], limit=1e-4, limit_name="l")
    limit = float(re.search(r'<line x1="([^"]+)"[^>]*class="limit"', drawing.inline()).group(1))
    (a, _, _), (b, _, _), (c, _, _) = dots(drawing)
    assert c < a < limit < b and limit - a == pytest.approx(b - limit, abs=0.2)
