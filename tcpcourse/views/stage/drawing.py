"""The ladder as one SVG: drawn once, whole, at one width. The script moves it to any other.

Coordinates follow a grid: A's line, B's line, and heights from ``layout``. No shape has an id,
so that any number of stages can stand on one page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import atan2, degrees, hypot
from typing import NamedTuple
from unicodedata import east_asian_width

from tcpcourse.trace import SIDES, End, Packet, Side, Step, Trace
from tcpcourse.views.escape import brief, markup
from tcpcourse.views.palette import PHASE_OF
from tcpcourse.views.stage.facts import clock, duration
from tcpcourse.views.stage.layout import BULK, UNDER_WAY, Arrow, Sheet
from tcpcourse.views.stage.scenes import Scene
from tcpcourse.views.stage.words import call, label, roles, silence, whole_run
from tcpcourse.views.svg import num
from tcpcourse.views.words import numbers, state_lines

WIDTH, CLOCKS = 622, 62
BAND = 22
HEAD = 34
LETTER = 9.2  # width of a letter of a host's name, at most


class Frame(NamedTuple):
    """How wide a ladder is, and where the middles of A's and B's bands are."""

    width: int = WIDTH
    left: float = 190.0
    right: float = 472.0


WIDE = Frame()


def columns(text: str) -> int:
    """How wide a text is, in letters of the Latin alphabet: a Chinese one is as wide as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def draw(
    trace: Trace,
    shown: Sequence[Scene],
    sheet: Sheet,
    relative: bool = True,
    frame: Frame = WIDE,
    words: Mapping[int, tuple[str, str]] | None = None,
) -> str:
    """The shapes of the whole ladder, from the back to the front.

    ``words`` are what stands on some arrows, by their packets' numbers, above and below the
    line, in place of their flags and numbers.
    """
    high = num(sheet.height)
    parts = [f'<path class="bg" d="M0-{HEAD}H{frame.width}V{high}H0z"/>', heads(trace, frame)]
    parts += [
        _silence(shown[quiet.scene].steps[0], quiet.wait, quiet.y0, quiet.y1, frame)
        for quiet in sheet.silences
    ]
    parts += [
        _bulk(scene, y, frame) for scene, y in zip(shown, sheet.ys, strict=True) if scene.many
    ]
    parts += [_band(shown, sheet, side, frame) for side in SIDES]
    for arrow in sheet.arrows:
        given = (words or {}).get(arrow.packet.number)
        parts.append(_arrow(arrow, relative, frame, given))
    parts += list(_events(shown, sheet, frame))
    return "".join(parts)


def heads(trace: Trace, frame: Frame = WIDE) -> str:
    """What each end is called, above its line."""
    names = roles(trace)
    shapes = ""
    places: tuple[tuple[Side, float], ...] = (("A", frame.left), ("B", frame.right))
    for side, x in places:
        name = names[side]
        if x > frame.width - 60:  # the line is at the edge: the name stands before it
            shapes += (
                f'<g class="{side}"><circle class="o" cx="{num(x)}" cy="-17" r="11"/>'
                f'<text class="on c" x="{num(x)}" y="-12">{side}</text>'
                f'<text class="e" x="{num(x - 17)}" y="-12">{markup(name)}</text></g>'
            )
            continue
        x = min(x, frame.width - 17 - LETTER * columns(name))  # a long name stands whole
        shapes += (
            f'<g class="{side}"><circle class="o" cx="{num(x)}" cy="-17" r="11"/>'
            f'<text class="on c" x="{num(x)}" y="-12">{side}</text>'
            f'<text x="{num(x + 17)}" y="-12">{markup(name)}</text></g>'
        )
    return f'<g class="hd">{shapes}</g>'


# --- what fills the wire ---------------------------------------------------------------------


def _silence(step: Step, wait: int, top: float, bottom: float, frame: Frame) -> str:
    return _box("sl", top, bottom, duration(wait), silence(step), frame)


def _bulk(scene: Scene, y: float, frame: Frame) -> str:
    first, second = whole_run(scene.steps)
    return _box("bk", y + 6, y + BULK - 4, first, second, frame)


def _box(kind: str, top: float, bottom: float, first: str, second: str, frame: Frame) -> str:
    """A box across the wire with two lines of words; ``sl`` has a clock and is hatched."""
    left, wide, high = frame.left + 16, frame.right - frame.left - 32, bottom - top
    middle, centre = top + high / 2, (frame.left + frame.right) / 2
    inner = min(max(columns(first) * 9.5 + 34, columns(second) * 7.2) + 18, wide)
    shift, mark = 0.0, ""
    if kind == "sl":
        shift = 9
        x = centre - columns(first) * 4.6 - 6
        mark = (
            f'<g class="ck" transform="translate({num(x)} {num(middle - 9)})">'
            '<circle r="7"/><path d="M0-4.5V0L3.2 1.8"/></g>'
        )
    return (
        f'<g class="bx {kind}"><svg class="fr" x="{num(left)}" y="{num(top)}" width="{num(wide)}"'
        f' height="{num(high)}"><rect width="100%" height="100%" rx="8"/>'
        f'<path transform="skewX(-45)" stroke-width="{num(high)}"'
        f' d="M0 {num(high / 2)}H{num(frame.width + high)}"/></svg>'
        f'<rect class="in" x="{num(centre - inner / 2)}" y="{num(middle - 22)}"'
        f' width="{num(inner)}" height="44" rx="9"/>{mark}'
        f'<text class="n1 c" x="{num(centre + shift)}" y="{num(middle - 3)}">{markup(first)}</text>'
        f'<text class="m c" x="{num(centre)}" y="{num(middle + 15)}">{markup(second)}</text></g>'
    )


# --- bands -----------------------------------------------------------------------------------


def phase(end: End) -> str:
    """The class of a band: its phase, dashed if the state is not certain, or unknown."""
    found = {PHASE_OF[state] for state in end.possible}
    if len(found) != 1:
        return "pu"
    return f"p{found.pop()}" + ("" if end.state is not None else " un")


def _band(shown: Sequence[Scene], sheet: Sheet, side: Side, frame: Frame) -> str:
    if not shown:
        return ""
    pieces: list[tuple[float, End]] = [(6.0, shown[0].before.of(side))]
    for scene, y in zip(shown, sheet.ys, strict=True):
        if scene.step.after.of(side).possible != pieces[-1][1].possible:
            pieces.append((y + (BULK - 4 if scene.many else 0), scene.step.after.of(side)))
    ends = [*(y for y, _ in pieces[1:]), sheet.height - 4]
    shapes = ""
    for (y, end), below in zip(pieces, ends, strict=True):
        high = num(max(below - y, 1))
        shapes += (
            f'<rect class="{phase(end)}" x="-{BAND // 2}" y="{num(y)}" width="{BAND}"'
            f' height="{high}"/>'
        )
        if phase(end) == "p5":
            dots = f"M-4 {num(y + 6)}V{num(below)}M4 {num(y + 9)}V{num(below)}"
            shapes += f'<path class="dt" d="{dots}"/>'
    x = frame.left if side == "A" else frame.right
    return f'<g class="bd {side}" transform="translate({num(x)} 0)">{shapes}</g>'


# --- arrows ----------------------------------------------------------------------------------


def _arrow(arrow: Arrow, relative: bool, frame: Frame, given: tuple[str, str] | None = None) -> str:
    packet, forward = arrow.packet, arrow.packet.sender == "A"
    half = BAND / 2
    tail, tip = frame.left + half, frame.right - half
    if not forward:
        tail, tip = tip, tail
    sx = tail + (tip - tail) * arrow.start
    dx, dy = tip - sx, arrow.y1 - arrow.y0
    ex, ey = sx + dx * arrow.reach, arrow.y0 + dy * arrow.reach
    size = hypot(dx, dy)
    ux, uy = dx / size, dy / size
    along = (
        0.74 if arrow.overtaken else 0.27 if arrow.crossing else 0.33 if arrow.reach < 1 else 0.43
    )
    turn = degrees(atan2(dy, dx))
    turn = turn if forward else turn - 180 if turn > 0 else turn + 180
    kind = f"pk {packet.sender}" + (" ag" if arrow.road.again else "")
    kind += (" lo" if arrow.road.lost else "") + (" fg" if arrow.road.forged else "")
    kind += " wy" if arrow.reach == UNDER_WAY else ""
    head = ""
    if arrow.road.lost:
        head = f'<path class="x" d="M{num(ex - 7)} {num(ey - 7)}l14 14m0-14l-14 14"/>'
    elif arrow.reach == 1:
        back = f"l{num(-ux * 11 - uy * 5)} {num(-uy * 11 + ux * 5)}l{num(uy * 10)} {num(-ux * 10)}z"
        head = f'<path class="h" d="M{num(tip)} {num(arrow.y1)}{back}"/>'
    mark = ""
    if arrow.road.forged:
        mark = (
            f'<g class="q" transform="translate({num(sx)} {num(arrow.y0)})"><circle r="11"/>'
            '<text class="c" y="5">?</text></g>'
        )
    turned = f" rotate({num(turn)})" if dy else ""
    return (
        f'<g class="{kind}"><path class="w" d="M{num(sx)} {num(arrow.y0)}L{num(ex)} {num(ey)}"/>'
        f'{head}{mark}<g class="t" transform="translate({num(sx + dx * along)}'
        f' {num(arrow.y0 + dy * along)}){turned}">{_words(arrow, relative, given)}</g></g>'
    )


def _words(arrow: Arrow, relative: bool, given: tuple[str, str] | None) -> str:
    if given is not None:
        above, below = map(markup, given)
        return (
            f'<text class="f c" y="-6">{above}</text><text class="m c nq" y="15.5">{below}</text>'
        )
    name, long, short = label(arrow.road)
    extra = ""
    if long:
        extra = f'<tspan class="wd"> {markup(long)}</tspan>'
        extra += f'<tspan class="nn"> {markup(short)}</tspan>' if short else ""
    return (
        f'<text class="f c" y="-6">{markup(name)}{extra}</text>'
        f'<text class="m c" y="15.5">{number_line(arrow.packet, relative)}</text>'
    )


def number_line(packet: Packet, relative: bool) -> str:
    """``seq 1 ack 626``, and the window where it is closed."""
    seq, ack = numbers(packet, relative)
    words = f"seq {seq}" if ack is None else f"seq {seq} ack {ack}"
    return words + (" win 0" if not packet.scaled_window and not packet.segment.rst else "")


# --- events ----------------------------------------------------------------------------------


def _events(shown: Sequence[Scene], sheet: Sheet, frame: Frame) -> Iterator[str]:
    before, last = "", -99.0
    for scene, y in zip(shown, sheet.ys, strict=True):
        time = clock(scene.step.time_ns)
        late = BULK - 4 if scene.many else 0.0
        sides = "".join(_side(scene, side, y, time, late, frame) for side in SIDES)
        words = ""
        if time != before and y - last > 14:
            words = f'<text class="m tm" x="6" y="{num(y + late + 4.4)}">{markup(time)}</text>'
            before, last = time, y
        yield f'<g class="ev">{sides}{words}</g>'


def _side(scene: Scene, side: Side, y: float, time: str, late: float, frame: Frame) -> str:
    """What stands beside one end's line: its new state, its call; and the step's number."""
    step = scene.step
    own = step.who == side
    lines = []
    if scene.before.of(side).possible != step.after.of(side).possible:
        lines += [("st", line) for line in state_lines(step.after.of(side))]
    if own and not scene.many and (words := call(step)):
        lines.append(("m", brief(words, 18)))
    if own:
        lines.append(("m tn", time))
    x, anchor = (-20, " e") if side == "A" else (20, "")
    text = ""
    for count, (kind, line) in enumerate(lines):
        down = f' dy="{15 if lines[count - 1][0] == "st" else 14}"' if count else ""
        text += f'<tspan class="{kind}" x="{x}"{down}>{markup(line)}</tspan>'
    if text:
        text = f'<text class="l{anchor}" y="{num(late + 4.9)}">{text}</text>'
    mark = ""
    if own:
        number = str(scene.first + 1)
        wide = 7 * len(number) + 6
        shape = '<circle r="9.5"/>'
        if len(number) > 2:
            shape = f'<rect x="-{wide / 2:g}" y="-8.5" width="{wide}" height="17" rx="8.5"/>'
        mark = f'{shape}<text class="nr c" y="3.7">{number}</text>'
    if not text and not mark:
        return ""
    where = f"translate({num(frame.left if side == 'A' else frame.right)} {num(y)})"
    return f'<g class="s {side}" transform="{where}">{text}{mark}</g>'
