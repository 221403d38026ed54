"""When each thing in the life of an end happened, read from the packets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tcpcourse.sources.observer.arrivals import (
    NEVER,
    NOT_AT_ALL,
    Clock,
    Doubt,
    Interval,
    arrival,
    departure,
    first,
    since,
)
from tcpcourse.sources.observer.endings import how_it_ended
from tcpcourse.sources.observer.evidence import (
    Evidence,
    Line,
    Places,
)
from tcpcourse.sources.observer.facts import Fact, Fin, LifeStory, Talk
from tcpcourse.sources.observer.lives import Life, Side
from tcpcourse.sources.observer.talks import bases_of, resets_of, spans_of, talk_of


def _fin_of(talk: Talk, acked: int, least: int) -> Fin | None:
    """The number of the FIN in what a side sent, if there is or may be one.

    ``acked`` is the highest number of it that the other side acknowledged. A number that was
    used, but by no byte that was seen, may have been the FIN's: the FIN is the last. It is
    not below ``least``.
    """
    flagged = talk.end[talk.fin]
    if len(flagged) and flagged.max() >= talk.top:
        return Fin(int(flagged.max()) - 1, True)
    top = max(talk.top, acked)
    if top > max(talk.covered, 0) and top > 1:
        return Fin(top - 1, False)
    if talk.covered < 0 and top > least and not talk.syn.any():
        return Fin(top - 1, False)
    return None


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
    our_fin = _fin_of(mine, int(theirs.ack.max(initial=-1)), least)
    peer_fin = _fin_of(theirs, int(mine.ack.max(initial=-1)), least)
    if our_fin is not None:
        facts[Fact.OUR_FIN] = _fin_sent(mine, theirs, our_fin, life, clock)
    if peer_fin is not None:
        facts[Fact.PEER_FIN] = _fin_got(mine, theirs, peer_fin, life, clock)
    story.fin_first = _order(mine, our_fin, peer_fin, facts)
    if our_fin is not None:
        facts[Fact.FIN_ACKED] = _fin_acked(story, our_fin, clock)
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
    interval = _if_sent_again(interval, acked, mine, theirs)
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
    speaks = ~mine.syn & (mine.data | (mine.ack > (opened if called else 0)))
    place = first(mine.place[speaks])
    if place is None or (len(acked) and acked[0] < place):
        return place
    if mine.fin[speaks][0] or (theirs.syn & theirs.data).any():
        return None  # Fast Open answers before the ACK (RFC 7413 §4.2)
    return place


def _fin_sent(mine: Talk, theirs: Talk, fin: Fin, life: Life, clock: Clock) -> Interval:
    """When the end sent its FIN."""
    shown = np.flatnonzero(mine.end > fin.number)
    told = first(theirs.place[theirs.ack > fin.number])
    place = int(mine.place[shown[0]]) if len(shown) else None
    if place is None or (told is not None and told < place):
        place = told
    assert place is not None  # a FIN has a number because a packet shows it
    # new data, and a bare ACK, say that no FIN was sent yet; what is sent again does not
    reached = np.maximum.accumulate(mine.end)
    new = np.append(True, reached[1:] > reached[:-1])[: len(reached)]
    before = mine.place[(new | (mine.seq == mine.end)) & (mine.place < place)]
    lo = int(before[-1]) + 1 if len(before) else life.start
    if not len(mine.place):  # never seen: it is taken to be sent not long before it arrives
        silent = theirs.place[(theirs.ack >= 1) & (theirs.ack <= fin.number)]
        recent = clock.recent(silent, place)
        lo = int(recent[0]) + 1 if len(recent) else place
    if not fin.sure:
        return Interval(lo, NEVER, place, Doubt.MAYBE)
    if not len(shown) or place != mine.place[shown[0]] or not mine.fin[shown[0]]:
        return Interval(lo, place + 1, place, Doubt.UNSEEN)
    unheard = theirs.place[(theirs.end > mine.ack[shown[0]]) & (theirs.end > theirs.seq)]
    return departure(clock, place, unheard)


def _fin_got(mine: Talk, theirs: Talk, fin: Fin, life: Life, clock: Clock) -> Interval:
    """When the end took the peer's FIN, which is when nothing before it is missing."""
    proof = first(mine.place[mine.ack > fin.number])
    contrary = mine.place[(mine.ack >= 0) & (mine.ack <= fin.number)]
    carriers = theirs.place[theirs.fin & (theirs.end == fin.number + 1)]
    if fin.sure:
        interval = arrival(clock, life.start, carriers, contrary, proof, repeats=True)
        missed = contrary[np.searchsorted(contrary, carriers[0]) :] if len(carriers) else contrary
        if len(missed) and interval.hi != NEVER:
            expected = int(mine.ack[np.searchsorted(mine.place, missed[-1])])
            if expected < fin.number:  # data before the FIN was missing, so the FIN had to wait
                hi = NEVER if proof is None else proof + 1
                return Interval(interval.lo, hi, interval.by, Doubt.CROSSING, interval.lost)
        if proof is None and interval is not NOT_AT_ALL and _has_hole(theirs):
            return Interval(interval.lo, NEVER, interval.by, Doubt.MAYBE)
        return interval
    shown = first(theirs.place[theirs.end > fin.number])
    if proof is None and shown is None:
        return NOT_AT_ALL
    limit = min(place for place in (proof, shown) if place is not None)
    before = contrary[: np.searchsorted(contrary, limit)]
    lo = int(before[-1]) + 1 if len(before) else life.start
    return Interval(lo, NEVER, limit, Doubt.MAYBE)


def _has_hole(theirs: Talk) -> bool:
    """Whether some of the peer's bytes were not captured, so that they may not have come."""
    reached = np.maximum.accumulate(theirs.end)
    return bool((theirs.seq[1:] > reached[:-1]).any()) or int(theirs.seq.min()) > 1


def _fin_acked(story: LifeStory, fin: Fin, clock: Clock) -> Interval:
    """When the end got the ACK of its FIN."""
    mine, theirs = story.own, story.peer
    carriers = theirs.place[theirs.ack > fin.number]
    sent = story.facts[Fact.OUR_FIN]
    if not len(theirs.place):  # the peer was never seen
        return Interval(sent.lo, NEVER, None, Doubt.MAYBE)
    if not len(carriers):
        got = story.facts[Fact.PEER_FIN]
        if got.doubt is Doubt.NONE:
            return NOT_AT_ALL
        return Interval(max(sent.lo, got.lo), NEVER, None, Doubt.MAYBE)  # it came with the FIN
    again = mine.fin.copy()
    if story.fin_first is False:  # in LAST_ACK; afterwards nothing is sent any more
        again |= mine.end > fin.number
    contrary = mine.place[again]
    contrary = contrary[np.searchsorted(contrary, carriers[0]) :]
    known = theirs.end[: np.searchsorted(theirs.place, carriers[0])]
    limit = int(known.max(initial=0))
    later = mine.place[(mine.ack > limit) & (mine.place > carriers[0])]
    proof = first(later) if story.fin_first is not False else None
    interval = arrival(clock, story.life.start, carriers, contrary, proof)
    if not fin.sure:
        return Interval(interval.lo, NEVER, interval.by, Doubt.MAYBE)
    interval = _if_sent_again(interval, carriers, mine, theirs)
    return _overtaken(story, interval, clock)


def _if_sent_again(interval: Interval, carriers: Places, mine: Talk, theirs: Talk) -> Interval:
    """An ACK rides on data or a FIN; if that is sent again, the ACK too may have been lost."""
    if not interval.certain or interval.by is None:
        return interval
    ridden = int(np.searchsorted(theirs.place, interval.by))
    begin, end = int(theirs.seq[ridden]), int(theirs.end[ridden])
    again = first(theirs.place[ridden + 1 :][theirs.seq[ridden + 1 :] == begin])
    proof = first(mine.place[mine.ack >= end])
    following = first(carriers[carriers > interval.by])
    if begin == end or again is None or following is None or (proof or NEVER) < again:
        return interval
    hi = min(following, NEVER if proof is None else proof) + 1
    by = following if hi == following + 1 else interval.by
    return Interval(interval.lo, max(hi, interval.lo), by, Doubt.AGAIN)


def _overtaken(story: LifeStory, interval: Interval, clock: Clock) -> Interval:
    """The ACK of the FIN may have come after the peer's FIN: then it is answered once more."""
    mine, theirs = story.own, story.peer
    got = story.facts[Fact.PEER_FIN]
    if not story.fin_first or not interval.certain or got.by is None or interval.by is None:
        return interval
    if not 0 < int(clock.time[got.by]) - int(clock.time[interval.by]) + 1 <= clock.round_trip:
        return interval
    if not interval.by < got.by or (theirs.end > theirs.seq)[theirs.place == interval.by].any():
        return interval
    answers = (mine.place > interval.by) & (mine.end == mine.seq) & (mine.ack == mine.ack.max())
    asked = (theirs.place >= got.by) & (theirs.end > theirs.seq)
    if np.count_nonzero(answers) <= np.count_nonzero(asked):
        return interval
    return Interval(interval.lo, max(got.hi, interval.hi), interval.by, Doubt.CROSSING)


def _order(
    mine: Talk, our_fin: Fin | None, peer_fin: Fin | None, facts: Mapping[Fact, Interval]
) -> bool | None:
    """Whether the end's FIN left before it got the peer's, where packets tell."""
    ours, theirs = facts[Fact.OUR_FIN], facts[Fact.PEER_FIN]
    if our_fin is None or peer_fin is None:
        return our_fin is not None
    shown = np.flatnonzero(mine.end > our_fin.number)
    if our_fin.sure and peer_fin.sure and len(shown):
        if (mine.fin & (mine.ack <= peer_fin.number)).any():
            return True
        knew = bool(mine.ack[shown[0]] > peer_fin.number)
        if not knew or mine.fin[shown[0]]:
            return not knew
        # its FIN itself was not captured; did it speak between the peer's FIN and its own?
        if (mine.ack[: shown[0]] > peer_fin.number).any():
            return False
    if not len(mine.place):
        return None  # it was never seen: its FIN may have crossed the peer's
    if ours.hi <= theirs.lo:
        return True
    if theirs.hi <= ours.lo:
        return False
    return None
