"""Keys, rates, sizes, times, queues: what is too much is refused in words, and the service stays well."""

import socket
import threading
import time

import pytest
import requests

from ctpn.serve import keys
from ctpn.serve.limits import Rates
from tests.helpers.command import wait_until
from tests.helpers.service import PHOTO, noise, paused


def test_a_key_is_needed_known_and_revoked(started, capsys):
    service = started("--require-key", "--rate", "6")
    storage = ["--data", str(service.data)]
    assert keys.main(["add", "warehouse", *storage]) == 0
    key = capsys.readouterr().out.strip()
    assert key.startswith("ctpn_") and key not in (service.data / "service.sqlite").read_bytes().decode("latin-1")
    assert keys.main(["add", "warehouse", *storage]) == 1 and "has had a key" in capsys.readouterr().err
    url = f"{service.url}/v1/bundles"
    bad = {"none": None, "unknown": "Bearer ctpn_x", "basic": "Basic abc", "empty": "Bearer "}
    for given in bad.values():
        refused = requests.get(url, headers={"Authorization": given} if given else {}, timeout=9)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
        assert refused.headers["content-type"] == "application/problem+json"
    good = {"Authorization": f"bearer {key}"}
    assert [requests.get(url, headers=good, timeout=9).status_code for _ in range(7)] == [200] * 6 + [429]
    assert int(requests.get(url, headers=good, timeout=9).headers["retry-after"]) in range(1, 11)
    assert requests.get(f"{service.url}/healthz", timeout=9).status_code == 200
    assert keys.main(["revoke", "warehouse", *storage]) == 0 and keys.main(["list", *storage]) == 0
    assert "revoked" in capsys.readouterr().out and keys.main(["revoke", "nobody", *storage]) == 1
    wait_until(lambda: requests.get(url, headers=good, timeout=9).status_code == 401)


def test_a_rate_fills_again_evenly_for_each_caller():
    rates = Rates(60)
    assert [rates.wait("a", 0.0) for _ in range(61)] == [0.0] * 60 + [1.0]
    assert rates.wait("b", 0.0) == 0 and rates.wait("a", 0.5) == 1 and rates.wait("a", 1.5) == 0 and rates.wait("a", 1.5) == 1
    assert all(Rates(0).wait("a", 0.0) == 0 for _ in range(100))


@pytest.mark.parametrize("told", [True, False])
def test_a_body_that_is_too_large_is_refused_before_it_is_all_here(started, told):
    service = started("--max-bytes", "200000")
    data = b"x" * 300_000
    answer = service.read(data if told else iter([data[:150_000], data[150_000:]]))
    assert answer.status_code == 413 and "at most 200000 bytes" in answer.json()["detail"]
    form = requests.post(f"{service.url}/v1/read", files={"photo": ("p", data)}, timeout=9)
    assert form.status_code == 413


def test_a_photo_of_too_many_pixels_is_refused(started):
    answer = started("--max-pixels", "90000").read(PHOTO.read_bytes())
    assert answer.status_code == 422 and "more than the limit of 90000" in answer.json()["detail"]


def test_a_body_that_does_not_come_and_a_head_that_does_not_end(started):
    service = started("--body-time", "1")
    with socket.create_connection(("127.0.0.1", service.port), 15) as slow:
        slow.sendall(b"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        assert b"408 Request Timeout" in slow.recv(4000)
    with socket.create_connection(("127.0.0.1", service.port), 15) as slow:
        until = time.monotonic() + 60
        slow.settimeout(0.5)
        slow.sendall(b"GET / HTTP/1.1\r\n")
        closed = False
        while not closed and time.monotonic() < until:
            try:
                slow.sendall(b"x")
                closed = slow.recv(10) == b""
            except TimeoutError:
                continue
            except OSError:
                closed = True
        assert closed


def test_a_full_queue_is_told_and_places_become_free_again(started):
    service = started("--queue", "1")
    data, answers = noise(64), []
    threads = [threading.Thread(target=lambda: answers.append(service.read(data))) for _ in range(6)]
    with paused(service):
        for thread in threads:
            thread.start()
        wait_until(lambda: len(answers) == 4)
    for thread in threads:
        thread.join()
    assert [a.status_code for a in answers] == [503] * 4 + [200] * 2  # one was being read, one waited
    full = next(a for a in answers if a.status_code == 503)
    assert full.headers["retry-after"] == "1" and "queue is full" in full.json()["detail"]
    assert service.read(PHOTO.read_bytes()).status_code == 200


def test_a_client_that_leaves_frees_its_place(started):
    service = started("--queue", "1")
    data = noise(64)
    head = f"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    left = [socket.create_connection(("127.0.0.1", service.port), 15) for _ in range(2)]
    with paused(service):
        for connection in left:
            connection.sendall(head + data)
        wait_until(lambda: (service.metric("ctpn_readers_busy"), service.metric("ctpn_queue_waiting")) == (1, 1))
        for connection in left:
            connection.close()
        wait_until(lambda: service.metric("ctpn_queue_waiting") == 0)  # while nothing is read
    assert service.read(PHOTO.read_bytes()).status_code == 200


def test_a_photo_that_takes_too_long_costs_its_reader_and_nothing_else(started):
    service = started("--read-time", "0.02")
    answer = service.read(noise(2000))
    assert answer.status_code == 504 and "took too long" in answer.json()["detail"]
    wait_until(lambda: (service.metric("ctpn_readers_restarted"), service.metric("ctpn_readers_ready")) == (1, 1))
