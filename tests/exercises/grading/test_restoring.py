"""Reading files that may be anything, and putting cells back where they belong."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.grading.plaindata import clean, harmless, parse
from tcpcourse.exercises.grading.restore import restore
from tcpcourse.exercises.grading.submissions import Cell, Unreadable, cells_of, read

STUB = "# YOUR CODE HERE"


def marked(cell: Any, name: str, **what: bool) -> Any:
    cell.metadata["nbgrader"] = {"grade_id": name, **what}
    cell.id = f"id-{name}"
    return cell


RELEASE = new_notebook(
    cells=[
        marked(new_markdown_cell("# Title"), "title", locked=True),
        new_code_cell("setup = 1", id="setup"),
        marked(new_markdown_cell("What is one?"), "q1-words", locked=True),
        marked(new_code_cell(STUB), "q1-answer", solution=True),
        marked(new_code_cell("check(q1)"), "q1", grade=True, locked=True),
        marked(new_markdown_cell("Why?"), "q2-words", locked=True),
        marked(new_markdown_cell("Your answer."), "q2", grade=True, solution=True),
    ]
)
NAMES = {"q1": "q1", "q2": ""}
GOOD = [
    Cell("markdown", "# Title", "title"),
    Cell("code", "setup = 1", "", "setup"),
    Cell("markdown", "What is one?", "q1-words"),
    Cell("code", "q1 = 1", "q1-answer"),
    Cell("code", "check(q1)", "q1"),
    Cell("markdown", "Why?", "q2-words"),
    Cell("markdown", "Because.", "q2"),
]


def restored(cells: list[Cell]) -> Any:
    return restore(cells, RELEASE, NAMES)


def answers(out: Any) -> dict[str, str]:
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in out.notebook.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def test_what_is_whole_stays_as_it_is() -> None:
    out = restored(GOOD)
    assert [cell.source for cell in out.notebook.cells] == [cell.source for cell in GOOD]
    assert out.run == [("setup", "setup = 1"), ("id-q1-answer", "q1 = 1")]
    assert out.notes == []
    nbformat.validate(out.notebook)


@pytest.mark.parametrize(
    ("source", "is_it"),
    [
        ("# my id is below\nsetup = 1", False),
        ("setup = 1  # mine", True),
        ("setup  =  12", True),
        ("print('something else')", False),
    ],
)
def test_the_first_cell_is_known_though_it_was_changed(source: str, is_it: bool) -> None:
    """Without names or ids it is known by looking much alike: 9 letters of at most 21."""
    cells = [Cell(c.kind, source if c.source == "setup = 1" else c.source) for c in GOOD]
    run = [text for _, text in restored(cells).run]
    assert run == ([source, "q1 = 1"] if is_it else ["setup = 1", source, "q1 = 1"])


def test_nothing_at_all() -> None:
    out = restored([])
    assert answers(out) == {"q1-answer": STUB, "q2": "Your answer."}
    assert out.run == [("setup", "setup = 1")]
    assert (
        "q1-answer",
        "This cell is not in the notebook; it was put back without an answer.",
    ) in (out.notes)


@pytest.mark.parametrize("seed", range(12))
def test_any_order_any_metadata(seed: int) -> None:
    """Shuffled, and each cell known by one of its name, its id, its words or what it does."""
    cells = [
        Cell(c.kind, c.source, c.grade_id if (seed + n) % 2 else "", c.id)
        for n, c in enumerate(GOOD)
    ]
    kept = random.Random(seed).sample(cells[:6], 6)
    out = restored([*kept, GOOD[6]])
    assert answers(out) == {"q1-answer": "q1 = 1", "q2": "Because."}
    assert [cell.source for cell in out.notebook.cells] == [cell.source for cell in GOOD]
    assert ("id-q1-answer", "q1 = 1") in out.run and ("setup", "setup = 1") in out.run


def test_words_are_known_by_where_they_stand() -> None:
    stripped = [Cell(c.kind, c.source) for c in GOOD]
    assert answers(restored(stripped))["q2"] == "Because."


def test_a_second_answer_is_said() -> None:
    out = restored([*GOOD[:4], Cell("code", "q1 = 2", "q1-answer"), *GOOD[4:]])
    assert answers(out)["q1-answer"] == "q1 = 2"
    assert [source for _, source in out.run] == ["setup = 1", "q1 = 1", "q1 = 2"]
    assert out.notes == [("q1-answer", "This cell is there 2 times; the last of them counts.")]


def test_an_empty_copy_after_the_answer_takes_nothing_away() -> None:
    out = restored([*GOOD, Cell("code", STUB, "q1-answer"), Cell("code", STUB)])
    assert answers(out)["q1-answer"] == "q1 = 1"
    assert STUB not in [source for _, source in out.run]


def test_the_instructors_words_come_from_the_release() -> None:
    changed = [*GOOD]
    changed[2] = Cell("markdown", "What is two?", "q1-words")
    changed[4] = Cell("code", "points = 99", "q1")
    out = restored(changed)
    assert [c.source for c in out.notebook.cells] == [
        "# Title", "setup = 1", "What is one?", "q1 = 1", "points = 99", "check(q1)", "Why?",
        "Because.",
    ]  # fmt: skip
    assert {cell for cell, _ in out.notes} == {"q1-words", "q1"}
    # what a student wrote there is still run, in the sandbox
    assert ("changed-id-q1", "points = 99") in out.run


def test_names_of_no_cell_are_only_cells() -> None:
    out = restored([*GOOD, Cell("code", "z = 1", "q99"), Cell("markdown", "note", "title2")])
    assert [cell.source for cell in out.notebook.cells[-2:]] == ["z = 1", "note"]
    assert all(not cell.metadata for cell in out.notebook.cells[-2:])


@given(st.lists(st.sampled_from([
    *GOOD, Cell("code", "q1 = 3"), Cell("markdown", "<b>", "q1-answer"), Cell("code", "", "q2"),
    Cell("code", STUB, "q1-answer", "setup"), Cell("markdown", "x", "q1", "id-q1"),
]), max_size=14))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_every_cell_of_the_release_is_there_once(cells: list[Cell]) -> None:
    out = restored(cells)
    names = [c.metadata.get("nbgrader", {}).get("grade_id") for c in out.notebook.cells]
    wanted = [c.metadata["nbgrader"]["grade_id"] for c in RELEASE.cells if c.metadata]
    assert [name for name in names if name] == wanted
    assert len({cell.id for cell in out.notebook.cells}) == len(out.notebook.cells)
    assert {cell for cell, _ in out.run} <= {cell.id for cell in out.notebook.cells}
    nbformat.validate(out.notebook)


# -- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\xff\xfe{\x00", "damaged"),
        (b"PK\x03\x04zip", "damaged"),
        (b"<<<<<<< HEAD\n{}", "no JSON from line 1 on"),
        (b'{"cells": [', "no JSON from line 1 on"),
        (b"[" * 50_000, "damaged"),
        (b"[" * 2_000_000, "more parts"),
        (b"[" + b"1," * 5_000_000 + b"1]", "more parts"),
        (b"{}", "no list of cells"),
        (b'{"cells": {}}', "no list of cells"),
        (b'{"worksheets": [3]}', "no list of cells"),
        (b"3", "no notebook"),
        (json.dumps({"cells": [{}] * 1001}).encode(), "more than 1000 cells"),
        (
            json.dumps({"cells": [{"cell_type": "code", "source": "x" * 10**6}] * 21}).encode(),
            "more than 4 MB",
        ),
    ],
)
def test_no_notebook(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        list(cells_of(data))


def test_a_cell_may_be_anything() -> None:
    raw = [
        None, [], {"cell_type": 4, "source": {"a": 1}},
        {"cell_type": "code", "source": ["a", 3, "b"]},
        {"cell_type": "code", "source": "x\r\ny\rz", "metadata": [1], "id": 7},
        {"cell_type": "raw", "source": "r", "metadata": {"nbgrader": {"grade_id": ["q1"]}}},
        {"cell_type": "code", "source": "\ud800", "metadata": {"nbgrader": 5}, "id": "a\nb"},
    ]  # fmt: skip
    assert list(cells_of(json.dumps({"cells": raw}).encode())) == [
        Cell("markdown", ""), Cell("markdown", ""), Cell("markdown", ""), Cell("code", "ab"),
        Cell("code", "x\ny\nz"), Cell("markdown", "r"), Cell("code", "?"),
    ]  # fmt: skip


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(
        st.sampled_from(["cells", "worksheets", "source", "cell_type", "metadata", "nbgrader"]),
        each, max_size=5,
    ),
    max_leaves=30,
))  # fmt: skip
def test_any_json_is_cells_or_a_sentence(data: Any) -> None:
    try:
        cells = list(cells_of(json.dumps(data).encode()))
    except Unreadable as problem:
        assert str(problem).startswith(("the notebook", "the file"))
    else:
        restored(cells)


def test_the_longest_notebook_is_put_back_in_seconds() -> None:
    """A thousand cells that all look like something: the work does not grow with their square."""
    text = "setup = 2\nq1 \n" + "q1 " * 300
    cells = [Cell("code", text + str(n)) for n in range(500)]
    cells += [Cell("markdown", "> " * 2000, "q2", "setup") for n in range(500)]
    began = time.monotonic()
    restored(cells)
    assert time.monotonic() - began < 10


def test_where_the_notebook_is(tmp_path: Path) -> None:
    def handed_in(*names: str) -> Path:
        """Notebooks, each with its own name as its only cell; ``-`` before it: a blank one."""
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name in names:
            text = "blank" if name.startswith("-") else name
            book = {"cells": [{"cell_type": "code", "source": text}]}
            (folder / name.removeprefix("-")).write_text(json.dumps(book))
        return folder

    def found(*names: str) -> tuple[str, tuple[str, ...]]:
        done = read(handed_in(*names), "ps1", lambda cells: cells[0].source == "blank")
        return done.cells[0].source, done.notes

    assert found("ps1.ipynb") == ("ps1.ipynb", ())
    name, notes = found("Ps1 final.IPYNB", "x.txt")
    assert name == "Ps1 final.IPYNB"
    assert notes == ("The notebook is called 'Ps1 final.IPYNB'; it is taken for ps1.ipynb.",)
    name, notes = found("ps1.ipynb", "ps1 (1).ipynb")
    assert name == "ps1.ipynb" and "There are 2 notebooks; the one called ps1" in notes[0]
    name, notes = found("-ps1.ipynb", "ps1 (1).ipynb", "-z.ipynb")
    assert name == "ps1 (1).ipynb" and "only 'ps1 (1).ipynb' holds answers" in notes[0]
    assert found("-ps1.ipynb", "-ps1 (1).ipynb")[0] == "blank"
    for names in (("a.ipynb", "b.ipynb"), ("-ps1.ipynb", "a.ipynb", "b.ipynb")):
        with pytest.raises(Unreadable, match="nothing tells which of them counts"):
            found(*names)
    with pytest.raises(Unreadable, match="there is no notebook in the submission"):
        found("a.txt")
    with pytest.raises(Unreadable, match="cannot be read"):
        read(tmp_path / "nowhere", "ps1")


def test_pipes_and_folders_are_no_notebooks(tmp_path: Path) -> None:
    """A named pipe would be waited for for ever."""
    os.mkfifo(tmp_path / "ps1.ipynb")
    with pytest.raises(Unreadable, match="no notebook"):
        read(tmp_path, "ps1")
    os.unlink(tmp_path / "ps1.ipynb")
    (tmp_path / "ps1.ipynb").mkdir()
    with pytest.raises(Unreadable, match="no notebook"):
        read(tmp_path, "ps1")


def test_files_too_large(tmp_path: Path) -> None:
    with open(tmp_path / "ps1.ipynb", "wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(Unreadable, match="larger than 100 MB"):
        read(tmp_path, "ps1")


# -- text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--x-->", "<a href=x>y</a>",
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](&#106;avascript:alert(1))",
        "[x](javascript\\:alert(1))", "[x]: javascript:alert(1)\n\n[x]", "<javascript:alert(1)>",
        "![x](data:text/html,<script>)", "[x](vbscript:y)", "[x](javascript&colon;alert(1))",
        "`code`<svg/onload=alert(1)>", "[x](<javascript:alert(1)>)", "$\\href{javascript:x}{y}$",
    ],
)  # fmt: skip
def test_no_markup_of_a_student_is_left(text: str) -> None:
    import re

    from nbconvert.filters import markdown2html

    page = markdown2html(harmless(text))
    assert set(re.findall(r"<(\w+)", page)) <= {"p", "a", "code", "img", "span", "br"}
    for place in re.findall(r'(?:href|src)="([^"]*)"', page):
        assert not re.match(r"\s*(javascript|vbscript|data)\s*:", place, re.IGNORECASE)
    assert "onerror" not in re.sub(r"&lt;.*", "", page)


@pytest.mark.parametrize(
    "text",
    ["![x](https://tracker.example/a.png)", "![x][ref]\n\n[ref]: https://tracker.example/a.png",
     "! [x](https://tracker.example/a.png)", "![](//tracker.example/a.png 't')",
     "<img src='https://tracker.example/a.png'>", "![a ![x](https://tracker.example/a.png)](b)"],
)  # fmt: skip
def test_no_picture_is_fetched_from_elsewhere(text: str) -> None:
    """Its owner would be told when, and where, an answer is read: it becomes a link."""
    from nbconvert.filters import markdown2html

    assert "<img" not in markdown2html(harmless(text))


def test_ordinary_words_are_left_alone() -> None:
    text = "If a < b & c, *then* `x <= 2`:\n\n1. see $a<b$\n2. [RFC](https://example.org/?a=1&b=2)"
    assert harmless(text).replace("\u200b", "") == text
    assert harmless("a < b") == "a < b"


def test_clean_text() -> None:
    assert clean("a\x00b\x1b[31m\u202e\ud800c") == "a\ufffdb\ufffd[31m\ufffd\ufffdc"
    assert clean("x" * 500, 10) == "x" * 9 + "…"
    assert clean(5) == "" and clean(None) == ""


@given(st.binary(max_size=200) | st.text().map(lambda text: json.dumps({"a": text}).encode()))
def test_messages_are_objects_or_said_to_be_none(line: bytes) -> None:
    try:
        assert type(parse(line)) is dict
    except TcpCourseError as problem:
        assert str(problem) in (
            "more than an answer can be",
            "something that cannot be read",
            "something that is no JSON object",
        )


@pytest.mark.parametrize(
    "line",
    [b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1e400}', b"[1]", b"{" * 9999,
     b'{"a": ' + b"9" * 41 + b"}", b"x" * (5 << 20), b'{"a": [' + b"0," * 300_000 + b"0]}"],
)  # fmt: skip
def test_messages_that_are_refused(line: bytes) -> None:
    with pytest.raises(TcpCourseError):
        parse(line)
