"""The wire between the two hosts: it records every packet, then decides its fate.

The capture is taken where a packet *arrives* at the bridge, in the middle of the wire.
So a packet that the bridge then drops is in the capture; a delayed one stands where it
was sent. What became of each is told in the table of states beside the capture.
Standard library only.
"""

import csv
import os
import select
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hosts import Host

LINKTYPE_ETHERNET, LINKTYPE_RAW = 1, 101
QUIET = 0.1  # seconds of silence; more than the 40 ms a Linux ACK may be late
COLUMNS = ("frame", "time_ns", "sender", "fate", "a_state_sent", "b_state_sent",
           "delivered_ns", "a_state", "b_state")  # fmt: skip


@dataclass
class Packet:
    """One packet on the wire and what happened to it."""

    frame: int  # from 1
    time_ns: int  # when it arrived at the bridge, nanoseconds since 1970
    sender: str  # "A" or "B"
    raw: bytes  # from the first byte of the link layer
    flags: str  # letters in the order F S R P A
    payload: int  # bytes of TCP data
    sent: tuple[str, str]  # states of A and B when it arrived at the bridge
    fate: str = "delivered"  # or dropped, duplicated, delayed
    due_ns: int = 0  # when the bridge passes it on
    delivered_ns: int = 0  # 0 if it was dropped
    after: tuple[str, str] = ("", "")  # states once its fate was carried out


@dataclass
class Rule:
    """Do something to the nth packet for which ``match`` is true."""

    fate: str  # dropped, duplicated or delayed
    match: Callable[[Packet], bool]
    nth: int = 1
    seconds: float = 0.0  # how long a delayed packet is kept
    seen: int = 0


class Bridge:
    """Carries packets between two hosts and delivers them one at a time."""

    def __init__(self, a: Host, b: Host, a_port: int, b_port: int, *, ethernet: bool) -> None:
        self.a, self.b = a, b
        self.a_port, self.b_port = a_port, b_port
        self.ethernet = ethernet
        self.latency = 0.02  # seconds a packet spends on the wire
        self.spacing = 0.001  # seconds between two packets at the far end
        self.rules: list[Rule] = []
        self.frames: list[Packet] = []
        self._waiting: list[Packet] = []

    def drop(self, match: Callable[[Packet], bool], nth: int = 1) -> None:
        """Lose the nth packet from now on for which ``match`` is true."""
        self.rules.append(Rule("dropped", match, nth))

    def duplicate(self, match: Callable[[Packet], bool], nth: int = 1) -> None:
        """Deliver the nth such packet twice."""
        self.rules.append(Rule("duplicated", match, nth))

    def delay(self, match: Callable[[Packet], bool], seconds: float, nth: int = 1) -> None:
        """Keep the nth such packet ``seconds`` longer than the others."""
        self.rules.append(Rule("delayed", match, nth, seconds))

    def states(self) -> tuple[str, str]:
        """The states of A and B, read from both kernels until they stand still."""
        before = self._read_states()
        while True:
            time.sleep(0.001)
            now = self._read_states()
            if now == before:
                return now
            before = now

    def _read_states(self) -> tuple[str, str]:
        return (self.a.state(self.a_port, self.b_port), self.b.state(self.b_port, self.a_port))

    def collect(self, seconds: float = 0.0) -> None:
        """Take in whatever the hosts send within ``seconds``; deliver nothing."""
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            ready, _, _ = select.select([self.a.wire, self.b.wire], [], [], left)
            arrived = [
                (time.time_ns(), host.name, raw)
                for host in (self.a, self.b)
                if host.wire in ready
                for raw in _read_all(host.wire)
            ]
            if arrived:
                states = self.states()
                for moment, sender, raw in arrived:
                    self._arrived(moment, sender, raw, states)
            elif time.monotonic() >= end:
                return

    def run(self, until: Callable[[], bool] | None = None, *, patience: float = 5.0) -> None:
        """Carry packets until ``until()`` holds; without it, until the wire is quiet.

        Raises TimeoutError if nothing moves for ``patience`` seconds and ``until()``
        still does not hold: the story went another way.
        """
        quiet = patience if until else QUIET
        last = time.monotonic()
        while not (until and until()):
            self.collect()
            if not self._waiting:
                if time.monotonic() - last > quiet:
                    if until:
                        raise TimeoutError("the wire fell silent before the story went on")
                    return
                self.collect(0.002)
                continue
            first = min(self._waiting, key=lambda packet: packet.due_ns)
            wait = (first.due_ns - time.time_ns()) / 1e9
            if wait > 0:
                self.collect(min(wait, 0.002))
                continue
            self._waiting.remove(first)
            self._deliver(first)
            last = time.monotonic()

    def _arrived(self, now: int, sender: str, raw: bytes, states: tuple[str, str]) -> None:
        """Record one packet, decide its fate and put it in the queue."""
        read = _tcp_of(raw[14:] if self.ethernet else raw)
        if read is None:
            return
        packet = Packet(len(self.frames) + 1, now, sender, raw, *read, states)
        self.frames.append(packet)
        # A delayed packet holds up no other; all the rest keep their order.
        queued = [other.due_ns for other in self._waiting if other.fate != "delayed"]
        packet.due_ns = now + int(self.latency * 1e9)
        if queued:
            packet.due_ns = max(packet.due_ns, max(queued) + int(self.spacing * 1e9))
        for rule in self.rules:
            if not rule.match(packet):
                continue
            rule.seen += 1
            if rule.seen == rule.nth:
                packet.fate = rule.fate
                packet.due_ns += int(rule.seconds * 1e9)
        self._waiting.append(packet)

    def _deliver(self, packet: Packet) -> None:
        """Carry out the packet's fate, then read both kernels' states."""
        receiver = self.b if packet.sender == "A" else self.a
        if packet.fate != "dropped":
            packet.delivered_ns = time.time_ns()
            for _ in range(2 if packet.fate == "duplicated" else 1):
                os.write(receiver.wire, packet.raw)
        packet.after = self.states()

    def write(self, path: Path) -> None:
        """Write ``path`` (pcap with nanoseconds) and the states table beside it."""
        link = LINKTYPE_ETHERNET if self.ethernet else LINKTYPE_RAW
        out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, link)]
        for packet in self.frames:
            seconds, nanoseconds = divmod(packet.time_ns, 10**9)
            size = len(packet.raw)
            out.append(struct.pack("<IIII", seconds, nanoseconds, size, size) + packet.raw)
        path.write_bytes(b"".join(out))
        with path.with_suffix(".states.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            for packet in self.frames:
                seen = (packet.frame, packet.time_ns, packet.sender, packet.fate, *packet.sent)
                table.writerow((*seen, packet.delivered_ns or "", *packet.after))


def _read_all(wire: int) -> Iterator[bytes]:
    """Every packet that waits in a device which never blocks, oldest first."""
    while True:
        try:
            yield os.read(wire, 65536)
        except BlockingIOError:
            return


def _tcp_of(ip: bytes) -> tuple[str, int] | None:
    """Flags and data length of a TCP packet; None for anything else on the wire."""
    if len(ip) < 20 or ip[0] >> 4 != 4 or ip[9] != 6:
        return None
    header = (ip[0] & 15) * 4
    bits = ip[header + 13]
    flags = "".join(letter for place, letter in enumerate("FSRPA") if bits >> place & 1)
    total = struct.unpack_from(">H", ip, 2)[0]
    return flags, total - header - (ip[header + 12] >> 4) * 4
