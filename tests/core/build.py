"""Endpoints in every state, each built from the one before by what happens to it.

The numbers are those of RFC 9293 figure 6: our ISS is 100, the peer's is 300. So our first
byte of data is 101 and the peer's is 301, and a FIN without data before it has the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State

Builder = Callable[..., Endpoint]


def get(end: Endpoint, line: str) -> Endpoint:
    """Let a segment arrive."""
    end.arrive(Segment.parse(line))
    return end


def closed(**settings: Any) -> Endpoint:
    return Endpoint(iss=100, **settings)


def listening(**settings: Any) -> Endpoint:
    end = closed(**settings)
    end.open_passive()
    return end


def syn_sent(**settings: Any) -> Endpoint:
    end = closed(**settings)
    end.open_active()
    return end


def syn_rcvd(**settings: Any) -> Endpoint:
    """After a passive OPEN."""
    return get(listening(**settings), "S 300:300(0)")


def syn_rcvd_active(**settings: Any) -> Endpoint:
    """After an active OPEN: both ends opened at once."""
    return get(syn_sent(**settings), "S 300:300(0)")


def established(peer_window: int = 65535, peer_mss: int = 1460, **settings: Any) -> Endpoint:
    """After an active OPEN; ``peer_window`` and ``peer_mss`` are what the peer offers."""
    return get(syn_sent(**settings), f"SA 300:300(0) ack 101 win {peer_window} <mss {peer_mss}>")


def fin_wait_1(**settings: Any) -> Endpoint:
    end = established(**settings)
    end.close()
    return end


def fin_wait_2(**settings: Any) -> Endpoint:
    return get(fin_wait_1(**settings), "A 301:301(0) ack 102")


def close_wait(**settings: Any) -> Endpoint:
    return get(established(**settings), "FA 301:301(0) ack 101")


def closing(**settings: Any) -> Endpoint:
    return get(fin_wait_1(**settings), "FA 301:301(0) ack 101")


def last_ack(**settings: Any) -> Endpoint:
    end = close_wait(**settings)
    end.close()
    return end


def time_wait(**settings: Any) -> Endpoint:
    return get(fin_wait_2(**settings), "FA 301:301(0) ack 102")


BUILDERS = {
    State.CLOSED: closed,
    State.LISTEN: listening,
    State.SYN_SENT: syn_sent,
    State.SYN_RCVD: syn_rcvd,
    State.ESTABLISHED: established,
    State.FIN_WAIT_1: fin_wait_1,
    State.FIN_WAIT_2: fin_wait_2,
    State.CLOSE_WAIT: close_wait,
    State.CLOSING: closing,
    State.LAST_ACK: last_ack,
    State.TIME_WAIT: time_wait,
}
