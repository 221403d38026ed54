"""The colours of all pictures, each for light and for dark pages, and what they stand for.

Blue and orange are A and B and nothing else. The six phases of a connection have hues of
their own, the same on bands, maps, matrices and bars. Nothing is told by colour alone.
"""

from __future__ import annotations

from typing import NamedTuple

from tcpcourse.core.states import State
from tcpcourse.trace import Side


class Colour(NamedTuple):
    """A colour on a light page and on a dark one, each as ``#rrggbb``."""

    light: str
    dark: str

    def __str__(self) -> str:
        """The colour as CSS: the page's colour scheme chooses."""
        return f"light-dark({self.light},{self.dark})"


class Phase(NamedTuple):
    """A part of a connection's life: its name, its colours, and the states that belong to it."""

    name: str
    fill: Colour
    stroke: Colour
    states: tuple[State, ...]


PAPER = Colour("#ffffff", "#14181f")
INK = Colour("#14181f", "#eef1f5")
MUTED = Colour("#565e6b", "#a3acb9")
LINE = Colour("#d9dde3", "#333b47")
SOFT = Colour("#f1f3f6", "#1e242d")
HATCH = Colour("#aab1bc", "#5b6573")
NOW = Colour("#fff3c4", "#37301a")
NOW_LINE = Colour("#a8851a", "#d9b84a")
TROUBLE = Colour("#c3161c", "#ff7b78")
RIGHT = Colour("#1f6b2b", "#66c478")
"""What was answered rightly."""
ON_SIDE = Colour("#ffffff", "#0c0f14")
"""Letters on a disc of A's or B's colour."""

SIDE: dict[Side, Colour] = {"A": Colour("#0a63bd", "#6db6ff"), "B": Colour("#b04600", "#ff9d57")}

PHASES = (
    Phase("closed", Colour("#f1f3f5", "#3d4551"), Colour("#7a8392", "#828d9e"), (State.CLOSED,)),
    Phase(
        "opening",
        Colour("#f8e27c", "#6e5c0e"),
        Colour("#8c7000", "#d9bf45"),
        (State.LISTEN, State.SYN_SENT, State.SYN_RCVD),
    ),
    Phase("open", Colour("#a0db9c", "#1b622e"), Colour("#2e8439", "#66c478"), (State.ESTABLISHED,)),
    Phase(
        "closing first",
        Colour("#cbb8f4", "#573f9c"),
        Colour("#7450c4", "#ab8ff2"),
        (State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING),
    ),
    Phase(
        "closing second",
        Colour("#f5b8d4", "#953969"),
        Colour("#b6357d", "#f4accf"),
        (State.CLOSE_WAIT, State.LAST_ACK),
    ),
    Phase(
        "waiting", Colour("#9edfe3", "#114246"), Colour("#0b5a5f", "#50c3ca"), (State.TIME_WAIT,)
    ),
)
"""From closed through open to waiting; CLOSING belongs to those who closed first."""

PHASE_OF: dict[State, int] = {
    state: place for place, phase in enumerate(PHASES) for state in phase.states
}
"""The place in ``PHASES`` of each state's phase."""

_NAMED = {
    "bg": PAPER,
    "ink": INK,
    "mut": MUTED,
    "line": LINE,
    "soft": SOFT,
    "hatch": HATCH,
    "now": NOW,
    "nowline": NOW_LINE,
    "red": TROUBLE,
    "on": ON_SIDE,
    "A": SIDE["A"],
    "B": SIDE["B"],
}


def variables(used: str | None = None) -> str:
    """The colours as CSS variables: ``--bg``, ``--ink`` …, ``--A``, ``--B``, and of each phase
    ``--c0`` (fill) and ``--s0`` (stroke). Of a text that is given, only those that it uses."""
    named = [f"--{name}:{colour}" for name, colour in _NAMED.items()]
    for place, phase in enumerate(PHASES):
        named += [f"--c{place}:{phase.fill}", f"--s{place}:{phase.stroke}"]
    if used is not None:
        named = [words for words in named if f"var({words.partition(':')[0]})" in used]
    return ";".join(named)


def schemes(kind: str) -> str:
    """CSS that lets elements of a class follow the notebook's or page's own theme, light or
    dark, else the reader's; paper is always light."""
    light = ("body[data-jp-theme-light=true]", "html[data-theme=light]", "body.vscode-light")
    dark = ("body[data-jp-theme-light=false]", "html[data-theme=dark]", "body.vscode-dark")
    return (
        f".{kind}{{color-scheme:light dark}}"
        + ",".join(f"{root} .{kind}" for root in light)
        + "{color-scheme:light}"
        + ",".join(f"{root} .{kind}" for root in dark)
        + "{color-scheme:dark}"
        + f"@media print{{.{kind}.{kind}.{kind}{{color-scheme:light}}}}"
    )
