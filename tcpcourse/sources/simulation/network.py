"""A story played by the clock: acts, packets and timers, each when its time has come.

Everything random comes from one seeded generator and the clock is only a number, so the same
scenario gives the same story every time. The timers are RFC 6298's and RFC 9293's.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from tcpcourse.core.errors import CallError, TcpCourseError
from tcpcourse.sources.simulation.durations import nanoseconds
from tcpcourse.sources.simulation.engine import Engine
from tcpcourse.sources.simulation.scenario import Act, Scenario, changed
from tcpcourse.sources.simulation.stories import SCENARIOS
from tcpcourse.sources.simulation.wire import FaultyWire
from tcpcourse.trace import SIDES, Packet, Side, Step, Trace
from tcpcourse.words import counted, message

MOST_EVENTS = 1_000_000


class _Agenda:
    """What is to happen when; drives an engine until nothing is left to happen."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.wire = FaultyWire(scenario)
        self.engine = Engine(scenario, self.wire)
        self.planned: list[tuple[int, int, Callable[[], None]]] = []
        self.order = 0
        self.acts: dict[Side, deque[Act]] = {
            side: deque(act for act in scenario.acts if act.who == side) for side in SIDES
        }
        self.armed: set[Side] = set()

    def run(self) -> Trace:
        for side in dict.fromkeys(act.who for act in self.scenario.acts):
            self.arm(side)
        for _ in range(MOST_EVENTS):
            if not self.planned:
                break
            self.engine.now, _, happen = heapq.heappop(self.planned)
            happen()
        else:
            raise TcpCourseError(
                message(
                    "The story {name!r:.60} does not end within {most} events.",
                    name=self.scenario.name,
                    most=MOST_EVENTS,
                )
            )
        return self.engine.trace()

    def plan(self, time: int, happen: Callable[[], None]) -> None:
        self.order += 1  # events at the same moment happen in the order they were planned
        heapq.heappush(self.planned, (time, self.order, happen))

    def arm(self, side: Side) -> None:
        """Plan the next act of this end's user if its turn has come."""
        if side in self.armed or not self.acts[side]:
            return
        act, station = self.acts[side][0], self.engine.stations[side]
        if act.when not in (None, station.endpoint.state) or station.received < act.received:
            return
        self.armed.add(side)
        self.plan(self.engine.now + nanoseconds(act.after), partial(self.perform, side))

    def perform(self, side: Side) -> None:
        self.armed.discard(side)
        act = self.acts[side].popleft()
        try:
            step = self.engine.perform(act)
        except CallError as refusal:
            step = self.engine.refuse(act, refusal.args[0])
        self.follow(step)

    def arrive(self, packet: Packet) -> None:
        self.follow(self.engine.arrive(packet))

    def expire(self, side: Side, timer: str, deadline: int) -> None:
        station = self.engine.stations[side]
        if station.deadlines.get(timer) != deadline:
            return  # stopped or started anew since
        if timer == "retransmission" and station.gives_up:
            timer = "r2"
        self.follow(self.engine.expire(side, timer))

    def follow(self, step: Step) -> None:
        """Plan what comes of a step."""
        for packet in step.sent:
            if packet.arrived_ns is not None:
                self.plan(packet.arrived_ns, partial(self.arrive, packet))
        for timer, deadline in self.engine.started:
            self.plan(deadline, partial(self.expire, step.who, timer, deadline))
        self.arm(step.who)

    def check_faults(self) -> None:
        """Every fault must have met its packet; a fault of nothing would be silence."""
        for number in sorted(self.wire.unmet):
            name, count = self.scenario.name, len(self.wire.packets)
            if number > count:
                raise TcpCourseError(
                    counted(
                        "There is no packet {number} for faults to meet: the story {name!r:.60}"
                        " has one packet.",
                        "There is no packet {number} for faults to meet: the story {name!r:.60}"
                        " has {count} packets.",
                        count,
                        number=number,
                        name=name,
                    )
                )
            raise TcpCourseError(
                message(
                    "Packet {number} of the story {name!r:.60} is injected at its receiver, so no "
                    "fault of the wire can meet it.",
                    number=number,
                    name=name,
                )
            )


def simulate(story: str | Scenario = "three-way-handshake", **changes: Any) -> Trace:
    """Play a story to its end and give its ``Trace``.

    ``story`` is the name of one of ``scenarios()`` or a ``Scenario``. Keyword arguments
    change it: ``isn`` with the initial sequence numbers by side (``iss_a`` and ``iss_b`` set
    one of them), and any field of ``Scenario``, such as ``loss``, ``duplication``,
    ``reordering`` (probabilities, below 1), ``delay`` (from end to end: ``"10ms"``, or a
    number of seconds), ``seed`` or ``faults`` (``{4: "lose"}``). The same arguments give the
    same story. Raises ``TcpCourseError`` for an unknown name or argument, a value out of
    range, or a fault of a packet that the story never has.

    >>> simulate("three-way-handshake", isn={"A": 5, "B": 4294967295}, delay="100ms")
    <Trace 'three-way-handshake': 5 steps, 3 packets, simulated>
    """
    if isinstance(story, str):
        if story not in SCENARIOS:
            raise TcpCourseError(
                message(
                    "There is no scenario {story!r:.60}; tcpcourse.scenarios() lists them.",
                    story=story,
                )
            )
        story = SCENARIOS[story]
    if not isinstance(story, Scenario):
        raise TcpCourseError(
            message(
                "{story!r:.60} is no story; give a name out of tcpcourse.scenarios(), or a "
                "tcpcourse.Scenario.",
                story=story,
            )
        )
    clock = _Agenda(changed(story, changes))
    trace = clock.run()
    # a named story's own faults may find nothing to meet once its wire is changed
    if "faults" in changes or story.name not in SCENARIOS:
        clock.check_faults()
    return trace
