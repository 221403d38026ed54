"""What feedback claims is true of the student's own story: for a hundred students, each text.

The judge is in the modules ``claims``. A sentence that it does not know fails.
"""

from __future__ import annotations

import re

import pytest

from tcpcourse.exercises import assignments
from tcpcourse.exercises.slips import SLIPS
from tcpcourse.exercises.values import Value

from .claims import RULES, Case, leaves
from .claims_numbers import NUMBERS
from .claims_own import OWN
from .claims_states import STATES

STUDENTS = [f"student{number}" for number in range(100)]
VALUES = [
    (name, question)
    for name, assignment in assignments().items()
    for question in assignment.questions
    if isinstance(question, Value)
]
CLAIMS = NUMBERS | STATES | OWN


@pytest.mark.parametrize(
    ("name", "question"), VALUES, ids=[f"{name}-{question.id}" for name, question in VALUES]
)
def test_what_is_claimed_is_true_of_this_students_story(name: str, question: Value) -> None:
    claims = 0
    for student in STUDENTS:
        posed = assignments()[name].problem(student).posed[question.id]
        for part, wrongs in posed.wrong.items():
            right = posed.right[part]
            for wrong in wrongs:
                if question.parts[part].read(wrong.value) in (
                    None,
                    question.parts[part].read(right),
                ):
                    continue  # nobody can answer so, or it is right with these numbers
                for template, places in leaves(wrong.says):
                    if template in RULES:
                        continue
                    assert template in CLAIMS, f"nobody knows whether this is true: {template}"
                    case = Case(
                        question.id, part, wrong.value, right, posed.given, posed.right, places
                    )
                    assert CLAIMS[template](case), (student, part, wrong.value, right, template)
                    claims += 1
    assert claims or all(
        template in RULES
        for wrongs in posed.wrong.values()
        for wrong in wrongs
        for template, _ in leaves(wrong.says)
    )


def test_the_words_on_functions_claim_nothing_of_hidden_inputs() -> None:
    """They are said when all results fit one wrong way, so they are about that way."""
    for slips in SLIPS.values():
        for _, says in slips:
            assert not re.search(r"\d{3,}", str(says).replace("2**32", ""))
