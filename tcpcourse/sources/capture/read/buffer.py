"""The piece of a stream that is in memory, and the batches of frames found in it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.read.files import Stream

PORTION = 2 << 20  # bytes looked at in one go
SLACK = 512  # bytes after the piece's end that may be touched, but mean nothing
LARGEST_FRAME = 256 << 10  # bytes; a longer record is damage (libpcap's own limit)
UNREADABLE = 0xFFFF  # stands for the link type of a frame whose problem is noted already


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames of one portion of the file, as arrays of the same length.

    ``data`` is the buffer, whose first byte has the position ``base`` in the file. Frame
    ``i`` has its bytes at ``at[i]`` in the buffer, ``captured[i]`` of them; on the wire it
    had ``frame_len[i]``. ``time_ns`` are nanoseconds since 1970, ``link`` the link type's
    number (one for all, or an array), ``first`` the number of the first frame (from 1).
    """

    data: NDArray[np.uint8]
    base: int
    at: NDArray[np.int64]
    captured: NDArray[np.int64]
    frame_len: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    link: int | NDArray[np.int64]
    first: int


class Piece:
    """The part of a stream that is in memory: ``buffer[:end]``, from ``base`` in the file."""

    def __init__(self, stream: Stream, progress: Callable[[int], None]) -> None:
        size = PORTION
        if stream.size is not None and not stream.packed:
            size = min(PORTION, stream.size)
        self.size = max(size, 64)
        self.data = np.empty(self.size + SLACK, np.uint8)
        self.data[: 64 + SLACK] = self.data[self.size :] = 0  # what a short file leaves
        self.buffer = memoryview(self.data)  # type: ignore[arg-type]  # Python 3.12 knows better
        self.base = self.end = 0
        self.stream, self._progress = stream, progress
        self.advance(0)

    def advance(self, position: int) -> bool:
        """Go on to ``position`` in the buffer (or beyond it); False when nothing new came."""
        kept = max(self.end - position, 0)
        if kept:
            self.buffer[:kept] = self.buffer[position : self.end]
        room = self.buffer[: self.size]
        beyond = max(position - self.end, 0)
        self.base += position - beyond
        while beyond:
            got = self.stream.readinto(room[: min(beyond, self.size)])
            self.base += got
            beyond -= got
            if not got:
                break
        got = self.stream.readinto(room[kept:]) if not beyond else 0
        self.end = kept + got
        self._progress(self.stream.taken)
        return got > 0


def gather(data: NDArray[np.uint8], at: NDArray[np.int64], fields: np.dtype[np.void]) -> Any:
    """The ``fields`` (a structured dtype) that begin at each of the positions ``at``.

    One overlapping view with a stride of one byte, indexed once: no loop, no copy of more
    than is wanted. Positions must leave room for the fields in ``data``.
    """
    width = fields.itemsize
    view: NDArray[np.void] = np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))
    return view[at].view(fields)


def unpacker(order: str, letters: str) -> Callable[[Any, int], tuple[int, ...]]:
    """``unpack_from`` of a struct in the byte order ``<`` or ``>``."""
    return struct.Struct(order + letters).unpack_from
