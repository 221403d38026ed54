"""The text of a segment: trimmed to the receive window, put together with what came early."""

from __future__ import annotations

from dataclasses import dataclass

from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb


@dataclass(frozen=True, slots=True)
class Text:
    """What a segment's text comes to: what can be delivered, what must wait for a hole.

    ``ready`` continues the stream at RCV.NXT; ``early`` and ``early_fin`` lie beyond a hole;
    ``fin_reached`` says that with ``ready`` delivered the peer's FIN is next.
    """

    ready: bytes
    early: tuple[tuple[SeqNumber, bytes], ...]
    early_fin: SeqNumber | None
    fin_reached: bool


def text_of(tcb: Tcb, seg: Segment) -> Text:
    """Trim the segment to the receive window and put it together with what came early.

    RFC 9293 §3.10.7.4, seventh and eighth check. A SYN that sets RCV.NXT now (SYN_SENT) is
    taken into account.
    """
    nxt = seg.seq + 1 if tcb.state is State.SYN_SENT else tcb.rcv_nxt
    window = tcb.rcv_wnd
    if seg.seq == nxt and not (seg.fin or tcb.early) and tcb.early_fin is None:
        return Text(seg.data[:window], (), None, False)  # the usual case, and no more than that
    fin_seq = tcb.early_fin
    if fin_seq is None and seg.fin and (seg.end - 1).within(nxt, window):
        fin_seq = seg.end - 1
    limit = window if fin_seq is None else min(window, nxt.forward_to(fin_seq))

    # from here on in distances from RCV.NXT, which unlike sequence numbers can be sorted
    pieces = [(nxt.forward_to(seq), data) for seq, data in tcb.early]
    offset = (seg.seq + seg.syn) - nxt
    pieces.append((max(0, offset), seg.data[max(0, -offset) :]))
    runs = [(0, b"")]
    for offset, data in sorted(pieces):
        data = data[: max(0, limit - offset)]
        start, run = runs[-1]
        overlap = start + len(run) - offset
        if data and overlap < 0:
            runs.append((offset, data))
        elif overlap < len(data):
            runs[-1] = (start, run + data[overlap:])
    ready = runs[0][1]
    reached = nxt + len(ready) == fin_seq
    early = tuple((nxt + start, run) for start, run in runs[1:])
    return Text(ready, early, None if reached else fin_seq, reached)
