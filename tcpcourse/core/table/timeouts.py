"""The rows of timeouts (RFC 9293 §3.10.8): retransmission, zero-window probe, delayed ACK, 2MSL,
and the two that give up, R2 and the user's.
"""

from __future__ import annotations

from collections.abc import Iterable

from tcpcourse.core import actions as do
from tcpcourse.core.actions import Action
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import call_guards as ask
from tcpcourse.core.table.rows import CG, CW, F1, F2, LA, SR, SS, TW, C, E, Guard, Row, always
from tcpcourse.words import Message, message

CITES = {
    Event.USER_TIMEOUT: "RFC 9293 §3.10.8",
    Event.RETRANSMISSION: "RFC 9293 §3.10.8",
    Event.R2: "RFC 9293 §3.8.3",
    Event.TIME_WAIT_TIMEOUT: "RFC 9293 §3.10.8",
    Event.PROBE: "RFC 9293 §3.8.6.1",
    Event.DELAYED_ACK: "RFC 9293 §3.8.6.3",
}


def _timeout(
    state: State,
    event: Event,
    guard: Guard,
    actions: Iterable[Action],
    next_state: State,
    why: Message,
    *,
    doc: str | None = None,
    fig: bool = False,
) -> Row:
    cite = CITES[event]
    return Row(state, event, guard, tuple(actions), next_state, cite, why, doc, in_figure=fig)


# fmt: off
def timeouts() -> Iterable[Row]:
    """Timeouts (§3.10.8): the user's, R2 and 2MSL lead to CLOSED, the others leave the state."""
    for state in tuple(State)[1:]:
        yield _timeout(state, Event.USER_TIMEOUT, always, [do.signal_timeout, do.delete_tcb], C,
            message("The user's patience is over: everything is dropped."),
            doc="1")
    for state in (SS, SR, E, F1, CW, CG, LA):
        yield _timeout(state, Event.RETRANSMISSION, ask.something_in_flight, [do.resend], state,
            message("Not acknowledged in time: the oldest unacknowledged segment goes out again, "
            "and the state stays."))
    for state in (SS, SR, E, F1, CW, CG, LA):
        yield _timeout(state, Event.R2, ask.something_in_flight,
            [do.signal_no_answer, do.delete_tcb], C,
            message("Sent again and again without an answer: the peer must be gone, so we give "
                    "up."),
            doc="1")
    for state in (E, F1, CW, CG):
        yield _timeout(state, Event.PROBE, ask.window_blocks, [do.probe], state,
            message("The window is closed; one byte asks whether it has opened."))
    for state in (E, F1, F2, CW):
        yield _timeout(state, Event.DELAYED_ACK, ask.ack_is_due, [do.send_ack], state,
            message("No second segment came, so the delayed acknowledgment goes out now."))
    yield _timeout(TW, Event.TIME_WAIT_TIMEOUT, always, [do.delete_tcb], C,
        message("Two maximum segment lifetimes have passed: no old segment can be left."), doc="1",
        fig=True)
