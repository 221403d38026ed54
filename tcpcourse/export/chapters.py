"""Finding the chapters, and seeing that they can be shown to anybody."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.export.course import original
from tcpcourse.notebooks import is_current
from tcpcourse.words import message

RUN_IT = "run it first, with python -m tcpcourse.notebooks"


def find(folder: Path | None = None) -> list[Path]:
    """The course's notebooks, in order: in ``folder``, else in ``notebooks/`` here, else as
    they came with the course.

    Raises TcpCourseError if there are none.
    """
    for place in [folder] if folder else [Path("notebooks"), original("notebooks")]:
        found = sorted(place.glob("*.ipynb"))
        if found:
            return found
    where = folder or "notebooks/"
    raise TcpCourseError(
        message(
            "There are no notebooks in {where}: name their folder with --notebooks.", where=where
        )
    )


def choose(names: list[str], chapters: list[Path]) -> list[Path]:
    """The chapters of these names: ``01-opening``, ``01``, ``opening``, or a notebook's path.

    With no names, all. Raises TcpCourseError if a name is not known, or fits two chapters.
    """
    return [_one(name, chapters) for name in names] if names else chapters


def _one(name: str, chapters: list[Path]) -> Path:
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name)
    wanted = Path(name).name.removesuffix(".ipynb").lower()
    fits = [
        path
        for path in chapters
        if wanted in (path.stem, path.stem.split("-", 1)[0], path.stem.split("-", 1)[-1])
    ]
    if len(fits) != 1:
        known = ", ".join(path.stem for path in chapters)
        raise TcpCourseError(
            message(
                "There is no chapter called {name!r}; there are {known}.", name=name, known=known
            )
        )
    return fits[0]


def read(path: Path) -> NotebookNode:
    """A notebook that was executed to its end without an error; otherwise TcpCourseError."""
    import nbformat

    try:
        notebook: NotebookNode = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(notebook, relax_add_props=True)
    except OSError as error:
        raise TcpCourseError(
            message("{file}: cannot be read: {reason}.", file=path, reason=error.strerror)
        ) from error
    except (ValueError, TypeError, LookupError, AttributeError, nbformat.ValidationError) as error:
        raise TcpCourseError(message("{file}: this is not a notebook.", file=path)) from error
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise TcpCourseError(
                message(
                    "{file}: cell {number} was never executed; {advice}.",
                    file=path,
                    number=number,
                    advice=RUN_IT,
                )
            )
        for output in cell.outputs:
            if output.output_type == "error":
                raise TcpCourseError(
                    message(
                        "{file}: cell {number} failed with {error}.",
                        file=path,
                        number=number,
                        error=output.ename,
                    )
                )
    if "tcpcourse" in notebook.metadata and not is_current(notebook):
        raise TcpCourseError(
            message("{file}: edited after it was executed; {advice}.", file=path, advice=RUN_IT)
        )
    return notebook
