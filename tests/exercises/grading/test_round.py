"""What an instructor does after the first marks: other points, appeals, grading anew, export."""

from __future__ import annotations

import ast
import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises import assignments
from tcpcourse.exercises.functions import Function
from tcpcourse.exercises.grading import marking, protocol
from tcpcourse.exercises.grading.__main__ import main
from tcpcourse.exercises.grading.batch import autograde
from tcpcourse.exercises.grading.course import Course
from tcpcourse.exercises.grading.explaining import explain
from tcpcourse.exercises.grading.exporting import GradeLine, fill_canvas, fill_moodle
from tcpcourse.exercises.grading.roster import Entry
from tcpcourse.exercises.question import Mark

from .conftest import NAME, Class, make_class, quiet

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.needs("bwrap")]
Fill = Callable[[Any, str, dict[str, str]], Any]


@pytest.fixture
def own(tmp_path: Path, klass: Class) -> Class:
    """A copy of the course, to change at will."""
    shutil.copytree(klass.root, tmp_path / "own")
    return Class(tmp_path / "own")


@pytest.fixture(scope="module")
def klass(tmp_path_factory: pytest.TempPathFactory) -> Class:
    return make_class(tmp_path_factory.mktemp("course"))


def typed(student: str, *questions: str) -> dict[str, str]:
    posed = assignments()[NAME].problem(student).posed
    return {f"{q}-answer": f"{q} = {dict(posed[q].right)!r}" for q in questions}


def scores(root: Path, student: str) -> dict[str, tuple[float, float, bool]]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        submission = book.find_submission(NAME, student)
        return {
            grade.name: (grade.score, grade.max_score, grade.needs_manual_grade)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def repoint(own: Class, **points: float) -> None:
    """Other points in the instructor's notebook."""
    path = own.root / "source" / NAME / f"{NAME}.ipynb"
    book: Any = nbformat.read(path, as_version=4)
    for cell in book.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade") and about["grade_id"] in points:
            about["points"] = points[about["grade_id"]]
    nbformat.write(book, path)


def release(own: Class) -> None:
    with quiet():
        done = own.api().generate_assignment(NAME, force=True)
    assert done["success"], done


def test_points_are_those_of_the_cell(own: Class, make: Fill) -> None:
    """q1 to 10, q2 excused, q5 to 1: a perfect answer reaches each, half of it half."""
    posed = assignments()[NAME].problem("half").posed
    half = {**posed["q1"].right, "seq2": 5, "ack3": 5}
    own.hand_in("all", make(own.release, "all", typed("all", "q1", "q2", "q5")))
    own.hand_in("half", make(own.release, "half", {"q1-answer": f"q1 = {half!r}"}))
    assert autograde(own.root, NAME).lines == []
    assert scores(own.root, "all")["q1"] == (4, 4, False)

    repoint(own, q1=10, q2=0, q5=1)
    with pytest.raises(TcpCourseError, match="does not match the source: q1 has 4 points in the"):
        autograde(own.root, NAME)
    release(own)
    lines = autograde(own.root, NAME).lines
    found = scores(own.root, "all")
    assert [found[q] for q in ("q1", "q2", "q5")] == [(10, 10, False), (0, 0, False), (1, 1, False)]
    assert scores(own.root, "half")["q1"] == (5, 10, False)
    assert lines == [], "the same parts are right: nothing moved"
    text = (own.root / "autograded" / "all" / NAME / f"{NAME}.ipynb").read_text("utf-8")
    assert "This question is excused" in text


def test_a_release_that_is_not_the_gradebooks_is_refused(own: Class, make: Fill) -> None:
    own.hand_in("ann", make(own.release, "ann", {}))
    path = own.root / "release" / NAME / f"{NAME}.ipynb"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"points": 4', '"points": 5', 1), encoding="utf-8")
    with pytest.raises(TcpCourseError, match="does not match the gradebook: q1 has 5 points"):
        autograde(own.root, NAME)
    path.write_text(text.replace('"grade_id": "q3",', '"grade_id": "q33",'), encoding="utf-8")
    with pytest.raises(TcpCourseError, match="q3 has nothing in the release and 2 points there"):
        autograde(own.root, NAME)


def test_a_question_that_nobody_marks_is_refused(own: Class, make: Fill) -> None:
    own.hand_in("ann", make(own.release, "ann", {}))
    path = own.root / "source" / NAME / f"{NAME}.ipynb"
    text = path.read_text("utf-8").replace('"grade_id": "q3",', '"grade_id": "q33",')
    path.write_text(text, encoding="utf-8")
    (own.root / "gradebook.db").unlink()
    release(own)
    with pytest.raises(TcpCourseError, match="a cell q33 that is to be graded automatically"):
        autograde(own.root, NAME)


def test_a_repaired_question_is_graded_anew_and_says_whose_marks_moved(
    own: Class, make: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ann", "bob"):
        own.hand_in(
            student, make(own.release, student, typed(student, *("q1", "q2")[: len(student)]))
        )
    wrong = {"q6-answer": "def answer_to_syn(seq, iss):\n    return 7"}
    own.hand_in("cy", make(own.release, "cy", wrong))
    assert autograde(own.root, NAME, workers=1).lines == []
    assert autograde(own.root, NAME, workers=1).graded == 0
    directory = Course(own.root).directory
    from tcpcourse.exercises.grading.converting import job_of

    job = job_of(directory, NAME, "cy", NAME)
    monkeypatch.setattr("tcpcourse.exercises.marks._version", lambda: "another")
    monkeypatch.setattr(Function, "mark_results", lambda *_: Mark(3.0, "All right."))
    graded = marking.grade(job)
    assert graded.marks["q6"].points == 3
    assert graded.notes == [
        ("q6", "Graded anew (changed: questions): 0 of 3 became 3 of 3.")
    ]  # fmt: skip
    job = job_of(directory, NAME, "ann", NAME)
    assert (
        marking.grade(job).notes
        == [("q6", "Graded anew (changed: questions): 0 of 3 became 3 of 3.")]
        or marking.grade(job).notes == []
    )


def test_what_marks_depend_on(own: Class, make: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these changes the digest, and nothing else does."""
    from dataclasses import replace

    from tcpcourse.exercises.grading.converting import job_of
    from tcpcourse.exercises.grading.limits import Limits

    own.hand_in("ann", make(own.release, "ann", typed("ann", "q1")))
    job = job_of(Course(own.root).directory, NAME, "ann", NAME)
    first = marking.prepare(job).depends
    assert marking.prepare(job).depends == first
    for what, other in (
        ("key", replace(job, key=b"another" * 8)),
        ("limits", replace(job, limits=Limits(cell_seconds=7))),
        ("student", replace(job, works_as="anne")),
    ):
        changed = marking.prepare(other).depends
        assert {name for name in first if changed[name] != first[name]} == {what}
    monkeypatch.setattr("tcpcourse.exercises.marks._version", lambda: "another")
    changed = marking.prepare(job).depends
    assert {name for name in first if changed[name] != first[name]} == {"questions"}


def test_what_was_never_reached_has_no_mark(own: Class, make: Fill) -> None:
    """Each cell is short enough, all of them are not: what came before counts, the rest waits."""
    from dataclasses import replace

    from tcpcourse.exercises.grading.converting import job_of
    from tcpcourse.exercises.grading.limits import Limits

    slow = {
        name: f"import time\ntime.sleep(3.5)\n{source}"
        for name, source in typed("slow", "q1", "q2", "q5").items()
    }
    own.hand_in("slow", make(own.release, "slow", slow))
    job = job_of(Course(own.root).directory, NAME, "slow", NAME)
    done = marking.grade(replace(job, limits=Limits(cell_seconds=6, wall_seconds=6)))
    assert done.marks["q1"].points == 4
    unreached = "A person has to look at this: its cell was never reached, because the notebook"
    assert done.marks["q5"].points is None
    assert done.marks["q5"].message.startswith(unreached)
    assert ("q5", done.marks["q5"].message) in done.notes
    assert any("too slow, the notebook took 6 seconds in all" in words for _, words in done.notes)


def test_an_appeal(own: Class, make: Fill, capsys: pytest.CaptureFixture[str]) -> None:
    right = dict(assignments()[NAME].problem("ann").posed["q1"].right)
    first = assignments()[NAME].problem("ann").posed["q1"].given["packets"][0]["seq"]
    answers = {
        "q1-answer": f"q1 = { ({**right, 'ack2': first})!r}",
        "q6-answer": "def answer_to_syn(seq, iss):\n"
        "    return {'flags': 'SA', 'seq': iss, 'ack': seq + 1}",
    }
    own.hand_in("ann", make(own.release, "ann", answers))
    with pytest.raises(TcpCourseError, match="is not graded yet"):
        list(explain(Course(own.root), NAME, "ann"))
    autograde(own.root, NAME, workers=1)
    assert main(["--root", str(own.root), "explain", "ann", NAME]) == 0
    text = capsys.readouterr().out
    assert "q1: 3 of 4\n" in text and "q6: 1.5 of 3\n" in text
    shown = text[text.index("WRONG  ack2") :].splitlines()[:4]
    assert shown[1].split() == ["given", str(first)]
    assert shown[2].split() == ["right", str(first + 1)]
    assert "Did you forget the SYN?" in shown[3]
    # the failing call: the largest number is followed by 0
    call = text[text.index("answer_to_syn(4294967295") :].splitlines()[:3]
    assert "'ack': 4294967296" in call[1] and "'ack': 0" in call[2]
    assert "4 of 6 calls are right." in text
    assert main(["--root", str(own.root), "explain", "nobody", NAME]) == 2


def test_graded_with_the_id_that_was_used(own: Class, make: Fill) -> None:
    """Ann wrote anne: her numbers are right for anne. The instructor accepts it, or not."""
    own.hand_in("ann", make(own.release, "anne", typed("anne", "q1")))
    (line,) = autograde(own.root, NAME, workers=1).lines
    assert "started for 'anne', but is handed in by 'ann'" in line[2]
    assert scores(own.root, "ann")["q1"][0] < 4
    words = ["--root", str(own.root)]
    assert main([*words, "works-as", NAME, "ann", "Anne"]) == 0
    lines = autograde(own.root, NAME, workers=1).lines
    assert scores(own.root, "ann")["q1"][0] == 4
    assert any("Graded with the problem of 'anne'" in words for _, _, words in lines)
    assert any("became 4 of 4" in words for _, _, words in lines)
    assert main([*words, "works-as", NAME, "ann"]) == 0
    autograde(own.root, NAME, workers=1)
    assert scores(own.root, "ann")["q1"][0] < 4
    assert main([*words, "works-as", NAME, "nobody", "x"]) == 2


# -- the way back ------------------------------------------------------------------------------

LINES = [
    GradeLine("ann", NAME, "graded", 21.5, 27),
    GradeLine("bob", NAME, "waits for a person", None, 27),
    GradeLine("cy", NAME, "not handed in", None, 27),
    GradeLine("dee", NAME, "graded", 0.0, 27),
    GradeLine("eve", NAME, "graded", 3.0, 27),
]
ROSTER = {"11": Entry("Ann"), "12": Entry("bob"), "13": Entry("cy"), "14": Entry("dee")}
# As mod/assign/feedback/offline writes it: the first, the grade and the last column are read.
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 11,"张, Ann",a@x.edu,Submitted,,27.00,Yes,"Saturday, 28 November 2026",-,\n'
    "Participant 12,Bob,b@x.edu,Submitted,7.00,27.00,Yes,-,-,\n"
    "Participant 13,Cy,c@x.edu,No submission,,27.00,Yes,-,-,\n"
    "Participant 14,Dee,d@x.edu,Submitted,,27.00,Yes,-,-,good\n"
)


def table(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_moodles_own_worksheet(tmp_path: Path, encoding: str) -> None:
    given, back = tmp_path / "worksheet.csv", tmp_path / "back.csv"
    given.write_bytes(WORKSHEET.encode(encoding))
    done = fill_moodle(given, back, LINES, ROSTER)
    before = list(csv.reader(WORKSHEET.splitlines()))
    after = table(back)
    assert [row[4] for row in after] == ["Grade", "21.5", "7.00", "", "0"], "bob keeps what he had"
    for row in (*before, *after):
        row[4] = ""
    assert before == after, "nothing else is touched"
    assert done.written == 2
    assert done.notes == [
        "bob: no mark is written: waits for a person.",
        "cy: no mark is written: not handed in.",
        "eve: is not in the file, so no mark is written.",
    ]
    back.unlink()
    # Moodle passes over what is above its maximum: that must not happen in silence
    given.write_text(WORKSHEET.replace("27.00", "20.00"), encoding="utf-8")
    with pytest.raises(TcpCourseError, match=r"the most is 20\.00, and ps1-opening has 27 points"):
        fill_moodle(given, back, LINES, ROSTER)
    given.write_text(WORKSHEET.replace("Grade,", "Bewertung,", 1), encoding="utf-8")
    with pytest.raises(TcpCourseError, match="has no column Grade"):
        fill_moodle(given, back, LINES, ROSTER)
    assert not back.exists()
    assert fill_moodle(given, back, LINES, ROSTER, "Bewertung").written == 2


# As Canvas exports it; lib/gradebook_importer.rb reads the first columns up to Section.
GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Exercises 1 (71),Other (72),Final Score\n"
    "    Points Possible,,,,,27,10,(read only)\n"
    '"Example, Ann",11,s1,ann,A,,4,50\n"Bob",12,s2,bob,A,7,5,50\n"Dee",14,s4,dee,A,,6,50\n'
    '"Student, Test",99,,,A,,,\n'
)


def test_canvass_own_gradebook(tmp_path: Path) -> None:
    given, back = tmp_path / "grades.csv", tmp_path / "back.csv"
    given.write_text("\ufeff" + GRADEBOOK, encoding="utf-8")
    done = fill_canvas(given, back, LINES, ROSTER, "exercises 1")
    assert table(back) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Exercises 1 (71)"],
        ["    Points Possible", "", "", "", "", "27"],
        ["Example, Ann", "11", "s1", "ann", "A", "21.5"],
        ["Bob", "12", "s2", "bob", "A", "7"],
        ["Dee", "14", "s4", "dee", "A", "0"],
        ["Student, Test", "99", "", "", "A", ""],
    ]
    assert done.written == 2
    with pytest.raises(TcpCourseError, match="has 0 columns called ps1"):
        fill_canvas(given, back, LINES, ROSTER, "ps1")
    given.write_text(GRADEBOOK.replace(",27,", ",30,"), encoding="utf-8")
    with pytest.raises(TcpCourseError, match="the most is 30"):
        fill_canvas(given, back, LINES, ROSTER, "Exercises 1 (71)")


def test_without_a_roster_the_number_is_the_student(tmp_path: Path) -> None:
    given, back = tmp_path / "worksheet.csv", tmp_path / "back.csv"
    given.write_text(WORKSHEET, encoding="utf-8")
    fill_moodle(given, back, [GradeLine("11", NAME, "graded", 3, 27)], {})
    assert table(back)[1][4] == "3"


# -- one small protocol ------------------------------------------------------------------------

GRADING = Path(protocol.__file__).parent


@pytest.mark.parametrize("path", sorted(GRADING.glob("*.py")), ids=lambda path: path.name)
def test_grading_knows_no_question_and_no_tcp(path: Path) -> None:
    """Of the course it imports itself, the house's one exception and its marker of sentences;
    ``protocol`` is the rest."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.split(".")[0] == "tcpcourse":
                own = name.startswith("tcpcourse.exercises.grading.")
                assert own or name in ("tcpcourse.core.errors", "tcpcourse.words"), name


class Sums:
    """The questions of another course, with no TCP in them."""

    library = protocol.Library(GRADING.parents[1], (), "json:dumps", "builtins:ValueError")

    def student(self, name: str) -> str:
        return name.lower()

    def asked(self, assignment: str) -> tuple[protocol.Asked, ...]:
        return (protocol.Asked("q1", "total", "value", 2),)

    def version(self, assignment: str) -> str:
        return "1"

    def setup(self, assignment: str, student: str) -> str:
        return f"numbers = [1, 2, {len(student)}]"

    def calls(self, *_: Any) -> list[list[protocol.Plain]]:
        return []

    def mark(self, assignment: str, student: str, question: str, key: bytes,
             handed: protocol.Handed) -> protocol.Marked:  # fmt: skip
        right = 3 + len(student)
        return protocol.Marked(2.0 * (handed.answer == right), "Well?")

    def plain(self, value: Any) -> protocol.Plain:
        return value  # type: ignore[no-any-return]


SUMS = Sums()
SUMS.library = protocol.Library(
    GRADING.parents[1], (), "tcpcourse.exercises.question:plain_parts",
    "tcpcourse.core.errors:TcpCourseError",
)  # fmt: skip


def test_another_courses_questions(tmp_path: Path) -> None:
    """Whoever keeps the protocol can be graded: a course of sums."""
    from nbformat.v4 import new_code_cell, new_notebook

    def cell(name: str, source: str, **about: Any) -> Any:
        data = {"grade": False, "solution": False, "locked": True, "schema_version": 3, **about}
        return new_code_cell(source, metadata={"nbgrader": {"grade_id": name, **data}})

    book = new_notebook(cells=[cell("a", "total = None", solution=True),
                               cell("q1", "total", grade=True, points=2)])  # fmt: skip
    nbformat.write(book, tmp_path / "sums.ipynb")
    book.cells[0].source = "total = sum(numbers)"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sums.ipynb").write_text(json.dumps(book))
    job = marking.Job("sums", "Bob", "sums", tmp_path / "in", tmp_path / "sums.ipynb",
                      tmp_path / "kept.json", b"k" * 32, f"{__name__}:SUMS")  # fmt: skip
    done = marking.grade(job)
    assert done.marks["q1"].points == 2 and done.notes == []
    with pytest.raises(TcpCourseError, match="There are no questions called 'nowhere:X'"):
        protocol.questions_of("nowhere:X")
