"""Sentences for what a program calls and what a timer starts."""

from __future__ import annotations

from collections.abc import Iterator

from tcpcourse.core.states import Event, State
from tcpcourse.trace import Step
from tcpcourse.views.stage.facts import Facts
from tcpcourse.words import message


def tell(step: Step, facts: Facts) -> Iterator[str]:
    """Whole messages for a step in which no packet arrives; nothing if it is none we know."""
    kind = _kind(step)
    if kind is None:
        return
    me, peer = step.who, step.after.b if step.who == "A" else step.after.a
    before, after = step.before.of(me).state, step.after.of(me).state
    lost = any(packet.fate == "lost" for packet in step.sent)
    rst = any(packet.segment.rst for packet in step.sent)
    sent, data = bool(step.sent), any(packet.segment.data for packet in step.sent)
    match kind:
        case "passive OPEN":
            yield message("{me}'s program listens. Nothing is sent: {me} is only ready.")
        case "active OPEN":
            if peer.state is State.TIME_WAIT:
                yield message(
                    "{me}'s program connects again, while {peer} still waits. A new SYN goes out."
                )
            elif peer.state is State.SYN_SENT:
                yield message(
                    "In the same moment {me}'s program wants to connect, too."
                    " Two SYNs are on the wire, and they cross."
                )
            elif lost:
                yield message("{me}'s program wants to connect. {me}'s SYN goes out, and is lost.")
            else:
                yield message(
                    "{me}'s program wants to connect."
                    " {me} picks a first number and sends it in a SYN."
                )
        case "SEND":
            yield from _send(step, lost=lost)
        case "RECEIVE":
            if sent:
                yield message(
                    "{me}'s program reads, and there is room again. An ACK tells {peer} so."
                )
            else:
                yield message("{me}'s program reads what has arrived.")
        case "CLOSE":
            yield from _close(before, after, peer.state, sent=sent, lost=lost, rst=rst)
        case "ABORT":
            if lost:
                yield message("{me} breaks off. Its RST is lost: {peer} will not hear of it.")
            elif rst:
                yield message("{me} breaks off. A RST tells {peer} that the connection is gone.")
            else:
                yield message(
                    "{me} gives up. {peer} knows of no connection yet, so nothing is sent."
                )
        case "crashes":
            yield message(
                "{me} crashes and starts anew. It knows of no connection; {peer} still believes."
            )
        case "the receive buffer grows":
            yield message("{me} makes room for more data. Its next packet will say so.")
        case "retransmission timeout":
            yield from _rings(step, lost=lost)
        case "2MSL timeout":
            if peer.state is State.CLOSED and step.index in facts.waits:
                yield message(
                    "{wait} of silence: nothing old can be on its way any more."
                    " Now {me} may forget the connection, too."
                )
            elif peer.state is State.CLOSED:
                yield message("And so does {me}. Nothing of the connection is left.")
            else:
                yield message("{me} has waited long enough, and forgets the connection.")
        case "R2 timeout":
            yield message(
                "Sent again and again, and never an answer: {me} gives the connection up."
            )
        case "user timeout":
            yield message("No answer for too long: {me} gives the connection up.")
        case "zero-window probe":
            if lost:
                yield message(
                    "{me} may not send: {peer}'s window is closed."
                    " It asks with one byte, and the byte is lost."
                )
            else:
                yield message(
                    "{me} may not send: {peer}'s window is closed."
                    " It asks with one byte whether there is room again."
                )
        case "delayed-ACK timeout":
            yield message("{me} has held its ACK back for a moment. Now it goes out.")
        case _:
            if data and not lost:
                yield message("{me} sends {size} bytes of data.")


def _kind(step: Step) -> str | None:
    """The call or the timer, as the table of transitions names it."""
    if step.row is not None and step.reaction is not None:
        return str(step.row.event)
    event = step.event.removeprefix("calls ")
    known = {str(each) for each in Event} | {"crashes"}
    return event if event in known else None


def _send(step: Step, *, lost: bool) -> Iterator[str]:
    sizes = [len(packet.segment.data) for packet in step.sent if packet.segment.data]
    if not sizes:
        yield message(
            "{me}'s program hands over {queued} bytes. They must wait: nothing may be sent now."
        )
    elif len(sizes) > 1 and lost:
        yield message("{me} sends {size} bytes in {count} packets. Not all of them get through.")
    elif len(sizes) > 1:
        yield message("{me} sends {size} bytes in {count} packets.")
    elif lost:
        yield message("{me} sends {size} bytes, and the packet is lost.")
    else:
        yield message("{me} sends {size} bytes.")


def _close(
    before: State | None,
    after: State | None,
    peer: State | None,
    *,
    sent: bool,
    lost: bool,
    rst: bool,
) -> Iterator[str]:
    if rst:
        yield message(
            "{me}'s program closes with data still unread."
            " {me} breaks off: a RST says that something is lost."
        )
    elif after is State.CLOSED:
        yield message(
            "{me}'s program closes before there is a connection. There is nothing to close."
        )
    elif not sent:
        yield message(
            "{me}'s program closes, but data still waits to be sent. The FIN will follow it."
        )
    elif before is State.CLOSE_WAIT and lost:
        yield message("{me}'s program closes as well. {me}'s FIN goes out, and is lost.")
    elif before is State.CLOSE_WAIT:
        yield message("{me}'s program closes as well. {me}'s FIN is out; only one ACK is missing.")
    elif peer is State.FIN_WAIT_1:
        yield message(
            "{me}'s program closes, too, before it hears of {peer}'s FIN."
            " Two FINs are on the wire, and they cross."
        )
    elif before is State.SYN_RCVD:
        yield message(
            "{me} closes before it knows that {peer} has heard it. Its FIN goes out all the same."
        )
    elif lost:
        yield message("{me} has nothing more to say. Its FIN goes out, and is lost.")
    else:
        yield message(
            "{me} has nothing more to say. Its FIN closes {me}'s half; {peer} may still talk."
        )


def _rings(step: Step, *, lost: bool) -> Iterator[str]:
    if step.after.of(step.who).state is State.CLOSED:
        yield message("Still no answer. {me} gives up: for {me} the connection is gone.")
        return
    what = step.sent[0].segment if step.sent else None
    if what is None:
        yield message("{me}'s timer rings.")
    elif what.syn and what.ack is not None:
        if lost:
            yield message(
                "{wait} without an answer. {me}'s timer rings, and its SYN,ACK is lost again."
            )
        else:
            yield message(
                "{wait} without an answer. {me}'s timer rings, and the same SYN,ACK goes out again."
            )
    elif what.syn:
        if lost:
            yield message(
                "{wait} without an answer. {me}'s timer rings, and its SYN is lost again."
            )
        else:
            yield message(
                "{wait} without an answer. {me}'s timer rings, and the same SYN goes out again."
            )
    elif what.fin and not what.data:
        if lost:
            yield message(
                "{wait} without an answer. {me}'s timer rings, and its FIN is lost again."
            )
        else:
            yield message(
                "{wait} without an answer. {me}'s timer rings, and the same FIN goes out again."
            )
    elif lost:
        yield message(
            "{wait} without an answer. {me}'s timer rings, and its {size} bytes are lost again."
        )
    else:
        yield message(
            "{wait} without an answer. {me}'s timer rings: the same {size} bytes go out again."
        )
