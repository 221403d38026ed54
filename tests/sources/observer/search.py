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
MOST_EVENTS = 6_000  # for one number of changes
NEAR = (6, 20)  # frames to both sides of a claim, in which a life may be otherwise
OVERTAKES = 8  # packets that one may overtake before the tap
CALLS = ("send", "close", "receive")
OPENING = ("listen", "open", "fast-open")


@dataclass(frozen=True)
class Way:
    """How far an end has come: what is next, what was put off or came early, what it sent."""

    end: Endpoint
    next: int
    held: tuple[int, ...]
    early: frozenset[int]
    done: frozenset[int]
    more: tuple[Segment, ...]
    least: int
    told: tuple[Event, ...]


class Search:
    """The search for one end of a story."""

    def __init__(self, twins: Twins, side: Side) -> None:
        self.twins, self.side, self.story = twins, side, twins.story
        self.base = self.story.events[side]
        self.settings: dict[str, Any] = self.story.settings[side]
        self.limit = twins.cost(side, self.base)
        self.wanted = [s for event in self.base for s in event.sent if twins.matters(s)]
        self.deadlines = [
            min([NEVER, *(twins.when[number] - 1 for number in sent.frames)])
            for sent in self.wanted
        ]
        # a packet may overtake another before the tap, unless the tap is at its sender
        self.reach = 1 if f"at-{side}" in self.story.tags else OVERTAKES
        self.arrivals = [
            Event(frame.time_ns, "arrive", frame.segment, frame.number)
            for frame in self.story.frames
            if frame.sender != side
        ]
        self.unseen = [e for e in self.base if e.source is not None and e.frame is None]
        self.budget = self.most = self.since = self.until = 0
        self.truly = [Way(Endpoint(**self.settings), 0, (), frozenset(), frozenset(), (), 0, ())]
        for event in self.base:
            before = self.truly[-1]
            self.truly += self._after(before, event, next=before.next + 1)

    def ways(self, place: int) -> Iterator[Telling]:
        """Lives that send the same, those with fewer changes first, made near the frame there."""
        if len(self.truly) <= len(self.base):
            return
        for near in NEAR:
            for changes in range(1, MOST_CHANGES + 1):
                yield from self._near(place, near, changes)

    def _near(self, place: int, near: int, changes: int) -> Iterator[Telling]:
        frames = self.story.frames
        self.since = frames[place - near].time_ns if place > near else 0
        self.until = frames[place + near].time_ns if place + near < len(frames) else NEVER
        start = next(
            way for way in self.truly if way.next >= len(self.base) or self._now(way) >= self.since
        )
        self.budget, self.most = MOST_EVENTS, min(changes, self.limit[2])
        for way in self._from(start, changes):
            extra = self.twins.surplus(self.side, way.more)
            telling = self.twins.telling(self.side, list(way.told), extra)
            if telling.possible and telling.cost <= self.limit:
                yield telling

    def _from(self, way: Way, changes: int) -> Iterator[Way]:
        if self.budget <= 0:
            return
        if changes == 0 and not way.held and not way.early - frozenset(range(way.next)):
            truly = self.truly[way.next]
            if way.end.tcb == truly.end.tcb and way.done == truly.done:
                rest = tuple(event for event in self.truly[-1].told[len(truly.told) :])
                yield replace(way, told=(*way.told, *rest), more=(*way.more, *self._rest(truly)))
                return
        if way.next == len(self.base) and changes == 0:
            if len(way.done) == len(self.wanted):
                yield way
            else:
                yield from self._again(way, changes)
            return
        near = self.since <= self._now(way) <= self.until
        if way.next < len(self.base):
            event = self.base[way.next]
            if way.next in way.early:
                yield from self._from(replace(way, next=way.next + 1), changes)
            else:
                yield from self._go(way, event, changes, next=way.next + 1)
                late = event.kind == "close" or (event.kind in CALLS and self._tells(way, event))
                if near and late:  # it was made later
                    put_off = replace(way, next=way.next + 1, held=(*way.held, way.next))
                    yield from self._from(put_off, changes)
        yield from self._again(way, changes)
        if near and way.end.tcb.ack_due:  # how long an ACK is delayed is up to the end
            tick = Event(self._now(way), "tick", "delayed-ack")
            yield from self._go(way, tick, changes, inserted=True)
        if not changes or not near:
            return
        if way.next < len(self.base) and way.next not in way.early:
            event = self.base[way.next]
            if event.kind not in OPENING:
                put_off = replace(way, next=way.next + 1, held=(*way.held, way.next))
                yield from self._from(put_off, changes - 1)
            if event.kind == "refuse":
                taken = replace(event, kind="arrive")
                yield from self._go(way, taken, changes - 1, next=way.next + 1)
            elif event.kind == "arrive" and way.end.state in (State.SYN_RCVD, State.LISTEN):
                refused = replace(event, kind="refuse")
                yield from self._go(way, refused, changes - 1, next=way.next + 1)
        yield from self._insert(way, changes)

    def _rest(self, truly: Way) -> tuple[Segment, ...]:
        return self.truly[-1].more[len(truly.more) :]

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
        pending = self._pending(way.done)[: len(segments)]
        return segments != [self.wanted[place].segment for place in pending]

    def _pending(self, done: frozenset[int]) -> list[int]:
        """What is still to be sent."""
        return [place for place in range(len(self.wanted)) if place not in done]

    def _deadline(self, done: frozenset[int]) -> int:
        """The last moment at which the next of what was seen can have been sent."""
        return min((self.deadlines[place] for place in self._pending(done)), default=NEVER)

    def _insert(self, way: Way, changes: int) -> Iterator[Way]:
        """What comes here and in truth came later, once less often, or never."""
        deadline = self._deadline(way.done)
        for arrival in self.arrivals:
            if max(way.least, arrival.time_ns + 1) > deadline:
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
        next: int | None = None,
        again: tuple[int, ...] = (),
        inserted: bool = False,
    ) -> Iterator[Way]:
        """Let an event happen and go on from there."""
        self.budget -= 1
        for after in self._after(way, event, way.next if next is None else next, again):
            same = (after.done, after.more, after.end.tcb) == (way.done, way.more, way.end.tcb)
            if inserted and same:
                continue
            if after.least > self._deadline(after.done):
                continue
            if self.twins.surplus(self.side, after.more) <= self.most:
                yield from self._from(after, changes)

    def _after(
        self, way: Way, event: Event, next: int, again: tuple[int, ...] = ()
    ) -> Iterator[Way]:
        """Where an event leads; to nothing if it cannot be."""
        try:
            end, _, segments = perform(copy.copy(way.end), self.settings, event.kind, event.arg)
        except TcpCourseError:
            return
        told = replace(event, state=end.state, sent=[], waits=waits(end.tcb))
        done, more = way.done, way.more
        for segment in segments:
            pending = self._pending(done)[: self.reach]
            found = [place for place in pending if self.wanted[place].segment == segment]
            if found:
                sent = self.wanted[found[0]]
                told.sent.append(Sent(segment, told, sent.frames, sent.came))
                done |= {found[0]}
            elif self.twins.first_ns <= event.time_ns <= self.twins.last_ns:
                more = (*more, segment)
        yield Way(
            end,
            next,
            tuple(place for place in way.held if place not in again),
            way.early,
            done,
            more,
            self.twins.least(event, way.least),
            (*way.told, told),
        )
