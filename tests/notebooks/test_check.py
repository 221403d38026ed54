"""The ten questions before and after: parallel, each with one right answer, and nothing sent."""

from __future__ import annotations

import re

import nbformat

from .chapters import FOLDER, prose

CHECK = FOLDER / "check.ipynb"
QUESTION = re.compile(r"^## (Before|After) (\d+): (.+)$", re.MULTILINE)
OPTION = re.compile(r"<details><summary>(.+?)</summary>\n\n(.+?)\n</details>", re.DOTALL)
AGAIN = {
    "Before": re.compile(r"You will see it in \[.+?\]\((\d\d-[\w-]+\.ipynb)\)\.$"),
    "After": re.compile(r"Read again: \[.+?\]\((\d\d-[\w-]+\.ipynb)\)\.$"),
}


def questions(part: str) -> dict[str, list[tuple[str, str]]]:
    found = {}
    for text in prose(CHECK):
        for which, number, head in QUESTION.findall(text):
            if which == part:
                assert int(number) == len(found) + 1 and text.count("**Predict:**") == 1
                found[head] = OPTION.findall(text)
    return found


def test_ten_before_and_ten_after_with_the_same_heads_and_other_questions() -> None:
    before, after = questions("Before"), questions("After")
    assert len(before) == 10 and list(before) == list(after)
    assert all(before[head] != after[head] for head in before)


def test_one_option_is_right_and_each_wrong_one_says_where_to_read() -> None:
    places = []
    for part in ("Before", "After"):
        for head, options in questions(part).items():
            assert len(options) == 3
            right = [place for place, (_, said) in enumerate(options) if said.startswith("Yes")]
            assert len(right) == 1, (part, head)
            places += right
            homes = [AGAIN[part].search(said) for place, (_, said) in enumerate(options)
                     if place != right[0]]  # fmt: skip
            assert all(home and (FOLDER / home[1]).is_file() for home in homes), (part, head)
            assert not AGAIN[part].search(options[right[0]][1])
    assert {places.count(place) for place in (0, 1, 2)} <= {5, 6, 7, 8, 9}, "no place is a habit"


def test_it_needs_no_python_and_sends_nothing() -> None:
    assert all(cell.cell_type == "markdown" for cell in nbformat.read(CHECK, 4).cells)
    text = "\n".join(prose(CHECK))
    assert not re.search(r"https?:|<(script|form|img|iframe)", text)


def test_the_start_and_the_proof_lead_to_it() -> None:
    assert "](check.ipynb#Before)" in "\n".join(prose(FOLDER / "00-start-here.ipynb"))
    assert "](check.ipynb#After)" in "\n".join(prose(FOLDER / "08-proof.ipynb"))
