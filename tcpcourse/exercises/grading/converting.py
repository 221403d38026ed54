"""What nbgrader calls: it converts and keeps the books, the grading happens elsewhere.

``configure`` puts these parts into an ``nbgrader_config.py``. Then ``nbgrader autograde``,
the formgrader's button and the batch all do the same: the submission is restored from the
release, run in the sandbox, marked by the trusted side, and the marks go into the gradebook.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade, is_solution

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.keys import key_path, read_key
from tcpcourse.exercises.grading.limits import Limits
from tcpcourse.exercises.grading.marking import Given, Graded, Job, grade, prepare
from tcpcourse.exercises.grading.restore import NOTES

MARKS = "marks"
"""The folder of the course root that keeps what was graded."""


def generate(assignment: str) -> str:
    """What to do when an assignment is not there yet."""
    return f"run `nbgrader generate_assignment --force {assignment}` first."


def job_of(directory: Any, assignment: str, student: str, notebook: str, config: Any = None) -> Job:
    """The job of grading one notebook, from nbgrader's course directory.

    ``config`` is the configuration where the directory's own is not all of it: nbgrader's
    command makes the directory before it has read the file. Raises ``TcpCourseError`` when
    there is no release or no key.
    """
    root = Path(directory.root).absolute()

    def place(step: str, whose: str) -> Path:
        return Path(root, directory.format_path(step, whose, assignment))

    release = place(directory.release_directory, ".") / f"{notebook}.ipynb"
    if not release.is_file():
        raise TcpCourseError(f"{assignment} has no release: {generate(assignment)}")
    key = key_path()
    kept = root / MARKS / assignment / student
    config = directory.config if config is None else config
    questions = config.get("TcpcourseGrading", {}).get("questions", "")
    return Job(
        assignment,
        student,
        notebook,
        place(directory.submitted_directory, student),
        release,
        kept / f"{notebook}.json",
        read_key(key),
        questions,
        Limits.of(config.get("TcpcourseLimits", {})),
        (root, key.absolute().parent, Path.home()),
        works_as=works_as(kept),
    )


def works_as(kept: Path, other: str | None = None) -> str:
    """The other id under which a student has worked; ``other`` sets it, an empty one ends it."""
    path = kept / "works-as.txt"
    if other is not None:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(other, encoding="utf-8")
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def notebooks_of(directory: Any, assignment: str) -> list[str]:
    """The names of an assignment's released notebooks."""
    folder = directory.format_path(directory.release_directory, ".", assignment)
    return sorted(path.stem for path in (Path(directory.root) / folder).glob("*.ipynb"))


class SubmissionExporter(NotebookExporter):
    """Reads a submission as nothing but text, and puts it into the release.

    It works for nobody that would run a notebook in nbgrader's own process.
    """

    def register_preprocessor(self, preprocessor: Any, enabled: bool = False) -> Any:
        """Take part in the conversion; refused to all that execute."""
        base: Any = super()
        taken = base.register_preprocessor(preprocessor, enabled=enabled)
        if isinstance(taken, ExecutePreprocessor) and taken.enabled:
            name = type(taken).__name__
            raise TcpCourseError(f"{name} would run a notebook without a sandbox: take it out.")
        return taken

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        """A submitted notebook is restored; one that is restored already is read as it is."""
        converter: Any = self.parent
        if not converter._sanitizing:
            return super().from_filename(filename, resources=resources, **kw)
        about = resources["nbgrader"]
        where = (about["assignment"], about["student"], about["notebook"])
        job = job_of(converter.coursedir, *where, converter.config)
        notebook = prepare(job).restored.notebook
        return super().from_notebook_node(notebook, resources=resources, **kw)  # type: ignore[no-untyped-call]


class RunInSandbox(NbGraderPreprocessor):  # type: ignore[misc]
    """Takes the place of nbgrader's Execute: runs and marks outside this process."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Grade, put what the cells printed below them, and hand the marks on."""
        about = resources["nbgrader"]
        converter = self.parent.parent
        where = (about["assignment"], about["student"], about["notebook"])
        job = job_of(converter.coursedir, *where, converter.config)
        graded = resources["tcpcourse"] = grade(job)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = _outputs(cell, graded)
        if graded.notes:
            nb.cells.insert(0, _notes(graded))
        return nb, resources


def _outputs(cell: Any, graded: Graded) -> list[Any]:
    """What is shown below a code cell: its text, its error, and the mark with its words."""
    shown = []
    if text := graded.texts.get(cell.id):
        shown.append(new_output("stream", name="stdout", text=text))
    if error := graded.errors.get(cell.id):
        shown.append(new_output("stream", name="stderr", text=error))
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    mark = graded.marks.get(name) if is_grade(cell) else None
    if mark is not None:
        excused = not cell.metadata["nbgrader"].get("points", 1)
        words = "This question is excused: it has no points." if excused else mark.message
        shown.append(new_output("stream", name="stdout", text=words + "\n"))
    return shown


def _notes(graded: Graded) -> Any:
    """The notes as a cell of plain words at the top."""
    lines = [f"{cell}: {words}" if cell else words for cell, words in graded.notes]
    # Indented text is shown as it stands, whatever it holds.
    rows = ["    " + " ".join(line.split()) for line in lines]
    text = "Notes of the grading:\n\n" + "\n".join(rows)
    cell = new_markdown_cell(text)
    cell["id"] = NOTES
    return cell


class SaveMarks(SaveAutoGrades):  # type: ignore[misc]
    """Takes the place of nbgrader's SaveAutoGrades: the trusted side's marks are the scores.

    A mark is a part of the question's own points, and becomes the same part of the points of
    its cell: an instructor may have set others, and 0 excuses. Answers that a person grades,
    and earlier grades by hand, are treated as nbgrader does.
    """

    def _add_score(self, cell: Any, resources: Any) -> None:
        graded: Graded = resources["tcpcourse"]
        name = cell.metadata["nbgrader"]["grade_id"]
        if is_solution(cell) and graded.readable:
            super()._add_score(cell, resources)
            return
        mark = graded.marks.get(name)
        where = (name, self.notebook_id, self.assignment_id, self.student_id)
        row = self.gradebook.find_grade(*where)
        row.auto_score = None if mark is None else scaled(mark, float(row.cell.max_score))
        row.needs_manual_grade = row.auto_score is None or row.manual_score is not None
        self.gradebook.db.commit()

    def _add_comment(self, cell: Any, resources: Any) -> None:
        if resources["tcpcourse"].readable:
            super()._add_comment(cell, resources)


def scaled(mark: Given, most: float) -> float | None:
    """The mark in points of a cell that has ``most``; ``None`` where a person has to look."""
    if not most:
        return 0.0
    if mark.points is None or not mark.most:
        return None
    return round(mark.points / mark.most * most, 4)


class _Unguarded(BaseException):
    """A submission's folder could not be made safe. nbgrader must not go on with it."""


def guard(folder: Path) -> None:
    """Leave only regular files in a submission's folder.

    nbgrader copies what lies beside a notebook, follows links as it does, and later shows
    the copy to the student.
    """
    try:
        for place, folders, files in os.walk(folder):
            for name in [*folders, *files]:
                path = Path(place, name)
                mode = path.lstat().st_mode
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    path.unlink()
    except OSError as problem:
        raise _Unguarded(f"{folder}: {problem}") from None


def beside_python() -> None:
    """Let nbgrader find ``alembic``, which it starts by name: it lies beside this Python."""
    places = os.environ.get("PATH", "").split(os.pathsep)
    folder = str(Path(sys.executable).parent)
    if folder not in places:
        os.environ["PATH"] = os.pathsep.join([*places, folder])


def configure(config: Any, questions: str) -> None:
    """Put the sandbox and the trusted marks into nbgrader's configuration.

    ``questions`` says where the course's questions are: see ``questions_of``.
    """
    config.TcpcourseGrading.questions = questions
    beside_python()

    def before(notebooks: list[str], **_: Any) -> None:
        """nbgrader's hook before each submission. It is told the released names: the
        notebook is found whatever it is called."""
        folder = Path(notebooks[0]).parent
        guard(folder)
        directory = CourseDirectory(config=config)
        names = notebooks_of(directory, folder.name)
        notebooks[:] = [str(folder / f"{name}.ipynb") for name in names]

    autograde = config.Autograde
    autograde.pre_convert_hook = before
    autograde.exporter_class = SubmissionExporter
    autograde.sanitize_preprocessors = [OverwriteKernelspec, OverwriteCells]
    autograde.autograde_preprocessors = [RunInSandbox, SaveMarks, AssignLatePenalties]


def is_configured(config: Any) -> bool:
    """Whether ``configure`` was called on this configuration and nothing was put over it."""
    autograde = config.get("Autograde", {})
    if not config.get("TcpcourseGrading", {}).get("questions"):
        return False
    parts = autograde.get("autograde_preprocessors", ())
    return autograde.get("exporter_class") is SubmissionExporter and parts[:2] == [
        RunInSandbox,
        SaveMarks,
    ]
