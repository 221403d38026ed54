"""The story of a connection: a frozen sequence of steps that any view can draw.

A simulation, a capture and this machine's own kernel all make a ``Trace``. A ``Step`` says
when something happened, to whom, which segment was involved, what was known of both ends
before and after, which rows of the table fired, and why. Each step can be drawn alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, overload

from tcpcourse.core.endpoint import Reaction
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.rows import Row
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb

if TYPE_CHECKING:
    import pandas

Side = Literal["A", "B"]
Provenance = Literal["simulated", "captured", "live"]


@dataclass(frozen=True, slots=True)
class Packet:
    """One segment on the wire, once; a segment sent again is another packet.

    ``number`` counts from 1 in the order of sending; in a capture it is the frame's number.
    ``sent_ns`` and ``arrived_ns`` are nanoseconds since the story began; ``arrived_ns`` is
    ``None`` when the packet was lost, and equal to ``sent_ns`` in a capture, which has only
    one vantage point. ``rel_seq`` and ``rel_ack`` count from each side's first number (its
    SYN's if that was seen). ``window`` is the offered window in bytes, scaled. ``frame_len``
    is the length on the wire in bytes with all headers, or ``None``. ``notes`` are short
    words such as ``retransmission``.
    """

    number: int
    sender: Side
    segment: Segment
    sent_ns: int
    arrived_ns: int | None
    rel_seq: int
    rel_ack: int | None
    window: int
    fate: Literal["delivered", "lost", "duplicate", "captured"] = "delivered"
    frame_len: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def receiver(self) -> Side:
        """The side it goes to."""
        return "B" if self.sender == "A" else "A"


@dataclass(frozen=True, slots=True)
class End:
    """What is known of one end at one moment: the state it is in, or those it may be in.

    ``tcb`` holds its variables where they are known, as in a simulation.
    """

    possible: tuple[State, ...]
    tcb: Tcb | None = None

    @property
    def state(self) -> State | None:
        """The state, or ``None`` when more than one is possible."""
        return self.possible[0] if len(self.possible) == 1 else None

    def __str__(self) -> str:
        if len(self.possible) == len(State):
            return "unknown"
        return " or ".join(str(state) for state in self.possible)


class Ends(NamedTuple):
    """Both ends at one moment."""

    a: End
    b: End

    def of(self, side: Side) -> End:
        """The end called ``side``."""
        return self.a if side == "A" else self.b


@dataclass(frozen=True, slots=True)
class Move:
    """A rule that was followed at one end: the row that fired, and why."""

    who: Side
    row: Row | None
    why: str
    cite: str


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of the whole story.

    ``index`` is its place in the trace, from 0; ``time_ns`` nanoseconds since the story
    began; ``who`` the end where it happened; ``event`` what happened, in words. ``packet``
    arrives in this step (in a capture: is seen), ``sent`` leave in it. ``moves`` are the
    rules followed, in order. ``reaction`` is there when an ``Endpoint`` did it.
    """

    index: int
    time_ns: int
    who: Side
    event: str
    packet: Packet | None
    sent: tuple[Packet, ...]
    before: Ends
    after: Ends
    moves: tuple[Move, ...]
    reaction: Reaction | None = None

    @property
    def segment(self) -> Segment | None:
        """The segment that arrives, else the first that leaves."""
        if self.packet is not None:
            return self.packet.segment
        return self.sent[0].segment if self.sent else None

    @property
    def row(self) -> Row | None:
        """The first row that fired."""
        return next((move.row for move in self.moves if move.row is not None), None)

    @property
    def why(self) -> str:
        """Why, in words, for each end that did something."""
        return " ".join(f"{move.who}: {move.why}" for move in self.moves)

    @property
    def cite(self) -> str:
        """Where the rules stand."""
        return "; ".join(dict.fromkeys(move.cite for move in self.moves if move.cite))

    def __repr__(self) -> str:
        return (
            f"<Step {self.index}: {self.who} {self.event};"
            f" A {self.after.a}, B {self.after.b}>"
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """A frozen story: its steps, its packets, and where it comes from.

    ``provenance`` is ``"simulated"``, ``"captured"`` (states are inferred by an observer who
    sees only packets) or ``"live"``. ``hosts`` gives the address of each side as
    ``"192.0.2.1:56219"``. ``remarks`` are sentences that a reader must know, such as what
    the capture could not show. ``isn`` holds the number from which each side's relative
    numbers count.
    """

    steps: tuple[Step, ...]
    packets: tuple[Packet, ...]
    provenance: Provenance
    title: str
    hosts: Mapping[str, str] = field(
        default_factory=lambda: {"A": "192.0.2.1:40000", "B": "198.51.100.2:80"}
    )
    remarks: tuple[str, ...] = ()
    isn: Mapping[str, int] = field(default_factory=dict)

    # Set by the package's root, so that this module needs to know no view and no file format.
    as_html: ClassVar[Callable[[Trace], str] | None] = None
    as_pcap: ClassVar[Callable[[Trace, str | PathLike[str]], None] | None] = None

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> Trace: ...

    def __getitem__(self, index: int | slice) -> Step | Trace:
        if isinstance(index, slice):
            return self._with(self.steps[index])
        return self.steps[index]

    def until(self, index: int) -> Trace:
        """The story up to and with step ``index`` (from 0): what was known at that moment.

        Packets that had not been sent by then are left out.
        """
        if not 0 <= index < len(self.steps):
            raise TcpCourseError(
                f"there is no step {index}; this trace has steps 0 … {len(self.steps) - 1}"
            )
        return self._with(self.steps[: index + 1])

    def _with(self, steps: tuple[Step, ...]) -> Trace:
        """Only these steps, with the packets sent before their end: later ones need the past."""
        numbers = [p.number for s in steps for p in (*s.sent, *((s.packet,) if s.packet else ()))]
        last = max(numbers, default=0)
        return replace(
            self, steps=steps, packets=tuple(p for p in self.packets if p.number <= last)
        )

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments in the order in which they were sent."""
        return tuple(packet.segment for packet in self.packets)

    def packet(self, number: int) -> Packet:
        """The packet with this number; raises ``TcpCourseError`` when there is none."""
        for packet in self.packets:
            if packet.number == number:
                return packet
        known = ", ".join(str(packet.number) for packet in self.packets[:12])
        more = " …" if len(self.packets) > 12 else ""
        raise TcpCourseError(f"there is no packet {number}; the packets are {known}{more}")

    def to_pandas(self) -> pandas.DataFrame:
        """One row a packet: numbers, flags, lengths, and both ends' states after it."""
        import pandas  # heavy: only when asked for

        after: dict[int, Ends] = {}
        for step in self.steps:
            for packet in (*step.sent, *((step.packet,) if step.packet else ())):
                after[packet.number] = step.after
        rows = [
            {
                "no": packet.number,
                "time_ns": packet.sent_ns,
                "sender": packet.sender,
                "flags": str(packet.segment.flags),
                "seq": int(packet.segment.seq),
                "ack": None if packet.segment.ack is None else int(packet.segment.ack),
                "rel_seq": packet.rel_seq,
                "rel_ack": packet.rel_ack,
                "len": len(packet.segment.data),
                "window": packet.window,
                "frame_len": packet.frame_len,
                "fate": packet.fate,
                "a_state": str(after[packet.number].a),
                "b_state": str(after[packet.number].b),
            }
            for packet in self.packets
        ]
        frame = pandas.DataFrame(rows)
        if rows:
            frame = frame.astype({"ack": "Int64", "rel_ack": "Int64", "frame_len": "Int64"})
        return frame

    def to_pcap(self, path: str | PathLike[str]) -> None:
        """Write the packets as a pcap file that Wireshark shows with the same numbers."""
        if Trace.as_pcap is None:
            raise TcpCourseError("import tcpcourse first; it knows how to write captures")
        Trace.as_pcap(self, path)

    def _repr_html_(self) -> str | None:
        return None if Trace.as_html is None else Trace.as_html(self)

    def __repr__(self) -> str:
        return (
            f"<Trace {self.title!r}: {len(self.steps)} steps,"
            f" {len(self.packets)} packets, {self.provenance}>"
        )


def end_of(tcb: Tcb) -> End:
    """What a simulation knows of an end: everything."""
    return End((tcb.state,), tcb)
