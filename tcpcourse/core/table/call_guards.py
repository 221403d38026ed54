"""The guards of calls and timeouts: the questions that their rows ask of what an end remembers.

The label of a guard is what tables and diagrams call it.
"""

from __future__ import annotations

from tcpcourse.core.labels import label
from tcpcourse.core.segment import Segment
from tcpcourse.core.tcb import CLOSE_CALLED, Tcb


@label("nothing waits to be sent")
def nothing_unsent(tcb: Tcb, seg: Segment) -> bool:
    return not tcb.unsent


@label("data waits to be sent")
def data_unsent(tcb: Tcb, seg: Segment) -> bool:
    return tcb.unsent > 0 and not tcb.close_waits


@label("all queued data is sent")
def queue_is_sent(tcb: Tcb, seg: Segment) -> bool:
    return not tcb.unsent


@label("no CLOSE is waiting")
def not_closing(tcb: Tcb, seg: Segment) -> bool:
    return not tcb.close_waits


@label("data is there")
def something_to_receive(tcb: Tcb, seg: Segment) -> bool:
    return len(tcb.rcvq) > 0


@label("the user may still receive")
def user_receives(tcb: Tcb, seg: Segment) -> bool:
    return not (tcb.half_duplex_close and (tcb.close_waits or tcb.state in CLOSE_CALLED))


@label("data is unread and the close is half-duplex")
def unread_and_half_duplex(tcb: Tcb, seg: Segment) -> bool:
    # text on a SYN is in order, too, and waits only for the end of the handshake
    on_syn = bool(tcb.early) and tcb.early[0][0] == tcb.rcv_nxt
    return tcb.half_duplex_close and (len(tcb.rcvq) > 0 or on_syn)


@label("something is unacknowledged")
def something_in_flight(tcb: Tcb, seg: Segment) -> bool:
    return tcb.in_flight > 0


@label("data waits and nothing is in flight")
def window_blocks(tcb: Tcb, seg: Segment) -> bool:
    return tcb.unsent > 0 and tcb.in_flight == 0


@label("an ACK is owed")
def ack_is_due(tcb: Tcb, seg: Segment) -> bool:
    return tcb.ack_due
