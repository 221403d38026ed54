"""What happens in a step, told to people: whole sentences with named places.

A telling is one message, or a few that follow each other; each is whole by itself, so that it
can be put into another language. The places are names of ends, numbers, sizes and flags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tcpcourse.trace import SIDES, Packet, Side, Step, Trace, other
from tcpcourse.views.escape import brief
from tcpcourse.views.stage import arrivals, calls, sights
from tcpcourse.views.stage.facts import Facts, duration, packets
from tcpcourse.words import Message, message


def tell(step: Step, facts: Facts) -> tuple[Message, ...]:
    """The step in one to three short messages; ``facts`` are those of its whole trace."""
    if step.packet is None:
        templates = list(calls.tell(step, facts))
    elif step.packet.sender == step.who:
        templates = list(sights.tell(step, facts))
    else:
        templates = list(arrivals.tell(step, facts))
    places = _places(step, facts)
    told = [Message(str(template), places) for template in templates]
    if not told:
        told = [message("{why}", why=_short(move.why)) for move in step.moves if move.why]
        told = told or [message("{event}", event=places["event"])]
    return tuple(told)


def _short(text: str) -> str:
    return text if len(text) <= 300 else brief(text, 300)


def run(steps: Sequence[Step], facts: Facts) -> tuple[Message, ...]:
    """Many steps in one: what each end sends in them, and how long they take."""
    seen: dict[int, Packet] = {packet.number: packet for step in steps for packet in packets(step)}
    found = list(_amounts(seen.values()))
    odd = sum(1 for packet in seen.values() if packet.notes or facts.roads[packet.number].lost)
    took = duration(steps[-1].time_ns - steps[0].time_ns)
    places = {"count": f"{len(seen):,}", "took": took, "odd": f"{odd:,}"}
    found.append(message("That is {count} packets in {took}.", **places))
    if odd:
        found.append(message("{odd} of them are lost, repeated or otherwise remarkable.", **places))
    return tuple(found)


def whole(trace: Trace, facts: Facts) -> tuple[Message, ...]:
    """What is there to be seen before anything is pressed."""
    places = {
        "steps": f"{len(trace):,}",
        "packets": f"{len(facts.roads):,}",
        "lost": f"{sum(road.lost for road in facts.roads.values()):,}",
        "forged": f"{sum('forged' in road.packet.notes for road in facts.roads.values()):,}",
    }
    found = [message("{packets} packets in {steps} steps.")]
    if len(facts.roads) == 1:
        found = [message("One packet in {steps} steps.")]
    if places["lost"] == "1":
        found.append(message("One of them is lost."))
    elif places["lost"] != "0":
        found.append(message("{lost} of them are lost."))
    if places["forged"] == "1":
        found.append(message("One of them is forged."))
    found.append(message("Play it, or step through it with the arrow keys."))
    return tuple(Message(str(template), places) for template in found)


def _amounts(seen: Iterable[Packet]) -> Iterator[Message]:
    both: dict[Side, list[int]] = {"A": [], "B": []}
    for packet in seen:
        both[packet.sender].append(len(packet.segment.data))
    for me, peer in ((side, other(side)) for side in SIDES):
        sizes = both[me]
        places = {
            "me": me,
            "peer": peer,
            "size": f"{sum(sizes):,}",
            "count": f"{len(sizes):,}",
        }
        if sum(sizes):
            yield message("{me} sends {size} bytes to {peer}.", **places)
        elif len(sizes) == 1:
            yield message("{me} sends one ACK.", **places)
        elif sizes:
            yield message("{me} sends {count} ACKs.", **places)


def _places(step: Step, facts: Facts) -> dict[str, str]:
    """Everything a template may name."""
    me: Side = step.who
    peer = other(me)
    came, sent = step.packet, step.sent
    after = step.after.of(me).tcb
    before = step.before.of(me).tcb
    new = [packet for packet in sent if packet.segment.data]
    got = len(came.segment.data) if came is not None else 0
    road = facts.roads.get(came.number) if came is not None else None
    wait = _since(step, facts)
    number = came.rel_ack if came is not None and came.rel_ack is not None else 0
    asked = next((packet.rel_ack for packet in sent if packet.rel_ack is not None), None)
    queued = (after.unsent if after else 0) - (before.unsent if before else 0)
    return {
        "me": me,
        "peer": peer,
        "event": f"{me} {brief(step.event, 80)}.",
        "got": f"{got:,}",
        "size": f"{sum(len(packet.segment.data) for packet in new):,}",
        "count": str(len(new)),
        "queued": f"{max(queued, 0):,}",
        "covers": f"{road.covers:,}" if road else "0",
        "number": str(number),
        "asked": str(asked if asked is not None else number),
        "wait": duration(wait),
        "packet": str(came.number if came is not None else 0),
        "earlier": str(road.again.number if road and road.again else 0),
        "state": str(step.after.of(me)),
    }


def _since(step: Step, facts: Facts) -> int:
    """How long the sender has waited since it sent the same packet before."""
    for packet in packets(step):
        road = facts.roads.get(packet.number)
        if road is not None and road.again is not None:
            return step.time_ns - road.again.sent_ns
    return facts.waits.get(step.index, 0)
