"""What could not be read in a capture, and where: collected, counted, put into sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ReadProblem:
    """One kind of trouble in a capture, and how often it was met.

    ``frame`` is the number (from 1) of the first frame concerned, or ``None`` when it is the
    file itself; ``offset`` the byte where that frame or trouble begins, in the uncompressed
    file; ``what`` a sentence without its full stop; ``count`` how many frames have it.
    """

    frame: int | None
    offset: int
    what: str
    count: int = 1

    def __str__(self) -> str:
        first = "first " if self.count > 1 else ""
        place = f"frame {self.frame}, byte" if self.frame is not None else "byte"
        times = f" ({self.count} frames)" if self.count > 1 else ""
        return f"{first}{place} {self.offset}: {self.what}{times}"


class Tally:
    """Collects problems while a file is read; those that are alike are counted together.

    It also counts what is no problem but no TCP either, by the name of its protocol.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[int | None, int, int]] = {}
        self.others: dict[str, int] = {}

    def add(self, what: str, offset: int, frame: int | None = None, count: int = 1) -> None:
        """Note ``count`` frames with this problem; ``frame`` at ``offset`` is the first."""
        before = self._found.get(what)
        if before is not None:
            frame, offset, count = before[0], before[1], before[2] + count
        self._found[what] = (frame, offset, count)

    def add_many(
        self, what: str, frames: NDArray[np.integer[Any]], offsets: NDArray[np.integer[Any]]
    ) -> None:
        """Note a whole array of frames (numbers and offsets, in order) with this problem."""
        if len(frames):
            self.add(what, int(offsets[0]), int(frames[0]), len(frames))

    def other(self, name: str, count: int) -> None:
        """Count frames that are whole but carry no TCP."""
        if count:
            self.others[name] = self.others.get(name, 0) + count

    def problems(self) -> tuple[ReadProblem, ...]:
        """Everything found, in the order of the first offsets."""
        found = (
            ReadProblem(frame, offset, what, count)
            for what, (frame, offset, count) in self._found.items()
        )
        return tuple(sorted(found, key=lambda each: each.offset))
