"""Every assignment of the course through the sandbox: its solution, and its release as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tcpcourse.exercises import assignments
from tcpcourse.exercises.grading.marking import Graded, Job, grade

COURSE = Path(__file__).parents[3] / "notebooks" / "exercises"
NAMES = tuple(assignments())

pytestmark = pytest.mark.needs("bwrap")


def graded(folder: Path, name: str, kind: str, student: str) -> Graded:
    """The instructor's notebook, or the released one, as this student hands it in."""
    book: Any = nbformat.read(COURSE / kind / name / f"{name}.ipynb", as_version=4)
    for cell in book.cells:
        cell.source = cell.source.replace('student = ""', f'student = "{student}"')
    handed_in = folder / "submitted"
    handed_in.mkdir()
    (handed_in / f"{name}.ipynb").write_text(json.dumps(book), encoding="utf-8")
    release = COURSE / "release" / name / f"{name}.ipynb"
    return grade(Job(name, student, name, handed_in, release, folder / "kept.json", b"k" * 32,
                     "tcpcourse.exercises.marks:MARKS"))  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_gets_all_points(tmp_path: Path, name: str) -> None:
    done = graded(tmp_path, name, "source", "Somebody.Else@example.org")
    asked = {q.id: float(q.points) for q in assignments()[name].questions if q.kind != "written"}
    assert {question: mark.points for question, mark in done.marks.items()} == asked
    assert done.notes == []
    assert not any(done.errors.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_release_gets_none(tmp_path: Path, name: str) -> None:
    done = graded(tmp_path, name, "release", "nobody")
    assert done.marks and all(mark.points == 0 for mark in done.marks.values())
    assert done.notes == []
