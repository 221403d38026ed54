"""The observer against what it cannot see: the kernel's own states, and the simulator's."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tcpcourse as tcp
from tcpcourse.core.states import State
from tcpcourse.sources.observer import observe
from tcpcourse.trace import End, Side

DATA = Path(__file__).parents[2] / "data"
RECORDINGS = [*sorted(DATA.glob("recordings/*.pcap")), DATA / "http-get.pcap"]


# Frame 2, a SYN, is lost, but it is sent again only as frame 5, in another conversation: so
# nothing in its own says that it did not arrive before B sent frame 3.
BEYOND_KNOWING = {("old-duplicate-syn", "3")}


def recorded(path: Path) -> list[dict[str, str]]:
    with path.with_suffix(".states.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def steps_of(path: Path) -> list[tcp.Step]:
    """All steps of a file's conversations, in the order of their frames."""
    steps = [step for each in tcp.load(path).conversations for step in each.trace]
    return sorted(steps, key=lambda step: step.packet.number if step.packet else 0)


def fits(end: End, truth: str) -> bool:
    """The kernel's word is among what the observer holds possible.

    One difference is known: where a program still listens, the kernel's table shows LISTEN
    for an end that has no connection; for the connection itself that is CLOSED.
    """
    names = {str(state) for state in end.possible}
    return truth in names or (truth == "LISTEN" and "CLOSED" in names)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_the_kernels_states_are_never_ruled_out(path: Path) -> None:
    """The sender's state when it sent, the receiver's when the packet had been delivered.

    Where packets cross, a bystander places an arrival, and what an end did unseen, where the
    packets put it; then the receiver's state before it is the truth as well.
    """
    truth = recorded(path)
    steps = steps_of(path)
    assert len(steps) == len(truth) > 1
    before = {"A": "CLOSED", "B": "CLOSED"}
    for step, frame, following in zip(steps, truth, [*truth[1:], None], strict=True):
        sender: Side = "A" if frame["sender"] == "A" else "B"
        receiver: Side = "B" if sender == "A" else "A"
        s, r = sender.lower(), receiver.lower()
        if (path.stem, frame["frame"]) not in BEYOND_KNOWING:
            sent = {frame[f"{s}_state_sent"], frame[f"{s}_state"]}
            assert any(fits(step.after.of(sender), state) for state in sent), step
        got = {frame[f"{r}_state"]}
        arrived = int(frame["delivered_ns"] or 0)
        if following is not None and arrived > int(following["time_ns"]):
            got |= {before[receiver], frame[f"{r}_state_sent"], following[f"{r}_state_sent"]}
        if any(int(f["delivered_ns"] or 0) > int(frame["time_ns"]) for f in truth
               if int(f["frame"]) < int(frame["frame"])):  # fmt: skip
            got |= {frame[f"{r}_state_sent"], following[f"{r}_state_sent"] if following else ""}
        assert any(fits(step.after.of(receiver), state) for state in got), step
        before = {"A": frame["a_state"], "B": frame["b_state"]}


# The frames after which an end's state stays open, by hand: a SYN or FIN that is sent again
# before it is acknowledged, and a RST whose sender may have had a connection or not.
OPEN_AFTER = {
    "lost-syn": {1},
    "lost-fin": {4},
    "lost-syn-ack": {3},  # the SYN,ACK may have arrived just after the SYN went out again
    "refused": {1, 2},
}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_states_are_definite_where_packets_say_so(path: Path) -> None:
    if path.stem in ("half-open-discovery", "old-duplicate-syn", "simultaneous-open"):
        return  # two connections in one file, or crossing SYNs: judged above
    open_after = {
        step.packet.number
        for step in steps_of(path)
        if step.packet and None in (step.after.a.state, step.after.b.state)
    }
    assert open_after <= OPEN_AFTER.get(path.stem, set())


@dataclass(frozen=True)
class Passing:
    """A packet as a bystander on the wire sees it."""

    number: int
    time_ns: int
    sender: Side
    segment: tcp.Segment
    payload_len: int
    rel_seq: int
    rel_ack: int | None
    scaled_window: int
    frame_len: int
    notes: tuple[str, ...] = ()


def passing(trace: tcp.Trace) -> list[Passing]:
    return [
        Passing(n, p.sent_ns, p.sender, p.segment, len(p.segment.data), p.rel_seq, p.rel_ack,
                p.window, p.frame_len or 0)
        for n, p in enumerate(trace.packets, 1)
    ]  # fmt: skip


def watch(packets: list[Passing]) -> tcp.Trace:
    return observe(packets, {"A": "192.0.2.1:1", "B": "192.0.2.2:2"}, "watched")


def may_be(end: End, truth: State | None) -> bool:
    """No packet shows the end of TIME_WAIT, nor whether a program listens on."""
    nothing = {State.CLOSED, State.LISTEN}
    possible = set(end.possible)
    if possible & {State.TIME_WAIT, *nothing}:
        possible |= nothing
    return truth in possible


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(["close-four-segments", "half-close", "reordered-data",
                          "simultaneous-close", "close-from-syn-rcvd", "abort"]),
    loss=st.sampled_from([0.0, 0.2]),
    duplication=st.sampled_from([0.0, 0.2]),
    reordering=st.sampled_from([0.0, 0.4]),
    seed=st.integers(0, 5000),
)  # fmt: skip
def test_the_simulators_last_states_are_never_ruled_out(
    name: str, loss: float, duplication: float, reordering: float, seed: int
) -> None:
    told = tcp.simulate(
        name, loss=loss, duplication=duplication, reordering=reordering, seed=seed, patience=10**15
    )
    seen = watch(passing(told))
    if told.packets[-1].fate == "lost":
        return  # nothing after it could tell
    assert may_be(seen[-1].after.a, told[-1].after.a.state), (seen, told)
    assert may_be(seen[-1].after.b, told[-1].after.b.state), (seen, told)


def test_a_capture_that_starts_midway_says_what_it_cannot_know() -> None:
    packets = passing(tcp.simulate("close-four-segments"))[3:]
    seen = watch(packets)
    assert any("beginning was not captured" in remark for remark in seen.remarks)
    first = seen[0]
    assert first.before.a.state is None  # before the FIN: ESTABLISHED, or closed by the peer?
    assert State.ESTABLISHED in first.before.a.possible
    assert str(seen[-1].after.a) == "TIME_WAIT"
    assert str(seen[-1].after.b) == "CLOSED"


def test_a_capture_that_stops_early_stops_there() -> None:
    packets = passing(tcp.simulate("close-four-segments"))[:4]
    seen = watch(packets)
    assert str(seen[-1].after.a) == "FIN_WAIT_1"
    assert str(seen[-1].after.b) == "CLOSE_WAIT"  # taken to have arrived


def test_missing_packets_are_said() -> None:
    packets = passing(tcp.simulate("wraparound"))
    without = [p for p in packets if p.number not in (8, 9)]
    seen = watch(without)
    assert any("Packets are missing" in remark for remark in seen.remarks)
    assert str(seen[-1].after.a) == "TIME_WAIT"


def test_an_answer_that_never_comes_leaves_both_possibilities() -> None:
    packets = passing(tcp.simulate("three-way-handshake"))[:1]
    seen = watch(packets)
    assert str(seen[0].after.a) == "SYN_SENT"
    assert set(seen[0].after.b.possible) == {State.CLOSED, State.SYN_RCVD}


def test_every_move_names_its_row_or_says_why_there_is_none() -> None:
    for name in ("simultaneous-open", "simultaneous-close", "lost-last-ack"):
        for step in watch(passing(tcp.simulate(name))):
            for move in step.moves:
                assert move.why
                assert move.row is None or move.row in tcp.TRANSITIONS


def test_nothing_at_all() -> None:
    assert len(watch([])) == 0


def test_data_that_the_capture_cut_short_still_counts() -> None:
    packets = [
        replace(p, segment=tcp.Segment(p.segment.seq, p.segment.ack, p.segment.flags,
                                       p.segment.window, b"", p.segment.options))
        for p in passing(tcp.simulate("half-close"))
    ]  # fmt: skip
    seen = watch(packets)
    assert (str(seen[-1].after.a), str(seen[-1].after.b)) == ("TIME_WAIT", "CLOSED")
    assert not any("missing" in remark for remark in seen.remarks)
