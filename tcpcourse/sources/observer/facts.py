"""The seven things that can happen in the life of a connection's end.

An end's state is known when it is known which of these have happened: it sent its SYN, got the
peer's, and its own was acknowledged; it sent its FIN, got the peer's, and its own was
acknowledged; it is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from tcpcourse.sources.observer.arrivals import Interval
from tcpcourse.sources.observer.evidence import Numbers, Places, Which
from tcpcourse.sources.observer.lives import Life


class Fact(Enum):
    """What can have happened to an end."""

    OUR_SYN = "its SYN was sent"
    PEER_SYN = "the peer's SYN arrived"
    SYN_ACKED = "the ACK of its SYN arrived"
    OUR_FIN = "its FIN was sent"
    PEER_FIN = "the peer's FIN arrived"
    FIN_ACKED = "the ACK of its FIN arrived"
    OVER = "its connection is over"


@dataclass(frozen=True, slots=True)
class Talk:
    """The packets of one side in one life, resets apart, with relative numbers.

    Numbers count from the SYN, which is 0. ``end`` is the number after the packet, ``ack``
    what it acknowledges (−1 for none). ``covered`` is the number after all that was seen.
    """

    place: Places
    seq: Numbers
    end: Numbers
    ack: Numbers
    syn: Which
    fin: Which
    data: Which

    @property
    def top(self) -> int:
        """The number after the highest one sent."""
        return int(self.end.max()) if len(self.end) else -1

    @property
    def covered(self) -> int:
        """The number after the highest byte, SYN or FIN that was itself seen."""
        shown = self.end[self.data | self.syn | self.fin]
        return int(shown.max()) if len(shown) else -1


def acceptable(talk: Talk, other: Talk) -> Which:
    """Which packets of one side are new enough for the other to read their ACK.

    A segment that ends left of RCV.NXT is not acceptable, and its ACK is not looked at
    (RFC 9293 §3.10.7.4); what the other side has acknowledged is a bound for its RCV.NXT.
    """
    known = np.append(-1, np.maximum.accumulate(other.ack))
    expected = known[np.searchsorted(other.place, talk.place)]
    new: Which = np.where(talk.end > talk.seq, talk.end > expected, talk.seq >= expected)
    return new | talk.syn


@dataclass(frozen=True, slots=True)
class Resets:
    """The RSTs of one side in one life, numbered like a ``Talk``; ``zero`` if numbered 0."""

    place: Places
    seq: Numbers
    ack: Numbers
    zero: Which


@dataclass(frozen=True, slots=True)
class Fin:
    """The number of a side's FIN; ``sure`` if a packet with the flag was seen."""

    number: int
    sure: bool


@dataclass(slots=True)
class LifeStory:
    """When each thing happened in one life.

    ``fin_first`` says whether its FIN left before the peer's came, ``None`` if that is open.
    ``fin_on_syn`` says that the peer's FIN came with its SYN, and no ACK of this end's.
    """

    life: Life
    facts: dict[Fact, Interval]
    fin_first: bool | None
    own: Talk
    peer: Talk
    own_resets: Resets
    peer_resets: Resets
    fin_on_syn: bool = False
