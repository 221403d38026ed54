"""The lecturer's guide: it fits the chapters, asks well, and reaches nobody but the lecturer."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.export import pages, slides
from tcpcourse.export.layout import heading_of
from tcpcourse.export.lecturing import GUIDE, guide

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
QUESTION = re.compile(r"\*\*Ask\.\*\* (.+?)\n\n((?:- .+\n?)+)\n\*\*Then ask\.\*\* (.+)")
OPTION = re.compile(r"- (\*\*)?(.+?)(?:\*\*)? \*(.+)\*")

MADE = """# A short chapter

## One slide

Words for everybody.

## Another

More."""
SAID = """# A guide

## 07 · Another chapter

### One slide

Not this.

## 42 · A short chapter

### One slide

**Say** it slowly.

### No such slide

Nobody hears this.

## 43 · And one more

### Another

Nor this.
"""


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_slide_that_the_guide_names_is_there_once(path: Path) -> None:
    headings = [heading_of(cell) for cell in nbformat.read(path, 4).cells]
    words = guide(NOTEBOOKS, path.stem)
    assert words and all(words.values())
    assert {heading: headings.count(heading) for heading in words} == dict.fromkeys(words, 1)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_five_questions_a_chapter_each_with_reasons_for_every_answer(path: Path) -> None:
    text = "\n\n".join(guide(NOTEBOOKS, path.stem).values())
    questions = QUESTION.findall(text)
    assert len(questions) == text.count("**Ask.**") == 5
    for asked, answers, then in questions:
        options = [OPTION.fullmatch(line) for line in answers.strip().splitlines()]
        assert all(options), asked
        assert 3 <= len(options) <= 5, asked
        assert sum(bool(option and option[1]) for option in options) == 1, asked
        assert "?" in then or "…" in then, then


def test_the_right_answer_has_no_place_of_its_own() -> None:
    places = []
    for path in CHAPTERS:
        for _, answers, _ in QUESTION.findall("\n\n".join(guide(NOTEBOOKS, path.stem).values())):
            lines = answers.strip().splitlines()
            places.append([line.startswith("- **") for line in lines].index(True))
    assert all(places.count(place) <= len(places) * 0.6 for place in range(4))
    assert {0, 1, 2, 3} <= set(places)


def test_notes_stand_in_the_deck_on_their_slide_and_not_in_the_page(tmp_path: Path) -> None:
    cells = [nbformat.v4.new_markdown_cell(part) for part in MADE.split("\n\n## ")]
    for cell in cells[1:]:
        cell.source = f"## {cell.source}"
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    chapter = tmp_path / "42-short.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), chapter)
    (tmp_path / GUIDE).write_text(SAID, encoding="utf-8")
    [deck] = slides([chapter], tmp_path / "out")
    page, _ = pages([chapter], tmp_path / "out")
    told = re.findall(r'<aside class="notes">(.*?)</aside>', deck.read_text("utf-8"), re.DOTALL)
    assert len(told) == 1 and "<strong>Say</strong> it slowly." in told[0]
    slide = deck.read_text("utf-8").split("<section>")
    [holder] = [part for part in slide if '<aside class="notes">' in part]
    assert "One slide" in holder and "Another" not in holder
    assert "slowly" not in page.read_text("utf-8")
    assert "Nobody hears" not in deck.read_text("utf-8")


def test_a_guide_that_is_no_text_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / GUIDE).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(TcpCourseError, match=r"the lecturer's guide cannot be read"):
        guide(tmp_path, "01-opening")
    assert guide(tmp_path / "nowhere", "01-opening") == {}
