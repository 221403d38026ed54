"""The forms that a part of an answer can have: a number, a name of a state, a letter, …

Each form says in a few words what it wants, whether a value has it, and whether two values
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


class Form(ABC):
    """What a part of an answer must look like; ``wants`` completes "write …"."""

    wants: str

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

    @property
    def wants(self) -> str:  # type: ignore[override]
        """In words."""
        return f"a whole number from {self.least} to {self.most}, without quotes"

    def read(self, value: Any) -> int | None:
        """The number; 5.0 counts as 5, ``True`` is no number."""
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not self.least <= value <= self.most:
            return None
        return value


@dataclass(frozen=True)
class Name(Form):
    """One of some names, in quotes; case, spaces and hyphens do not matter."""

    names: tuple[str, ...]
    called: str = "name"

    @property
    def wants(self) -> str:  # type: ignore[override]
        """In words."""
        listed = ", ".join(f'"{name}"' for name in self.names)
        return f"one {self.called} in quotes, of {listed}"

    def read(self, value: Any) -> str | None:
        """The name as it is written here."""
        if type(value) is not str or len(value) > 100:
            return None
        asked = _fold(value)
        return next((name for name in self.names if _fold(name) == asked), None)


def _fold(text: str) -> str:
    return text.strip().casefold().replace("-", "_").replace(" ", "_")


class _StateName(Name):
    @property
    def wants(self) -> str:  # type: ignore[override]
        return 'the name of a state in quotes, such as "ESTABLISHED"'

    def read(self, value: Any) -> str | None:
        name = super().read("SYN_RCVD" if _is_rfc_name(value) else value)
        return name


def _is_rfc_name(value: Any) -> bool:
    return type(value) is str and len(value) < 100 and _fold(value) == "syn_received"


STATE = _StateName(tuple(str(state) for state in State), "state")
SIDE = Name(SIDES, "side")
NUMBER = Whole()


def letters(count: int) -> Name:
    """One of the first ``count`` letters: the choice among so many options."""
    return Name(tuple("abcdefghijkl"[:count]), "letter")


_FLAG_NAMES = {**{bit.name: str(bit) for bit in Flags}, "PUSH": str(Flags.PSH)}


class FlagLetters(Form):
    """Flags as letters in any order, such as ``"SA"``, or as names; ``"-"`` for none."""

    wants = 'flags as letters in quotes, such as "SA"'

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

    @property
    def wants(self) -> str:  # type: ignore[override]
        """In words."""
        return f"each of the letters {', '.join('abcdefghijkl'[: self.count])} once, in a list"

    def read(self, value: Any) -> str | None:
        """The letters in a row."""
        found = _letters_in(value)
        return found if found and sorted(found) == list("abcdefghijkl"[: self.count]) else None


@dataclass(frozen=True)
class Several(Form):
    """Some of the first ``count`` letters; their order does not matter."""

    count: int

    @property
    def wants(self) -> str:  # type: ignore[override]
        """In words."""
        return f"some of the letters {', '.join('abcdefghijkl'[: self.count])}, in a list"

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
