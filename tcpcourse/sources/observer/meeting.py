"""The TCB that a packet meets, as far as packets tell its numbers.

A bystander sees no TCB. To find the row of the table for a packet, one is made up that has
the state in question, the numbers that were seen, and room for everything.
"""

from __future__ import annotations

import numpy as np

from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.core.states import State
from tcpcourse.core.tcb import LARGEST_WINDOW, Tcb
from tcpcourse.sources.observer.evidence import Evidence, Numbers, Sighting
from tcpcourse.sources.observer.facts import Fact, LifeStory

_FIN_UNACKED = (State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
_FIN_SENT = (*_FIN_UNACKED, State.FIN_WAIT_2, State.TIME_WAIT)


def tcb_met(
    evidence: Evidence,
    story: LifeStory,
    state: State,
    packet: Sighting,
    place: int,
    expected: SeqNumber,
    fact: Fact | None = None,
) -> Tcb:
    """A TCB in this state with the numbers that the packet meets, as far as they are known.

    What the end has sent by then is what was seen of it, and what its peer acknowledged.
    """
    segment = packet.segment
    life, mine, theirs = story.life, story.own, story.peer
    sent = mine.end[: np.searchsorted(mine.place, place, "right")]
    told = theirs.ack[: np.searchsorted(theirs.place, place, "right")]
    top = max(int(sent.max(initial=1)), int(told.max(initial=1)))
    iss = SeqNumber(_zero(evidence, story) % MODULUS)
    nxt = iss + top
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
        rcv_wnd=LARGEST_WINDOW,
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


def expected_number(
    evidence: Evidence, heard: Numbers, story: LifeStory, packet: Sighting, place: int | None
) -> SeqNumber:
    """The number that the end expects when the packet comes.

    Without a ``place`` it comes in order. Else all that was seen before has come: ``heard``
    is, for each packet of the peer, the number after all that was seen up to it.
    """
    seq, theirs = packet.segment.seq, story.peer
    before = -1 if place is None else int(np.searchsorted(theirs.place, place)) - 1
    if before < 0:
        return seq
    zero = int(evidence.seq[theirs.place[0]]) - int(theirs.seq[0])
    expected = SeqNumber((zero + int(heard[before])) % MODULUS)
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
