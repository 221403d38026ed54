"""Both ends' states as the operating system tells them to an ordinary user."""

from __future__ import annotations

import sys

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.words import message

HOST = "127.0.0.1"
PROC_STATES = {
    "01": State.ESTABLISHED,
    "02": State.SYN_SENT,
    "03": State.SYN_RCVD,
    "04": State.FIN_WAIT_1,
    "05": State.FIN_WAIT_2,
    "06": State.TIME_WAIT,
    "07": State.CLOSED,
    "08": State.CLOSE_WAIT,
    "09": State.LAST_ACK,
    "0A": State.LISTEN,
    "0B": State.CLOSING,
    "0C": State.SYN_RCVD,
}
"""The states by their codes in ``/proc/net/tcp``; two of them are SYN_RCVD."""
NAMES_ELSEWHERE = {
    "SYN_RECV": State.SYN_RCVD,
    "FIN_WAIT1": State.FIN_WAIT_1,
    "FIN_WAIT2": State.FIN_WAIT_2,
    "CLOSE": State.CLOSED,
}
"""Where psutil calls a state otherwise than the RFC does."""


def socket_table() -> dict[tuple[int, int], State]:
    """Every TCP socket on 127.0.0.1, as (own port, peer's port) → state.

    A listener has 0 for its peer. Read from ``/proc/net/tcp`` on Linux, from psutil elsewhere.
    Raises ``TcpCourseError`` where the system does not let an ordinary user look.
    """
    if not sys.platform.startswith("linux"):
        return _table_from_psutil()
    table = {}
    with open("/proc/net/tcp", encoding="ascii") as lines:
        next(lines)
        for line in lines:
            _, local, remote, state, *_ = line.split()
            own, peer = int(local.partition(":")[2], 16), int(remote.partition(":")[2], 16)
            if local.startswith("0100007F"):
                table[own, peer] = PROC_STATES[state]
    return table


def _table_from_psutil() -> dict[tuple[int, int], State]:
    import psutil

    try:
        connections = psutil.net_connections(kind="tcp4")
    except psutil.AccessDenied:
        raise TcpCourseError(
            message(
                "{platform} does not show this program the states of sockets: run it as an "
                "administrator, or run this chapter on Linux or on Binder.",
                platform=sys.platform,
            )
        ) from None
    table = {}
    for each in connections:
        if each.laddr and each.laddr.ip == HOST:
            name = NAMES_ELSEWHERE.get(each.status)
            state = name if name is not None else State.__members__.get(each.status)
            if state is not None:
                table[each.laddr.port, each.raddr.port if each.raddr else 0] = state
    return table
