"""What is possible after each packet, how it came about, and how that is told.

A layer holds every explanation of one end at one moment. An explanation knows those before
it that it may come from, and which rows lead from each of them to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tcpcourse.core.rows import Row
from tcpcourse.core.tcb import Tcb
from tcpcourse.sources.observer.evidence import Seen
from tcpcourse.trace import Move, Side

ANSWER = "This RST answers a segment that fits no connection here."
ON_ITS_WAY = "The packet has not arrived yet: what this end sends next does not know of it."
NOT_ARRIVED = "{} did not arrive: what comes later fits nothing else."
ARRIVES = "{} arrives: "
DOUBT = "{} may have been lost, for {} is sent again. If it arrived: "
WAITS = "What comes before its data is missing, so the data must wait."


@dataclass(slots=True, eq=False)
class Node:
    """One explanation of one end: its TCB, and the ways that lead to it."""

    tcb: Tcb
    ways: list[Way] = field(default_factory=list)
    kept: bool = False


@dataclass(slots=True, eq=False)
class Way:
    """From an explanation to a later one by these rows, or by the packet being lost."""

    start: Node
    rows: tuple[Row, ...]
    lost: bool


@dataclass(slots=True)
class Layer:
    """The explanations after a packet was sent by this end (``sent``), or came to it.

    Without a packet it is what is possible before the first. ``sent_again`` says, in words,
    why a packet may have been lost.
    """

    packet: Seen | None = None
    sent: bool = False
    sent_again: str | None = None
    nodes: dict[Tcb, Node] = field(default_factory=dict)

    def add(self, tcb: Tcb, rows: tuple[Row, ...], *starts: Node, lost: bool = False) -> None:
        """Add an explanation, or another way to one that is there."""
        node = self.nodes.setdefault(tcb, Node(tcb))
        node.ways += [Way(start, rows, lost) for start in starts]

    def keep(self, *, all_of_them: bool = False) -> None:
        """Drop what no kept explanation comes from, and mark what the kept ones come from."""
        self.nodes = {tcb: node for tcb, node in self.nodes.items() if node.kept or all_of_them}
        for node in self.nodes.values():
            for way in node.ways:
                way.start.kept = True

    def told(self, side: Side, number: int) -> tuple[Move, ...]:
        """What was done at this end, in a step about frame ``number``."""
        if self.packet is None:
            return ()
        ways = [way for node in self.nodes.values() for way in node.ways]
        late = self.packet.number != number
        name = f"Packet {self.packet.number}" if late else "The packet"
        if not self.sent and ways and all(way.lost for way in ways):
            return (Move(side, None, NOT_ARRIVED.format(name), ""),)
        moves = {}
        for way in ways:
            if way.rows:
                why = " ".join(row.why for row in way.rows)
                moves[way.rows] = Move(side, way.rows[-1], why, _cites(way.rows))
            elif self.sent and self.packet.segment.rst:
                moves[()] = Move(side, None, ANSWER, "RFC 9293 §3.5.2")
        start = ""
        if not self.sent:
            if any(way.lost for way in ways):
                start = DOUBT.format(name if late else "It", self.sent_again)
            elif late:
                start = ARRIVES.format(name)
        openings = [start, *["Or: "] * len(moves)]
        if len(moves) > 1 and not start:
            openings[0] = "Either: "
        found = [
            Move(side, move.row, opening + move.why, move.cite)
            for move, opening in zip(moves.values(), openings, strict=False)
        ]
        if self._waits():
            found.append(Move(side, None, WAITS, "RFC 9293 §3.10.7.4"))
        return tuple(found)

    def _waits(self) -> bool:
        """Whether data came that cannot be passed on, for something before it is missing."""
        pairs = [
            (way.start.tcb, node.tcb)
            for node in self.nodes.values() for way in node.ways if not way.lost
        ]  # fmt: skip
        return not self.sent and bool(pairs) and all(
            before.early != after.early and before.rcv_nxt == after.rcv_nxt
            for before, after in pairs
        )


def _cites(rows: tuple[Row, ...]) -> str:
    return "; ".join(dict.fromkeys(row.cite for row in rows))
