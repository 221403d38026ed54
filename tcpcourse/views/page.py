"""Views as files: a page of its own, and text written where the reader wants it."""

from __future__ import annotations

from os import PathLike, fspath

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.views.escape import markup, visible
from tcpcourse.words import message

STORY = "application/vnd.tcpcourse.story+json"
"""The kind of output in which a live widget leaves what stands in its place where there is no
Python: its name (``widget``), and ``html`` or, of a playground, the ``script`` that it begins
with. No notebook shows it; pages and decks are made of it."""


class Html(str):
    """Markup that shows itself in a notebook; as a string it is the markup.

    >>> Html("<p>Here it is.</p>")
    <Html of 18 characters>
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"<Html of {len(self):,} characters>"


def whole_page(title: str, body: str) -> str:
    """A page of HTML that needs nothing from anywhere else; ``title`` is plain text."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{markup(visible(title, 120))}</title>\n</head>\n"
        '<body style="font-family:system-ui,sans-serif;margin:1rem">\n'
        f"{body}\n</body>\n</html>\n"
    )


def save_text(path: str | PathLike[str], text: str) -> None:
    """Write a text file; raises ``TcpCourseError`` when the place does not allow it."""
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TcpCourseError(
            message(
                "{file} cannot be written: {reason}. Choose a folder that exists "
                "and that you may write to.",
                file=visible(fspath(path), 120),
                reason=reason.lower(),
            )
        ) from None
