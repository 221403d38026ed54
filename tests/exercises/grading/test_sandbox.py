"""The sandbox by itself: as root and as an ordinary user, with a container, and without any."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading import sandbox, seccomp
from tcpcourse.exercises.grading.clock import Allowance, Held, tree
from tcpcourse.exercises.grading.limits import Limits
from tcpcourse.exercises.grading.sandbox import CONTAINER, SandboxError
from tcpcourse.exercises.grading.session import Outcome, RunPlan, run
from tcpcourse.exercises.marks import MARKS

sandboxed = pytest.mark.needs("bwrap")

PACKAGE = MARKS.library.package
QUICK = Limits(cell_seconds=2, call_seconds=0.5, total_seconds=30)


def tried(*cells: str, limits: Limits = QUICK, **more: Any) -> Outcome:
    names = {"q1": ("q1", "value"), "q6": ("f", "function"), "q9": ("g", "function")}
    calls = more.pop("calls", {"q6": [[1], [2]], "q9": [[3]]})
    work = RunPlan([(f"c{n}", cell) for n, cell in enumerate(cells)], names, calls, MARKS, **more)
    return run(work, limits)


@sandboxed
def test_answers_and_calls() -> None:
    found = tried(
        "q1 = (1, 'two')\nprint('said')\n6 * 7", "def f(x):\n    return x + 1", "x = 1 / 0"
    )
    assert found.answers == {"q1": [1, "two"]}
    assert found.results == {"q6": [2, 3], "q9": []}
    assert found.texts["c0"] == "said\n42\n"
    assert found.errors["c2"] == "ZeroDivisionError: division by zero (line 1)"
    assert found.notes == []


@sandboxed
def test_the_machine_is_not_there(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    found = tried(
        "import os",
        f"q1 = [os.getuid(), os.path.exists({str(tmp_path)!r}), sorted(os.listdir('/tmp')),"
        " sorted(p for p in os.listdir('/proc') if p.isdigit()), os.listdir('/sys')"
        " if os.path.exists('/sys') else None, os.path.exists('/etc/passwd')]",
    )
    uid, seen, temporary, processes, system, people = found.answers["q1"]  # type: ignore[misc]
    assert (uid, seen, system, people) == (65534, False, None, False)
    # where Python itself lies below the place for temporary files, its folder is there
    places = [Path(place).parts for place in (sys.prefix, sys.base_prefix, *sys.path) if place]
    assert set(temporary) <= {parts[2] for parts in places if parts[:2] == ("/", "tmp")}
    assert processes == ["1", "2"]  # bubblewrap's own, and this


@sandboxed
def test_what_is_hidden_is_hidden_within_what_python_needs() -> None:
    place = Path(pytest.__file__).parent
    look = f"import os\nq1 = os.listdir({str(place)!r})"
    assert "__init__.py" in tried(look).answers["q1"]  # type: ignore[operator]
    assert tried(look, hidden=(place,)).answers["q1"] == []


@sandboxed
def test_files_beside_the_notebook_can_be_read_and_not_written(tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_text("17")
    found = tried(
        "q1 = open('data/numbers.txt').read()",
        "open('data/numbers.txt', 'w')",
        files={"data/numbers.txt": tmp_path / "numbers.txt"},
    )
    assert found.answers["q1"] == "17"
    assert "Read-only file system" in found.errors["c1"]


@sandboxed
def test_no_network_not_even_to_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = tried(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)")
    assert "refused" in found.errors["c0"] or "unreachable" in found.errors["c0"]


@sandboxed
@pytest.mark.parametrize(
    "cell",
    [
        "open('a', 'wb').write(b'x' * (40 << 20))",
        "for n in range(9): open(f'{n}', 'wb').write(b'x' * (30 << 20))",
        "for n in range(9): open(f'/dev/shm/{n}', 'wb').write(b'x' * (30 << 20))",
        "open('/usr/x', 'w')",
        "open('/course/tcpcourse/exercises/grading/x', 'w')",
        "import os; os.memfd_create('x')",
        "x = bytearray(2 << 30)",
        "import resource as r; r.setrlimit(r.RLIMIT_AS, (1 << 40, 1 << 40))",
        "import os; os.listdir('/course/tcpcourse/exercises/grading')[0]",
        "input()",
    ],
)
def test_refused(cell: str) -> None:
    found = tried(cell, "q1 = 1")
    assert found.errors["c0"] != ""
    assert found.answers["q1"] == 1


@sandboxed
def test_interrupted_cells_cost_only_themselves() -> None:
    found = tried("q1 = 1", "while True: pass", "import time; time.sleep(99)", "q1 = q1 + 1")
    assert found.answers["q1"] == 2
    assert "CellTimeout" in found.errors["c1"] and "CellTimeout" in found.errors["c2"]
    assert found.notes == []


@sandboxed
def test_one_clock_for_a_whole_submission() -> None:
    """Cells that are each short enough: together they compute, or sleep, for too long."""
    busy = "from time import process_time as now\nend = now() + 1.5\nwhile now() < end: pass"
    limits = Limits(cell_seconds=5, total_seconds=4, wall_seconds=60)
    found = tried(*[busy] * 9, "q1 = 1", limits=limits)
    (note, end) = found.notes
    assert "too slow, the notebook computed for 4 seconds in all" in note[1]
    assert end == ("", "The notebook was not run to its end.") and not found.whole
    assert found.answers.get("q1") is None
    limits = Limits(cell_seconds=5, total_seconds=60, wall_seconds=6)
    began = time.monotonic()
    found = tried(*["__import__('time').sleep(2)"] * 9, "q1 = 1", limits=limits)
    assert "too slow, the notebook took 6 seconds in all" in found.notes[0][1]
    assert time.monotonic() - began < 60


@pytest.fixture
def held() -> Iterator[int]:
    """Two cores of this machine (or its only one), each held by two busy loops; everything
    that is started meanwhile has to share them. Gives how many loops there are."""
    mine = os.sched_getaffinity(0)
    cores = sorted(mine)[:2]
    loops = []
    try:
        os.sched_setaffinity(0, cores)
        for core in cores * 2:
            words = f"import os\nos.sched_setaffinity(0, [{core}])\nwhile True: pass"
            loops.append(subprocess.Popen([sys.executable, "-c", words]))
        yield len(loops)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
        os.sched_setaffinity(0, mine)


@sandboxed
def test_an_honest_notebook_is_not_cut_while_others_hold_the_cores(held: int) -> None:
    """Cells, calls and the whole stay below each of their limits in time computed, and take
    longer than it on the wall."""
    assert held in (2, 4)
    busy = "from time import process_time as now\nend = now() + 0.7\nwhile now() < end: pass\n"
    limits = Limits(cell_seconds=1, call_seconds=1, total_seconds=20, wall_seconds=6)
    began = time.monotonic()
    indented = busy.replace("\n", "\n    ")
    found = tried(
        *[f"{busy}q1 = {number}" for number in range(5)],
        f"def f(x):\n    {indented}return x",
        limits=limits,
    )
    assert time.monotonic() - began > limits.wall_seconds, "the loops held nothing"
    assert set(found.errors.values()) == {""} and found.notes == [] and found.whole
    assert found.answers["q1"] == 4 and found.results["q6"] == [1, 2]


def test_time_without_a_core_is_nobodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock = Allowance(most_cpu=10, most_wall=20)
    now[0] += 60
    clock.seen(Held(cpu=5, waited=50))
    assert (clock.cpu, clock.wall, clock.over()) == (5, 10, False)
    clock.seen(Held(cpu=1, waited=0))
    assert (clock.cpu, clock.wall) == (5, 10), "nothing that was used gets less"
    clock.again()
    clock.seen(Held(cpu=6))
    assert clock.cpu == 11 and clock.over(), "a new start does not begin at nothing"
    clock = Allowance(most_cpu=10, most_wall=20)
    now[0] += 201
    clock.seen(Held(waited=200))
    assert clock.over(), "ten times as long is too long in any case"


@sandboxed
def test_processes_that_are_each_small_enough() -> None:
    """Six with 100 MB each, where all together may hold twice 250 MB."""
    many = """import os, time
for _ in range(6):
    if os.fork() == 0:
        held = b"x" * (100 << 20)
        time.sleep(60)
time.sleep(60)"""
    found = tried("q1 = 1", many, limits=Limits(memory=250 << 20, cell_seconds=30))
    assert found.answers["q1"] == 1
    assert found.notes == [("c1", "Running this was stopped: it took too much memory.")]


@sandboxed
def test_functions_that_do_not_come_back() -> None:
    """One is interrupted, one will not be: neither costs the other anything."""
    stubborn = """def f(x):
    import signal
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True: pass"""
    found = tried(stubborn, "def g(x):\n    return x")
    assert found.results == {"q6": [], "q9": [3]}
    assert found.notes == [
        ("q6", "Running this was stopped: too slow, and it could not be interrupted.")
    ]
    slow = "import time\ndef f(x):\n    time.sleep(x * 9)"
    assert tried(slow).results["q6"] == [{"error": "CellTimeout"}] * 2


@sandboxed
@pytest.mark.parametrize(
    ("gives", "result"),
    [
        ("float('nan')", {"error": "TcpCourseError"}),
        ("10 ** 5000", {"error": "TcpCourseError"}),
        ("object()", {"error": "TcpCourseError"}),
        ("x / 0", {"error": "ZeroDivisionError"}),
        ("(x, {'a': None})", [1, {"a": None}]),
        ("exit()", {"error": "SystemExit"}),
        ("'\\ud800'", "\ud800"),
    ],
)
def test_results_are_plain(gives: str, result: object) -> None:
    assert tried(f"def f(x):\n    return {gives}", calls={"q6": [[1]]}).results["q6"] == [result]


LIES = [
    b'{"begin": "c1"}', b'{"end": "c1", "text": 5, "error": []}', b'{"answer": ["q1"], "value": 1}',
    b'{"answer": "q99", "value": 1}', b'{"answer": "q1", "value": ' + b"[" * 99_999, b"[]", b"",
    b'{"answer": "q1", "value": NaN}', b'{"answer": "q1", "value": 1e999}', b"\xff\xfe",
    b'{"answer": "q1", "value": ' + b"9" * 100_000 + b"}", b'{"who": "student", "value": {}}',
    b'{"answer": "q1", "value": "' + b"x" * 3_000_000 + b'"}', b'{"killed": true}',
    b'{"answer": "q1", "value": ' + b"[" * 50 + b"]" * 50 + b"}", b'{"points": 4, "done": 1}',
]  # fmt: skip


@sandboxed
@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_whatever_is_said_is_an_answer_or_nothing(lie: bytes) -> None:
    """The student's code finds the channel and writes into it: at worst its answer is none."""
    writes = f"""import os
lie = {lie[:60]!r} + {lie[60:61]!r} * {max(len(lie) - 60, 0)} + b"\\n"
for number in range(3, 20):
    try:
        if "pipe" in os.readlink(f"/proc/self/fd/{{number}}"):
            os.write(number, lie)
    except OSError: pass"""
    found = tried("q1 = 7", writes, "def f(x):\n    return x")
    assert found.answers.get("q1", 7) == 7
    assert set(found.answers) <= {"q1"}
    assert found.results["q6"] in ([1, 2], [])


def test_without_a_sandbox_nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    mark = tmp_path / "ran"
    with pytest.raises(SandboxError, match=r"Bubblewrap .* container recipe"):
        tried(f"open({str(mark)!r}, 'w')")
    assert not mark.exists()


def test_a_sandbox_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONTAINER, f"{sys.executable} -c \"raise SystemExit('no such image')\"")
    with pytest.raises(SandboxError, match="does not start: no such image"):
        tried("q1 = 1")
    monkeypatch.setenv(CONTAINER, "no-such-program-anywhere")
    with pytest.raises(SandboxError, match="cannot be started"):
        tried("q1 = 1")


def test_a_container_is_a_command_that_starts_the_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the recipe's image runs, started here without a container around it."""
    inside = f"import sys; sys.path[:0] = [{str(PACKAGE.parent)!r}]; "
    inside += f"import runpy; runpy.run_path({str(sandbox.RUNNER)!r}, run_name='__main__')"
    monkeypatch.setenv(CONTAINER, f'{sys.executable} -I -B -c "{inside}"')
    found = tried("q1 = 1", "x = bytearray(2 << 30)", "def f(x):\n    return -x")
    assert found.answers["q1"] == 1
    assert "MemoryError" in found.errors["c1"]
    assert found.results["q6"] == [-1, -2]


@sandboxed
def test_a_forked_process_has_no_voice_of_its_own() -> None:
    found = tried(
        "import os\npid = os.fork()\nq1 = 'parent' if pid else 'child'",
        "if pid:\n    os.wait()\nprint(q1)",
    )
    assert found.answers["q1"] == "parent"
    assert found.texts == {"c0": "", "c1": "parent\n"}
    assert found.whole and found.notes == []


@pytest.fixture
def for_all() -> Iterator[Path]:
    """A copy of the package that every user of this machine may read."""
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield folder
    shutil.rmtree(folder)


AS_SOMEBODY = """
import os, sys
sys.path[:0] = [sys.argv[1]]
from tcpcourse.exercises.grading.limits import Limits
from tcpcourse.exercises.grading.session import RunPlan, run
from tcpcourse.exercises.marks import MARKS
cells = [("a", "import os\\nwhile True: os.fork()"), ("b", "import os\\nq1 = os.getuid()"),
         ("c", "open('/etc/passwd')")]
found = run(RunPlan(cells, {"q1": ("q1", "value")}, {}, MARKS), Limits(cell_seconds=2))
print([os.getuid(), found.answers.get("q1"), found.errors["c"][:17]])
"""


@sandboxed
@pytest.mark.parametrize("user", [65534, None])
def test_as_an_ordinary_user_and_as_whoever_runs_this(for_all: Path, user: int | None) -> None:
    """Debian's own Python, which everybody may read, starts the sandbox as ``user``."""
    only_root = (
        {"user": user, "group": user, "extra_groups": []} if os.getuid() == 0 and user else {}
    )
    done = subprocess.run(
        ["/usr/bin/python3", "-c", AS_SOMEBODY, str(for_all)],
        capture_output=True, text=True, cwd="/", **only_root,  # type: ignore[call-overload]
    )  # fmt: skip
    mine = only_root.get("user", os.getuid())
    assert done.stdout.strip() == f"[{mine}, 65534, 'FileNotFoundError']", done.stderr


@sandboxed
def test_when_the_grader_dies_so_does_the_sandbox(tmp_path: Path) -> None:
    program = (
        "from tcpcourse.exercises.grading.session import RunPlan, run\n"
        "from tcpcourse.exercises.grading.limits import Limits\n"
        "from tcpcourse.exercises.marks import MARKS\n"
        "run(RunPlan([('a', 'import os, time\\nos.fork()\\ntime.sleep(77)')], {}, {}, MARKS),"
        " Limits(cell_seconds=60))"
    )
    grader = subprocess.Popen([sys.executable, "-c", program], cwd=PACKAGE.parent)
    deadline = time.monotonic() + 20
    while tree(grader.pid, 20).count < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert tree(grader.pid, 20).count >= 5  # the grader, bubblewrap twice, the runner twice
    below = below_of(grader.pid)
    grader.kill()
    grader.wait()
    while any(map(alive, below)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, below))


def below_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in map(int, children) for each in (child, *below_of(child))]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False


@sandboxed
def test_many_at_once_from_threads() -> None:
    """The sandboxes of several students do not get in each other's way."""
    found: dict[int, Outcome] = {}

    def one(number: int) -> None:
        found[number] = tried(
            f"q1 = {number}",
            "import pathlib, tempfile\nmark = pathlib.Path(tempfile.gettempdir(), 'mark')",
            "q1 += mark.exists()\nmark.touch()",
        )

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: outcome.answers["q1"] for number, outcome in found.items()} == {
        number: number for number in range(6)
    }


def test_the_filter_is_a_program_of_whole_lines() -> None:
    for machine in ("x86_64", "aarch64"):
        rules = seccomp.program(machine)
        assert len(rules) % 8 == 0 and len(rules) // 8 < 256
        # the last three lines are ends: allow, EPERM (1), ENOSYS (38)
        assert rules[-24:].hex() == "060000000000ff7f0600000001000500060000002600 0500".replace(
            " ", ""
        )
    assert seccomp.program("abacus") == b""


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"colour": 1}, "There is no limit 'colour'"), ({"memory": -1}, "positive"),
     ({"memory": True}, "positive"), ({"cell_seconds": "3"}, "positive")],
)  # fmt: skip
def test_limits_that_are_none(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TcpCourseError, match=sentence):
        Limits.of(given)


def test_the_runner_stands_alone() -> None:
    """It is copied into containers: nothing but the library may be needed beside it."""
    assert stat.S_ISREG(sandbox.RUNNER.stat().st_mode)
    done = subprocess.run(
        [sys.executable, "-I", "-B", str(sandbox.RUNNER)],
        input=json.dumps({
            "cells": [["a", "q = 1"]], "names": {"q": ["q", "value"]}, "limits": QUICK.told(),
            "path": [str(PACKAGE.parent)], "plain": MARKS.library.plain,
            "error": MARKS.library.error,
        }) + "\n",
        capture_output=True, text=True,
    )  # fmt: skip
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said[0] == {"ready": True} and said[-1] == {"done": True}
    assert {"answer": "q", "value": 1, "parts": {}} in said
