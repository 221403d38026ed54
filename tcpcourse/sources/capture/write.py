"""Writes captures, which Wireshark opens: classic pcap with nanoseconds, and pcapng."""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.options import Options
from tcpcourse.core.segment import Segment
from tcpcourse.packet import Side, other, socket_address
from tcpcourse.sources.capture.read.pcap import NANOSECONDS
from tcpcourse.words import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpcourse.trace import Trace

ETHERNET = 1
_SNAPLEN = 256 << 10
_SECOND = 10**9
_LOW = 0xFFFFFFFF
_MACS = {"A": bytes.fromhex("00005e00530a"), "B": bytes.fromhex("00005e00530b")}  # RFC 7042
_LARGEST_DATA = 65535 - 60 - 60
Target = str | os.PathLike[str] | IO[bytes]


def write_frames(target: Target, frames: Iterable[tuple[int, bytes, int]], link: int) -> int:
    """Write frames of (nanoseconds since 1970, captured bytes, length on the wire).

    ``link`` is the link type's number. Returns how many were written. Raises
    ``TcpCourseError`` for a time that pcap cannot hold (before 1970, after 2106).
    """
    count = 0
    with _opened(target) as file:
        file.write(struct.pack("<IHHiIII", NANOSECONDS, 2, 4, 0, 0, _SNAPLEN, link))
        for time_ns, data, length in frames:
            seconds, rest = divmod(time_ns, _SECOND)
            if not 0 <= seconds < 1 << 32:
                raise TcpCourseError(
                    message(
                        "A pcap file cannot hold the time {seconds} s after 1970: it holds "
                        "0 … 4294967295 s.",
                        seconds=seconds,
                    )
                )
            file.write(struct.pack("<IIII", seconds, rest, len(data), length) + data)
            count += 1
    return count


def write_pcapng(target: Target, frames: Iterable[tuple[int, bytes, int]], link: int) -> int:
    """The same as pcapng: one section, one interface, nanoseconds in 64 bits.

    Layout by the IETF's draft on pcapng, §4.1 (Section Header), §4.2 (Interface Description)
    and §4.3 (Enhanced Packet). Raises ``TcpCourseError`` for a time before 1970.
    """
    nanoseconds = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)  # if_tsresol: 10⁻⁹ s; end of options
    count = 0
    with _opened(target) as file:
        file.write(_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(_block(1, struct.pack("<HHI", link, 0, _SNAPLEN) + nanoseconds))
        for time_ns, data, length in frames:
            if not 0 <= time_ns < 1 << 64:
                raise TcpCourseError(
                    message(
                        "A pcapng file cannot hold the time {time_ns} ns: it counts from 1970 on.",
                        time_ns=time_ns,
                    )
                )
            head = struct.pack("<5I", 0, time_ns >> 32, time_ns & _LOW, len(data), length)
            file.write(_block(6, head + data + bytes(-len(data) % 4)))
            count += 1
    return count


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def write_segments(
    target: Target,
    rows: Iterable[tuple[int, Side, Segment]],
    hosts: tuple[str, str] = ("10.0.0.1:40000", "10.0.0.2:80"),
    write: Callable[[Target, Iterable[tuple[int, bytes, int]], int], int] = write_frames,
) -> int:
    """Write segments of (nanoseconds since 1970, sender, segment) as Ethernet frames.

    ``hosts`` are the endpoints of A and B, as ``10.0.0.1:80`` or ``[2001:db8::1]:80``.
    Headers and checksums are made up to be right; ``write`` chooses the format. Returns how
    many were written. Raises
    ``TcpCourseError`` for an endpoint or a segment that no packet can carry.
    """
    a, b = (socket_address(host) for host in hosts)
    if a[0].version != b[0].version:
        raise TcpCourseError(
            message(
                "{one} and {other} are not of one version of IP.",
                one=hosts[0],
                other=hosts[1],
            )
        )

    def frames() -> Iterator[tuple[int, bytes, int]]:
        for time_ns, sender, segment in rows:
            source, goal = (a, b) if sender == "A" else (b, a)
            frame = _MACS[other(sender)] + _MACS[sender]
            frame += _packet(source, goal, segment)
            yield time_ns, frame, len(frame)

    return write(target, frames(), ETHERNET)


def write_trace(trace: Trace, path: str) -> None:
    """Write the packets of a trace, in the order of sending, as ``Trace.save`` does.

    A name that ends in ``.pcapng`` makes it pcapng, any other pcap. Raises ``TcpCourseError``
    when the trace has no packets, as one of this machine's own TCP has none.
    """
    if not trace.packets:
        raise TcpCourseError(
            message(
                "This trace has no packets, so there is no capture to write: save "
                "it as .html or .svg."
            )
        )
    packets = sorted(trace.packets, key=lambda packet: packet.sent_ns)
    write_segments(
        path,
        ((trace.began_ns + p.sent_ns, p.sender, p.segment) for p in packets),
        (trace.hosts["A"], trace.hosts["B"]),
        write_pcapng if path.lower().endswith(".pcapng") else write_frames,
    )


Address = tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]


def _packet(source: Address, goal: Address, segment: Segment) -> bytes:
    """Ethertype, IP header and TCP segment (RFC 791, RFC 8200, RFC 9293 §3.1)."""
    if len(segment.data) > _LARGEST_DATA:
        raise TcpCourseError(
            message(
                "{size} bytes of data do not fit one packet (at most {most}).",
                size=len(segment.data),
                most=_LARGEST_DATA,
            )
        )
    addresses = source[0].packed + goal[0].packed
    tcp = _tcp(source[1], goal[1], segment)
    pseudo = addresses + struct.pack("!II", len(tcp), 6)
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    if source[0].version == 6:
        return struct.pack("!HIHBB", 0x86DD, 6 << 28, len(tcp), 6, 64) + addresses + tcp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + addresses
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return struct.pack("!H", 0x0800) + head + tcp


def _tcp(source: int, goal: int, segment: Segment) -> bytes:
    """The segment with a checksum of 0."""
    options = write_options(segment.options)
    bits = (20 + len(options)) // 4 << 12 | int(segment.flags)
    head = struct.pack(
        "!HHIIHHHH",
        source,
        goal,
        int(segment.seq),
        int(segment.ack or 0),
        bits,
        segment.window,
        0,
        segment.urgent,
    )
    return head + options + segment.data


def write_options(options: Options) -> bytes:
    """The options as bytes, filled up to whole words of four (RFC 9293 §3.1)."""
    parts: list[bytes] = []
    if options.mss is not None:
        parts.append(struct.pack("!BBH", 2, 4, options.mss))
    if options.wscale is not None:
        parts.append(struct.pack("!BBB", 3, 3, options.wscale))
    if options.sack_permitted:
        parts.append(b"\4\2")
    if options.timestamp is not None:
        parts.append(struct.pack("!BBII", 8, 10, *options.timestamp))
    if options.sack:
        parts.append(struct.pack("!BB", 5, 2 + 8 * len(options.sack)))
        parts += [struct.pack("!II", left, right) for left, right in options.sack]
    raw = b"".join(parts)
    if len(raw) > 40:
        raise TcpCourseError(
            message("The options take {size} bytes: a TCP header has room for 40.", size=len(raw))
        )
    return raw + b"\1" * (-len(raw) % 4)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): 0 over data that has its right checksum in it."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@contextmanager
def _opened(target: Target) -> Iterator[IO[bytes]]:
    if not isinstance(target, str | os.PathLike):
        yield target
        return
    try:
        with open(target, "wb") as file:
            yield file
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise TcpCourseError(
            message("{file} cannot be written: {reason}.", file=os.fspath(target), reason=reason)
        ) from None
