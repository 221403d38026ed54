"""The frames of one batch, as arrays, and how those with a problem are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.problems import Tally

Buffer = NDArray[np.uint8]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]
Which = slice | Mask | Places


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames of one batch: bounds in the buffer, lengths on the wire, numbers, places."""

    data: Buffer
    at: Places
    end: Places
    frame_len: Places
    number: Places
    place: Places

    def only(self, which: Which) -> Frames:
        """Some of them."""
        return Frames(
            self.data,
            self.at[which],
            self.end[which],
            self.frame_len[which],
            self.number[which],
            self.place[which],
        )


def sift(found: Tally, frames: Frames, wrong: Mapping[str, Mask]) -> Mask | None:
    """Add each frame to the first problem it has; the sound ones, or ``None`` for all."""
    bad: Mask = np.logical_or.reduce(list(wrong.values()))
    if not bad.any():
        return None
    rest = np.ones(len(bad), bool)
    for what, mask in wrong.items():
        hit = mask & rest
        found.add_many(what, frames.number[hit], frames.place[hit])
        rest &= ~mask
    return rest
