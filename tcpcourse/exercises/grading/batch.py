"""All submissions of an assignment, on all cores, with one process that keeps the books.

Workers run notebooks and mark them; each result is kept in a file at once. Only the parent
writes the gradebook. After an interruption nothing that was kept is run again.
"""

from __future__ import annotations

import contextlib
import csv
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.course import Course
from tcpcourse.exercises.grading.marking import Graded, Job, grade
from tcpcourse.exercises.grading.plaindata import as_text, clean, sentence
from tcpcourse.exercises.grading.sandbox import SandboxError
from tcpcourse.words import message, say

DONE = ".recorded"
AT_ONCE = 2
"""Submissions for each core: one that sleeps does not hold it, and clocks are not the wall's."""


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
                rows.writerow([as_text(say(word)) for word in line])


def autograde(
    root: Path, assignment: str, workers: int | None = None, again: bool = False
) -> Report:
    """Grade what was handed in for an assignment and write the marks into the gradebook.

    What was graded before is left alone, unless the submission, the release or the key has
    changed, or ``again`` is set. Raises ``TcpCourseError`` for what concerns everybody: no
    release, no key, no sandbox. What concerns one student is a line of the report.
    """
    course = Course(root)
    course.check(assignment)
    with _alone(root):
        return _autograde(course, root, assignment, workers, again)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Only one batch at a time keeps the books of a course."""
    import fcntl  # grading is for Linux, but the module can be read anywhere

    with open(root / ".grading", "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TcpCourseError(f"Another grading is at work in {root}.") from None
        yield


def _autograde(
    course: Course, root: Path, assignment: str, workers: int | None, again: bool
) -> Report:
    report = Report()
    jobs = _jobs(course, assignment, report)
    for job in jobs if again else ():
        _done(job).unlink(missing_ok=True)
    many = workers or AT_ONCE * (os.cpu_count() or 1)
    with tqdm(total=len(jobs), unit="notebook", desc=assignment) as bar:

        def finished(job: Job, graded: Graded) -> None:
            _record(course, job, graded, report)
            bar.update()

        _in_parallel(jobs, many, finished, report, again)
    report.lines.sort()
    report.save(root / f"report-{assignment}.csv")
    return report


def _jobs(course: Course, assignment: str, report: Report) -> list[Job]:
    """A job for each notebook of each student; a line for each folder that cannot be one."""
    jobs = []
    for student in course.students(assignment):
        try:
            course.questions.student(student)
        except TcpCourseError as problem:
            why = message("Not graded: {problem}", problem=sentence(problem))
            report.lines.append((clean(student, 60), "", why))
            continue
        jobs += course.jobs(assignment, student)
    if not jobs and not report.lines:
        raise TcpCourseError(f"Nobody has handed in {assignment}.")
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
        said = clean(str(problem), 200) or type(problem).__name__
        why = message("Not graded: nbgrader says {words!r}.", words=said)
        report.lines.append((job.student, "", why))
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
    jobs: list[Job],
    workers: int,
    finished: Callable[[Job, Graded], None],
    report: Report,
    again: bool,
) -> None:
    """Grade in other processes; ``finished`` is called here, in the order they end.

    When a worker dies, nobody knows over which job: all that were not done go again, then
    each by itself.
    """
    for many in (workers, workers):
        jobs = _one_pool(jobs, many, finished, report, again)
    for job in jobs:
        for dead in _one_pool([job], 1, finished, report, again):
            _failed(dead, message("the process that graded it died"), report)


def _one_pool(
    jobs: list[Job],
    workers: int,
    finished: Callable[[Job, Graded], None],
    report: Report,
    again: bool,
) -> list[Job]:
    """Grade with one pool of processes; gives the jobs that were not done when it broke."""
    broken: list[Job] = []
    if not jobs:
        return broken
    pool = _pool(workers)
    try:
        running: dict[Future[Graded], Job] = {pool.submit(grade, job, again): job for job in jobs}
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
                    what = clean(str(problem), 200) or type(problem).__name__
                    _failed(job, what, report)
                else:
                    finished(job, graded)
    finally:
        # Interrupted: what is running is given up, what is done is kept.
        workers_left = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in workers_left:
            process.terminate()
    return broken


def _failed(job: Job, problem: str, report: Report) -> None:
    words = message("Not graded, run it again: {problem}.", problem=problem)
    report.lines.append((job.student, "", words))
