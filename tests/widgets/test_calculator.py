"""The calculator: sums by hand."""

from __future__ import annotations

import pytest
from ipywidgets import HTML

import tcpcourse as tcp
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.views.sums import allowed, apart, judged_by_ack, offered, taken_up
from tcpcourse.widgets import Calculator


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("S 0:0(0)", "First segment: 0 + 1 (SYN) = 1."),
        ("A 1:1(0) ack 1", "First segment: 1 = 1: it takes up no number at all."),
        ("PA 1:626(625) ack 1", "First segment: 1 + 625 (data) = 626."),
        ("FA 10:15(5) ack 1", "First segment: 10 + 5 (data) + 1 (FIN) = 16."),
        (
            "PA 4294967290:4(10) ack 1",
            "First segment: 4294967290 + 10 (data) = 4, for 4294967300 − 2³² = 4.",
        ),
        (
            "FA 4294967295:4294967295(0) ack 1",
            "First segment: 4294967295 + 1 (FIN) = 0, for 4294967296 − 2³² = 0.",
        ),
    ],
)
def test_what_a_segment_takes_up(line: str, words: str) -> None:
    assert taken_up("First segment", Segment.parse(line)) == words


@pytest.mark.parametrize(
    ("ack", "words"),
    [
        (626, "is the number after the other one's last: all of it is acknowledged."),
        (1, "is the other one's own seq: nothing of that one is acknowledged yet."),
        (600, "covers 599 of the other one's 625 numbers."),
        (700, "covers all of the other one, and 74 numbers more."),
        (627, "covers all of the other one, and one number more."),
        (
            4_294_967_295,
            "lies 2 before the other one's seq: nothing of that one is acknowledged.",
        ),
    ],
)
def test_what_an_ack_says(ack: int, words: str) -> None:
    told = judged_by_ack("Second", SeqNumber(ack), Segment.parse("PA 1:626(625) ack 1"))
    assert told == f"Second: ack {ack} {words}"


def test_an_ack_of_nothing() -> None:
    told = judged_by_ack("Second", SeqNumber(1), Segment.parse("A 1:1(0) ack 1"))
    assert told == "Second: ack 1 says nothing about the other one, for that takes up no number."


def test_windows() -> None:
    assert offered(Segment.parse("A 1:1(0) ack 1 win 238"), 7) == (
        30464,
        "Its window: 238 × 2^7 = 238 × 128 = 30464 bytes.",
    )
    assert offered(Segment.parse("SA 0:0(0) ack 1 win 29200"), 7) == (
        29200,
        "Its window: 29200 bytes; the window of a SYN is never scaled.",
    )
    assert allowed(SeqNumber(626), 30464) == (
        "By it the numbers 626 … 31089 may be sent, 30464 of them."
    )
    assert allowed(SeqNumber(4_294_967_290), 10) == (
        "By it the numbers 4294967290 … 3 may be sent, 10 of them, beyond 2³² − 1 and on from 0."
    )
    assert allowed(SeqNumber(5), 0) == "By it nothing may be sent: the window at 5 is closed."


def test_distances() -> None:
    assert apart(SeqNumber(5), SeqNumber(8)) == "8 comes 3 after 5."
    assert apart(SeqNumber(8), SeqNumber(5)) == "5 comes 3 before 8."
    assert apart(SeqNumber(4_294_967_295), SeqNumber(1)) == (
        "1 comes 2 after 4294967295, beyond 2³² − 1 and on from 0."
    )
    assert "neither comes first" in apart(SeqNumber(0), SeqNumber(1 << 31))
    assert apart(SeqNumber(7), SeqNumber(7)) == "7 and 7 are equal."


def test_a_window_of_a_syn_is_not_scaled() -> None:
    calculator = Calculator()
    calculator.other.value = "SA 300:300(0) ack 1 win 29200"
    assert "29200 bytes; the window of a SYN is never scaled." in calculator.answer
    assert "1 … 29200 may be sent" in calculator.answer


def test_it_reckons_when_something_is_typed() -> None:
    calculator = Calculator()
    calculator.one.value = "PA 1:626(625) ack 1 win 256"
    calculator.other.value = "A 1:1(0) ack 626 win 238"
    assert "all of it is acknowledged" in calculator.answer
    calculator.shift.value = 8
    assert "238 × 2^8 = 238 × 256 = 60928 bytes" in calculator.answer


NONSENSE = ["", "hello", "S 0:5(0)", "<b>x</b>", "A 1:1(0)", "x" * 10_000]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_what_is_no_segment_is_said_kindly(nonsense: str) -> None:
    calculator = Calculator()
    calculator.one.value = nonsense
    assert calculator.answer.endswith(".") and len(calculator.answer) < 500
    assert "<b>x" not in "".join(c.value for c in calculator.children if isinstance(c, HTML))


def test_packets_of_a_trace_can_be_chosen() -> None:
    trace = tcp.simulate("http-get")
    calculator = Calculator(trace)
    calculator.pick_one.value = str(trace.packet(4).segment)
    calculator.pick_other.value = str(trace.packet(5).segment)
    assert "625 (data)" in calculator.answer
    assert "all of it is acknowledged" in calculator.answer


def test_its_text_form() -> None:
    assert repr(Calculator()) == (
        "<Calculator: First segment: 4294967290 + 10 (data) = 4, for 4294967300 − 2³² = 4.>"
    )
