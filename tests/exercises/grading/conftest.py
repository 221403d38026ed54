"""A course folder outside the repository, with one assignment of the course and nbgrader."""

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

from tcpcourse.exercises.grading.course import Course
from tcpcourse.exercises.grading.keys import make_key

ROOT = Path(__file__).parents[3]
NAME = "ps1-opening"


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
    exercises = ROOT / "notebooks" / "exercises"
    shutil.copy(exercises / "nbgrader_config.py", root)
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write("\nc.TcpcourseLimits.cell_seconds = 4\nc.TcpcourseLimits.call_seconds = 1\n")
    shutil.copytree(exercises / "source" / NAME, root / "source" / NAME)
    made = Class(root)
    with quiet():
        done = made.api().generate_assignment(NAME)
    assert done["success"], done
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
