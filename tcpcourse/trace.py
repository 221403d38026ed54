"""The story of a connection: a frozen sequence of steps that any view can draw.

A simulation, a capture and this machine's own kernel all make a ``Trace``. A ``Step`` says
when something happened, to whom, which segment was involved, what was known of both ends
before and after, which rows of the table fired, and why. Each step can be drawn alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, overload

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.quick import quickly_made
from tcpcourse.core.reaction import Reaction
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.core.table import Row
from tcpcourse.core.tcb import Tcb
from tcpcourse.packet import HOSTS, SIDES, Packet, Side, columns_of, no_packet, other, shortened
from tcpcourse.words import counted, listed, message, together

if TYPE_CHECKING:
    import numpy as np
    import pandas
    from numpy.typing import NDArray

__all__ = [
    "HOSTS",
    "SIDES",
    "End",
    "Ends",
    "Move",
    "Packet",
    "Side",
    "Step",
    "Trace",
    "end_of",
    "other",
]

Provenance = Literal["simulated", "captured", "live"]
Save = Callable[["Trace", str], None]


@quickly_made
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
            return message("unknown")
        words = str(self.possible[0]) if self.possible else ""
        for state in self.possible[1:]:
            words = message("{words} or {state}", words=words, state=state)
        return words

    def __repr__(self) -> str:
        return f"<End {shortened(str(self), 100)}>"


class Ends(NamedTuple):
    """Both ends at one moment."""

    a: End
    b: End

    def of(self, side: Side) -> End:
        """The end called ``side``."""
        return self.a if side == "A" else self.b

    def __repr__(self) -> str:
        return f"<Ends: A {shortened(str(self.a), 80)}, B {shortened(str(self.b), 80)}>"


@quickly_made
@dataclass(frozen=True, slots=True)
class Move:
    """A rule that was followed at one end: the row that fired, and why.

    Where an observer tells of a packet, ``packet`` is its number and ``arrival`` says whether it
    arrives in this step (``"now"``), arrived by now (``"by now"``), was on its way when the other
    end sent (``"crossing"``), may have been lost (``"perhaps"``), or was lost or not taken
    (``"never"``).
    """

    who: Side
    row: Row | None
    why: str
    cite: str
    packet: int | None = None
    arrival: Literal["now", "by now", "crossing", "perhaps", "never"] = "now"

    def __repr__(self) -> str:
        return f"<Move of {self.who}: {shortened(self.why, 150)}>"


@quickly_made
@dataclass(frozen=True, slots=True)
class Step:
    """One moment of the whole story.

    ``index`` is its place in the trace, from 0; ``time_ns`` nanoseconds since the story
    began; ``who`` the end where it happened; ``event`` what happened, in words. ``packet``
    arrives in this step (in a capture: is seen), ``sent`` leave in it. ``moves`` are the
    rules followed, in order. ``reaction`` is there when an ``Endpoint`` did it.

    >>> import tcpcourse as tcp
    >>> step = tcp.simulate("three-way-handshake")[2]
    >>> print(step.who, step.event, "–", step.after.b, "–", step.cite)
    B gets packet 1 – SYN_RCVD – RFC 9293 §3.10.7.2
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
        told = (message("{who}: {why}", who=move.who, why=move.why) for move in self.moves)
        return together(*told)

    @property
    def cite(self) -> str:
        """Where the rules stand."""
        return "; ".join(dict.fromkeys(move.cite for move in self.moves if move.cite))

    def __repr__(self) -> str:
        states = (f"{side} {shortened(str(self.after.of(side)), 50)}" for side in SIDES)
        return f"<Step {self.index}: {self.who} {shortened(self.event, 60)}; {', '.join(states)}>"


@dataclass(frozen=True, slots=True)
class Trace:
    """A frozen story: its steps, its packets, and where it comes from.

    ``provenance`` is ``"simulated"``, ``"captured"`` (states are inferred by an observer who
    sees only packets) or ``"live"``. ``hosts`` gives the address of each side as
    ``"192.0.2.1:56219"``. ``remarks`` are sentences that a reader must know, such as what
    the capture could not show. ``isn`` holds the number from which each side's relative
    numbers count. ``scale_unknown`` names the sides whose window scale a capture does not
    tell. ``began_ns`` is when the story began, in nanoseconds since 1970; a story
    that was simulated begins at 0. ``title`` and ``question`` tell people in plain words what
    the story is about; ``name`` is its name in ``scenarios()`` or ``recordings()``, if any.

    >>> import tcpcourse as tcp
    >>> trace = tcp.simulate("three-way-handshake")
    >>> len(trace), [str(segment.flags) for segment in trace.segments]
    (5, ['S', 'SA', 'A'])
    >>> trace.until(2)
    <Trace 'three-way-handshake': 3 steps, 2 packets, simulated>
    >>> trace.save("handshake.pcapng")
    """

    steps: Sequence[Step]
    packets: Sequence[Packet]
    provenance: Provenance
    title: str
    hosts: Mapping[str, str] = field(default_factory=lambda: dict(HOSTS))
    remarks: tuple[str, ...] = ()
    isn: Mapping[str, int] = field(default_factory=dict)
    began_ns: int = 0
    scale_unknown: tuple[Side, ...] = ()
    question: str = ""
    name: str = ""

    # Set by the package's root, so that this module needs to know no view and no file format.
    as_html: ClassVar[Callable[[Trace], str] | None] = None
    savers: ClassVar[dict[str, Save]] = {}

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

        Packets that had not been sent by then are left out. Raises ``TcpCourseError`` when
        there is no such step.
        """
        if not (isinstance(index, int) and 0 <= index < len(self.steps)):
            told = counted(
                "There is no step {index}: this trace has one step, and it is step 0.",
                "There is no step {index}: this trace has {count} steps, counted from 0.",
                len(self.steps),
                index=index,
            )
            raise TcpCourseError(told)
        return self._with(self.steps[: index + 1])

    def _with(self, steps: Sequence[Step]) -> Trace:
        """Only these steps, with the packets sent before their end: later ones need the past."""
        numbers = [p.number for s in steps for p in (*s.sent, *((s.packet,) if s.packet else ()))]
        last = self._place(max(numbers, default=0) + 1)
        return replace(self, steps=steps, packets=self.packets[:last])

    def _place(self, number: int) -> int:
        """The place of the first packet with this number or a greater one."""
        return bisect_left(self.packets, number, key=lambda packet: packet.number)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments in the order in which they were sent."""
        return tuple(packet.segment for packet in self.packets)

    def packet(self, number: int) -> Packet:
        """The packet with this number; raises ``TcpCourseError`` when there is none."""
        place = self._place(number) if isinstance(number, int) else len(self.packets)
        if place < len(self.packets) and self.packets[place].number == number:
            return self.packets[place]
        raise no_packet(number, [packet.number for packet in self.packets[:12]], len(self.packets))

    @property
    def columns(self) -> NDArray[np.void]:
        """One row of numbers a packet, as a numpy structured array.

        The names are those of ``Capture.columns`` and mean the same. What a packet does not
        have is 0: ``ack`` and ``rel_ack`` without the flag ACK, an unknown ``frame_len``.
        """
        return columns_of(self.packets, self.began_ns)

    def to_pandas(self) -> pandas.DataFrame:
        """One row a packet: ``columns``, and ``sender``, ``fate``, both ends' states after it."""
        import pandas  # heavy: only when asked for

        after: dict[int, Ends] = {}
        for step in self.steps:
            for packet in (*step.sent, *((step.packet,) if step.packet else ())):
                after[packet.number] = step.after
        columns = self.columns
        frame = pandas.DataFrame({name: columns[name] for name in columns.dtype.names or ()})
        frame["flags"] = pandas.Series([p.segment.flags for p in self.packets], dtype=object)
        frame["sender"] = [packet.sender for packet in self.packets]
        frame["fate"] = [packet.fate for packet in self.packets]
        for side in SIDES:
            states = [str(after[packet.number].of(side)) for packet in self.packets]
            frame[f"{side.lower()}_state"] = states
        return frame

    def save(self, path: str | PathLike[str]) -> None:
        """Write the story to a file; the ending of its name says as what.

        ``.html`` is a page to step through, ``.svg`` the ladder, ``.pcap`` and ``.pcapng`` are
        captures that Wireshark shows with the same numbers. Raises ``TcpCourseError`` for
        another ending, for a capture without packets, and when the file cannot be written.
        """
        name = fspath(path) if isinstance(path, str | PathLike) else repr(path)
        ending = "." + name.rpartition(".")[2].lower() if "." in name else ""
        if ending not in self.savers:
            raise TcpCourseError(
                message(
                    "A trace cannot be saved as {name}: give a name that ends in {endings}.",
                    name=shortened(name, 80),
                    endings=listed(self.savers),
                )
            )
        self.savers[ending](self, name)

    def _repr_html_(self) -> str | None:
        return None if Trace.as_html is None else Trace.as_html(self)

    def __repr__(self) -> str:
        places = {"name": shortened(self.name or self.title, 80), "kind": self.provenance}
        steps = counted("1 step", "{count} steps", len(self.steps))
        packets = counted("1 packet", "{count} packets", len(self.packets))
        places |= {"steps": steps, "packets": packets}
        return message("<Trace {name!r}: {steps}, {packets}, {kind}>", **places)


def end_of(tcb: Tcb) -> End:
    """What a simulation knows of an end: everything."""
    return End((tcb.state,), tcb)
