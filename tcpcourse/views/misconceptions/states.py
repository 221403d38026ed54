"""Wrong states, and what takes one for the other: which idea, which rule, where on the map.

A state is what an end has sent and got. So a wrong one differs from the right one in at least
one of these facts, and that is what is asked. Confusions that many people have get words of
their own. All words hold for every story in which the end is in the right state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tcpcourse.core.states import State
from tcpcourse.core.table import Row
from tcpcourse.trace import Side, Step, Trace
from tcpcourse.views.diagram import EDGES, taken
from tcpcourse.views.misconceptions.state_words import (
    DIFFERS,
    NAMED,
    SECOND_IS_CLOSED,
    STRAIGHT,
    WAITS_FOR,
    Milestone,
)
from tcpcourse.words import message, together

# What an end has behind it in each state: CLOSED and LISTEN have nothing.
_SYN = (Milestone.SYN_SENT,)
_OPEN = (Milestone.SYN_SENT, Milestone.SYN_GOT, Milestone.SYN_ACKED)
KNOWS: Mapping[State, frozenset[Milestone]] = {
    State.CLOSED: frozenset(),
    State.LISTEN: frozenset(),
    State.SYN_SENT: frozenset(_SYN),
    State.SYN_RCVD: frozenset((Milestone.SYN_SENT, Milestone.SYN_GOT)),
    State.ESTABLISHED: frozenset(_OPEN),
    State.FIN_WAIT_1: frozenset((*_OPEN, Milestone.FIN_SENT)),
    State.FIN_WAIT_2: frozenset((*_OPEN, Milestone.FIN_SENT, Milestone.FIN_ACKED)),
    State.CLOSE_WAIT: frozenset((*_OPEN, Milestone.FIN_GOT)),
    State.LAST_ACK: frozenset((*_OPEN, Milestone.FIN_GOT, Milestone.FIN_SENT)),
    State.CLOSING: frozenset((*_OPEN, Milestone.FIN_GOT, Milestone.FIN_SENT)),
    State.TIME_WAIT: frozenset(
        (*_OPEN, Milestone.FIN_GOT, Milestone.FIN_SENT, Milestone.FIN_ACKED)
    ),
}


@dataclass(frozen=True, slots=True)
class Confusion:
    """What takes one state for another; ``says`` names no right state, ``because`` may."""

    name: str
    says: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How an end came into the state it is in: from where, by which row, and why.

    ``before`` is ``None`` where it has not moved, or where nobody knows.
    """

    before: State | None = None
    row: Row | None = None
    why: str = ""
    cite: str = ""


def confusion(right: State, given: State, way: Way | None = None) -> Confusion:
    """Which idea takes ``right`` for ``given``; ``way`` is how the end came there, if known."""
    before = None if way is None else way.before
    straight = before is State.FIN_WAIT_1 and right is State.TIME_WAIT
    if straight and given in (State.FIN_WAIT_2, State.CLOSING):
        return _confusion("straight to TIME_WAIT is forgotten", STRAIGHT, given, way)
    if right is State.CLOSED and given is State.TIME_WAIT and before is State.LAST_ACK:
        return _confusion("the server enters TIME_WAIT", SECOND_IS_CLOSED, given, way)
    if (right, given) in NAMED:
        name, says = NAMED[right, given]
        return _confusion(name, says, given, way)
    if State.CLOSED in (right, given):
        state = given if right is State.CLOSED else State.CLOSED
        return _confusion(f"{given} for {right}", WAITS_FOR[state], given, way)
    for fact in Milestone:
        if (fact in KNOWS[right]) != (fact in KNOWS[given]):
            there = fact in KNOWS[given]
            return _confusion(f"{given} for {right}", DIFFERS[fact, there](given), given, way)
    # Only LISTEN and CLOSED, and LAST_ACK and CLOSING, are alike in all of these.
    raise AssertionError(f"{right} and {given} are told apart by words of their own")


def _confusion(name: str, says: str, given: State, way: Way | None) -> Confusion:
    place = place_on_map(given)
    because = "" if way is None else _told(way)
    return Confusion(name, together(says, place) if place else says, because)


@cache
def place_on_map(state: State) -> str:
    """Where on the map a state is: from which others an arrow leads to it.

    Nothing for CLOSED, to which nearly all lead.
    """
    origins = [str(edge[0]) for edge in EDGES if edge[1] is state]
    if state is State.CLOSED:
        return ""
    if len(origins) == 1:
        return message(
            "On the map only one arrow leads to {state}: from {origin}.",
            state=str(state),
            origin=origins[0],
        )
    return message(
        "On the map arrows lead to {state} from {origins} and {last}.",
        state=str(state),
        origins=", ".join(origins[:-1]),
        last=origins[-1],
    )


def _told(way: Way) -> str:
    if way.row is not None:
        return message(
            "From {before} the arrow to {after} is “{label}”. {why} [{cite}]",
            before=str(way.row.state),
            after=str(way.row.next),
            label=way.row.label,
            why=way.why,
            cite=way.cite,
        )
    if way.why:
        return message("{why} [{cite}]", why=way.why, cite=way.cite) if way.cite else way.why
    return message("Nothing has moved this end so far.") if way.before is None else ""


def ways_taken(steps: Iterable[Step]) -> Iterator[dict[Side, Way]]:
    """After each step, how each end came into the state it is in then."""
    ways: dict[Side, Way] = {"A": Way(), "B": Way()}
    for step in steps:
        for side in ways:
            if step.before.of(side).possible != step.after.of(side).possible:
                ways = {**ways, side: _way(step, side)}
        yield ways


def way_taken(trace: Trace, number: int, side: Side) -> Way:
    """How an end came into the state in which it is after packet ``number``."""
    found = Way()
    for step, ways in zip(trace.steps, ways_taken(trace.steps), strict=True):
        there = (*step.sent, *(() if step.packet is None else (step.packet,)))
        if any(packet.number == number for packet in there):
            found = ways[side]
    return found


def _way(step: Step, side: Side) -> Way:
    edges = taken(step, side)
    mine = [move for move in step.moves if move.who == side]
    moved = [move for move in mine if move.row is not None and move.row.changes_state]
    if moved:
        move = moved[-1]
        return Way(edges[-1][0] if edges else None, move.row, move.why, move.cite)
    told = mine[-1] if mine else None
    return Way(
        edges[-1][0] if edges else step.before.of(side).state,
        None,
        told.why if told else "",
        told.cite if told else "",
    )
