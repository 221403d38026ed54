"""What of a conversation was captured: facts told by hand, and their words."""

from __future__ import annotations

from pathlib import Path

import pytest

import tcpcourse as tcp
from tcpcourse.sources.capture.conversation import Conversation

from . import frames as f
from .test_relative import CLOSE, OPEN, TALK, Packet, a, b, told

DATA = Path(__file__).parents[3] / "data"


def conversation(*story: Packet) -> Conversation:
    return tcp.load(told(*story)).conversations[0]


# Story: (holes in A's and in B's numbers, how the words end)
STORIES = {
    "all of it": ([*OPEN, *TALK, *CLOSE], (0, 0), "nothing missing between"),
    "only A's packets": (
        [OPEN[0], a(101, 501), a(101, 501, size=10), a(111, 2000)], (0, 0),
        "only A's packets captured",
    ),
    "only the server's": (
        [OPEN[1], b(501, 111), b(501, 111, size=20), b(521, 112, f.FIN)], (0, 0),
        "only A's packets captured",
    ),
    "a SYN without any answer": ([OPEN[0], OPEN[0]], (0, 0), "only A's packets captured"),
    "A's data is missing, B acknowledges it": (
        [*OPEN, b(501, 111)], (1, 0), "packets missing between",
    ),
    "A's data is missing, A goes on": ([*OPEN, a(111, 501)], (1, 0), "packets missing between"),
    "two holes": (
        [*OPEN, a(111, 501, size=5), a(121, 501, size=5)], (2, 0), "packets missing between",
    ),
    "the hole is filled later": (
        [*OPEN, a(111, 501, size=5), a(101, 501, size=10)], (0, 0), "nothing missing between",
    ),
    "a retransmission that covers more": (
        [*OPEN, a(106, 501, size=5), a(101, 501, size=20)], (0, 0), "nothing missing between",
    ),
    "B's FIN is missing": ([*OPEN, a(101, 502)], (0, 1), "packets missing between"),
    "a keep-alive": ([*OPEN, *TALK, a(110, 501), b(501, 111)], (0, 0), "nothing missing between"),
    "a keep-alive comes first": (
        [a(110, 501), b(501, 111), a(111, 501, size=5), b(501, 116)], (0, 0),
        "nothing missing between",
    ),
    "a reset has the number of the other side": (
        [*OPEN, a(5000, flags=f.RST)], (0, 0), "nothing missing between",
    ),
    "an old connection answers the SYN": (
        [OPEN[0], b(70000, 90000), a(90000, flags=f.RST), *OPEN], (0, 0),
        "nothing missing between",
    ),
    "midway": ([a(101, 501, size=10), b(501, 111)], (0, 0), "nothing missing between"),
    "midway with a hole": (
        [a(101, 501, size=10), b(501, 111), a(121, 501, size=10)], (1, 0),
        "packets missing between",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_holes_and_words(name: str) -> None:
    story, holes, words = STORIES[name]
    found = conversation(*story)
    assert found.captured.holes == holes
    assert found.complete.endswith(words)


def test_facts() -> None:
    facts = conversation(*OPEN, *TALK, *CLOSE).captured
    assert (facts.packets, facts.syns, facts.fins) == (("A", "B"),) * 3
    assert not facts.reset and not facts.one_way and facts.whole
    facts = conversation(OPEN[0], a(101, 501, f.RST)).captured
    assert (facts.packets, facts.syns, facts.fins) == (("A",), ("A",), ())
    assert facts.reset and facts.one_way and not facts.whole
    assert not conversation(*OPEN, *TALK).captured.whole  # its end is missing
    assert not conversation(*TALK, *CLOSE).captured.whole  # its beginning is
    assert not conversation(*OPEN, a(111, 501), *CLOSE[:1], a(111, 502, f.FIN)).captured.whole


def test_numbers_that_go_round_twice_leave_no_hole() -> None:
    """Nine segments of a gigabyte: more than twice the 2**32 numbers there are."""
    packets = [f.tcp(0, flags=f.SYN), *(f.tcp(1 + n * 2**30, 1) for n in range(9))]
    frames = [f.ipv4(packet) for packet in packets]
    data = f.pcap(frames, link=101)
    capture = tcp.load(data)
    assert capture.conversations[0].captured.holes == (1, 0)  # no data was captured at all
    assert capture.conversations[0].complete.endswith("only A's packets captured")


def test_a_socket_connected_to_itself_has_both_directions() -> None:
    syn = f.tcp(100, 0, f.SYN, sport=7, dport=7)
    both = f.tcp(100, 101, f.SYN | f.ACK, sport=7, dport=7)
    data = f.tcp(101, 101, data=b"echo", sport=7, dport=7)
    packets = [f.ipv4(each, "127.0.0.1", "127.0.0.1") for each in (syn, both, data)]
    (found,) = tcp.load(f.pcap(packets, link=101)).conversations
    assert found.complete == "handshake captured, end not captured, nothing missing between"


@pytest.mark.parametrize("path", sorted(DATA.glob("recordings/*.pcap")), ids=lambda path: path.stem)
def test_the_courses_recordings_have_no_holes(path: Path) -> None:
    """They were recorded at the kernel itself, on a wire of our own: nothing can be missing."""
    for found in tcp.load(path).conversations:
        assert found.captured.holes == (0, 0)
        assert found.captured.packets == ("A", "B")
