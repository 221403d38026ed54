"""A search for other ways in which an end can have sent what was seen of it.

``twins`` changes one or two things in a story. Here the end lives through its events anew,
and at every step something may be otherwise: an event comes later or not at all, a packet
arrives earlier, twice or although it was lost, or is not taken. A way is given up as soon as
the end has not sent what was seen to pass by then. What is found is a whole life of an
``Endpoint`` that sends exactly what the tap saw; how surprising it is, is counted as in
``twins``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.trace import Side

from .worlds import Event, Sent, perform, waits

if TYPE_CHECKING:
    from .twins import Telling, Twins

NEVER = 1 << 62
MOST_CHANGES = 5
MOST_EVENTS = 8_000  # for one number of changes
NEAR = 6  # frames
CALLS = ("send", "close", "receive")
OPENING = ("listen", "open", "fast-open")


@dataclass(frozen=True)
class Way:
    """How far an end has come: what is next, what was put off, and what it told."""

    end: Endpoint
    next: int
    held: tuple[int, ...]
    early: frozenset[int]
    todo: int
    more: tuple[Segment, ...]
    least: int
    told: tuple[Event, ...]


class Search:
    """The search for one end of a story."""

    def __init__(self, twins: Twins, side: Side) -> None:
        self.twins, self.side, story = twins, side, twins.story
        self.base = story.events[side]
        self.story = story
        self.settings: dict[str, Any] = story.settings[side]
        self.limit = twins.cost(side, self.base)
        self.wanted = [s for event in self.base for s in event.sent if twins.matters(s)]
        self.deadline = [NEVER] * (len(self.wanted) + 1)
        for place in range(len(self.wanted) - 1, -1, -1):
            passed = [twins.when[number] - 1 for number in self.wanted[place].frames]
            self.deadline[place] = min([self.deadline[place + 1], *passed])
        self.arrivals = [
            Event(frame.time_ns, "arrive", frame.segment, frame.number)
            for frame in story.frames
            if frame.sender != side
        ]
        self.unseen = [e for e in self.base if e.source is not None and e.frame is None]
        self.budget = 0

    def ways(self, place: int) -> Iterator[Telling]:
        """Lives that send the same, those with fewer changes first, made near the frame there."""
        frames = self.twins.story.frames
        self.since = frames[max(0, place - NEAR)].time_ns if place > NEAR else 0
        after = place + NEAR
        self.until = frames[after].time_ns if after < len(frames) else NEVER
        for changes in range(1, MOST_CHANGES + 1):
            for delays in (False, True):
                self.budget = MOST_EVENTS
                own = self.story.settings[self.side]
                self.settings = {**own, "delayed_ack": own["delayed_ack"] is not delays}
                start = Way(Endpoint(**self.settings), 0, (), frozenset(), 0, (), 0, ())
                for way in self._from(start, changes - delays):
                    telling = self.twins.telling(
                        self.side, list(way.told), self.twins.surplus(self.side, way.more)
                    )
                    if telling.possible and telling.cost <= self.limit:
                        yield telling

    def _from(self, way: Way, changes: int) -> Iterator[Way]:
        if way.next == len(self.base) and changes == 0:
            if way.todo == len(self.wanted):
                yield way
            else:
                yield from self._again(way, changes)
            return
        if self.budget <= 0:
            return
        if way.next < len(self.base):
            event = self.base[way.next]
            if way.next in way.early:
                yield from self._from(replace(way, next=way.next + 1), changes)
            else:
                yield from self._go(way, event, changes, following=True)
                late = event.kind == "close" or (event.kind in CALLS and self._tells(way, event))
                if late:  # it was made later
                    put_off = replace(way, next=way.next + 1, held=(*way.held, way.next))
                    yield from self._from(put_off, changes)
        yield from self._again(way, changes)
        if way.end.tcb.ack_due:  # how long an ACK is delayed is up to the end
            tick = Event(self._now(way), "tick", "delayed-ack")
            yield from self._go(way, tick, changes, inserted=True)
        if not changes or not self.since <= self._now(way) <= self.until:
            return
        if way.next < len(self.base) and way.next not in way.early:
            event = self.base[way.next]
            if event.kind not in OPENING:
                put_off = replace(way, next=way.next + 1, held=(*way.held, way.next))
                yield from self._from(put_off, changes - 1)
            if event.kind == "refuse":
                taken = replace(event, kind="arrive")
                yield from self._go(way, taken, changes - 1, following=True)
            elif event.kind == "arrive" and way.end.state in (State.SYN_RCVD, State.LISTEN):
                refused = replace(event, kind="refuse")
                yield from self._go(way, refused, changes - 1, following=True)
        yield from self._insert(way, changes)

    def _again(self, way: Way, changes: int) -> Iterator[Way]:
        """What was put off comes now: one event, or all that was to be sent in one call."""
        for held in way.held:
            yield from self._go(way, self.base[held], changes, again=(held,))
        sends = tuple(held for held in way.held if self.base[held].kind == "send")
        if len(sends) > 1:
            size = sum(self.base[held].arg for held in sends)
            once = replace(self.base[sends[-1]], arg=size)
            yield from self._go(way, once, changes, again=sends)

    def _now(self, way: Way) -> int:
        return self.base[min(way.next, len(self.base) - 1)].time_ns

    def _tells(self, way: Way, event: Event) -> bool:
        """Whether a call now makes the end send what was not seen."""
        segments = perform(copy.copy(way.end), self.settings, event.kind, event.arg)[2]
        expected = [sent.segment for sent in self.wanted[way.todo : way.todo + len(segments)]]
        return segments != expected

    def _insert(self, way: Way, changes: int) -> Iterator[Way]:
        """What comes here and in truth came later, once less often, or never."""
        for arrival in self.arrivals:
            if max(way.least, arrival.time_ns + 1) > self.deadline[way.todo]:
                continue
            later = [
                place
                for place in range(way.next, len(self.base))
                if self.base[place].frame == arrival.frame and place not in way.early
            ]
            if later:
                moved = replace(way, early=way.early | {later[0]})
                yield from self._go(moved, self.base[later[0]], changes - 1, inserted=True)
            else:
                yield from self._go(way, arrival, changes - 1, inserted=True)
        for place in range(way.next + 1, len(self.base)):
            event = self.base[place]
            if event.frame is None and event.source is None and place not in way.early:
                moved = replace(way, early=way.early | {place})
                yield from self._go(moved, event, changes - 1, inserted=True)
        for event in self.unseen:
            if event.time_ns <= self._now(way):
                yield from self._go(way, event, changes - 1, inserted=True)
        if way.least < self.twins.first_ns and way.end.state is State.SYN_RCVD:
            tcb = way.end.tcb  # before the capture began, anything may have come
            opens = Segment(int(tcb.rcv_nxt), int(tcb.snd_nxt), "A", 0, b"")
            yield from self._go(way, Event(0, "arrive", opens), changes - 1, inserted=True)

    def _go(
        self,
        way: Way,
        event: Event,
        changes: int,
        *,
        following: bool = False,
        again: tuple[int, ...] = (),
        inserted: bool = False,
    ) -> Iterator[Way]:
        self.budget -= 1
        if self.budget <= 0:
            return
        before = way.end.tcb
        try:
            end, _, segments = perform(copy.copy(way.end), self.settings, event.kind, event.arg)
        except TcpCourseError:
            return
        if inserted and not segments and end.tcb == before:
            return  # no change
        told = replace(event, state=end.state, sent=[], waits=waits(end.tcb))
        todo, more = way.todo, way.more
        for segment in segments:
            if todo < len(self.wanted) and self.wanted[todo].segment == segment:
                sent = self.wanted[todo]
                told.sent.append(Sent(segment, told, sent.frames, sent.came))
                todo += 1
            elif self.twins.first_ns <= event.time_ns <= self.twins.last_ns:
                more = (*more, segment)
        least = self.twins.least(event, way.least)
        if least > self.deadline[todo]:
            return
        if more != way.more and self.twins.surplus(self.side, more) > self.limit[2]:
            return
        held = tuple(place for place in way.held if place not in again)
        yield from self._from(
            Way(
                end,
                way.next + following,
                held,
                way.early,
                todo,
                more,
                least,
                (*way.told, told),
            ),
            changes,
        )
