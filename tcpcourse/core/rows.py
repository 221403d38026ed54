"""What a row of the transition table is, and the questions that rows of calls ask."""

from __future__ import annotations

from dataclasses import dataclass

from tcpcourse.core.actions import Action
from tcpcourse.core.arrivals import Guard
from tcpcourse.core.labels import label, label_of
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import Event, State
from tcpcourse.core.tcb import CLOSE_CALLED, Tcb
from tcpcourse.words import Message


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: in ``state``, when ``event`` happens and ``guard`` holds, do and go to ``next``.

    ``cite`` is the place in the RFC, ``document`` the state's number in the course's
    document where it tells of this row (else ``None``), ``policy`` the branch the row
    belongs to (``None``: both), ``in_figure`` whether RFC 9293 figure 5 draws the arrow, and
    ``why`` the rule in one sentence.

    >>> from tcpcourse import TRANSITIONS
    >>> [row] = [row for row in TRANSITIONS if row.document == "11c"]
    >>> print(row.state, row.next, "–", row.cause)
    FIN_WAIT_1 TIME_WAIT – rcv FIN,ACK of FIN
    """

    state: State
    event: Event
    guard: Guard
    actions: tuple[Action, ...]
    next: State
    cite: str
    why: Message
    document: str | None = None
    policy: str | None = None
    in_figure: bool = False

    @property
    def changes_state(self) -> bool:
        """Whether the row leads to another state."""
        return self.state is not self.next

    @property
    def label(self) -> str:
        """The row as figure 5 writes it: what happens / what is sent."""
        return f"{self.cause} / {self.effect}" if self.effect else self.cause

    @property
    def cause(self) -> str:
        """What happens: the call, the timeout, or what the segment is."""
        guard = label_of(self.guard)
        if self.event is Event.ARRIVES:
            return guard
        return str(self.event) + (f", {guard}" if self.guard is not always else "")

    @property
    def effect(self) -> str:
        """What is sent or started, as far as anybody outside can see it."""
        labels = [label_of(action) for action in self.actions]
        seen = (text for text in labels if text.startswith(("snd", "create", "delete")))
        return ", ".join(dict.fromkeys(seen))

    def __str__(self) -> str:
        return f"{self.state} → {self.next}: {self.label} [{self.cite}]"

    def __repr__(self) -> str:
        return f"<Row {self}>"


# --- guards of calls and timeouts (those of arrivals are in ``arrivals``) --------------------


@label("always")
def always(tcb: Tcb, seg: Segment) -> bool:
    return True


@label("nothing waits to be sent")
def nothing_unsent(tcb: Tcb, seg: Segment) -> bool:
    return not tcb.unsent


@label("data waits to be sent")
def data_unsent(tcb: Tcb, seg: Segment) -> bool:
    return tcb.unsent > 0 and not tcb.close_waits


@label("all queued data is sent")
def queue_is_sent(tcb: Tcb, seg: Segment) -> bool:
    return not tcb.unsent


@label("no CLOSE is waiting")
def not_closing(tcb: Tcb, seg: Segment) -> bool:
    return not tcb.close_waits


@label("data is there")
def something_to_receive(tcb: Tcb, seg: Segment) -> bool:
    return len(tcb.rcvq) > 0


@label("the user may still receive")
def user_receives(tcb: Tcb, seg: Segment) -> bool:
    return not (tcb.half_duplex_close and (tcb.close_waits or tcb.state in CLOSE_CALLED))


@label("data is unread and the close is half-duplex")
def unread_and_half_duplex(tcb: Tcb, seg: Segment) -> bool:
    # text on a SYN is in order, too, and waits only for the end of the handshake
    on_syn = bool(tcb.early) and tcb.early[0][0] == tcb.rcv_nxt
    return tcb.half_duplex_close and (len(tcb.rcvq) > 0 or on_syn)


@label("something is unacknowledged")
def something_in_flight(tcb: Tcb, seg: Segment) -> bool:
    return tcb.in_flight > 0


@label("data waits and nothing is in flight")
def window_blocks(tcb: Tcb, seg: Segment) -> bool:
    return tcb.unsent > 0 and tcb.in_flight == 0


@label("an ACK is owed")
def ack_is_due(tcb: Tcb, seg: Segment) -> bool:
    return tcb.ack_due
