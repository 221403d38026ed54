"""How the life of a connection's end is over before both sides have closed.

An end is gone when it has sent a RST of its own (ABORT, RFC 9293 §3.10.5), when it has taken
one (§3.10.7), when TIME_WAIT has run out, or when it gave up in silence.
"""

from __future__ import annotations

import numpy as np

from tcpcourse.sources.observer.arrivals import (
    NEVER,
    NOT_AT_ALL,
    Clock,
    Doubt,
    Interval,
    arrival,
    departure,
)
from tcpcourse.sources.observer.evidence import Places
from tcpcourse.sources.observer.facts import Fact, LifeStory

TIME_WAIT_NS = 60_000_000_000  # Linux; RFC 9293 §3.4.2 says four minutes


def how_it_ended(story: LifeStory, clock: Clock) -> Interval:
    """When the end was gone, or the interval in which it may have been."""
    found = [_refused(story), _own_reset(story, clock), _peer_reset(story, clock)]
    gone = min(found, key=lambda interval: (interval.lo, interval.hi))
    return gone if gone is not NOT_AT_ALL else _time_wait_over(story, clock)


def _refused(story: LifeStory) -> Interval:
    """A RST numbered 0 answers a SYN from CLOSED (§3.10.7.1): there never was a connection."""
    resets = story.own_resets
    if story.life.opened == "passive" and not len(story.own.place):
        zero = resets.place[resets.zero & (resets.ack >= 1)]
        if len(zero):
            story.facts[Fact.PEER_SYN] = NOT_AT_ALL
    return NOT_AT_ALL


def _own_reset(story: LifeStory, clock: Clock) -> Interval:
    """The first RST after which the end says nothing else: an ABORT, or an answer from CLOSED."""
    mine, theirs, resets = story.own, story.peer, story.own_resets
    for place, seq, ack, zero in zip(
        resets.place.tolist(),
        resets.seq.tolist(),
        resets.ack.tolist(),
        resets.zero.tolist(),
        strict=True,
    ):
        heard = theirs.place < place
        after = mine.place > place
        known = max(int(theirs.end[heard].max(initial=0)), int(mine.ack[~after].max(initial=0)))
        top = max(seq, int(mine.end[~after].max(initial=0)))
        soon = clock.time[mine.place] - clock.time[place] <= clock.horizon
        # what follows soon, or says nothing new, may have been sent before, and be late
        lives = mine.ack > known
        lives |= (mine.end > top) if zero else (mine.end > top) & ~soon
        if (after & lives).any():
            continue  # it goes on, so this was no ABORT: an answer to something older, or forged
        spoken = mine.place[~after]
        last = int(spoken[-1]) if len(spoken) else -1
        unheard = theirs.place > last
        if zero and ack >= 1:
            asked = theirs.place[heard & (theirs.ack < 0) & (theirs.end == ack)]
            if len(asked):  # only CLOSED answers like that (§3.10.7.1)
                return Interval(int(asked[-1]) + 1, int(asked[-1]) + 1, place, Doubt.ANSWER)
            if not after.any():  # the SYN that it answers was not captured
                return Interval(last + 1, place + 1, place, Doubt.ANSWER)
        if not zero and not 0 <= seq <= top:
            continue  # it answers numbers of another connection
        reached = int(mine.end[~after].max(initial=0))
        if not zero and seq < reached and not (theirs.ack[heard] == seq).any():
            # ABORT has the next number (§3.10.5), an answer one that was asked for
            return Interval(place + 1, NEVER, place, Doubt.MAYBE)
        if ack < 0:
            asked = theirs.place[heard & unheard & (theirs.ack == seq)]
            must = heard & unheard & (theirs.ack == seq) & (theirs.fin | theirs.syn)
            if must.any():  # an open end would have acknowledged it: it was gone before
                answered = int(theirs.place[must][0])
                return Interval(int(asked[0]) + 1, answered + 1, place, Doubt.ANSWER)
            if max(story.facts[Fact.OUR_FIN].hi, story.facts[Fact.PEER_FIN].hi) <= place:
                # both have closed: ABORT sends no RST (§3.10.5), so it had given up before
                recent = clock.recent(theirs.place[theirs.ack == seq], place)
                first_asked = min([*asked.tolist(), *recent.tolist()], default=place)
                return Interval(first_asked + 1, place + 1, place, Doubt.ANSWER)
            silent = heard & unheard & (theirs.ack == seq) & theirs.data
            if silent.any():
                return Interval(int(theirs.place[silent][0]) + 1, place + 1, place, Doubt.ANSWER)
        if story.facts[Fact.PEER_SYN].lo > place and (
            story.life.opened != "active" or seq != mine.top
        ):
            continue
        # without an ACK it does not say what had come before it left
        crossing = unheard if ack < 0 else (theirs.end > ack) & (theirs.end > theirs.seq)
        return departure(clock, place, theirs.place[crossing])
    return NOT_AT_ALL


def _peer_reset(story: LifeStory, clock: Clock) -> Interval:
    """The RSTs that the end must take: with exactly the number it expects (RFC 5961 §3.2)."""
    mine, theirs, resets = story.own, story.peer, story.peer_resets
    if not len(resets.place):
        return NOT_AT_ALL
    alive = np.sort(np.concatenate([mine.place, _aborts(story)]))
    last = int(alive[-1]) if len(alive) else -1
    acked = np.maximum.accumulate(mine.ack) if len(mine.ack) else mine.ack
    sent = np.maximum.accumulate(theirs.end) if len(theirs.end) else theirs.end
    got_syn = story.facts[Fact.PEER_SYN]
    good, guess = [], False
    for place, seq, ack in zip(
        resets.place.tolist(), resets.seq.tolist(), resets.ack.tolist(), strict=True
    ):
        if last > place and int(clock.time[last]) - int(clock.time[place]) > clock.horizon:
            continue  # the end lives on
        if got_syn.lo > place:
            if story.life.opened == "active" and 1 <= ack <= max(mine.top, 1):
                good.append(place)
            continue
        before = int(np.searchsorted(mine.place, place))
        expected = max(int(acked[before - 1]) if before else 0, 1)
        if seq < expected and len(mine.place):
            continue  # outside the window: dropped
        before = int(np.searchsorted(theirs.place, place))
        guessed = bool(before and seq > sent[before - 1])
        if good and guess and not guessed:
            good = []  # a RST with exactly the number needs no other to have been taken
        if not good or guess == guessed:
            good.append(place)
            guess = guessed
    if not good:
        return NOT_AT_ALL
    interval = arrival(clock, story.life.start, np.array(good), alive)
    if guess and interval.hi != NEVER:
        return Interval(interval.lo, NEVER, interval.by, Doubt.MAYBE)
    return interval


def _aborts(story: LifeStory) -> Places:
    """The end's RSTs that answer nothing: they come from an ABORT, so it was there till then."""
    resets, theirs = story.own_resets, story.peer
    asked = np.isin(resets.seq, theirs.ack) | resets.zero
    aborts: Places = resets.place[~asked & (resets.seq == story.own.top)]
    return aborts


def _time_wait_over(story: LifeStory, clock: Clock) -> Interval:
    """TIME_WAIT ends after 2MSL, and no packet shows it."""
    facts = story.facts
    entered = max(facts[Fact.PEER_FIN].hi, facts[Fact.FIN_ACKED].hi)
    if story.fin_first is False or not 0 < entered < NEVER:
        return NOT_AT_ALL
    last = entered - 1
    if len(story.own.place):
        last = max(last, int(story.own.place[-1]))
    over = int(clock.time[last]) + TIME_WAIT_NS
    later = np.flatnonzero(clock.time[last:] >= min(over, (1 << 63) - 1))
    if not len(later):
        return NOT_AT_ALL
    return Interval(last + int(later[0]) + 1, NEVER, None, Doubt.MAYBE)
