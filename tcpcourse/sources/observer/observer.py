"""What a bystander can know: the states of both ends, inferred from the packets alone.

A capture shows no TCB. But every packet was sent by an end before it was seen, and reached the
other end afterwards: at once, later than its neighbours, or never. What an end sends tells
what had reached it by then. So for each end the observer asks when each of seven things
happened to it (``facts``), and claims every state that fits (``possibilities``).

Where nothing tells otherwise, a packet is taken to arrive before its receiver sends the next
one, and to have been seen soon after it was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import overload

import numpy as np

from tcpcourse.core.states import State
from tcpcourse.sources.observer import sentences as say
from tcpcourse.sources.observer.arrivals import NOT_AT_ALL, Clock, since
from tcpcourse.sources.observer.evidence import ACK, RST, SYN, Evidence, Sighting, line_of
from tcpcourse.sources.observer.facts import Fact, LifeStory
from tcpcourse.sources.observer.lives import lives_of, side_of
from tcpcourse.sources.observer.moments import life_story
from tcpcourse.sources.observer.possibilities import States, Timeline, timeline
from tcpcourse.sources.observer.telling import Telling
from tcpcourse.trace import SIDES, End, Ends, Move, Packet, Side, Step, Trace

DEFAULT_ROUND_TRIP_NS = 100_000_000
LONGEST_ROUND_TRIP_NS = 60_000_000_000  # what is longer is a clock that was set


class Observation:
    """All that the packets of one conversation tell of both ends."""

    def __init__(
        self,
        evidence: Evidence,
        *,
        alone: bool = False,
        earlier: Observation | None = None,
        later: Observation | None = None,
    ) -> None:
        self.evidence = evidence
        masks = (~evidence.from_b, evidence.from_b)
        if alone:  # a socket connected to itself is its own peer
            masks = (~evidence.from_b, ~evidence.from_b)
        sides = (side_of(evidence, masks[0]), side_of(evidence, masks[1]))
        lines = (
            line_of(evidence, masks[0], sides[0].forged),
            line_of(evidence, masks[1], sides[1].forged),
        )
        clock = Clock(evidence.time, _round_trip(evidence))
        self.stories: dict[Side, list[LifeStory]] = {}
        self.timelines: dict[Side, Timeline] = {}
        lives = (lives_of(evidence, *sides), lives_of(evidence, *sides[::-1]))
        for place, name in enumerate(SIDES):
            peer = 1 - place
            pair, both = (sides[place], sides[peer]), (lines[place], lines[peer])
            stories = [
                life_story(evidence, pair, life, lives[peer], both, clock) for life in lives[place]
            ]
            before = None
            if earlier is not None:
                before = earlier.at_last(name)
                if stories[0].life.iss == earlier.stories[name][-1].life.iss is not None:
                    stories[0].facts[Fact.OUR_SYN] = since(0)  # its SYN is sent again
            if later is not None:
                _goes_on(stories[-1], later.stories[name][0])
            self.stories[name] = stories
            self.timelines[name] = timeline(stories, before)

    def at_last(self, side: Side) -> States:
        """The states in which an end may be after the last packet, and long after it."""
        states = self.timelines[side].states[-1]
        if State.TIME_WAIT in states:
            states |= {State.CLOSED}
        if State.CLOSED in states:
            states |= {State.LISTEN}
        return states

    def restarts(self) -> Iterator[int]:
        """Places of SYNs of ends that had another connection, and cannot have closed it."""
        gone = {State.CLOSED, State.LISTEN, State.SYN_SENT, State.TIME_WAIT}
        for name in SIDES:
            for story in self.stories[name]:
                interval = story.facts[Fact.OUR_SYN]
                if story.life.opened != "active" or interval.by is None:
                    continue
                if not self.timelines[name].at(interval.by) & gone:
                    yield interval.by

    def exchanged(self) -> Observation:
        """The same with the sides' names exchanged."""
        other = object.__new__(Observation)
        other.evidence = self.evidence
        other.stories = {"A": self.stories["B"], "B": self.stories["A"]}
        other.timelines = {"A": self.timelines["B"], "B": self.timelines["A"]}
        return other


def _goes_on(story: LifeStory, later: LifeStory) -> None:
    """An end that still has its number in the next conversation had not taken a RST in this."""
    if story.life.iss != later.life.iss or story.life.iss is None:
        return
    if story.facts[Fact.OVER].by not in story.own_resets.place:
        story.facts[Fact.OVER] = NOT_AT_ALL


def _round_trip(evidence: Evidence) -> int:
    """From the SYN to its answer, and from that to the ACK of the handshake, in nanoseconds."""
    flags = evidence.flags & (SYN | ACK | RST)
    answers = np.flatnonzero(flags == SYN | ACK)
    if not len(answers):
        return DEFAULT_ROUND_TRIP_NS
    answer = int(answers[0])
    after = np.flatnonzero((flags == ACK) & (evidence.from_b != evidence.from_b[answer]))
    after = after[after > answer]
    if not len(after):
        return DEFAULT_ROUND_TRIP_NS
    ends = int(after[0])
    answer = int(answers[np.searchsorted(answers, ends) - 1])
    calls = np.flatnonzero(flags[:answer] == SYN)
    if not len(calls):
        return DEFAULT_ROUND_TRIP_NS
    answered = int(answers[np.searchsorted(answers, calls[-1])])  # it may be answered again
    took = int(evidence.time[answered]) - int(evidence.time[calls[-1]])
    took += int(evidence.time[ends]) - int(evidence.time[answer])
    return min(max(took, 1), LONGEST_ROUND_TRIP_NS)


class Steps(Sequence[Step]):
    """The steps of a captured story; each is made when it is looked at."""

    def __init__(self, seen: Observation, packets: Sequence[Sighting]) -> None:
        self._seen, self._packets = seen, packets
        self._shown = Shown(packets, int(seen.evidence.time[0]))
        self._tellings = {
            side: Telling(side, seen.evidence, packets, seen.stories[side], _befores(seen, side))
            for side in SIDES
        }

    def __len__(self) -> int:
        return len(self._packets)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"There is no step {index}.")
        return self._step(place, self._packets[place])

    def __iter__(self) -> Iterator[Step]:
        for place, packet in enumerate(self._packets):
            yield self._step(place, packet)

    def _step(self, place: int, packet: Sighting) -> Step:
        shown = self._shown.show(packet)
        before, after = self._ends(place), self._ends(place + 1)
        moves: list[Move] = []
        for side in (shown.sender, shown.receiver):
            timeline = self._seen.timelines[side]
            states = timeline.at(place), timeline.at(place + 1)
            moves += self._tellings[side].moves(place, packet, *states)
        event = f"sends packet {packet.number}"
        return Step(
            place, shown.sent_ns, shown.sender, event, shown, (), before, after, tuple(moves)
        )

    def _ends(self, moment: int) -> Ends:
        timelines = self._seen.timelines
        return Ends(_end(timelines["A"].at(moment)), _end(timelines["B"].at(moment)))


class Shown(Sequence[Packet]):
    """The packets of a captured story; each is made when it is looked at."""

    def __init__(self, packets: Sequence[Sighting], start_ns: int) -> None:
        self._packets, self._start = packets, start_ns

    def __len__(self) -> int:
        return len(self._packets)

    @overload
    def __getitem__(self, index: int) -> Packet: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Packet, ...]: ...

    def __getitem__(self, index: int | slice) -> Packet | tuple[Packet, ...]:
        if isinstance(index, slice):
            return tuple(self.show(packet) for packet in self._packets[index])
        return self.show(self._packets[index])

    def __iter__(self) -> Iterator[Packet]:
        return map(self.show, self._packets)

    def show(self, packet: Sighting) -> Packet:
        """The packet as a part of the story, its time counted from the first."""
        when = packet.time_ns - self._start
        return Packet(
            packet.number,
            packet.sender,
            packet.segment,
            when,
            when,
            packet.rel_seq,
            packet.rel_ack,
            packet.scaled_window,
            "captured",
            packet.frame_len,
            packet.notes,
        )


@lru_cache(maxsize=256)
def _end(states: States) -> End:
    return End(tuple(state for state in State if state in states))


def _befores(seen: Observation, side: Side) -> list[State]:
    """The state in which each life begins; CLOSED where more than one is possible."""
    found = []
    for story in seen.stories[side]:
        states = seen.timelines[side].at(story.life.start)
        if State.TIME_WAIT in states:
            found.append(State.TIME_WAIT)
        else:
            found.append(next(iter(states)) if len(states) == 1 else State.CLOSED)
    return found


def observe(
    packets: Sequence[Sighting],
    hosts: dict[str, str],
    title: str,
    earlier: Sequence[Sighting] = (),
    *,
    columns: np.ndarray | None = None,
    later: np.ndarray | None = None,
) -> Trace:
    """The ``Trace`` of a captured conversation: one step a packet, states inferred.

    ``packets`` are in the order captured, ``hosts`` the addresses of the sides A and B.
    ``earlier`` are the packets of the conversation that these ports had before, with the
    same sides: how it ended tells in which states this one may begin. ``columns`` are the
    packets as rows of an array, if they are at hand: then no packet is read before it is
    looked at. ``later`` are rows of the conversation after it on the same ports: an end that
    goes on there was not reset here.
    """
    alone = hosts["A"] == hosts["B"]
    before = Observation(Evidence.of_packets(earlier), alone=alone) if len(earlier) else None
    rows = Evidence.of_packets(packets) if columns is None else Evidence.of_columns(columns)
    if not len(packets):
        return Trace((), (), "captured", title, hosts, (say.ASSUMPTION,), {})
    after = None
    if later is not None and len(later):
        after = Observation(Evidence.of_columns(later), alone=alone)
    seen = Observation(rows, alone=alone, earlier=before, later=after)
    shown = Shown(packets, int(rows.time[0]))
    isn: dict[str, int] = {}
    for side in SIDES:
        story = seen.stories[side][-1]
        if story.life.iss is not None:
            isn[side] = story.life.iss
        elif len(story.own.place):
            isn[side] = int(rows.seq[story.own.place[0]])
    remarks = tuple(_remarks(seen, packets, alone=alone, reused=before is not None))
    return Trace(Steps(seen, packets), shown, "captured", title, hosts, remarks, isn)


def _remarks(
    seen: Observation, packets: Sequence[Sighting], *, alone: bool, reused: bool
) -> Iterator[str]:
    """What a reader must know about the whole."""
    yield say.ASSUMPTION
    if reused:
        yield say.REUSED
    evidence = seen.evidence
    from_b = int(np.count_nonzero(evidence.from_b))
    if not alone and from_b in (0, len(evidence)):
        yield say.one_way(side=SIDES[from_b > 0])
    if any(seen.stories[side][0].life.opened is None for side in SIDES) and not alone:
        yield say.MIDWAY
    for place in sorted(seen.restarts()):
        yield say.restart(number=packets[place].number)
    for side in SIDES:
        if any(_has_gap(story) for story in seen.stories[side]) and from_b not in (
            0,
            len(evidence),
        ):
            yield say.missing(side=side)


def _has_gap(story: LifeStory) -> bool:
    """Whether the end used numbers that no packet carries."""
    mine = story.own
    shown = mine.data | mine.syn | mine.fin
    if not shown.any():
        return False
    reached = np.maximum.accumulate(mine.end[shown])
    jumps = mine.seq[shown][1:] > reached[:-1]
    if not jumps.any() and story.peer.ack.max(initial=-1) <= reached[-1]:
        return bool((mine.seq > reached[-1]).any())
    return True
