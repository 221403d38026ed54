"""What may hide TCP in a frame: tunnels and link types that are named, but not looked into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.problems import Tally
from tcpcourse.sources.capture.read.buffer import gather
from tcpcourse.sources.capture.read.frames import Frames, Places
from tcpcourse.words import message

UDP = 17
TUNNELS = {
    4: "IPv4 in IP",
    41: "IPv6 in IP",
    47: "GRE",
    50: "ESP",
    55: "minimal IP in IP",
    94: "IP in IP",
    97: "Ethernet in IP",
    98: "ENCAP",
    115: "L2TPv3",
    137: "MPLS in IP",
    143: "Ethernet in IPv6",
}
_BARE = (4, 41)  # in which an IP packet follows at once
_GRE = 47
_GRE_HEADER = np.dtype([("flags", "u1"), ("version", "u1"), ("protocol", ">u2")])
_IN_GRE = {0x0800: False, 0x86DD: False, 0x6558: True, 0x88BE: True}  # whether Ethernet; ERSPAN
_ERSPAN, _ERSPAN_HEADER = 0x88BE, 8
_ESP = 50

# UDP port: (name, bytes before what is inside, whether a whole Ethernet frame is)
_PORTS = {
    4789: ("VXLAN", 8, True),
    8472: ("VXLAN", 8, True),
    4790: ("VXLAN-GPE", 8, True),
    6081: ("GENEVE", 8, True),
    2152: ("GTP", 8, False),
    3544: ("Teredo", 0, False),
    5247: ("CAPWAP", None, False),
    1701: ("L2TP", None, False),
    37008: ("TZSP", None, True),
    4754: ("GRE in UDP", None, False),
    6080: ("GUE", None, False),
    6635: ("MPLS in UDP", None, False),
}
_UDP_HEADER = 8
_UDP = np.dtype([("source", ">u2"), ("target", ">u2"), ("length", ">u4"), ("first", "u1", (4,))])
_MOST_CUT = 150  # bytes: whoever has more before the inner packet has no ordinary tunnel
_GENERAL = "{name}: tunnels are not looked into; the TCP inside is not counted, Wireshark shows it"
_ENCRYPTED = (
    "{name}: tunnels are not looked into, and this one is encrypted; record behind the tunnel's end"
)
_FRAME_INSIDE = (
    "{name}: tunnels are not looked into; editcap -L -C {size} IN OUT takes off the outer "
    "{size} bytes"
)
_PACKET_INSIDE = (
    "{name}: tunnels are not looked into; editcap -L -C {size} -T rawip IN OUT takes off the "
    "outer {size} bytes"
)
_SNAP = (
    "SNAP (802.2): IP behind this header is not looked into; editcap -L -C 22 -T rawip IN OUT "
    "takes off the outer 22 bytes"
)
_LINK_TYPE = "link type {kind} cannot be read here; see tcpdump.org/linktypes.html"
_KNOWN_LINK_TYPE = "link type {kind} cannot be read here: it is {name}; {way}"

_WIFI = "802.11 (Wi-Fi)"
_WIFI_WAY = "record at the wired side, or without monitor mode"
LINK_TYPES = {
    105: (_WIFI, _WIFI_WAY),
    119: (message("{wifi} with Prism headers", wifi=_WIFI), _WIFI_WAY),
    127: (message("{wifi} with radiotap headers", wifi=_WIFI), _WIFI_WAY),
    163: (message("{wifi} with AVS headers", wifi=_WIFI), _WIFI_WAY),
    192: ("PPI, mostly around 802.11", _WIFI_WAY),
    9: ("PPP", "record at the Ethernet side"),
    50: ("PPP", "record at the Ethernet side"),
    51: ("PPPoE", "record at the Ethernet side"),
    104: ("Cisco HDLC", "record at the Ethernet side"),
    107: ("Frame Relay", "record at the Ethernet side"),
    239: ("NFLOG", "record an interface instead of nflog"),
    187: ("Bluetooth", "record the network interface"),
    201: ("Bluetooth", "record the network interface"),
    189: ("USB", "record the network interface"),
    220: ("USB", "record the network interface"),
    249: ("USB", "record the network interface"),
    195: ("802.15.4", "record the network interface"),
    230: ("802.15.4", "record the network interface"),
}


def link_type(kind: int) -> str:
    """What to say of a link type that cannot be read."""
    if kind not in LINK_TYPES:
        return _LINK_TYPE.format(kind=kind)
    name, way = LINK_TYPES[kind]
    return _KNOWN_LINK_TYPE.format(kind=kind, name=name, way=way)


def in_ip(found: Tally, frames: Frames, start: Places, code: int) -> None:
    """Name a tunnel that is a protocol of IP; ``start`` is where IP's header ends."""
    if code in _BARE:
        _say_cut(found, frames, TUNNELS[code], start - frames.at, whole=False)
    elif code == _GRE:
        _in_gre(found, frames, start)
    else:
        sentence = _ENCRYPTED if code == _ESP else _GENERAL
        found.add_many(sentence.format(name=TUNNELS[code]), frames.number, frames.place)


def _in_gre(found: Tally, frames: Frames, start: Places) -> None:
    """Name GRE (RFC 2784, 2890): a check sum, a key and a number may follow its four bytes."""
    head = gather(frames.data, np.minimum(start, frames.end), _GRE_HEADER)
    protocol = np.where(frames.end - start < _GRE_HEADER.itemsize, 0, head["protocol"])
    flags = head["flags"]
    options = sum((flags & bit != 0).astype(np.int64) for bit in (0x80, 0x20, 0x10))
    known = np.isin(protocol, list(_IN_GRE))
    if not known.all():
        some = frames.only(~known)
        found.add_many(_GENERAL.format(name=TUNNELS[_GRE]), some.number, some.place)
    for code, whole in _IN_GRE.items():
        mine = protocol == code
        size = (start + _GRE_HEADER.itemsize + 4 * options - frames.at)[mine]
        size += _ERSPAN_HEADER * (code == _ERSPAN) * (flags[mine] & 0x10 != 0)
        _say_cut(found, frames.only(mine), TUNNELS[_GRE], size, whole=whole)


def in_udp(found: Tally, frames: Frames, start: Places) -> NDArray[np.bool_]:
    """Name the tunnels among UDP packets; which frames those are."""
    head = gather(frames.data, np.minimum(start, frames.end), _UDP)
    whole = frames.end - start >= _UDP.itemsize  # or the tunnel's own header is not there to see
    first = head["first"]
    hidden = np.zeros(len(start), bool)
    for port, (name, size, ethernet) in _PORTS.items():
        mine = ((head["source"] == port) | (head["target"] == port)) & ~hidden
        mine &= ~whole | _looks_like(name, first)
        if not mine.any():
            continue
        hidden |= mine
        title = f"{name} (UDP port {port})"
        told = mine & whole if size is not None else np.zeros(len(start), bool)
        if (mine & ~told).any():
            some = frames.only(mine & ~told)
            found.add_many(_GENERAL.format(name=title), some.number, some.place)
        if size is not None and told.any():
            some = frames.only(told)
            inner = start[told] + _UDP_HEADER + size - some.at
            if name == "GENEVE":  # options, counted in words
                inner = inner + 4 * (first[told, 0] & 0x3F).astype(np.int64)
            if name == "GTP":  # sequence number, N-PDU number, extensions
                inner = inner + 4 * (first[told, 0] & 7 != 0)
            _say_cut(found, some, title, inner, whole=ethernet)
    return hidden


def _looks_like(name: str, first: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether the first bytes in UDP fit a tunnel, for any port may be used by others."""
    if name.startswith("VXLAN"):
        return np.asarray(first[:, 0] & 0x08 != 0)
    if name == "GENEVE":
        return np.asarray(first[:, 0] >> 6 == 0)
    if name == "GTP":
        return np.asarray((first[:, 0] >> 5 == 1) & (first[:, 1] == 0xFF))
    if name == "Teredo":
        return np.asarray(first[:, 0] >> 4 == 6)
    return np.ones(len(first), bool)


def _say_cut(found: Tally, frames: Frames, name: str, inner: Places, *, whole: bool) -> None:
    """Say how to take off what stands before the inner packets: ``inner`` bytes of each."""
    far = inner > _MOST_CUT
    if far.any():
        some = frames.only(far)
        found.add_many(_GENERAL.format(name=name), some.number, some.place)
    sentence = _FRAME_INSIDE if whole else _PACKET_INSIDE
    for size in np.unique(inner[~far]).tolist():
        some = frames.only(inner == size)
        found.add_many(sentence.format(name=name, size=size), some.number, some.place)


def in_snap(found: Tally, frames: Frames) -> None:
    """Name IP behind an 802.2 header with SNAP."""
    found.add_many(_SNAP, frames.number, frames.place)
