"""Two new hosts and the bridge between them, and what most stories begin with.

A is always the host with the port 50000; B is the server on port 80. Standard library
only.
"""

import time
from collections.abc import Callable
from socket import MSG_PEEK, socket

from bridge import Bridge, Packet
from hosts import A_IP, B_IP, Host

A_PORT, B_PORT = 50000, 80

Condition = Callable[[], bool]


class Lab:
    """Where one story is played. Needs root."""

    def __init__(self, *, ethernet: bool = False) -> None:
        self.a = Host("A", A_IP, B_IP, ethernet=ethernet)
        self.b = Host("B", B_IP, A_IP, ethernet=ethernet)
        self.wire = Bridge(self.a, self.b, A_PORT, B_PORT, ethernet=ethernet)

    def listen(self, receive_buffer: int = 0) -> socket:
        """B waits for callers; ``receive_buffer`` in bytes, 0 for the kernel's choice."""
        return self.b.listen(B_PORT, receive_buffer=receive_buffer)

    def call(self, listener: socket, isn: int | None = None) -> tuple[socket, socket]:
        """A opens a connection; back come A's socket and B's, both ESTABLISHED.

        ``isn`` is the number of A's SYN; the kernel chooses without it.
        """
        client = self.a.connect(A_PORT, B_PORT, isn)
        self.wire.run(self.states_are("ESTABLISHED", "ESTABLISHED"))
        self.wire.run()
        return client, self.b.accept(listener)

    def open(self, isn: int | None = None) -> tuple[socket, socket]:
        """A three-way handshake, after which B listens no more."""
        listener = self.listen()
        sockets = self.call(listener, isn)
        listener.close()
        return sockets

    def states_are(self, a: str, b: str) -> Condition:
        """A condition for ``run``: the two kernels say these states."""
        return lambda: self.wire.states() == (a, b)

    def close(self) -> None:
        """Give both hosts back to the kernel."""
        self.a.close()
        self.b.close()


def holds(sock: socket, size: int) -> Condition:
    """A condition for ``run``: ``size`` bytes in order wait to be read from ``sock``."""

    def enough() -> bool:
        try:
            return len(sock.recv(size, MSG_PEEK)) >= size
        except BlockingIOError:
            return False

    return enough


def after(seconds: float) -> Condition:
    """A condition for ``run``: so much time has gone by since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def has(flags: str, sender: str) -> Callable[[Packet], bool]:
    """Packets of ``sender`` with exactly these flags (order F S R P A) and no data."""
    return lambda packet: (packet.flags, packet.sender, packet.payload) == (flags, sender, 0)


def data_from(sender: str) -> Callable[[Packet], bool]:
    """Packets of ``sender`` that carry data."""
    return lambda packet: packet.payload > 0 and packet.sender == sender


def pattern(size: int) -> bytes:
    """``size`` bytes of data for the wire: numbered lines, easy to recognise."""
    lines = b"".join(b"line %06d\n" % number for number in range(size // 12 + 1))
    return lines[:size]
