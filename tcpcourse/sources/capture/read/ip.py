"""Down to TCP: IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200), as arrays."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.pair_index import PairTable
from tcpcourse.sources.capture.problems import Tally
from tcpcourse.sources.capture.read.buffer import gather
from tcpcourse.sources.capture.read.frames import Frames, Mask, Places, sift
from tcpcourse.sources.capture.read.hidden import TUNNELS, UDP, in_ip, in_udp
from tcpcourse.words import message

TCP = 6
NAMES = {1: "ICMP", 2: "IGMP", 17: "UDP", 58: "ICMPv6", 59: "nothing", 89: "OSPF", 132: "SCTP"}
IPV6_BIT = np.uint64(1 << 63)  # marks the endpoints of IPv6
MOST_EXTENSIONS = 16
LARGEST_OFFLOADED = 1 << 20  # bytes of one packet whose IP length is 0
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _OPTIONS = 0, 43, 44, 51, 60
_EXTENSIONS = (_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _OPTIONS, 135, 139, 140)
_PORT_BITS = np.uint64(16)

_IPV4 = np.dtype(
    {
        "names": ["version", "total", "id", "fragment", "ttl", "protocol", "source", "target"],
        "formats": ["u1", ">u2", ">u2", ">u2", "u1", "u1", ">u4", ">u4"],
        "offsets": [0, 2, 4, 6, 8, 9, 12, 16],
        "itemsize": 20,
    }
)
_IPV6 = np.dtype(
    {
        "names": [
            "version",
            "payload",
            "next",
            "ttl",
            "source",
            "source_low",
            "target",
            "target_low",
        ],
        "formats": ["u1", ">u2", "u1", "u1", ">u8", ">u8", ">u8", ">u8"],
        "offsets": [0, 4, 6, 7, 8, 16, 24, 32],
        "itemsize": 40,
    }
)
_EXTENSION = np.dtype([("next", "u1"), ("length", "u1"), ("fragment", ">u2")])


@dataclass(frozen=True, slots=True)
class Inside:
    """What IP carries: TCP's place and length, and both addresses as parts of endpoints.

    ``start`` is a place in the buffer; ``length`` in bytes is by IP's word, never by the
    frame's. ``source`` and ``target`` are uint64 with room for a port in the low 16 bits.
    ``identification`` is IPv4's (0 for IPv6), ``ttl`` also IPv6's hop limit: by them the same
    packet captured twice is told from one sent twice.
    """

    frames: Frames
    start: Places
    length: Places
    source: NDArray[np.uint64]
    target: NDArray[np.uint64]
    identification: NDArray[np.uint16]
    ttl: NDArray[np.uint8]


def _not_tcp(
    found: Tally, frames: Frames, start: Places, protocol: NDArray[np.integer[Any]]
) -> Mask | None:
    """Count what is not TCP; the frames that are, or ``None`` for all."""
    tcp: Mask = protocol == TCP
    if tcp.all():
        return None
    for code in np.unique(protocol[~tcp]).tolist():
        mine = protocol == code
        some = frames.only(mine)
        if code in TUNNELS:
            in_ip(found, some, start[mine], code)
        elif code == UDP:
            hidden = in_udp(found, some, start[mine])
            found.other(NAMES[UDP], int(np.count_nonzero(~hidden)))
        else:
            found.other(NAMES.get(code, f"IP protocol {code}"), int(mine.sum()))
    return tcp


def _lengths(
    frames: Frames, inner: Places, declared: Places, unknown: Mask
) -> tuple[Places, Mask, Mask]:
    """IP's length and two judgements on it: longer than the frame, or absurd.

    A length of 0 in a frame that has more means segmentation offload: the network card was
    to cut the packet up. Then only the frame's own length is left to go by.
    """
    room = frames.frame_len - (inner - frames.at)
    length = np.where(unknown, room, declared)
    absurd = unknown & (room > LARGEST_OFFLOADED)
    return np.minimum(length, room), length > room, absurd


def _beyond(found: Tally, frames: Frames, which: Mask) -> None:
    if which.any():
        found.add_many(
            "an IP length beyond the end of the frame; the frame's end is taken",
            frames.number[which],
            frames.place[which],
        )


def ipv4(found: Tally, frames: Frames, inner: Places) -> Inside:
    """The IPv4 packets that begin at ``inner`` and carry TCP; the rest is counted."""
    head = gather(frames.data, np.minimum(inner, frames.end), _IPV4)
    version = head["version"]
    size = (version & 15).astype(np.int64) * 4
    total = head["total"].astype(np.int64)
    total, beyond, absurd = _lengths(frames, inner, total, total == 0)
    good = sift(
        found,
        frames,
        {
            "an IPv4 header cut off by the capture": frames.end - inner < 20,
            "an IPv4 header with another version": version >> 4 != 4,
            "an IPv4 header length below 20 bytes": size < 20,
            "an IPv4 header longer than its packet": size > total,
            "an IP length of 0 in a frame that no offloading explains": absurd,
            "a fragment of an IPv4 packet: fragments are not put together": head["fragment"]
            & 0x3FFF
            != 0,
        },
    )
    _beyond(found, frames, beyond if good is None else beyond & good)
    start, length = inner + size, total - size
    if good is not None:
        frames, start, length, head = frames.only(good), start[good], length[good], head[good]
    tcp = _not_tcp(found, frames, start, head["protocol"])
    if tcp is not None:
        frames, start, length, head = frames.only(tcp), start[tcp], length[tcp], head[tcp]
    source = head["source"].astype(np.uint64) << _PORT_BITS
    target = head["target"].astype(np.uint64) << _PORT_BITS
    return Inside(frames, start, length, source, target, head["id"], head["ttl"])


def ipv6(found: Tally, frames: Frames, inner: Places, addresses: PairTable) -> Inside:
    """The IPv6 packets that begin at ``inner`` and carry TCP; the rest is counted."""
    head = gather(frames.data, np.minimum(inner, frames.end), _IPV6)
    payload = head["payload"].astype(np.int64)
    total, beyond, absurd = _lengths(frames, inner, payload + 40, payload == 0)
    none = head["next"] == 59
    good = sift(
        found,
        frames,
        {
            "an IPv6 header cut off by the capture": frames.end - inner < 40,
            "an IPv6 header with another version": head["version"] >> 4 != 6,
            "an IP length of 0 in a frame that no offloading explains": absurd & ~none,
        },
    )
    _beyond(found, frames, beyond if good is None else beyond & good)
    start, length = inner + 40, total - 40
    if good is not None:
        frames, start, length, head = frames.only(good), start[good], length[good], head[good]
    protocol = head["next"].astype(np.int64)
    if np.isin(protocol, _EXTENSIONS).any():
        start, length = start.copy(), length.copy()
        good = _skip_extensions(found, frames, start, length, protocol)
        frames, start, length = frames.only(good), start[good], length[good]
        head, protocol = head[good], protocol[good]
    tcp = _not_tcp(found, frames, start, protocol)
    if tcp is not None:
        frames, start, length, head = frames.only(tcp), start[tcp], length[tcp], head[tcp]
    source, target = (_address(addresses, head, side) for side in ("source", "target"))
    none_given = np.zeros(len(start), np.uint16)
    return Inside(frames, start, length, source, target, none_given, head["ttl"])


def _address(addresses: PairTable, head: NDArray[np.void], side: str) -> NDArray[np.uint64]:
    high, low = head[side].astype(np.uint64), head[side + "_low"].astype(np.uint64)
    number: NDArray[np.int32] = addresses.numbers(high, low)
    return number.astype(np.uint64) << _PORT_BITS | IPV6_BIT


def _skip_extensions(
    found: Tally, frames: Frames, start: Places, length: Places, protocol: Places
) -> Mask:
    """Step over extension headers in place; a mask of the frames that went well."""
    good = np.ones(len(start), bool)
    for step in range(MOST_EXTENSIONS + 1):
        todo = np.flatnonzero(good & np.isin(protocol, _EXTENSIONS))
        if not len(todo):
            break
        mine = frames.only(todo)
        head = gather(frames.data, np.minimum(start[todo], mine.end), _EXTENSION)
        code = protocol[todo]
        size = 8 + 8 * head["length"].astype(np.int64)
        size[code == _FRAGMENT] = 8
        authentication = code == _AUTHENTICATION
        size[authentication] = 8 + 4 * head["length"][authentication].astype(np.int64)
        cut = mine.end - start[todo] < 8
        # an offset, or more to come; a fragment header with neither holds the whole packet
        part = (code == _FRAGMENT) & (head["fragment"] & 0xFFF9 != 0)
        sound = sift(
            found,
            mine,
            {
                "an IPv6 extension header cut off by the capture": cut,
                "a fragment of an IPv6 packet: fragments are not put together": part,
                "an IPv6 extension header longer than its packet": size > length[todo],
                message(
                    "more than {most} IPv6 extension headers",
                    most=MOST_EXTENSIONS,
                ): np.full(len(todo), step == MOST_EXTENSIONS),
            },
        )
        if sound is not None:
            good[todo[~sound]] = False
        start[todo] += size
        length[todo] -= size
        protocol[todo] = head["next"]
    return good


def host_of(number: int, addresses: PairTable) -> str:
    """An endpoint's number as text, such as ``10.0.0.1:80`` or ``[2001:db8::1]:80``."""
    address, port = number >> 16 & 0xFFFFFFFF, number & 0xFFFF
    if number < int(IPV6_BIT):
        return f"{ipaddress.IPv4Address(address)}:{port}"
    high, low = int(addresses.left[address]), int(addresses.right[address])
    return f"[{ipaddress.IPv6Address(high << 64 | low)}]:{port}"
