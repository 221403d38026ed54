"""What a question is, for the student's notebook and for the one who marks it.

The student's notebook needs ``form`` and ``hints``; marking (``mark``, ``challenges``,
``mark_results``) is called by the grader's own process only, with plain data that a sandbox
produced. Nothing here trusts an answer: every method takes whatever plain data there is, and
none raises because of it. Standard library only.
"""

from __future__ import annotations

import decimal
import enum
import math
from abc import ABC, abstractmethod
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import listed, message

Answer: TypeAlias = "bool | int | float | str | list[Answer] | dict[str, Answer] | None"
"""Plain JSON data; what is handed in is nothing else."""

Challenge: TypeAlias = "list[Answer]"
"""The arguments of one call of a student's function, as plain data."""

Kind = Literal["value", "function", "written"]

DEEPEST, MOST_PARTS, LONGEST_TEXT = 16, 10_000, 100_000
LARGEST_NUMBER = 1 << 64


_DICTIONARIES = (dict, OrderedDict, defaultdict)


def _items(value: Any) -> Any:
    """What is in a dictionary of one of these kinds."""
    return dict.items(value)


@dataclass(frozen=True, slots=True)
class Judged:
    """One part of an answer beside what is right, for whoever answers an appeal.

    ``name`` says which part it is, ``why`` what the student may have thought.
    """

    name: str
    given: str
    right: str
    good: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an answer is worth, from 0 to the question's points, and why, for the student.

    ``message`` is a sentence or two that teach. It never holds a challenge input, nor the
    expected answer to one. ``parts`` hold both, and are for the instructor only.
    """

    points: float
    message: str
    parts: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Problem:
    """One student's own problem: the same for the same student, on every machine.

    ``shared`` holds what several questions look at, such as a trace; ``posed`` what each
    question shows and expects, by its id.
    """

    assignment: str
    student: str
    shared: Mapping[str, Any] = field(default_factory=dict)
    posed: Mapping[str, Any] = field(default_factory=dict)


class Question(ABC):
    """One question: where its answer is, what form it has, how it is marked.

    ``id`` is the notebook cell's ``grade_id`` (``"q1"``). ``name`` is the variable or the
    function that holds the answer in the notebook; written answers (``kind`` ``"written"``)
    have none and are graded by hand. ``hints`` lead on step by step and never give a number.
    """

    id: str
    title: str
    points: int
    kind: Kind
    name: str
    hints: tuple[str, ...] = ()

    @abstractmethod
    def form(self, answer: Any) -> str | None:
        """``None``, or one sentence that says what is wrong with the answer's form."""

    def mark(self, problem: Problem, answer: Any) -> Mark:
        """Mark a value. For a function or a written answer this gives no points."""
        return Mark(0.0, message("This question is not marked by its value."))

    def challenges(self, problem: Problem, secret: bytes) -> tuple[Challenge, ...]:
        """The calls to make of a function, drawn from the secret, the student and the question.

        The same arguments give the same calls. Other kinds of question have none.
        """
        return ()

    def mark_results(self, problem: Problem, secret: bytes, results: Sequence[Any]) -> Mark:
        """Mark what the calls gave: one plain result each, or ``{"error": "..."}``."""
        return Mark(0.0, message("This question is not marked by calling a function."))


@dataclass(frozen=True)
class Assignment:
    """The questions of one chapter. ``make`` gives the problem of one student."""

    id: str
    title: str
    chapter: str
    questions: tuple[Question, ...]
    make: Callable[[str], Problem]

    @property
    def points(self) -> int:
        """The points of all questions together."""
        return sum(question.points for question in self.questions)

    def question(self, name: str) -> Question:
        """The question with this id; raises ``TcpCourseError`` when there is none."""
        for question in self.questions:
            if question.id == name:
                return question
        known = listed(question.id for question in self.questions)
        raise TcpCourseError(
            message(
                "There is no question {question!r} here: there are {known}.",
                question=str(name)[:40],
                known=known,
            )
        )

    def problem(self, student: str) -> Problem:
        """The problem of this student. Raises ``TcpCourseError`` for what is no name."""
        return self.make(student)


def plain(value: object) -> Answer:
    """The value as plain data, or a ``TcpCourseError`` that says why it cannot be handed in.

    Tuples become lists; numpy's values, decimals, members of an enum and the course's own
    sequence numbers, states and flags become what they stand for; of Python's types only exact
    ones are taken. The result is bounded in depth, in parts, in text and in size. This runs
    where the student's code runs, so a grader checks again what comes out of there.
    """
    return _plain(value, 0, [0])


def plain_parts(value: object) -> tuple[Answer, dict[str, str]]:
    """The value as plain data, and of a dictionary why each part that cannot be is left out.

    Raises ``TcpCourseError`` where there is nothing that can be handed in.
    """
    if type(value) not in _DICTIONARIES or len(_items(value)) > 100:
        return _plain(value, 0, [0]), {}
    found: dict[str, Answer] = {}
    bad: dict[str, str] = {}
    for key, each in _items(value):
        try:
            found |= _plain({key: each}, 0, [0])  # type: ignore[arg-type]
        except TcpCourseError as problem:
            if type(key) is not str or len(key) > 100:
                raise
            bad[key] = str(problem)
    return _plain(found, 0, [0]), bad


def _plain(value: object, depth: int, parts: list[int]) -> Answer:
    parts[0] += 1
    if parts[0] > MOST_PARTS:
        raise TcpCourseError(message("The answer has more than {most} parts.", most=MOST_PARTS))
    if depth > DEEPEST:
        raise TcpCourseError(message("The answer is nested more than {most} deep.", most=DEEPEST))
    kind = type(value)
    if value is None or kind is bool:
        return value  # type: ignore[return-value]
    if kind is int:
        if not -LARGEST_NUMBER < value < LARGEST_NUMBER:  # type: ignore[operator]
            raise TcpCourseError(
                message("A number in the answer is larger than any number of TCP.")
            )
        return value  # type: ignore[return-value]
    if kind is float:
        if not math.isfinite(value):  # type: ignore[arg-type]
            raise TcpCourseError(message("A number in the answer is not finite."))
        return value  # type: ignore[return-value]
    if kind is str:
        if len(value) > LONGEST_TEXT:  # type: ignore[arg-type]
            raise TcpCourseError(
                message("A text in the answer is longer than {most} characters.", most=LONGEST_TEXT)
            )
        return value  # type: ignore[return-value]
    if kind in (list, tuple):
        return [_plain(each, depth + 1, parts) for each in value]  # type: ignore[attr-defined]
    if kind in _DICTIONARIES:
        found: dict[str, Answer] = {}
        for key, each in _items(value):
            if type(key) not in (str, int) or len(str(key)) > 100:
                raise TcpCourseError(
                    message("A dictionary in the answer has a key that is no short text.")
                )
            found[str(key)] = _plain(each, depth + 1, parts)
        return found
    return _known(value, kind)


def _known(value: Any, kind: type) -> Answer:
    """The course's own small types, and numpy's whole numbers."""
    home = kind.__module__
    if home == "tcpcourse.core.seq":
        return int(value)
    if home == "tcpcourse.core.states":
        return str(value.name)
    if home == "tcpcourse.core.segment" and kind.__name__ == "Flags":
        return str(value)
    if home == "numpy" and kind.__name__.startswith(("int", "uint", "float", "bool", "str")):
        return _plain(value.item(), 0, [0])
    if home == "numpy" and kind.__name__ == "ndarray" and value.size <= MOST_PARTS:
        return _plain(value.tolist(), 1, [0])
    if kind is decimal.Decimal and value.is_finite() and abs(value.adjusted()) < 20:
        return int(value) if value == int(value) else float(value)
    if isinstance(value, enum.Enum):
        return _plain(object.__getattribute__(value, "_value_"), 0, [0])
    raise TcpCourseError(
        message("The answer holds something that is no number, text, list or dictionary.")
    )
