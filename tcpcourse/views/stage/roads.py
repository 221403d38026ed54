"""The map inside a stage: the states of this story and the roads that its two ends take.

A's road is on the left and B's on the right, as in the ladder; what both visit is in the
middle. CLOSED stands twice, at the start and at the end, so that roads lead downwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, End, Side, other
from tcpcourse.views.escape import brief
from tcpcourse.views.palette import PHASE_OF
from tcpcourse.views.stage.scenes import Scene
from tcpcourse.views.svg import num

WIDTH, PITCH, WIDE, HIGH, TOP = 330, 54, 132, 30, 22
COLUMNS = {"A": 80.0, "AB": 165.0, "B": 250.0}
END = "end"
Node = State | str
Spot = tuple[float, float]


class Size(NamedTuple):
    """How wide a map is, and each state on it."""

    width: int
    node: int


SMALL = Size(WIDTH, WIDE)
_ROWS: dict[Node, int] = {
    State.CLOSED: 0,
    State.LISTEN: 1,
    State.SYN_SENT: 1,
    State.SYN_RCVD: 2,
    State.ESTABLISHED: 3,
    State.FIN_WAIT_1: 4,
    State.CLOSE_WAIT: 4,
    State.FIN_WAIT_2: 5,
    State.LAST_ACK: 5,
    State.CLOSING: 5,
    State.TIME_WAIT: 6,
    END: 7,
}


@dataclass(slots=True)
class Roads:
    """The map: the roads as ``svg`` and their height; each node's place, phase and name; and
    for every scene the nodes where each end may be after it, and the roads it takes in it
    (both by number)."""

    svg: str = ""
    height: int = 0
    nodes: list[tuple[float, float, int, str]] = field(default_factory=list)
    at: list[dict[Side, list[int]]] = field(default_factory=list)
    start: dict[Side, list[int]] = field(default_factory=dict)
    taken: list[dict[Side, int]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


def roads(shown: Sequence[Scene]) -> Roads:
    """The map of a story; without roads if no state of it is known."""
    walk = _walk(shown)
    visits: dict[Node, set[Side]] = {}
    for moment in walk:
        for side in SIDES:
            for node in moment[side]:
                visits.setdefault(node, set()).add(side)
    order = sorted(visits, key=lambda node: (_ROWS[node], str(node)))
    places = _places(order, visits)
    index = {node: place for place, node in enumerate(order)}
    found = Roads(nodes=[node_of(node, places[node]) for node in order])
    found.height = round(max((y for _, y in places.values()), default=0) + HIGH / 2 + 24)
    found.start = {side: [index[node] for node in walk[0][side]] for side in SIDES} if walk else {}
    lines: dict[tuple[Node, Node, Side], int] = {}
    for before, after, scene in zip(walk, walk[1:], shown, strict=False):
        found.at.append({side: [index[node] for node in after[side]] for side in SIDES})
        took: dict[Side, int] = {}
        for side in SIDES:
            if len(before[side]) == len(after[side]) == 1 and _did(scene, side):
                edge = (before[side][0], after[side][0], side)
                took[side] = lines.setdefault(edge, len(lines))
        found.taken.append(took)
        found.labels.append(_label(scene))
    shared = {edge[:2] for edge in lines if (edge[0], edge[1], other(edge[2])) in lines}
    found.svg = "".join(
        line(places[a], places[b], side, shared=(a, b) in shared, free=free(a, b, places))
        for a, b, side in lines
    )
    return found


def _did(scene: Scene, side: Side) -> bool:
    """Whether an end did something in a scene; in a run of many only if its state moved."""
    if scene.many:
        return scene.before.of(side).possible != scene.step.after.of(side).possible
    step = scene.step
    if step.before.of(side).possible != step.after.of(side).possible:
        return True
    return any(move.who == side and move.row is not None for move in step.moves)


def _label(scene: Scene) -> str:
    rows = [move.row for move in scene.step.moves if move.row is not None and not scene.many]
    return brief(rows[0].label, 46) if rows else ""


def node_of(node: Node, place: Spot) -> tuple[float, float, int, str]:
    """Where a node stands, its phase and its name."""
    state = State.CLOSED if isinstance(node, str) else node
    return *place, PHASE_OF[state], str(state)


def _walk(shown: Sequence[Scene]) -> list[dict[Side, list[Node]]]:
    """The nodes of both ends before the story and after each scene; none where all is unknown."""
    if not shown:
        return []
    been: dict[Side, bool] = {"A": False, "B": False}
    walk = []
    for ends in (shown[0].before, *(scene.step.after for scene in shown)):
        moment: dict[Side, list[Node]] = {}
        for side in SIDES:
            moment[side] = _nodes(ends.of(side), been[side])
            been[side] = been[side] or any(node not in (State.CLOSED, END) for node in moment[side])
        walk.append(moment)
    return walk


def _nodes(end: End, been: bool) -> list[Node]:
    if len(end.possible) > 3:
        return []
    return [END if state is State.CLOSED and been else state for state in end.possible]


def _places(
    order: Sequence[Node], visits: dict[Node, set[Side]]
) -> dict[Node, tuple[float, float]]:
    """Rows from top to bottom; two nodes that would stand on one place get a row each."""
    rows: list[tuple[int, str]] = []
    spots: dict[Node, int] = {}
    for node in order:
        column = "".join(sorted(visits[node]))
        last = rows[-1][0] if rows else -1
        crowded = {col for row, col in rows if row == last}
        clash = column in crowded or (column == "AB" and crowded) or "AB" in crowded
        if last != _ROWS[node] or clash:
            spots[node] = max(spots.values(), default=-1) + 1
            rows = [(_ROWS[node], column)]
        else:
            spots[node] = max(spots.values())
            rows.append((last, column))
    return {
        node: (COLUMNS["".join(sorted(visits[node]))], TOP + HIGH / 2 + PITCH * spots[node])
        for node in order
    }


def free(a: Node, b: Node, places: Mapping[Node, Spot]) -> bool:
    """Whether a straight way down leads by no other node."""
    (ax, ay), (bx, by) = places[a], places[b]
    return not any(
        ay < y < by and (abs(x - ax) < 9 or abs(x - bx) < 9)
        for node, (x, y) in places.items()
        if node not in (a, b)
    )


def line(a: Spot, b: Spot, side: Side, *, shared: bool, free: bool, size: Size = SMALL) -> str:
    """One end's road from place to place; a ``shared`` one keeps to its side of the way, and
    one that is not ``free`` leads along the edge of the map."""
    (ax, ay), (bx, by) = a, b
    away = -1 if side == "A" else 1
    if a == b:
        x = ax + away * size.node / 2
        path = f"M{num(x)} {num(ay - 6)}C{num(x + away * 22)} {num(ay - 20)}"
        path += f" {num(x + away * 22)} {num(ay + 20)} {num(x + away * 5)} {num(ay + 7)}"
        way = (-away, -0.4)
    elif by > ay and (free or by - ay < PITCH * 1.5):
        off = away * 9 if shared else 0
        y0, y1 = ay + HIGH / 2, by - HIGH / 2 - 6
        middle = num((y0 + y1) / 2)
        path = f"M{num(ax + off)} {num(y0)}C{num(ax + off)} {middle} {num(bx + off)} {middle}"
        path += f" {num(bx + off)} {num(y1)}"
        way = (0, 1)
    else:  # far down past others, or back up: along the edge of the map
        lane = 9.0 if side == "A" else size.width - 9.0
        x0, x1 = ax + away * size.node / 2, bx + away * (size.node / 2 + 6)
        path = f"M{num(x0)} {num(ay + 4)}C{num(lane)} {num(ay + 4)} {num(lane)} {num(ay + 4)}"
        down = 16 if by > ay else -16
        path += f" {num(lane)} {num(ay + 4 + down)}V{num(by - 4 - down)}"
        path += f"C{num(lane)} {num(by - 4)} {num(lane)} {num(by - 4)} {num(x1)} {num(by - 4)}"
        way = (-away, 0)
    tip = _tip(path, way)
    return f'<g class="rd {side}"><path d="{path}"/><path class="h" d="{tip}"/></g>'


def _tip(path: str, way: Spot) -> str:
    """An arrow head at the end of a path that arrives in a direction."""
    numbers = path.replace("C", " ").replace("V", " ").replace("M", " ").split()
    x, y = float(numbers[-2]), float(numbers[-1])
    dx, dy = way
    size = (dx * dx + dy * dy) ** 0.5
    ux, uy = dx / size * 8, dy / size * 8
    return (
        f"M{num(x + ux * 0.75)} {num(y + uy * 0.75)}l{num(-ux - uy * 0.55)} {num(-uy + ux * 0.55)}"
        f"l{num(uy * 1.1)} {num(-ux * 1.1)}z"
    )
