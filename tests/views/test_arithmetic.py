"""The arithmetic of one packet, against the document's 【分析】."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP
from scapy.packet import Raw
from scapy.utils import PcapWriter

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.sources.capture.load import load
from tcpcourse.trace import Trace
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
    assert "60 − 54 = 6" in wrong[5][0] and "6 bytes are padding, not data" in wrong[5][0]


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


# What Wireshark's users ask about: probes, other connections' numbers, unknown scales


Line = tuple[str, str, int, int, int]  # sender, flags, seq, ack, bytes of data


def captured(*lines: Line, window: int = 500) -> Trace:
    """The trace of a capture of these packets, one a second."""
    out = io.BytesIO()
    with PcapWriter(out, linktype=101) as writer:
        for second, (sender, flags, seq, ack, size) in enumerate(lines):
            here, there = ("192.0.2.1", 50000), ("198.51.100.2", 80)
            if sender == "B":
                here, there = there, here
            head = TCP(sport=here[1], dport=there[1], flags=flags, seq=seq, ack=ack, window=window)
            packet = IP(src=here[0], dst=there[0], id=second + 1) / head / Raw(bytes(size))
            packet.time = 1_700_000_000 + second
            writer.write(packet)
        return load(out.getvalue()).conversations[0].trace


def reasons(trace: Trace, number: int) -> dict[str, str]:
    return dict(explain(trace, number).reasons)


OPENING = [("A", "S", 0, 0, 0), ("B", "SA", 0, 1, 0), ("A", "A", 1, 1, 0)]
HUNDRED = [("A", "PA", 1, 1, 100), ("B", "A", 1, 101, 0)]


def test_every_keep_alive_of_a_series_is_explained() -> None:
    """RFC 9293 §3.8.4: SEG.SEQ = SND.NXT − 1, with or without a byte of garbage."""
    beats = [beat for size in (0, 1, 0) for beat in (("A", "A", 100, 1, size), HUNDRED[1])]
    trace = captured(*OPENING, *HUNDRED, *beats)
    for number in (6, 8, 10):
        assert reasons(trace, number)["seq"].startswith("101 − 1 = 100: one number before the next")
        assert "(101-1=100)" in explain(trace, number).analysis
        answer = reasons(trace, number + 1)["ack"]
        assert answer.startswith("1 + 100 = 101: packet 4 began at 1")  # not the garbage byte


def test_a_keep_alive_after_a_single_byte() -> None:
    trace = captured(
        *OPENING, ("A", "PA", 1, 1, 20), ("B", "A", 1, 21, 0), ("A", "PA", 21, 1, 1),
        ("B", "A", 1, 22, 0), ("A", "A", 21, 1, 0),
    )  # fmt: skip
    assert reasons(trace, 8)["seq"].startswith("22 − 1 = 21:")


def test_a_keep_alive_after_a_fin() -> None:
    trace = captured(
        *OPENING, ("A", "FA", 1, 1, 0), ("B", "A", 1, 2, 0), ("A", "A", 1, 2, 0),
        ("B", "A", 1, 2, 0),
    )  # fmt: skip
    assert reasons(trace, 6)["seq"].startswith("2 − 1 = 1:")
    assert reasons(trace, 7)["ack"].startswith("1 + 1 = 2: packet 4 began at 1 and took up one")


def test_a_strangers_syn_ack_is_not_what_is_acknowledged() -> None:
    trace = captured(*OPENING, *HUNDRED, ("B", "SA", 3_000_000_000, 1, 0), ("A", "A", 101, 1, 0))
    seq = reasons(trace, 6)["seq"]
    assert "in its header: 3000000000" in seq and "another than in packet 2" in seq
    assert "No other packet counts from it" in seq
    assert reasons(trace, 7)["ack"].startswith("0 + 1 = 1: packet 2 began at 0")


def test_a_second_syn_ack_that_is_taken() -> None:
    trace = captured(
        OPENING[0], OPENING[1], ("B", "SA", 7000, 1, 0), ("A", "A", 1, 7001, 0),
    )  # fmt: skip
    assert "No other packet counts from it" in reasons(trace, 2)["seq"]
    assert reasons(trace, 3)["seq"].startswith("B's new first number (in its header: 7000)")
    assert reasons(trace, 4)["ack"].startswith("0 + 1 = 1: packet 3 began at 0")


def test_numbers_of_an_older_connection() -> None:
    """RFC 9293 figure 9, captured from the new SYN: B answers with what it still knows."""
    trace = captured(
        ("A", "S", 900_000, 0, 0), ("B", "A", 5001, 1101, 0), ("A", "R", 1101, 0, 0),
        ("A", "S", 900_000, 0, 0), ("B", "SA", 77_000, 900_001, 0), ("A", "A", 900_001, 77_001, 0),
    )  # fmt: skip
    found = reasons(trace, 2)
    assert "in its header: 5001" in found["seq"] and "before its own SYN" in found["seq"]
    assert "A had sent only up to 1" in found["ack"] and "figure 9" in found["ack"]
    assert "takes the number that packet 2 acknowledged" in reasons(trace, 3)["seq"]
    assert reasons(trace, 5)["ack"].startswith("0 + 1 = 1: packet 4")


def test_of_copies_the_first_that_can_have_been_answered_is_named() -> None:
    """Two SYNs cross (RFC 9293 figure 7): B's SYN,ACK answers A's SYN, not A's SYN,ACK."""
    crossed = captured(
        ("A", "S", 100, 0, 0), ("B", "S", 300, 0, 0),
        ("A", "SA", 100, 301, 0), ("B", "SA", 300, 101, 0),
    )  # fmt: skip
    assert reasons(crossed, 3)["ack"].startswith("0 + 1 = 1: packet 2 began")
    assert reasons(crossed, 4)["ack"].startswith("0 + 1 = 1: packet 1 began")
    lost = captured(
        *OPENING, ("A", "PA", 1, 1, 10), ("A", "PA", 11, 1, 10), ("B", "A", 1, 1, 0),
        ("A", "PA", 1, 1, 10), ("B", "A", 1, 11, 0), ("B", "A", 1, 21, 0),
    )  # fmt: skip
    assert reasons(lost, 8)["ack"].startswith("1 + 10 = 11: packet 7 began")  # 6 lacked packet 4
    assert reasons(lost, 9)["ack"].startswith("11 + 10 = 21: packet 5 began")


def test_a_reset_where_no_connection_is_has_no_number_to_go_on_from() -> None:
    """RFC 9293 §3.10.7.1: a RST that answers a SYN is <SEQ=0><ACK=SEG.SEQ+SEG.LEN>."""
    refused = captured(("A", "S", 100, 0, 0), ("B", "RA", 0, 101, 0))
    seq = reasons(refused, 2)["seq"]
    assert "in its header it is 0" in seq and "§3.10.7.1" in seq
    assert "first number seen" not in seq


def test_the_same_syn_again_after_another() -> None:
    trace = captured(
        ("A", "S", 90, 0, 0), ("A", "S", 100, 0, 0), ("B", "SA", 300, 91, 0), ("A", "R", 91, 0, 0),
        ("A", "S", 100, 0, 0), ("B", "SA", 400, 101, 0), ("A", "A", 101, 401, 0),
    )  # fmt: skip
    assert reasons(trace, 3)["ack"].startswith("0 + 1 = 1: packet 1 began at 0")  # the old SYN
    assert reasons(trace, 5)["seq"] == "0: these numbers were sent before, in packet 2."
    assert reasons(trace, 6)["ack"].startswith("0 + 1 = 1: packet 5 began at 0")


def test_a_window_of_unknown_scale_is_no_number_of_bytes() -> None:
    midway = captured(("A", "A", 1, 1, 10), ("B", "A", 1, 11, 0), window=172)
    assert reasons(midway, 1)["win"].startswith("The header says 172; by how much A's windows")
    known = captured(*OPENING)
    assert "win" not in reasons(known, 3)


def test_a_zero_window_probe_of_one_byte() -> None:
    trace = captured(*OPENING, ("A", "PA", 1, 1, 10), ("A", "A", 11, 1, 1), window=0)
    seq = reasons(trace, 5)["seq"]
    assert seq.startswith("1 + 10 = 11: packet 4") and "A probe of one byte" in seq


def test_five_bytes_leave_one_byte_of_padding() -> None:
    """54 bytes of headers, 5 of data and 1 of padding make 60, Ethernet's shortest frame."""
    packet = stories.avatar().packets[4]
    segment = replace(packet.segment, data=b"12345")
    trace = replace(stories.avatar(), packets=(replace(packet, segment=segment),), steps=())
    made = explain(trace, 5)
    assert dict(made.reasons)["len"].startswith("60 − 54 of headers − 1 of padding = 5 bytes")
    assert "1 byte is padding, not data" in made.warnings[0]
