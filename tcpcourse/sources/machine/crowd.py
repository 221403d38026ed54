"""Many connections of this machine at once: what piles up, and at whose side.

Real sockets on 127.0.0.1, no root. Everything is closed again at the end; what the kernel
then still keeps (TIME_WAIT) it forgets by itself after a minute.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from contextlib import ExitStack

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.sources.machine.recipes import PATIENCE
from tcpcourse.sources.machine.socket_table import HOST, socket_table
from tcpcourse.trace import Side
from tcpcourse.words import message

MOST = 200
PASSING = {State.SYN_SENT, State.SYN_RCVD, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK}


def crowd(count: int = 5, closers: str = "A") -> dict[Side, Counter[State]]:
    """Open ``count`` connections, let the ``closers`` call close, and count the states.

    A connects, B accepts. ``closers`` is ``""``, ``"A"``, ``"B"``, ``"AB"`` or ``"BA"``: which
    ends call close, in this order. The answer has for each side how many of its sockets are
    in which state; a socket of which the kernel knows nothing any more is CLOSED. Raises
    ``TcpCourseError`` for other arguments (``count`` is 1 … 200), and where the system does
    not show the states of its sockets.

    >>> import tcpcourse as tcp
    >>> counts = tcp.crowd(3, "A")
    >>> sum(counts["A"].values())
    3
    """
    if not 1 <= count <= MOST:
        raise TcpCourseError(
            message(
                "The count of connections is from 1 to {most}, not {count}.", most=MOST, count=count
            )
        )
    if closers not in ("", "A", "B", "AB", "BA"):
        raise TcpCourseError(
            message('The closers are "", "A", "B", "AB" or "BA", not {closers!r}.', closers=closers)
        )
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.settimeout(PATIENCE)
        server.bind((HOST, 0))
        server.listen(count)
        sockets: dict[str, list[socket.socket]] = {"A": [], "B": []}
        for _ in range(count):
            calls = socket.create_connection(server.getsockname(), PATIENCE)
            sockets["A"].append(stack.enter_context(calls))
            sockets["B"].append(stack.enter_context(server.accept()[0]))
        ports = [each.getsockname()[1] for each in sockets["A"]]
        for side in closers:
            for each in sockets[side]:
                each.close()
            _settled(server.getsockname()[1], ports)
        return _settled(server.getsockname()[1], ports)


def _settled(served: int, ports: list[int]) -> dict[Side, Counter[State]]:
    """The states once no packet can be on its way any more."""
    deadline, before = time.monotonic() + PATIENCE, None
    while True:
        table = socket_table()
        seen: dict[Side, Counter[State]] = {
            "A": Counter(table.get((port, served), State.CLOSED) for port in ports),
            "B": Counter(table.get((served, port), State.CLOSED) for port in ports),
        }
        calm = not PASSING & {*seen["A"], *seen["B"]}
        if (calm and seen == before) or time.monotonic() > deadline:
            return seen
        before = seen
        time.sleep(0.02)
