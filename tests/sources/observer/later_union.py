"""Every small story that looks the same: no claim is wider than their union.

All stories of two ends are told, move by move: a packet on the wire arrives or is lost, a
user closes, aborts or sends, a timer sends again. The tap is between the two: a packet passes
it some time after it was sent, and the capture may end at any moment. Stories
with the same packets are one story to a bystander; what is claimed after a packet must be
true in at least one of them, and in the least surprising one.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

import tcpcourse as tcp
from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.sources.capture.write import write_segments
from tcpcourse.trace import Side

from .worlds import HOSTS, SIDES, START_NS, across, perform

MOST_FRAMES = 7
MOST_MOVES = 8
VIEWS = 60
MS = 10**6
View = tuple[tuple[Side, Segment], ...]
Truth = tuple[dict[Side, frozenset[State]], ...]


@dataclass
class Moment:
    """A story so far: both ends, what is on the wire, what the tap saw, what was true."""

    ends: dict[Side, Endpoint]
    near: dict[Side, list[Segment]] = field(default_factory=lambda: {"A": [], "B": []})
    wire: list[tuple[Side, Segment]] = field(default_factory=list)
    view: list[tuple[int, Side, Segment]] = field(default_factory=list)
    true: list[dict[Side, set[State]]] = field(default_factory=list)
    now: int = 0
    moves: int = 0
    lost: int = 0
    overtaken: int = 0
    calls: int = 0
    again: int = 0

    def clone(self) -> Moment:
        again = copy.copy(self)
        again.ends = {side: copy.copy(end) for side, end in self.ends.items()}
        again.wire, again.view = list(self.wire), list(self.view)
        again.near = {side: list(segments) for side, segments in self.near.items()}
        again.true = [{side: set(states) for side, states in each.items()} for each in self.true]
        return again

    def does(self, side: Side, kind: str, arg: object = None, wait: int = 10 * MS) -> bool:
        """Something happens at an end; whether it was allowed and did something."""
        end, reaction, segments = perform(self.ends[side], {}, kind, arg)
        if reaction is None or (not reaction.rows and kind == "tick"):
            return False
        self.ends[side] = end
        self.now += wait
        self.moves += 1
        if self.true:  # true between this packet and the next, both moments included
            self.true[-1][side].add(end.state)
        self.near[side] += segments
        return True

    def passes(self, side: Side) -> None:
        """The side's next packet passes the tap."""
        segment = self.near[side].pop(0)
        self.moves += 1
        self.now += MS
        self.view.append((START_NS + self.now, side, segment))
        self.true.append({each: {self.ends[each].state} for each in SIDES})
        self.wire.append((side, segment))


def opened() -> Moment:
    """After the three segments of a handshake, the last one delivered."""
    moment = Moment({"A": Endpoint(100), "B": Endpoint(300)})
    moment.does("B", "listen")
    moment.does("A", "open")
    for side in ("A", "B", "A"):
        moment.passes("A" if side == "A" else "B")
        sender, segment = moment.wire.pop(0)
        moment.does(across(sender), "arrive", segment)
    moment.moves = 0
    return moment


def moves(moment: Moment) -> Iterator[Moment]:
    """Every moment that can come next."""
    for side in SIDES:
        if moment.near[side]:
            passing = moment.clone()
            passing.passes(side)
            yield passing
    for place, (sender, segment) in enumerate(moment.wire):
        before = [side for side, _ in moment.wire[:place] if side == sender]
        if before and moment.overtaken:
            continue
        arrives = moment.clone()
        del arrives.wire[place]
        arrives.overtaken += bool(before)
        if arrives.does(across(sender), "arrive", segment):
            yield arrives
        if not moment.lost:
            loses = moment.clone()
            del loses.wire[place]
            loses.lost += 1
            loses.moves += 1
            yield loses
    for side in SIDES:
        for kind in ("close", "abort", "send") if moment.calls < 2 else ():
            calls = moment.clone()
            calls.calls += 1
            if calls.does(side, kind, 10):
                yield calls
        sends_again = moment.clone()
        # also without need: the acknowledgment may be late
        sends_again.again += 1
        if moment.again < 1 and sends_again.does(side, "tick", "retransmission", 1000 * MS):
            yield sends_again


def stories() -> dict[View, list[tuple[tuple[int, int], Truth]]]:
    """Every story by what the tap saw: (lost, overtaken) and the truth after each packet."""
    found: dict[View, list[tuple[tuple[int, int], Truth]]] = {}
    waiting = [opened()]
    while waiting:
        moment = waiting.pop()
        truth = tuple(
            {side: frozenset(states) for side, states in each.items()} for each in moment.true
        )
        # the order of packets is the view; their moments are not told apart
        view = tuple((side, segment) for _, side, segment in moment.view)
        found.setdefault(view, []).append(((moment.lost, moment.overtaken), truth))
        TIMES.setdefault(view, tuple(time for time, _, _ in moment.view))
        for following in moves(moment):
            if len(following.view) <= MOST_FRAMES and following.moves <= MOST_MOVES:
                waiting.append(following)
    return found


TIMES: dict[View, tuple[int, ...]] = {}


@pytest.fixture(scope="module")
def views() -> list[tuple[View, list[tuple[tuple[int, int], Truth]]]]:
    every = sorted(stories().items(), key=lambda item: (len(item[0]), str(item[0])))
    assert len(every) >= VIEWS, len(every)
    return every[:: max(1, len(every) // VIEWS)]


def trace_of(view: View) -> tcp.Trace:
    file = io.BytesIO()
    rows = [(time, side, segment) for time, (side, segment) in zip(TIMES[view], view, strict=True)]
    write_segments(file, rows, (HOSTS["A"], HOSTS["B"]))
    file.seek(0)
    (conversation,) = tcp.load(file, progress=False).conversations
    return conversation.trace


def told(view: View, trace: tcp.Trace, each: list[Truth]) -> str:
    lines = []
    for place, ((side, segment), step) in enumerate(zip(view, trace, strict=True)):
        true = [
            "/".join(sorted({str(state) for truth in each for state in truth[place][end]}))
            for end in SIDES
        ]
        lines.append(f"{side} {segment.line()}: A {step.after.a} of {true[0]}, "
                     f"B {step.after.b} of {true[1]}")  # fmt: skip
    return "\n".join(lines)


def test_no_claim_is_wider_than_all_stories_with_these_packets(
    views: list[tuple[View, list[tuple[tuple[int, int], Truth]]]],
) -> None:
    wrong = []
    for view, each in views:
        trace = trace_of(view)
        truths = [truth for _, truth in each]
        for place, step in enumerate(trace):
            for side in SIDES:
                union = {state for truth in truths for state in truth[place][side]}
                if not set(step.after.of(side).possible) <= union:
                    wrong.append(f"packet {place + 1}, {side}:\n{told(view, trace, truths)}")
    assert not wrong, f"{len(wrong)} claims\n" + "\n\n".join(wrong[:5])


def test_the_least_surprising_story_is_among_the_claims(
    views: list[tuple[View, list[tuple[tuple[int, int], Truth]]]],
) -> None:
    wrong = []
    for view, each in views:
        trace = trace_of(view)
        least = min(cost for cost, _ in each)
        truths = [truth for cost, truth in each if cost == least]
        for place, step in enumerate(trace):
            for side in SIDES:
                claimed = set(step.after.of(side).possible)
                if not any(claimed & truth[place][side] for truth in truths):
                    wrong.append(f"packet {place + 1}, {side}:\n{told(view, trace, truths)}")
    assert not wrong, f"{len(wrong)} claims\n" + "\n\n".join(wrong[:5])


def test_a_claim_is_one_state_where_all_stories_agree(
    views: list[tuple[View, list[tuple[tuple[int, int], Truth]]]],
) -> None:
    """Where every story has one state and the same, so has the claim."""
    wrong, agreed = [], 0
    for view, each in views:
        trace = trace_of(view)
        truths = [truth for _, truth in each]
        for place, step in enumerate(trace):
            for side in SIDES:
                union = {state for truth in truths for state in truth[place][side]}
                if len(union) == 1:
                    agreed += 1
                    if set(step.after.of(side).possible) != union:
                        wrong.append(f"packet {place + 1}, {side}:\n{told(view, trace, truths)}")
    assert agreed > VIEWS
    assert not wrong, f"{len(wrong)} claims\n" + "\n\n".join(wrong[:5])
