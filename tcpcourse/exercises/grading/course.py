"""nbgrader's course folder: who has handed in, and how marks get into the gradebook."""

from __future__ import annotations

import glob
import logging
import warnings
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from traitlets.config.loader import PyFileConfigLoader

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.converting import (
    generate,
    is_configured,
    job_of,
    notebooks_of,
)
from tcpcourse.exercises.grading.marking import Graded, Job, grade


class Course:
    """nbgrader's course folder, with its configuration. Only one process may write to it."""

    def __init__(self, root: Path) -> None:
        if not (root / "nbgrader_config.py").is_file():
            raise TcpCourseError(f"{root} is no course folder: it has no nbgrader_config.py")
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
        if not is_configured(self.config):
            raise TcpCourseError(
                f"{root / 'nbgrader_config.py'} does not call configure(c), so nbgrader would run"
                " students' notebooks without a sandbox: copy the course's own file"
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

    def missing(self, assignment: str) -> None:
        """Raise ``TcpCourseError`` when the gradebook does not know the assignment."""
        with Gradebook(self.directory.db_url, self.directory.course_id) as book:
            try:
                book.find_assignment(assignment)
            except MissingEntry:
                raise TcpCourseError(
                    f"the gradebook does not know {assignment}: {generate(assignment)}"
                ) from None

    def record(self, job: Job) -> None:
        """Let nbgrader convert one submission, and write its marks into the gradebook."""
        self.directory.assignment_id, self.directory.student_id = job.assignment, job.student
        stamp = job.submission / "timestamp.txt"
        if stamp.is_symlink() or (stamp.exists() and not stamp.is_file()):
            raise TcpCourseError("timestamp.txt, which nbgrader reads, is no regular file")
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
    writes them down.
    """
    course = Course(root)
    names = notebooks_of(course.directory, assignment)
    return [grade(job_of(course.directory, assignment, student, name)) for name in names]


def export(root: Path, path: Path) -> None:
    """All grades as CSV, by nbgrader's own exporter."""
    course = Course(root)
    exporter: Any = CsvExportPlugin(to=str(path))
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        exporter.export(book)
