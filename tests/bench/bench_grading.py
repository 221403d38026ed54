"""How long grading takes, how it grows with the cores, and beside nbgrader's own. Run by hand:

    python tests/bench/bench_grading.py [how many submissions] [mixed]

Needs the extra ``grading`` and bubblewrap. Every submission is an assignment of the course with
all answers filled in by its solution. nbgrader's own autograding runs the same notebooks in a
kernel each, with no sandbox and no marking: it is the least that any autograding costs.
With ``mixed`` every tenth submission is one of the worst kinds instead, and only our own
grading is timed: a class of 300 should take less than 45 minutes on two cores. It prints for
each kind how many were cut as too slow; of the honest ones it should be none.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat

NAME = "ps1-opening"
EXERCISES = Path(__file__).parents[2] / "notebooks" / "exercises"
STOCK = "c = get_config()\nc.CourseDirectory.course_id = 'bench'\n"


def course(root: Path, config: str, many: int) -> None:
    """A course folder with the assignment released and ``many`` solutions handed in."""
    root.mkdir()
    (root / "nbgrader_config.py").write_text(config, encoding="utf-8")
    shutil.copytree(EXERCISES / "source" / NAME, root / "source" / NAME)
    nbgrader(root, "generate_assignment", NAME)
    book: Any = nbformat.read(EXERCISES / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    for number in range(many):
        student = f"student{number:03}"
        folder = root / "submitted" / student / NAME
        folder.mkdir(parents=True)
        text = json.dumps(book).replace('student = \\"\\"', f'student = \\"{student}\\"')
        (folder / f"{NAME}.ipynb").write_text(text, encoding="utf-8")


WORST = {
    "sleeps and will not be interrupted": (
        "import time\nfor each in range(999):\n"
        "    try: time.sleep(60)\n    except BaseException: pass"
    ),
    "computes and will not be interrupted": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    ),
    "takes the alarm away": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass"
    ),
    "forks without end": "import os\nwhile True: os.fork()",
    "hoards memory": "held = []\nwhile True: held.append(bytearray(1 << 26))",
    "leaves processes that sleep": (
        "import os, time\nfor _ in range(20): os.fork() or time.sleep(600)"
    ),
}
"""What stands in the place of each answer in the worst submissions, by its kind."""

HONEST = "honest"


def spoil(root: Path, many: int) -> dict[str, str]:
    """Every tenth submission gets a bad cell in the place of each answer; gives the kind of
    every submission."""
    kinds = {f"student{number:03}": HONEST for number in range(many)}
    names = list(WORST)
    for number in range(0, many, 10):
        student = f"student{number:03}"
        kinds[student] = names[number // 10 % len(names)]
        path = root / "submitted" / student / NAME / f"{NAME}.ipynb"
        book: Any = nbformat.read(path, as_version=4)
        for cell in book.cells:
            if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
                cell.source = WORST[kinds[student]]
        nbformat.write(book, path)
    return kinds


def by_kind(root: Path, kinds: dict[str, str], lines: list[tuple[str, str, str]]) -> None:
    """Print for each kind how many were cut as too slow, and how many got all that they can."""
    marks = {path.parts[-2]: path for path in (root / "marks").rglob("*.json")}
    for kind in (HONEST, *WORST):
        students = {student for student in kinds if kinds[student] == kind}
        said = [(who, words) for who, _, words in lines if who in students]
        slow = {who for who, words in said if "too slow" in words}
        full = sum(all_points(marks[who]) for who in students if who in marks)
        print(
            f"{kind}: {len(students)} submissions, {len(slow)} of them cut as too slow,"
            f" {full} with all automatic points, {len(said)} lines in the report"
        )


def all_points(path: Path) -> bool:
    """Whether a kept result has all points that a machine gives."""
    marks = json.loads(path.read_text(encoding="utf-8"))["marks"].values()
    return bool(marks) and all(mark["points"] == mark["most"] for mark in marks)


def nbgrader(root: Path, *words: str) -> None:
    program = Path(sys.executable).with_name("nbgrader")
    subprocess.run([program, *words], cwd=root, check=True, capture_output=True)


def main() -> None:
    from tcpcourse.exercises import assignments
    from tcpcourse.exercises.grading.batch import autograde
    from tcpcourse.exercises.grading.converting import job_of
    from tcpcourse.exercises.grading.course import Course
    from tcpcourse.exercises.grading.keys import make_key
    from tcpcourse.exercises.grading.marking import grade

    logging.disable(logging.CRITICAL)
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "ours")
        key = Path(place, "grading.key")
        make_key(key)
        os.environ["TCPCOURSE_GRADING_KEY"] = str(key)
        course(root, (EXERCISES / "nbgrader_config.py").read_text(encoding="utf-8"), many)
        asked = len(assignments()[NAME].questions)
        if "mixed" in sys.argv:
            kinds = spoil(root, many)
            begin = time.perf_counter()
            report = autograde(root, NAME, again=True)
            taken_all = time.perf_counter() - begin
            print(f"{many} submissions, every tenth of the worst kinds: {taken_all / 60:.1f} min")
            by_kind(root, kinds, report.lines)
            print(f"300 of them would take {taken_all / many * 300 / 60:.1f} min")
            return

        job = job_of(Course(root).directory, NAME, "student000", NAME)
        grade(job, again=True)
        begin = time.perf_counter()
        for _ in range(5):
            grade(job, again=True)
        one = (time.perf_counter() - begin) / 5
        print(f"one submission of {asked} questions, run and marked: {one:.2f} s,", end=" ")
        print(f"{one * 10 / asked:.2f} s for ten questions")
        begin = time.perf_counter()
        for _ in range(5):
            Course(root).record(job)
        print(f"written into the books: {(time.perf_counter() - begin) / 5:.2f} s")

        taken: dict[int, float] = {}
        workers = 1
        while workers <= (os.cpu_count() or 1):
            begin = time.perf_counter()
            autograde(root, NAME, workers, again=True)
            taken[workers] = time.perf_counter() - begin
            print(
                f"{many} submissions, {workers} workers: {taken[workers]:.1f} s,"
                f" {taken[1] / taken[workers]:.2f} × as fast as one"
            )
            workers *= 2

        stock = Path(place, "stock")
        course(stock, STOCK, many)
        begin = time.perf_counter()
        nbgrader(stock, "autograde", NAME)
        theirs = time.perf_counter() - begin
        print(f"nbgrader's own, {many} submissions: {theirs:.1f} s, {theirs / many:.2f} s each")
        for workers, seconds in taken.items():
            print(f"ours with {workers} workers: {seconds / theirs:.2f} × nbgrader's own time")


if __name__ == "__main__":
    main()
