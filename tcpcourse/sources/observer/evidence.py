"""What the packets of a conversation say, as arrays: who, when, and numbers that do not wrap.

A sequence number is 32 bits long and wraps. Here each side's numbers are unrolled into a line
of integers, so that earlier and later can be compared over the whole conversation: a number
lies on the line where it is nearest to the packet before it (RFC 9293 §3.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tcpcourse.core.segment import Flags, Segment
from tcpcourse.core.seq import HALF, MODULUS
from tcpcourse.trace import Side

FIN, SYN, RST, ACK = (int(flag) for flag in (Flags.FIN, Flags.SYN, Flags.RST, Flags.ACK))

Places = NDArray[np.int64]
Numbers = NDArray[np.int64]
Which = NDArray[np.bool_]


class Sighting(Protocol):
    """A packet as it was seen to pass; ``payload_len`` is in bytes."""

    @property
    def number(self) -> int:
        """The frame's number."""

    @property
    def time_ns(self) -> int:
        """When it was seen, in nanoseconds."""

    @property
    def sender(self) -> Side:
        """The side that sent it."""

    @property
    def segment(self) -> Segment:
        """The segment, with absolute numbers."""

    @property
    def payload_len(self) -> int:
        """Bytes of data by the IP length, also where the capture kept fewer."""

    @property
    def rel_seq(self) -> int:
        """The relative sequence number."""

    @property
    def rel_ack(self) -> int | None:
        """The relative acknowledgment number."""

    @property
    def scaled_window(self) -> int:
        """The offered window in bytes."""

    @property
    def scale_known(self) -> bool:
        """Whether that is sure: both SYNs told the scale."""

    @property
    def frame_len(self) -> int:
        """Bytes on the wire."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the analysis remarked."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The packets of one conversation, one place in each array for each packet.

    ``time`` is in nanoseconds, ``from_b`` says who sent it, ``seq`` and ``ack`` are as sent
    (32 bits), ``length`` is bytes of data.
    """

    time: NDArray[np.int64]
    from_b: Which
    seq: NDArray[np.int64]
    ack: NDArray[np.int64]
    flags: NDArray[np.uint16]
    length: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.flags)

    def has(self, flag: int) -> Which:
        """Which packets carry the flag."""
        found: Which = (self.flags & flag) != 0
        return found

    @classmethod
    def of_columns(cls, columns: np.ndarray) -> Evidence:
        """From rows with the fields ``time_ns``, ``direction``, ``seq``, ``ack``, …"""
        return cls(
            columns["time_ns"],
            columns["direction"] != 0,
            columns["seq"].astype(np.int64),
            columns["ack"].astype(np.int64),
            columns["flags"],
            columns["payload_len"].astype(np.int64),
        )

    @classmethod
    def of_packets(cls, packets: Sequence[Sighting]) -> Evidence:
        """From packets, one after the other."""
        count = len(packets)
        time, seq, ack, length = (np.zeros(count, np.int64) for _ in range(4))
        from_b, flags = np.zeros(count, bool), np.zeros(count, np.uint16)
        for place, packet in enumerate(packets):
            segment = packet.segment
            time[place], from_b[place] = packet.time_ns, packet.sender == "B"
            seq[place], length[place] = int(segment.seq), packet.payload_len
            ack[place] = 0 if segment.ack is None else int(segment.ack)
            flags[place] = int(segment.flags)
        return cls(time, from_b, seq, ack, flags, length)


def signed(difference: Numbers) -> Numbers:
    """A difference of sequence numbers as −2³¹ … 2³¹ − 1."""
    return (difference + HALF) % MODULUS - HALF


def ahead(one: int, other: int) -> int:
    """How far one number is ahead of another: −2³¹ … 2³¹ − 1."""
    return (one - other + HALF) % MODULUS - HALF


@dataclass(frozen=True, slots=True)
class Line:
    """The numbers of one side on an endless line.

    ``place`` are the packets that mark it out, ``at`` their numbers on the line, ``raw`` as
    sent.
    """

    place: Places
    at: Numbers
    raw: Numbers

    @classmethod
    def through(cls, place: Places, raw: Numbers) -> Line:
        """The line on which each number is nearest to the one before it."""
        if not len(place):
            return cls(place, raw, raw)
        steps = np.diff(raw, prepend=raw[:1])
        return cls(place, raw[0] + np.cumsum(signed(steps)), raw)

    def locate(self, place: Places, raw: Numbers) -> Numbers:
        """Where numbers that were sent at these places lie on the line."""
        if not len(self.place):
            return raw.copy()
        before = np.maximum(np.searchsorted(self.place, place, "right") - 1, 0)
        return self.at[before] + signed(raw - self.raw[before])

    def locate_one(self, place: int, raw: int) -> int:
        """The same for one number."""
        return int(self.locate(np.array([place]), np.array([raw]))[0])


def line_of(evidence: Evidence, is_own: Which, forged: Places) -> Line:
    """The line of the numbers that the sender of the packets ``is_own`` uses.

    Resets do not mark it out, since they may answer with any number; nor do SYNs ``forged``.
    Where nothing of a side was seen, the other side's acknowledgments mark it out.
    """
    marks = is_own & ~evidence.has(RST)
    marks[forged] = False
    place = np.flatnonzero(marks)
    if len(place):
        return Line.through(place, evidence.seq[place])
    place = np.flatnonzero(~is_own & evidence.has(ACK) & ~evidence.has(RST))
    return Line.through(place, evidence.ack[place])
