"""Sentences for a packet that was seen on its way: in a capture nobody knows when it arrives."""

from __future__ import annotations

from collections.abc import Iterator

from tcpcourse.core.states import State
from tcpcourse.trace import Packet, Step
from tcpcourse.views.stage.facts import Facts, Road

_ASKED = {
    "keep-alive": "{me} only asks whether {peer} is still there.",
    "keep-alive ACK": "{me} answers: it is still there.",
    "zero-window probe": "{me} asks with one byte whether {peer} has room again.",
    "zero-window probe ACK": "{me} answers the question: its window is still 0.",
    "zero window": "{me} has no room left: its window is 0. {peer} has to stop.",
    "window update": "{me} has room again: its window is open.",
    "duplicate ACK": "{me} asks for number {number} once more.",
}
_AGAIN = {
    "fast retransmission": "{me} was asked again and again: it sends the missing {got} bytes now.",
    "out of order": "{got} bytes from {me} that belong before others already seen.",
    "spurious retransmission": "{me} sends {got} bytes again that {peer} has confirmed already.",
    "retransmission": "{wait} later {me} sends the same {got} bytes again.",
    "window full": "{me} sends {got} bytes, and {peer}'s window is full.",
}


def tell(step: Step, facts: Facts) -> Iterator[str]:
    """Whole messages for a step in which a packet is seen; who may have got it comes last."""
    packet = step.packet
    if packet is None:
        return
    road = facts.roads[packet.number]
    yield _seen(step, packet, road)
    if road.inferred:
        yield "It never arrived: what comes later fits nothing else."
    elif road.perhaps:
        yield "It may have been lost, for it is sent again."


def _seen(step: Step, packet: Packet, road: Road) -> str:
    segment, me = packet.segment, step.who
    before, after = step.before.of(me).state, step.after.of(me).state
    if segment.rst:
        return _reset(packet)
    if segment.syn:
        return _syn(step, packet, road)
    if segment.fin:
        return _fin(before, after, packet, road)
    for note, words in (_AGAIN if segment.data else _ASKED).items():
        if note in packet.notes:
            return words
    if segment.data:
        return "{me} sends {got} bytes."
    if _opens(step):
        return "{me} confirms {peer}'s number. The connection is open at both ends."
    other = step.before.of(packet.receiver).state
    if other is State.LAST_ACK:
        return "{me} confirms {peer}'s FIN: everything is said."
    if other in (State.FIN_WAIT_1, State.CLOSING) and after in _HEARD:
        return "{me} confirms {peer}'s FIN."
    if road.covers:
        return "{me} confirms {covers} numbers, and expects {number} next."
    return "{me} sends an ACK: it expects number {number} next."


_HEARD = (State.CLOSE_WAIT, State.CLOSING, State.TIME_WAIT, State.LAST_ACK)


def _opens(step: Step) -> bool:
    """Whether both ends are open after the step for the first time."""
    then = all(end.state is State.ESTABLISHED for end in step.after)
    return then and not all(end.state is State.ESTABLISHED for end in step.before)


def _reset(packet: Packet) -> str:
    if packet.rel_ack == 1 and not packet.rel_seq:
        return "Nobody listens at {me}: a RST refuses the call."
    return "{me} breaks off: a RST."


def _syn(step: Step, packet: Packet, road: Road) -> str:
    answers = packet.segment.ack is not None
    if road.again is not None and answers:
        return "{wait} without an answer: {me} sends the same SYN,ACK again."
    if road.again is not None:
        return "{wait} without an answer: {me} sends the same SYN again."
    if answers:
        return "{me} answers with its own number: SYN and ACK in one packet."
    if step.before.of(packet.receiver).state is State.SYN_SENT:
        return "{me} calls, too: its SYN crosses {peer}'s."
    return "{me} wants to connect: its first number goes to {peer} in a SYN."


def _fin(before: State | None, after: State | None, packet: Packet, road: Road) -> str:
    if road.again is not None:
        return "{wait} without an answer: {me} sends the same FIN again."
    if packet.segment.data:
        return "{me} sends its last {got} bytes, and its FIN with them."
    if before is State.CLOSE_WAIT or after is State.LAST_ACK:
        return "{me} closes as well: its FIN is out, and one ACK is missing."
    if after is State.CLOSING:
        return "{me} closes, too: both FINs are out."
    return "{me} has nothing more to say: its FIN closes {me}'s half."
