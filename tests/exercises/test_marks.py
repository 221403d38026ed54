"""How points come about: shares of parts, halves of scripts, and never more than there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises import assignments
from tcpcourse.exercises.fields import FLAGS
from tcpcourse.exercises.grading.protocol import Handed
from tcpcourse.exercises.marks import MARKS
from tcpcourse.exercises.question import plain, plain_parts

OPENING = assignments()["ps1-opening"]
ANN = OPENING.problem("ann")
Q1: Any = OPENING.question("q1")
RIGHT = dict(ANN.posed["q1"].right)


@pytest.mark.parametrize(
    ("wrong", "points"),
    [((), 4), (("seq2",), 3), (("seq2", "ack2"), 2), (("seq2", "ack2", "seq3"), 1),
     (("seq2", "ack2", "seq3", "ack3"), 0)],
)  # fmt: skip
def test_each_part_has_its_share(wrong: tuple[str, ...], points: float) -> None:
    answer = {part: 5 if part in wrong else value for part, value in RIGHT.items()}
    mark = Q1.mark(ANN, answer)
    assert mark.points == points
    assert [part.name for part in mark.parts if not part.good] == list(wrong)


def test_a_part_that_is_missing_costs_that_part() -> None:
    del (answer := dict(RIGHT))["ack3"]
    assert Q1.mark(ANN, answer).points == 3
    assert "no answer for ack3 yet" in Q1.form(answer)


def test_keys_that_nobody_asked_for_are_told() -> None:
    assert "keys that are not asked for" in Q1.form({**RIGHT, "ack4": 1})
    assert Q1.form(RIGHT) is None


def test_both_ends_of_a_moment_count_together() -> None:
    question: Any = OPENING.question("q2")
    right = dict(ANN.posed["q2"].right)
    one_wrong = {**right, "A at 1": "TIME_WAIT"}
    mark = question.mark(ANN, one_wrong)
    assert (mark.points, question.mark(ANN, right).points) == (2, 4)
    assert "Right, but counting only together with others: B at 1." in mark.message


def script(extra: int = 0, lost: str = "lose 4") -> str:
    """Ann's half-open connection, by hand, with so many bytes more than asked."""
    goal = ANN.posed["q7"].given["goal"]
    opener = "A" if goal["A ends in"] == "ESTABLISHED" else "B"
    listener = "B" if opener == "A" else "A"
    text = "x" * (goal[f"bytes of data that {opener} sends"] + extra)
    start = f"{listener} listen; {opener} connect; deliver 1; deliver 2; lose 3"
    return f"{start}; {opener} send {text}; {lost}"


@pytest.mark.parametrize(
    ("answer", "points"),
    [(script(), 4), (script(1), 2), (script(-1), 2), (script(lost=""), 2),
     ("B listen; A connect", 0)],
)  # fmt: skip
def test_half_for_the_states_and_half_for_the_way(answer: str, points: float) -> None:
    """One byte too many or too few, or one packet too few lost, is not the way asked for."""
    assert OPENING.question("q7").mark(ANN, answer).points == points


def test_as_flags_are_spoken() -> None:
    for spoken in ("FIN, ACK", "fin+ack", "FA", "AF", "[FIN, ACK]", " F A ", "ACK/FIN"):
        assert FLAGS.read(spoken) == FLAGS.read("FA")
    for none in ("FIN, KCA", "", "FINACK?", 7, None, "x" * 99):
        assert FLAGS.read(none) is None


def test_other_types_of_numbers() -> None:
    from decimal import Decimal
    from enum import IntEnum

    import numpy as np

    class Numbers(IntEnum):
        SEVEN = 7

    given = {"a": Decimal(7), "b": Numbers.SEVEN, "c": np.array([1, 2]), "d": np.str_("x")}
    assert plain(given) == {"a": 7, "b": 7, "c": [1, 2], "d": "x"}
    for bad in (Decimal("NaN"), Decimal(10) ** 99, np.zeros(20_000)):
        with pytest.raises(TcpCourseError):
            plain(bad)


def test_a_part_that_is_no_plain_data_costs_no_other() -> None:
    answer, bad = plain_parts({**RIGHT, "seq2": object()})
    assert answer == {part: value for part, value in RIGHT.items() if part != "seq2"}
    assert list(bad) == ["seq2"]
    with pytest.raises(TcpCourseError):
        plain_parts(object())
    assert plain_parts([1]) == ([1], {})


SIX = [{"flags": "SA", "seq": 1, "ack": 2}] * 6


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([{"error": "CellTimeout"}] * 6, "answer_to_syn is too slow for: any numbers, the largest"),
        ([{"error": "ZeroDivisionError"}] * 6, "stops with ZeroDivisionError for: any numbers,"),
        ([{"error": "<b>"}] * 6, "stops with an error for"),
        ([None] * 6, "nothing is returned yet"),
        ([], "answer_to_syn was not tried to the end, or ended its process"),
        (SIX, "answer_to_syn is not right for: any numbers, the largest sequence number."),
    ],
)
def test_each_trouble_has_its_words(results: list[Any], said: str) -> None:
    question = OPENING.question("q6")
    mark = question.mark_results(ANN, b"k" * 32, results)
    assert mark.points == 0 and said in mark.message


def test_what_marks_say_of_trouble() -> None:
    trouble = "The cell of this answer failed: SyntaxError: x (line 1)."
    mark = MARKS.mark("ps1-opening", "ann", "q1", b"k" * 32, Handed(None, (), trouble))
    assert mark.points == 0 and mark.message.startswith(trouble)
    mark = MARKS.mark("ps1-opening", "ann", "q6", b"k" * 32, Handed(None, (), trouble))
    assert mark.points == 0 and mark.message == trouble
    with pytest.raises(TcpCourseError, match="There is no assignment 'ps0'"):
        MARKS.asked("ps0")


class Generous:
    """Questions that give more than there is, less than nothing, and what is no number."""

    def __getattr__(self, name: str) -> Any:
        return getattr(MARKS, name)

    def mark(self, assignment: str, student: str, question: str, *_: Any) -> Any:
        from tcpcourse.exercises.grading.protocol import Marked

        points = {"q1": 99.0, "q2": -3.0, "q3": float("nan"), "q4": float("inf"), "q5": 2.5}
        return Marked(points.get(question, 0.0), "Well.")


GENEROUS = Generous()


@pytest.mark.needs("bwrap")
def test_no_mark_is_more_than_its_question_or_less_than_nothing(tmp_path: Path) -> None:
    from tcpcourse.exercises.grading.marking import Job, grade

    from .solutions import COURSE

    path = Path("ps1-opening", "ps1-opening.ipynb")
    (tmp_path / "in").mkdir()
    book: Any = nbformat.read(COURSE / "release" / path, as_version=4)
    nbformat.write(book, tmp_path / "in" / "ps1-opening.ipynb")
    job = Job("ps1-opening", "ann", "ps1-opening", tmp_path / "in", COURSE / "release" / path,
              tmp_path / "kept.json", b"k" * 32, f"{__name__}:GENEROUS")  # fmt: skip
    given = {name: mark.points for name, mark in grade(job).marks.items()}
    assert [given[q] for q in ("q1", "q2", "q3", "q4", "q5")] == [4, 0, 0, 0, 2.5]
