"""The TCB that a packet meets, as far as packets tell its numbers.

A bystander sees no TCB. To find the row of the table for a packet, one is made up that has
the state in question, the numbers that were seen, and room for everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.core.states import State
from tcpcourse.core.tcb import LARGEST_WINDOW, Tcb
from tcpcourse.sources.observer.evidence import Evidence, Numbers, Places, Sighting
from tcpcourse.sources.observer.facts import Fact, LifeStory

_FIN_UNACKED = (State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
_FIN_SENT = (*_FIN_UNACKED, State.FIN_WAIT_2, State.TIME_WAIT)


@dataclass(frozen=True, slots=True)
class Record:
    """What both ends of a life had said up to each of their packets.

    ``sent`` is the number after all that the end was seen to send, ``told`` the highest that
    its peer acknowledged, ``heard`` the number after all that was seen of the peer.
    """

    story: LifeStory
    sent: Numbers
    told: Numbers
    heard: Numbers
    _by_number: Places

    @classmethod
    def of(cls, story: LifeStory) -> Record:
        """The record of a life."""
        mine, theirs = story.own, story.peer
        return cls(
            story,
            np.maximum.accumulate(mine.end),
            np.maximum.accumulate(theirs.ack),
            np.maximum.accumulate(theirs.end),
            np.argsort(theirs.seq, kind="stable"),
        )

    def top(self, place: int) -> int:
        """The number after all that the end had sent by then, as far as packets tell."""
        sent = int(np.searchsorted(self.story.own.place, place, "right"))
        told = int(np.searchsorted(self.story.peer.place, place, "right"))
        return max(
            1, int(self.sent[sent - 1]) if sent else 1, int(self.told[told - 1]) if told else 1
        )

    def brought(self, number: int, place: int) -> int | None:
        """The place of the peer's last packet with data from this number on, before ``place``."""
        theirs = self.story.peer
        left, right = np.searchsorted(theirs.seq, [number, number + 1], sorter=self._by_number)
        found = self._by_number[left:right]
        found = found[theirs.data[found] & (theirs.place[found] < place)]
        return int(theirs.place[found[-1]]) if len(found) else None


def tcb_met(
    evidence: Evidence,
    record: Record,
    state: State,
    packet: Sighting,
    place: int,
    expected: SeqNumber,
    fact: Fact | None = None,
    *,
    window: int | None = None,
) -> Tcb:
    """A TCB in this state with the numbers that the packet meets, as far as they are known.

    Its ``window``, in bytes, is as large as can be if it is not given.
    What the end has sent by then is what was seen of it, and what its peer acknowledged.
    """
    segment = packet.segment
    life = record.story.life
    iss = SeqNumber(_zero(evidence, record.story) % MODULUS)
    nxt = iss + record.top(place)
    fin = nxt - 1 if state in _FIN_SENT else None
    una = nxt
    if segment.ack is not None and (nxt - segment.ack) >= 0:
        una = segment.ack
    if fact in (Fact.FIN_ACKED,) or (fin is not None and state in _FIN_UNACKED and una == nxt):
        una = nxt - 1
    if state in (State.SYN_SENT, State.SYN_RCVD):
        una = iss
    return Tcb(
        state,
        opened=life.opened or "active",
        iss=iss,
        snd_una=una,
        snd_nxt=nxt,
        fin_seq=fin,
        irs=None if life.irs is None else SeqNumber(life.irs),
        rcv_nxt=expected,
        rcv_wnd=LARGEST_WINDOW if window is None else window,
        rcv_buff=LARGEST_WINDOW,
        snd_wnd=LARGEST_WINDOW,
        rcv_posted=1 << 62,
    )


def _zero(evidence: Evidence, story: LifeStory) -> int:
    """The number as sent that relative number 0 of the end stands for."""
    mine, theirs = story.own, story.peer
    if story.life.iss is not None:
        return story.life.iss
    if len(mine.place):
        return int(evidence.seq[mine.place[0]]) - int(mine.seq[0])
    acks = np.flatnonzero(theirs.ack >= 0)
    return int(evidence.ack[theirs.place[acks[0]]]) - int(theirs.ack[acks[0]]) if len(acks) else 0


def expected_number(evidence: Evidence, record: Record, packet: Sighting, place: int) -> SeqNumber:
    """The number that the end expects when the packet comes, if all before it has come."""
    seq, theirs = packet.segment.seq, record.story.peer
    before = int(np.searchsorted(theirs.place, place)) - 1
    if before < 0:
        return seq
    zero = int(evidence.seq[theirs.place[0]]) - int(theirs.seq[0])
    expected = SeqNumber((zero + int(record.heard[before])) % MODULUS)
    return expected if packet.segment.rst or seq <= expected else seq


def whole(packet: Sighting) -> Segment:
    """The segment with as many bytes as were sent, also where the capture kept fewer."""
    segment = packet.segment
    if len(segment.data) == packet.payload_len:
        return segment
    return Segment(
        segment.seq,
        segment.ack,
        segment.flags,
        segment.window,
        bytes(packet.payload_len),
        segment.options,
        segment.urgent,
    )
