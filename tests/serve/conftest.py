"""Services for the tests; those that change something start their own."""

from collections.abc import Callable, Iterator

import pytest

from benchmarks.service_process import Service


@pytest.fixture(scope="session")
def started(tmp_path_factory) -> Iterator[Callable[..., Service]]:
    """Starts services, which are stopped when the tests have ended."""
    services = []

    def start(*arguments: str) -> Service:
        services.append(Service(tmp_path_factory.mktemp("service") / "data", *arguments))
        return services[-1]

    yield start
    for service in services:
        if service.process.poll() is None:
            service.stop()


@pytest.fixture(scope="session")
def service(started) -> Service:
    """One service with one reader, for tests that leave it as it was."""
    return started()
