"""What the stage needs to know of a whole story before it can draw or tell any part of it.

One pass over the steps finds where each packet leaves and where it ends, which were lost,
which are sent again, which nobody sent, and where the silences are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from tcpcourse.core.segment import Flags
from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, Packet, Side, Step, Trace
from tcpcourse.views.words import short_time

LONG, USUAL, MUCH, LEAST = 200_000_000, 2.5, 15, 20_000_000
_Key = tuple[Side, int, tuple[int | None, int] | None, int, int]


@dataclass(slots=True)
class Road:
    """One packet in the story: the steps (from 0) where it leaves and arrives, if they are
    there, and what became of it.

    ``shut`` says that the sender's own window was closed before, ``barred`` that the peer's
    is. ``level`` packets were seen at one place, so that nobody knows how long they took.
    ``lost`` is true also where an observer found it out (``inferred``). ``forged`` packets
    were never sent by the end whose name they bear. ``again`` is an earlier packet with the
    same numbers, ``covers`` how many new numbers its ack confirms.
    """

    packet: Packet
    leaves: int | None = None
    arrives: int | None = None
    level: bool = False
    lost: bool = False
    inferred: bool = False
    perhaps: bool = False
    forged: bool = False
    again: Packet | None = None
    covers: int = 0
    asks: bool = False
    shut: bool = False
    barred: bool = False


@dataclass(slots=True)
class Facts:
    """Of a trace: its packets' roads by number, and the silence before each step, if any, by
    the step's place in the trace (``silence``) and by its own index (``waits``).

    ``delay`` is how long a packet usually takes, ``usual`` the median wait between two
    moments, both in nanoseconds.
    """

    roads: dict[int, Road] = field(default_factory=dict)
    silence: dict[int, int] = field(default_factory=dict)
    waits: dict[int, int] = field(default_factory=dict)
    delay: int = 10_000_000
    usual: int = 0


def packets(step: Step) -> tuple[Packet, ...]:
    """The packet that arrives in a step or is seen in it, and those that leave."""
    return step.sent if step.packet is None else (step.packet, *step.sent)


def changed(step: Step) -> tuple[Side, ...]:
    """The ends of which something else is known after the step."""
    pairs = zip(SIDES, step.before, step.after, strict=True)
    return tuple(side for side, one, two in pairs if one.possible != two.possible)


def learn(trace: Trace) -> Facts:
    """Everything that is to be known of the story as a whole, in one pass."""
    facts = Facts()
    known: dict[_Key, Packet] = {}
    acked: dict[Side, int | None] = {"A": None, "B": None}
    windows: dict[Side, int] = {"A": 1, "B": 1}
    for place, step in enumerate(trace.steps):
        for packet in packets(step):
            road = facts.roads.get(packet.number)
            if road is None:
                road = facts.roads[packet.number] = Road(packet, lost=packet.fate == "lost")
                _compare(road, known, acked)
                road.shut = not windows[packet.sender]
                road.barred = not windows[packet.receiver]
                if not packet.segment.rst:
                    windows[packet.sender] = packet.scaled_window
            if packet is not step.packet:
                road.leaves = place
                road.asks = _challenges(step)
            elif packet.sender == step.who:
                road.level, road.leaves, road.arrives = True, place, place
            else:
                road.arrives = place
        _read(step, facts)
    delays = []
    for road in facts.roads.values():
        packet = road.packet
        if road.leaves is None and packet.arrived_ns in (None, packet.sent_ns):
            road.forged = True
        elif packet.arrived_ns is not None and not road.level:
            delays.append(packet.arrived_ns - packet.sent_ns)
    if delays:
        facts.delay = round(median(delays)) or 1
    _listen(trace.steps, facts)
    return facts


def _compare(
    road: Road,
    known: dict[_Key, Packet],
    acked: dict[Side, int | None],
) -> None:
    packet = road.packet
    segment = packet.segment
    size = segment.seg_len
    kind = int(segment.flags & (Flags.SYN | Flags.FIN | Flags.RST))
    ack = None if size else (packet.rel_ack, packet.scaled_window)
    key = (packet.sender, int(segment.seq), ack, size, kind)
    if size or "duplicate ACK" not in packet.notes:
        road.again = known.get(key)
    known[key] = packet
    if packet.rel_ack is not None and not segment.rst:
        before = acked[packet.sender]
        if before is not None and packet.rel_ack > before:
            road.covers = packet.rel_ack - before
        acked[packet.sender] = max(before or 0, packet.rel_ack)


def _challenges(step: Step) -> bool:
    """Whether what leaves in this step asks the peer if it really meant its RST."""
    return step.packet is not None and step.packet.segment.rst and bool(step.sent)


def _read(step: Step, facts: Facts) -> None:
    """What an observer found out about packets that did not arrive, or perhaps did not."""
    for move in step.moves:
        road = facts.roads.get(move.packet) if move.packet is not None else None
        if road is None:
            continue
        if move.arrival == "never":
            road.lost = road.inferred = True
        elif move.arrival == "perhaps":
            road.perhaps = True


def _listen(steps: Sequence[Step], facts: Facts) -> None:
    """Find the waits that are long against the others while nothing is on its way."""
    moments = list(_moments(steps, facts))
    waits = sorted(b - a for (a, _), (b, _) in pairwise(moments) if b > a)
    if not waits:
        return
    facts.usual = waits[len(waits) // 2] if len(waits) > 2 else waits[0]
    on_way: dict[int, int] = {}  # packets under way, with the time by which they are gone
    for place, step in enumerate(steps):
        if place:
            start = max([steps[place - 1].time_ns, *on_way.values()])
            wait = step.time_ns - start
            seen = start < step.time_ns
            long = wait >= LONG and (wait >= USUAL * facts.usual or len(waits) < 3)
            tapped = step.packet is not None and facts.roads[step.packet.number].level
            quiet = not tapped and wait >= max(MUCH * facts.usual, LEAST)
            if seen and (long or quiet):  # a tap does not see what is still on its way
                facts.silence[place] = facts.waits[step.index] = wait
        on_way = {number: gone for number, gone in on_way.items() if gone > step.time_ns}
        for packet in step.sent:
            gone = packet.arrived_ns
            on_way[packet.number] = step.time_ns + facts.delay if gone is None else gone


def _moments(steps: Sequence[Step], facts: Facts) -> Iterator[tuple[int, int]]:
    for place, step in enumerate(steps):
        yield step.time_ns, place
        for packet in step.sent:
            if packet.fate == "lost":
                yield step.time_ns + facts.delay, place


def duration(nanoseconds: int) -> str:
    """A wait as people say it: ``180 ms``, ``1 s``, ``4 min``."""
    if nanoseconds >= 59_500_000_000:
        return f"{nanoseconds / 60e9:.3g} min"
    if nanoseconds >= 950_000_000:
        return f"{nanoseconds / 1e9:.1f}".removesuffix(".0") + " s"
    return short_time(nanoseconds)


def clock(nanoseconds: int) -> str:
    """A moment since the story began: ``0 ms``, ``1.19 s``, ``4 min 1 s``."""
    if nanoseconds < 60_000_000_000:
        return short_time(nanoseconds) if nanoseconds else "0 ms"
    minutes, rest = divmod(round(nanoseconds / 1e9), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def states(trace: Trace) -> tuple[State, ...]:
    """All states that are met in the story, in the document's order."""
    found = {
        state
        for step in trace.steps
        for ends in (step.before, step.after)
        for end in ends
        if end.state is not None
        for state in end.possible
    }
    return tuple(sorted(found, key=lambda state: state.value))
