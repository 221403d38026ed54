"""What happened to an end in one life, in order, and the row of the table for each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tcpcourse.core.reaction import find_row
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import Row, rows_for
from tcpcourse.core.table import segment_guards as on
from tcpcourse.core.table.rows import Guard
from tcpcourse.core.tcb import Tcb
from tcpcourse.sources.observer.arrivals import NEVER, Doubt, Interval
from tcpcourse.sources.observer.evidence import Sighting
from tcpcourse.sources.observer.facts import Fact, LifeStory
from tcpcourse.sources.observer.meeting import whole
from tcpcourse.sources.observer.possibilities import States, states_of

_FACTS = tuple(Fact)
# What the segment must be, by the table, that brings each of them.
_BRINGS: dict[Fact, tuple[Guard, ...]] = {
    Fact.PEER_SYN: (on.syn_bit, on.syn_ack, on.syn_ack_fin, on.new_syn),
    Fact.SYN_ACKED: (on.ack_of_syn, on.syn_ack, on.crossed_syn_ack, on.ack_of_syn_and_fin),
    Fact.PEER_FIN: (on.fin_reached, on.ack_and_fin, on.ack_of_syn_and_fin, on.syn_ack_fin),
    Fact.FIN_ACKED: (on.acks_our_fin, on.ack_and_fin),
    Fact.OVER: (on.rst_exact, on.rst_exact_passive, on.rst_with_good_ack),
}

# Where each of them leads an open end.
_LEADS = {
    (Fact.SYN_ACKED, State.SYN_RCVD): State.ESTABLISHED,
    (Fact.OUR_FIN, State.SYN_RCVD): State.FIN_WAIT_1,
    (Fact.OUR_FIN, State.ESTABLISHED): State.FIN_WAIT_1,
    (Fact.OUR_FIN, State.CLOSE_WAIT): State.LAST_ACK,
    (Fact.PEER_FIN, State.ESTABLISHED): State.CLOSE_WAIT,
    (Fact.PEER_FIN, State.FIN_WAIT_1): State.CLOSING,
    (Fact.PEER_FIN, State.FIN_WAIT_2): State.TIME_WAIT,
    (Fact.FIN_ACKED, State.FIN_WAIT_1): State.FIN_WAIT_2,
    (Fact.FIN_ACKED, State.CLOSING): State.TIME_WAIT,
    (Fact.FIN_ACKED, State.LAST_ACK): State.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to an end: when, and from which state to which it led.

    ``if_fin`` says that it happened so only if a suspected FIN was one, or only if it was none.
    """

    interval: Interval
    fact: Fact
    before: State
    after: State
    story: LifeStory = field(compare=False)
    if_fin: bool | None = None

    @property
    def start(self) -> State:
        """The state in which the row's event finds the end.

        An application listens, or is done with the old connection, without a packet.
        """
        if self.fact is Fact.OUR_SYN:
            return State.CLOSED
        listens = self.story.life.opened == "passive" and self.after is State.SYN_RCVD
        if self.fact is Fact.PEER_SYN and self.before is State.CLOSED and listens:
            return State.LISTEN
        return self.before

    def among(self, before: States, after: States) -> Happening | None:
        """The same from one of the states ``before`` to one of those ``after``, if it leads there.

        Where the order of what happened is open, it may have found the end in another state.
        """
        for state in State:
            leads = _LEADS.get((self.fact, state))
            if self.fact is Fact.OVER and state.synchronized:
                leads = State.CLOSED
            if state in before and leads in after and leads is not state:
                return replace(self, before=state, after=leads)
        return None


def suspected(story: LifeStory) -> frozenset[Fact]:
    """The FINs that nobody saw, and that may have been data."""
    found = set()
    for fact, talk in ((Fact.OUR_FIN, story.own), (Fact.PEER_FIN, story.peer)):
        if story.facts[fact].doubt is Doubt.MAYBE and not talk.fin.any():
            found.add(fact)
    return frozenset(found)


def happenings(story: LifeStory, before: State) -> list[Happening]:
    """What happened in a life, in the order in which it most probably did.

    Where a FIN is only suspected, what happened if it was one, and what if it was none.
    """
    doubted = suspected(story)
    if Fact.OUR_FIN in doubted:
        doubted |= {Fact.FIN_ACKED}
    found = _in_order(story, before, frozenset())
    if not doubted:
        return found
    without = _in_order(story, before, doubted)
    return [
        *(happening for happening in found if happening in without),
        *(replace(happening, if_fin=True) for happening in found if happening not in without),
        *(replace(happening, if_fin=False) for happening in without if happening not in found),
    ]


def _rank(story: LifeStory, fact: Fact) -> tuple[int, int]:
    """Facts are sorted by the moment at which they are certain, or from which they may be."""
    interval = story.facts[fact]
    moment = interval.hi if interval.hi < NEVER else interval.lo + 1
    gone = fact is Fact.OVER and interval.doubt is Doubt.ANSWER  # before what it answers came
    return moment, -1 if gone else _FACTS.index(fact)


def _in_order(story: LifeStory, before: State, without: frozenset[Fact]) -> list[Happening]:
    ordered = sorted(
        (fact for fact in _FACTS if story.facts[fact].lo < NEVER and fact not in without),
        key=lambda fact: _rank(story, fact),
    )
    done: frozenset[Fact] = frozenset()
    found: list[Happening] = []
    state = before
    if story.life.opened is None:
        done = frozenset({Fact.OUR_SYN, Fact.PEER_SYN, Fact.SYN_ACKED})
        state = State.ESTABLISHED
    for fact in ordered:
        interval = story.facts[fact]
        if fact in done:
            continue
        done |= {fact}
        states = states_of(story, done, frozenset({before}))
        if not states:
            continue
        after = min(states, key=lambda each: each.value)
        together = found and found[-1].interval == interval and found[-1].fact is not Fact.OVER
        if together and interval.doubt is not Doubt.MAYBE:
            found[-1] = replace(found[-1], fact=fact, after=after)
        elif after is not state or fact is Fact.OUR_SYN:
            found.append(Happening(interval, fact, state, after, story))
        state = after
    return found


def row_of(happening: Happening, met: Tcb | None, packet: Sighting | None) -> Row | None:
    """The row of the table that leads from the state before to the one after.

    ``packet`` is what brought it, if it was seen, and ``met`` the TCB that it met.
    """
    before, after, fact = happening.before, happening.after, happening.fact
    events = {
        Fact.OUR_SYN: (Event.OPEN_ACTIVE,),
        Fact.OUR_FIN: (Event.CLOSE,),
        Fact.OVER: (Event.ARRIVES, Event.ABORT, Event.USER_TIMEOUT, Event.TIME_WAIT_TIMEOUT),
    }.get(fact, (Event.ARRIVES,))
    if fact is Fact.OVER and before in (State.CLOSING, State.LAST_ACK):
        events = (Event.ARRIVES, Event.USER_TIMEOUT)
    elif fact is Fact.OVER and before is State.TIME_WAIT:
        events = (Event.ARRIVES, Event.TIME_WAIT_TIMEOUT)
    by = happening.interval.by
    if fact is Fact.OVER and by is not None and by in happening.story.own_resets.place:
        events = events[1:] if len(events) == 2 else (Event.ABORT, Event.USER_TIMEOUT)
    start = happening.start
    if packet is not None and met is not None and events == (Event.ARRIVES,):
        row = find_row(met, Event.ARRIVES, whole(packet), "rfc5961")
        if row is not None and row.next is after:
            return row
    for event in events:
        for row in rows_for(start, event):
            fits = event is not Event.ARRIVES or row.guard in _BRINGS[fact]
            if row.next is after and row.policy != "rfc793" and fits:
                return row
    return None
