"""What came out of running a notebook, put beside what was handed in.

Here it is told who gets no mark because something went wrong, and not because an answer is
wrong: a cell that failed here and not there, a question that was never reached.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from tcpcourse.exercises.grading.plaindata import sentence
from tcpcourse.exercises.grading.protocol import Asked, Handed
from tcpcourse.exercises.grading.restore import Restored
from tcpcourse.exercises.grading.session import Outcome
from tcpcourse.words import message, together

START = "start"
"""The cell before all others: it starts the problem of the student whose folder it is."""


@dataclass(frozen=True)
class Findings:
    """A restored notebook and what running it gave; ``watched`` as in ``Library``."""

    restored: Restored
    outcome: Outcome
    watched: tuple[str, ...] = ()

    def handed(self, asked: Asked) -> Handed:
        """What the notebook gave for one question."""
        out, name = self.outcome, asked.id
        trouble = self._trouble(asked)
        if asked.kind == "function":
            return Handed(None, tuple(out.results.get(name, ())), trouble)
        return Handed(out.answers.get(name), (), trouble)

    def _trouble(self, asked: Asked) -> str:
        """Why there is no answer, where something went wrong: a sentence for the student."""
        out, name, cell = self.outcome, asked.id, self._cell(asked)
        stopped = [words for where, words in out.notes if where and where in (cell, name)]
        if name in out.bad:
            return message("{question}: {problem}", question=name, problem=sentence(out.bad[name]))
        if asked.kind == "function" and out.defined.get(name) and not out.results.get(name):
            return together(*stopped) or message("It was stopped before it gave a result.")
        if self._has(asked):
            return ""
        if error := out.errors.get(cell):
            return message("The cell of this answer failed: {error}.", error=error)
        return together(*stopped)

    def unreached(self, asked: Asked) -> str:
        """Why nobody can say what this answer is worth: a sentence, or an empty text."""
        out, cell = self.outcome, self._cell(asked)
        if asked.kind == "function" and out.defined.get(asked.id):
            if not out.results.get(asked.id) and not out.whole:
                return message(
                    "A person has to look at this: its function was never tried, because the"
                    " notebook was stopped before."
                )
            return ""
        if self._has(asked):
            return ""
        if cell in dict(self.restored.run) and cell not in out.texts and not self._stopped(cell):
            return message(
                "A person has to look at this: its cell was never reached, because the notebook"
                " was stopped before."
            )
        if out.errors.get(cell) and cell in self.restored.went:
            return message(
                "A person has to look at this: its cell ran for the student and failed here:"
                " {error}.",
                error=out.errors[cell],
            )
        return ""

    def notes(self, assignment: str, student: str, folder: str) -> Iterator[tuple[str, str]]:
        """Everything that an instructor should know, as pairs of a cell and a sentence.

        ``student`` is the id whose problem was marked, ``folder`` the name under which the
        work was handed in.
        """
        for cell, words in self.outcome.notes:
            yield self._name(cell), words
        for cell, error in self.outcome.errors.items():
            if error:
                yield from self._failed(cell, error)
        for question, why in self.outcome.bad.items():
            yield (
                question,
                message(
                    "Of this answer something could not be read: {problem}", problem=sentence(why)
                ),
            )
        for cell, source in self.restored.run:
            for name in sorted(reads(source, self.watched)):
                words = message("This cell reads .{name}, which no answer needs.", name=name)
                yield self._name(cell), words
        for words in self._strangers(assignment, student, folder):
            yield "", words

    def _failed(self, cell: str, error: str) -> Iterator[tuple[str, str]]:
        name = self._name(cell)
        if name == SETUP:
            yield (
                name,
                message(
                    "The first cell failed: {error}. The problem was started without it.",
                    error=error,
                ),
            )
        elif cell in self.restored.went:
            yield (
                name,
                message("This cell ran for the student and failed here: {error}.", error=error),
            )
        elif cell in self._unanswered():
            yield name, message("This cell failed, and there is no answer: {error}.", error=error)

    def _strangers(self, assignment: str, student: str, folder: str) -> Iterator[str]:
        """A sentence when the notebook was started for somebody or something else."""
        who, what = (self.outcome.who.get(word, "") for word in ("student", "assignment"))
        if who and who != student:
            yield message(
                "The notebook was started for {other!r}, but is handed in by {student!r}: its"
                " numbers are another student's. If that was a slip, this grades it with the id"
                " that was used: {command}",
                other=who,
                student=student,
                command=works_as(assignment, folder, who),
            )
        if what and what != assignment:
            yield message(
                "The notebook was started for {other!r}, but is handed in for {assignment!r}.",
                other=what,
                assignment=assignment,
            )
        if self.outcome.who.get("looked"):
            yield message("The notebook looked into its own problem, which no answer needs.")
        if self.outcome.who.get("running"):
            yield message(
                "A thread was still at work when the notebook ended; answers are missing."
            )

    def _has(self, asked: Asked) -> bool:
        if asked.kind == "function":
            return bool(self.outcome.defined.get(asked.id))
        return self.outcome.answers.get(asked.id) is not None

    def _unanswered(self) -> set[str]:
        """The cells of the questions to which there is no answer."""
        out = self.outcome
        return {
            cell
            for question, cell in self.restored.answers.items()
            if out.answers.get(question) is None and not out.defined.get(question)
        }

    def _stopped(self, cell: str) -> bool:
        return any(where == cell for where, _ in self.outcome.notes)

    def _cell(self, asked: Asked) -> str:
        return self.restored.answers.get(asked.id, "")

    def _name(self, cell: str) -> str:
        """nbgrader's name of the cell, where it has one."""
        for each in self.restored.notebook.cells:
            if each.id == cell:
                return str(each.metadata.get("nbgrader", {}).get("grade_id", cell))
        return cell


SETUP = "setup"
"""The id of the released cell in which students write who they are."""

PROGRAM = __name__.rpartition(".")[0]
"""What an instructor runs, by its name for ``python -m``."""


def works_as(assignment: str, folder: str, other: str) -> str:
    """The command that grades this work with the problem of another id, as one types it."""
    words = (PROGRAM, "works-as", assignment, folder, other)
    return f"python -m {shlex.join(words)}"


def reads(source: str, watched: tuple[str, ...]) -> set[str]:
    """Which of these attributes the code names, after a dot or as a text."""
    names = "|".join(map(re.escape, watched))
    found = re.findall(rf"\.\s*({names})\b|getattr\([^)\n]*[\"']({names})[\"']", source)
    return {name for pair in found for name in pair if name} if watched else set()
