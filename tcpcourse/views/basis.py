"""Where the numbers of each packet come from: which earlier packets account for them.

One pass over the packets finds, for each, the packet whose end its ``seq`` continues and the
packet whose end its ``ack`` names. An acknowledgment names the *next* number expected, so it
equals the end of something the other side sent: first number + SYN + data + FIN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tcpcourse.core.seq import MODULUS
from tcpcourse.trace import Ends, Packet, Side, Trace

ETHERNET, IPV4, TCP = 14, 20, 20
HEADERS = ETHERNET + IPV4 + TCP
"""Bytes of headers when neither IP nor TCP has options: the document's 54."""
SHORTEST_FRAME = 60


@dataclass(frozen=True, slots=True)
class Basis:
    """What accounts for one packet's numbers; all relative.

    ``before`` is the sender's packet whose end this ``seq`` continues, ``previous`` the
    sender's packet just before this one, ``acked`` the peer's packet whose end this ``ack``
    names. ``again`` is the number of the earlier packet that carried the same numbers.
    ``last_ack`` is what the sender acknowledged before, ``expected`` what the peer had asked
    for last.
    """

    before: Packet | None = None
    previous: Packet | None = None
    acked: Packet | None = None
    peer_last: Packet | None = None
    again: int | None = None
    last_ack: int | None = None
    expected: int | None = None


def states_after(trace: Trace) -> dict[int, Ends]:
    """Both ends after each packet, by its number: after it arrived, else after it left."""
    after: dict[int, Ends] = {}
    for step in trace.steps:
        for packet in step.sent:
            after.setdefault(packet.number, step.after)
        if step.packet is not None:
            after[step.packet.number] = step.after
    return after


def rel_end(packet: Packet) -> int:
    """The relative number after the last one that the packet takes up."""
    return (packet.rel_seq + packet.segment.seg_len) % MODULUS


def header_bytes(packet: Packet) -> int:
    """Bytes of Ethernet, IPv4 and TCP headers, with the TCP options the packet carries."""
    return HEADERS + packet.segment.options.length


def padding(packet: Packet) -> int:
    """Bytes of Ethernet padding: what a frame of 60 has beyond headers and data."""
    if packet.frame_len != SHORTEST_FRAME:
        return 0
    return max(0, SHORTEST_FRAME - header_bytes(packet) - len(packet.segment.data))


def headers_account(packet: Packet) -> bool:
    """Whether the frame is exactly its known headers and its data."""
    return packet.frame_len == header_bytes(packet) + len(packet.segment.data)


def shortcut_holds(packet: Packet) -> bool:
    """Whether LEN − 54 gives the length of the data."""
    return packet.frame_len is not None and packet.frame_len - HEADERS == len(packet.segment.data)


def bases(trace: Trace) -> Mapping[int, Basis]:
    """The basis of every packet, by its number; one pass, whatever the length."""
    found: dict[int, Basis] = {}
    ends: dict[Side, dict[int, Packet]] = {"A": {}, "B": {}}
    sent: dict[Side, dict[tuple[int, int], int]] = {"A": {}, "B": {}}
    previous: dict[Side, Packet | None] = {"A": None, "B": None}
    last_ack: dict[Side, int | None] = {"A": None, "B": None}
    for packet in trace.packets:
        me, peer = packet.sender, packet.receiver
        size = packet.segment.seg_len
        key = (packet.rel_seq, size)
        found[packet.number] = Basis(
            before=ends[me].get(packet.rel_seq),
            previous=previous[me],
            acked=None if packet.rel_ack is None else ends[peer].get(packet.rel_ack),
            peer_last=previous[peer],
            again=sent[me].get(key) if size else None,
            last_ack=last_ack[me],
            expected=last_ack[peer],
        )
        if size:
            end = rel_end(packet)
            if packet.fate != "lost" or end not in ends[me]:
                ends[me][end] = packet
            sent[me].setdefault(key, packet.number)
        previous[me] = packet
        if packet.rel_ack is not None:
            last_ack[me] = packet.rel_ack
    return found
