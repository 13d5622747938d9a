"""What the service counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.serve.pool import ReaderPool
from ctpn.version import __version__

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one service, apart from those of others in the same process."""

    def __init__(self, pool: ReaderPool, detector: DetectorSpec, recognizer: RecognizerSpec) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("ctpn_requests", "Requests", ["method", "route", "status"], registry=self._registry)
        self._seconds = Histogram("ctpn_request_seconds", "Time of requests", ["route"], buckets=SECONDS, registry=self._registry)
        self._stages = Histogram("ctpn_stage_seconds", "Time of a photo's stages", ["stage"], buckets=SECONDS, registry=self._registry)
        self._lines = Counter("ctpn_lines", "Text lines read", registry=self._registry)
        gauges = {
            "ctpn_queue_waiting": ("Photos that wait for a reader process", lambda: pool.waiting),
            "ctpn_readers_busy": ("Reader processes at work", lambda: pool.busy),
            "ctpn_readers_ready": ("Reader processes with loaded models", lambda: pool.ready),
            "ctpn_readers_restarted": ("Reader processes that were replaced", lambda: pool.restarts),
        }
        for name, (help, value) in gauges.items():
            Gauge(name, help, registry=self._registry).set_function(value)
        info = Gauge("ctpn_models", "The models that read", ["version", "detector", "recognizer", "charset"], registry=self._registry)
        info.labels(__version__, detector.name, recognizer.name, recognizer.charset_sha256[:12]).set(1)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is its pattern, so that there are only so many."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def page(self, times: Mapping[str, float], lines: int) -> None:
        """Count a photo that was read: the seconds of its stages and its lines."""
        for stage, seconds in times.items():
            self._stages.labels(stage).observe(seconds)
        self._lines.inc(lines)

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self._registry)
