"""What each side said in one life: its packets, with numbers relative to both SYNs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from tcpcourse.sources.observer.arrivals import first
from tcpcourse.sources.observer.evidence import (
    ACK,
    FIN,
    SYN,
    Evidence,
    Line,
    Numbers,
    Places,
    Which,
)
from tcpcourse.sources.observer.facts import Resets, Talk
from tcpcourse.sources.observer.lives import Life, Side

_JUMP = 1 << 28  # no connection advances that far between two packets


def _genuine(numbers: Numbers) -> Which:
    """Which numbers belong to the connection, and not to an older one or to a forger."""
    steps = np.diff(numbers, prepend=0)
    away = np.cumsum(np.where(np.abs(steps) > _JUMP, steps, 0))
    result: Which = np.abs(away) < _JUMP
    return result


def spans_of(life: Life, peer_lives: Sequence[Life]) -> list[tuple[int, int]] | None:
    """Where the peer spoke in this connection and in no other one; ``None`` for everywhere."""
    if len(peer_lives) == 1 and peer_lives[0].opened == life.opened is None:
        return None
    first_one = max(bisect_right(peer_lives, life.start, key=lambda each: each.start) - 1, 0)
    spans = []
    for order in range(first_one, len(peer_lives)):
        other = peer_lives[order]
        if other.start >= life.end:
            break
        # a number that was only reckoned, for want of the SYN, tells no connection apart
        known = life.called is not None and other.irs is not None
        if other.irs == life.iss if known else (other.opened is None) == (life.opened is None):
            spans.append((other.start, other.end))
    return spans


def talk_of(
    evidence: Evidence,
    side: Side,
    life: Life,
    lines: tuple[Line, Line],
    bases: tuple[int, int],
    spans: list[tuple[int, int]] | None = None,
) -> Talk:
    """What one side said in a life; ``lines`` and ``bases`` are its own, then the other's.

    Only what it said in ``spans`` counts; the rest belongs to another connection.
    """
    place = np.sort(np.concatenate([_within(side.spoken, life), _within(side.syns, life)]))
    if spans is not None and spans != [(0, len(evidence))]:
        inside = np.zeros(len(place), bool)
        for start, end in spans:
            inside[slice(*np.searchsorted(place, [start, end]))] = True
        place = place[inside]
    flags = evidence.flags[place]
    seq = lines[0].locate(place, evidence.seq[place]) - bases[0]
    ack = lines[1].locate(place, evidence.ack[place]) - bases[1]
    has_ack = flags & ACK != 0
    keep = _genuine(seq)
    acked = np.flatnonzero(has_ack)
    keep[acked] &= _genuine(ack[acked])
    if not keep.all():
        place, seq, ack, flags, has_ack = (x[keep] for x in (place, seq, ack, flags, has_ack))
    syn, fin = flags & SYN != 0, flags & FIN != 0
    length = evidence.length[place]
    return Talk(
        place, seq, seq + length + syn + fin, np.where(has_ack, ack, -1), syn, fin, length > 0
    )


def resets_of(
    evidence: Evidence, side: Side, life: Life, lines: tuple[Line, Line], bases: tuple[int, int]
) -> Resets:
    """The RSTs of one side in a life, numbered as ``talk_of`` numbers."""
    place = _within(side.resets, life)
    raw = evidence.seq[place]
    ack = lines[1].locate(place, evidence.ack[place]) - bases[1]
    has_ack = evidence.flags[place] & ACK != 0
    return Resets(
        place, lines[0].locate(place, raw) - bases[0], np.where(has_ack, ack, -1), raw == 0
    )


def _within(places: Places, life: Life) -> Places:
    left, right = np.searchsorted(places, [life.start, life.end])
    return places[left:right]


def bases_of(
    evidence: Evidence, own: Side, peer: Side, life: Life, lines: tuple[Line, Line]
) -> tuple[int, int]:
    """Where the numbers of the life begin on the lines of both sides."""
    found = []
    for number, side, other, line in (
        (life.iss, own, peer, lines[0]),
        (life.irs, peer, own, lines[1]),
    ):
        if number is not None:
            anchor = life.start
            if side is own and life.called is not None:
                anchor = life.called
            found.append(line.locate_one(anchor, number))
            continue
        spoken, acks = _within(side.spoken, life), _within(other.acks, life)
        at, told = first(spoken), first(acks)
        if at is not None and (told is None or at < told):
            found.append(line.locate_one(at, int(evidence.seq[at])) - 1)
        elif told is not None:
            found.append(line.locate_one(told, int(evidence.ack[told])) - 1)
        else:
            found.append(0)
    return found[0], found[1]
