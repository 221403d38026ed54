"""The transition table: every rule of RFC 9293 §3.10 by which an end moves, or stays.

This table *is* the machine. ``reaction`` finds the row for an event and fires it; nothing
else changes a state. The diagram, the quiz and the proof are made from the same rows.

Where which rule stands:

- ``calls``: OPEN, SEND, RECEIVE, CLOSE, ABORT and STATUS, a CLOSE that waited, a receive buffer
  that grows, and the words with which a call is refused;
- ``timeouts``: retransmission, zero-window probe, delayed ACK, 2MSL, R2, the user's patience;
- ``arrivals``: whatever a segment does that comes, state by state;
- ``call_guards`` and ``segment_guards``: the questions that these rows ask;
- ``checks``: the order in which the RFC asks them of a segment;
- ``rows``: what a row is.

What a row does is in ``tcpcourse.core.actions`` and ``tcpcourse.core.receiving``.

For one state and event the rows are tried from top to bottom, and the first whose guard
says yes is the one. For arriving segments that order is the order of the RFC's checks (see
``checks``). Calls that a state does not allow are in ``REFUSALS``, with the RFC's words.
"""

from __future__ import annotations

from functools import cache

from tcpcourse.core.states import Event, State
from tcpcourse.core.table.arrivals import synchronized, unsynchronized
from tcpcourse.core.table.calls import REFUSALS, calls
from tcpcourse.core.table.rows import Guard, Row
from tcpcourse.core.table.segment_guards import may_hold
from tcpcourse.core.table.timeouts import timeouts

__all__ = ["REFUSALS", "TRANSITIONS", "Row", "guarded_rows", "rows_for"]

TRANSITIONS: tuple[Row, ...] = (
    *calls(),
    *timeouts(),
    *unsynchronized(),
    *synchronized(),
)
"""All rows. For one state and event the first row whose guard holds is fired."""

_INDEX: dict[tuple[State, Event], tuple[Row, ...]] = {}
for _each in TRANSITIONS:
    _INDEX[_each.state, _each.event] = (*_INDEX.get((_each.state, _each.event), ()), _each)


def rows_for(state: State, event: Event) -> tuple[Row, ...]:
    """The rows for one state and event, in the order in which their guards are asked."""
    return _INDEX.get((state, event), ())


@cache
def guarded_rows(
    state: State, event: Event, policy: str, flags: int
) -> tuple[tuple[Guard, Row], ...]:
    """The rows of one policy that a segment with these flags may meet, each behind its guard."""
    return tuple(
        (row.guard, row)
        for row in rows_for(state, event)
        if row.policy in (None, policy) and may_hold(row.guard, flags)
    )
