"""One submission from its file to its marks: the trusted side, which has the key."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.bank import assignments
from tcpcourse.exercises.draw import student_name
from tcpcourse.exercises.grading.keys import fingerprint
from tcpcourse.exercises.grading.limits import Limits
from tcpcourse.exercises.grading.plaindata import clean
from tcpcourse.exercises.grading.restore import Restored, restore
from tcpcourse.exercises.grading.sandbox import container
from tcpcourse.exercises.grading.session import Outcome, Work, run
from tcpcourse.exercises.grading.submissions import Submission, Unreadable, read
from tcpcourse.exercises.question import Assignment, Mark, Problem, Question

MARKING_SECONDS = 60


@dataclass(frozen=True)
class Job:
    """What it takes to grade one student's notebook; plain enough to be sent to a process.

    ``student`` is the name of the submission's folder. ``store`` is the file that keeps the
    result, ``hidden`` what no student's code must see, ``container`` as in ``Work``.
    """

    assignment: str
    student: str
    notebook: str
    submission: Path
    release: Path
    store: Path
    key: bytes = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    hidden: tuple[Path, ...] = ()
    container: str = field(default_factory=container)


@dataclass(frozen=True)
class Given:
    """A mark to hand on: ``points`` is ``None`` where a person has to look."""

    points: float | None
    message: str


@dataclass
class Graded:
    """The marks by question, with what is to be shown and reported.

    ``notes`` are pairs of a cell (or an empty text for the whole notebook) and a sentence.
    ``digest`` stands for everything the marks depend on.
    """

    digest: str
    readable: bool = True
    marks: dict[str, Given] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Keep it in a file, all or nothing."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(self)), encoding="ascii")
        os.replace(part, path)

    @classmethod
    def load(cls, path: Path) -> Graded | None:
        """What was kept, or ``None`` where there is nothing that can be used."""
        try:
            kept = json.loads(path.read_text(encoding="ascii"))
            kept["marks"] = {name: Given(**each) for name, each in kept["marks"].items()}
            kept["notes"] = [(cell, words) for cell, words in kept["notes"]]
            return cls(**kept)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None


@dataclass(frozen=True)
class Prepared:
    """A submission that is read and restored, or the release with the reason why not."""

    restored: Restored
    digest: str
    problem: str = ""


def find_assignment(name: str) -> Assignment:
    """The course's assignment. Raises ``TcpCourseError`` when there is none of this name."""
    known = assignments()
    if name not in known:
        raise TcpCourseError(f"there is no assignment {name!r}; there are {', '.join(known)}")
    return known[name]


def prepare(job: Job) -> Prepared:
    """Read the submission and put it into the release. No student's code runs."""
    release_bytes = job.release.read_bytes()
    release = nbformat.reads(release_bytes.decode("utf-8"), as_version=4)
    names = {question.id: question.name for question in find_assignment(job.assignment).questions}
    problem = ""
    try:
        submission = read(job.submission, job.notebook)
    except Unreadable as unreadable:
        problem = f"Not graded: {unreadable}."
        submission = Submission((), "", ())
    restored = restore(submission.cells, release, names)
    if problem:
        restored.notes, restored.run = [("", problem)], []
    restored.notes += [("", note) for note in submission.notes]
    depends = (
        submission.digest, problem, hashlib.sha256(release_bytes).hexdigest(),
        fingerprint(job.key), job.student, repr(job.limits),
    )  # fmt: skip
    digest = hashlib.sha256("\n".join(depends).encode()).hexdigest()
    return Prepared(restored, digest, problem)


def grade(job: Job, again: bool = False) -> Graded:
    """The marks of a submission: those that were kept, if nothing has changed since.

    Raises ``SandboxError`` when there is no sandbox, ``TcpCourseError`` for an unknown
    assignment. What is wrong with the submission is never an exception, but a note.
    """
    prepared = prepare(job)
    kept = Graded.load(job.store)
    if kept is not None and kept.digest == prepared.digest and not again:
        return kept
    graded = _graded(job, prepared)
    graded.save(job.store)
    return graded


def _graded(job: Job, prepared: Prepared) -> Graded:
    assignment = find_assignment(job.assignment)
    graded = Graded(prepared.digest, not prepared.problem, notes=list(prepared.restored.notes))
    waiting = Given(None, "A person has to look at this: the notebook could not be read.")
    questions = [question for question in assignment.questions if question.kind != "written"]
    if prepared.problem:
        graded.marks = {question.id: waiting for question in questions}
        return graded
    try:
        problem = assignment.problem(student_name(job.student))
    except TcpCourseError as bad:
        graded.notes.append(("", f"Not graded: the folder's name is no student id ({bad})."))
        graded.readable = False
        graded.marks = {question.id: waiting for question in questions}
        return graded
    calls = {
        question.id: [list(call) for call in question.challenges(problem, job.key)]
        for question in questions
        if question.kind == "function"
    }
    work = Work(
        prepared.restored.run,
        {question.id: (question.name, question.kind) for question in questions},
        calls,
        _files(job.release),
        job.hidden,
        job.container,
    )
    outcome = run(work, job.limits)
    graded.notes += [_named(note, prepared.restored) for note in outcome.notes]
    graded.notes += _strangers(outcome, problem)
    graded.texts, graded.errors = outcome.texts, outcome.errors
    for question in questions:
        graded.marks[question.id] = _marked(question, problem, job.key, outcome, graded)
    return graded


def _marked(
    question: Question, problem: Problem, key: bytes, outcome: Outcome, graded: Graded
) -> Given:
    try:
        with _bounded(MARKING_SECONDS):
            mark = _mark(question, problem, key, outcome)
    except Exception as error:
        # An answer that marking stumbles over is no reason to give no points in silence.
        what = f"A person has to look at this: marking it failed ({type(error).__name__})."
        graded.notes.append((question.id, what))
        return Given(None, what)
    points = mark.points if math.isfinite(mark.points) else 0.0
    points = min(max(points, 0.0), float(question.points))
    return Given(points, clean(mark.message, 2000))


def _mark(question: Question, problem: Problem, key: bytes, outcome: Outcome) -> Mark:
    name = question.id
    if question.kind == "function":
        if not outcome.defined.get(name):
            return Mark(0.0, question.form(None) or "")
        return question.mark_results(problem, key, outcome.results.get(name, []))
    if name in outcome.bad:
        return Mark(0.0, f"{name}: {outcome.bad[name]}.")
    return question.mark(problem, outcome.answers.get(name))


def _named(note: tuple[str, str], restored: Restored) -> tuple[str, str]:
    """The note with nbgrader's name of the cell instead of the cell's id, where it has one."""
    for cell in restored.notebook.cells:
        if cell.id == note[0]:
            return cell.metadata.get("nbgrader", {}).get("grade_id", note[0]), note[1]
    return note


def _strangers(outcome: Outcome, problem: Problem) -> list[tuple[str, str]]:
    """A sentence when the notebook was started for somebody or something else."""
    found = []
    who, what = outcome.who.get("student", problem.student), outcome.who.get("assignment")
    if who != problem.student:
        words = f"The notebook was started for {who!r}, but is handed in by {problem.student!r}"
        found.append(("", f"{words}: its numbers are another student's."))
    if what not in (None, problem.assignment):
        words = f"The notebook was started for {what!r}, but is handed in for"
        found.append(("", f"{words} {problem.assignment!r}."))
    return found


def _files(release: Path) -> dict[str, Path]:
    """What was released besides notebooks, by its name from there."""
    folder = release.parent
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }  # fmt: skip


@contextlib.contextmanager
def _bounded(seconds: int) -> Iterator[None]:
    """An end to marking that takes for ever, where a process can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: Any) -> None:
        raise TimeoutError("marking took too long")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
