"""When an end sent its FIN, got the peer's, and the ACK of its own, read from the packets.

A FIN may be suspected only: a number was used by something that was not captured. Then what
is said of it holds if it was a FIN (``Doubt.MAYBE``).
"""

from __future__ import annotations

from collections.abc import Mapping

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
)
from tcpcourse.sources.observer.evidence import Places
from tcpcourse.sources.observer.facts import Fact, Fin, LifeStory, Talk, acceptable
from tcpcourse.sources.observer.lives import Life


def fin_of(talk: Talk, other: Talk, least: int) -> Fin | None:
    """The number of the FIN in what a side sent, if there is or may be one.

    ``other`` is what the other side said. A number that was used, but by no byte that was
    seen, may have been the FIN's: the FIN is the last. It is not below ``least``.
    """
    flagged = talk.end[talk.fin]
    if len(flagged) and flagged.max() >= talk.top:
        return Fin(int(flagged.max()) - 1, True)
    top = max(talk.top, int(other.ack.max(initial=-1)))
    covered = _covered(talk, other)
    if top > max(covered, 0) and top > 1:
        return Fin(top - 1, False)
    if covered < 0 and top > least and not talk.syn.any():
        return Fin(top - 1, False)
    return None


def _covered(talk: Talk, other: Talk) -> int:
    """The number after the highest byte, SYN or FIN that was itself seen.

    A keep-alive may carry one byte that stands for no data: its number was acknowledged
    before (RFC 9293 §3.8.4), and may have been the FIN's.
    """
    if talk.covered < talk.top or not talk.data.any():
        return talk.covered
    known = np.append(-1, np.maximum.accumulate(other.ack))
    told = known[np.searchsorted(other.place, talk.place)]
    probe = talk.data & (talk.end - talk.seq == 1) & (told >= talk.end)
    shown = talk.end[(talk.data & ~probe) | talk.syn | talk.fin]
    return int(shown.max()) if len(shown) else -1


def fin_sent(mine: Talk, theirs: Talk, fin: Fin, life: Life, clock: Clock) -> Interval:
    """When the end sent its FIN."""
    shown = np.flatnonzero(mine.end > fin.number)
    told = first(theirs.place[theirs.ack > fin.number])
    place = int(mine.place[shown[0]]) if len(shown) else None
    if place is None or (told is not None and told < place):
        place = told
    assert place is not None  # a FIN has a number because a packet shows it
    lo = _after(_unclosed(mine, place), place, life.start)
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


def fin_got(story: LifeStory, fin: Fin, clock: Clock) -> Interval:
    """When the end took the peer's FIN, which is when nothing before it is missing.

    It is not taken before the peer's SYN.
    """
    life, mine, theirs, resets = story.life, story.own, story.peer, story.own_resets
    opens = story.facts[Fact.PEER_SYN].lo
    unaware = resets.place[(resets.ack >= 0) & (resets.ack <= fin.number) & ~resets.zero]
    if len(unaware) and not (mine.place > unaware[0]).any():
        return NOT_AT_ALL  # it was thrown away by an end that did not expect more than the FIN
    proof = first(mine.place[mine.ack > fin.number])
    contrary = mine.place[(mine.ack >= 0) & (mine.ack <= fin.number)]
    carriers = theirs.place[theirs.fin & (theirs.end == fin.number + 1)]
    if opens > int(carriers[0] if len(carriers) else opens) + 1:
        late = clock.recent(carriers, min(opens, len(clock.time)) - 1)
        carriers = np.append(late, carriers[carriers >= opens - 1])
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
    before = first(contrary[: np.searchsorted(contrary, limit)][::-1])
    lo = max(_after(before, limit, life.start), _after(_unclosed(theirs, limit), limit, 0))
    return Interval(lo, NEVER, limit, Doubt.MAYBE)


def waiting_for_the_handshake(story: LifeStory) -> None:
    """Put off a FIN that came with the peer's SYN and no ACK: SYN_RCVD keeps it (§3.10.7.2).

    Unless the end acknowledges it before its own SYN is acknowledged.
    """
    mine, theirs = story.own, story.peer
    got, acked = story.facts[Fact.PEER_FIN], story.facts[Fact.SYN_ACKED]
    came = theirs.place[theirs.fin & theirs.syn & (theirs.ack < 0)]
    story.fin_on_syn = got.by is not None and got.by in came
    if not story.fin_on_syn:
        return
    number = int(theirs.end[theirs.place == got.by][0])
    known = first(mine.place[mine.ack >= number])
    if known is None or known >= acked.lo:
        hi = max(got.hi, acked.hi)
        story.facts[Fact.PEER_FIN] = Interval(max(got.lo, acked.lo), hi, got.by, got.doubt)


def _after(place: int | None, limit: int, start: int) -> int:
    """The first moment at which what nobody saw may have happened.

    The packet at ``place`` says that it had not, the one at ``limit`` that it had; what was
    not seen is taken not to have followed at once.
    """
    return start if place is None else max(start, min(place + 2, limit + 1))


def _unclosed(talk: Talk, limit: int) -> int | None:
    """The last packet before ``limit`` which says that its sender had sent no FIN yet.

    New data says so, and a bare ACK, whose number is the next one; what is sent again does not.
    """
    reached = np.maximum.accumulate(talk.end)
    new = np.append(True, reached[1:] > reached[:-1])[: len(reached)]
    return first(talk.place[(new | (talk.seq == talk.end)) & (talk.place < limit)][::-1])


def _has_hole(theirs: Talk) -> bool:
    """Whether some of the peer's bytes were not captured, so that they may not have come."""
    reached = np.maximum.accumulate(theirs.end)
    return bool((theirs.seq[1:] > reached[:-1]).any()) or int(theirs.seq.min()) > 1


def fin_acked(story: LifeStory, fin: Fin, clock: Clock) -> Interval:
    """When the end got the ACK of its FIN."""
    mine, theirs = story.own, story.peer
    carriers = theirs.place[(theirs.ack > fin.number) & acceptable(theirs, mine)]
    sent = story.facts[Fact.OUR_FIN]
    if not len(theirs.place):  # the peer was never seen
        return Interval(sent.lo, NEVER, None, Doubt.MAYBE)
    if not len(carriers):
        return _acked_unseen(story)
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
        if story.life.opened is None and not (theirs.ack[: len(known)] >= 0).any():
            # the ACK may have come before the capture began
            return Interval(min(interval.lo, sent.lo), NEVER, interval.by, Doubt.MAYBE)
        return interval
    interval = if_sent_again(interval, carriers, mine, theirs)
    interval = _overtaken(story, interval, clock)
    alive = (mine.end == mine.seq) & (mine.seq == fin.number) & (mine.place >= sent.hi)
    if alive.any() and mine.place[alive][0] + 1 < interval.lo:
        # a keep-alive (RFC 9293 §3.8.4) goes out when nothing is left to be acknowledged
        return Interval(sent.hi, interval.hi, interval.by, Doubt.UNSEEN)
    return interval


def _acked_unseen(story: LifeStory) -> Interval:
    """No ACK of the FIN was seen; but what the end got, and nobody saw, may have carried it."""
    mine, theirs = story.own, story.peer
    sent, got = story.facts[Fact.OUR_FIN], story.facts[Fact.PEER_FIN]
    if got.doubt in (Doubt.UNSEEN, Doubt.MAYBE) and got is not NOT_AT_ALL:
        return Interval(max(sent.lo, got.lo), NEVER, None, Doubt.MAYBE)  # it came with the FIN
    order = np.argsort(theirs.seq, kind="stable")
    reached = np.append(1, np.maximum.accumulate(np.maximum(theirs.end[order], 1)))
    begins = np.append(theirs.seq[order], NEVER)
    closed = first(mine.place[mine.fin][::-1])
    for number in reached[begins > reached].tolist():  # from here on bytes were not seen
        proof = first(mine.place[mine.ack > number])
        if proof is not None and proof >= sent.lo:
            missing = first(mine.place[(mine.ack >= 0) & (mine.place < proof)][::-1])
            lo = max(_after(missing, proof, sent.lo), -1 if closed is None else closed + 1)
            return Interval(lo, NEVER, None, Doubt.MAYBE)
    return NOT_AT_ALL


def if_sent_again(interval: Interval, carriers: Places, mine: Talk, theirs: Talk) -> Interval:
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
    if got.doubt is Doubt.MAYBE:
        return interval  # nobody saw it
    if not 0 < int(clock.time[got.by]) - int(clock.time[interval.by]) + 1 <= clock.round_trip:
        return interval
    if not interval.by < got.by or (theirs.end > theirs.seq)[theirs.place == interval.by].any():
        return interval
    answers = (
        (mine.place > interval.by) & (mine.end == mine.seq) & (mine.ack == mine.ack.max(initial=-1))
    )
    asked = (theirs.place >= got.by) & (theirs.end > theirs.seq)
    if np.count_nonzero(answers) <= np.count_nonzero(asked):
        return interval
    return Interval(interval.lo, max(got.hi, interval.hi), interval.by, Doubt.CROSSING)


def who_first(
    mine: Talk,
    theirs: Talk,
    our_fin: Fin | None,
    peer_fin: Fin | None,
    facts: Mapping[Fact, Interval],
) -> bool | None:
    """Whether the end's FIN left before it got the peer's, where packets tell."""
    sent, got = facts[Fact.OUR_FIN], facts[Fact.PEER_FIN]
    if our_fin is None or peer_fin is None:
        return our_fin is not None
    if (mine.fin & (mine.ack <= peer_fin.number)).any():
        return True
    if (theirs.fin & (theirs.ack > our_fin.number)).any():
        return True  # the peer had got ours when it sent its own
    shown = np.flatnonzero(mine.end > our_fin.number)
    if our_fin.sure and len(shown) and mine.fin[shown[0]]:
        return False
    if our_fin.sure and peer_fin.sure and len(shown):
        if mine.ack[shown[0]] <= peer_fin.number:
            return True
        # its FIN itself was not captured; did it speak between the peer's FIN and its own?
        if (mine.ack[: shown[0]] > peer_fin.number).any():
            return False
    if not len(mine.place):
        return None  # it was never seen: its FIN may have crossed the peer's
    if _before(sent, got):
        return True
    if _before(got, sent):
        return False
    return None


def _before(one: Interval, other: Interval) -> bool:
    """Whether one thing was certain before the other; what nobody saw may be a little earlier."""
    return one.hi <= other.lo if other.certain else one.hi < other.lo
