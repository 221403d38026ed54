"""When the SYNs of a connection were sent, came and were acknowledged."""

from __future__ import annotations

import numpy as np

from tcpcourse.sources.observer.arrivals import (
    NEVER,
    NOT_AT_ALL,
    Clock,
    Doubt,
    Interval,
    arrival,
    first,
    since,
)
from tcpcourse.sources.observer.closing import if_sent_again
from tcpcourse.sources.observer.evidence import Places
from tcpcourse.sources.observer.facts import Fact, LifeStory, Talk, acceptable
from tcpcourse.sources.observer.lives import Life


def opening(story: LifeStory, clock: Clock, *, gone: bool) -> None:
    """When the SYNs were sent, got and acknowledged; ``gone`` if another life follows."""
    life, facts, mine, theirs = story.life, story.facts, story.own, story.peer
    if life.opened is None:
        facts[Fact.PEER_SYN] = facts[Fact.SYN_ACKED] = facts[Fact.OUR_SYN] = since(0)
        return
    acked = theirs.place[(theirs.ack >= 1) & acceptable(theirs, mine)]
    proof = _speaks(life, mine, theirs, acked)
    our_syns = mine.place[mine.syn]
    if life.opened == "active":
        called = first(our_syns)
        by_peer = first(acked)
        if called is None or (by_peer is not None and by_peer < called):
            facts[Fact.OUR_SYN] = Interval(life.start, life.start, None, Doubt.UNSEEN)
        elif mine.place[0] < called:  # its SYN was overtaken by what it sent later
            shown = int(mine.place[0]) + 1
            facts[Fact.OUR_SYN] = Interval(life.start, shown, None, Doubt.UNSEEN)
        else:
            facts[Fact.OUR_SYN] = Interval(called + 1, called + 1, called)
        resets = story.own_resets
        # a RST with an ACK of the SYN knows of it, too, unless it answers from CLOSED
        knew = resets.place[(resets.ack >= 1) & ~resets.zero]
        answered = np.sort(np.concatenate([mine.place[mine.ack >= 1], knew]))
        unaware = mine.place[mine.syn & (mine.ack < 0)]
        calls = theirs.syn & (theirs.ack < 0) & (theirs.seq == 0)
        replies = theirs.syn & (theirs.ack >= 1) & (theirs.seq == 0)
        bringing = theirs.place[calls if calls.any() else replies]
        if calls.any() and replies.any() and not (mine.syn & (mine.ack >= 1)).any():
            bringing = np.append(bringing, theirs.place[replies][0])
        if not calls.any():
            unaware = unaware[1:]
        facts[Fact.PEER_SYN] = arrival(
            clock, life.start, bringing, unaware, first(answered), repeats=True
        )
        reset = (story.own_resets.place[-1:] > bringing[:1]).any()
        if not len(answered) and (gone or reset):
            # whoever gets a SYN,ACK acknowledges it at once: it came too late
            facts[Fact.PEER_SYN] = NOT_AT_ALL
            return
    else:
        calls = theirs.place[theirs.syn & (theirs.ack < 0) & (theirs.seq == 0)]
        proof_of_syn = first(mine.place)
        if proof_of_syn is None:
            proof_of_syn = first(acked)
        interval = arrival(clock, life.start, calls, proof=proof_of_syn, repeats=True)
        if proof_of_syn is None and interval is not NOT_AT_ALL:
            again = interval.doubt is Doubt.AGAIN
            doubt = Doubt.AGAIN if again else Doubt.MAYBE
            interval = Interval(interval.lo, NEVER, interval.by, doubt)
        facts[Fact.PEER_SYN] = interval
    peer_syn = facts[Fact.PEER_SYN]
    answers = theirs.syn & (theirs.ack >= 1)
    if life.opened == "active" and peer_syn.by is not None and peer_syn.by in theirs.place[answers]:
        facts[Fact.SYN_ACKED] = peer_syn
        return
    # a SYN of the peer's own, seen or answered by a SYN,ACK, would have been no SYN,ACK
    called_too = (theirs.syn & ~answers).any() or (mine.syn & (mine.ack >= 1)).any()
    if peer_syn.doubt is Doubt.UNSEEN and not called_too and life.opened == "active":
        facts[Fact.SYN_ACKED] = peer_syn  # it is taken to have been a SYN,ACK
        return
    interval = arrival(clock, life.start, acked, our_syns, proof)
    interval = if_sent_again(interval, acked, mine, theirs)
    interval = _if_unanswered(interval, mine, theirs, clock)
    interval = _if_it_answers(interval, mine, theirs)
    bare = (theirs.ack == 1) & (theirs.end == theirs.seq) & ~theirs.syn
    if not len(mine.place) and interval is not NOT_AT_ALL and np.count_nonzero(bare) > 1:
        # it was never seen, but its SYN,ACK is answered twice: the first ACK was not taken
        taken = first(theirs.place[theirs.ack > 1])
        hi = NEVER if taken is None else max(taken + 1, interval.lo)
        interval = Interval(interval.lo, hi, interval.by, Doubt.MAYBE)
    facts[Fact.SYN_ACKED] = interval


def _if_unanswered(interval: Interval, mine: Talk, theirs: Talk, clock: Clock) -> Interval:
    """Data that brings the ACK of a SYN is answered; if it is not, it may have been lost."""
    if not interval.certain or interval.by is None:
        return interval
    here = int(np.searchsorted(theirs.place, interval.by))
    after = int(np.searchsorted(mine.place, interval.by))
    limit = int(mine.place[after]) if after < len(mine.place) else NEVER
    told = int(mine.ack[after]) if after < len(mine.place) else -1
    following = here
    while theirs.data[following] and following + 1 < len(theirs.place):
        place, by = int(theirs.place[following]), int(theirs.place[following + 1])
        waited = int(clock.time[by]) - int(clock.time[place]) > clock.round_trip
        if by > limit or not (waited or 0 <= told < theirs.end[following]):
            break
        following += 1
    if following == here:
        return interval
    by = int(theirs.place[following])
    return Interval(interval.lo, by + 1, by, Doubt.AGAIN)


def _if_it_answers(interval: Interval, mine: Talk, theirs: Talk) -> Interval:
    """A bare ACK behind the SYN,ACK answers something: a SYN again, or what opens the end."""
    called = mine.place[mine.syn & (mine.ack >= 1)]
    if not len(called) or interval is NOT_AT_ALL:
        return interval
    bare = mine.place[(mine.end == mine.seq) & (mine.ack >= 1) & (mine.place > called[0])]
    if not len(bare) or bare[0] + 1 >= interval.lo:
        return interval
    again = theirs.place[theirs.syn & (theirs.place > called[0])]
    if len(again) and again[0] < bare[0]:
        return interval
    return Interval(int(bare[0]) + 1, interval.hi, interval.by, Doubt.UNSEEN)


def _speaks(life: Life, mine: Talk, theirs: Talk, acked: Places) -> int | None:
    """The first packet that an end sends only when its SYN is acknowledged.

    In SYN_RCVD it may send a bare ACK too, when the peer's SYN comes again (RFC 9293
    §3.10.7.4), and a FIN, when the user closes (§3.10.4).
    """
    answers = mine.ack[mine.syn & (mine.ack >= 1)]  # what a SYN,ACK takes of Fast Open's data
    opened = int(answers[-1] if len(answers) else theirs.end[theirs.syn].max(initial=1))
    called = (theirs.syn & (theirs.ack < 0)).any() or life.opened == "passive"
    knows = ~mine.syn & (mine.ack > (opened if called else 0))
    speaks = knows | (~mine.syn & mine.data)
    place = first(mine.place[speaks])
    if place is None or (len(acked) and acked[0] < place) or knows[speaks][0]:
        return place
    if mine.fin[speaks][0] or (theirs.syn & theirs.data).any():
        return None  # Fast Open answers before the ACK (RFC 7413 §4.2)
    return place
