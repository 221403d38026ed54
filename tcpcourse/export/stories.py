"""Which trace a widget in a notebook shows, found by reading the notebook's code.

Nothing is executed: of all the code only loading a capture, playing a story, and choosing a
part of either are understood. So a notebook from anywhere can be exported without a risk.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.trace import Trace

WIDGETS = ("Predictor", "Playground", "Calculator", "CaptureBrowser")
FIRST_STORY = "three-way handshake"  # of the playground, when it begins with nothing
_PARTS = ("conversations", "trace")


class _NotUnderstoodError(Exception):
    """Code that is more than loading, playing and choosing."""


@dataclass(frozen=True)
class ShownWidget:
    """A widget that a cell shows, the story it is about, if there is one, and the script that
    a playground begins with."""

    widget: str
    trace: Trace | None
    script: str = ""


class Reader:
    """Reads the code cells of one notebook in order; ``folder`` is where the notebook lies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, ast.expr] = {}

    def read(self, source: str) -> ShownWidget | None:
        """The widget that this cell shows at its end, if it does; names are remembered."""
        try:
            body = ast.parse(source).body
        except SyntaxError:  # a magic of IPython's, for instance
            return None
        for statement in body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                self._names[statement.targets[0].id] = _filled(statement.value, self._names)
        if not body or not isinstance(body[-1], ast.Expr):
            return None
        call = _filled(body[-1].value, self._names)
        name = getattr(getattr(call, "func", None), "attr", "")
        if not isinstance(call, ast.Call) or name not in WIDGETS:
            return None
        given = call.args[0] if call.args else None
        script = given.value if isinstance(given, ast.Constant) else ""
        return ShownWidget(name, self._story(name, call.args), str(script))

    def _story(self, widget: str, arguments: list[ast.expr]) -> Trace | None:
        try:
            first = self._value(arguments[0]) if arguments else None
            found = _STORIES[widget](first)
        except (_NotUnderstoodError, TcpCourseError, LookupError, TypeError, ValueError, OSError):
            return None
        return found if isinstance(found, Trace) else None

    def _value(self, node: ast.expr | None) -> Any:
        match node:
            case None:
                return None
            case ast.Constant(value):
                return value
            case ast.UnaryOp(ast.USub(), ast.Constant(int() as value)):
                return -value
            case ast.Slice(lower, upper, step):
                return slice(*map(self._value, (lower, upper, step)))
            case ast.Subscript(whole, part):
                return self._value(whole)[self._value(part)]
            case ast.Attribute(whole, name) if name in _PARTS:
                return getattr(self._value(whole), name)
            case ast.Call(ast.Attribute(ast.Name("tcp"), name), arguments, keywords):
                given = {str(word.arg): self._value(word.value) for word in keywords}
                return self._call(name, [self._value(each) for each in arguments], given)
            case ast.Call(ast.Attribute(whole, "until"), [ast.Constant(int() as last)], []):
                story = self._value(whole)
                if isinstance(story, Trace):
                    return story.until(last)
        raise _NotUnderstoodError

    def _call(self, name: str, arguments: list[Any], keywords: Mapping[str, Any]) -> Any:
        if name == "simulate":
            from tcpcourse.sources.simulation.network import simulate

            return simulate(*arguments, **keywords)
        if name == "load":
            return _load(self._folder / str(arguments[0]))
        raise _NotUnderstoodError


class _Fill(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._names.get(node.id, node)


def _filled(node: ast.expr, names: Mapping[str, ast.expr]) -> ast.expr:
    """The expression with each name replaced by what was assigned to it so far."""
    copy = ast.parse(ast.unparse(node), mode="eval").body
    filled = _Fill(names).visit(copy)
    assert isinstance(filled, ast.expr)
    return filled


def _load(path: Path) -> Any:
    from tcpcourse.sources.capture.load import load

    return load(path)


def _played(script: object) -> Trace:
    from tcpcourse.sources.simulation.script import PRESETS, Workbench

    return Workbench(str(script or PRESETS[FIRST_STORY])).trace


_STORIES: dict[str, Callable[[Any], object]] = {
    "Predictor": lambda trace: trace,
    "Playground": _played,
    "Calculator": lambda nothing: None,
    "CaptureBrowser": lambda path: _load(path).conversations[0].trace if path else None,
}
