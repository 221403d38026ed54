"""Sequence arithmetic of two segments in words: what one takes up, what the other says to it.

``which`` is the name of the segment that a sentence is about, such as "Second segment".
"""

from __future__ import annotations

from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.words import counted, message


def taken_up(which: str, segment: Segment) -> str:
    """The numbers that a segment takes up, and the one after them."""
    parts = [str(segment.seq)]
    for count, what in ((segment.syn, "SYN"), (len(segment.data), "data"), (segment.fin, "FIN")):
        if count:
            parts.append(f"{int(count)} ({what})")
    places = {"which": which, "sum": " + ".join(parts), "end": segment.end}
    if not segment.seg_len:
        return message("{which}: {sum} = {end}: it takes up no number at all.", **places)
    far = int(segment.seq) + segment.seg_len
    if far >= MODULUS:
        return message("{which}: {sum} = {end}, for {far} − 2³² = {end}.", far=far, **places)
    return message("{which}: {sum} = {end}.", **places)


def judged_by_ack(which: str, ack: SeqNumber, other: Segment) -> str:
    """What the ``ack`` of a segment says about the ``other``, which came from the other side."""
    beyond, size = other.seq.forward_to(ack), other.seg_len
    places = {"which": which, "ack": ack}
    if ack - other.seq < 0:
        return message(
            "{which}: ack {ack} lies {distance} before the other one's seq: nothing of that one is"
            " acknowledged.",
            distance=other.seq - ack,
            **places,
        )
    if size == 0:
        return message(
            "{which}: ack {ack} says nothing about the other one, for that takes up no number.",
            **places,
        )
    if beyond == 0:
        return message(
            "{which}: ack {ack} is the other one's own seq: nothing of that one is acknowledged"
            " yet.",
            **places,
        )
    if beyond < size:
        return message(
            "{which}: ack {ack} covers {beyond} of the other one's {size} numbers.",
            beyond=beyond,
            size=size,
            **places,
        )
    if beyond == size:
        return message(
            "{which}: ack {ack} is the number after the other one's last: all of it is"
            " acknowledged.",
            **places,
        )
    return counted(
        "{which}: ack {ack} covers all of the other one, and one number more.",
        "{which}: ack {ack} covers all of the other one, and {count} numbers more.",
        beyond - size,
        **places,
    )


def offered(segment: Segment, shift: int) -> tuple[int, str]:
    """The window that a header offers, in bytes, and how it comes about.

    ``shift`` is the scale of the segment's sender; a SYN's window is not scaled (RFC 7323 §2.2).
    """
    field = segment.window
    if segment.syn:
        words = message(
            "Its window: {size} bytes; the window of a SYN is never scaled.", size=field
        )
        return field, words
    return field << shift, message(
        "Its window: {field} × 2^{shift} = {field} × {factor} = {size} bytes.",
        field=field,
        shift=shift,
        factor=1 << shift,
        size=field << shift,
    )


def allowed(ack: SeqNumber, window: int) -> str:
    """Which numbers an ``ack`` with a window of that many bytes allows to be sent."""
    if not window:
        return message("By it nothing may be sent: the window at {ack} is closed.", ack=ack)
    places = {"first": ack, "last": ack + (window - 1), "size": window}
    if int(ack) + window > MODULUS:
        return message(
            "By it the numbers {first} … {last} may be sent, {size} of them, beyond 2³² − 1 and on"
            " from 0.",
            **places,
        )
    return message("By it the numbers {first} … {last} may be sent, {size} of them.", **places)


def apart(one: SeqNumber, other: SeqNumber) -> str:
    """How far two numbers are apart, the shorter way round."""
    distance = other - one
    places = {"one": one, "other": other, "distance": abs(distance)}
    if distance == -MODULUS // 2:
        return message("{one} and {other} are exactly 2³¹ apart: neither comes first.", **places)
    if distance < 0:
        return message("{other} comes {distance} before {one}.", **places)
    if not distance:
        return message("{one} and {other} are equal.", **places)
    if int(other) < int(one):
        return message(
            "{other} comes {distance} after {one}, beyond 2³² − 1 and on from 0.", **places
        )
    return message("{other} comes {distance} after {one}.", **places)


def added(begin: int, *sizes: int) -> str:
    """A sum of sequence numbers as it is written: ``1 + 1460 = 1461``; it may pass 2³²."""
    whole = begin + sum(sizes)
    parts = " + ".join(map(str, (begin, *sizes)))
    if whole < MODULUS:
        return f"{parts} = {whole}"
    return f"{parts} − 2³² = {whole - MODULUS}"
