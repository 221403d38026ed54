"""Each bad input gets one sentence and a non-zero exit code, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tcpcourse.cli import main

ROOT = Path(__file__).parents[2]
COMMANDS = ["slides", "html"]
NO_SOURCE = """{"nbformat": 4, "nbformat_minor": 5, "metadata": {},
 "cells": [{"cell_type": "code", "id": "a", "metadata": {}}]}"""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def runner(*arguments: str | Path) -> Done:
        code = main([*map(str, arguments)])
        return Done(code, *capfd.readouterr())

    return runner


def run_apart(*arguments: str | Path, prepare: Callable[[], None]) -> Done:
    """The command in a process of its own, which ``prepare`` makes ready.

    It writes no bytecode: where files must be small, Python would leave cut ones behind, and
    whatever is started in this environment afterwards would stumble over them.
    """
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tcpcourse", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def one_sentence(done: Done, *words: str) -> None:
    assert done.code == 1, done.err
    assert done.out == ""
    assert done.err.count("\n") == 1, done.err
    assert done.err.endswith(".\n")
    for word in words:
        assert word in done.err


def chapter(folder: Path, **changes: object) -> Path:
    """A folder with one notebook of a heading and one executed cell, changed as told."""
    printed = new_output("stream", name="stdout", text="2")
    cell = new_code_cell("print(1 + 1)", execution_count=1, outputs=[printed])
    cell.update(changes)
    folder.mkdir(exist_ok=True)
    notebook = new_notebook(cells=[new_markdown_cell("# Sums"), cell])
    nbformat.write(notebook, folder / "01-sums.ipynb")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_good_chapter_is_made(command: str, tmp_path: Path, run: Run) -> None:
    """The chapter that the other tests break."""
    out = tmp_path / "deep" / "out"
    done = run(command, "--out", out, "--notebooks", chapter(tmp_path / "in"))
    assert (done.code, done.err) == (0, "")
    made = {"slides": ["01-sums.slides.html"], "html": ["01-sums.html", "index.html"]}
    assert sorted(path.name for path in out.iterdir()) == made[command]


def test_an_unknown_chapter(tmp_path: Path, run: Run) -> None:
    done = run("slides", "99-nothing", "--out", tmp_path / "out")
    one_sentence(done, "'99-nothing'", "01-opening", "08-proof")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_no_notebooks_there(command: str, tmp_path: Path, run: Run) -> None:
    one_sentence(run(command, "--notebooks", tmp_path), "no notebooks", "--notebooks")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"execution_count": None, "outputs": []}, ["cell 2", "never executed"]),
        (
            {"outputs": [new_output("error", ename="KeyError", evalue="x", traceback=[])]},
            ["cell 2", "KeyError"],
        ),
    ],
    ids=["never executed", "with an error"],
)
def test_a_notebook_that_cannot_be_shown(
    command: str, changes: dict[str, object], words: list[str], tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    done = run(command, "--out", out, "--notebooks", chapter(tmp_path / "in", **changes))
    one_sentence(done, "01-sums.ipynb", *words)
    assert not out.exists()


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"cells": 5}', "\ufeff{}", NO_SOURCE])
def test_what_is_no_notebook(text: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "01-sums.ipynb").write_text(text, encoding="utf-8")
    done = run("slides", "--out", tmp_path / "out", "--notebooks", tmp_path)
    one_sentence(done, "01-sums.ipynb", "not a notebook")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_stands_where_the_folder_should_be(command: str, tmp_path: Path, run: Run) -> None:
    notebooks = chapter(tmp_path / "in")
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        one_sentence(run(command, "--out", out, "--notebooks", notebooks), "cannot be written")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


def test_of_several_files_all_are_replaced_or_none(tmp_path: Path, run: Run) -> None:
    notebooks, out = chapter(tmp_path / "in"), tmp_path / "out"
    (out / "index.html").mkdir(parents=True)
    (out / "01-sums.html").write_text("as it was", encoding="utf-8")
    one_sentence(run("html", "--out", out, "--notebooks", notebooks), "index.html is a folder")
    assert (out / "01-sums.html").read_text(encoding="utf-8") == "as it was"
    assert sorted(path.name for path in out.iterdir()) == ["01-sums.html", "index.html"]


@pytest.mark.posix
@pytest.mark.parametrize("there", [True, False], ids=["the folder is there", "it is made"])
def test_no_room_for_the_whole_file(there: bool, tmp_path: Path) -> None:
    """A deck has some hundred kilobytes; the system allows files of ten."""
    import resource

    notebooks, out = chapter(tmp_path / "in"), tmp_path / "new" / "out"
    if there:
        out.mkdir(parents=True)

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    done = run_apart("slides", "--out", out, "--notebooks", notebooks, prepare=little_room)
    one_sentence(done, "cannot be written")
    assert (list(out.iterdir()) if there else (tmp_path / "new").exists()) in ([], False)


FILES = [
    "vendor/reveal.js", "vendor/mathjax.LICENSE", "own/deck.css", "tcpcourse/conf.json",
    "tcpcourse/shared.html.j2", "tcpcourse/index_page.html.j2",
]  # fmt: skip
BROKEN = "tcpcourse/deck.html.j2"
# One process for all cases, for it takes seconds to start: each file is away for two commands.
EACH_IN_TURN = """
import contextlib, io, json, pathlib, sys
from tcpcourse.cli import main

templates, notebooks, out, broken, *names = sys.argv[1:]

def told(*words):
    said, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
        code = main([*words, "--out", out, "--notebooks", notebooks])
    return code, said.getvalue(), errors.getvalue()

found = {}
for name in names:
    file = pathlib.Path(templates, name)
    text = file.read_bytes()
    file.unlink()
    found[name] = [told(command) for command in ("slides", "html")]
    file.write_bytes(text)
file = pathlib.Path(templates, broken)
file.write_text("{% block %}", encoding="utf-8")
found[broken] = [told("slides")]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Done]]:
    """What is said when a file of the package is missing, or broken; none leaves a folder."""
    folder = tmp_path_factory.mktemp("package")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tcpcourse", folder / "tcpcourse", ignore=ignored)
    words = [folder / "tcpcourse" / "templates", chapter(folder / "in"), folder / "out", BROKEN]
    done = subprocess.run(
        [sys.executable, "-c", EACH_IN_TURN, *map(str, words), *FILES],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not (folder / "out").exists()
    return {
        name: [Done(*case) for case in cases] for name, cases in json.loads(done.stdout).items()
    }


@pytest.mark.parametrize("name", FILES)
def test_a_template_file_is_missing(name: str, told: dict[str, list[Done]]) -> None:
    assert len(told[name]) == len(COMMANDS)
    for done in told[name]:
        one_sentence(done, name, "install tcpcourse again")


def test_a_template_that_is_broken(told: dict[str, list[Done]]) -> None:
    (done,) = told[BROKEN]
    one_sentence(done, "template", "install tcpcourse again")
