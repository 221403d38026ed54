"""The instructor's solutions are right for everybody; the released notebooks give nothing away."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises import assignments, plain
from tcpcourse.exercises.release import main, released
from tcpcourse.exercises.values import ONLY, Value

from .solutions import COURSE, NAMES, cells, marks, run

pytestmark = pytest.mark.usefixtures("explored_once")

STUDENTS = [f"student{number}" for number in range(50)] + ["solution", "lecture"]


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_gets_full_marks_for_every_student(name: str) -> None:
    assignment = assignments()[name]
    for student in STUDENTS:
        for question, mark in marks(assignment, student, run(name, student)).items():
            assert mark.points == assignment.question(question).points, (student, question, mark)


@pytest.mark.parametrize("name", NAMES)
def test_the_released_notebook_gets_nothing(name: str) -> None:
    assignment = assignments()[name]
    space = run(name, "ann", "release")
    for question, mark in marks(assignment, "ann", space).items():
        assert mark.points == 0, question
        assert "not answered yet" in mark.message or "nothing is returned yet" in mark.message


@pytest.mark.parametrize("name", NAMES)
def test_the_released_notebook_holds_no_solution(name: str) -> None:
    text = json.dumps([cell.source for cell in cells(name, "release")])
    for word in ("SOLUTION", "Rubric"):
        assert word not in text
    code = "".join(cell.source for cell in cells(name, "release") if cell.cell_type == "code")
    assert "ps.given" not in code
    for cell in cells(name):
        kept = next(each for each in cells(name, "release") if each.id == cell.id).source
        for line in cell.source.partition("### BEGIN SOLUTION")[2].splitlines():
            if len(line.strip()) > 12 and not line.strip().startswith("###"):
                assert line.strip() not in kept
    run_before = [cell for cell in cells(name, "release") if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in run_before)
    posed = assignments()[name].problem("solution").posed
    expected = {
        str(value) for each in posed.values() for value in each.right.values()
        if type(value) is int and value > 9999
    }  # fmt: skip
    assert not expected & set(re.findall(r"\d+", text))


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_asks_what_the_assignment_has(name: str) -> None:
    asked = {}
    for cell in cells(name):
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade"):
            asked[about["grade_id"]] = about["points"]
    assignment = assignments()[name]
    assert asked == {question.id: question.points for question in assignment.questions}
    assert 6 <= len(asked) <= 10


def test_there_are_about_sixty_questions_and_a_final() -> None:
    assert sum(len(each.questions) for each in assignments().values()) >= 55
    chapters = [each.chapter for each in assignments().values()]
    assert chapters == ["01", "02", "03", "04", "05", "06", "07", "08", "final"]


@pytest.mark.parametrize("name", NAMES)
def test_the_release_is_up_to_date(name: str) -> None:
    path = Path(name) / f"{name}.ipynb"
    text = (COURSE / "release" / path).read_text(encoding="utf-8")
    assert released(COURSE / "source" / path) == text


def test_nbgrader_makes_the_same_release(tmp_path: Path) -> None:
    import logging

    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config import Config

    from tcpcourse.exercises.grading.batch import Course

    for name in ("source", "nbgrader_config.py"):
        (tmp_path / name).symlink_to(COURSE / name)
    course = Course(tmp_path)
    logging.disable(logging.CRITICAL)
    try:
        api = NbGraderAPI(course.directory, config=Config(course.config))
        done = api.generate_assignment(NAMES[0])
    finally:
        logging.disable(logging.NOTSET)
    assert done["success"], done["log"]
    made = json.loads((tmp_path / f"release/{NAMES[0]}/{NAMES[0]}.ipynb").read_text("utf-8"))
    ours = json.loads((COURSE / f"release/{NAMES[0]}/{NAMES[0]}.ipynb").read_text("utf-8"))
    assert made["cells"] == ours["cells"]


def test_a_release_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 1
    assert "holds no source/" in capsys.readouterr().err
    path = tmp_path / "source" / "ps" / "ps.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(TcpCourseError, match=r"ps\.ipynb: nbgrader cannot release it"):
        released(path)
    assert main([str(tmp_path)]) == 1
    assert not (tmp_path / "release").exists()


def size(shown: Any) -> int:
    """How many cells there are to look at."""
    if isinstance(shown, dict):
        return sum(map(size, shown.values()))
    return sum(map(size, shown)) if isinstance(shown, list | tuple) else 1


@pytest.mark.parametrize("name", NAMES)
def test_everybody_has_other_numbers_and_the_same_work(name: str) -> None:
    assignment = assignments()[name]
    shapes: set[Any] = set()
    rights = []
    for student in STUDENTS[:12]:
        problem, again = assignment.problem(student), assignment.problem(student.upper())
        assert problem.posed.keys() == again.posed.keys()
        for question, posed in problem.posed.items():
            assert posed.given == again.posed[question].given, "the same student, the same problem"
            plain(posed.given)  # everything shown is plain data
        shapes.add(tuple((q, tuple(p.right), size(p.given)) for q, p in problem.posed.items()))
        rights.append(repr(problem.posed))
    assert len(shapes) == 1, "everybody has the same parts, and as much to look at"
    assert len(set(rights)) == len(rights), "two students have the same problem"


@pytest.mark.parametrize("name", NAMES)
def test_a_neighbours_answers_earn_little(name: str) -> None:
    """Names of states and letters may be the same by chance; the numbers are not."""
    assignment = assignments()[name]
    values = [question for question in assignment.questions if isinstance(question, Value)]
    if not values:
        assert {question.kind for question in assignment.questions} == {"function", "written"}
        return
    shares = []
    for ann, bob in pairwise(map(assignment.problem, STUDENTS[:21])):
        earned = 0.0
        for question in values:
            right = dict(bob.posed[question.id].right)
            answer = plain(right[ONLY] if question.single else right)
            earned += question.mark(ann, answer).points
        shares.append(earned / sum(question.points for question in values))
    assert sum(shares) / len(shares) < 0.45
