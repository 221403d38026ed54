"""The zip of all submissions that Moodle or Canvas gives, into nbgrader's folders.

What is in the zip comes from students: nothing is written but the bytes of notebooks, under
names that are made here.
"""

from __future__ import annotations

import csv
import re
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.draw import student_name
from tcpcourse.exercises.grading.plaindata import clean
from tcpcourse.exercises.grading.submissions import LARGEST_FILE

MOST_FILES = 20_000
MOST_BYTES = 4 << 30
MOST_RATIO = 200
RATIO_FROM = 10 << 20

# Moodle: a folder a student, "Full Name_1234_assignsubmission_file_/…"
MOODLE = re.compile(r"(?P<who>[^/]*)_(?P<number>\d+)_assignsubmission_file_?/(?P<file>[^/]+)")
# Canvas: all in one folder, "lastfirst_[LATE_]1234_56789_name.ipynb"
CANVAS = re.compile(r"(?P<who>[^_/]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<file>[^/]+)")


@dataclass
class Collected:
    """Who handed in, and a sentence for each thing that was left out, with its name."""

    students: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def roster(path: Path) -> dict[str, str]:
    """Student ids by the number that Moodle or Canvas gives them.

    The file is CSV with the columns ``number`` and ``student``. Raises ``TcpCourseError``.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        raise TcpCourseError(f"{path} cannot be read as CSV") from None
    if not rows or not {"number", "student"} <= rows[0].keys():
        raise TcpCourseError(f"{path} needs the columns number and student")
    return {(row["number"] or "").strip(): (row["student"] or "").strip() for row in rows}


def collect(archive: Path, submitted: Path, assignment: str, known: Mapping[str, str]) -> Collected:
    """Put each notebook in the zip into ``submitted/<student>/<assignment>/``.

    ``known`` gives the student of each number; without one the number itself is the id. An
    earlier notebook of the same student is replaced. Raises ``TcpCourseError`` when the
    whole is no zip, or is meant to do harm by its size; then nothing is written.
    """
    collected = Collected()
    try:
        with zipfile.ZipFile(archive) as bundle:
            entries = bundle.infolist()
            _bounded(entries)
            fresh: set[str] = set()
            for entry in entries:
                _one(bundle, entry, submitted, assignment, known, collected, fresh)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as problem:
        what = clean(str(problem), 100)
        raise TcpCourseError(f"{archive.name} cannot be read as a zip: {what}") from None
    collected.students = sorted(set(collected.students))
    return collected


def _bounded(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise TcpCourseError(f"the zip holds more than {MOST_FILES} files")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise TcpCourseError(f"the zip would unpack to more than {MOST_BYTES >> 30} GB")


def _one(
    bundle: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    submitted: Path,
    assignment: str,
    known: Mapping[str, str],
    collected: Collected,
    fresh: set[str],
) -> None:
    if entry.is_dir():
        return
    try:
        number, name = _owner(entry)
        if known and number not in known:
            raise TcpCourseError(f"the roster has no student with the number {number}")
        named = known.get(number, number)
        if not named:
            raise TcpCourseError(f"the roster gives no student id for the number {number}")
        student = student_name(named)
        if set(student) == {"."}:
            raise TcpCourseError("this is no student id")
        data = _bytes(bundle, entry)
    except TcpCourseError as problem:
        collected.left_out.append((clean(entry.filename, 100), f"{problem}."))
        return
    folder = submitted / student / assignment
    if folder.is_symlink() or folder.parent.is_symlink():
        collected.left_out.append((clean(entry.filename, 100), "the folder is a link."))
        return
    folder.mkdir(parents=True, exist_ok=True)
    if student not in fresh:
        fresh.add(student)
        for old in folder.glob("*.ipynb"):
            old.unlink()
    (folder / name).write_bytes(data)
    collected.students.append(student)


def _owner(entry: zipfile.ZipInfo) -> tuple[str, str]:
    """The number of the student, and the name to give to the file. Raises for all else."""
    raw = entry.filename
    parts = PurePosixPath(raw).parts
    if raw.startswith("/") or "\\" in raw or "\0" in raw or ".." in parts or ":" in parts[0][1:2]:
        raise TcpCourseError("its path leads out of the folder")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise TcpCourseError("it is a link")
    if entry.flag_bits & 1:
        raise TcpCourseError("it is encrypted")
    if not raw.lower().endswith(".ipynb"):
        raise TcpCourseError("it is no notebook")
    matched = MOODLE.search(raw) or CANVAS.fullmatch(parts[-1])
    if matched is None:
        raise TcpCourseError("its name is neither Moodle's nor Canvas's")
    # Canvas adds -1, -2 … to the name when somebody hands in again.
    name = re.sub(r"(-\d+)?\.ipynb$", "", matched["file"], flags=re.IGNORECASE)
    name = "".join(letter if letter.isalnum() or letter in " ._-()" else "_" for letter in name)
    return matched["number"], f"{name[:80].strip('. ') or 'notebook'}.ipynb"


def _bytes(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The file's bytes; what its header says of its size is not believed."""
    if entry.file_size > max(RATIO_FROM, MOST_RATIO * entry.compress_size):
        raise TcpCourseError("it would grow too much when unpacked")
    try:
        with bundle.open(entry) as file:
            data = file.read(LARGEST_FILE + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise TcpCourseError("it is damaged") from None
    except Exception as problem:  # zlib, lzma and bz2 have errors of their own
        raise TcpCourseError(f"it is damaged ({type(problem).__name__})") from None
    if len(data) > LARGEST_FILE:
        raise TcpCourseError(f"it is larger than {LARGEST_FILE >> 20} MB")
    return data
