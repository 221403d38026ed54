"""Thirty more submissions, thought of after the grading was finished; marks typed by hand.

The points are those of ``test_submissions``: q1 4, q2 4, q3 2, q4 3, q5 3, q6 3, q7 4.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tcpcourse.exercises.grading.batch import autograde

from .conftest import NAME, Class, make_class
from .test_submissions import Case, cell, changed, fill, right, rows, setup_cell, with_answers

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.needs("bwrap")]

ALL = "4 4 2 3 3 3 4"
Change = Callable[[Any, str], Any]


def answer(question: str, source: str) -> Change:
    """All right, and this in the place of one answer; ``OLD`` stands for the right one."""

    def change(book: Any, student: str) -> None:
        where = cell(book, f"{question}-answer")
        where.source = source.replace("OLD", where.source)

    return change


def extra(source: str, at: int = 2, kind: str = "code") -> Change:
    """All right, and a cell of the student's own."""

    def change(book: Any, student: str) -> None:
        made = copy.deepcopy(cell(book, "q1-answer"))
        made.metadata, made.id, made.source = {}, "own", source
        book.cells.insert(at if at >= 0 else len(book.cells), made)

    return change


def in_one_cell(book: Any, student: str) -> None:
    """All answers in one cell at the end, where they were tried; the others are as released."""
    names = [f"q{number}-answer" for number in range(1, 8)]
    made = copy.deepcopy(cell(book, "q1-answer"))
    made.metadata, made.id = {}, "own"
    made.source = "\n\n".join(cell(book, name).source for name in names)
    book.cells = [
        c for c in book.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in names
    ]
    book.cells.append(made)


def no_words(book: Any, student: str) -> None:
    book.cells = [c for c in book.cells if c.cell_type == "code"]


def in_capitals(book: Any, student: str) -> None:
    setup_cell(book).source = setup_cell(book).source.replace(
        f'"{student}"', f'" {student.upper()} "'
    )


def leaves(book: Any, student: str) -> None:
    setup_cell(book).source += "\nexit()"


def one_moment(book: Any, student: str) -> None:
    cell(book, "q2-answer").source += "\ndel q2['A at 2'], q2['B at 2']"


FUNCTION = "def answer_to_syn(seq, iss):\n    "
GOOD = '{"flags": "SA", "seq": iss, "ack": (seq + 1) % 2**32}'


def returns(first: str) -> Change:
    """A right function that does something else before."""
    return answer("q6", f"{FUNCTION}{first}\n    return {GOOD}")


FRESH: dict[str, Case] = {
    # types and spellings
    "lambda": Case(changed(answer("q6", f"answer_to_syn = lambda seq, iss: {GOOD}")), ALL),
    "hints": Case(changed(answer("q6", "def answer_to_syn(seq: int, iss: int = 0, *more) -> dict:"
                                       f"\n    return {GOOD}")), ALL),
    "text": Case(changed(answer("q1", "OLD\nq1 = {k: str(v) for k, v in q1.items()}")),
                 "0 4 2 3 3 3 4"),
    "floats": Case(changed(answer("q1", "OLD\nq1 = {k: float(v) for k, v in q1.items()}")), ALL),
    "array": Case(changed(answer("q3", "OLD\nimport numpy as np\nq3 = np.array(q3)")), ALL),
    "in-a-row": Case(changed(answer("q3", "OLD\nq3 = ', '.join(q3).upper()")), ALL),
    "members": Case(changed(answer("q2", "OLD\nimport tcpcourse as tcp\n"
                                         "q2 = {k: tcp.State[v] for k, v in q2.items()}")), ALL),
    "ordered": Case(changed(answer("q1", "OLD\nfrom collections import OrderedDict, defaultdict\n"
                                         "q1 = defaultdict(int, OrderedDict(q1))")), ALL),
    "frame": Case(changed(answer("q1", "OLD\nimport pandas as pd\nq1 = pd.Series(q1)")),
                  "0 4 2 3 3 3 4", "q1: Of this answer something could not be read"),
    # functions
    "large-fails": Case(changed(returns("assert seq < 2**32 - 1")),
                        "4 4 2 3 3 1.5 4"),
    "as-json": Case(changed(answer("q6", FUNCTION + f"import json; return json.dumps({GOOD})")),
                    "4 4 2 3 3 0 4"),
    "counts": Case(changed(returns("answer_to_syn.seen = seq")),
                   ALL),
    "recursion": Case(changed(answer("q6", FUNCTION + "return answer_to_syn(seq, iss)")),
                      "4 4 2 3 3 0 4"),
    "yields": Case(changed(answer("q6", FUNCTION + f"yield {GOOD}")), "4 4 2 3 3 0 4"),
    "sleeps": Case(changed(returns("import time; time.sleep(9)")),
                   "4 4 2 3 3 0 4"),
    # the notebook
    "one-cell": Case(changed(in_one_cell), ALL, "q2-answer: This cell is not in"),
    "no-words": Case(changed(no_words), ALL, "q8: This cell is not in the notebook"),
    "capitals": Case(changed(in_capitals), ALL),
    "leaves": Case(changed(leaves), ALL, "setup: The first cell failed: SystemExit"),
    "one-moment": Case(changed(one_moment), "4 2 2 3 3 3 4"),
    "forgets": Case(changed(extra("q1 = None", -1)), "0 4 2 3 3 3 4"),
    "in-a-function": Case(changed(answer("q1", "def solve():\n    q1 = 1\nsolve()")),
                          "0 4 2 3 3 3 4"),
    "bash": Case(changed(extra("%%bash\nrm -rf ~ /")), ALL),
    "network": Case(changed(extra("from urllib.request import *\nurlopen('http://192.0.2.1')")),
                    ALL),
    "awaits": Case(changed(answer("q3", "OLD\nimport asyncio\nawait asyncio.sleep(0.1)")), ALL),
    "thread": Case(changed(extra("import threading\ndef spin():\n    while True: pass\n"
                                 "threading.Thread(target=spin, daemon=True).start()")), ALL),
    "bom": Case(lambda release, student: "\ufeff" + json.dumps(
        fill(release, student, right(student))).replace("\\n", "\\r\\n"), ALL),
    "utf-16": Case(lambda release, student: json.dumps(fill(release, student, right(student)))
                   .encode("utf-16"), "? ? ? ? ? ? ?", "Not graded: "),
    # who looks it up, or pretends
    "hides-it": Case(with_answers(lambda student: {"q1-answer": "q1 = dict("
                     "vars(ps)['_problem'].posed['q1'].right)"}),
                     "4 0 0 0 0 0 0", "q1-answer: This cell reads .posed, which no answer needs."),
    "pretends": Case(changed(extra("class Other: student = 'somebody'; assignment = 'ps9-final'\n"
                                   "ps, keep = Other(), ps", -1)), ALL, "started for 'somebody'"),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str, str]]]:
    klass: Class = make_class(tmp_path_factory.mktemp("course"))
    for student, case in FRESH.items():
        klass.hand_in(student, case.make(klass.release, student))
    return klass.root, autograde(klass.root, NAME).lines


@pytest.mark.parametrize("student", FRESH)
def test_the_score_it_deserves(graded: Any, student: str) -> None:
    root, report = graded
    case, grades = FRESH[student], rows(root)[student]
    said = "\n".join(f"{where}: {words}" for who, where, words in report if who == student)
    for at, score in enumerate(case.scores.split(), start=1):
        given, by_hand = grades[f"q{at}"]
        if score == "?":
            assert given is None and by_hand, (f"q{at}", said)
        else:
            assert (given, by_hand) == (float(score), False), (f"q{at}", said)
    assert case.told in said
    if not case.told:
        assert not said


def test_thirty_of_them() -> None:
    assert len(FRESH) == 30
