"""Piles of real sockets: who is left with what, as RFC 9293 figure 12 has it."""

from __future__ import annotations

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.sources.machine.crowd import crowd

S = State


@pytest.mark.parametrize(
    ("closers", "a", "b"),
    [
        ("", S.ESTABLISHED, S.ESTABLISHED),
        ("A", S.FIN_WAIT_2, S.CLOSE_WAIT),
        ("B", S.CLOSE_WAIT, S.FIN_WAIT_2),
        ("AB", S.TIME_WAIT, S.CLOSED),
        ("BA", S.CLOSED, S.TIME_WAIT),
    ],
)
def test_the_first_to_close_is_left_waiting(closers: str, a: State, b: State) -> None:
    assert crowd(7, closers) == {"A": {a: 7}, "B": {b: 7}}


@pytest.mark.parametrize(("count", "closers"), [(0, "A"), (201, "A"), (1, "C"), (1, "AA")])
def test_other_arguments_get_one_sentence(count: int, closers: str) -> None:
    with pytest.raises(TcpCourseError, match=r"^The (count|closers)"):
        crowd(count, closers)
