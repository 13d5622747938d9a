"""The tables on SQLite and on PostgreSQL: made, brought up to date, shared by many."""

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
import requests
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from ctpn.serve import keys
from ctpn.serve.database import MIGRATIONS, Base, add_benchmark, benchmarks, connect
from tests.helpers import postgres
from tests.helpers.service import PHOTO, ROOT

EXAMPLE = json.loads((ROOT / "tests" / "fixtures" / "phone.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request, tmp_path_factory):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'x.sqlite'}"
    elif postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    else:
        with postgres.running() as found:
            yield found


@pytest.fixture
def engine(url):
    found = connect(url)
    yield found
    found.dispose()


def start(url: str) -> None:
    """As a service does."""
    connect(url).dispose()


def test_services_that_start_together_make_the_tables_once(url):
    processes = 3 if "postgresql" in url else 1
    with ProcessPoolExecutor(processes, get_context("spawn")) as several:
        list(several.map(start, [url] * processes))
    engine = connect(url)
    assert set(inspect(engine).get_table_names()) == {"alembic_version", *Base.metadata.tables}
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_the_same_benchmark_from_many_is_stored_once(engine):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda i: add_benchmark(engine, EXAMPLE | {"first_ms": i % 3}), range(24)))
    assert len({id for id, _ in answers}) == 3 and sum(new for _, new in answers) == 3
    rows = benchmarks(engine)
    assert sorted(json.loads(row.document)["first_ms"] for row in rows) == [0, 1, 2]
    assert [r.number for r in rows] == sorted(r.number for r in rows) and len(benchmarks(engine, rows[1].number)) == 1
    assert benchmarks(engine, device="x' OR 1=1 --") == [] and len(benchmarks(engine, app="android", limit=2)) == 2


def test_keys_are_stored_as_hashes(engine):
    key = keys.add(engine, "仓库")
    assert keys.valid(engine) == {keys.digest(key): "仓库"} and key not in str([vars(k) for k in keys.listed(engine)])
    keys.revoke(engine, "仓库")
    assert keys.valid(engine) == {}


def test_the_tables_can_be_taken_back(engine, url):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    connect(url).dispose()
    assert set(Base.metadata.tables) < set(inspect(engine).get_table_names())


def test_a_service_keeps_its_benchmarks_over_a_restart(started, url):
    service = started("--database", url)
    assert requests.post(f"{service.url}/v1/benchmarks", json=EXAMPLE, timeout=9).status_code == 201
    assert service.read(PHOTO.read_bytes()).status_code == 200 and service.stop() == 0
    again = started("--database", url)
    assert requests.post(f"{again.url}/v1/benchmarks", json=EXAMPLE, timeout=9).status_code == 200
    assert requests.get(f"{again.url}/readyz", timeout=9).json() == {"readers": 1, "database": True}
