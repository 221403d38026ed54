"""The lecturer's guide: what it says under a slide's heading becomes that slide's speaker notes.

The guide is a Markdown file beside the notebooks. A heading of the second level names a chapter
by its number, one of the third level a slide of it by the slide's own heading. So the words for
the lecturer are in one place, and in no student's notebook or page.
"""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.export.layout import heading_of
from tcpcourse.words import message

GUIDE = "LECTURING.md"
_CHAPTER = re.compile(r"^## +(\d+) ·.*$", re.MULTILINE)
_SLIDE = re.compile(r"^### +(.+?) *$", re.MULTILINE)


def guide(folder: Path, chapter: str) -> dict[str, str]:
    """What the guide in ``folder`` says, by slide's heading, of the chapter named ``chapter``.

    ``chapter`` is a notebook's name, such as ``01-opening``. Where there is no guide, or the
    guide has no words for the chapter, nothing. Raises TcpCourseError if it cannot be read.
    """
    place = folder / GUIDE
    if not place.is_file():
        return {}
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TcpCourseError(
            message(
                "{place}: the lecturer's guide cannot be read: {error}.", place=place, error=error
            )
        ) from error
    chapters = _CHAPTER.split(text)[1:]
    for number, words in zip(chapters[::2], chapters[1::2], strict=True):
        if chapter.split("-", 1)[0] == number:
            slides = _SLIDE.split(re.split(r"^## ", words, flags=re.MULTILINE)[0])[1:]
            return {
                heading: said.strip()
                for heading, said in zip(slides[::2], slides[1::2], strict=True)
            }
    return {}


def add_notes(cells: list[NotebookNode], words: dict[str, str]) -> list[NotebookNode]:
    """The cells, with speaker notes behind each that begins with a heading of ``words``."""
    noted = []
    for cell in cells:
        noted.append(cell)
        said = words.get(heading_of(cell))
        if said:
            # A name given, not made up: two builds of a deck are equal byte for byte.
            notes = new_markdown_cell(said, id=f"{cell.id}-notes"[-64:])
            notes.metadata["slideshow"] = NotebookNode(slide_type="notes")
            noted.append(notes)
    return noted
