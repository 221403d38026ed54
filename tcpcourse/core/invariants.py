"""What holds for every TCB, after every event: sixteen rules, each with a name and in words."""

from __future__ import annotations

from collections.abc import Callable

from tcpcourse.core.labels import label, label_of
from tcpcourse.core.states import State
from tcpcourse.core.tcb import (
    CLOSE_CALLED,
    LARGEST_SHIFT,
    LARGEST_WINDOW,
    OUR_FIN_ACKED,
    OUR_SYN_UNSENT,
    UNKNOWN_PEER,
    Tcb,
)


@label("SND.UNA =< SND.NXT, at most 2**31 apart")
def sent_comes_after_acknowledged(tcb: Tcb) -> bool:
    return tcb.snd_una <= tcb.snd_nxt


@label("in CLOSED and LISTEN nothing was sent: SND.UNA = SND.NXT = ISS")
def nothing_is_sent_before_the_syn(tcb: Tcb) -> bool:
    return tcb.state not in OUR_SYN_UNSENT or tcb.iss == tcb.snd_una == tcb.snd_nxt


@label("while our SYN is unacknowledged, SND.UNA = ISS and the SYN is in flight")
def an_open_syn_starts_at_iss(tcb: Tcb) -> bool:
    return not tcb.syn_unacked or (tcb.snd_una == tcb.iss and tcb.in_flight > 0)


@label("in SYN_SENT and SYN_RCVD our SYN is not acknowledged; in CLOSED and LISTEN not sent")
def the_syn_is_open_in_syn_states(tcb: Tcb) -> bool:
    if tcb.state in (State.SYN_SENT, State.SYN_RCVD):
        return tcb.syn_unacked
    return tcb.state not in OUR_SYN_UNSENT or not tcb.syn_unacked


@label("IRS is known exactly from SYN_RCVD on")
def irs_is_known_with_the_peer(tcb: Tcb) -> bool:
    return (tcb.irs is None) == (tcb.state in UNKNOWN_PEER)


@label("every state but CLOSED remembers an active or passive OPEN")
def origin_is_known(tcb: Tcb) -> bool:
    return tcb.state in OUR_SYN_UNSENT or tcb.opened in ("active", "passive")


@label("our FIN exists only in FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK and TIME_WAIT")
def fin_is_sent_only_after_close(tcb: Tcb) -> bool:
    return tcb.fin_seq is None or tcb.state in CLOSE_CALLED


@label("SND.NXT is the number after our FIN, and no data waits to be sent behind it")
def fin_is_the_last_thing_sent(tcb: Tcb) -> bool:
    return tcb.fin_seq is None or (tcb.fin_seq + 1 == tcb.snd_nxt and not tcb.unsent)


@label("in FIN_WAIT_2 and TIME_WAIT our FIN was sent and acknowledged: SND.UNA = SND.NXT")
def an_acknowledged_fin_leaves_nothing_open(tcb: Tcb) -> bool:
    if tcb.state not in OUR_FIN_ACKED:
        return True
    return tcb.fin_seq is not None and tcb.in_flight == 0


@label("in LAST_ACK our FIN was sent and waits for its acknowledgment")
def last_ack_has_sent_its_fin(tcb: Tcb) -> bool:
    return tcb.state is not State.LAST_ACK or tcb.fin_in_flight


@label("in FIN_WAIT_1 and CLOSING our FIN waits to be sent or to be acknowledged")
def closers_wait_for_their_fin(tcb: Tcb) -> bool:
    if tcb.state not in (State.FIN_WAIT_1, State.CLOSING):
        return True
    return tcb.fin_seq is None or tcb.fin_in_flight


@label("a CLOSE waits for queued data only in SYN_RCVD and CLOSE_WAIT")
def close_waits_where_data_may_wait(tcb: Tcb) -> bool:
    return not tcb.close_waits or tcb.state in (State.SYN_RCVD, State.CLOSE_WAIT)


@label("windows are 0 … 2**30 bytes, scales 0 … 14, MSS at least 1, and SND.WND =< MAX.SND.WND")
def windows_are_bounded(tcb: Tcb) -> bool:
    return (
        0 <= tcb.snd_wnd <= tcb.max_snd_wnd <= LARGEST_WINDOW
        and 0 <= tcb.rcv_wnd <= LARGEST_WINDOW
        and 0 <= tcb.snd_shift <= LARGEST_SHIFT
        and 0 <= tcb.rcv_shift <= LARGEST_SHIFT
        and tcb.snd_mss >= 1
    )


@label("RCV.WND and what the user has not received yet fit the receive buffer")
def the_window_fits_the_buffer(tcb: Tcb) -> bool:
    return tcb.rcv_wnd + len(tcb.rcvq) <= tcb.rcv_buff <= LARGEST_WINDOW


@label("the send queue still holds all data in flight, for sending it again")
def queue_holds_what_is_in_flight(tcb: Tcb) -> bool:
    return 0 <= tcb.data_in_flight <= len(tcb.sendq)


@label("data kept out of order lies beyond RCV.NXT, for in order it would be delivered")
def early_data_lies_beyond_a_hole(tcb: Tcb) -> bool:
    if tcb.syn_unacked:  # what came with a SYN waits until both ends are synchronized
        return all(seq >= tcb.rcv_nxt for seq, _ in tcb.early)
    return all(seq > tcb.rcv_nxt for seq, _ in tcb.early)


INVARIANTS: tuple[Callable[[Tcb], bool], ...] = (
    sent_comes_after_acknowledged,
    nothing_is_sent_before_the_syn,
    the_syn_is_open_in_syn_states,
    an_open_syn_starts_at_iss,
    irs_is_known_with_the_peer,
    origin_is_known,
    fin_is_sent_only_after_close,
    fin_is_the_last_thing_sent,
    an_acknowledged_fin_leaves_nothing_open,
    last_ack_has_sent_its_fin,
    closers_wait_for_their_fin,
    close_waits_where_data_may_wait,
    windows_are_bounded,
    the_window_fits_the_buffer,
    queue_holds_what_is_in_flight,
    early_data_lies_beyond_a_hole,
)
"""What holds after every event; each label says it in words."""


def broken_invariants(tcb: Tcb) -> list[str]:
    """The invariants that do not hold, each as ``name: what should hold``."""
    return [f"{rule.__name__}: {label_of(rule)}" for rule in INVARIANTS if not rule(tcb)]
