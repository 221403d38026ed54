"""Nothing for nothing: what an answer earns that fits everybody, over two hundred students.

And the other way round: whoever is right is told so. An oracle written from the words of the
rules says which of them a packet breaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

import tcpcourse as tcp
from tcpcourse.exercises import assignments, plain
from tcpcourse.exercises.functions import Function
from tcpcourse.exercises.question import Problem
from tcpcourse.exercises.references import REFERENCES
from tcpcourse.exercises.values import ONLY, Value

from .solutions import NAMES, SECRET

STUDENTS = [f"student{number}" for number in range(200)]
OF_A_QUESTION, OF_AN_ASSIGNMENT = 0.30, 0.20
VALUES = [(n, q) for n, a in assignments().items() for q in a.questions if isinstance(q, Value)]
FUNCTIONS = [
    (n, q) for n, a in assignments().items() for q in a.questions if isinstance(q, Function)
]


@cache
def problems(name: str) -> tuple[Problem, ...]:
    return tuple(map(assignments()[name].problem, STUDENTS))


@cache
def commonest(name: str, question: str) -> Mapping[str, tuple[Any, int]]:
    """For each part the answer that is right for the most students, and for how many."""
    asked: Any = assignments()[name].question(question)
    found = {}
    for part, form in asked.parts.items():
        count: Counter[Any] = Counter()
        for problem in problems(name):
            posed = problem.posed[question]
            rights = (posed.right[part], *posed.also.get(part, ()))
            count.update({form.read(right) for right in rights})
        found[part] = count.most_common(1)[0]
    return found


@cache
def share(name: str, question: str) -> float:
    """What the sheet of the commonest answers earns on average, as a part of the points."""
    asked: Any = assignments()[name].question(question)
    sheet = {part: answer for part, (answer, _) in commonest(name, question).items()}
    answer = sheet[ONLY] if asked.single else sheet
    earned = sum(asked.mark(problem, answer).points for problem in problems(name))
    return float(earned / asked.points / len(STUDENTS))


@pytest.mark.parametrize(("name", "question"), VALUES, ids=[f"{n}-{q.id}" for n, q in VALUES])
def test_a_shared_sheet_earns_little(name: str, question: Value) -> None:
    for part, (answer, many) in commonest(name, question.id).items():
        assert answer is not None, f"{part} has an answer that has not the form that is asked for"
        assert many < len(STUDENTS), f"{part} is {answer} for everybody"
    assert share(name, question.id) <= OF_A_QUESTION


@pytest.mark.parametrize("name", NAMES)
def test_a_shared_sheet_earns_little_of_an_assignment(name: str) -> None:
    asked = [question for question in assignments()[name].questions if question.kind != "written"]
    earned = sum(share(name, each.id) * each.points for each in asked if isinstance(each, Value))
    assert earned <= OF_AN_ASSIGNMENT * sum(each.points for each in asked)


def thoughtless(calls: list[Any], rights: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Results of functions that do not look: a constant, or an argument as it came."""
    seen: list[Any] = [None, True, False, 0, 1, [], "", {}]
    for right in rights:
        if not any(type(right) is type(each) and right == each for each in seen):
            seen.append(right)
    for each in seen:
        yield f"always {each!r}", [each] * len(calls)
    for at in range(len(calls[0])):
        yield f"argument {at}", [call[at] for call in calls]


@pytest.mark.parametrize(("name", "question"), FUNCTIONS, ids=[q.name for _, q in FUNCTIONS])
def test_a_function_that_does_not_look_earns_nothing(name: str, question: Function) -> None:
    many = 200 if name != "ps9-final" else 20  # whole stories take their time
    for student in STUDENTS[:many]:
        problem = Problem(name, student)
        calls = list(question.challenges(problem, SECRET))
        rights = [plain(REFERENCES[question.name](*each)) for each in calls]
        for what, results in thoughtless(calls, rights):
            assert question.mark_results(problem, SECRET, results).points == 0, what


def test_the_other_way_round_is_not_newer() -> None:
    """`a > b` where `a is before b` is asked, and `a < b`, which forgets the circle."""
    question = assignments()["ps4-analysis"].question("q5")
    problem = Problem("ps4-analysis", "ann")
    calls = question.challenges(problem, SECRET)
    wrong = question.mark_results(problem, SECRET, [a > b for a, b in calls])  # type: ignore[operator]
    half = question.mark_results(problem, SECRET, [a < b for a, b in calls])  # type: ignore[operator]
    assert (wrong.points, half.points) == (0, 2)


# -- which rules a packet breaks ---------------------------------------------------------------


def broken(rows: list[dict[str, Any]], rules: Mapping[str, str], mss: int) -> set[Any]:
    """The first packet that no TCP would send, with the letter of each rule that it breaks.

    From the words of the rules alone; a rule whose words are not known here is an error.
    """
    after: dict[str, int] = {}  # the number after all that a side has sent
    data_end: dict[str, int] = {}
    acked: dict[str, int] = {}
    fin_end: dict[str, int] = {}
    packets_of: Counter[str] = Counter()
    for row in rows:
        side, peer = row["from"], "B" if row["from"] == "A" else "A"
        syn, fin = "S" in row["flags"], "F" in row["flags"]
        packets_of[side] += 1
        seq, ack, size = row["seq"], row["ack"], row["len"]
        due = after.get(side, 0)
        verdicts = {
            "a SYN,ACK must acknowledge the SYN, which takes up one number":
                row["flags"] in ("SA", "AS") and ack != after.get(peer, 0),
            "a side's next packet begins where its last one ended; a SYN takes up one number":
                seq != due,
            "a side's next packet begins where its last one ended": seq != due,
            "an ack must name the next number expected from the other side":
                row["no"] > 1 and ack != after.get(peer, 0),
            "a first packet of a connection has no ack": row["no"] == 1 and ack is not None,
            "after its FIN a side sends no more data": side in fin_end and size > 0,
            "the ACK of a FIN names the number after the FIN":
                peer in fin_end and ack != fin_end[peer],
            "a FIN has the number after the last byte sent": fin and seq != data_end.get(side, 1),
            "an ack never goes back": ack is not None and ack < acked.get(side, 0),
            "each side sends one SYN, and it is its first packet": syn != (packets_of[side] == 1),
            "an ack never names more than the other side has sent":
                row["no"] > 1 and ack > after.get(peer, 0),
            "no packet carries more data than the other side's MSS": size > mss,
            "the third packet of the handshake acknowledges the SYN,ACK":
                row["no"] == 3 and ack < after.get(peer, 0),
        }  # fmt: skip
        found = {(row["no"], letter) for letter, rule in rules.items() if verdicts[rule]}
        if found:
            return found
        after[side] = seq + size + syn + fin
        data_end[side] = seq + size + syn
        if ack is not None:
            acked[side] = ack
        if fin:
            fin_end[side] = seq + size + 1
    return set()


@pytest.mark.parametrize(
    ("name", "question"), [("ps1-opening", "q4"), ("ps2-closing", "q5"), ("ps3-seq-and-ack", "q7")]
)
def test_every_rule_that_is_broken_counts_and_no_other(name: str, question: str) -> None:
    asked: Any = assignments()[name].question(question)
    for problem in problems(name):
        posed = problem.posed[question]
        mss = posed.given.get("MSS of both sides", 1460)
        found = broken(posed.given["packets"], posed.given["rules"], mss)
        letters = {posed.right["rule"], *posed.also.get("rule", ())}
        assert found == {(posed.right["packet"], letter) for letter in letters}, posed
        for number in range(1, 12):
            for letter in posed.given["rules"]:
                mark = asked.mark(problem, {"packet": number, "rule": letter})
                assert (mark.points == asked.points) == ((number, letter) in found)


# -- help that helps ---------------------------------------------------------------------------


def test_nobody_is_told_that_there_was_no_fin_where_there_was_one() -> None:
    for problem in problems("ps6-kernel"):
        posed = problem.posed["q1"]
        for part, wrongs in posed.wrong.items():
            calls = posed.given[f"calls {part[1]}"]
            closed = "close()" in calls or "shutdown" in calls
            for wrong in wrongs:
                assert not (closed and "Nobody has sent a FIN" in wrong.says)


def test_past_the_largest_number_comes_zero_is_what_is_said() -> None:
    """One too many has a reason there, and that is the one to be told."""
    question: Any = assignments()["ps4-analysis"].question("q2")
    for problem in problems("ps4-analysis")[:20]:
        right = dict(problem.posed["q2"].right)
        said = question.noticed(problem, {part: value + 1 for part, value in right.items()})
        assert set(said.values()) == {"Did you go on at 1? After the largest number comes 0."}


def test_confusions_of_states_have_their_words() -> None:
    problem = problems("ps6-kernel")[0]
    question: Any = assignments()["ps6-kernel"].question("q1")
    right = dict(problem.posed["q1"].right)
    for part, state in right.items():
        for other in {str(each) for each in tcp.State} - {state}:
            assert part in question.noticed(problem, {**right, part: other})
