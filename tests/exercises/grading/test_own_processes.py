"""Submissions with threads, processes and signals of their own, and ten accidents more.

Each has the marks that it deserves beside it, typed by hand. The points are those of
``test_submissions``: q1 4, q2 4, q3 2, q4 3, q5 3, q6 3, q7 4.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tcpcourse.exercises.grading.__main__ import main
from tcpcourse.exercises.grading.batch import autograde
from tcpcourse.exercises.grading.findings import PROGRAM
from tcpcourse.words import KEYWORDS, Message

from .conftest import NAME, Class, make_class
from .test_more_submissions import ALL, answer, returns
from .test_submissions import Case, cell, changed, rows, setup_cell

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.needs("bwrap")]

ROOT = Path(__file__).parents[3]
NO_Q1 = "0 4 2 3 3 3 4"
NO_Q6 = "4 4 2 3 3 0 4"


def q1(source: str) -> Any:
    """All right; ``found`` is the right q1, and ``source`` makes the answer of it."""
    return changed(answer("q1", f"OLD\nfound, q1 = q1, None\n{source}"))


def mistyped(book: Any, student: str) -> None:
    setup = setup_cell(book)
    setup.source = setup.source.replace(f'"{student}"', f'"{student}x"')


def half_saved(book: Any, student: str) -> None:
    """The editor's older copy of two answers, below the newer ones, with nothing in them."""
    for name in ("q1-answer", "q3-answer"):
        old = json.loads(json.dumps(cell(book, name)))
        old["source"], old["id"] = "", f"old-{name}"
        book.cells.append(type(book.cells[0])(old))


FRESH: dict[str, Case] = {
    # threads
    "joined": Case(q1("import threading\ndef work():\n    global q1\n    q1 = found\n"
                      "t = threading.Thread(target=work); t.start(); t.join()"), ALL),
    "still-at-work": Case(q1("import threading, time\ndef work():\n    global q1\n"
                             "    time.sleep(2)\n    q1 = found\n"
                             "threading.Thread(target=work).start()"), ALL),
    "timer": Case(q1("import threading\nthreading.Timer(1, lambda: globals().update(q1=found))"
                     ".start()"), ALL),
    "never-done": Case(q1("import threading, time\ndef work():\n    global q1\n"
                          "    time.sleep(99)\n    q1 = found\n"
                          "threading.Thread(target=work).start()"), NO_Q1,
                       "A thread was still at work when the notebook ended"),
    "pool-of-threads": Case(q1("from concurrent.futures import ThreadPoolExecutor\n"
                               "q1 = dict(ThreadPoolExecutor(3).map(lambda k: (k, found[k]),"
                               " found))"), ALL),
    # processes
    "fork": Case(q1("import multiprocessing as mp\ndef one(k): return k, found[k]\n"
                    "with mp.get_context('fork').Pool(2) as pool: q1 = dict(pool.map(one, found))"),
                 ALL),
    "spawn": Case(q1("import multiprocessing as mp, operator\n"
                     "with mp.get_context('spawn').Pool(2) as pool:\n"
                     "    values = pool.map(operator.index, found.values())\n"
                     "q1 = dict(zip(found, values))"), ALL),
    # A function of a notebook is not there in a process that is started anew: it hangs in the
    # student's own kernel, too.
    "spawn-own": Case(q1("import multiprocessing as mp\ndef one(k): return k, 1\n"
                         "with mp.get_context('spawn').Pool(1) as pool:\n"
                         "    q1 = dict(pool.map(one, found))"), NO_Q1,
                      "q1-answer: This cell failed, and there is no answer: CellTimeout"),
    "queue": Case(q1("import multiprocessing as mp\nctx = mp.get_context('fork')\n"
                     "line = ctx.Queue()\nchild = ctx.Process(target=line.put, args=(found,))\n"
                     "child.start(); q1 = line.get(); child.join()"), ALL),
    "subprocess": Case(q1("import json, subprocess, sys\nwords = ['-c', 'print(input())']\n"
                          "told = subprocess.run([sys.executable, *words], text=True,"
                          " input=json.dumps(found), capture_output=True)\n"
                          "q1 = json.loads(told.stdout)"), ALL),
    "left-running": Case(q1("import subprocess\nsubprocess.Popen(['sleep', '600'])\nq1 = found"),
                         ALL),
    "both-go-on": Case(q1("import os\nq1 = found if os.fork() else {'seq2': 1}"), ALL),
    "child-fails": Case(q1("import os\nif os.fork() == 0: raise ValueError\nos.wait()\nq1 = found"),
                        ALL),
    "child-exits": Case(q1("import os, sys\nif os.fork() == 0: sys.exit(1)\nos.wait()\nq1 = found"),
                        ALL),
    "forks-in-calls": Case(changed(returns("import os; os.fork()")), ALL),
    "at-fork": Case(q1("import os\nos.register_at_fork(before=lambda: print('b'),"
                       " after_in_parent=lambda: 1 / 0, after_in_child=lambda: print('c'))\n"
                       "if os.fork() == 0: os._exit(0)\nos.wait()\nq1 = found"), ALL),
    "becomes-another": Case(q1("import os\nq1 = found\nos.execv('/bin/true', ['true'])"), NO_Q1,
                            "q1-answer: Running this was stopped: it ended the process."),
    # signals, and the end of the process
    "own-alarm": Case(q1("import signal, time\nclass Over(Exception): pass\n"
                         "def over(*_): raise Over\nsignal.signal(signal.SIGALRM, over)\n"
                         "signal.alarm(2)\nbegan = time.monotonic()\ntry:\n"
                         "    for _ in iter(int, 1): len('')\nexcept Over:\n"
                         "    if time.monotonic() - began > 1.9: q1 = found"), ALL),
    "handlers": Case(q1("import signal\nfor each in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD,"
                        " signal.SIGUSR1, signal.SIGPIPE):\n"
                        "    signal.signal(each, lambda *_: None)\nq1 = found"), ALL),
    "blocks-signals": Case(q1("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK,"
                              " signal.valid_signals())\nq1 = found"), ALL),
    "at-exit": Case(q1("import atexit, os\natexit.register(os._exit, 3)\nq1 = found"), ALL),
    "stops-itself": Case(q1("import os, signal\nq1 = found\nos.kill(os.getpid(), signal.SIGSTOP)"),
                         NO_Q1, "q1-answer: Running this was stopped: too slow, and it could not"),
    # ten more
    "mistyped": Case(changed(mistyped), ALL, "works-as ps1-opening mistyped mistypedx"),
    "half-saved": Case(changed(half_saved), ALL, "q3-answer: This cell is there 2 times"),
    "closes-all": Case(q1("import os\nq1 = found\nos.closerange(3, 256)"), NO_Q1,
                       "q1-answer: Running this was stopped: it ended the process."),
    "no-stdout": Case(q1("import sys\nq1 = found\nsys.stdout.close()\nsys.stdout = None"), ALL),
    "print-is-gone": Case(q1("import builtins\nq1 = found\nbuiltins.print = builtins.repr = None"),
                          ALL),
    "strict": Case(q1("import warnings\nq1 = found\nwarnings.simplefilter('error')"), ALL),
    "elsewhere": Case(q1("import os\nq1 = found\nos.environ.clear()\nos.chdir('/')"), ALL),
    "own-names": Case(q1("q1 = found\nlist = dict = type = len = id = callable = None"), ALL),
    "plots": Case(q1("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nq1 = found"),
                  ALL),
    "widgets": Case(q1("from ipywidgets import interact\ninteract(lambda x: x, x=(0, 10))\n"
                       "q1 = found"), ALL),
    "wide-digits": Case(changed(answer("q1", "q1 = {'seq2': \uff11\uff12}")), NO_Q1,
                        "q1-answer: This cell failed, and there is no answer: SyntaxError"),
    "background-task": Case(q1("import asyncio\nasync def work():\n    global q1\n    q1 = found\n"
                               "task = asyncio.create_task(work())"), NO_Q1,
                            "q1-answer: This cell failed, and there is no answer: RuntimeError: no"
                            " running event loop"),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Class, list[tuple[str, str, str]]]:
    klass = make_class(tmp_path_factory.mktemp("course"))
    for student, case in FRESH.items():
        klass.hand_in(student, case.make(klass.release, student))
    return klass, autograde(klass.root, NAME).lines


def said(lines: list[tuple[str, str, str]], student: str) -> str:
    return "\n".join(f"{where}: {words}" for who, where, words in lines if who == student)


@pytest.mark.parametrize("student", FRESH)
def test_the_score_it_deserves(graded: Any, student: str) -> None:
    klass, lines = graded
    case, grades, told = FRESH[student], rows(klass.root)[student], said(lines, student)
    for at, score in enumerate(case.scores.split(), start=1):
        assert grades[f"q{at}"] == (float(score), False), (f"q{at}", told)
    assert case.told in told
    assert bool(case.told) == bool(told)


def test_a_mistyped_id_is_told_with_the_command_that_helps(
    graded: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Work whose answers are all right for the id in it. What the report says is typed as it
    stands, and then all marks are there."""
    klass, lines = graded
    words = shlex.split(said(lines, "mistyped").partition("python -m ")[2])
    assert words[0] == PROGRAM == "tcpcourse.exercises.grading"
    klass.hand_in("mistyped", FRESH["joined"].make(klass.release, "mistypedx"))
    told = said(autograde(klass.root, NAME).lines, "mistyped")
    assert FRESH["mistyped"].told in told and rows(klass.root)["mistyped"]["q1"] != (4.0, False)
    assert main(["--root", str(klass.root), *words[1:]]) == 0
    assert "Run autograde again." in capsys.readouterr().out
    told = said(autograde(klass.root, NAME).lines, "mistyped")
    assert "Graded with the problem of 'mistypedx', as the instructor has said." in told
    assert "works-as" not in told
    grades = rows(klass.root)["mistyped"]
    assert [grades[f"q{at}"][0] for at in range(1, 8)] == [4, 4, 2, 3, 3, 3, 4]


def test_every_line_of_the_report_can_be_put_into_a_language(graded: Any) -> None:
    """Also after it was kept in a file; each is among the sentences that translators get."""
    from babel.messages.extract import extract_from_dir

    found = {
        sentence
        for _, _, sentence, _, _ in extract_from_dir(
            str(ROOT / "tcpcourse" / "exercises" / "grading"),
            [("**.py", "python")],
            keywords={word: None for word in KEYWORDS},
        )
    }
    klass, first = graded
    again = autograde(klass.root, NAME)
    assert again.graded == 0
    for lines in (first, again.lines):
        assert len(lines) > 8
        for _, _, words in lines:
            assert isinstance(words, Message) and words.template in found, words
