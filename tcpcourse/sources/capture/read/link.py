"""Down to IP: what stands before it in a frame, by link type (tcpdump.org/linktypes.html)."""

from __future__ import annotations

import numpy as np

from tcpcourse.sources.capture.read.buffer import gather
from tcpcourse.sources.capture.read.frames import Buffer, Places

ETHERNET, RAW, LINUX_COOKED, LINUX_COOKED_2 = 1, 101, 113, 276
NULL, LOOP, IPV4_ONLY, IPV6_ONLY = 0, 108, 228, 229
RAWS = (RAW, 12, 14, IPV4_ONLY, IPV6_ONLY)  # 12 and 14 are raw IP on some systems
IPV4, IPV6, PPPOE, MPLS, ARP = 0x0800, 0x86DD, 0x8864, 0x8847, 0x0806
VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
MOST_TAGS = 4
SMALLEST = 0x0600  # an ethertype below that is a length (IEEE 802.3)
CUT, TOO_MANY_TAGS, UNKNOWN_LINK = 0, 1, 2  # in place of an ethertype; none is that small
SNAP = -1  # the same for IP behind an 802.2 header
READABLE = (ETHERNET, *RAWS, LINUX_COOKED, LINUX_COOKED_2, NULL, LOOP)
_FAMILIES_6 = (10, 24, 28, 30)  # AF_INET6 of Linux, NetBSD, FreeBSD and macOS
_PPP = {0x0021: IPV4, 0x0057: IPV6}

# link type -> bytes before what it carries, and where its ethertype stands
_HEADERS = {ETHERNET: (14, 12), LINUX_COOKED: (16, 14), LINUX_COOKED_2: (20, 0)}
_U8 = np.dtype([("x", "u1")])
_U16 = np.dtype([("x", ">u2")])
_U32 = np.dtype([("x", ">u4")])
_TAG = np.dtype({"names": ["type"], "formats": [">u2"], "offsets": [2], "itemsize": 4})
_LLC = np.dtype([("head", "u1", (3,)), ("maker", "u1", (3,)), ("type", ">u2")])
_SESSION = np.dtype({"names": ["protocol"], "formats": [">u2"], "offsets": [6], "itemsize": 8})


def network_layer(data: Buffer, at: Places, end: Places, link: int) -> tuple[Places, Places]:
    """For frames of one link type: where the network layer begins, and its ethertype.

    ``at`` and ``end`` are the frames' bounds in the buffer. Tags of VLANs (802.1Q, 802.1ad)
    and PPPoE sessions are stepped over. ``CUT``, ``TOO_MANY_TAGS`` and ``UNKNOWN_LINK``
    stand for what cannot be read.
    """
    if link in _HEADERS:
        size, where = _HEADERS[link]
        kind = gather(data, at + where, _U16)["x"].astype(np.int64)
        inner = at + size
    elif link in RAWS:
        version = gather(data, at, _U8)["x"] >> 4
        kind, inner = np.where(version == 6, IPV6, np.where(version == 4, IPV4, 3)), at + 0
        size = 1
    elif link in (NULL, LOOP):
        family = gather(data, at, _U32)["x"].astype(np.uint32)
        family = np.where(family > 0xFFFF, family.byteswap(), family)
        kind = np.where(family == 2, IPV4, np.where(np.isin(family, _FAMILIES_6), IPV6, 3))
        inner, size = at + 4, 4
    else:
        return at + 0, np.full(len(at), UNKNOWN_LINK)
    kind[end - at < size] = CUT
    if link == ETHERNET and (kind < SMALLEST).any():
        _name_snap(data, inner, end, kind)
    if (kind > IPV4).any():  # plain IPv4 needs none of this
        _skip_tags(data, inner, end, kind)
        _open_sessions(data, inner, end, kind)
    return inner, kind


def _name_snap(data: Buffer, inner: Places, end: Places, kind: Places) -> None:
    """An 802.3 frame whose 802.2 header says, by SNAP, that IP follows (RFC 1042)."""
    some = np.flatnonzero(
        (kind < SMALLEST) & (kind > UNKNOWN_LINK) & (end - inner >= _LLC.itemsize)
    )
    if not len(some):
        return
    head = gather(data, inner[some], _LLC)
    snap = (head["head"] == (0xAA, 0xAA, 3)).all(axis=1) & (head["maker"] == 0).all(axis=1)
    kind[some[snap & np.isin(head["type"], (IPV4, IPV6))]] = SNAP


def _skip_tags(data: Buffer, inner: Places, end: Places, kind: Places) -> None:
    for tags in range(MOST_TAGS + 1):
        tagged = np.flatnonzero(np.isin(kind, VLAN_TAGS))
        if not len(tagged):
            return
        if tags == MOST_TAGS:
            kind[tagged] = TOO_MANY_TAGS
            return
        kind[tagged] = gather(data, inner[tagged], _TAG)["type"]
        inner[tagged] += 4
        kind[tagged[inner[tagged] > end[tagged]]] = CUT


def _open_sessions(data: Buffer, inner: Places, end: Places, kind: Places) -> None:
    """PPP over Ethernet (RFC 2516): six bytes of its own, then two of PPP."""
    inside = np.flatnonzero(kind == PPPOE)
    if not len(inside):
        return
    protocol = gather(data, inner[inside], _SESSION)["protocol"].astype(np.int64)
    for code, ethertype in _PPP.items():
        kind[inside[protocol == code]] = ethertype
    inner[inside] += 8
    kind[inside[inner[inside] > end[inside]]] = CUT
