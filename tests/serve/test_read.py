"""POST /v1/read answers what the command line writes, and says in words what it cannot read."""

import contextlib
import io
import json

import cv2
import numpy as np
import pytest
import requests
from jsonschema import Draft202012Validator

from ctpn.cli import main
from tests.helpers.service import PHOTO, ROOT

RESULT = Draft202012Validator(json.loads((ROOT / "contract" / "schemas" / "result.schema.json").read_text(encoding="utf-8")))
MARKED = "40,60,500,120"


def command_line(*arguments: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([str(PHOTO), "--threads", "1", *arguments]) == 0
    return out.getvalue().replace(str(PHOTO), "waybill.jpg")


@pytest.mark.parametrize("regions", [[], [MARKED], [MARKED, "40,60,540,60,540,180,40,180"]])
def test_a_form_is_answered_as_the_command_line_answers(service, regions):
    answer = requests.post(
        f"{service.url}/v1/read", files={"photo": ("waybill.jpg", PHOTO.read_bytes())}, data={"region": regions}, timeout=60
    )
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(command_line("--json", *(f"--region={r}" for r in regions)))
    RESULT.validate(answer.json())


def test_a_body_with_regions_in_the_query_is_read_too(service):
    answer = service.read(PHOTO.read_bytes(), params={"region": MARKED, "text": "false"}, headers={"Content-Type": "image/jpeg"}).json()
    expected = json.loads(command_line("--json", "--no-text", f"--region={MARKED}"))
    assert answer == expected | {"image": "photo"} and answer["lines"][0]["text"] is None


@pytest.mark.parametrize(
    ("accept", "media_type", "format"),
    [
        ("text/csv", "text/csv", "csv"),
        ("text/html;q=0.5, application/json;q=0.2", "text/vnd.hocr+html", "hocr"),
        ("text/vnd.hocr+html", "text/vnd.hocr+html", "hocr"),
        ("image/png, */*;q=0.1", "application/json", "json"),
        ("application/*", "application/json", "json"),
    ],
)
def test_the_format_is_what_the_client_accepts(service, accept, media_type, format):
    answer = requests.post(
        f"{service.url}/v1/read", files={"photo": ("waybill.jpg", PHOTO.read_bytes())}, headers={"Accept": accept}, timeout=60
    )
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.content.decode().replace("\r\n", "\n") == command_line("--format", format).replace("\r\n", "\n")


def test_warnings_come_along(service):
    ok, jpeg = cv2.imencode(".jpg", np.full((64, 200, 3), 255, np.uint8))
    exif = b"\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
    answer = service.read(jpeg.tobytes()[:2] + exif + jpeg.tobytes()[2:]).json()
    assert ok and answer["lines"] == [] and [w["code"] for w in answer["warnings"]] == ["rotated"] and answer["width"] == 64


@pytest.mark.parametrize(
    ("data", "params", "headers", "status", "detail"),
    [
        (b"", {}, {}, 400, "expected a photo as the body"),
        (b"text", {}, {}, 422, "not a picture"),
        (PHOTO.read_bytes()[:9000], {}, {}, 422, "ends too early"),
        (PHOTO.read_bytes(), {"region": "1,2"}, {}, 400, "expected x,y,w,h or four corners"),
        (PHOTO.read_bytes(), {"region": "9000,9000,10,10"}, {}, 400, "region 9000,9000,10,10: expected"),
        (PHOTO.read_bytes(), {"region": ["1,1,9,9"] * 101}, {}, 400, "at most 100"),
        (PHOTO.read_bytes(), {"text": "perhaps"}, {}, 422, "text: "),
        (PHOTO.read_bytes(), {}, {"Accept": "image/png"}, 406, "Accept: expected one of application/json"),
        (b"--x\r\n", {}, {"Content-Type": "multipart/form-data"}, 400, "boundary"),
        (b"--x--\r\n", {}, {"Content-Type": "multipart/form-data; boundary=x"}, 400, "field `photo`"),
        (b"\xff" * 99, {}, {"Content-Type": "multipart/form-data; boundary=x"}, 400, ""),
    ],
)
def test_what_cannot_be_read_is_a_problem_document(service, data, params, headers, status, detail):
    answer = service.read(data, params=params, headers=headers)
    document = answer.json()
    assert answer.status_code == document["status"] == status and answer.headers["content-type"] == "application/problem+json"
    assert detail in document["detail"] and "\n" not in document["detail"] and document["instance"] == "/v1/read"
    assert set(document) == {"type", "title", "status", "detail", "instance"}


def test_the_log_has_the_request_and_nothing_of_the_photo(service):
    answer = requests.post(
        f"{service.url}/v1/read", files={"photo": ("secret-name.jpg", PHOTO.read_bytes())}, headers={"X-Request-Id": "mine-1"}, timeout=60
    )
    assert answer.headers["x-request-id"] == "mine-1" and answer.json()["image"] == "secret-name.jpg"
    event = next(e for e in service.events() if e.get("id") == "mine-1")
    assert event["route"] == "/v1/read" and event["status"] == 200 and event["lines"] == len(answer.json()["lines"]) and event["ms"] > 0
    log, texts = service.log.read_text(), [line["text"] for line in answer.json()["lines"] if len(line["text"]) > 2]  # ":" is in every log
    assert texts and "secret-name" not in log and not any(json.dumps(text)[1:-1] in log for text in texts)
    assert requests.get(service.url, headers={"X-Request-Id": "a\tb"}, timeout=9).headers["x-request-id"] != "a\tb"


def test_metrics_count_requests_and_stages(service):
    service.read(PHOTO.read_bytes())
    text = requests.get(f"{service.url}/metrics", timeout=9).text
    assert 'ctpn_requests_total{method="POST",route="/v1/read",status="200"}' in text and "ctpn_models{" in text
    for stage in ("decode", "fit", "detect", "postprocess", "line_crop", "recognize", "ctc"):
        assert f'ctpn_stage_seconds_count{{stage="{stage}"}}' in text
    assert service.metric("ctpn_readers_ready") == 1 and service.metric("ctpn_queue_waiting") == 0
