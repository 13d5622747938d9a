"""Load and faults of the apps' backend, on loopback: python -m benchmarks.service

  python -m benchmarks.service                     everything, some 20 minutes; writes benchmarks/results/service.json
  python -m benchmarks.service --seconds 5 --requests 500 --connections 500 --uploads 100 --out out/service.json

Against the reader alone in a process of its own, on the same photos in turns: throughput at full load, and the times of requests at
50 % and 90 % of it (Poisson arrivals). Then: hostile uploads, connections that send nothing, memory over many requests, a restart.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np
import requests

from benchmarks.environment import Result, save
from benchmarks.service_process import ROOT, Service
from ctpn import command
from ctpn.batch.bulk import ReadOptions, read_page
from ctpn.errors import CtpnError
from ctpn.imaging.decode import open_image

OUT = ROOT / "benchmarks" / "results" / "service.json"
PHOTOS = tuple(sorted((ROOT / "examples").glob("*.jpg")))
CLIENTS, TURNS, PATIENCE = 4, 3, 60.0


class Load(TypedDict):
    """Requests at a part of the service's throughput: how many, and percentiles of their milliseconds."""

    requests: int
    p50_ms: float
    p99_ms: float


class Hostile(TypedDict):
    """How many uploads were answered with each status, and how many reader processes died."""

    statuses: dict[str, int]
    died: int


class Idle(TypedDict):
    """Connections that were open at once, whether a photo was read meanwhile, and whether the service closed the last one."""

    connections: int
    read: bool
    closed: bool


class ServiceResult(Result, total=False):
    """The result.

    Attributes:
        bare, service: photos a second, median of the turns; `share` is service / bare, median of the turns' own ratios.
        loads: by per cent of the throughput.
        restart: requests that were sent while the service was restarted, and how many of them were answered in the end.
        hostile, idle: see there.
        memory: requests, and megabytes of all processes after the first tenth and at the end.
    """

    photos: list[str]
    bare: float
    service: float
    share: float
    loads: dict[str, Load]
    restart: dict[str, int]
    hostile: Hostile
    idle: Idle
    memory: dict[str, float]


def _bare(seconds: float, answers) -> None:  # type: ignore[no-untyped-def]
    """Photos a second of the reader alone, one thread; runs in a process of its own."""
    cv2.setNumThreads(1)
    options, photos = ReadOptions(threads=1), [p.read_bytes() for p in PHOTOS]
    for photo in photos:
        read_page(photo, options)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds or count % len(photos):
        read_page(photos[count % len(photos)], options)
        count += 1
    answers.put(count / (time.perf_counter() - began))


def bare(seconds: float) -> float:
    """Photos a second of the reader alone in a process of its own."""
    spawn = get_context("spawn")
    answers = spawn.Queue()
    process = spawn.Process(target=_bare, args=(seconds, answers))
    process.start()
    found: float = answers.get()
    process.join()
    return found


def throughput(service: Service, seconds: float) -> float:
    """Photos a second that a service with one reader gives CLIENTS clients, each of which sends the next when it has its answer."""
    photos = [p.read_bytes() for p in PHOTOS]
    until = time.perf_counter() + seconds
    took: list[float] = []

    def client(first: int) -> None:
        with requests.Session() as session:
            for photo in islice(cycle(photos), first, None):
                if time.perf_counter() > until:
                    return
                _expect(session.post(f"{service.url}/v1/read", data=photo, timeout=PATIENCE))
                took.append(time.perf_counter())

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))
    return len(took) / (max(took) - began)


def _expect(answer: requests.Response) -> None:
    if answer.status_code != 200:
        raise CtpnError(f"the service answered {answer.status_code}: {answer.text[:200]}")


def load(service: Service, rate: float, seconds: float) -> Load:
    """The times of requests that arrive by chance, `rate` a second."""
    photos, chance = [p.read_bytes() for p in PHOTOS], random.Random(7)
    count = max(20, int(rate * seconds))
    arrivals = np.cumsum([chance.expovariate(rate) for _ in range(count)])
    began = time.perf_counter()

    def request(i: int) -> float:
        time.sleep(max(0.0, began + arrivals[i] - time.perf_counter()))
        _expect(requests.post(f"{service.url}/v1/read", data=photos[i % len(photos)], timeout=PATIENCE))
        return float(time.perf_counter() - began - arrivals[i])  # from when it should have been sent, so that no wait is left out

    with ThreadPoolExecutor(64) as clients:
        times = list(clients.map(request, range(count)))
    p50, p99 = np.percentile(times, (50, 99)).tolist()
    return {"requests": count, "p50_ms": round(1000 * p50, 1), "p99_ms": round(1000 * p99, 1)}


def restart(folder: Path, seconds: float) -> dict[str, int]:
    """A service is ended by SIGTERM and started again while clients send; a client that finds nobody, or is told to wait, tries again."""
    service = Service(folder / "restart")
    photo, answered, sent = PHOTOS[0].read_bytes(), [0], [0]
    until, lock = time.monotonic() + seconds + 20, threading.Lock()

    def client(_: int) -> None:
        while time.monotonic() < until:
            with lock:
                sent[0] += 1
            if _patient(service.url, photo):
                with lock:
                    answered[0] += 1

    with ThreadPoolExecutor(CLIENTS) as clients:
        running = [clients.submit(client, i) for i in range(CLIENTS)]
        time.sleep(seconds / 2)
        service.stop()
        service = Service(folder / "restart", port=service.port)
        for one in running:
            one.result()
    service.stop()
    return {"sent": sent[0], "answered": answered[0]}


def _patient(url: str, photo: bytes) -> bool:
    """Whether a photo is answered in the end. A request that was taken may not be lost, so a broken answer counts as lost."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with socket.create_connection(_address(url), 1):
                pass
        except OSError:  # nobody is there yet
            time.sleep(0.05)
            continue
        try:
            answer = requests.post(f"{url}/v1/read", data=photo, timeout=PATIENCE)
        except requests.ConnectionError as e:
            if "Connection refused" in str(e) or "reset" in str(e).lower():  # it was never taken
                continue
            return False
        if answer.status_code != 503:
            return answer.status_code == 200
        time.sleep(0.05)
    return False


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def hostile(service: Service, count: int) -> Hostile:
    """Damaged photos, texts, nothing, and forms of nonsense."""
    statuses: dict[str, int] = {}
    for upload in islice(_uploads(), count):
        answer = requests.post(f"{service.url}/v1/read", timeout=PATIENCE, **upload)
        statuses[str(answer.status_code)] = statuses.get(str(answer.status_code), 0) + 1
    return {"statuses": statuses, "died": int(service.metric("ctpn_readers_restarted"))}


def _uploads() -> Iterator[dict]:  # type: ignore[type-arg]
    chance, photos = random.Random(11), [p.read_bytes() for p in PHOTOS]
    photos += [cv2.imencode(kind, np.full((90, 120, 4), 200, np.uint8))[1].tobytes() for kind in (".png", ".webp", ".tiff")]
    while True:
        photo = bytearray(chance.choice(photos))
        cut = photo[: chance.randrange(len(photo))]
        for _ in range(chance.choice((1, 8, 200))):
            photo[chance.randrange(len(photo))] = chance.randrange(256)
        region = chance.choice(("", "nan,0,1,1", "1e99,0,1,1", "0,0,1,1"))
        yield chance.choice(
            (
                {"data": bytes(photo)},
                {"data": bytes(cut)},
                {"data": chance.randbytes(chance.randrange(2000))},
                {"data": bytes(cut[:300]), "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
                {"files": {"photo": ("\u202e\n.jpg", bytes(cut))}, "data": {"region": region}},
            )
        )


def idle(service: Service, count: int) -> Idle:
    """Connections that send nothing, a tenth of them the beginning of a request."""
    with _connections(service, count) as held:
        read = requests.post(f"{service.url}/v1/read", data=PHOTOS[0].read_bytes(), timeout=PATIENCE).status_code == 200
        until = time.monotonic() + PATIENCE
        last = held[-1]
        last.settimeout(PATIENCE)
        try:
            closed = last.recv(1) == b""
        except OSError:
            closed = time.monotonic() < until
    return {"connections": len(held), "read": read, "closed": closed}


@contextmanager
def _connections(service: Service, count: int) -> Iterator[list[socket.socket]]:
    import resource

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held: list[socket.socket] = []
    try:
        for i in range(count):
            held.append(socket.create_connection(("127.0.0.1", service.port), PATIENCE))
            if i % 10 == 0:
                held[-1].sendall(b"POST /v1/read HTTP/1.1\r\nHost:")
        yield held
    finally:
        for connection in held:
            connection.close()


def memory(service: Service, count: int) -> dict[str, float]:
    """Megabytes of the service's processes after a tenth of many small requests, and after all."""
    photo = cv2.imencode(".jpg", open_image(PHOTOS[-1])[:96, :320])[1].tobytes()
    sizes = []
    with requests.Session() as session:
        for i in range(1, count + 1):
            _expect(session.post(f"{service.url}/v1/read", data=photo, timeout=PATIENCE))
            if i in (count // 10, count):
                sizes.append(service.megabytes())
    return {"requests": count, "first_mb": round(sizes[0], 1), "last_mb": round(sizes[1], 1)}


def measure(args: argparse.Namespace) -> ServiceResult:
    """Everything, one after the other."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        service = Service(folder / "data", "--queue", "256")
        say = _say
        pairs = []
        for turn in range(TURNS):
            pairs.append((bare(args.seconds), throughput(service, args.seconds)))
            say(f"turn {turn + 1}: {pairs[-1][1]:.2f} photos a second, the reader alone {pairs[-1][0]:.2f}")
        alone, served = (float(np.median([pair[i] for pair in pairs])) for i in (0, 1))
        found: ServiceResult = {
            "photos": [p.name for p in PHOTOS], "bare": round(alone, 3), "service": round(served, 3),
            "share": round(float(np.median([s / b for b, s in pairs])), 3), "loads": {},
        }  # fmt: skip
        for part in (50, 90):
            found["loads"][str(part)] = load(service, served * part / 100, 2 * args.seconds)
            say(f"{part} % load: {found['loads'][str(part)]}")
        steps: Sequence[tuple[str, Callable[[], object]]] = (
            ("hostile", lambda: hostile(service, args.uploads)),
            ("idle", lambda: idle(service, args.connections)),
            ("memory", lambda: memory(service, args.requests)),
            ("restart", lambda: restart(folder, args.seconds)),
        )
        for name, step in steps:
            found[name] = step()  # type: ignore[literal-required]
            say(f"{name}: {found[name]}")  # type: ignore[literal-required]
        if service.stop():
            raise CtpnError(f"the service ended with {service.process.returncode}: {service.log.read_text()[-500:]}")
    return found


def _say(text: str) -> None:
    print(f"benchmarks.service: {text}", file=sys.stderr, flush=True)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("benchmarks.service", __doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement of throughput (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=20_000, help="for memory (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=10_000, help="that send nothing (default: %(default)s)")
    parser.add_argument("--uploads", type=int, default=1000, help="that are hostile (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="(default: %(default)s)")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed; usage errors exit 2."""
    args = parse(argv)

    def measured() -> str:
        found = measure(args)
        save(args.out, found)
        return f"{args.out}: {found['share']:.3f} of the reader's own throughput"

    return command.run("benchmarks.service", measured)


if __name__ == "__main__":
    sys.exit(main())
