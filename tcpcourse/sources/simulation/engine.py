"""The step engine: two ends and a wire, and one step of the story for each event.

There is no plan in here. ``simulate`` lets a clock say what happens next, ``play`` a list of
moves; both make their steps with this engine, so the same events give the same story.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tcpcourse.core.reaction import Reaction
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import Event
from tcpcourse.sources.simulation.durations import nanoseconds
from tcpcourse.sources.simulation.host import Station, endpoint_for
from tcpcourse.sources.simulation.scenario import Act, Scenario
from tcpcourse.sources.simulation.wire import Wire
from tcpcourse.trace import Ends, Move, Packet, Side, Step, Trace, other
from tcpcourse.words import message

NOTES = {
    Event.RETRANSMISSION: message("retransmission"),
    Event.PROBE: message("zero-window probe"),
}


class Engine:
    """Makes one step after another and keeps them.

    ``now`` is the story's time in nanoseconds; whoever drives the engine moves it on.
    ``started`` are the timers that the last step started, with their deadlines.
    """

    def __init__(self, scenario: Scenario, wire: Wire) -> None:
        self.scenario, self.wire = scenario, wire
        self.now = 0
        self.steps: list[Step] = []
        self.started: list[tuple[str, int]] = []
        self.stations: dict[Side, Station] = {
            "A": Station("A", scenario.a, endpoint_for(scenario.a)),
            "B": Station("B", scenario.b, endpoint_for(scenario.b)),
        }
        self._known = Ends(self.stations["A"].end, self.stations["B"].end)
        self._msl = nanoseconds(scenario.msl)
        self._patience = nanoseconds(scenario.patience)

    # --- what can happen -----------------------------------------------------------------

    def perform(self, act: Act) -> Step:
        """A user acts; ``when``, ``received`` and ``after`` are not looked at.

        Raises ``CallError``, and changes nothing, for a call that the state does not allow.
        """
        end = self.stations[act.who].endpoint
        calls: dict[str, Callable[[], Reaction]] = {
            "open_active": end.open_active,
            "open_passive": end.open_passive,
            "send": lambda: end.send(act.data),
            "receive": lambda: end.receive(act.count),
            "close": end.close,
            "abort": end.abort,
            "grow": lambda: end.grow_buffer(act.count),
        }
        if act.call == "crash":
            return self._crash(act.who)
        if act.call == "inject":
            segment = Segment.parse(act.segment)
            return self.arrive(self.wire.inject(other(act.who), segment, self.now, act.note))
        return self._react(act.who, calls[act.call])

    def refuse(self, act: Act, reason: str) -> Step:
        """A step that tells that a call was refused, and why."""
        ends = self._ends()
        move = Move(
            act.who, None, message("The call is refused: {reason}", reason=reason), "RFC 9293 §3.10"
        )
        return self._tell(act.who, message("calls {call}, refused", call=act.call), ends, (move,))

    def arrive(self, packet: Packet) -> Step:
        """A packet reaches its receiver."""
        end = self.stations[packet.receiver].endpoint
        return self._react(packet.receiver, lambda: end.arrive(packet.segment), packet)

    def expire(self, side: Side, timer: str) -> Step:
        """A timer runs out."""
        station = self.stations[side]
        station.ran_out(timer)
        return self._react(side, lambda: station.endpoint.tick(timer))

    def copied(self, packet: Packet, copy: Packet) -> None:
        """The wire made a copy of a packet after it was sent: tell it where it was sent."""
        for place in range(len(self.steps) - 1, -1, -1):
            step = self.steps[place]
            if any(sent.number == packet.number for sent in step.sent):
                self.steps[place] = replace(step, sent=(*step.sent, copy))
                return

    # --- the story -----------------------------------------------------------------------

    def trace(self) -> Trace:
        """The story so far, with what the wire knows by now of each packet."""
        story, known = self.scenario, self.wire.packets
        return Trace(
            steps=tuple(_updated(step, known) for step in self.steps),
            packets=tuple(known),
            provenance="simulated",
            title=story.title or story.about or story.name,
            hosts={"A": story.a.address, "B": story.b.address},
            isn={side: number for side, number in self.wire.isn.items()},
            question=story.question,
            name=story.name,
        )

    def _crash(self, side: Side) -> Step:
        ends = self._ends()
        self.stations[side].crash()
        why = message(
            "A crash is no event of TCP: the machine restarts and knows of no connection."
        )
        return self._tell(
            side, message("crashes"), ends, (Move(side, None, why, "RFC 9293 §3.5.1"),)
        )

    def _react(
        self, side: Side, happen: Callable[[], Reaction], packet: Packet | None = None
    ) -> Step:
        station, before = self.stations[side], self._ends()
        done = happen()
        station.received += len(done.delivered)
        note = NOTES.get(done.event, "")
        sent: list[Packet] = []
        for segment in done.emitted:
            length, shift = segment.seg_len, done.after.rcv_shift
            sent += self.wire.send(side, segment, self.now, shift, note if length else "")
            if length:
                station.sent(segment.seq + length, bool(note), self.now)
        event = str(done.event)
        if packet is not None:
            event = message("gets packet {number}", number=packet.number)
        elif done.event.is_call:
            event = message("calls {call}", call=done.event)
        moves = tuple(Move(side, row, row.why, row.cite) for row in done.rows)
        step = self._tell(side, event, before, moves, packet, tuple(sent), done)
        self.started = station.set_timers(done, self.now, self._msl, self._patience)
        station.keep_reading()
        return step

    def _ends(self) -> Ends:
        a, b = self.stations["A"].end, self.stations["B"].end
        if a is not self._known.a or b is not self._known.b:
            self._known = Ends(a, b)
        return self._known

    def _tell(
        self,
        side: Side,
        event: str,
        before: Ends,
        moves: tuple[Move, ...],
        packet: Packet | None = None,
        sent: tuple[Packet, ...] = (),
        done: Reaction | None = None,
    ) -> Step:
        self.started = []
        after = self._ends()
        step = Step(
            len(self.steps), self.now, side, event, packet, sent, before, after, moves, done
        )
        self.steps.append(step)
        return step


def _updated(step: Step, known: list[Packet]) -> Step:
    """The step with what is known by now of its packets."""
    for packet in step.sent:
        if known[packet.number - 1] is not packet:
            break
    else:
        if step.packet is None or known[step.packet.number - 1] is step.packet:
            return step
    return replace(
        step,
        packet=step.packet and known[step.packet.number - 1],
        sent=tuple(known[packet.number - 1] for packet in step.sent),
    )
