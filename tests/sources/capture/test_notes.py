"""Each note on a packet, by a story told by hand; and the letters of a conversation."""

from __future__ import annotations

from itertools import chain

import pytest

import tcpcourse as tcp
from tcpcourse.sources.capture.conversation import Conversation

from . import frames as f


def conversation(*story: tuple[int, str, bytes]) -> Conversation:
    """Of (milliseconds, sender, segment) in order."""
    out = f.section() + f.interface(101, resolution=3)
    for when_ms, sender, segment in story:
        ends = (f.A[0], f.B[0]) if sender == "A" else (f.B[0], f.A[0])
        out += f.enhanced(f.ipv4(segment, *ends), when_ms)
    return tcp.load(out).conversations[0]


def a(when_ms: int, seq: int, ack: int = 1, size: int = 0, flags: int = f.ACK,
      window: int = 1000, options: bytes = b"") -> tuple[int, str, bytes]:  # fmt: skip
    segment = f.tcp(seq, ack, flags, bytes(size), window=window, options=options)
    return when_ms, "A", segment


def b(when_ms: int, seq: int, ack: int = 1, size: int = 0, flags: int = f.ACK,
      window: int = 1000, options: bytes = b"") -> tuple[int, str, bytes]:  # fmt: skip
    segment = f.tcp(seq, ack, flags, bytes(size), window=window, options=options, sport=80,
                    dport=50000)  # fmt: skip
    return when_ms, "B", segment


# A round trip of 10 ms. First numbers are 0, so the numbers below are relative ones too.
OPENING = [a(0, 0, 0, flags=f.SYN), b(9, 0, 1, flags=f.SYN | f.ACK), a(10, 1)]

STORIES = {
    "retransmission": [a(20, 1, size=100), a(320, 1, size=100)],
    "fast retransmission": [
        a(20, 1, size=100), a(21, 101, size=100), a(22, 201, size=100), a(23, 301, size=100),
        b(30, 1, 101), b(31, 1, 101), b(32, 1, 101), a(42, 101, size=100),
    ],
    "spurious retransmission": [a(20, 1, size=100), b(30, 1, 101), a(330, 1, size=100)],
    "out of order": [a(20, 1, size=100), a(21, 201, size=100), a(22, 101, size=100)],
    "duplicate ACK": [a(20, 1, size=100), b(30, 1, 101), b(31, 1, 101)],
    "previous segment not captured": [a(20, 1, size=100), a(21, 201, size=100)],
    "ACKed unseen segment": [a(20, 1, size=100), b(30, 1, 501)],
    "keep-alive": [a(20, 1, size=100), b(30, 1, 101), a(9000, 100, size=1)],
    "keep-alive ACK": [
        a(20, 1, size=100), b(30, 1, 101), a(9000, 100), b(9010, 1, 101),
    ],
    "zero window": [a(20, 1, size=100), b(30, 1, 101, window=0)],
    "zero-window probe": [a(20, 1, size=100), b(30, 1, 101, window=0), a(230, 101, size=1)],
    "zero-window probe ACK": [
        a(20, 1, size=100), b(30, 1, 101, window=0), a(230, 101, size=1),
        b(240, 1, 101, window=0),
    ],
    "window update": [a(20, 1, size=100), b(30, 1, 101, window=0), b(90, 1, 101, window=500)],
    "window full": [a(20, 1, size=1000)],
    "port reused": [a(20, 7777, 0, flags=f.SYN)],
}  # fmt: skip
ALONE = {  # the note, and what else that packet is by the same rules
    "zero-window probe ACK": {"zero window"},
}


@pytest.mark.parametrize("note", STORIES)
def test_each_note_comes_with_the_last_packet_of_its_story(note: str) -> None:
    story = STORIES[note]
    rows = conversation(*OPENING, *story).packets
    assert set(rows[-1].notes) == {note} | ALONE.get(note, set())
    assert note not in chain.from_iterable(row.notes for row in rows[:-1])


# What is almost the same, but is not


@pytest.mark.parametrize(
    ("story", "notes"),
    [
        # a second ACK with data, with another window, or after a FIN is no duplicate
        ([a(20, 1, size=100), b(30, 1, 101), b(31, 1, 101, size=5)], ()),
        ([a(20, 1, size=100), b(30, 1, 101), b(31, 1, 101, window=9)], ("window update",)),
        # one duplicate ACK does not make a fast retransmission, nor do two after 20 ms
        ([a(20, 1, size=9), a(21, 10, size=9), b(30, 1, 10), b(31, 1, 10), a(39, 10, size=9)],
         ("retransmission",)),
        ([a(20, 1, size=9), a(21, 10, size=9), b(30, 1, 10), b(31, 1, 10), b(32, 1, 10),
          a(52, 10, size=9)], ("retransmission",)),
        # later than a round trip is not out of order
        ([a(20, 1, size=100), a(21, 201, size=100), a(31, 101, size=100)], ("retransmission",)),
        # two bytes before the next number are no keep-alive
        ([a(20, 1, size=100), a(9000, 99, size=1)], ("retransmission",)),
        # a RST is never a hole, an open window never probed
        ([a(20, 1, size=100), a(21, 301, flags=f.RST)], ()),
        ([a(20, 1, size=100), b(30, 1, 101, window=9), a(230, 101, size=1)], ()),
        # not to the very edge of the window
        ([a(20, 1, size=999)], ()),
        # zero windows in a RST or FIN mean nothing
        ([b(30, 1, 1, window=0, flags=f.RST | f.ACK)], ()),
    ],
)  # fmt: skip
def test_what_is_close_to_a_note(
    story: list[tuple[int, str, bytes]], notes: tuple[str, ...]
) -> None:
    assert conversation(*OPENING, *story).packets[-1].notes == notes


def test_a_full_window_is_scaled() -> None:
    opening = [
        a(0, 0, 0, flags=f.SYN, options=f.SCALE_7),
        b(9, 0, 1, flags=f.SYN | f.ACK, options=f.SCALE_8),
        a(10, 1),
        b(11, 1, 1, window=2),  # 2 × 256 bytes
    ]
    assert conversation(*opening, a(20, 1, size=512)).packets[-1].notes == ("window full",)


def test_a_window_is_not_called_full_when_its_scale_is_unknown() -> None:
    assert conversation(b(11, 1, 1, window=2), a(20, 1, size=2)).packets[-1].notes == ()


def test_notes_hold_where_numbers_wrap() -> None:
    top = 2**32
    story = [a(0, top - 10, 0, flags=f.SYN), b(9, 0, top - 9, flags=f.SYN | f.ACK),
             a(10, top - 9), a(20, top - 9, size=20), a(500, top - 9, size=20),
             a(501, 11, size=5), a(502, 30, size=5)]  # fmt: skip
    notes = [row.notes for row in conversation(*story).packets]
    assert notes[3:] == [(), ("retransmission",), (), ("previous segment not captured",)]


@pytest.mark.parametrize("other", [5000, 2**32 - 5000])
def test_numbers_that_begin_again_are_not_called_unseen(other: int) -> None:
    """RFC 9293 figure 8: the second SYN, whatever its number, is the one that is answered."""
    story = [
        a(0, 0, 0, flags=f.SYN), a(1, other, 0, flags=f.SYN), b(9, 70, 1, flags=f.SYN | f.ACK),
        a(18, 1, 0, flags=f.RST), b(28, 900, other + 1, flags=f.SYN | f.ACK),
        a(38, other + 1, 901), a(39, other + 1, 901, size=5), b(49, 901, other + 6),
    ]  # fmt: skip
    notes = [row.notes for row in conversation(*story).packets]
    assert notes == [(), ("port reused",), (), (), ("port reused",), (), (), ()]


@pytest.mark.parametrize(
    ("story", "letters", "sentence"),
    [
        ([*OPENING, a(20, 1, size=5), b(30, 1, 6, size=5), a(40, 6, 6, flags=f.FIN | f.ACK),
          b(50, 6, 7), b(51, 6, 7, flags=f.FIN | f.ACK), a(60, 7, 7)], "ShADdFaf",
         "handshake captured, closed by both sides, nothing missing between"),
        ([a(0, 0, 0, flags=f.SYN), b(9, 0, 1, flags=f.RST | f.ACK)], "Sr",
         "only one side's SYN captured, ended by a reset, nothing missing between"),
        ([a(0, 5, 5, size=3), a(1, 20, 5, size=3), b(2, 5, 23, flags=f.FIN | f.ACK)], "Df",
         "beginning not captured, closed by one side only, packets missing between"),
        ([*OPENING, a(20, 1, size=5), a(900, 1, size=5), b(910, 1, 6, window=0)], "ShADTaw",
         "handshake captured, end not captured, nothing missing between"),
    ],
)  # fmt: skip
def test_history_and_completeness(
    story: list[tuple[int, str, bytes]], letters: str, sentence: str
) -> None:
    told = conversation(*story)
    assert (told.history, told.complete) == (letters, sentence)


# Up to where nothing is missing (``Past.whole``)


def notes_of(*story: tuple[int, str, bytes]) -> list[tuple[str, ...]]:
    return [row.notes for row in conversation(*OPENING, *story).packets][len(OPENING) :]


def test_what_was_not_captured_is_remarked_once() -> None:
    """B acknowledges 400 bytes that nobody saw, says so again, and then what was seen."""
    unseen = ("ACKed unseen segment",)
    assert notes_of(
        a(20, 1, size=100), b(30, 1, 501), b(31, 1, 501, size=5), a(40, 501, 6, size=100),
        b(50, 6, 601),
    ) == [(), unseen, (), ("previous segment not captured",), ()]  # fmt: skip


def test_after_a_hole_all_that_was_seen_behind_it_may_be_acknowledged() -> None:
    """101 … 200 were not captured. B acknowledges those, then what was seen after them."""
    assert notes_of(
        a(20, 1, size=100), a(21, 201, size=100), b(30, 1, 201), b(31, 1, 301), b(32, 1, 302),
    )[2:] == [("ACKed unseen segment",), (), ("ACKed unseen segment",)]  # fmt: skip


def test_each_further_hole_is_remarked() -> None:
    unseen = ("ACKed unseen segment",)
    assert notes_of(b(20, 1, 101), b(21, 1, 201), b(22, 1, 301)) == [unseen] * 3


def test_data_in_order_moves_what_may_be_acknowledged() -> None:
    assert notes_of(
        a(20, 1, size=100), a(21, 101, size=100), b(30, 1, 201), a(31, 201, size=1), b(40, 1, 202),
    ) == [()] * 5  # fmt: skip


def test_a_hole_filled_late_counts_as_seen_only_up_to_it() -> None:
    """The segment between is stored last: when B acknowledges it, it is still not there."""
    assert notes_of(a(20, 1, size=100), a(21, 201, size=100), b(30, 1, 301), a(31, 101, size=100))[
        2:
    ] == [("ACKed unseen segment",), ("spurious retransmission",)]


def test_an_ack_of_numbers_never_seen_does_not_count_as_data() -> None:
    """Zeek's letters tell what was seen: B's data is not told by A's ACK of it."""
    told = conversation(*OPENING, a(20, 1, 101), a(21, 1, 201))
    assert told.history == "ShA"
    assert told.complete.endswith("packets missing between")


def test_a_stranger_in_between_does_not_move_the_next_number() -> None:
    story = [b(20, 3_000_000_000, 1, flags=f.SYN | f.ACK), b(30, 1, 1, size=5), b(31, 6, 1, size=5)]
    assert notes_of(*story) == [("port reused",), (), ()]
