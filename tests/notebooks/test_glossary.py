"""The glossary: what its words are called in Chinese, where they stand, and who leads there."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from .chapters import GLOSSARY, PATHS, prose

CHINESE = Path(__file__).parents[2] / "data" / "glossary.tsv"
LINK = re.compile(r"\]\(glossary\.ipynb#([^)]+)\)")


def chinese() -> dict[str, str]:
    with open(CHINESE, encoding="utf-8", newline="") as file:
        first, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert first == ["term", "中文"]
    assert len({row[0] for row in rows}) == len(rows)
    return {term: words for term, words in rows}


def terms() -> dict[str, str]:
    text = "\n".join(prose(GLOSSARY))
    found = re.findall(r"^### (.+)\n\n(.+)$", text, flags=re.M)
    assert len(found) == text.count("\n### "), "each term has one paragraph"
    return dict(found)


def test_there_are_sixty_and_they_are_in_order() -> None:
    found = list(terms())
    assert len(found) >= 60 and found == sorted(found, key=str.casefold)
    assert f"{len(found)} words of this course" in prose(GLOSSARY)[0]


def test_the_chinese_is_that_of_the_table() -> None:
    said = {term: re.findall(r"中文：(.+?)。 ", words) for term, words in terms().items()}
    assert said == {term: [words] for term, words in chinese().items()}


def test_each_says_where_it_is_at_home() -> None:
    for term, words in terms().items():
        assert re.search(r" (RFC \d{4} §[\d.]+|RFC 1337|no RFC: )", words), term
        assert len(words.split(" 中文")[0].split()) >= 6, term


def test_each_is_linked_once_from_the_chapter_that_it_names() -> None:
    """And from no earlier one: the chapter is the first that uses the word."""
    homes = {
        term: re.findall(r"First in \[.+?\]\(([^)]+)\)\.$", words)
        for term, words in terms().items()
    }
    linked: dict[str, list[str]] = {}
    for path in PATHS:
        for anchor in LINK.findall("\n".join(prose(path))):
            linked.setdefault(anchor, []).append(path.name)
    assert linked == {term.replace(" ", "-"): names for term, names in homes.items()}


def test_no_link_stands_where_markdown_is_not_read() -> None:
    """A line that begins with HTML is HTML to its end."""
    for path in PATHS:
        for line in "\n".join(prose(path)).splitlines():
            assert not (line.startswith("<") and "](" in line), (path.name, line)
