"""What all widgets look like: the stage's palette and sizes, in boxes with a class each."""

from __future__ import annotations

from typing import Any

import ipywidgets as ipw

from tcpcourse.views.asks.page import style
from tcpcourse.views.escape import markup, visible


def head(title: str, below: str = "") -> Any:
    """The style of a widget, its title, and a line below it; both are plain text."""
    line = f'<p class="qu">{markup(visible(below, 160))}</p>' if below else ""
    return ipw.HTML(f'<style>{style()}</style><p class="tt">{markup(title)}</p>{line}')


def box(kind: str, *children: Any) -> Any:
    """A box of these classes."""
    made = ipw.Box(children)
    for name in kind.split():
        made.add_class(name)
    return made


def mark(control: Any, **kinds: bool) -> None:
    """Give a control these classes, or take them away."""
    for kind, there in kinds.items():
        (control.add_class if there else control.remove_class)(kind)
