"""What the exploration proves, and what it is checked against: facts typed by hand."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import pytest

import tcpcourse as tcp
from tcpcourse.core.table import Row
from tcpcourse.sources.simulation.explore import Bounds, Exploration, explore
from tcpcourse.sources.simulation.stories import SCENARIOS

S = tcp.State


@cache
def explored(policy: str = "rfc5961", **limits: int) -> Exploration:
    return tcp.explore(policy=policy, **limits)


def test_there_are_exactly_three_ways_into_time_wait() -> None:
    """The document's a, b and c for state 11, and no other."""
    ways = explored().ways_into(S.TIME_WAIT)
    assert {(row.state, row.document) for row in ways} == {
        (S.FIN_WAIT_2, "11a"),
        (S.CLOSING, "11b"),
        (S.FIN_WAIT_1, "11c"),
    }
    assert len(ways) == 3


def test_the_states_of_a_normal_life_are_reached() -> None:
    pairs = explored().pairs
    for pair in (
        (S.SYN_SENT, S.LISTEN),
        (S.SYN_SENT, S.SYN_RCVD),
        (S.ESTABLISHED, S.ESTABLISHED),
        (S.FIN_WAIT_2, S.CLOSE_WAIT),
        (S.TIME_WAIT, S.LAST_ACK),
        (S.CLOSING, S.CLOSING),
        (S.TIME_WAIT, S.TIME_WAIT),
    ):
        assert pair in pairs


def test_pairs_that_cannot_happen() -> None:
    """Nobody has a FIN acknowledged by a peer that never took it."""
    pairs = explored().pairs
    for pair in (
        (S.FIN_WAIT_2, S.ESTABLISHED),
        (S.LAST_ACK, S.ESTABLISHED),
        (S.CLOSE_WAIT, S.CLOSE_WAIT),
        (S.LAST_ACK, S.LAST_ACK),
        (S.FIN_WAIT_2, S.FIN_WAIT_2),
        (S.LISTEN, S.ESTABLISHED),
        (S.TIME_WAIT, S.LISTEN),
    ):
        assert pair not in pairs


def test_the_world_is_symmetric() -> None:
    """Neither end is a server by nature: what A can be, B can be."""
    pairs = explored().pairs
    assert pairs == {(b, a) for a, b in pairs}


def test_only_fin_wait_2_can_wait_for_ever() -> None:
    """RFC 9293 has no timer for it: a peer that is gone leaves FIN_WAIT_2 waiting."""
    assert set(explored().stuck) == {(S.FIN_WAIT_2, S.CLOSED), (S.CLOSED, S.FIN_WAIT_2)}


def test_the_shortest_handshake_has_five_events() -> None:
    story = explored().stories[S.ESTABLISHED, S.ESTABLISHED]
    assert len(story) == 5  # two OPENs, three segments
    assert sum("calls" in line for line in story) == 2
    assert sum("gets" in line for line in story) == 3


def test_the_shortest_way_to_closing_on_both_sides() -> None:
    story = explored().stories[S.CLOSING, S.CLOSING]
    assert sum("calls CLOSE" in line for line in story) == 2


# Rows that the two explorations and the stories never fire: segments that two machines which
# keep to the RFC do not send each other, or calls that the course's stories do not make. Each
# is fired by the vectors of tests/core.
NOBODY_SENDS_IT = {
    "rcv without ACK",
    "rcv ACK older than any window allows",
    "rcv ACK of something not sent yet",
    "rcv SYN, whatever its number",
    "rcv SYN in the window",
    "rcv SYN in the window, after a passive OPEN",
    "rcv RST in the window",
    "rcv RST in the window, after a passive OPEN",
    "rcv RST with a wrong ACK",
    "rcv ACK of something never sent",
    "rcv SYN,ACK,FIN",
    "rcv anything else",
    "rcv FIN after the peer's FIN",
    "rcv text, or a number beyond RCV.NXT",
    "rcv new text after a half-duplex CLOSE",
}
NOBODY_CALLS_IT = {
    tcp.Event.STATUS, tcp.Event.RECEIVE, tcp.Event.GROW, tcp.Event.SEND, tcp.Event.OPEN_ACTIVE,
    tcp.Event.CLOSE, tcp.Event.DELAYED_ACK, tcp.Event.PROBE, tcp.Event.QUEUE_SENT,
    tcp.Event.RETRANSMISSION, tcp.Event.R2,
}  # fmt: skip


def test_every_row_that_changes_a_state_fires_or_is_listed_with_its_reason() -> None:
    fired: set[Row] = set(explored().fired) | set(explored(timeouts=1, aborts=0).fired)
    fired |= set(explored(policy="rfc793").fired)
    for name in SCENARIOS:
        for step in tcp.simulate(name):
            fired |= {move.row for move in step.moves if move.row is not None}
    for row in tcp.TRANSITIONS:
        if row in fired:
            continue
        assert row.cause in NOBODY_SENDS_IT or row.event in NOBODY_CALLS_IT, row


def test_bounds_are_kept_and_said() -> None:
    small = tcp.explore(Bounds(losses=0, resends=0, aborts=0))
    assert small.moments < explored().moments
    assert small.bounds.losses == 0
    with pytest.raises(tcp.TcpCourseError, match="There are more than 100 moments"):
        tcp.explore(moments=100)
    with pytest.raises(
        tcp.TcpCourseError, match="There is no bound 'lives'; there are in_flight, opens"
    ):
        tcp.explore(lives=9)
    with pytest.raises(
        tcp.TcpCourseError, match="There is no policy 'rfc1122'; there are rfc5961 and rfc793"
    ):
        tcp.explore(policy="rfc1122")


def test_two_runs_find_the_same() -> None:
    assert tcp.explore() == explored()


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"losses": -1}, r"The losses -1 is not a whole number of at least 0\."),
        ({"losses": "many"}, r"The losses 'many' is not a whole number"),
        ({"bounds": 5}, r"Give the bounds as one Bounds, or each of them by its name\."),
        ({"bounds": Bounds(), "losses": 2}, r"Give the bounds as one Bounds"),
        ({"policy": None}, r"There is no policy None"),
    ],
)
def test_bounds_that_cannot_be_meant(limits: dict[str, Any], sentence: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=sentence):
        tcp.explore(**limits)


def test_it_says_how_far_it_is() -> None:
    """Every thousand moments: how many were visited, of those known so far; in the end all."""
    told: list[tuple[int, int | None]] = []
    found = tcp.explore(progress=lambda done, known: told.append((done, known)))
    assert [done for done, _ in told[:-1]] == list(range(1000, found.moments, 1000))
    assert all(known is not None and done <= known <= found.moments for done, known in told)
    assert told[-1] == (found.moments, found.moments)


def test_it_can_be_interrupted_and_begun_again() -> None:
    def press(done: int, known: int | None) -> None:
        if done == 3000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tcp.explore(progress=press)
    assert tcp.explore() == explored()


class Bar:
    """Stands for tqdm's bar, which itself decides whether there is room on the screen."""

    made: ClassVar[list[Bar]] = []

    def __init__(self, **given: Any) -> None:
        self.given, self.n, self.total, self.closed = given, 0, given["total"], False
        Bar.made.append(self)

    def update(self, more: int) -> None:
        self.n += more

    def close(self) -> None:
        self.closed = True


def test_a_long_exploration_shows_a_bar_and_a_short_one_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # explore itself: tests of the exercises keep what tcp.explore found once.
    monkeypatch.delenv("TCPCOURSE_PROGRESS", raising=False)
    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    monkeypatch.setattr(Bar, "made", [])
    monkeypatch.setattr("tcpcourse.sources.progress._SILENT_S", 1000.0)
    explore()
    assert Bar.made == []
    monkeypatch.setattr("tcpcourse.sources.progress._SILENT_S", 0.0)
    found = explore()
    (bar,) = Bar.made
    assert (bar.given["desc"], bar.n, bar.total) == ("exploring", found.moments, found.moments)
    assert bar.closed
    explore(progress=False)
    monkeypatch.setenv("TCPCOURSE_PROGRESS", "0")
    explore()
    assert Bar.made == [bar]
