"""Stretches of a conversation in which there is nothing to remark, found by arrays.

Most packets of most captures go on where their sender was, and acknowledge what was seen. A
*calm* packet does so by the packets around it alone; where the sides' ``Past`` agrees with
those, none of the rules of ``notes`` holds for it, and a whole stretch is passed over at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.columns import ACK, FIN, RST, SYN, Array
from tcpcourse.sources.capture.notes import Past, ahead

Numbers = NDArray[np.int64]
_PLAIN = SYN | FIN | RST | ACK
_SHORTEST = 12  # packets; a shorter stretch is quicker told one by one


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows as arrays, behind one row a side (0 and 1) for what it did before them.

    ``end`` is the number after each packet, ``last`` gives for each side the row of its last
    packet up to each row. ``calm`` are the rows in which nothing is to be remarked by what
    the rows before say.
    """

    rows: Array
    time: Numbers
    side: Numbers
    seq: Numbers
    ack: Numbers
    length: Numbers
    end: Numbers
    field: Numbers
    window: Numbers
    last: tuple[Numbers, Numbers]
    calm: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Array, past: tuple[Past, Past]) -> Block:
        """The block of these rows; ``past`` is what both sides did before them."""

        def column(name: str, before: tuple[int, int]) -> Numbers:
            return np.concatenate([np.array(before, np.int64), rows[name].astype(np.int64)])

        a, b = past
        side = column("direction", (0, 1))
        seq = column("seq", (a.next or 0, b.next or 0))
        ack, length = column("ack", (a.ack, b.ack)), column("payload_len", (0, 0))
        flags = column("flags", (ACK, ACK))
        field = column("window", tuple(1 if one.field is None else one.field for one in past))  # type: ignore[arg-type]
        window = column("scaled_window", (a.window, b.window))
        end = (seq + length + ((flags & (SYN | FIN)) != 0)) & 0xFFFFFFFF

        place = np.arange(len(side))
        last = (
            np.maximum.accumulate(np.where(side == 0, place, 0)),
            np.maximum.accumulate(np.where(side == 1, place, 1)),
        )
        before = np.maximum(place - 1, 0)
        mine = np.where(side == 0, last[0][before], last[1][before])
        peer = np.where(side == 0, last[1][before], last[0][before])
        known = np.array([one.next is not None for one in past])
        mine_known = (mine > 1) | known[np.minimum(mine, 1)]
        peer_known = (peer > 1) | known[np.minimum(peer, 1)]
        scaled = np.array([one.scale_known for one in past])[1 - side]

        has_data = length > 0
        goes_on = (flags & _PLAIN == ACK) & mine_known & (seq == end[mine]) & (field != 0)
        says_new = has_data | (ack != ack[mine])
        seen = ~peer_known | (_ahead(ack, end[peer]) <= 0)
        probes = (length == 1) & (field[peer] == 0)
        fills = has_data & scaled & (_ahead(end, ack[peer] + window[peer]) == 0)
        spurious = has_data & (ack[peer] != 0) & (_ahead(end, ack[peer]) <= 0)
        calm = goes_on & says_new & seen & ~probes & ~fills & ~spurious
        calm[:2] = False
        return cls(
            rows, column("time_ns", (0, 0)), side, seq, ack, length, end, field, window, last, calm
        )

    def stretches(self) -> list[tuple[int, int]]:
        """The calm stretches that are worth it: first row, and the row after the last."""
        edges = np.flatnonzero(np.diff(self.calm, prepend=False, append=False)).tolist()
        return [
            (start, stop)
            for start, stop in zip(edges[::2], edges[1::2], strict=True)
            if stop - start >= _SHORTEST
        ]

    def agrees(self, row: int, past: tuple[Past, Past]) -> bool:
        """Whether both sides stand where their last packets before ``row`` say."""
        for side, one in enumerate(past):
            last = int(self.last[side][row - 1])
            if one.renewed or (last > 1 and one.next != self.end[last]):
                return False
        return True

    def until(self, start: int, stop: int, past: tuple[Past, Past], *, timing: bool) -> int:
        """Where a calm stretch is over because of what happened long before.

        That is an ACK of numbers behind an old hole, and, if ``timing``, the handshake's end.
        """
        side, ack = self.side[start:stop], self.ack[start:stop]
        over = np.zeros(stop - start, bool)
        for number, one in enumerate(past):
            if one.whole != one.next and one.whole is not None:
                over |= (side != number) & (_ahead(ack, one.whole) > 0)
            other = past[1 - number]
            if timing and one.syn is not None and other.syn is not None:
                begins = self.seq[start:stop] == (one.syn + 1) & 0xFFFFFFFF
                over |= (side == number) & begins & (ack == (other.syn + 1) & 0xFFFFFFFF)
        return start + int(np.argmax(over)) if over.any() else stop

    def pass_over(self, start: int, stop: int, past: tuple[Past, Past]) -> None:
        """Let both sides have done what the calm rows from ``start`` up to ``stop`` say."""
        for side, one in enumerate(past):
            last = int(self.last[side][stop - 1])
            if last < start:
                continue
            own = self.side[start:stop] == side
            acks = self.ack[start:stop][own]
            if acks[0] != one.ack or (acks[1:] != acks[:-1]).any():
                one.repeats = 0
            data = np.flatnonzero(own & (self.length[start:stop] > 0))
            if len(data):
                one.next_ns = int(self.time[start + int(data[-1])])
            if (self.seq[start:stop][own] == one.whole).any():  # no hole is before it
                one.whole = int(self.end[last])
            one.next = int(self.end[last])
            one.field, one.window = int(self.field[last]), int(self.window[last])
            one.ack, one.ack_ns, one.notes = int(self.ack[last]), int(self.time[last]), 0


def _ahead(one: Numbers, other: Numbers | int) -> Numbers:
    """``notes.ahead`` for arrays."""
    found: Numbers = ahead(one, other)  # type: ignore[assignment, arg-type]
    return found
