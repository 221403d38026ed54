"""The assignments, one a chapter, and the final; each module holds the questions of one."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from tcpcourse.exercises.question import Assignment

_MODULES: tuple[str, ...] = (
    "opening",
    "closing",
    "numbers",
    "arithmetic",
    "capture",
    "kernel",
    "trouble",
    "proof",
    "final",
)


@cache
def assignments() -> dict[str, Assignment]:
    """All assignments by their ids, in the order of the course."""
    modules = (import_module(f"{__name__}.{name}") for name in _MODULES)
    return {module.ASSIGNMENT.id: module.ASSIGNMENT for module in modules}
