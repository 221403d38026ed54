"""The commands of an instructor: ``python -m tcpcourse.exercises.grading --help``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.batch import autograde
from tcpcourse.exercises.grading.collecting import collect
from tcpcourse.exercises.grading.course import Course, grade_one
from tcpcourse.exercises.grading.explaining import explain
from tcpcourse.exercises.grading.exporting import (
    assignments_of,
    fill_canvas,
    fill_moodle,
    lines_of,
    write_table,
)
from tcpcourse.exercises.grading.keys import key_path, make_key
from tcpcourse.exercises.grading.plaindata import sentence
from tcpcourse.exercises.grading.roster import Entry, roster


def main(words: list[str] | None = None) -> int:
    """Run one command; 0 if all went well, 1 if there is something to read, 2 if nothing ran."""
    given = _parser().parse_args(words)
    try:
        return int(given.run(given))
    except TcpCourseError as problem:
        print(sentence(problem), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("Interrupted. What is graded is kept: run the same again.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tcpcourse.exercises.grading", description="Grade what was handed in."
    )
    parser.add_argument(
        "--root", type=Path, default=Path(), help="the course folder, with nbgrader_config.py"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        return made

    command("key", _key, "make the secret key, once for a course")
    brought = command("import", _import, "take submissions from Moodle, Canvas or a folder")
    brought.add_argument("assignment")
    brought.add_argument("zip", type=Path, help="the zip as it was downloaded, or a folder")
    _roster(brought)
    brought.add_argument(
        "--times", action="store_true", help="the files' own times are those of handing in"
    )
    brought.add_argument(
        "--replace", action="store_true", help="take it also where something else is there"
    )
    all_ = command("autograde", _autograde, "grade all submissions of an assignment")
    all_.add_argument("assignment")
    all_.add_argument("--workers", type=int, help="how many at once (as many as cores)")
    all_.add_argument("--again", action="store_true", help="run also what is graded already")
    one = command("one", _one, "run and mark one submission, and leave the gradebook alone")
    one.add_argument("assignment")
    one.add_argument("student")
    names = command("students", _students, "list who has handed in, one a line")
    names.add_argument("assignment")
    why = command("explain", _explain, "show what was given, what is right, and why")
    why.add_argument("student")
    why.add_argument("assignment")
    other = command("works-as", _works_as, "grade a student with the id that was used")
    other.add_argument("assignment")
    other.add_argument("student")
    other.add_argument("id", nargs="?", default="", help="the id in the notebook; none ends it")
    out = command("export", _export, "write marks to a CSV file: a long table, or an LMS's own")
    out.add_argument("file", type=Path)
    out.add_argument("assignment", nargs="?", help="only this one; needed for an LMS")
    theirs = out.add_mutually_exclusive_group()
    theirs.add_argument("--moodle", type=Path, help="the grading worksheet, to be filled in")
    theirs.add_argument("--canvas", type=Path, help="the exported gradebook, to be filled in")
    out.add_argument("--column", help="the column of the LMS's file that takes the marks")
    _roster(out)
    return parser


def _roster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--roster",
        type=Path,
        help="CSV with the columns number and student, or Moodle's"
        " grading worksheet, or Canvas's gradebook",
    )
    parser.add_argument(
        "--student-column",
        default="student",
        metavar="NAME",
        help="the roster's column with the student ids (student)",
    )


def _known(course: Course, given: argparse.Namespace) -> dict[str, Entry]:
    if not given.roster:
        return {}
    return roster(given.roster, course.questions.student, given.student_column)


def _key(given: argparse.Namespace) -> int:
    make_key(key_path())
    print(f"The key is in {key_path()}. Keep a copy: marks are drawn from it.")
    return 0


def _import(given: argparse.Namespace) -> int:
    course = Course(given.root)
    done = collect(
        given.zip,
        course.submitted(),
        given.assignment,
        course.questions.student,
        _known(course, given),
        times=given.times,
        replace=given.replace,
    )
    print(f"The names are those of: {done.form}.")
    for name, why in done.left_out:
        print(f"left out: {name!r}: {why}")
    for student, what in done.notes:
        print(f"{student}: {what}")
    print(f"{len(done.students)} students have handed in {given.assignment}.")
    return 1 if done.left_out else 0


def _autograde(given: argparse.Namespace) -> int:
    report = autograde(given.root, given.assignment, given.workers, given.again)
    for student, cell, words in report.lines:
        print(": ".join(part for part in (student, cell, words) if part))
    print(f"{report.graded} notebooks graded, {report.kept} were graded before.")
    return 1 if report.lines else 0


def _one(given: argparse.Namespace) -> int:
    for graded in grade_one(given.root, given.assignment, given.student):
        for cell, words in graded.notes:
            print(f"{cell}: {words}" if cell else words)
    return 0


def _students(given: argparse.Namespace) -> int:
    for student in Course(given.root).students(given.assignment):
        print(student)
    return 0


def _explain(given: argparse.Namespace) -> int:
    for line in explain(Course(given.root), given.assignment, given.student):
        print(line)
    return 0


def _works_as(given: argparse.Namespace) -> int:
    Course(given.root).let_work_as(given.assignment, given.student, given.id)
    print("Run autograde again.")
    return 0


def _export(given: argparse.Namespace) -> int:
    course = Course(given.root)
    known = _known(course, given)
    if not (given.moodle or given.canvas):
        names = [given.assignment] if given.assignment else assignments_of(course)
        write_table(lines_of(course, names, known), given.file)
        return 0
    if not given.assignment:
        raise TcpCourseError("Say which assignment: export FILE ASSIGNMENT.")
    lines = lines_of(course, [given.assignment], known)
    if given.moodle:
        done = fill_moodle(given.moodle, given.file, lines, known, given.column or "Grade")
    else:
        column = given.column or given.assignment
        done = fill_canvas(given.canvas, given.file, lines, known, column)
    for note in done.notes:
        print(note)
    print(f"{done.written} marks written.")
    return 1 if done.notes else 0


if __name__ == "__main__":
    sys.exit(main())
