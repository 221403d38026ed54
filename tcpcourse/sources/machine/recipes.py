"""How an ordinary program brings a real connection into each of the eleven states."""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from tcpcourse.core.states import State
from tcpcourse.sources.machine.socket_table import HOST, socket_table
from tcpcourse.trace import End, Ends, Move, Side, Step
from tcpcourse.words import message

PATIENCE = 3.0  # seconds; the kernel needs milliseconds


@dataclass
class Bench:
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
        """Both ends' states as the system tells them now."""
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
        """B listens; ``backlog`` calls may wait, ``buffer`` is its receive buffer in bytes."""
        server = self.open()
        if buffer is not None:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        server.bind((HOST, 0))
        server.listen(backlog)
        self.b_port = server.getsockname()[1]
        self.did(
            "B",
            message("calls socket, bind, listen"),
            message("A passive OPEN: from now on it waits for a call."),
            None,
            State.LISTEN,
        )
        return server

    def client(self, buffer: int | None = None) -> socket.socket:
        """A's socket, which has its port already."""
        client = self.open()
        if buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.bind((HOST, 0))
        self.a_port = client.getsockname()[1]
        return client

    def connected(self, buffer: int | None = None) -> tuple[socket.socket, socket.socket]:
        """A and B with an open connection between them."""
        server = self.listen(buffer=buffer)
        client = self.client(buffer)
        client.connect((HOST, self.b_port))
        peer = self.stack.enter_context(server.accept()[0])
        peer.settimeout(PATIENCE)
        self.did(
            "A",
            message("calls connect"),
            message("The kernels shake hands."),
            State.ESTABLISHED,
            State.ESTABLISHED,
        )
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
        self.did(
            who,
            message("sends until the peer's buffer is full"),
            message("The window is closed."),
            None,
            None,
        )


def _closed(bench: Bench) -> None:
    client, peer = bench.connected()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    client.close()
    bench.did(
        "A", message("aborts"), message("close() with SO_LINGER 0 sends a RST."), State.CLOSED, None
    )
    peer.close()
    bench.did(
        "B",
        message("calls close"),
        message("Nothing is left of the connection."),
        State.CLOSED,
        None,
    )


def _listen(bench: Bench) -> None:
    bench.listen()


def _syn_sent(bench: Bench) -> None:
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
    bench.did(
        "A",
        message("calls connect, but the listener's queue is full"),
        message("The SYN is dropped in silence, so A waits for an answer."),
        State.SYN_SENT,
        State.LISTEN,
    )


def _syn_rcvd(bench: Bench) -> None:
    server = bench.listen()
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    client = bench.client()
    client.connect((HOST, bench.b_port))
    bench.did(
        "A",
        message("calls connect and stays silent"),
        message("With TCP_DEFER_ACCEPT B does not count the bare ACK; it waits for data."),
        State.ESTABLISHED,
        State.SYN_RCVD,
    )


def _established(bench: Bench) -> None:
    bench.connected()


def _fin_wait_1(bench: Bench) -> None:
    client, _ = bench.connected(buffer=4096)
    bench.fill("A", client)
    client.shutdown(socket.SHUT_WR)
    bench.did(
        "A",
        message("calls shutdown"),
        message("The FIN must wait behind data that B does not read."),
        State.FIN_WAIT_1,
        State.ESTABLISHED,
    )


def _fin_wait_2(bench: Bench) -> None:
    client, _ = bench.connected()
    client.shutdown(socket.SHUT_WR)
    bench.did(
        "A",
        message("calls shutdown"),
        message("A's FIN is acknowledged; B has not closed yet."),
        State.FIN_WAIT_2,
        State.CLOSE_WAIT,
    )


def _last_ack(bench: Bench) -> None:
    client, peer = bench.connected(buffer=4096)
    bench.fill("A", client)
    peer.shutdown(socket.SHUT_WR)
    bench.did(
        "B",
        message("calls shutdown"),
        message("B closes its half, but still does not read."),
        State.CLOSE_WAIT,
        State.FIN_WAIT_2,
    )
    client.shutdown(socket.SHUT_WR)
    bench.did(
        "A",
        message("calls shutdown"),
        message("A's FIN waits behind its data; its last ACK cannot come."),
        State.LAST_ACK,
        State.FIN_WAIT_2,
    )


def _closing(bench: Bench) -> None:
    client, peer = bench.connected(buffer=4096)
    bench.fill("A", client)
    bench.fill("B", peer)
    client.shutdown(socket.SHUT_WR)
    peer.shutdown(socket.SHUT_WR)
    bench.did(
        "A",
        message("and B both call shutdown"),
        message("Both FINs wait behind data."),
        State.FIN_WAIT_1,
        State.FIN_WAIT_1,
    )
    client.setblocking(True)
    client.settimeout(PATIENCE)
    while client.recv(1 << 16):
        pass
    bench.did(
        "A",
        message("reads everything"),
        message("B's FIN comes through, and A's own is still not acknowledged."),
        State.CLOSING,
        None,
    )


def _time_wait(bench: Bench) -> None:
    client, peer = bench.connected()
    client.close()
    bench.did(
        "A",
        message("calls close"),
        message("A is the active closer."),
        State.FIN_WAIT_2,
        State.CLOSE_WAIT,
    )
    peer.close()
    bench.did(
        "B",
        message("calls close"),
        message("B's FIN arrives: A waits 2MSL, B is done."),
        State.TIME_WAIT,
        None,
    )


# struct linger: on, zero seconds; its fields are shorts on Windows
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

RECIPES: dict[State, tuple[str, Callable[[Bench], None]]] = {
    State.CLOSED: (message("A aborts: nothing is left."), _closed),
    State.LISTEN: (message("B listens."), _listen),
    State.SYN_SENT: (message("A calls a listener whose queue is full."), _syn_sent),
    State.SYN_RCVD: (message("B waits for data before it counts the handshake."), _syn_rcvd),
    State.ESTABLISHED: (message("A connects, B accepts."), _established),
    State.FIN_WAIT_1: (message("A's FIN is stuck behind data."), _fin_wait_1),
    State.FIN_WAIT_2: (message("A closes, B does not."), _fin_wait_2),
    State.CLOSE_WAIT: (message("A closes, B's program does not."), _fin_wait_2),
    State.LAST_ACK: (message("A closes second, and its FIN is stuck behind data."), _last_ack),
    State.CLOSING: (message("Both close with their FINs stuck; A reads, B does not."), _closing),
    State.TIME_WAIT: (message("A closes first, then B."), _time_wait),
}
