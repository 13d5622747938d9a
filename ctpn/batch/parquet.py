"""A folder of Parquet files: a row for each photo, written part by part, so that a reading that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from ctpn.batch.item import Outcome
from ctpn.errors import CtpnError
from ctpn.files import atomic_write, write
from ctpn.output.record import page_record

PART = 1000  # photos
PLAN, JOURNAL = "_plan.json", "_journal.jsonl"  # readers of Parquet folders pass over names with an underscore
ROWS = pa.schema(
    [
        pa.field("image", pa.string(), nullable=False),
        ("error", pa.string()),  # null: it was read
        ("width", pa.int32()),
        ("height", pa.int32()),
        (
            "lines",
            pa.list_(
                pa.struct(
                    [
                        ("quad", pa.list_(pa.float32(), 8)),  # x1, y1 to x4, y4, clockwise from the text's top left
                        ("score", pa.float32()),
                        ("text", pa.string()),
                        ("text_score", pa.float32()),
                    ]
                )
            ),
        ),
        ("warnings", pa.list_(pa.struct([("code", pa.string()), ("message", pa.string())]))),
    ],
    metadata={"ctpn.rows": "1"},
)
Row = dict[str, Any]


def row(outcome: Outcome) -> Row:
    """The row of a photo; one that could not be read has its error and nothing else."""
    if outcome.page is None:
        return {"image": outcome.name, "error": outcome.error, "width": None, "height": None, "lines": None, "warnings": None}
    record = page_record(outcome.name, outcome.page)
    found: Row = {key: record[key] for key in ("width", "height", "warnings")}
    lines = [{**line, "quad": [v for point in line["quad"] for v in point]} for line in record["lines"]]
    return {"image": outcome.name, "error": None, **found, "lines": lines}


class Parts:
    """The parts of a reading in a folder. Rows are added in the photos' order.

    Args:
        folder: made if it is missing.
        names: all photos of this reading.
        options: what else its answers depend on, for a comparison with those that began it.

    Attributes:
        done: how many of the photos have their row, the first ones.
        failed: how many of these have an error.

    Raises:
        CtpnError: the folder has rows of another reading, or something else.
    """

    def __init__(self, folder: Path, names: Sequence[str], options: dict[str, str]) -> None:
        self._folder, self._names = folder, names
        plan = {"photos": len(names), "names": hashlib.sha256("\n".join(names).encode()).hexdigest(), "part": PART, **options}
        self._begin(plan)
        finished = [part for part in range(-(-len(names) // PART)) if self._file(part).exists()]
        if finished != list(range(len(finished))):
            raise CtpnError(f"{folder}: parts are missing before {self._file(finished[-1]).name}; put them back, or begin in a new folder")
        self.done = min(len(names), len(finished) * PART)
        self._rows = self._journalled(PART * (len(finished) - 1) if finished else 0)
        self.done += len(self._rows)
        self.failed = self._failed_before(len(finished)) + sum(row["error"] is not None for row in self._rows)
        self._journal = (folder / JOURNAL).open("ab")
        self._end_part()

    def add(self, outcome: Outcome) -> None:
        """Write the row of the next photo; when this returns it survives a kill."""
        found = row(outcome)
        self._journal.write(json.dumps(found, ensure_ascii=False).encode() + b"\n")
        self._journal.flush()
        self._rows.append(found)
        self.done += 1
        self.failed += outcome.page is None
        self._end_part()

    def close(self) -> None:
        """Close the journal; what is not yet a part stays in it."""
        self._journal.close()

    def _file(self, part: int) -> Path:
        return self._folder / f"part-{part:06d}.parquet"

    def _begin(self, plan: dict[str, Any]) -> None:
        file = self._folder / PLAN
        if not file.exists():
            if self._folder.exists() and (not self._folder.is_dir() or any(self._folder.iterdir())):
                raise CtpnError(f"{self._folder}: expected a new or empty folder, or one that this command began; choose another --out")
            write(file, json.dumps(plan, indent=1) + "\n")
            return
        try:
            before = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            before = None
        if before != plan:
            changed = [key for key in plan if not isinstance(before, dict) or before.get(key) != plan[key]]
            raise CtpnError(f"{self._folder}: was begun with other {', '.join(changed)}; give what it was begun with, or another --out")

    def _journalled(self, last: int) -> list[Row]:
        """The rows since the last part, which began with the photo `last`. A line that was cut by a kill is taken away."""
        file = self._folder / JOURNAL
        if not file.exists():
            return []
        rows: list[Row] = []
        good = 0
        for line in file.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break
            rows.append(json.loads(line))
            good += len(line)
        os.truncate(file, good)
        if rows and self.done and rows[0]["image"] == self._names[last]:
            os.truncate(file, 0)  # killed between a part's end and its journal's
            return []
        if [r["image"] for r in rows] != list(self._names[self.done : self.done + len(rows)]):
            raise CtpnError(f"{file}: has rows of other photos; begin in a new folder")
        return rows

    def _failed_before(self, parts: int) -> int:
        return sum(int((parquet.read_schema(self._file(p)).metadata or {}).get(b"ctpn.failed", b"0")) for p in range(parts))

    def _end_part(self) -> None:
        """Make a part of the rows when it is full, or the last."""
        if not self._rows or (len(self._rows) < PART and self.done < len(self._names)):
            return
        failed = sum(row["error"] is not None for row in self._rows)
        schema = ROWS.with_metadata({**ROWS.metadata, b"ctpn.failed": str(failed).encode()})
        with atomic_write(self._file((self.done - 1) // PART)) as new:
            parquet.write_table(pa.Table.from_pylist(self._rows, schema), new, compression="zstd")
        self._rows = []
        self._journal.truncate(0)
