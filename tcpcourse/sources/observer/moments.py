"""When each thing in the life of an end happened, read from the packets.

How both ends open is here; how they close is in ``closing``, other ends in ``endings``.
"""

from __future__ import annotations

from collections.abc import Sequence

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
from tcpcourse.sources.observer.closing import (
    fin_acked,
    fin_got,
    fin_of,
    fin_sent,
    if_sent_again,
    waiting_for_the_handshake,
    who_first,
)
from tcpcourse.sources.observer.endings import how_it_ended
from tcpcourse.sources.observer.evidence import (
    Evidence,
    Line,
    Places,
)
from tcpcourse.sources.observer.facts import Fact, LifeStory, Talk
from tcpcourse.sources.observer.lives import Life, Side
from tcpcourse.sources.observer.talks import bases_of, resets_of, spans_of, talk_of


def life_story(
    evidence: Evidence,
    sides: tuple[Side, Side],
    life: Life,
    peer_lives: Sequence[Life],
    lines: tuple[Line, Line],
    clock: Clock,
) -> LifeStory:
    """Read from the packets when each thing happened in ``life``.

    ``sides`` and ``lines`` are those of the end whose life it is, and then of its peer.
    """
    own, peer = sides
    bases = bases_of(evidence, own, peer, life, lines)
    mine = talk_of(evidence, own, life, lines, bases)
    theirs = talk_of(evidence, peer, life, lines[::-1], bases[::-1], spans_of(life, peer_lives))
    facts = dict.fromkeys(Fact, NOT_AT_ALL)
    story = LifeStory(
        life,
        facts,
        None,
        mine,
        theirs,
        resets_of(evidence, own, life, lines, bases),
        resets_of(evidence, peer, life, lines[::-1], bases[::-1]),
    )
    _opening(story, clock, gone=life.end < len(evidence))
    least = 0 if life.opened is None else 1  # number 0 is the SYN's, or from before the capture
    our_fin = fin_of(mine, int(theirs.ack.max(initial=-1)), least)
    peer_fin = fin_of(theirs, int(mine.ack.max(initial=-1)), least)
    if our_fin is not None:
        facts[Fact.OUR_FIN] = fin_sent(mine, theirs, our_fin, life, clock)
    if peer_fin is not None:
        facts[Fact.PEER_FIN] = fin_got(mine, theirs, peer_fin, life, clock)
        waiting_for_the_handshake(story)
    story.fin_first = who_first(mine, theirs, our_fin, peer_fin, facts)
    if our_fin is not None:
        facts[Fact.FIN_ACKED] = fin_acked(story, our_fin, clock)
    facts[Fact.OVER] = how_it_ended(story, clock)
    return story


def _opening(story: LifeStory, clock: Clock, *, gone: bool) -> None:
    """When the SYNs were sent, got and acknowledged; ``gone`` if another life follows."""
    life, facts, mine, theirs = story.life, story.facts, story.own, story.peer
    if life.opened is None:
        facts[Fact.PEER_SYN] = facts[Fact.SYN_ACKED] = facts[Fact.OUR_SYN] = since(0)
        return
    acked = theirs.place[theirs.ack >= 1]
    proof = _speaks(life, mine, theirs, acked)
    our_syns = mine.place[mine.syn]
    if life.opened == "active":
        called = first(our_syns)
        by_peer = first(acked)
        if called is None or (by_peer is not None and by_peer < called):
            facts[Fact.OUR_SYN] = Interval(life.start, life.start, None, Doubt.UNSEEN)
        else:
            facts[Fact.OUR_SYN] = Interval(called + 1, called + 1, called)
        resets = story.own_resets
        knew = resets.place[resets.ack >= 1]  # a RST with an ACK of the SYN knows of it, too
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
        if not len(answered) and (gone or len(story.own_resets.place)):
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
    if peer_syn.doubt is Doubt.UNSEEN and not theirs.syn.any() and life.opened == "active":
        facts[Fact.SYN_ACKED] = peer_syn  # it is taken to have been a SYN,ACK
        return
    interval = arrival(clock, life.start, acked, our_syns, proof)
    interval = if_sent_again(interval, acked, mine, theirs)
    bare = (theirs.ack == 1) & (theirs.end == theirs.seq) & ~theirs.syn
    if not len(mine.place) and interval is not NOT_AT_ALL and np.count_nonzero(bare) > 1:
        # it was never seen, but its SYN,ACK is answered twice: the first ACK was not taken
        shown = first(theirs.place[theirs.ack > 1])
        hi = NEVER if shown is None else max(shown + 1, interval.lo)
        interval = Interval(interval.lo, hi, interval.by, Doubt.MAYBE)
    facts[Fact.SYN_ACKED] = interval


def _speaks(life: Life, mine: Talk, theirs: Talk, acked: Places) -> int | None:
    """The first packet that an end sends only when its SYN is acknowledged.

    In SYN_RCVD it may send a bare ACK too, when the peer's SYN comes again (RFC 9293
    §3.10.7.4), and a FIN, when the user closes (§3.10.4).
    """
    opened = int(theirs.end[theirs.syn].max(initial=1))
    called = (theirs.syn & (theirs.ack < 0)).any() or life.opened == "passive"
    knows = ~mine.syn & (mine.ack > (opened if called else 0))
    speaks = knows | (~mine.syn & mine.data)
    place = first(mine.place[speaks])
    if place is None or (len(acked) and acked[0] < place) or knows[speaks][0]:
        return place
    if mine.fin[speaks][0] or (theirs.syn & theirs.data).any():
        return None  # Fast Open answers before the ACK (RFC 7413 §4.2)
    return place
