"""What a student is told: never the answer, always something to think about; nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tcpcourse as tcp
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises import assignments, check, hint, plain, start, variant
from tcpcourse.exercises.functions import Function, same
from tcpcourse.exercises.question import Problem
from tcpcourse.exercises.show import Captioned
from tcpcourse.exercises.values import ONLY, Value

from .solutions import SECRET

VALUES = [
    (name, question)
    for name, assignment in assignments().items()
    for question in assignment.questions
    if isinstance(question, Value)
]
FUNCTIONS = [
    (name, question)
    for name, assignment in assignments().items()
    for question in assignment.questions
    if isinstance(question, Function)
]
each_value = pytest.mark.parametrize(
    ("name", "question"), VALUES, ids=[f"{name}-{question.id}" for name, question in VALUES]
)

HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
ALL = [(n, q) for n, a in assignments().items() for q in a.questions]
PROBLEMS: dict[str, Problem] = {name: a.problem("ann") for name, a in assignments().items()}


def with_part(question: Value, right: dict[str, Any], part: str, value: Any) -> Any:
    return value if part == ONLY else {**right, part: value}


@given(st.sampled_from(ALL), HOSTILE)
def test_no_answer_makes_anything_raise(asked: tuple[str, Any], answer: Any) -> None:
    name, question = asked
    question.form(answer)
    mark = question.mark(PROBLEMS[name], answer)
    assert 0 <= mark.points <= question.points
    results = answer if isinstance(answer, list) else [answer]
    assert 0 <= question.mark_results(PROBLEMS[name], SECRET, results).points <= question.points


@each_value
def test_a_known_mistake_is_named_and_earns_no_more(name: str, question: Value) -> None:
    for student in ("ann", "bob", "cy"):
        problem = assignments()[name].problem(student)
        posed = problem.posed[question.id]
        for part, wrongs in posed.wrong.items():
            for wrong in wrongs:
                answer = with_part(question, dict(posed.right), part, wrong.value)
                mark = question.mark(problem, answer)
                if question.parts[part].read(wrong.value) is None:
                    continue  # no answer of this form; another mistake gives this number
                if question.parts[part].read(wrong.value) == question.parts[part].read(
                    posed.right[part]
                ):
                    continue  # with these numbers the mistake happens to be right
                assert mark.points < question.points
                noticed = question.noticed(problem, answer)
                assert noticed[part] in mark.message
                assert noticed[part].strip()[-1] in ".?"


@each_value
def test_what_is_said_gives_no_right_number_away(name: str, question: Value) -> None:
    ps = variant(name, "ann")
    posed = assignments()[name].problem("ann").posed[question.id]
    for part, wrongs in posed.wrong.items():
        right = str(posed.right[part])
        if len(right) < 4 or not right.isdigit():
            continue  # a small number or a letter stands in many sentences
        for wrong in wrongs:
            answer = with_part(question, dict(posed.right), part, wrong.value)
            if wrong.value != posed.right[part]:
                assert right not in repr(ps.check(question.id, answer))


@each_value
def test_the_right_form_is_told_from_the_wrong_one(name: str, question: Value) -> None:
    posed = assignments()[name].problem("ann").posed[question.id]
    right = plain(dict(posed.right))
    answer = right[ONLY] if question.single else right  # type: ignore[index, call-overload]
    assert question.form(answer) is None
    assert "not answered yet" in (question.form(None) or "")
    assert question.form(b"bytes") is not None
    if not question.single:
        assert "should be a dictionary" in (question.form(7) or "")


@pytest.mark.parametrize(("name", "question"), FUNCTIONS, ids=[q.name for _, q in FUNCTIONS])
def test_a_slip_is_named_and_loses_points(name: str, question: Function) -> None:
    from tcpcourse.exercises.references import REFERENCES
    from tcpcourse.exercises.slips import SLIPS

    problem = assignments()[name].problem("ann")
    calls = question.challenges(problem, SECRET)
    assert len(calls) >= 6
    assert question.challenges(problem, b"another secret") != calls or name == "ps6-kernel"
    right = [plain(REFERENCES[question.name](*each)) for each in calls]
    assert question.mark_results(problem, SECRET, right).points == question.points
    for slip, says in SLIPS.get(question.name, ()):
        mark = question.mark_results(problem, SECRET, [plain(slip(*each)) for each in calls])
        assert mark.points < question.points
        assert mark.message == says
    same = question.mark_results(problem, SECRET, [right[0]] * len(calls))
    assert same.points <= question.points / 2, "an answer that is always the same earns little"
    for call in calls:
        for argument in call:
            if len(str(argument)) > 3:
                assert str(argument) not in same.message


def test_every_question_has_hints_with_no_number_of_the_answer() -> None:
    for _, question in ALL:
        assert question.hints
        for words in question.hints:
            assert words.strip()[-1] in ".?", words


def test_in_a_notebook() -> None:
    ps = start("ps3-seq-and-ack", student=" Ann ")
    assert ps.student == "ann"
    given_ = ps.given("q3")["packets"]
    first = given_[0]["seq"]
    said = repr(check("q3", {"seq4": first, "ack5": 1, "seq7": 1, "ack8": 1}))
    assert said.startswith("q3, try 1.")
    assert "seq4: More than one idea leads there. That was this side's number before." in said
    assert repr(check("q3", None)).startswith("q3, try 2.")
    assert "hint 1 of" in repr(hint("q3"))
    html = ps.check("q3", {"<b>": 1})._repr_mimebundle_()[0]["text/html"]
    assert "<b>q3, try 3.</b>" in html
    assert "&lt;b&gt;" not in html  # the answer's own words are not repeated
    record = ps.check("q3", None)._repr_mimebundle_()[1]
    assert json.dumps(record) == '{"tcpcourse": {"question": "q3", "tries": 4}}'


def test_the_playgrounds_script_is_played() -> None:
    ps = variant("ps2-closing", "ann")
    assert "A is in LISTEN" in repr(ps.check("q7", "A listen"))
    assert "cannot be played" in repr(ps.check("q7", "A close"))


@pytest.mark.parametrize("bad", ["", "  ", None, 7, "a/b", "x" * 65, "ann\n", "<b>"])
def test_what_is_no_students_id(bad: Any) -> None:
    if bad == "ann\n":
        assert variant("ps1-opening", bad).student == "ann"
        return
    with pytest.raises(TcpCourseError, match="student id"):
        variant("ps1-opening", bad)


def test_the_first_cell_says_what_is_missing_and_nothing_else() -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    with capture_output() as shown:
        shell = InteractiveShell()
        done = shell.run_cell('from tcpcourse.exercises import start\nstart("ps1-opening", "")')
    assert isinstance(done.error_in_exec, TcpCourseError)
    assert "Your student id is missing: write it between the quotes" in shown.stdout
    assert len(shown.stdout.strip().splitlines()) == 1
    with pytest.raises(TcpCourseError, match="run the notebook's first cell"):
        check("q1", 1)


def test_what_is_shown_can_be_read_aloud_and_holds_no_markup() -> None:
    data = {"a<b": 1, "window": None, "c": 2, "rows": [{"no": 1, "x": "<i>"}], "d": ["<u>"],
            "options": {"a": "one"}}  # fmt: skip
    html = Captioned("<b>", data)._repr_html_()
    assert html.count("<table>") == 3, "facts side by side share a table"
    assert html.count('<th scope="row"') == 3
    assert html.count('<th scope="col"') == 2
    for bad in ("<b>a", "<i>", "<u>", "a<b"):
        assert bad not in html
    assert "&lt;i&gt;" in html
    assert "window: –" in repr(Captioned("q", data))


@pytest.mark.parametrize(
    ("right", "given_", "alike"),
    [
        ({"flags": "SA", "seq": 1}, {"flags": "as", "seq": 1.0}, True),
        ({"flags": "SA", "seq": 1}, {"flags": "S", "seq": 1}, False),
        ({"flags": "SA"}, {"flags": None}, False),
        ({"flags": "SA"}, {"flags": ["S", "A"]}, False),
        ({"flags": "SA"}, {"flags": "xyz"}, False),
        ({"name": "SA"}, {"name": "AS"}, False),
        ("FIN_WAIT_1", "fin-wait-1", True),
        ([1, 2], [2, 1], False),
        (True, 1, False),
        (0, False, False),
    ],
)  # fmt: skip
def test_what_counts_as_the_same_result(right: Any, given_: Any, alike: bool) -> None:
    assert same(right, given_) is alike


def test_what_is_no_assignment_or_question() -> None:
    with pytest.raises(TcpCourseError, match="There is no assignment 'ps0'"):
        variant("ps0", "ann")
    with pytest.raises(TcpCourseError, match="There is no question 'q99'"):
        variant("ps1-opening", "ann").show("q99")


def test_plain_data_is_what_it_stands_for() -> None:
    import numpy as np

    answer = {"a": (tcp.SeqNumber(7), tcp.State.LISTEN), 1: np.uint32(5)}
    assert plain(answer) == {"a": [7, "LISTEN"], "1": 5}

    class Sly(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    deep: list[Any] = []
    for _ in range(30):
        deep = [deep]
    for bad in (Sly(1), float("nan"), 1 << 70, "x" * 200_000, [0] * 20_000, deep, object()):
        with pytest.raises(TcpCourseError, match="answer"):
            plain(bad)
