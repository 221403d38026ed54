"""The instructor's notebooks as tests run them: the code of the solutions, for any student."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from tcpcourse.exercises import Assignment, Mark, assignments

COURSE = Path(__file__).parents[2] / "notebooks" / "exercises"
SECRET = b"a secret of these tests only"


@cache
def cells(name: str, kind: str = "source") -> tuple[Any, ...]:
    """The cells of an assignment's notebook, of the ``source`` or the ``release``."""
    path = COURSE / kind / name / f"{name}.ipynb"
    return tuple(nbformat.read(path, as_version=4).cells)


@cache
def _code(name: str, kind: str) -> tuple[Any, ...]:
    return tuple(
        compile(cell.source.replace('student = ""', "student = STUDENT"), cell.id, "exec")
        for cell in cells(name, kind)
        if cell.cell_type == "code" and not cell.source.startswith(("ps.show", "ps.check"))
    )


def run(name: str, student: str, kind: str = "source") -> dict[str, Any]:
    """What the notebook's names stand for after all its cells ran."""
    space: dict[str, Any] = {"STUDENT": student}
    for code in _code(name, kind):
        exec(code, space)
    return space


def marks(assignment: Assignment, student: str, space: Mapping[str, Any]) -> dict[str, Mark]:
    """The mark of every question that is not graded by hand."""
    problem = assignment.problem(student)
    found = {}
    for question in assignment.questions:
        if question.kind == "value":
            found[question.id] = question.mark(problem, space.get(question.name))
        elif question.kind == "function":
            results = []
            for arguments in question.challenges(problem, SECRET):
                results.append(space[question.name](*arguments))
            found[question.id] = question.mark_results(problem, SECRET, results)
    return found


NAMES = tuple(assignments())
