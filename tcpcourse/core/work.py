"""One event being worked on: what the owner chose, what came, what is to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.options import Options
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.tcb import (
    DEFAULT_MSS,
    DEFAULT_WINDOW,
    LARGEST_SHIFT,
    LARGEST_WINDOW,
    Tcb,
    draft_of,
    frozen,
)
from tcpcourse.words import message

NO_SEGMENT = Segment(0)
POLICIES = ("rfc5961", "rfc793")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the owner of an endpoint chooses once.

    ``mss`` (bytes), ``wscale`` (shift to offer, or ``None``) and ``sack_permitted`` go into
    our SYN. ``window`` is the receive buffer in bytes. ``policy`` is ``"rfc5961"`` or
    ``"rfc793"``: what a RST or SYN in the window does. With ``delayed_ack`` every second
    segment of data is acknowledged at once, others when the timer runs out (RFC 9293
    §3.8.6.3). With ``half_duplex_close`` a CLOSE ends receiving, too, as ``close()`` does on
    Linux (§3.6.1, MAY-1). Raises ``TcpCourseError`` for a value outside its range.
    """

    window: int = DEFAULT_WINDOW
    mss: int = DEFAULT_MSS
    wscale: int | None = None
    sack_permitted: bool = False
    policy: Literal["rfc5961", "rfc793"] = "rfc5961"
    delayed_ack: bool = False
    half_duplex_close: bool = False

    def __post_init__(self) -> None:
        scale = 0 if self.wscale is None else self.wscale
        for name, value, least, most in (
            ("window", self.window, 0, LARGEST_WINDOW),
            ("mss", self.mss, 1, 65535),
            ("wscale", scale, 0, LARGEST_SHIFT),
        ):
            if not least <= value <= most:
                raise TcpCourseError(
                    message(
                        "The {name} {value} is not between {least} and {most}.",
                        name=name,
                        value=value,
                        least=least,
                        most=most,
                    )
                )
        if self.policy not in POLICIES:
            raise TcpCourseError(
                message(
                    "There is no policy {policy!r}: there are {first} and {second}.",
                    policy=self.policy,
                    first=POLICIES[0],
                    second=POLICIES[1],
                )
            )


@dataclass(slots=True)
class Work:
    """One event being worked on; it lives only inside ``reaction.react``."""

    tcb: Tcb
    settings: Settings
    segment: Segment = NO_SEGMENT
    data: bytes = b""
    count: int = 0
    emitted: list[Segment] = field(default_factory=list)
    delivered: bytes = b""
    signals: list[str] = field(default_factory=list)
    timers: list[str] = field(default_factory=list)
    ack_now: bool = False

    def draft(self) -> Any:
        """The TCB with variables that can be set: the one before the event stays as it was."""
        draft = self.tcb = draft_of(self.tcb)
        return draft

    def update(self, **changes: Any) -> None:
        """Set variables of the TCB by their names."""
        draft = self.draft()
        for name, value in changes.items():
            setattr(draft, name, value)

    def done(self) -> Tcb:
        """The TCB after the event, frozen."""
        return frozen(self.tcb)

    def emit(
        self,
        flags: str,
        seq: SeqNumber,
        *,
        ack: bool = True,
        data: bytes = b"",
        options: Options | None = None,
    ) -> None:
        """Put a segment on the wire, with our acknowledgment and window unless ``ack=False``."""
        tcb = self.tcb
        shift = 0 if "S" in flags else tcb.rcv_shift
        window = min(tcb.rcv_wnd >> shift, 65535)
        number = tcb.rcv_nxt if ack else None
        self.emitted.append(Segment(seq, number, flags, window, data, options))
        if ack:
            self.ack_now = False
            if tcb.ack_due:
                self.draft().ack_due = False
