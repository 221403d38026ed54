"""The whole map in the stage's manner: all states and all roads, for those who choose their way.

A stage shows the roads of one story; in the playground nobody knows yet where it will lead.
Those who close first are on the left, the second on the right, as in a story of A and B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, Side, Step
from tcpcourse.views.diagram import EDGES
from tcpcourse.views.escape import markup
from tcpcourse.views.palette import PHASE_OF
from tcpcourse.views.stage.roads import END, HIGH, PITCH, TOP, Node, Size, Spot, free, line
from tcpcourse.views.svg import num
from tcpcourse.words import message

SIZE = Size(420, 116)
_COLUMNS = (82.0, 210.0, 338.0)
_PLACES: Mapping[Node, tuple[int, int]] = {
    State.CLOSED: (1, 0),
    State.SYN_SENT: (0, 1),
    State.LISTEN: (2, 1),
    State.SYN_RCVD: (1, 2),
    State.ESTABLISHED: (1, 3),
    State.FIN_WAIT_1: (0, 4),
    State.CLOSE_WAIT: (2, 4),
    State.FIN_WAIT_2: (0, 5),
    State.CLOSING: (1, 5),
    State.LAST_ACK: (2, 5),
    State.TIME_WAIT: (0, 6),
    END: (1, 7),
}
HEIGHT = round(TOP + 7 * PITCH + HIGH + 12)
SPOTS: Mapping[Node, Spot] = {
    node: (_COLUMNS[column], TOP + HIGH / 2 + PITCH * row)
    for node, (column, row) in _PLACES.items()
}
Way = tuple[Node, Node]


def way(before: State, after: State) -> Way:
    """The road of a change of state: CLOSED stands at the top and, once left, at the bottom."""
    return before, END if after is State.CLOSED else after


@lru_cache(maxsize=1)
def ways() -> dict[tuple[Node, Node, Side], str]:
    """Every road of the table, for each end its own, as SVG."""
    return {
        (*found, side): line(
            SPOTS[found[0]],
            SPOTS[found[1]],
            side,
            shared=True,
            free=free(*found, SPOTS),
            size=SIZE,
        )
        for found in dict.fromkeys(way(*edge) for edge in EDGES)
        for side in SIDES
    }


def country(steps: Iterable[Step]) -> str:
    """The map as SVG, with the roads that were walked and where both ends stand.

    The roads taken in the last of the steps are broad, and the tokens come along them.
    """
    walked: dict[tuple[Node, Node, Side], bool] = {}
    before: dict[Side, Node] = dict.fromkeys(SIDES, State.CLOSED)
    here = dict(before)
    been: set[Node] = {State.CLOSED}
    for step in steps:
        walked = dict.fromkeys(walked, False)
        before = dict(here)
        for side in SIDES:
            one, two = step.before.of(side).state, step.after.of(side).state
            if one is None or two is None or one is two:
                continue
            found = way(one, two)
            here[side] = found[1]
            been.add(found[1])
            if (*found, side) in ways():
                walked[*found, side] = True
    roads = "".join(
        ways()[road].replace('class="rd', 'class="rd now' if last else 'class="rd', 1)
        for road, last in walked.items()
    )
    shapes = "".join(
        node_shape(node, "" if node in been else " fut", node in here.values()) for node in SPOTS
    )
    discs = "".join(_token(before[side], here[side], side) for side in SIDES)
    a, b = (State.CLOSED if isinstance(node, str) else node for node in here.values())
    words = message("Map of the states: A is {a}, B is {b}.", a=str(a), b=str(b))
    return (
        f'<svg class="tcp-map" role="img" aria-label="{markup(words)}"'
        f' viewBox="0 0 {SIZE.width} {HEIGHT}">'
        f'<g class="all">{faint()}</g>{roads}{shapes}{discs}</svg>'
    )


def carried() -> dict[str, Any]:
    """The map as it travels in a page: its size, and by the numbers of the states (0 is CLOSED
    at the bottom) each state, its place, and each road of an end."""

    def number(node: Node) -> int:
        return 0 if isinstance(node, str) else node.value

    return {
        "size": (SIZE.width, HEIGHT, round(SIZE.node / 2 - 2)),
        "all": faint(),
        "nodes": {number(node): node_shape(node) for node in SPOTS},
        "spots": {number(node): place for node, place in SPOTS.items()},
        "ways": {
            f"{number(a)} {number(b)} {SIDES.index(side)}": svg
            for (a, b, side), svg in ways().items()
        },
    }


@lru_cache(maxsize=1)
def faint() -> str:
    """All roads, as they are before anybody has walked them."""
    return "".join(svg for (_, _, side), svg in ways().items() if side == "A")


def node_shape(node: Node, kind: str = "", now: bool = False) -> str:
    """A state on the map."""
    x, y = SPOTS[node]
    state = State.CLOSED if isinstance(node, str) else node
    return (
        f'<g class="pl{kind}{" now" * now}"><rect class="p{PHASE_OF[state]}"'
        f' x="{num(x - SIZE.node / 2)}" y="{num(y - HIGH / 2)}" width="{SIZE.node}"'
        f' height="{HIGH}" rx="8"/><text x="{num(x)}" y="{num(y + 4.4)}">{state}</text></g>'
    )


def _token(before: Node, now: Node, side: Side) -> str:
    (x, y), (x0, y0) = spot(now, side), spot(before, side)
    return (
        f'<g class="tok {side}" style="transform:translate({num(x)}px,{num(y)}px);'
        f'--from:translate({num(x0)}px,{num(y0)}px)"><circle r="12.5"/>'
        f'<text y="5">{side}</text></g>'
    )


def spot(node: Node, side: Side) -> Spot:
    """The place of an end's token on a node: A's on its left, B's on its right."""
    x, y = SPOTS[node]
    return x + (SIZE.node / 2 - 2) * (1 if side == "B" else -1), y
