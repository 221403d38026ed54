"""One engine under ``simulate`` and ``play``: the same events make the same steps."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tcpcourse as tcp

S = tcp.State
CALLS = {
    "open_passive": "listen", "open_active": "connect", "send": "send", "receive": "receive",
    "close": "close", "abort": "abort", "grow": "grow", "crash": "crash",
}  # fmt: skip
TIMEOUTS = {
    "retransmission timeout": "retransmission",
    "2MSL timeout": "time-wait",
    "user timeout": "user",
    "zero-window probe": "zero-window-probe",
    "delayed-ACK timeout": "delayed-ack",
    "R2 timeout": "r2",
}


def as_moves(story: tcp.Scenario, trace: tcp.Trace) -> tuple[str, dict[int, int]]:
    """The moves by which hands make the same story, and what numbers its packets get there."""
    acts = {side: deque(act for act in story.acts if act.who == side) for side in "AB"}
    moves: list[str] = []
    numbers: dict[int, int] = {}
    for step in trace:
        if step.packet is not None:
            moves.append(f"deliver {numbers[step.packet.number]}")
        elif step.event in TIMEOUTS:
            moves.append(f"{step.who} timer {TIMEOUTS[step.event]}")
        else:
            act = acts[step.who].popleft()
            rest = {"send": act.data.decode(), "receive": act.count, "grow": act.count}
            if not step.event.endswith("refused"):
                moves.append(f"{step.who} {CALLS[act.call]} {rest.get(act.call, '')}")
        copies = [p for p in step.sent if any("copy of" in note for note in p.notes)]
        for packet in (*(p for p in step.sent if p not in copies), *copies):
            numbers[packet.number] = len(numbers) + 1
        for copy in copies:
            original = int(copy.notes[0].removeprefix("copy of packet "))
            moves.append(f"duplicate {numbers[original]}")
        moves += [f"lose {numbers[p.number]}" for p in step.sent if p.fate == "lost"]
    return "; ".join(moves), numbers


def told(step: tcp.Step, numbers: dict[int, int]) -> tuple[Any, ...]:
    """All that a step says, but for the clock; packets by the numbers they have in the script."""
    sent = sorted((numbers[p.number], p.sender, str(p.segment), p.rel_seq, p.rel_ack,
                   p.scaled_window, p.fate == "lost") for p in step.sent)  # fmt: skip
    packet = step.packet and (numbers[step.packet.number], str(step.packet.segment))
    event = "gets" if packet else step.event
    return step.who, event, packet, sent, step.before, step.after, step.moves, step.reaction


def assert_the_same_by_hand(story: tcp.Scenario) -> None:
    by_clock = tcp.simulate(story)
    script, numbers = as_moves(story, by_clock)
    if script.count(";") >= 500:  # the most that a script may have
        return
    by_hand = tcp.play(script, a=story.a, b=story.b)
    own = {packet.number: packet.number for packet in by_hand.packets}
    steps = [told(s, numbers) for s in by_clock if not s.event.endswith("refused")]
    assert [told(step, own) for step in by_hand] == steps


ACTS = st.one_of(
    st.tuples(st.just("send"), st.binary(min_size=1, max_size=1).map(lambda b: b"x" * (b[0] + 1))),
    st.tuples(st.sampled_from(["close", "abort", "crash", "open_active", "open_passive"])),
)
WAITS = st.sampled_from(["0s", "1ms", "15ms", "40ms", "3s"])


@settings(max_examples=150, deadline=None)
@given(
    opener=st.sampled_from(["open_active", "open_passive"]),
    acts=st.lists(st.tuples(st.sampled_from("AB"), ACTS, WAITS), max_size=7),
    faults=st.dictionaries(
        st.integers(1, 20), st.sampled_from(["lose", "duplicate", "25ms", "2s"]), max_size=5
    ),
    window=st.sampled_from([1, 300, 65535]),
    delayed=st.booleans(),
)
def test_the_clock_and_the_hand_tell_the_same_story(
    opener: Any, acts: list[Any], faults: dict[int, str], window: int, delayed: bool
) -> None:
    """Random calls on a bad wire, told by the clock, and then move by move."""
    users = [tcp.Act("B", opener), tcp.Act("A", "open_active")]
    for who, (call, *data), wait in acts:
        users.append(tcp.Act(who, call, after=wait, data=data[0] if data else b""))
    host = tcp.Host(window=window, mss=536, delayed_ack=delayed)
    story = tcp.Scenario("random", "", tuple(users), a=host, b=host)
    count = len(tcp.simulate(story).packets)
    met = {number: fault for number, fault in faults.items() if number <= count}
    try:
        tcp.simulate(story, faults=met)
    except tcp.TcpCourseError:  # a fault made the story shorter than another fault needs
        met = {}
    assert_the_same_by_hand(tcp.Scenario("random", "", tuple(users), a=host, b=host, faults=met))


def test_the_documents_script() -> None:
    trace = tcp.play("B listen; A connect; deliver 1; lose 2; A timer retransmission")
    assert [(p.number, p.sender, str(p.segment.flags), p.fate) for p in trace.packets] == [
        (1, "A", "S", "delivered"),
        (2, "B", "SA", "lost"),
        (3, "A", "S", "delivered"),
    ]
    assert str(trace[-1].after.a) == "SYN_SENT" and str(trace[-1].after.b) == "SYN_RCVD"
    assert trace.packets[2].notes == ("retransmission",)
    assert trace.packets[2].arrived_ns is None  # it is still on its way


def test_a_timer_takes_the_time_it_has() -> None:
    """RFC 6298: one second (2.1), doubled each time it runs out (5.5). The call takes 1 ms."""
    trace = tcp.play("A connect; lose 1; A timer retransmission; lose 2; A timer retransmission")
    assert [p.sent_ns for p in trace.packets] == [10**6, 1_001 * 10**6, 3_001 * 10**6]


def test_a_probe_has_one_name() -> None:
    opened = "B listen; A connect; deliver 1; deliver 2; deliver 3"
    script = f"{opened}; A send four; deliver 4; deliver 5; A send more; A timer zero-window-probe"
    trace = tcp.play(script, b=tcp.Host(window=4, reads=False))
    assert trace.packets[-1].notes == ("zero-window probe",)


def test_ends_and_words_can_be_chosen() -> None:
    trace = tcp.play(
        "A connect", isn={"A": 7}, a=tcp.Host("192.0.2.9:5000", window=9), title="Mine", name="own"
    )
    assert int(trace.segments[0].seq) == 7 and trace.segments[0].window == 9
    assert trace.hosts["A"] == "192.0.2.9:5000" and trace.hosts["B"] == "198.51.100.2:80"
    assert (trace.title, trace.name) == ("Mine", "own")


def test_all_that_can_be_done_at_an_end() -> None:
    opened = "B listen; A connect; deliver 1; deliver 2; deliver 3"
    trace = tcp.play(
        f"{opened}; A send four; deliver 4; B receive 4; B grow 9000; B inject R 900:900(0);"
        " A crash; A connect",
        b=tcp.Host(window=8, reads=False),
    )
    assert [step.event for step in trace][-5:] == [
        "calls RECEIVE",
        "the receive buffer grows",
        "gets packet 6",
        "crashes",
        "calls active OPEN",
    ]
    received = [step.reaction.delivered for step in trace if step.event == "calls RECEIVE"]
    assert received == [b"four"]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (7, r"7 is no script; write one like"),
        ("B listen; A dance", r"There is no call 'dance'; there are listen, connect, .* timer\."),
        ("deliver 3", r"Packet 3 is not on the wire\."),
        ("A connect; deliver 1; deliver 1", r"Packet 1 is not on the wire\."),
        ("A timer lunch", r"There is no timer 'lunch'; there are retransmission, "),
        ("A timer time-wait", r"The time-wait timer of A cannot run out now: "),
        ("A close", r"A cannot close now: connection does not exist\."),
        ("A receive much", r"How many bytes\? Write receive like 'A receive 100'\."),
        ("A receive 0", r"The count 0 is not a whole number from 1 to "),
        ("A inject nonsense", r"The text 'nonsense' is no segment"),
        ("C connect", r"There is no move 'C connect'; moves are written like 'A connect'"),
    ],
)
def test_moves_that_cannot_be_made(script: Any, sentence: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=sentence):
        tcp.play(script)


@pytest.mark.parametrize("name", ["loss", "faults", "delay", "acts", "seed"])
def test_what_the_moves_decide_is_not_for_keywords(name: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=f"There is no '{name}' to change; there are isn"):
        tcp.play("A connect", **{name: 1})
