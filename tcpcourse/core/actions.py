"""What a row of the table does, as named functions on the work of one event.

Each action has a label. ``snd …`` puts a segment on the wire. The state is
never assigned here; that is done by firing a row (``reaction.fire``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tcpcourse.core.labels import label
from tcpcourse.core.options import Options
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.core.tcb import LARGEST_SHIFT, Tcb
from tcpcourse.core.work import Work

MSS_WHEN_NOT_TOLD = 536  # RFC 9293 §3.7.1, MUST-15
NEXT_ISS_STEP = 65_537  # beyond any window without scaling of the incarnation before

# where data may be sent; no congestion window and no Nagle, which the course leaves out
_SENDING = frozenset((State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING))
_CLOSING = (State.FIN_WAIT_1, State.CLOSING)  # where a FIN goes out once all data has

Action = Callable[[Work], None]


def _offer(work: Work, *, peer: Options | None) -> Options:
    """The options of our SYN; in a SYN,ACK only what the peer's SYN offered (RFC 7323 §2.2)."""
    own = work.settings
    return Options(
        mss=own.mss,
        wscale=own.wscale if peer is None or peer.wscale is not None else None,
        sack_permitted=own.sack_permitted and (peer is None or peer.sack_permitted),
    )


@label("create TCB")
def open_actively(work: Work) -> None:
    work.update(opened="active")


@label("create TCB")
def open_passively(work: Work) -> None:
    work.update(opened="passive")


@label("snd SYN")
def send_syn(work: Work) -> None:
    iss = work.tcb.iss
    work.emit("S", iss, ack=False, options=_offer(work, peer=None))
    work.update(snd_nxt=iss + 1, syn_unacked=True)


@label("snd SYN,ACK")
def send_syn_ack(work: Work) -> None:
    work.emit("SA", work.tcb.iss, options=_offer(work, peer=work.segment.options))
    work.update(snd_nxt=work.tcb.iss + 1, syn_unacked=True)


@label("snd ACK")
def send_ack(work: Work) -> None:
    work.ack_now = True  # flush sends it, on data if there is any


@label("snd challenge ACK")
def challenge_ack(work: Work) -> None:
    work.emit("A", work.tcb.snd_nxt)


@label("snd FIN")
def send_fin(work: Work) -> None:
    fin = work.tcb.snd_nxt
    work.emit("FA", fin)
    # behind a FIN a probe's byte counts as sent, for nothing new can come between the two
    work.update(snd_nxt=fin + 1, fin_seq=fin, close_waits=False, probing=False)


@label("snd RST")
def send_reset(work: Work) -> None:
    seg = work.segment
    if seg.ack is not None:  # then the RST takes its number from there
        work.emitted.append(Segment(seg.ack, None, "R", 0))
    else:
        work.emitted.append(Segment(0, seg.end, "RA", 0))


@label("snd RST")
def send_abort(work: Work) -> None:
    work.emitted.append(Segment(work.tcb.snd_nxt, None, "R", 0))


@label("note IRS, window and options")
def learn_peer(work: Work) -> None:
    seg, own = work.segment, work.settings
    scaled = own.wscale is not None and seg.options.wscale is not None
    work.update(
        irs=seg.seq,
        rcv_nxt=seg.seq + 1,
        snd_wnd=seg.window,
        max_snd_wnd=seg.window,
        snd_wl1=seg.seq,
        snd_wl2=seg.ack if seg.ack is not None else work.tcb.snd_una,
        snd_mss=min(seg.options.mss or MSS_WHEN_NOT_TOLD, own.mss),
        snd_shift=min(seg.options.wscale or 0, LARGEST_SHIFT) if scaled else 0,
        rcv_shift=own.wscale or 0 if scaled else 0,
        sack_permitted=own.sack_permitted and seg.options.sack_permitted,
    )


@label("take the ACK: SND.UNA and SND.WND move")
def take_ack(work: Work) -> None:
    tcb, seg = work.tcb, work.segment
    assert seg.ack is not None, "rows that take an ACK come after the check for one"
    acked, in_flight = tcb.snd_una.forward_to(seg.ack), tcb.in_flight
    if 0 < acked <= in_flight:  # SND.UNA < SEG.ACK =< SND.NXT
        fin = acked == in_flight and tcb.fin_in_flight
        data = acked - tcb.syn_unacked - fin
        draft = work.draft()
        draft.snd_una, draft.syn_unacked, draft.probing = seg.ack, False, False
        if data:
            draft.sendq = tcb.sendq.drop(data)
    elif tcb.probing and not acked:
        # the probe was refused: its byte counts as unsent again
        work.update(snd_nxt=tcb.snd_una, probing=False)
    newer = tcb.snd_wl1 < seg.seq or (tcb.snd_wl1 == seg.seq and tcb.snd_wl2 <= seg.ack)
    if newer and acked <= in_flight:
        draft = work.draft()
        draft.snd_wnd = seg.window << (0 if seg.syn else tcb.snd_shift)
        draft.max_snd_wnd = max(draft.snd_wnd, tcb.max_snd_wnd)
        draft.snd_wl1, draft.snd_wl2 = seg.seq, seg.ack


@label("queue the data")
def queue_data(work: Work) -> None:
    work.draft().sendq = work.tcb.sendq.append(work.data)


def flush(work: Work) -> None:
    """Send what the window allows, a FIN whose turn has come, and the ACK that is owed.

    This ends every event (RFC 9293 §3.10.7.4: an acknowledgment "should be piggybacked on a
    segment being transmitted if possible").
    """
    while work.tcb.state in _SENDING and (unsent := work.tcb.unsent):
        tcb = work.tcb
        count = min(unsent, tcb.usable_window, tcb.snd_mss)
        last = count == unsent
        # RFC 9293 §3.8.6.2.1: a full segment, all there is, or half the largest window
        if not count or not (count == tcb.snd_mss or last or 2 * count >= tcb.max_snd_wnd):
            break
        data = tcb.sendq.peek(tcb.data_in_flight, count)
        work.emit("PA" if last else "A", tcb.snd_nxt, data=data)
        work.draft().snd_nxt = tcb.snd_nxt + count
    tcb = work.tcb
    if tcb.state in _CLOSING and tcb.fin_seq is None and not tcb.unsent:
        send_fin(work)
    if work.ack_now:
        work.emit("A", work.tcb.snd_nxt)


@label("the CLOSE waits for queued data")
def wait_to_close(work: Work) -> None:
    work.update(close_waits=True)


@label("the CLOSE goes on")
def resume_close(work: Work) -> None:
    work.update(close_waits=False)


@label("snd the front of the queue again")
def resend(work: Work) -> None:
    tcb = work.tcb
    if tcb.syn_unacked:
        first = tcb.irs is None
        options = Options(
            mss=work.settings.mss,
            wscale=work.settings.wscale if first or tcb.rcv_shift or tcb.snd_shift else None,
            sack_permitted=work.settings.sack_permitted if first else tcb.sack_permitted,
        )
        work.emit("S" if first else "SA", tcb.iss, ack=not first, options=options)
    elif tcb.data_in_flight:
        count = min(tcb.data_in_flight, tcb.snd_mss)
        work.emit(
            "PA" if count == len(tcb.sendq) else "A", tcb.snd_una, data=tcb.sendq.peek(0, count)
        )
    else:
        work.emit("FA", tcb.snd_una)
    work.timers.append("retransmission")


@label("snd one byte beyond the window")
def probe(work: Work) -> None:
    tcb = work.tcb
    work.emit("A", tcb.snd_nxt, data=tcb.sendq.peek(tcb.data_in_flight, 1))
    work.update(snd_nxt=tcb.snd_nxt + 1, probing=True)
    work.timers.append("zero-window-probe")


@label("start the 2MSL timer")
def start_time_wait(work: Work) -> None:
    work.timers.append("time-wait")


def _start_over(work: Work, opened: Literal["active", "passive"] | None) -> None:
    """Every variable but the state as it was before the connection, with an ISS beyond it."""
    old, window = work.tcb, work.settings.window
    iss, following = old.iss, old.next_iss
    if old.snd_nxt != old.iss:
        iss = following if following is not None else old.snd_nxt + NEXT_ISS_STEP
        following = None
    fresh = Tcb(
        iss=iss,
        rcv_wnd=window,
        snd_wnd=0,
        next_iss=following,
        half_duplex_close=old.half_duplex_close,
    )
    work.tcb = fresh
    work.update(state=old.state, opened=opened)


@label("forget the peer, listen on")
def forget_peer(work: Work) -> None:
    _start_over(work, "passive")


@label("delete TCB")
def delete_tcb(work: Work) -> None:
    _start_over(work, None)


@label("a new connection with a new ISS")
def reopen(work: Work) -> None:
    _start_over(work, "passive")


@label("tell the user: connection reset")
def signal_reset(work: Work) -> None:
    work.signals.append("connection reset")


@label("tell the user: connection refused")
def signal_refused(work: Work) -> None:
    work.signals.append("connection refused")


@label("tell the user: connection timed out")
def signal_no_answer(work: Work) -> None:
    work.signals.append("connection timed out")


@label("tell the user: connection aborted due to user timeout")
def signal_timeout(work: Work) -> None:
    work.signals.append("connection aborted due to user timeout")
