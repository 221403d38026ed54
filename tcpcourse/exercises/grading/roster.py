"""Who is who: the student's id by the number that Moodle or Canvas gives."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.plaindata import clean

NUMBER_COLUMNS = ("number", "identifier", "id")
"""A file of one's own; Moodle's grading worksheet; Canvas's exported gradebook."""

TIME_COLUMNS = ("submitted", "last modified (submission)")
LARGEST_TABLE = 32 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the roster: the student's id, and the time of submission as it is written."""

    student: str
    submitted: str = ""


@dataclass(frozen=True)
class CsvTable:
    """A CSV file: its rows, the header among them, and how it was written."""

    rows: list[list[str]]
    encoding: str
    delimiter: str

    def column(self, *names: str) -> int | None:
        """The place of the first column that has one of these names, in any case."""
        head = [cell.strip().casefold() for cell in self.rows[0]] if self.rows else []
        return next((head.index(name) for name in names if name in head), None)


def read_table(path: Path) -> CsvTable:
    """A CSV file in UTF-8, UTF-16 or GB 18030 (which GBK is a part of).

    Spreadsheets write all three. Raises ``TcpCourseError`` for what is none of them.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise TcpCourseError(f"{path} cannot be read.") from None
    if len(data) > LARGEST_TABLE:
        raise TcpCourseError(f"{path} is larger than any list of students.")
    text, encoding = _decoded(path, data)
    head = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as problem:
        raise TcpCourseError(f"{path} cannot be read as CSV: {problem}.") from None
    if not any(map(any, rows)):
        raise TcpCourseError(f"{path} cannot be read as CSV: it is empty.")
    return CsvTable(rows, encoding, delimiter)


def _decoded(path: Path, data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    elif b"\0" in data[:200]:
        candidates = ["utf-16-le" if data[1:2] == b"\0" else "utf-16-be"]
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise TcpCourseError(
        f"{path} is no text in UTF-8, UTF-16 or GBK; save it again as CSV in UTF-8."
    )


def roster(
    path: Path, fold: Callable[[str], str], student_column: str = "student"
) -> dict[str, Entry]:
    """The students by the number that Moodle or Canvas gives them.

    The file is CSV with a column ``number``, or what Moodle and Canvas give out themselves:
    a grading worksheet (``Identifier``) or a gradebook (``ID``). ``student_column`` is the
    column that holds the id under which the student works, ``fold`` gives an id as it is used
    for folders and raises for what is none. Raises ``TcpCourseError``, also
    when two lines have the same number or the same student.
    """
    table = read_table(path)
    numbers, students = table.column(*NUMBER_COLUMNS), table.column(student_column.casefold())
    if numbers is None or students is None:
        raise TcpCourseError(
            f"{path} needs a column for the number ({', '.join(NUMBER_COLUMNS)}) and one called"
            f" {student_column}."
        )
    times = table.column(*TIME_COLUMNS)
    found: dict[str, Entry] = {}
    lines: dict[tuple[str, str], int] = {}
    for line, row in enumerate(table.rows[1:], 2):
        number = number_in(_cell(row, numbers))
        student = _cell(row, students)
        if not number:
            continue  # Canvas has lines between header and students
        for what, value in (("number", number), ("student", _folded(student, fold))):
            if value and (earlier := lines.setdefault((what, value), line)) != line:
                raise TcpCourseError(
                    f"{path}, lines {earlier} and {line}: both have the {what}"
                    f" {clean(value, 60)}; nobody can tell whose work it is."
                )
        found[number] = Entry(student, _cell(row, times))
    return found


def number_in(word: str) -> str:
    """The number in ``1234`` or, in whatever language, ``Participant 1234``.

    The five letters and digits of an anonymous student are taken as they are.
    """
    word = word.strip()
    matched = re.fullmatch(r"(?:\D*\s|[^\x00-\x7f]*)(\d+)", word)
    if matched:
        return matched[1]
    return word if re.fullmatch(r"[A-Za-z0-9]{3,40}", word) else ""


def by_student(known: Mapping[str, Entry], fold: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Pairs of a number and the student's id as it is used for folders."""
    for number, entry in known.items():
        if name := _folded(entry.student, fold):
            yield number, name


def _cell(row: list[str], at: int | None) -> str:
    return row[at].strip() if at is not None and at < len(row) else ""


def _folded(student: str, fold: Callable[[str], str]) -> str:
    try:
        return fold(student)
    except TcpCourseError:
        return ""
