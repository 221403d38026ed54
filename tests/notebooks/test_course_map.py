"""The tables of ``notebooks/README.md``: the document's lines, and what one can do afterwards."""

from __future__ import annotations

import re
from urllib.parse import unquote

import nbformat
import pytest

from .chapters import FOLDER, PATHS, anchors, headings, prose, sections

LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)#([^)]+)\)")
README = (FOLDER / "README.md").read_text(encoding="utf-8")
GOAL = re.compile(r"^- \*\*(\d[a-z])\*\* ", flags=re.M)
TESTS = re.compile(r"^\*Tests ([0-9a-z, ]+)\.\*$", flags=re.M)
# Counted by hand: title, 一, 开始, eleven states with two afterthoughts, 关闭, a to c, 二,
# the columns and eight packets, nine lines of the analysis.
LINES = 1 + 1 + 1 + 11 + 2 + 1 + 3 + 1 + 9 + 9


def bare(text: str) -> str:
    """The text without what Markdown and spacing add to the document's own signs."""
    return re.sub(r"[\s>\\`]", "", text)


def lines() -> list[tuple[str, str, str, str]]:
    """Of each line of the document its words, and where it is quoted, stepped and checked."""
    part = README.partition("## Where each line of the document is met")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (?!line)(\S.*?) \| (.*?) \| (.*?) \| (.*?) \|$", part, flags=re.M)
    return [row for row in found if not row[0].startswith("---")]


def test_no_line_of_the_document_is_left_out() -> None:
    assert len(lines()) == LINES


@pytest.mark.parametrize("row", lines(), ids=[row[0][:24] for row in lines()])
def test_a_line_is_quoted_where_the_table_says(row: tuple[str, str, str, str]) -> None:
    words, quoted, stepped, checked = row
    [(name, anchor)] = LINK.findall(quoted)
    title = next(
        title for _, title in headings(FOLDER / name) if title.replace(" ", "-") == unquote(anchor)
    )
    section = dict(sections(FOLDER / name))[title]
    assert bare(words) in bare(section)
    for target, anchor in LINK.findall(stepped + checked):
        assert unquote(anchor) in anchors(FOLDER / target), anchor


def goals() -> dict[str, str]:
    """Each thing that one can do afterwards, by its sign, with the chapter that promises it."""
    return {sign: path.stem for path in PATHS for sign in GOAL.findall(prose(path)[0])}


def test_each_chapter_says_what_one_can_do_afterwards_and_the_table_has_it() -> None:
    found = goals()
    assert {name[:2] for name in found.values()} == {path.stem[:2] for path in PATHS}
    assert all(name[1] == sign[0] for sign, name in found.items())
    assert set(re.findall(r"^\| (\d[a-z]) \| ", README, flags=re.M)) == set(found)


def test_each_exercise_says_what_it_tests_and_the_table_agrees() -> None:
    told: dict[str, set[str]] = {}
    for path in (FOLDER / "exercises" / "source").glob("*/*.ipynb"):
        for cell in nbformat.read(path, 4).cells:
            if re.fullmatch(r"q\d-words", cell.id):
                [signs] = TESTS.findall(cell.source)
                for sign in signs.split(", "):
                    told.setdefault(sign, set()).add(f"{path.stem[:3]} {cell.id[:2]}")
    assert told.keys() <= goals().keys()
    for sign, where in re.findall(r"^\| (\d[a-z]) \| .* \| (.*) \|$", README, flags=re.M):
        assert set(re.findall(r"ps\d q\d", where)) == told.get(sign, set()), sign


@pytest.mark.parametrize("path", PATHS[1:9], ids=lambda path: path.stem)
def test_each_chapter_asks_of_an_earlier_one(path: object) -> None:
    stem = getattr(path, "stem", "")
    asked = dict(sections(FOLDER / f"{stem}.ipynb"))["Do you remember?"]
    [(name, _)] = LINK.findall(asked)
    assert name[:2] < stem[:2] and asked.count("<details>") >= 3
