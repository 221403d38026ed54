"""Where the state diagram has its boxes and its edges: a grid laid by hand, after figure 5.

A point is (column, row, dx, dy): the middle of a place of the grid, moved by dx half widths
and dy half heights of a box. So ``(1, 0, 1, 0)`` is the right edge of CLOSED. Which edges
*exist* is not written here; the rows of ``TRANSITIONS`` say that.
"""

from __future__ import annotations

from dataclasses import dataclass

from tcpcourse.core.states import State
from tcpcourse.core.table.rows import CG, CW, F1, F2, LA, SR, SS, TW, C, E, L

Edge = tuple[State, State]
Place = tuple[float, float, float, float]

PLACES: dict[State, tuple[int, int]] = {
    C: (1, 0),
    L: (1, 1),
    SR: (0, 2),
    SS: (2, 2),
    E: (1, 3),
    F1: (0, 4),
    CW: (2, 4),
    F2: (0, 5),
    CG: (1, 5),
    LA: (2, 5),
    TW: (1, 6),
}

ROUTES: dict[Edge, tuple[Place, ...]] = {
    (C, L): ((1, 0, -0.3, 1), (1, 1, -0.3, -1)),
    (L, C): ((1, 1, 0.12, -1), (1, 0, 0.12, 1)),
    (C, SS): ((1, 0, 1, 0.4), (2, 0, -0.1, 0.4), (2, 2, -0.1, -1)),
    (SS, C): ((2, 2, 0.4, -1), (2, 0, 0.4, -0.4), (1, 0, 1, -0.4)),
    (L, SR): ((1, 1, -1, -0.3), (0, 1, -0.2, -0.3), (0, 2, -0.2, -1)),
    (SR, L): ((0, 2, 0.4, -1), (0, 1, 0.4, 0.5), (1, 1, -1, 0.5)),
    (L, SS): ((1, 1, 1, 0), (2, 1, -0.6, 0), (2, 2, -0.6, -1)),
    (SS, SR): ((2, 2, -1, 0), (0, 2, 1, 0)),
    (SR, E): ((0, 2, 0.4, 1), (0, 3, 0.4, -0.4), (1, 3, -1, -0.4)),
    (SS, E): ((2, 2, -0.4, 1), (2, 3, -0.4, -0.4), (1, 3, 1, -0.4)),
    (SR, F1): ((0, 2, -0.4, 1), (0, 4, -0.4, -1)),
    (SS, CW): ((2, 2, 0.35, 1), (2, 4, 0.35, -1)),
    (E, F1): ((1, 3, -1, 0.4), (0, 3, 0.4, 0.4), (0, 4, 0.4, -1)),
    (E, CW): ((1, 3, 1, 0.4), (2, 3, -0.4, 0.4), (2, 4, -0.4, -1)),
    (SR, CW): ((0, 2, 0.75, 1), (0, 2.5, 0.75, 0), (2, 2.5, 0.1, 0), (2, 4, 0.1, -1)),
    (F1, F2): ((0, 4, -0.4, 1), (0, 5, -0.4, -1)),
    (F1, CG): ((0, 4, 1, 0), (1, 4, -0.3, 0), (1, 5, -0.3, -1)),
    (F1, TW): (
        (0, 4, 0.5, 1),
        (0, 4.5, 0.5, 0),
        (0.5, 4.5, 0, 0),
        (0.5, 6, 0, -0.4),
        (1, 6, -1, -0.4),
    ),
    (F2, TW): ((0, 5, -0.1, 1), (0, 6, -0.1, 0.3), (1, 6, -1, 0.3)),
    (CG, TW): ((1, 5, 0, 1), (1, 6, 0, -1)),
    (CW, LA): ((2, 4, 0, 1), (2, 5, 0, -1)),
    (LA, C): ((2, 5, 1, 0), (2, 5, 1.3, 0), (2, 0, 1.3, -1.5), (1, 0, 0.4, -1.5), (1, 0, 0.4, -1)),
    (TW, C): ((1, 6, 1, 0), (2, 6, 1.5, 0), (2, 0, 1.5, -2.1), (1, 0, 0, -2.1), (1, 0, 0, -1)),
    (CW, C): ((2, 4, 1, 0), (2, 4, 1.3, 0), (2, 0, 1.3, -1.5), (1, 0, 0.4, -1.5), (1, 0, 0.4, -1)),
    (SR, C): ((0, 2, -1, 0.3), (0, 2, -1.3, 0.3), (0, 0, -1.3, 0), (1, 0, -1, 0)),
    (F1, C): ((0, 4, -1, 0), (0, 4, -1.3, 0), (0, 0, -1.3, 0), (1, 0, -1, 0)),
    (F2, C): ((0, 5, -1, 0), (0, 5, -1.3, 0), (0, 0, -1.3, 0), (1, 0, -1, 0)),
    (E, C): (
        (1, 3, -0.9, -1),
        (1, 1.5, -0.9, 0),
        (0.6, 1.5, 0, 0),
        (0.6, 0, 0, 0.6),
        (1, 0, -1, 0.6),
    ),
    (CG, C): (
        (1, 5, 1, 0),
        (1.38, 5, 0, 0),
        (1.38, 0.3, 0, 0),
        (1, 0.3, 0.75, 0),
        (1, 0, 0.75, 1),
    ),
    (TW, SR): (
        (1, 6, -0.6, 1),
        (1, 6, -0.6, 1.7),
        (0, 6, -1.55, 1.7),
        (0, 2, -1.55, -0.4),
        (0, 2, -1, -0.4),
    ),
}
"""How to draw an edge. An edge without a route would be drawn straight."""

# Where an edge's label stands in the large diagram, and to which side it runs; with 2, on
# two lines.
LABELS: dict[Edge, tuple[Place, str]] = {
    (C, L): ((1, 0.5, -0.4, -0.3), "e2"),
    (L, C): ((1, 0.5, 0.22, 0.4), "2"),
    (C, SS): ((1.55, 0, 0, 1.25), "c"),
    (SS, C): ((1.55, 0, 0, -0.71), "c"),
    (L, SR): ((0.34, 1, 0, -0.61), "c"),
    (SR, L): ((0.34, 1, 0, 1.31), "c2"),
    (L, SS): ((1.64, 1, 0, -1.06), "c2"),
    (SS, SR): ((0.5, 2, 0, -0.31), "c"),
    (SR, E): ((0.5, 3, 0, -0.71), "c"),
    (SS, E): ((1.6, 3, 0, -0.71), "c"),
    (SR, F1): ((0, 3, -0.46, -0.4), "e2"),
    (E, F1): ((0.5, 3, 0, 1.21), "c"),
    (E, CW): ((1.6, 3, 0, 1.21), "c"),
    (F1, F2): ((0, 4.73, -0.34, 0), ""),
    (F1, CG): ((0.6, 4, 0, -0.31), "c"),
    (F2, TW): ((0.55, 6, 0, 1.11), "c"),
    (CG, TW): ((1, 5.5, 0.1, 0.25), ""),
    (CW, LA): ((2, 4.5, 0.1, 0.25), ""),
    (LA, C): ((2, 5, 0, 1.85), "c"),
    (TW, C): ((1.5, 6, 0, -0.31), "c"),
    (SS, CW): ((2, 3, 0.42, 0), "2"),
    (SR, CW): ((0.5, 2.5, 0, -0.31), "c"),
    (F1, TW): ((0.5, 5.45, 0.1, 0), "2"),
    (SR, C): ((0.2, 0, 0, -0.31), "c"),
    (TW, SR): ((0.5, 6, 0, 2.51), "c"),
}


@dataclass(frozen=True, slots=True)
class Grid:
    """How large the grid is drawn: middles of the columns and rows, and half a box."""

    columns: tuple[float, float, float]
    top: float
    pitch: float
    half_width: float
    half_height: float
    width: int
    height: int
    large: bool

    def at(self, place: Place) -> tuple[float, float]:
        """A place of the grid in units of the picture."""
        column, row, dx, dy = place
        low = min(int(column), 1)
        left, right = self.columns[low], self.columns[low + 1]
        x = left + (right - left) * (column - low)
        if abs(dx) > 1:  # a lane beside the boxes; the large picture has more room there
            dx += (dx - (1 if dx > 0 else -1)) * (2.6 if self.large else 0)
        x += dx * self.half_width
        y = self.top + row * self.pitch + dy * self.half_height
        return (x, y) if self.large else (round(x), round(y))


SMALL = Grid((92, 226, 360), 46, 58, 50, 13, 452, 430, False)
LARGE = Grid((186, 500, 814), 60, 94, 58, 16, 992, 690, True)
