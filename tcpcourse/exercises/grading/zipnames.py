"""What Moodle and Canvas call the files in a zip of submissions.

Moodle puts each student's files into a folder, or puts the folder's name before the file's;
Canvas writes all into one folder, with names or, for an anonymous assignment, without. Which
of these it is, is decided once for a whole zip: what a student may choose, the file's own
name, never decides whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tcpcourse.core.errors import TcpCourseError


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose a file is (each number that it may be), what it is called, and how it came.

    ``upload`` grows with each file that is handed in, where the names tell.
    """

    numbers: tuple[str, ...]
    file: str
    late: bool = False
    upload: int = 0


# Moodle makes the spaces in a name out of what were underscores: there are none in it.
_FOLDERS = re.compile(r"[^_/]*_(\d+)_assignsubmission_[a-z]+_?/(.+)")
_FLAT = re.compile(r"[^_/]*_(\d+)_assignsubmission_[a-z]+_([^/]+)")
_ANONYMOUS = re.compile(r"(LATE_)?anon_([A-Za-z0-9]+)_(\d+)_([^/]+)")
_AGAIN = re.compile(r"(-\d+)?(\.ipynb)$", re.IGNORECASE)


def _moodle_folders(path: str) -> Owned | None:
    matched = _FOLDERS.fullmatch(path)
    return Owned((matched[1],), matched[2].replace("/", "_")) if matched else None


def _moodle_flat(path: str) -> Owned | None:
    matched = _FLAT.fullmatch(path)
    return Owned((matched[1],), matched[2]) if matched else None


def _canvas_anonymous(path: str) -> Owned | None:
    matched = _ANONYMOUS.fullmatch(path)
    if not matched:
        return None
    return Owned((matched[2],), _once(matched[4]), bool(matched[1]), int(matched[3]))


def _canvas(path: str) -> Owned | None:
    """``name_[LATE_]number_upload_file``: name and file may hold numbers, too."""
    if "/" in path:
        return None
    words = path.split("_")
    places = [
        at for at in range(1, len(words) - 2) if words[at].isdecimal() and words[at + 1].isdecimal()
    ]
    if not places:
        return None
    first = places[0]
    numbers = tuple(dict.fromkeys(words[at] for at in places))
    late = "LATE" in words[1 : first + 1]
    return Owned(numbers, _once("_".join(words[first + 2 :])), late, int(words[first + 1]))


def _plain(path: str) -> Owned | None:
    """``student.ipynb``, ``student/any.ipynb``, or as nbgrader has it, one folder deeper."""
    parts = path.split("/")
    if len(parts) == 1:
        return Owned((re.sub(r"(?i)\.ipynb$", "", path),), path)
    return Owned((parts[0],), parts[-1]) if len(parts) <= 3 else None


def _once(name: str) -> str:
    """Canvas adds -1, -2 … to the name of what is handed in again."""
    return _AGAIN.sub(r"\2", name)


FORMS: dict[str, Callable[[str], Owned | None]] = {
    "Moodle, in folders": _moodle_folders,
    "Moodle, without folders": _moodle_flat,
    "Canvas, anonymous": _canvas_anonymous,
    "Canvas": _canvas,
}
PLAIN = "a plain folder"


def form_of(paths: Sequence[str]) -> tuple[str, Callable[[str], Owned | None]]:
    """The one form in which all these names are: the one that fits the most of them.

    Where two fit the very same names, the stricter comes first. Raises ``TcpCourseError``
    when two fit equally many others: then two zips were put together.
    """
    fits = {form: frozenset(path for path in paths if read(path)) for form, read in FORMS.items()}
    most = max(map(len, fits.values()))
    if not most:
        return PLAIN, _plain
    best = [form for form, fitting in fits.items() if len(fitting) == most]
    if len({fits[form] for form in best}) > 1:
        raise TcpCourseError(
            f"The names fit {best[0]} as well as {best[1]}: give the zip just as it was downloaded."
        )
    return best[0], FORMS[best[0]]


def owner(owned: Owned, known: Collection[str]) -> str:
    """The one number of the student whose file this is.

    Raises ``TcpCourseError`` when the roster knows none of the numbers, or when the name fits
    more than one student.
    """
    numbers = [number for number in owned.numbers if number in known] if known else owned.numbers
    if len(numbers) == 1:
        return numbers[0]
    listed = ", ".join(owned.numbers)
    if not numbers:
        raise TcpCourseError(f"The roster has no student with the number {listed}.")
    if known:
        raise TcpCourseError(f"Its name fits more than one student: {', '.join(numbers)}.")
    raise TcpCourseError(f"Its name may mean {', '.join(numbers)}: only a roster can tell.")
