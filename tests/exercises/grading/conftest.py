"""A course of one assignment with nbgrader, and submissions to it.

The release here is small and written for these tests: a cell to begin with, and for each
question its words, a place for the answer and a cell for the mark.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tcpcourse.exercises import assignments
from tcpcourse.exercises.grading.batch import Course
from tcpcourse.exercises.grading.keys import make_key

ROOT = Path(__file__).parents[3]
NAME = "ps1-opening"
SETUP = """from tcpcourse.exercises import start
student = ""  # your student id between the quotes
ps = start("ps1-opening", student=student)"""


def nbgrader(name: str, points: int | None = None, **what: bool) -> dict[str, Any]:
    about = {
        "schema_version": 3, "grade_id": name, "grade": False, "solution": False,
        "locked": False, "task": False, **what,
    }  # fmt: skip
    if points is not None:
        about["points"] = points
    return {"nbgrader": about}


def source_notebook() -> Any:
    """The instructor's notebook, with solutions between nbgrader's marks."""
    cells = [new_markdown_cell("# Opening a connection"), new_code_cell(SETUP)]
    cells[1].id = "setup"
    for question in assignments()[NAME].questions:
        words = new_markdown_cell(f"## {question.id}: {question.title}")
        words.metadata.update(nbgrader(f"{question.id}-words", locked=True))
        cells.append(words)
        if question.kind == "written":
            answer = new_markdown_cell("Your answer here.")
            answer.metadata.update(
                nbgrader(question.id, question.points, solution=True, grade=True)
            )
            cells.append(answer)
            continue
        stub = f"{question.name} = None"
        if question.kind == "function":
            stub = f"def {question.name}(seq, iss):\n    return None"
        answer = new_code_cell(stub)
        answer.metadata.update(nbgrader(f"{question.id}-answer", solution=True))
        check = new_code_cell(f'ps.check("{question.id}", {question.name})')
        check.metadata.update(nbgrader(question.id, question.points, grade=True, locked=True))
        cells += [answer, check]
    for at, cell in enumerate(cells):
        cell.id = "setup" if cell.id == "setup" else f"cell{at:02}"
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": spec})


@contextmanager
def quiet() -> Iterator[None]:
    """nbgrader logs a lot, and leaves its handlers behind."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@dataclass
class Class:
    """A course folder with its release, to hand in to."""

    root: Path

    @property
    def course(self) -> Course:
        return Course(self.root)

    def api(self) -> Any:
        from nbgrader.apps.api import NbGraderAPI

        course = self.course
        return NbGraderAPI(course.directory, config=course.config)

    @property
    def release(self) -> Any:
        return nbformat.read(self.root / "release" / NAME / f"{NAME}.ipynb", as_version=4)

    def folder(self, student: str) -> Path:
        place = self.root / "submitted" / student / NAME
        place.mkdir(parents=True, exist_ok=True)
        return place

    def hand_in(self, student: str, book: Any, name: str = NAME) -> None:
        """Write a notebook, or any text, as this student's submission."""
        text = book if isinstance(book, str | bytes) else json.dumps(book)
        data = text.encode() if isinstance(text, str) else text
        (self.folder(student) / f"{name}.ipynb").write_bytes(data)


def filled(release: Any, student: str, answers: dict[str, str]) -> Any:
    """The release as a student fills it in: the id, and sources by the name of the cell."""
    book = copy.deepcopy(release)
    for cell in book.cells:
        if cell.id == "setup":
            cell.source = cell.source.replace('student = ""', f'student = "{student}"')
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return book


def make_class(root: Path) -> Class:
    """A course with its release made by nbgrader itself."""
    shutil.copy(ROOT / "notebooks" / "exercises" / "nbgrader_config.py", root)
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write("\nc.TcpcourseLimits.cell_seconds = 2\nc.TcpcourseLimits.call_seconds = 1\n")
    source = root / "source" / NAME
    source.mkdir(parents=True)
    nbformat.write(source_notebook(), source / f"{NAME}.ipynb")
    made = Class(root)
    with quiet():
        done = made.api().generate_assignment(NAME)
    assert done["success"], done["log"]
    return made


@pytest.fixture(scope="session", autouse=True)
def _key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("key") / "grading.key"
    make_key(path)
    before = os.environ.get("TCPCOURSE_GRADING_KEY")
    os.environ["TCPCOURSE_GRADING_KEY"] = str(path)
    yield path
    if before is None:
        del os.environ["TCPCOURSE_GRADING_KEY"]


@pytest.fixture(scope="module")
def klass(tmp_path_factory: pytest.TempPathFactory) -> Class:
    return make_class(tmp_path_factory.mktemp("course"))


@pytest.fixture
def make() -> Callable[..., Any]:
    return filled
