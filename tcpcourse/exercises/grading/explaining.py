"""The answer to an appeal: what was given, what is right, and why, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from nbgrader.api import Gradebook, MissingEntry

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.course import Course
from tcpcourse.exercises.grading.marking import Graded, Job, prepare
from tcpcourse.exercises.grading.protocol import Asked, Handed, Marked, Part, questions_of

MOST_CALLS = 5
"""So many calls that went wrong are shown of one function."""


def explain(course: Course, assignment: str, student: str) -> Iterator[str]:
    """Lines of text about one student's marks; holds right answers: for the instructor only.

    Raises ``TcpCourseError`` for somebody who has not handed in, or is not graded yet.
    """
    for job in course.jobs(assignment, student):
        kept = Graded.load(job.store)
        if kept is None:
            raise TcpCourseError(
                f"The work of {student} in {assignment} is not graded yet: run autograde."
            )
        prepared = prepare(job)
        yield f"{student}, {assignment}"
        if kept.depends != prepared.depends:
            changed = [k for k, v in prepared.depends.items() if kept.depends.get(k) != v]
            yield f"Changed since it was graded: {', '.join(changed)}. Run autograde again."
        for asked in prepared.asked:
            yield ""
            yield from _question(course, job, kept, asked)
        if kept.notes:
            yield ""
            yield "Notes:"
            for cell, words in kept.notes:
                yield f"  {cell}: {words}" if cell else f"  {words}"


def _question(course: Course, job: Job, kept: Graded, asked: Asked) -> Iterator[str]:
    score, most, by_hand = _in_the_books(course, job, asked.id)
    given = kept.marks.get(asked.id)
    yield f"{asked.id}: {score} of {most}{' (by hand)' if by_hand else ''}"
    if given is None:
        return
    yield f"  {given.message}"
    questions = questions_of(job.questions)
    name = questions.student(job.works_as or job.student)
    handed = kept.handed.get(asked.id, Handed())
    mark: Marked = questions.mark(job.assignment, name, asked.id, job.key, handed)
    wrong = [part for part in mark.parts if not part.good]
    if asked.kind == "function":
        yield f"  {len(mark.parts) - len(wrong)} of {len(mark.parts)} calls are right."
        for part in wrong[:MOST_CALLS]:
            yield from _part(part)
        if len(wrong) > MOST_CALLS:
            yield f"  and {len(wrong) - MOST_CALLS} more calls that are wrong"
        return
    for part in mark.parts:
        yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    yield f"  {'right' if part.good else 'WRONG'}  {part.name}"
    yield f"         given {part.given or 'nothing'}"
    if not part.good:
        yield f"         right {part.right}"
    if part.why:
        yield f"         {part.why}"


def _in_the_books(course: Course, job: Job, question: str) -> tuple[str, str, bool]:
    """The score, the most, and whether a person gave it."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        try:
            row = book.find_grade(question, job.notebook, job.assignment, job.student)
        except MissingEntry:
            return "no mark", "?", False
        by_hand = row.manual_score is not None
        known = by_hand or row.auto_score is not None
        return f"{row.score:g}" if known else "no mark", f"{row.max_score:g}", by_hand
