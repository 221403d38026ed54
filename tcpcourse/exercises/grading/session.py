"""The trusted end of the talk with a notebook in its sandbox.

Everything that is heard is this student's own claim about this student's own answers. It is
read with bounds, and what does not fit is worth a sentence, never an exception.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.clock import Allowance
from tcpcourse.exercises.grading.limits import Limits
from tcpcourse.exercises.grading.plaindata import clean, parse
from tcpcourse.exercises.grading.protocol import Plain, Questions
from tcpcourse.exercises.grading.sandbox import (
    LIBRARY,
    Sandbox,
    SandboxError,
    TimeOver,
    command,
    container,
    packages,
)
from tcpcourse.exercises.grading.seccomp import program
from tcpcourse.words import message

STARTS = 4
"""How often a notebook is started: anew without each cell that ended its process."""

START_SECONDS = 20
GRACE_SECONDS = 2.0
LONGEST_OUTPUT = 12_000


@dataclass
class Outcome:
    """What a notebook gave.

    ``answers`` holds plain data by question, ``bad`` why an answer is none, ``defined`` which
    functions there are, ``results`` what their calls gave. ``texts`` and ``errors`` are what
    each cell that was run to its end printed and how it failed, ``who`` what the notebook says
    of itself; ``notes`` are pairs of a cell and a sentence. ``whole`` tells whether all was run.
    """

    answers: dict[str, Plain] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)
    defined: dict[str, bool] = field(default_factory=dict)
    results: dict[str, list[Any]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    who: dict[str, str] = field(default_factory=dict)
    whole: bool = False


@dataclass(frozen=True)
class RunPlan:
    """What to run: cells as pairs of a name and the source, in order; the answers' names by
    question, each with its kind; the calls to make of each function; and whose all this is.

    ``files`` are to lie beside the notebook, ``hidden`` must not be seen, and ``container``
    is the command of the container recipe, or empty where bubblewrap is to be used.
    """

    cells: Sequence[tuple[str, str]]
    names: Mapping[str, tuple[str, str]]
    calls: Mapping[str, Sequence[list[Plain]]]
    questions: Questions
    files: Mapping[str, Path] = field(default_factory=dict)
    hidden: Sequence[Path] = ()
    container: str = field(default_factory=container)


class _Ended(Exception):
    """The process is gone, or was sent away; says why in a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.words = message("Running this was stopped: {why}.", why=why)


def run(work: RunPlan, limits: Limits) -> Outcome:
    """Run a notebook in a sandbox, as often as it takes to get all answers that it has.

    A cell that ends the process, or will not be interrupted, is left out of the next start.
    Raises ``SandboxError`` when there is no sandbox; then no student's code has run.
    """
    return _Session(work, limits).run()


class _Session:
    def __init__(self, work: RunPlan, limits: Limits) -> None:
        self.work, self.limits = work, limits
        self.outcome = Outcome()
        self.left_out: set[str] = set()
        self.waiting = [name for name, calls in work.calls.items() if calls]
        self.clock = Allowance(limits.total_seconds, limits.wall_seconds)
        self.cell = ""

    def run(self) -> Outcome:
        for _ in range(STARTS):
            try:
                if self._one_start():
                    self.outcome.whole = True
                    return self.outcome
            except _Ended as ended:
                self.outcome.notes.append((self.cell, ended.words))
            if self.clock.over():
                break
        self.outcome.notes.append(("", message("The notebook was not run to its end.")))
        return self.outcome

    def _one_start(self) -> bool:
        """Run everything once; whether there is nothing left to do."""
        self.cell = ""
        with self._sandbox() as box:
            self._introduce(box)
            self._cells(box)
            while self.waiting:
                self._calls(box, self.waiting[0])
                self.waiting.pop(0)
        return True

    def _sandbox(self) -> Sandbox:
        work = self.work
        if work.container:
            return Sandbox(shlex.split(work.container), self.limits, self.clock)
        words = command(work.hidden, work.files, self.limits, work.questions.library)
        return Sandbox(words, self.limits, self.clock, program())

    def _introduce(self, box: Sandbox) -> None:
        program = {
            "cells": [cell for cell in self.work.cells if cell[0] not in self.left_out],
            "names": self.work.names,
            "limits": self.limits.told(),
            "path": [LIBRARY],
            "more": [str(place) for place in packages()],
            "plain": self.work.questions.library.plain,
            "error": self.work.questions.library.error,
        }
        try:
            box.send(json.dumps(program).encode() + b"\n", START_SECONDS)
            line = box.receive(START_SECONDS)
        except (BrokenPipeError, TimeOver):
            line = None
        if line is None:
            words = box.complaint() or "it says nothing"
            raise SandboxError(f"The sandbox does not start: {clean(words)}.")

    def _hear(self, box: Sandbox, patience: float) -> dict[str, Any]:
        """The next message that makes sense. Raises ``_Ended``."""
        try:
            line = box.receive(patience)
        except TimeOver:
            raise _Ended(self._too_slow()) from None
        if line is None:
            raise _Ended(box.killed_for or message("it ended the process"))
        try:
            return parse(line)
        except TcpCourseError as problem:
            raise _Ended(message("it said {what}", what=problem.args[0])) from None

    def _too_slow(self) -> str:
        if self.clock.cpu > self.clock.most_cpu:
            return message(
                "too slow, the notebook computed for {seconds:g} seconds in all",
                seconds=self.clock.most_cpu,
            )
        if self.clock.over():
            return message(
                "too slow, the notebook took {seconds:g} seconds in all",
                seconds=self.clock.most_wall,
            )
        return message("too slow, and it could not be interrupted")

    def _cells(self, box: Sandbox) -> None:
        """Hear of each cell until all are done. Raises ``_Ended``."""
        patience = self.limits.cell_seconds + self.limits.call_seconds + GRACE_SECONDS
        known = [cell for cell, _ in self.work.cells]
        # What is said past this is not listened to: a few messages belong to each cell.
        most = (len(known) + 1) * (len(self.work.names) + 4)
        try:
            for _ in range(most):
                heard = self._hear(box, patience)
                if heard.get("done") is True:
                    self.cell = ""
                    return
                if "begin" in heard and heard["begin"] in known:
                    self.cell = heard["begin"]
                self._take(heard)
            raise _Ended(message("it said more than there are answers"))
        except _Ended:
            self.left_out.add(self.cell)
            raise

    def _take(self, heard: dict[str, Any]) -> None:
        """Note what a message says, as far as it is about something that was asked."""
        out = self.outcome
        question, cell, who = (heard.get(key) for key in ("answer", "end", "who"))
        if cell == self.cell and cell:
            out.texts[cell] = clean(heard.get("text"), LONGEST_OUTPUT)
            out.errors[cell] = clean(heard.get("error"), 700)
        elif type(question) is str and question in self.work.names:
            out.answers.pop(question, None)
            out.bad.pop(question, None)
            if self.work.names[question][1] == "function":
                out.defined[question] = heard.get("value") is True
            elif "value" in heard:
                self._value(question, heard)
            else:
                out.bad[question] = clean(heard.get("bad"))
        elif type(who) is str and who in ("student", "assignment", "looked", "running"):
            out.who[who] = clean(heard.get("value"), 100)

    def _value(self, question: str, heard: dict[str, Any]) -> None:
        out = self.outcome
        try:
            out.answers[question] = self.work.questions.plain(heard["value"])
        except TcpCourseError as problem:
            out.bad[question] = str(problem)
        parts = heard.get("parts")
        if type(parts) is dict and parts:
            told = (f"{clean(part, 40)}: {clean(why)}" for part, why in list(parts.items())[:10])
            out.bad[question] = "; ".join(told)

    def _calls(self, box: Sandbox, question: str) -> None:
        """Make the calls of one function. Raises ``_Ended``; the results so far are kept."""
        results = self.outcome.results[question] = []
        if not self.outcome.defined.get(question):
            return
        name = self.work.names[question][0]
        self.cell = question
        patience = self.limits.call_seconds + GRACE_SECONDS
        try:
            for arguments in self.work.calls[question]:
                line = json.dumps({"call": name, "arguments": arguments}).encode()
                try:
                    box.send(line + b"\n", patience)
                except (BrokenPipeError, TimeOver):
                    raise _Ended(message("it ended the process or did not listen")) from None
                results.append(self._result(self._hear(box, patience)))
        except _Ended:
            self.waiting.pop(0)
            raise

    def _result(self, heard: dict[str, Any]) -> Plain:
        try:
            return self.work.questions.plain(heard.get("result", {"error": "no result"}))
        except TcpCourseError:
            return {"error": "no plain result"}
