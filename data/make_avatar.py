"""Rebuild the document's eight packets (section 二) as a capture: ``data/avatar.pcap``.

The document lists eight frames by their length and their ``Info`` column. This script
builds frames that show exactly those numbers. What the list does not say is made up
here, and is a constant below: addresses, initial sequence numbers, times, the headers
of the request and the bytes of the picture. The file is *reconstructed*, not recorded.

Run ``python data/make_avatar.py [file]``; the same bytes come out every time.
"""

import sys
from pathlib import Path

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Padding, Raw
from scapy.utils import PcapWriter

# Addresses kept for documentation: RFC 5737 (IPv4) and RFC 7042 §2.1.2 (Ethernet).
A_IP, B_IP = "192.0.2.17", "198.51.100.80"
A_MAC, B_MAC = "00:00:5e:00:53:0a", "00:00:5e:00:53:0b"
A_PORT, B_PORT = 56219, 80

# The document shows relative numbers only. The digits of e and pi are easy to spot.
A_ISN, B_ISN = 2_718_281_828, 3_141_592_653

# Window scale: A shifts by 8 (WS=256), B by 7 (WS=128). A SYN's window is never scaled.
A_SHIFT, B_SHIFT = 8, 7

# Microseconds of each frame after the first; the round trip is about 30 ms.
TIMES_US = (0, 30_112, 30_205, 31_020, 61_377, 63_940, 63_981, 64_057)
START_S = 946_684_800  # 2000-01-01 00:00:00 UTC

MSS = 1460
REQUEST_LEN = 625
ETHERNET_MIN = 60  # shortest frame without its check sequence, in bytes


def request() -> bytes:
    """The GET of frame 4: exactly 625 bytes, filled up by a header that says so."""
    lines = [
        "GET /static/images/avatar.jpg HTTP/1.1",
        "Host: www.example.org",
        "Connection: keep-alive",
        "Accept: image/avif,image/webp,image/apng,image/*,*/*;q=0.8",
        "User-Agent: Mozilla/5.0 (compatible; tcpcourse reconstruction)",
        "Referer: http://www.example.org/people/example.html",
        "Accept-Encoding: gzip, deflate",
        "Accept-Language: zh-CN,zh;q=0.8,en;q=0.6",
        "X-Filler: ",
    ]
    head = "\r\n".join(lines)
    filler = "made-up-to-fill-625-bytes." * 20
    room = REQUEST_LEN - len(head) - len("\r\n\r\n")
    return f"{head}{filler[:room]}\r\n\r\n".encode("ascii")


def response() -> bytes:
    """The first 2920 bytes of the answer: real headers, then a made-up picture."""
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Server: example\r\n"
        "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
        "Content-Type: image/jpeg\r\n"
        "Content-Length: 40960\r\n"
        "Connection: keep-alive\r\n"
        "\r\n"
    ).encode("ascii")
    jfif = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
    filler = bytes(range(256)) * 12
    return (head + jfif + filler)[: 2 * MSS]


def from_a(ident: int, tcp: TCP, data: bytes = b"") -> Packet:
    """A frame from A, the browser's machine."""
    packet = Ether(src=A_MAC, dst=B_MAC) / IP(src=A_IP, dst=B_IP, id=ident, flags="DF", ttl=128)
    tcp.sport, tcp.dport = A_PORT, B_PORT
    return finish(packet / tcp, data)


def from_b(ident: int, tcp: TCP, data: bytes = b"") -> Packet:
    """A frame from B, the web server."""
    packet = Ether(src=B_MAC, dst=A_MAC) / IP(src=B_IP, dst=A_IP, id=ident, flags="DF", ttl=52)
    tcp.sport, tcp.dport = B_PORT, A_PORT
    return finish(packet / tcp, data)


def finish(packet: Packet, data: bytes) -> Packet:
    """The frame with its data, if it has any."""
    return packet / Raw(data) if data else packet


def padded(packet: Packet) -> Packet:
    """The frame filled up to the shortest length Ethernet allows.

    Only what B sends is padded: A's own short frames are captured before its card
    pads them, which is why the document shows 54 for A and 60 for B.
    """
    return packet / Padding(b"\0" * (ETHERNET_MIN - len(packet)))


def frames() -> list[Packet]:
    """The eight frames, in the document's order and with its numbers."""
    nop, sack = ("NOP", None), ("SAckOK", b"")
    a_options = [("MSS", MSS), nop, ("WScale", A_SHIFT), nop, nop, sack]
    b_options = [("MSS", MSS), nop, nop, sack, nop, ("WScale", B_SHIFT)]
    a_win, b_win = 65536 >> A_SHIFT, 30464 >> B_SHIFT
    a, b = A_ISN, B_ISN  # a + n is A's relative number n, as Wireshark counts
    body = response()
    return [
        from_a(1001, TCP(flags="S", seq=a, window=8192, options=a_options)),
        from_b(0, TCP(flags="SA", seq=b, ack=a + 1, window=29200, options=b_options)),
        from_a(1002, TCP(flags="A", seq=a + 1, ack=b + 1, window=a_win)),
        from_a(1003, TCP(flags="PA", seq=a + 1, ack=b + 1, window=a_win), request()),
        padded(from_b(7001, TCP(flags="A", seq=b + 1, ack=a + 626, window=b_win))),
        from_b(7002, TCP(flags="A", seq=b + 1, ack=a + 626, window=b_win), body[:MSS]),
        from_b(7003, TCP(flags="A", seq=b + 1461, ack=a + 626, window=b_win), body[MSS:]),
        from_a(1004, TCP(flags="A", seq=a + 626, ack=b + 2921, window=a_win)),
    ]


def write(path: Path) -> None:
    """Write the capture: classic pcap, microseconds, little-endian, Ethernet."""
    with PcapWriter(str(path), linktype=1, endianness="<") as out:
        out.write_header(None)
        for packet, after in zip(frames(), TIMES_US, strict=True):
            out.write_packet(bytes(packet), sec=START_S, usec=after)


if __name__ == "__main__":
    default = Path(__file__).with_name("avatar.pcap")
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else default)
