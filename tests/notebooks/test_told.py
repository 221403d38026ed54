"""Every misconception of the map is told to who answers by it, where the second table says so."""

from __future__ import annotations

import re
from typing import Any

import pytest

import tcpcourse as tcp
from tcpcourse.exercises import assignments
from tcpcourse.exercises.values import Value
from tcpcourse.views.asks import Quiz

from .chapters import FOLDER, PATHS, prose

TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
_MET, _TOLD = "## Where each misconception is met", "## Where a wrong answer is told so"


def cells(heading: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by their first cell."""
    part = TEXT.partition(heading)[2].partition("\n## ")[0]
    rows = [
        re.split(r"(?<!\\) \| ", line.strip("| ")) for line in part.splitlines() if line[:2] == "| "
    ]
    return {row[0]: row[1:] for row in rows[1:]}


TOLD = cells(_TOLD)

# By hand: what is said, in the chapter, in the predictor, in the exercise; None where a dash is.
SAID: dict[str, tuple[str, str | None, str | None]] = {
    "SYN and FIN take up no number":
        ("A SYN counts as one", "Did you forget the SYN?", "Did you forget the SYN?"),
    "a pure ACK takes up a number":
        ("Then packet 4 would begin at 2", "added one for a pure ACK", "added one for a pure ACK"),
    "ack is always seq + 1": ("looks so in a handshake", "always one more", "always one more"),
    "the server enters TIME_WAIT":
        ("who closed first", "Not the server waits", "Not the server waits"),
    "CLOSE_WAIT is taken for TIME_WAIT":
        ("ends TIME_WAIT", "a program must act", "a program must act"),
    "CLOSE_WAIT is the kernel's fault": ("no such timer", None, "neither kernel nor network"),
    "closing always takes four packets": ("can say two", None, "Count the packets"),
    "CLOSING is forgotten":
        ("my* FIN arrived", "The map has a state for that", "The map has a state for that"),
    "FIN_WAIT_1 straight to TIME_WAIT is forgotten":
        ("in the same packet", "bring two things at once", "bring two things at once"),
    "a frame of 60 bytes has 6 bytes of data":
        ("begin at 7", "Ethernet padding", "some are filled up"),
    "seq really starts at 0":
        ("Relative numbers need the SYN", "the relative number", "the relative number"),
    "the window scale applies to the SYN": ("never scaled", None, "never scaled"),
    "half-open is half-closed": ("has said FIN", None, "Closing is done on purpose"),
    "a frame longer than the MTU was on the wire": ("something else", None, None),
    "any RST is believed": ("until 2010", "A RST is believed only with", "By RFC 793 any RST"),
    "a RST is acknowledged": ("never acknowledged", None, None),
    "the larger number is later":
        ("the larger number need not be later", "no such number in 32 bits", "may be the newer"),
    "a FIN comes without ACK": ("they mean FIN with ACK", "carries an ACK", None),
    "a keep-alive is a retransmission": ("Look at its length", None, "at most one byte"),
    "the retransmission timeout leads to CLOSED":
        ("only sends the SYN again", "Has this end given up?", "Has this end given up?"),
    "each state belongs to client or server":
        ("may close first", "client or server, does not decide",
         "client or server, does not decide"),
}  # fmt: skip


def test_both_tables_have_the_same_rows() -> None:
    assert list(TOLD) == list(cells(_MET)) == list(SAID)


@pytest.mark.parametrize("idea", list(TOLD))
def test_it_is_told_or_the_table_says_why_not(idea: str) -> None:
    for cell, said, check in zip(TOLD[idea], SAID[idea], CHECKS, strict=True):
        if said is None:
            assert re.fullmatch(r"– .{25,}", cell), f"{idea}: why not?"
        else:
            assert said in check(cell), f"{idea}: {cell}"


def in_a_chapter(cell: str) -> str:
    """What is behind the option that the cell names."""
    number, option = re.fullmatch(r"(\d\d): \"(.+)\"", cell).groups()  # type: ignore[union-attr]
    path = next(path for path in PATHS if path.name.startswith(number))
    text = "\n\n".join(prose(path))
    found = text.partition(f"<details><summary>{option}")[2].partition("</details>")[0]
    assert found, f"no option {option!r} in {path.name}"
    return re.sub(r"\[(.*?)\]\(.*?\)", r"\1", found.partition("</summary>")[2])  # without links


def in_the_predictor(cell: str) -> str:
    """What the wrong answer that the cell names is told at the first try."""
    story, what = re.fullmatch(r"`([\w-]+)`, (.+)", cell).groups()  # type: ignore[union-attr]
    trace = tcp.recording("avatar") if story == "avatar" else tcp.simulate(story)
    place, _, answer = what.rpartition(": ")
    if place == "the forged RST":
        number = next(p.number for p in trace.packets if "forged" in p.notes or p.segment.rst)
    else:
        number = int(place.rpartition("packet ")[2])
    state = re.fullmatch(r"([AB]) in (\w+)", answer)
    name, given = state.groups() if state else answer.split(" ")
    quiz = Quiz(trace, ("states",) if state else (name,), "as in the headers" not in place)
    packet = next(at for at, p in enumerate(trace.packets) if p.number == number)
    asked = next(each for each in quiz.question(packet).asked if each.name == name)
    reply = asked.reply(given, 0)
    assert reply.good is False
    return reply.words


def in_an_exercise(cell: str) -> str:
    """All that the question which the cell names says of wrong answers, of some students."""
    name, number = re.fullmatch(r"(ps\d), question (\d)", cell).groups()  # type: ignore[union-attr]
    assignment = next(each for key, each in assignments().items() if key.startswith(name))
    question: Any = assignment.question(f"q{number}")
    assert isinstance(question, Value)
    said = set()
    for student in range(20):
        problem = assignment.problem(f"student{student}")
        posed = problem.posed[question.id]
        for part, wrongs in posed.wrong.items():
            for wrong in wrongs:
                answer = wrong.value if question.single else {**posed.right, part: wrong.value}
                said |= set(question.noticed(problem, answer).values())
    return "\n".join(said)


CHECKS = (in_a_chapter, in_the_predictor, in_an_exercise)
