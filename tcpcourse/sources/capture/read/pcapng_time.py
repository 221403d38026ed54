"""Times of pcapng: 64-bit counts of some unit, made into nanoseconds with integers only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.read.frames import Mask, Places

Ticks = NDArray[np.uint64]
_SECOND = 10**9
_LARGEST = 2**63 - 1
_LARGEST_SECONDS = _LARGEST // _SECOND


def nanoseconds(
    ticks: Ticks, resolution: NDArray[np.integer[Any]], offset_s: Places
) -> tuple[Places, Mask]:
    """Nanoseconds since 1970 (int64), rounded down, and whether each one fits 64 bits.

    ``ticks`` are uint64; ``resolution`` the ``if_tsresol`` of each: a power of ten, or with
    the upper bit set a power of two; ``offset_s`` the ``if_tsoffset`` in seconds. A time
    that does not fit becomes 0.
    """
    time_ns = np.zeros(len(ticks), np.int64)
    fits = np.ones(len(ticks), bool)
    for code in np.unique(resolution).tolist():
        mine = resolution == code
        time_ns[mine], fits[mine] = _converted(ticks[mine], code)
    if offset_s.any():
        fits &= (offset_s >= -_LARGEST_SECONDS) & (offset_s <= _LARGEST_SECONDS)
        shift = np.where(fits, offset_s, 0) * _SECOND
        fits &= (shift <= 0) | (time_ns <= _LARGEST - np.maximum(shift, 0))
        time_ns += np.where(fits, shift, 0)
    time_ns[~fits] = 0
    return time_ns, fits


def _converted(ticks: Ticks, code: int) -> tuple[Places, Mask]:
    if code >= 0x80:
        return _from_power_of_two(ticks, code & 0x7F)
    if code > 9:
        unit = 10 ** (code - 9)
        whole = ticks // np.uint64(unit) if unit < 2**64 else np.zeros_like(ticks)
        return whole.astype(np.int64), np.ones(len(ticks), bool)
    unit = 10 ** (9 - code)
    fits = ticks <= np.uint64(_LARGEST // unit)
    return np.where(fits, ticks * np.uint64(unit), 0).astype(np.int64), fits


def _from_power_of_two(ticks: Ticks, bits: int) -> tuple[Places, Mask]:
    """ticks × 10⁹ / 2^bits: in parts, so that no product exceeds 64 bits (10⁹ has 30)."""
    further = np.uint64(min(max(bits - 64, 0), 63))
    bits = min(bits, 64)
    seconds = ticks >> np.uint64(bits) if bits < 64 else np.zeros_like(ticks)
    fraction = ticks & np.uint64(2**bits - 1)
    low = max(bits - 34, 0)
    upper = (fraction >> np.uint64(low)) * np.uint64(_SECOND)
    lower = (fraction & np.uint64(2**low - 1)) * np.uint64(_SECOND) >> np.uint64(low)
    part = ((upper + lower) >> np.uint64(bits - low)) >> further
    fits = seconds < np.uint64(_LARGEST_SECONDS)
    return np.where(fits, seconds * np.uint64(_SECOND) + part, 0).astype(np.int64), fits
