"""Where everything of a ladder stands: heights in pixels, from what happened when.

One row a moment. Between two rows a packet under way takes ``GAP``, two that cross take more,
a short quiet less; a silence is as high as the logarithm of its length. Rows are not to scale
otherwise: what matters is the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log10

from tcpcourse.trace import SIDES, Packet, Side
from tcpcourse.views.stage.facts import Facts, Road
from tcpcourse.views.stage.scenes import Scene

TOP = 34
GAP, CROSSING, LEVEL, QUIET, SAME, FAN = 47.0, 73.0, 46.0, 38.0, 30.0, 24.0
BULK = 62.0
FLYING, SLOT = 34.0, 42.0  # below the last row: the packets that are still on their way
FOOT = 46.0
TALL, STRETCH = 590.0, 1.55  # a short story is stretched towards this height
CROSS = 0.62  # how far a lost packet gets
UNDER_WAY = 0.5  # how far one is drawn that has not arrived


@dataclass(slots=True)
class Arrow:
    """A packet between two heights. ``reach`` is how far it gets (1: all the way), ``start``
    where on the wire it begins (0: at its sender)."""

    road: Road
    y0: float
    y1: float
    reach: float = 1.0
    start: float = 0.0
    crossing: bool = False
    overtaken: bool = False
    scene: int = 0  # where it ends, or is lost
    leaves: int = 0

    @property
    def packet(self) -> Packet:
        """The packet that travels."""
        return self.road.packet


@dataclass(slots=True)
class Silence:
    """A wait before scene ``scene``, between two heights."""

    scene: int
    wait: int
    y0: float
    y1: float


@dataclass(slots=True)
class Sheet:
    """A ladder laid out: the height of each scene, the arrows, the silences.

    ``rest`` tells for each scene how far down A's and B's line the story has come after it;
    ``low`` is the height of the last row.
    """

    ys: list[float] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    rest: list[tuple[float, float]] = field(default_factory=list)
    low: float = TOP
    height: float = TOP
    stretch: float = 1.0


@dataclass(slots=True)
class _Rung:
    """A moment; ``time`` in nanoseconds, the scenes in it, and how much room it needs below."""

    time: int
    scenes: list[int] = field(default_factory=list)
    sides: set[Side] = field(default_factory=set)
    extra: float = 0.0
    y: float = 0.0


def lay_out(
    shown: Sequence[Scene],
    facts: Facts,
    tall: float = TALL,
    foot: float = FOOT,
    flying: Sequence[int] = (),
) -> Sheet:
    """The whole story on one sheet; a short one is stretched towards ``tall``.

    ``foot`` is the room below the last row; packets that are still on their way take more.
    ``flying`` are their numbers in the order in which they would arrive, if that is known.
    """
    rows = _rows(shown, facts)
    where = {scene: row for row in rows for scene in row.scenes}
    sheet = Sheet()
    spans = _spans(shown, facts, rows, where)
    _space(rows, shown, facts, spans, 1.0)
    high = rows[-1].y - TOP if rows else 0
    if 0 < high < tall:
        sheet.stretch = round(min(STRETCH, tall / high), 2)
        _space(rows, shown, facts, spans, sheet.stretch)
    for place in range(len(shown)):
        sheet.ys.append(round(where[place].y, 1))
    low = rows[-1].y + rows[-1].extra if rows else TOP
    for road, fan, start, stop in spans:
        sheet.arrows.append(_arrow(road, fan, start, stop, shown))
    waiting = [arrow for arrow in sheet.arrows if arrow.reach == UNDER_WAY]
    order = {number: place for place, number in enumerate(flying)}
    waiting.sort(key=lambda arrow: order.get(arrow.packet.number, 0))
    for place, arrow in enumerate(waiting):
        end = low + FLYING + SLOT * place
        arrow.y1 = round(arrow.y0 + (end - arrow.y0) / UNDER_WAY, 1)
    sheet.low = round(low, 1)
    sheet.height = round(low + max(foot, FLYING + SLOT * len(waiting)), 1)
    _mark_crossings(sheet.arrows)
    for before, row in pairwise(rows):
        for place in row.scenes:
            if shown[place].first in facts.silence:
                wait = facts.silence[shown[place].first]
                above, below = (22 if len(each.sides) == 2 else 8 for each in (before, row))
                top, bottom = before.y + before.extra + above, row.y - below
                sheet.silences.append(Silence(place, wait, round(top, 1), round(bottom, 1)))
                break
    _rests(sheet, shown)
    return sheet


def _rows(shown: Sequence[Scene], facts: Facts) -> list[_Rung]:
    rows: list[_Rung] = []
    for place, scene in enumerate(shown):
        step = scene.step
        level = step.packet is not None and step.packet.sender == step.who
        sides: set[Side] = {"A", "B"} if level or scene.many else {step.who}
        last = rows[-1] if rows else None
        if last is None or last.time != step.time_ns or last.sides & sides:
            last = _Rung(step.time_ns)
            rows.append(last)
        last.scenes.append(place)
        last.sides |= sides
        last.extra = max(last.extra, FAN * max(len(step.sent) - 1, 0), BULK * scene.many)
    times = {row.time for row in rows}
    for time in sorted(_empty_moments(shown, facts) - times):
        rows.append(_Rung(time))
    return sorted(rows, key=lambda row: row.time)


def _empty_moments(shown: Sequence[Scene], facts: Facts) -> set[int]:
    """When lost packets would have arrived, and when packets that nobody sent set out."""
    found = set()
    for scene in shown:
        if scene.many:
            continue
        step = scene.step
        for packet in step.sent:
            road = facts.roads[packet.number]
            if road.lost:
                found.add(step.time_ns + facts.delay)
        if step.packet is not None and facts.roads[step.packet.number].leaves is None:
            found.add(step.time_ns - facts.delay)
    return found


_Span = tuple[Road, float, _Rung, _Rung]


def _spans(
    shown: Sequence[Scene], facts: Facts, rows: Sequence[_Rung], where: dict[int, _Rung]
) -> list[_Span]:
    """Every packet with the rows between which it travels, in the order of sending."""
    place_of = {scene.first: place for place, scene in enumerate(shown) if not scene.many}
    by_time = {row.time: row for row in rows}
    spans: list[_Span] = []
    for place, scene in enumerate(shown):
        if scene.many:
            continue
        step, row = scene.step, where[place]
        for count, packet in enumerate(step.sent):
            road = facts.roads[packet.number]
            end = where.get(place_of.get(road.arrives, -1)) if road.arrives is not None else None
            if end is None:
                end = by_time.get(step.time_ns + facts.delay, row)
            spans.append((road, FAN * count, row, end))
        if step.packet is not None:
            road = facts.roads[step.packet.number]
            if road.level:
                spans.append((road, 0.0, row, row))
            elif road.leaves is None or road.leaves not in place_of:
                spans.append((road, 0.0, by_time.get(step.time_ns - facts.delay, row), row))
    return spans


def _space(
    rows: Sequence[_Rung],
    shown: Sequence[Scene],
    facts: Facts,
    spans: Sequence[_Span],
    stretch: float,
) -> None:
    """Give each row its height."""
    index = {id(row): place for place, row in enumerate(rows)}
    under_way: list[set[Side]] = [set() for _ in rows]
    for road, _, start, stop in spans:
        for place in range(index[id(start)], index[id(stop)]):
            under_way[place].add(road.packet.sender)
    y = float(TOP)
    for place, row in enumerate(rows):
        row.y = y
        y += row.extra
        after = rows[place + 1] if place + 1 < len(rows) else None
        if after is None:
            break
        wait = max((facts.silence.get(shown[scene].first, 0) for scene in after.scenes), default=0)
        if wait:
            y += 58 + 11 * log10(max(wait / 1e8, 1.0))
            y += 14 * ((len(row.sides) == 2) + (len(after.sides) == 2))
        elif len(under_way[place]) == 2:
            y += CROSSING * stretch
        elif under_way[place]:
            y += GAP * stretch
        elif len(after.sides) == 2:
            y += LEVEL * stretch
        else:
            y += (SAME if after.time == row.time else QUIET) * stretch


def _arrow(
    road: Road,
    fan: float,
    start: _Rung,
    stop: _Rung,
    shown: Sequence[Scene],
) -> Arrow:
    first = min(start.scenes, default=0)
    arrow = Arrow(road, round(start.y + fan, 1), round(stop.y, 1), leaves=first)
    if start is stop and not road.level:
        arrow.y0, arrow.y1 = arrow.y0, round(start.y + fan + GAP * 0.8, 1)
    for place in start.scenes:
        if any(packet.number == road.packet.number for packet in shown[place].step.sent):
            arrow.leaves = place
    arrow.scene = arrow.leaves
    for place in stop.scenes:
        came = shown[place].step.packet
        if came is not None and came.number == road.packet.number:
            arrow.scene = place
            if road.leaves is None or road.forged:
                arrow.leaves = place
    if road.lost:
        arrow.reach = CROSS
    elif road.arrives is None:
        arrow.reach = UNDER_WAY
    if road.forged:
        arrow.start = 0.3
    return arrow


def _mark_crossings(arrows: Sequence[Arrow]) -> None:
    for place, one in enumerate(arrows):
        for other in arrows[place + 1 : place + 6]:
            opposite = one.packet.sender != other.packet.sender
            if opposite and other.y0 < one.y1 and one.y0 < other.y1 and not one.road.level:
                one.crossing = other.crossing = True
            if not opposite and one.y0 < other.y0 and other.y1 < one.y1:
                one.overtaken = True


def _rests(sheet: Sheet, shown: Sequence[Scene]) -> None:
    following: dict[Side, float] = {"A": 1e9, "B": 1e9}
    found: list[tuple[float, float]] = []
    lost = {arrow.leaves: arrow for arrow in sheet.arrows if arrow.road.lost}
    for place in range(len(shown) - 1, -1, -1):
        scene, y = shown[place], sheet.ys[place]
        rest = 8 + FAN * max(len(scene.step.sent) - 1, 0)
        if place == len(shown) - 1:
            rest = 1e9
        elif scene.many:
            rest = BULK
        elif place in lost:
            arrow = lost[place]
            rest = max(rest, (arrow.y1 - y) * CROSS + 4)
        low = min(y + rest, sheet.height - 4)
        a, b = min(low, following["A"]), min(low, following["B"])
        found.append((round(a, 1), round(b, 1)))
        step = scene.step
        level = step.packet is not None and step.packet.sender == step.who
        for side in SIDES:
            if scene.many or level or step.who == side:
                following[side] = y - 4
    sheet.rest = found[::-1]
