"""The actions of the receiving side: text and FIN taken in order, the window, RECEIVE calls.

Like those in ``actions``, they are named functions on the work of one event, with labels.
"""

from __future__ import annotations

from tcpcourse.core.labels import label
from tcpcourse.core.queue import ByteQueue
from tcpcourse.core.tcb import CLOSE_CALLED
from tcpcourse.core.text import text_of
from tcpcourse.core.work import Work


@label("keep data and FIN of the SYN for later")
def keep_text(work: Work) -> None:
    seg, window = work.segment, work.tcb.rcv_wnd
    data = seg.data[:window]
    fin = seg.end - 1
    work.update(
        early=((seg.seq + 1, ByteQueue(data)),) if data else (),
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
    posted, unread, window = tcb.rcv_posted, len(tcb.rcvq), tcb.rcv_wnd - got
    count = min(posted, unread + got)  # delivered to RECEIVE calls that wait
    if count == got and not unread:
        queue = tcb.rcvq  # nothing stays, so nothing goes through it
        work.delivered += text.ready
    else:
        queue = tcb.rcvq.append(text.ready) if got else tcb.rcvq
        work.delivered += queue.peek(0, count)
        queue = queue.drop(count)
    draft = work.draft()
    draft.rcv_nxt = tcb.rcv_nxt + got
    draft.rcv_wnd = _opened(work, window, len(queue)) if count else window
    draft.rcvq, draft.rcv_posted = queue, posted - count
    draft.early, draft.early_fin = text.early, text.early_fin
    if work.settings.delayed_ack and plain and got and not draft.ack_due:
        _delay_ack(work)
    elif got or seg.data or (seg.fin and not text.fin_reached):
        work.ack_now = True


def _delay_ack(work: Work) -> None:
    work.update(ack_due=True)
    work.timers.append("delayed-ack")


def _opened(work: Work, window: int, unread: int) -> int:
    """The window, opened as far as the buffer has room; ``unread`` is what the queue holds."""
    buffer = work.tcb.rcv_buff
    room = buffer - unread
    step = min(buffer // 2, work.settings.mss)
    # RFC 9293 §3.8.6.2.2: no small steps, and the right edge never moves back
    return room if room - window >= step or not unread else window


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
    work.update(rcv_wnd=_opened(work, work.tcb.rcv_wnd, len(work.tcb.rcvq)))


@label("deliver what is there, or wait")
def receive_data(work: Work) -> None:
    tcb = work.tcb
    window = tcb.rcv_wnd
    low = window < max(1, min(tcb.rcv_buff // 2, work.settings.mss))
    if len(tcb.rcvq):
        count = min(work.count, len(tcb.rcvq))
        work.delivered = tcb.rcvq.peek(0, count)
        queue = tcb.rcvq.drop(count)
        work.update(rcvq=queue, rcv_wnd=_opened(work, tcb.rcv_wnd, len(queue)))
    else:
        work.update(rcv_posted=tcb.rcv_posted + work.count)
    if low and work.tcb.rcv_wnd > window and tcb.state.synchronized:
        work.ack_now = True  # a window update: the peer may be waiting for it
