"""Every named story, told by hand: the flags on the wire and the states both ends pass through.

The expectations come from RFC 9293's figures and rules and from the course's document.
"""

from __future__ import annotations

import pytest

import tcpcourse as tcp
from tcpcourse.sources.simulation.stories import SCENARIOS


def path(trace: tcp.Trace, side: str) -> str:
    """The states one end passes through, each once in a row."""
    states = [str(trace[0].before.of(side))]  # type: ignore[arg-type]
    for step in trace:
        state = str(step.after.of(side))  # type: ignore[arg-type]
        if state != states[-1]:
            states.append(state)
    return " ".join(states)


def wire(trace: tcp.Trace) -> str:
    """Who sent what, in the order of sending; a lost packet stands in parentheses."""
    words = []
    for packet in trace.packets:
        word = f"{packet.sender}:{packet.segment.flags}"
        words.append(f"({word})" if packet.fate == "lost" else word)
    return " ".join(words)


OPEN = "A:S B:SA A:A"
A_OPENS, B_OPENS = "CLOSED SYN_SENT ESTABLISHED", "CLOSED LISTEN SYN_RCVD ESTABLISHED"
A_ACTIVE_CLOSE = f"{A_OPENS} FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED"
B_PASSIVE_CLOSE = f"{B_OPENS} CLOSE_WAIT LAST_ACK CLOSED"
DATA = "A:PA B:A"

STORIES = {
    "three-way-handshake": (OPEN, A_OPENS, B_OPENS),
    "simultaneous-open": (
        "A:S B:S B:SA A:SA",
        "CLOSED SYN_SENT SYN_RCVD ESTABLISHED",
        "CLOSED SYN_SENT SYN_RCVD ESTABLISHED",
    ),
    "refused": ("A:S B:RA", "CLOSED SYN_SENT CLOSED", "CLOSED"),
    "lost-syn": (f"(A:S) {OPEN}", A_OPENS, B_OPENS),
    "lost-syn-ack": ("A:S (B:SA) A:S B:SA B:A A:A", A_OPENS, B_OPENS),
    "lost-handshake-ack": ("A:S B:SA (A:A) A:PA B:A", A_OPENS, B_OPENS),
    "old-duplicate-syn": (
        "A:S A:S B:SA A:R B:SA A:A",
        A_OPENS,
        "CLOSED LISTEN SYN_RCVD LISTEN SYN_RCVD ESTABLISHED",
    ),
    "half-open-discovery": (
        f"{OPEN} A:S B:A A:R A:S B:SA A:A",
        "CLOSED SYN_SENT ESTABLISHED CLOSED SYN_SENT ESTABLISHED",
        "CLOSED LISTEN SYN_RCVD ESTABLISHED CLOSED LISTEN SYN_RCVD ESTABLISHED",
    ),
    "syn-rcvd-reset": ("A:S B:SA A:R", "CLOSED SYN_SENT CLOSED", "CLOSED LISTEN SYN_RCVD LISTEN"),
    "http-get": (f"{OPEN} A:PA B:A B:A B:PA A:A", A_OPENS, B_OPENS),
    "close-four-segments": (f"{OPEN} A:FA B:A B:FA A:A", A_ACTIVE_CLOSE, B_PASSIVE_CLOSE),
    "close-three-segments": (
        f"{OPEN} A:FA B:FA A:A",
        f"{A_OPENS} FIN_WAIT_1 TIME_WAIT CLOSED",
        B_PASSIVE_CLOSE,
    ),
    "simultaneous-close": (
        f"{OPEN} A:FA B:FA B:A A:A",
        f"{A_OPENS} FIN_WAIT_1 CLOSING TIME_WAIT CLOSED",
        f"{B_OPENS} FIN_WAIT_1 CLOSING TIME_WAIT CLOSED",
    ),
    "fin-and-ack-together": (
        f"{OPEN} A:FA (B:A) B:FA A:A",
        f"{A_OPENS} FIN_WAIT_1 TIME_WAIT CLOSED",
        B_PASSIVE_CLOSE,
    ),
    "half-close": (
        f"{OPEN} A:FA B:A B:PA A:A B:PA A:A B:FA A:A",
        A_ACTIVE_CLOSE,
        B_PASSIVE_CLOSE,
    ),
    "full-duplex-close": (
        f"{OPEN} B:PA A:A A:FA B:A B:PA A:A B:FA A:A",
        A_ACTIVE_CLOSE,
        B_PASSIVE_CLOSE,
    ),
    "close-with-unread-data": (
        f"{OPEN} B:PA A:A A:R",
        f"{A_OPENS} CLOSED",
        f"{B_OPENS} CLOSED",
    ),
    "data-after-close": (
        f"{OPEN} A:FA B:A B:PA A:R",
        f"{A_OPENS} FIN_WAIT_1 FIN_WAIT_2 CLOSED",
        f"{B_OPENS} CLOSE_WAIT CLOSED",
    ),
    "no-answer": (f"{OPEN}{' (A:PA)' * 7}", f"{A_OPENS} CLOSED", B_OPENS),
    "abort": (f"{OPEN} A:R", f"{A_OPENS} CLOSED", f"{B_OPENS} CLOSED"),
    "close-from-syn-rcvd": (
        "A:S B:SA B:FA A:A A:A A:FA B:A",
        f"{A_OPENS} CLOSE_WAIT LAST_ACK CLOSED",
        "CLOSED LISTEN SYN_RCVD FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED",
    ),
    "lost-fin": (f"{OPEN} (A:FA) A:FA B:A B:FA A:A", A_ACTIVE_CLOSE, B_PASSIVE_CLOSE),
    "lost-last-ack": (f"{OPEN} A:FA B:A B:FA (A:A) B:FA A:A", A_ACTIVE_CLOSE, B_PASSIVE_CLOSE),
    "retransmitted-fin-in-time-wait": (
        f"{OPEN} A:FA B:A B:FA B:FA (A:A) A:A",
        A_ACTIVE_CLOSE,
        B_PASSIVE_CLOSE,
    ),
    "time-wait-assassination": (
        f"{OPEN} A:FA B:A B:FA B:FA A:A A:A B:R",
        A_ACTIVE_CLOSE,
        B_PASSIVE_CLOSE,
    ),
    "close-wait-leak": (
        f"{OPEN} A:FA B:A",
        f"{A_OPENS} FIN_WAIT_1 FIN_WAIT_2",
        f"{B_OPENS} CLOSE_WAIT",
    ),
    "fin-wait-2-forever": (
        f"{OPEN} A:FA B:A",
        f"{A_OPENS} FIN_WAIT_1 FIN_WAIT_2",
        f"{B_OPENS} CLOSE_WAIT CLOSED",
    ),
    "reordered-data": (
        # B answers the early third part with the old ACK: eight answers to six parts and a FIN
        f"{OPEN} {DATA} A:PA A:PA B:A B:A A:PA B:A {DATA} {DATA} A:FA B:A B:FA A:A",
        A_ACTIVE_CLOSE,
        B_PASSIVE_CLOSE,
    ),
    "duplicated-data": (
        f"{OPEN} {DATA} A:PA A:PA B:A B:A {DATA} {DATA} {DATA} {DATA} A:FA B:A B:FA A:A",
        A_ACTIVE_CLOSE,
        B_PASSIVE_CLOSE,
    ),
    "wraparound": (
        f"{OPEN} {DATA} {DATA} {DATA} {DATA} {DATA} {DATA} A:FA B:A B:FA A:A",
        A_ACTIVE_CLOSE,
        B_PASSIVE_CLOSE,
    ),
    "blind-reset": (f"{OPEN} A:R B:A A:PA B:A", A_OPENS, B_OPENS),
    "new-syn-in-time-wait": (
        f"{OPEN} A:FA B:A B:FA A:A B:S A:SA B:A",
        f"{A_OPENS} FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT SYN_RCVD ESTABLISHED",
        f"{B_OPENS} CLOSE_WAIT LAST_ACK CLOSED SYN_SENT ESTABLISHED",
    ),
}
TOLD_ELSEWHERE = {"zero-window"}  # below, by its windows


def test_every_story_is_told_here() -> None:
    assert set(STORIES) | TOLD_ELSEWHERE == set(SCENARIOS) == set(tcp.scenarios())


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    trace = tcp.simulate(name)
    expected_wire, expected_a, expected_b = STORIES[name]
    assert wire(trace) == expected_wire
    assert path(trace, "A") == expected_a
    assert path(trace, "B") == expected_b


def test_http_get_has_the_documents_numbers() -> None:
    """Section two of the document: lengths, relative numbers, windows, line by line."""
    shown = [
        (p.sender, p.frame_len, p.rel_seq, p.rel_ack, p.scaled_window, len(p.segment.data))
        for p in tcp.simulate("http-get").packets
    ]
    assert shown == [
        ("A", 66, 0, None, 8192, 0),
        ("B", 66, 0, 1, 29200, 0),
        ("A", 54, 1, 1, 65536, 0),
        ("A", 679, 1, 1, 65536, 625),
        ("B", 60, 1, 626, 30464, 0),
        ("B", 1514, 1, 626, 30464, 1460),
        ("B", 1514, 1461, 626, 30464, 1460),
        ("A", 54, 626, 2921, 65536, 0),
    ]


def test_http_get_offers_the_documents_options() -> None:
    first, second, *rest = tcp.simulate("http-get").segments
    assert first.options == tcp.Options(mss=1460, wscale=8, sack_permitted=True)
    assert second.options == tcp.Options(mss=1460, wscale=7, sack_permitted=True)
    assert all(segment.options == tcp.Options() for segment in rest)


def test_zero_window_closes_probes_and_opens() -> None:
    trace = tcp.simulate("zero-window")
    from_b = [p.scaled_window for p in trace.packets if p.sender == "B"]
    assert from_b[:3] == [2048, 1024, 0]  # a buffer of 2048 bytes fills by segments of 1024
    probes = [p for p in trace.packets if "zero-window probe" in p.notes]
    assert probes and all(len(p.segment.data) == 1 for p in probes)
    assert max(from_b[3:]) == 2048
    sent = {p.rel_seq: p.segment.data for p in trace.packets if p.sender == "A"}
    assert sum(len(data) for data in sent.values()) >= 4096
    assert path(trace, "A").endswith("TIME_WAIT CLOSED")


def test_figure_8_numbers_of_the_old_duplicate() -> None:
    """RFC 9293 figure 8: <SEQ=90>, <SEQ=300><ACK=91>, <SEQ=91> RST, <SEQ=400><ACK=101>."""
    lines = [(p.sender, int(p.segment.seq), p.segment.ack) for p in
             tcp.simulate("old-duplicate-syn").packets]  # fmt: skip
    number = tcp.SeqNumber
    assert lines == [
        ("A", 100, None),
        ("A", 90, None),
        ("B", 300, number(91)),
        ("A", 91, None),
        ("B", 400, number(101)),
        ("A", 101, number(401)),
    ]


def test_time_wait_lasts_two_segment_lifetimes_from_the_last_fin() -> None:
    """MSL is two minutes (RFC 9293 §3.4.2); the FIN sent again at 1190 ms starts it anew."""
    trace = tcp.simulate("lost-last-ack")
    last_fin = max(s.time_ns for s in trace if s.packet and s.packet.segment.fin and s.who == "A")
    assert trace[-1].time_ns - last_fin == 240 * 10**9


def test_retransmission_timer_follows_rfc_6298() -> None:
    """First timeout one second (2.1), doubled each time it runs out (5.5)."""
    trace = tcp.simulate("lost-syn", faults={1: "lose", 2: "lose", 3: "lose"})
    syns = [p.sent_ns for p in trace.packets if p.segment.syn and p.sender == "A"]
    assert syns == [0, 10**9, 3 * 10**9, 7 * 10**9]


def test_unknown_names_are_refused_in_a_sentence() -> None:
    with pytest.raises(tcp.TcpCourseError, match="There is no scenario 'four-way'"):
        tcp.simulate("four-way")
    with pytest.raises(tcp.TcpCourseError, match="There is no 'latency' to change"):
        tcp.simulate("abort", latency=3)
    with pytest.raises(tcp.TcpCourseError, match=r"The loss 1\.0 is not a probability"):
        tcp.simulate("abort", loss=1.0)
    with pytest.raises(tcp.TcpCourseError, match="The delay -1 is not possible"):
        tcp.simulate("abort", delay=-1)


def test_initial_numbers_can_be_chosen() -> None:
    trace = tcp.simulate("three-way-handshake", iss_a=5, iss_b=4294967295)
    assert [int(s.seq) for s in trace.segments] == [5, 4294967295, 6]
    assert [s.ack for s in trace.segments] == [None, tcp.SeqNumber(6), tcp.SeqNumber(0)]


def test_r2_comes_after_six_retransmissions_and_123_seconds() -> None:
    """RFC 6298: 1 + 2 + 4 + 8 + 16 + 32 s, and 60 s, the longest wait, before A gives up.

    RFC 9293 §3.8.3 (SHLD-11) wants at least 100 seconds.
    """
    trace = tcp.simulate("no-answer")
    sent = [p.sent_ns for p in trace.packets if p.segment.data]
    assert [(time - sent[0]) // 10**9 for time in sent] == [0, 1, 3, 7, 15, 31, 63]
    assert trace[-1].time_ns - sent[0] == 123 * 10**9
    assert trace[-1].event == "R2 timeout" and "§3.8.3" in trace[-1].cite


def test_an_answer_starts_the_count_anew() -> None:
    """Six are lost in all, but never more than three in a row: R2 of four is not reached."""
    sends = [
        tcp.Act("A", "send", tcp.State.ESTABLISHED, after="20s", data=data)
        for data in (b"one", b"two")
    ]
    acts = (tcp.Act("B", "open_passive"), tcp.Act("A", "open_active"), *sends)
    faults = dict.fromkeys((4, 5, 6, 9, 10, 11), "lose")
    story = tcp.Scenario("x", "", acts, a=tcp.Host(r2=4), faults=faults)
    assert wire(tcp.simulate(story)) == (
        f"{OPEN} (A:PA) (A:PA) (A:PA) A:PA B:A (A:PA) (A:PA) (A:PA) A:PA B:A"
    )


def test_full_duplex_and_half_duplex_close_side_by_side() -> None:
    """The same acts: RFC 9293's CLOSE reads on, close() as on Linux says RST (SHLD-3)."""
    heard = [
        step.reaction.delivered
        for step in tcp.simulate("full-duplex-close")
        if step.reaction and step.reaction.delivered
    ]
    assert heard == [b"hellostill here"]
    for name in ("close-with-unread-data", "data-after-close"):
        trace = tcp.simulate(name)
        reset = trace.packets[-1]
        assert reset.sender == "A" and reset.segment.rst and not reset.segment.data
        assert not any(step.reaction and step.reaction.delivered for step in trace)
        assert any("SHLD-3" in step.cite for step in trace)
