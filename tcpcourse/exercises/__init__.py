"""Exercises: a fresh problem for each student, help at once, and marks that can be trusted.

In a notebook::

    ps = tcp.exercises.start("ps1-opening", student="ann")
    ps.show("q1")            what the question gives; ps.given("q1") is the same as data
    ps.check("q1", q1)       is the form right? which misconception gives this number?
    ps.hint("q1")            the next hint

A problem depends on the assignment and the student's id alone. What is graded are plain
values, and functions that are called with inputs the student has not seen.
"""

from __future__ import annotations

from tcpcourse.exercises.bank import assignments
from tcpcourse.exercises.question import Assignment, Mark, Problem, Question, plain
from tcpcourse.exercises.variants import Feedback, Variant, check, hint, start, variant

__all__ = [
    "Assignment",
    "Feedback",
    "Mark",
    "Problem",
    "Question",
    "Variant",
    "assignments",
    "check",
    "hint",
    "plain",
    "start",
    "variant",
]
