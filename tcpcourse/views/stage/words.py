"""The short words on a stage: beside an end's line, on an arrow, in a silence."""

from __future__ import annotations

from collections.abc import Sequence

from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, Packet, Side, Step, Trace
from tcpcourse.views.escape import brief
from tcpcourse.views.stage.facts import Road, duration, packets
from tcpcourse.words import message

_CALLS = {
    "passive OPEN": "listen()",
    "active OPEN": "connect()",
    "SEND": "send()",
    "RECEIVE": "recv()",
    "CLOSE": "close()",
    "ABORT": "abort()",
    "crashes": "crash",
    "the receive buffer grows": "more room",
    "retransmission timeout": "timer rings",
    "2MSL timeout": "2MSL over",
    "user timeout": "gives up",
    "R2 timeout": "gives up",
    "zero-window probe": "probes",
    "delayed-ACK timeout": "delayed ACK",
}
_AGAIN = {"retransmission", "fast retransmission", "spurious retransmission"}
_TIMED = {"retransmission", "keep-alive", "zero-window probe"}


def call(step: Step) -> str:
    """What the program or a timer did in a step, in a word or two; nothing for an arrival."""
    if step.packet is not None:
        return ""
    event = str(step.row.event) if step.row is not None and step.reaction else step.event
    event = event.removeprefix("calls ")
    return _CALLS.get(event, event)


def flags(packet: Packet) -> str:
    """A packet's flags as they stand on its arrow: ``SYN ACK``, ``DATA``, ``FIN DATA``."""
    segment = packet.segment
    names = [
        name
        for name, there in (
            ("SYN", segment.syn),
            ("FIN", segment.fin),
            ("RST", segment.rst),
            ("DATA", bool(segment.data)),
        )
        if there
    ]
    if segment.ack is not None and not segment.data:
        names.append("ACK")
    return " ".join(names) or "nothing"


def label(road: Road) -> tuple[str, str, str]:
    """An arrow's flags and size, a remark, and the same remark where there is little room."""
    packet = road.packet
    name = flags(packet)
    size = len(packet.segment.data)
    if size:
        name += f" {size:,} B"
    if road.forged and "forged" in packet.notes:
        return name, message("in {end}’s name", end=packet.sender), message("forged")
    if road.forged:
        return name, message("old"), message("old")
    if road.inferred:
        return name, message("✕ never arrived"), "✕"
    if road.lost:
        return name, message("✕ lost"), message("lost")
    if road.arrives is None and not road.level:
        return name, message("on its way"), "…"
    if packet.fate == "duplicate":
        return name, message("copy"), message("copy")
    if road.again is not None:
        return name, message("again"), "↻"
    if road.asks:  # a RST in the window that is not exactly where it should be: RFC 5961
        return name, message("really?"), "?"
    other = [note for note in packet.notes if note not in _AGAIN]
    return name, brief(other[0].removesuffix(" ACK"), 20) if other else "", ""


def silence(step: Step) -> str:
    """Whose silence it was that ends with a step."""
    name = call(step)
    if name == "timer rings" or name == "probes":
        return message("{end}'s timer runs", end=step.who)
    sender = step.packet.sender if step.packet is not None else step.who
    seen = step.packet is not None and step.packet.sender == step.who
    if seen and step.packet is not None and _TIMED & set(step.packet.notes):
        return message("{end}'s timer runs", end=sender)
    if name == "2MSL over":
        return message("{end} waits, nothing comes", end=step.who)
    return message("nobody speaks")


def whole_run(steps: Sequence[Step]) -> tuple[str, str]:
    """A run of steps in two short lines: how many packets, and how much data each way."""
    seen = {packet.number: packet for step in steps for packet in packets(step)}
    both: dict[Side, int] = {"A": 0, "B": 0}
    for packet in seen.values():
        both[packet.sender] += len(packet.segment.data)
    arrows = [f"A → B {both['A']:,} B"] if both["A"] else []
    arrows += [f"B → A {both['B']:,} B"] if both["B"] else []
    took = duration(steps[-1].time_ns - steps[0].time_ns)
    return "1 packet" if len(seen) == 1 else f"{len(seen):,} packets", " · ".join([*arrows, took])


def roles(trace: Trace) -> dict[Side, str]:
    """What each end is called at its head: its address, or in a simulation its part."""
    if trace.provenance != "simulated":
        return {side: brief(trace.hosts.get(side, ""), 23) for side in SIDES}
    listens = {
        side: any(step.after.of(side).state is State.LISTEN for step in trace.steps)
        for side in SIDES
    }
    if listens["A"] == listens["B"]:
        return {"A": "", "B": ""}
    return {side: "server" if listens[side] else "client" for side in SIDES}
