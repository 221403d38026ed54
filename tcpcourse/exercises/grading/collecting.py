"""All submissions that Moodle, Canvas or a folder gives, into nbgrader's folders.

What is in a zip comes from students: nothing is written but the bytes of notebooks, under
names that are made here, and nobody's file lands in another's folder.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath

import dateutil.parser  # type: ignore[import-untyped]

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.plaindata import clean, sentence
from tcpcourse.exercises.grading.roster import Entry, by_student
from tcpcourse.exercises.grading.submissions import LARGEST_FILE, read_bytes
from tcpcourse.exercises.grading.zipnames import PLAIN, Owned, form_of, owner

MOST_FILES = 20_000
MOST_BYTES = 4 << 30
MOST_RATIO = 200
RATIO_FROM = 10 << 20
STAMP = "timestamp.txt"
"""nbgrader's file beside a submission, which says when it was handed in."""


@dataclass
class Collected:
    """Who handed in, and a sentence for each thing to know, with the name of the file.

    ``form`` says whose names the files have, ``left_out`` what was not taken, ``notes`` what
    was taken and is not as it should be.
    """

    form: str = ""
    students: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _File:
    """A file that somebody handed in: its path in the whole, its time, and how to read it."""

    path: str
    time: datetime
    wrong: str
    data: Callable[[], bytes]


@dataclass(frozen=True)
class _Taken:
    """A notebook that is somebody's; its bytes are read again when they are written."""

    file: _File
    owned: Owned
    name: str
    digest: str


class _Rules:
    """How to collect: see ``collect``."""

    def __init__(
        self,
        assignment: str,
        known: Mapping[str, Entry],
        fold: Callable[[str], str],
        times: bool,
        replace: bool,
    ) -> None:
        self.assignment, self.known, self.fold = assignment, known, fold
        self.times, self.replace = times, replace
        self.students = {name: known[number] for number, name in by_student(known, fold)}


def collect(
    source: Path,
    submitted: Path,
    assignment: str,
    fold: Callable[[str], str],
    known: Mapping[str, Entry] | None = None,
    *,
    times: bool = False,
    replace: bool = False,
) -> Collected:
    """Put each notebook of a zip or a folder into ``submitted/<student>/<assignment>/``.

    ``fold`` gives a student's id as it is used for folders, and raises for what is none.
    ``known`` gives the student of each number; without one the number itself is the id. With
    ``times`` the files' own times are those of handing in (a learning platform stamps its zip
    with the time of the download, so they are not used unasked). What somebody has handed in
    before stays, unless it is the same or ``replace`` is set. Raises ``TcpCourseError`` when
    the whole cannot be read, or is meant to do harm by its size; then nothing is written.
    """
    rules = _Rules(assignment, known or {}, fold, times, replace)
    if source.is_dir():
        return _collected(list(_in_folder(source)), submitted, rules)
    try:
        with zipfile.ZipFile(source) as bundle:
            entries = bundle.infolist()
            _bounded(entries)
            files = [_in_zip(bundle, entry) for entry in entries if not entry.is_dir()]
            return _collected(files, submitted, rules)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as problem:
        what = clean(str(problem), 100)
        raise TcpCourseError(f"{source.name} cannot be read as a zip: {what}.") from None


def _bounded(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise TcpCourseError(f"The zip holds more than {MOST_FILES} files.")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise TcpCourseError(f"The zip would unpack to more than {MOST_BYTES >> 30} GB.")


def _in_zip(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo) -> _File:
    wrong = _wrong_path(entry.filename)
    if stat.S_ISLNK(entry.external_attr >> 16):
        wrong = wrong or "It is a link."
    if entry.flag_bits & 1:
        wrong = wrong or "It is encrypted."
    try:
        when = datetime(*entry.date_time).astimezone()
    except ValueError:
        when = datetime(1980, 1, 1, tzinfo=UTC)
    return _File(entry.filename, when, wrong, lambda: _bytes(bundle, entry))


def _in_folder(folder: Path) -> Iterator[_File]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            wrong = "It is a link." if path.is_symlink() else ""
            when = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
            inside = path.relative_to(folder).as_posix()
            yield _File(inside, when, wrong, partial(read_bytes, path))


def _wrong_path(raw: str) -> str:
    parts = PurePosixPath(raw).parts or ("",)
    if raw.startswith("/") or "\\" in raw or "\0" in raw or ".." in parts or ":" in parts[0][1:2]:
        return "Its path leads out of the folder."
    return ""


def _collected(files: list[_File], submitted: Path, rules: _Rules) -> Collected:
    files = [file for file in files if not _is_rubbish(file.path)]
    form, read = form_of([file.path for file in files if not file.wrong])
    done = Collected(form)
    taken: dict[str, dict[str, dict[str, _Taken]]] = {}  # by student, number and file's name
    for file in files:
        try:
            number, one = _one(file, form, read, rules)
            student = _student(number, rules, form)
        except TcpCourseError as problem:
            done.left_out.append((clean(file.path, 100), sentence(problem)))
            continue
        _add(taken.setdefault(student, {}).setdefault(number, {}), one, done)
    for student, numbers in sorted(taken.items()):
        if len(numbers) == 1:
            (books,) = numbers.values()
            _write(submitted / student / rules.assignment, student, books, done, rules)
            continue
        why = (
            f"Both {' and '.join(sorted(numbers))} are the student id {student}: nobody can tell"
            " whose it is."
        )
        for books in numbers.values():
            done.left_out += [(clean(each.file.path, 100), why) for each in books.values()]
    return done


def _is_rubbish(path: str) -> bool:
    """What macOS adds to every zip."""
    parts = PurePosixPath(path).parts
    return bool(parts) and (parts[0] == "__MACOSX" or parts[-1] in (".DS_Store", STAMP))


def _one(
    file: _File, form: str, read: Callable[[str], Owned | None], rules: _Rules
) -> tuple[str, _Taken]:
    """The number of the student, and the notebook. Raises for all else."""
    if file.wrong:
        raise TcpCourseError(file.wrong)
    if not file.path.lower().endswith(".ipynb"):
        raise TcpCourseError("It is no notebook.")
    owned = read(file.path)
    if owned is None:
        raise TcpCourseError(f"It is not named as the others are ({form}).")
    number = owned.numbers[0] if form == PLAIN else owner(owned, rules.known)
    stem = owned.file[: -len(".ipynb")]
    name = "".join(each if each.isalnum() or each in " ._-()" else "_" for each in stem)
    name = f"{name[:80].strip('. ') or 'notebook'}.ipynb"
    if form == PLAIN and file.path == owned.file:
        name = f"{rules.assignment}.ipynb"  # it had the student's name
    return number, _Taken(file, owned, name, hashlib.sha256(file.data()).hexdigest())


def _student(number: str, rules: _Rules, form: str) -> str:
    """The folder's name for this number; in a plain folder the id itself will do."""
    if not rules.known or (form == PLAIN and rules.fold(number) in rules.students):
        named = number
    elif number in rules.known:
        named = rules.known[number].student
    else:
        raise TcpCourseError(f"The roster has no student {clean(number, 60)}.")
    if not named:
        raise TcpCourseError(f"The roster gives no student id for the number {number}.")
    student = rules.fold(named)
    if student.startswith("."):
        raise TcpCourseError("This is no student id.")
    return student


def _add(books: dict[str, _Taken], one: _Taken, done: Collected) -> None:
    """Keep a notebook; of two with the same name the one that was uploaded later."""
    other = books.setdefault(one.name, one)
    if other.digest == one.digest:
        return
    older, newer = (one, other) if one.owned.upload <= other.owned.upload else (other, one)
    books[one.name] = newer
    named = clean(newer.file.path, 100)
    if older.owned.upload < newer.owned.upload:
        why = f"{named!r} of the same student was uploaded later."
    else:
        why = f"{named!r} of the same student has the same name."
    done.left_out.append((clean(older.file.path, 100), why))


def _write(
    folder: Path, student: str, books: Mapping[str, _Taken], done: Collected, rules: _Rules
) -> None:
    told = clean(next(iter(books.values())).file.path, 100)
    if folder.is_symlink() or folder.parent.is_symlink():
        done.left_out.append((told, "The folder is a link."))
        return
    before = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("*.ipynb")
        if path.is_file() and not path.is_symlink()
    }
    after = {name: one.digest for name, one in books.items()}
    if before and before != after:
        if not rules.replace:
            why = f"{student} has handed in something else before; --replace takes this instead."
            done.left_out.append((told, why))
            return
        for name in [*before, STAMP]:
            (folder / name).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in books.items():
        (folder / name).write_bytes(one.file.data())
    _stamp(folder, student, books, done, rules)
    done.students.append(student)


def _stamp(
    folder: Path, student: str, books: Mapping[str, _Taken], done: Collected, rules: _Rules
) -> None:
    """Write nbgrader's note of when it was handed in, where that is known."""
    newest = max(one.file.time for one in books.values())
    when = newest if rules.times else None
    entry = rules.students.get(student)
    if entry and entry.submitted.strip(" -"):
        try:
            when = dateutil.parser.parse(entry.submitted)
        except (ValueError, OverflowError):
            written = clean(entry.submitted, 60)
            why = f"The time {written!r} cannot be read; write it as 2026-11-28 09:30."
            done.notes.append((student, why))
    elif when is None and any(one.owned.late for one in books.values()):
        when = newest
        why = "Canvas says that it was late, and not when: the time of the zip is taken."
        done.notes.append((student, why))
    path = folder / STAMP
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.unlink()
    if when is not None:
        stamp = when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        path.write_text(stamp, encoding="ascii")


def _bytes(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The file's bytes; what its header says of its size is not believed."""
    if entry.file_size > max(RATIO_FROM, MOST_RATIO * entry.compress_size):
        raise TcpCourseError("It would grow too much when unpacked.")
    try:
        with bundle.open(entry) as file:
            data = file.read(LARGEST_FILE + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise TcpCourseError("It is damaged.") from None
    except Exception as problem:  # zlib, lzma and bz2 have errors of their own
        raise TcpCourseError(f"It is damaged ({type(problem).__name__}).") from None
    if len(data) > LARGEST_FILE:
        raise TcpCourseError(f"It is larger than {LARGEST_FILE >> 20} MB.")
    return data
