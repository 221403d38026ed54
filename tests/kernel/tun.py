"""A network namespace of its own with one TUN device in it: the wire to the kernel's TCP.

What we write to the device arrives at the kernel as if it came from ``OUR_HOST``; what the
kernel sends to that address can be read from the device. The namespace has no name. It holds
no other device, and is gone as soon as its last file is closed, however the test ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import itertools
import os
import select
import socket
import struct
import time
from collections.abc import Iterator

from tcpcourse.core.options import Options
from tcpcourse.core.segment import Flags, Segment

OUR_HOST, KERNEL_HOST = "10.99.0.2", "10.99.0.1"
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
IFF_UP, IFF_RUNNING = 0x1, 0x40
DEVICE = b"tcp0"
NO_OPERATION, MSS, WSCALE, SACK_PERMITTED, SACK, TIMESTAMP = 1, 2, 3, 4, 5, 8

PROC_STATES = {
    "01": "ESTABLISHED", "02": "SYN_SENT", "03": "SYN_RCVD", "04": "FIN_WAIT_1",
    "05": "FIN_WAIT_2", "06": "TIME_WAIT", "07": "CLOSED", "08": "CLOSE_WAIT",
    "09": "LAST_ACK", "0A": "LISTEN", "0B": "CLOSING", "0C": "SYN_RCVD",
}  # fmt: skip
# Linux answers at most two stray segments a second for each connection, and would be silent
# where RFC 9293 has it answer; 0 takes the limit away. With 0 tail loss probes are off. No
# connection is to remember what one before it learnt about the wire, and none is to be without
# its TIME_WAIT because there are too many.
SYSCTLS = {
    "tcp_invalid_ratelimit": "0", "tcp_early_retrans": "0", "tcp_no_metrics_save": "1",
    "tcp_max_tw_buckets": "100000",
}  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071); 0 over data that holds its own right checksum."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _encode_options(options: Options) -> bytes:
    out = b""
    if options.mss is not None:
        out += struct.pack(">BBH", MSS, 4, options.mss)
    if options.sack_permitted:
        out += struct.pack(">BB", SACK_PERMITTED, 2)
    if options.timestamp is not None:
        out += struct.pack(">BBII", TIMESTAMP, 10, *options.timestamp)
    if options.wscale is not None:
        out += struct.pack(">BBB", WSCALE, 3, options.wscale)
    if options.sack:
        edges = [edge for block in options.sack for edge in block]
        out += struct.pack(f">BB{len(edges)}I", SACK, 2 + 4 * len(edges), *edges)
    return out + bytes([NO_OPERATION] * (-len(out) % 4))


def _decode_options(data: bytes) -> Options:
    found: dict[str, object] = {}
    while data and data[0] != 0:
        if data[0] == NO_OPERATION:
            data = data[1:]
            continue
        kind, size = data[:2]
        body, data = data[2:size], data[size:]
        if kind == MSS:
            (found["mss"],) = struct.unpack(">H", body)
        elif kind == WSCALE:
            (found["wscale"],) = body
        elif kind == SACK_PERMITTED:
            found["sack_permitted"] = True
        elif kind == SACK:
            found["sack"] = tuple(struct.iter_unpack(">II", body))
        elif kind == TIMESTAMP:
            found["timestamp"] = struct.unpack(">II", body)
    return Options(**found)  # type: ignore[arg-type]


def encode(segment: Segment, source: tuple[str, int], target: tuple[str, int]) -> bytes:
    """The segment as an IPv4 packet from one (address, port) to another."""
    options = _encode_options(segment.options)
    ack = 0 if segment.ack is None else int(segment.ack)
    bits = (5 + len(options) // 4) << 12 | int(segment.flags)
    fields = (source[1], target[1], int(segment.seq), ack, bits, segment.window)
    addresses = socket.inet_aton(source[0]) + socket.inet_aton(target[0])
    rest = options + segment.data
    pseudo = addresses + struct.pack(">HH", socket.IPPROTO_TCP, 20 + len(rest))
    tail = struct.pack(">HH", 0, segment.urgent) + rest
    total = checksum(pseudo + struct.pack(">HHIIHH", *fields) + tail)
    tcp = struct.pack(">HHIIHHHH", *fields, total, segment.urgent) + rest

    def header(total: int) -> bytes:
        front = (0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, total)
        return struct.pack(">BBHHHBBH", *front) + addresses

    return header(checksum(header(0))) + tcp


def decode(packet: bytes) -> tuple[int, int, Segment] | None:
    """(source port, target port, segment) of an IPv4 packet; ``None`` if it holds no TCP."""
    if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
        return None
    start = 4 * (packet[0] & 15)
    (length,) = struct.unpack_from(">H", packet, 2)
    assert checksum(packet[:start]) == 0, "the kernel's IPv4 checksum is wrong, as we reckon it"
    tcp = packet[start:length]
    pseudo = packet[12:20] + struct.pack(">HH", socket.IPPROTO_TCP, len(tcp))
    assert checksum(pseudo + tcp) == 0, "the kernel's TCP checksum is wrong, as we reckon it"
    source, target, seq, ack, bits, window, _, urgent = struct.unpack_from(">HHIIHHHH", tcp)
    flags, end = Flags(bits & 0x1FF), 4 * (bits >> 12)
    number = ack if flags & Flags.ACK else None
    options = _decode_options(tcp[20:end])
    return source, target, Segment(seq, number, flags, window, tcp[end:], options, urgent)


class Network:
    """The namespace and its device. Use it with ``with``; that closes both.

    Keywords are further sysctls of TCP; those that this kernel does not know are left out.
    """

    def __init__(self, **sysctls: int) -> None:
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        files = [home]
        try:
            _checked(_libc.unshare(CLONE_NEWNET))
            try:
                _make_small_tables()
                files.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
                files.append(os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
                _bring_up(files[-1])
                for name, value in sysctls.items():
                    with contextlib.suppress(FileNotFoundError):
                        _write_sysctl(name, str(value))
                # an open file of a namespace goes on telling about that namespace
                files.append(os.open("/proc/thread-self/net/tcp", os.O_RDONLY | os.O_CLOEXEC))
            finally:
                _checked(_libc.setns(home, CLONE_NEWNET))
        except BaseException:
            for file in files:
                os.close(file)
            raise
        self._home, self._inside, self._tun, self._table = files
        self._ports = itertools.count(1024)

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._table, self._tun, self._inside, self._home):
            os.close(file)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets and processes made here belong to the namespace for all their life."""
        _checked(_libc.setns(self._inside, CLONE_NEWNET))
        try:
            yield
        finally:
            _checked(_libc.setns(self._home, CLONE_NEWNET))

    def socket(self) -> socket.socket:
        """A TCP socket of the kernel's, in the namespace; its calls do not wait."""
        with self.inside():
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return made

    def port(self) -> int:
        """A port that nobody had before."""
        return next(self._ports)

    def send(self, segment: Segment, our_port: int, kernel_port: int) -> None:
        """Let a segment arrive at the kernel, which works through it before this returns."""
        os.write(self._tun, encode(segment, (OUR_HOST, our_port), (KERNEL_HOST, kernel_port)))

    def receive(self, wait: float) -> tuple[int, int, Segment] | None:
        """The next (kernel port, our port, segment) within ``wait`` seconds, or ``None``."""
        deadline = time.monotonic() + wait
        while True:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._tun], [], [], left)[0]:
                return None
            found = decode(os.read(self._tun, 65536))
            if found is not None:
                return found

    def states(self) -> dict[tuple[int, int], str]:
        """(kernel's port, peer's port) → state, from the kernel's table; a listener's peer is 0."""
        os.lseek(self._table, 0, os.SEEK_SET)
        text = b""
        while part := os.read(self._table, 65536):
            text += part
        table = {}
        for line in text.decode("ascii").splitlines()[1:]:
            _, local, remote, state, *_ = line.split()
            ports = tuple(int(each.partition(":")[2], 16) for each in (local, remote))
            table[ports] = PROC_STATES[state]
        return table  # type: ignore[return-value]


def _make_small_tables() -> None:
    """From a namespace into a child of it whose table of sockets is read twenty times faster."""
    with contextlib.suppress(FileNotFoundError):  # before Linux 6.1 all share one large table
        _write_sysctl("tcp_child_ehash_entries", "256")
        _checked(_libc.unshare(CLONE_NEWNET))


def _write_sysctl(name: str, value: str) -> None:
    with open(f"/proc/sys/net/ipv4/{name}", "w", encoding="ascii") as file:
        file.write(value)


def _bring_up(tun: int) -> None:
    """Make the device, give it the kernel's address, and switch the sysctls."""
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", DEVICE, IFF_TUN | IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, address in ((SIOCSIFADDR, KERNEL_HOST), (SIOCSIFNETMASK, "255.255.255.0")):
            where = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(control, request, struct.pack("16s16s8x", DEVICE, where))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", DEVICE, IFF_UP | IFF_RUNNING))
    for name, value in SYSCTLS.items():
        _write_sysctl(name, value)


def why_not() -> str | None:
    """Why this machine cannot run these tests, or ``None`` when it can."""
    try:
        with Network():
            return None
    except (OSError, AttributeError) as error:
        return f"a network namespace with a TUN device needs Linux, root and /dev/net/tun: {error}"
