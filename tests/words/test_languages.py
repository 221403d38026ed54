"""Choosing a language, and what its catalogue must keep to."""

from __future__ import annotations

import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import tcpcourse as tcp
from tcpcourse.catalogues import (
    all_of,
    as_mo,
    collected,
    merged,
    path_of,
    stored,
    untranslated,
)
from tcpcourse.views.escape import markup
from tcpcourse.words import counted, kept_by_language, language, message, say
from tcpcourse.words.languages import LOCALES, VARIABLE, catalogue

CHINESE = [locale for locale in LOCALES.values() if locale.startswith("zh")]
ENTRIES = [
    (locale, each) for locale in CHINESE for each in stored(locale) if each.id and not each.fuzzy
]
HAN = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"'[^']*'|\"[^\"]*\"|\{[^}]*\}|起始:下一个\(长度\)")
SENTENCES = {"{why}", "{about}"}  # what ends with a mark of its own
NOT_CHINESE = (
    r"[\u4e00-\u9fff] ?[,;:?!](?=\s|$|[\u4e00-\u9fff])",  # marks of half width
    r"[\u4e00-\u9fff]\.(?=\s|$)",
    r"[\u4e00-\u9fff][A-Za-z]|[A-Za-z][\u4e00-\u9fff]",  # no space at Latin letters
    r"(?<=\S)  (?=\S)",
)


@pytest.fixture
def chinese() -> Iterator[None]:
    before = language()
    language("zh")
    yield
    language(before)


def test_english_is_spoken_until_somebody_chooses() -> None:
    assert language() == "en"
    assert say(message("Why must A wait?")) == "Why must A wait?"


def test_a_language_is_chosen_for_all_that_is_shown(chinese: None) -> None:
    assert tcp.language() == "zh"
    assert say(message("Why must A wait?")) == "A 为什么必须等？"
    assert markup(message("Why must A wait?")) == "A 为什么必须等？"
    assert say(message("{me} sends {size} bytes.", me="A", size=7)) == "A 发 7 字节。"
    one, many = (counted("1 packet", "{count} packets", count=n) for n in (1, 2))
    assert (say(one), say(many)) == ("1 个包", "2 个包")
    assert say("Plain text stays.") == "Plain text stays."


@pytest.mark.parametrize("name", ["zh", "zh_CN", "zh-Hans", "ZH", "zh_CN.UTF-8"])
def test_a_language_has_many_names(name: str) -> None:
    before = language()
    assert language(name) == "zh"
    language(before)


def test_a_language_that_is_not_there() -> None:
    with pytest.raises(tcp.TcpCourseError, match=r"There is no language 'xx'; there are en and zh"):
        tcp.language("xx")
    assert language() == "en"


def test_the_environment_chooses_first() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import tcpcourse as tcp; print(tcp.language())"],
        env={**os.environ, VARIABLE: "zh_CN"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "zh"


def test_what_is_kept_is_kept_by_language(chinese: None) -> None:
    made = []

    @kept_by_language(4)
    def shown(name: str) -> str:
        made.append(language())
        return say(message("Why must A wait?")) + name

    said = shown("!"), shown("!")
    language("en")
    assert (*said, shown("!")) == ("A 为什么必须等？!",) * 2 + ("Why must A wait?!",)
    assert made == ["zh", "en"]


def places(text: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(text) if name}


def forms(sentence: Any) -> tuple[list[str], list[str]]:
    """The English and the other forms of a catalogue's entry."""
    written = [sentence.id] if isinstance(sentence.id, str) else list(sentence.id)
    said = [sentence.string] if isinstance(sentence.string, str) else list(sentence.string)
    return written, said


@pytest.mark.parametrize("locale", CHINESE)
def test_the_catalogue_that_is_read_is_the_one_that_is_edited(locale: str) -> None:
    assert path_of(locale, "mo").read_bytes() == as_mo(stored(locale))


@pytest.mark.parametrize("locale", CHINESE)
def test_every_sentence_of_the_code_has_its_translation(locale: str) -> None:
    """``python -m tcpcourse.catalogues update`` takes new sentences over and says which."""
    catalogue = merged(locale, collected())
    left = [(sentence.locations[0][0], sentence.id) for sentence in untranslated(catalogue)]
    assert left == []
    # Babel finds them in another order with another Python, so they are compared without one.
    assert {each.id: each.string for each in catalogue if each.id} == {
        each.id: each.string for each in stored(locale) if each.id
    }


def test_a_translation_has_the_places_of_its_sentence() -> None:
    wrong = []
    for _, sentence in ENTRIES:
        written, said = forms(sentence)
        if all_of(sentence) and "{" in "".join(said):
            known = set().union(*map(places, written))
            wrong += [one for one in said if places(one) != known]
    assert len(ENTRIES) > 900 and not wrong


def test_chinese_is_written_with_its_own_marks() -> None:
    """By the style: full-width marks behind Chinese, a space between it and Latin letters."""
    wrong = []
    for _, sentence in ENTRIES:
        for said in forms(sentence)[1]:
            plain = re.sub(PLACE, lambda found: " " if found[0] in SENTENCES else "x", said)
            if any(re.search(mark, plain) for mark in NOT_CHINESE):
                wrong.append(said)
    assert not wrong


def test_a_sentence_that_was_translated_is_chinese() -> None:
    same = {
        written
        for _, sentence in ENTRIES
        for written, said in zip(*forms(sentence), strict=False)
        if said and not HAN.search(said)
    }
    same = {one for one in same if not one.startswith("<")}  # reprs are for programmers
    only_names = {one for one in same if re.search(r"[a-z]{3}", re.sub(r"\{[^}]*\}", "", one))}
    assert only_names <= {"seq {seq} ack {ack}", "seq {seq}"}


def test_every_catalogue_can_be_read() -> None:
    assert catalogue("zh").gettext("Why must A wait?") == "A 为什么必须等？"
    assert catalogue("en").gettext("Why must A wait?") == "Why must A wait?"
