"""Our endpoint on one side of the wire, the kernel on the other, and a model beside the kernel.

Nothing crosses the wire by itself: a story says what is called and what arrives, one event
after the other. The *model* is a second ``Endpoint``. It gets the same calls and the same
segments as the kernel, and after each event both must be in the same state and have said the
same. So the kernel judges our endpoint in both roles: as its peer, and as itself.

Segments are written with numbers that begin at each side's SYN: ``SA 0:0(0) ack 1``. PSH,
windows and options are left out, for these are each side's own choice. How an end looks after
an event is its *view*, as text: its state and all that it said, ``CLOSE_WAIT: A 1:1(0) ack 2``.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.reaction import Reaction
from tcpcourse.core.segment import Flags, Segment
from tcpcourse.core.seq import SeqNumber

from .notation import line, numbered, view, with_numbers
from .tun import KERNEL_HOST, OUR_HOST, Network

OUR_ISS, MODEL_ISS = 100, 300
# In seconds. The kernel needs microseconds, a delayed ACK 40 ms, its RTO 200 ms; the rest is for
# a machine that has other work. Only what never comes takes so long.
PATIENCE = 20.0
GLANCE = 0.002


class Lab:
    """One story. ``ours`` and ``theirs`` are the segments on the wire, not arrived yet."""

    def __init__(self, net: Network, **settings: Any) -> None:
        self.net, self.our_port, self.kernel_port = net, net.port(), net.port()
        self.us = Endpoint(**{"iss": OUR_ISS, "window": 64240, **settings})
        self.model = Endpoint(iss=MODEL_ISS, window=64240)
        self.our_iss = self.us.tcb.iss
        self.kernel_iss = self.model_iss = self.model.tcb.iss
        self.ours: deque[Segment] = deque()
        self.theirs: deque[Segment] = deque()
        self.got, self.kernel_got = b"", b""
        self.signals: list[str] = []
        self.story: list[str] = []
        self.history: list[Segment] = []  # all that the kernel said
        self._heard: set[tuple[Flags, SeqNumber, int]] = set()
        self._said: list[str] = []
        self.model_view = view("CLOSED", [])
        self._expected: tuple[str, ...] = ()  # of the kernel; if empty, the model's view
        self._listener: socket.socket | None = None
        self._socket: socket.socket | None = None

    # --- what both sides look like ------------------------------------------------------------

    @property
    def sock(self) -> socket.socket:
        """The kernel's socket of this connection."""
        assert self._socket is not None, "the kernel has no socket yet"
        return self._socket

    @property
    def kernel_state(self) -> str:
        """The state in the kernel's table; without a connection that of its listener."""
        table = self.net.states()
        listening = table.get((self.kernel_port, 0), "CLOSED")
        return table.get((self.kernel_port, self.our_port), listening)

    def fail(self, what: str) -> None:
        """End the test with the story so far, and what is wrong now."""
        raise AssertionError("\n".join([*self.story, what]))

    def states(self, ours: str, kernels: str) -> None:
        """Both states as a reader of RFC 9293 expects them; typed by hand in the tests."""
        deadline = time.monotonic() + PATIENCE
        while self.kernel_state != kernels and time.monotonic() < deadline:
            time.sleep(GLANCE)
        seen = (str(self.us.state), self.kernel_state)
        if seen != (ours, kernels):
            self.fail(f"should be (we, kernel) = {(ours, kernels)}, but is {seen}")

    # --- events ---------------------------------------------------------------------------

    def we(self, call: str, *args: Any) -> Reaction:
        """A call, or a tick, at our endpoint."""
        return self._did(f"we: {call}", getattr(self.us, call)(*args))

    def to_us(self, *, at: int = 0, keep: bool = False) -> Reaction:
        """A segment of the kernel's arrives at our endpoint; ``keep`` leaves a copy."""
        segment = self.theirs[at]
        if not keep:
            del self.theirs[at]
        text = line(segment, self.kernel_iss, self.our_iss)
        return self._did(f"we get {text}", self.us.arrive(segment))

    def _did(self, what: str, reaction: Reaction) -> Reaction:
        for segment in reaction.emitted:
            if segment.syn:
                self.our_iss = segment.seq
            self.ours.append(segment)
        self.got += reaction.delivered
        self.signals += reaction.signals
        lines = [line(each, self.our_iss, self.kernel_iss) for each in reaction.emitted]
        self.story.append(f"{what}: we are {self.us.state} and say {lines}")
        return reaction

    def to_kernel(self, *, at: int = 0, keep: bool = False) -> None:
        """A segment of ours arrives at the kernel, and at the model."""
        segment = self.ours[at]
        if not keep:
            del self.ours[at]
        self.inject(segment)

    def inject(self, segment: Segment) -> None:
        """Let any segment arrive at the kernel and the model, as if our side had sent it."""
        if self._socket is not None:
            with contextlib.suppress(OSError):  # a socket closed or reset takes no options
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self.net.send(segment, self.our_port, self.kernel_port)
        if segment.ack is not None:
            shift = self.model_iss - self.kernel_iss
            segment = with_numbers(segment, segment.seq, segment.ack + shift)
        text = line(segment, self.our_iss, self.model_iss)
        self._judge(f"kernel gets {text}", self.model.arrive(segment).emitted)

    def numbered(self, text: str) -> Segment:
        """A segment of ours from a line whose numbers begin at the two SYNs."""
        return numbered(text, self.our_iss, self.kernel_iss)

    def kernel(self, call: str, *args: Any) -> None:
        """A call at the kernel's socket, and the same call at the model."""
        calls: dict[str, Callable[..., tuple[Segment, ...]]] = {
            "listen": self._listen,
            "connect": self._connect,
            "send": self._send,
            "receive": self._receive,
            "shutdown": self._shutdown,
            "close": self._close,
            "abort": self._abort,
        }
        self._judge(f"kernel: {call}", calls[call](*args))

    def _listen(self) -> tuple[Segment, ...]:
        self.listen_again()
        return self.model.open_passive().emitted

    def listen_again(self) -> None:
        """A listener at the kernel's port, of which the model knows nothing."""
        self._listener = self.net.socket()
        self._listener.bind((KERNEL_HOST, self.kernel_port))
        self._listener.listen()

    def _connect(self) -> tuple[Segment, ...]:
        self._socket = self.net.socket()
        self._socket.bind((KERNEL_HOST, self.kernel_port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(BlockingIOError):
            self._socket.connect((OUR_HOST, self.our_port))
        return self.model.open_active().emitted

    def accept(self) -> None:
        """Take the connection from the listener, and close that: an OPEN is for one peer."""
        assert self._listener is not None
        self._socket, _ = self._listener.accept()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stop_listening()

    def stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def _send(self, data: bytes) -> tuple[Segment, ...]:
        assert self.sock.send(data) == len(data)
        return self.model.send(data).emitted

    def _receive(self) -> tuple[Segment, ...]:
        with contextlib.suppress(BlockingIOError):
            while part := self.sock.recv(65536):
                self.kernel_got += part
        return self.model.receive().emitted if len(self.model.tcb.rcvq) else ()

    def _shutdown(self) -> tuple[Segment, ...]:
        self.sock.shutdown(socket.SHUT_WR)
        return self.model.close().emitted

    def _close(self) -> tuple[Segment, ...]:
        self.sock.close()
        # the user of a socket chooses between shutdown() and close() only now
        self.model = Endpoint.restore(
            replace(self.model.tcb, half_duplex_close=True), settings=self.model.settings
        )
        return self.model.close().emitted

    def _abort(self) -> tuple[Segment, ...]:
        self._linger_not()
        self.sock.close()
        return self.model.abort().emitted

    def close(self) -> None:
        """Close what the story left open."""
        self.stop_listening()
        if self._socket is not None and self._socket.fileno() >= 0:
            with contextlib.suppress(OSError):  # so that no end stays behind in the kernel
                self._linger_not()
            self._socket.close()

    def _linger_not(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @contextlib.contextmanager
    def differs(self, *views: str) -> Iterator[None]:
        """Here the kernel does not do what the model does, but what one of the views says."""
        self._expected = views
        try:
            yield
        finally:
            self._expected = ()

    def establish(self, opener: Literal["we", "kernel"] = "we") -> Lab:
        """Both ends from CLOSED to ESTABLISHED, opened actively by one of them."""
        if opener == "we":
            self.kernel("listen")
            self.we("open_active")
        else:
            self.we("open_passive")
            self.kernel("connect")
        self.settle()
        if opener == "we":
            self.accept()
        self.states("ESTABLISHED", "ESTABLISHED")
        return self

    # --- what the kernel says ---------------------------------------------------------------

    def listen_for_kernel(self, wait: float = 0.0, *, again: bool = False) -> None:
        """Put what the kernel has said onto the wire.

        What it says ``again``, because on a slow machine its timer ran out, is left away if
        not asked for.
        """
        while (found := self.net.receive(wait)) is not None:
            ports, segment = found[:2], found[2]
            if ports != (self.kernel_port, self.our_port):
                continue  # an end of an earlier story that is still about
            if segment.syn:
                self.kernel_iss = segment.seq
            mark = (segment.flags & ~Flags.PSH, segment.seq, segment.seg_len)
            if segment.seg_len and mark in self._heard and not again:
                continue
            self._heard.add(mark)
            self.history.append(segment)
            self.theirs.append(segment)
            self._said.append(line(segment, self.kernel_iss, self.our_iss))
            wait = 0.0

    def hear_again(self) -> None:
        """From now on what the kernel says a second time is news, too.

        Not so a SYN without ACK: that is never an answer, but comes by the timer. After a
        wrong ACK Linux lets it run out within milliseconds (RFC 9293 leaves its timers open).
        """
        self._heard = {mark for mark in self._heard if mark[0] == Flags.SYN}

    def kernel_repeats(self) -> None:
        """Wait for the kernel's retransmission timer, and put what it repeats on the wire."""
        self.listen_for_kernel(PATIENCE, again=True)
        self.story.append(f"kernel's timer: kernel says {self._said}")
        self._said.clear()

    def settle(self) -> None:
        """Let everything on the wire arrive, first come first served, until all is quiet."""
        while self.ours or self.theirs:
            if self.ours:
                self.to_kernel()
            else:
                self.to_us()
            self.listen_for_kernel()

    def kernel_view(self) -> str:
        """The kernel's state now, and what it said since the event before."""
        self.listen_for_kernel()
        return view(self.kernel_state, self._said)

    def says_no_more(self) -> None:
        """Nothing came after what was expected, not even a little later."""
        before = list(self._said)
        self.listen_for_kernel(GLANCE)
        if self._said != before:
            self.fail(f"then the kernel said {self._said}")

    def _judge(self, what: str, emitted: tuple[Segment, ...]) -> None:
        self.model_iss = next((each.seq for each in emitted if each.syn), self.model_iss)
        lines = [line(each, self.model_iss, self.our_iss) for each in emitted]
        self.model_view = view(str(self.model.state), lines)
        expected = self._expected or (self.model_view,)
        self._said.clear()
        seen, deadline = self.kernel_view(), time.monotonic() + PATIENCE
        while seen not in expected and time.monotonic() < deadline:
            time.sleep(GLANCE)
            seen = self.kernel_view()
        self.story.append(f"{what}: the kernel is {seen}")
        if seen not in expected:
            self.fail(f"should be {' or '.join(expected)}; the model is {self.model_view}")
