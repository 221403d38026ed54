"""The actions of the receiving side: text and FIN taken in order, the window, RECEIVE calls.

Like those in ``actions``, they are named functions on the work of one event, with labels.
"""

from __future__ import annotations

from tcpcourse.core.labels import label
from tcpcourse.core.tcb import CLOSE_CALLED
from tcpcourse.core.text import text_of
from tcpcourse.core.work import Work


@label("keep data and FIN of the SYN for later")
def keep_text(work: Work) -> None:
    seg, window = work.segment, work.tcb.rcv_wnd
    data = seg.data[:window]
    fin = seg.end - 1
    work.update(
        early=((seg.seq + 1, data),) if data else (),
        early_fin=fin if seg.fin and fin.within(seg.seq + 1, window) else None,
    )


@label("take the text in order")
def take_text(work: Work) -> None:
    tcb, seg = work.tcb, work.segment
    if not seg.seg_len and not tcb.early:
        return
    text = text_of(tcb, seg)
    got = len(text.ready)
    plain = not tcb.early and not seg.fin
    work.update(
        rcv_nxt=tcb.rcv_nxt + got,
        rcv_wnd=tcb.rcv_wnd - got,
        rcvq=tcb.rcvq.append(text.ready) if got else tcb.rcvq,
        early=text.early,
        early_fin=text.early_fin,
    )
    hand_over(work)
    if work.settings.delayed_ack and plain and got and not tcb.ack_due:
        _delay_ack(work)
    elif got or seg.data or (seg.fin and not text.fin_reached):
        work.ack_now = True


def _delay_ack(work: Work) -> None:
    work.update(ack_due=True)
    work.timers.append("delayed-ack")


def hand_over(work: Work) -> None:
    """deliver to waiting RECEIVE calls"""
    tcb = work.tcb
    count = min(tcb.rcv_posted, len(tcb.rcvq))
    if count:
        work.delivered += tcb.rcvq.peek(0, count)
        work.update(rcvq=tcb.rcvq.drop(count), rcv_posted=tcb.rcv_posted - count)
        open_window(work)


def open_window(work: Work) -> None:
    """open the window as far as the buffer has room"""
    tcb = work.tcb
    room = tcb.rcv_buff - len(tcb.rcvq)
    step = min(tcb.rcv_buff // 2, work.settings.mss)
    # RFC 9293 §3.8.6.2.2: no small steps, and the right edge never moves back
    if room - tcb.rcv_wnd >= step or not tcb.rcvq:
        work.update(rcv_wnd=room)


@label("snd ACK")
def take_fin(work: Work) -> None:
    # as figure 5 has it; what is acknowledged is RCV.NXT, moved over the FIN
    tcb = work.tcb
    work.update(rcv_nxt=tcb.rcv_nxt + 1, early=(), early_fin=None)
    first_to_close = tcb.state in CLOSE_CALLED
    if work.settings.delayed_ack and not (tcb.ack_due or work.ack_now or first_to_close):
        _delay_ack(work)  # a quick CLOSE by the user can put the ACK onto our own FIN
    else:
        work.ack_now = True
    work.signals.append("connection closing")


@label("a larger receive buffer")
def grow_buffer(work: Work) -> None:
    work.update(rcv_buff=max(work.tcb.rcv_buff, work.count))
    open_window(work)


@label("deliver what is there, or wait")
def receive_data(work: Work) -> None:
    tcb = work.tcb
    low = tcb.rcv_wnd < max(1, min(tcb.rcv_buff // 2, work.settings.mss))
    if len(tcb.rcvq):
        count = min(work.count, len(tcb.rcvq))
        work.delivered = tcb.rcvq.peek(0, count)
        work.update(rcvq=tcb.rcvq.drop(count))
        open_window(work)
    else:
        work.update(rcv_posted=tcb.rcv_posted + work.count)
    if low and work.tcb.rcv_wnd > tcb.rcv_wnd and tcb.state.synchronized:
        work.ack_now = True  # a window update: the peer may be waiting for it
