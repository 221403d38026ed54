"""Numbers counted from the beginning, and windows in bytes.

Relative numbers count as in Wireshark: a side's base is its SYN's number. Where the SYN was
not captured, the first number seen (in a packet, or in the peer's ACK) counts as 1. A SYN
always counts from itself. Where one side sent SYNs with different numbers, the others count
from the one that the connection goes on with (``_recount``).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.columns import ACK, RST, SCALE_UNKNOWN, SYN, Array
from tcpcourse.sources.capture.read.headers import NO_SCALE, SCALE_CUT

_BLOCK = 1 << 17  # rows worked on at a time, so that temporary arrays stay small
_NONE = np.iinfo(np.int64).max
_MASK = 0xFFFFFFFF
Which = slice | NDArray[np.int64]


def blocks(rows: Array, *, backwards: bool = False) -> Iterable[slice]:
    """Slices that cover all rows, a bounded number at a time."""
    starts = range(0, len(rows), _BLOCK)
    return (slice(at, at + _BLOCK) for at in (reversed(starts) if backwards else starts))


def side_of(rows: Array, which: Which) -> NDArray[np.int64]:
    """2 × conversation + direction: a place for each side of each conversation."""
    conversation: NDArray[np.uint32] = rows["conversation"][which]
    direction: NDArray[np.uint8] = rows["direction"][which]
    return conversation.astype(np.int64) * 2 + direction


def first_numbers(rows: Array, count: int) -> NDArray[np.uint32]:
    """The number before the first one seen of each side, in its packets or the peer's ACKs."""
    own = np.full(2 * count, _NONE)
    told = np.full(2 * count, _NONE)
    for block in blocks(rows, backwards=True):  # going backwards, the first one stays
        side = side_of(rows, block)[::-1]
        number = np.arange(block.start, block.start + len(side))[::-1]
        own[side] = number
        acks = rows["flags"][block][::-1] & ACK != 0
        told[side[acks] ^ 1] = number[acks]
    base = np.zeros(2 * count, np.uint32)
    by_own = np.flatnonzero((own <= told) & (own != _NONE))
    base[by_own] = rows["seq"][own[by_own]] - np.uint32(1)
    by_peer = np.flatnonzero(told < own)
    base[by_peer] = rows["ack"][told[by_peer]] - np.uint32(1)
    return base


def relate(
    rows: Array,
    syn_row: NDArray[np.int64],
    syn_scale: NDArray[np.uint8],
    alone: NDArray[np.int64],
    count: int,
) -> tuple[NDArray[np.bool_], NDArray[np.int8]]:
    """Fill in relative numbers and windows in bytes.

    ``alone`` are the conversations of sockets connected to themselves, whose one side speaks
    for both. Gives for each side whether its SYN was seen, and how far its windows are to be
    shifted (``SCALE_UNKNOWN`` where nobody can say).
    """
    base = first_numbers(rows, count)
    syn_seen = np.zeros(2 * count, bool)
    side = side_of(rows, syn_row)[::-1]
    base[side] = rows["seq"][syn_row][::-1]
    syn_seen[side] = True
    renumbered = np.unique(side[base[side] != rows["seq"][syn_row][::-1]] >> 1)
    base[2 * alone + 1] = base[2 * alone]
    shift, scale = _scales(rows, syn_row, syn_scale, alone, count)
    for block in blocks(rows):
        side = side_of(rows, block)
        flags = rows["flags"][block]
        rows["rel_seq"][block] = rows["seq"][block] - base[side]
        rows["rel_ack"][block] = np.where(flags & ACK, rows["ack"][block] - base[side ^ 1], 0)
        if scale.any():
            syn = flags & SYN != 0
            rows["scale"][block] = np.where(syn, 0, scale[side])
            by = np.where(syn, 0, shift[side])
            rows["scaled_window"][block] = rows["window"][block].astype(np.uint32) << by
    if len(renumbered):
        _recount_all(rows, base, syn_seen, renumbered)
    return syn_seen, scale


def _scales(
    rows: Array,
    syn_row: NDArray[np.int64],
    offered: NDArray[np.uint8],
    alone: NDArray[np.int64],
    count: int,
) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """By how much each side's windows are shifted, and whether that is known.

    Both SYNs must offer the option, or neither side scales (RFC 7323 §2.2), and a SYN,ACK may
    offer it only in answer to an offer: so one SYN without it, or a SYN,ACK with it, decides.
    Where only a SYN with an offer was seen, its windows are shifted by that, as Wireshark
    does, but whether that is right is not known.
    """
    best = np.full(2 * count, NO_SCALE, np.uint8)
    seen, cut, answers = (np.zeros(2 * count, bool) for _ in range(3))
    side = side_of(rows, syn_row)
    has = offered < SCALE_CUT
    best[side[has]] = offered[has]  # the last offer, where a SYN was sent again
    seen[side] = True
    cut[side[offered == SCALE_CUT]] = True
    answers[side[rows["flags"][syn_row] & ACK != 0]] = True
    for known in (best, seen, cut, answers):
        known[2 * alone + 1] = known[2 * alone]
    offers = best != NO_SCALE
    refuses = seen & ~offers & ~cut  # a whole SYN without the option
    other = np.arange(2 * count) ^ 1
    never = refuses | refuses[other]
    sure = offers & (offers[other] | answers)
    shift = np.where(offers & ~never, best, 0).astype(np.uint8)
    scale = np.where(never, 0, np.where(sure, best, SCALE_UNKNOWN)).astype(np.int8)
    return shift, scale


def _recount_all(
    rows: Array, base: NDArray[np.uint32], syn_seen: NDArray[np.bool_], which: NDArray[np.int64]
) -> None:
    """Count anew in the conversations in which one side sent SYNs with different numbers."""
    wanted = np.zeros(len(base) // 2, bool)
    wanted[which] = True
    places = np.concatenate(
        [
            block.start + np.flatnonzero(wanted[rows["conversation"][block]])
            for block in blocks(rows)
        ]
    )
    places = places[np.argsort(rows["conversation"][places], kind="stable")]
    ends = np.searchsorted(rows["conversation"][places], which, "right")
    for number, mine in zip(which.tolist(), np.split(places, ends[:-1]), strict=True):
        begins = base[2 * number : 2 * number + 2].tolist()
        seq, ack = _recount(rows[mine], begins, syn_seen[2 * number : 2 * number + 2].tolist())
        rows["rel_seq"][mine], rows["rel_ack"][mine] = seq, ack


def _recount(rows: Array, base: list[int], syn_seen: list[bool]) -> tuple[list[int], list[int]]:
    """Relative numbers where a side's SYNs differ, packet by packet.

    A side's base becomes the number of a later SYN when a packet goes on from exactly there:
    its own, or one that acknowledges it. That cannot be once the side has gone on from its
    old base: a SYN,ACK of a stranger, or a SYN onto an old connection, then counts from
    itself, and nothing else does.
    """
    named: list[dict[int, int]] = [{}, {}]  # of each side: number after a SYN -> its number
    moved = [not seen for seen in syn_seen]  # without a SYN it is in the middle already
    columns = (rows[name].tolist() for name in ("direction", "flags", "seq", "ack", "payload_len"))
    found_seq, found_ack = [], []

    def count(side: int, number: int, *, decides: bool) -> int:
        begin = named[side].get(number)
        if begin is None or moved[side]:
            return number - base[side]
        if decides:
            base[side] = begin
        return number - begin

    for side, flags, seq, ack, size in zip(*columns, strict=True):
        decides = not flags & RST
        if flags & SYN:
            found_seq.append(0)
            named[side][(seq + 1) & _MASK] = seq
        else:
            found_seq.append(count(side, seq, decides=decides) & _MASK)
            moved[side] |= bool(decides and 1 < (seq + size - base[side]) & _MASK < 1 << 31)
        found_ack.append(count(1 - side, ack, decides=decides) & _MASK if flags & ACK else 0)
        if flags & ACK and decides:
            moved[1 - side] |= 1 < (ack - base[1 - side]) & _MASK < 1 << 31
    return found_seq, found_ack
