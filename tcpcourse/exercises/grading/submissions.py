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
from tcpcourse.words import message

LARGEST_FILE = 100 << 20
MOST_BRACKETS = 1_000_000
MOST_COMMAS = 4_000_000
MOST_CELLS = 1000
LONGEST_SOURCE = 200_000
LONGEST_WORDS = 20_000
MOST_SOURCE = 4_000_000


class Unreadable(TcpCourseError):
    """There is no notebook here that can be read; says why in a clause."""


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
            words = message(
                "There are {many} notebooks; the one called {name} counts.",
                many=len(paths),
                name=wanted,
            )
            return Submission(submission.cells, submission.digest, (*notes, words))
    filled = []
    for path in paths:
        with contextlib.suppress(Unreadable):
            submission = _read(path, notes)
            if not blank(submission.cells):
                filled.append((path, submission))
    if len(filled) == 1:
        path, submission = filled[0]
        words = message(
            "There are {many} notebooks; only {name} holds answers and counts.",
            many=len(paths),
            name=_name(path.name),
        )
        return Submission(submission.cells, submission.digest, (*notes, words))
    if named and not filled:
        return _read(named[0], notes)
    raise Unreadable(
        message(
            "there are {many} notebooks, and nothing tells which of them counts", many=len(paths)
        )
    )


def _read(path: Path, notes: tuple[str, ...]) -> Submission:
    data = read_bytes(path)
    return Submission(tuple(cells_of(data)), hashlib.sha256(data).hexdigest(), notes)


def find(folder: Path, notebook: str) -> tuple[list[Path], tuple[str, ...]]:
    """The notebooks there, and a sentence for each thing that is not as it should be."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        raise Unreadable(message("the submission's folder cannot be read")) from None
    notes: list[str] = [
        message("{name} is a link, which is not followed.", name=_name(entry.name))
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
        words = message(
            "The notebook is called {name}; it is taken for {wanted}.",
            name=_name(books[0]),
            wanted=wanted,
        )
        notes.append(words)
    if not books and notes:
        raise Unreadable(message("there is no notebook but a link in the submission"))
    if not books:
        raise Unreadable(message("there is no notebook in the submission"))
    return [folder / name for name in books], tuple(notes)


def _name(name: str) -> str:
    return repr(clean(name, 60))


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of bounded size. Raises ``Unreadable``."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise Unreadable(message("the notebook is a link")) from None
        raise Unreadable(message("the notebook cannot be opened")) from None
    with open(number, "rb") as file:
        about = os.fstat(number)
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable(message("the notebook is no regular file"))
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Unreadable(message("the notebook is larger than {most} MB", most=LARGEST_FILE >> 20))
    return data


def cells_of(data: bytes) -> list[Cell]:
    """The cells of a notebook in format 4 or 3. Raises ``Unreadable``."""
    if not data.strip():
        raise Unreadable(message("the notebook's file is empty"))
    brackets = data.count(b"[") + data.count(b"{")
    if brackets > MOST_BRACKETS or data.count(b",") > MOST_COMMAS:
        raise Unreadable(message("the notebook has more parts than any notebook"))
    try:
        book = json.loads(data.decode("utf-8-sig"), parse_int=_no, parse_float=_no)
    except json.JSONDecodeError as problem:
        raise Unreadable(
            message(
                "the notebook's file is damaged: no JSON from line {line} on", line=problem.lineno
            )
        ) from None
    except (ValueError, RecursionError):
        raise Unreadable(message("the notebook's file is damaged: it is no JSON text")) from None
    found = book.get("cells") if type(book) is dict else None
    if found is None and type(book) is dict:
        sheets = book.get("worksheets")
        found = sheets[0].get("cells") if type(sheets) is list and _is_dict(sheets[:1]) else None
    if type(found) is not list:
        raise Unreadable(message("the file is no notebook: it has no list of cells"))
    if len(found) > MOST_CELLS:
        raise Unreadable(message("the notebook has more than {most} cells", most=MOST_CELLS))
    cells = list(map(_cell, found))
    if sum(len(cell.source) for cell in cells) > MOST_SOURCE:
        raise Unreadable(
            message(
                "the notebook's cells hold more than {most} MB of text", most=MOST_SOURCE // 10**6
            )
        )
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
