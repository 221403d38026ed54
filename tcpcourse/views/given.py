"""What a view may be given: a trace, or whatever tells one, as a conversation does."""

from __future__ import annotations

from typing import Protocol

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.trace import SIDES, Side, Trace
from tcpcourse.words import message


class HasTrace(Protocol):
    """What tells a story when asked, as a conversation of a capture does."""

    @property
    def trace(self) -> Trace:
        """The story."""


def as_trace(given: Trace | HasTrace) -> Trace:
    """The trace that is given, or the trace of the conversation that is.

    Raises ``TcpCourseError`` for anything else.
    """
    if isinstance(given, Trace):
        return given
    if hasattr(given, "conversations"):
        raise TcpCourseError(
            message(
                "A capture holds many stories: choose one of them, such as "
                "capture.conversations[0]."
            )
        )
    trace = getattr(given, "trace", None)
    if isinstance(trace, Trace):
        return trace
    raise TcpCourseError(
        message(
            "A {name} tells no story: give a Trace, such as tcp.simulate(…) "
            "makes, or a Conversation of a capture.",
            name=type(given).__name__,
        )
    )


def as_side(given: str) -> Side:
    """``"A"`` or ``"B"``; raises ``TcpCourseError`` for anything else."""
    for side in SIDES:
        if given == side:
            return side
    raise TcpCourseError(
        message("There is no side {given!r}: the sides are 'A' and 'B'.", given=str(given)[:40])
    )
