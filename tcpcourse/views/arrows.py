"""The arrows of a ladder: one packet each, slanted when it takes time to cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import Literal

from tcpcourse.trace import Packet
from tcpcourse.views.escape import markup
from tcpcourse.views.svg import num
from tcpcourse.views.words import fate, flag_names, number_line

LEFT, RIGHT = 148, 336  # where arrows touch the lifelines of A and B
UNDER_WAY = 0.75  # how far across an arrow is drawn that does not arrive
DROP = 34  # how far a packet sinks that is lost or still on its way, if it went all across


@dataclass(frozen=True, slots=True)
class Arrow:
    """A packet between two heights; ``end`` is ``None`` while it has not arrived.

    ``forged`` packets were never sent by the end whose name they bear.
    """

    packet: Packet
    start: float
    end: float | None
    forged: bool = False

    @property
    def bottom(self) -> float:
        """The lowest height the arrow reaches."""
        return max(self.start, self.end if self.end is not None else self.start + DROP * 0.6)


Half = Literal["whole", "sender", "receiver"]


def free_half(arrow: Arrow, others: Sequence[Arrow]) -> Half:
    """Where the arrow's words can stand without meeting another arrow.

    Arrows of both directions that cross are apart near their senders; one that overtakes
    another of the same direction is apart from it near the receiver.
    """
    if arrow.forged or arrow.packet.fate == "lost":
        return "whole"
    for other in others:
        if other is arrow or other.packet.fate == "lost":
            continue
        if other.packet.sender == arrow.packet.sender:
            if (arrow.start - other.start) * (arrow.bottom - other.bottom) < 0:
                return "receiver"
        elif arrow.start < other.bottom and other.start < arrow.bottom:
            return "sender"
    return "whole"


def draw(arrow: Arrow, half: Half, relative: bool) -> str:
    """The arrow with its words, as a group that a script can find by packet number.

    The group has its origin in the middle of the arrow and is turned as the arrow is.
    """
    packet = arrow.packet
    forward = packet.sender == "A"
    reach = 1.0 if arrow.end is not None else UNDER_WAY
    origin = 0.2 if arrow.forged else 0.0
    target = arrow.end if arrow.end is not None else arrow.start + DROP * reach
    span = (RIGHT - LEFT) * (reach - origin)
    middle = (RIGHT - LEFT) * (reach + origin) / 2
    x = LEFT + middle if forward else RIGHT - middle
    fall = target - arrow.start if forward else arrow.start - target
    length = hypot(span, fall)
    turn = f"rotate({num(degrees(atan2(fall, span)))})" if fall else ""
    end = num(length / 2)
    shape = f"M-{end} 0H{end}l-7-3v6l7-3" if forward else f"M{end} 0H-{end}l7-3v6l-7-3"
    if packet.fate == "lost":
        tip = length / 2 - 4 if forward else 4 - length / 2
        shape += f"M{num(tip - 6)}-6l12 12m0-12l-12 12"
    return (
        f'<g data-p="{packet.number}" class="{"a" if forward else "b"}{_dash(arrow)}"'
        f' transform="translate({num(x)} {num((arrow.start + target) / 2)}){turn}">'
        f'<path d="{shape}"/>{_words(arrow, length, half, relative)}</g>'
    )


def _dash(arrow: Arrow) -> str:
    if arrow.packet.fate == "duplicate":
        return " d2"
    return " d1" if arrow.packet.notes or arrow.end is None else ""


def _words(arrow: Arrow, length: float, half: Half, relative: bool) -> str:
    packet = arrow.packet
    above = flag_names(packet.segment.flags).replace(", ", " ")
    if notes := fate(packet):
        above += " " + notes.replace("retransmission", "↻ resent").replace("of packet", "of")
    elif arrow.end is None:
        above += " on its way" if half == "whole" else " …"
    below = number_line(packet, relative)
    room, place = length - 18, ""
    if half != "whole":
        room = length / 2 - 8
        at_left = (packet.sender == "A") == (half == "sender")
        x = num(4 - length / 4 if at_left else length / 4 - 4)
        place = f' x="{x}"'
    return (
        f'<text class="t"{place} y="-4"{_fit(above, 11, 0.62, room)}>{markup(above)}</text>'
        f'<text class="m"{place} y="11"{_fit(below, 10, 0.61, room)}>{markup(below)}</text>'
    )


def _fit(words: str, size: float, wide: float, room: float) -> str:
    """A smaller size for words that would not fit the room; widths are reckoned, not measured."""
    if len(words) * size * wide <= room:
        return ""
    return f' style="font-size:{num(max(room / (len(words) * wide), 7))}px"'
