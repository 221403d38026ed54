"""All errors speak in one voice: a capital letter, what is wrong, what to do, a full stop."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpcourse.core.errors import CallError, CaptureError, TcpCourseError

PACKAGE = Path(__file__).parents[1] / "tcpcourse"
# They say something to the code that catches them, not to a person.
INNER = {
    "AssertionError",
    "AttributeError",
    "IsADirectoryError",
    "OSError",
    "StopIteration",
    "TimeoutError",
    "ValueError",
}
# What they are given is completed by the class itself: see the tests below.
COMPLETED = {"CaptureError"}
# What is raised here fills a place in a sentence of ``session``.
FILL_A_PLACE = {"exercises/grading/plaindata.py"}


def text(node: ast.expr) -> str | None:
    """What is written of a message; a place that is filled in is ``…``. None if all is."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
        return "".join(map(str, parts))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text(node.left), text(node.right)
        return None if left is None and right is None else (left or "…") + (right or "…")
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"message", "counted"}:
        return re.sub(r"\{\w+[^}]*\}", "…", text(node.args[0]) or "")
    return None


def raised(source: str) -> Iterator[tuple[int, str]]:
    """The line and the message of each error that a person may read."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
            continue
        function, arguments = node.exc.func, node.exc.args
        name = function.id if isinstance(function, ast.Name) else ""
        if not name.endswith("Error") or name in INNER | COMPLETED or not arguments:
            continue
        if (message := text(arguments[0])) is not None:
            yield node.lineno, message


def in_the_voice(message: str) -> bool:
    """A sentence; it may begin with a name that is filled in, and end with one in quotes."""
    return re.fullmatch(r"[A-ZÄÖÜ…].*[.…]", message, flags=re.S) is not None


MESSAGES = [
    pytest.param(message, id=f"{path.relative_to(PACKAGE).as_posix()}:{line}")
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).as_posix() not in FILL_A_PLACE
    for line, message in raised(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("message", MESSAGES)
def test_an_error_is_a_sentence(message: str) -> None:
    assert in_the_voice(message), message
    assert "  " not in message and not message.endswith("..")


def test_the_reader_of_errors_sees_every_form() -> None:
    assert len(MESSAGES) > 80
    found = raised(
        "raise CallError('a')\nraise TcpCourseError(f'{b} is c' + d) from None\n"
        "raise ValueError('no')\nraise SandboxError(words)\nraise\nraise Other\n"
    )
    assert list(found) == [(1, "a"), (2, "… is c…")]
    assert not in_the_voice("there is no x.") and not in_the_voice("There is no x")


def test_a_capture_error_says_where_and_what_to_do() -> None:
    error = CaptureError("x.pcap", 24, "the record is cut", "copy it again")
    assert str(error) == "x.pcap, byte 24: the record is cut; copy it again."
    assert isinstance(error, TcpCourseError)


def test_a_refused_call_quotes_the_rfc_inside_a_sentence() -> None:
    """RFC 9293 §3.10.4: CLOSE in CLOSED is answered with "error: connection does not exist"."""
    from tcpcourse import Endpoint

    with pytest.raises(CallError) as caught:
        Endpoint().close()
    assert str(caught.value) == "CLOSE is refused in CLOSED: connection does not exist."
