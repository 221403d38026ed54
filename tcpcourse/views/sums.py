"""Sequence arithmetic of two segments in words: what one takes up, what the other says to it."""

from __future__ import annotations

from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import MODULUS, SeqNumber


def taken_up(segment: Segment) -> str:
    """The numbers that a segment takes up, and the one after them."""
    parts = [str(segment.seq)]
    for count, what in ((segment.syn, "SYN"), (len(segment.data), "data"), (segment.fin, "FIN")):
        if count:
            parts.append(f"{int(count)} ({what})")
    text = f"{' + '.join(parts)} = {segment.end}"
    if int(segment.seq) + segment.seg_len >= MODULUS:
        text += f", for {int(segment.seq) + segment.seg_len} − 2³² = {segment.end}"
    if not segment.seg_len:
        text += ": it takes up no number at all"
    return text


def judged_by_ack(segment: Segment, ack: SeqNumber) -> str:
    """What an ``ack`` from the other side says about the segment."""
    beyond = segment.seq.forward_to(ack)
    if ack - segment.seq < 0:
        return f"ack {ack} lies {segment.seq - ack} before its seq: nothing of it is acknowledged"
    if segment.seg_len == 0:
        return f"ack {ack} says nothing about it, for it takes up no number"
    if beyond == 0:
        return f"ack {ack} is its own seq: nothing of it is acknowledged yet"
    if beyond < segment.seg_len:
        return f"ack {ack} covers {beyond} of its {segment.seg_len} numbers"
    if beyond == segment.seg_len:
        return f"ack {ack} is the number after its last one: all of it is acknowledged"
    return f"ack {ack} covers all of it, and {beyond - segment.seg_len} numbers more"


def scaled(field: int, shift: int, syn: bool) -> str:
    """The window that a header offers, in bytes."""
    if syn:
        return f"{field} bytes; the window of a SYN is never scaled"
    return f"{field} × 2^{shift} = {field} × {1 << shift} = {field << shift} bytes"


def allowed(ack: SeqNumber, window: int) -> str:
    """Which numbers an ``ack`` with a window of that many bytes allows to be sent."""
    if not window:
        return f"nothing may be sent: the window at {ack} is closed"
    wraps = ", beyond 2³² − 1 and on from 0" if int(ack) + window > MODULUS else ""
    return f"the numbers {ack} … {ack + (window - 1)} may be sent, {window} of them{wraps}"


def apart(one: SeqNumber, other: SeqNumber) -> str:
    """How far two numbers are apart, the shorter way round."""
    distance = other - one
    if distance == -MODULUS // 2:
        return f"{one} and {other} are exactly 2³¹ apart: neither comes first"
    if distance < 0:
        return f"{other} comes {-distance} before {one}"
    wraps = int(other) < int(one)
    round_zero = ", beyond 2³² − 1 and on from 0" if wraps else ""
    return f"{other} comes {distance} after {one}{round_zero}" if distance else "they are equal"
