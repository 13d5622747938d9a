"""At the ends of every range of a spec a whole reading still ends, with lines and no error; a step further it is refused."""

import json
import time

import numpy as np
import pytest

from contract.generator import ranges
from contract.generator.readings import DETECTOR, DIRECTED, RECOGNIZER, Page
from contract.generator.table import TableDetector, TableRecognizer, paint
from ctpn.contract.spec import CRNN, MOBILE, DetectorSpec, RecognizerSpec, revise
from ctpn.errors import ModelError
from ctpn.reader import TextReader

SECONDS = 5
BASES = {"detector": revise(revise(MOBILE, DETECTOR), DIRECTED), "recognizer": revise(CRNN, RECOGNIZER)}
CLASSES = {"detector": DetectorSpec, "recognizer": RecognizerSpec}
FIELDS = [(kind, f) for kind, numbers in ranges.FIELDS.items() for f in numbers]


def specs(kind, field, end):
    """Specs with one number at an end of its range, the others as usual or all at one end, as far as they fit each other."""
    value = field.at(getattr(field.range, end))
    change = {field.group: {field.name: value}} if field.group else {field.name: value}
    found = []
    for others in ({}, ranges.at_end(kind, "low"), ranges.at_end(kind, "high")):
        if kind == "detector":
            others = {"anchor_heights": [16.0], **others}
        try:
            found.append(revise(revise(BASES[kind], others), change))
        except ModelError as e:
            assert "expected" in str(e)
    return found


def photos():
    """A page and a long image."""
    page = Page(300, 160).line(100, 10, 80, 16, ("b", 0.9)).line(8, 12, 80, 16, ("a", 0.9)).line(8, 50, 250, 24, ("c", 0.4))
    page.line(280, 8, 12, 140, ("d", 0.3)).line(8, 90, 16, 60, green=90, down=("side", 0.9))
    long = Page(900, 40).line(10, 10, 870, 16, ("along", 0.9), end=("end", 0.9))
    return [(paint(**p.photo), p.texts) for p in (page, long)]


PHOTOS = photos()


def read(detector, recognizer):
    """The lines of whole photos and of regions."""
    for rgb, texts in PHOTOS:
        reader = TextReader.of(TableDetector(detector), TableRecognizer(recognizer, texts))
        for regions in (None, [(0, 0, 90, 30), (0, 8, rgb.shape[1], 1)]):
            for line in reader.read(rgb, regions):
                assert np.isfinite(line.quad).all() and 0 <= line.score <= 1


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=[f"{kind} {f.group} {f.name}" for kind, f in FIELDS])
def test_a_reading_ends_with_a_number_at_the_end_of_its_range(kind, field, end):
    found = specs(kind, field, end)
    assert found
    for spec in found:
        start = time.process_time()
        read(**{**BASES, kind: spec})
        assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=[f"{kind} {f.group} {f.name}" for kind, f in FIELDS])
def test_a_number_beyond_its_range_is_refused(kind, field):
    data = json.loads(BASES[kind].to_json())
    owner = data[field.group] if field.group else data
    for value in field.beyond.values():
        owner[field.name] = value
        with pytest.raises(ModelError) as e:
            CLASSES[kind].from_json(json.dumps(data))
        assert field.says in str(e.value)


def test_every_number_has_a_range():
    """A new field of another type must be added to `ranges.fields` or be no number."""
    known = {(kind, f.group, f.name) for kind, f in FIELDS}
    for kind, spec in BASES.items():
        data = json.loads(spec.to_json())
        leaves = [("", k, v) for k, v in data.items() if not isinstance(v, dict)]
        leaves += [(group, k, v) for group, inner in data.items() if isinstance(inner, dict) for k, v in inner.items()]
        numbers = {(kind, g, k) for g, k, v in leaves if k != "schema" and isinstance(v[0] if isinstance(v, list) else v, int | float)}
        assert numbers == {f for f in known if f[0] == kind}
