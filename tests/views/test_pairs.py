"""The square of pairs: what is filled is what was given, and every empty cell has its reason."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import product

import pytest

from tcpcourse.core.states import State
from tcpcourse.sources.simulation.explore import Exploration, explore
from tcpcourse.views import pair_map
from tcpcourse.views.pairs import why_never

S = State
FALLBACK = "In all the stories that were tried, nothing leads here."


@pytest.fixture(scope="module")
def found() -> Exploration:
    return explore(progress=False)


def cells(made: str) -> list[list[ET.Element]]:
    body = ET.fromstring(re.sub("<style>.*?</style>", "", made)).find(".//tbody")
    assert body is not None
    return [[cell[0] for cell in row.findall("td")] for row in body]


def test_two_pairs_are_two_filled_cells() -> None:
    made = pair_map([(S.CLOSED, S.LISTEN), (S.ESTABLISHED, S.ESTABLISHED)])
    filled = [cell.get("title") for row in cells(made) for cell in row if cell.get("class") == "y"]
    assert filled == ["A CLOSED, B LISTEN", "A ESTABLISHED, B ESTABLISHED"]
    assert "2 of 121 pairs of states." in made


def test_no_pair_is_an_empty_square() -> None:
    square = cells(pair_map(()))
    assert [len(row) for row in square] == [11] * 11
    assert not any(cell.get("class") for row in square for cell in row)


def test_a_cell_opens_to_its_story(found: Exploration) -> None:
    place = list(State).index(S.CLOSING)
    cell = cells(pair_map(found))[place][place]
    assert cell.tag == "details"
    told = [line.text for line in cell.iter("li")]
    assert told == list(found.stories[S.CLOSING, S.CLOSING])
    assert cell[0].text == str(len(told))


def test_the_square_is_its_own_mirror_image(found: Exploration) -> None:
    """Along the diagonal the lower left half of a cell falls on the upper right one."""
    square = cells(pair_map(found))
    for row, column in product(range(11), repeat=2):
        here = re.findall(r"--c\d", square[row][column].get("style", ""))
        there = re.findall(r"--c\d", square[column][row].get("style", ""))
        assert here == there[::-1]


def test_every_empty_cell_has_a_reason_and_no_filled_one_has(found: Exploration) -> None:
    for pair in product(State, repeat=2):
        reason = why_never(pair)
        assert (reason == FALLBACK) == (pair in found.pairs), (pair, reason)


def test_the_reasons_of_the_chapter() -> None:
    # FIN_WAIT_2 means that our FIN was acknowledged: the peer is not ESTABLISHED any more
    assert why_never((S.FIN_WAIT_2, S.ESTABLISHED)) == (
        "A in FIN_WAIT_2 knows that its FIN was acknowledged, so B has got it."
        " In ESTABLISHED, B has not."
    )
    assert why_never((S.ESTABLISHED, S.LAST_ACK)) == (
        "B in LAST_ACK has got a FIN from A. In ESTABLISHED, A has sent none."
    )


def test_it_is_the_same_every_time(found: Exploration) -> None:
    assert pair_map(found) == pair_map(found)
    assert len(pair_map(found)) < 60_000
