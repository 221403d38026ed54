"""Questions whose answer is a value: one number or letter, or several under their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import Form
from tcpcourse.exercises.question import Judged, Kind, Mark, Problem, Question, plain
from tcpcourse.views.misconceptions import first_words
from tcpcourse.words import listed, message, sentence_of, together

Shared = Mapping[str, Any]
ONLY = "answer"
"""The name of the only part of an answer that is not a dictionary."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong value and what the student probably did; ``says`` gives no right number away."""

    value: Any
    says: str


@dataclass(frozen=True)
class Posed:
    """What a question shows to one student, and what is right.

    ``given`` is plain data, in the order shown. ``right`` holds the answer to each part,
    ``also`` other answers to a part that are just as right, ``wrong`` the values that known
    misconceptions give.
    """

    given: Mapping[str, Any]
    right: Mapping[str, Any]
    wrong: Mapping[str, tuple[Wrong, ...]] = field(default_factory=dict)
    also: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Value(Question):
    """A question answered with plain data.

    ``parts`` says what is asked, by name; with a single part called ``ONLY`` the variable
    holds the value itself, otherwise a dictionary. The points are shared out equally over
    the parts; those that stand in one of ``together`` count only when all of them are right.
    ``pose`` makes the question for one student.
    """

    id: str
    title: str
    points: int
    parts: Mapping[str, Form]
    pose: Callable[[Draw, Shared], Posed]
    hints: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    kind: Kind = "value"

    @property
    def name(self) -> str:  # type: ignore[override]
        """The variable in the notebook."""
        return self.id

    @property
    def single(self) -> bool:
        """Whether the variable holds the value itself."""
        return tuple(self.parts) == (ONLY,)

    def split(self, answer: Any) -> Mapping[str, Any]:
        """The answer by part; parts that are not there are left out."""
        if self.single:
            return {} if answer is None else {ONLY: answer}
        if type(answer) is not dict:
            return {}
        return {name: answer[name] for name in self.parts if answer.get(name) is not None}

    def form(self, answer: Any) -> str | None:
        """See ``Question.form``: one sentence about the first thing that is not as asked."""
        try:
            answer = plain(answer)
        except TcpCourseError as problem:
            return message("{question}: {problem}", question=self.id, problem=sentence_of(problem))
        given = self.split(answer)
        if self.single:
            if not given:
                return message("{question} is not answered yet.", question=self.id)
        elif type(answer) is not dict:
            if answer is None:
                return message("{question} is not answered yet.", question=self.id)
            return message(
                "{question} should be a dictionary with the keys {keys}.",
                question=self.id,
                keys=listed(f'"{name}"' for name in self.parts),
            )
        elif not given:
            return message("{question} is not answered yet.", question=self.id)
        elif missing := [name for name in self.parts if name not in given]:
            return message(
                "{question} has no answer for {missing} yet.",
                question=self.id,
                missing=listed(missing),
            )
        elif answer.keys() - self.parts.keys():
            return message(
                "{question} has keys that are not asked for; there are {parts}.",
                question=self.id,
                parts=listed(self.parts),
            )
        for name, value in given.items():
            if not self.parts[name].fits(value):
                where = self.id if self.single else f'{self.id}["{name}"]'
                return self.parts[name].asks(where)
        return None

    def noticed(self, problem: Problem, answer: Any) -> dict[str, str]:
        """For each part that equals what a known misconception gives: what to think about."""
        posed = self.posed(problem)
        found: dict[str, str] = {}
        for name, value in self.split(answer).items():
            read = self.parts[name].read(value)
            if read is None or self.is_right(posed, name, value):
                continue
            says = [
                wrong.says
                for wrong in posed.wrong.get(name, ())
                if self.parts[name].read(wrong.value) == read
            ]
            if says:
                found[name] = first_words(says)
        return found

    def posed(self, problem: Problem) -> Posed:
        """What this question is for this student."""
        posed: Posed = problem.posed[self.id]
        return posed

    def is_right(self, posed: Posed, name: str, value: Any) -> bool:
        """Whether this value is one of the right answers to a part."""
        read = self.parts[name].read
        rights = (posed.right[name], *posed.also.get(name, ()))
        return read(value) is not None and any(read(right) == read(value) for right in rights)

    def judge(self, problem: Problem, answer: Any) -> tuple[Judged, ...]:
        """Each part of a plain answer, beside what is right."""
        posed, given = self.posed(problem), self.split(answer)
        noticed = self.noticed(problem, answer)
        return tuple(
            Judged(
                name,
                repr(given[name]) if name in given else "",
                " or ".join(map(repr, (posed.right[name], *posed.also.get(name, ())))),
                name in given and self.is_right(posed, name, given[name]),
                noticed.get(name, ""),
            )
            for name in self.parts
        )

    def mark(self, problem: Problem, answer: Any) -> Mark:
        """A share of the points for each part that is right."""
        try:
            answer = plain(answer)
        except TcpCourseError as error:
            words = message("{question}: {problem}", question=self.id, problem=sentence_of(error))
            return Mark(0.0, words)
        parts = self.judge(problem, answer)
        good = self._counting({part.name for part in parts if part.good})
        if len(good) == len(parts):
            return Mark(float(self.points), message("All right."), parts)
        points = round(self.points * len(good) / len(parts), 2)
        return Mark(points, self._told(answer, parts, good), parts)

    def _counting(self, good: set[str]) -> set[str]:
        """Of the parts that are right those that count."""
        for group in self.together:
            if not good.issuperset(group):
                good = good.difference(group)
        return good

    def _told(self, answer: Any, parts: tuple[Judged, ...], good: set[str]) -> str:
        """What the student reads: how much is right, what to think about, and no answer."""
        words = [self.form(answer) or ""]
        if not self.single:
            words.insert(
                0, message("{good} of {parts} parts count.", good=len(good), parts=len(parts))
            )
        words += [
            p.why if self.single else message("{part}: {why}", part=p.name, why=p.why)
            for p in parts
            if p.why
        ]
        silent = [part.name for part in parts if part.given and not part.good and not part.why]
        if silent and not words[-1]:
            words.append(
                message("This is not right; the hints lead on.")
                if self.single
                else message("Not right: {silent}.", silent=listed(silent))
            )
        half = [part.name for part in parts if part.good and part.name not in good]
        if half:
            words.append(
                message("Right, but counting only together with others: {half}.", half=listed(half))
            )
        return together(*(word for word in words if word))


@dataclass(frozen=True)
class Written(Question):
    """An answer in words, graded by hand with the rubric of the instructor's notebook."""

    id: str
    title: str
    points: int
    hints: tuple[str, ...] = ()
    kind: Kind = "written"
    name: str = ""

    def form(self, answer: Any) -> str | None:
        """Words have no wrong form, as long as there are some."""
        if answer is None or (type(answer) is str and not answer.strip()):
            return message("{question} is not answered yet.", question=self.id)
        return (
            None
            if type(answer) is str
            else message("{question} is answered in words.", question=self.id)
        )

    def mark(self, problem: Problem, answer: Any) -> Mark:
        """No points here: a person reads it."""
        return Mark(0.0, message("This answer is graded by hand."))
