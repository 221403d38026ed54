"""The forms that a part of an answer can have: a number, a name of a state, a letter, …

Each form says in a sentence what it asks for, whether a value has it, and whether two values
mean the same. None raises, whatever the value is.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from tcpcourse.core.segment import LETTERS, Flags
from tcpcourse.core.states import State
from tcpcourse.trace import SIDES
from tcpcourse.words import Message, listed, message


class Form(ABC):
    """What a part of an answer must look like."""

    @abstractmethod
    def asks(self, where: str) -> str:
        """What to write, in a sentence; ``where`` is the part, such as ``q1["seq"]``."""

    @abstractmethod
    def read(self, value: Any) -> Any:
        """The value in its one normal form, or ``None`` when it does not have this form."""

    def fits(self, value: Any) -> bool:
        """Whether the value has this form."""
        return self.read(value) is not None


@dataclass(frozen=True)
class Whole(Form):
    """A whole number from ``least`` to ``most``, not in quotes."""

    least: int = 0
    most: int = (1 << 32) - 1

    def asks(self, where: str) -> str:
        """See ``Form.asks``."""
        return message(
            "{where}: write a whole number from {least} to {most}, without quotes.",
            where=where,
            least=self.least,
            most=self.most,
        )

    def read(self, value: Any) -> int | None:
        """The number; 5.0 counts as 5, ``True`` is no number."""
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not self.least <= value <= self.most:
            return None
        return value


@dataclass(frozen=True)
class Name(Form):
    """One of some names, in quotes; case, spaces and hyphens do not matter.

    ``ask`` is the sentence that asks for it, with places for ``where`` and ``names``.
    """

    names: tuple[str, ...]
    ask: Message

    def asks(self, where: str) -> str:
        """See ``Form.asks``."""
        return self.ask.filled(where=where, names=listed(f'"{name}"' for name in self.names))

    def read(self, value: Any) -> str | None:
        """The name as it is written here."""
        if type(value) is not str or len(value) > 100:
            return None
        asked = _fold(value)
        return next((name for name in self.names if _fold(name) == asked), None)


def _fold(text: str) -> str:
    return text.strip().casefold().replace("-", "_").replace(" ", "_")


class _StateName(Name):
    def read(self, value: Any) -> str | None:
        name = super().read("SYN_RCVD" if _is_rfc_name(value) else value)
        return name


def _is_rfc_name(value: Any) -> bool:
    return type(value) is str and len(value) < 100 and _fold(value) == "syn_received"


STATE = _StateName(
    tuple(str(state) for state in State),
    message('{where}: write the name of a state in quotes, such as "ESTABLISHED".'),
)
SIDE = Name(SIDES, message("{where}: write one side in quotes, of {names}."))
NUMBER = Whole()


def letters(count: int) -> Name:
    """One of the first ``count`` letters: the choice among so many options."""
    return Name(
        tuple("abcdefghijkl"[:count]), message("{where}: write one letter in quotes, of {names}.")
    )


_FLAG_NAMES = {**{bit.name: str(bit) for bit in Flags}, "PUSH": str(Flags.PSH)}


class FlagLetters(Form):
    """Flags as letters in any order, such as ``"SA"``, or as names; ``"-"`` for none."""

    def asks(self, where: str) -> str:
        """See ``Form.asks``."""
        return message('{where}: write flags as letters in quotes, such as "SA".', where=where)

    def read(self, value: Any) -> str | None:
        """The letters in the course's order."""
        if type(value) is not str or not 0 < len(value.strip()) <= 40:
            return None
        words = re.split(r"[\s,;+|/&]+", value.strip().upper().strip("[]()"))
        letters = "".join(_FLAG_NAMES.get(word, word) for word in words)
        if letters != "-" and not set(letters) <= set(LETTERS):
            return None
        return str(Flags(letters))  # type: ignore[arg-type]


FLAGS = FlagLetters()


@dataclass(frozen=True)
class Order(Form):
    """The first ``count`` letters in some order, each once: ``["b", "a", "c"]`` or ``"bac"``."""

    count: int

    def asks(self, where: str) -> str:
        """See ``Form.asks``."""
        return message(
            "{where}: write each of the letters {letters} once, in a list.",
            where=where,
            letters=listed("abcdefghijkl"[: self.count]),
        )

    def read(self, value: Any) -> str | None:
        """The letters in a row."""
        found = _letters_in(value)
        return found if found and sorted(found) == list("abcdefghijkl"[: self.count]) else None


@dataclass(frozen=True)
class Several(Form):
    """Some of the first ``count`` letters; their order does not matter."""

    count: int

    def asks(self, where: str) -> str:
        """See ``Form.asks``."""
        return message(
            "{where}: write some of the letters {letters}, in a list.",
            where=where,
            letters=listed("abcdefghijkl"[: self.count]),
        )

    def read(self, value: Any) -> str | None:
        """The letters, sorted, each once."""
        found = _letters_in(value)
        if not found or not set(found) <= set("abcdefghijkl"[: self.count]):
            return None
        return "".join(sorted(set(found)))


def _letters_in(value: Any) -> str | None:
    """A list of single letters, or a text of them, as one lower-case text."""
    if type(value) is list and len(value) <= 30:
        if not all(type(each) is str and len(each.strip()) == 1 for each in value):
            return None
        value = "".join(each.strip() for each in value)
    if type(value) is not str or len(value) > 60:
        return None
    return "".join(letter for letter in value.casefold() if letter not in " ,;")
