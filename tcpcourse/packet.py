"""One packet of a story, which of the two ends sent it, and all packets as columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, Literal

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.quick import quickly_made
from tcpcourse.core.segment import Segment
from tcpcourse.words import listed, message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Side = Literal["A", "B"]

SIDES: tuple[Side, Side] = ("A", "B")
ETHERNET, IPV4, TCP = 14, 20, 20
HEADERS = ETHERNET + IPV4 + TCP
"""Bytes of headers when neither IP nor TCP has options: the document's 54."""
SHORTEST_FRAME = 60
"""Ethernet's shortest frame in bytes, without its checksum: shorter ones are filled up."""
HOSTS: Mapping[str, str] = {"A": "192.0.2.1:40000", "B": "198.51.100.2:80"}
"""The addresses of a story that does not give any (RFC 5737)."""


def other(side: Side) -> Side:
    """The opposite side: B for A, A for B."""
    return "B" if side == "A" else "A"


@quickly_made
@dataclass(frozen=True, slots=True)
class Packet:
    """One segment on the wire, once; a segment sent again is another packet.

    ``number`` counts from 1 in the order of sending; in a capture it is the frame's number.
    ``sent_ns`` and ``arrived_ns`` are nanoseconds since the story began; ``arrived_ns`` is
    ``None`` when the packet was lost, and equal to ``sent_ns`` in a capture, which has only
    one vantage point. ``rel_seq`` and ``rel_ack`` count from each side's first number (its
    SYN's if that was seen). ``scaled_window`` is the offered window in bytes; the 16 bits of
    the header are ``segment.window``. ``frame_len`` is the length on the wire in bytes with
    all headers, or ``None``. ``notes`` are short words such as ``retransmission``.

    >>> import tcpcourse as tcp
    >>> tcp.recording("avatar").packet(2)
    <Packet 2, B→A: SA 3141592653:3141592653(0) ack 2718281829 win 29200 <mss ...>>
    >>> tcp.recording("avatar").packet(2).rel_ack
    1
    """

    number: int
    sender: Side
    segment: Segment
    sent_ns: int
    arrived_ns: int | None
    rel_seq: int
    rel_ack: int | None
    scaled_window: int
    fate: Literal["delivered", "lost", "duplicate", "captured"] = "delivered"
    frame_len: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def receiver(self) -> Side:
        """The side it goes to."""
        return other(self.sender)

    def scapy(self, hosts: Mapping[str, str] = HOSTS) -> Any:
        """The packet as scapy builds it: IP around TCP, with the numbers of the header.

        ``hosts`` are the addresses of both sides, such as ``Trace.hosts``. Headers that the
        story does not tell of are scapy's defaults. Raises ``TcpCourseError`` for an address
        that is none.

        >>> import tcpcourse as tcp
        >>> syn = tcp.simulate("refused").packet(1).scapy()
        >>> syn["IP"].src, syn["TCP"].seq, str(syn["TCP"].flags)
        ('192.0.2.1', 100, 'S')
        """
        from scapy.layers.inet import IP, TCP  # heavy: only when asked for
        from scapy.layers.inet6 import IPv6

        source, goal = (socket_address(hosts[side]) for side in (self.sender, self.receiver))
        segment, options = self.segment, self.segment.options
        chosen: list[tuple[str, Any]] = []
        if options.mss is not None:
            chosen.append(("MSS", options.mss))
        if options.sack_permitted:
            chosen.append(("SAckOK", b""))
        if options.wscale is not None:
            chosen.append(("WScale", options.wscale))
        if options.timestamp is not None:
            chosen.append(("Timestamp", options.timestamp))
        if options.sack:
            chosen.append(("SAck", tuple(edge for block in options.sack for edge in block)))
        head = TCP(
            sport=source[1],
            dport=goal[1],
            seq=int(segment.seq),
            ack=int(segment.ack or 0),
            flags=int(segment.flags),
            window=segment.window,
            urgptr=segment.urgent,
            options=chosen,
        )
        layer = IPv6 if source[0].version == 6 else IP
        packet = layer(src=str(source[0]), dst=str(goal[0])) / head
        return packet / segment.data if segment.data else packet

    def __repr__(self) -> str:
        line = shortened(self.segment.line(), 150)
        return f"<Packet {self.number}, {self.sender}→{self.receiver}: {line}>"


_COLUMNS = [
    ("frame", "u4"),
    ("time_ns", "i8"),
    ("direction", "u1"),
    ("seq", "u4"),
    ("ack", "u4"),
    ("rel_seq", "u4"),
    ("rel_ack", "u4"),
    ("payload_len", "u4"),
    ("flags", "u2"),
    ("window", "u2"),
    ("scaled_window", "u4"),
    ("frame_len", "u4"),
]


def columns_of(packets: Sequence[Packet], began_ns: int = 0) -> NDArray[np.void]:
    """One row of numbers a packet; names and meanings are those of ``Capture.columns``.

    ``began_ns`` is when the story began, in nanoseconds since 1970. What a packet does not
    have is 0: ``ack`` and ``rel_ack`` without the flag ACK, an unknown ``frame_len``.
    """
    import numpy as np  # heavy: only when asked for

    rows = [
        (
            packet.number,
            began_ns + packet.sent_ns,
            SIDES.index(packet.sender),
            int(packet.segment.seq),
            int(packet.segment.ack or 0),
            packet.rel_seq,
            packet.rel_ack or 0,
            len(packet.segment.data),
            int(packet.segment.flags),
            packet.segment.window,
            packet.scaled_window,
            packet.frame_len or 0,
        )
        for packet in packets
    ]
    return np.array(rows, np.dtype(_COLUMNS))


def socket_address(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    """Address and port of ``192.0.2.1:80`` or ``[2001:db8::1]:80``.

    Raises ``TcpCourseError`` for anything else.
    """
    host, _, port = text.rpartition(":")
    try:
        number = int(port)
        if not 0 <= number < 1 << 16:
            raise ValueError(port)
        return ip_address(host.strip("[]")), number
    except ValueError:
        raise TcpCourseError(
            message(
                "No host is called {text!r}: write an address and a port, such as 192.0.2.1:80.",
                text=text,
            )
        ) from None


def no_packet(number: object, known: Sequence[int], count: int) -> TcpCourseError:
    """The error that says which packets there are: ``known`` are the first of ``count``."""
    if not count:
        return TcpCourseError(
            message("There is no packet {number!r:.40}: this story has none at all.", number=number)
        )
    numbers = listed(map(str, known))
    if count > len(known):
        numbers = message("{words} …", words=numbers)
    if count == 1:
        return TcpCourseError(
            message(
                "There is no packet {number!r:.40}: the only one is {known}.",
                number=number,
                known=numbers,
            )
        )
    return TcpCourseError(
        message(
            "There is no packet {number!r:.40}: the packets are {known}.",
            number=number,
            known=numbers,
        )
    )


def shortened(text: str, most: int) -> str:
    """At most ``most`` characters of a text, with an ellipsis where it was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"
