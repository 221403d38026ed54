"""The map that lights up: counted by hand along the document's own stories."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tcpcourse.sources.simulation.network import simulate
from tcpcourse.views import atlas


def test_a_handshake_lights_five_states_and_five_arrows() -> None:
    # A: CLOSED, SYN_SENT, ESTABLISHED; B: CLOSED, LISTEN, SYN_RCVD, ESTABLISHED
    picture = atlas(simulate("three-way-handshake"))
    assert "5 of 11 states, 5 of 30 arrows" in picture.title
    missing = "FIN_WAIT_1, CLOSE_WAIT, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT"
    assert set(missing.split(", ")) == set(
        picture.title.partition("Still to come: ")[2].rstrip(".").split(", ")
    )


def test_a_second_story_adds_only_what_is_new() -> None:
    # the crossing SYNs add SYN_SENT to SYN_RCVD, and no state
    both = atlas(simulate("three-way-handshake"), simulate("simultaneous-open"))
    assert "5 of 11 states, 6 of 30 arrows" in both.title


def test_the_three_ways_to_close_light_every_state() -> None:
    # a handshake (5), four segments (7), both at once (2 by way of CLOSING), three segments (1)
    names = ("close-four-segments", "simultaneous-close", "close-three-segments")
    picture = atlas(*map(simulate, names))
    assert "11 of 11 states, 15 of 30 arrows" in picture.title
    assert "Still to come" not in picture.title


def test_nothing_walked_is_a_pale_map() -> None:
    picture = atlas()
    assert "0 of 11 states, 0 of 30 arrows" in picture.title
    assert ET.fromstring(picture.svg).attrib["aria-label"] == picture.title
