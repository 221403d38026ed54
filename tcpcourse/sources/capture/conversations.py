"""Which packets belong together, who is A, and numbers counted from the beginning.

Packets of one pair of endpoints make one conversation, until the ports are used again:

- after a close (a FIN from both sides, or a RST) a SYN with another sequence number begins
  a new conversation;
- without a close it does so only when it is answered: the peer's next SYN,ACK
  acknowledges exactly that SYN. Otherwise it stays, as in RFC 9293's figure 9;
- a RST that refuses the answer to an old duplicate SYN closes nothing (figure 8).

Relative numbers count as in Wireshark: a side's base is its SYN's number. Where the SYN was
not captured, the first number seen (in a packet, or in the peer's ACK) counts as 1.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tcpcourse.sources.capture.read.headers import ACK, NO_SCALE, SYN, HeaderReader

FIN, RST = 0x01, 0x04
_BLOCK = 1 << 17  # rows worked on at a time, so that temporary arrays stay small
_LOOK_AHEAD = 8  # events of one pair in which the answer to a SYN is looked for
_NONE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Conversations:
    """What is known of each conversation, as arrays by its number.

    ``low`` and ``high`` are its endpoints as numbers, ``upper_is_a`` whether the high one is
    A. ``syn_seen`` has two columns, for A and B. ``packets`` counts. ``reused`` are the rows
    of SYNs that begin a conversation on ports which had one before.
    """

    low: Any
    high: Any
    upper_is_a: Any
    syn_seen: Any
    packets: Any
    reused: Any


def connect(rows: Any, reader: HeaderReader) -> Conversations:
    """Number the conversations by first appearance and fill in what depends on them.

    On entry a row's ``conversation`` is the number of its pair of endpoints and its
    ``direction`` whether the higher endpoint sent it.
    """
    pairs = reader.conversations
    syn_row = np.array(reader.syn_row, np.int64)
    pure = syn_row[rows["flags"][syn_row] & (ACK | RST) == 0]
    count = pairs.size
    splits = _splits(rows, pure, count)
    pair = np.concatenate([np.arange(count), (splits >> np.uint64(32)).astype(np.int64)])
    if len(splits):
        _split(rows, splits, count)
    first = _firsts(rows, len(pair))
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(pair), np.uint32)
    rank[order] = np.arange(len(pair))
    pair, first = pair[order], first[order]
    for block in _blocks(rows):
        rows["conversation"][block] = rank[rows["conversation"][block]]

    opener = first.copy()
    opener[rows["conversation"][pure][::-1]] = pure[::-1]
    upper_is_a = rows["direction"][opener].astype(bool)
    packets = _orient(rows, upper_is_a)
    base, syn_seen = _bases(rows, syn_row, len(pair))
    scale = _scales(rows, syn_row, np.array(reader.syn_scale, np.uint8), len(pair))
    alone = 2 * np.flatnonzero(pairs.left[pair] == pairs.right[pair])
    for known in (base, scale):  # a socket connected to itself is its own peer
        known[alone + 1] = known[alone]
    agreed = (scale.reshape(-1, 2) != NO_SCALE).all(axis=1).repeat(2)
    shift = np.where(agreed, scale, 0).astype(np.uint8)  # only if both SYNs offered it
    _relate(rows, base, shift)
    reused = (splits & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return Conversations(
        pairs.left[pair], pairs.right[pair], upper_is_a, syn_seen.reshape(-1, 2), packets,
        np.sort(reused),
    )  # fmt: skip


def _blocks(rows: Any, *, backwards: bool = False) -> Iterable[slice]:
    """Slices that cover all rows, a bounded number at a time."""
    starts = range(0, len(rows), _BLOCK)
    return (slice(at, at + _BLOCK) for at in (reversed(starts) if backwards else starts))


def _firsts(rows: Any, count: int) -> Any:
    """The first row of each conversation: going backwards, the last one written stays."""
    first = np.full(count, -1, np.int64)
    for block in _blocks(rows, backwards=True):
        mine = rows["conversation"][block]
        first[mine[::-1]] = np.arange(block.start, block.start + len(mine))[::-1]
    return first


def _splits(rows: Any, pure: Any, count: int) -> Any:
    """Where ports are used again: pair << 32 | row of each SYN that begins anew, in order."""
    first = _firsts(rows, count)
    start = first[rows["conversation"][pure]]
    same = (rows["flags"][start] & SYN != 0) & (rows["seq"][start] == rows["seq"][pure])
    same &= rows["direction"][start] == rows["direction"][pure]
    suspects = np.zeros(count, bool)
    suspects[rows["conversation"][pure[~same]]] = True
    if not suspects.any():
        return np.zeros(0, np.uint64)
    events = np.concatenate(
        [
            block.start
            + np.flatnonzero(
                (rows["flags"][block] & (SYN | FIN | RST) != 0)
                & suspects[rows["conversation"][block]]
            )
            for block in _blocks(rows)
        ]
    )
    events = events[np.argsort(rows["conversation"][events], kind="stable")]
    return np.array(_begins_anew(rows, events, first), np.uint64)


def _begins_anew(rows: Any, events: Any, first: Any) -> array[int]:
    """Go through the SYNs, FINs and RSTs of suspect pairs, one pair after the other."""
    pairs, sides, flags, seqs, acks = (
        np.ascontiguousarray(rows[name][events]).data
        for name in ("conversation", "direction", "flags", "seq", "ack")
    )
    found = array("Q")
    now = -1
    state = Opened(midway=False)
    for place, pair in enumerate(pairs):
        side, flag, seq = sides[place], flags[place], seqs[place]
        if pair != now:
            now, state = pair, Opened(midway=first[pair] != events[place])
        if flag & SYN and not flag & (ACK | RST):
            after = range(place + 1, min(place + 1 + _LOOK_AHEAD, len(pairs)))
            if state.is_other(side, seq) and (
                state.closed
                or (
                    seq != state.latest[side]
                    and _answered(pairs, sides, flags, acks, after, place, seq)
                )
            ):
                found.append(pair << 32 | int(events[place]))
                state = Opened(midway=False)
        state.see(side, flag, seq, acks[place])
    return found


@dataclass(slots=True)
class Opened:
    """What the SYNs, FINs and RSTs of one connection have said so far.

    ``first`` and ``latest`` are the numbers of each side's SYNs, ``refusable`` the side that
    got a SYN,ACK for another SYN than its latest: its RST refuses that, and closes nothing.
    """

    midway: bool
    closed: bool = False
    fins: int = 0
    first: list[int | None] = field(default_factory=lambda: [None, None])
    latest: list[int | None] = field(default_factory=lambda: [None, None])
    refusable: int | None = None

    def is_other(self, side: int, seq: int) -> bool:
        """Whether a SYN is neither the connection's first, nor crosses the peer's."""
        if self.first[side] is None:
            return self.closed or (self.midway and self.first[1 - side] is None)
        return self.first[side] != seq

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
            if flags & ACK and asked is not None and ack != (asked + 1) & 0xFFFFFFFF:
                self.refusable = 1 - side
        elif flags & FIN:
            self.fins |= 1 << side
            self.closed = self.closed or self.fins == 3


def _answered(
    pairs: Any, sides: Any, flags: Any, acks: Any, after: range, place: int, seq: int
) -> bool:
    """Whether the next SYN,ACK from the other side acknowledges the SYN at ``place``."""
    for later in after:
        if pairs[later] != pairs[place] or flags[later] & RST:
            return False
        if flags[later] & SYN and flags[later] & ACK and sides[later] != sides[place]:
            return bool(acks[later] == (seq + 1) & 0xFFFFFFFF)
    return False


def _split(rows: Any, splits: Any, count: int) -> None:
    """Give the rows after each split the number of the new conversation."""
    concerned = np.zeros(count, bool)
    concerned[(splits >> np.uint64(32)).astype(np.int64)] = True
    for block in _blocks(rows):
        pair = rows["conversation"][block]
        where = np.flatnonzero(concerned[pair])
        key = pair[where].astype(np.uint64) << np.uint64(32)
        key |= (where + block.start).astype(np.uint64)
        last = np.searchsorted(splits, key, "right") - 1
        mine = (last >= 0) & (splits[last] >> np.uint64(32) == pair[where])
        pair[where[mine]] = count + last[mine]


def _orient(rows: Any, upper_is_a: Any) -> Any:
    """Turn directions so that 0 is from A; count the packets of each conversation."""
    packets = np.zeros(len(upper_is_a), np.int64)
    for block in _blocks(rows):
        mine = rows["conversation"][block]
        rows["direction"][block] ^= upper_is_a[mine]
        packets += np.bincount(mine, minlength=len(packets))
    return packets


def _bases(rows: Any, syn_row: Any, count: int) -> tuple[Any, Any]:
    """What relative number 0 is for each side (index 2 × conversation + direction).

    And whether that is because its SYN was seen.
    """
    own = np.full(2 * count, _NONE)
    told = np.full(2 * count, _NONE)
    for block in _blocks(rows, backwards=True):
        side = _side(rows, block)[::-1]
        number = np.arange(block.start, block.start + len(side))[::-1]
        own[side] = number
        acks = rows["flags"][block][::-1] & ACK != 0
        told[side[acks] ^ 1] = number[acks]
    base = np.zeros(2 * count, np.uint32)
    by_own = np.flatnonzero((own <= told) & (own != _NONE))
    base[by_own] = rows["seq"][own[by_own]] - np.uint32(1)
    by_peer = np.flatnonzero(told < own)
    base[by_peer] = rows["ack"][told[by_peer]] - np.uint32(1)
    syn_seen = np.zeros(2 * count, bool)
    side = _side(rows, syn_row)[::-1]
    base[side] = rows["seq"][syn_row][::-1]
    syn_seen[side] = True
    return base, syn_seen


def _scales(rows: Any, syn_row: Any, scale: Any, count: int) -> Any:
    """The window scale that each side's SYN offered (the last, where it was sent again)."""
    found = np.full(2 * count, NO_SCALE, np.uint8)
    offered = scale != NO_SCALE
    found[_side(rows, syn_row[offered])] = scale[offered]
    return found


def _relate(rows: Any, base: Any, shift: Any) -> None:
    """Fill in relative numbers and scaled windows."""
    for block in _blocks(rows):
        side = _side(rows, block)
        flags = rows["flags"][block]
        rows["rel_seq"][block] = rows["seq"][block] - base[side]
        rows["rel_ack"][block] = np.where(flags & ACK, rows["ack"][block] - base[side ^ 1], 0)
        if shift.any():
            by = np.where(flags & SYN, 0, shift[side])
            rows["scaled_window"][block] = rows["window"][block].astype(np.uint32) << by


def _side(rows: Any, which: Any) -> Any:
    return rows["conversation"][which].astype(np.int64) * 2 + rows["direction"][which]
