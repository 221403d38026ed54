"""How the tests of the kernel write down segments and the looks of an end."""

from __future__ import annotations

from tcpcourse.core.segment import Flags, Segment
from tcpcourse.core.seq import SeqNumber


def line(segment: Segment, first: SeqNumber, other: SeqNumber) -> str:
    """The segment, numbered from the SYN of its sender (``first``) and of its reader."""
    ack = None if segment.ack is None else segment.ack - other
    # a RST that answers a segment without ACK has the number 0 (§3.10.7.1), whatever the ISS
    zero = segment.rst and ack is not None and int(segment.seq) == 0
    seq = 0 if zero else segment.seq - first
    moved = Segment(seq, ack, segment.flags & ~Flags.PSH, 0, segment.data)
    return moved.line().replace(" win 0", "")


def numbered(text: str, first: SeqNumber, other: SeqNumber) -> Segment:
    """The segment of a line that is numbered like that."""
    segment = Segment.parse(text)
    ack = None if segment.ack is None else other + int(segment.ack)
    return with_numbers(segment, first + int(segment.seq), ack)


def with_numbers(segment: Segment, seq: SeqNumber, ack: SeqNumber | None) -> Segment:
    """The same segment with other numbers."""
    return Segment(
        seq, ack, segment.flags, segment.window, segment.data, segment.options, segment.urgent
    )


def view(state: str, said: list[str]) -> str:
    """A state, and what was said on the way to it; ``-`` for nothing."""
    return f"{state}: {'; '.join(said) or '-'}"
