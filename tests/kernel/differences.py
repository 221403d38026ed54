"""Reads the table of differences, ``differences.txt``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """Where the kernel stands, what happens, and the views of RFC 9293 and of Linux after it.

    ``linux`` has a second view where earlier kernels differ again.
    """

    station: str
    event: str
    rfc: str
    linux: tuple[str, ...]
    reason: str


def read() -> list[Row]:
    """All rows, each with the paragraph above it as its reason."""
    text = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    rows = []
    for block in text.split("\n\n"):
        lines = block.splitlines()
        reason = " ".join(line for line in lines if not line.startswith("    "))
        for line in lines:
            if line.startswith("    "):
                station, event, rfc, *linux = (cell.strip() for cell in line.split("|"))
                rows.append(Row(station, event, rfc, tuple(linux), reason))
    return rows


DIFFERENCES = read()
ROWS = {(row.station, row.event): row for row in DIFFERENCES}
