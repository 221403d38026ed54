"""What will the next packet say? Questions on a trace, for the predictor of a notebook and a page.

``questions`` says what is asked, what is right, and what a wrong answer is told; ``picture``
draws the stage's ladder with a question mark on the arrow, ``chart`` the map on which states
are clicked. In a page a script compares; all that it says travels in the page.
"""

from __future__ import annotations

from tcpcourse.views.asks.page import MOST, page
from tcpcourse.views.asks.questions import Quiz
from tcpcourse.views.page import Html

__all__ = ["MOST", "Quiz", "predictor"]


def predictor(quiz: Quiz) -> Html:
    """The questions as self-contained HTML that needs neither network nor Python.

    It asks for at most ``MOST`` packets. The answers travel in the page, packed.
    """
    return Html(page(quiz))
