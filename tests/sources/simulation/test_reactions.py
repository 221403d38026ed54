"""The reaction table against the machine, move by move, on wires that do what they like."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.reaction import Reaction
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import TRANSITIONS
from tcpcourse.sources.simulation.carried import Carried, PageEnd, pack, unpack
from tcpcourse.sources.simulation.reactions import (
    DATA,
    EDGE,
    EVENTS,
    NEVER,
    REFUSED,
    STEP,
    Answer,
    Kind,
    Number,
    kind,
    reaction_table,
)

FIRST = (1_000, 7_000_000)  # the ISNs of A and B in the walks; the table was built with others
WALKS, MOVES = 1_000, 30


@cache
def packed() -> str:
    return pack(reaction_table())


@pytest.fixture(scope="module")
def table() -> Carried:
    return unpack(packed())


# --- the game as a page plays it ---------------------------------------------------------------


@dataclass(frozen=True)
class Letter:
    """A segment on the wire, beside what the machine really sent."""

    sender: int
    segment: int
    real: Segment


class Game:
    """Both ends from the table, both from the machine, and one wire between them."""

    def __init__(self, table: Carried) -> None:
        self.table = table
        self.at = [0, 0]
        self.base = [0, 0]  # how many ISNs of an end lie behind the table's first
        self.wire: list[Letter] = []
        self.real = [Endpoint(iss=iss, next_iss=iss + STEP) for iss in FIRST]
        self.met: set[tuple[int, int, int]] = set()  # (end, event or −1, segment or −1)

    def own(self, side: int, event: int) -> Answer | int:
        self.met.add((self.at[side], event, -1))
        return self.table.own[self.at[side]][event]

    def arrival(self, letter: Letter) -> Answer | int:
        end = self.at[1 - letter.sender]
        self.met.add((end, -1, letter.segment))
        return self.table.arrivals[end][letter.segment]

    def check_refusals(self) -> None:
        for side in (0, 1):
            for place, event in enumerate(EVENTS):
                refused = self.real[side].allows(event) is not None
                assert (self.own(side, place) == REFUSED) == refused, (side, event)

    def happen(self, side: int, event: Event, letter: Letter | None = None) -> bool:
        """One event at both; false at the table's edge."""
        found = self.arrival(letter) if letter else self.own(side, EVENTS.index(event))
        assert found not in (REFUSED, NEVER)
        if isinstance(found, int):
            self._check_edge(side, event, letter)
            return False
        if letter:
            self.wire.remove(letter)
        done = really(self.real[side], event, letter)
        self._read(side)
        assert [TRANSITIONS[row] for row in found.rows] == list(done.rows)
        kinds = [self._kind(side, each) for each in done.emitted]
        assert [self._based(side, self.table.segments[each]) for each in found.sent] == kinds
        self.at[side] = found.after
        self.wire += [
            Letter(side, number, real)
            for number, real in zip(found.sent, done.emitted, strict=True)
        ]
        self._compare(side)
        for each in (0, 1):
            self._come_back(each)
        return True

    def _read(self, side: int) -> None:
        """The program reads at once, and its owner says which ISS is next."""
        end = self.real[side]
        room = 65_535 - end.tcb.rcv_posted
        if room and end.allows(Event.RECEIVE) is None:
            assert end.receive(room).emitted == ()
        tcb = end.tcb
        if tcb.next_iss is None:
            tcb = replace(tcb, next_iss=tcb.iss + STEP)
            self.real[side] = Endpoint.restore(tcb, settings=end.settings)

    def _check_edge(self, side: int, event: Event, letter: Letter | None) -> None:
        """Here it would really take a second message, or one ISN more than there are."""
        if event is Event.SEND and self.table.ends[self.at[side]].nxt >= len(DATA):
            return
        tcb = self.real[side].tcb
        twin = Endpoint.restore(tcb, settings=self.real[side].settings)
        after = really(twin, event, letter).after
        waits = event is Event.SEND and len(tcb.sendq) >= len(DATA)
        assert waits or int(after.iss) - FIRST[side] >= (self.base[side] + 2) * STEP

    def _compare(self, side: int) -> None:
        end, tcb = self.table.ends[self.at[side]], self.real[side].tcb
        isn = FIRST[side] + (self.base[side] + end.isn) * STEP
        assert (end.state, isn) == (tcb.state, int(tcb.iss))
        assert (end.una, end.nxt) == (tcb.snd_una - tcb.iss, tcb.snd_nxt - tcb.iss)
        assert (end.irs is None) == (tcb.irs is None)
        if end.irs is not None and tcb.irs is not None:
            peers = FIRST[1 - side] + (self.base[1 - side] + end.irs) * STEP
            assert (peers, peers + end.rcv) == (int(tcb.irs), int(tcb.rcv_nxt))

    def _kind(self, side: int, segment: Segment) -> Kind:
        return kind(segment, FIRST[side], FIRST[1 - side])

    def _based(self, side: int, found: Kind) -> Kind:
        def later(number: Number | None, side: int) -> Number | None:
            return number and Number(number.isn + self.base[side], number.offset)

        return found._replace(seq=later(found.seq, side), ack=later(found.ack, 1 - side))

    def _come_back(self, side: int) -> None:
        """With its old numbers nowhere any more, an end's next ISN is the table's first again."""
        end = self.table.ends[self.at[side]]
        if not end.isn or end.state not in (State.CLOSED, State.LISTEN):
            return
        if self.table.ends[self.at[1 - side]].irs is not None:
            return
        for letter in self.wire:
            found = self.table.segments[letter.segment]
            if (found.seq if letter.sender == side else found.ack) is not None:
                return
        self.base[side] += end.isn
        self.at[side] = self.table.ends.index(PageEnd(end.state, 0, 0, 0, None, 0))


def really(end: Endpoint, event: Event, letter: Letter | None) -> Reaction:
    if letter:
        return end.arrive(letter.real)
    return {
        Event.OPEN_PASSIVE: end.open_passive,
        Event.OPEN_ACTIVE: end.open_active,
        Event.SEND: lambda: end.send(DATA),
        Event.CLOSE: end.close,
        Event.ABORT: end.abort,
        Event.RETRANSMISSION: lambda: end.tick("retransmission"),
        Event.TIME_WAIT_TIMEOUT: lambda: end.tick("time-wait"),
    }[event]()


def wander(game: Game, seed: int) -> Iterator[bool]:
    """Random moves: deliver in any order, lose, repeat, call, let timers run out."""
    dice = random.Random(seed)
    for _ in range(MOVES):
        game.check_refusals()
        if game.wire and dice.random() < 0.65:
            letter = dice.choice(game.wire)
            fate = dice.choices(("arrive", "lose", "again"), (6, 1, 1))[0]
            if fate == "lose":
                game.wire.remove(letter)
            elif fate == "again" and len(game.wire) < 6:
                game.wire.append(letter)
            else:
                yield game.happen(1 - letter.sender, Event.ARRIVES, letter)
            continue
        side = dice.randrange(2)
        able = [event for place, event in enumerate(EVENTS) if game.own(side, place) != REFUSED]
        weights = [1 if event is Event.ABORT else 4 for event in able]
        yield game.happen(side, dice.choices(able, weights)[0])


def walk(table: Carried, seed: int) -> tuple[Game, list[bool]]:
    game = Game(table)
    return game, list(wander(game, seed))


# --- the table and the machine -----------------------------------------------------------------


def test_a_thousand_walks_are_the_machines(table: Carried) -> None:
    moved: list[bool] = []
    states: set[tuple[State, State]] = set()
    for seed in range(WALKS):
        game, happened = walk(table, seed)
        moved += happened
        states.add((game.real[0].state, game.real[1].state))
    assert len(moved) > 15_000 and len(states) > 40
    assert moved.count(False) < 0.15 * len(moved), "the edge is met too often to be played with"


def test_what_is_planted_is_found(table: Carried) -> None:
    """One wrong answer among fifty thousand, where a walk comes by, and the walk says so."""
    game, _ = walk(table, 0)
    met = [
        place for place in sorted(game.met)
        if isinstance(answer_at(table, place), Answer)
    ]  # fmt: skip
    passed_by = [place for place in met if passes(table, place)]
    assert len(passed_by) > 10
    for place in passed_by:
        right = answer_at(table, place)
        assert isinstance(right, Answer)
        looks = table.ends[right.after]
        other = next(place for place, end in enumerate(table.ends) if end != looks)
        for wrong in (
            right._replace(after=other),
            right._replace(sent=(*right.sent, 0)),
            right._replace(rows=(*right.rows, 0)),
            NEVER,
        ):
            with pytest.raises((AssertionError, TcpCourseError)):
                walk(planted(table, place, wrong), 0)


def passes(table: Carried, place: tuple[int, int, int]) -> bool:
    """Whether the first walk not only looks at the answer but takes it."""
    try:
        walk(planted(table, place, NEVER), 0)
    except AssertionError:
        return True
    return False


def test_a_refusal_planted_is_found(table: Carried) -> None:
    listens = EVENTS.index(Event.OPEN_PASSIVE)
    with pytest.raises(AssertionError):
        walk(planted(table, (0, listens, -1), REFUSED), 0)


def answer_at(table: Carried, place: tuple[int, int, int]) -> Answer | int:
    end, event, segment = place
    return table.own[end][event] if segment < 0 else table.arrivals[end][segment]


def planted(table: Carried, place: tuple[int, int, int], wrong: Answer | int) -> Carried:
    end, event, segment = place
    name, column = ("own", event) if segment < 0 else ("arrivals", segment)
    rows = list(getattr(table, name))
    rows[end] = (*rows[end][:column], wrong, *rows[end][column + 1 :])
    return replace(table, **{name: tuple(rows)})


# --- what is in it -----------------------------------------------------------------------------


def test_a_handshake_and_a_close_by_hand(table: Carried) -> None:
    """RFC 9293 figures 6 and 12, with each number as the distance from its own ISN."""
    at, wire = {"A": 0, "B": 0}, []
    for side, event, state, sent in (
        ("B", Event.OPEN_PASSIVE, "LISTEN", None),
        ("A", Event.OPEN_ACTIVE, "SYN_SENT", ("S", 0, None)),
        ("B", None, "SYN_RCVD", ("SA", 0, 1)),
        ("A", None, "ESTABLISHED", ("A", 1, 1)),
        ("B", None, "ESTABLISHED", None),
        ("A", Event.CLOSE, "FIN_WAIT_1", ("FA", 1, 1)),
        ("B", None, "CLOSE_WAIT", ("A", 1, 2)),
        ("A", None, "FIN_WAIT_2", None),
        ("B", Event.CLOSE, "LAST_ACK", ("FA", 1, 2)),
        ("A", None, "TIME_WAIT", ("A", 2, 2)),
        ("B", None, "CLOSED", None),
        ("A", Event.TIME_WAIT_TIMEOUT, "CLOSED", None),
    ):
        row = table.own if event else table.arrivals
        found = row[at[side]][EVENTS.index(event) if event else wire.pop()]
        assert isinstance(found, Answer)
        at[side] = found.after
        wire += found.sent
        kinds = [table.segments[each] for each in found.sent]
        told = [(k.flags, k.seq and k.seq.offset, k.ack and k.ack.offset) for k in kinds]
        assert table.ends[found.after].state.name == state
        assert told == ([sent] if sent else [])


def test_every_arrow_of_the_figure_is_in_it(table: Carried) -> None:
    every = [*table.own, *table.arrivals]
    fired = [TRANSITIONS[row] for line in every for found in line if isinstance(found, Answer)
             for row in found.rows]  # fmt: skip
    drawn = {(row.state, row.next) for row in TRANSITIONS if row.in_figure}
    assert len(drawn) > 15
    assert drawn <= {(row.state, row.next) for row in fired}


def test_packing_loses_nothing(table: Carried) -> None:
    whole = reaction_table()
    for got, meant in ((table.own, whole.own), (table.arrivals, whole.arrivals)):
        for line, places in zip(got, meant, strict=True):
            assert line == tuple(place if place < 0 else whole.answers[place] for place in places)
    assert table.segments == whole.segments
    assert len(table.ends) == len(whole.tcbs)


def test_it_fits_into_a_page() -> None:
    assert len(packed()) < 40_000  # of the 60 KB that a whole playground may have


def test_built_twice_it_is_the_same() -> None:
    assert pack(reaction_table()) == packed()


@pytest.mark.parametrize(("isns", "messages"), [(0, 1), (4, 1), (2, 3), (2, -1), ("2", 1)])
def test_bounds_that_nobody_can_mean(isns: int, messages: int) -> None:
    with pytest.raises(TcpCourseError, match=r"is not a whole number from \d to \d\.$"):
        reaction_table(isns, messages)


def test_the_edge_is_said(table: Carried) -> None:
    edges = sum(line.count(EDGE) for line in (*table.own, *table.arrivals))
    assert edges
    assert all(EDGE not in line for line in table.own[:1]), "from CLOSED everything can begin"
