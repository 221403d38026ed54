"""nbgrader's course folder: who has handed in, and how marks get into the gradebook."""

from __future__ import annotations

import glob
import logging
import warnings
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade, is_solution
from traitlets.config.loader import PyFileConfigLoader

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.converting import (
    generate,
    is_configured,
    job_of,
    notebooks_of,
    works_as,
)
from tcpcourse.exercises.grading.marking import Graded, Job, grade
from tcpcourse.exercises.grading.plaindata import clean
from tcpcourse.exercises.grading.protocol import Questions, questions_of


class Course:
    """nbgrader's course folder, with its configuration. Only one process may write to it."""

    def __init__(self, root: Path) -> None:
        if not (root / "nbgrader_config.py").is_file():
            raise TcpCourseError(f"{root} is no course folder: it has no nbgrader_config.py.")
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
        if not is_configured(self.config):
            raise TcpCourseError(
                f"{root / 'nbgrader_config.py'} does not call configure(c, …), so nbgrader would"
                " run students' notebooks without a sandbox: copy the course's own file."
            )
        self.config.CourseDirectory.root = str(root.absolute())
        self.directory = CourseDirectory(config=self.config)
        # nbgrader would copy what lies beside a submission, follow links as it does, and show
        # the copy to the student: there is nothing beside it.
        self.directory.ignore = ["*"]

    def students(self, assignment: str) -> list[str]:
        """The names of the folders in which something was handed in, in order."""
        step = self.directory.submitted_directory
        pattern = self.directory.format_path(step, "*", assignment)
        at = Path(pattern).parts.index("*")
        return sorted(Path(path).parts[at] for path in glob.glob(pattern))

    @property
    def questions(self) -> Questions:
        """The questions that the configuration names."""
        return questions_of(self.config.TcpcourseGrading.questions)

    def submitted(self) -> Path:
        """The folder that holds a folder for each student."""
        path = self.directory.format_path(self.directory.submitted_directory, "x", "y")
        return Path(self.directory.root) / Path(path).parent.parent

    def check(self, assignment: str) -> None:
        """Raise ``TcpCourseError`` unless source, release and gradebook ask for the same."""
        names = notebooks_of(self.directory, assignment)
        with Gradebook(self.directory.db_url, self.directory.course_id) as book:
            try:
                known = book.find_assignment(assignment)
            except MissingEntry:
                raise TcpCourseError(
                    f"The gradebook does not know {assignment}: {generate(assignment)}"
                ) from None
            if not names:
                raise TcpCourseError(f"{assignment} has no release: {generate(assignment)}")
            kept = {
                (notebook.name, cell.name): float(cell.max_score)
                for notebook in known.notebooks
                for cell in notebook.grade_cells
            }
        released = self._cells(self.directory.release_directory, assignment)
        for what, others in (
            ("the gradebook", kept),
            ("the source", self._cells(self.directory.source_directory, assignment)),
        ):
            for cell in sorted(released.keys() | others.keys() if others else ()):
                here, there = released.get(cell), others.get(cell)
                if here != there:
                    raise TcpCourseError(
                        f"The release of {assignment} does not match {what}: {cell[1]} has"
                        f" {_told(here)} in the release and {_told(there)} there;"
                        f" {generate(assignment)}"
                    )
        self._answerable(assignment)

    def _answerable(self, assignment: str) -> None:
        """Raise when the release asks something that neither a person nor the course marks."""
        asked = {each.id for each in self.questions.asked(assignment) if each.kind != "written"}
        for path in self._books(self.directory.release_directory, assignment):
            for cell in nbformat.read(path, as_version=4).cells:
                if is_grade(cell) and not is_solution(cell):
                    name = cell.metadata["nbgrader"]["grade_id"]
                    if name not in asked:
                        raise TcpCourseError(
                            f"The release of {assignment} has a cell {name} that is to be graded"
                            f" automatically, and there is no such question; there are"
                            f" {', '.join(sorted(asked))}."
                        )

    def _books(self, step: str, assignment: str) -> list[Path]:
        folder = Path(self.directory.root) / self.directory.format_path(step, ".", assignment)
        return sorted(folder.glob("*.ipynb"))

    def _cells(self, step: str, assignment: str) -> dict[tuple[str, str], float]:
        """The points of each graded cell in a step's notebooks."""
        return {
            (path.stem, cell.metadata["nbgrader"]["grade_id"]): float(
                cell.metadata["nbgrader"].get("points", 0)
            )
            for path in self._books(step, assignment)
            for cell in nbformat.read(path, as_version=4).cells
            if is_grade(cell)
        }

    def jobs(self, assignment: str, student: str) -> list[Job]:
        """A job for each released notebook. Raises for somebody who has not handed in."""
        names = notebooks_of(self.directory, assignment)
        if not names:
            raise TcpCourseError(f"{assignment} has no release: {generate(assignment)}")
        if student not in self.students(assignment):
            raise TcpCourseError(f"Nothing was handed in for {assignment} by {clean(student, 60)}.")
        return [job_of(self.directory, assignment, student, name) for name in names]

    def let_work_as(self, assignment: str, student: str, other: str) -> None:
        """Grade this student with the problem of another id, such as one that was mistyped."""
        for job in self.jobs(assignment, student):
            works_as(job.store.parent, self.questions.student(other) if other else "")

    def record(self, job: Job) -> None:
        """Let nbgrader convert one submission, and write its marks into the gradebook."""
        self.directory.assignment_id, self.directory.student_id = job.assignment, job.student
        stamp = job.submission / "timestamp.txt"
        if stamp.is_symlink() or (stamp.exists() and not stamp.is_file()):
            raise TcpCourseError("The file timestamp.txt, which nbgrader reads, is no plain file.")
        said = _Errors()
        log = logging.Logger("nbgrader")
        log.addHandler(said)
        converter = _Recording(coursedir=self.directory, config=self.config, log=log)
        converter.force = True
        with warnings.catch_warnings():
            # They are about nbgrader's own code, once for each student.
            warnings.simplefilter("ignore")
            try:
                converter.start()
            except NbGraderException:
                raise TcpCourseError(said.why) from None


def _told(points: float | None) -> str:
    return "nothing" if points is None else f"{points:g} points"


class _Errors(logging.Handler):
    """Keeps why nbgrader gave up: the last line of the first error with more than one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.why = "no reason given"

    def emit(self, record: logging.LogRecord) -> None:
        """Look whether this is the error itself."""
        lines = record.getMessage().strip().splitlines()
        if len(lines) > 1 and lines[0].startswith("Traceback"):
            self.why = lines[-1]


class _Recording(Autograde):  # type: ignore[misc]
    """nbgrader's converter, for a submission whose notebook may have any name."""

    def init_notebooks(self) -> None:
        """One submission, with the notebooks that were released."""
        folder = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        names = notebooks_of(self.coursedir, self.coursedir.assignment_id)
        self.notebooks = [f"{folder}/{name}.ipynb" for name in names]
        self.assignments = {folder: self.notebooks}

    def run_pre_convert_hook(self) -> None:
        """Nothing: the hook is for nbgrader's own command, which copies what it finds."""


def grade_one(root: Path, assignment: str, student: str) -> list[Graded]:
    """Grade one student's notebooks and keep the results; the gradebook is not touched.

    This is what a job on a cluster does. ``autograde`` then finds the results and only
    writes them down. Raises ``TcpCourseError`` for somebody who has not handed in.
    """
    course = Course(root)
    return [grade(job) for job in course.jobs(assignment, student)]
