"""Marks on their way out: one long table, or the very columns of Moodle or Canvas.

Moodle's and Canvas's importers know their own columns, in their own language. So the file
that they gave out is filled in and given back, and nothing else in it is touched. Whoever has
no final mark keeps the cell as it is: no blank and no zero stands for "not yet".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.converting import job_of, notebooks_of
from tcpcourse.exercises.grading.course import Course
from tcpcourse.exercises.grading.marking import Graded
from tcpcourse.exercises.grading.plaindata import as_text, clean
from tcpcourse.exercises.grading.roster import CsvTable, Entry, by_student, number_in, read_table

GRADED, WAITS, UNREAD = "graded", "waits for a person", "could not be read"
LEFT, MISSING = "not graded", "not handed in"
COLUMNS = (
    "student",
    "assignment",
    "status",
    "score",
    "max_score",
    "waits for",
    "handed in",
    "seconds late",
)


@dataclass(frozen=True, slots=True)
class GradeLine:
    """One student's work in one assignment; ``score`` only where nothing is left to do."""

    student: str
    assignment: str
    status: str
    score: float | None = None
    max_score: float = 0.0
    waits: tuple[str, ...] = ()
    handed_in: str = ""
    late: float = 0.0


@dataclass
class Filled:
    """How many marks were written, and a sentence for each that has no place."""

    written: int = 0
    notes: list[str] = field(default_factory=list)


def lines_of(
    course: Course, assignments: Iterable[str], known: Mapping[str, Entry] | None = None
) -> list[GradeLine]:
    """A line for everybody who handed in, or is in the roster, in each of the assignments."""
    expected = {name for _, name in by_student(known or {}, course.questions.student)}
    found = []
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        for assignment in assignments:
            try:
                most = float(book.find_assignment(assignment).max_score)
            except MissingEntry:
                words = f"The gradebook does not know {clean(assignment, 60)}."
                raise TcpCourseError(words) from None
            graded = {
                submission.student.id: _line(course, submission, most)
                for submission in book.assignment_submissions(assignment)
            }
            for student in course.students(assignment):
                graded.setdefault(student, GradeLine(student, assignment, LEFT, None, most))
            for student in expected:
                graded.setdefault(student, GradeLine(student, assignment, MISSING, None, most))
            found += [graded[student] for student in sorted(graded)]
    return found


def assignments_of(course: Course) -> list[str]:
    """The assignments that the gradebook knows."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        return [each.name for each in book.assignments]


def _line(course: Course, submission: Any, most: float) -> GradeLine:
    student, assignment = submission.student.id, submission.assignment.name
    waits = tuple(
        grade.name
        for notebook in submission.notebooks
        for grade in notebook.grades
        if grade.needs_manual_grade and grade.max_score
    )
    handed_in = f"{submission.timestamp} UTC" if submission.timestamp else ""
    status, score = GRADED, round(float(submission.score), 2)
    if waits:
        status = WAITS if _readable(course, student, assignment) else UNREAD
    return GradeLine(
        student,
        assignment,
        status,
        None if waits else score,
        most,
        waits,
        handed_in,
        float(submission.total_seconds_late),
    )


def _readable(course: Course, student: str, assignment: str) -> bool:
    for name in notebooks_of(course.directory, assignment):
        kept = Graded.load(job_of(course.directory, assignment, student, name).store)
        if kept is not None and not kept.readable:
            return False
    return True


def write_table(lines: Iterable[GradeLine], path: Path) -> None:
    """The long table: a row for each student and assignment; a blank is no mark."""
    rows = [list(COLUMNS)]
    for line in lines:
        score = "" if line.score is None else f"{line.score:g}"
        rows.append(
            [
                as_text(line.student),
                line.assignment,
                line.status,
                score,
                f"{line.max_score:g}",
                " ".join(line.waits),
                line.handed_in,
                f"{line.late:g}",
            ]
        )
    _write(path, rows, ",", "utf-8")


def fill_moodle(
    worksheet: Path,
    path: Path,
    lines: Iterable[GradeLine],
    known: Mapping[str, Entry],
    column: str = "Grade",
) -> Filled:
    """Write the scores into Moodle's grading worksheet, and nothing else.

    Moodle finds a participant by the number in the first column and passes over, without a
    word, what is more than its own maximum: so that is refused here.
    """
    table = read_table(worksheet)
    numbers, grade = table.column("identifier"), table.column(column.casefold())
    if numbers is None and len(table.rows) > 1 and re.fullmatch(r"\D+\d+", table.rows[1][0]):
        numbers = 0  # in another language
    if numbers is None or grade is None:
        raise TcpCourseError(
            f"{worksheet} is no grading worksheet: it has no column {column}; --column names it in"
            " Moodle's language."
        )
    most = table.column("maximum grade")
    scores = {line.student: line for line in lines}
    if most is not None:
        for row in table.rows[1:]:
            if len(row) > most and row[most].strip():
                _same_most(worksheet, row[most], scores.values())
    done = _fill(table, numbers, grade, scores, known)
    _write(path, table.rows, table.delimiter, "utf-8")
    return done


def fill_canvas(
    gradebook: Path, path: Path, lines: Iterable[GradeLine], known: Mapping[str, Entry], column: str
) -> Filled:
    """Write the scores into the column of Canvas's exported gradebook that ``column`` names.

    Only what identifies students and this one column are given back, so that nothing that was
    changed in Canvas meanwhile is undone.
    """
    table = read_table(gradebook)
    head = [cell.strip() for cell in table.rows[0]]
    number, section = table.column("id"), table.column("section")
    if number is None or section is None:
        raise TcpCourseError(f"{gradebook} is no gradebook of Canvas: it has no ID or no Section.")
    titles = [re.sub(r"\s*\(\d+\)$", "", title).casefold() for title in head]
    fitting = [
        at
        for at in range(section + 1, len(head))
        if column.casefold() in (head[at].casefold(), titles[at])
    ]
    if len(fitting) != 1:
        raise TcpCourseError(
            f"{gradebook} has {len(fitting)} columns called {column}; --column names one of"
            f" {', '.join(head[section + 1 :])[:300]}."
        )
    scores = {line.student: line for line in lines}
    for row in table.rows[1:4]:
        if "points possible" in row[0].casefold() and len(row) > fitting[0]:
            _same_most(gradebook, row[fitting[0]], scores.values())
    done = _fill(table, number, fitting[0], scores, known)
    kept = [*range(section + 1), fitting[0]]
    rows = [[row[at] if at < len(row) else "" for at in kept] for row in table.rows]
    _write(path, rows, table.delimiter, "utf-8")
    return done


def _same_most(path: Path, there: str, lines: Iterable[GradeLine]) -> None:
    for line in lines:
        try:
            same = abs(float(there.strip().replace(",", ".")) - line.max_score) < 0.01
        except ValueError:
            return
        if not same:
            raise TcpCourseError(
                f"{path} says that the most is {there.strip()}, and {line.assignment} has"
                f" {line.max_score:g} points: set the same there, and export again."
            )


def _fill(
    table: CsvTable,
    numbers: int,
    target: int,
    scores: Mapping[str, GradeLine],
    known: Mapping[str, Entry],
) -> Filled:
    done, seen = Filled(), set()
    for row in table.rows[1:]:
        number = number_in(row[numbers]) if len(row) > numbers else ""
        entry = known.get(number)
        student = entry.student.casefold().strip() if entry else "" if known else number
        line = scores.get(student)
        if line is None:
            continue
        seen.add(student)
        if line.score is None:
            done.notes.append(f"{clean(student, 60)}: no mark is written: {line.status}.")
            continue
        row += [""] * (target + 1 - len(row))
        row[target] = f"{line.score:g}"
        done.written += 1
    for student, line in scores.items():
        if student not in seen and line.status != MISSING:
            done.notes.append(f"{clean(student, 60)}: is not in the file, so no mark is written.")
    return done


def _write(path: Path, rows: Iterable[list[str]], delimiter: str, encoding: str) -> None:
    try:
        with open(path, "w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
    except OSError as problem:
        raise TcpCourseError(f"{path} cannot be written: {problem.strerror}.") from None
