"""What arrives on stdout and stderr: UTF-8 and the promised line ends on every system, nothing that a terminal obeys, and what was
read stays when the output ends early."""

import csv
import io
import json
import os
import pty
import resource
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import cv2
import pytest
from jsonschema import Draft202012Validator

from ctpn.terminal import printable, well_formed
from tests.helpers.command import QUICK, arguments, ctpn, environment, is_waiting, started, wait_until

ROOT = Path(__file__).parents[1]
FORMATS = ["text", "json", "csv", "hocr"]
SCHEMA = Draft202012Validator(json.loads((ROOT / "contract" / "schemas" / "result.schema.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A small photo with Chinese text, in a file with a Chinese name."""
    file = tmp_path_factory.mktemp("photos") / "快递 é.png"
    file.write_bytes(cv2.imencode(".png", cv2.imread(str(ROOT / "examples" / "waybill.jpg"))[:160, :420])[1].tobytes())
    return file


@cache
def in_utf8(photo, form):
    done = ctpn(photo, "--format", form, env={"PYTHONUTF8": "1"})
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert "快递 é" in text and any("\u4e00" <= c <= "\u9fff" for c in text.replace("快递", "")), "no Chinese text was read"
    return done.stdout


ENCODINGS = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "cp936"},
    {"PYTHONIOENCODING": "utf-16"},
    {"LC_ALL": "C"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("env", ENCODINGS, ids=lambda env: " ".join(f"{k}={v}" for k, v in env.items()))
def test_the_output_is_utf8_whatever_the_locale(photo, env, form):
    done = ctpn(photo, "--format", form, env=env)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", in_utf8(photo, form))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("encoding", ["cp1252", "cp936"])
def test_on_windows_too(photo, encoding, form):
    """There stdout has the console's code page, and writes CR LF for each LF."""
    program = (
        "import io, sys; from ctpn.cli import main; "
        f"sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='{encoding}', newline='\\r\\n'); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, *QUICK, str(photo), "--format", form]
    done = subprocess.run(command, env=environment(), capture_output=True, timeout=300)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", in_utf8(photo, form))


@pytest.mark.parametrize("form", FORMATS)
def test_line_ends_are_those_that_docs_promise(photo, form):
    output = in_utf8(photo, form)
    lines = output.split(b"\r\n" if form == "csv" else b"\n")
    assert lines[-1] == b"" and not any(set(line) & set(b"\r\n") for line in lines)


@pytest.mark.parametrize("env", ENCODINGS, ids=lambda env: " ".join(f"{k}={v}" for k, v in env.items()))
def test_errors_are_utf8_too(tmp_path, env):
    done = ctpn(tmp_path / "快.png", env=env)
    assert done.returncode == 1 and done.stderr.decode() == f"ctpn: {tmp_path / '快.png'}: no such file; check the path\n"


HOSTILE = b"\xff \x1b[31m\n\r\x07\x7f\xc2\x9b\xe2\x80\xae\xef\xbf\xbe<&\"'>.png"  # not UTF-8, and all that terminals and XML dislike


@pytest.fixture(scope="module")
def hostile(photo):
    folder = photo.parent / "hostile"
    folder.mkdir()
    file = bytes(folder) + b"/" + HOSTILE
    Path(os.fsdecode(file)).write_bytes(photo.read_bytes())
    Path(os.fsdecode(file.replace(b".png", b"2.png"))).write_bytes(b"no picture\n")
    return folder


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("terminal", [False, True])
def test_names_of_files_are_harmless(hostile, form, terminal):
    """In a file every format can be parsed; on a terminal no control character but line ends arrives."""
    if terminal:
        output, errors = on_a_terminal(hostile, "--format", form)
    else:
        done = ctpn(hostile, "--format", form)
        assert done.returncode == 1
        output, errors = done.stdout, done.stderr
        parse(output.decode(), form)
    assert errors.count(b"\n") == 1 and b"2.png: not a picture" in errors
    for text in (output.decode(), errors.decode()):
        assert text == printable(text, keep="\r\n") and "\ufffd" in text


def on_a_terminal(*args):
    """stdout of a terminal, and stderr."""
    ours, theirs = pty.openpty()
    with started(*args, stdout=theirs) as process:
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 65536):
                output += chunk
        except OSError:  # how Linux says that nobody is at the other end
            pass
        os.close(ours)
        return output, process.stderr.read()


def parse(text, form):
    """What a program makes of it; all of it must be there."""
    if form == "json":
        for line in text.splitlines():
            SCHEMA.validate(json.loads(line))
        assert text.count("\n") == 2 and "lines" in json.loads(text.splitlines()[0])
    if form == "csv":
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert len(rows) > 1 and {len(row) for row in rows} == {15}
    if form == "hocr":
        root = ElementTree.fromstring(text)
        assert len(root.findall(".//{*}div[@class='ocr_page']")) == 1 and root.findall(".//{*}span[@class='ocrx_word']")


@pytest.mark.parametrize(
    ("name", "encoded"),
    [("a", "a"), ("快\udcff", "快\ufffd"), ("\udce5\udcbf\udcab", "快"), ("\ud800.png", "\ufffd.png")],
)
def test_what_is_no_text_is_replaced_and_what_a_locale_has_hidden_is_found(name, encoded):
    assert well_formed(name) == encoded


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_one_line(photo, form, jobs):
    with open("/dev/full", "wb") as full:
        done = ctpn(photo, photo, "--format", form, "--jobs", jobs, stdout=full)
    assert done.returncode == 1
    assert (
        done.stderr == b"ctpn: stdout: cannot be written (No space left on device); make room on that disk; what was written before stays\n"
    )


@pytest.mark.parametrize("form", FORMATS)
def test_a_reader_that_has_ended_is_one_line(photo, form):
    ours, theirs = os.pipe()
    os.close(ours)
    done = ctpn(photo, photo, "--format", form, stdout=theirs)
    os.close(theirs)
    assert done.returncode == 1 and done.stderr == b"ctpn: stdout: its reader has ended; the rest is not written\n"


def test_a_closed_stdout_is_one_line(photo):
    done = ctpn(photo, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1 and done.stderr == b"ctpn: stdout is closed; send it to a file, or to /dev/null\n"


def test_a_full_stderr_changes_nothing(photo, tmp_path):
    with open("/dev/full", "wb") as full:
        done = ctpn(photo, tmp_path / "none.png", stderr=full)
    assert done.returncode == 1 and done.stdout == in_utf8(photo, "text")


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("{tmp}/seen.png", "the overlay cannot be written (File too large); raise the limit"),
        ("/dev/full/x.png", "the overlay cannot be written (File exists); a part of the path is no folder, check the path"),
        ("{tmp}/" + "n" * 300 + ".png", "the overlay cannot be written (File name too long); give a shorter name"),
    ],
    ids=["no room", "no folder", "long name"],
)
def test_an_overlay_that_cannot_be_written_is_named_and_the_text_stays(photo, tmp_path, form, overlay, message):
    overlay = overlay.format(tmp=tmp_path)
    done = ctpn(photo, "--format", form, "--overlay", overlay, preexec_fn=small_files)
    assert done.returncode == 1 and done.stdout == in_utf8(photo, form) and list(tmp_path.iterdir()) == []
    assert done.stderr.decode().startswith(f"ctpn: {overlay}: {message}") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("form", FORMATS)
def test_ctrl_c_is_one_line_and_what_was_read_stays(photo, tmp_path, form, jobs):
    """hOCR is a whole document even then; each page is written as it is read, for the second is never there."""
    os.mkfifo(tmp_path / "never")
    with started(photo, tmp_path / "never", photo, "--format", form, "--jobs", jobs) as process:
        whole = in_utf8(photo, form).removesuffix(b"  </body>\n</html>\n")
        first = process.stdout.read(len(whole))
        assert first == whole
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors == b"ctpn: stopped; 1 of 3 images were read\n"
    assert rest == (b"  </body>\n</html>\n" if form == "hocr" else b"")


def test_ctrl_c_before_the_first_image():
    with started("-", stdin=subprocess.PIPE) as process:
        process.stdin.write(b"x" * (1 << 20))  # more than a pipe holds, so it reads by now
        process.stdin.flush()
        wait_until(lambda: all(is_waiting(process.pid) for _ in range(20)))  # in that reading: a signal just before it would come too early
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == b"ctpn: stopped; no image was read\n"
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors == b""


def test_the_command_is_called_as_it_was_typed(tmp_path):
    script = tmp_path / "ctpn"  # as pip installs it
    script.write_text("import sys\nfrom ctpn.cli import main\nsys.exit(main())\n", encoding="utf-8")
    helps = [
        subprocess.run([*command, "--help"], env=environment(), capture_output=True, text=True, check=True).stdout
        for command in ([sys.executable, str(script)], [sys.executable, "-m", "ctpn"])
    ]
    assert helps[0].startswith("usage: ctpn [") and helps[1].startswith("usage: python -m ctpn [")
    assert "python -m" not in helps[0] and "\n  python -m ctpn photo.jpg  " in helps[1]
    assert arguments(["a"])[1:3] == ["-m", "ctpn"]
