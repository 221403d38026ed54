"""Which connections an end had in one conversation: each SYN number of its own begins a life.

Usually there is one. There are more when a program gives up and calls again, when an old SYN
turns up (RFC 9293 figure 8), or when an end still had an old connection (figure 9).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tcpcourse.core.seq import MODULUS
from tcpcourse.sources.observer.evidence import (
    ACK,
    RST,
    SYN,
    Evidence,
    Places,
    Which,
    ahead,
)

_NEAR = 1 << 20  # a number this far behind another belongs to the same connection
_FAR = 1 << 30  # no window is larger (RFC 7323 §2.3): a connection's number is never further off


@dataclass(slots=True)
class Life:
    """One connection of one end.

    ``iss`` and ``irs`` are the numbers of both SYNs as sent, ``None`` where nothing tells
    them. ``opened`` is ``None`` when the connection was there before the capture. ``called``
    is the place of its first SYN. It lasts over the places from ``start`` up to ``end``.
    """

    iss: int | None
    irs: int | None
    opened: Literal["active", "passive"] | None
    called: int | None
    start: int
    end: int


@dataclass(slots=True)
class Side:
    """The packets of one side by what they are, as places in order; and its SYN numbers.

    ``spoken`` are neither SYN nor RST, ``acks`` carry an ACK and are no RST. ``numbers`` are
    those of its SYNs, in the order seen, ``first`` their first places, ``answers`` whether that
    was a SYN,ACK. ``forged`` are SYNs which the connection they came into never knew of.
    """

    spoken: Places
    acks: Places
    syns: Places
    resets: Places
    numbers: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    answers: list[bool] = field(default_factory=list)
    forged: Places = field(default_factory=lambda: np.zeros(0, np.int64))
    _sorted: list[int] = field(default_factory=list)

    def counts_from(self, number: int) -> int | None:
        """The SYN number nearest below ``number``, if it is one of the same connection."""
        if not self._sorted:
            self._sorted = sorted(self.numbers)
        if not self._sorted:
            return None
        best = self._sorted[bisect_right(self._sorted, number % MODULUS) - 1]
        return best if (number - best) % MODULUS <= _FAR else None


def side_of(evidence: Evidence, is_own: Which) -> Side:
    """Sort the packets of one side, and find its SYN numbers."""
    living = is_own & ~evidence.has(RST)
    syn = evidence.has(SYN)
    side = Side(
        np.flatnonzero(living & ~syn),
        np.flatnonzero(living & evidence.has(ACK)),
        np.flatnonzero(living & syn),
        np.flatnonzero(is_own & ~living),
    )
    numbers = evidence.seq[side.syns].tolist()
    first: dict[int, int] = {}
    for place, number in zip(side.syns.tolist(), numbers, strict=True):
        first.setdefault(number, place)
    forged = set()
    places = [*first.values(), len(evidence)]
    for order, number in enumerate(first):
        place, until = places[order], places[order + 1]
        answer = bool(evidence.flags[place] & ACK)
        if side.numbers and _is_forged(evidence, side, number, place, until, answer):
            forged.add(number)
            continue
        side.numbers.append(number)
        side.first.append(place)
        side.answers.append(answer)
    if forged:
        side.forged = side.syns[[number in forged for number in numbers]]
    return side


def _is_forged(
    evidence: Evidence, side: Side, new: int, place: int, until: int, answer: bool
) -> bool:
    """Whether the connection goes on with its old numbers after a SYN with a ``new`` one."""
    old = side.numbers[-1]
    left, right = np.searchsorted(side.spoken, [place, until])
    if left < right:
        after = int(evidence.seq[side.spoken[left]])
        return (after - old) % MODULUS < (after - new) % MODULUS
    if not answer or not left:
        return False
    # nothing follows: an open connection sends no SYN,ACK with another number
    before = int(evidence.seq[side.spoken[left - 1]])
    return 0 < (before - old) % MODULUS <= _FAR


def lives_of(evidence: Evidence, own: Side, peer: Side) -> list[Life]:
    """The connections of one end, in order; together they last over all places."""
    count = len(evidence)
    lives: list[Life] = []
    last_own = -1
    for order, number in enumerate(own.numbers):
        place = own.first[order]
        if not order and len(own.spoken) and own.spoken[0] < place:
            first = int(evidence.seq[own.spoken[0]])
            if not 0 < (first - number) % MODULUS < _NEAR:  # else its SYN was stored late
                lives.append(Life(None, None, None, None, 0, count))
                last_own = int(own.spoken[np.searchsorted(own.spoken, place) - 1])
        if order:
            last_own, place = _stored_late(evidence, own, order, last_own)
        irs: int | None = None
        start = place
        if own.answers[order]:
            irs, start = _called_by(evidence, peer, own.first[order], place, last_own)
        if lives:
            lives[-1].end = start
        else:
            start = 0
        opened: Literal["active", "passive"] = "passive" if own.answers[order] else "active"
        lives.append(Life(number, irs, opened, own.first[order], start, count))
        following = own.first[order + 1] if order + 1 < len(own.first) else count
        inside = int(np.searchsorted(own.spoken, following)) - 1
        last_own = max(place, int(own.spoken[inside]) if inside >= 0 else -1)
    if not lives:
        lives.append(_unopened(evidence, own, peer))
    for life in lives:
        if life.irs is None and life.opened is not None:
            life.irs = _answered_by(evidence, own, peer, life)
    return lives


def _stored_late(evidence: Evidence, own: Side, order: int, last_own: int) -> tuple[int, int]:
    """The last packet of the life before, and the first of this one: it may overtake its SYN."""
    place, number = own.first[order], own.numbers[order]
    left, right = np.searchsorted(own.spoken, [own.first[order - 1], place])
    between = own.spoken[left:right]
    above = (evidence.seq[between] - number) % MODULUS
    new = (above < _NEAR) & (above < (evidence.seq[between] - own.numbers[order - 1]) % MODULUS)
    if not new.any():
        return last_own, place
    old = between[: int(np.argmax(new))]
    return int(old[-1]) if len(old) else own.first[order - 1], int(between[new][0])


def _called_by(
    evidence: Evidence, peer: Side, answer: int, place: int, last_own: int
) -> tuple[int, int]:
    """The number of the SYN that a SYN,ACK answers, and where its life begins.

    ``place`` is the first packet of that life, ``last_own`` the last of the one before.
    """
    ack = int(evidence.ack[answer])
    irs = peer.counts_from(ack - 1)
    if irs is None:
        return (ack - 1) % MODULUS, place
    left, right = np.searchsorted(peer.syns, [last_own + 1, place])
    for call in peer.syns[left:right].tolist():
        if evidence.seq[call] == irs:
            return irs, call
    return irs, place


def _unopened(evidence: Evidence, own: Side, peer: Side) -> Life:
    """The life of an end of which no SYN was seen."""
    count = len(evidence)
    iss: int | None
    answer = next((place for place in peer.syns.tolist() if evidence.flags[place] & ACK), None)
    if answer is not None:  # a SYN,ACK names the SYN that it answers
        iss = (int(evidence.ack[answer]) - 1) % MODULUS
        first = int(evidence.seq[own.spoken[0]]) if len(own.spoken) else iss + 1
        if (first - iss) % MODULUS < _NEAR:
            return Life(iss, None, "active", None, 0, count)
    refused = peer.resets[
        (evidence.seq[peer.resets] == 0) & (evidence.flags[peer.resets] & ACK != 0)
    ]
    if answer is None and len(refused) and not len(own.spoken):  # so does a refusal
        iss = (int(evidence.ack[refused[0]]) - 1) % MODULUS
        return Life(iss, None, "active", None, 0, count)
    if answer is None and peer.numbers:  # a SYN that this end answered, if at all, unseen
        if not len(own.spoken):
            iss = (int(evidence.ack[peer.acks[0]]) - 1) % MODULUS if len(peer.acks) else None
            return Life(iss, peer.numbers[0], "passive", None, 0, count)
        first_ack = int(evidence.ack[own.spoken[0]])
        if own.spoken[0] > peer.first[0] and peer.counts_from(first_ack - 1) is not None:
            iss = (int(evidence.seq[own.spoken[0]]) - 1) % MODULUS
            if len(peer.acks) and peer.acks[0] < own.spoken[0]:
                iss = (int(evidence.ack[peer.acks[0]]) - 1) % MODULUS
            return Life(iss, peer.numbers[0], "passive", None, 0, count)
    return Life(None, None, None, None, 0, count)


def _answered_by(evidence: Evidence, own: Side, peer: Side, life: Life) -> int | None:
    """The number of the peer's SYN in the connection, by what its end acknowledges."""
    left = int(np.searchsorted(own.acks, life.start))
    if left < len(own.acks) and own.acks[left] < life.end:
        before = int(evidence.ack[own.acks[left]]) - 1
        known = peer.counts_from(before)
        if known is None and len(peer.spoken):  # its SYN was not captured
            first_seq = int(evidence.seq[peer.spoken[0]]) - 1
            before = before if ahead(before, first_seq) <= 0 else first_seq
        return before % MODULUS if known is None else known
    if life.iss is None:
        return None
    left, right = np.searchsorted(peer.syns, [life.start, life.end])
    calls = peer.syns[left:right].tolist()
    for place in reversed(calls):
        named = (int(evidence.ack[place]) - life.iss) % MODULUS
        if evidence.flags[place] & ACK and 0 < named < _NEAR:
            return int(evidence.seq[place])
    bare = (int(evidence.seq[place]) for place in calls if not evidence.flags[place] & ACK)
    return next(bare, None)
