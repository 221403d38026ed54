"""What was stored twice, or in another order than it was sent, is said and never moved."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest

import tcpcourse as tcp
from tcpcourse.sources.capture.load import Capture

from . import frames as f

MICROSECOND, MILLISECOND = 1_000, 1_000_000


def frame(who: str, raw: bytes, *, identification: int, ttl: int = 64) -> bytes:
    packet = bytearray(f.ipv4(raw, *((f.A[0], f.B[0]) if who == "A" else (f.B[0], f.A[0]))))
    struct.pack_into("!H", packet, 4, identification)
    packet[8] = ttl
    return bytes(packet)


def file(records: list[tuple[int, bytes]]) -> Capture:
    """A capture of (nanoseconds, frame) in that order."""
    out = f.section() + f.interface(101, resolution=9)
    return tcp.load(out + b"".join(f.enhanced(raw, f.DAY_NS + when) for when, raw in records))


def mirrored(
    copied: Callable[[int, str], bool] = lambda *_: True,
    *,
    identification: Callable[[int], int] = lambda place: 4000 + place,
    later_ns: int = 5 * MICROSECOND,
    hops: int = 0,
) -> Capture:
    """The short connection of eight segments, of which some were captured again."""
    records = []
    for place, (who, raw) in enumerate(f.told()):
        when = place * MILLISECOND * 10
        records.append((when, frame(who, raw, identification=identification(place))))
        if copied(place, who):
            again = frame(who, raw, identification=identification(place), ttl=64 - hops)
            records.append((when + later_ns, again))
    return file(records)


def copies(capture: Capture) -> list[int]:
    packets = capture.conversations[0].packets
    marked = [packet.number for packet in packets if packet.copy]
    assert marked == [packet.number for packet in packets if packet.notes == ("captured twice",)]
    said = [problem for problem in capture.problems if "mirror (SPAN) port" in problem.what]
    assert [problem.count for problem in said] == ([len(marked)] if marked else [])
    assert [problem.frame for problem in said] == marked[:1]
    return marked


def test_every_packet_twice() -> None:
    capture = mirrored()
    assert copies(capture) == [2, 4, 6, 8, 10, 12, 14, 16]
    assert len(capture.columns) == 16  # nothing is taken out
    conversation = capture.conversations[0]
    assert conversation.history == "ShADaFf"
    assert {packet.notes for packet in conversation.packets} == {(), ("captured twice",)}


def test_the_story_tells_each_packet_once() -> None:
    plain = mirrored(lambda *_: False).conversations[0].trace
    twice = mirrored().conversations[0].trace
    assert [packet.number for packet in twice.packets] == [1, 3, 5, 7, 9, 11, 13, 15]
    assert [step.after for step in twice] == [step.after for step in plain]
    assert any("captured twice" in remark for remark in twice.remarks)
    assert not any("captured twice" in remark for remark in plain.remarks)
    assert {packet.notes for packet in twice.packets} == {()}


def test_one_side_twice() -> None:
    assert copies(mirrored(lambda _, who: who == "A")) == [2, 5, 7, 10, 13]


def test_an_overloaded_port_that_lost_every_third_copy() -> None:
    assert copies(mirrored(lambda place, _: place % 3 != 2)) == [2, 4, 7, 9, 12, 14]


@pytest.mark.parametrize("hops", [0, 1])
def test_stacks_that_give_no_identification(hops: int) -> None:
    capture = mirrored(identification=lambda _: 0, hops=hops)
    assert copies(capture) == [2, 4, 6, 8, 10, 12, 14, 16]


def test_three_times() -> None:
    records = [
        (place * 10 * MILLISECOND + turn * MICROSECOND, frame(who, raw, identification=place + 1))
        for place, (who, raw) in enumerate(f.told())
        for turn in range(3)
    ]
    assert copies(file(records)) == [n for n in range(1, 25) if n % 3 != 1]


@pytest.mark.parametrize(
    "capture",
    [
        mirrored(lambda place, _: place == 3),  # the network delivered one packet twice
        mirrored(lambda place, _: place in (0, 5)),  # and two, of the five that A sent
        mirrored(later_ns=2 * MILLISECOND),  # too late
        mirrored(lambda *_: False),
    ],
)
def test_what_is_no_mirror(capture: Capture) -> None:
    assert copies(capture) == []


def test_duplicate_acks_in_a_row_are_no_copies() -> None:
    """IPv6 has no identification: three ACKs within microseconds may mean a lost segment."""
    ends = {"A": (f.A6[0], f.B6[0]), "B": (f.B6[0], f.A6[0])}
    segments = f.told()[:3] + [("A", f.tcp(1001, 9001, f.ACK, window=256))] * 3
    out = f.section() + f.interface(101, resolution=9)
    for place, (who, raw) in enumerate(segments):
        out += f.enhanced(f.ipv6(raw, *ends[who]), f.DAY_NS + place * MICROSECOND)
    assert copies(tcp.load(out)) == []


def test_copies_in_a_large_file() -> None:
    """Blocks of rows are looked at one after the other; a pair may lie across their border."""
    head = f.section() + f.interface(101, resolution=9)
    first = frame("A", f.tcp(0, flags=f.SYN), identification=7)  # so that pairs begin oddly
    records, seq = [f.enhanced(first, f.DAY_NS)], 1
    for place in range(1, 70_001):
        raw = frame("A", f.tcp(seq, 1, data=b"x"), identification=place % 65_536)
        records += [f.enhanced(raw, f.DAY_NS + place * MILLISECOND + turn) for turn in (0, 900)]
        seq += 1
    capture = tcp.load(head + b"".join(records), progress=False)
    (said,) = [problem for problem in capture.problems if "SPAN" in problem.what]
    assert (said.frame, said.count) == (3, 70_000)


# Order

HANDSHAKE = f.told()[:3]
REQUEST = ("A", f.tcp(1001, 9001, data=bytes(499)))
ANSWER = [
    ("B", f.tcp(9001, 1500, sport=80, dport=50000)),
    ("B", f.tcp(9001, 1500, data=bytes(1460), sport=80, dport=50000)),
    ("B", f.tcp(10461, 1500, data=bytes(1460), sport=80, dport=50000)),
]


def ordered(*story: tuple[str, bytes], times: list[int] | None = None) -> Capture:
    records = [
        (
            (times[place] if times else place) * MILLISECOND,
            frame(who, raw, identification=place + 1),
        )
        for place, (who, raw) in enumerate(story)
    ]
    return file(records)


def doubts(capture: Capture) -> list[tuple[str, int | None, int]]:
    return [
        (problem.what.partition(":")[0], problem.frame, problem.count)
        for problem in capture.problems
        if "reordercap" in problem.what
    ]


LATE = "a packet stored after one that answers it"
BACKWARDS = "a time before that of the frame before it"


def test_a_request_stored_after_its_answer() -> None:
    assert doubts(ordered(*HANDSHAKE, ANSWER[0], ANSWER[1], REQUEST, ANSWER[2])) == [(LATE, 6, 1)]


def test_each_conversation_is_looked_at_by_itself() -> None:
    """What an earlier conversation has sent far beyond says nothing of a later one."""
    long = [
        frame("A", f.tcp(seq, 1, data=bytes(1000), sport=40000), identification=seq)
        for seq in range(1, 9000, 1000)
    ]
    late = [*HANDSHAKE, ANSWER[0], ANSWER[1], REQUEST, ANSWER[2]]
    frames = long + [frame(who, raw, identification=n) for n, (who, raw) in enumerate(late, 1)]
    capture = file([(place * MILLISECOND, raw) for place, raw in enumerate(frames)])
    assert doubts(capture) == [(LATE, 9 + 6, 1)]


def test_a_syn_stored_last() -> None:
    story = f.told()
    assert doubts(ordered(*story[1:], story[0])) == [(LATE, 8, 1)]


def test_a_syn_ack_stored_after_the_ack_of_it() -> None:
    assert doubts(ordered(HANDSHAKE[0], HANDSHAKE[2], HANDSHAKE[1])) == [(LATE, 3, 1)]


def test_times_that_run_backwards() -> None:
    capture = ordered(*HANDSHAKE, times=[0, 2, 1])
    assert doubts(capture) == [(BACKWARDS, 3, 1)]
    assert capture.columns["frame"].tolist() == [1, 2, 3]  # said, never moved


def test_times_run_backwards_between_two_portions_of_the_file() -> None:
    frames = [frame("A", f.tcp(n * 1400, 1, data=bytes(1400)), identification=n % 65536)
              for n in range(2000)]  # fmt: skip
    times = reversed(range(2000))  # whatever the portions are, each is before the one before
    out = f.section() + f.interface(101, resolution=9)
    out += b"".join(f.enhanced(x, f.DAY_NS + t) for x, t in zip(frames, times, strict=True))
    assert doubts(tcp.load(out)) == [(BACKWARDS, 2, 1999)]


@pytest.mark.parametrize(
    "story",
    [
        f.told(),
        [*HANDSHAKE, ANSWER[0], ANSWER[1], ANSWER[2]],  # the request was not captured at all
        [*HANDSHAKE, REQUEST, ANSWER[1], REQUEST],  # sent again
        [*HANDSHAKE, REQUEST, ANSWER[2], ANSWER[1]],  # reordered by the network
        # what came after the request was not captured, and the request was sent again
        [*HANDSHAKE, REQUEST, ("B", f.tcp(9001, 1700, sport=80, dport=50000)), REQUEST],
    ],
    ids=["sound", "lost", "again", "reordered", "unseen, then again"],
)
def test_orders_that_nobody_doubts(story: list[tuple[str, bytes]]) -> None:
    assert doubts(ordered(*story)) == []


def test_a_late_retransmission_of_what_was_not_captured_is_no_matter_of_order() -> None:
    story = [*HANDSHAKE, ANSWER[0], REQUEST]
    assert doubts(ordered(*story, times=[0, 1, 2, 3, 250])) == []
    assert doubts(ordered(*story, times=[0, 1, 2, 3, 150])) == [(LATE, 5, 1)]


def test_random_orders_of_one_connection_name_something_or_are_in_order() -> None:
    chance = random.Random(5)
    story = [*HANDSHAKE, REQUEST, *ANSWER]
    for _ in range(200):
        places = list(range(len(story)))
        chance.shuffle(places)
        times = [story_time * 2 for story_time in places]
        capture = ordered(*(story[place] for place in places), times=times)
        assert len(capture.conversations) == 1
        assert bool(doubts(capture)) == (places != sorted(places))
