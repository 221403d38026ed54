"""Sequence numbers: 32 bits, and after the largest comes zero (RFC 9293 §3.4).

A sequence number is not an integer. It has no largest value and no order that holds for
all three of any three numbers, so it must never be sorted, and ``7`` the integer is not
``SeqNumber(7)``. What two numbers do have is a *distance*: how far, and which way round,
is the shorter way from one to the other.

At a distance of exactly 2**31 both ways are equally long. Then neither number is less
than the other: ``<``, ``<=``, ``>`` and ``>=`` are all false. A connection never gets
there, because its windows are at most 2**30 bytes (RFC 7323 §2.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

MODULUS = 1 << 32
HALF = 1 << 31


@dataclass(frozen=True, slots=True, init=False, eq=False)
class SeqNumber:
    """One number of the circle 0 … 2**32 − 1; any integer is taken modulo 2**32.

    >>> SeqNumber(0xFFFFFFF0) + 32
    SeqNumber(16)
    >>> SeqNumber(16) - SeqNumber(0xFFFFFFF0), SeqNumber(0xFFFFFFF0) < SeqNumber(16)
    (32, True)
    """

    value: int

    def __init__(self, value: int) -> None:
        _set_value(self, int(value) % MODULUS)

    def __int__(self) -> int:
        return self.value

    def __eq__(self, other: object) -> bool:
        return self.value == other.value if isinstance(other, SeqNumber) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.value)

    def __add__(self, count: int) -> SeqNumber:
        """The number ``count`` bytes further on."""
        if not isinstance(count, int):
            return NotImplemented
        return SeqNumber(self.value + count)

    @overload
    def __sub__(self, other: SeqNumber) -> int: ...

    @overload
    def __sub__(self, other: int) -> SeqNumber: ...

    def __sub__(self, other: SeqNumber | int) -> SeqNumber | int:
        """The signed distance from another number, or the number that many bytes back.

        The distance is from −2**31 to 2**31 − 1; at exactly half the circle it is −2**31
        whichever way one subtracts.
        """
        if isinstance(other, SeqNumber):
            return (self.value - other.value + HALF) % MODULUS - HALF
        if isinstance(other, int):
            return SeqNumber(self.value - other)
        return NotImplemented

    def __lt__(self, other: SeqNumber) -> bool:
        if not isinstance(other, SeqNumber):
            return NotImplemented
        return 0 < (other.value - self.value) % MODULUS < HALF

    def __le__(self, other: SeqNumber) -> bool:
        if not isinstance(other, SeqNumber):
            return NotImplemented
        return (other.value - self.value) % MODULUS < HALF

    def __gt__(self, other: SeqNumber) -> bool:
        if not isinstance(other, SeqNumber):
            return NotImplemented
        return 0 < (self.value - other.value) % MODULUS < HALF

    def __ge__(self, other: SeqNumber) -> bool:
        if not isinstance(other, SeqNumber):
            return NotImplemented
        return (self.value - other.value) % MODULUS < HALF

    def forward_to(self, other: SeqNumber) -> int:
        """How many bytes further on ``other`` is, going forward only: 0 … 2**32 − 1."""
        return (other.value - self.value) % MODULUS

    def within(self, start: SeqNumber, length: int) -> bool:
        """Whether this number lies in the half-open range of ``length`` numbers from ``start``.

        The first number is in, the one after the last is out, and an empty range holds
        nothing. ``length`` is in sequence numbers (bytes), 0 … 2**32.
        """
        return start.forward_to(self) < length

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"SeqNumber({self.value})"


# The slot itself, which sets the value of a frozen number in a third of the time.
_set_value = SeqNumber.__dict__["value"].__set__


def segment_acceptable(seg_seq: SeqNumber, seg_len: int, rcv_nxt: SeqNumber, rcv_wnd: int) -> bool:
    """The four cases of RFC 9293 §3.4 (table 5): does the segment touch the receive window?

    ``seg_len`` counts SYN, data and FIN; ``rcv_wnd`` is in bytes. An empty segment fits a
    closed window only at its very edge; a segment with content never fits a closed window.
    """
    first = rcv_nxt.forward_to(seg_seq)
    if seg_len == 0:
        return first < max(rcv_wnd, 1)
    return first < rcv_wnd or (first + seg_len - 1) % MODULUS < rcv_wnd


def ack_advances(snd_una: SeqNumber, seg_ack: SeqNumber, snd_nxt: SeqNumber) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT: the acknowledgment covers something new that we sent.

    RFC 9293 §3.4, "acceptable ack".
    """
    return 0 < snd_una.forward_to(seg_ack) <= snd_una.forward_to(snd_nxt)
