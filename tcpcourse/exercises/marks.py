"""The course's questions as grading asks for them: ``MARKS`` is a ``Questions``.

``nbgrader_config.py`` names it. Only the grader's process imports this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.bank import assignments
from tcpcourse.exercises.draw import student_name
from tcpcourse.exercises.grading.protocol import Asked, Handed, Library, Marked, Part, Plain
from tcpcourse.exercises.question import Assignment, Mark, Problem, plain
from tcpcourse.words import listed, message, together

PACKAGE = Path(__file__).parents[1]
# What a problem and its marks are made of: a change in here may change a mark.
DEPENDS = (
    "words",
    "core",
    "packet.py",
    "trace.py",
    "sources/simulation",
    "views/basis.py",
    "views/misconceptions",
    "exercises/*.py",
    "exercises/bank",
)


def find_assignment(name: str) -> Assignment:
    """The course's assignment. Raises ``TcpCourseError`` when there is none of this name."""
    known = assignments()
    if name not in known:
        raise TcpCourseError(
            message(
                "There is no assignment {name!r}; there are {known}.",
                name=name,
                known=listed(known),
            )
        )
    return known[name]


@lru_cache(maxsize=4)
def _problem(assignment: str, student: str) -> Problem:
    return find_assignment(assignment).problem(student)


@cache
def _version() -> str:
    found = hashlib.sha256()
    for pattern in DEPENDS:
        for path in sorted(PACKAGE.glob(pattern)):
            for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
                # The end of a line is not the same on every machine.
                text = file.read_bytes().replace(b"\r\n", b"\n")
                found.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0" + text)
    return found.hexdigest()[:16]


class Marks:
    """See ``Questions``: each method says there what it does."""

    @property
    def library(self) -> Library:
        """The whole package, without what marks and without what is right for unseen inputs."""
        exercises = PACKAGE / "exercises"
        secret = [
            place
            for name in ("references", "slips")
            for place in (exercises / f"{name}.py", *exercises.glob(f"__pycache__/{name}.*"))
        ]
        return Library(
            PACKAGE,
            (exercises / "grading", *secret),
            "tcpcourse.exercises.question:plain_parts",
            "tcpcourse.core.errors:TcpCourseError",
            ("problem", "right", "posed"),
        )

    def student(self, name: str) -> str:
        """A student's id as it is used everywhere."""
        return student_name(name)

    def asked(self, assignment: str) -> tuple[Asked, ...]:
        """The questions of an assignment."""
        return tuple(
            Asked(question.id, question.name, question.kind, question.points)
            for question in find_assignment(assignment).questions
        )

    def version(self, assignment: str) -> str:
        """A word for the text of all modules on which a problem or a mark depends."""
        return _version()

    def setup(self, assignment: str, student: str) -> str:
        """The code of the notebook's first cell."""
        return (
            "from tcpcourse.exercises import start\n"
            f"student = {student!r}\nps = start({assignment!r}, student=student)"
        )

    def calls(
        self, assignment: str, student: str, question: str, key: bytes
    ) -> Sequence[list[Plain]]:
        """The calls to make of a function."""
        asked = find_assignment(assignment).question(question)
        return [list(each) for each in asked.challenges(_problem(assignment, student), key)]

    def mark(
        self, assignment: str, student: str, question: str, key: bytes, handed: Handed
    ) -> Marked:
        """The question's own mark."""
        asked, problem = (
            find_assignment(assignment).question(question),
            _problem(assignment, student),
        )
        if asked.kind == "function":
            mark = (
                asked.mark_results(problem, key, handed.results)
                if handed.results
                else Mark(0.0, handed.trouble or asked.form(None) or "")
            )
        else:
            mark = asked.mark(problem, handed.answer)
            if handed.trouble:
                said = together(*filter(None, (handed.trouble, mark.message)))
                mark = Mark(mark.points, said, mark.parts)
        parts = tuple(Part(p.name, p.given, p.right, p.good, p.why) for p in mark.parts)
        return Marked(mark.points, mark.message, parts)

    def plain(self, value: Any) -> Plain:
        """The value as bounded plain data."""
        return plain(value)


MARKS = Marks()
