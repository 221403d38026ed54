"""The columns of a capture: one row of 72 bytes for each TCP packet, in file order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tcpcourse.core.segment import Flags

if TYPE_CHECKING:
    import pandas

Array = NDArray[np.void]
"""Rows of ``ROW``."""
FIN, SYN, RST, ACK = (bit.value for bit in (Flags.FIN, Flags.SYN, Flags.RST, Flags.ACK))
SCALE_UNKNOWN = -1  # as in Wireshark's tcp.window_size_scalefactor

# name, type, place in the row: places keep every field aligned, names keep their order
_FIELDS = [
    ("frame", "u4", 16),
    ("time_ns", "i8", 0),
    ("conversation", "u4", 20),
    ("direction", "u1", 62),
    ("seq", "u4", 24),
    ("ack", "u4", 28),
    ("rel_seq", "u4", 32),
    ("rel_ack", "u4", 36),
    ("payload_len", "u4", 40),
    ("flags", "u2", 56),
    ("window", "u2", 58),
    ("scaled_window", "u4", 44),
    ("scale", "i1", 66),
    ("frame_len", "u4", 48),
    ("captured_len", "u4", 52),
    ("offset", "i8", 8),
    ("tcp_offset", "u2", 60),
    ("link", "u1", 63),
    ("ip_id", "u2", 64),
    ("ttl", "u1", 67),
]
ROW = np.dtype(
    {
        "names": [name for name, _, _ in _FIELDS],
        "formats": [kind for _, kind, _ in _FIELDS],
        "offsets": [place for _, _, place in _FIELDS],
        "itemsize": 72,
    }
)
_START = 64


class ColumnBuffer:
    """A growing array of ``ROW``s.

    It grows by an eighth: the memory is moved by the operating system, page by page, so a
    large capture never lies in memory twice.
    """

    def __init__(self) -> None:
        self._array = np.zeros(_START, ROW)
        self.size = 0

    def add(self, count: int) -> Array:
        """A view of ``count`` new rows, to be filled before the next call."""
        end = self.size + count
        if end > len(self._array):
            self._array.resize(end + end // 8, refcheck=False)
        view = self._array[self.size : end]
        self.size = end
        return view

    def finish(self) -> Array:
        """The array, cut to what is in it."""
        self._array.resize(self.size, refcheck=False)
        return self._array


_IN_THE_FILE = ("captured_len", "offset", "tcp_offset", "link")


def frame_of(rows: Array) -> pandas.DataFrame:
    """Rows as a DataFrame, without the columns that say where in the file they come from."""
    import pandas  # heavy: only when asked for

    names = [name for name in ROW.names or () if name not in _IN_THE_FILE]
    return pandas.DataFrame({name: rows[name] for name in names})
