"""The reaction table: what an end answers to every event, worked out once, to be carried along.

A page has no Python in it, but it may carry a table: (TCB, event, segment) → (TCB after,
segments sent, rows fired). It is the least fixed point from CLOSED under *every* wire: what
the peer ever sent may arrive at any moment, any number of times, so a page can lose, repeat,
delay and reorder without bound and still find its answer here. Each answer is one of the real
machine's. A and B are mirror images, so one table serves both: numbers are told as *which of
an end's initial sequence numbers* and *how far beyond it*.

What makes the table finite are two bounds, ``isns`` and ``messages``. Where they end the
table says ``EDGE``. Both ends read at once, with the default settings.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from tcpcourse.core.reaction import Reaction, find_row, react
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import TRANSITIONS, Row
from tcpcourse.core.tcb import PEER_FIN_TAKEN, Tcb
from tcpcourse.core.work import NO_SEGMENT, Settings
from tcpcourse.sources.simulation.checks import check_whole

EVENTS = (
    Event.OPEN_PASSIVE,
    Event.OPEN_ACTIVE,
    Event.SEND,
    Event.CLOSE,
    Event.ABORT,
    Event.RETRANSMISSION,
    Event.TIME_WAIT_TIMEOUT,
)
"""What can happen at an end with no segment coming, in the table's order."""
DATA = b"hello"
"""What a SEND sends."""
STEP = 100_000
"""From one ISN of an end to its next: beyond any window, whatever was sent before."""
OWN, PEERS = 1_000_000, 3_000_000  # the first ISNs; far from each other, and from 0
REFUSED, EDGE, NEVER = -1, -2, -3
"""No answer: the call is refused or no such timer runs; the table ends here; cannot come."""
SETTINGS = Settings()
_UNUSED = (State.CLOSED, State.LISTEN)  # no number of this connection is used yet
_OPENED: dict[State, Literal["active", "passive"] | None] = {
    State.CLOSED: None,
    State.LISTEN: "passive",
}
_ROWS = {row: place for place, row in enumerate(TRANSITIONS)}


class Number(NamedTuple):
    """A sequence number: which ISN of its end it belongs to, and how far beyond that it is."""

    isn: int
    offset: int


class Kind(NamedTuple):
    """A segment as the table knows it: flags as ``Segment`` writes them, the sender's number
    (``None``: the literal 0 of a RST), the receiver's number, and the bytes of data."""

    flags: str
    seq: Number | None
    ack: Number | None
    size: int


class Answer(NamedTuple):
    """What an event does: the number of the TCB after it, the numbers of the segments sent,
    and the places in ``TRANSITIONS`` of the rows that fired."""

    after: int
    sent: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class ReactionTable:
    """The table: ``tcbs[0]`` is CLOSED.

    ``own[tcb][event]`` (in the order of ``EVENTS``) and ``arrivals[tcb][segment]`` are places
    in ``answers``, or ``REFUSED``, ``EDGE``, ``NEVER``. ``segments`` are the kinds, as their
    sender's mirror image would read them: each number belongs to its own end.
    """

    isns: int
    messages: int
    tcbs: tuple[Tcb, ...] = field(repr=False)
    segments: tuple[Kind, ...] = field(repr=False)
    answers: tuple[Answer, ...] = field(repr=False)
    own: tuple[tuple[int, ...], ...] = field(repr=False)
    arrivals: tuple[tuple[int, ...], ...] = field(repr=False)

    def rows(self, answer: Answer) -> tuple[Row, ...]:
        """The rows that fired."""
        return tuple(TRANSITIONS[place] for place in answer.rows)


def reaction_table(isns: int = 2, messages: int = 1) -> ReactionTable:
    """The table for ``isns`` (1 to 3) connections an end that the wire may mix up, and
    ``messages`` (0 to 2) SENDs of five bytes each way in a connection.

    >>> table = reaction_table(1, 0)
    >>> len(table.tcbs), len(table.segments)
    (15, 11)
    """
    check_whole("number of ISNs", isns, 1, 3)
    check_whole("number of messages", messages, 0, 2)
    return _Builder(isns, messages).build()


def step(tcb: Tcb, event: Event, segment: Segment | None = None) -> Reaction:
    """What the machine does, told by its owner to read at once and which ISS is next.

    Raises ``CallError`` for a refused call. The RECEIVE that follows sends nothing here.
    """
    done = react(tcb, SETTINGS, event, segment=segment, data=DATA)
    after = done.after
    room = SETTINGS.window - after.rcv_posted
    if room and find_row(after, Event.RECEIVE, NO_SEGMENT, SETTINGS.policy) is not None:
        after = react(after, SETTINGS, Event.RECEIVE, count=room).after
    return replace(done, after=canonical(after))


def first_tcb(iss: int = OWN) -> Tcb:
    """An end that is CLOSED and will use ``iss`` first."""
    return canonical(Tcb(iss=SeqNumber(iss), snd_wnd=0, rcv_wnd=SETTINGS.window))


def canonical(tcb: Tcb) -> Tcb:
    """The TCB without what nothing depends on any more, so that equal ends are equal.

    How the connection began matters in SYN_RCVD alone, after the peer's FIN no RECEIVE gets
    anything, and while windows do not change it does not matter which segment told of one.
    """
    return replace(
        tcb,
        opened=tcb.opened if tcb.state is State.SYN_RCVD else _OPENED.get(tcb.state, "active"),
        rcv_posted=SETTINGS.window if tcb.state in PEER_FIN_TAKEN else tcb.rcv_posted,
        snd_wl1=tcb.rcv_nxt,
        snd_wl2=tcb.snd_una,
        next_iss=tcb.iss + STEP,
    )


def said(tcb: Tcb) -> int:
    """Bytes that the user has sent in this connection."""
    if tcb.snd_nxt == tcb.iss:
        return len(tcb.sendq)
    return (tcb.snd_nxt - tcb.iss) - 1 - (tcb.fin_seq is not None) + tcb.unsent


def number(value: SeqNumber, first: int) -> Number:
    """A number as the table tells it; ``first`` is the first ISN of the end it belongs to."""
    return Number(*divmod(int(value) - first, STEP))


def kind(segment: Segment, sender: int = OWN, receiver: int = PEERS) -> Kind:
    """A segment as the table tells it; ``sender`` and ``receiver`` are the ends' first ISNs."""
    literal = segment.rst and int(segment.seq) == 0
    return Kind(
        "".join(letter for letter, there in _letters(segment) if there),
        None if literal else number(segment.seq, sender),
        None if segment.ack is None else number(segment.ack, receiver),
        len(segment.data),
    )


def _letters(segment: Segment) -> tuple[tuple[str, bool], ...]:
    return (
        ("F", segment.fin),
        ("S", segment.syn),
        ("R", segment.rst),
        ("P", bool(segment.data)),
        ("A", segment.ack is not None),
    )


class _Builder:
    def __init__(self, isns: int, messages: int) -> None:
        self.isns, self.messages = isns, messages
        self._tcbs: dict[Tcb, int] = {first_tcb(): 0}
        self._kinds: dict[Kind, int] = {}
        self._arriving: list[Segment] = []  # each kind as its receiver sees it
        self._answers: dict[Answer, int] = {}
        self._own: list[tuple[int, ...]] = []
        self._arrivals: list[list[int]] = []

    def build(self) -> ReactionTable:
        tcbs = [first_tcb()]
        while True:
            before = len(tcbs), len(self._arriving)
            for place, tcb in enumerate(tcbs):
                if place == len(self._own):
                    self._own.append(tuple(self._call(tcb, event) for event in EVENTS))
                    self._arrivals.append([])
                met = self._arrivals[place]
                while len(met) < len(self._arriving):
                    met.append(self._arrive(tcb, self._arriving[len(met)]))
            tcbs = list(self._tcbs)
            if (len(tcbs), len(self._arriving)) == before:
                break
        return ReactionTable(
            self.isns,
            self.messages,
            tuple(tcbs),
            tuple(self._kinds),
            tuple(self._answers),
            tuple(self._own),
            tuple(map(tuple, self._arrivals)),
        )

    def _call(self, tcb: Tcb, event: Event) -> int:
        if find_row(tcb, event, NO_SEGMENT, SETTINGS.policy) is None:
            return REFUSED
        if event is Event.SEND and said(tcb) >= self.messages * len(DATA):
            return EDGE
        return self._answer(tcb, event, None)

    def _arrive(self, tcb: Tcb, segment: Segment) -> int:
        if segment.ack is not None and segment.ack > tcb.snd_nxt:
            return NEVER  # the peer acknowledges only what it got
        return self._answer(tcb, Event.ARRIVES, segment)

    def _answer(self, tcb: Tcb, event: Event, segment: Segment | None) -> int:
        done = step(tcb, event, segment)
        after = done.after
        isn = number(after.iss, OWN).isn
        if isn >= self.isns and after.state not in _UNUSED:
            return EDGE
        sent = tuple(self._segment(each) for each in done.emitted)
        place = self._tcbs.setdefault(after, len(self._tcbs))
        answer = Answer(place, sent, tuple(_ROWS[row] for row in done.rows))
        return self._answers.setdefault(answer, len(self._answers))

    def _segment(self, segment: Segment) -> int:
        found = kind(segment)
        place = self._kinds.setdefault(found, len(self._kinds))
        if place == len(self._arriving):
            self._arriving.append(_mirrored(segment, found))
        return place


def _mirrored(segment: Segment, found: Kind) -> Segment:
    """A segment with the numbers of the two ends exchanged: as the receiver sees it."""
    distance = PEERS - OWN
    return replace(
        segment,
        seq=segment.seq if found.seq is None else segment.seq + distance,
        ack=None if segment.ack is None else segment.ack - distance,
    )
