"""pcapng: blocks of a type and a length, in sections, from any number of interfaces.

Follows draft-ietf-opsawg-pcapng. Packets are in enhanced, simple and (obsolete) packet
blocks; other blocks are stepped over. Each section has a byte order of its own, and each
interface its link type, its unit of time and an offset in seconds.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tcpcourse.core.errors import CaptureError
from tcpcourse.sources.capture.problems import Tally
from tcpcourse.sources.capture.read.buffer import (
    LARGEST_FRAME,
    PORTION,
    UNREADABLE,
    Batch,
    Piece,
    gather,
    unpacker,
)
from tcpcourse.sources.capture.read.frames import Mask, Places
from tcpcourse.sources.capture.read.pcapng_time import nanoseconds
from tcpcourse.words import message

SECTION, INTERFACE, OLD_PACKET, SIMPLE, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
PACKETS = (ENHANCED, SIMPLE, OLD_PACKET)
SMALLEST = {SECTION: 28, INTERFACE: 20, OLD_PACKET: 32, SIMPLE: 16, ENHANCED: 32}
MAGIC = SECTION.to_bytes(4, "big")
_BYTE_ORDERS = {bytes.fromhex("1a2b3c4d"): ">", bytes.fromhex("4d3c2b1a"): "<"}
_MICROSECONDS = 6  # if_tsresol where an interface gives none
_WORDS = np.dtype(
    {
        "names": ["type", "length", "interface", "high", "low", "captured", "frame"],
        "formats": ["<u4"] * 7,
        "offsets": [0, 4, 8, 12, 16, 20, 24],
        "itemsize": 28,
    }
)


class Interfaces:
    """The interfaces of all sections, and where each section begins among the blocks."""

    def __init__(self) -> None:
        self.link, self.resolution = array("H"), array("B")
        self.offset_s, self.snaplen, self.place = array("q"), array("I"), array("q")
        self.section_place, self.section_base = array("q"), array("q")
        self.section_swapped = array("B")

    def section(self, place: int, order: str) -> None:
        """A section begins at this byte of the file."""
        self.section_place.append(place)
        self.section_base.append(len(self.link))
        self.section_swapped.append(order == ">")

    def add(self, block: bytes, place: int, order: str) -> None:
        """Read an interface description block."""
        read_two = unpacker(order, "HH")
        self.link.append(read_two(block, 8)[0])
        self.snaplen.append(unpacker(order, "I")(block, 12)[0])
        resolution, offset, position = _MICROSECONDS, 0, 16
        while position + 8 <= len(block):
            code, size = read_two(block, position)
            value = block[position + 4 : position + 4 + size]
            if code == 0 or len(value) < size:
                break
            if code == 9 and size == 1:
                resolution = value[0]
            elif code == 14 and size == 8:
                (offset,) = unpacker(order, "q")(value, 0)
            position += 4 + -(-size // 4) * 4
        self.resolution.append(resolution)
        self.offset_s.append(offset)
        self.place.append(place)


class BlockWalk:
    """Steps from block to block; keeps the places of those that hold packets."""

    def __init__(self, piece: Piece, found: Tally) -> None:
        self.piece, self.found, self.interfaces = piece, found, Interfaces()
        self.order, self.position, self.frames = "<", 0, 0
        self.over = False

    def starts(self) -> list[int]:
        """Where packet blocks begin in the present piece; ``position`` is after them."""
        starts: list[int] = []
        append, buffer, end = starts.append, self.piece.buffer, self.piece.end
        read = unpacker(self.order, "II")
        position, last = self.position, end - 12
        while position <= last:
            kind, length = read(buffer, position)
            if kind != ENHANCED or length < 32 or length & 3:
                self.position = position
                ready = self._other(kind, length, self.frames + len(starts) + 1)
                if not ready:
                    return starts
                read = unpacker(self.order, "II")
                kind, length = read(buffer, position)
                if kind in PACKETS:
                    append(position)
            elif position + length > end:
                break
            else:
                append(position)
            position += length
        self.position = position
        if position <= last and length > PORTION - 12:
            self._damage(
                message("a block claims {length} bytes, more than any frame needs", length=length)
            )
        return starts

    def _other(self, kind: int, length: int, frame: int) -> bool:
        """Look at a block that is no sound enhanced packet block; False to stop here."""
        buffer, position, end = self.piece.buffer, self.position, self.piece.end
        if kind == SECTION:
            order = _BYTE_ORDERS.get(bytes(buffer[position + 8 : position + 12]))
            if order is None:
                self._damage("a section without a byte order")
                return False
            self.order = order
            (length,) = unpacker(order, "I")(buffer, position + 4)
        if length < SMALLEST.get(kind, 12) or length & 3:
            self._damage(
                message(
                    "a block of type {kind} claims a length of {length} bytes",
                    kind=kind,
                    length=length,
                ),
                frame,
            )
            return False
        known = kind in SMALLEST
        if known and length > PORTION - 12:
            self._damage(
                message(
                    "a block of type {kind} claims {length} bytes, more than it can have",
                    kind=kind,
                    length=length,
                )
            )
            return False
        if known and position + length > end:
            return False
        if kind == SECTION:
            self.interfaces.section(self.piece.base + position, self.order)
        elif kind == INTERFACE:
            block = bytes(buffer[position : position + length - 4])
            self.interfaces.add(block, self.piece.base + position, self.order)
        return True

    def _damage(self, what: str, frame: int | None = None) -> None:
        where = self.piece.base + self.position
        self.found.add(message("{what}; what follows cannot be read", what=what), where, frame)
        self.over = True


def read_pcapng(piece: Piece, found: Tally, max_packets: int) -> Iterator[Batch]:
    """The frames of a pcapng file; what cannot be read is added to ``found``.

    Raises ``CaptureError`` when not even the first section can be read.
    """
    walk = BlockWalk(piece, found)
    while True:
        starts = walk.starts()
        if not walk.interfaces.section_place:
            raise CaptureError(
                piece.stream.name,
                piece.base + walk.position,
                message("the first pcapng section is damaged or cut"),
                message("record or copy it again"),
            )
        if walk.frames + len(starts) > max_packets:
            del starts[max_packets - walk.frames :]
            found.add(
                message(
                    "reading stopped after {most} frames, the limit; load(…, "
                    "max_packets=…) sets another",
                    most=max_packets,
                ),
                piece.base + walk.position,
            )
            walk.over = True
        if starts:
            at = np.array(starts, np.int64)
            yield _batch(piece, found, walk.interfaces, at, walk.frames + 1)
            walk.frames += len(starts)
        left = piece.end - walk.position
        where = piece.base + walk.position
        if walk.over:
            return
        more = piece.advance(walk.position)
        if not more:
            if left and piece.stream.trouble is None:
                found.add("the file is cut in the middle of this block", min(where, where + left))
            return
        walk.position = 0


def _batch(piece: Piece, found: Tally, known: Interfaces, at: Places, first: int) -> Batch:
    """The packets whose blocks begin at ``at``."""
    places = piece.base + at
    section = np.searchsorted(np.array(known.section_place), places, "right") - 1
    swapped = np.array(known.section_swapped, bool)[section]
    words = _words(piece, at, swapped)
    kind, length, interface = words["type"], words["length"], words["interface"]
    captured, frame_len = words["captured"], words["frame"]
    start, room = at + 28, length - 32
    old, simple = np.flatnonzero(kind == OLD_PACKET), np.flatnonzero(kind == SIMPLE)
    if len(old):  # two 16-bit numbers there: the interface, and how many were dropped
        interface[old] = np.where(swapped[old], interface[old] >> 16, interface[old] & 0xFFFF)
    if len(simple):  # no interface, no time, and as much data as the interface keeps
        start[simple], room[simple] = at[simple] + 12, length[simple] - 16
        frame_len[simple] = interface[simple]
        interface[simple] = 0

    index = np.array(known.section_base)[section] + interface
    tops = np.append(np.array(known.section_base)[1:], len(known.link))
    there = index < tops[section]
    index[~there] = len(known.link)  # one more, made up, for those
    there &= np.append(np.array(known.place), 0)[index] < places
    if len(simple):
        snaplen = np.append(np.array(known.snaplen), 0)[index[simple]].astype(np.int64)
        kept = np.minimum(room[simple], frame_len[simple])
        captured[simple] = np.where(snaplen > 0, np.minimum(kept, snaplen), kept)
    ticks = words["high"].astype(np.uint64) << np.uint64(32) | words["low"].astype(np.uint64)
    ticks[simple] = 0
    time_ns, fits = nanoseconds(
        ticks,
        np.append(np.array(known.resolution), _MICROSECONDS)[index],
        np.append(np.array(known.offset_s), 0)[index],
    )
    frames = np.arange(first, first + len(at))
    for what, wrong in (
        ("a packet of an interface that was not described", ~there),
        ("a simple packet block, which has no time", kind == SIMPLE),
        ("more bytes captured than the block has room for", captured > room),
        ("more bytes captured than the frame is said to have had", captured > frame_len),
        ("a record larger than any frame is", captured > LARGEST_FRAME),
        ("a block whose two lengths differ", _trailer(piece, at, length, swapped) != length),
        ("a time that 64 bits of nanoseconds cannot hold", ~fits),
    ):
        if wrong.any():
            found.add_many(what, frames[wrong], places[wrong])
    there &= captured <= LARGEST_FRAME
    captured = np.where(there, np.minimum(captured, room), 0)
    link = np.where(there, np.append(np.array(known.link), 0)[index], UNREADABLE)
    return Batch(
        piece.data,
        piece.base,
        start,
        captured,
        np.maximum(frame_len, captured),
        time_ns,
        link,
        first,
    )


def _words(piece: Piece, at: Places, swapped: Mask) -> dict[str, Places]:
    """The first words of each block, as int64, whatever its section's byte order is."""
    block = gather(piece.data, at, _WORDS)
    words = {}
    for name in _WORDS.names or ():
        word = block[name].astype(np.uint32)
        if swapped.any():
            word[swapped] = word[swapped].byteswap()
        words[name] = word.astype(np.int64)
    return words


def _trailer(piece: Piece, at: Places, length: Places, swapped: Mask) -> NDArray[np.uint32]:
    """The length at the end of each block, which should be the one at its beginning."""
    block = gather(piece.data, at + length - 4, np.dtype([("length", "<u4")]))
    last: NDArray[np.uint32] = block["length"].astype(np.uint32)
    last[swapped] = last[swapped].byteswap()
    return last
