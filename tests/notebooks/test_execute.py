"""``python -m tcpcourse.notebooks``: executed twice is the same as executed once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.notebooks import (
    WIDGET_VIEW,
    code_hash,
    execute,
    is_current,
    is_name,
    main,
    normalise,
)

ROOT = Path(__file__).parents[2]


def written(path: Path, *sources: str) -> Path:
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    path = written(
        tmp_path / "one.ipynb",
        "print('one'); print('two')\n2**32 == 4294967296",
        "import ipywidgets\nipywidgets.IntSlider(3)",
    )
    assert execute(path)
    first = path.read_bytes()
    assert not execute(path)
    assert path.read_bytes() == first
    notebook = read(path)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    said, slider = notebook.cells[0].outputs, notebook.cells[1].outputs
    assert said[0].text == "one\ntwo\n"
    assert said[1].data["text/plain"] == "True"
    assert list(slider[0].data) == ["text/plain"], "the view of a widget has a random id"
    assert "widgets" not in notebook.metadata


def test_a_notebook_runs_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "beside.txt").write_text("found", encoding="utf-8")
    path = written(tmp_path / "one.ipynb", "print(open('beside.txt').read())")
    execute(path)
    assert read(path).cells[0].outputs[0].text == "found\n"


def test_the_kernel_is_this_python(tmp_path: Path) -> None:
    path = written(tmp_path / "one.ipynb", "import sys\nprint(sys.executable)")
    execute(path)
    assert read(path).cells[0].outputs[0].text.strip() == sys.executable


def test_normalising_takes_out_what_differs_from_run_to_run() -> None:
    data = {"text/plain": "a slider", WIDGET_VIEW: {"model_id": "8c3f"}}
    cell = new_code_cell(
        "x",
        execution_count=17,
        metadata={"tags": ["keep"], "execution": {"shell.execute_reply": "12:00"}},
    )
    cell.outputs = [new_output("execute_result", data=data, execution_count=17)]
    notebook = new_notebook(cells=[new_markdown_cell("Hello"), cell, new_code_cell("not run")])
    notebook.metadata.update(
        {"widgets": {}, "title": "kept", "language_info": {"name": "python", "version": "3.11.7"}}
    )
    normalise(notebook)
    assert cell.metadata == {"tags": ["keep"]}
    assert cell.execution_count == cell.outputs[0].execution_count == 1
    assert cell.outputs[0].data == {"text/plain": "a slider"}
    named = ["beginning-then", "beginning-code", "beginning-code-2"]
    assert [cell.id for cell in notebook.cells] == named
    assert notebook.cells[2].execution_count is None, "a cell that did not run must not look run"
    assert notebook.metadata["language_info"] == {"name": "python"}
    assert notebook.metadata["title"] == "kept" and "widgets" not in notebook.metadata
    nbformat.validate(notebook)


def test_a_cell_is_named_once() -> None:
    cells = [
        new_code_cell("import os\n\nfrom a import b", id="1"),
        new_markdown_cell("## Lost: the SYN\n\nIn chapter 01", id="cell-004"),
        new_code_cell("os", id="8c3f0a1b"),
        new_markdown_cell("**Two** answers", id="kept-as-it-is"),
        new_code_cell("os", id="6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        new_markdown_cell("One more", id="kept-as-it-was"),
        new_markdown_cell("# 中文"),
    ]
    notebook = new_notebook(cells=cells)
    notebook.cells[5]["id"] = "kept-as-it-is"
    normalise(notebook)
    named = ["setup", "lost-the-syn", "lost-the-syn-code", "kept-as-it-is", "lost-the-syn-code-2",
             "lost-the-syn-then", "section"]  # fmt: skip
    assert [cell.id for cell in notebook.cells] == named
    notebook.cells[1].source = "## Another heading"
    notebook.cells.insert(1, notebook.cells.pop())
    normalise(notebook)
    assert [cell.id for cell in notebook.cells] == [named[0], named[-1], *named[1:-1]]


@pytest.mark.parametrize("identity", ["", "cell-000", "cell12", "17", "8c3f0a1b", "A", "a b"])
def test_what_is_no_name_of_a_cell(identity: str) -> None:
    assert not is_name(identity)
    assert is_name("the-map") and is_name("2-msl")


def test_edited_but_not_executed(tmp_path: Path) -> None:
    path = written(tmp_path / "one.ipynb", "1 + 1")
    assert not is_current(read(path))
    execute(path)
    notebook = read(path)
    assert is_current(notebook)
    notebook.cells.append(new_markdown_cell("Prose may change."))
    assert is_current(notebook)
    notebook.cells[0].source = "1 + 2"
    assert not is_current(notebook)


def test_moving_code_between_cells_is_an_edit() -> None:
    one = new_notebook(cells=[new_code_cell("a"), new_code_cell("bc")])
    two = new_notebook(cells=[new_code_cell("ab"), new_code_cell("c")])
    assert code_hash(one) != code_hash(two)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("1 / 0", "a cell failed with ZeroDivisionError: division by zero"),
        ("import warnings\nwarnings.warn('old')", "cell 1 warns: "),
    ],
)
def test_a_notebook_that_fails_or_warns_is_left_alone(
    tmp_path: Path, source: str, sentence: str
) -> None:
    path = written(tmp_path / "one.ipynb", source)
    before = path.read_bytes()
    with pytest.raises(TcpCourseError) as caught:
        execute(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"plain text", b"\xff\xfe", b"[]", b'{"a": 1}'])
def test_what_is_not_a_notebook(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.ipynb"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}: ")


def nbval(path: Path) -> subprocess.CompletedProcess[str]:
    command = [
        "-c",
        "pyproject.toml",
        "--rootdir",
        str(path.parent),
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *command, str(path)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_test_command_notices_an_output_changed_by_hand(tmp_path: Path) -> None:
    path = written(tmp_path / "one.ipynb", "print('seq 1461')", "'ack 626'")
    execute(path)
    assert nbval(path).returncode == 0
    for old in ("seq 1461", "ack 626"):
        notebook = read(path)
        cell = next(cell for cell in notebook.cells if old in cell.source)
        output = cell.outputs[0]
        if "text" in output:
            output.text = "seq 1460\n"
        else:
            output.data["text/plain"] = "'ack 625'"
        changed = tmp_path / "changed.ipynb"
        nbformat.write(notebook, changed)
        done = nbval(changed)
        assert done.returncode == 1 and "Cell outputs differ" in done.stdout, done.stdout
