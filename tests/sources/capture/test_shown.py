"""A capture and a conversation show themselves: short tables, escaped; and as DataFrames."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

import tcpcourse as tcp

from . import frames as f
from .test_relative import OPEN, TALK, a, b, told

DATA = Path(__file__).parents[3] / "data"


class Rows(HTMLParser):
    """The cells of a table's body, and whatever tags there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


TAGS = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li"}


def test_a_capture_as_a_table() -> None:
    capture = tcp.load(DATA / "avatar.pcap")
    head, row = Rows(capture._repr_html_()).rows
    assert head == ["No.", "A", "B", "Packets", "Bytes", "Lasted", "Captured"]
    assert row[:5] == [
        "0",
        "192.0.2.17:56219",
        "198.51.100.80:80",
        "8",
        "4,007",
    ]  # 2 × 66 + 2 × 54 + 679 + 60 + 2 × 1514
    assert "8 TCP packets in 1 conversation<" in capture._repr_html_()
    assert row[6] == "handshake captured, end not captured, nothing missing between"


def test_twenty_rows_then_how_many_more() -> None:
    packets = [f.ipv4(f.tcp(1, 0, f.SYN, sport=40000 + n)) for n in range(1022)]
    rows = Rows(tcp.load(f.pcap(packets, link=101))._repr_html_()).rows
    assert [row[0] for row in rows[1:]] == [*map(str, range(20)), "and 1,002 more"]


def test_problems_stand_below_the_table() -> None:
    capture = tcp.load(told(a(101, 501)))
    assert "<li>" in capture._repr_html_() and "window scale is not known" in capture._repr_html_()


def test_a_name_is_only_text(tmp_path: Path) -> None:
    capture = tcp.load(told(*OPEN), name='<script>alert(1)</script>\x1b[31m"&' + "x" * 500)
    html = capture._repr_html_()
    assert Rows(html).tags <= TAGS
    assert "\x1b" not in html and len(html) < 3000
    assert '<script>alert(1)</script>�[31m"&' in unescape(html)


def test_a_conversation_as_a_table() -> None:
    conversation = tcp.load(told(*OPEN, *TALK)).conversations[0]
    html = conversation._repr_html_()
    rows = Rows(html).rows
    assert rows[0] == ["Frame", "Time", "From", "Flags", "Seq", "Ack", "Len", "Window", "Notes"]
    assert [row[2:7] for row in rows[1:]] == [
        ["A", "S", "0", "", "0"],
        ["B", "SA", "0", "1", "0"],
        ["A", "A", "1", "1", "0"],
        ["A", "A", "1", "1", "10"],
        ["B", "A", "1", "11", "0"],
    ]
    assert "nothing missing between" in html


def test_a_long_conversation_shows_its_first_packets_with_their_notes() -> None:
    again = [a(101, 501, size=10)] * 30
    conversation = tcp.load(told(*OPEN, *again)).conversations[0]
    rows = Rows(conversation._repr_html_()).rows
    assert len(rows) == 1 + 20 + 1 and rows[-1] == ["and 13 more"]
    assert [row[8] for row in rows[4:6]] == ["", "retransmission"]
    assert conversation.first_notes(20).tolist() == conversation.notes[:20].tolist()


def test_a_window_of_unknown_scale_is_not_shown_as_bytes() -> None:
    conversation = tcp.load(told(a(101, 501))).conversations[0]
    assert Rows(conversation._repr_html_()).rows[1][7] == "500 × ?"


def test_an_empty_capture_shows_an_empty_table() -> None:
    assert len(Rows(tcp.load(told())._repr_html_()).rows) == 1


def test_frames_have_the_columns_values() -> None:
    capture = tcp.load(told(*OPEN, *TALK))
    frame = capture.to_pandas()
    for name in (
        "frame", "time_ns", "conversation", "direction", "seq", "ack", "rel_seq", "rel_ack",
        "payload_len", "flags", "window", "scaled_window", "frame_len",
    ):  # fmt: skip
        assert frame[name].tolist() == capture.columns[name].tolist()
    one = capture.conversations[0].to_pandas()
    assert one["rel_ack"].tolist() == [0, 1, 1, 1, 11]
    assert one["sender"].tolist() == ["A", "B", "A", "A", "B"]
    assert one["notes"].tolist() == ["", "", "", "", ""]
    assert not {"offset", "tcp_offset"} & set(frame.columns)


def test_the_packet_of_a_frame() -> None:
    packets = [f.ipv4(f.tcp(n, 0, f.SYN, sport=40000 + n % 2)) for n in range(6)]
    conversation = tcp.load(f.pcap(packets, link=101)).conversations[1]
    assert int(conversation.packet(4).segment.seq) == 3
    with pytest.raises(tcp.TcpCourseError, match=re.escape("the packets are 2, 4, 6.")):
        conversation.packet(3)


def test_problems_are_found_once() -> None:
    capture = tcp.load(told(a(101, 501), b(501, 102)))
    assert capture.problems == capture.problems
    assert [problem.count for problem in capture.problems] == [2]
