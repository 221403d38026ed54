"""From frames to rows: every header of a batch is read at once, as arrays.

Lengths are by IP's own word. Whatever is no TCP, or damaged, is counted and left out.
"""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.capture.columns import SYN, ColumnBuffer
from tcpcourse.sources.capture.pair_index import PairTable
from tcpcourse.sources.capture.problems import Tally
from tcpcourse.sources.capture.read import link as links
from tcpcourse.sources.capture.read.buffer import UNREADABLE, Batch, gather
from tcpcourse.sources.capture.read.frames import Buffer, Frames, Places, sift
from tcpcourse.sources.capture.read.hidden import in_snap, link_type
from tcpcourse.sources.capture.read.ip import Inside, ipv4, ipv6
from tcpcourse.words import message

NO_SCALE, SCALE_CUT = 0xFF, 0xFE  # a SYN without the option; one whose options were cut off
LARGEST_SCALE = 14  # RFC 7323 §2.3
_END, _NOP, _SCALE = 0, 1, 3
_OPTION_BYTES = 40
_TCP = np.dtype(
    {
        "names": ["source", "target", "seq", "ack", "bits", "window"],
        "formats": [">u2", ">u2", ">u4", ">u4", ">u2", ">u2"],
        "offsets": [0, 2, 4, 8, 12, 14],
        "itemsize": 20,
    }
)
_OPTIONS = np.dtype([("bytes", "u1", (_OPTION_BYTES,))])
_BACKWARDS = (
    "a time before that of the frame before it: the file is not in order; "
    "reordercap IN OUT sorts it by time"
)
_NAMES = {links.ARP: "ARP", 0x88CC: "LLDP", 0x888E: "EAPOL"}
_TROUBLES = {
    links.CUT: "a frame cut off before its IP header",
    links.TOO_MANY_TAGS: message("more than {most} VLAN tags", most=links.MOST_TAGS),
    links.MPLS: "MPLS labels: what they carry is not looked into",
    0x8848: "MPLS labels (multicast): what they carry is not looked into",
    0x88E5: "MACsec: what it carries is encrypted; record where it has ended",
    0x8926: "VN-Tag: what it carries is not looked into",
    0x893F: "E-Tag (802.1BR): what it carries is not looked into",
    0x88E7: "MAC in MAC (802.1ah): what it carries is not looked into",
    0x894F: "NSH: what it carries is not looked into",
    0x22F3: "TRILL: what it carries is not looked into",
    0x8903: "FabricPath: what it carries is not looked into",
    0x8909: "Cisco metadata: what it carries is not looked into",
    links.PPPOE: "a PPPoE session that carries no IP",
}


class HeaderReader:
    """Turns batches into rows; knows the addresses and conversations seen so far.

    ``syn_row`` and ``syn_scale`` hold the window scale of each SYN. A row's ``link`` is the
    place of its link type in ``link.READABLE``.
    """

    def __init__(self, found: Tally) -> None:
        self.rows = ColumnBuffer()
        self.addresses, self.conversations = PairTable(), PairTable()
        self.syn_row, self.syn_scale = array("I"), array("B")
        self._found = found
        self._before_ns: int | None = None  # the time of the frame before the batch

    def take(self, batch: Batch) -> None:
        """Read a batch; its TCP packets become rows."""
        number = np.arange(batch.first, batch.first + len(batch.at))
        frames = Frames(
            batch.data,
            batch.at,
            batch.at + batch.captured,
            batch.frame_len,
            number,
            batch.base + batch.at,
        )
        self._look_at_times(frames, batch.time_ns)
        parts: list[tuple[Inside, int]] = []
        kinds = np.unique(batch.link).tolist()
        for kind in kinds:
            if kind in links.READABLE:
                mine = frames if len(kinds) == 1 else frames.only(batch.link == kind)
                parts += [(inside, kind) for inside in self._network(mine, kind)]
            elif kind != UNREADABLE:
                mine = frames.only(np.broadcast_to(batch.link == kind, len(number)))
                self._found.add_many(link_type(kind), mine.number, mine.place)
        parts = [part for part in parts if len(part[0].start)]
        if parts:
            self._transport(batch, *_merged(parts))

    def _look_at_times(self, frames: Frames, time_ns: NDArray[np.int64]) -> None:
        """A file that is not in the order of time is read as it is, but not in silence."""
        if not len(time_ns):
            return
        before = np.roll(time_ns, 1)
        before[0] = time_ns[0] if self._before_ns is None else self._before_ns
        back = np.flatnonzero((time_ns < before) & (time_ns != 0))  # 0: a time nobody can read
        self._found.add_many(_BACKWARDS, frames.number[back], frames.place[back])
        self._before_ns = int(time_ns[-1])

    def _network(self, frames: Frames, link: int) -> list[Inside]:
        """What is in the IPv4 and in the IPv6 packets of frames of one link type."""
        inner, kind = links.network_layer(frames.data, frames.at, frames.end, link)
        if (kind == links.IPV4).all():
            return [ipv4(self._found, frames, inner)]
        found = []
        for code in np.unique(kind).tolist():
            mine = kind == code
            some = frames.only(mine)
            if code == links.IPV4:
                found.append(ipv4(self._found, some, inner[mine]))
            elif code == links.IPV6:
                found.append(ipv6(self._found, some, inner[mine], self.addresses))
            elif code == links.SNAP:
                in_snap(self._found, some)
            elif code in _TROUBLES:
                self._found.add_many(_TROUBLES[code], some.number, some.place)
            else:
                self._found.other(_name(code), len(some.at))
        return found

    def _transport(self, batch: Batch, inside: Inside, link: Places) -> None:
        """Read the TCP headers and write the rows."""
        frames = inside.frames
        head = gather(frames.data, np.minimum(inside.start, frames.end), _TCP)
        bits = head["bits"].astype(np.uint16)
        size = (bits >> 12).astype(np.int64) * 4
        good = sift(
            self._found,
            frames,
            {
                "an IP packet too short for a TCP header": inside.length < 20,
                "a TCP header cut off by the capture": frames.end - inside.start < 20,
                "a TCP header length below 20 bytes": size < 20,
                "a TCP header longer than its packet": size > inside.length,
            },
        )
        which = slice(None) if good is None else good
        if good is not None:
            frames, head, bits, size = frames.only(good), head[good], bits[good], size[good]
        start, link = inside.start[which], link[which]
        first, row = self.rows.size, self.rows.add(len(start))
        source = inside.source[which] | head["source"]
        target = inside.target[which] | head["target"]
        from_upper = source > target
        row["conversation"] = self.conversations.numbers(
            np.minimum(source, target), np.maximum(source, target)
        )
        row["direction"] = from_upper
        row["frame"] = frames.number
        row["time_ns"] = batch.time_ns[frames.number - batch.first]
        for name in ("seq", "ack", "window"):
            row[name] = head[name]
        row["flags"] = bits & 0x1FF
        row["scaled_window"] = row["window"]
        row["payload_len"] = inside.length[which] - size
        row["frame_len"] = frames.frame_len
        row["captured_len"] = frames.end - frames.at
        row["offset"] = frames.place
        row["tcp_offset"] = start - frames.at
        row["link"] = link
        row["ip_id"], row["ttl"] = inside.identification[which], inside.ttl[which]
        syn = np.flatnonzero(bits & SYN)
        if len(syn):
            room = np.minimum(start + size, frames.end)[syn] - start[syn] - 20
            scale = window_scales(frames.data, start[syn] + 20, room)
            # what the capture cut off may have held the option
            scale[(scale == NO_SCALE) & ((start + size)[syn] > frames.end[syn])] = SCALE_CUT
            self.syn_row.frombytes((first + syn).astype(np.uint32).tobytes())
            self.syn_scale.frombytes(scale.tobytes())


def _merged(parts: list[tuple[Inside, int]]) -> tuple[Inside, Places]:
    """Several parts as one, in the order of the file, and the link type of each packet."""
    link = np.concatenate([np.full(len(p.start), links.READABLE.index(kind)) for p, kind in parts])
    if len(parts) == 1:
        return parts[0][0], link
    every = [part.frames for part, _ in parts]
    order = np.argsort(np.concatenate([frames.number for frames in every]), kind="stable")

    def joined(arrays: list[Any]) -> Any:
        return np.concatenate(arrays)[order]

    frames = Frames(
        every[0].data,
        joined([frames.at for frames in every]),
        joined([frames.end for frames in every]),
        joined([frames.frame_len for frames in every]),
        joined([frames.number for frames in every]),
        joined([frames.place for frames in every]),
    )
    inside = Inside(
        frames,
        joined([part.start for part, _ in parts]),
        joined([part.length for part, _ in parts]),
        joined([part.source for part, _ in parts]),
        joined([part.target for part, _ in parts]),
        joined([part.identification for part, _ in parts]),
        joined([part.ttl for part, _ in parts]),
    )
    return inside, link[order]


def _name(code: int) -> str:
    if code < 0x0600:
        return "no IP"
    return _NAMES.get(code, f"ethertype 0x{code:04x}")


def window_scales(data: Buffer, at: Places, room: Places) -> NDArray[np.uint8]:
    """The window scale option of each SYN (uint8), ``NO_SCALE`` where there is none.

    ``at`` is where the options begin, ``room`` how many bytes of them there are. Above 14
    the scale counts as 14 (RFC 7323 §2.3). A malformed option ends the list.
    """
    options = gather(data, at, _OPTIONS)["bytes"]
    scale = np.full(len(at), NO_SCALE, np.uint8)
    todo = np.arange(len(at))
    place = np.zeros(len(at), np.int64)
    room = np.minimum(room, _OPTION_BYTES)
    for _ in range(_OPTION_BYTES):
        alive = place < room
        todo, place, room = todo[alive], place[alive], room[alive]
        if not len(todo):
            break
        kind = options[todo, place]
        size = options[todo, np.minimum(place + 1, _OPTION_BYTES - 1)].astype(np.int64)
        size[kind == _NOP] = 1
        whole = (place + size <= room) & ((kind == _NOP) | (size >= 2))
        whole &= (kind != _END) & ((kind == _NOP) | (place + 1 < room))
        hit = whole & (kind == _SCALE) & (size == 3)
        scale[todo[hit]] = np.minimum(options[todo[hit], place[hit] + 2], LARGEST_SCALE)
        todo, place, room = todo[whole], (place + size)[whole], room[whole]
    return scale
