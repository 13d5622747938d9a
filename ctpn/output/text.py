"""Plain text for people."""

from __future__ import annotations

from ctpn.output.record import PageRecord
from ctpn.terminal import printable


def to_text(record: PageRecord) -> str:
    """A line of the photo's size, then a line for each text."""
    page = f", page {record['page']}" if "page" in record else ""
    rows = [f"{printable(record['image'])}{page}: {len(record['lines'])} lines, {record['width']} x {record['height']} pixels"]
    for line in record["lines"]:
        corners = "  ".join(f"{x:.1f},{y:.1f}" for x, y in line["quad"])
        region = "" if line["region"] is None else f"  region {line['region']}"
        text = "" if line["text"] is None else f"  {100 * (line['text_score'] or 0):5.1f} %  {line['text']}"
        rows.append(f"  {100 * line['score']:5.1f} %  {corners}{region}{text}")
    rows += [f"  region {r['region']}: no text" for r in record.get("regions", []) if not r["lines"]]
    return "\n".join(rows) + "\n"
