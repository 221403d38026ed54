"""A packet as scapy builds it, judged by scapy's own reader and by our writer's bytes."""

from __future__ import annotations

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.options import Options
from tcpcourse.core.segment import Segment
from tcpcourse.packet import Packet, socket_address

EVERYTHING = Segment(
    4294967295, 7, "PAUEC", 513, b"hello", Options(1460, 7, True, ((1, 5), (9, 12)), None), 3
)
V6 = {"A": "[2001:db8::1]:40000", "B": "[2001:db8::2]:80"}


def made(segment: Segment, sender: str = "A") -> Packet:
    return Packet(1, sender, segment, 0, 0, 0, None, segment.window)  # type: ignore[arg-type]


@pytest.mark.parametrize("hosts", [None, V6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("sender", ["A", "B"])
def test_scapy_reads_back_what_scapy_built(sender: str, hosts: dict[str, str] | None) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6

    packet = made(EVERYTHING, sender)
    built = packet.scapy() if hosts is None else packet.scapy(hosts)
    again = (IP if hosts is None else IPv6)(bytes(built))
    own, peer = (40000, 80) if sender == "A" else (80, 40000)
    head = again[TCP]
    assert (head.sport, head.dport, head.seq, head.ack) == (own, peer, 4294967295, 7)
    assert (str(head.flags), head.window, head.urgptr) == ("PAUEC", 513, 3)
    assert bytes(head.payload) == b"hello"
    options = [option for option in head.options if option[0] not in ("NOP", "EOL")]
    assert options == [
        ("MSS", 1460), ("SAckOK", b""), ("WScale", 7), ("SAck", (1, 5, 9, 12)),
    ]  # fmt: skip


def test_the_ninth_bit_and_the_clock() -> None:
    from scapy.layers.inet import IP, TCP

    again = IP(bytes(made(Segment(1, flags="N", options=Options(timestamp=(8, 9)))).scapy()))
    assert int(again[TCP].flags) == 0x100
    assert ("Timestamp", (8, 9)) in again[TCP].options


@pytest.mark.parametrize("text", ["192.0.2.1", "192.0.2.1:70000", "host:1", "192.0.2.1:-1", ""])
def test_a_host_that_is_none(text: str) -> None:
    with pytest.raises(TcpCourseError, match=r"^No host is called .* such as 192\.0\.2\.1:80\.$"):
        made(Segment(1)).scapy({"A": text, "B": "192.0.2.2:80"})


def test_addresses_and_ports() -> None:
    assert [str(part) for part in socket_address("[2001:db8::1]:80")] == ["2001:db8::1", "80"]
    assert [str(part) for part in socket_address("192.0.2.1:0")] == ["192.0.2.1", "0"]
