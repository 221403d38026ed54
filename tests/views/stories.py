"""Traces made by hand for the tests of the views: the numbers are the document's."""

from __future__ import annotations

from collections.abc import Sequence

from tcpcourse.core.segment import Options, Segment
from tcpcourse.core.states import State
from tcpcourse.trace import End, Ends, Move, Packet, Side, Step, Trace

A_ISN, B_ISN = 2_718_281_828, 3_141_592_653
REQUEST = b"GET /static/images/avatar.jpg HTTP/1.1\r\nX: ".ljust(621, b".") + b"\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 40960\r\n\r\n".ljust(2920, b"\xff")
C, L, SS, SR, E = State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RCVD, State.ESTABLISHED

# sender, flags, seq, ack, window field, data, scale, frame length, states after
_Line = tuple[Side, str, int, int | None, int, bytes, int, int, State, State]
AVATAR: Sequence[_Line] = (
    ("A", "S", 0, None, 8192, b"", 0, 66, SS, L),
    ("B", "SA", 0, 1, 29200, b"", 0, 66, SS, SR),
    ("A", "A", 1, 1, 256, b"", 8, 54, E, E),
    ("A", "PA", 1, 1, 256, REQUEST, 8, 679, E, E),
    ("B", "A", 1, 626, 238, b"", 7, 60, E, E),
    ("B", "A", 1, 626, 238, ANSWER[:1460], 7, 1514, E, E),
    ("B", "A", 1461, 626, 238, ANSWER[1460:], 7, 1514, E, E),
    ("A", "A", 626, 2921, 256, b"", 8, 54, E, E),
)


def _options(number: int) -> Options:
    if number == 1:
        return Options(mss=1460, wscale=8, sack_permitted=True)
    if number == 2:
        return Options(mss=1460, wscale=7, sack_permitted=True)
    return Options()


def avatar(a: str = "192.0.2.17:56219", b: str = "198.51.100.80:80") -> Trace:
    """The document's eight packets, as a capture: one step a packet."""
    isn = {"A": A_ISN, "B": B_ISN}
    packets, steps = [], []
    before = Ends(End((C,)), End((L,)))
    for number, line in enumerate(AVATAR, 1):
        who, flags, seq, ack, window, data, scale, length, a_state, b_state = line
        peer = "B" if who == "A" else "A"
        segment = Segment(
            isn[who] + seq,
            None if ack is None else isn[peer] + ack,
            flags,
            window,
            data,
            _options(number),
        )
        time = (number - 1) * 10_000_000
        packet = Packet(
            number, who, segment, time, time, seq, ack, window << scale, "captured", length
        )
        after = Ends(End((a_state,)), End((b_state,)))
        moves = (Move(who, None, "Seen on the wire.", "RFC 9293 §3.5"),)
        steps.append(Step(number - 1, time, who, "is seen", packet, (), before, after, moves))
        packets.append(packet)
        before = after
    return Trace(
        tuple(steps), tuple(packets), "captured", "the document's eight packets",
        {"A": a, "B": b}, isn=isn,
    )  # fmt: skip


def unknown() -> Trace:
    """One packet out of the middle of a connection: nobody knows the states."""
    segment = Segment(5000, 7000, "A", 500, b"xyz")
    packet = Packet(1, "A", segment, 0, 0, 0, 0, 500, "captured", 60)
    anything = End(tuple(State))
    open_or_not = End((State.ESTABLISHED, State.CLOSE_WAIT))
    step = Step(
        0, 0, "A", "is seen", packet, (), Ends(anything, anything), Ends(open_or_not, anything), ()
    )
    return Trace((step,), (packet,), "captured", "from the middle", isn={"A": 5000, "B": 7000})


def empty() -> Trace:
    """Nothing happened."""
    return Trace((), (), "captured", "nothing")


def long(packets: int) -> Trace:
    """A download as a capture: A asks, B sends, A acknowledges every second segment."""
    known = End((E,))
    ends = Ends(known, known)
    found, steps = [], []
    seq = {"A": 1, "B": 1}
    data = bytes(1000)
    for number in range(1, packets + 1):
        who: Side = "A" if number % 3 == 0 else "B"
        peer: Side = "B" if who == "A" else "A"
        size = 0 if who == "A" else 1000
        segment = Segment(
            1000 + seq[who], 1000 + seq[peer], "A", 500, data if size else b""
        )
        time = number * 1_000_000
        packet = Packet(
            number, who, segment, time, time, seq[who], seq[peer], 500, "captured", 54 + size
        )
        seq[who] += size
        found.append(packet)
        steps.append(Step(number - 1, time, who, f"sends packet {number}", packet, (), ends, ends, ()))
    return Trace(
        tuple(steps), tuple(found), "captured", "a long download", isn={"A": 1000, "B": 1000}
    )
