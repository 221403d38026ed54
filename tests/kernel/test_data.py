"""Data with the kernel: a page from a web server, windows that close, delayed ACKs."""

from __future__ import annotations

import contextlib
import http.server
import random
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .carrier import carry
from .lab import PATIENCE, Lab
from .tun import KERNEL_HOST, Network

PAGE = random.Random(9293).randbytes(100_000)
REQUEST = b"GET /page.bin HTTP/1.0\r\nHost: kernel\r\n\r\n"
WRAPPING = 2**32 - 20  # our numbers pass zero in the middle of the request


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Python's own server of files, without its log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection, none of which outlives a test that failed."""

    daemon_threads, block_on_close = True, False


@pytest.fixture
def web(net: Network, tmp_path: Path) -> Iterator[int]:
    """The port of a web server at the kernel."""
    (tmp_path / "page.bin").write_bytes(PAGE)
    port = net.port()
    with net.inside():
        server = Server((KERNEL_HOST, port), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("settings", "seed"),
    [
        ({}, None),
        ({"wscale": 7, "sack_permitted": True, "window": 1_000_000}, None),
        ({"window": 3000, "mss": 536}, None),
        ({"iss": WRAPPING}, None),
        ({"iss": WRAPPING}, 1),
        ({"wscale": 2, "sack_permitted": True}, 2),
    ],
    ids=["plain", "scaled", "small", "wrapping", "losses", "losses scaled"],
)
def test_http_get(
    make_lab: Callable[..., Lab], web: int, settings: dict[str, Any], seed: int | None
) -> None:
    """We fetch a page; the server closes first, and what we got is the page, byte for byte."""
    lab = make_lab(**settings)
    lab.kernel_port = web
    wire = None if seed is None else random.Random(seed)
    lab.we("open_active")
    carry(lab, lambda: str(lab.us.state) == "ESTABLISHED", wire)
    lab.we("send", REQUEST)
    carry(lab, lambda: str(lab.us.state) == "CLOSE_WAIT", wire)
    head, _, body = lab.got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"Content-Length: 100000\r\n" in head + b"\r\n"
    assert body == PAGE
    carry(lab, lambda: lab.kernel_state == "FIN_WAIT_2", wire)
    lab.we("close")
    carry(lab, lambda: str(lab.us.state) == "CLOSED", wire)
    lab.states("CLOSED", "TIME_WAIT")


def test_the_kernels_window_closes_and_our_fin_waits_behind_the_data(lab: Lab) -> None:
    data = random.Random(1).randbytes(300_000)
    lab.establish()
    lab.we("send", data)
    carry(lab, lambda: lab.us.tcb.snd_wnd == 0 and not lab.us.tcb.in_flight)
    lab.we("close")
    assert not lab.ours
    lab.states("FIN_WAIT_1", "ESTABLISHED")
    for _ in range(2):  # the kernel answers our probe, and does not take its byte
        una = lab.us.tcb.snd_una
        lab.we("tick", "zero-window-probe")
        carry(lab, lambda: not lab.us.tcb.probing)
        assert lab.us.tcb.snd_wnd == 0 and lab.us.tcb.snd_una == una
        lab.states("FIN_WAIT_1", "ESTABLISHED")

    def all_read() -> bool:
        with contextlib.suppress(BlockingIOError):
            lab.kernel_got += lab.sock.recv(65536)
        return len(lab.kernel_got) == len(data) and lab.kernel_state == "CLOSE_WAIT"

    carry(lab, all_read)
    assert lab.kernel_got == data
    carry(lab, lambda: str(lab.us.state) == "FIN_WAIT_2")


def test_our_window_closes_and_the_kernels_fin_waits_behind_the_data(
    make_lab: Callable[..., Lab],
) -> None:
    lab = make_lab(window=2000).establish()
    data = random.Random(2).randbytes(5000)
    assert lab.sock.send(data) == 5000
    lab.sock.shutdown(socket.SHUT_WR)
    carry(lab, lambda: lab.us.tcb.rcv_wnd == 0, reading=False)
    lab.states("ESTABLISHED", "FIN_WAIT_1")
    lab.theirs.clear()
    lab.listen_for_kernel(PATIENCE, again=True)  # the kernel's timer: it asks for our window
    (said,) = lab.to_us().emitted
    assert said.window == 0 and str(said.flags) == "A"
    lab.states("ESTABLISHED", "FIN_WAIT_1")
    lab.we("receive")
    carry(lab, lambda: str(lab.us.state) == "CLOSE_WAIT")
    assert lab.got == data
    lab.states("CLOSE_WAIT", "FIN_WAIT_2")


def test_the_kernel_may_wait_before_it_acknowledges(lab: Lab) -> None:
    """Not half a second or longer (§3.8.6.3, MUST-40): so a missing ACK may still come.

    On a machine with other work we hear it late, so that the shortest of some waits counts.
    """
    lab.establish()
    waits = [PATIENCE]
    while min(waits) >= 0.5 and len(waits) < 10:
        lab.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        lab.we("send", b"hello")
        before = time.monotonic()
        lab.net.send(lab.ours.popleft(), lab.our_port, lab.kernel_port)
        lab.listen_for_kernel(PATIENCE)
        waits.append(time.monotonic() - before)
        lab.to_us()
        assert lab.us.tcb.in_flight == 0
    assert min(waits) < 0.5


def test_the_kernel_keeps_what_comes_too_early(lab: Lab) -> None:
    lab.establish("kernel")
    for each in (b"one ", b"two ", b"three ", b"four"):
        lab.we("send", each)
    for at in (2, 1, 1, 0):  # three, two, four, one
        lab.to_kernel(at=at)
    lab.kernel("receive")
    assert lab.kernel_got == b"one two three four"
    lab.settle()
    lab.states("ESTABLISHED", "ESTABLISHED")


def test_we_keep_what_comes_too_early_and_take_nothing_twice(lab: Lab) -> None:
    lab.establish("we")
    for each in (b"one ", b"two ", b"three"):
        lab.kernel("send", each)
    for at in (2, 1, 0):  # a third ACK of the same number would make the kernel send again
        lab.to_us(at=at, keep=True)
    assert lab.we("receive").delivered == b"one two three"
    lab.settle()
    lab.states("ESTABLISHED", "ESTABLISHED")
    assert len(lab.us.tcb.rcvq) == 0
