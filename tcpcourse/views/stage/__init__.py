"""The stage: a whole story in one picture that moves, is stepped, dragged and printed.

It is one piece of HTML that needs nothing from anywhere. Without its script it is the whole
ladder and the list of its sentences.
"""

from __future__ import annotations

from tcpcourse.trace import Trace
from tcpcourse.views.stage.code import code, without_code
from tcpcourse.views.stage.page import page

__all__ = ["Stage", "code", "stage", "without_code"]


class Stage:
    """A story on the stage; it shows itself in a notebook. ``html`` is its markup."""

    def __init__(self, trace: Trace, relative: bool = True) -> None:
        self.html = page(trace, relative)
        self._words = f"{len(trace):,} steps of {trace.title!r}"

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Stage: {self._words}>"


def stage(trace: Trace, relative: bool = True) -> Stage:
    """A trace as a stage: its ladder, the story bar, what happens now, and this story's roads.

    Of up to 40 steps each has a scene of its own. In a longer story the silence and the bulk
    are put together on the ladder itself; a slice, such as ``trace[500:540]``, shows any part
    step by step. ``relative`` chooses the numbers.
    """
    return Stage(trace, relative)
