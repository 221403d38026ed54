"""Builds frames and capture files byte by byte, sound ones and odd ones. All made up."""

from __future__ import annotations

import struct
from ipaddress import ip_address

A, B = ("192.0.2.1", 50000), ("198.51.100.2", 80)
A6, B6 = ("2001:db8::1", 50000), ("2001:db8::2", 80)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SCALE_7 = bytes([3, 3, 7, 1])
SCALE_8 = bytes([3, 3, 8, 1])
DAY_NS = 946_684_800 * 10**9


def tcp(
    seq: int, ack: int = 0, flags: int = ACK, data: bytes = b"", *, sport: int = 50000,
    dport: int = 80, window: int = 1000, options: bytes = b"", offset: int | None = None,
) -> bytes:  # fmt: skip
    """A TCP segment with checksum 0; ``offset`` is the header's length in words, if a lie."""
    words = (20 + len(options)) // 4 if offset is None else offset
    bits = words << 12 | flags
    head = struct.pack("!HHIIHHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, bits,
                       window, 0, 0)  # fmt: skip
    return head + options + data


def ipv4(
    inner: bytes, source: str = A[0], target: str = B[0], *, protocol: int = 6, fragment: int = 0,
    total: int | None = None, words: int = 5, options: bytes = b"",
) -> bytes:  # fmt: skip
    length = 20 + len(options) + len(inner) if total is None else total
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, length, 1, fragment, 64, protocol, 0)
    head += ip_address(source).packed + ip_address(target).packed + options
    checksum = sum(struct.unpack(f"!{len(head) // 2}H", head))
    checksum = (checksum & 0xFFFF) + (checksum >> 16)
    checksum = ~((checksum & 0xFFFF) + (checksum >> 16)) & 0xFFFF
    return head[:10] + struct.pack("!H", checksum) + head[12:] + inner


def ipv6(
    inner: bytes, source: str = A6[0], target: str = B6[0], *, following: int = 6,
    payload: int | None = None,
) -> bytes:  # fmt: skip
    length = len(inner) if payload is None else payload
    head = struct.pack("!IHBB", 6 << 28, length, following, 64)
    return head + ip_address(source).packed + ip_address(target).packed + inner


def extension(following: int, size: int = 8) -> bytes:
    """A hop-by-hop or destination options header of ``size`` bytes, all padding."""
    return bytes([following, size // 8 - 1, 1, size - 4]) + bytes(size - 4)


def ethernet(inner: bytes, kind: int = 0x0800, *, tags: tuple[int, ...] = ()) -> bytes:
    """An Ethernet frame; ``tags`` are the ethertypes of VLAN tags, outermost first."""
    frame = bytes.fromhex("00005e00530b00005e00530a")
    for tag in tags:
        frame += struct.pack("!HH", tag, 42)
    return frame + struct.pack("!H", kind) + inner


def pppoe(inner: bytes, protocol: int = 0x0021) -> bytes:
    session = struct.pack("!BBHHH", 0x11, 0, 7, len(inner) + 2, protocol)
    return ethernet(session + inner, 0x8864)


def cooked(inner: bytes, kind: int = 0x0800) -> bytes:
    """Linux cooked capture, version 1."""
    return struct.pack("!HHH8sH", 0, 1, 6, b"", kind) + inner


def cooked2(inner: bytes, kind: int = 0x0800) -> bytes:
    """Linux cooked capture, version 2."""
    return struct.pack("!HHIHBB8s", kind, 0, 1, 1, 0, 6, b"") + inner


def null(inner: bytes, family: int = 2, order: str = "<") -> bytes:
    return struct.pack(order + "I", family) + inner


def pcap(
    frames: list[bytes], *, link: int = 1, order: str = "<", unit_ns: int = 1000,
    lengths: list[int] | None = None, start_ns: int = DAY_NS, snaplen: int = 262144,
) -> bytes:  # fmt: skip
    """A classic pcap; ``lengths`` are the lengths on the wire, if not those captured."""
    magic = 0xA1B2C3D4 if unit_ns == 1000 else 0xA1B23C4D
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)
    for index, frame in enumerate(frames):
        when = start_ns + index * 1_000_000
        length = len(frame) if lengths is None else lengths[index]
        seconds, rest = divmod(when, 10**9)
        out += struct.pack(order + "IIII", seconds, rest // unit_ns, len(frame), length) + frame
    return out


def block(kind: int, body: bytes, order: str = "<", *, length: int | None = None) -> bytes:
    """A pcapng block; ``length`` is what it claims, if a lie."""
    body += bytes(-len(body) % 4)
    size = len(body) + 12 if length is None else length
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(
    link: int = 1, order: str = "<", *, resolution: int | None = None, offset_s: int | None = None,
    snaplen: int = 0,
) -> bytes:  # fmt: skip
    body = struct.pack(order + "HHI", link, 0, snaplen)
    if resolution is not None:
        body += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset_s is not None:
        body += struct.pack(order + "HHq", 14, 8, offset_s)
    return block(1, body + bytes(4), order)


def enhanced(
    frame: bytes, ticks: int = 0, order: str = "<", *, place: int = 0, length: int | None = None,
    captured: int | None = None,
) -> bytes:  # fmt: skip
    kept = len(frame) if captured is None else captured
    body = struct.pack(order + "IIIII", place, ticks >> 32, ticks & 0xFFFFFFFF, kept,
                       length or len(frame))  # fmt: skip
    return block(6, body + frame, order)


def simple(frame: bytes, order: str = "<") -> bytes:
    return block(3, struct.pack(order + "I", len(frame)) + frame, order)


def old_packet(frame: bytes, ticks: int = 0, order: str = "<", *, place: int = 0) -> bytes:
    body = struct.pack(order + "HHIIII", place, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame),
                       len(frame))  # fmt: skip
    return block(2, body + frame, order)


def story() -> list[bytes]:
    """TCP segments of a short connection with scaled windows: (from A, from B, …)."""
    return [segment for _, segment in told()]


def told() -> list[tuple[str, bytes]]:
    """Who sends which segment: handshake, five bytes, their ACK, and both FINs."""

    def a(*args: object, **more: object) -> tuple[str, bytes]:
        return "A", tcp(*args, **more)  # type: ignore[arg-type]

    def b(*args: object, **more: object) -> tuple[str, bytes]:
        return "B", tcp(*args, sport=80, dport=50000, **more)  # type: ignore[arg-type]

    return [
        a(1000, 0, SYN, window=8192, options=SCALE_8),
        b(9000, 1001, SYN | ACK, window=29200, options=SCALE_7),
        a(1001, 9001, ACK, window=256),
        a(1001, 9001, PSH | ACK, b"hello", window=256),
        b(9001, 1006, ACK, window=238),
        a(1006, 9001, FIN | ACK, window=256),
        b(9001, 1007, FIN | ACK, window=238),
        a(1007, 9002, ACK, window=256),
    ]


def packets(version: int = 4) -> list[bytes]:
    """The story as IP packets."""
    found = []
    for sender, segment in told():
        if version == 4:
            ends = (A[0], B[0]) if sender == "A" else (B[0], A[0])
            found.append(ipv4(segment, *ends))
        else:
            ends = (A6[0], B6[0]) if sender == "A" else (B6[0], A6[0])
            found.append(ipv6(segment, *ends))
    return found
