"""Nobody guesses the right option from its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nbformat.v4 import new_markdown_cell, new_notebook

from tcpcourse.notebooks import normalise

from .chapters import PATHS, each, prose

GROUP = re.compile(r"(?:<details><summary>(?!\d\. ).*?</details>\s*){2,}", re.S)
OPTION = re.compile(r"<details><summary>(.*?)</summary>\s*(.*?)</details>", re.S)


def asked(path: Path) -> Iterator[list[tuple[str, bool]]]:
    """Of each question of a chapter its options, and whether each is right: it says Yes."""
    for text in prose(path):
        for group in GROUP.findall(text):
            yield [
                (option, bool(re.match(r"Yes\b", reply))) for option, reply in OPTION.findall(group)
            ]


@each
def test_each_question_has_one_right_option(path: Path) -> None:
    for options in asked(path):
        assert sum(right for _, right in options) == 1, [option for option, _ in options]


@each
def test_the_right_option_has_no_place_of_its_own(path: Path) -> None:
    places = [[right for _, right in options] for options in asked(path)]
    for at in (0, -1):
        assert sum(rights[at] for rights in places) <= max(2, 0.65 * len(places))


def test_over_the_course_it_is_first_as_often_as_last() -> None:
    every = [[right for _, right in options] for path in PATHS for options in asked(path)]
    first, last = (sum(rights[at] for rights in every) / len(every) for at in (0, -1))
    assert len(every) > 100
    assert 0.25 < first < 0.45 and 0.25 < last < 0.45


def test_numbers_stand_by_their_size() -> None:
    for path in PATHS:
        for options in asked(path):
            found = [
                re.fullmatch(r"(?:seq )?([\d ]+)(?:, ack ([\d ]+))?", words) for words, _ in options
            ]
            if all(found):
                sizes = [
                    tuple(int(part.replace(" ", "")) for part in each.groups() if part)  # type: ignore[union-attr]
                    for each in found
                ]
                assert sizes == sorted(sizes), [words for words, _ in options]


def test_executing_a_notebook_orders_its_options() -> None:
    """By size where they are numbers, else in an order that does not depend on the author's."""
    numbers = "Which?\n\n" + "\n\n".join(f"<details><summary>{n}</summary>\n\n{n}.\n</details>"
                                        for n in ("1515", "9 = 7", "1460"))  # fmt: skip
    words = [f"<details><summary>{n}</summary>\n\n{n}.\n</details>" for n in ("ox", "ass", "hen")]
    found = set()
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        texts = [numbers, "Who?\n\n" + "\n\n".join(words[at] for at in order) + "\n\nSay why."]
        notebook = new_notebook(
            cells=[new_markdown_cell(text, id=f"q-{at}") for at, text in enumerate(texts)]
        )
        normalise(notebook)
        assert re.findall("<summary>(.*?)</summary>", notebook.cells[0].source) == [
            "9 = 7",
            "1460",
            "1515",
        ]
        assert notebook.cells[1].source.endswith("</details>\n\nSay why.")
        found.add(notebook.cells[1].source)
    assert len(found) == 1
