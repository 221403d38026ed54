"""The arithmetic of one packet, against the document's 【分析】."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.sources.capture.load import load
from tcpcourse.views import explain

from . import stories

# The document's lines; of packet 4 it only says "http, size=679".
ANALYSIS = {
    1: "seq=0",
    2: "seq=0, ack=1",
    3: "seq=1, ack=1",
    5: "size=60, seq=1, ack=(1+679-54=626), len=0",
    6: "size=1514, seq=1, ack=(1+679-54=626), len=(1514-54=1460)",
    7: "size=1514, seq=(1460+1=1461), ack=(1+679-54=626), len=(1514-54=1460)",
    8: "size=54, seq=626, ack=(1461+1514-54=2921), len=0",
}


@pytest.mark.parametrize(("number", "line"), ANALYSIS.items())
def test_it_is_the_documents_analysis(number: int, line: str) -> None:
    assert explain(stories.avatar(), number).analysis == line


def test_packet_4_carries_the_request() -> None:
    made = explain(stories.avatar(), 4)
    assert made.analysis.startswith("size=679, ")
    assert made.analysis.endswith("len=(679-54=625)")
    assert not made.warnings


def test_every_sum_is_right() -> None:
    trace = stories.talk()
    for packet in trace.packets:
        line = explain(trace, packet.number).analysis
        for left, right in re.findall(r"([\d+\-]+)=(\d+)\)", line):
            total = sum(int(number) for number in re.findall(r"[+-]?\d+", left))
            assert total == int(right), left


def test_the_shortcut_is_warned_of_where_it_is_wrong() -> None:
    trace = stories.avatar()
    wrong = {n: explain(trace, n).warnings for n in range(1, 9) if explain(trace, n).warnings}
    assert sorted(wrong) == [1, 2, 5]
    assert "66 − 54 = 12" in wrong[1][0] and "12 bytes are TCP options" in wrong[1][0]
    assert "60 − 54 = 6" in wrong[5][0] and "6 bytes fill up the frame" in wrong[5][0]


def test_a_scaled_window_is_taken_apart() -> None:
    reasons = dict(explain(stories.avatar(), 5).reasons)
    assert reasons["win"].startswith("30464 = 238 × 128")
    assert "never scaled" in dict(explain(stories.avatar(), 2).reasons)["win"]


def test_syn_and_fin_take_a_number_and_an_ack_does_not() -> None:
    trace = stories.talk()  # SYN, SYN ACK, ACK, 5 bytes, ACK, FIN, ACK, FIN, ACK
    reasons = {p.number: dict(explain(trace, p.number).reasons) for p in trace.packets}
    assert "one number for its SYN" in reasons[2]["ack"]
    assert "Packet 3, a pure ACK, took up nothing" in reasons[4]["seq"]
    assert reasons[5]["ack"].startswith("1 + 5 = 6:")
    assert reasons[7]["ack"].startswith("6 + 1 = 7:") and "FIN" in reasons[7]["ack"]


def test_a_number_that_passes_zero_is_explained() -> None:
    trace = stories.around_zero()
    seq = dict(explain(trace, 2).reasons)["seq"]
    assert "4294967290 + 10 passes 2³² − 1 and goes on at 4." in seq


def test_what_was_sent_before_is_said() -> None:
    trace = stories.talk(lose=4)
    again = next(packet for packet in trace.packets if packet.notes)
    assert "sent before, in packet 4" in dict(explain(trace, again.number).reasons)["seq"]


def test_the_middle_of_a_connection_has_no_history() -> None:
    made = explain(stories.unknown(), 1)
    assert "first number seen from A" in str(made)
    assert "was not seen" in dict(made.reasons)["ack"]


def test_text_and_html_say_the_same() -> None:
    made = explain(stories.avatar(), 5)
    plain = re.sub(r"<[^>]+>", "", made._repr_html_())
    assert made.analysis in plain and made.heading in plain
    assert all(why in plain for _, why in made.reasons)
    assert len(repr(made)) < 200 and made.analysis in repr(made)


def test_a_packet_that_is_not_there() -> None:
    with pytest.raises(TcpCourseError, match="There is no packet 9"):
        explain(stories.avatar(), 9)


def test_a_probe_is_one_number_before_the_next() -> None:
    """A's five data packets end at 1 + 5 × 1448 = 7241; the probe in the recording says 7240."""
    recording = Path(__file__).parents[2] / "data/recordings/zero-window.pcap"
    made = explain(load(recording).conversations[0].trace, 13)
    assert "7241 − 1 = 7240" in str(made) and "probe" in str(made)
