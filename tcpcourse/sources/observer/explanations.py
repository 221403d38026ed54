"""Every TCB that explains what one end sent and what it was sent, packet by packet.

The explanations form layers: each knows those it may come from. A packet that arrives fires
the row that fits; a packet that is sent tells which call its user must have made, or that
an explanation was wrong. ``prune`` drops, for all moments, what the whole story refutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tcpcourse.core.endpoint import find_row, fire
from tcpcourse.core.rows import Row
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.tcb import LARGEST_WINDOW, ByteQueue, Tcb
from tcpcourse.core.work import NO_SEGMENT, Settings, Work
from tcpcourse.sources.observer.evidence import FirstNumbers, Seen, end_of_packet
from tcpcourse.sources.observer.possibilities import ON_ITS_WAY, Layer
from tcpcourse.trace import End, Move, Side

MOST_EXPLANATIONS = 64
SETTINGS = Settings(wscale=14, window=LARGEST_WINDOW)

C, L, SS, SR = State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RCVD
SENDS_DATA = (State.ESTABLISHED, State.CLOSE_WAIT)
SENT_FIN = (State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)


SENDS_RESET = (SR, *SENDS_DATA, State.FIN_WAIT_1, State.FIN_WAIT_2)  # on ABORT, §3.10.5

Way = tuple[Tcb, tuple[Row, ...]]


def _fired(tcb: Tcb, row: Row, segment: Segment = NO_SEGMENT) -> Tcb:
    work = Work(tcb, SETTINGS, segment)
    fire(work, row)
    return work.tcb


class Explanations:
    """All explanations of one end, packet by packet.

    ``earlier`` are those that an earlier connection on the same ports left this end with.
    """

    def __init__(
        self, side: Side, own: FirstNumbers, peer: FirstNumbers, earlier: Sequence[Tcb]
    ) -> None:
        self.side, self.own, self.peer = side, own, peer
        self.layers = [Layer()]
        for tcb in self.beginnings(earlier):
            self.layers[0].add(tcb, ())
        self.ends_at: list[int] = [0]  # for each place, the layer after it
        self.gaps: list[int] = []
        self.restarts: list[int] = []

    def beginnings(self, earlier: Sequence[Tcb]) -> list[Tcb]:
        """Every TCB this end may have before the first packet."""
        calling = [tcb for tcb in earlier if tcb.state is SS and tcb.iss == self.own.isn]
        if calling:  # its SYN is the earlier one, sent again
            return calling
        if self.own.isn is None and self.peer.isn is None:
            return self.anything(self.own.first, self.peer.first)
        iss = self.own.isn if self.own.isn is not None else self.own.first
        # no socket interface lets a listener call, so a caller is taken to come from CLOSED
        states: tuple[State, ...] = (C,) if self.own.calls else (C, L)
        if self.own.isn is None and self.own.first is not None:
            iss = self.own.first - 1
        fresh = [
            Tcb(state, iss=iss, rcv_wnd=LARGEST_WINDOW, rcv_posted=1 << 62)  # type: ignore[arg-type]
            for state in states
        ]
        return fresh + [tcb for tcb in earlier if tcb.state not in (C, L)]

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
        layer = Layer(packet, sent=True)
        before = self.layers[-1].nodes.values()
        for start in before:
            for tcb, rows in self.ways_to_send(start.tcb, packet):
                layer.add(tcb, rows, start)
        if not layer.nodes and packet.segment.syn and packet.segment.ack is None:
            self.restarts.append(packet.number)
            blank = Tcb(C, iss=packet.segment.seq, rcv_wnd=LARGEST_WINDOW, rcv_posted=1 << 62)
            for tcb, rows in self.ways_to_send(blank, packet):
                layer.add(tcb, rows, *before)
        if not layer.nodes:
            self.gaps.append(packet.number)
            seq, ack = packet.segment.seq, packet.segment.ack
            for any_tcb in self.anything(seq, ack if ack is not None else self.peer.first):
                for tcb, rows in self.ways_to_send(any_tcb, packet):
                    layer.add(tcb, rows, *before)
        if not layer.nodes:  # a packet no end could send: it teaches nothing
            for start in before:
                layer.add(start.tcb, (), start)
        self.layers.append(layer)

    def ways_to_send(self, tcb: Tcb, packet: Seen) -> list[Way]:
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
            return [(self.advanced(tcb, end), ())]
        return [(tcb, ())]

    def ways_to_reset(self, tcb: Tcb, segment: Segment) -> list[Way]:
        """A RST: an ABORT, or the answer to a segment that fits no connection (§3.5.2).

        Only CLOSED answers a segment without ACK, with a RST that has one (§3.10.7.1). A
        state in which ABORT sends nothing must have ended unseen before.
        """
        if tcb.state is C:
            return [(tcb, ())]
        ways: list[Way] = []
        answers = segment.ack is None and tcb.state in (L, SS, SR)
        if answers and not (tcb.state is SS and segment.seq == tcb.snd_nxt):
            ways.append((tcb, ()))
        event = {SS: Event.CLOSE, State.TIME_WAIT: Event.TIME_WAIT_TIMEOUT}.get(
            tcb.state, Event.ABORT if tcb.state in SENDS_RESET else Event.USER_TIMEOUT
        )
        row = find_row(tcb, event, NO_SEGMENT, SETTINGS.policy)
        if row is not None and tcb.state is not L and not (ways and tcb.state is SS):
            ways.append((_fired(tcb, row), (row,)))
        return ways

    def ways_to_open(self, tcb: Tcb, segment: Segment) -> list[Way]:
        """A SYN: an active OPEN or its retransmission; a SYN,ACK: from SYN_RCVD only."""
        if segment.ack is not None:
            if tcb.state is SR and segment.ack == tcb.rcv_nxt and tcb.snd_una == tcb.iss:
                # its ISS is first seen here
                seq = segment.seq
                return [(replace(tcb, iss=seq, snd_una=seq, snd_nxt=seq + 1), ())]
            # sent again after a CLOSE in SYN_RCVD; or, in a simultaneous open, sent before
            # the peer's SYN,ACK came
            late = tcb.opened == "active" and tcb.state is State.ESTABLISHED
            again = tcb.syn_unacked and tcb.state is State.FIN_WAIT_1
            return [(tcb, ())] if (late or again) and segment.seq == tcb.iss else []
        before: tuple[Row, ...] = ()
        if tcb.state is SS:
            if segment.seq == tcb.iss:
                return [(tcb, ())]
            gives_up = find_row(tcb, Event.CLOSE, NO_SEGMENT, SETTINGS.policy)
            if gives_up is None:
                return []
            tcb, before = _fired(tcb, gives_up), (gives_up,)
        row = find_row(tcb, Event.OPEN_ACTIVE, NO_SEGMENT, SETTINGS.policy)
        if row is None:
            return []
        fresh = replace(tcb, iss=segment.seq, snd_una=segment.seq, snd_nxt=segment.seq)
        return [(_fired(fresh, row), (*before, row))]

    def ways_to_close(self, tcb: Tcb, end: SeqNumber) -> list[Way]:
        """A FIN: a CLOSE or its retransmission."""
        if tcb.fin_seq is not None:
            again = end == tcb.snd_nxt and tcb.state in SENT_FIN
            return [(tcb, ())] if again else []
        if tcb.state not in (SR, *SENDS_DATA):
            return []
        tcb = self.advanced(tcb, end - 1)
        row = find_row(tcb, Event.CLOSE, NO_SEGMENT, SETTINGS.policy)
        return [] if row is None else [(_fired(tcb, row), (row,))]

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

    def gets(self, packet: Seen, sent_again: str | None) -> None:
        """Let the packet arrive at each explanation.

        Where it, or what it acknowledges, is ``sent_again``, also let it be lost.
        """
        segment = packet.segment
        if len(segment.data) != packet.payload_len:  # the capture kept less than was sent
            segment = _with_data(segment, bytes(packet.payload_len))
        layer = Layer(packet, sent_again=sent_again)
        crowded = len(self.layers[-1].nodes) > MOST_EXPLANATIONS
        for start in self.layers[-1].nodes.values():
            for tcb, rows in _arrivals(start.tcb, segment):
                layer.add(replace(tcb, rcv_buff=LARGEST_WINDOW), rows, start)
            if sent_again and not crowded:
                layer.add(start.tcb, (), start, lost=True)
        self.layers.append(layer)

    def done(self) -> None:
        """A packet has been dealt with, whether it did anything here or not."""
        self.ends_at.append(len(self.layers) - 1)

    def prune(self) -> None:
        """Keep only what leads to an explanation of the whole conversation."""
        self.layers[-1].keep(all_of_them=True)
        for layer in reversed(self.layers[:-1]):
            layer.keep()

    def last(self) -> list[Tcb]:
        """What is possible after the last packet."""
        return list(self.layers[-1].nodes)

    def known(self, place: int) -> End:
        """What is known after ``place`` packets."""
        tcbs = list(self.layers[self.ends_at[place]].nodes)
        states = {tcb.state for tcb in tcbs}
        tcb = tcbs[0] if len(tcbs) == 1 else None
        return End(tuple(state for state in State if state in states), tcb)

    def moves(self, place: int, number: int) -> tuple[Move, ...]:
        """What was done at this end in the step of packet ``place`` (from 1), frame ``number``."""
        layers = self.layers[self.ends_at[place - 1] + 1 : self.ends_at[place] + 1]
        moves = tuple(move for layer in layers for move in layer.told(self.side, number))
        if any(layer.packet is not None and layer.packet.number == number for layer in layers):
            return moves
        return (Move(self.side, None, ON_ITS_WAY, ""), *moves)


def _arrivals(tcb: Tcb, segment: Segment) -> list[Way]:
    """What an end is like after a segment arrived."""
    row = find_row(tcb, Event.ARRIVES, segment, SETTINGS.policy)
    ways: list[Way] = [(tcb, ()) if row is None else (_fired(tcb, row, segment), (row,))]
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
