"""What a row of the transition table is, and the questions that rows of calls ask."""

from __future__ import annotations

from dataclasses import dataclass

from tcpcourse.core.actions import Action
from tcpcourse.core.arrivals import Guard
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import Event, State
from tcpcourse.core.tcb import CLOSE_CALLED, Tcb


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
    why: str
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
        guard = (self.guard.__doc__ or "").strip()
        if self.event is Event.ARRIVES:
            return guard
        return str(self.event) + (f", {guard}" if self.guard is not always else "")

    @property
    def effect(self) -> str:
        """What is sent or started, as far as anybody outside can see it."""
        labels = [(action.__doc__ or "").strip() for action in self.actions]
        seen = (text for text in labels if text.startswith(("snd", "create", "delete")))
        return ", ".join(dict.fromkeys(seen))

    def __str__(self) -> str:
        return f"{self.state} → {self.next}: {self.label} [{self.cite}]"

    def __repr__(self) -> str:
        return f"<Row {self}>"


# --- guards of calls and timeouts (those of arrivals are in ``arrivals``) --------------------


def always(tcb: Tcb, seg: Segment) -> bool:
    """always"""
    return True


def nothing_unsent(tcb: Tcb, seg: Segment) -> bool:
    """nothing waits to be sent"""
    return not tcb.unsent


def data_unsent(tcb: Tcb, seg: Segment) -> bool:
    """data waits to be sent"""
    return tcb.unsent > 0 and not tcb.close_waits


def queue_is_sent(tcb: Tcb, seg: Segment) -> bool:
    """all queued data is sent"""
    return not tcb.unsent


def not_closing(tcb: Tcb, seg: Segment) -> bool:
    """no CLOSE is waiting"""
    return not tcb.close_waits


def something_to_receive(tcb: Tcb, seg: Segment) -> bool:
    """data is there"""
    return len(tcb.rcvq) > 0


def user_receives(tcb: Tcb, seg: Segment) -> bool:
    """the user may still receive"""
    return not (tcb.half_duplex_close and (tcb.close_waits or tcb.state in CLOSE_CALLED))


def unread_and_half_duplex(tcb: Tcb, seg: Segment) -> bool:
    """data is unread and the close is half-duplex"""
    # text on a SYN is in order, too, and waits only for the end of the handshake
    on_syn = bool(tcb.early) and tcb.early[0][0] == tcb.rcv_nxt
    return tcb.half_duplex_close and not tcb.close_waits and (len(tcb.rcvq) > 0 or on_syn)


def something_in_flight(tcb: Tcb, seg: Segment) -> bool:
    """something is unacknowledged"""
    return tcb.in_flight > 0


def window_blocks(tcb: Tcb, seg: Segment) -> bool:
    """data waits and nothing is in flight"""
    return tcb.unsent > 0 and tcb.in_flight == 0


def ack_is_due(tcb: Tcb, seg: Segment) -> bool:
    """an ACK is owed"""
    return tcb.ack_due
