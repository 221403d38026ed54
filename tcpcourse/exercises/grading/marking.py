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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.findings import START, Findings
from tcpcourse.exercises.grading.keys import fingerprint
from tcpcourse.exercises.grading.limits import Limits
from tcpcourse.exercises.grading.plaindata import clean, sentence
from tcpcourse.exercises.grading.protocol import Asked, Handed, questions_of
from tcpcourse.exercises.grading.restore import Restored, is_blank, restore
from tcpcourse.exercises.grading.sandbox import container
from tcpcourse.exercises.grading.sentences import packed, unpacked
from tcpcourse.exercises.grading.session import RunPlan, run
from tcpcourse.exercises.grading.submissions import Submission, Unreadable, read
from tcpcourse.words import Message, message

MARKING_SECONDS = 60


@dataclass(frozen=True)
class Job:
    """What it takes to grade one student's notebook; plain enough to be sent to a process.

    ``student`` is the name of the submission's folder. ``store`` is the file that keeps the
    result, ``questions`` where the questions are (see ``questions_of``), ``hidden`` what no
    student's code must see, ``container`` as in ``RunPlan``. ``works_as`` is another id under
    which the student has worked, if the instructor has said so.
    """

    assignment: str
    student: str
    notebook: str
    submission: Path
    release: Path
    store: Path
    key: bytes = field(repr=False)
    questions: str
    limits: Limits = field(default_factory=Limits)
    hidden: tuple[Path, ...] = ()
    container: str = field(default_factory=container)
    works_as: str = ""


@dataclass(frozen=True)
class Given:
    """A mark to hand on: ``points`` is ``None`` where a person has to look.

    ``most`` are the question's own points, of which these are a part.
    """

    points: float | None
    message: str
    most: float = 0.0


@dataclass
class Graded:
    """The marks by question, with what is to be shown and reported.

    ``notes`` are pairs of a cell (or an empty text for the whole notebook) and a sentence.
    ``depends`` has a word for each thing that the marks depend on, ``handed`` what was given
    to each question.
    """

    depends: dict[str, str]
    readable: bool = True
    marks: dict[str, Given] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    handed: dict[str, Handed] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """A word that stands for everything the marks depend on."""
        words = json.dumps(self.depends, sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()

    def save(self, path: Path) -> None:
        """Keep it in a file, all or nothing."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        kept = asdict(self)
        kept["notes"] = [(cell, packed(words)) for cell, words in self.notes]
        for name, mark in self.marks.items():
            kept["marks"][name]["message"] = packed(mark.message)
        for name, handed in self.handed.items():
            kept["handed"][name]["trouble"] = packed(handed.trouble)
        part.write_text(json.dumps(kept), encoding="ascii")
        os.replace(part, path)

    @classmethod
    def load(cls, path: Path) -> Graded | None:
        """What was kept, or ``None`` where there is nothing that can be used."""
        try:
            kept = json.loads(path.read_text(encoding="ascii"))
            kept["marks"] = {
                name: Given(**each | {"message": unpacked(each["message"])})
                for name, each in kept["marks"].items()
            }
            kept["handed"] = {
                name: Handed(**each | {"trouble": unpacked(each["trouble"])})
                for name, each in kept["handed"].items()
            }
            kept["notes"] = [(cell, unpacked(words)) for cell, words in kept["notes"]]
            return cls(**kept)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None


@dataclass(frozen=True)
class Prepared:
    """A submission that is read and restored, or the release with the reason why not.

    ``asked`` are the questions that are in the release.
    """

    restored: Restored
    depends: dict[str, str]
    asked: tuple[Asked, ...]
    problem: str = ""


def prepare(job: Job) -> Prepared:
    """Read the submission and put it into the release. No student's code runs."""
    questions = questions_of(job.questions)
    release_bytes = job.release.read_bytes()
    release = nbformat.reads(release_bytes.decode("utf-8"), as_version=4)
    there = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in release.cells}
    asked = tuple(each for each in questions.asked(job.assignment) if each.id in there)
    problem = ""
    try:
        submission = read(job.submission, job.notebook, lambda cells: is_blank(cells, release))
    except Unreadable as unreadable:
        problem = message("Not graded: {why}.", why=unreadable.args[0])
        submission = Submission((), "", ())
    restored = restore(submission.cells, release, {each.id: each.name for each in asked})
    if problem:
        restored.notes, restored.run = [("", problem)], []
    restored.notes += [("", note) for note in submission.notes]
    depends = {
        "submission": f"{submission.digest} {problem}",
        "release": hashlib.sha256(release_bytes).hexdigest(),
        "questions": questions.version(job.assignment),
        "key": fingerprint(job.key),
        "student": job.works_as or job.student,
        "limits": repr(job.limits),
    }
    return Prepared(restored, depends, asked, problem)


def grade(job: Job, again: bool = False) -> Graded:
    """The marks of a submission: those that were kept, if nothing has changed since.

    What moved without a new submission is a note. Raises ``SandboxError`` when there is no
    sandbox, ``TcpCourseError`` for an unknown assignment. What is wrong with the submission is
    never an exception, but a note.
    """
    prepared = prepare(job)
    kept = Graded.load(job.store)
    if kept is not None and kept.depends == prepared.depends and not again:
        return kept
    graded = _graded(job, prepared)
    if kept is not None:
        graded.notes += moved(kept, graded)
    graded.save(job.store)
    return graded


def moved(before: Graded, after: Graded) -> list[tuple[str, str]]:
    """A note for each mark that is another one although nothing new was handed in."""
    if before.depends.get("submission") != after.depends["submission"]:
        return []
    changed = [name for name, word in after.depends.items() if before.depends.get(name) != word]
    why = (
        message("changed: {what}", what=", ".join(changed))
        if changed
        else message("nothing else changed")
    )
    return [
        (
            name,
            message(
                "Graded anew ({why}): {before} became {after}.",
                why=why,
                before=_points(before.marks[name]),
                after=_points(mark),
            ),
        )
        for name, mark in after.marks.items()
        if name in before.marks and _points(before.marks[name]) != _points(mark)
    ]


def _points(mark: Given) -> str:
    if mark.points is None:
        return message("no mark")
    return message("{points:g} of {most:g}", points=mark.points, most=mark.most)


def _graded(job: Job, prepared: Prepared) -> Graded:
    graded = Graded(prepared.depends, notes=list(prepared.restored.notes))
    asked = [question for question in prepared.asked if question.kind != "written"]
    questions = questions_of(job.questions)
    try:
        student = questions.student(job.works_as or job.student)
    except TcpCourseError as bad:
        words = message(
            "Not graded: the folder's name is no student id. {problem}", problem=sentence(bad)
        )
        graded.notes.append(("", words))
        prepared = replace(prepared, problem=words)
    if prepared.problem:
        graded.readable = False
        waiting = message("A person has to look at this: the notebook could not be read.")
        graded.marks = {each.id: Given(None, waiting, each.points) for each in asked}
        return graded
    calls = {
        each.id: questions.calls(job.assignment, student, each.id, job.key)
        for each in asked
        if each.kind == "function"
    }
    work = RunPlan(
        [(START, questions.setup(job.assignment, student)), *prepared.restored.run],
        {each.id: (each.name, each.kind) for each in asked},
        calls,
        questions,
        _files(job.release),
        job.hidden,
        job.container,
    )
    outcome = run(work, job.limits)
    if job.works_as:
        words = message(
            "Graded with the problem of {student!r}, as the instructor has said.", student=student
        )
        graded.notes.append(("", words))
    found = Findings(prepared.restored, outcome, questions.library.watched)
    graded.notes += found.notes(job.assignment, student, job.student)
    graded.texts, graded.errors = outcome.texts, outcome.errors
    for each in asked:
        mark = _marked(job, student, each, found, graded)
        graded.marks[each.id] = mark
        if mark.points is None and (each.id, mark.message) not in graded.notes:
            graded.notes.append((each.id, mark.message))
    return graded


def _marked(job: Job, student: str, asked: Asked, found: Findings, graded: Graded) -> Given:
    handed = graded.handed[asked.id] = found.handed(asked)
    if why := found.unreached(asked):
        return Given(None, why, asked.points)
    questions = questions_of(job.questions)
    try:
        with _bounded(MARKING_SECONDS):
            mark = questions.mark(job.assignment, student, asked.id, job.key, handed)
    except Exception as error:
        # An answer that marking stumbles over is no reason to give no points in silence.
        what = message(
            "A person has to look at this: marking it failed ({error}).",
            error=type(error).__name__,
        )
        return Given(None, what, asked.points)
    points = mark.points if math.isfinite(mark.points) else 0.0
    points = min(max(points, 0.0), float(asked.points))
    told = mark.message
    words = told if isinstance(told, Message) else clean(told, 2000)
    return Given(points, words, asked.points)


def _files(release: Path) -> dict[str, Path]:
    """What was released besides notebooks, by its name from there."""
    folder = release.parent
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix != ".ipynb"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


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
