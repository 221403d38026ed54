"""How packets were stored: twice, or in another order than they were sent; what that hides.

Neither is TCP's doing. A mirror (SPAN) port that copies what comes in and what goes out shows
each packet twice; several queues or interfaces in one file, or two files joined, change the
order. Both are found by numbers, for whole arrays at a time, and only said: no packet is
taken out or moved.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.columns import ACK, FIN, RST, SYN, Array

TWICE = (
    "packets captured twice, as at a mirror (SPAN) port: the copies are noted as such and count "
    "for nothing; editcap -d IN OUT takes them out"
)
LATE = (
    "a packet stored after one that answers it: the order of the file is in doubt; "
    "reordercap IN OUT sorts it by time"
)
SCALE = (
    "packets whose window scale is not known, for a SYN or its options were not captured: "
    "their windows in bytes are a guess"
)
SOON_NS = 1_000_000  # a copy follows within that; the quickest retransmission is far slower
ANSWER_NS = 200_000_000  # what was acknowledged is not sent again sooner than that (Linux)
NEAR = 8  # rows in which the copy of a packet is looked for
_SAME = ("flags", "window", "payload_len", "ip_id", "direction")
_BLOCK = 1 << 17
_NOTHING = np.int64(-(1 << 32))  # below every relative number
_APART = 34  # bits that hold all relative numbers of a conversation, and _NOTHING


def copies(rows: Array) -> NDArray[np.int64]:
    """The rows that are copies of a row before them, as a mirror port makes them.

    The same conversation, numbers, flags, window and IP identification within a millisecond.
    A network may deliver one packet twice, too, so at least half of what one side sent must
    have a copy, and at least two packets of the conversation. Where identifications tell
    nothing (IPv6, some stacks), a duplicate ACK looks the same: there nearly all must have
    one, also those with data, SYN or FIN, and at least three of the conversation.
    """
    parts = [np.zeros(0, np.int64)]
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK + NEAR]
        numbers = [np.ascontiguousarray(block[name]) for name in ("seq", "ack", "conversation")]
        for lag in range(1, min(NEAR, len(block) - 1) + 1):
            like = np.ones(len(block) - lag, bool)
            for number in numbers:
                like &= number[lag:] == number[:-lag]
            places = np.flatnonzero(like[:_BLOCK])
            if len(places):
                parts.append(start + lag + places[_are_same(block[places], block[places + lag])])
    found = np.unique(np.concatenate(parts))
    return found[_systematic(rows, found)] if len(found) else found


def _are_same(first: Array, again: Array) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = np.abs(again["time_ns"] - first["time_ns"]) < SOON_NS
    for name in _SAME:
        same &= first[name] == again[name]
    return same


def _systematic(rows: Array, found: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each copy whether its sender's packets mostly have one."""
    sides = _sides(rows[found])
    concerned, place, copied = np.unique(sides, return_inverse=True, return_counts=True)
    count = len(concerned)
    named = [np.zeros(0, np.int64)]  # side << 16 | identification of each packet concerned
    unlike_acks = np.zeros(count, np.int64)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        side = _sides(block)
        at = np.minimum(np.searchsorted(concerned, side), count - 1)
        mine = concerned[at] == side
        named.append(at[mine] << 16 | block["ip_id"][mine])
        unlike_acks += np.bincount(at[mine & _is_no_ack(block)], minlength=count)
    packets = np.concatenate(named)
    sent = np.bincount(packets >> 16, minlength=count) - copied
    different = np.bincount(np.unique(packets) >> 16, minlength=count)
    telling = different * 2 > sent
    certain = np.bincount(place[_is_no_ack(rows[found])], minlength=count)
    nearly = (copied * 10 >= sent * 9) & (certain * 10 >= (unlike_acks - certain) * 9)
    mostly = np.where(telling, copied * 2 >= sent, nearly & (certain > 0))
    _, both, together = np.unique(sides >> 1, return_inverse=True, return_counts=True)
    accepted: NDArray[np.bool_] = mostly[place] & (together[both] >= np.where(telling, 2, 3)[place])
    return accepted


def _sides(rows: Array) -> NDArray[np.int64]:
    sides: NDArray[np.int64] = rows["conversation"].astype(np.int64) * 2 + rows["direction"]
    return sides


def _is_no_ack(rows: Array) -> NDArray[np.bool_]:
    """More than an ACK: nobody sends such a packet again within a millisecond."""
    more: NDArray[np.bool_] = (rows["payload_len"] > 0) | (rows["flags"] & (SYN | FIN) != 0)
    return more


def answered_before_stored(rows: Array, order: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The rows of packets that were acknowledged by a packet stored before them.

    ``order`` sorts the rows by conversation. A packet counts where it is the first of its
    numbers in the file, and comes too soon after the acknowledgment to have been sent again.
    """
    sides = [_late_ones(rows, order, side) for side in (0, 1)]
    return np.unique(np.concatenate(sides))


def _late_ones(rows: Array, order: NDArray[np.uint32], side: int) -> NDArray[np.int64]:
    """The same for one side's packets."""
    flags = rows["flags"][order]
    mine = rows["direction"][order] == side
    taken = (rows["payload_len"][order] > 0) | (flags & (SYN | FIN) != 0)
    sends = mine & taken & (flags & RST == 0)
    acks = ~mine & (flags & (ACK | RST) == ACK)
    conversation = rows["conversation"][order].astype(np.int64)
    begin = rows["rel_seq"][order].view(np.int32).astype(np.int64)
    end = begin + rows["payload_len"][order] + (flags & SYN != 0) + (flags & FIN != 0)
    # the highest number seen so far, of this conversation: each starts above all before it
    level = conversation << _APART
    seen = np.maximum.accumulate(np.where(mine & (flags & RST == 0), end, _NOTHING) + level)
    seen = np.maximum(seen - level, _NOTHING)
    ack = rows["rel_ack"][order].view(np.int32).astype(np.int64)
    # the next packet of this side that takes up numbers
    count = len(order)
    places = np.where(sends, np.arange(count), count)
    following = np.minimum.accumulate(places[::-1])[::-1]
    early = np.flatnonzero(acks & (ack > seen) & (following < count))
    then = following[early]
    early, then = (each[conversation[early] == conversation[then]] for each in (early, then))
    wait = rows["time_ns"][order[then]] - rows["time_ns"][order[early]]
    late = (begin[then] >= seen[early]) & (end[then] <= ack[early]) & (wait < ANSWER_NS)
    found: NDArray[np.uint32] = order[then[late]]
    return found.astype(np.int64)
