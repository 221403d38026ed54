"""The map of all states on which a state is chosen: its arrows, and where each state stands."""

from __future__ import annotations

from tcpcourse.core.states import State
from tcpcourse.views.diagram import EDGES, line, map_of_states, tip
from tcpcourse.views.misconceptions import Way
from tcpcourse.views.palette import PHASE_OF
from tcpcourse.views.routes import PLACES, Grid
from tcpcourse.views.svg import num

GRID = Grid((78, 190, 302), 44, 56, 49, 16, 380, 416, False)
"""A map that is read on a phone, too: as wide as one."""


def arrows(extra: str = "") -> str:
    """All arrows as SVG; ``extra`` are shapes that are drawn above them."""
    return (
        f'<svg class="mp" viewBox="0 0 {GRID.width} {GRID.height}" aria-hidden="true">'
        f"{map_of_states(GRID, True)}{extra}</svg>"
    )


def place_styles() -> str:
    """Where the button of each state stands on the map, as CSS."""
    wide, high = 2 * GRID.half_width / GRID.width, 2 * GRID.half_height / GRID.height
    rules = f".tcp-asks .at button[class]{{width:{num(100 * wide)}%;height:{num(100 * high)}%}}"
    for state, (column, row) in PLACES.items():
        x, y = GRID.at((column, row, 0, 0))
        left, top = x / GRID.width - wide / 2, y / GRID.height - high / 2
        rules += f".tcp-asks .at .n{state.value}{{left:{num(100 * left)}%;top:{num(100 * top)}%}}"
    return rules


def state_class(state: State) -> str:
    """The classes of a state's button: its place and its colours."""
    return f"n{state.value} f{PHASE_OF[state]}"


def road(way: Way | None, side: str) -> str:
    """The arrow that an end took to where it is now; nothing where it took none."""
    if way is None or way.row is None:
        return ""
    edge = (way.row.state, way.row.next)
    if edge not in EDGES:
        return ""
    tail, top = line(edge, GRID), tip(edge, GRID, 11)
    return f'<g class="rd {side}"><path d="{tail}"/><path class="h" d="{top}"/></g>'
