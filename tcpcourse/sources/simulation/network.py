"""Two endpoints, a wire that may misbehave, and a clock that is only a number.

Everything random comes from one seeded generator, so the same scenario gives the same
story every time. The timers are RFC 6298's and RFC 9293's, on simulated time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import Any

from tcpcourse.core.endpoint import Reaction
from tcpcourse.core.errors import CallError, TcpCourseError
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.sources.simulation.checks import asked_numbers
from tcpcourse.sources.simulation.durations import nanoseconds
from tcpcourse.sources.simulation.host import Station, endpoint_for, station_for
from tcpcourse.sources.simulation.rto import MILLISECOND
from tcpcourse.sources.simulation.scenario import Act, Scenario
from tcpcourse.sources.simulation.stories import SCENARIOS
from tcpcourse.sources.simulation.wire import Wire
from tcpcourse.trace import Ends, Move, Packet, Side, Step, Trace, end_of, other

DELAYED_ACK = 200 * MILLISECOND  # RFC 9293 §3.8.6.3 allows up to 500 ms
MOST_EVENTS = 1_000_000
NOTES = {Event.RETRANSMISSION: "retransmission", Event.PROBE: "zero-window probe"}
BEFORE_DATA = (State.LISTEN, State.SYN_SENT, State.SYN_RCVD)


class _Simulation:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.msl = nanoseconds(scenario.msl)
        self.patience = nanoseconds(scenario.patience)
        self.now = 0
        self.order = 0
        self.queue: list[tuple[int, int, Callable[[], None]]] = []
        self.steps: list[Step] = []
        self.wire = Wire(scenario)
        self.stations: dict[Side, Station] = {
            "A": station_for("A", scenario.a, scenario),
            "B": station_for("B", scenario.b, scenario),
        }

    # --- the clock -----------------------------------------------------------------------

    def at(self, time: int, action: Callable[[], None]) -> None:
        self.order += 1  # events at the same moment happen in the order they were planned
        heapq.heappush(self.queue, (time, self.order, action))

    def run(self) -> Trace:
        for act in self.scenario.acts:
            self.arm(self.stations[act.who])
        for _ in range(MOST_EVENTS):
            if not self.queue:
                break
            self.now, _, action = heapq.heappop(self.queue)
            action()
        else:
            raise TcpCourseError(
                f"The story {self.scenario.name!r} does not end within {MOST_EVENTS} events."
            )
        return Trace(
            steps=tuple(self.steps),
            packets=tuple(self.wire.packets),
            provenance="simulated",
            title=self.scenario.title or self.scenario.about or self.scenario.name,
            hosts={"A": self.scenario.a.address, "B": self.scenario.b.address},
            isn={side: number for side, number in self.wire.isn.items()},
            question=self.scenario.question,
            name=self.scenario.name,
        )

    # --- users ---------------------------------------------------------------------------

    def arm(self, station: Station) -> None:
        """Plan the next act of this end's user if its turn has come."""
        if station.armed or not station.acts:
            return
        act = station.acts[0]
        if act.when not in (None, station.endpoint.state) or station.received < act.received:
            return
        station.armed = True
        self.at(self.now + nanoseconds(act.after), partial(self.perform, station))

    def perform(self, station: Station) -> None:
        station.armed = False
        act = station.acts.pop(0)
        endpoint = station.endpoint
        if act.call == "inject":
            self.inject(station, act)
        elif act.call == "crash":
            self.crash(station)
        else:
            calls: dict[str, Callable[[], Reaction]] = {
                "open_active": endpoint.open_active,
                "open_passive": endpoint.open_passive,
                "send": lambda: endpoint.send(act.data),
                "receive": lambda: endpoint.receive(act.count),
                "close": endpoint.close,
                "abort": endpoint.abort,
                "grow": lambda: endpoint.grow_buffer(act.count),
            }
            ends = self.ends()
            try:
                reaction = calls[act.call]()
            except CallError as refusal:
                self.refuse(station, act, str(refusal))
            else:
                self.record(
                    station,
                    f"calls {reaction.event}" if reaction.event.is_call else str(reaction.event),
                    reaction,
                    ends,
                )
        self.arm(station)

    def refuse(self, station: Station, act: Act, words: str) -> None:
        ends = self.ends()
        move = Move(station.side, None, f"The call is refused: {words}.", "RFC 9293 §3.10")
        self.note(station, f"calls {act.call}, refused", ends, (move,))

    def crash(self, station: Station) -> None:
        ends = self.ends()
        old = station.endpoint.tcb
        station.endpoint = endpoint_for(replace(station.host, iss=int(old.snd_nxt + 100_000)))
        station.deadlines.clear()
        why = "A crash is no event of TCP: the machine restarts and knows of no connection."
        self.note(station, "crashes", ends, (Move(station.side, None, why, "RFC 9293 §3.5.1"),))

    def inject(self, station: Station, act: Act) -> None:
        segment = Segment.parse(act.segment)
        sender = other(station.side)
        packet = self.wire.inject(sender, segment, self.now, act.note)
        self.deliver(packet)

    # --- the wire ------------------------------------------------------------------------

    def deliver(self, packet: Packet) -> None:
        station = self.stations[packet.receiver]
        ends = self.ends()
        reaction = station.endpoint.arrive(packet.segment)
        self.record(station, f"gets packet {packet.number}", reaction, ends, packet)

    def send(self, station: Station, segment: Segment, note: str) -> tuple[Packet, ...]:
        shift = station.endpoint.tcb.rcv_shift
        packets = self.wire.send(station.side, segment, self.now, shift, note)
        for packet in packets:
            if packet.arrived_ns is not None:
                self.at(packet.arrived_ns, partial(self.deliver, packet))
        return packets

    # --- bookkeeping -----------------------------------------------------------------------

    def ends(self) -> Ends:
        return Ends(*(end_of(station.endpoint.tcb) for station in self.stations.values()))

    def note(self, station: Station, event: str, before: Ends, moves: tuple[Move, ...]) -> None:
        self.steps.append(
            Step(
                len(self.steps), self.now, station.side, event, None, (), before, self.ends(), moves
            )
        )

    def record(
        self,
        station: Station,
        event: str,
        reaction: Reaction,
        before: Ends,
        packet: Packet | None = None,
    ) -> None:
        station.received += len(reaction.delivered)
        again = NOTES.get(reaction.event, "")
        sent: list[Packet] = []
        for segment in reaction.emitted:
            sent += self.send(station, segment, again if segment.seg_len else "")
            self.time_round_trip(station, segment, bool(again))
        moves = tuple(Move(station.side, row, row.why, row.cite) for row in reaction.rows)
        self.steps.append(
            Step(
                len(self.steps),
                self.now,
                station.side,
                event,
                packet,
                tuple(sent),
                before,
                self.ends(),
                moves,
                reaction,
            )
        )
        self.set_timers(station, reaction)
        self.keep_reading(station)
        self.arm(station)

    def keep_reading(self, station: Station) -> None:
        """A user who reads always has a RECEIVE waiting, posted before any data can come."""
        tcb = station.endpoint.tcb
        if station.host.reads and not tcb.rcv_posted and tcb.state in BEFORE_DATA:
            station.endpoint.receive(1 << 62)

    def time_round_trip(self, station: Station, segment: Segment, again: bool) -> None:
        if again:
            station.sent_at.clear()  # Karn's rule: whose ACK would that be?
        elif segment.seg_len:
            station.sent_at[int(segment.end)] = self.now

    # --- timers ------------------------------------------------------------------------------

    def set_timers(self, station: Station, reaction: Reaction) -> None:
        before, after = reaction.before, station.endpoint.tcb
        progress = after.snd_una != before.snd_una
        if progress:
            sent = station.sent_at.pop(int(after.snd_una), None)
            if sent is not None:
                station.rto = station.rto.measured(self.now - sent)
            una = after.snd_una
            station.sent_at = {
                end: when for end, when in station.sent_at.items() if SeqNumber(end) > una
            }
        self.keep(
            station,
            "retransmission",
            after.in_flight > 0,
            station.rto.value,
            restart=progress or "retransmission" in reaction.timers,
        )
        waiting = after.unsent > 0 and after.in_flight == 0 and after.state.synchronized
        self.keep(station, "zero-window-probe", waiting, station.rto.value)
        self.keep(station, "delayed-ack", after.ack_due, DELAYED_ACK)
        self.keep(
            station,
            "time-wait",
            after.state is State.TIME_WAIT,
            2 * self.msl,
            restart="time-wait" in reaction.timers,
        )
        # a peer that answers keeps a connection alive, even with its window closed
        answered = waiting and reaction.event is Event.ARRIVES
        self.keep(
            station,
            "user",
            after.in_flight > 0 or waiting,
            self.patience,
            restart=progress or answered,
        )

    def keep(
        self, station: Station, timer: str, running: bool, length: int, *, restart: bool = False
    ) -> None:
        """Let a timer run, start anew, or stop."""
        if not running:
            station.deadlines.pop(timer, None)
        elif restart or timer not in station.deadlines:
            deadline = self.now + length
            station.deadlines[timer] = deadline
            self.at(deadline, partial(self.expire, station, timer, deadline))

    def expire(self, station: Station, timer: str, deadline: int) -> None:
        if station.deadlines.get(timer) != deadline:
            return  # stopped or started anew since
        del station.deadlines[timer]
        if timer in ("retransmission", "zero-window-probe"):
            station.rto = station.rto.backed_off()
        ends = self.ends()
        reaction = station.endpoint.tick(timer)
        self.record(station, str(reaction.event), reaction, ends)


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
                f"There is no scenario {story!r:.60}; tcpcourse.scenarios() lists them."
            )
        story = SCENARIOS[story]
    if not isinstance(story, Scenario):
        raise TcpCourseError(
            f"{story!r:.60} is no story; give a name out of tcpcourse.scenarios(),"
            " or a tcpcourse.Scenario."
        )
    numbers = asked_numbers(changes)
    known = {entry.name for entry in fields(Scenario)}
    unknown = sorted(set(changes) - known)
    if unknown:
        raise TcpCourseError(
            f"A scenario has no {unknown[0]!r:.60}; it has isn, iss_a, iss_b,"
            f" {', '.join(sorted(known))}."
        )
    story = replace(story, **changes)
    for side, number in numbers.items():
        host = replace(getattr(story, side.lower()), iss=number)
        story = replace(story, **{side.lower(): host})
    return _Simulation(story).run()
