"""The rows of the user's calls (RFC 9293 §3.10.1 to §3.10.6), and what a call is refused with."""

from __future__ import annotations

from collections.abc import Iterable

from tcpcourse.core import actions as do
from tcpcourse.core import receiving as rcv
from tcpcourse.core.actions import Action
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import call_guards as ask
from tcpcourse.core.table.rows import CG, CW, F1, F2, LA, SR, SS, TW, C, E, Guard, L, Row, always
from tcpcourse.words import Message, message

CITES = {
    Event.OPEN_PASSIVE: "RFC 9293 §3.10.1",
    Event.OPEN_ACTIVE: "RFC 9293 §3.10.1",
    Event.SEND: "RFC 9293 §3.10.2",
    Event.RECEIVE: "RFC 9293 §3.10.3",
    Event.CLOSE: "RFC 9293 §3.10.4",
    Event.ABORT: "RFC 9293 §3.10.5",
    Event.STATUS: "RFC 9293 §3.10.6",
    Event.QUEUE_SENT: "RFC 9293 §3.10.4",
    Event.GROW: "RFC 9293 §3.8.6.2.2",
}


def _call(
    state: State,
    event: Event,
    guard: Guard,
    actions: Iterable[Action],
    next_state: State,
    why: Message,
    *,
    cite: str | None = None,
    doc: str | None = None,
    fig: bool = False,
) -> Row:
    cite = cite or CITES[event]
    return Row(state, event, guard, tuple(actions), next_state, cite, why, doc, in_figure=fig)


# fmt: off
def calls() -> Iterable[Row]:
    """User calls (§3.10.1 to §3.10.6), and the CLOSE that had to wait."""
    call = _call
    yield call(C, Event.OPEN_PASSIVE, always, [do.open_passively], L,
        message("The application listens; nothing is sent, any peer may come."), doc="2", fig=True)
    yield call(C, Event.OPEN_ACTIVE, always, [do.open_actively, do.send_syn], SS,
        message("The application connects: our SYN goes out, with our first sequence number."),
        doc="3", fig=True)
    yield call(L, Event.OPEN_ACTIVE, always, [do.open_actively, do.send_syn], SS,
        message("A listening end may still decide to connect: the OPEN becomes active and a SYN "
                "goes out."))
    yield call(L, Event.SEND, always, [do.open_actively, do.queue_data, do.send_syn], SS,
        message("SEND in LISTEN turns the passive OPEN into an active one; the data waits."),
        fig=True)
    for state, guard in ((SS, always), (SR, ask.not_closing)):
        yield call(state, Event.SEND, guard, [do.queue_data], state,
            message("The data waits until the connection is established."))
    for state in (E, CW):
        yield call(state, Event.SEND, ask.not_closing, [do.queue_data], state,
            message("The data is queued and sent as far as the peer's window allows."))
    for state, guard in ((L, always), (SS, always), (E, always),
                         (SR, ask.user_receives), (F1, ask.user_receives), (F2, ask.user_receives)):
        yield call(state, Event.RECEIVE, guard, [rcv.receive_data], state,
            message("What has arrived is delivered; with nothing there the call waits."))
    for state in (CW, CG, LA, TW):
        yield call(state, Event.RECEIVE, ask.something_to_receive, [rcv.receive_data], state,
            message("The peer has closed, but what it sent before its FIN is still delivered."))
    yield call(L, Event.CLOSE, always, [do.delete_tcb], C,
        message("Nobody had come yet, so there is nothing to end: the listener just goes."),
        fig=True)
    yield call(SS, Event.CLOSE, always, [do.delete_tcb], C,
        message("Our SYN was not answered yet; the attempt is given up without a word."), fig=True)
    for state in (SR, E, CW):
        yield call(state, Event.CLOSE, ask.unread_and_half_duplex,
            [do.send_abort, do.delete_tcb], C,
            message("The user closes for good while data is unread, so data is lost, and a RST "
                    "says so."),
            cite="RFC 9293 §3.10.4, §3.6.1 (SHLD-3)")
    yield call(SR, Event.CLOSE, ask.nothing_unsent, [do.send_fin], F1,
        message("With nothing to send, the FIN may go out even before our SYN is acknowledged."),
        fig=True)
    yield call(SR, Event.CLOSE, ask.data_unsent, [do.wait_to_close], SR,
        message("Data was queued before the CLOSE, so the CLOSE waits for ESTABLISHED."))
    yield call(E, Event.CLOSE, ask.nothing_unsent, [do.send_fin], F1,
        message("We have nothing more to send: our FIN says so. We can still receive."),
        doc="6", fig=True)
    yield call(E, Event.CLOSE, ask.data_unsent, [], F1,
        message("We will send nothing new; the FIN follows behind the data already queued."),
        doc="6",
        fig=True)
    yield call(CW, Event.CLOSE, ask.nothing_unsent, [do.send_fin], LA,
        message("The peer closed before; now our own FIN goes out and needs one last ACK."),
        doc="9",
        fig=True)
    yield call(CW, Event.CLOSE, ask.data_unsent, [do.wait_to_close], CW,
        message("Queued data goes first; the FIN follows behind it."))
    yield call(E, Event.QUEUE_SENT, always, [do.resume_close], F1,
        message("The CLOSE called in SYN_RCVD can go on now that the connection is established."))
    yield call(CW, Event.QUEUE_SENT, ask.queue_is_sent, [do.send_fin], LA,
        message("All data queued before the CLOSE is sent, so the FIN can follow."), doc="9")
    for state in (L, SS):
        yield call(state, Event.ABORT, always, [do.signal_reset, do.delete_tcb], C,
            message("No peer knows of a connection, so nothing is sent."))
    for state in (SR, E, F1, F2, CW):
        yield call(state, Event.ABORT, always, [do.send_abort, do.signal_reset, do.delete_tcb], C,
            message("The connection is thrown away, and a RST tells the peer."))
    for state in (CG, LA, TW):
        yield call(state, Event.ABORT, always, [do.delete_tcb], C,
            message("Both sides have closed already; the TCB just goes."))
    for state in tuple(State)[1:]:
        yield call(state, Event.STATUS, always, [], state,
            message("STATUS reads the variables and changes nothing."))
    for state in (SS, SR, E, F1, F2):
        yield call(state, Event.GROW, always, [rcv.grow_buffer], state,
            message("The local system grants a larger receive buffer; the next segment offers it."))


# fmt: on
_NONE, _EXISTS, _CLOSING = (
    message("connection does not exist"),
    message("connection already exists"),
    message("connection closing"),
)


def _refusals() -> Iterable[tuple[tuple[State, Event], Message]]:
    for event in (Event.SEND, Event.RECEIVE, Event.CLOSE, Event.ABORT, Event.STATUS):
        yield (C, event), _NONE
    for state in tuple(State)[1:]:
        yield (state, Event.OPEN_PASSIVE), _EXISTS
        if state is not L:
            yield (state, Event.OPEN_ACTIVE), _EXISTS
    for state in State:
        if state.synchronized or state is SR:
            yield (state, Event.SEND), _CLOSING
            yield (state, Event.CLOSE), _CLOSING
    for state in (SR, F1, F2, CW, CG, LA, TW):
        yield (state, Event.RECEIVE), _CLOSING


REFUSALS: dict[tuple[State, Event], Message] = dict(_refusals())
"""What RFC 9293 §3.10 has a call answer when no row fits, as ``(state, event) → words``."""
