"""Questions whose answer is a small function, tried on inputs the student has not seen.

The examples are public and typed by hand. What is right for the inputs drawn from the
grader's secret is computed by ``tcpcourse.exercises.references``, which only the grader's
process needs: a sandbox may hide that file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import FLAGS
from tcpcourse.exercises.question import Answer, Challenge, Kind, Mark, Problem, Question, plain

REFERENCES = "tcpcourse.exercises.references"


@dataclass(frozen=True)
class Example:
    """A public call and what it gives."""

    arguments: tuple[Any, ...]
    gives: Any


@dataclass(frozen=True)
class Function(Question):
    """A question answered with a function called ``name``.

    ``draw`` gives the calls with the sort of each; the points are shared out equally over
    the sorts, and a sort counts when all its calls are right. That way an answer that is
    always the same earns nothing.
    """

    id: str
    title: str
    points: int
    name: str
    parameters: str
    examples: tuple[Example, ...]
    draw: Callable[[Draw], list[tuple[str, Challenge]]]
    hints: tuple[str, ...] = ()
    kind: Kind = "function"

    def form(self, answer: Any) -> str | None:
        """Whether it is a function at all; ``check`` tries the public examples besides."""
        if callable(answer):
            return None
        if answer is None:
            return f"{self.id} is not answered yet: define {self.name}({self.parameters})."
        return f"{self.id} is a function: define {self.name}({self.parameters})."

    def try_examples(self, function: Any) -> list[str]:
        """One sentence for each public example that does not come out."""
        told: list[str] = []
        for example in self.examples:
            arguments = ", ".join(map(repr, example.arguments))
            call = f"{self.name}({arguments})"
            try:
                given = plain(function(*_copies(example.arguments)))
            except TcpCourseError as problem:
                told.append(f"{call}: {problem}.")
            except Exception as error:  # the student's own code may raise anything
                told.append(f"{call} stops with {type(error).__name__}.")
            else:
                if not same(example.gives, given):
                    told.append(f"{call} gives {_short(given)}, but should give {example.gives!r}.")
        return told

    def _calls(self, problem: Problem, secret: bytes) -> list[tuple[str, Challenge]]:
        words = ("challenge", problem.assignment, problem.student, self.id)
        return self.draw(Draw(*words, key=secret))

    def challenges(self, problem: Problem, secret: bytes) -> tuple[Challenge, ...]:
        """See ``Question.challenges``."""
        return tuple(arguments for _, arguments in self._calls(problem, secret))

    def mark_results(self, problem: Problem, secret: bytes, results: Sequence[Any]) -> Mark:
        """See ``Question.mark_results``; too few results count as errors."""
        known = import_module(REFERENCES)
        reference: Callable[..., Answer] = known.REFERENCES[self.name]
        calls = self._calls(problem, secret)
        given = [_checked(each) for each in list(results)[: len(calls)]]
        given += [_ERROR] * (len(calls) - len(given))
        bad: dict[str, None] = {}
        sorts = dict.fromkeys(sort for sort, _ in calls)
        for (sort, arguments), result in zip(calls, given, strict=True):
            if not same(reference(*arguments), result):
                bad[sort] = None
        if not bad:
            return Mark(float(self.points), f"{self.name} is right for all inputs it was tried on.")
        points = round(self.points * (len(sorts) - len(bad)) / len(sorts), 2)
        if all(type(each) is dict and "error" in each for each in given):
            return Mark(0.0, f"{self.name} gave no result for any input it was tried on.")
        if all(each is None for each in given):
            return Mark(0.0, f"{self.name} gives None: nothing is returned yet.")
        for slip, says in known.SLIPS.get(self.name, ()):
            slipped = [slip(*arguments) for _, arguments in calls]
            if same(slipped, given):
                return Mark(points, says)
        return Mark(points, f"{self.name} is not right for: {'; '.join(bad)}.")


_ERROR: Answer = {"error": "no result"}


def _checked(result: Any) -> Any:
    """The result if it is plain and bounded, else an error."""
    try:
        return plain(result)
    except TcpCourseError:
        return _ERROR


def _copies(arguments: tuple[Any, ...]) -> list[Any]:
    """Fresh copies, so that a function which changes its argument spoils nothing."""
    return [plain(each) for each in arguments]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _fold(text: str) -> str:
    return text.casefold().replace("-", "_")


def same(right: Any, given: Any) -> bool:
    """Whether two plain values mean the same.

    ``True`` is not 1, 5.0 is 5, lists keep their order, names may be in any case, and the
    letters of ``flags`` in any order.
    """
    if type(right) is bool or type(given) is bool or right is None or given is None:
        return type(right) is type(given) and bool(right) == bool(given)
    if type(right) in (int, float) and type(given) in (int, float):
        return bool(right == given)
    if type(right) is not type(given):
        return False
    if type(right) is str:
        return bool(_fold(right) == _fold(given))
    if type(right) is list:
        return len(right) == len(given) and all(map(same, right, given))
    if type(right) is dict:
        return right.keys() == given.keys() and all(
            same(right[key], given[key])
            or (key == "flags" and FLAGS.read(right[key]) == FLAGS.read(given[key]))
            for key in right
        )
    return False
