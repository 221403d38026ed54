"""What a row of the transition table is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tcpcourse.core.actions import Action
from tcpcourse.core.labels import label, label_of
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import Event, State
from tcpcourse.core.tcb import Tcb
from tcpcourse.words import Message

Guard = Callable[[Tcb, Segment], bool]
"""A question about what an end remembers and the segment that came; without one, an empty one."""

C, L, SS, SR, E = State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RCVD, State.ESTABLISHED
F1, F2, CW, LA = State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT, State.LAST_ACK
CG, TW = State.CLOSING, State.TIME_WAIT


@label("always")
def always(tcb: Tcb, seg: Segment) -> bool:
    return True


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
