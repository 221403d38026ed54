"""What of a conversation was captured: facts by number, and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcpcourse.packet import SIDES, Side
from tcpcourse.sources.capture.columns import ACK, FIN, RST, SYN, Array


@dataclass(frozen=True, slots=True)
class Captured:
    """What of a conversation is in the capture.

    ``packets``, ``syns`` and ``fins`` name the sides of which at least one was captured.
    ``reset`` says that a RST was. ``holes`` counts, for A and for B, the places where numbers
    are missing: bytes that later packets, or the other side's ACKs, show to have been sent.
    """

    packets: tuple[Side, ...]
    syns: tuple[Side, ...]
    fins: tuple[Side, ...]
    reset: bool
    holes: tuple[int, int]

    @property
    def one_way(self) -> bool:
        """Whether one side's packets are all missing."""
        return len(self.packets) == 1

    @property
    def whole(self) -> bool:
        """Whether beginning, end and all numbers between were captured."""
        ended = len(self.fins) == 2 or self.reset
        return ended and len(self.syns) == 2 and not self.one_way and not any(self.holes)

    def __str__(self) -> str:
        beginnings = (
            "beginning not captured",
            "only one side's SYN captured",
            "handshake captured",
        )
        if len(self.fins) == 2:
            end = "closed by both sides"
        elif self.reset:
            end = "ended by a reset"
        elif self.fins:
            end = "closed by one side only"
        else:
            end = "end not captured"
        if self.one_way:
            between = f"only {self.packets[0]}'s packets captured"
        elif any(self.holes):
            between = "packets missing between"
        else:
            between = "nothing missing between"
        return f"{beginnings[len(self.syns)]}, {end}, {between}"


def captured(rows: Array, *, alone: bool = False) -> Captured:
    """Look through the rows of one conversation; ``alone`` if both ends are one socket."""
    flags, direction = rows["flags"], rows["direction"]
    if alone:  # every packet speaks for both ends
        rows = np.concatenate([rows, rows])
        rows["direction"][len(flags) :] = 1
        flags, direction = rows["flags"], rows["direction"]

    def sides(mask: NDArray[np.bool_]) -> tuple[Side, ...]:
        return tuple(side for who, side in enumerate(SIDES) if (mask & (direction == who)).any())

    fitting = rows[~_of_an_older_connection(rows)]
    return Captured(
        sides(np.ones(len(rows), bool)),
        sides(flags & SYN != 0),
        sides(flags & FIN != 0),
        _reset_at_the_end(flags, direction),
        (_holes(fitting, 0), _holes(fitting, 1)),
    )


def _reset_at_the_end(flags: NDArray[np.uint16], direction: NDArray[np.uint8]) -> bool:
    """Whether a RST ended it: after one that does, its sender says nothing but RSTs."""
    resets = np.flatnonzero(flags & RST != 0)
    for side in (0, 1):
        own = resets[direction[resets] == side]
        spoken = np.flatnonzero((flags & RST == 0) & (direction == side))
        if len(own) and (not len(spoken) or spoken[-1] < own[-1]):
            return True
    return False


def _of_an_older_connection(rows: Array) -> NDArray[np.bool_]:
    """Packets with which an end that has an older connection in mind answers a SYN.

    They come after the SYN, before that end's own, and acknowledge what was not sent (RFC 9293
    figure 9).
    """
    found = np.zeros(len(rows), bool)
    flags = rows["flags"]
    for side in (0, 1):
        mine = rows["direction"] == side
        calls = np.flatnonzero(~mine & (flags & (SYN | ACK) == SYN))
        answers = np.flatnonzero(mine & (flags & SYN != 0))
        if not len(calls) or not len(answers) or answers[0] < calls[0]:
            continue
        between = np.arange(calls[0], answers[0])
        peer = rows[between][~mine[between]]
        most = (peer["payload_len"] + (peer["flags"] & SYN != 0)).sum() + 1
        old = mine[between] & (flags[between] & ACK != 0) & (rows["rel_ack"][between] > most)
        found[between[old]] = True
    return found


def _holes(rows: Array, side: int) -> int:
    """How many stretches of one side's numbers are missing.

    A packet without data says up to where its sender has sent, an ACK what the other side has
    got. What was stored late, or sent again, fills a hole. The numbers of a RST say nothing:
    they may be those of the packet that drew it.
    """
    rows = rows[rows["flags"] & RST == 0]
    own = rows[rows["direction"] == side]
    if not len(own):
        return 0
    acks = rows[(rows["direction"] != side) & (rows["flags"] & ACK != 0)]
    first = int(own["rel_seq"][0])
    begin = _unwrapped(own["rel_seq"], first)
    end = begin + own["payload_len"] + (own["flags"] & SYN != 0) + (own["flags"] & FIN != 0)
    highest = end.max()
    if len(acks):
        highest = max(highest, _unwrapped(acks["rel_ack"], first).max())
    lowest, taken = begin.min(), end > begin
    if taken.any():
        begin, end = begin[taken], end[taken]
    order = np.argsort(begin, kind="stable")
    begin, end = begin[order], np.maximum.accumulate(end[order])
    holes = int(np.count_nonzero(begin[1:] > end[:-1]))
    # a keep-alive may be the first packet captured: it is one number before the next
    return holes + bool(begin[0] > lowest + 1) + bool(highest > end[-1])


def _unwrapped(numbers: NDArray[np.uint32], near: int) -> NDArray[np.int64]:
    """Numbers that go on beyond 2**32; the first is the one nearest to ``near``."""
    steps = np.diff(numbers, prepend=np.uint32(near & 0xFFFFFFFF)).view(np.int32)
    return near + np.cumsum(steps, dtype=np.int64)
