"""Reading what a student handed in: any bytes at all, taken for a notebook if they are one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.plaindata import clean

LARGEST_FILE = 100 << 20
MOST_BRACKETS = 1_000_000
MOST_COMMAS = 4_000_000
MOST_CELLS = 1000
LONGEST_SOURCE = 200_000
LONGEST_WORDS = 20_000
MOST_SOURCE = 4_000_000


class Unreadable(TcpCourseError):
    """There is no notebook here that can be read; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is taken of a student's cell: nothing else of the file goes any further.

    ``kind`` is ``code`` or ``markdown`` (raw cells count as the latter), ``grade_id``
    nbgrader's name of it and ``id`` the notebook format's, empty where there is none. ``went``
    tells whether, as the file has it, the cell was run there without an error.
    """

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""
    went: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """A student's cells, the sum of the file's bytes, and sentences about the file."""

    cells: tuple[Cell, ...]
    digest: str
    notes: tuple[str, ...]


def read(
    folder: Path, notebook: str, blank: Callable[[Sequence[Cell]], bool] = lambda _: False
) -> Submission:
    """The notebook called ``notebook`` (without ``.ipynb``) in a submission's folder.

    The only notebook there counts, whatever its name. Of several it is the one with that name;
    where that is ``blank``, the only one that is not. Links are never followed. Raises
    ``Unreadable``.
    """
    paths, notes = find(folder, notebook)
    wanted = f"{notebook}.ipynb"
    if len(paths) == 1:
        return _read(paths[0], notes)
    named = [path for path in paths if path.name == wanted]
    if named:
        submission = _read(named[0], notes)
        if not blank(submission.cells):
            say = f"There are {len(paths)} notebooks; the one called {wanted} counts."
            return Submission(submission.cells, submission.digest, (*notes, say))
    filled = []
    for path in paths:
        with contextlib.suppress(Unreadable):
            submission = _read(path, notes)
            if not blank(submission.cells):
                filled.append((path, submission))
    if len(filled) == 1:
        path, submission = filled[0]
        say = f"There are {len(paths)} notebooks; only {_name(path.name)} holds answers and counts."
        return Submission(submission.cells, submission.digest, (*notes, say))
    if named and not filled:
        return _read(named[0], notes)
    raise Unreadable(f"there are {len(paths)} notebooks, and nothing tells which of them counts")


def _read(path: Path, notes: tuple[str, ...]) -> Submission:
    data = read_bytes(path)
    return Submission(tuple(cells_of(data)), hashlib.sha256(data).hexdigest(), notes)


def find(folder: Path, notebook: str) -> tuple[list[Path], tuple[str, ...]]:
    """The notebooks there, and a sentence for each thing that is not as it should be."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        raise Unreadable("the submission's folder cannot be read") from None
    notes = [
        f"{_name(entry.name)} is a link, which is not followed."
        for entry in found
        if entry.is_symlink()
    ]
    books = [
        entry.name
        for entry in found
        if entry.name.lower().endswith(".ipynb") and entry.is_file(follow_symlinks=False)
    ]
    wanted = f"{notebook}.ipynb"
    if len(books) == 1 and books[0] != wanted:
        notes.append(f"The notebook is called {_name(books[0])}; it is taken for {wanted}.")
    if not books:
        linked = " but a link" if notes else ""
        raise Unreadable(f"there is no notebook{linked} in the submission")
    return [folder / name for name in books], tuple(notes)


def _name(name: str) -> str:
    return repr(clean(name, 60))


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of bounded size. Raises ``Unreadable``."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as problem:
        what = "is a link" if problem.errno == errno.ELOOP else "cannot be opened"
        raise Unreadable(f"the notebook {what}") from None
    with open(number, "rb") as file:
        about = os.fstat(number)
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("the notebook is no regular file")
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Unreadable(f"the notebook is larger than {LARGEST_FILE >> 20} MB")
    return data


def cells_of(data: bytes) -> list[Cell]:
    """The cells of a notebook in format 4 or 3. Raises ``Unreadable``."""
    if not data.strip():
        raise Unreadable("the notebook's file is empty")
    brackets = data.count(b"[") + data.count(b"{")
    if brackets > MOST_BRACKETS or data.count(b",") > MOST_COMMAS:
        raise Unreadable("the notebook has more parts than any notebook")
    try:
        book = json.loads(data.decode("utf-8-sig"), parse_int=_no, parse_float=_no)
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}"
        raise Unreadable(f"the notebook's file is damaged: no JSON from {where} on") from None
    except (ValueError, RecursionError):
        raise Unreadable("the notebook's file is damaged: it is no JSON text") from None
    found = book.get("cells") if type(book) is dict else None
    if found is None and type(book) is dict:
        sheets = book.get("worksheets")
        found = sheets[0].get("cells") if type(sheets) is list and _is_dict(sheets[:1]) else None
    if type(found) is not list:
        raise Unreadable("the file is no notebook: it has no list of cells")
    if len(found) > MOST_CELLS:
        raise Unreadable(f"the notebook has more than {MOST_CELLS} cells")
    cells = list(map(_cell, found))
    if sum(len(cell.source) for cell in cells) > MOST_SOURCE:
        raise Unreadable(f"the notebook's cells hold more than {MOST_SOURCE // 10**6} MB of text")
    return cells


_NUMBER = object()


def _no(digits: str) -> object:
    """No number of a notebook's file is of any use here, however long it is; that it is one is."""
    return _NUMBER


def _is_dict(sheets: list[Any]) -> bool:
    return bool(sheets) and type(sheets[0]) is dict


def _cell(raw: Any) -> Cell:
    """The cell, as far as it is one; what is missing is empty."""
    if type(raw) is not dict:
        return Cell("markdown", "")
    source = raw.get("source", raw.get("input", ""))
    if type(source) is list:
        source = "".join(line for line in source if type(line) is str)
    kind = "code" if raw.get("cell_type") == "code" else "markdown"
    metadata = raw.get("metadata")
    nbgrader = metadata.get("nbgrader") if type(metadata) is dict else None
    grade_id = nbgrader.get("grade_id") if type(nbgrader) is dict else None
    text = source if type(source) is str else ""
    # Half characters cannot be written down again.
    longest = LONGEST_SOURCE if kind == "code" else LONGEST_WORDS
    text = text[:longest].encode("utf-8", "replace").decode()
    text = _NEWLINES.sub("\n", text)
    return Cell(kind, text, _word(grade_id), _word(raw.get("id")), _went(raw))


def _went(raw: dict[str, Any]) -> bool:
    outputs = raw.get("outputs")
    failed = type(outputs) is list and any(
        type(each) is dict and each.get("output_type") == "error" for each in outputs
    )
    return raw.get("execution_count") is _NUMBER and not failed


_NEWLINES = re.compile("\r\n?")


def _word(value: Any) -> str:
    return value if type(value) is str and len(value) <= 100 and value.isprintable() else ""
