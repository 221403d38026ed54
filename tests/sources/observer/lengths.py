"""Captures of any length, of the kinds that once took an observer minutes or gigabytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import islice

from tcpcourse.core.options import Options
from tcpcourse.core.segment import Segment
from tcpcourse.sources.capture.write import write_segments
from tcpcourse.trace import Side

MS = 10**6
START_NS = 1_700_000_000 * 10**9
HOSTS = ("192.0.2.1:40000", "198.51.100.2:80")
MOD = 1 << 32
Row = tuple[int, Side, Segment]
OFFER = Options(mss=1460, sack_permitted=True)


def _segment(
    flags: str, seq: int, ack: int | None = None, size: int = 0, window: int = 65535,
    options: Options | None = None,
) -> Segment:  # fmt: skip
    number = None if ack is None else ack % MOD
    return Segment(seq % MOD, number, flags, window, bytes(size), options)


def _handshake() -> Iterator[tuple[Side, Segment]]:
    yield "A", _segment("S", 0, options=OFFER)
    yield "B", _segment("SA", 0, 1, options=OFFER)
    yield "A", _segment("A", 1, 1)


def bulk() -> Iterator[tuple[Side, Segment]]:
    """A sends; B acknowledges every second segment."""
    yield from _handshake()
    seq = 1
    while True:
        for _ in range(2):
            yield "A", _segment("A", seq, 1, 10)
            seq += 10
        yield "B", _segment("A", 1, seq)


def both_ways() -> Iterator[tuple[Side, Segment]]:
    """Requests and answers."""
    yield from _handshake()
    a = b = 1
    while True:
        yield "A", _segment("PA", a, b, 20)
        a += 20
        yield "B", _segment("PA", b, a, 50)
        b += 50


def loss_with_sack() -> Iterator[tuple[Side, Segment]]:
    """Every tenth segment is lost behind the tap; SACKs tell, and it goes again."""
    yield from _handshake()
    seq = 1
    while True:
        hole = seq
        yield "A", _segment("A", seq, 1, 10)
        for k in range(1, 10):
            yield "A", _segment("A", seq + 10 * k, 1, 10)
            block = ((hole + 10) % MOD, (seq + 10 * (k + 1)) % MOD)
            yield "B", _segment("A", 1, hole, options=Options(sack=(block,)))
        yield "A", _segment("A", hole, 1, 10)
        seq += 100
        yield "B", _segment("A", 1, seq)


def many_holes() -> Iterator[tuple[Side, Segment]]:
    """Every second segment is lost; the SACKs name three blocks, and nothing goes again."""
    yield from _handshake()
    seq, blocks = 11, list[tuple[int, int]]()
    while True:
        yield "A", _segment("A", seq, 1, 10)
        blocks = [(seq % MOD, (seq + 10) % MOD), *blocks][:3]
        yield "B", _segment("A", 1, 1, options=Options(sack=tuple(blocks)))
        seq += 20


def in_flight() -> Iterator[tuple[Side, Segment]]:
    """Everything is in flight: no acknowledgment is seen."""
    yield from _handshake()
    seq = 1
    while True:
        yield "A", _segment("A", seq, 1, 10)
        seq += 10


def syns_again() -> Iterator[tuple[Side, Segment]]:
    """A SYN that nobody answers, again and again."""
    while True:
        yield "A", _segment("S", 100, options=OFFER)


def syns_anew() -> Iterator[tuple[Side, Segment]]:
    """SYNs that nobody answers, each with another number."""
    iss = 100
    while True:
        yield "A", _segment("S", iss, options=OFFER)
        iss += 65_537


def fins_again() -> Iterator[tuple[Side, Segment]]:
    """A FIN that nobody acknowledges."""
    yield from _handshake()
    while True:
        yield "A", _segment("FA", 1, 1)


def fins_crossing() -> Iterator[tuple[Side, Segment]]:
    """Both FINs, again and again, and neither is acknowledged."""
    yield from _handshake()
    while True:
        yield "A", _segment("FA", 1, 1)
        yield "B", _segment("FA", 1, 1)


def last_acks_again() -> Iterator[tuple[Side, Segment]]:
    """B's last FIN comes again and again, and is acknowledged each time."""
    yield from _handshake()
    yield "A", _segment("FA", 1, 1)
    yield "B", _segment("A", 1, 2)
    while True:
        yield "B", _segment("FA", 1, 2)
        yield "A", _segment("A", 2, 2)


def keep_alives() -> Iterator[tuple[Side, Segment]]:
    yield from _handshake()
    yield "A", _segment("PA", 1, 1, 1)
    yield "B", _segment("A", 1, 2)
    while True:
        yield "A", _segment("A", 1, 1)
        yield "B", _segment("A", 1, 2)


def zero_window_probes() -> Iterator[tuple[Side, Segment]]:
    yield from _handshake()
    yield "A", _segment("A", 1, 1, 1000)
    yield "B", _segment("A", 1, 1001, window=0)
    while True:
        yield "A", _segment("A", 1001, 1, 1)
        yield "B", _segment("A", 1, 1001, window=0)


def only_the_client() -> Iterator[tuple[Side, Segment]]:
    return ((side, segment) for side, segment in both_ways() if side == "A")


def only_the_server() -> Iterator[tuple[Side, Segment]]:
    return ((side, segment) for side, segment in both_ways() if side == "B")


def only_acks() -> Iterator[tuple[Side, Segment]]:
    """One direction of a download: what the receiver of all the data sends."""
    return ((side, segment) for side, segment in bulk() if side == "B")


def go_back(window: int) -> Callable[[], Iterator[tuple[Side, Segment]]]:
    """A window of segments is sent whole, again and again, and one acknowledged each time."""

    def packets() -> Iterator[tuple[Side, Segment]]:
        yield from _handshake()
        first = 1
        while True:
            for k in range(window):
                yield "A", _segment("A", first + 10 * k, 1, 10)
            first += 10
            yield "B", _segment("A", 1, first)

    return packets


def resent_tail() -> Iterator[tuple[Side, Segment]]:
    """The last ten segments go again and again, with the FIN behind them."""
    yield from _handshake()
    while True:
        for k in range(10):
            yield "A", _segment("A", 1 + 10 * k, 1, 10)
        yield "A", _segment("FA", 101, 1)


def resets_again() -> Iterator[tuple[Side, Segment]]:
    """B goes on sending to an end that is gone, and each packet is answered with a RST."""
    yield from _handshake()
    seq = 1
    while True:
        yield "B", _segment("A", seq, 1, 10)
        seq += 10
        yield "A", _segment("R", 1, window=0)


KINDS: dict[str, Callable[[], Iterator[tuple[Side, Segment]]]] = {
    "bulk data": bulk,
    "requests and answers": both_ways,
    "loss with SACK": loss_with_sack,
    "many holes": many_holes,
    "everything in flight": in_flight,
    "SYNs again": syns_again,
    "SYNs with new numbers": syns_anew,
    "FINs again": fins_again,
    "FINs crossing": fins_crossing,
    "last ACKs again": last_acks_again,
    "keep-alive": keep_alives,
    "zero-window probes": zero_window_probes,
    "only the client": only_the_client,
    "only the server": only_the_server,
    "only ACKs": only_acks,
    "a window of 44 resent": go_back(44),
    "a window of 100 resent": go_back(100),
    "a tail resent": resent_tail,
    "resets again": resets_again,
}


def capture(kind: str, packets: int) -> io.BytesIO:
    """A capture file of one conversation of so many packets, 10 ms apart."""
    rows = (
        (START_NS + place * 10 * MS, side, segment)
        for place, (side, segment) in enumerate(islice(KINDS[kind](), packets))
    )
    file = io.BytesIO()
    write_segments(file, rows, HOSTS)
    file.seek(0)
    return file
