"""The playground in a page: both ends and the wire in a reader's hands, with no Python behind it.

What an end answers comes from the reaction table that travels in the page; the script keeps
the wire and draws. Every sentence is here or in the rows of the table.
"""

from __future__ import annotations

from tcpcourse.views.hands.page import page
from tcpcourse.views.page import Html

__all__ = ["playground"]


def playground(script: str = "") -> Html:
    """Two ends and a wire to play with, as self-contained HTML of about 50 KB.

    ``script`` are moves already made, as in ``tcp.play``. It runs in any page, offline. Two
    connections of an end may mix on the wire, and each end sends one message of five bytes in
    a connection; beyond that it says where its table ends. ``tcp.widgets.Playground`` has no
    such limits, and needs Python. Raises ``TcpCourseError`` for a move that cannot be made.

    >>> import tcpcourse as tcp
    >>> len(tcp.views.playground()) < 60_000
    True
    """
    return Html(page(script))
