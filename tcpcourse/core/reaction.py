"""The whole machine, a pure function: an event in, a frozen ``Reaction`` out.

``react`` finds the row for an event, fires it, and says what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tcpcourse.core.actions import flush
from tcpcourse.core.errors import CallError
from tcpcourse.core.quick import quickly_made
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import Event
from tcpcourse.core.table import REFUSALS, Row, guarded_rows
from tcpcourse.core.tcb import (
    Tcb,
)
from tcpcourse.core.work import NO_SEGMENT, Settings, Work
from tcpcourse.words import message, together


@quickly_made
@dataclass(frozen=True, slots=True)
class Reaction:
    """What one event did to one end.

    ``before`` and ``after`` are the whole ``Tcb``. ``rows`` are the rows that fired, in
    order; mostly one, two when a waiting CLOSE went on, none when a timer had nothing to do.
    ``emitted`` goes onto the wire in order; ``delivered`` went to the user; ``signals`` are
    the RFC's words to the user; ``timers`` are the names of timers started anew.

    >>> from tcpcourse import Endpoint
    >>> done = Endpoint(iss=100).open_active()
    >>> print(done.before.state, done.after.state, *done.emitted)
    CLOSED SYN_SENT S 100:100(0) win 65535 <mss 1460>
    >>> done.cite
    'RFC 9293 §3.10.1'
    """

    event: Event
    segment: Segment | None
    before: Tcb
    after: Tcb
    rows: tuple[Row, ...]
    emitted: tuple[Segment, ...] = ()
    delivered: bytes = b""
    signals: tuple[str, ...] = ()
    timers: tuple[str, ...] = ()

    @property
    def row(self) -> Row | None:
        """The row that decided, or ``None`` when nothing had to be done."""
        return self.rows[0] if self.rows else None

    @property
    def why(self) -> str:
        """Why, in a sentence or two."""
        if not self.rows:
            return message(
                "{timer}: no such timer is running, so nothing happens.",
                timer=self.event.value[0].upper() + self.event.value[1:],
            )
        return together(*(row.why for row in self.rows))

    @property
    def cite(self) -> str:
        """Where the rule stands."""
        return "; ".join(dict.fromkeys(row.cite for row in self.rows))

    def __str__(self) -> str:
        moved = f"{self.before.state} → {self.after.state}"
        sent = "; ".join(segment.line() for segment in self.emitted)
        return f"{moved}: {self.why}" + (f" [{sent}]" if sent else "")

    def __repr__(self) -> str:
        text = str(self)
        return f"<Reaction {text if len(text) <= 185 else text[:184] + '…'}>"


def find_row(tcb: Tcb, event: Event, segment: Segment, policy: str) -> Row | None:
    """The row that fits: the first of its state and event whose guard says yes."""
    for guard, row in guarded_rows(tcb.state, event, policy, segment.flags._value_):
        if guard(tcb, segment):
            return row
    return None


def fire(work: Work, row: Row) -> None:
    """Do what the row says. This is the only place where a state is assigned."""
    for action in row.actions:
        action(work)
    if row.changes_state:
        work.update(state=row.next)


def react(
    tcb: Tcb,
    settings: Settings,
    event: Event,
    *,
    segment: Segment | None = None,
    data: bytes = b"",
    count: int = 0,
) -> Reaction:
    """One event, from the TCB before it to the TCB after it.

    ``segment`` belongs to an arrival, ``data`` to SEND, ``count`` (bytes) to RECEIVE and to a
    growing buffer. Raises ``CallError`` for a call that the state does not allow.
    """
    asked = segment if segment is not None else NO_SEGMENT
    row = find_row(tcb, event, asked, settings.policy)
    if row is None:
        if event.is_call:
            raise CallError(
                message(
                    "{call} is refused in {where}: {refusal}.",
                    call=str(event),
                    where=str(tcb.state),
                    refusal=REFUSALS[tcb.state, event],
                )
            )
        return Reaction(event, segment, tcb, tcb, ())
    work = Work(tcb, settings, asked, data, count)
    rows = [row]
    fire(work, row)
    flush(work)
    if work.tcb.close_waits:
        waiting = find_row(work.tcb, Event.QUEUE_SENT, asked, settings.policy)
        if waiting is not None:
            rows.append(waiting)
            fire(work, waiting)
            flush(work)
    return Reaction(
        event,
        segment,
        tcb,
        work.done(),
        tuple(rows),
        tuple(work.emitted),
        work.delivered,
        tuple(work.signals),
        tuple(work.timers),
    )
