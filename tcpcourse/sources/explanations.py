"""Every TCB that explains what one end sent and what it was sent, packet by packet.

The explanations form layers: each knows those it may come from. A packet that arrives fires
the row that fits; a packet that is sent tells which call its user must have made, or that
an explanation was wrong. ``prune`` drops, for all moments, what the whole story refutes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tcpcourse.core.endpoint import find_row, fire
from tcpcourse.core.rows import Row
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.tcb import LARGEST_WINDOW, ByteQueue, Tcb
from tcpcourse.core.work import NO_SEGMENT, Settings, Work
from tcpcourse.sources.evidence import FirstNumbers, Seen, end_of_packet
from tcpcourse.trace import End, Move, Side

MOST_EXPLANATIONS = 64
SETTINGS = Settings(wscale=14, window=LARGEST_WINDOW)

C, L, SS, SR = State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RCVD
SENDS_DATA = (State.ESTABLISHED, State.CLOSE_WAIT)
SENT_FIN = (State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)


@dataclass(slots=True, eq=False)
class _Node:
    """One explanation of one end after a packet, and the explanations it may come from."""

    tcb: Tcb
    moves: tuple[Row, ...]
    parents: list[_Node]
    lost: bool = False
    kept: bool = False


def _fired(tcb: Tcb, row: Row, segment: Segment = NO_SEGMENT) -> Tcb:
    work = Work(tcb, SETTINGS, segment)
    fire(work, row)
    return work.tcb


class Explanations:
    """All explanations of one end, packet by packet."""

    def __init__(self, side: Side, own: FirstNumbers, peer: FirstNumbers) -> None:
        self.side, self.own, self.peer = side, own, peer
        starts = [_Node(tcb, (), []) for tcb in self.beginnings()]
        self.layers: list[list[_Node]] = [starts]
        self.ends_at: list[int] = [0]  # for each place, the layer after it
        self.gaps: list[int] = []
        self.restarts: list[int] = []

    def beginnings(self) -> list[Tcb]:
        """Every TCB this end may have before the first packet."""
        if self.own.isn is None and self.peer.isn is None:
            return self.anything(self.own.first, self.peer.first)
        iss = self.own.isn if self.own.isn is not None else self.own.first
        # no socket interface lets a listener call, so a caller is taken to come from CLOSED
        states: tuple[State, ...] = (C,) if self.own.calls else (C, L)
        if self.own.isn is None and self.own.first is not None:
            iss = self.own.first - 1
        return [
            Tcb(state, iss=iss, rcv_wnd=LARGEST_WINDOW, rcv_posted=1 << 62)  # type: ignore[arg-type]
            for state in states
        ]

    def anything(self, nxt: SeqNumber | None, expected: SeqNumber | None) -> list[Tcb]:
        """One TCB for every state, with these next numbers: nothing else is known."""
        return [
            Tcb(
                state,
                snd_nxt=nxt,  # type: ignore[arg-type]
                rcv_nxt=expected,  # type: ignore[arg-type]
                rcv_wnd=LARGEST_WINDOW,
                snd_wnd=LARGEST_WINDOW,
                rcv_posted=1 << 62,
            )
            for state in State
        ]

    # --- sending -------------------------------------------------------------------------

    def sends(self, packet: Seen) -> None:
        """Keep the explanations that can have sent this packet."""
        nodes: dict[Tcb, _Node] = {}
        for parent in self.layers[-1]:
            for tcb, row in self.ways_to_send(parent.tcb, packet):
                _add(nodes, tcb, (row,) if row else (), parent)
        if not nodes and packet.segment.syn and packet.segment.ack is None:
            self.restarts.append(packet.number)
            blank = Tcb(C, iss=packet.segment.seq, rcv_wnd=LARGEST_WINDOW, rcv_posted=1 << 62)
            for after, row in self.ways_to_send(blank, packet):
                _add(nodes, after, (row,) if row else (), *self.layers[-1])
        if not nodes:
            self.gaps.append(packet.number)
            seq, ack = packet.segment.seq, packet.segment.ack
            for tcb in self.anything(seq, ack if ack is not None else self.peer.first):
                for after, row in self.ways_to_send(tcb, packet):
                    _add(nodes, after, (row,) if row else (), *self.layers[-1])
        if not nodes:  # a packet no end could send: it teaches nothing
            for parent in self.layers[-1]:
                _add(nodes, parent.tcb, (), parent)
        self.layers.append(list(nodes.values()))

    def ways_to_send(self, tcb: Tcb, packet: Seen) -> list[tuple[Tcb, Row | None]]:
        """What this end is like after sending the packet, in each way it can have sent it."""
        segment, end = packet.segment, end_of_packet(packet)
        if segment.rst:
            return self.ways_to_reset(tcb, segment)
        if segment.syn:
            return self.ways_to_open(tcb, segment)
        if tcb.state in (C, L, SS):
            return []
        tcb = self.told(tcb, packet)
        if segment.ack is not None and segment.ack > tcb.rcv_nxt:
            return []
        if segment.fin:
            return self.ways_to_close(tcb, end)
        if end > tcb.snd_nxt:
            if tcb.state not in (SR, *SENDS_DATA):
                return []
            return [(self.advanced(tcb, end), None)]
        return [(tcb, None)]

    def ways_to_reset(self, tcb: Tcb, segment: Segment) -> list[tuple[Tcb, Row | None]]:
        """A RST: an ABORT, or the answer of an end without a synchronized connection."""
        ways: list[tuple[Tcb, Row | None]] = []
        if tcb.state in (C, L, SS, SR):
            ways.append((tcb, None))  # the answer to a segment that fits no connection
        if tcb.state is not C:
            row = find_row(tcb, Event.ABORT, NO_SEGMENT, SETTINGS.policy)
            if row is not None and tcb.state is not L:
                ways.append((_fired(tcb, row), row))
        return ways

    def ways_to_open(self, tcb: Tcb, segment: Segment) -> list[tuple[Tcb, Row | None]]:
        """A SYN: an active OPEN or its retransmission; a SYN,ACK: from SYN_RCVD only."""
        if segment.ack is not None:
            if tcb.state is SR and segment.ack == tcb.rcv_nxt and tcb.snd_una == tcb.iss:
                # its ISS is first seen here
                seq = segment.seq
                return [(replace(tcb, iss=seq, snd_una=seq, snd_nxt=seq + 1), None)]
            # sent again after a CLOSE in SYN_RCVD; or, in a simultaneous open, sent before
            # the peer's SYN,ACK came
            late = tcb.opened == "active" and tcb.state is State.ESTABLISHED
            again = tcb.syn_unacked and tcb.state is State.FIN_WAIT_1
            return [(tcb, None)] if (late or again) and segment.seq == tcb.iss else []
        if tcb.state is SS:
            return [(tcb, None)] if segment.seq == tcb.iss else []
        row = find_row(tcb, Event.OPEN_ACTIVE, NO_SEGMENT, SETTINGS.policy)
        if row is None:
            return []
        fresh = replace(tcb, iss=segment.seq, snd_una=segment.seq, snd_nxt=segment.seq)
        return [(_fired(fresh, row), row)]

    def ways_to_close(self, tcb: Tcb, end: SeqNumber) -> list[tuple[Tcb, Row | None]]:
        """A FIN: a CLOSE or its retransmission."""
        if tcb.fin_seq is not None:
            again = end == tcb.snd_nxt and tcb.state in SENT_FIN
            return [(tcb, None)] if again else []
        if tcb.state not in (SR, *SENDS_DATA):
            return []
        tcb = self.advanced(tcb, end - 1)
        row = find_row(tcb, Event.CLOSE, NO_SEGMENT, SETTINGS.policy)
        return [] if row is None else [(_fired(tcb, row), row)]

    def advanced(self, tcb: Tcb, nxt: SeqNumber) -> Tcb:
        """The TCB after data up to ``nxt`` has left."""
        if nxt <= tcb.snd_nxt:
            return tcb
        data = tcb.snd_una.forward_to(nxt) - tcb.syn_unacked
        return replace(tcb, snd_nxt=nxt, sendq=ByteQueue.unseen(data))

    def told(self, tcb: Tcb, packet: Seen) -> Tcb:
        """The TCB with what the packet says of its sender's receiving side."""
        ack = packet.segment.ack
        if ack is None or tcb.state is SR:
            return tcb
        window = max(0, packet.scaled_window - ack.forward_to(tcb.rcv_nxt))
        if ack.forward_to(tcb.rcv_nxt) > LARGEST_WINDOW or self.own.isn is None:
            window = LARGEST_WINDOW  # the scale is unknown without the SYNs
        return tcb if window == tcb.rcv_wnd else replace(tcb, rcv_wnd=window)

    # --- receiving -----------------------------------------------------------------------

    def gets(self, packet: Seen, *, doubt: bool) -> None:
        """Let the packet arrive at each explanation; in doubt, also let it be lost."""
        segment = packet.segment
        if len(segment.data) != packet.payload_len:  # the capture kept less than was sent
            segment = _with_data(segment, bytes(packet.payload_len))
        nodes: dict[Tcb, _Node] = {}
        crowded = len(self.layers[-1]) > MOST_EXPLANATIONS
        for parent in self.layers[-1]:
            for tcb, row in _arrivals(parent.tcb, segment):
                _add(nodes, replace(tcb, rcv_buff=LARGEST_WINDOW), (row,) if row else (), parent)
            if doubt and not crowded:
                _add(nodes, parent.tcb, (), parent, lost=True)
        self.layers.append(list(nodes.values()))

    def done(self) -> None:
        """A packet has been dealt with, whether it did anything here or not."""
        self.ends_at.append(len(self.layers) - 1)

    def prune(self) -> None:
        """Keep only what leads to an explanation of the whole conversation."""
        for node in self.layers[-1]:
            node.kept = True
        for layer in reversed(self.layers):
            for node in layer:
                if node.kept:
                    for parent in node.parents:
                        parent.kept = True
        self.layers = [[node for node in layer if node.kept] for layer in self.layers]

    def known(self, place: int) -> End:
        """What is known after ``place`` packets."""
        nodes = self.layers[self.ends_at[place]]
        states = {node.tcb.state for node in nodes}
        tcb = nodes[0].tcb if len(nodes) == 1 else None
        return End(tuple(state for state in State if state in states), tcb)

    def moves(self, place: int, *, sender: bool) -> tuple[Move, ...]:
        """What was done at this end with packet number ``place`` (from 1)."""
        layers = self.layers[self.ends_at[place - 1] + 1 : self.ends_at[place] + 1]
        if not layers:
            why = "The packet is still on its way: what this end sends next does not know of it."
            return (Move(self.side, None, why, ""),)
        moves: list[Move] = []
        for number, nodes in enumerate(layers):
            rows = dict.fromkeys(row for node in nodes for row in node.moves)
            start = ""
            if len(rows) > 1:
                start = "One of several possibilities: "
            if not (sender and number == 0) and any(node.lost for node in nodes):
                start = "If it arrived, for it or what it acknowledges is sent again: "
                if all(node.lost for node in nodes):
                    why = "The packet did not arrive: what comes later fits nothing else."
                    moves.append(Move(self.side, None, why, ""))
            moves += [Move(self.side, row, start + row.why, row.cite) for row in rows]
        return tuple(moves)


def _arrivals(tcb: Tcb, segment: Segment) -> list[tuple[Tcb, Row | None]]:
    """What an end is like after a segment arrived."""
    row = find_row(tcb, Event.ARRIVES, segment, SETTINGS.policy)
    ways: list[tuple[Tcb, Row | None]] = [
        (tcb, None) if row is None else (_fired(tcb, row, segment), row)
    ]
    if tcb.state is C and tcb.irs is None and segment.syn and segment.ack is None:
        # the connection is gone, but the program may still listen
        listen = find_row(tcb, Event.OPEN_PASSIVE, NO_SEGMENT, SETTINGS.policy)
        if listen is not None:
            ways += _arrivals(_fired(tcb, listen), segment)
    return ways


def _with_data(segment: Segment, data: bytes) -> Segment:
    return Segment(
        segment.seq, segment.ack, segment.flags, segment.window, data, segment.options,
        segment.urgent,
    )  # fmt: skip


def _add(
    nodes: dict[Tcb, _Node], tcb: Tcb, moves: tuple[Row, ...], *parents: _Node, lost: bool = False
) -> None:
    """Add an explanation, or another way to one that is there."""
    node = nodes.get(tcb)
    if node is None:
        nodes[tcb] = _Node(tcb, moves, list(parents), lost)
    else:
        node.parents.extend(parents)
        node.moves = tuple(dict.fromkeys((*node.moves, *moves)))
        node.lost = node.lost and lost
