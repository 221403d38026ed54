"""Numbers that depend on nothing but a key and a name.

``Draw`` is HMAC-SHA256 in counter mode, so the same key and words give the same numbers on
every machine, in every version of Python, in whatever order the processes run.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.words import message

T = TypeVar("T")

COURSE_KEY = b"tcpcourse exercises, first edition"
"""Public: it makes problems differ, and hides nothing."""

LONGEST_NAME = 64


class Draw:
    """A stream of numbers for these words under this key."""

    def __init__(self, *words: str, key: bytes = COURSE_KEY) -> None:
        text = b"".join(len(w.encode()).to_bytes(4, "big") + w.encode() for w in words)
        self._seed = hmac.new(key, text, hashlib.sha256).digest()
        self._count = 0

    def _word(self) -> int:
        self._count += 1
        block = hmac.new(self._seed, self._count.to_bytes(8, "big"), hashlib.sha256).digest()
        return int.from_bytes(block[:8], "big")

    def below(self, bound: int) -> int:
        """A number from 0 to ``bound`` − 1, each equally likely; ``bound`` is 1 … 2**63."""
        limit = (1 << 64) - (1 << 64) % bound
        while (word := self._word()) >= limit:
            pass
        return word % bound

    def between(self, least: int, most: int) -> int:
        """A number from ``least`` to ``most``, both included."""
        return least + self.below(most - least + 1)

    def pick(self, choices: Sequence[T]) -> T:
        """One of these, each equally likely."""
        return choices[self.below(len(choices))]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """All of these in a new order, each order equally likely."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]

    def some(self, count: int, least: int, most: int, apart: int = 1) -> list[int]:
        """``count`` numbers, no two nearer than ``apart``, in no order."""
        found: list[int] = []
        while len(found) < count:
            number = self.between(least, most)
            if all(abs(number - other) >= apart for other in found):
                found.append(number)
        return found


def student_name(text: object) -> str:
    """A student's id as it is used everywhere: without spaces around it, in lower case.

    Raises ``TcpCourseError`` when it is empty, too long, or holds what is no letter, digit or
    one of ``. _ - @ +``.
    """
    if not isinstance(text, str) or not text.strip():
        raise TcpCourseError(
            message(
                "Your student id is missing: write it between the quotes and run the cell again."
            )
        )
    name = unicodedata.normalize("NFC", text).strip().casefold()
    if len(name) > LONGEST_NAME:
        raise TcpCourseError(
            message("A student id has at most {most} characters.", most=LONGEST_NAME)
        )
    if not all(letter.isalnum() or letter in "._-@+" for letter in name):
        raise TcpCourseError(
            message("A student id holds only letters, digits and these signs: . _ - @ +.")
        )
    return name
