"""The preprocessor of the nbconvert template ``tcpcourse``: what makes a page need nothing.

It puts the stage of the same story where a widget would need Python, and for the playground one
that needs none; it shares the cells out among slides, turns links between notebooks into links
between pages, and hands the template the files that go into the page.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from importlib.resources import files
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.export.layout import only_shows, pictures, spread, title_picture
from tcpcourse.export.lecturing import add_notes, guide
from tcpcourse.views.escape import markup
from tcpcourse.views.hands import playground
from tcpcourse.views.page import STORY
from tcpcourse.views.stage import code, without_code
from tcpcourse.words import message, say

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
FILES = {
    "vendor": (
        "reveal.css",
        "reveal.js",
        "notes.js",
        "tex-svg.js",
        "reveal.LICENSE",
        "mathjax.LICENSE",
    ),
    "own": ("shared.css", "shared.js", "deck.css", "deck.js", "page.css"),
    "tcpcourse": (
        "conf.json",
        "index.html.j2",
        "shared.html.j2",
        "colours.html.j2",
        "deck.html.j2",
        "page.html.j2",
        "index_page.html.j2",
    ),
}
INSTEAD = {
    "Playground": "Here is the playground: both ends and the wire in your hands",
    "Calculator": "Here is the calculator: seq and ack of any two segments",
    "CaptureBrowser": "Here is the capture browser: any file, its conversations and their states",
}
NEEDS_PYTHON = "It needs Python: run this chapter in JupyterLab or on Binder."
SAME_STORY = {
    "CaptureBrowser": "Without Python, this is what it shows of the first conversation.",
}
PLAYED_HERE = message(
    "You can play here, without Python: two connections at a time, one message each way in each."
)
ASKED_HERE = message("You can answer here, without Python. The answers travel in the page.")
_LINK = re.compile(r"(\]\((?!\w+:)[^)\s]*?)\.ipynb(#[^)]*)?\)")
_IMAGE = re.compile(r"(!\[[^\]]*\]\()(?!\w+:)([^)\s]+)\)")
_TO_RUN = re.compile(r"^\*\*How to run it\.\*\* .*\n+", re.MULTILINE)  # a page is not run
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+")


class Offline(Preprocessor):
    """Makes a notebook fit for a page that is opened with no network and no Python."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """A changed copy of the notebook, and what the template needs in ``resources``."""
        nb = deepcopy(nb)
        metadata = resources.get("metadata", {})
        folder = Path(metadata.get("path") or ".")
        deck = "reveal" in resources
        if deck:
            nb.cells = add_notes(nb.cells, guide(folder, str(metadata.get("name", ""))))
        for cell, words in pictures(nb.cells):
            cell.metadata["tcpcourse"] = {"alt": words, "again": ""}
            if cell.cell_type == "markdown":
                cell.source = _TO_RUN.sub("", cell.source)
                ending = ".slides.html" if deck else ".html"
                cell.source = _LINK.sub(rf"\g<1>{ending}\g<2>)", cell.source)
                cell.source = _IMAGE.sub(partial(_embedded, folder), cell.source)
            elif cell.cell_type == "code":
                cell.outputs = [_bare(_still(output)) for output in cell.outputs]
        if deck:
            for cell in nb.cells:
                cell.metadata["tcpcourse"]["only_shows"] = only_shows(cell)
            spread(nb.cells)
        used = {"reveal.LICENSE": deck, "mathjax.LICENSE": has_math(nb)}
        resources["tcpcourse"] = {
            "files": vendored(),
            "stage": code(),
            "licences": [name for name, needed in used.items() if needed],
            "math": used["mathjax.LICENSE"],
            "title": title_of(nb) or metadata.get("name", ""),
            "picture": title_picture(nb.cells) if deck else "",
            "around": metadata.get("around", ()),
        }
        return nb, resources


def vendored() -> dict[str, str]:
    """The text of every file behind the pages; TcpCourseError names one that is missing."""
    found = {}
    for folder, names in FILES.items():
        for name in names:
            path = files("tcpcourse").joinpath("templates", folder, name)
            try:
                text = path.read_text(encoding="utf-8")
            except OSError as error:
                raise TcpCourseError(
                    message(
                        "The template file {folder}/{name} is missing: install tcpcourse again.",
                        folder=folder,
                        name=name,
                    )
                ) from error
            found[name] = _SOURCE_MAP.sub("", text)
    return found


def title_of(nb: NotebookNode) -> str:
    """The notebook's first heading, or nothing."""
    for cell in nb.cells:
        found = re.search(r"^# +(.+)$", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and found:
            return str(found.group(1)).strip()
    return ""


def has_math(nb: NotebookNode) -> bool:
    """Whether any page of this notebook needs MathJax."""
    return any(
        re.search(r"\$|\\\(|\\\[|\\begin\{", _CODE.sub("", cell.source))
        if cell.cell_type == "markdown"
        else any("text/latex" in output.get("data", {}) for output in cell.get("outputs", []))
        for cell in nb.cells
    )


def _embedded(folder: Path, found: re.Match[str]) -> str:
    """A picture in Markdown with its bytes in place of its path, if it can be read."""
    path = folder / found.group(2)
    kind, _ = guess_type(path.name)
    try:
        data = b64encode(path.read_bytes()).decode("ascii")
    except OSError as error:
        raise TcpCourseError(
            message(
                "The picture {file} cannot be read: {reason}.", file=path, reason=error.strerror
            )
        ) from error
    return f"{found.group(1)}data:{kind or 'image/png'};base64,{data})"


def _still(output: NotebookNode) -> NotebookNode:
    """The output, or what stands in its place if it is a live widget."""
    data = output.get("data", {})
    html = data.get("text/html", "")
    if 'class="tcp-asks"' in html:  # a predictor leaves one that needs no Python
        words = f'<p class="tcp-instead">{markup(say(ASKED_HERE))}</p>'
        output["data"] = NotebookNode({"text/html": words + html})
        return output
    if STORY in data or WIDGET_VIEW in data:
        output["data"] = NotebookNode({"text/html": _instead(data.get(STORY, {}))})
    return output


def _bare(output: NotebookNode) -> NotebookNode:
    """The output without the code of its stages, which the page has once."""
    data = output.get("data", {})
    if "tcp-stage" in data.get("text/html", ""):
        data["text/html"] = without_code(data["text/html"])
    return output


def _instead(story: Mapping[str, Any]) -> str:
    """What a widget has left: its name, and what is shown where there is no Python."""
    name = str(story.get("widget"))
    if name == "Playground":
        try:
            played = playground(str(story.get("script", "")))
        except TcpCourseError:
            pass  # it begins with moves that only Python can make
        else:
            return f'<p class="tcp-instead">{markup(say(PLAYED_HERE))}</p>{played}'
    words = f"{INSTEAD.get(name, 'Here is a live widget')}. {NEEDS_PYTHON}"
    html = str(story.get("html", ""))
    if html:
        words += f" {SAME_STORY.get(name, '')}".rstrip()
    return f'<p class="tcp-instead">{markup(words)}</p>{html}'
