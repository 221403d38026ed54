"""One packet of a capture as an object, decoded from its bytes when it is asked for."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any, overload

import numpy as np
from numpy.typing import NDArray

from tcpcourse.core.options import Options
from tcpcourse.core.segment import Flags, Segment
from tcpcourse.packet import SIDES, Side, no_packet
from tcpcourse.sources.capture.columns import ROW, SCALE_UNKNOWN, Array
from tcpcourse.sources.capture.notes import WORDS, Note, words
from tcpcourse.sources.capture.read.files import Store

_MSS, _SCALE, _SACK_PERMITTED, _SACK, _TIMESTAMP = 2, 3, 4, 5, 8
_SHORT = struct.Struct(">H").unpack_from
_TWO_LONG = struct.Struct(">II")
_NAMES = ROW.names or ()
_BLOCK = 4096
_MOST_FILLED = 64 << 20  # bytes of data not captured that are spelled out as zeros


@dataclass(frozen=True, slots=True)
class CapturedPacket:
    """A TCP packet as it was captured.

    ``number`` is the frame's number in the file (from 1), ``time_ns`` nanoseconds since 1970
    (of the capturing machine's clock), ``sender`` the side. ``segment`` has absolute numbers;
    its data has ``payload_len`` bytes, of which those that the capture did not keep are
    zeros, and ``data_captured`` says how many it kept. ``rel_seq`` and ``rel_ack`` count as
    in ``Capture.columns``; ``rel_ack`` is ``None`` without the flag ACK. ``scaled_window`` is
    the offered window in bytes; ``scale_known`` says whether that is sure: it is not where
    a SYN was not captured, or its options were cut off. ``frame_len`` are the bytes on the
    wire with all headers. ``copy`` says that this is the packet before, captured twice (as at
    a mirror port): it was sent once.
    """

    number: int
    time_ns: int
    sender: Side
    segment: Segment
    payload_len: int
    data_captured: int
    rel_seq: int
    rel_ack: int | None
    scaled_window: int
    frame_len: int
    notes: tuple[str, ...]
    scale_known: bool = True

    @property
    def copy(self) -> bool:
        """Whether the packet was captured before already, and sent only once."""
        return WORDS[Note.COPY] in self.notes


def read_options(raw: bytes) -> Options:
    """The options of a TCP header (RFC 9293 §3.1, 7323, 2018); a malformed one ends the list."""
    found: dict[str, Any] = {}
    place = 0
    while place < len(raw):
        kind = raw[place]
        if kind == 0:
            break
        if kind == 1:
            place += 1
            continue
        size = raw[place + 1] if place + 1 < len(raw) else 0
        if size < 2 or place + size > len(raw):
            break
        if kind == _MSS and size == 4:
            (found["mss"],) = _SHORT(raw, place + 2)
        elif kind == _SCALE and size == 3:
            found["wscale"] = raw[place + 2]
        elif kind == _SACK_PERMITTED and size == 2:
            found["sack_permitted"] = True
        elif kind == _TIMESTAMP and size == 10:
            found["timestamp"] = _TWO_LONG.unpack_from(raw, place + 2)
        elif kind == _SACK and size > 2 and size % 8 == 2:
            found["sack"] = tuple(_TWO_LONG.iter_unpack(raw[place + 2 : place + size]))
        place += size
    return Options(**found)


@lru_cache(maxsize=64)
def _zeros(count: int) -> bytes:
    return bytes(count)


def place_of(number: int, frames: NDArray[np.uint32]) -> int:
    """Where among these frame numbers, which rise, one stands.

    Raises ``TcpCourseError`` when it is not among them.
    """
    if isinstance(number, int) and 0 <= number < 1 << 32:
        place = int(np.searchsorted(frames, number))
        if place < len(frames) and frames[place] == number:
            return place
    raise no_packet(number, frames[:12].tolist(), len(frames))


class Packets(Sequence[CapturedPacket]):
    """The packets of a conversation or a capture; each is read from the file when it is asked for.

    ``columns`` are its rows; ``note`` gives the sum of the notes of the one at a place.
    """

    def __init__(self, store: Store, columns: Array, note: Callable[[int], int]) -> None:
        self._store, self._columns, self._note = store, columns, note
        kept = columns["captured_len"].astype("i8") - columns["tcp_offset"] - 60
        missing = (columns["payload_len"] - kept).clip(0).sum() if len(columns) else 0
        self._spell_out = missing <= _MOST_FILLED

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[CapturedPacket]:
        with self._store.open() as file:
            for start in range(0, len(self), _BLOCK):
                rows = self._columns[start : start + _BLOCK].tolist()
                for place, row in enumerate(rows, start):
                    yield self._packet(file, row, self._note(place))

    @overload
    def __getitem__(self, index: int) -> CapturedPacket: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[CapturedPacket, ...]: ...

    def __getitem__(self, index: int | slice) -> CapturedPacket | tuple[CapturedPacket, ...]:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            return tuple(
                Packets(self._store, self._columns[index], lambda k: self._note(places[k]))
            )
        with self._store.open() as file:
            place = index + len(self) if index < 0 else index
            return self._packet(file, self._columns[index].tolist(), self._note(place))

    def __repr__(self) -> str:
        return f"<{len(self)} packets>"

    def _packet(self, file: IO[bytes], values: tuple[int, ...], notes: int) -> CapturedPacket:
        row = dict(zip(_NAMES, values, strict=True))
        file.seek(row["offset"] + row["tcp_offset"])
        raw = file.read(row["captured_len"] - row["tcp_offset"])
        size = (raw[12] >> 4) * 4
        length = row["payload_len"]
        data = raw[size : size + length]
        kept = len(data)
        if kept < length:
            data = data + bytes(length - kept) if self._spell_out else _zeros(length)
        flags = Flags(row["flags"])
        has_ack = Flags.ACK in flags
        segment = Segment(
            seq=row["seq"],
            ack=row["ack"] if has_ack else None,
            flags=flags,
            window=row["window"],
            data=data,
            options=read_options(raw[20:size]),
            urgent=_SHORT(raw, 18)[0],
        )
        return CapturedPacket(
            number=row["frame"],
            time_ns=row["time_ns"],
            sender=SIDES[row["direction"]],
            segment=segment,
            payload_len=length,
            data_captured=kept,
            rel_seq=row["rel_seq"],
            rel_ack=row["rel_ack"] if has_ack else None,
            scaled_window=row["scaled_window"],
            frame_len=row["frame_len"],
            notes=words(notes),
            scale_known=row["scale"] != SCALE_UNKNOWN,
        )
