"""The rows of arriving segments (RFC 9293 §3.10.7), in the order of the RFC's checks."""

from __future__ import annotations

from collections.abc import Iterable

from tcpcourse.core import actions as do
from tcpcourse.core import receiving as rcv
from tcpcourse.core.actions import Action
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import segment_guards as on
from tcpcourse.core.table.rows import CG, CW, F1, F2, LA, SR, SS, TW, C, E, Guard, L, Row
from tcpcourse.words import Message, message

_CLOSED_ = "RFC 9293 §3.10.7.1"
_LISTEN_ = "RFC 9293 §3.10.7.2"
_SYN_SENT_ = "RFC 9293 §3.10.7.3"
_OTHER = "RFC 9293 §3.10.7.4"
_RST_5961 = "RFC 9293 §3.10.7.4; RFC 5961 §3.2"
_SYN_5961 = "RFC 9293 §3.10.7.4; RFC 5961 §4.2"
_ACK_5961 = "RFC 9293 §3.10.7.4; RFC 5961 §5.2"
NEW, OLD = "rfc5961", "rfc793"


def _arrives(
    state: State,
    guard: Guard,
    actions: Iterable[Action],
    next_state: State,
    why: Message,
    *,
    cite: str = _OTHER,
    doc: str | None = None,
    fig: bool = False,
    policy: str | None = None,
) -> Row:
    return Row(state, Event.ARRIVES, guard, tuple(actions), next_state, cite, why, doc, policy, fig)


# fmt: off
def unsynchronized() -> Iterable[Row]:
    """Arrivals in CLOSED, LISTEN and SYN_SENT (§3.10.7.1 to §3.10.7.3)."""
    at = _arrives
    yield at(C, on.rst_bit, [], C,
        message("A RST is never answered, or two ends could answer each other for ever."),
        cite=_CLOSED_)
    yield at(C, on.anything, [do.send_reset], C,
        message("There is no connection here, and the RST says so."), cite=_CLOSED_)

    yield at(L, on.rst_bit, [], L,
        message("There is nothing to reset in LISTEN."), cite=_LISTEN_)
    yield at(L, on.ack_bit, [do.send_reset], L,
        message("Nothing was ever sent from LISTEN, so no ACK can be right."), cite=_LISTEN_)
    yield at(L, on.syn_bit, [do.learn_peer, rcv.keep_text, do.send_syn_ack], SR,
        message("A peer wants to connect: its SYN is acknowledged, and our own SYN goes with it."),
        cite=_LISTEN_, doc="4", fig=True)
    yield at(L, on.anything, [], L,
        message("Neither RST nor ACK nor SYN: not a way to begin, so it is dropped."),
        cite=_LISTEN_)

    yield at(SS, on.bad_ack_and_rst, [], SS,
        message("The RST acknowledges something other than our SYN, so it does not answer it."),
        cite=_SYN_SENT_)
    yield at(SS, on.bad_ack, [do.send_reset], SS,
        message("The peer acknowledges what we never sent: it has an old connection in mind."),
        cite=_SYN_SENT_)
    yield at(SS, on.rst_with_good_ack, [do.signal_reset, do.delete_tcb], C,
        message("The RST acknowledges our SYN: nobody listens there."), cite=_SYN_SENT_, doc="3")
    yield at(SS, on.rst_in_window, [], SS,
        message("A RST without ACK does not prove that its sender saw our SYN."), cite=_SYN_SENT_)
    yield at(SS, on.syn_ack_fin,
        [do.learn_peer, do.take_ack, rcv.take_text, do.send_ack, rcv.take_fin], CW,
        message("The peer answers and closes in one segment."), cite=_SYN_SENT_)
    yield at(SS, on.syn_ack, [do.learn_peer, do.take_ack, rcv.take_text, do.send_ack], E,
        message("Our SYN is acknowledged and the peer's SYN is here: we acknowledge, and are "
                "open."),
        cite=_SYN_SENT_, doc="5", fig=True)
    yield at(SS, on.syn_bit, [do.learn_peer, rcv.keep_text, do.send_syn_ack], SR,
        message("A SYN without ACK: both ends opened at the same time. Our SYN goes again, with "
                "an ACK."),
        cite=_SYN_SENT_, doc="4", fig=True)
    yield at(SS, on.anything, [], SS,
        message("Neither SYN nor RST: it cannot be an answer to our SYN."), cite=_SYN_SENT_)


def _first_checks(state: State) -> Iterable[Row]:
    """What all states from SYN_RCVD on have in common: sequence number, RST, SYN, ACK."""
    at = _arrives
    yield at(state, on.rst_outside_window, [], state,
        message("A RST from outside the window is a guess or a leftover; it is dropped."))
    yield at(state, on.outside_window, [do.send_ack], state,
        message("Nothing in the segment is new or may be taken; an ACK tells the peer which "
                "number we expect."))
    if state is SR:
        passive, active = [do.forget_peer], [do.signal_refused, do.delete_tcb]
        yield at(SR, on.rst_exact_passive, passive, L,
            message("The caller is gone; a listener just listens on."),
            cite=_RST_5961, policy=NEW, fig=True)
        yield at(SR, on.rst_exact, active, C,
            message("We had called ourselves, so the user is told: connection refused."),
            cite=_RST_5961, policy=NEW)
        yield at(SR, on.rst_in_window_passive, passive, L,
            message("The caller is gone; a listener just listens on."), policy=OLD, fig=True)
        yield at(SR, on.rst_in_window, active, C,
            message("We had called ourselves, so the user is told: connection refused."),
            policy=OLD)
    else:
        told = [] if state in (CG, LA, TW) else [do.signal_reset]
        yield at(state, on.rst_exact, [*told, do.delete_tcb], C,
            message("The RST has exactly the sequence number we expect: the connection is gone."),
            cite=_RST_5961, policy=NEW)
        yield at(state, on.rst_in_window, [*told, do.delete_tcb], C,
            message("By the older rule any RST in the window ends the connection."), policy=OLD)
    yield at(state, on.rst_in_window, [do.challenge_ack], state,
        message("The RST's sequence number is in the window, but not exactly the one we expect: "
                "perhaps a blind attacker. A true peer will answer our ACK with an exact RST."),
        cite=_RST_5961, policy=NEW)
    if state is SR:
        yield at(SR, on.syn_in_window_passive, [do.forget_peer], L,
            message("A listener that gets another SYN forgets this caller and listens on."))
    yield at(state, on.syn_anywhere, [do.challenge_ack], state,
        message("A SYN inside an open connection is not believed; the ACK asks the peer to "
                "prove it."),
        cite=_SYN_5961, policy=NEW)
    yield at(state, on.syn_in_window, [do.send_reset, do.signal_reset, do.delete_tcb], C,
        message("By the older rule a SYN in the window is an error that ends the connection."),
        policy=OLD)
    yield at(state, on.no_ack, [], state,
        message("Of all segments only a SYN and a RST may come without an ACK; this one is "
                "dropped."))
    if state is SR:
        yield at(SR, on.bad_ack, [do.send_reset], SR,
            message("The segment acknowledges something other than our SYN, so it is not our "
                    "peer's."))
    else:
        yield at(state, on.ack_far_too_old, [do.send_ack], state,
            message("No window ever was that large, so the ACK cannot be from this connection."),
            cite=_ACK_5961, policy=NEW)
        yield at(state, on.ack_of_unsent, [do.send_ack], state,
            message("The segment acknowledges what we have not sent: it is dropped, and an ACK "
                    "says how far we are."))


def _text_for_nobody(state: State) -> Row:
    return _arrives(state, on.text_for_nobody, [do.send_reset, do.delete_tcb], C,
        message("Our user has closed for good, so this text is lost, and a RST says so."),
        cite="RFC 9293 §3.10.7.4, §3.6.1 (SHLD-3)")


def synchronized() -> Iterable[Row]:
    """Arrivals in SYN_RCVD and after it (§3.10.7.4)."""
    at = _arrives
    take = [do.take_ack, rcv.take_text]
    fin = [do.take_ack, rcv.take_text, rcv.take_fin]

    yield at(SR, on.crossed_syn_ack, take, E,
        message("Both ends opened at once, and both sent SYN,ACK. By the letter the peer's comes "
                "too late, for its sequence number was acknowledged already; but in RFC 9293 "
                "figure 7 the connection opens, so its ACK counts."),
        cite="RFC 9293 §3.5 figure 7, §A.2", doc="5")
    yield from _first_checks(SR)
    yield _text_for_nobody(SR)
    yield at(SR, on.ack_of_syn_and_fin, fin, CW,
        message("Our SYN is acknowledged, and the peer has already closed."))
    yield at(SR, on.ack_of_syn, take, E,
        message("Our SYN is acknowledged: both ends know both numbers."), doc="5", fig=True)

    yield from _first_checks(E)
    yield at(E, on.fin_reached, fin, CW,
        message("The peer has nothing more to send. We acknowledge; when we close is up to us."),
        doc="8", fig=True)
    yield at(E, on.pure_ack, take, E,
        message("A pure ACK: what it acknowledges need not be kept any longer, and its window "
                "says how much more may be sent."))
    yield at(E, on.no_room, take, E,
        message("Our window is closed: the ACK counts, the text is not taken, and an ACK says so."))
    yield at(E, on.beyond_a_hole, take, E,
        message("Something before it is missing: it is kept for later, and an ACK names the "
                "number that we still expect."), cite=f"{_OTHER}; RFC 5681 §4.2")
    yield at(E, on.anything, take, E,
        message("The text comes in order, so it goes to the user. It will be acknowledged."))

    yield from _first_checks(F1)
    yield _text_for_nobody(F1)
    yield at(F1, on.ack_and_fin, [*fin, do.start_time_wait], TW,
        message("The segment brings the ACK of our FIN and the peer's FIN at once: "
        "straight to TIME_WAIT."), doc="11c")
    yield at(F1, on.fin_reached, fin, CG,
        message("The peer's FIN came before the ACK of ours: both closed at the same time."),
        doc="10", fig=True)
    yield at(F1, on.acks_our_fin, take, F2,
        message("Our half is closed and the peer knows it; now we wait for its FIN."),
        doc="7", fig=True)
    yield at(F1, on.anything, take, F1,
        message("Not the ACK of our FIN; text is still taken, for only our half is closing."))

    yield from _first_checks(F2)
    yield _text_for_nobody(F2)
    yield at(F2, on.fin_reached, [*fin, do.start_time_wait], TW,
        message("The peer has closed too. Our last ACK may get lost, so we stay and wait 2MSL."),
        doc="11a", fig=True)
    yield at(F2, on.anything, take, F2,
        message("Our half is closed, the peer's is not: what it sends is still taken."))

    yield from _first_checks(CW)
    yield at(CW, on.anything, [do.take_ack], CW,
        message("The peer has closed its half: only the ACK counts, and any text is ignored."))

    yield from _first_checks(CG)
    yield at(CG, on.acks_our_fin, [do.take_ack, do.start_time_wait], TW,
        message("Both FINs are acknowledged now; we wait 2MSL."), doc="11b", fig=True)
    yield at(CG, on.anything, [do.take_ack], CG,
        message("Not the ACK of our FIN: we go on waiting. Text after the peer's FIN is ignored."))

    yield from _first_checks(LA)
    yield at(LA, on.acks_our_fin, [do.delete_tcb], C,
        message("Our FIN is acknowledged, and the peer had closed before: it is over."),
        doc="9", fig=True)
    yield at(LA, on.anything, [do.take_ack], LA,
        message("Not the ACK of our FIN: we go on waiting. Text after the peer's FIN is ignored."))

    yield at(TW, on.new_syn, [do.reopen, do.learn_peer, rcv.keep_text, do.send_syn_ack], SR,
        message("A SYN whose sequence number lies beyond the old connection starts a new one."),
        cite="RFC 9293 §3.10.7.4, §3.6.1 (MAY-2)")
    yield at(TW, on.fin_again, [do.send_ack, do.start_time_wait], TW,
        message("The peer did not get our last ACK: it goes again, and the wait begins anew."))
    yield from _first_checks(TW)
    yield at(TW, on.fin_after_fin, [do.send_ack, do.start_time_wait], TW,
        message("Only the peer's FIN can come now, so this is one: it is acknowledged, "
        "and the wait begins anew."))
    yield at(TW, on.not_where_we_are, [do.send_ack], TW,
        message("Text after the peer's FIN, or a sequence number beyond it: an ACK tells the peer "
                "which number we expect."))
    yield at(TW, on.anything, [], TW,
        message("A pure ACK with the sequence number we expect says nothing new."))
