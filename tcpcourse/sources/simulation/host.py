"""One end in the simulator: its endpoint, and the timers that run for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.reaction import Reaction
from tcpcourse.core.seq import HALF, MODULUS, SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.sources.simulation.rto import MILLISECOND, Rto
from tcpcourse.sources.simulation.scenario import Host
from tcpcourse.trace import End, Side, end_of

DELAYED_ACK = 200 * MILLISECOND  # RFC 9293 §3.8.6.3 allows up to 500 ms
BEFORE_DATA = (State.LISTEN, State.SYN_SENT, State.SYN_RCVD)
BACKING_OFF = ("retransmission", "zero-window-probe")
EVERYTHING = 1 << 62  # bytes: more than a user can ever get


@dataclass(slots=True)
class Station:
    """What the simulator keeps for one end.

    ``received`` counts the bytes that its user has had. ``deadlines`` has the nanosecond at
    which each running timer expires; ``sent_at`` when a segment was sent, by the number after
    it, as long as it was sent only once; ``unanswered`` the retransmissions since the peer
    last acknowledged anything new.
    """

    side: Side
    host: Host
    endpoint: Endpoint
    received: int = 0
    rto: Rto = field(default_factory=Rto)
    deadlines: dict[str, int] = field(default_factory=dict)
    sent_at: dict[int, int] = field(default_factory=dict)
    unanswered: int = 0
    _end: End | None = None

    @property
    def end(self) -> End:
        """What is known of this end now: everything."""
        if self._end is None or self._end.tcb is not self.endpoint.tcb:
            self._end = end_of(self.endpoint.tcb)
        return self._end

    def crash(self) -> None:
        """Forget the connection, as a power cut does; the next one begins far from this one."""
        later = int(self.endpoint.tcb.snd_nxt + 100_000)
        self.endpoint = endpoint_for(replace(self.host, iss=later))
        self.deadlines.clear()
        self.sent_at.clear()
        self.unanswered = 0

    def keep_reading(self) -> None:
        """A user who reads always has a RECEIVE waiting, posted before any data can come."""
        tcb = self.endpoint.tcb
        if self.host.reads and not tcb.rcv_posted and tcb.state in BEFORE_DATA:
            self.endpoint.receive(EVERYTHING)

    # --- timers ------------------------------------------------------------------------------

    def ran_out(self, timer: str) -> None:
        """A timer has expired: it runs no more, and the next wait may be longer."""
        self.deadlines.pop(timer, None)
        if timer in BACKING_OFF:
            self.rto = self.rto.backed_off()
        if timer == "retransmission":
            self.unanswered += 1

    @property
    def gives_up(self) -> bool:
        """Sent again as often as its owner allows (RFC 9293 §3.8.3, R2)."""
        return self.unanswered >= self.host.r2

    def sent(self, end: SeqNumber, again: bool, now: int) -> None:
        """A segment that takes up numbers was sent; ``end`` is the number after it."""
        if again:
            self.sent_at.clear()  # Karn's rule: whose ACK would that be?
        else:
            self.sent_at[end.value] = now

    def set_timers(
        self, done: Reaction, now: int, msl: int, patience: int
    ) -> list[tuple[str, int]]:
        """Start and stop timers after an event; gives those (re)started, with their deadlines.

        ``now``, ``msl`` and ``patience`` (the user timeout) are in nanoseconds.
        """
        tcb = self.endpoint.tcb
        progress = tcb.snd_una != done.before.snd_una
        if progress:
            self.unanswered = 0
            self._measure(tcb.snd_una, now)
        in_flight = tcb.in_flight > 0
        waiting = not in_flight and tcb.unsent > 0 and tcb.state.synchronized
        # a peer that answers keeps a connection alive, even with its window closed
        answered = waiting and done.event is Event.ARRIVES
        started: list[tuple[str, int]] = []
        for timer, running, length, again in (
            (
                "retransmission",
                in_flight,
                self.rto.value,
                progress or "retransmission" in done.timers,
            ),
            ("zero-window-probe", waiting, self.rto.value, False),
            ("delayed-ack", tcb.ack_due, DELAYED_ACK, False),
            ("time-wait", tcb.state is State.TIME_WAIT, 2 * msl, "time-wait" in done.timers),
            ("user", in_flight or waiting, patience, progress or answered),
        ):
            if not running:
                self.deadlines.pop(timer, None)
            elif again or timer not in self.deadlines:
                self.deadlines[timer] = now + length
                started.append((timer, now + length))
        return started

    def _measure(self, una: SeqNumber, now: int) -> None:
        """Everything before ``una`` is acknowledged: what it tells about the round trip."""
        if (sent := self.sent_at.pop(una.value, None)) is not None:
            self.rto = self.rto.measured(now - sent)
        while self.sent_at:  # in the order of sending, so in the order of numbers
            first = next(iter(self.sent_at))
            if not (una.value - first) % MODULUS < HALF:
                break  # it lies beyond
            del self.sent_at[first]


def endpoint_for(host: Host) -> Endpoint:
    """A fresh endpoint with the host's own choices."""
    return Endpoint(
        host.iss or 0,
        host.window,
        host.mss,
        wscale=host.wscale,
        sack_permitted=host.sack_permitted,
        policy=host.policy,
        delayed_ack=host.delayed_ack,
        half_duplex_close=host.half_duplex_close,
        next_iss=host.next_iss,
    )
