"""The text of a segment: trimmed to the receive window, put together with what came early."""

from __future__ import annotations

from dataclasses import dataclass

from tcpcourse.core.queue import ByteQueue
from tcpcourse.core.quick import quickly_made
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb

Runs = tuple[tuple[SeqNumber, ByteQueue], ...]
ALWAYS_JOINED = 65536  # bytes; a longer run is not copied behind a shorter one


@quickly_made
@dataclass(frozen=True, slots=True)
class Text:
    """What a segment's text comes to: what can be delivered, what must wait for a hole.

    ``ready`` continues the stream at RCV.NXT; ``early`` and ``early_fin`` lie beyond a hole;
    ``fin_reached`` says that with ``ready`` delivered the peer's FIN is next.
    """

    ready: bytes
    early: Runs
    early_fin: SeqNumber | None
    fin_reached: bool


def text_of(tcb: Tcb, seg: Segment) -> Text:
    """Trim the segment to the receive window and put it together with what came early.

    RFC 9293 §3.10.7.4, seventh and eighth check. A SYN that sets RCV.NXT now (SYN_SENT) is
    taken into account. Where bytes came twice, those that came first stay.
    """
    nxt, limit, fin_seq = _bounds(tcb, seg)
    if seg.seq == nxt and not (seg.fin or tcb.early) and fin_seq is None:
        return Text(seg.data[:limit], (), None, False)  # the usual case, and no more than that
    start, stop = _span(seg, nxt, limit)
    skipped = nxt - (seg.seq + seg.syn)  # what lies before RCV.NXT
    data = seg.data[max(0, skipped) :][: stop - start]
    runs = [(nxt.forward_to(first), run) for first, run in tcb.early]
    runs = [(first, run.first(limit - first)) for first, run in runs if first < limit]
    if data:
        _put_in(runs, start, data)
    ready, reached = [], 0
    while runs and runs[0][0] == reached:
        ready.append(bytes(runs.pop(0)[1]))
        reached += len(ready[-1])
    fin_reached = nxt + reached == fin_seq
    early = tuple((nxt + first, run) for first, run in runs)
    return Text(b"".join(ready), early, None if fin_reached else fin_seq, fin_reached)


def reaches_fin(tcb: Tcb, seg: Segment) -> bool:
    """Whether with this segment all text before the peer's FIN is there; nothing is copied."""
    nxt, limit, fin_seq = _bounds(tcb, seg)
    if fin_seq is None:
        return False
    start, stop = _span(seg, nxt, limit)
    reached = 0
    for first, run in tcb.early:
        if start <= reached:
            reached = max(reached, stop)
        if nxt.forward_to(first) > reached:
            break
        reached = max(reached, nxt.forward_to(first) + len(run))
    if start <= reached:
        reached = max(reached, stop)
    return nxt + min(reached, limit) == fin_seq


def _bounds(tcb: Tcb, seg: Segment) -> tuple[SeqNumber, int, SeqNumber | None]:
    """RCV.NXT, how many bytes behind it can be text, and the number of the FIN if known."""
    nxt = seg.seq + 1 if tcb.state is State.SYN_SENT else tcb.rcv_nxt
    window, fin_seq = tcb.rcv_wnd, tcb.early_fin
    if fin_seq is None and seg.fin and (seg.end - 1).within(nxt, window):
        fin_seq = seg.end - 1
    return nxt, window if fin_seq is None else min(window, nxt.forward_to(fin_seq)), fin_seq


# From here on in distances from RCV.NXT, which unlike sequence numbers have an order.


def _span(seg: Segment, nxt: SeqNumber, limit: int) -> tuple[int, int]:
    """Where the segment's text begins and ends, trimmed; nothing is left if both are equal."""
    start = (seg.seq + seg.syn) - nxt
    stop = max(0, min(start + len(seg.data), limit))
    return min(max(0, start), stop), stop


def _put_in(runs: list[tuple[int, ByteQueue]], start: int, data: bytes) -> None:
    """Fill the holes between ``runs`` with ``data``, and join what touches."""
    stop = start + len(data)
    low = len(runs)  # the first run that touches the data; most data belongs near the end
    while low and runs[low - 1][0] + len(runs[low - 1][1]) >= start:
        low -= 1
    high, reached = low, start
    pieces: list[tuple[int, ByteQueue]] = []
    while high < len(runs) and runs[high][0] <= stop:
        first, run = runs[high]
        if reached < first:
            pieces.append((reached, ByteQueue(data[reached - start : first - start])))
        pieces.append((first, run))
        reached = max(reached, first + len(run))
        high += 1
    if reached < stop:
        pieces.append((reached, ByteQueue(data[reached - start :])))
    joined: list[tuple[int, ByteQueue]] = []
    for first, run in pieces:
        joined.append((first, run))
        while len(joined) > 1 and _joins(joined[-2], joined[-1]):
            _, behind = joined.pop()
            first, front = joined.pop()
            joined.append((first, front.append(bytes(behind))))
    runs[low:high] = joined


def _joins(front: tuple[int, ByteQueue], behind: tuple[int, ByteQueue]) -> bool:
    """Whether two runs touch, and the second is worth being copied behind the first."""
    if front[0] + len(front[1]) != behind[0]:
        return False
    return len(behind[1]) <= max(ALWAYS_JOINED, len(front[1]))
