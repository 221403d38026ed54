"""Two hosts on one machine: network namespaces, each with a TUN or TAP device.

A namespace has its own interfaces, routes, ports and TCP connections, so one Linux
machine can be both ends of a real connection. A socket belongs for ever to the
namespace in which it was created; afterwards any code may use it. That keeps the whole
experiment in one thread, where nothing moves unless the story moves it.

The namespaces have no name. They disappear, with all that is in them, when the last
file descriptor that holds them is closed. Needs root. Standard library only.
"""

import ctypes
import errno
import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000  # <sched.h>
TUNSETIFF = 0x400454CA  # <linux/if_tun.h>
IFF_TUN, IFF_TAP, IFF_NO_PI = 0x0001, 0x0002, 0x1000
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21  # <linux/tcp.h>
TCP_SEND_QUEUE = 2

A_IP, B_IP = "192.0.2.1", "198.51.100.1"  # RFC 5737: kept for documentation
MACS = {A_IP: "00:00:5e:00:53:0a", B_IP: "00:00:5e:00:53:0b"}  # RFC 7042 §2.1.2

# The numbers of the Linux kernel (include/net/tcp_states.h), with RFC 9293's names.
# 3 and 12 are the same state: a whole socket, and one the kernel keeps as a request.
LINUX_STATES = {
    1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RCVD", 4: "FIN_WAIT_1", 5: "FIN_WAIT_2",
    6: "TIME_WAIT", 7: "CLOSED", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN",
    11: "CLOSING", 12: "SYN_RCVD",
}  # fmt: skip

# The same for every recording. Tail loss probes are off, so that a lost last segment
# comes back by the timer of RFC 6298; addresses of version 6 are off to keep silence.
SETTINGS = {
    "net/ipv4/tcp_early_retrans": "0",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    """Turn a failed C call into the OSError it means."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Host:
    """One end of the wire: a namespace, its address, and the device to the bridge."""

    def __init__(self, name: str, address: str, peer: str, *, ethernet: bool = False) -> None:
        self.name = name
        self.address = address
        self.peer = peer
        self._sockets: list[socket.socket] = []  # Python closes a socket nobody holds
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            # A namespace gets its parent's wish for the size of the table of connections.
            # /proc/net/tcp walks all of it, so a small one is read in microseconds.
            _check(_libc.unshare(CLONE_NEWNET))
            Path("/proc/sys/net/ipv4/tcp_child_ehash_entries").write_text("64")
            _check(_libc.unshare(CLONE_NEWNET))
            self._namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            try:
                self._set_up(ethernet)
            finally:
                _check(_libc.setns(home, CLONE_NEWNET))
        finally:
            os.close(home)

    def _set_up(self, ethernet: bool) -> None:
        """Open the device and give it its address. Runs inside the namespace."""
        self.wire = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        kind = IFF_TAP if ethernet else IFF_TUN
        fcntl.ioctl(self.wire, TUNSETIFF, struct.pack("16sH22x", b"wire", kind | IFF_NO_PI))
        for name, value in SETTINGS.items():
            Path("/proc/sys", name).write_text(value)
        commands = [f"addr add {self.address} peer {self.peer} dev wire"]
        if ethernet:  # no address resolution: both ends are told the other's address
            commands.append(f"link set wire address {MACS[self.address]}")
            commands.append(f"neigh add {self.peer} lladdr {MACS[self.peer]} dev wire")
        commands += ["link set wire mtu 1500 up", "link set lo up"]
        for command in commands:
            subprocess.run(["ip", *command.split()], check=True)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Run the body of the ``with`` statement in this host's namespace."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _check(_libc.setns(self._namespace, CLONE_NEWNET))
            try:
                yield
            finally:
                _check(_libc.setns(home, CLONE_NEWNET))
        finally:
            os.close(home)

    def bound(self, port: int = 0, *, receive_buffer: int = 0) -> socket.socket:
        """A TCP socket of this host that never blocks, bound to ``port``.

        ``receive_buffer`` in bytes is asked of the kernel if it is not 0.
        """
        with self.inside():
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._sockets.append(sock)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.bind((self.address, port))
        return sock

    def listen(self, port: int, *, receive_buffer: int = 0) -> socket.socket:
        """OPEN passive (RFC 9293 §3.10.1): a listening socket on ``port``."""
        sock = self.bound(port, receive_buffer=receive_buffer)
        sock.listen(8)
        return sock

    def connect(self, port: int, to_port: int, isn: int | None = None) -> socket.socket:
        """OPEN active from ``port`` to the peer's ``to_port``; does not wait for it.

        ``isn`` (1 to 2**32 - 1) is the number of the SYN; the kernel chooses without it.
        """
        sock = self.bound(port)
        if isn is not None:  # socket repair lets root set what the kernel would choose
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE)
            sock.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, struct.pack("I", isn))
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 0)
        problem = sock.connect_ex((self.peer, to_port))
        if problem not in (0, errno.EINPROGRESS):
            raise OSError(problem, os.strerror(problem))
        return sock

    def accept(self, listener: socket.socket) -> socket.socket:
        """The first connection that waits at ``listener``; it never blocks either."""
        sock, _ = listener.accept()
        self._sockets.append(sock)
        sock.setblocking(False)
        return sock

    def state(self, port: int, peer_port: int) -> str:
        """This kernel's own state of the connection, in RFC 9293's names.

        LISTEN if no socket has this pair of ends but one waits for callers on
        ``port``; CLOSED if there is none at all.
        """
        with self.inside():
            rows = Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]
        mine = f"{_hex_address(self.address)}:{port:04X}"
        other = f"{_hex_address(self.peer)}:{peer_port:04X}"
        found = {}
        for row in rows:
            _, local, remote, number = row.split()[:4]
            if local == mine:
                found[remote] = LINUX_STATES[int(number, 16)]
        return found.get(other) or found.get("00000000:0000") or "CLOSED"

    def close(self) -> None:
        """Close every socket and leave the namespace to the kernel, which removes it."""
        for sock in self._sockets:
            sock.close()
        os.close(self.wire)
        os.close(self._namespace)


def forget(sock: socket.socket) -> None:
    """Take a connection from its kernel without a word on the wire.

    What a crash does to a host: socket repair (``TCP_REPAIR``) closes in silence.
    """
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.close()


def reset_on_close(sock: socket.socket) -> None:
    """ABORT (RFC 9293 §3.10.5): throw everything away and send a RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def delay_acks(sock: socket.socket) -> None:
    """Let the kernel wait 40 ms or more (200 at most) before a bare ACK, as in a dialogue."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)


def _hex_address(address: str) -> str:
    """An IPv4 address as /proc/net/tcp writes it on this machine."""
    return f"{struct.unpack('=I', socket.inet_aton(address))[0]:08X}"
