"""The ladder alone: one picture that stands still, in a stage before its script runs, on paper,
in the playground, and as a view of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tcpcourse.trace import Trace
from tcpcourse.views import palette
from tcpcourse.views.palette import PHASES
from tcpcourse.views.stage.drawing import HEAD, WIDTH, draw
from tcpcourse.views.stage.layout import Sheet
from tcpcourse.views.stage.parcel import part
from tcpcourse.views.stage.scenes import Scene
from tcpcourse.words import message


@lru_cache(maxsize=1)
def rules() -> str:
    """The style of a ladder that stands by itself."""
    phases = "".join(
        f".tcp-ladder .p{place}{{fill:var(--c{place});stroke:var(--s{place})}}"
        for place in range(len(PHASES))
    )
    return f".tcp-ladder{{{palette.variables()}}}{phases}{part('ladder.css')}"


def still(
    trace: Trace,
    shown: Sequence[Scene],
    sheet: Sheet,
    relative: bool = True,
    *,
    attributes: str,
    over: str = "",
) -> str:
    """The ladder as one SVG, of ``WIDTH`` by the sheet's height and ``HEAD`` above it.

    ``attributes`` are those of its root besides, ``over`` are shapes that lie upon it.
    """
    high = sheet.height + HEAD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tcp-ladder" {attributes}'
        f' viewBox="0 -{HEAD} {WIDTH} {high:g}" width="{WIDTH}" height="{high:g}">'
        f"<style>{rules()}</style>{draw(trace, shown, sheet, relative)}{over}</svg>"
    )


def in_words(trace: Trace) -> str:
    """What the ladder shows, for those who cannot see it."""
    if not trace.steps:
        return message("Ladder: nothing happened.")
    end = trace.steps[-1].after
    if len(trace.packets) == 1:
        return message("Ladder: one packet; at the end A is {a}, B is {b}.", a=end.a, b=end.b)
    return message(
        "Ladder: {packets:,} packets in {trace:,} steps; at the end A is {a}, B is {b}.",
        packets=len(trace.packets),
        trace=len(trace),
        a=end.a,
        b=end.b,
    )
