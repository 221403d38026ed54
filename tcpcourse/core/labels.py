"""Labels: the few words by which tables and diagrams call a guard, an action or a rule.

They are data that people read, in the manner of RFC 9293 figure 5, and no docstrings: Python
may be told to leave docstrings out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tcpcourse.words import Message, message

Labelled = TypeVar("Labelled", bound=Callable[..., Any])

_LABELS: dict[Callable[..., Any], Message] = {}


def label(words: str) -> Callable[[Labelled], Labelled]:
    """Gives the function below it these words as its label."""

    def give(function: Labelled) -> Labelled:
        _LABELS[function] = message(words)
        return function

    return give


def label_of(function: Callable[..., Any]) -> Message:
    """The label of a guard, an action or a rule; raises ``KeyError`` for any other function."""
    return _LABELS[function]
