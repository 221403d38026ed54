"""Which packets belong together, relative numbers and window scales where SYNs are odd."""

from __future__ import annotations

from pathlib import Path

import pytest

import tcpcourse as tcp
from tcpcourse.sources.capture.load import Capture

from . import frames as f
from .tshark import shown

DATA = Path(__file__).parents[3] / "data"
Packet = tuple[str, int, int | None, int, int, bytes]  # sender, seq, ack, flags, data, options


def segment(packet: Packet, window: int = 500) -> bytes:
    sender, seq, ack, flags, size, options = packet
    ports = {"A": (50000, 80), "B": (80, 50000)}[sender]
    raw = f.tcp(seq, ack or 0, flags | (f.ACK if ack is not None else 0), bytes(size),
                sport=ports[0], dport=ports[1], window=window, options=options)  # fmt: skip
    return f.ipv4(raw, *((f.A[0], f.B[0]) if sender == "A" else (f.B[0], f.A[0])))


def a(
    seq: int, ack: int | None = None, flags: int = 0, size: int = 0, options: bytes = b""
) -> Packet:
    return "A", seq, ack, flags, size, options


def b(
    seq: int, ack: int | None = None, flags: int = 0, size: int = 0, options: bytes = b""
) -> Packet:
    return "B", seq, ack, flags, size, options


def told(*story: Packet) -> bytes:
    return f.pcap([segment(packet) for packet in story], link=101)


def numbers(capture: Capture) -> list[tuple[int, int, int]]:
    return capture.columns[["conversation", "rel_seq", "rel_ack"]].tolist()


OPEN = [a(100, flags=f.SYN), b(500, 101, f.SYN), a(101, 501)]
TALK = [a(101, 501, size=10), b(501, 111)]
CLOSE = [b(501, 111, f.FIN), a(111, 502, f.FIN), b(502, 112)]

# Story: what to expect of (conversation, relative seq, relative ack), by hand.
STORIES = {
    "the SYN stored last": (
        [*OPEN[1:], *TALK, *CLOSE, OPEN[0]],
        [(0, 0, 1), (0, 1, 1), (0, 1, 1), (0, 1, 11), (0, 1, 11), (0, 11, 2), (0, 2, 12),
         (0, 0, 0)],
    ),
    "SYN and SYN,ACK stored last": (
        [OPEN[2], *TALK, *CLOSE, OPEN[0], OPEN[1]],
        [(0, 1, 1), (0, 1, 1), (0, 1, 11), (0, 1, 11), (0, 11, 2), (0, 2, 12), (0, 0, 0),
         (0, 0, 1)],
    ),
    "the SYN stored after a reset": (
        [OPEN[1], OPEN[2], a(101, 501, f.RST), OPEN[0]],
        [(0, 0, 1), (0, 1, 1), (0, 1, 1), (0, 0, 0)],
    ),
    "a second SYN,ACK, which is taken": (
        [OPEN[0], b(5000, 101, f.SYN), b(2590900605, 101, f.SYN), a(101, 2590900606),
         a(101, 2590900606, size=50), b(2590900606, 151, size=96), a(151, 2590900702)],
        [(0, 0, 0), (0, 0, 1), (0, 0, 1), (0, 1, 1), (0, 1, 1), (0, 1, 51), (0, 51, 97)],
    ),
    "a second SYN,ACK near the first, which is taken": (
        [OPEN[0], b(5000, 101, f.SYN), b(5100, 101, f.SYN), a(101, 5101), b(5101, 101, size=7)],
        [(0, 0, 0), (0, 0, 1), (0, 0, 1), (0, 1, 1), (0, 1, 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_numbers_by_hand(name: str) -> None:
    story, expected = STORIES[name]
    assert numbers(tcp.load(told(*story))) == expected


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("name", STORIES)
def test_numbers_as_wireshark_counts(name: str, tmp_path: Path) -> None:
    path = tmp_path / "story.pcap"
    path.write_bytes(told(*STORIES[name][0]))
    theirs = [(x.conversation, x.rel_seq, x.rel_ack) for x in shown(path, passes=2)]
    assert numbers(tcp.load(path)) == theirs


def test_a_strangers_syn_ack_counts_from_itself_and_changes_nothing() -> None:
    """Wireshark counts the rest from the stranger's number, so B's next packet is at 1294967297."""
    story = [*OPEN, a(101, 501, size=30), b(3000000500, 101, f.SYN), a(131, 501), b(501, 131),
             b(501, 131, size=10), a(131, 511)]  # fmt: skip
    capture = tcp.load(told(*story))
    assert numbers(capture)[4:] == [(0, 0, 1), (0, 31, 1), (0, 1, 31), (0, 1, 31), (0, 31, 11)]
    notes = [packet.notes for packet in capture.conversations[0].packets]
    assert notes[6:] == [(), (), ()]  # nothing before the seventh packet was lost


@pytest.mark.parametrize("seen", [True, False], ids=["B's data seen", "only acknowledged"])
def test_a_stranger_whose_next_number_is_also_the_connections(seen: bool) -> None:
    """B has sent 100 bytes, up to 600, when a SYN,ACK with the number 600 turns up."""
    data = [b(501, 101, size=100)] if seen else []
    story = [*OPEN, *data, a(101, 601), b(600, 101, f.SYN), b(601, 101), a(101, 601)]
    found = tcp.load(told(*story)).columns
    assert found["rel_seq"].tolist()[-2:] == [101, 1]
    assert found["rel_ack"].tolist()[-2:] == [1, 101]


def test_numbers_of_figure_8() -> None:
    """RFC 9293 figure 8: each SYN is 0, and what answers it counts from it."""
    capture = tcp.load(DATA / "recordings/old-duplicate-syn.pcap")
    assert numbers(capture) == [
        (0, 0, 0), (0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 0, 0), (0, 0, 1), (0, 1, 1),
    ]  # fmt: skip


def test_a_syn_after_a_close_begins_a_new_conversation_also_midway() -> None:
    """Its number is another than the one before the first seen, so it is no SYN stored late."""
    story = [*OPEN[1:], *TALK, *CLOSE, a(99, flags=f.SYN)]
    assert numbers(tcp.load(told(*story)))[-1] == (1, 0, 0)


def test_two_files_joined_in_the_wrong_order_are_one_conversation() -> None:
    second = [segment(packet) for packet in [b(501, 111, size=100), a(111, 601), *CLOSE]]
    first = [segment(packet) for packet in [*OPEN, *TALK]]
    late = f.pcap(second, link=101, start_ns=f.DAY_NS + 10**9)
    early = f.pcap(first, link=101)[24:]
    capture = tcp.load(late + early)
    assert set(capture.columns["conversation"]) == {0}
    assert capture.columns["rel_seq"].tolist() == [1, 11, 1, 11, 2, 0, 0, 1, 1, 1]
    assert any("reordercap" in problem.what for problem in capture.problems)


# Window scales: (story, scale of the last packet, its window of 500 in bytes)

OFFER_A = a(100, flags=f.SYN, options=f.SCALE_7)
OFFER_B = b(500, 101, f.SYN, options=f.SCALE_8)
SCALES = {
    "both offer": ([OFFER_A, OFFER_B, a(101, 501)], 7, 500 << 7),
    "only A offers": ([OFFER_A, OPEN[1], a(101, 501)], 0, 500),
    "A does not offer, B unseen": ([OPEN[0], a(101, 501)], 0, 500),
    "A offers, B unseen": ([OFFER_A, a(101, 501)], -1, 500 << 7),
    "A unseen, B offers, B sends": ([OFFER_B, b(501, 101)], 8, 500 << 8),
    "A unseen, B offers, A sends": ([OFFER_B, a(101, 501)], -1, 500),
    "A unseen, B does not offer, A sends": ([OPEN[1], a(101, 501)], 0, 500),
    "no SYN": ([a(101, 501)], -1, 500),
    "a SYN is never scaled": ([OFFER_A, OFFER_B], 0, 500),
}


@pytest.mark.parametrize("name", SCALES)
def test_the_scale_is_known_or_said_not_to_be(name: str) -> None:
    story, scale, size = SCALES[name]
    capture = tcp.load(told(*story))
    assert capture.columns[["scale", "scaled_window"]].tolist()[-1] == (scale, size)
    conversation = capture.conversations[0]
    assert conversation.packets[-1].scale_known == (scale >= 0)
    said = [problem for problem in capture.problems if "window scale is not known" in problem.what]
    assert len(said) == (scale < 0)
    if scale < 0:
        assert conversation.packets[-1].sender in conversation.scale_unknown
        last = tcp.explain(conversation, len(story))
        assert "unknown" in dict(last.reasons)["win"]


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("name", SCALES)
def test_windows_as_wireshark_shows_them(name: str, tmp_path: Path) -> None:
    path = tmp_path / "story.pcap"
    path.write_bytes(told(*SCALES[name][0]))
    assert [x.scaled_window for x in shown(path)][-1] == SCALES[name][2]


def test_a_scale_cut_off_by_the_snaplen_is_unknown() -> None:
    """Linux puts the window scale last: MSS, SACK permitted, timestamps, NOP, scale."""
    options = bytes.fromhex("020405b4 0402 080a 00000001 00000000 01 030307")
    frames = [segment(packet) for packet in (
        a(100, flags=f.SYN, options=options), b(500, 101, f.SYN, options=options), a(101, 501),
    )]  # fmt: skip
    whole = tcp.load(f.pcap(frames, link=101))
    assert whole.columns["scaled_window"].tolist() == [500, 500, 500 << 7]
    cut = tcp.load(f.pcap([x[:54] for x in frames], link=101, lengths=[len(x) for x in frames]))
    assert cut.columns[["scale", "scaled_window"]].tolist()[-1] == (-1, 500)
    (problem,) = cut.problems
    assert "window scale is not known" in problem.what and problem.frame == 3
    assert cut.conversations[0].trace.scale_unknown == ("A", "B")


def test_the_window_of_a_reset_needs_no_scale() -> None:
    refused = tcp.load(told(OFFER_A, b(0, 101, f.RST)))
    assert refused.problems == ()


def test_no_window_is_called_full_by_a_guess() -> None:
    """B's SYN was not captured, so nobody knows whether A's windows of 2 are 2 or 256 bytes."""
    story = [segment(OFFER_A), segment(a(101, 501), window=2), segment(b(501, 101, size=256))]
    capture = tcp.load(f.pcap(story, link=101))
    assert capture.conversations[0].packets[-1].notes == ()
