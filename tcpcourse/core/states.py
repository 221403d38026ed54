"""The eleven states, and the kinds of event that can happen to a connection.

States are numbered as the course's document numbers them. RFC 9293 §3.3.2 describes them,
§3.10 the events: what the user calls, what arrives, and what runs out.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """A state of one end of a connection (RFC 9293 §3.3.2), with the document's number.

    >>> State["TIME_WAIT"].value, str(State.TIME_WAIT)
    (11, 'TIME_WAIT')
    """

    CLOSED = 1
    LISTEN = 2
    SYN_SENT = 3
    SYN_RCVD = 4
    ESTABLISHED = 5
    FIN_WAIT_1 = 6
    FIN_WAIT_2 = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    CLOSING = 10
    TIME_WAIT = 11

    @property
    def synchronized(self) -> bool:
        """Both ends know both initial sequence numbers: ESTABLISHED and later (§3.5.2)."""
        return self._value_ >= 5

    __hash__ = object.__hash__  # each state is there once; a hash of its name takes longer

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"State.{self.name}"


class Event(Enum):
    """What can happen to one end: calls, an arrival, timers, and two inner events.

    >>> Event.CLOSE.is_call, Event.TIME_WAIT_TIMEOUT
    (True, Event.TIME_WAIT_TIMEOUT)
    >>> str(Event.TIME_WAIT_TIMEOUT)
    '2MSL timeout'
    """

    OPEN_PASSIVE = "passive OPEN"
    OPEN_ACTIVE = "active OPEN"
    SEND = "SEND"
    RECEIVE = "RECEIVE"
    CLOSE = "CLOSE"
    ABORT = "ABORT"
    STATUS = "STATUS"
    ARRIVES = "segment arrives"
    RETRANSMISSION = "retransmission timeout"
    R2 = "R2 timeout"
    USER_TIMEOUT = "user timeout"
    TIME_WAIT_TIMEOUT = "2MSL timeout"
    PROBE = "zero-window probe"
    DELAYED_ACK = "delayed-ACK timeout"
    GROW = "the receive buffer grows"
    QUEUE_SENT = "a CLOSE that waited for queued data can go on"

    @property
    def is_call(self) -> bool:
        """Whether the user (the application) makes this happen (§3.9.1)."""
        return self in (
            Event.OPEN_PASSIVE,
            Event.OPEN_ACTIVE,
            Event.SEND,
            Event.RECEIVE,
            Event.CLOSE,
            Event.ABORT,
            Event.STATUS,
        )

    def __str__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return f"Event.{self.name}"

    __hash__ = object.__hash__  # as above


TIMERS = {
    "retransmission": Event.RETRANSMISSION,
    "time-wait": Event.TIME_WAIT_TIMEOUT,
    "user": Event.USER_TIMEOUT,
    "zero-window-probe": Event.PROBE,
    "delayed-ack": Event.DELAYED_ACK,
    "r2": Event.R2,
}
"""The names that ``Endpoint.tick`` takes."""
