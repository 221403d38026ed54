"""Parts of a frame that are taken for data."""

from __future__ import annotations

from collections.abc import Iterator

from tcpcourse.packet import ETHERNET, HEADERS, IPV4, TCP
from tcpcourse.trace import Packet
from tcpcourse.views.basis import header_bytes, padding

_CUTS = (
    ("took off Ethernet alone", ETHERNET),
    ("took off TCP alone", TCP),
    ("left the TCP header in", ETHERNET + IPV4),
    ("left the Ethernet header in", IPV4 + TCP),
)
"""Headers that were taken off a frame, but not all."""


def frame_as_data(packet: Packet, least: int = 0) -> Iterator[tuple[str, int]]:
    """What is taken for the data of a packet by who counts parts of its frame as data.

    Of fewer than ``least`` bytes nobody takes any headers off.
    """
    frame, filler, options = packet.frame_len, padding(packet), packet.segment.options.length
    if frame is None:
        return
    if options:
        yield "counted the options", len(packet.segment.data) + options
    if frame == header_bytes(packet) + len(packet.segment.data) + filler:  # an Ethernet frame
        if filler:
            yield "counted the padding", frame - HEADERS - options
        if filler and options:
            yield "counted the padding", frame - HEADERS
            yield "counted the options", frame - HEADERS
        if frame >= least:
            yield from ((name, frame - cut) for name, cut in _CUTS)
    yield "counted the whole frame", frame
