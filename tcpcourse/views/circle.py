"""The circle of sequence numbers: after 2³² − 1 comes 0, and the shorter way round decides."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi, sin

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.views.svg import Svg, head, num, picture, write
from tcpcourse.words import message

WIDTH, HEIGHT, RADIUS = 560, 356, 110
X, Y = WIDTH / 2, 168
LEAST = 1.1  # [rad]; a shorter step is drawn as this, for its ends would be one point
QUARTERS = ("2³² − 1 | 0", "2³⁰", "2³¹", "3 × 2³⁰")
_STYLE = (
    ".tv{font-size:15px}.tv .r{fill:none;stroke:var(--hatch);stroke-width:2}"
    ".tv .w{fill:none;stroke:var(--ink);stroke-width:6}.tv .z{fill:var(--ink)}"
    ".tv text.m{fill:var(--mut);font-size:14px}.tv .q{font-weight:650}"
    ".tv .y{font-size:24px;font-weight:650}"
)


def number_circle(first: SeqNumber | int, second: SeqNumber | int) -> Svg:
    """Two sequence numbers on their circle, and the shorter way from the earlier to the later.

    0 is at the top, and numbers grow clockwise. A short way is drawn longer than it is. Two
    numbers that are exactly 2³¹ apart have no shorter way: neither comes first (RFC 9293
    §3.4). Raises ``TcpCourseError`` for a number that is not from 0 to 2³² − 1.

    >>> import tcpcourse as tcp
    >>> tcp.views.number_circle(4294967290, 5)
    <Svg 560×356: 4294967290 comes first, and 5 is 11 further.>
    """
    one, two = _number(first), _number(second)
    if two < one:
        one, two = two, one
    distance = one.forward_to(two)
    if distance == MODULUS // 2:
        words = message(
            "{one} and {two} are exactly 2³¹ apart: neither comes first.", one=one, two=two
        )
    elif distance == 0:
        words = message("{one} and {two} are the same number.", one=one, two=two)
    else:
        words = message(
            "{one} comes first, and {two} is {distance} further.",
            one=one,
            two=two,
            distance=distance,
        )
    shapes = _shapes(one, two, distance, words)
    return picture(shapes, WIDTH, HEIGHT, words, "tcc", style=_STYLE, zoom=1.1)


def _number(given: SeqNumber | int) -> SeqNumber:
    if isinstance(given, SeqNumber):
        return given
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < MODULUS:
        raise TcpCourseError(
            message(
                "{given!r:.40} is no sequence number: they go from 0 to {most}.",
                given=given,
                most=MODULUS - 1,
            )
        )
    return SeqNumber(given)


def _shapes(one: SeqNumber, two: SeqNumber, distance: int, words: str) -> Iterator[str]:
    yield f'<circle class="r" cx="{num(X)}" cy="{num(Y)}" r="{RADIUS}"/>'
    start, end, drawn = _angles(one, distance)
    places = (start, end) if distance else (start,)
    for quarter, name in enumerate(QUARTERS):
        angle = quarter * pi / 2
        (x1, y1), (x2, y2) = _at(angle, RADIUS - 6), _at(angle, RADIUS + 6)
        yield f'<path class="r" d="M{num(x1)} {num(y1)}L{num(x2)} {num(y2)}"/>'
        if all(abs((angle - place + pi) % (2 * pi) - pi) > 0.3 for place in places):
            yield _beside(angle, 16, name, "m")
    if distance and distance != MODULUS // 2:
        (x1, y1), (x2, y2) = _at(start, RADIUS), _at(end - 0.12, RADIUS)
        large = int(end - start > pi)
        arc = f"M{num(x1)} {num(y1)}A{RADIUS} {RADIUS} 0 {large} 1 {num(x2)} {num(y2)}"
        tip, way = _at(end - 0.02, RADIUS), end - 0.1
        yield f'<path class="w" d="{arc}"/>'
        yield f'<path class="z" d="{head(*tip, cos(way), sin(way), 18)}"/>'
        yield write(X, Y + 8, f"+ {distance}", "c y" if distance < 10**8 else "c q")
    for place, number in zip(places, (one, two), strict=False):
        x, y = _at(place, RADIUS)
        yield f'<circle class="z" cx="{num(x)}" cy="{num(y)}" r="5"/>'
        yield _beside(place, 16, str(number), "t")
    yield write(X, HEIGHT - 30, words, "c q")
    if drawn:
        yield write(X, HEIGHT - 10, message("The way is drawn longer than it is."), "c m")


def _angles(one: SeqNumber, distance: int) -> tuple[float, float, bool]:
    """Where both numbers are drawn [rad, clockwise from the top]; whether that is not to scale.

    A short way is stretched about the place of 0 if it leads across, else about its middle.
    """
    start, way = int(one) / MODULUS * 2 * pi, distance / MODULUS * 2 * pi
    if not distance or way >= LEAST:
        return start, start + way, False
    to_zero = MODULUS - int(one)
    if to_zero < distance:
        start = -LEAST * to_zero / distance
    else:
        start += way / 2 - LEAST / 2
        start = min(max(start, 0.2), 2 * pi - 0.2 - LEAST)  # it does not lead across 0
    return start, start + LEAST, True


def _at(angle: float, radius: float) -> tuple[float, float]:
    return X + radius * sin(angle), Y - radius * cos(angle)


def _beside(angle: float, away: float, words: str, style: str) -> str:
    """Words outside the circle, beside a place on it."""
    x, y = _at(angle, RADIUS + away)
    side = sin(angle)
    anchor = "" if side > 0.2 else "e" if side < -0.2 else "c"
    return write(x, y + 5, words, f"{style} {anchor}".strip())
