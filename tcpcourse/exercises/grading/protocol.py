"""What grading asks of a course's questions, and nothing more: see ``Questions``.

Grading runs notebooks, keeps books and hands marks on. What is asked and what is right is
the questions' business. Everything that passes between them is plain data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

from tcpcourse.core.errors import TcpCourseError

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""Plain JSON data."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its cell's ``grade_id``, the name that holds the answer, its points.

    ``kind`` is ``value`` (the answer is plain data), ``function`` (it is called) or
    ``written`` (a person reads it).
    """

    id: str
    name: str
    kind: str
    points: float


@dataclass(frozen=True, slots=True)
class Handed:
    """What a notebook gave for one question.

    ``answer`` is a value as plain data, ``results`` what the calls of a function gave, each
    plain or ``{"error": …}``. ``trouble`` says why there is no answer, where there is none.
    """

    answer: Plain = None
    results: Sequence[Plain] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer, for an appeal: what was given, what is right, and why."""

    name: str
    given: str
    right: str
    good: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """Points, of the question's own; what the student reads; and the parts, for an appeal."""

    points: float
    message: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Library:
    """What of the course a student's notebook may see when it is run.

    ``package`` is the folder of an importable package, ``covered`` files and folders in it
    that must not be seen. ``plain`` names the function that makes an answer plain data,
    ``error`` the exception it raises, both as ``module:name`` in the package. ``watched``
    are attributes that no answer needs: a notebook that names one of them is reported.
    """

    package: Path
    covered: tuple[Path, ...]
    plain: str
    error: str
    watched: tuple[str, ...] = field(default=())


class Questions(Protocol):
    """The questions of a course. Whatever is wrong is a ``TcpCourseError`` in one sentence."""

    @property
    def library(self) -> Library:
        """What a notebook may see."""

    def student(self, name: str) -> str:
        """A student's id as it is used everywhere. Raises for what is none."""

    def asked(self, assignment: str) -> tuple[Asked, ...]:
        """The questions of an assignment, in order. Raises when there is none of this name."""

    def version(self, assignment: str) -> str:
        """A word that changes whenever another mark could come out."""

    def setup(self, assignment: str, student: str) -> str:
        """Python that starts the student's problem, as the notebook's first cell does."""

    def calls(
        self, assignment: str, student: str, question: str, key: bytes
    ) -> Sequence[list[Plain]]:
        """The calls to make of a function, each with its arguments."""

    def mark(
        self, assignment: str, student: str, question: str, key: bytes, handed: Handed
    ) -> Marked:
        """The mark of what was handed in."""

    def plain(self, value: Any) -> Plain:
        """The value as bounded plain data. Raises for what cannot be."""


def questions_of(name: str) -> Questions:
    """The questions that ``module:attribute`` names. Raises ``TcpCourseError``."""
    module, _, attribute = name.partition(":")
    try:
        return cast(Questions, getattr(import_module(module), attribute))
    except (ImportError, AttributeError, ValueError):
        raise TcpCourseError(f"There are no questions called {name!r}.") from None
