"""Traces made by hand for the tests of the views: the numbers are the document's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.options import Options
from tcpcourse.core.reaction import Reaction
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.trace import End, Ends, Move, Packet, Side, Step, Trace, end_of

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
        segment = Segment(1000 + seq[who], 1000 + seq[peer], "A", 500, data if size else b"")
        time = number * 1_000_000
        packet = Packet(
            number, who, segment, time, time, seq[who], seq[peer], 500, "captured", 54 + size
        )
        seq[who] += size
        found.append(packet)
        event = f"sends packet {number}"
        steps.append(Step(number - 1, time, who, event, packet, (), ends, ends, ()))
    return Trace(
        tuple(steps), tuple(found), "captured", "a long download", isn={"A": 1000, "B": 1000}
    )


def data_from_b(*pieces: bytes) -> Trace:
    """Segments with these bytes, one after the other, from an established B."""
    ends = Ends(End((E,)), End((E,)))
    found, steps = [], []
    seq = 1
    for number, data in enumerate(pieces, 1):
        segment = Segment(1000 + seq, 1001, "PA", 500, data)
        time = number * 1_000_000
        packet = Packet(
            number, "B", segment, time, time, seq, 1, 500, "captured", max(54 + len(data), 60)
        )
        seq += len(data)
        found.append(packet)
        event = f"sends packet {number}"
        steps.append(Step(number - 1, time, "B", event, packet, (), ends, ends, ()))
    return Trace(tuple(steps), tuple(found), "captured", "data", isn={"A": 1000, "B": 1000})


def talk(*, lose: int = 0, copy: int = 0) -> Trace:
    """A simulation by hand: two real endpoints, 10 ms from end to end, and no timers but one.

    B listens, A connects, sends five bytes and closes, B closes. The packet numbered ``lose``
    is lost and sent again one second later; the one numbered ``copy`` arrives twice.
    """
    return _Talk(lose, copy).run()


class _Talk:
    def __init__(self, lose: int, copy: int) -> None:
        self.ends: dict[Side, Endpoint] = {"A": Endpoint(100), "B": Endpoint(300)}
        self.isn = {"A": 100, "B": 300}
        self.lose, self.copy = lose, copy
        self.now = 0
        self.steps: list[Step] = []
        self.packets: list[Packet] = []
        self.wire: list[Packet] = []

    def step(self, who: Side, event: str, act: Callable[[Endpoint], Reaction],
             packet: Packet | None = None, note: str = "") -> None:  # fmt: skip
        before = Ends(*(end_of(end.tcb) for end in self.ends.values()))
        done = act(self.ends[who])
        after = Ends(*(end_of(end.tcb) for end in self.ends.values()))
        sent = [each for segment in done.emitted for each in self.send(who, segment, note)]
        moves = tuple(Move(who, row, row.why, row.cite) for row in done.rows)
        self.steps.append(
            Step(len(self.steps), self.now, who, event, packet, tuple(sent), before, after, moves,
                 done)
        )  # fmt: skip

    def send(self, who: Side, segment: Segment, note: str) -> list[Packet]:
        peer: Side = "B" if who == "A" else "A"
        number = len(self.packets) + 1
        lost = number == self.lose
        packet = Packet(
            number, who, segment, self.now, None if lost else self.now + 10_000_000,
            int(segment.seq) - self.isn[who],
            None if segment.ack is None else int(segment.ack) - self.isn[peer],
            segment.window, "lost" if lost else "delivered",
            54 + segment.options.length + len(segment.data), (note,) if note else (),
        )  # fmt: skip
        found = [packet]
        if number == self.copy:
            notes = (f"copy of packet {number}",)
            found.append(replace(packet, number=number + 1, fate="duplicate", notes=notes))
        self.packets += found
        self.wire += [each for each in found if each.fate != "lost"]
        return found

    def deliver(self) -> None:
        while self.wire:
            self.now += 10_000_000
            for packet in [self.wire.pop(0) for _ in range(len(self.wire))]:
                self.step(packet.receiver, f"gets packet {packet.number}",
                          lambda end, p=packet: end.arrive(p.segment), packet)  # type: ignore[misc]  # fmt: skip

    def run(self) -> Trace:
        self.step("B", "calls passive OPEN", Endpoint.open_passive)
        self.step("A", "calls active OPEN", Endpoint.open_active)
        self.settle()
        self.step("A", "calls SEND", lambda end: end.send(b"hello"))
        self.settle()
        self.step("A", "calls CLOSE", Endpoint.close)
        self.settle()
        self.step("B", "calls CLOSE", Endpoint.close)
        self.settle()
        return Trace(tuple(self.steps), tuple(self.packets), "simulated", "a short talk",
                     isn=self.isn)  # fmt: skip

    def settle(self) -> None:
        """Deliver; if something of either end is still unacknowledged, a second later again."""
        self.deliver()
        for side, end in self.ends.items():
            if end.tcb.in_flight:
                self.now += 1_000_000_000
                self.step(side, "retransmission timeout", lambda e: e.tick("retransmission"),
                          note="retransmission")  # fmt: skip
                self.deliver()


def around_zero() -> Trace:
    """Ten bytes numbered from 4294967290 on, then ten more from 4 on."""
    ends = Ends(End((E,)), End((E,)))
    found = []
    for number, (seq, relative) in enumerate(((4_294_967_290, 1), (4, 11)), 1):
        segment = Segment(seq, 500, "PA", 500, bytes(10))
        found.append(Packet(number, "A", segment, 0, 0, relative, 1, 500, "captured", 64))
    steps = tuple(
        Step(place, 0, "A", f"sends packet {place + 1}", packet, (), ends, ends, ())
        for place, packet in enumerate(found)
    )
    return Trace(steps, tuple(found), "captured", "around zero", isn={"A": 4_294_967_289, "B": 499})


def after_padding() -> Trace:
    """B sends a pure ACK in a frame of 60 bytes; A's next packet acknowledges nothing new."""
    ends = Ends(End((E,)), End((E,)))
    found = (
        Packet(1, "B", Segment(301, 101, "A"), 0, 0, 1, 1, 65535, "captured", 60),
        Packet(2, "A", Segment(101, 301, "PA", data=b"hi"), 1, 1, 1, 1, 65535, "captured", 60),
    )
    steps = tuple(
        Step(place, place, packet.sender, f"sends packet {place + 1}", packet, (), ends, ends, ())
        for place, packet in enumerate(found)
    )
    return Trace(steps, found, "captured", "padding", isn={"A": 100, "B": 300})


def forged() -> Trace:
    """A RST arrives at B that A never sent."""
    ends = Ends(End((E,)), End((E,)))
    rst = Packet(1, "A", Segment(900, None, "R"), 0, 0, 800, None, 0, "delivered", 60, ("forged",))
    step = Step(0, 0, "B", "gets packet 1", rst, (), ends, ends, ())
    return Trace((step,), (rst,), "simulated", "forged", isn={"A": 100, "B": 300})
