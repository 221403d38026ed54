"""The arrows of a ladder: one packet each, slanted when it takes time to cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot

from tcpcourse.trace import Packet
from tcpcourse.views.escape import markup
from tcpcourse.views.svg import num
from tcpcourse.views.words import fate, flag_names, number_line

LEFT, RIGHT = 156, 344  # where arrows touch the lifelines of A and B
UNDER_WAY = 0.86  # how far across an arrow is drawn that does not arrive
ROOM = 14  # above and below an arrow for its words
DROP = 34  # how far a packet sinks that is lost or still on its way, if it went all across


@dataclass(frozen=True, slots=True)
class LadderArrow:
    """A packet between two heights; ``end`` is ``None`` while it has not arrived.

    ``forged`` packets were never sent by the end whose name they bear.
    """

    packet: Packet
    start: float
    end: float | None
    forged: bool = False

    @property
    def bottom(self) -> float:
        """The height where the arrow ends, or would end if it went all across."""
        return self.start + DROP if self.end is None else self.end

    def at(self, along: float) -> tuple[float, float]:
        """A point of the arrow as drawn, from its tail (0) to its tip (1)."""
        origin = 0.2 if self.forged else 0.0
        reach = UNDER_WAY if self.end is None else 1.0
        across = (origin + (reach - origin) * along) * (RIGHT - LEFT)
        x = LEFT + across if self.packet.sender == "A" else RIGHT - across
        bottom = self.start + DROP * reach if self.end is None else self.end
        return x, self.start + (bottom - self.start) * along


def places(arrows: Sequence[LadderArrow]) -> list[float]:
    """How far along each arrow its words should stand, from 0 (tail) to 1 (tip).

    In the middle if possible; where another arrow or its words are in the way, nearer to one
    end. The first arrow chooses first.
    """
    chosen: list[float] = []
    for arrow in arrows:
        near = [
            (other, chosen[place] if place < len(chosen) else None)
            for place, other in enumerate(arrows)
            if other is not arrow and _heights_meet(arrow, other)
        ]
        costs = {along: cost + _clash(arrow, along, near) for along, cost in _CHOICES}
        chosen.append(min(costs, key=costs.__getitem__))
    return chosen


_CHOICES = ((0.5, 0.0), (0.28, 2.0), (0.72, 3.0))  # with what each costs by itself
_NEAR_LINE, _NEAR_WORDS = 13, 26


def _heights_meet(one: LadderArrow, other: LadderArrow) -> bool:
    return one.start - ROOM < other.bottom + ROOM and other.start - ROOM < one.bottom + ROOM


def _clash(
    arrow: LadderArrow, along: float, near: Sequence[tuple[LadderArrow, float | None]]
) -> float:
    """How badly words at this place would meet other arrows and their words."""
    cost = 0.0
    for spot in (along - 0.16, along, along + 0.16):
        x, y = arrow.at(spot)
        for other, words in near:
            # both fall or rise evenly, so the distance is the vertical one, nearly
            (x1, y1), (x2, y2) = other.at(0), other.at(1)
            part = (x - x1) / ((x2 - x1) or 1)
            if 0 <= part <= 1:
                cost += max(0.0, _NEAR_LINE - abs(y1 + (y2 - y1) * part - y))
            if words is not None:
                for taken in (words - 0.16, words, words + 0.16):
                    ox, oy = other.at(taken)
                    cost += max(0.0, _NEAR_WORDS - hypot((ox - x) / 1.5, oy - y))
    return cost


def draw(arrow: LadderArrow, along: float, relative: bool) -> str:
    """The arrow with its words, as a group that a script can find by packet number.

    The group has its origin in the middle of the arrow and is turned as the arrow is.
    """
    packet = arrow.packet
    forward = packet.sender == "A"
    (tail, start), (tip, target) = arrow.at(0), arrow.at(1)
    span = abs(tip - tail)
    fall = target - start if forward else start - target
    length = hypot(span, fall)
    turn = f"rotate({num(degrees(atan2(fall, span)))})" if fall else ""
    end = num(length / 2)
    shape = f"M-{end} 0H{end}l-7-3v6l7-3" if forward else f"M{end} 0H-{end}l7-3v6l-7-3"
    if packet.fate == "lost":
        cross = length / 2 - 4 if forward else 4 - length / 2
        shape += f"M{num(cross - 6)}-6l12 12m0-12l-12 12"
    return (
        f'<g data-p="{packet.number}" class="{"a" if forward else "b"}{_dash(arrow)}"'
        f' transform="translate({num((tail + tip) / 2)} {num((start + target) / 2)}){turn}">'
        f'<path d="{shape}"/>{_words(arrow, length, along, relative)}</g>'
    )


def _dash(arrow: LadderArrow) -> str:
    if arrow.packet.fate == "duplicate":
        return " d2"
    return " d1" if arrow.packet.notes or arrow.end is None else ""


def _words(arrow: LadderArrow, length: float, along: float, relative: bool) -> str:
    packet = arrow.packet
    above = flag_names(packet.segment.flags).replace(", ", " ")
    if notes := fate(packet):
        above += " " + notes.replace("retransmission", "↻ resent").replace("of packet", "of")
    elif arrow.end is None:
        above += " on its way" if along == 0.5 else " …"
    below = number_line(packet, relative)
    room, place = length - 18, ""
    if along != 0.5:
        room = length / 2 - 6
        x = (along - 0.5) * length * (1 if packet.sender == "A" else -1)
        place = f' x="{num(x)}"'
    return (
        f'<text class="t"{place} y="-4"{_fit(above, 11, 0.62, room)}>{markup(above)}</text>'
        f'<text class="m"{place} y="11"{_fit(below, 10, 0.61, room)}>{markup(below)}</text>'
    )


def _fit(words: str, size: float, wide: float, room: float) -> str:
    """A smaller size for words that would not fit the room; widths are reckoned, not measured."""
    if len(words) * size * wide <= room:
        return ""
    return f' style="font-size:{num(max(room / (len(words) * wide), 7))}px"'
