"""Buttons of the playground, and how much room they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as ipw

from tcpcourse.words import say

LETTER, EDGES = 7, 22  # pixels of a button: for each letter, and besides


def button(label: str, act: Callable[[], None], tooltip: str = "", kind: str = "") -> Any:
    """A button that acts when it is pressed."""
    made = ipw.Button(description=say(label), tooltip=say(tooltip or label))
    if kind:
        made.add_class(kind)
    made.on_click(lambda _: act())
    return made


def lines(labels: Sequence[str], wide: int) -> int:
    """How many lines buttons take up, about, in a box ``wide`` pixels wide."""
    count, used = 1, 0
    for label in labels:
        size = EDGES + LETTER * len(label)
        full = used + size > wide
        count, used = count + full, size if full else used + size
    return count
