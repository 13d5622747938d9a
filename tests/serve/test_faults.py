"""Readers that die, services that are ended, databases that are none: nothing else is lost, and it is said."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ctpn.serve.__main__ import main
from tests.helpers.command import wait_until
from tests.helpers.service import PHOTO, ROOT, noise, paused, readers


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
def test_a_reader_that_is_killed_is_replaced_and_only_its_photo_is_lost(started):
    service = started("--workers", "2")
    answers = {}
    slow = threading.Thread(target=lambda: answers.update(slow=service.read(noise(64))))
    assert len(readers(service)) == 2
    with paused(service):
        slow.start()
        wait_until(lambda: service.metric("ctpn_readers_busy") == 1)
        for pid in readers(service):
            os.kill(pid, signal.SIGKILL)
    slow.join()
    assert answers["slow"].status_code == 500 and "died on this photo" in answers["slow"].json()["detail"]
    codes = [service.read(PHOTO.read_bytes()).status_code for _ in range(3)]
    assert codes.count(200) >= 2 and codes[-1] == 200  # the other one's death is noticed by the next photo
    assert any(e["event"] == "reader died" for e in service.events())
    wait_until(lambda: service.metric("ctpn_readers_ready") == 2)
    assert len(readers(service)) == 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_service_that_is_ended_finishes_what_it_reads_and_leaves_no_process(started, end):
    service = started()
    pids = readers(service)
    answers = []
    reading = threading.Thread(target=lambda: answers.append(service.read(noise(64))))
    with paused(service):
        if end != signal.SIGKILL:
            reading.start()
            wait_until(lambda: service.metric("ctpn_readers_busy") == 1)
        service.process.send_signal(end)
    service.process.wait(60)
    if end != signal.SIGKILL:
        reading.join()
        assert answers[0].status_code == 200 and service.events()[-1]["event"] == "stopped"
        assert service.process.returncode == 0
    assert pids
    wait_until(lambda: not any(Path(f"/proc/{pid}/stat").exists() for pid in pids))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--database", "nonsense"], "expected SQLAlchemy's URL"),
        (["--database", "sqlite:////dev/null/x.sqlite"], "cannot be used"),
        (["--database", "postgresql+psycopg://user:secret@127.0.0.1:1/x"], "cannot be used"),
        (["--bundle", "none"], "no such model file or bundle"),
        (["--public-key", "none.pem"], "public key: cannot be read"),
    ],
)
def test_what_it_cannot_start_with_is_said_in_one_line(tmp_path, arguments, message):
    command = [sys.executable, "-m", "ctpn.serve", "--port", "1", "--data", str(tmp_path), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1 and last.startswith("ctpn.serve: ") and message in last and "secret" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["--workers", "0"], ["--read-time", "nan"], ["--port", "x"], ["--max-bytes", "-1"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2 and arguments[0] in capsys.readouterr().err
