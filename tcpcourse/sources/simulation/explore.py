"""Everything two endpoints can do: all calls, deliveries, losses and timeouts, to the bounds.

``explore`` walks breadth-first through every moment that two real ``Endpoint`` machines and
the segments between them can reach, so the first way it finds to a pair of states is a
shortest one. What it says is proved within its bounds, and its bounds are said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tcpcourse.core.endpoint import find_row, react
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.tcb import Tcb
from tcpcourse.core.transitions import TRANSITIONS, Row
from tcpcourse.core.work import NO_SEGMENT, Settings

Pair = tuple[State, State]
ISS = {"A": 100, "B": 300}
OPENINGS = (Event.OPEN_ACTIVE, Event.OPEN_PASSIVE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far to look. All are counts over the whole story.

    ``in_flight`` is the most segments one direction may hold at a time, ``opens`` the OPEN
    calls an end may make, ``losses``, ``resends`` (retransmission timeouts), ``aborts`` and
    ``timeouts`` (user timeouts) what may happen in all, ``sends`` how many times an end may
    send one byte. ``moments`` is where it gives up.
    """

    in_flight: int = 2
    opens: int = 1
    losses: int = 1
    resends: int = 1
    aborts: int = 1
    timeouts: int = 0
    sends: int = 0
    moments: int = 200_000


class _Moment(NamedTuple):
    """Both ends and both wires, as the numbers the explorer gave to TCBs and segments."""

    a: int
    b: int
    to_b: tuple[int, ...]
    to_a: tuple[int, ...]
    opens: tuple[int, int]
    sends: tuple[int, int]
    losses: int
    resends: int
    aborts: int
    timeouts: int


class _Effect(NamedTuple):
    rows: tuple[Row, ...]
    after: int
    emitted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found; every story is a tuple of lines, one an event.

    ``stories`` has a shortest story to each reachable pair of states (A's, B's), ``fired``
    each row that fired with a shortest story to its firing, ``stuck`` the pairs in which
    nothing but an ABORT or a user's patience can ever happen again, each with a story.
    ``moments`` is how many different moments were seen; ``cut_off`` how many stories ran
    into the bound on segments in flight.
    """

    bounds: Bounds
    policy: str
    stories: dict[Pair, tuple[str, ...]] = field(repr=False)
    fired: dict[Row, tuple[str, ...]] = field(repr=False)
    stuck: dict[Pair, tuple[str, ...]] = field(repr=False)
    moments: int
    cut_off: int

    @property
    def pairs(self) -> frozenset[Pair]:
        """The pairs of states that can happen."""
        return frozenset(self.stories)

    def ways_into(self, state: State) -> tuple[Row, ...]:
        """The rows that fired and lead into ``state`` from another, in the table's order."""
        return tuple(
            row
            for row in TRANSITIONS
            if row in self.fired and row.next is state and row.changes_state
        )

    @property
    def silent(self) -> tuple[Row, ...]:
        """The rows of this policy that never fired within the bounds."""
        return tuple(
            row
            for row in TRANSITIONS
            if row not in self.fired and row.policy in (None, self.policy)
        )


class _Explorer:
    def __init__(self, bounds: Bounds, settings: Settings) -> None:
        self.bounds, self.settings = bounds, settings
        self.parents: dict[_Moment, tuple[_Moment, str] | None] = {}
        self.cut_off = 0
        self.tcbs: list[Tcb] = []
        self.segments: list[Segment] = []
        self.numbers: dict[Tcb | Segment, int] = {}
        self.memo: dict[tuple[int, Event, int | None], _Effect | None] = {}
        self.fired: dict[Row, tuple[_Moment, str]] = {}

    def number_of(self, value: Tcb | Segment) -> int:
        """The same number for equal values: numbers are quick to compare and to hash."""
        number = self.numbers.get(value)
        if number is None:
            if isinstance(value, Tcb):
                number = len(self.tcbs)
                self.tcbs.append(value)
            else:
                number = len(self.segments)
                self.segments.append(value)
            self.numbers[value] = number
        return number

    def react(self, end: int, event: Event, segment: int | None) -> _Effect | None:
        """What an end does; ``None`` when the call is refused or the timer does not run.

        Ends meet the same events over and over, so each answer is kept.
        """
        key = (end, event, segment)
        if key not in self.memo:
            tcb = self.tcbs[end]
            arriving = None if segment is None else self.segments[segment]
            row = find_row(tcb, event, arriving or NO_SEGMENT, self.settings.policy)
            self.memo[key] = None
            if row is not None:
                done = react(tcb, self.settings, event, segment=arriving, data=b"x")
                emitted = tuple(self.number_of(each) for each in done.emitted)
                self.memo[key] = _Effect(done.rows, self.number_of(done.after), emitted)
        return self.memo[key]

    def step(
        self, moment: _Moment, side: int, event: Event, segment: int | None = None
    ) -> tuple[_Moment, tuple[Row, ...]] | None:
        """The moment after an event at end ``side`` (0 is A), and the rows that fired."""
        effect = self.react(moment[side], event, segment)  # type: ignore[arg-type]
        if effect is None:
            return None
        ends, wires = [moment.a, moment.b], [moment.to_b, moment.to_a]
        if segment is not None:
            wires[1 - side] = _without(wires[1 - side], segment)
        if effect.emitted:
            wires[side] = tuple(sorted((*wires[side], *effect.emitted)))
        ends[side] = effect.after
        return _Moment(ends[0], ends[1], wires[0], wires[1], *moment[4:]), effect.rows

    def moves(self, moment: _Moment) -> Iterator[tuple[str, _Moment, tuple[Row, ...]]]:
        """Everything that can happen next."""
        for side, name in enumerate("AB"):
            yield from self.calls(moment, side, name)
            arriving = moment.to_a if side == 0 else moment.to_b
            for segment in dict.fromkeys(arriving):
                line = self.segments[segment].line()
                after = self.step(moment, side, Event.ARRIVES, segment)
                if after is not None:
                    yield f"{name} gets {line}", *after
                if moment.losses < self.bounds.losses:
                    kept = {"to_a" if side == 0 else "to_b": _without(arriving, segment)}
                    lost = moment._replace(losses=moment.losses + 1, **kept)  # type: ignore[arg-type]
                    yield f"lost on the way to {name}: {line}", lost, ()
            yield from self.timers(moment, side, name)

    def calls(
        self, moment: _Moment, side: int, name: str
    ) -> Iterator[tuple[str, _Moment, tuple[Row, ...]]]:
        for event in (*OPENINGS, Event.SEND, Event.CLOSE, Event.ABORT):
            changed = moment
            if event in OPENINGS:
                if moment.opens[side] >= self.bounds.opens:
                    continue
                changed = moment._replace(opens=_plus_one(moment.opens, side))
            elif event is Event.SEND:
                if moment.sends[side] >= self.bounds.sends:
                    continue
                changed = moment._replace(sends=_plus_one(moment.sends, side))
            elif event is Event.ABORT:
                if moment.aborts >= self.bounds.aborts:
                    continue
                changed = moment._replace(aborts=moment.aborts + 1)
            after = self.step(changed, side, event)
            if after is not None:
                yield f"{name} calls {event}", *after

    def timers(
        self, moment: _Moment, side: int, name: str
    ) -> Iterator[tuple[str, _Moment, tuple[Row, ...]]]:
        if moment.resends < self.bounds.resends:
            changed = moment._replace(resends=moment.resends + 1)
            after = self.step(changed, side, Event.RETRANSMISSION)
            if after is not None:
                yield f"{name}'s retransmission timer runs out", *after
        if not moment.to_a and not moment.to_b:  # 2MSL outlives every segment
            after = self.step(moment, side, Event.TIME_WAIT_TIMEOUT)
            if after is not None:
                yield f"{name}'s 2MSL timer runs out", *after
        if moment.timeouts < self.bounds.timeouts:
            changed = moment._replace(timeouts=moment.timeouts + 1)
            after = self.step(changed, side, Event.USER_TIMEOUT)
            if after is not None:
                yield f"{name}'s user timeout runs out", *after

    def walk(self) -> Exploration:
        ends = [
            Tcb(iss=SeqNumber(iss), snd_wnd=0, rcv_wnd=self.settings.window) for iss in ISS.values()
        ]
        start = _Moment(
            self.number_of(ends[0]), self.number_of(ends[1]), (), (), (0, 0), (0, 0), 0, 0, 0, 0
        )
        self.parents[start] = None
        frontier, first = [start], {self.pair(start): start}
        stuck: dict[Pair, _Moment] = {}
        while frontier:
            following = []
            for moment in frontier:
                alive = self.timer_runs(moment)
                for words, after, rows in self.moves(moment):
                    alive = alive or not words.endswith("calls ABORT")
                    for row in rows:
                        self.fired.setdefault(row, (moment, words))
                    if max(len(after.to_a), len(after.to_b)) > self.bounds.in_flight:
                        self.cut_off += 1
                    elif after not in self.parents:
                        self.parents[after] = (moment, words)
                        first.setdefault(self.pair(after), after)
                        following.append(after)
                if not alive and not set(self.pair(moment)) <= {State.CLOSED, State.LISTEN}:
                    stuck.setdefault(self.pair(moment), moment)
                if len(self.parents) > self.bounds.moments:
                    raise TcpCourseError(
                        f"There are more than {self.bounds.moments} moments: "
                        "take smaller bounds or allow more moments."
                    )
            frontier = following
        return Exploration(
            self.bounds,
            self.settings.policy,
            {pair: self.story(moment) for pair, moment in first.items()},
            {row: (*self.story(moment), words) for row, (moment, words) in self.fired.items()},
            {pair: self.story(moment) for pair, moment in stuck.items()},
            len(self.parents),
            self.cut_off,
        )

    def pair(self, moment: _Moment) -> Pair:
        return self.tcbs[moment.a].state, self.tcbs[moment.b].state

    def timer_runs(self, moment: _Moment) -> bool:
        """A retransmission timer is running, even if the bounds do not let it run out."""
        return self.tcbs[moment.a].in_flight > 0 or self.tcbs[moment.b].in_flight > 0

    def story(self, moment: _Moment) -> tuple[str, ...]:
        lines = []
        while (parent := self.parents[moment]) is not None:
            moment, words = parent
            lines.append(words)
        return tuple(reversed(lines))


def _plus_one(counts: tuple[int, int], side: int) -> tuple[int, int]:
    return (counts[0] + 1, counts[1]) if side == 0 else (counts[0], counts[1] + 1)


def _without(wire: tuple[int, ...], segment: int) -> tuple[int, ...]:
    place = wire.index(segment)
    return wire[:place] + wire[place + 1 :]


def explore(bounds: Bounds | None = None, *, policy: str = "rfc5961", **limits: int) -> Exploration:
    """Walk through everything two endpoints can do, and say what was found.

    ``bounds`` (or its fields as keywords, such as ``losses=2``) says how far; ``policy`` is
    ``"rfc5961"`` or ``"rfc793"``. Raises ``TcpCourseError`` when there are more moments than
    the bounds allow, or for a bound it does not know.

    >>> import tcpcourse as tcp
    >>> found = tcp.explore(losses=0, resends=0, aborts=0)
    >>> (tcp.State.CLOSING, tcp.State.CLOSING) in found.pairs
    True
    """
    if policy not in ("rfc5961", "rfc793"):
        raise TcpCourseError(f"There is no policy {policy!r}: there are rfc5961 and rfc793.")
    try:
        limited = Bounds(**limits) if bounds is None else bounds
    except TypeError:
        known = ", ".join(Bounds.__slots__)
        raise TcpCourseError(
            f"There is an unknown bound in {sorted(limits)}: the bounds are {known}."
        ) from None
    return _Explorer(limited, Settings(policy=policy)).walk()  # type: ignore[arg-type]
