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
from tcpcourse.sources.observer.observer import observe
from tcpcourse.trace import End, Side

from ..capture import frames as f

DATA = Path(__file__).parents[3] / "data"
RECORDINGS = [*sorted(DATA.glob("recordings/*.pcap")), DATA / "http-get.pcap"]


# Frame 2, a SYN, is lost, but it is sent again only as frame 5, in another conversation: so
# nothing in its own says that it did not arrive before B sent frame 3.
BEYOND_KNOWING = {("old-duplicate-syn", "3")}


def recorded(path: Path) -> list[dict[str, str]]:
    with path.with_suffix(".states.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


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


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_conversation_begins_where_the_ports_stood(path: Path) -> None:
    """Also when the same ports had another connection before, as in TIME_WAIT reuse."""
    truth = recorded(path)
    for conversation in tcp.load(path).conversations:
        first = conversation.trace[0]
        assert first.packet is not None
        place = first.packet.number - 1
        before = truth[place - 1] if place else {"a_state": "CLOSED", "b_state": "LISTEN"}
        assert fits(first.before.a, before["a_state"])
        assert fits(first.before.b, before["b_state"])


# The frames after which an end's state stays open, by hand: a SYN or FIN that is sent again
# before it is acknowledged, or that crosses the other end's on the wire; a packet that a RST
# answers.
OPEN_AFTER = {
    "lost-syn": {1},
    "lost-fin": {4},
    "simultaneous-close": {4, 5},
    "keep-alive": {8},
    "data-after-close": {6},
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
    scale_known: bool = True


def passing(trace: tcp.Trace) -> list[Passing]:
    return [
        Passing(n, p.sent_ns, p.sender, p.segment, len(p.segment.data), p.rel_seq, p.rel_ack,
                p.scaled_window, p.frame_len or 0)
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
        name,
        loss=loss,
        duplication=duplication,
        reordering=reordering,
        seed=seed,
        patience="10000min",
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
    # A's FIN expects the number that B's FIN has later: A had not got it
    assert str(seen[0].before.a) == "ESTABLISHED"
    assert str(seen[-1].after.a) == "TIME_WAIT"
    assert str(seen[-1].after.b) == "CLOSED"


def test_what_came_before_the_capture_stays_open_where_nothing_tells_it() -> None:
    """B only acknowledges: it may have closed its side long ago, or not yet (half-close)."""
    packets = passing(tcp.simulate("half-close"))
    data = [p for p in packets if p.sender == "B" and p.payload_len]
    assert data, "the story has B send while A has closed"
    packets = passing(tcp.simulate("three-way-handshake"))[2:]  # one bare ACK, of either kind
    seen = watch(packets)
    assert set(seen[0].after.a.possible) >= {State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1}


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


# What is told, read beside the kernel's states and RFC 9293's figures


def told(name: str, frame: int, side: Side) -> str:
    """What is said about one end at one frame of a recording."""
    steps = steps_of(DATA / "recordings" / f"{name}.pcap")
    return " ".join(move.why for move in steps[frame - 1].moves if move.who == side)


def states(name: str, frame: int) -> tuple[str, str]:
    after = steps_of(DATA / "recordings" / f"{name}.pcap")[frame - 1].after
    return str(after.a), str(after.b)


def test_a_refusal_is_an_answer_from_closed() -> None:
    """RFC 9293 §3.10.7.1: <SEQ=0><ACK=SEG.SEQ+SEG.LEN>; an ABORT would have SND.NXT (§3.10.5)."""
    assert states("refused", 1) == ("SYN_SENT", "CLOSED")
    assert states("refused", 2) == ("CLOSED", "CLOSED")
    assert told("refused", 2, "B").startswith("A RST numbered 0 answers a SYN")


def test_a_reset_from_syn_sent_is_an_answer() -> None:
    """RFC 9293 figures 8 and 9: A stays in SYN_SENT, and its SYN goes again."""
    assert states("half-open-discovery", 8)[0] == states("half-open-discovery", 9)[0] == "SYN_SENT"
    assert states("old-duplicate-syn", 4) == ("SYN_SENT", "LISTEN")
    for name, frame in (("half-open-discovery", 8), ("old-duplicate-syn", 4)):
        assert told(name, frame, "A").startswith("This RST answers a segment")
    assert told("half-open-discovery", 9, "A") == ""  # no new call


def test_another_syn_from_syn_sent_is_a_new_attempt() -> None:
    """Not a crash: the user gave up and called again (CLOSE, then OPEN)."""
    (conversation,) = tcp.load(DATA / "recordings" / "old-duplicate-syn.pcap").conversations
    assert not any("crash" in remark for remark in conversation.trace.remarks)
    assert "given up without a word. The application connects" in told("old-duplicate-syn", 2, "A")


def test_a_new_syn_in_time_wait_may_reopen() -> None:
    """RFC 9293 §3.10.7.4, MAY-2; or the wait was over and a listener took it."""
    why = told("new-syn-in-time-wait", 8, "B")
    assert "A SYN whose sequence number lies beyond the old connection starts a new one." in why
    (first, again) = tcp.load(DATA / "recordings" / "new-syn-in-time-wait.pcap").conversations
    assert (first.reused, again.reused) == (False, True)
    assert State.TIME_WAIT in again.trace[0].before.b.possible
    assert any("had a connection before" in remark for remark in again.trace.remarks)


def test_a_hole_that_sacks_show_is_told() -> None:
    """RFC 2018: the second of four segments comes last; until then two must wait."""
    assert told("reordered-data", 5, "B").startswith("The packet has not arrived yet")
    assert "kept for later" in told("reordered-data", 6, "B")
    assert "kept for later" in told("reordered-data", 7, "B")
    assert "kept for later" not in told("reordered-data", 4, "B")
    assert told("reordered-data", 11, "B").startswith("By now packet 5 has arrived: ")


def test_a_lost_packet_is_told_by_name() -> None:
    assert told("lost-fin", 4, "B").startswith("Packet 4 may have been lost, for it is sent again.")
    assert told("lost-fin", 5, "B").startswith("The peer has nothing more to send.")
    assert told("lost-last-ack", 7, "B").startswith("Packet 7 was lost, or came and was not taken")
    assert "Our SYN goes again, with an ACK." in told("simultaneous-open", 1, "B")


def test_sides_that_change_places_keep_their_states() -> None:
    """The ports' next connection is opened by the other end."""
    packets = [
        from_a(1000, 0, f.SYN), from_b(9000, 1001, f.SYN | f.ACK), from_a(1001, 9001),
        from_a(1001, 9001, f.FIN | f.ACK), from_b(9001, 1002, f.FIN | f.ACK), from_a(1002, 9002),
        from_b(99_000, 0, f.SYN), from_a(5000, 99_001, f.SYN | f.ACK), from_b(99_001, 5001),
    ]  # fmt: skip
    old, new = tcp.load(f.pcap(packets, link=101)).conversations
    assert str(old.trace[-1].after.a) == "TIME_WAIT"
    assert new.a == old.b
    assert State.TIME_WAIT in new.trace[0].before.b.possible
    assert str(new.trace[0].before.a) == "CLOSED"


def test_a_reset_where_abort_sends_none_means_that_it_had_ended() -> None:
    """RFC 9293 §3.10.5 sends no RST from LAST_ACK: the end gave up, then answered."""
    packets = [
        from_a(1000, 0, f.SYN), from_b(9000, 1001, f.SYN | f.ACK), from_a(1001, 9001),
        from_a(1001, 9001, f.FIN | f.ACK), from_b(9001, 1002), from_b(9001, 1002, f.FIN | f.ACK),
        from_b(9002, 0, f.RST),
    ]  # fmt: skip
    trace = tcp.load(f.pcap(packets, link=101)).conversations[0].trace
    assert str(trace[-2].after.b) == "LAST_ACK"
    assert str(trace[-1].after.b) == "CLOSED"
    assert trace[-1].row is not None and str(trace[-1].row.event) == "user timeout"


def from_a(*args: int) -> bytes:
    return f.ipv4(f.tcp(*args))


def from_b(*args: int) -> bytes:
    return f.ipv4(f.tcp(*args, sport=80, dport=50000), f.B[0], f.A[0])
