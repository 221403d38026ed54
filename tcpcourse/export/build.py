"""Decks and reading copies: nbconvert's own exporters with the template of this package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from errno import EISDIR
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal

from nbformat import NotebookNode

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.export.chapters import read
from tcpcourse.export.offline import title_of, vendored
from tcpcourse.views.escape import markup
from tcpcourse.words import message

TEMPLATE = "tcpcourse"
INDEX = "index.html"


def slides(chapters: Sequence[Path], out: Path) -> list[Path]:
    """Write a deck for each notebook into ``out``; the paths of the decks.

    Raises TcpCourseError, and leaves ``out`` as it was, if a notebook has an error or was
    never executed, if a template file is missing, or if ``out`` cannot be written.
    """
    decks = {f"{path.stem}.slides.html": _page("slides", path, read(path)) for path in chapters}
    return write(decks, out)


def pages(chapters: Sequence[Path], out: Path) -> list[Path]:
    """Write a reading copy of each notebook and an index into ``out``; the paths of all.

    Raises TcpCourseError as ``slides`` does.
    """
    notebooks = [(path, read(path)) for path in chapters]
    titles = [(f"{path.stem}.html", title_of(nb) or path.stem) for path, nb in notebooks]
    made = {}
    for place, (path, notebook) in enumerate(notebooks):
        around = [(INDEX, "All chapters"), *titles[max(place - 1, 0) : place + 2]]
        around.remove(titles[place])
        made[titles[place][0]] = _page("html", path, notebook, around)
    made[INDEX] = _index(titles, [notebook for _, notebook in notebooks])
    return write(made, out)


def _page(
    kind: Literal["slides", "html"],
    path: Path,
    notebook: NotebookNode,
    around: Sequence[tuple[str, str]] = (),
) -> str:
    from jinja2 import TemplateError
    from nbconvert.exporters import HTMLExporter, SlidesExporter

    metadata = {"name": path.stem, "path": str(path.parent), "around": around}
    try:
        with as_file(files("tcpcourse").joinpath("templates")) as templates:
            maker: Any = {"slides": SlidesExporter, "html": HTMLExporter}[kind]
            exporter = maker(template_name=TEMPLATE, extra_template_basedirs=[str(templates)])
            text, _ = exporter.from_notebook_node(notebook, resources={"metadata": metadata})
    except (TemplateError, ValueError) as error:
        missing = str(error).split("\n")[0]
        raise TcpCourseError(
            message(
                "The template cannot be used ({missing}): install tcpcourse again.", missing=missing
            )
        ) from error
    return str(text)


def _index(titles: Sequence[tuple[str, str]], notebooks: Sequence[NotebookNode]) -> str:
    lines = []
    for (name, title), notebook in zip(titles, notebooks, strict=True):
        about = _about(notebook)
        number = re.match(r"\d+", name)
        if number and not title.startswith(number.group()):
            title = f"{number.group()} · {title}"
        lines.append(f'<dt><a href="{markup(name)}">{markup(title)}</a></dt><dd>{about}</dd>')
    found = vendored()
    template = environment().get_template("index_page.html.j2")
    return str(template.render(chapters="\n".join(lines), files=found))


def _about(notebook: NotebookNode) -> str:
    """What a chapter does and how long it takes, from its first cell."""
    first = notebook.cells[0].source if notebook.cells else ""
    said = dict(re.findall(r"^\*\*(What you'll do|How long)\.\*\* *(.+)$", first, re.MULTILINE))
    return markup(" ".join(re.sub(r"[*`]", "", words) for words in said.values()))


def environment() -> Any:
    """Where the templates of pages that no notebook makes are found."""
    from jinja2 import Environment, PackageLoader

    return Environment(loader=PackageLoader("tcpcourse", f"templates/{TEMPLATE}"), autoescape=False)


def write(texts: Mapping[str, str], out: Path) -> list[Path]:
    """Write the texts under their names into the folder ``out``, all of them or none.

    Raises TcpCourseError if that cannot be done; nothing half-written is left behind.
    """
    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    waiting = {out / f".{name}.part": out / name for name in texts}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for part, text in zip(waiting, texts.values(), strict=True):
            part.write_text(text, encoding="utf-8", newline="\n")
        for path in waiting.values():  # seen before the first is replaced, so all or none
            if path.is_dir():
                raise IsADirectoryError(EISDIR, message("{file} is a folder there", file=path.name))
        for part, path in waiting.items():
            part.replace(path)
    except OSError as error:
        with suppress(OSError):
            for part in waiting:
                part.unlink(missing_ok=True)
        with suppress(OSError):
            for folder in new:
                folder.rmdir()
        raise TcpCourseError(
            message("{out}: cannot be written: {reason}.", out=out, reason=error.strerror)
        ) from error
    return list(waiting.values())
