"""The state diagram, drawn from ``TRANSITIONS``: where both ends stand and how they got there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from tcpcourse.core.states import State
from tcpcourse.core.table import TRANSITIONS, Row
from tcpcourse.trace import SIDES, End, Ends, Side, Step, Trace
from tcpcourse.views.escape import brief, markup
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.palette import PHASE_OF, PHASES
from tcpcourse.views.routes import LABELS, LARGE, PLACES, ROUTES, Edge, Grid, Place
from tcpcourse.views.svg import Svg, head, num, picture, write
from tcpcourse.words import kept_by_language, listed, message

Point = tuple[float, float]
FOOT = 46  # room for a legend, or for the rows that fired
_STYLE = (
    ".tv path{stroke-linejoin:round}.tv .v,.tv .k{fill:none;stroke:var(--ink)}"
    ".tv .k{stroke-width:3.2}.tv .y{stroke:var(--mut);stroke-dasharray:4 3}.tv .z{fill:var(--ink)}"
    ".tv .z.y{fill:var(--mut);stroke:none}"
    ".tv .a,.tv .b{fill:none;stroke-width:3;stroke:var(--A)}.tv .b{stroke:var(--B)}"
    ".tv .w{opacity:.55;stroke-width:4}.tv .w.b{stroke-dasharray:7 4}.tv .d{stroke-dasharray:4 3}"
    ".tv .i{fill:var(--A)}.tv .j{fill:var(--B)}.tv text.x{fill:var(--on);font-weight:700}"
    + "".join(f".tv .p{at}{{fill:var(--c{at});stroke:var(--s{at})}}" for at in range(len(PHASES)))
)
_LABEL_STYLE = (
    ".tv .o{paint-order:stroke;stroke:var(--bg);stroke-width:3px}.tv text.f{fill:var(--mut)}"
)


def edges() -> dict[Edge, tuple[Row, ...]]:
    """The state-changing rows of the table, grouped by where they start and end."""
    found: dict[Edge, tuple[Row, ...]] = {}
    for row in TRANSITIONS:
        if row.changes_state:
            edge = (row.state, row.next)
            found[edge] = (*found.get(edge, ()), row)
    return found


EDGES = edges()
IN_FIGURE = frozenset(edge for edge, rows in EDGES.items() if any(row.in_figure for row in rows))


def state_diagram(of: Step | Trace | HasTrace | None = None, extra_edges: bool = True) -> Svg:
    """The map of all states, and on it a step, a trace, or nothing.

    The arrows of RFC 9293 figure 5 are solid; the ten that the figure leaves out are lighter
    and dashed, or left away without ``extra_edges``. Of a ``Step`` it shows where both ends
    stand after it and the row that fired; of a trace or a conversation the last step and the
    whole path.

    >>> import tcpcourse as tcp
    >>> tcp.views.state_diagram(tcp.simulate("refused")[-1])
    <Svg 992×736: State diagram of TCP: A is CLOSED, B is CLOSED. In this step A goes ...>
    """
    if of is None or isinstance(of, Step):
        return draw_diagram(of, {"A": (), "B": ()}, LARGE, extra_edges)
    steps = as_trace(of).steps
    return draw_diagram(steps[-1] if steps else None, path(steps), LARGE, extra_edges)


def path(steps: Iterable[Step]) -> dict[Side, tuple[Edge, ...]]:
    """The edges that each end walked, each once, in order."""
    walked: dict[Side, dict[Edge, None]] = {"A": {}, "B": {}}
    for step in steps:
        for side in SIDES:
            walked[side].update(dict.fromkeys(taken(step, side)))
    return {side: tuple(found) for side, found in walked.items()}


def taken(step: Step, side: Side) -> tuple[Edge, ...]:
    """The edges an end took in one step; empty when it stayed or nobody knows."""
    rows = [move.row for move in step.moves if move.who == side and move.row is not None]
    found = tuple((row.state, row.next) for row in rows if row.changes_state)
    if found:
        return found
    before, after = step.before.of(side).state, step.after.of(side).state
    if before is None or after is None or (before, after) not in EDGES:
        return ()
    return ((before, after),)


def draw_diagram(
    step: Step | None, walked: dict[Side, tuple[Edge, ...]], grid: Grid, extra_edges: bool = True
) -> Svg:
    """The diagram at one size, with the path walked so far."""
    return picture(
        _shapes(step, walked, grid, extra_edges),
        grid.width,
        grid.height + FOOT,
        _in_words(step, extra_edges),
        "tcs",
        style=_STYLE + _LABEL_STYLE if grid.large else _STYLE,
        short=not grid.large,
    )


def _shapes(
    step: Step | None, walked: dict[Side, tuple[Edge, ...]], grid: Grid, extra_edges: bool
) -> Iterator[str]:
    yield map_of_states(grid, extra_edges)
    for side in SIDES:
        if walked[side]:
            lines = "".join(line(edge, grid) for edge in walked[side])
            yield f'<path class="w {side.lower()}" d="{lines}"/>'
    if step is not None:
        for edge in (*taken(step, "A"), *taken(step, "B")):
            yield f'<path class="k" d="{line(edge, grid)}"/>'
            yield f'<path class="z" d="{tip(edge, grid, 11)}"/>'
    yield _boxes(grid)
    if step is None:
        yield from _legend(grid, extra_edges)
    else:
        yield from _stand(step.after, grid)
        yield from _fired(step, grid)


# --- the map, the same in every picture ----------------------------------------------------


@kept_by_language(8)
def map_of_states(grid: Grid, extra_edges: bool) -> str:
    """All arrows between the states, with their words where there is room."""
    solid = [edge for edge in EDGES if edge in IN_FIGURE]
    light = [edge for edge in EDGES if edge not in IN_FIGURE] if extra_edges else []
    shapes = ""
    for chosen, css in ((light, " y"), (solid, "")):
        if not grid.large:
            lines = "".join(line(edge, grid) for edge in chosen)
            tips = "".join(dict.fromkeys(tip(edge, grid) for edge in chosen))
            shapes += f'<path class="v{css}" d="{lines}"/><path class="z{css}" d="{tips}"/>'
            continue
        for edge in chosen:
            rows = "\n".join(f"{row.label} ({row.cite})" for row in EDGES[edge])
            words = markup(f"{edge[0]} → {edge[1]}\n{rows}")
            shapes += (
                f'<g data-edge="{edge[0]} {edge[1]}"><title>{words}</title>'
                f'<path class="v{css}" d="{line(edge, grid)}"/>'
                f'<path class="z{css}" d="{tip(edge, grid)}"/></g>'
            )
    if grid.large:
        shapes += "".join(label(edge, grid) for edge in (*solid, *light))
    return shapes


def label(edge: Edge, grid: Grid) -> str:
    """What happens and what is done on an edge, where the large map has a place for it."""
    if edge not in LABELS:
        return ""
    place, anchor = LABELS[edge]
    rows = EDGES[edge]
    # many things lead to CLOSED; where the figure names none of them, ABORT stands for all
    usual = [row for row in rows if row.in_figure or row.label.startswith("ABORT")]
    row = next((row for row in usual if row.in_figure), (usual or rows)[0])
    words = row.label.replace(", nothing waits to be sent", "")
    words = words.replace("create the TCB", "create TCB")
    style = f"s o {anchor[:1].strip('2')}{'' if edge in IN_FIGURE else ' f'}".replace("  ", " ")
    x, y = grid.at(place)
    lines = [words]
    if anchor.endswith("2"):
        first, slash, second = words.partition(" / ")
        if not slash:
            first, _, second = words.partition(", ")
        lines = [first, f"/ {second}"] if slash else [f"{first},", second]
    return "".join(write(x, y + 12 * at, part, style.strip()) for at, part in enumerate(lines))


@lru_cache(maxsize=4)
def _boxes(grid: Grid) -> str:
    width, height = 2 * grid.half_width, 2 * grid.half_height
    outlines, names = "", ""
    for state, (column, row) in PLACES.items():
        x, y = grid.at((column, row, 0, 0))
        left, top = num(x - grid.half_width), num(y - grid.half_height)
        box = f"M{left} {top}h{num(width)}v{num(height)}H{left}z"
        outlines += f'<path class="p{PHASE_OF[state]}" d="{box}"/>'
        names += write(x, y + 4, str(state))
    return f'{outlines}<g class="c t">{names}</g>'


@lru_cache(maxsize=128)
def line(edge: Edge, grid: Grid) -> str:
    """An edge as a path; with rounded corners where there is room."""
    points = [grid.at(place) for place in _route(edge)]
    words = f"M{num(points[0][0])} {num(points[0][1])}"
    if not grid.large:
        return words + "".join(map(_straight, points, points[1:]))
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        x1, y1 = _toward(corner, before, 6)
        x2, y2 = _toward(corner, after, 6)
        words += f"L{num(x1)} {num(y1)}Q{num(corner[0])} {num(corner[1])} {num(x2)} {num(y2)}"
    return words + f"L{num(points[-1][0])} {num(points[-1][1])}"


def _straight(start: Point, end: Point) -> str:
    if start[1] == end[1]:
        return f"H{num(end[0])}"
    return f"V{num(end[1])}" if start[0] == end[0] else f"L{num(end[0])} {num(end[1])}"


@lru_cache(maxsize=128)
def tip(edge: Edge, grid: Grid, size: float = 7) -> str:
    """The head of an edge's arrow."""
    (x1, y1), (x2, y2) = (grid.at(place) for place in _route(edge)[-2:])
    return head(x2, y2, x2 - x1, y2 - y1, size)


def _route(edge: Edge) -> tuple[Place, ...]:
    if edge in ROUTES:
        return ROUTES[edge]
    (c1, r1), (c2, r2) = PLACES[edge[0]], PLACES[edge[1]]
    return ((c1, r1, 0, 0), (c2, r2, 0, 0))


def _toward(start: Point, goal: Point, by: float) -> Point:
    """The point a little way from one towards another."""
    dx, dy = goal[0] - start[0], goal[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 0.01)
    part = min(by / length, 0.5)
    return start[0] + dx * part, start[1] + dy * part


# --- where the ends stand --------------------------------------------------------------------


def _stand(ends: Ends, grid: Grid) -> Iterator[str]:
    for side, end, css, away in (("A", ends.a, "a", -1), ("B", ends.b, "b", 1)):
        if len(end.possible) == len(State):
            continue  # nothing is known, so nothing is marked
        sure = "" if end.state is not None else " d"
        for state in end.possible:
            yield _marker(state, side, css + sure, away, end, grid)


def _marker(state: State, side: str, css: str, away: int, end: End, grid: Grid) -> str:
    x, y = grid.at((*PLACES[state], 0, 0))
    grow = 2 if side == "A" else 5  # so that both outlines are seen on one box
    w, h = grid.half_width + grow, grid.half_height + grow
    frame = (
        f'<path class="{css}" d="M{num(x - w)} {num(y - h)}h{num(2 * w)}v{num(2 * h)}'
        f'H{num(x - w)}z"/>'
    )
    cx, cy = x + away * (grid.half_width - 2), y - grid.half_height
    disc = "i" if side == "A" else "j"
    badge = f'<circle class="{disc}" cx="{num(cx)}" cy="{num(cy)}" r="8"/>'
    badge += write(cx, cy + 4, side, "c x")
    if state is State.TIME_WAIT and end.state is state:
        words = "waits 2MSL"
        place = x + away * (grid.half_width + 12), y + grid.half_height + 12
        badge += write(*place, words, "s o " + ("e" if away < 0 else ""))
    return frame + badge


def _fired(step: Step, grid: Grid) -> Iterator[str]:
    lines = []
    for move in step.moves:
        if move.row is not None:
            row = move.row
            arrow = f"{row.state} → {row.next}" if row.changes_state else f"stays {row.state}"
            lines.append(f"{move.who}: {arrow}: {row.label}")
    if not lines:
        lines = [f"A: {step.after.a}   B: {step.after.b}"]
    for count, words in enumerate(lines[:2]):
        size = min(1.0, grid.width / (len(words) * 5.9))
        style = "" if size == 1 else f' style="font-size:{num(11 * size)}px"'
        yield write(grid.width / 2, grid.height + 12 + 15 * count, brief(words, 120), "c", style)


def _legend(grid: Grid, extra_edges: bool) -> Iterator[str]:
    y = grid.height + 16
    yield f'<path class="v" d="M20 {y - 4}h36"/>'
    yield write(64, y, message("an arrow of RFC 9293 figure 5"))
    if extra_edges:
        x = 300 if grid.large else 20
        y += 0 if grid.large else 16
        yield f'<path class="v y" d="M{x} {y - 4}h36"/>'
        yield write(x + 44, y, message("in the rules of §3.10, but not in the figure"))


def _in_words(step: Step | None, extra_edges: bool) -> str:
    if step is None:
        count = len(EDGES) if extra_edges else len(IN_FIGURE)
        return message(
            "State diagram of TCP: {places} states and {count} arrows between them.",
            places=len(PLACES),
            count=count,
        )
    moved = [
        message("{side} goes from {a} to {b}", side=side, a=a, b=b)
        for side in SIDES
        for a, b in taken(step, side)
    ]
    a, b = str(step.after.a), str(step.after.b)
    if not moved:
        return message("State diagram of TCP: A is {a}, B is {b}.", a=a, b=b)
    return message(
        "State diagram of TCP: A is {a}, B is {b}. In this step {moved}.",
        a=a,
        b=b,
        moved=listed(moved),
    )
