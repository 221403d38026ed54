"""All eleven states on this machine's own kernel, as an ordinary user, on loopback only."""

from __future__ import annotations

import sys

import pytest

import tcpcourse as tcp
from tcpcourse.sources.machine.kernel import live
from tcpcourse.sources.machine.recipes import RECIPES
from tcpcourse.sources.machine.socket_table import socket_table

# which end is in the state at the end of its recipe, by the recipe's own description
WHERE = {state: "A" for state in tcp.State} | {
    tcp.State.LISTEN: "B",
    tcp.State.SYN_RCVD: "B",
    tcp.State.CLOSE_WAIT: "B",
}


@pytest.mark.parametrize("state", tcp.State, ids=str)
def test_the_kernel_gets_there(state: tcp.State) -> None:
    trace = live(state)
    assert trace.provenance == "live"
    assert trace[-1].after.of(WHERE[state]).state is state  # type: ignore[arg-type]
    assert all(step.why for step in trace)


def test_there_is_a_recipe_for_each_state() -> None:
    assert set(RECIPES) == set(tcp.State)


def test_nothing_is_left_behind() -> None:
    trace = live(tcp.State.ESTABLISHED)
    ports = {int(host.rpartition(":")[2]) for host in trace.hosts.values()}
    left = {
        state
        for (own, peer), state in socket_table().items()
        if own in ports and peer in {*ports, 0}
    }
    assert left <= {tcp.State.TIME_WAIT, tcp.State.LAST_ACK, tcp.State.FIN_WAIT_2}


def test_unknown_state() -> None:
    with pytest.raises(tcp.TcpCourseError, match="no state 'OPEN'"):
        live("OPEN")


def test_other_systems_are_told_kindly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(tcp.TcpCourseError, match="TCP_DEFER_ACCEPT is Linux's own"):
        live("SYN_RCVD")
