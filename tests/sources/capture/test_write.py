"""Captures that we write: right checksums, and the same numbers everywhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapReader

import tcpcourse as tcp
from tcpcourse.core.options import Options
from tcpcourse.core.segment import Segment
from tcpcourse.sources.capture.write import checksum, write_frames, write_segments

from .tshark import shown

DATA = Path(__file__).parents[3] / "data"
EVERYTHING = Segment(
    seq=2**32 - 1, ack=7, flags="SAN", window=9, data=b"odd", urgent=3,
    options=Options(mss=1460, wscale=7, sack_permitted=True, sack=((1, 2), (5, 9))),
)  # fmt: skip


def written(segments: list[Segment], **more: object) -> bytes:
    out = io.BytesIO()
    rows = [(10**18 + number, "AB"[number % 2], each) for number, each in enumerate(segments)]
    write_segments(out, rows, **more)  # type: ignore[arg-type]
    return out.getvalue()


def test_the_internet_checksum_of_rfc_1071() -> None:
    """§3's example: the sum of these words is ddf2, its complement the checksum."""
    data = bytes.fromhex("0001 f203 f4f5 f6f7")
    assert checksum(data) == 0xFFFF - 0xDDF2
    assert checksum(b"\x01") == 0xFEFF  # filled up with a zero


@pytest.mark.parametrize("six", [False, True], ids=["IPv4", "IPv6"])
def test_scapy_computes_the_same_checksums(six: bool, tmp_path: Path) -> None:
    hosts = ("[2001:db8::1]:5", "[::2]:6") if six else ("192.0.2.1:5", "198.51.100.2:6")
    path = tmp_path / "out.pcap"
    path.write_bytes(written([EVERYTHING, Segment(5, flags="R")], hosts=hosts))
    with RawPcapReader(str(path)) as reader:
        raws = [raw for raw, _ in reader]
    assert len(raws) == 2
    for raw in raws:
        frame = Ether(raw)
        layer = IPv6 if six else IP
        told = frame[TCP].chksum, getattr(frame[layer], "chksum", None)
        del frame[TCP].chksum
        if not six:
            del frame[IP].chksum
        again = Ether(bytes(frame))
        assert (again[TCP].chksum, getattr(again[layer], "chksum", None)) == told


def test_what_is_written_is_read_back() -> None:
    timed = Segment(1, 2, "PA", data=b"hello", options=Options(timestamp=(1, 2**32 - 1)))
    capture = tcp.load(written([EVERYTHING, timed]))
    assert capture.columns["time_ns"].tolist() == [10**18, 10**18 + 1]
    rows = capture.conversations[0].packets
    assert [row.segment for row in rows] == [EVERYTHING, timed]
    assert [row.sender for row in rows] == ["A", "B"]


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("ending", ["pcap", "pcapng"])
@pytest.mark.parametrize("name", ["three-way-handshake", "simultaneous-close"])
def test_a_simulated_trace_in_tshark(name: str, ending: str, tmp_path: Path) -> None:
    trace = tcp.simulate(name)
    path = tmp_path / f"trace.{ending}"
    trace.save(path)
    packets = sorted(trace.packets, key=lambda packet: packet.sent_ns)
    assert [
        (row.rel_seq, row.rel_ack, row.payload_len, row.flags, row.time_ns) for row in shown(path)
    ] == [
        (p.rel_seq, p.rel_ack or 0, len(p.segment.data), int(p.segment.flags), p.sent_ns)
        for p in packets
    ]


@pytest.mark.parametrize(("ending", "begins"), [("pcap", "4d3cb2a1"), ("pcapng", "0a0d0d0a")])
def test_a_captured_trace_keeps_its_numbers(ending: str, begins: str, tmp_path: Path) -> None:
    original = tcp.load(DATA / "avatar.pcap")
    trace = original.conversations[0].trace
    trace.save(tmp_path / f"again.{ending}")
    assert (tmp_path / f"again.{ending}").read_bytes()[:4].hex() == begins
    again = tcp.load(tmp_path / f"again.{ending}")
    assert again.columns["time_ns"].tolist() == original.columns["time_ns"].tolist()
    (conversation,) = again.conversations
    assert (conversation.a, conversation.b) == ("192.0.2.17:56219", "198.51.100.80:80")
    assert tuple(row.segment for row in conversation.packets) == trace.segments


@pytest.mark.parametrize(
    ("hosts", "message"),
    [
        (("192.0.2.1", "192.0.2.2:80"), "No host is called '192.0.2.1'"),
        (("192.0.2.1:70000", "192.0.2.2:80"), "No host is called '192.0.2.1:70000'"),
        (("example:1", "192.0.2.2:80"), "No host is called 'example:1'"),
        (("192.0.2.1:1", "[::1]:80"), "are not of one version of IP"),
    ],
)
def test_endpoints_that_are_none(hosts: tuple[str, str], message: str) -> None:
    with pytest.raises(tcp.TcpCourseError, match=message.replace("[", r"\[")):
        written([Segment(1)], hosts=hosts)


def test_what_no_packet_can_carry() -> None:
    wide = Options(timestamp=(1, 2), sack=((1, 2),) * 4)
    with pytest.raises(tcp.TcpCourseError, match="The options take 44 bytes"):
        written([Segment(1, options=wide)])
    with pytest.raises(tcp.TcpCourseError, match="65500 bytes of data do not fit"):
        written([Segment(1, data=bytes(65500))])
    with pytest.raises(tcp.TcpCourseError, match="cannot hold the time -1 s"):
        write_frames(io.BytesIO(), [(-1, b"", 0)], 1)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(tcp.TcpCourseError, match="cannot be written: no such file"):
        write_segments(tmp_path / "none" / "x.pcap", [])
