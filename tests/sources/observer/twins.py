"""Stories that are equal in every seen packet: what a bystander cannot tell apart.

Two kinds. *Timing*: an end does the same in the same order, only at other moments between
the packets that bind it; a packet cannot arrive before it passed the tap, nor pass it before it
was sent. *Fate*: a packet that was lost arrived, or the other way round, or a call was not
made, and still every packet that the tap saw is sent. A twin counts only if it is not more
surprising than the story itself: late before lost, lost before unseen, unseen before a crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.trace import Side

from .worlds import SECOND, Event, Sent, Story, across, perform, waits

NEVER = 1 << 62
Cost = tuple[int, int, int]  # crashes, unseen, lost
MOST_FIRST_CHANGES = 60  # a second change is tried behind so many first ones
STEADY = ("listen", "open", "fast-open", "arrive", "refuse")


@dataclass
class Telling:
    """One way in which an end can have sent what was seen of it.

    ``first`` and ``last`` are, for each event, the moments between which it can have been.
    """

    events: list[Event]
    first: list[int]
    last: list[int]
    cost: Cost

    @property
    def possible(self) -> bool:
        return all(a <= b for a, b in zip(self.first, self.last, strict=True))

    def spans(self) -> Iterator[tuple[set[State], int, int, int, int, int | None]]:
        """Each state with its earliest and latest beginning and end, and the frame it came by."""
        state, met, waits = State.CLOSED, False, False
        begin, until, frame = -1, -1, None
        for event, first, last in zip(self.events, self.first, self.last, strict=True):
            yield _words(state, met, waits), begin, until, first, last, frame
            waits = event.waits
            state, begin, until, frame = event.state, first, last, event.frame
            met = met or state not in (State.CLOSED, State.LISTEN)
        yield _words(state, met, waits), begin, until, NEVER, NEVER, frame

    def may_be(self, number: int, begin: int, end: int) -> set[State]:
        """The states that can have been true after frame ``number``, seen at ``begin``."""
        found: set[State] = set()
        for words, first, _, _, over, frame in self.spans():
            if (first <= end and over >= begin) or frame == number:
                found |= words
        return found

    def must_be(self, number: int, begin: int, end: int) -> set[State]:
        """The states that were true after that frame, whenever things happened."""
        found: set[State] = set()
        for words, _, last, first, _, frame in self.spans():
            if (last <= end and first >= begin) or frame == number:
                found |= words
        return found


NOT_CALLED = {
    State.FIN_WAIT_1: State.ESTABLISHED,
    State.CLOSING: State.CLOSE_WAIT,
    State.LAST_ACK: State.CLOSE_WAIT,
}


def _words(state: State, met: bool, waits: bool) -> set[State]:
    """The state, and what else it may be called.

    A CLOSE that waits behind queued data may as well be called when the data has left.
    """
    if waits and state in NOT_CALLED:
        return {state, NOT_CALLED[state]}
    return {state, State.CLOSED} if state is State.LISTEN and met else {state}


class Twins:
    """The twins of one story, end by end."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.when = {frame.number: frame.time_ns for frame in story.frames}
        self.first_ns = story.frames[0].time_ns if story.frames else 0
        self.last_ns = story.frames[-1].time_ns if story.frames else 0

    def interval(self, place: int) -> tuple[int, int, int]:
        frames = self.story.frames
        following = place + 1 < len(frames)
        end = frames[place + 1].time_ns if following else self.story.stop_ns
        return frames[place].number, frames[place].time_ns, end

    def itself(self, side: Side) -> Telling:
        """The story as it was, with the freedom it has in time.

        A packet that the tap did not see binds the two ends to each other, too.
        """
        events = self.story.events
        both = sorted([*events["A"], *events["B"]], key=lambda event: event.time_ns)
        owner = {id(event): each for each in events for event in events[each]}
        first, last = dict[int, int](), dict[int, int]()
        so_far = {"A": 0, "B": 0}
        for event in both:
            least = self.least(event, so_far[owner[id(event)]])
            if event.source is not None and event.frame is None:
                least = max(least, first[id(event.source.event)])
            so_far[owner[id(event)]] = first[id(event)] = least
        to_come = {"A": NEVER, "B": NEVER}
        for event in reversed(both):
            most = min([to_come[owner[id(event)]], *self._most(event)])
            for sent in event.sent:
                unseen = [each for each in sent.came if each.frame is None]
                most = min([most, *(last[id(each)] for each in unseen)])
            to_come[owner[id(event)]] = last[id(event)] = most
        own = events[side]
        return Telling(
            own, [first[id(event)] for event in own], [last[id(event)] for event in own],
            self.cost(side, own),
        )  # fmt: skip

    def least(self, event: Event, before: int) -> int:
        if event.frame is not None:
            return max(before, self.when[event.frame] + 1)  # it passed before it came
        if event.kind == "tick" and event.arg == "time-wait":
            return max(before, min(event.time_ns, before + SECOND))
        if event.kind == "tick" and event.arg in ("user", "r2"):
            return max(before, event.time_ns)
        return before

    def _most(self, event: Event) -> Iterator[int]:
        for sent in event.sent:
            yield from (self.when[number] - 1 for number in sent.frames)

    def cost(self, side: Side, events: list[Event], extra: int = 0) -> Cost:
        """How surprising: crashes, packets that passed unseen, packets that were lost.

        What came and was not taken is as good as lost: no packet tells them apart.
        """
        taken = [event for event in events if event.kind != "refuse"]
        came = {event.frame for event in taken if event.frame is not None}
        lost = sum(frame.sender != side and frame.number not in came for frame in self.story.frames)
        unseen = sum(event.source is not None and event.frame is None for event in events)
        crashes = sum(event.kind == "crash" for event in events)
        hidden = sum(
            not sent.frames and not sent.came and event.time_ns <= self.last_ns
            for event in events
            for sent in event.sent
        )
        return crashes, unseen, lost + hidden + extra

    def others(self, side: Side) -> Iterator[Telling]:
        """Every twin that differs in one fate or call, or in one of each, and costs no more."""
        base = self.story.events[side]
        limit = self.cost(side, base)
        wanted = [sent for event in base for sent in event.sent if self.matters(sent)]
        for events in self._changes(side, base):
            telling = self._told(side, events, wanted)
            if telling is not None and telling.possible and telling.cost <= limit:
                yield telling

    def _changes(self, side: Side, base: list[Event]) -> Iterator[list[Event]]:
        """One change; then, of a packet's fate and of when a call was made, both."""
        yield from self._changed(side, base)
        for once in islice(self._changed(side, base), MOST_FIRST_CHANGES):
            for place, event in enumerate(once):
                if event.kind in STEADY or any(sent.frames for sent in event.sent):
                    continue
                yield [*once[:place], *once[place + 1 :]]
                for later in range(place + 1, len(once)):
                    yield [*once[:place], *once[place + 1 : later + 1], event, *once[later + 1 :]]

    def matters(self, sent: Sent) -> bool:
        """Whether a twin must send it: it was seen, or it did something where it came."""
        if sent.frames:
            return True
        for arrival in sent.came:
            if arrival.time_ns > self.last_ns:
                continue  # the tap was turned off before
            events = self.story.events["A"]
            events = events if any(arrival is event for event in events) else self.story.events["B"]
            place = next(place for place, event in enumerate(events) if event is arrival)
            before = events[place - 1].state if place else State.CLOSED
            if arrival.state is not before or any(answer.frames for answer in arrival.sent):
                return True
        return False

    def _changed(self, side: Side, base: list[Event]) -> Iterator[list[Event]]:
        ends = self.itself(side)
        places: dict[int, list[int]] = {}
        for place, event in enumerate(base):
            if event.frame is not None:
                places.setdefault(event.frame, []).append(place)
        taken = [replace(e, kind="arrive") if e.kind == "refuse" else e for e in base]
        if taken != base:
            yield taken
        for place, event in enumerate(base):
            if event.kind == "refuse":
                yield [*base[:place], replace(event, kind="arrive"), *base[place + 1 :]]
            elif event.kind not in STEADY and not any(sent.frames for sent in event.sent):
                yield [*base[:place], *base[place + 1 :]]
                # or the end did so only later
                for later in range(place + 1, len(base)):
                    yield [*base[:place], *base[place + 1 : later + 1], event, *base[later + 1 :]]
        for frame in self.story.frames:
            if frame.sender == side:
                continue
            without, at = base, places.get(frame.number, [])
            if at:
                without = [event for place, event in enumerate(base) if place != at[0]]
                yield without
            arrival = Event(frame.time_ns, "arrive", frame.segment, frame.number)
            for place in range(len(without) + 1):
                if at and place == at[0]:
                    continue
                if place < len(without) and ends.last[base.index(without[place])] < frame.time_ns:
                    continue
                yield [*without[:place], arrival, *without[place:]]
        for place, event in enumerate(base):
            if event.source is not None and event.frame is None:
                yield [*base[:place], *base[place + 1 :]]

    def _told(self, side: Side, events: list[Event], wanted: list[Sent]) -> Telling | None:
        """Let the end live through these events; ``None`` if it does not send what was seen."""
        settings: dict[str, Any] = self.story.settings[side]
        end = Endpoint(**settings)
        told: list[Event] = []
        todo, more = 0, list[Segment]()
        for event in events:
            try:
                end, _, segments = perform(end, settings, event.kind, event.arg)
            except TcpCourseError:
                return None
            again = replace(event, state=end.state, sent=[], waits=waits(end.tcb))
            for segment in segments:
                if todo < len(wanted) and wanted[todo].segment == segment:
                    sent = wanted[todo]
                    again.sent.append(Sent(segment, again, sent.frames, sent.came))
                    todo += 1
                elif self.first_ns <= event.time_ns <= self.last_ns:
                    more.append(segment)
            told.append(again)
        if todo < len(wanted):
            return None
        return self.telling(side, told, self.surplus(side, more))

    def surplus(self, side: Side, segments: Iterable[Segment]) -> int:
        """How many of these, which nobody saw, the end did not send in truth."""
        if all(frame.sender != side for frame in self.story.frames):
            return 0
        unseen = [
            sent.segment
            for event in self.story.events[side]
            for sent in event.sent
            if sent.came and not self.matters(sent)
        ]
        return sum((Counter(segments) - Counter(unseen)).values())

    def telling(self, side: Side, told: list[Event], extra: int) -> Telling:
        """These events with their earliest and latest moments; ``extra`` packets are hidden."""
        first, last, least, most = [], [], 0, NEVER
        for event in told:
            least = self.least(event, least)
            first.append(least)
        for event in reversed(told):
            most = min([most, *self._most(event)])
            last.append(most)
        return Telling(told, first, last[::-1], self.cost(side, told, extra))


class Knowable:
    """What can and must be true of each end after each frame, over the twins of a story."""

    def __init__(self, story: Story, *, fates: bool) -> None:
        self.twins = Twins(story)
        self.places = range(len(story.frames))
        self.timing: dict[Side, list[set[State]]] = {}
        self.may: dict[Side, list[set[State]]] = {}
        self.must: dict[Side, list[set[State]]] = {}
        for side in ("A", "B"):
            self._look(side, fates)

    def _look(self, side: Side, fates: bool) -> None:
        intervals = [self.twins.interval(place) for place in self.places]
        itself = self.twins.itself(side)
        self.timing[side] = [itself.may_be(*interval) for interval in intervals]
        may = [set(states) for states in self.timing[side]]
        must = [itself.must_be(*interval) for interval in intervals]
        if fates:
            for twin in self.twins.others(side):
                for place, interval in enumerate(intervals):
                    may[place] |= twin.may_be(*interval)
                    must[place] &= twin.must_be(*interval)
        self.may[side], self.must[side] = may, must


__all__ = ["Knowable", "Twins", "across"]
