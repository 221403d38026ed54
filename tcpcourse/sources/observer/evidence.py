"""What a whole conversation says before any state is inferred.

First numbers of both sides, and which packets may not have arrived. A capture has one
vantage point: it sees a packet pass, not arrive.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

from tcpcourse.core.segment import Flags, Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.trace import Side

_MOST_MISSING = 64  # packets looked at for each SACK

class Seen(Protocol):
    """A packet of a conversation as a capture gives it; ``payload_len`` is in bytes."""

    @property
    def number(self) -> int:
        """The frame's number."""

    @property
    def time_ns(self) -> int:
        """When it was seen, in nanoseconds."""

    @property
    def sender(self) -> Side:
        """The side that sent it."""

    @property
    def segment(self) -> Segment:
        """The segment, with absolute numbers."""

    @property
    def payload_len(self) -> int:
        """Bytes of data by the IP length."""

    @property
    def rel_seq(self) -> int:
        """The relative sequence number."""

    @property
    def rel_ack(self) -> int | None:
        """The relative acknowledgment number."""

    @property
    def scaled_window(self) -> int:
        """The offered window in bytes."""

    @property
    def frame_len(self) -> int:
        """Bytes on the wire."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the analysis remarked."""


def other(side: Side) -> Side:
    """The side across."""
    return "B" if side == "A" else "A"


def end_of_packet(packet: Seen) -> SeqNumber:
    """The number after the packet, also when the capture cut its data short."""
    flags = packet.segment.flags
    phantoms = bool(flags & Flags.SYN) + bool(flags & Flags.FIN)
    return packet.segment.seq + (packet.payload_len + phantoms)


@dataclass(frozen=True, slots=True)
class FirstNumbers:
    """How one side begins: its ISN if its SYN was seen, and its first number in any case.

    Without its SYN ``first`` is the first number it sent, or that the other side expected of
    it. Each is ``None`` if never seen. ``calls`` says that it began with a SYN without ACK.
    """

    isn: SeqNumber | None
    first: SeqNumber | None
    calls: bool


def first_numbers(packets: Sequence[Seen], side: Side) -> FirstNumbers:
    """Look through the whole conversation for the numbers ``side`` begins with."""
    isn = first = None
    calls = False
    for packet in packets:
        if packet.sender == side:
            if first is None and not packet.segment.rst:
                first = packet.segment.seq
            if isn is None and packet.segment.syn:
                isn = packet.segment.seq
                calls = packet.segment.ack is None
        elif first is None and packet.segment.ack is not None and not packet.segment.rst:
            first = packet.segment.ack
    return FirstNumbers(isn, first, calls)


def doubtful(packets: Sequence[Seen]) -> dict[int, str]:
    """Packets that may have been lost after they were seen: place (from 0) and what is sent again.

    A packet with data, SYN or FIN is doubtful when the same number is sent again before
    anything acknowledged it. A packet that acknowledges the peer's SYN or FIN is doubtful
    when the peer sends that, or what came before it, again afterwards.
    """
    doubts: dict[int, str] = {}
    # per side: number -> place of packets that nobody has acknowledged yet
    waiting: dict[Side, dict[int, int]] = {"A": {}, "B": {}}
    # per side: number after its SYN or FIN -> places of the packets that acknowledge it
    answers: dict[Side, dict[int, list[int]]] = {"A": {}, "B": {}}
    for place, packet in enumerate(packets):
        side, peer, segment = packet.sender, other(packet.sender), packet.segment
        end = end_of_packet(packet)
        if segment.seq != end:
            earlier = waiting[side].get(int(segment.seq))
            if earlier is None or not _answers_syn(packets[earlier], packet):
                if earlier is not None:
                    doubts[earlier] = "it"
                for number, places in answers[side].items():
                    if segment.seq < SeqNumber(number):  # it sends again what these acknowledged
                        doubts.update(dict.fromkeys(places, "what it acknowledges") | doubts)
            waiting[side][int(segment.seq)] = place
            if segment.syn or segment.fin:
                answers[side].setdefault(int(end), [])
        if segment.ack is not None:
            acked = int(segment.ack)
            if acked in answers[peer]:
                answers[peer][acked].append(place)
            for seq in [s for s in waiting[peer] if SeqNumber(s) < segment.ack]:
                del waiting[peer][seq]
    return doubts


def _answers_syn(first: Seen, again: Seen) -> bool:
    """In a simultaneous open the SYN,ACK has the SYN's number, but it is an answer."""
    return first.segment.ack is None and again.segment.syn and again.segment.ack is not None


def crossed(packets: Sequence[Seen]) -> dict[int, int]:
    """Packets that arrived later than they were seen: after which packet (places from 0).

    An end that sends its SYN or FIN without acknowledging the peer's had not got it yet. Nor
    had an end got data that its SACK shows to be missing (RFC 2018).
    """
    found: dict[int, int] = {}
    pending: dict[Side, list[_Pending]] = {"A": [], "B": []}
    data: dict[Side, deque[_Pending]] = {"A": deque(), "B": deque()}
    for place, packet in enumerate(packets):
        side, peer, segment = packet.sender, other(packet.sender), packet.segment
        if segment.ack is not None:
            pending[peer] = [each for each in pending[peer] if each.end > segment.ack]
            while data[peer] and data[peer][0].end <= segment.ack:
                data[peer].popleft()
            above = [left for left, _ in segment.options.sack if SeqNumber(left) > segment.ack]
            for each in islice(data[peer] if above else (), _MOST_MISSING):
                if not all(each.end <= SeqNumber(left) for left in above):
                    break
                found[each.place] = place
        if segment.rst:  # it may be the answer, and then has the number that was acknowledged
            pending[peer] = [each for each in pending[peer] if each.ack != segment.seq]
        if segment.syn or segment.fin:
            for each in pending[peer]:
                found[each.place] = place
            pending[side].append(_Pending(place, end_of_packet(packet), segment.ack))
        elif packet.payload_len:
            data[side].append(_Pending(place, end_of_packet(packet), segment.ack))
    return found


class _Pending(NamedTuple):
    """A packet that nobody has acknowledged yet."""

    place: int
    end: SeqNumber
    ack: SeqNumber | None
