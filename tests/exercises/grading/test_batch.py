"""The instructor's commands: the whole round, interruptions, and what goes wrong for everybody."""

from __future__ import annotations

import csv
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises import assignments
from tcpcourse.exercises.grading import batch, sandbox
from tcpcourse.exercises.grading.__main__ import main
from tcpcourse.exercises.grading.batch import autograde
from tcpcourse.exercises.grading.converting import job_of
from tcpcourse.exercises.grading.course import Course
from tcpcourse.exercises.grading.marking import grade

pytestmark = pytest.mark.filterwarnings("default")
sandboxed = pytest.mark.needs("bwrap")

ROOT = Path(__file__).parents[3]
NAME = "ps1-opening"
Fill = Callable[[Any, str, dict[str, str]], Any]


def q1(student: str) -> dict[str, str]:
    """The first answer, typed; worth 4 points."""
    posed = assignments()[NAME].problem(student).posed["q1"]
    return {"q1-answer": f"q1 = {dict(posed.right)!r}"}


def points(root: Path, student: str, name: str = "q1") -> tuple[Any, Any, bool]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        grade = book.find_grade(name, NAME, NAME, student)
        return grade.auto_score, grade.manual_score, grade.needs_manual_grade


def stored(root: Path) -> dict[str, int]:
    return {path.parts[-2]: path.stat().st_mtime_ns for path in (root / "marks").rglob("*.json")}


def command(root: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "tcpcourse.exercises.grading", "--root", str(root), *words]


@sandboxed
def test_the_round(klass: Any, make: Fill, capsys: pytest.CaptureFixture[str]) -> None:
    """Zip in, graded, by hand, feedback, CSV out; then one hands in again."""
    root, release = klass.root, klass.release
    with zipfile.ZipFile(root / "all.zip", "w") as archive:
        for number, student in ((11, "ann"), (12, "bob")):
            text = json.dumps(make(release, student, q1(student) | {"q8": "Because *both*."}))
            archive.writestr(f"X Y_{number}_assignsubmission_file_/{NAME}.ipynb", text)
        archive.writestr("X Y_13_assignsubmission_file_/../../evil.ipynb", "{}")
    (root / "roster.csv").write_text("number,student\n11,ann\n12,bob\n")
    words = ["--root", str(root)]
    taken = [*words, "import", NAME, str(root / "all.zip"), "--roster", str(root / "roster.csv")]
    assert main(taken) == 1
    assert "Its path leads out of the folder" in capsys.readouterr().out
    assert main([*words, "students", NAME]) == 0
    assert capsys.readouterr().out == "ann\nbob\n"

    assert main([*words, "autograde", NAME, "--workers", "2"]) == 0
    said = capsys.readouterr()
    assert said.out == "2 notebooks graded, 0 were graded before.\n"
    assert "2/2" in said.err  # the progress bar
    assert points(root, "ann") == (4.0, None, False)
    assert points(root, "ann", "q8") == (None, None, True)

    # by hand, as the formgrader does: a score for the words, and one that overrules a mark
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        for name, score in (("q8", 3.0), ("q2", 1.0)):
            row = book.find_grade(name, NAME, NAME, "ann")
            row.manual_score, row.needs_manual_grade = score, False
        book.find_comment("q8", NAME, NAME, "ann").manual_comment = "Say what the third is for."
        book.db.commit()
    assert klass.api().generate_feedback(NAME, "ann")["success"]
    page = (root / "feedback" / "ann" / NAME / f"{NAME}.html").read_text("utf-8")
    assert "Say what the third is for." in page and "Score: 8.0 / 27.0" in page

    assert main([*words, "export", str(root / "grades.csv")]) == 0
    with open(root / "grades.csv", newline="") as file:
        sums = {row["student"]: row["score"] for row in csv.DictReader(file)}
    assert sums == {"ann": "8", "bob": ""}, "bob's words wait for a person"

    # ann hands in again: only hers is graded, and what a person gave stays
    klass.hand_in("ann", make(release, "ann", {"q8": "Because *both*, really."}))
    assert main([*words, "autograde", NAME]) == 0
    assert "1 notebooks graded, 1 were graded before" in capsys.readouterr().out
    assert points(root, "ann") == (0.0, None, False)
    assert points(root, "ann", "q8") == (None, 3.0, True)


@sandboxed
def test_nbgraders_own_command_does_the_same(klass: Any, make: Fill) -> None:
    """`nbgrader autograde` by itself: in the sandbox, marked by the key, links left out."""
    student, folder = "own", klass.folder("own")
    canary = klass.root / "canary.txt"
    canary.write_text("secret")
    (folder / "link.txt").symlink_to(canary)
    tells = {"q2-answer": "import os\nprint('uid', os.getuid(), os.path.exists('/etc/passwd'))"}
    klass.hand_in(student, make(klass.release, student, q1(student) | tells), "my own name")
    done = subprocess.run(
        [Path(sys.executable).with_name("nbgrader"), "autograde", NAME, "--student", student],
        cwd=klass.root, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert points(klass.root, student) == (4.0, None, False)
    graded = klass.root / "autograded" / student / NAME
    assert "uid 65534 False" in (graded / f"{NAME}.ipynb").read_text("utf-8")
    assert not (graded / "link.txt").exists() and canary.read_text() == "secret"


@sandboxed
def test_interrupted_and_taken_up_again(klass: Any, make: Fill) -> None:
    """What was graded before the interruption is not run again; nothing is left half done."""
    students = [f"s{number:02}" for number in range(10)]
    for student in students:
        answers = q1(student) | {"q3-answer": "import time\ntime.sleep(1)"}
        klass.hand_in(student, make(klass.release, student, answers))
    with subprocess.Popen(
        command(klass.root, "autograde", NAME, "--workers", "2"), cwd=ROOT,
        stderr=subprocess.DEVNULL, start_new_session=True,
    ) as grading:  # fmt: skip
        deadline = time.monotonic() + 60
        while len(set(stored(klass.root)) & set(students)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(grading.pid, signal.SIGINT)
        assert grading.wait(30) != 0
    before = {name: at for name, at in stored(klass.root).items() if name in students}
    assert 2 <= len(before) < len(students)

    report = autograde(klass.root, NAME, workers=2)
    after = stored(klass.root)
    assert {name: after[name] for name in before} == before
    assert set(students) <= set(after)
    assert [points(klass.root, student)[0] for student in students] == [4.0] * len(students)
    assert not [line for line in report.lines if line[0] in students]


@sandboxed
def test_killed_while_the_books_are_kept(
    klass: Any, make: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after nbgrader wrote the folder and before the marks: it is noticed."""
    klass.hand_in("late", make(klass.release, "late", q1("late")))
    record = Course.record

    def killed(course: Course, job: Any) -> None:
        record(course, job)
        raise KeyboardInterrupt

    monkeypatch.setattr(Course, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        autograde(klass.root, NAME)
    monkeypatch.undo()
    with Gradebook(f"sqlite:///{klass.root / 'gradebook.db'}") as book:
        book.find_grade("q1", NAME, NAME, "late").auto_score = None
        book.db.commit()
    assert autograde(klass.root, NAME).graded >= 1
    assert points(klass.root, "late") == (4.0, None, False)


@sandboxed
def test_one_on_a_cluster_and_the_books_afterwards(klass: Any, make: Fill) -> None:
    klass.hand_in("far", make(klass.release, "far", q1("far")))
    books = (klass.root / "gradebook.db").stat().st_mtime_ns
    done = subprocess.run(command(klass.root, "one", NAME, "far"), cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (klass.root / "gradebook.db").stat().st_mtime_ns == books
    at = stored(klass.root)["far"]
    autograde(klass.root, NAME)
    assert stored(klass.root)["far"] == at
    assert points(klass.root, "far") == (4.0, None, False)


@sandboxed
def test_a_worker_that_dies_costs_nobody_anything(
    klass: Any, make: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("w1", "w2", "w3"):
        klass.hand_in(student, make(klass.release, student, q1(student)))
    pool, killed = batch._pool, []

    def doomed(workers: int) -> Any:
        """The first pool loses a process as soon as it has one."""
        made = pool(workers)
        if not killed:
            killed.append(threading.Thread(target=kill_one, args=(made,)))
            killed[0].start()
        return made

    monkeypatch.setattr(batch, "_pool", doomed)
    report = autograde(klass.root, NAME, workers=1)
    killed[0].join()
    assert not [line for line in report.lines if line[0] in ("w1", "w2", "w3")]
    assert [points(klass.root, student)[0] for student in ("w1", "w2", "w3")] == [4.0] * 3


def kill_one(pool: Any) -> None:
    while not pool._processes:
        time.sleep(0.01)
    os.kill(next(iter(pool._processes)), signal.SIGKILL)


def test_only_one_batch_at_a_time(klass: Any) -> None:
    with (
        batch._alone(klass.root),
        pytest.raises(TcpCourseError, match="nother grading is at work"),
    ):
        autograde(klass.root, NAME)


@sandboxed
def test_a_pipe_in_the_place_of_the_time(klass: Any, make: Fill) -> None:
    """nbgrader would wait for ever for what a pipe has to say."""
    klass.hand_in("pipe", make(klass.release, "pipe", {}))
    os.mkfifo(klass.folder("pipe") / "timestamp.txt")
    lines = autograde(klass.root, NAME).lines
    assert [words for student, _, words in lines if student == "pipe"] == [
        "Not graded: nbgrader says 'The file timestamp.txt, which nbgrader reads, is no plain"
        " file.'."
    ]
    shutil.rmtree(klass.root / "submitted" / "pipe")


def test_other_numbers_of_calls_with_another_key(klass: Any, tmp_path: Path) -> None:
    """The same key gives the same calls, another key others, as the same marks must."""
    from tcpcourse.exercises.grading.keys import make_key, read_key

    make_key(tmp_path / "other.key")
    question = assignments()[NAME].question("q6")
    problem = assignments()[NAME].problem("ann")
    key = read_key(Path(os.environ["TCPCOURSE_GRADING_KEY"]))
    calls = question.challenges(problem, key)
    assert calls == question.challenges(problem, key)
    assert calls != question.challenges(problem, read_key(tmp_path / "other.key"))


# -- what concerns everybody ------------------------------------------------------------------


@sandboxed
def test_marking_that_fails_waits_for_a_person(
    klass: Any, make: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tcpcourse.exercises.values import Value

    klass.hand_in("odd", make(klass.release, "odd", q1("odd")))
    monkeypatch.setattr(Value, "mark", lambda *_: 1 / 0)
    job = job_of(Course(klass.root).directory, NAME, "odd", NAME)
    graded = grade(job)
    assert graded.marks["q1"].points is None
    assert ("q1", "A person has to look at this: marking it failed (ZeroDivisionError).") in (
        graded.notes
    )
    job.store.unlink()


@sandboxed
@pytest.mark.parametrize("text", ["", "{", "[]", '{"marks": {"q1": 3}}', '{"digest": 1, "x": 2}'])
def test_a_damaged_result_is_made_again(klass: Any, make: Fill, text: str) -> None:
    klass.hand_in("kept", make(klass.release, "kept", q1("kept")))
    job = job_of(Course(klass.root).directory, NAME, "kept", NAME)
    job.store.parent.mkdir(parents=True, exist_ok=True)
    job.store.write_text(text)
    assert grade(job).marks["q1"].points == 4


def test_a_configuration_without_the_sandbox_is_refused(klass: Any, tmp_path: Path) -> None:
    """A course folder whose file forgets to call configure, or puts something over it."""
    for text in (
        "c = get_config()",
        (ROOT / "notebooks/exercises/nbgrader_config.py").read_text()
        + "\nc.Autograde.autograde_preprocessors = ['nbgrader.preprocessors.Execute']\n",
    ):
        (tmp_path / "nbgrader_config.py").write_text(text)
        with pytest.raises(TcpCourseError, match="does not call configure"):
            Course(tmp_path)
    with pytest.raises(TcpCourseError, match="is no course folder"):
        Course(tmp_path / "nowhere")


def test_nothing_that_executes_is_let_in(klass: Any) -> None:
    from nbgrader.preprocessors import Execute

    from tcpcourse.exercises.grading.converting import SubmissionExporter

    with pytest.raises(TcpCourseError, match="Execute would run a notebook without a sandbox"):
        SubmissionExporter().register_preprocessor(Execute, enabled=True)


def test_sentences_for_what_concerns_everybody(
    klass: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--root", str(klass.root)]
    assert main([*words, "autograde", "ps9-none"]) == 2
    assert "The gradebook does not know ps9-none: run `nbgrader" in capsys.readouterr().err
    assert main(["--root", str(tmp_path), "autograde", NAME]) == 2
    assert "is no course folder" in capsys.readouterr().err
    assert main([*words, "one", NAME, "nobody-at-all"]) == 2
    assert "Nothing was handed in for ps1-opening by nobody-at-all." in capsys.readouterr().err
    assert not (klass.root / "marks" / NAME / "nobody-at-all").exists()
    assert main([*words, "export", str(tmp_path / "no" / "such.csv")]) == 2
    assert "cannot be written: No such file" in capsys.readouterr().err
    assert main([*words, "export", str(tmp_path / "x.csv"), "ps9-none"]) == 2
    assert "The gradebook does not know ps9-none." in capsys.readouterr().err
    monkeypatch.setenv("TCPCOURSE_GRADING_KEY", str(tmp_path / "none.key"))
    klass.hand_in("somebody", klass.release)
    assert main([*words, "autograde", NAME]) == 2
    assert "make one with `python -m tcpcourse.exercises.grading key`" in capsys.readouterr().err
    assert main(["key"]) == 0
    assert main(["key"]) == 2
    monkeypatch.setenv(sandbox.CONTAINER, "no-such-container-program run")
    assert main([*words, "autograde", NAME, "--workers", "1"]) == 2
    assert "The sandbox no-such-container-program cannot be started" in capsys.readouterr().err


# -- the guide --------------------------------------------------------------------------------

CLUSTER = ROOT / "notebooks" / "exercises" / "cluster"


def test_the_kubernetes_job_is_one() -> None:
    import yaml

    job = yaml.safe_load((CLUSTER / "kubernetes.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed" and spec["completions"] == 300
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and pod["hostUsers"] is False
    (container,) = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }
    script = container["args"][0]
    assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0


def test_the_cluster_scripts_pick_the_right_student(tmp_path: Path) -> None:
    """`bash -n` for both, and then run with a `python` that only says what it was asked."""
    import yaml

    (tmp_path / "students.txt").write_text("ann\nbob\ncam\n")
    said = tmp_path / "python"
    said.write_text('#!/bin/sh\necho "$@"\n')
    said.chmod(0o755)
    around = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(["bash", "-n", CLUSTER / "slurm.sh"]).returncode == 0
    done = subprocess.run(
        ["bash", CLUSTER / "slurm.sh"], cwd=tmp_path, env=around | {"SLURM_ARRAY_TASK_ID": "2"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == f"-m tcpcourse.exercises.grading one {NAME} bob\n"
    job = yaml.safe_load((CLUSTER / "kubernetes.yaml").read_text())
    script = job["spec"]["template"]["spec"]["containers"][0]["args"][0]
    script = script.replace("/course-folder", str(tmp_path))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=around | {"JOB_COMPLETION_INDEX": "2"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split()[-3:] == ["one", NAME, "cam"]


@pytest.fixture
def image(tmp_path: Path) -> dict[str, Any]:
    """What the Containerfile makes, made here by its own words: the pins that it constrains to,
    the library without what it removes, the runner, and the command that it starts."""
    lines = (CLUSTER / "Containerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    copied = [name for word, *names in words if word == "COPY" for name in names[:-1]]
    assert all((ROOT / name).exists() for name in copied)
    (install,) = (line for line in lines if line.startswith("RUN pip install"))
    pins = Path(install.split("--constraint /build/")[1].split()[0]).name
    assert pins in [Path(name).name for name in copied]
    removed = install.split("rm -r ")[1].replace('"', "").split()
    package = tmp_path / "site" / "tcpcourse"
    shutil.copytree(ROOT / "tcpcourse", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(package / "exercises" / "grading" / "runner.py", tmp_path / "runner.py")
    for name in removed:
        if name.startswith("$package/"):
            place = package / name.removeprefix("$package/")
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    (entry,) = (line for line in lines if line.startswith("ENTRYPOINT"))
    return {"package": package, "entry": json.loads(entry.removeprefix("ENTRYPOINT")), "pins": pins}


@pytest.mark.usefixtures("_key")
def test_the_containers_command_grades_without_a_container(
    klass: Any, make: Fill, image: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entry point, on the library as the image has it: marks as in the sandbox. Nothing of
    what is right for unseen inputs, and nothing of grading, is left there."""
    exercises = image["package"] / "exercises"
    assert not list(exercises.glob("grading*")) and not list(exercises.glob("references*"))
    assert not list(exercises.glob("slips*"))
    pins = (ROOT / "binder" / image["pins"]).read_text("utf-8").splitlines()
    assert all("==" in line for line in pins if line and line[0].isalpha())
    words = image["entry"]
    assert words[-4:] == ["python", "-I", "-B", "/runner.py"]
    # -I leaves out what PYTHONPATH names, so the library is put on the path by the command itself.
    start = f"import runpy, sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); "
    start += f"runpy.run_path({str(tmp_path / 'runner.py')!r}, run_name='__main__')"
    words = [*words[:-4], sys.executable, "-I", "-B", "-c", start]
    monkeypatch.setenv(sandbox.CONTAINER, shlex.join(words))
    answers = q1("boxed") | {
        "q6-answer": "def answer_to_syn(seq, iss):\n"
        "    return {'flags': 'SA', 'seq': iss, 'ack': (seq + 1) % 2**32}",
        "q2-answer": "import tcpcourse\nprint('from', tcpcourse.__file__)",
    }
    klass.hand_in("boxed", make(klass.release, "boxed", answers))
    graded = grade(job_of(Course(klass.root).directory, NAME, "boxed", NAME))
    assert [graded.marks[q].points for q in ("q1", "q2", "q6")] == [4.0, 0.0, 3.0]
    assert f"from {image['package']}" in "".join(graded.texts.values())
    assert graded.notes == []


def test_the_guide_names_commands_that_are_there() -> None:
    """Every command of ours in the guide is one that the program knows; every file is there."""
    guide = (CLUSTER.parent / "README.md").read_text(encoding="utf-8")
    lines = [line for line in guide.splitlines() if "-m tcpcourse.exercises.grading " in line]
    known = {"key", "import", "autograde", "one", "students", "explain", "works-as", "export"}
    used = {line.split("grading ", 1)[1].split()[0].strip("`") for line in lines}
    assert used == known
    for name in ("Containerfile", "kubernetes.yaml", "slurm.sh"):
        assert f"cluster/{name}" in guide and (CLUSTER / name).is_file()
    assert shutil.which("nbgrader") or Path(sys.executable).with_name("nbgrader").exists()
