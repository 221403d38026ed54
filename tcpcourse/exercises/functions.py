"""Questions whose answer is a small function, tried on inputs the student has not seen.

The examples are public and typed by hand. What is right for the inputs drawn from the
grader's secret is computed by ``references``, and named mistakes by ``slips``, which only the
grader's process needs: a sandbox may hide both files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import FLAGS
from tcpcourse.exercises.question import (
    Answer,
    Challenge,
    Judged,
    Kind,
    Mark,
    Problem,
    Question,
    plain,
)
from tcpcourse.words import listed, message, sentence_of, together

REFERENCES = "tcpcourse.exercises.references"
SLIPS = "tcpcourse.exercises.slips"


@lru_cache(maxsize=16)
def _drawn(
    draw: Callable[[Draw], list[tuple[str, Challenge]]], *words: str | bytes
) -> list[tuple[str, Challenge]]:
    """The calls of one question, kept from asking until marking. Nobody changes them."""
    *names, key = words
    return draw(Draw("challenge", *map(str, names), key=key))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Example:
    """A public call and what it gives; ``called`` is a short name for long arguments."""

    arguments: tuple[Any, ...]
    gives: Any
    called: str = ""


@dataclass(frozen=True)
class Function(Question):
    """A question answered with a function called ``name``.

    ``draw`` gives the calls with the sort of each; the points are shared out equally over
    the sorts, and a sort counts when all its calls are right. In each sort there are different
    right results, so an answer that is always the same earns nothing. ``shows`` gives what a
    student may try the function on; what is right for that is nowhere.
    """

    id: str
    title: str
    points: int
    name: str
    parameters: str
    examples: tuple[Example, ...]
    draw: Callable[[Draw], list[tuple[str, Challenge]]]
    hints: tuple[str, ...] = ()
    shows: Callable[[Draw, Mapping[str, Any]], Mapping[str, Any]] | None = None
    kind: Kind = "function"

    def form(self, answer: Any) -> str | None:
        """Whether it is a function at all; ``check`` tries the public examples besides."""
        if callable(answer):
            return None
        if answer is None:
            return message(
                "{question} is not answered yet: define {function}({parameters}).",
                question=self.id,
                function=self.name,
                parameters=self.parameters,
            )
        return message(
            "{question} is a function: define {function}({parameters}).",
            question=self.id,
            function=self.name,
            parameters=self.parameters,
        )

    def try_examples(self, function: Any) -> list[str]:
        """One sentence for each public example that does not come out."""
        told: list[str] = []
        for example in self.examples:
            arguments = example.called or ", ".join(map(repr, example.arguments))
            call = f"{self.name}({arguments})"
            try:
                given = plain(function(*_copies(example.arguments)))
            except TcpCourseError as problem:
                told.append(message("{call}: {problem}", call=call, problem=sentence_of(problem)))
            except Exception as error:  # the student's own code may raise anything
                told.append(
                    message("{call} stops with {error}.", call=call, error=type(error).__name__)
                )
            else:
                if not same(example.gives, given):
                    told.append(
                        message(
                            "{call} gives {given}, but should give {right!r}.",
                            call=call,
                            given=_short(given),
                            right=example.gives,
                        )
                    )
        return told

    def _calls(self, problem: Problem, secret: bytes) -> list[tuple[str, Challenge]]:
        return _drawn(self.draw, problem.assignment, problem.student, self.id, secret)

    def challenges(self, problem: Problem, secret: bytes) -> tuple[Challenge, ...]:
        """See ``Question.challenges``."""
        return tuple(_copies(arguments) for _, arguments in self._calls(problem, secret))

    def mark_results(self, problem: Problem, secret: bytes, results: Sequence[Any]) -> Mark:
        """See ``Question.mark_results``; too few results count as errors."""
        reference: Callable[..., Answer] = import_module(REFERENCES).REFERENCES[self.name]
        calls = self._calls(problem, secret)
        given = [_checked(each) for each in list(results)[: len(calls)]]
        given += [_ERROR] * (len(calls) - len(given))
        rights = [reference(*arguments) for _, arguments in calls]
        parts = tuple(
            Judged(f"{sort}: {self._call(arguments)}", _short(gave), repr(right), same(right, gave))
            for (sort, arguments), right, gave in zip(calls, rights, given, strict=True)
        )
        sorts = dict.fromkeys(sort for sort, _ in calls)
        bad = {sort: None for (sort, _), part in zip(calls, parts, strict=True) if not part.good}
        if not bad:
            says = message(
                "{function} is right for all inputs it was tried on.", function=self.name
            )
            return Mark(float(self.points), says, parts)
        points = round(self.points * (len(sorts) - len(bad)) / len(sorts), 2)
        slips = import_module(SLIPS).SLIPS.get(self.name, ())
        return Mark(points, self._told(calls, given, list(bad), slips), parts)

    def _call(self, arguments: Sequence[Any]) -> str:
        return f"{self.name}({', '.join(map(repr, arguments))})"

    def _told(
        self, calls: list[tuple[str, Challenge]], given: list[Any], bad: list[str], slips: Any
    ) -> str:
        """What the student reads about results that are not all right."""
        if all(each is None for each in given):
            return message("{function} gives None: nothing is returned yet.", function=self.name)
        for slip, says in slips:
            if same([slip(*arguments) for _, arguments in calls], given):
                return says  # type: ignore[no-any-return]
        errors: dict[str, dict[str, None]] = {}
        for (sort, _), gave in zip(calls, given, strict=True):
            if type(gave) is dict and gave.keys() == {"error"}:
                errors.setdefault(str(gave["error"]), {})[sort] = None
        words = []
        for error, where in errors.items():
            told_of = listed(where)
            if error == SLOW:
                words.append(
                    message(
                        "{function} is too slow for: {where}.", function=self.name, where=told_of
                    )
                )
            elif error == NO_RESULT:
                words.append(
                    message(
                        "{function} was not tried to the end, or ended its process: {where}.",
                        function=self.name,
                        where=told_of,
                    )
                )
            else:
                words.append(
                    message(
                        "{function} stops with {error} for: {where}.",
                        function=self.name,
                        error=clean_name(error),
                        where=told_of,
                    )
                )
        told = {sort for where in errors.values() for sort in where}
        if rest := [sort for sort in bad if sort not in told]:
            words.append(
                message(
                    "{function} is not right for: {rest}.", function=self.name, rest=listed(rest)
                )
            )
        return together(*words)


SLOW, NO_RESULT = "CellTimeout", "no result"
"""What stands for an error where a call took too long, and where it gave nothing."""


def clean_name(text: str) -> str:
    """The name of an exception, as far as it is one."""
    return text[:60] if text.isidentifier() else message("an error")


_ERROR: Answer = {"error": NO_RESULT}


def _checked(result: Any) -> Any:
    """The result if it is plain and bounded, else an error."""
    try:
        return plain(result)
    except TcpCourseError:
        return _ERROR


def _copies(arguments: Sequence[Any]) -> list[Any]:
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
