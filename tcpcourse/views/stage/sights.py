"""Sentences for a packet that was seen on its way: in a capture nobody knows when it arrives."""

from __future__ import annotations

from collections.abc import Iterator

from tcpcourse.core.states import State
from tcpcourse.trace import Packet, Step
from tcpcourse.views.stage.facts import Facts, Road
from tcpcourse.words import message

_ASKED = {
    "keep-alive": message("{me} only asks whether {peer} is still there."),
    "keep-alive ACK": message("{me} answers: it is still there."),
    "zero-window probe": message("{me} asks with one byte whether {peer} has room again."),
    "zero-window probe ACK": message("{me} answers the question: its window is still 0."),
    "zero window": message("{me} has no room left: its window is 0. {peer} has to stop."),
    "window update": message("{me} has more room: its window has grown."),
    "duplicate ACK": message("{me} asks for number {number} once more."),
}
_AGAIN = {
    "fast retransmission": message(
        "{me} was asked again and again: it sends the missing {got} bytes now."
    ),
    "out of order": message("{got} bytes from {me} that belong before others already seen."),
    "spurious retransmission": message(
        "{me} sends {got} bytes again that {peer} has confirmed already."
    ),
    "retransmission": message("{wait} later {me} sends the same {got} bytes again."),
    "window full": message("{me} sends {got} bytes, and {peer}'s window is full."),
}


def tell(step: Step, facts: Facts) -> Iterator[str]:
    """Whole messages for a step in which a packet is seen; who may have got it comes last."""
    packet = step.packet
    if packet is None:
        return
    road = facts.roads[packet.number]
    yield _seen(step, packet, road)
    if road.inferred:
        yield message("It never arrived, or was not taken: what comes later does not know of it.")
    elif road.perhaps:
        yield message("It may have been lost, for it is sent again.")


def _seen(step: Step, packet: Packet, road: Road) -> str:
    segment, me = packet.segment, step.who
    before, after = step.before.of(me).state, step.after.of(me).state
    if segment.rst:
        return _reset(packet)
    if segment.syn:
        return _syn(step, packet, road)
    if segment.fin:
        return _fin(before, after, packet, road)
    if _opens(step) and not segment.data:
        return message("{me} confirms {peer}'s number. The connection is open at both ends.")
    if road.barred and {"keep-alive", "zero-window probe"} & set(packet.notes):
        return message("{me} may send no data. It asks whether {peer} has room again.")
    if road.shut and not segment.data:
        return _still_shut(packet)
    for note, words in (_AGAIN if segment.data else _ASKED).items():
        # the first window after a SYN is the first that is scaled: it did not grow
        opened = note == "window update" and packet.rel_seq == packet.rel_ack == 1
        if note in packet.notes and not opened:
            return words
    if segment.data:
        return message("{me} sends {got} bytes.")
    if step.before.of(packet.receiver).state is State.SYN_RCVD and not road.covers:
        return message("{me} confirms {peer}'s number.")
    other = step.before.of(packet.receiver).state
    if other is State.LAST_ACK:
        return message("{me} confirms {peer}'s FIN: everything is said.")
    if other in (State.FIN_WAIT_1, State.CLOSING) and after in _HEARD:
        return message("{me} confirms {peer}'s FIN.")
    if road.covers:
        return message("{me} confirms {covers} numbers, and expects {number} next.")
    return message("{me} sends an ACK: it expects number {number} next.")


def _still_shut(packet: Packet) -> str:
    if packet.scaled_window:
        return message("{me} has room again: its window is open.")
    return message("{me} answers: still no room, its window is 0.")


_HEARD = (State.CLOSE_WAIT, State.CLOSING, State.TIME_WAIT, State.LAST_ACK)


def _opens(step: Step) -> bool:
    """Whether both ends are open after the step for the first time."""
    then = all(end.state is State.ESTABLISHED for end in step.after)
    return then and not all(end.state is State.ESTABLISHED for end in step.before)


def _reset(packet: Packet) -> str:
    if packet.rel_ack == 1 and not packet.rel_seq:
        return message("Nobody listens at {me}: a RST refuses the call.")
    return message("{me} breaks off: a RST.")


def _syn(step: Step, packet: Packet, road: Road) -> str:
    answers = packet.segment.ack is not None
    if answers and road.again is not None and road.again.segment.ack is None:
        return message("{me} has got {peer}'s SYN: its own goes out again, now with an ACK.")
    if road.again is not None and answers:
        return message("{wait} without an answer: {me} sends the same SYN,ACK again.")
    if road.again is not None:
        return message("{wait} without an answer: {me} sends the same SYN again.")
    if answers:
        return message("{me} answers with its own number: SYN and ACK in one packet.")
    if step.before.of(packet.receiver).state is State.SYN_SENT:
        return message("{me} calls, too: its SYN crosses {peer}'s.")
    return message("{me} wants to connect: its first number goes to {peer} in a SYN.")


def _fin(before: State | None, after: State | None, packet: Packet, road: Road) -> str:
    if road.again is not None:
        return message("{wait} without an answer: {me} sends the same FIN again.")
    if packet.segment.data:
        return message("{me} sends its last {got} bytes, and its FIN with them.")
    if before is State.CLOSE_WAIT or after is State.LAST_ACK:
        return message("{me} closes as well: its FIN is out, and one ACK is missing.")
    if after is State.CLOSING:
        return message("{me} closes, too: both FINs are out.")
    return message("{me} has nothing more to say: its FIN closes {me}'s half.")
