"""The sequence strip, from the variables of real endpoints."""

from __future__ import annotations

from xml.etree import ElementTree

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb
from tcpcourse.trace import Ends, Step, end_of
from tcpcourse.views import sequence_strip

from . import stories

SVG = "{http://www.w3.org/2000/svg}"


def words(step: Step, side: str) -> list[str]:
    root = ElementTree.fromstring(sequence_strip(step, side).svg)  # type: ignore[arg-type]
    return [text.text or "" for text in root.iter(SVG + "text")]


def at(a: Tcb, b: Tcb) -> Step:
    """A step after which the ends have these variables."""
    ends = Ends(end_of(a), end_of(b))
    return Step(0, 0, "A", "is looked at", None, (), ends, ends, ())


def test_the_marks_are_the_variables() -> None:
    # A: ISS 100, sent 5 bytes, nothing acknowledged but the SYN
    a = Tcb(State.ESTABLISHED, iss=100, snd_una=101, snd_nxt=106, snd_wnd=1000)
    b = Tcb(State.ESTABLISHED, iss=300, irs=100, rcv_nxt=101, rcv_wnd=1000)
    text = words(at(a, b), "A")
    assert "SND.UNA = 1  (101)" in text
    assert "SND.NXT = 6  (106)" in text
    assert "SND.UNA+SND.WND = 1001  (1101)" in text
    assert "RCV.NXT = 1  (101)" in text
    assert "RCV.NXT+RCV.WND = 1001  (1101)" in text
    assert "in flight: 5" in text and "may be sent: 995" in text


def test_syn_and_fin_have_cells_of_their_own() -> None:
    talk = stories.talk()
    syn = words(talk[1], "A")
    assert "SYN" in syn and "FIN" not in syn
    closing = next(step for step in talk if step.after.a.state is State.FIN_WAIT_1)
    assert "FIN" in words(closing, "A")
    assert not any(word.startswith("may be sent") for word in words(closing, "A"))


def test_a_hole_is_seen() -> None:
    b = Endpoint.restore(Tcb(State.ESTABLISHED, iss=300, irs=100, rcv_nxt=101))
    b.arrive(Segment(111, 301, "A", data=b"0123456789"))  # 101 … 110 are missing
    a = Tcb(State.ESTABLISHED, iss=100, snd_una=101, snd_nxt=121)
    text = words(at(a, b.tcb), "A")
    assert "missing" in text or "missing: 10" in text
    assert "kept, came early: 10" in text


def test_where_the_numbers_wrap() -> None:
    a = Tcb(State.ESTABLISHED, iss=4_294_967_290, snd_una=4_294_967_291, snd_nxt=5)
    b = Tcb(State.ESTABLISHED, iss=300, irs=4_294_967_290, rcv_nxt=4_294_967_291)
    text = words(at(a, b), "A")
    assert "2³² − 1 | 0" in text
    assert "SND.NXT = 11  (5)" in text  # 6 numbers up to 2³², and 5 more
    assert "2³² − 1 | 0" not in words(stories.talk()[5], "A")


def test_of_a_capture_only_the_packet_is_shown() -> None:
    step = stories.avatar()[6]
    assert "seq = 1461  (3141594114)" in words(step, "B")
    assert "packet 7 takes up 1,460 numbers" in words(step, "B")
    assert any("only the packet is known" in word for word in words(step, "B"))
    assert "ack = 626  (2718282454)" in words(step, "A")


def test_nothing_sent() -> None:
    assert words(stories.talk()[0], "B") == ["B has sent nothing here."]
