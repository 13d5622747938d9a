"""Phones' benchmarks are checked, stored once, listed page by page, and shown."""

import json

import requests

from tests.helpers.service import ROOT

EXAMPLE = json.loads((ROOT / "tests" / "fixtures" / "phone.json").read_text(encoding="utf-8"))


def send(service, **changes) -> requests.Response:
    return requests.post(f"{service.url}/v1/benchmarks", json=EXAMPLE | changes, timeout=9)


def test_a_benchmark_is_stored_once_however_it_is_written(started):
    service = started()
    assert "No benchmark" in requests.get(f"{service.url}/report", timeout=60).text
    first = send(service)
    assert first.status_code == 201 and first.json()["new"] is True
    again = requests.post(f"{service.url}/v1/benchmarks", data=json.dumps(EXAMPLE, sort_keys=True, indent=4), timeout=9)
    assert again.status_code == 200 and again.json() == {"id": first.json()["id"], "new": False}
    device = EXAMPLE["device"] | {"model": "<b>Phone</b> $x$"}
    for i in range(3):
        assert send(service, device=device, first_ms=i).status_code == 201
    url = f"{service.url}/v1/benchmarks"
    whole = requests.get(url, timeout=9).json()
    assert [b["benchmark"]["first_ms"] for b in whole["benchmarks"]][1:] == [0, 1, 2] and whole["next"] is None
    assert whole["benchmarks"][0]["benchmark"] == EXAMPLE and whole["benchmarks"][0]["id"] == first.json()["id"]
    part = requests.get(url, params={"limit": 2, "after": whole["benchmarks"][0]["number"]}, timeout=9).json()
    assert part["benchmarks"] == whole["benchmarks"][1:3] and part["next"] == whole["benchmarks"][2]["number"]
    assert len(requests.get(url, params={"device": device["model"]}, timeout=9).json()["benchmarks"]) == 3
    assert len(requests.get(url, params={"app": "ios"}, timeout=9).json()["benchmarks"]) == 0
    page = requests.get(f"{service.url}/report", timeout=60)
    assert "&lt;b&gt;Phone&lt;/b&gt; $x$" in page.text and "<svg" in page.text and "<b>Phone" not in page.text
    assert "4 benchmarks" in page.text and "default-src 'none'" in page.headers["content-security-policy"]


def test_what_is_no_benchmark_is_refused_in_words(service):
    assert "kind: expected 'ctpn-benchmark'" in requests.post(f"{service.url}/v1/benchmarks", data=b"{}", timeout=9).json()["detail"]
    for data in (b"", b"\xff", b"[" * 5000, b'{"kind": 1, "kind": 2}', json.dumps(EXAMPLE | {"more": 1}).encode(), b"1" * 2000):
        answer = requests.post(f"{service.url}/v1/benchmarks", data=data, timeout=9)
        assert answer.status_code == 422 and "\n" not in answer.json()["detail"]
    assert requests.post(f"{service.url}/v1/benchmarks", data=b" " * (2 << 20), timeout=9).status_code == 413
    assert requests.get(f"{service.url}/v1/benchmarks", timeout=9).json() == {"benchmarks": [], "next": None}
    for query in ({"limit": 0}, {"after": -1}, {"after": "x"}, {"device": "\0"}):
        assert requests.get(f"{service.url}/v1/benchmarks", params=query, timeout=9).status_code == 422
