"""What a bystander can know: the states of both ends, inferred from the packets alone.

A capture shows no TCB. But every packet was sent by an end in a state that sends such
packets, and was met by the rules of RFC 9293 when it arrived. So the observer keeps, for
each end, *every* TCB that explains all packets: the rows of ``TRANSITIONS`` fire as in an
``Endpoint``, with the user's calls read off what is sent. An explanation that a later packet
refutes is taken back, also for the moments before.

One thing is taken for granted: a packet arrives, unless something later says that it may
not have (``evidence.doubtful``). Where something says so, both possibilities are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tcpcourse.core.tcb import Tcb
from tcpcourse.sources.observer.evidence import Seen, crossed, doubtful, first_numbers, other
from tcpcourse.sources.observer.explanations import Explanations
from tcpcourse.trace import Ends, Packet, Side, Step, Trace

SIDES: tuple[Side, Side] = ("A", "B")
ASSUMPTION = (
    "States are inferred from packets seen at one place. A packet is taken to have arrived "
    "unless a later one says otherwise."
)
MIDWAY = "The beginning was not captured: numbers count from the first one seen."
REUSED = (
    "These ports had a connection before. How that one ended tells in which states this one "
    "may begin."
)
RESTART = (
    "Frame {} begins a new connection although the old one was not closed: "
    "its sender must have forgotten it, as after a crash."
)
MISSING = "Packets are missing around frame {}: the states start from all possible ones there."


def explain(
    packets: Sequence[Seen], earlier: Mapping[Side, Sequence[Tcb]]
) -> dict[Side, Explanations]:
    """Every explanation of both ends; ``earlier`` are those an earlier connection left."""
    numbers = {side: first_numbers(packets, side) for side in SIDES}
    ends = {
        side: Explanations(side, numbers[side], numbers[other(side)], earlier.get(side, ()))
        for side in SIDES
    }
    doubts, crossings = doubtful(packets), crossed(packets)
    late: dict[int, list[int]] = {}
    for place, after in crossings.items():
        late.setdefault(after, []).append(place)
    for place, packet in enumerate(packets):
        ends[packet.sender].sends(packet)
        for each in late.get(place, ()):
            ends[other(packets[each].sender)].gets(packets[each], doubts.get(each))
        if place not in crossings:
            ends[other(packet.sender)].gets(packet, doubts.get(place))
        for end in ends.values():
            end.done()
    for end in ends.values():
        end.prune()
    return ends


def observe(
    packets: Sequence[Seen], hosts: dict[str, str], title: str, earlier: Sequence[Seen] = ()
) -> Trace:
    """The ``Trace`` of a captured conversation: one step a packet, states inferred.

    ``packets`` are in the order captured, ``hosts`` the addresses of the sides A and B.
    ``earlier`` are the packets of the conversation that these ports had before, with the
    same sides: how it ended tells in which states this one may begin.
    """
    before_it = explain(earlier, {})
    ends = explain(packets, {side: before_it[side].last() for side in SIDES if earlier})
    start = packets[0].time_ns if packets else 0
    steps, seen = [], []
    before = Ends(ends["A"].known(0), ends["B"].known(0))
    for place, packet in enumerate(packets, 1):
        segment, side = packet.segment, packet.sender
        when = packet.time_ns - start
        shown = Packet(
            packet.number, side, segment, when, when, packet.rel_seq, packet.rel_ack,
            packet.scaled_window, "captured", packet.frame_len, packet.notes,
        )  # fmt: skip
        after = Ends(ends["A"].known(place), ends["B"].known(place))
        moves = ends[side].moves(place, packet.number)
        moves += ends[other(side)].moves(place, packet.number)
        event = f"sends packet {packet.number}"
        steps.append(Step(place - 1, when, side, event, shown, (), before, after, moves))
        seen.append(shown)
        before = after
    remarks = [ASSUMPTION]
    if earlier:
        remarks.append(REUSED)
    numbers = {side: ends[side].own for side in SIDES}
    if any(found.isn is None and found.first is not None for found in numbers.values()):
        remarks.append(MIDWAY)
    remarks += [RESTART.format(number) for end in ends.values() for number in end.restarts]
    remarks += [MISSING.format(number) for end in ends.values() for number in end.gaps]
    isn: dict[str, int] = {}
    for side, found in numbers.items():
        base = found.isn if found.isn is not None else found.first
        if base is not None:
            isn[side] = int(base)
    return Trace(tuple(steps), tuple(seen), "captured", title, hosts, tuple(remarks), isn)
