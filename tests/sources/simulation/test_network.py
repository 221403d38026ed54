"""Two endpoints over a bad wire: nothing is lost, doubled or disordered for the users."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import tcpcourse as tcp
from tcpcourse.core.invariants import broken_invariants
from tcpcourse.sources.simulation.scenario import Act, Host, Scenario

sizes = st.lists(st.integers(1, 4000), max_size=4)


def story(
    a_sends: list[int], b_sends: list[int], window: int, delayed: bool, iss: int, **wire: Any
) -> tuple[Scenario, bytes, bytes]:
    """Both ends open, send their pieces, and close when they have heard everything."""
    a_data = [bytes((n * 7 + k) % 251 + 1 for k in range(size)) for n, size in enumerate(a_sends)]
    b_data = [bytes((n * 5 + k) % 241 + 1 for k in range(size)) for n, size in enumerate(b_sends)]
    a_all, b_all = b"".join(a_data), b"".join(b_data)
    e = tcp.State.ESTABLISHED
    acts = (
        Act("B", "open_passive"),
        Act("A", "open_active"),
        *(Act("A", "send", e if n == 0 else None, data=data) for n, data in enumerate(a_data)),
        *(Act("B", "send", e if n == 0 else None, data=data) for n, data in enumerate(b_data)),
        Act("A", "close", None if a_data else e, received=len(b_all), after="1ms"),
        Act("B", "close", tcp.State.CLOSE_WAIT, received=len(a_all), after="1ms"),
    )
    own = Host(window=window, mss=536, delayed_ack=delayed)
    scenario = Scenario(
        "random", "made by a property test", acts,
        replace(own, iss=iss), replace(own, iss=(1 << 32) - 700),
        **wire,
    )  # fmt: skip
    return scenario, a_all, b_all


@settings(max_examples=150, deadline=None)
@given(
    a_sends=sizes,
    b_sends=sizes,
    window=st.sampled_from([1, 700, 4096, 65535]),
    delayed=st.booleans(),
    iss=st.sampled_from([0, 100, (1 << 32) - 3, (1 << 31) - 1]),
    loss=st.sampled_from([0.0, 0.1, 0.3]),
    duplication=st.sampled_from([0.0, 0.3]),
    reordering=st.sampled_from([0.0, 0.5]),
    seed=st.integers(0, 10_000),
)
def test_streams_arrive_once_and_in_order_and_all_timers_run_out_in_closed(
    a_sends: list[int], b_sends: list[int], window: int, delayed: bool, iss: int,
    loss: float, duplication: float, reordering: float, seed: int,
) -> None:  # fmt: skip
    if window == 1:  # one byte at a time is a test of patience
        a_sends, b_sends = [min(n, 20) for n in a_sends], [min(n, 20) for n in b_sends]
    scenario, a_all, b_all = story(
        a_sends, b_sends, window, delayed, iss, loss=loss, duplication=duplication,
        reordering=reordering, seed=seed, patience="10000min",
    )  # fmt: skip
    trace = tcp.simulate(scenario)
    heard = {"A": b"", "B": b""}
    for step in trace:
        if step.reaction is not None:
            heard[step.who] += step.reaction.delivered
            assert not broken_invariants(step.reaction.after), step
            if step.before.of(step.who).state is not step.after.of(step.who).state:
                assert step.row is not None
    assert heard == {"A": b_all, "B": a_all}
    assert trace[-1].after.a.state is tcp.State.CLOSED
    assert trace[-1].after.b.state is tcp.State.CLOSED


@settings(max_examples=60, deadline=None)
@given(loss=st.sampled_from([0.5, 0.9]), seed=st.integers(0, 10_000))
def test_on_a_hopeless_wire_patience_ends_and_both_are_closed(loss: float, seed: int) -> None:
    """The user timeout ends what retransmission cannot; a listener just listens on."""
    trace = tcp.simulate("close-four-segments", loss=loss, seed=seed)
    last = trace[-1].after
    assert last.a.state is tcp.State.CLOSED or last.a.state is tcp.State.FIN_WAIT_2
    assert last.b.state in (
        tcp.State.CLOSED, tcp.State.LISTEN, tcp.State.CLOSE_WAIT, tcp.State.ESTABLISHED
    )  # fmt: skip


def test_the_same_seed_tells_the_same_story() -> None:
    first = tcp.simulate("reordered-data", loss=0.3, duplication=0.3, reordering=0.3, seed=7)
    again = tcp.simulate("reordered-data", loss=0.3, duplication=0.3, reordering=0.3, seed=7)
    other = tcp.simulate("reordered-data", loss=0.3, duplication=0.3, reordering=0.3, seed=8)
    assert first == again
    assert first != other


def test_every_step_can_be_drawn_alone() -> None:
    """A step keeps the variables of its own moment, not of the end of the story."""
    trace = tcp.simulate("close-four-segments")
    una = [step.after.a.tcb.snd_una for step in trace if step.who == "A"]
    assert una[0] == tcp.SeqNumber(100)
    assert tcp.SeqNumber(102) in una


def test_frame_lengths_as_seen_at_a() -> None:
    """54 bytes of headers go out unpadded; what comes in was padded to 60 by Ethernet."""
    lengths = [(p.sender, p.frame_len) for p in tcp.simulate("close-four-segments").packets]
    assert lengths[2] == ("A", 54)
    assert lengths[4] == ("B", 60)
