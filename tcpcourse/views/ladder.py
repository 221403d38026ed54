"""The ladder: two lifelines, time downwards, an arrow a packet, a band for each end's state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from tcpcourse.trace import SIDES, End, Packet, Side, Step, Trace
from tcpcourse.views.arrows import LEFT, RIGHT, LadderArrow, draw, places
from tcpcourse.views.escape import brief, visible
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.palette import PHASE_OF
from tcpcourse.views.svg import Svg, num, picture, write
from tcpcourse.views.words import short_event, short_time, state_lines

WIDTH, TOP = 460, 50
ROW, SEND, WAIT, FOLD = 34, 30, 20, 26
BAND = 12
LONG_WAIT = 5  # a wait this many times the usual one is not drawn to scale
_STYLE = (
    ".tv .m{font:10px monospace}.tv .f{opacity:.72}.tv .u{font-style:italic}"
    ".tv [data-p]{stroke-width:1.6}.tv [data-p] text{text-anchor:middle;paint-order:stroke;"
    "stroke:var(--bg);stroke-width:3px}"
    ".tv .a{fill:var(--A);stroke:var(--A)}.tv .b{fill:var(--B);stroke:var(--B)}"
    ".tv .d1 path{stroke-dasharray:7 3}.tv .d2 path{stroke-dasharray:2 3}"
    f".tv .w{{stroke-width:{BAND};fill:none}}.tv .n{{fill:var(--ink);opacity:.1}}"
)

Range = tuple[int, int]


@dataclass(slots=True)
class _Layout:
    """What has been laid out so far; ``y`` is where the next row goes."""

    y: float = TOP
    arrows: list[LadderArrow] = field(default_factory=list)
    bands: dict[Side, list[tuple[float, End]]] = field(default_factory=lambda: {"A": [], "B": []})
    parts: list[str] = field(default_factory=list)
    open: dict[int, tuple[Packet, float]] = field(default_factory=dict)
    clocks: list[str] = field(default_factory=list)
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """What drawing any part of a trace needs to know of the whole, found in one pass."""

    usual_wait: int
    sent: frozenset[int]


def study(trace: Trace) -> Overview:
    """The usual wait between steps in nanoseconds (three of four are not longer), and the
    numbers of packets that were sent."""
    steps = trace.steps
    waits = [b.time_ns - a.time_ns for a, b in pairwise(steps)]
    waits = sorted(wait for wait in waits if wait > 0) or [0]
    return Overview(
        waits[len(waits) * 3 // 4],
        frozenset(packet.number for step in steps for packet in step.sent),
    )


def ladder(trace: Trace | HasTrace, relative: bool = True, most: int = 60) -> Svg:
    """The whole story between two lifelines.

    Arrows of a simulation slant, for a packet takes time to cross; those of a capture are
    level, for it has one vantage point. Of a trace with more than ``most`` steps the middle
    is folded. ``relative`` chooses the numbers.

    >>> import tcpcourse as tcp
    >>> tcp.views.ladder(tcp.recording("refused")).save("refused.svg")
    """
    trace = as_trace(trace)
    count = len(trace.steps)
    if count <= most:
        ranges: list[Range] = [(0, count)]
    else:
        ranges = [(0, most // 2), (count - most // 2, count)]
    return draw_ladder(trace, ranges, relative)


def draw_ladder(
    trace: Trace,
    ranges: Sequence[Range],
    relative: bool = True,
    *,
    so_far: bool = False,
    overview: Overview | None = None,
) -> Svg:
    """The ladder of some ranges of steps (first, next), in order; what lies between is folded.

    With ``so_far`` the last step is marked, and packets that arrive later are on their way.
    """
    overview = overview or study(trace)
    layout = _Layout()
    last = ranges[-1][1] if ranges else 0
    done = 0
    if not trace.steps:
        layout.parts.append(write(WIDTH / 2, TOP + 30, "Nothing happened.", "c"))
        layout.y += 40
    for start, stop in ranges:
        if start > done:
            _fold(layout, start - done)
        for place in range(start, stop):
            _row(layout, trace, place, overview, mark=so_far and place == last - 1)
        done = stop
    _leave_open(layout)
    return picture(
        _shapes(layout, trace, relative),
        WIDTH,
        round(layout.y) + 8,
        _in_words(trace, last, so_far),
        "tcl",
        style=_STYLE,
        zoom=1.3,
        short=so_far,
    )


def nearby(trace: Trace, last: int, height: int) -> list[Range]:
    """The steps up to ``last`` of which the ladder fits into ``height`` units."""
    room = height - TOP - 22 - FOLD - 16
    first = last
    while first >= 0:
        room -= _height(trace.steps[first]) + (WAIT if first < last else 0) // 2
        if room < 0 and first < last:
            break
        first -= 1
    return [(first + 1, last + 1)]


# --- laying out --------------------------------------------------------------------------


def _height(step: Step) -> int:
    return max(ROW, SEND * len(step.sent) + (8 if step.packet else 4))


def _fold(layout: _Layout, count: int) -> None:
    _leave_open(layout)
    layout.open.clear()
    words = f"⋯ {count:,} step{'s' * (count != 1)} folded ⋯"
    layout.parts.append(write((LEFT + RIGHT) / 2, layout.y + 4, words, "c s"))
    layout.y += FOLD


def _row(layout: _Layout, trace: Trace, place: int, overview: Overview, *, mark: bool) -> None:
    step = trace.steps[place]
    if not layout.bands["A"]:
        for side in SIDES:
            layout.bands[side].append((layout.y - 10, step.before.of(side)))
        layout.y += 22
    else:
        wait = step.time_ns - trace.steps[place - 1].time_ns
        if overview.usual_wait and wait > LONG_WAIT * overview.usual_wait:
            layout.y += WAIT
            level = step.packet is not None and step.packet.sender == step.who
            layout.parts.append(_pause(layout.y - WAIT, wait, -5 if level else 9))
    if step.packet is not None and _forged(step.packet, step, overview):
        layout.y += WAIT  # it comes from nowhere, and needs room of its own
    y, height = layout.y, _height(step)
    if mark:
        layout.parts.insert(0, f'<path class="n" d="M0 {num(y - 13)}h{WIDTH}v{height}H0z"/>')
    clock = short_time(step.time_ns)
    if clock != layout.clock:
        layout.clocks.append(write(3, y + 3, clock))
        layout.clock = clock
    if step.packet is not None:
        _arrive(layout, step, step.packet, y, overview)
    for count, packet in enumerate(step.sent):
        layout.open[packet.number] = (packet, y + SEND * count + (5 if step.packet else 0))
    _note_states(layout, step, y)
    layout.y += height


def _forged(packet: Packet, step: Step, overview: Overview) -> bool:
    """Whether nobody in the trace ever sent this packet that arrives."""
    return (
        packet.fate != "captured"
        and packet.sender != step.who
        and packet.number not in overview.sent
    )


def _arrive(layout: _Layout, step: Step, packet: Packet, y: float, overview: Overview) -> None:
    if packet.number in layout.open:
        _, start = layout.open.pop(packet.number)
        layout.arrows.append(LadderArrow(packet, start, y))
    elif _forged(packet, step, overview):
        layout.arrows.append(LadderArrow(packet, y - ROW * 0.45, y, forged=True))
    elif packet.fate == "captured" or packet.sender == step.who:
        layout.arrows.append(LadderArrow(packet, y, None if packet.fate == "lost" else y))
    else:  # sent in a folded part
        layout.arrows.append(LadderArrow(packet, y - ROW * 0.8, y))


def _leave_open(layout: _Layout) -> None:
    """Packets that do not arrive as far as is shown."""
    for packet, start in layout.open.values():
        layout.arrows.append(LadderArrow(packet, start, None))
        layout.y = max(layout.y, start + 30)


def _note_states(layout: _Layout, step: Step, y: float) -> None:
    event = short_event(step)
    for side in SIDES:
        x, style = (LEFT - 20, " e") if side == "A" else (RIGHT + 20, "")
        line = y + 4
        if step.after.of(side).possible != step.before.of(side).possible:
            layout.bands[side].append((y, step.after.of(side)))
            line += 11 * len(state_lines(step.after.of(side)))
        if event and step.who == side:
            layout.parts.append(write(x, line, event, "s u" + style))


# --- drawing -----------------------------------------------------------------------------


def _shapes(layout: _Layout, trace: Trace, relative: bool) -> Iterator[str]:
    for side in SIDES:
        x, style = (LEFT - BAND - 4, "e") if side == "A" else (RIGHT + 4, "")
        yield from _band(layout, side, x, style)
        host = brief(trace.hosts.get(side, ""), 23)
        middle = x + BAND / 2
        yield write(middle, 13, side, "c t", ' font-size="13"')
        yield write(middle, 25, host, "c s")
    yield f'<g class="s f">{"".join(layout.clocks)}</g>'
    yield from layout.parts
    for arrow, along in zip(layout.arrows, places(layout.arrows), strict=True):
        yield draw(arrow, along, relative)


def _band(layout: _Layout, side: Side, x: float, style: str) -> Iterator[str]:
    pieces = layout.bands[side]
    names = []
    for (y, end), below in zip(pieces, [*(y for y, _ in pieces[1:]), layout.y], strict=False):
        down = num(max(below - y - 1, 1))
        if end.state is None:
            box = f"M{num(x)} {num(y)}h{BAND}v{down}h-{BAND}z"
            yield f'<path class="g" style="stroke:var(--s0)" stroke-dasharray="3 2" d="{box}"/>'
        else:
            middle = num(x + BAND / 2)
            colour = f"stroke:var(--s{PHASE_OF[end.state]})"
            yield f'<path class="w" style="{colour}" d="M{middle} {num(y)}v{down}"/>'
        place = x - 4 if side == "A" else x + BAND + 4
        for count, line in enumerate(state_lines(end)):
            names.append(write(place, y + 4 + 11 * count, line))
    yield f'<g class="t {style}">{"".join(names)}</g>'.replace(' "', '"')


@lru_cache(maxsize=256)
def _pause(y: float, wait: int, lower: int) -> str:
    """A break in both lifelines, and ``lower`` units below it the words: much time passed."""
    marks = "".join(
        f'<path class="g" d="M{x - 10:.0f} {num(y + 3)}l8-6 4 6 8-6v5l-8 6-4-6-8 6z"/>'
        for x in (LEFT - BAND / 2 - 4, RIGHT + BAND / 2 + 4)
    )
    words = write((LEFT + RIGHT) / 2, y + lower, f"{short_time(wait)} pass", "c s f")
    return marks + words


def _in_words(trace: Trace, last: int, so_far: bool) -> str:
    title = visible(trace.title, 60)
    if not trace.steps:
        return f"Ladder of {title}: nothing happened."
    if so_far:
        return f"Ladder up to step {last} of {len(trace)}."
    end = trace.steps[-1].after
    if len(trace.packets) == 1:
        return (
            f"Ladder of {title}: one packet between A and B; at the end A is {end.a}, B is {end.b}."
        )
    return (
        f"Ladder of {title}: {len(trace.packets)} packets between A and B in {len(trace)} steps;"
        f" at the end A is {end.a}, B is {end.b}."
    )
