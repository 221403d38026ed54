"""Wrong answers and the ideas behind them: one body, for predictor, quizzes and exercises.

``numbers`` knows which wrong number each idea gives for a field of a packet, ``states`` which
idea takes one state for another. Both say at first what may have been thought, and no answer;
only a second sentence explains with the numbers and the row at hand.
"""

from tcpcourse.views.misconceptions.numbers import (
    Field,
    Misconception,
    misconceptions,
    right_answer,
    sum_behind,
    wrong_answers,
)
from tcpcourse.views.misconceptions.states import Way, confusion, way_taken, ways_taken
from tcpcourse.views.misconceptions.words import first_words

__all__ = [
    "Field",
    "Misconception",
    "Way",
    "confusion",
    "first_words",
    "misconceptions",
    "right_answer",
    "sum_behind",
    "way_taken",
    "ways_taken",
    "wrong_answers",
]
