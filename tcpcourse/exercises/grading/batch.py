"""All submissions of an assignment, on all cores, with one process that keeps the books.

Workers run notebooks and mark them; each result is kept in a file at once. Only the parent
writes the gradebook. After an interruption nothing that was kept is run again.
"""

from __future__ import annotations

import csv
import glob
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm
from traitlets.config.loader import PyFileConfigLoader

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.draw import student_name
from tcpcourse.exercises.grading.converting import (
    is_configured,
    job_of,
    notebooks_of,
)
from tcpcourse.exercises.grading.marking import Graded, Job, grade
from tcpcourse.exercises.grading.plaindata import clean
from tcpcourse.exercises.grading.sandbox import SandboxError

DONE = ".recorded"
FORMULA = ("=", "+", "-", "@", "\t")


@dataclass
class Report:
    """What happened: how many were ``graded`` now, how many were ``kept`` from before, and
    for each thing to know the student, the cell (or an empty text) and a sentence."""

    graded: int = 0
    kept: int = 0
    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write the lines as CSV; nothing in it is a formula to a spreadsheet."""
        with open(path, "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("student", "cell", "what"))
            for line in self.lines:
                rows.writerow([f"'{word}" if word.startswith(FORMULA) else word for word in line])


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
                    f"the gradebook does not know {assignment}:"
                    f" run `nbgrader generate_assignment {assignment}` first"
                ) from None

    def record(self, job: Job) -> None:
        """Let nbgrader convert one submission, and write its marks into the gradebook."""
        self.directory.assignment_id, self.directory.student_id = job.assignment, job.student
        said = _Errors()
        log = logging.Logger("nbgrader")
        log.addHandler(said)
        converter = _Recording(coursedir=self.directory, config=self.config, log=log)
        converter.force = True
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


def autograde(
    root: Path, assignment: str, workers: int | None = None, again: bool = False
) -> Report:
    """Grade what was handed in for an assignment and write the marks into the gradebook.

    What was graded before is left alone, unless the submission, the release or the key has
    changed, or ``again`` is set. Raises ``TcpCourseError`` for what concerns everybody: no
    release, no key, no sandbox. What concerns one student is a line of the report.
    """
    course = Course(root)
    course.missing(assignment)
    report = Report()
    jobs = _jobs(course, assignment, report)
    for job in jobs if again else ():
        _done(job).unlink(missing_ok=True)
        job.store.unlink(missing_ok=True)
    many = workers or os.cpu_count() or 1
    with tqdm(total=len(jobs), unit="notebook", desc=assignment) as bar:

        def finished(job: Job, graded: Graded) -> None:
            _record(course, job, graded, report)
            bar.update()

        _in_parallel(jobs, many, finished, report)
    report.lines.sort()
    report.save(root / f"report-{assignment}.csv")
    return report


def _jobs(course: Course, assignment: str, report: Report) -> list[Job]:
    """A job for each notebook of each student; a line for each folder that cannot be one."""
    names = notebooks_of(course.directory, assignment)
    if not names:
        raise TcpCourseError(
            f"{assignment} has no release: run `nbgrader generate_assignment {assignment}` first"
        )
    jobs = []
    for student in course.students(assignment):
        try:
            student_name(student)
        except TcpCourseError as problem:
            report.lines.append((clean(student, 60), "", f"Not graded: {problem}."))
            continue
        jobs += [job_of(course.directory, assignment, student, name) for name in names]
    if not jobs and not report.lines:
        raise TcpCourseError(f"nobody has handed in {assignment}")
    return jobs


def _done(job: Job) -> Path:
    return job.store.with_suffix(DONE)


def _record(course: Course, job: Job, graded: Graded, report: Report) -> None:
    """Write one student's marks, unless these very marks are written already."""
    report.lines += [(job.student, cell, words) for cell, words in graded.notes]
    done = _done(job)
    if done.is_file() and done.read_text(encoding="ascii") == graded.digest:
        report.kept += 1
        return
    try:
        course.record(job)
    except Exception as problem:
        # nbgrader stumbles over one student: that must not cost the others anything.
        words = clean(str(problem), 200) or type(problem).__name__
        report.lines.append((job.student, "", f"Not graded: nbgrader says {words!r}."))
        return
    done.write_text(graded.digest, encoding="ascii")
    report.graded += 1


def _pool(workers: int) -> ProcessPoolExecutor:
    """Processes that are forked from one which has loaded what grading needs, and no more."""
    context = get_context("forkserver")
    context.set_forkserver_preload([grade.__module__])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_deaf)


def _deaf() -> None:
    """An interruption is the parent's business: it ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _in_parallel(
    jobs: list[Job], workers: int, finished: Callable[[Job, Graded], None], report: Report
) -> None:
    """Grade in other processes; ``finished`` is called here, in the order they end.

    When a worker dies, nobody knows over which job: all that were not done go again, then
    each by itself.
    """
    for many in (workers, workers):
        jobs = _one_pool(jobs, many, finished, report)
    for job in jobs:
        for dead in _one_pool([job], 1, finished, report):
            _failed(dead, RuntimeError("the process that graded it died"), report)


def _one_pool(
    jobs: list[Job], workers: int, finished: Callable[[Job, Graded], None], report: Report
) -> list[Job]:
    """Grade with one pool of processes; gives the jobs that were not done when it broke."""
    broken: list[Job] = []
    if not jobs:
        return broken
    pool = _pool(workers)
    try:
        running: dict[Future[Graded], Job] = {pool.submit(grade, job): job for job in jobs}
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                try:
                    graded = future.result()
                except SandboxError:
                    raise
                except BrokenProcessPool:
                    broken.append(job)
                except Exception as problem:
                    _failed(job, problem, report)
                else:
                    finished(job, graded)
    finally:
        # Interrupted: what is running is given up, what is done is kept.
        workers_left = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in workers_left:
            process.terminate()
    return broken


def _failed(job: Job, problem: Exception, report: Report) -> None:
    what = clean(str(problem), 200) or type(problem).__name__
    report.lines.append((job.student, "", f"Not graded, run it again: {what}."))


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
    from nbgrader.plugins import CsvExportPlugin

    course = Course(root)
    exporter: Any = CsvExportPlugin(to=str(path))
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        exporter.export(book)
