"""What one end remembers of a connection: the Transmission Control Block (RFC 9293 §3.3.1).

A ``Tcb`` is frozen. Each event makes a new one, so that any earlier moment can still be
looked at. The names are the RFC's, in lower case: SND.UNA is ``snd_una``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, make_dataclass
from operator import attrgetter
from typing import Any, Literal

from tcpcourse.core.queue import EMPTY
from tcpcourse.core.queue import ByteQueue as ByteQueue
from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.core.states import State

DEFAULT_WINDOW = 65535
DEFAULT_MSS = 1460
LARGEST_WINDOW = 1 << 30  # RFC 7323 §2.3
LARGEST_SHIFT = 14

OUR_SYN_UNSENT = (State.CLOSED, State.LISTEN)
PEER_FIN_TAKEN = (State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT)
OUR_FIN_ACKED = (State.FIN_WAIT_2, State.TIME_WAIT)
CLOSE_CALLED = (State.FIN_WAIT_1, *OUR_FIN_ACKED, State.CLOSING, State.LAST_ACK)
UNKNOWN_PEER = (State.CLOSED, State.LISTEN, State.SYN_SENT)
_NOT_GIVEN: Any = object()  # where ``None`` has a meaning of its own
_ALWAYS_NUMBERS = ("iss", "snd_una", "snd_nxt", "snd_wl1", "snd_wl2", "rcv_nxt")
_ALWAYS_KNOWN = (*_ALWAYS_NUMBERS, "max_snd_wnd", "rcv_buff", "syn_unacked")


@dataclass(frozen=True, slots=True)
class Tcb:
    """The variables of one end; sequence numbers may be given as integers.

    What is not given gets the value a fresh connection in that state would have, reckoned
    from what is given: ``Tcb(State.FIN_WAIT_1, iss=100)`` has its FIN at 101.

    ``opened`` says how the connection began: ``"active"`` or ``"passive"``. Windows are in
    bytes, already scaled. ``fin_seq`` is the number of our FIN once sent, else ``None``.
    ``rcv_buff`` is the size of the receive buffer, ``rcv_posted`` what RECEIVE calls still
    wait for, both in bytes. ``close_waits`` is true while a CLOSE waits for queued data,
    ``syn_unacked`` while our SYN is in flight, ``ack_due`` while a delayed acknowledgment is
    owed, ``probing`` while the only byte in flight is a zero-window probe. ``sendq`` is data
    not acknowledged yet, ``rcvq`` data not received by the user. ``early`` holds data that
    came out of order as (number, queue of bytes), ``early_fin`` the number of such a FIN.
    ``snd_shift`` and ``rcv_shift`` are the window scales in use (RFC 7323 §2.2). With
    ``half_duplex_close`` a CLOSE ends receiving, too (RFC 9293 §3.6.1, MAY-1).

    A field that is given is taken as given. So ``fin_seq=None`` means that no FIN was sent,
    and whatever is in flight is data.

    >>> from tcpcourse import State, Tcb
    >>> tcb = Tcb(State.FIN_WAIT_1, iss=100)
    >>> tcb.fin_seq, tcb.snd_nxt
    (SeqNumber(101), SeqNumber(102))
    """

    state: State = State.CLOSED
    opened: Literal["active", "passive"] | None = _NOT_GIVEN
    iss: SeqNumber = None  # type: ignore[assignment]
    irs: SeqNumber | None = _NOT_GIVEN
    snd_una: SeqNumber = None  # type: ignore[assignment]
    snd_nxt: SeqNumber = None  # type: ignore[assignment]
    snd_wnd: int = DEFAULT_WINDOW
    snd_wl1: SeqNumber = None  # type: ignore[assignment]
    snd_wl2: SeqNumber = None  # type: ignore[assignment]
    max_snd_wnd: int = None  # type: ignore[assignment]
    rcv_nxt: SeqNumber = None  # type: ignore[assignment]
    rcv_wnd: int = DEFAULT_WINDOW
    rcv_buff: int = None  # type: ignore[assignment]
    rcv_posted: int = 0
    fin_seq: SeqNumber | None = _NOT_GIVEN
    snd_mss: int = DEFAULT_MSS
    snd_shift: int = 0
    rcv_shift: int = 0
    syn_unacked: bool = None  # type: ignore[assignment]
    close_waits: bool = False
    ack_due: bool = False
    probing: bool = False
    sack_permitted: bool = False
    sendq: ByteQueue = EMPTY
    rcvq: ByteQueue = EMPTY
    early: tuple[tuple[SeqNumber, ByteQueue], ...] = ()
    early_fin: SeqNumber | None = None
    next_iss: SeqNumber | None = None
    half_duplex_close: bool = False

    def __post_init__(self) -> None:
        for name in (*_ALWAYS_NUMBERS, "irs", "fin_seq", "early_fin", "next_iss"):
            value = getattr(self, name)
            if isinstance(value, int):
                object.__setattr__(self, name, SeqNumber(value))
        if self.early:
            kept = tuple((first, _queue(data)) for first, data in self.early)
            object.__setattr__(self, "early", kept)
        missing = any(getattr(self, name) is None for name in _ALWAYS_KNOWN)
        if missing or _NOT_GIVEN in (self.opened, self.irs, self.fin_seq):
            self._fill_in()

    def _fill_in(self) -> None:
        """Give what is missing the value it has in a fresh connection in this state."""

        def default(name: str, value: object, missing: object = None) -> None:
            if getattr(self, name) is missing:
                object.__setattr__(self, name, value)

        state = self.state
        unsent = state in OUR_SYN_UNSENT
        default("syn_unacked", state in (State.SYN_SENT, State.SYN_RCVD))
        # how far SND.UNA and SND.NXT stand beyond ISS when no data was sent
        una = 0 if unsent or self.syn_unacked else 2 if state in OUR_FIN_ACKED else 1
        nxt = 0 if unsent else 2 if state in CLOSE_CALLED else 1
        if self.snd_una is None:
            base = self.iss if self.iss is not None else None
            if base is None and self.snd_nxt is not None:
                base = self.snd_nxt - nxt
            object.__setattr__(self, "snd_una", (base or SeqNumber(0)) + una)
        default("iss", self.snd_una - una)
        default("snd_nxt", self.snd_una + (nxt - una))
        if state in OUR_FIN_ACKED or (state in CLOSE_CALLED and self.in_flight > self.syn_unacked):
            default("fin_seq", self.snd_nxt - 1, _NOT_GIVEN)
        default("fin_seq", None, _NOT_GIVEN)
        known = state not in UNKNOWN_PEER
        taken = 2 if state in PEER_FIN_TAKEN else 1
        if known:
            irs = SeqNumber(0) if self.irs in (None, _NOT_GIVEN) else self.irs
            default("rcv_nxt", irs + taken)
            default("irs", self.rcv_nxt - taken, _NOT_GIVEN)
        default("irs", None, _NOT_GIVEN)
        opened = {State.CLOSED: None, State.LISTEN: "passive"}.get(state, "active")
        default("opened", opened, _NOT_GIVEN)
        default("rcv_nxt", SeqNumber(0))
        default("snd_wl1", self.rcv_nxt)
        default("snd_wl2", self.snd_una)
        default("max_snd_wnd", self.snd_wnd)
        default("rcv_buff", self.rcv_wnd + len(self.rcvq))

    @property
    def in_flight(self) -> int:
        """Sequence numbers sent and not acknowledged, SYN and FIN counted."""
        return (self.snd_nxt.value - self.snd_una.value) % MODULUS

    @property
    def data_in_flight(self) -> int:
        """Bytes of data sent and not acknowledged."""
        bytes_and_fin = (self.snd_nxt.value - self.snd_una.value) % MODULUS - self.syn_unacked
        return bytes_and_fin if self.fin_seq is None else bytes_and_fin - self.fin_in_flight

    @property
    def fin_in_flight(self) -> bool:
        """Our FIN is sent and not acknowledged."""
        return self.fin_seq is not None and self.fin_seq.within(self.snd_una, self.in_flight)

    @property
    def unsent(self) -> int:
        """Bytes of data that wait to be sent for the first time."""
        queue = self.sendq
        return queue.stop - queue.start - self.data_in_flight

    @property
    def usable_window(self) -> int:
        """Sequence numbers we may still send: SND.UNA + SND.WND − SND.NXT, at least 0."""
        return max(0, self.snd_wnd - self.in_flight)

    def __str__(self) -> str:
        irs = "-" if self.irs is None else self.irs
        return (
            f"{self.state} iss {self.iss} una {self.snd_una} nxt {self.snd_nxt} wnd {self.snd_wnd}"
            f" irs {irs} rcv_nxt {self.rcv_nxt} rcv_wnd {self.rcv_wnd}"
        )


def _queue(data: bytes | ByteQueue) -> ByteQueue:
    return data if isinstance(data, ByteQueue) else ByteQueue(data)


class _Draft(Tcb):
    """A TCB while it is made from another: what is known to fit is set without a look at it."""

    __slots__ = ()
    # both, or Python looks for the method at each assignment, which takes ten times as long
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


_NAMES = [each.name for each in fields(Tcb)]
_Draft.__init__ = make_dataclass("_Draft", _NAMES).__init__  # type: ignore[misc, method-assign]
_values = attrgetter(*_NAMES)


def draft_of(tcb: Tcb) -> Tcb:
    """A copy whose variables can be set, for the core's own actions; a draft itself is not copied.

    The values set must be of the right types, for nothing is reckoned from them and nothing is
    checked but the names.
    """
    return tcb if tcb.__class__ is _Draft else _Draft(*_values(tcb))


def frozen(tcb: Tcb) -> Tcb:
    """The TCB that a draft was to become; nothing can be set in it any more."""
    if tcb.__class__ is _Draft:
        tcb.__class__ = Tcb  # type: ignore[assignment]
    return tcb
