"""A plain decoder, one packet after the other with ``struct``: slow, short, and ours to trust.

It reads classic pcap of any byte order and serves as the judge of the fast loader. Ports
are taken to be used once. Whatever is damaged is left out.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
TCP_HEADER = struct.Struct("!HHIIHH").unpack_from
SHORT = struct.Struct("!H").unpack_from


class Row(NamedTuple):
    """What the loader's columns hold, by the same names."""

    frame: int
    time_ns: int
    conversation: int
    direction: int
    seq: int
    ack: int
    rel_seq: int
    rel_ack: int
    payload_len: int
    flags: int
    window: int
    scaled_window: int
    frame_len: int


def decode(data: bytes) -> list[Row]:
    """The TCP packets of a capture."""
    order, unit = MAGICS[data[:4]]
    record = struct.Struct(order + "IIII").unpack_from
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    place, frame, found = 24, 0, []
    while place + 16 <= len(data):
        seconds, fraction, captured, length = record(data, place)
        raw = data[place + 16 : place + 16 + captured]
        if captured > 262144 or len(raw) < captured:
            break
        place, frame = place + 16 + captured, frame + 1
        length = max(length, captured)
        packet = transport(raw, length, link)
        if packet is not None:
            found.append((frame, seconds * 10**9 + fraction * unit, length, *packet))
    return related(found)


def network(raw: bytes, link: int) -> tuple[int, int]:
    """Where IP begins, and its ethertype (0 when there is no telling)."""
    if link == 101:
        version = raw[0] >> 4 if raw else 0
        return 0, {4: 0x0800, 6: 0x86DD}.get(version, 0)
    if link in (0, 108):
        if len(raw) < 4:
            return 0, 0
        family = min(int.from_bytes(raw[:4], "little"), int.from_bytes(raw[:4], "big"))
        kinds = {2: 0x0800, 10: 0x86DD, 24: 0x86DD, 28: 0x86DD, 30: 0x86DD}
        return 4, kinds.get(family, 0)
    size, where = {1: (14, 12), 113: (16, 14), 276: (20, 0)}[link]
    if len(raw) < size:
        return 0, 0
    (kind,) = SHORT(raw, where)
    for _ in range(4):
        if kind not in (0x8100, 0x88A8, 0x9100):
            break
        if len(raw) < size + 4:
            return 0, 0
        (kind,) = SHORT(raw, size + 2)
        size += 4
    if kind == 0x8864:
        if len(raw) < size + 8:
            return 0, 0
        kind = {0x21: 0x0800, 0x57: 0x86DD}.get(SHORT(raw, size + 6)[0], 0)
        size += 8
    return size, kind


Transport = tuple[bytes, bytes, int, tuple[int, ...], int, int]


def transport(raw: bytes, length: int, link: int) -> Transport | None:
    """Both endpoints, payload length, the header's fields, flags and window scale."""
    place, kind = network(raw, link)
    if kind == 0x0800:
        if len(raw) < place + 20 or raw[place] >> 4 != 4:
            return None
        size = (raw[place] & 15) * 4
        total = SHORT(raw, place + 2)[0] or length - place
        total = min(total, length - place)
        if size < 20 or size > total or raw[place + 9] != 6 or SHORT(raw, place + 6)[0] & 0x3FFF:
            return None
        source, target = raw[place + 12 : place + 16], raw[place + 16 : place + 20]
        place, total = place + size, total - size
    elif kind == 0x86DD:
        if len(raw) < place + 40 or raw[place] >> 4 != 6:
            return None
        source, target = raw[place + 8 : place + 24], raw[place + 24 : place + 40]
        payload = SHORT(raw, place + 4)[0]
        total = min(payload, length - place - 40) if payload else length - place - 40
        code, place = raw[place + 6], place + 40
        for _ in range(16):
            if code not in (0, 43, 44, 51, 60, 135, 139, 140):
                break
            if len(raw) < place + 8:
                return None
            size = 8 if code == 44 else (8 + raw[place + 1] * (4 if code == 51 else 8))
            if (code == 44 and SHORT(raw, place + 2)[0] & 0xFFF9) or size > total:
                return None
            code, place, total = raw[place], place + size, total - size
        if code != 6:
            return None
    else:
        return None
    if total > 1 << 20 or total < 20 or len(raw) < place + 20:
        return None
    sport, dport, *fields = TCP_HEADER(raw, place)
    size = (fields[2] >> 12) * 4
    if size < 20 or size > total:
        return None
    flags = fields[2] & 0x1FF
    scale = window_scale(raw[place + 20 : place + size]) if flags & 2 else -1
    if scale < 0 and len(raw) < place + size:
        scale = -2  # who knows what was cut off
    ends = source + sport.to_bytes(2, "big"), target + dport.to_bytes(2, "big")
    return *ends, total - size, tuple(fields), flags, scale


def window_scale(options: bytes) -> int:
    """The scale, or -1 without the option."""
    place, found = 0, -1
    while place < len(options) and options[place] != 0:
        if options[place] == 1:
            place += 1
            continue
        size = options[place + 1] if place + 1 < len(options) else 0
        if size < 2 or place + size > len(options):
            break
        if options[place] == 3 and size == 3:
            found = min(options[place + 2], 14)
        place += size
    return found


def related(packets: list[tuple]) -> list[Row]:
    """Conversations by first appearance, relative numbers, scaled windows."""
    numbers: dict[tuple[bytes, bytes], int] = {}
    opener: dict[int, bytes] = {}
    base: dict[tuple[int, bytes], int] = {}
    syn_base: dict[tuple[int, bytes], int] = {}
    scales: dict[tuple[int, bytes], int] = {}
    silent: set[tuple[int, bytes]] = set()  # whose SYN was seen whole, and offered no scale
    cut: set[tuple[int, bytes]] = set()
    keyed = []
    for frame, when, length, source, target, payload, fields, flags, scale in packets:
        pair = (source, target) if source < target else (target, source)
        number = numbers.setdefault(pair, len(numbers))
        seq, ack, _, window = fields
        mine, peer = (number, source), (number, target)
        base.setdefault(mine, seq - 1)
        if flags & 16:
            base.setdefault(peer, ack - 1)
        if flags & 2:
            syn_base.setdefault(mine, seq)
            if scale >= 0:
                scales[mine] = scale
            (silent if scale == -1 else cut).add(mine)
            if not flags & (16 | 4) and (number, b"") not in base:
                base[number, b""] = 0
                opener[number] = source
        keyed.append((frame, when, length, mine, peer, payload, seq, ack, flags, window))
    for _, _, _, mine, *_ in keyed:
        opener.setdefault(*mine)
    base.update(syn_base)
    rows = []
    for frame, when, length, mine, peer, payload, seq, ack, flags, window in keyed:
        shift = scales.get(mine, -1)
        refused = peer in silent and peer not in cut and peer not in scales
        scaled = shift >= 0 and not refused and not flags & 2
        rows.append(
            Row(
                frame, when, mine[0], int(opener[mine[0]] != mine[1]), seq, ack,
                (seq - base[mine]) & 0xFFFFFFFF,
                (ack - base[peer]) & 0xFFFFFFFF if flags & 16 else 0,
                payload, flags, window, window << shift if scaled else window, length,
            )
        )  # fmt: skip
    return rows
