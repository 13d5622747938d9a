"""The same reading on a cluster: Ray Data spreads the photos over its processes, each of which calls `read_item`."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator, Sequence
from typing import Any

from ctpn.batch.bulk import ReadOptions
from ctpn.batch.item import Item, Outcome, read_item
from ctpn.errors import CtpnError

BLOCK = 8  # photos that a process takes at once


class _Reader:
    """An actor of Ray Data, which keeps its process's reader."""

    def __init__(self, options: ReadOptions) -> None:
        import cv2

        cv2.setNumThreads(1)
        self._options = options

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"outcome": pickle.dumps(read_item(pickle.loads(row["item"]), self._options))}


def outcomes_by_ray(items: Sequence[Item], options: ReadOptions, jobs: int, address: str) -> Iterator[Outcome]:
    """The outcomes of all photos, in their order, read by `jobs` processes of a Ray cluster.

    Args:
        address: of the cluster; "local" starts one on this machine.

    Raises:
        CtpnError: Ray cannot be reached, or gives up.
    """
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    local: dict[str, Any] = {"num_cpus": jobs, "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **local)
        context = DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        rows = [{"item": pickle.dumps(item)} for item in items]
        data = ray.data.from_items(rows, override_num_blocks=max(1, len(rows) // BLOCK))
        readers: Any = _Reader
        for found in data.map(readers, fn_constructor_args=(options,), compute=ActorPoolStrategy(size=jobs)).iter_rows():
            outcome: Outcome = pickle.loads(found["outcome"])
            yield outcome
    except (ConnectionError, ray.exceptions.RayError) as e:
        raise CtpnError(f"--ray {address}: {' '.join(str(e).split())[:200]}; check that the cluster runs") from None
    finally:
        ray.shutdown()
