"""Traces and segments as a pcap file: Ethernet, IPv4 and TCP, with nanoseconds."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address
from os import PathLike
from pathlib import Path

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Options, Segment
from tcpcourse.trace import Side, Trace

NANOSECOND_MAGIC = 0xA1B23C4D
ETHERNET = 1
MACS = {"A": bytes.fromhex("00005e005301"), "B": bytes.fromhex("00005e005302")}  # RFC 7042 §2.1.2
LARGEST_TIME = (1 << 32) * 10**9


def encode_options(options: Options) -> bytes:
    """The options as they stand in the header, padded with NOPs to whole words."""
    parts = []
    if options.mss is not None:
        parts.append(struct.pack("!BBH", 2, 4, options.mss))
    if options.wscale is not None:
        parts.append(struct.pack("!BBB", 3, 3, options.wscale))
    if options.sack_permitted:
        parts.append(b"\x04\x02")
    if options.timestamp is not None:
        parts.append(struct.pack("!BBII", 8, 10, *options.timestamp))
    if options.sack:
        parts.append(struct.pack("!BB", 5, 2 + 8 * len(options.sack)))
        parts += [struct.pack("!II", left, right) for left, right in options.sack]
    encoded = b"".join(parts)
    return encoded + b"\x01" * (-len(encoded) % 4)


def _checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _address(host: str) -> tuple[bytes, int]:
    name, _, port = host.rpartition(":")
    try:
        return IPv4Address(name).packed, int(port)
    except ValueError:
        raise TcpCourseError(
            f"{host!r} is not an IPv4 address with a port, such as 192.0.2.1:80"
        ) from None


def encode_frame(
    segment: Segment, source: str, target: str, sender: Side, length: int | None = None
) -> bytes:
    """One Ethernet frame with right checksums; padded to ``length`` bytes if that is longer."""
    (src, sport), (dst, dport) = _address(source), _address(target)
    options = encode_options(segment.options)
    if len(options) > 40:
        raise TcpCourseError(f"the options of {segment.line()!r} need more than 40 bytes")
    flags = int(segment.flags)
    tcp = struct.pack(
        "!HHIIHHHH", sport, dport, int(segment.seq), int(segment.ack or 0),
        ((5 + len(options) // 4) << 12) | flags, segment.window, 0, segment.urgent,
    ) + options + segment.data  # fmt: skip
    if len(tcp) + 20 > 0xFFFF:
        raise TcpCourseError(f"{segment.line()!r} does not fit into one IP packet")
    pseudo = src + dst + struct.pack("!BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", _checksum(pseudo + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0, src, dst)
    ip = ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:]
    receiver = "B" if sender == "A" else "A"
    frame = MACS[receiver] + MACS[sender] + b"\x08\x00" + ip + tcp
    return frame + bytes(max(0, (length or 0) - len(frame)))


def write_frames(path: str | PathLike[str], frames: Iterable[tuple[int, bytes]]) -> None:
    """Write (time in nanoseconds, frame) pairs as a pcap file.

    Raises ``TcpCourseError`` when the file cannot be written or a time does not fit.
    """
    parts = [struct.pack("<IHHiIII", NANOSECOND_MAGIC, 2, 4, 0, 0, 262144, ETHERNET)]
    for time_ns, frame in frames:
        if not 0 <= time_ns < LARGEST_TIME:
            raise TcpCourseError(f"a pcap file cannot hold the time {time_ns} ns")
        seconds, rest = divmod(time_ns, 10**9)
        parts.append(struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame)
    try:
        Path(path).write_bytes(b"".join(parts))
    except OSError as error:
        raise TcpCourseError(f"cannot write {path}: {error.strerror}") from None


def write_segments(
    path: str | PathLike[str],
    rows: Iterable[tuple[int, Side, Segment]],
    hosts: Mapping[str, str],
) -> None:
    """Write (time in nanoseconds, sender, segment) rows between two hosts as a pcap file."""
    frames = []
    for time_ns, sender, segment in rows:
        source, target = ("A", "B") if sender == "A" else ("B", "A")
        frames.append((time_ns, encode_frame(segment, hosts[source], hosts[target], sender)))
    write_frames(path, frames)


def write_trace(trace: Trace, path: str | PathLike[str]) -> None:
    """Write all packets of a trace in the order of sending; also the lost and the doubled."""
    frames = []
    for packet in trace.packets:
        frame = encode_frame(
            packet.segment, trace.hosts[packet.sender], trace.hosts[packet.receiver],
            packet.sender, packet.frame_len,
        )  # fmt: skip
        frames.append((packet.sent_ns, frame))
    write_frames(path, frames)
