"""This machine's own TCP as a source: real sockets on 127.0.0.1, no root, no other network.

``live(state)`` brings a real connection into one of the eleven states with ordinary socket
calls, reads both ends' states from the operating system after each call, and closes
everything again. The kernel works while we look, so each reading waits until what must come
has come. There are no packets in such a trace: seeing them would need root.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.trace import End, Ends, Move, Side, Step, Trace

HOST = "127.0.0.1"
PATIENCE = 3.0  # seconds; the kernel needs milliseconds
PROC_STATES = {
    "01": State.ESTABLISHED, "02": State.SYN_SENT, "03": State.SYN_RCVD,
    "04": State.FIN_WAIT_1, "05": State.FIN_WAIT_2, "06": State.TIME_WAIT,
    "07": State.CLOSED, "08": State.CLOSE_WAIT, "09": State.LAST_ACK,
    "0A": State.LISTEN, "0B": State.CLOSING, "0C": State.SYN_RCVD,
}  # fmt: skip
NAMES_ELSEWHERE = {
    "SYN_RECV": State.SYN_RCVD, "FIN_WAIT1": State.FIN_WAIT_1, "FIN_WAIT2": State.FIN_WAIT_2,
    "CLOSE": State.CLOSED,
}  # fmt: skip
LINUX_ONLY = {
    State.SYN_SENT: "a full listen queue is silent only on Linux",
    State.SYN_RCVD: "TCP_DEFER_ACCEPT is Linux's own",
}


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
            f"{sys.platform} shows the states of sockets only to an administrator: "
            "run this chapter on Linux or on Binder."
        ) from None
    table = {}
    for each in connections:
        if each.laddr and each.laddr.ip == HOST:
            name = NAMES_ELSEWHERE.get(each.status)
            state = name if name is not None else State.__members__.get(each.status)
            if state is not None:
                table[each.laddr.port, each.raddr.port if each.raddr else 0] = state
    return table


@dataclass
class _Bench:
    """Two ends on the loopback interface, and the story of what was done to them."""

    stack: ExitStack
    steps: list[Step] = field(default_factory=list)
    began: int = field(default_factory=time.monotonic_ns)
    a_port: int = 0
    b_port: int = 0
    known: Ends = field(default_factory=lambda: Ends(End((State.CLOSED,)), End((State.CLOSED,))))

    def open(self) -> socket.socket:
        """A TCP socket that is closed with the bench, whatever happens."""
        made = self.stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        made.settimeout(PATIENCE)
        return made

    def ends(self) -> Ends:
        table = socket_table()
        a = table.get((self.a_port, self.b_port), State.CLOSED) if self.a_port else State.CLOSED
        b = table.get((self.b_port, self.a_port), table.get((self.b_port, 0), State.CLOSED))
        return Ends(End((a,)), End((b,)))

    def did(self, who: Side, call: str, why: str, a: State | None, b: State | None) -> None:
        """Note a call once both ends have come to the states named (``None``: any)."""
        deadline = time.monotonic() + PATIENCE
        ends = self.ends()
        while (a not in (None, ends.a.state) or b not in (None, ends.b.state)) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.002)
            ends = self.ends()
        elapsed = time.monotonic_ns() - self.began
        move = Move(who, None, why, "")
        self.steps.append(
            Step(len(self.steps), elapsed, who, call, None, (), self.known, ends, (move,))
        )
        self.known = ends

    # --- what most recipes begin with ---------------------------------------------------

    def listen(self, backlog: int = 1, buffer: int | None = None) -> socket.socket:
        server = self.open()
        if buffer is not None:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        server.bind((HOST, 0))
        server.listen(backlog)
        self.b_port = server.getsockname()[1]
        self.did(
            "B",
            "calls socket, bind, listen",
            "A passive OPEN: from now on it waits for a call.",
            None,
            State.LISTEN,
        )
        return server

    def client(self, buffer: int | None = None) -> socket.socket:
        client = self.open()
        if buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.bind((HOST, 0))
        self.a_port = client.getsockname()[1]
        return client

    def connected(self, buffer: int | None = None) -> tuple[socket.socket, socket.socket]:
        server = self.listen(buffer=buffer)
        client = self.client(buffer)
        client.connect((HOST, self.b_port))
        peer = self.stack.enter_context(server.accept()[0])
        peer.settimeout(PATIENCE)
        self.did("A", "calls connect", "The kernels shake hands.",
                 State.ESTABLISHED, State.ESTABLISHED)  # fmt: skip
        return client, peer

    def fill(self, who: Side, sender: socket.socket) -> None:
        """Send until the peer, who does not read, can take no more."""
        sender.setblocking(False)
        quiet = 0
        while quiet < 5:  # the kernel moves data along for a moment
            try:
                sender.send(bytes(65536))
                quiet = 0
            except BlockingIOError:
                quiet += 1
                time.sleep(0.01)
        self.did(who, "sends until the peer's buffer is full", "The window is closed.", None, None)


def _closed(bench: _Bench) -> None:
    client, peer = bench.connected()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    client.close()
    bench.did("A", "aborts", "close() with SO_LINGER 0 sends a RST.", State.CLOSED, None)
    peer.close()
    bench.did("B", "calls close", "Nothing is left of the connection.", State.CLOSED, None)


def _listen(bench: _Bench) -> None:
    bench.listen()


def _syn_sent(bench: _Bench) -> None:
    bench.listen(backlog=0)
    port, bench.b_port = bench.b_port, 0
    for _ in range(3):  # fill the queue of connections that nobody accepts
        filler = bench.open()
        filler.setblocking(False)
        filler.connect_ex((HOST, port))
        time.sleep(0.02)
    bench.b_port = port
    client = bench.client()
    client.setblocking(False)
    client.connect_ex((HOST, port))
    bench.did("A", "calls connect, but the listener's queue is full",
              "The SYN is dropped in silence, so A waits for an answer.",
              State.SYN_SENT, State.LISTEN)  # fmt: skip


def _syn_rcvd(bench: _Bench) -> None:
    server = bench.listen()
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    client = bench.client()
    client.connect((HOST, bench.b_port))
    bench.did("A", "calls connect and stays silent",
              "With TCP_DEFER_ACCEPT B does not count the bare ACK; it waits for data.",
              State.ESTABLISHED, State.SYN_RCVD)  # fmt: skip


def _established(bench: _Bench) -> None:
    bench.connected()


def _fin_wait_1(bench: _Bench) -> None:
    client, _ = bench.connected(buffer=4096)
    bench.fill("A", client)
    client.shutdown(socket.SHUT_WR)
    bench.did("A", "calls shutdown", "The FIN must wait behind data that B does not read.",
              State.FIN_WAIT_1, State.ESTABLISHED)  # fmt: skip


def _fin_wait_2(bench: _Bench) -> None:
    client, _ = bench.connected()
    client.shutdown(socket.SHUT_WR)
    bench.did("A", "calls shutdown", "A's FIN is acknowledged; B has not closed yet.",
              State.FIN_WAIT_2, State.CLOSE_WAIT)  # fmt: skip


def _last_ack(bench: _Bench) -> None:
    client, peer = bench.connected(buffer=4096)
    bench.fill("A", client)
    peer.shutdown(socket.SHUT_WR)
    bench.did("B", "calls shutdown", "B closes its half, but still does not read.",
              State.CLOSE_WAIT, State.FIN_WAIT_2)  # fmt: skip
    client.shutdown(socket.SHUT_WR)
    bench.did("A", "calls shutdown", "A's FIN waits behind its data; its last ACK cannot come.",
              State.LAST_ACK, State.FIN_WAIT_2)  # fmt: skip


def _closing(bench: _Bench) -> None:
    client, peer = bench.connected(buffer=4096)
    bench.fill("A", client)
    bench.fill("B", peer)
    client.shutdown(socket.SHUT_WR)
    peer.shutdown(socket.SHUT_WR)
    bench.did("A", "and B both call shutdown", "Both FINs wait behind data.",
              State.FIN_WAIT_1, State.FIN_WAIT_1)  # fmt: skip
    client.setblocking(True)
    client.settimeout(PATIENCE)
    while client.recv(1 << 16):
        pass
    bench.did("A", "reads everything",
              "B's FIN comes through, and A's own is still not acknowledged.",
              State.CLOSING, None)  # fmt: skip


def _time_wait(bench: _Bench) -> None:
    client, peer = bench.connected()
    client.close()
    bench.did("A", "calls close", "A is the active closer.", State.FIN_WAIT_2, State.CLOSE_WAIT)
    peer.close()
    bench.did("B", "calls close", "B's FIN arrives: A waits 2MSL, B is done.",
              State.TIME_WAIT, None)  # fmt: skip


# struct linger: on, zero seconds; its fields are shorts on Windows
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

RECIPES: dict[State, tuple[str, Callable[[_Bench], None]]] = {
    State.CLOSED: ("A aborts: nothing is left.", _closed),
    State.LISTEN: ("B listens.", _listen),
    State.SYN_SENT: ("A calls a listener whose queue is full.", _syn_sent),
    State.SYN_RCVD: ("B waits for data before it counts the handshake.", _syn_rcvd),
    State.ESTABLISHED: ("A connects, B accepts.", _established),
    State.FIN_WAIT_1: ("A's FIN is stuck behind data.", _fin_wait_1),
    State.FIN_WAIT_2: ("A closes, B does not.", _fin_wait_2),
    State.CLOSE_WAIT: ("A closes, B's program does not.", _fin_wait_2),
    State.LAST_ACK: ("A closes second, and its FIN is stuck behind data.", _last_ack),
    State.CLOSING: ("Both close with their FINs stuck; A reads, B does not.", _closing),
    State.TIME_WAIT: ("A closes first, then B.", _time_wait),
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
            f"There is no state {state!r}: the states are {', '.join(State.__members__)}."
        ) from None
    if wanted in LINUX_ONLY and not sys.platform.startswith("linux"):
        raise TcpCourseError(f"{wanted} cannot be shown here: {LINUX_ONLY[wanted]}.")
    about, recipe = RECIPES[wanted]
    with ExitStack() as stack:
        bench = _Bench(stack)
        recipe(bench)
        hosts = {"A": f"{HOST}:{bench.a_port}", "B": f"{HOST}:{bench.b_port}"}
        steps = tuple(bench.steps)
    remark = f"{about} States as this machine's kernel showed them; no packets were captured."
    return Trace(steps, (), "live", f"{wanted} on this machine", hosts, (remark,))
