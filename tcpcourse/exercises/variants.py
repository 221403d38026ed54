"""What the student's notebook holds: one problem, and help that gives nothing away."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.bank import assignments
from tcpcourse.exercises.functions import Function
from tcpcourse.exercises.question import Assignment, Problem
from tcpcourse.exercises.scripts import Script
from tcpcourse.exercises.show import Captioned
from tcpcourse.exercises.values import Posed, Value
from tcpcourse.words import listed, message, say, sentence_of

_started: list[Variant] = []


@dataclass(frozen=True, repr=False)
class Feedback:
    """What there is to say about an answer before it is graded; never whether it is right.

    ``question`` and ``tries`` also go into the metadata of the cell's output, so that the
    saved notebook records how often an answer was checked since the kernel was started.
    """

    question: str
    tries: int
    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(map(say, (self._title(), *self.lines)))

    def _title(self) -> str:
        return message("{question}, try {tries}.", question=self.question, tries=self.tries)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        lines = "<br>".join(escape(say(line), quote=True) for line in self.lines)
        title = f"<b>{escape(say(self._title()), quote=True)}</b>"
        html = f'<div role="status">{title}<br>{lines}</div>'
        record = {"tcpcourse": {"question": self.question, "tries": self.tries}}
        return {"text/plain": repr(self), "text/html": html}, record


class Variant:
    """One student's own problem in one assignment.

    ``show`` gives what a question shows, ``given`` the same as plain data to calculate with,
    ``check`` what can be said about an answer now, ``hint`` the next hint. ``student`` and
    ``assignment`` say whose and which it is; ``tries`` counts the checks of each question
    since the notebook's kernel was started, ``looked`` tells whether ``problem`` was read.
    """

    def __init__(self, assignment: Assignment, student: str) -> None:
        self._assignment = assignment
        self._problem = assignment.problem(student)
        self.looked = False
        self.assignment = assignment.id
        self.student = self._problem.student
        self.tries: dict[str, int] = {}
        self._hints: dict[str, int] = {}

    @property
    def problem(self) -> Problem:
        """The problem with its answers, for tests and for the curious; grading reports it."""
        self.looked = True
        return self._problem

    def given(self, question: str) -> dict[str, Any]:
        """What the question shows, as plain data: a copy, to do with as you like."""
        return copy.deepcopy(dict(self._posed(question).given))

    def show(self, question: str) -> Captioned:
        """What the question shows, to look at."""
        asked = self._assignment.question(question)
        return Captioned(
            message("{question} · {title}", question=asked.id, title=asked.title),
            self._posed(question).given,
        )

    def save(self, path: str, capture: str = "capture") -> None:
        """Write the assignment's capture to a pcap file, for Wireshark or ``tcp.load``.

        Raises ``TcpCourseError`` where the assignment has no capture.
        """
        if capture not in self._problem.shared:
            raise TcpCourseError(
                message("{assignment} has no capture to save.", assignment=self.assignment)
            )
        self._problem.shared[capture].save(path)

    def check(self, question: str, answer: Any) -> Feedback:
        """Say whether the answer's form is right, and name the misconception it may rest on."""
        asked = self._assignment.question(question)
        self.tries[asked.id] = self.tries.get(asked.id, 0) + 1
        bad = asked.form(answer)
        if bad is not None:
            lines: list[str] = [bad]
        elif isinstance(asked, Value):
            noticed = asked.noticed(self._problem, answer)
            lines = [
                message("The form is right. Whether the answer is right is told after grading.")
            ]
            if noticed:
                lines = [message("The form is right, but think again:")]
                lines += [
                    why if asked.single else message("{part}: {why}", part=name, why=why)
                    for name, why in noticed.items()
                ]
        elif isinstance(asked, Script):
            lines = [asked.told(answer)]
        elif isinstance(asked, Function):
            lines = asked.try_examples(answer)
            if not lines:
                lines = [
                    message("All public examples come out. It will be tried on other inputs, too.")
                ]
        else:
            lines = [message("This answer is read by a person.")]
        return Feedback(asked.id, self.tries[asked.id], tuple(lines))

    def hint(self, question: str) -> Captioned:
        """The next hint to this question; after the last one they begin again."""
        asked = self._assignment.question(question)
        if not asked.hints:
            return Captioned(message("{question} has no hints.", question=asked.id), {})
        place = self._hints.get(asked.id, 0) % len(asked.hints)
        self._hints[asked.id] = place + 1
        words = asked.hints[place]
        return Captioned(
            message(
                "{question}, hint {number} of {hints}",
                question=asked.id,
                number=place + 1,
                hints=len(asked.hints),
            ),
            {message("hint"): words},
        )

    def _posed(self, question: str) -> Posed:
        asked = self._assignment.question(question)
        posed: Mapping[str, Posed] = self._problem.posed
        return posed.get(asked.id, Posed({}, {}))

    def __repr__(self) -> str:
        many = len(self._assignment.questions)
        return message(
            "{title}: the problem of {student}, {questions} questions, {points} points",
            title=self._assignment.title,
            student=self.student,
            questions=many,
            points=self._assignment.points,
        )


def variant(assignment: str, student: str) -> Variant:
    """The problem that ``student`` has in ``assignment``, such as ``"ps1-opening"``.

    The same student always has the same problem. ``"lecture"`` and ``"solution"`` are the
    variants to show in a lecture and to solve in the instructor's notebook. Raises
    ``TcpCourseError`` for an unknown assignment or what is no student's id.
    """
    known = assignments()
    if assignment not in known:
        raise TcpCourseError(
            message(
                "There is no assignment {assignment!r}: there are {known}.",
                assignment=str(assignment)[:40],
                known=listed(known),
            )
        )
    return Variant(known[assignment], student)


class StartError(TcpCourseError):
    """Why an assignment did not start; in a notebook it shows its sentence and nothing else."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def start(assignment: str, student: str) -> Variant:
    """The same, and remembered in this kernel for ``check`` and ``hint``.

    Its ``TcpCourseError`` is a ``StartError``: the first cell is where a beginner meets one.
    """
    _started.clear()
    try:
        _started.append(variant(assignment, student))
    except TcpCourseError as problem:
        raise StartError(sentence_of(problem)) from None
    return _started[0]


def check(question: str, answer: Any) -> Feedback:
    """``Variant.check`` of the assignment started last; ``TcpCourseError`` if there is none."""
    return _last().check(question, answer)


def hint(question: str) -> Captioned:
    """``Variant.hint`` of the assignment started last; ``TcpCourseError`` if there is none."""
    return _last().hint(question)


def _last() -> Variant:
    if not _started:
        raise TcpCourseError(
            message("The assignment has not begun: run the notebook's first cell.")
        )
    return _started[0]
