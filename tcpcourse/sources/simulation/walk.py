"""The walk itself: every moment that two ends and the segments between them can reach.

A moment is five small numbers, so that a great many can be compared and kept: those of A's
and B's TCB, of the segments on their way to each, and of what is spent of the bounds. Ends
meet the same events over and over, so what an end does, and what becomes of a wire, is worked
out once and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.reaction import find_row, react
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import Row
from tcpcourse.core.tcb import Tcb
from tcpcourse.core.work import NO_SEGMENT, Settings
from tcpcourse.trace import SIDES
from tcpcourse.words import Message, message

ISS = (100, 300)
TOLD_EVERY = 1000  # moments
OVER = (State.CLOSED, State.LISTEN)
Pair = tuple[State, State]
Moment = tuple[int, int, int, int, int]  # A, B, segments to B, segments to A, what is spent
Wire = tuple[int, ...]
V = TypeVar("V")

# What the bounds count; opens and sends are counted for each end, the rest in all.
OPENS, SENDS, LOSSES, RESENDS, ABORTS, TIMEOUTS, FREE = 0, 2, 4, 5, 6, 7, 8
CALLS = (
    (Event.OPEN_ACTIVE, OPENS),
    (Event.OPEN_PASSIVE, OPENS),
    (Event.SEND, SENDS),
    (Event.CLOSE, FREE),
    (Event.ABORT, ABORTS),
)
TIMERS = (
    (Event.RETRANSMISSION, RESENDS),
    (Event.TIME_WAIT_TIMEOUT, FREE),
    (Event.USER_TIMEOUT, TIMEOUTS),
)
WORDS: dict[Event | None, Message] = {
    None: message("lost on the way to {end}: {line}"),
    Event.ARRIVES: message("{end} gets {line}"),
    Event.RETRANSMISSION: message("{end}'s retransmission timer runs out"),
    Event.TIME_WAIT_TIMEOUT: message("{end}'s 2MSL timer runs out"),
    Event.USER_TIMEOUT: message("{end}'s user timeout runs out"),
}
CALLED = message("{end} calls {call}")


class Cause(NamedTuple):
    """What leads from one moment to the next: an event (a loss is none), where, and of what."""

    event: Event | None
    side: int
    segment: int = -1


class _Effect(NamedTuple):
    """What an event does at an end, and what of the bounds it costs."""

    event: Event
    cost: int
    rows: tuple[Row, ...]
    after: int
    emitted: Wire


class _Numbering(Generic[V]):
    """Gives each value a number, and equal values the same one."""

    def __init__(self) -> None:
        self.values: list[V] = []
        self._numbers: dict[V, int] = {}

    def __getitem__(self, number: int) -> V:
        return self.values[number]

    def number(self, value: V) -> int:
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


class Walker:
    """Walks breadth-first, so the first way it finds to anything is a shortest one.

    ``limits`` says how much may be spent of each of the eight costs. ``parents`` tells from
    where each moment was first reached, ``first`` the first moment of each pair of states,
    ``fired`` where each row fired first, ``stuck`` the first moment of each pair that nothing
    but an ABORT or a user's patience leads out of. ``cut_off`` counts the ways that ended
    because more than ``in_flight`` segments were on one wire.
    """

    def __init__(self, settings: Settings, limits: tuple[int, ...], in_flight: int) -> None:
        self.settings, self.limits, self.in_flight = settings, limits, in_flight
        self.parents: dict[Moment, tuple[Moment, Cause] | None] = {}
        self.first: dict[Pair, Moment] = {}
        self.fired: dict[Row, tuple[Moment, Cause]] = {}
        self.stuck: dict[Pair, Moment] = {}
        self.cut_off = 0
        self._tcbs: _Numbering[Tcb] = _Numbering()
        self._segments: _Numbering[Segment] = _Numbering()
        self._wires: _Numbering[Wire] = _Numbering()
        self._spent: _Numbering[tuple[int, ...]] = _Numbering()
        self._own: dict[int, tuple[list[_Effect], list[_Effect]]] = {}
        self._arrivals: dict[tuple[int, int], _Effect | None] = {}
        self._parts: dict[int, list[tuple[int, int]]] = {}
        self._joined: dict[tuple[int, Wire], int] = {}
        self._paid: dict[tuple[int, int], int | None] = {}
        self._waiting: dict[int, bool] = {}
        self._seen: set[int] = set()
        self._met: set[tuple[int, int]] = set()

    def walk(self, most: int, progress: Callable[[int, int], None]) -> None:
        """Visit every moment; ``progress`` hears how many were, and how many are known.

        Raises ``TcpCourseError`` when there are more than ``most``.
        """
        ends = [Tcb(iss=SeqNumber(iss), snd_wnd=0, rcv_wnd=self.settings.window) for iss in ISS]
        nothing, unspent = self._wires.number(()), self._spent.number((0,) * len(self.limits))
        a, b = (self._tcbs.number(tcb) for tcb in ends)
        start = (a, b, nothing, nothing, unspent)
        self.parents[start] = None
        self.first[self._pair(start)] = start
        level, visited = [start], 0
        while level:
            following: list[Moment] = []
            for moment in level:
                self._visit(moment, following)
                visited += 1
                if len(self.parents) > most:
                    raise TcpCourseError(
                        message(
                            "There are more than {most} moments; take smaller bounds or allow more"
                            " moments.",
                            most=most,
                        )
                    )
                if visited % TOLD_EVERY == 0:
                    progress(visited, len(self.parents))
            level = following
        progress(visited, visited)

    def story(self, moment: Moment, last: Cause | None = None) -> tuple[str, ...]:
        """The events that lead to a moment, and one more if it is given, in words."""
        lines = [] if last is None else [self._words(last)]
        while (parent := self.parents[moment]) is not None:
            moment, cause = parent
            lines.append(self._words(cause))
        return tuple(reversed(lines))

    def _words(self, cause: Cause) -> str:
        event, side, segment = cause
        line = self._segments[segment].line() if segment >= 0 else ""
        words = WORDS.get(event, CALLED)
        return words.filled(end=SIDES[side], line=line, call=event)

    def _visit(self, moment: Moment, following: list[Moment]) -> None:
        alive = self._waits(moment[0]) or self._waits(moment[1])
        for effect, side, segment, after in self._moves(moment):
            alive = alive or effect is None or effect.event is not Event.ABORT
            if effect is not None and id(effect) not in self._seen:
                self._seen.add(id(effect))  # it is kept, so its id is its own
                for row in effect.rows:
                    self.fired.setdefault(row, (moment, Cause(effect.event, side, segment)))
            if after in self.parents:
                continue
            if self._crowded(after[2]) or self._crowded(after[3]):
                self.cut_off += 1
                continue
            event = None if effect is None else effect.event
            self.parents[after] = (moment, Cause(event, side, segment))
            following.append(after)
            ends = after[:2]
            if ends not in self._met:
                self._met.add(ends)
                self.first.setdefault(self._pair(after), after)
        if not alive:
            pair = self._pair(moment)
            if not (pair[0] in OVER and pair[1] in OVER):
                self.stuck.setdefault(pair, moment)

    def _moves(self, moment: Moment) -> Iterator[tuple[_Effect | None, int, int, Moment]]:
        """Everything that can happen next, always in the same order.

        Gives the effect (none for a loss), the end (0 is A), the number of the segment and
        the moment after.
        """
        a, b, to_b, to_a, spent = moment
        for side in (0, 1):
            calls, timers = self._by_itself(moment[side])
            for effect in calls:
                if (paid := self._pay(spent, effect.cost, side)) is not None:
                    yield effect, side, -1, self._after(moment, side, effect, paid)
            may_lose = self._pay(spent, LOSSES, side)
            for segment, rest in self._each_of(moment[3 - side]):
                left = (a, b, to_b, rest, spent) if side == 0 else (a, b, rest, to_a, spent)
                arrival = self._arrive(moment[side], segment)
                if arrival is not None:
                    yield arrival, side, segment, self._after(left, side, arrival, spent)
                if may_lose is not None:
                    yield None, side, segment, (*left[:4], may_lose)
            for effect in timers:
                if effect.event is Event.TIME_WAIT_TIMEOUT and (
                    self._wires[to_a] or self._wires[to_b]
                ):
                    continue  # 2MSL outlives every segment
                if (paid := self._pay(spent, effect.cost, side)) is not None:
                    yield effect, side, -1, self._after(moment, side, effect, paid)

    def _after(self, moment: Moment, side: int, effect: _Effect, spent: int) -> Moment:
        a, b, to_b, to_a, _ = moment
        if side == 0:
            return effect.after, b, self._join(to_b, effect.emitted), to_a, spent
        return a, effect.after, to_b, self._join(to_a, effect.emitted), spent

    def _waits(self, end: int) -> bool:
        """A retransmission timer is running, even if the bounds do not let it run out."""
        if end not in self._waiting:
            self._waiting[end] = self._tcbs[end].in_flight > 0
        return self._waiting[end]

    def _crowded(self, wire: int) -> bool:
        return len(self._wires.values[wire]) > self.in_flight

    # --- worked out once -----------------------------------------------------------------

    def _by_itself(self, end: int) -> tuple[list[_Effect], list[_Effect]]:
        """What an end can do with no segment coming: calls, and timers that run out."""
        if end not in self._own:
            calls, timers = (
                [
                    effect
                    for event, cost in events
                    if (effect := self._effect(end, event, None, cost)) is not None
                ]
                for events in (CALLS, TIMERS)
            )
            self._own[end] = calls, timers
        return self._own[end]

    def _arrive(self, end: int, segment: int) -> _Effect | None:
        key = (end, segment)
        if key not in self._arrivals:
            arriving = self._segments[segment]
            self._arrivals[key] = self._effect(end, Event.ARRIVES, arriving, FREE)
        return self._arrivals[key]

    def _effect(self, end: int, event: Event, segment: Segment | None, cost: int) -> _Effect | None:
        """What an end does; ``None`` when the call is refused or the timer does not run."""
        tcb = self._tcbs[end]
        if find_row(tcb, event, segment or NO_SEGMENT, self.settings.policy) is None:
            return None
        done = react(tcb, self.settings, event, segment=segment, data=b"x")
        emitted = tuple(self._segments.number(each) for each in done.emitted)
        return _Effect(event, cost, done.rows, self._tcbs.number(done.after), emitted)

    def _each_of(self, wire: int) -> list[tuple[int, int]]:
        """Each different segment on a wire, with the wire that is left without it."""
        if wire not in self._parts:
            on_it = self._wires[wire]
            self._parts[wire] = [
                (segment, self._wires.number(_without(on_it, segment)))
                for segment in dict.fromkeys(on_it)
            ]
        return self._parts[wire]

    def _join(self, wire: int, emitted: Wire) -> int:
        """The wire with more segments on it; their order is not kept, any may come first."""
        if not emitted:
            return wire
        key = (wire, emitted)
        if key not in self._joined:
            together = tuple(sorted((*self._wires[wire], *emitted)))
            self._joined[key] = self._wires.number(together)
        return self._joined[key]

    def _pay(self, spent: int, cost: int, side: int) -> int | None:
        """What is spent after one more of this cost; ``None`` when the bounds forbid it."""
        if cost == FREE:
            return spent
        account = cost + side if cost in (OPENS, SENDS) else cost
        key = (spent, account)
        if key not in self._paid:
            counts = list(self._spent[spent])
            counts[account] += 1
            allowed = counts[account] <= self.limits[account]
            self._paid[key] = self._spent.number(tuple(counts)) if allowed else None
        return self._paid[key]

    def _pair(self, moment: Moment) -> Pair:
        return self._tcbs[moment[0]].state, self._tcbs[moment[1]].state


def _without(wire: Wire, segment: int) -> Wire:
    place = wire.index(segment)
    return wire[:place] + wire[place + 1 :]
