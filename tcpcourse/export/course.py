"""A folder of one's own with the chapters and their recordings, and JupyterLab on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError

PACKAGE = Path(__file__).parents[1]
START = "notebooks/00-start-here.ipynb"
# Where they lie in an installed package, and in a copy of the repository.
PLACES = {
    "notebooks": (PACKAGE / "chapters", PACKAGE.parent / "notebooks"),
    "data": (PACKAGE / "data", PACKAGE.parent / "data"),
}
# What students have no use for: the instructor's folder, recorders, and what tools leave behind.
NOT_COPIED = {"source", "cluster", "nbgrader_config.py", "__pycache__"}
# No questions about news or updates: the course works without a network.
SETTINGS = [
    f"--LabApp.default_url=/lab/tree/{START}",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--ServerApp.answer_yes=True",
]


def original(name: str) -> Path:
    """Where the course's ``notebooks`` or ``data`` lie: in the package or in the repository.

    Raises TcpCourseError if they are in neither place.
    """
    for place in PLACES[name]:
        if place.is_dir():
            return place
    raise TcpCourseError(f"The course's {name} are missing: install tcpcourse again.")


def copy(folder: Path) -> tuple[int, int]:
    """Copy the course into ``folder``: how many files were copied, and how many were there.

    A file that is there is never touched. Notebooks that are as the course has them are
    trusted, so that their pictures are alive when they are opened. Raises TcpCourseError if
    the folder cannot be written.
    """
    from nbformat import read
    from nbformat.sign import NotebookNotary

    copied, kept = 0, 0
    notary = NotebookNotary()
    try:
        for source, name in _files():
            target = folder / name
            if target.exists():
                kept += 1
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                copied += 1
            if target.suffix == ".ipynb" and target.read_bytes() == source.read_bytes():
                notary.sign(read(target, as_version=4))
    except OSError as error:
        raise TcpCourseError(f"{folder}: cannot be written: {error.strerror}.") from error
    finally:
        notary.store.close()
    return copied, kept


def _files() -> Iterator[tuple[Path, Path]]:
    """Each file of the course, and its name within the folder."""
    for name in PLACES:
        home = original(name)
        for path in sorted(home.rglob("*")):
            inside = path.relative_to(home)
            hidden = any(part.startswith(".") or part in NOT_COPIED for part in inside.parts)
            if path.is_file() and path.suffix != ".py" and not hidden:
                yield path, Path(name) / inside


def open_lab(folder: Path, browser: bool = True) -> None:
    """Start JupyterLab on the start page of the course in ``folder``; ends when it is stopped."""
    from jupyterlab.labapp import LabApp

    words = [*SETTINGS, f"--ServerApp.root_dir={folder.resolve()}"]
    if not browser:
        words.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    LabApp.launch_instance(words)
