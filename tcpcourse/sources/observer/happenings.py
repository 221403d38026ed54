"""What happened to an end in one life, in order, and the row of the table for each."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from tcpcourse.sources.observer.possibilities import states_of

_FACTS = tuple(Fact)
# What the segment must be, by the table, that brings each of them.
_BRINGS: dict[Fact, tuple[Guard, ...]] = {
    Fact.PEER_SYN: (on.syn_bit, on.syn_ack, on.syn_ack_fin, on.new_syn),
    Fact.SYN_ACKED: (on.ack_of_syn, on.syn_ack, on.crossed_syn_ack, on.ack_of_syn_and_fin),
    Fact.PEER_FIN: (on.fin_reached, on.ack_and_fin, on.ack_of_syn_and_fin, on.syn_ack_fin),
    Fact.FIN_ACKED: (on.acks_our_fin, on.ack_and_fin),
    Fact.OVER: (on.rst_exact, on.rst_exact_passive, on.rst_with_good_ack),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to an end: when, and from which state to which it led."""

    interval: Interval
    fact: Fact
    before: State
    after: State
    story: LifeStory

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


def happenings(story: LifeStory, before: State) -> list[Happening]:
    """What happened in a life, in the order in which it most probably did."""
    ordered = sorted(
        (fact for fact in _FACTS if story.facts[fact].lo < NEVER),
        key=lambda fact: (
            min(story.facts[fact].hi, story.facts[fact].lo + 1)
            if story.facts[fact].hi == NEVER
            else story.facts[fact].hi,
            _FACTS.index(fact),
        ),
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
        if found and found[-1].interval == interval and interval.doubt is not Doubt.MAYBE:
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
