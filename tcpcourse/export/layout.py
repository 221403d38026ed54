"""How the cells of a notebook are shared out among slides.

The authors' slide marks say where an idea begins. A slide has less room than a notebook, so a
slide whose text and pictures cannot stand together goes on on a second one, under the same
heading. So does one that asks a question: what comes next would give the answer away.
Heights are estimates on a slide of 1280 × 720; the deck itself then fits the letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

ROOM = 665  # pixels of a slide below its upper edge, letters a little smaller than usual
LINE, CODE_LINE, TABLE_ROW, HEADING = 36, 28, 34, 70
PICTURE = 470
LETTERS = 95  # in a line
STAGE = 540  # a stage is at least so high
SHORT = 2  # lines of code that may be left out beside what they show
_LADDER = re.compile(
    r'<img alt="Ladder[^"]*"[^<]* src="[^"]*"[^<>]*>'
    r'|<svg[^>]* class="tcp-ladder".*?</svg>(?=</div>)',
    re.DOTALL,
)
_TAGS = re.compile(r"<[^>]+>|[*`]")


def spread(cells: list[NotebookNode]) -> None:
    """Mark, in place, where slides begin, and give each slide that goes on its heading."""
    heading, used, asked = "", 0, False
    for place, cell in enumerate(cells):
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind in ("notes", "skip"):
            continue
        high = height(cell)
        if place == 0 or kind in ("slide", "subslide"):
            used, asked = high, False
        elif asked or (used + high > ROOM and used > HEADING):
            _set(cell, "slide")
            cell.metadata["tcpcourse"]["again"] = "" if heading_of(cell) else heading
            used, asked = HEADING + high, False
        else:
            used += high
        asked = asked or (cell.cell_type == "markdown" and "<details" in cell.source)
        heading = heading_of(cell) or heading


def heading_of(cell: NotebookNode) -> str:
    """The heading that the cell begins with, as plain text, or nothing."""
    found = re.match(r"#{1,3} +(.+)", cell.source) if cell.cell_type == "markdown" else None
    return _TAGS.sub("", found.group(1)) if found else ""


def only_shows(cell: NotebookNode) -> bool:
    """Whether the code of the cell only fetches or shows something: a deck leaves it out."""
    if cell.cell_type != "code":
        return False
    outputs = cell.get("outputs", [])
    if not outputs:
        return (
            bool(re.match(r"import |from \S+ import ", cell.source)) and "def " not in cell.source
        )
    short = len(cell.source.splitlines()) <= SHORT
    return short and all("text/html" in output.get("data", {}) for output in outputs)


def title_picture(cells: list[NotebookNode]) -> str:
    """A picture for the title slide: the first ladder that the chapter shows, or nothing."""
    for cell in cells:
        for output in cell.get("outputs", []):
            found = _LADDER.search(output.get("data", {}).get("text/html", ""))
            if found:
                return found.group()
    return ""


def _set(cell: NotebookNode, kind: str) -> None:
    cell.metadata.setdefault("slideshow", NotebookNode())["slide_type"] = kind


def height(cell: NotebookNode) -> int:
    """About how many pixels of a slide the cell takes up."""
    if cell.cell_type == "markdown":
        return sum(_block(block) for block in re.split(r"\n\s*\n", cell.source))
    outputs: list[dict[str, Any]] = cell.get("outputs", [])
    code = 0 if only_shows(cell) else CODE_LINE * len(cell.source.splitlines()) + 24
    return code + sum(map(_output, outputs))


def _block(block: str) -> int:
    if block.startswith("#"):
        return HEADING
    if block.lstrip().startswith("<details"):
        return LINE + 20
    lines = block.splitlines()
    if lines and lines[0].startswith("|"):
        return TABLE_ROW * len(lines)
    # A letter of Chinese is as wide as two others.
    return sum(
        LINE * (1 + (len(line) + sum(ord(letter) > 0x2E80 for letter in line)) // LETTERS)
        for line in lines
        if not line.startswith("</details")
    )


def _output(output: dict[str, Any]) -> int:
    data = output.get("data", {})
    html: str = data.get("text/html", "")
    if any(kind in html for kind in ("tcp-stage", "tcp-hands", "tcp-asks")):
        return LINE * html.count('class="tcp-instead"') + STAGE
    if "<svg" in html:
        tall = re.search(r'<svg[^>]* height="(\d+)[.\d]*"', html)
        return min(PICTURE, int(tall.group(1))) if tall else PICTURE
    if html.startswith("<img") or any(kind.startswith("image/") for kind in data):
        return PICTURE
    if html:
        points = [_TAGS.sub("", point) for point in re.findall(r"<li>(.*?)</li>", html)]
        lines = sum(1 + len(point) // LETTERS for point in points)
        return TABLE_ROW * (html.count("<tr") + lines) + LINE
    text: str = output.get("text", data.get("text/plain", ""))
    return CODE_LINE * len(text.splitlines()) + 12


def pictures(cells: list[NotebookNode]) -> Iterator[tuple[NotebookNode, str]]:
    """Each cell with words for a plot that it may show: the heading it stands under."""
    heading = ""
    for cell in cells:
        heading = heading_of(cell) or heading
        yield cell, f"Plot: {heading}" if heading else "Plot"
