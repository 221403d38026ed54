"""An assignment from its questions: what each of them is for one student."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tcpcourse.exercises.draw import Draw, student_name
from tcpcourse.exercises.functions import Function
from tcpcourse.exercises.question import Assignment, Problem, Question
from tcpcourse.exercises.scripts import Script
from tcpcourse.exercises.values import Posed, Value


def nothing_shared(draw: Draw) -> Mapping[str, Any]:
    """For assignments whose questions have nothing in common."""
    return {}


def assignment(
    name: str,
    title: str,
    chapter: str,
    questions: tuple[Question, ...],
    share: Callable[[Draw], Mapping[str, Any]] = nothing_shared,
) -> Assignment:
    """The assignment called ``name``; ``share`` draws what its questions have in common.

    Every question draws from a stream of its own, so that changing one changes no other.
    """

    def make(student: str) -> Problem:
        who = student_name(student)
        shared = share(Draw(name, who, "shared"))
        posed: dict[str, Posed] = {
            question.id: question.pose(Draw(name, who, question.id), shared)
            for question in questions
            if isinstance(question, Value | Script)
        }
        for question in questions:
            if isinstance(question, Function) and question.shows:
                posed[question.id] = Posed(question.shows(Draw(name, who, question.id), shared), {})
        return Problem(name, who, shared, posed)

    return Assignment(name, title, chapter, questions, make)
