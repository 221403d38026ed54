"""From what may have happened to the states an end may be in, moment by moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from tcpcourse.core.states import State
from tcpcourse.sources.observer.arrivals import NEVER, Doubt
from tcpcourse.sources.observer.facts import Fact, LifeStory

States = frozenset[State]
SYNCHRONIZED: States = frozenset(state for state in State if state.synchronized)
NOTHING_OPEN: States = frozenset({State.CLOSED, State.LISTEN, State.SYN_SENT})
UNOPENED: States = frozenset({State.CLOSED, State.LISTEN})

_NEEDS = {
    Fact.SYN_ACKED: Fact.PEER_SYN,
    Fact.PEER_FIN: Fact.SYN_ACKED,
    Fact.FIN_ACKED: Fact.OUR_FIN,
}
_BROUGHT = (Fact.PEER_SYN, Fact.SYN_ACKED, Fact.PEER_FIN, Fact.FIN_ACKED)
_OPEN = {
    # our FIN sent, the peer's got, ours acknowledged; ours left first
    (False, False, False): (State.ESTABLISHED, State.ESTABLISHED),
    (False, True, False): (State.CLOSE_WAIT, State.CLOSE_WAIT),
    (True, False, False): (State.FIN_WAIT_1, State.FIN_WAIT_1),
    (True, False, True): (State.FIN_WAIT_2, State.FIN_WAIT_2),
    (True, True, False): (State.CLOSING, State.LAST_ACK),
    (True, True, True): (State.TIME_WAIT, State.CLOSED),
}


def states_of(
    story: LifeStory, happened: frozenset[Fact], before: States, *, arrived: bool = False
) -> States:
    """The states of an end to which exactly this has happened in its life.

    ``before`` are those in which it may be when its life has not begun yet; ``arrived`` says
    that a SYN has come, if there was anybody to take it.
    """
    if Fact.OVER in happened:
        return frozenset({_where_it_ends(story)})
    life = story.life
    if life.opened == "active" and Fact.OUR_SYN not in happened:
        return before
    if Fact.PEER_SYN not in happened:
        if life.opened == "active":
            return frozenset({State.SYN_SENT})
        # a listener takes the SYN; it stays one only if the SYN may have been lost
        taken = arrived and story.facts[Fact.PEER_SYN].doubt is Doubt.MAYBE
        return before - {State.LISTEN} if taken else before
    if story.fin_on_syn and Fact.PEER_FIN in happened and Fact.SYN_ACKED not in happened:
        # it is acknowledged before the ACK of the SYN: taken, or kept for later (§3.10.7.2)
        return frozenset({State.SYN_RCVD, State.CLOSE_WAIT})
    if any(fact in happened and need not in happened for fact, need in _NEEDS.items()):
        return frozenset()
    ours, theirs = Fact.OUR_FIN in happened, Fact.PEER_FIN in happened
    if Fact.SYN_ACKED not in happened:
        return frozenset({State.FIN_WAIT_1 if ours else State.SYN_RCVD})
    if ours != theirs and story.fin_first is (not ours) and _surely_earlier(story):
        return frozenset()  # it is known which of the two came first
    ours_first, theirs_first = _OPEN[ours, theirs, Fact.FIN_ACKED in happened]
    if story.fin_first is None:
        return frozenset({ours_first, theirs_first})
    return frozenset({ours_first if story.fin_first else theirs_first})


def _surely_earlier(story: LifeStory) -> bool:
    """Whether the FIN that came first is one, and not only suspected."""
    earlier = story.facts[Fact.OUR_FIN if story.fin_first else Fact.PEER_FIN]
    return earlier.lo < NEVER and earlier.doubt is not Doubt.MAYBE


def _where_it_ends(story: LifeStory) -> State:
    """A listener whose caller is reset before it is open listens on (RFC 9293 §3.10.7.4)."""
    over, acked = story.facts[Fact.OVER], story.facts[Fact.SYN_ACKED]
    closed = story.facts[Fact.OUR_FIN].lo < NEVER  # what is over sends none
    listens = story.life.opened == "passive" and acked.lo > over.lo and not closed
    by_peer = over.by is not None and over.by in story.peer_resets.place
    return State.LISTEN if listens and by_peer else State.CLOSED


def possible_at(story: LifeStory, moment: int, before: States) -> States:
    """Every state in which the end may be at a moment of this life."""
    certain = {fact for fact, interval in story.facts.items() if interval.hi <= moment}
    if story.facts[Fact.OUR_FIN].doubt is Doubt.MAYBE:
        certain.discard(Fact.FIN_ACKED)  # it is only if the FIN is one
    found = _states_between(story, moment, certain, before)
    # packets that contradict each other, as in a damaged file: then nothing is held against it
    return found or _states_between(story, moment, set(), before) or frozenset(State)


def _states_between(story: LifeStory, moment: int, certain: set[Fact], before: States) -> States:
    """The states if ``certain`` has happened, and what else may have by ``moment`` or not."""
    together: dict[tuple[int, int, int | None], list[Fact]] = {}
    ours: tuple[int, int, int | None] | None = None
    for fact, interval in story.facts.items():
        if interval.lo <= moment and fact not in certain:
            # what one packet brings, it brings at once
            brought = fact in _BROUGHT and interval.doubt is not Doubt.MAYBE
            key = (interval.lo, interval.hi, interval.by) if brought else (0, 0, -len(together))
            if interval.hi <= moment and ours is not None:  # the FIN's ACK, if it was a FIN
                key = ours
            elif fact is Fact.OUR_FIN:
                ours = key
            together.setdefault(key, []).append(fact)
    found: set[State] = set()
    arrived = story.facts[Fact.PEER_SYN].lo <= moment
    for choice in product((False, True), repeat=len(together)):
        happened = frozenset(certain).union(
            *(group for group, yes in zip(together.values(), choice, strict=True) if yes)
        )
        found |= states_of(story, happened, before, arrived=arrived)
    return frozenset(found)


@dataclass(slots=True)
class Timeline:
    """The states in which an end may be: from each of ``moments`` on, those beside it."""

    moments: list[int] = field(default_factory=list)
    states: list[States] = field(default_factory=list)

    def add(self, moment: int, states: States) -> None:
        """From ``moment`` on it is these; moments are added in order."""
        if self.moments and self.moments[-1] == moment:
            self.states[-1] = states
        elif not self.states or self.states[-1] != states:
            self.moments.append(moment)
            self.states.append(states)

    def at(self, moment: int) -> States:
        """The states at a moment."""
        return self.states[max(0, bisect_right(self.moments, moment) - 1)]


def changes(story: LifeStory) -> Iterator[int]:
    """The moments in this life at which something happens or becomes certain, in order."""
    life = story.life
    marks = {life.start}
    for interval in story.facts.values():
        marks |= {mark for mark in (interval.lo, interval.hi) if mark < NEVER}
    yield from sorted(min(max(mark, life.start), life.end) for mark in marks)


def timeline(stories: list[LifeStory], earlier: States | None) -> Timeline:
    """The states of one end through all its lives; ``earlier`` are those before the first."""
    result = Timeline()
    before = _beginning(stories, earlier)
    for order, story in enumerate(stories):
        old = story.life.opened is None and (order + 1 < len(stories) or earlier is not None)
        if order and not old and story.life.opened == "passive":
            before = frozenset(UNOPENED & before and {State.LISTEN}) | (before - UNOPENED)
        if old and len(story.own.place):  # it speaks, so its connection is there
            before = (before & SYNCHRONIZED) or SYNCHRONIZED | {State.SYN_RCVD}
        if story.life.opened == "active" and State.CLOSED in before:
            before = before - {State.LISTEN}  # no socket interface lets a listener call
        for moment in changes(story):
            over = story.facts[Fact.OVER]
            if _only_got_a_reset(story):  # by a caller, or by who was called and may listen on
                taken = moment > story.peer_resets.place[0]
                states = UNOPENED if taken else frozenset(State)
            elif _only_resets(story):  # an answer, from any state in which nothing is open yet
                states = NOTHING_OPEN if moment > story.own_resets.place[0] else frozenset(State)
            elif old and over.lo > moment:
                states = before
            elif old:
                states = frozenset({State.CLOSED}) | (before if over.hi > moment else frozenset())
            else:
                states = possible_at(story, moment, before)
            listens = order and states == {State.LISTEN} and moment == story.life.start
            if listens and result.states[-1] == {State.CLOSED}:
                states = UNOPENED  # its old connection is gone; when it listens, no packet says
            result.add(moment, states)
        before = result.states[-1]
    return result


def _only_resets(story: LifeStory) -> bool:
    """Whether the capture begins with a RST of this end, and shows nothing else of it."""
    resets, life = story.own_resets.place, story.life
    begins = life.opened is None and not len(story.own.place) and len(resets)
    return bool(begins and not (story.peer.place < resets[0]).any())


def _only_got_a_reset(story: LifeStory) -> bool:
    """Whether the capture begins with a RST to this end, and shows nothing else of it."""
    resets, life = story.peer_resets.place, story.life
    begins = life.opened is None and not len(story.own.place) and len(resets)
    silent = not len(story.own_resets.place) and not (story.peer.place[:1] < resets[:1]).any()
    return bool(begins and silent)


def _beginning(stories: list[LifeStory], earlier: States | None) -> States:
    """The states before the first packet."""
    first = stories[0].life
    if earlier is not None:
        return earlier
    if first.opened is None:
        return SYNCHRONIZED
    if first.opened == "active":
        return frozenset({State.CLOSED})
    if first.called is not None:
        return frozenset({State.LISTEN})
    refused = stories[0].facts[Fact.PEER_SYN].lo == NEVER and len(stories[0].own_resets.place)
    return frozenset({State.CLOSED}) if refused else UNOPENED
