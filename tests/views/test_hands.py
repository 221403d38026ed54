"""The playground in a page, as text: how large it is, and that it can say all that happens."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.core.table import TRANSITIONS
from tcpcourse.sources.simulation.carried import Carried, unpack
from tcpcourse.sources.simulation.reactions import EVENTS, REFUSED, Answer
from tcpcourse.views import playground
from tcpcourse.views.hands.words import CALLS, FLAGS, WORDS


@pytest.fixture(scope="module")
def style_and_script() -> list[str]:
    code = playground().rsplit('"', 2)[1]
    return gzip.decompress(b64decode(code)).decode().split("\0")


@pytest.fixture(scope="module")
def data(style_and_script: list[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(style_and_script[1].rsplit(")(", 1)[1][:-1])
    return found


@pytest.fixture(scope="module")
def table(data: dict[str, object]) -> Carried:
    return unpack(str(data["table"]))


def test_it_is_small_enough_for_a_page() -> None:
    assert len(playground().encode()) <= 60_000


def test_the_same_every_time_and_from_nowhere(style_and_script: list[str]) -> None:
    assert playground() == playground()
    for text in (str(playground()), *style_and_script):
        assert "://" not in text and "url(" not in text


def test_each_row_that_can_fire_has_its_sentence(data: dict[str, dict], table: Carried) -> None:
    lines = (*table.own, *table.arrivals)
    fired = {row for line in lines for found in line if isinstance(found, Answer)
             for row in found.rows}  # fmt: skip
    assert {int(row) for row in data["rows"]} == fired
    for row, (why, cite) in data["rows"].items():
        assert (why, cite) == (TRANSITIONS[int(row)].why, TRANSITIONS[int(row)].cite)


def test_each_refusal_has_its_reason(data: dict[str, dict], table: Carried) -> None:
    for end, line in zip(table.ends, table.own, strict=True):
        for event, found in enumerate(line):
            if found == REFUSED and EVENTS[event].is_call:
                assert data["refusals"][f"{end.state.value} {event}"]


def test_each_segment_and_state_has_its_name(data: dict[str, list], table: Carried) -> None:
    assert {kind.flags for kind in table.segments} == set(FLAGS)
    assert len(CALLS) == len(EVENTS)
    assert data["states"] == [state.name for state in State]


def test_no_sentence_is_idle_and_none_is_missing(style_and_script: list[str]) -> None:
    """The script asks for each by its name; what stands in a place is given."""
    code = style_and_script[1].rsplit(")(", 1)[0]
    for name in WORDS:
        plain = re.search(rf'"{name}"|{name}:', code)
        made = name.endswith("_it") and f'"{name.removesuffix("_it")}"' in code
        fate = name in ("lost", "copied", "delayed", "title", "question")
        assert plain or made or fate, name
    asked = re.findall(r'words\("(\w+)"', code)
    assert asked and set(asked) <= set(WORDS)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("A close", "A cannot close now: connection does not exist."),
        ("lose 1", "Packet 1 is not on the wire."),
        ("A connect; A timer user", "is not one of a page's playground: it can listen, "),
        ("A crash", "The move 'A crash' is not one of a page's playground"),
    ],
)
def test_a_move_that_a_page_cannot_make(script: str, words: str) -> None:
    with pytest.raises(TcpCourseError, match=re.escape(words)):
        playground(script)
