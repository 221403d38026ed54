"""One end of a connection: calls, segments and timeouts in, a frozen ``Reaction`` out.

``Endpoint`` remembers the TCB between events; what an event does is worked out by ``react``.
There is no clock and no network here; whoever holds the endpoint carries its segments and
tells it when a timer runs out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tcpcourse.core.errors import CallError, TcpCourseError
from tcpcourse.core.invariants import broken_invariants
from tcpcourse.core.reaction import Reaction, find_row, react
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import TIMERS, Event, State
from tcpcourse.core.table import REFUSALS
from tcpcourse.core.tcb import (
    DEFAULT_MSS,
    DEFAULT_WINDOW,
    LARGEST_WINDOW,
    ByteQueue,
    Tcb,
)
from tcpcourse.core.work import NO_SEGMENT, Settings
from tcpcourse.words import message


class Endpoint:
    """One end of a connection (RFC 9293 §3.10), to be driven by calls, segments and ticks.

    ``iss`` is the initial sequence number, ``window`` the receive buffer and ``mss`` the
    largest segment we announce, both in bytes. ``wscale`` (0 … 14) and ``sack_permitted`` are
    offered in our SYN when given. ``policy`` is ``"rfc5961"`` (challenge ACKs) or
    ``"rfc793"``. With ``half_duplex_close`` a CLOSE is what ``close()`` is on Linux: the user
    receives no more, and a RST tells the peer when text is lost by that (§3.6.1, MAY-1 and
    SHLD-3). ``next_iss`` numbers the next incarnation; without it a number safely
    beyond the last one is taken. Every method that makes something happen gives a
    ``Reaction``; a refused call raises ``CallError`` and changes nothing.

    >>> from tcpcourse import Endpoint
    >>> a, b = Endpoint(iss=100), Endpoint(iss=300)
    >>> listening, called = b.open_passive(), a.open_active()
    >>> answer = b.arrive(called.emitted[0]).emitted[0]
    >>> print(answer)
    SA 300:300(0) ack 101 win 65535 <mss 1460>
    >>> print(a.arrive(answer).after.state, b.state)
    ESTABLISHED SYN_RCVD
    """

    def __init__(
        self,
        iss: int = 0,
        window: int = DEFAULT_WINDOW,
        mss: int = DEFAULT_MSS,
        *,
        wscale: int | None = None,
        sack_permitted: bool = False,
        policy: Literal["rfc5961", "rfc793"] = "rfc5961",
        delayed_ack: bool = False,
        half_duplex_close: bool = False,
        next_iss: int | None = None,
    ) -> None:
        self.settings = Settings(
            window, mss, wscale, sack_permitted, policy, delayed_ack, half_duplex_close
        )
        self._tcb = Tcb(
            iss=SeqNumber(int(iss)),
            rcv_wnd=window,
            snd_wnd=0,
            next_iss=None if next_iss is None else SeqNumber(next_iss),
            half_duplex_close=half_duplex_close,
        )

    @classmethod
    def restore(
        cls,
        tcb: Tcb,
        sendq: bytes = b"",
        next_iss: int | None = None,
        policy: Literal["rfc5961", "rfc793"] | None = None,
        *,
        settings: Settings | None = None,
    ) -> Endpoint:
        """An endpoint in any state, as if its connection had come this far.

        ``sendq`` is the data from SND.UNA on; what of it is in flight but not given is taken
        to be zeros. ``policy`` is as in ``Endpoint``; without it that of ``settings`` holds,
        or the default. Raises ``TcpCourseError`` naming the invariant that the TCB breaks.
        """
        known = bytes(tcb.sendq) or sendq
        missing = tcb.data_in_flight - len(known)
        if 0 < missing <= tcb.max_snd_wnd:
            known += bytes(missing)
        tcb = replace(tcb, sendq=ByteQueue(known))
        if next_iss is not None:
            tcb = replace(tcb, next_iss=SeqNumber(next_iss))
        broken = broken_invariants(tcb)
        if broken:
            raise TcpCourseError(
                message("No connection looks like this: {rules}.", rules="; ".join(broken))
            )
        endpoint = cls()
        if settings is None:
            settings = Settings(tcb.rcv_buff, half_duplex_close=tcb.half_duplex_close)
        endpoint.settings = settings if policy is None else replace(settings, policy=policy)
        endpoint._tcb = tcb
        return endpoint

    @property
    def tcb(self) -> Tcb:
        """The variables now, frozen."""
        return self._tcb

    @property
    def state(self) -> State:
        """The state now."""
        return self._tcb.state

    def allows(self, event: Event) -> str | None:
        """Why a call is refused now, in the RFC's words; ``None`` when it is allowed."""
        if find_row(self._tcb, event, NO_SEGMENT, self.settings.policy) is not None:
            return None
        return REFUSALS.get((self.state, event), message("no such timer is running"))

    def open_active(self) -> Reaction:
        """OPEN with a peer in mind: connect (§3.10.1)."""
        return self._do(Event.OPEN_ACTIVE)

    def open_passive(self) -> Reaction:
        """OPEN for whoever comes: listen (§3.10.1)."""
        return self._do(Event.OPEN_PASSIVE)

    def send(self, data: bytes) -> Reaction:
        """SEND ``data`` (§3.10.2); what the window does not allow waits."""
        return self._do(Event.SEND, data=bytes(data))

    def receive(self, count: int = DEFAULT_WINDOW) -> Reaction:
        """RECEIVE up to ``count`` bytes (§3.10.3); with nothing there the call waits for data."""
        if count < 1:
            raise CallError(
                message(
                    "RECEIVE is refused: insufficient resources, for {count} bytes hold nothing."
                    " Give room for at least one byte.",
                    count=count,
                )
            )
        return self._do(Event.RECEIVE, count=count)

    def close(self) -> Reaction:
        """CLOSE: we have nothing more to send (§3.10.4)."""
        return self._do(Event.CLOSE)

    def abort(self) -> Reaction:
        """ABORT: throw the connection away (§3.10.5)."""
        return self._do(Event.ABORT)

    def status(self) -> Reaction:
        """STATUS: look and change nothing (§3.10.6)."""
        return self._do(Event.STATUS)

    def arrive(self, segment: Segment) -> Reaction:
        """A segment arrives (§3.10.7)."""
        return self._do(Event.ARRIVES, segment=segment)

    def tick(self, timer: str) -> Reaction:
        """A timer runs out: ``retransmission``, ``time-wait``, ``user``, ``zero-window-probe``
        or ``delayed-ack`` (§3.10.8), or ``r2``: the owner, who counts retransmissions, has
        seen too many of them (§3.8.3). Raises ``TcpCourseError`` for another name."""
        if timer not in TIMERS:
            raise TcpCourseError(
                message(
                    "There is no timer {timer!r}: there are {timers}.",
                    timer=timer,
                    timers=", ".join(TIMERS),
                )
            )
        return self._do(TIMERS[timer])

    def grow_buffer(self, window: int) -> Reaction:
        """The system grants a receive buffer of ``window`` bytes; it never shrinks.

        Raises ``TcpCourseError`` beyond the 2**30 bytes of RFC 7323 §2.3.
        """
        if window > LARGEST_WINDOW:
            raise TcpCourseError(
                message(
                    "A buffer of {window} bytes is too large: RFC 7323 allows {most}.",
                    window=window,
                    most=LARGEST_WINDOW,
                )
            )
        return self._do(Event.GROW, count=window)

    def _do(
        self, event: Event, *, segment: Segment | None = None, data: bytes = b"", count: int = 0
    ) -> Reaction:
        reaction = react(self._tcb, self.settings, event, segment=segment, data=data, count=count)
        self._tcb = reaction.after
        return reaction

    def __repr__(self) -> str:
        return f"<Endpoint {self._tcb}>"
