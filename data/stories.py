"""The stories that are recorded: what both applications do, and what the wire does.

A is always the host with the port 50000; it opens actively. B is the server on port
80. Every story starts on two new hosts. Standard library only.
"""

from collections.abc import Callable
from contextlib import closing
from socket import socket

from bridge import Bridge, Packet
from hosts import A_IP, B_IP, Host

A_PORT, B_PORT = 50000, 80

Story = Callable[["Lab"], None]


class Lab:
    """Two new hosts, the bridge between them, and what most stories begin with."""

    def __init__(self, *, ethernet: bool = False) -> None:
        self.a = Host("A", A_IP, B_IP, ethernet=ethernet)
        self.b = Host("B", B_IP, A_IP, ethernet=ethernet)
        self.wire = Bridge(self.a, self.b, A_PORT, B_PORT, ethernet=ethernet)

    def states_are(self, a: str, b: str) -> Callable[[], bool]:
        """A condition for ``run``: both kernels say these states."""
        return lambda: self.wire.states() == (a, b)

    def open(self, receive_buffer: int = 0) -> tuple[socket, socket]:
        """A three-way handshake; the sockets of A and of B."""
        with closing(self.b.listen(B_PORT, receive_buffer=receive_buffer)) as listener:
            client = self.a.connect(A_PORT, B_PORT)
            self.wire.run()
            server, _ = listener.accept()
        server.setblocking(False)
        return client, server

    def close(self) -> None:
        """Give both hosts back to the kernel."""
        self.a.close()
        self.b.close()


def has(flags: str, sender: str = "AB") -> Callable[[Packet], bool]:
    """Packets of ``sender`` with exactly these flags, in the order F S R P A."""
    return lambda packet: packet.flags == flags and packet.sender in sender


def data_from(sender: str) -> Callable[[Packet], bool]:
    """Packets of ``sender`` that carry data."""
    return lambda packet: packet.payload > 0 and packet.sender == sender


def pattern(size: int) -> bytes:
    """``size`` bytes of data for the wire: numbered lines, easy to recognise."""
    lines = b"".join(b"line %06d\n" % number for number in range(size // 12 + 1))
    return lines[:size]


def http_get(lab: Lab) -> None:
    """A asks B for a page, B sends it and closes first, as a server of HTTP/1.0 does."""
    client, server = lab.open()
    client.sendall(
        b"GET /lines.txt HTTP/1.1\r\nHost: www.example.org\r\n"
        b"User-Agent: tcpcourse\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
    lab.wire.run()
    server.recv(65536)
    body = pattern(9600)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    server.sendall(head.encode("ascii") + body)
    lab.wire.run()
    client.recv(65536)
    server.close()
    lab.wire.run()
    client.close()
    lab.wire.run()


STORIES: dict[str, Story] = {
    "http-get": http_get,
}
