"""Each view takes a trace or a conversation, shows itself, and says what else it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tcpcourse as tcp
from tcpcourse import views

DATA = Path(__file__).parents[2] / "data"
OF_A_TRACE = [
    "atlas", "bytes_in_flight", "ladder", "round_trips", "sequence_strip", "stage",
    "state_diagram", "table", "time_sequence",
]  # fmt: skip
MOST = 200  # characters of a repr

each = pytest.mark.parametrize("name", OF_A_TRACE)


def test_the_list_is_whole() -> None:
    # of a packet; of two numbers; of pairs of states; of a script
    others = {"explain", "number_line", "number_circle", "pair_map", "playground"}
    assert set(OF_A_TRACE) | others == {name for name in views.__all__ if name.islower()}


@each
def test_a_conversation_is_as_good_as_its_trace(name: str) -> None:
    conversation = tcp.load(DATA / "avatar.pcap").conversations[0]
    view = getattr(views, name)
    assert shown(view(conversation)) == shown(view(conversation.trace))
    assert tcp.explain(conversation, 5) == tcp.explain(conversation.trace, 5)


@each
def test_it_shows_itself_and_has_a_short_repr(name: str) -> None:
    made = getattr(views, name)(tcp.recording("lost-fin"))
    assert shown(made).startswith("<")
    assert len(repr(made)) <= MOST and " at 0x" not in repr(made)


@each
def test_what_is_no_story(name: str) -> None:
    capture = tcp.load(DATA / "avatar.pcap")
    with pytest.raises(tcp.TcpCourseError, match=r"choose one .*conversations\[0\]\.$"):
        getattr(views, name)(capture)
    with pytest.raises(tcp.TcpCourseError, match=r"^A str tells no story: give a Trace"):
        getattr(views, name)("lost-fin")


@pytest.mark.parametrize("name", ["bytes_in_flight", "round_trips", "time_sequence"])
def test_a_side_that_is_none(name: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=r"There is no side 'C': the sides are 'A' and"):
        getattr(views, name)(tcp.simulate("refused"), "C")


def test_every_repr_of_a_story_is_short() -> None:
    """Whatever the observer does not know, and however long a segment is."""
    assert all(len(repr(row)) <= MOST and " at 0x" not in repr(row) for row in tcp.TRANSITIONS)
    everything = [tcp.simulate("wraparound"), tcp.recording("fast-retransmit"), stranger()]
    for trace in everything:
        made = [trace, *trace, *trace.packets]
        made += [end for step in trace for end in (*step.after, step.after, *step.moves)]
        made += [*trace.segments, *(step.reaction for step in trace)]
        assert all(len(repr(one)) <= MOST and " at 0x" not in repr(one) for one in made)


def stranger() -> tcp.Trace:
    """A conversation of which the beginning is missing, so that any state is possible."""
    raw = (DATA / "http-get.pcap").read_bytes()
    place = 24
    for _ in range(6):
        place += 16 + int.from_bytes(raw[place + 8 : place + 12], "little")
    return tcp.load(raw[:24] + raw[place:]).conversations[0].trace


def shown(made: Any) -> str:
    markup = made._repr_html_()
    assert isinstance(markup, str)
    return markup
