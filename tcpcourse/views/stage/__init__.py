"""The stage: a whole story in one picture that moves, is stepped, dragged and printed.

It is one piece of HTML that needs nothing from anywhere. Without its script it is the whole
ladder and the list of its sentences.
"""

from __future__ import annotations

from tcpcourse.trace import Trace
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.page import Html
from tcpcourse.views.stage.page import page
from tcpcourse.views.stage.parcel import code, without_code

__all__ = ["code", "stage", "without_code"]


def stage(trace: Trace | HasTrace, relative: bool = True) -> Html:
    """A trace as a stage: its ladder, the story bar, what happens now, and this story's roads.

    Of up to 40 steps each has a scene of its own. In a longer story the silence and the bulk
    are put together on the ladder itself; a slice, such as ``trace[500:540]``, shows any part
    step by step. ``relative`` chooses the numbers.

    >>> import tcpcourse as tcp
    >>> page = tcp.views.stage(tcp.recording("lost-fin"), relative=False)
    >>> page.startswith("<")
    True
    """
    return Html(page(as_trace(trace), relative))
