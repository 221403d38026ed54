"""The square of pairs: what is filled is what was given."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tcpcourse.core.states import State
from tcpcourse.views import pair_map

SVG = "{http://www.w3.org/2000/svg}"


def test_two_pairs_are_two_filled_cells() -> None:
    pairs = [(State.CLOSED, State.LISTEN), (State.ESTABLISHED, State.ESTABLISHED)]
    picture = pair_map(pairs)
    titles = [each.text for each in ET.fromstring(picture.svg).iter(f"{SVG}title")]
    assert titles[1:] == ["A CLOSED, B LISTEN", "A ESTABLISHED, B ESTABLISHED"]
    assert picture.title == "Map of pairs: 2 of 121 pairs of states."


def test_no_pair_is_an_empty_square() -> None:
    root = ET.fromstring(pair_map(()).svg)
    assert not list(root.iter(f"{SVG}circle"))
    assert len([each for each in root.iter(f"{SVG}path") if each.get("class") == "n"]) == 121
