"""Which packets belong together, and who is A.

Packets of one pair of endpoints make one conversation, until the ports are used again:

- after a close (a FIN from both sides, or a RST) a SYN with another sequence number begins
  a new conversation;
- without a close it does so only when it is answered: the peer's next SYN,ACK
  acknowledges exactly that SYN. Otherwise it stays, as in RFC 9293's figure 9;
- a RST that refuses the answer to an old duplicate SYN closes nothing (figure 8);
- a SYN that only was stored late begins nothing: one that a SYN,ACK before it answers,
  whose number is the one before the first seen, or which has the earlier time and number.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.columns import ACK, FIN, RST, SYN, Array
from tcpcourse.sources.capture.read.headers import HeaderReader
from tcpcourse.sources.capture.relative import blocks, first_numbers, relate

_LOOK_AHEAD = 8  # events of one pair in which the answer to a SYN is looked for
_MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Conversations:
    """What is known of each conversation, as arrays by its number.

    ``low`` and ``high`` are its endpoints as numbers, ``upper_is_a`` whether the high one is
    A. ``syn_seen`` and ``scale`` have two columns, for A and B. ``packets`` counts.
    ``reused`` are the rows of SYNs that begin a conversation on ports which had one before,
    ``late`` those of SYNs that were stored after what follows them.
    """

    low: NDArray[np.uint64]
    high: NDArray[np.uint64]
    upper_is_a: NDArray[np.bool_]
    syn_seen: NDArray[np.bool_]
    scale: NDArray[np.int8]
    packets: NDArray[np.int64]
    reused: NDArray[np.int64]
    late: NDArray[np.int64]


def connect(rows: Array, reader: HeaderReader) -> Conversations:
    """Number the conversations by first appearance and fill in what depends on them.

    On entry a row's ``conversation`` is the number of its pair of endpoints and its
    ``direction`` whether the higher endpoint sent it.
    """
    pairs = reader.conversations
    syn_row = np.array(reader.syn_row, np.int64)
    pure = syn_row[rows["flags"][syn_row] & (ACK | RST) == 0]
    splits, late = _splits(rows, pure, pairs.size)
    pair = np.concatenate([np.arange(pairs.size), (splits >> np.uint64(32)).astype(np.int64)])
    if len(splits):
        _split(rows, splits, pairs.size)
    first = _firsts(rows, len(pair))
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(pair), np.uint32)
    rank[order] = np.arange(len(pair))
    pair, first = pair[order], first[order]
    for block in blocks(rows):
        rows["conversation"][block] = rank[rows["conversation"][block]]

    opener = first.copy()
    opener[rows["conversation"][pure][::-1]] = pure[::-1]
    upper_is_a = rows["direction"][opener].astype(bool)
    packets = _orient(rows, upper_is_a)
    alone = np.flatnonzero(pairs.left[pair] == pairs.right[pair])
    offered = np.array(reader.syn_scale, np.uint8)
    syn_seen, scale = relate(rows, syn_row, offered, alone, len(pair))
    reused = np.sort((splits & np.uint64(_MASK)).astype(np.int64))
    return Conversations(
        pairs.left[pair],
        pairs.right[pair],
        upper_is_a,
        syn_seen.reshape(-1, 2),
        scale.reshape(-1, 2),
        packets,
        reused,
        late,
    )


def _firsts(rows: Array, count: int) -> NDArray[np.int64]:
    """The first row of each conversation: going backwards, the last one written stays."""
    first = np.full(count, -1, np.int64)
    for block in blocks(rows, backwards=True):
        mine = rows["conversation"][block]
        first[mine[::-1]] = np.arange(block.start, block.start + len(mine))[::-1]
    return first


def _splits(
    rows: Array, pure: NDArray[np.int64], count: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Where ports are used again: pair << 32 | row of each SYN that begins anew, in order.

    And the rows of SYNs that were only stored late.
    """
    first = _firsts(rows, count)
    start = first[rows["conversation"][pure]]
    same = (rows["flags"][start] & SYN != 0) & (rows["seq"][start] == rows["seq"][pure])
    same &= rows["direction"][start] == rows["direction"][pure]
    suspects = np.zeros(count, bool)
    suspects[rows["conversation"][pure[~same]]] = True
    if not suspects.any():  # the ordinary capture, which needs no look at single packets
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    events = np.concatenate(
        [
            block.start
            + np.flatnonzero(
                (rows["flags"][block] & (SYN | FIN | RST) != 0)
                & suspects[rows["conversation"][block]]
            )
            for block in blocks(rows)
        ]
    )
    events = events[np.argsort(rows["conversation"][events], kind="stable")]
    found, late = _begins_anew(rows, events, first, first_numbers(rows, count))
    return np.array(found, np.uint64), np.array(sorted(late), np.int64)


def _begins_anew(
    rows: Array, events: NDArray[np.int64], first: NDArray[np.int64], base: NDArray[np.uint32]
) -> tuple[array[int], list[int]]:
    """Go through the SYNs, FINs and RSTs of suspect pairs, one pair after the other."""
    pairs, sides, flags, seqs, acks, times = (
        np.ascontiguousarray(rows[name][events]).data
        for name in ("conversation", "direction", "flags", "seq", "ack", "time_ns")
    )
    found, late = array("Q"), []
    now = -1
    state = Opened(midway=False)
    for place, pair in enumerate(pairs):
        side, flag, seq = sides[place], flags[place], seqs[place]
        if pair != now:
            now, begins = pair, base[2 * pair : 2 * pair + 2].tolist()
            state = Opened(first[pair] != events[place], begins, int(rows["time_ns"][first[pair]]))
        if flag & SYN and not flag & (ACK | RST):
            after = range(place + 1, min(place + 1 + _LOOK_AHEAD, len(pairs)))
            if state.first[side] is None and state.came_late(side, seq, times[place]):
                late.append(int(events[place]))
            elif state.is_other(side, seq) and (
                state.closed
                or (
                    seq != state.latest[side]
                    and _answered(pairs, sides, flags, acks, after, place, seq)
                )
            ):
                found.append(pair << 32 | int(events[place]))
                state = Opened(midway=False)
        state.see(side, flag, seq, acks[place])
    return found, late


@dataclass(slots=True)
class Opened:
    """What the SYNs, FINs and RSTs of one connection have said so far.

    ``midway`` says that it began with something else, ``base`` then holds the number before
    each side's first one and ``since_ns`` the time of its first packet. ``first`` and
    ``latest`` are the numbers of each side's SYNs, ``called`` what the peer's SYN,ACK took
    for it, ``refusable`` the side that got a SYN,ACK for another SYN than its latest: its RST
    refuses that, and closes nothing.
    """

    midway: bool
    base: list[int] = field(default_factory=list)
    since_ns: int = 0
    closed: bool = False
    fins: int = 0
    first: list[int | None] = field(default_factory=lambda: [None, None])
    latest: list[int | None] = field(default_factory=lambda: [None, None])
    called: list[int | None] = field(default_factory=lambda: [None, None])
    refusable: int | None = None

    def is_other(self, side: int, seq: int) -> bool:
        """Whether a SYN is neither the connection's first, nor crosses the peer's."""
        if self.first[side] is None:
            return self.closed or (self.midway and self.first[1 - side] is None)
        return self.first[side] != seq

    def came_late(self, side: int, seq: int, when_ns: int) -> bool:
        """Whether a side's first SYN is the one with which all before it in the file began."""
        if self.called[side] == seq:
            return True
        if not self.midway or not self.base:
            return False
        ahead = (self.base[side] - seq) & _MASK
        return ahead == 0 or (when_ns < self.since_ns and ahead < 1 << 31)

    def see(self, side: int, flags: int, seq: int, ack: int) -> None:
        """Take note of a packet."""
        refused, self.refusable = self.refusable == side, None
        if flags & RST:
            self.closed = self.closed or not refused
        elif flags & SYN:
            self.latest[side] = seq
            if self.first[side] is None:
                self.first[side] = seq
            asked = self.latest[1 - side]
            if flags & ACK and asked is not None and ack != (asked + 1) & _MASK:
                self.refusable = 1 - side
            if flags & ACK and self.called[1 - side] is None:
                self.called[1 - side] = (ack - 1) & _MASK
        elif flags & FIN:
            self.fins |= 1 << side
            self.closed = self.closed or self.fins == 3


def _answered(
    pairs: memoryview,
    sides: memoryview,
    flags: memoryview,
    acks: memoryview,
    after: range,
    place: int,
    seq: int,
) -> bool:
    """Whether the next SYN,ACK from the other side acknowledges the SYN at ``place``."""
    for later in after:
        if pairs[later] != pairs[place] or flags[later] & RST:
            return False
        if flags[later] & SYN and flags[later] & ACK and sides[later] != sides[place]:
            return bool(acks[later] == (seq + 1) & 0xFFFFFFFF)
    return False


def _split(rows: Array, splits: NDArray[np.uint64], count: int) -> None:
    """Give the rows after each split the number of the new conversation."""
    concerned = np.zeros(count, bool)
    concerned[(splits >> np.uint64(32)).astype(np.int64)] = True
    for block in blocks(rows):
        pair = rows["conversation"][block]
        where = np.flatnonzero(concerned[pair])
        key = pair[where].astype(np.uint64) << np.uint64(32)
        key |= (where + block.start).astype(np.uint64)
        last = np.searchsorted(splits, key, "right") - 1
        mine = (last >= 0) & (splits[last] >> np.uint64(32) == pair[where])
        pair[where[mine]] = count + last[mine]


def _orient(rows: Array, upper_is_a: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Turn directions so that 0 is from A; count the packets of each conversation."""
    packets = np.zeros(len(upper_is_a), np.int64)
    for block in blocks(rows):
        mine = rows["conversation"][block]
        rows["direction"][block] ^= upper_is_a[mine]
        packets += np.bincount(mine, minlength=len(packets))
    return packets
