"""Captures: the document's numbers, conversations, and every way to hand one over."""

from __future__ import annotations

import gzip
import io
import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

import tcpcourse as tcp
from tcpcourse.core.options import Options
from tcpcourse.sources.capture.load import Capture

from . import frames as f

DATA = Path(__file__).parents[3] / "data"
AVATAR = DATA / "avatar.pcap"


@pytest.fixture(scope="module")
def avatar() -> Capture:
    return tcp.load(AVATAR)


def raw(*packets: bytes) -> Capture:
    return tcp.load(f.pcap(list(packets), link=101))


def from_a(*args: int, port: int = 50000, **more: object) -> bytes:
    return f.ipv4(f.tcp(*args, sport=port, **more))  # type: ignore[arg-type]


def from_b(*args: int, port: int = 50000, **more: object) -> bytes:
    segment = f.tcp(*args, sport=80, dport=port, **more)  # type: ignore[arg-type]
    return f.ipv4(segment, f.B[0], f.A[0])


# The document's eight packets (section 二)


def test_the_documents_numbers(avatar: Capture) -> None:
    columns = avatar.columns[["frame_len", "direction", "rel_seq", "rel_ack", "payload_len"]]
    assert columns.tolist() == [
        (66, 0, 0, 0, 0),
        (66, 1, 0, 1, 0),
        (54, 0, 1, 1, 0),
        (679, 0, 1, 1, 625),
        (60, 1, 1, 626, 0),  # 60 − 54 = 6 bytes are padding, not data
        (1514, 1, 1, 626, 1460),
        (1514, 1, 1461, 626, 1460),
        (54, 0, 626, 2921, 0),
    ]
    assert avatar.columns["window"].tolist() == [8192, 29200, 256, 256, 238, 238, 238, 256]
    assert avatar.columns["scaled_window"].tolist() == [
        8192, 29200, 65536, 65536, 30464, 30464, 30464, 65536,
    ]  # fmt: skip


def test_the_documents_packets(avatar: Capture) -> None:
    (conversation,) = avatar.conversations
    assert conversation.a == "192.0.2.17:56219"
    assert conversation.b == "198.51.100.80:80"
    first, second, *_ = rows = conversation.packets
    assert str(first.segment) == "S 2718281828:2718281828(0) win 8192 <mss 1460,wscale 8,sackOK>"
    assert (first.rel_ack, second.rel_ack) == (None, 1)
    assert second.segment.ack == tcp.SeqNumber(2718281829)
    request = rows[3]
    assert request.segment.data.startswith(b"GET /static/images/avatar.jpg HTTP/1.1\r\n")
    assert (request.number, request.sender, request.data_captured) == (4, "A", 625)
    assert [row.notes for row in rows] == [()] * 8


def test_what_a_conversation_says_of_itself(avatar: Capture) -> None:
    (conversation,) = avatar.conversations
    assert (conversation.index, len(conversation.packets)) == (0, 8)
    assert conversation.bytes == 66 + 66 + 54 + 679 + 60 + 1514 + 1514 + 54
    assert conversation.history == "ShADad"
    assert conversation.complete == (
        "handshake captured, end not captured, nothing missing between"
    )
    assert dict(conversation.relative_to) == {"A": "SYN", "B": "SYN"}
    assert repr(avatar) == (
        f"<Capture {str(AVATAR)!r}: 8 TCP packets in 1 conversation, no problems>"
    )
    assert repr(conversation) == (
        "<Conversation 0: 192.0.2.17:56219 ⇄ 198.51.100.80:80, 8 packets>"
    )


def test_the_trace_of_a_conversation(avatar: Capture) -> None:
    trace = avatar.conversations[0].trace
    assert trace.provenance == "captured"
    assert [packet.number for packet in trace.packets] == list(range(1, 9))
    assert trace is avatar.conversations[0].trace


# Every way to hand a capture over


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("way", ["path", "text", "bytes", "memoryview", "file", "pipe"])
def test_every_kind_of_source(way: str, packed: bool, tmp_path: Path, avatar: Capture) -> None:
    data = AVATAR.read_bytes()
    data = gzip.compress(data) if packed else data
    path = tmp_path / "capture"
    path.write_bytes(data)
    source: object = {
        "path": path, "text": str(path), "bytes": data, "memoryview": memoryview(data),
    }.get(way)  # fmt: skip
    if way == "file":
        with path.open("rb") as file:
            capture = tcp.load(file)
            assert not file.closed
    elif way == "pipe":
        out, into = os.pipe()
        os.write(into, data)
        os.close(into)
        with open(out, "rb", buffering=0) as file:
            capture = tcp.load(file)
    else:
        capture = tcp.load(source)  # type: ignore[arg-type]
    assert (capture.columns == avatar.columns).all()
    rows = capture.conversations[0].packets
    assert list(rows) == list(avatar.conversations[0].packets)
    assert rows[-1] == rows[7] and rows[2:4] == tuple(rows)[2:4]


def test_a_file_that_changed_since_it_was_loaded_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(AVATAR.read_bytes())
    rows = tcp.load(path).conversations[0].packets
    path.write_bytes(bytes(100))
    with pytest.raises(tcp.CaptureError, match="has changed since it was loaded"):
        rows[0]
    path.unlink()
    with pytest.raises(tcp.CaptureError, match="there is no such file"):
        list(rows)


def test_a_capture_is_not_to_be_written_to(avatar: Capture) -> None:
    with pytest.raises(ValueError, match="read-only"):
        avatar.columns["seq"][0] = 1
    with pytest.raises(FrozenInstanceError):
        avatar.conversations[0].packets[0].number = 2  # type: ignore[misc]


def test_conversations_are_a_sequence(avatar: Capture) -> None:
    assert avatar.conversations[-1] is avatar.conversations[0]
    assert avatar.conversations[:] == (avatar.conversations[0],)
    with pytest.raises(IndexError):
        avatar.conversations[1]


# Which packets belong together


def test_conversations_are_numbered_by_their_first_packets() -> None:
    ports = [40000 + number * 7919 % 500 for number in range(500)]
    capture = raw(*(from_a(port, 0, f.SYN, port=port) for port in ports + ports))
    assert [c.a for c in capture.conversations] == [f"192.0.2.1:{port}" for port in ports]
    assert capture.columns["conversation"].tolist() == [*range(500), *range(500)]
    assert capture.conversations[300].columns["frame"].tolist() == [301, 801]


def test_a_hundred_thousand_conversations() -> None:
    """More than 16 bits can number, so ordering them takes two passes."""
    template = from_a(1, 0, f.SYN)
    packets = np.tile(np.frombuffer(template, np.uint8), (100_000, 1))
    packets[:, 12:16] = np.arange(100_000, dtype=">u4").view(np.uint8).reshape(-1, 4)
    packets[::2, 13] += 10  # neighbours far apart
    records = np.hstack(
        [np.tile(np.frombuffer(np.array([1, 0, 40, 40], "<u4").tobytes(), np.uint8), (100_000, 1)),
         packets]
    )  # fmt: skip
    capture = tcp.load(f.pcap([], link=101) + records.tobytes() * 2)
    assert len(capture.conversations) == 100_000
    for index in (0, 1, 65_536, 99_999):
        conversation = capture.conversations[index]
        assert conversation.columns["frame"].tolist() == [index + 1, index + 100_001]


def test_a_is_who_sent_the_first_syn_even_if_it_comes_second() -> None:
    """The SYN,ACK was captured before the SYN."""
    capture = raw(from_b(9000, 1001, f.SYN | f.ACK), from_a(1000, 0, f.SYN))
    (conversation,) = capture.conversations
    assert conversation.a == "192.0.2.1:50000"
    assert capture.columns[["direction", "rel_seq", "rel_ack"]].tolist() == [(1, 0, 1), (0, 0, 0)]


def test_without_a_syn_numbers_count_from_the_first_seen_as_1() -> None:
    capture = raw(
        from_b(9000, 1000, data=b"12345"),
        from_a(1000, 9005, data=b"67"),
        from_b(8990, 1002),
    )
    (conversation,) = capture.conversations
    assert conversation.a == "198.51.100.2:80"  # it sent the first packet
    assert dict(conversation.relative_to) == {
        "A": "first number seen", "B": "first number seen",
    }  # fmt: skip
    assert capture.columns[["rel_seq", "rel_ack"]].tolist() == [
        (1, 1), (1, 6), (2**32 - 9, 3),
    ]  # fmt: skip
    assert conversation.complete.startswith("beginning not captured, end not captured")


def test_relative_numbers_wrap() -> None:
    capture = raw(from_a(2**32 - 2, 0, f.SYN), from_a(2**32 - 1, 0, f.PSH, data=b"abc"),
                  from_a(2, 0, f.PSH))  # fmt: skip
    assert capture.columns["rel_seq"].tolist() == [0, 1, 4]


CLOSES = {
    "both FINs": [from_a(1001, 9001, f.FIN | f.ACK), from_b(9001, 1002, f.FIN | f.ACK)],
    "a RST": [from_b(9001, 0, f.RST)],
}
OPENING = [from_a(1000, 0, f.SYN), from_b(9000, 1001, f.SYN | f.ACK), from_a(1001, 9001)]


@pytest.mark.parametrize("close", CLOSES)
def test_a_new_syn_after_a_close_is_a_new_conversation(close: str) -> None:
    closing = CLOSES[close]
    again = [from_a(777_000, 0, f.SYN), from_b(5000, 777_001, f.SYN | f.ACK)]
    capture = raw(*OPENING, *closing, *again)
    before = len(OPENING) + len(closing)
    assert capture.columns["conversation"].tolist() == [0] * before + [1, 1]
    assert capture.columns["rel_seq"].tolist()[-2:] == [0, 0]
    old, new = capture.conversations
    assert (old.reused, new.reused) == (False, True)
    assert new.packets[0].notes == ("port reused",)


def test_the_other_side_may_open_next() -> None:
    capture = raw(*OPENING, *CLOSES["both FINs"], from_b(5000, 0, f.SYN))
    assert [c.a for c in capture.conversations] == ["192.0.2.1:50000", "198.51.100.2:80"]


@pytest.mark.parametrize(
    "after",
    [
        [from_a(1000, 0, f.SYN)],  # the same SYN once more
        [from_b(9000, 1001, f.SYN | f.ACK)],
        [from_a(777_000, 0, f.SYN), from_b(9001, 1001)],  # not accepted: figure 9's line 5
    ],
)
def test_what_begins_no_new_conversation(after: list[bytes]) -> None:
    assert len(raw(*OPENING, *after).conversations) == 1


def test_a_syn_that_is_answered_begins_anew_though_no_close_was_seen() -> None:
    again = [from_a(777_000, 0, f.SYN), from_b(5000, 777_001, f.SYN | f.ACK)]
    assert raw(*OPENING, *again).columns["conversation"].tolist() == [0, 0, 0, 1, 1]
    midway = [from_a(55, 66), *again]
    assert raw(*midway).columns["conversation"].tolist() == [0, 1, 1]


def test_a_simultaneous_open_is_one_conversation() -> None:
    """RFC 9293 figure 7."""
    capture = raw(
        from_a(100, 0, f.SYN), from_b(300, 0, f.SYN), from_a(100, 301, f.SYN | f.ACK),
        from_b(300, 101, f.SYN | f.ACK),
    )  # fmt: skip
    (conversation,) = capture.conversations
    assert conversation.a == "192.0.2.1:50000"
    assert conversation.history.startswith("Ss")


def test_windows_are_scaled_only_when_both_syns_say_so() -> None:
    plain = raw(from_a(1, 0, f.SYN, options=f.SCALE_7), from_b(5, 2, f.SYN | f.ACK),
                from_a(2, 6, window=9))  # fmt: skip
    assert plain.columns["scaled_window"].tolist() == [1000, 1000, 9]
    both = raw(
        from_a(1, 0, f.SYN, options=f.SCALE_7), from_b(5, 2, f.SYN | f.ACK, options=f.SCALE_8),
        from_a(2, 6, window=9), from_b(6, 2, window=9),
    )  # fmt: skip
    assert both.columns["scaled_window"].tolist() == [1000, 1000, 9 << 7, 9 << 8]


def test_ipv6_endpoints_have_brackets() -> None:
    (conversation,) = tcp.load(f.pcap(f.packets(6), link=101)).conversations
    assert (conversation.a, conversation.b) == ("[2001:db8::1]:50000", "[2001:db8::2]:80")
    assert conversation.history == "ShADaFf"
    assert conversation.complete == (
        "handshake captured, closed by both sides, nothing missing between"
    )


def test_data_that_was_not_captured_counts_but_reads_as_zeros() -> None:
    frame = from_a(1, 2, data=b"GET / HTTP/1.1")
    capture = tcp.load(f.pcap([frame[:44]], link=101, lengths=[len(frame)]))
    row = capture.conversations[0].packets[0]
    assert (row.payload_len, row.data_captured) == (14, 4)
    assert row.segment.data == b"GET " + bytes(10)
    assert row.segment.seg_len == 14


def test_every_option_is_read() -> None:
    options = bytes.fromhex("080a 0000000a 00000014  050a 00000064 000000c8  0000")
    row = raw(from_a(1, 2, options=options)).conversations[0].packets[0]
    assert row.segment.options == Options(timestamp=(10, 20), sack=((100, 200),))


# Saving


def test_saving_a_conversation_writes_its_frames_as_they_were(
    tmp_path: Path, avatar: Capture
) -> None:
    path = tmp_path / "one.pcap"
    avatar.save(avatar.conversations[0], path)
    again = tcp.load(path)
    fields = ["time_ns", "seq", "ack", "payload_len", "frame_len", "captured_len"]
    assert (again.columns[fields] == avatar.columns[fields]).all()
    a, b = AVATAR.read_bytes(), path.read_bytes()
    for mine, theirs in zip(avatar.columns, again.columns, strict=True):
        size = int(mine["captured_len"])
        start, place = int(mine["offset"]), int(theirs["offset"])
        assert a[start : start + size] == b[place : place + size]


def test_saving_picks_one_conversation_out_of_many(tmp_path: Path) -> None:
    packets = [from_a(number, 0, f.SYN, port=40000 + number % 3) for number in range(9)]
    capture = raw(*packets)
    capture.save(1, tmp_path / "one.pcap")
    again = tcp.load(tmp_path / "one.pcap")
    assert again.columns["seq"].tolist() == [1, 4, 7]


def test_frames_of_several_link_types_fit_no_pcap(tmp_path: Path) -> None:
    packet = f.packets()[0]
    mixed = f.section() + f.interface(101) + f.interface(1)
    mixed += f.enhanced(packet) + f.enhanced(f.ethernet(packet), place=1)
    with pytest.raises(tcp.TcpCourseError, match="several link types"):
        tcp.load(mixed).save(0, tmp_path / "one.pcap")


def test_a_long_load_shows_a_bar_and_a_short_one_is_silent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TCPCOURSE_PROGRESS", raising=False)
    tcp.load(AVATAR)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("tcpcourse.sources.progress._SILENT_S", 0.0)
    tcp.load(AVATAR)
    assert "reading" in capsys.readouterr().err
    tcp.load(io.BytesIO(AVATAR.read_bytes()), progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_socket_connected_to_itself_is_its_own_peer() -> None:
    """A simultaneous open of one: every packet has the same endpoint twice."""
    syn = f.tcp(100, 0, f.SYN, sport=7, dport=7, options=f.SCALE_7)
    both = f.tcp(100, 101, f.SYN | f.ACK, sport=7, dport=7, options=f.SCALE_7)
    data = f.tcp(101, 101, data=b"echo", sport=7, dport=7, window=3)
    capture = raw(*(f.ipv4(each, "127.0.0.1", "127.0.0.1") for each in (syn, both, data)))
    fields = ["direction", "rel_seq", "rel_ack", "scaled_window"]
    assert capture.columns[fields].tolist() == [
        (0, 0, 0, 1000), (0, 0, 1, 1000), (0, 1, 1, 3 << 7),
    ]  # fmt: skip
