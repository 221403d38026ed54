"""This machine's own TCP as a source: real sockets on 127.0.0.1, no root, no other network.

``live(state)`` brings a real connection into one of the eleven states with ordinary socket
calls, reads both ends' states from the operating system after each call, and closes
everything again. The kernel works while we look, so each reading waits until what must come
has come. There are no packets in such a trace: seeing them would need root.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.sources.machine.recipes import RECIPES, Bench
from tcpcourse.sources.machine.socket_table import HOST
from tcpcourse.trace import Trace
from tcpcourse.words import listed, message

LINUX_ONLY = {
    State.SYN_SENT: message("a full listen queue is silent only on Linux"),
    State.SYN_RCVD: message("TCP_DEFER_ACCEPT is Linux's own"),
}


def live(state: State | str) -> Trace:
    """Bring a real connection on this machine into ``state`` and tell how, as a ``Trace``.

    A is the connecting end, B the listening one. Takes well under a second and leaves no
    socket behind (but a TIME_WAIT lasts as long as the system keeps it). Raises
    ``TcpCourseError`` for an unknown state, or where the system cannot show it.

    >>> import tcpcourse as tcp
    >>> print(tcp.live("LISTEN")[-1].after.b)
    LISTEN
    """
    try:
        wanted = State[state] if isinstance(state, str) else state
    except KeyError:
        raise TcpCourseError(
            message(
                "There is no state {state!r}: the states are {states}.",
                state=state,
                states=listed(State.__members__),
            )
        ) from None
    if wanted in LINUX_ONLY and not sys.platform.startswith("linux"):
        raise TcpCourseError(
            message(
                "{state} cannot be shown here: {reason}.",
                state=wanted,
                reason=LINUX_ONLY[wanted],
            )
        )
    about, recipe = RECIPES[wanted]
    with ExitStack() as stack:
        bench = Bench(stack)
        recipe(bench)
        hosts = {"A": f"{HOST}:{bench.a_port}", "B": f"{HOST}:{bench.b_port}"}
        steps = tuple(bench.steps)
    remark = message(
        "{about} States as this machine's kernel showed them; no packets were captured.",
        about=about,
    )
    return Trace(
        steps, (), "live", message("{state} on this machine", state=wanted), hosts, (remark,)
    )
