"""Wrong answers and the ideas behind them, each reckoned by hand from the document's packets."""

from __future__ import annotations

import re
from itertools import permutations
from typing import Any

import pytest

import tcpcourse as tcp
from tcpcourse.core.states import State
from tcpcourse.views.misconceptions import (
    Field,
    Way,
    confusion,
    first_words,
    misconceptions,
    right_answer,
    way_taken,
)

from . import stories

# (packet, field, answer): the ideas that give it.
BY_HAND: list[tuple[int, Field, int, set[str]]] = [
    (2, "ack", 0, {"forgot the SYN", "the first byte received", "the other direction's number"}),
    (2, "ack", 12, {"counted the options"}),  # 66 − 54
    (2, "ack", 66, {"counted the whole frame"}),
    (2, "seq", 1, {"began at one", "the other direction's number"}),
    (3, "seq", 0, {"repeated the last seq", "forgot the SYN"}),  # before it was the SYN, 0
    (4, "seq", 2, {"added one for a pure ACK"}),  # packet 3 was one
    (4, "ack", 7, set()),  # no known way to it
    (5, "ack", 2, {"always one more", "counted packets"}),  # seq 1; A's 1st and 4th took up some
    (5, "ack", 680, {"counted the whole frame"}),  # 1 + 679
    (5, "ack", 666, {"took off Ethernet alone"}),  # 1 + 679 − 14
    (5, "ack", 660, {"took off TCP alone"}),  # 1 + 679 − 20
    (5, "ack", 646, {"left the TCP header in"}),  # 1 + 679 − 34
    (5, "ack", 640, {"left the Ethernet header in"}),  # 1 + 679 − 40
    (5, "ack", 625, {"the length for the number", "the last byte"}),  # the request begins at 1
    (5, "ack", 627, {"one too many"}),
    (5, "seq", 626, {"the other direction's number"}),
    (5, "seq", 3_141_592_654, {"raw for relative"}),
    (4, "len", 659, {"took off TCP alone"}),  # 679 − 20, as chapter 03 offers it
    (4, "len", 639, {"left the Ethernet header in"}),  # 679 − 40, likewise
    (4, "len", 679, {"counted the whole frame"}),
    (4, "len", 65_536, {"the window for the length"}),
    (2, "len", 1, {"counted SYN or FIN as data"}),
    (5, "len", 6, {"counted the padding"}),
    (5, "len", 60, {"counted the whole frame"}),
    (6, "seq", 2, {"added one for a pure ACK"}),
    (6, "seq", 7, {"counted the padding"}),  # 1 + 6 bytes that filled up packet 5
    (6, "len", 1480, {"left the TCP header in"}),  # 1514 − 34
    (6, "len", 1500, {"took off Ethernet alone"}),
    (7, "seq", 2, {"always one more", "counted packets"}),  # packets 2 and 6 took up numbers
    (7, "seq", 1515, {"counted the whole frame"}),  # 1 + 1514
    (7, "seq", 1460, {"the length for the number", "the last byte"}),
    (8, "ack", 1, {"repeated the last ack"}),
    (8, "ack", 2, {"counted packets"}),  # packets 6 and 7 carry data
    (8, "ack", 3, {"counted packets"}),  # and the SYN
    (8, "ack", 2920, {"the last byte"}),
    (8, "ack", 1461, {"the first byte received"}),
    (8, "seq", 625, {"the length for the number", "the last byte"}),
]


def ideas(trace: Any, number: int, field: Field, answer: int, relative: bool = True) -> list[Any]:
    found = misconceptions(trace, number, field, relative)
    return [each for each in found if each.value == answer]


@pytest.mark.parametrize(("number", "field", "answer", "names"), BY_HAND)
def test_the_ideas_that_give_this_number(
    number: int, field: Field, answer: int, names: set[str]
) -> None:
    assert {each.name for each in ideas(stories.avatar(), number, field, answer)} == names


def test_two_ideas_behind_one_number_are_both_said() -> None:
    found = ideas(stories.avatar(), 5, "ack", 625)
    assert first_words(each.says for each in found) == (
        "More than one idea leads there. That is how many bytes there were. At which number did"
        " they begin? That is the number of the last byte. What counts is the one after it."
    )


def test_the_sum_of_an_old_ack_names_every_packet_since() -> None:
    (idea,) = ideas(stories.avatar(), 8, "ack", 1)
    assert idea.because == "1 was its ack before packets 6, 7 came: 1 + 1460 + 1460 = 2921."


def test_padding_counted_as_data() -> None:
    # after packet 5, a frame of 60 bytes without data, an ack of 1 + 6
    (found,) = ideas(stories.after_padding(), 2, "ack", 7)
    assert found.name == "counted the padding"


def test_raw_numbers_are_judged_as_raw() -> None:
    trace = stories.avatar()
    (relative,) = ideas(trace, 5, "ack", 626, relative=False)
    assert relative.name == "relative for raw"
    forgot = ideas(trace, 2, "ack", 2_718_281_828, relative=False)  # ISN itself
    assert forgot[0].name == "forgot the SYN"
    assert "2718281828 + 1 = 2718281829" in forgot[0].because
    (own,) = ideas(trace, 2, "ack", 3_141_592_654, relative=False)  # B's ISN + 1, B's own next
    assert own.name == "acknowledged itself"


def test_past_the_largest_number_comes_zero() -> None:
    """Chapter 04: seq 4294967283 and 13 bytes; 2³² for 0, and 1 for 0."""
    wrap = tcp.simulate("wraparound")
    (packet,) = (p for p in wrap.packets if p.segment.ack is not None and int(p.segment.ack) == 0
                 and p.number == 9)  # fmt: skip
    (beyond,) = ideas(wrap, packet.number, "ack", 1 << 32, relative=False)
    assert beyond.name == "beyond the largest number"
    assert beyond.because.endswith("4294967283 + 13 − 2³² = 0.")
    assert [each.name for each in ideas(wrap, 9, "ack", 1, relative=False)] == ["one too many"]


def test_what_is_sent_again_keeps_its_number() -> None:
    story = tcp.simulate("http-get", faults={4: "lose"})
    again = next(p for p in story.packets if "retransmission" in p.notes)
    first = next(p for p in story.packets if p.segment.data and p.sender == again.sender)
    after = first.rel_seq + len(first.segment.data)
    names = [each.name for each in ideas(story, again.number, "seq", after)]
    assert names == ["a new number for old data"]


STORIES = [stories.avatar(), stories.talk(lose=4), *map(tcp.simulate, tcp.scenarios())]
_SUM = re.compile(r"(\d+(?: [+−] (?:\d+|2³²))+) = (\d+)")
_FRAME = re.compile(r"(\d+) bytes of frame − (\d+) that are no data = (\d+)")


def total(text: str) -> int:
    """A chain of additions and subtractions, reckoned."""
    words = text.replace("2³²", str(1 << 32)).split()
    value = int(words[0])
    for sign, number in zip(words[1::2], words[2::2], strict=True):
        value += int(number) if sign == "+" else -int(number)
    return value


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("trace", STORIES, ids=lambda trace: trace.title)
def test_no_wrong_answer_is_right_and_sums_add_up(trace: tcp.Trace, relative: bool) -> None:
    sums = 0
    for packet in trace.packets[:30]:
        for field in ("seq", "ack", "len"):
            right = right_answer(packet, field, relative)  # type: ignore[arg-type]
            for each in misconceptions(trace, packet.number, field, relative):  # type: ignore[arg-type]
                assert each.value != right
                assert not re.search(r"\d", each.says.replace("32 bits", "")), "none at first"
                for chain, result in _SUM.findall(each.because):
                    assert total(chain) == int(result) == right, each.because
                    sums += 1
                for frame, rest, size in _FRAME.findall(each.because):
                    assert int(frame) - int(rest) == int(size) == right
    assert sums or len(trace.packets) < 2


def test_a_packet_without_ack_has_no_wrong_acks() -> None:
    assert misconceptions(stories.avatar(), 1, "ack") == ()


# --- states --------------------------------------------------------------------------------


def test_every_state_for_every_other_is_told_apart() -> None:
    for right, given in permutations(State, 2):
        found = confusion(right, given)
        own = re.sub(r"On the map .*", "", str(found.says))
        assert own.strip()[-1] in ".?"
        assert not re.search(rf"\b{right}\b", own), "the right state is named"


# By hand: which idea, the place on the map after RFC 9293 figure 5 and §3.10.
STATES = [
    ("CLOSED", "TIME_WAIT", "LAST_ACK", "the server enters TIME_WAIT", "CLOSING"),
    ("LAST_ACK", "TIME_WAIT", None, "the server enters TIME_WAIT", "FIN_WAIT_2"),
    ("CLOSE_WAIT", "TIME_WAIT", None, "CLOSE_WAIT is taken for TIME_WAIT", "FIN_WAIT_1"),
    ("TIME_WAIT", "CLOSE_WAIT", None, "CLOSE_WAIT is taken for TIME_WAIT", "ESTABLISHED"),
    ("CLOSING", "FIN_WAIT_2", None, "CLOSING is forgotten", "FIN_WAIT_1"),
    ("CLOSING", "TIME_WAIT", None, "CLOSING is forgotten", "FIN_WAIT_1"),
    ("CLOSING", "LAST_ACK", None, "CLOSING is forgotten", "CLOSE_WAIT"),
    ("TIME_WAIT", "FIN_WAIT_2", "FIN_WAIT_1", "straight to TIME_WAIT is forgotten", "FIN_WAIT_1"),
    ("TIME_WAIT", "CLOSING", "FIN_WAIT_1", "straight to TIME_WAIT is forgotten", "FIN_WAIT_1"),
    ("TIME_WAIT", "FIN_WAIT_2", "FIN_WAIT_2", "FIN_WAIT_2 too late", "FIN_WAIT_1"),
    ("CLOSE_WAIT", "FIN_WAIT_1", None, "a state belongs to client or server", "ESTABLISHED"),
    ("SYN_SENT", "CLOSED", None, "the retransmission timeout leads to CLOSED", ""),
]


@pytest.mark.parametrize(("right", "given", "before", "name", "origin"), STATES)
def test_the_idea_that_takes_one_state_for_another(
    right: str, given: str, before: str | None, name: str, origin: str
) -> None:
    way = None if before is None else Way(State[before])
    found = confusion(State[right], State[given], way)
    assert found.name == name
    place = found.says.partition("On the map ")[2]
    assert origin in place and (given in place or not origin)


def test_the_second_try_is_told_the_row_and_the_place() -> None:
    story = tcp.simulate("close-three-segments")
    last = story.packets[-1]
    closer = next(p.sender for p in story.packets if p.segment.fin)
    way = way_taken(story, last.number, closer)
    found = confusion(State.TIME_WAIT, State.FIN_WAIT_2, way)
    assert found.name == "straight to TIME_WAIT is forgotten"
    assert found.because.startswith("From FIN_WAIT_1 the arrow to TIME_WAIT is “rcv FIN,ACK of FIN")
    assert found.because.endswith("[RFC 9293 §3.10.7.4]")


def test_an_end_that_has_not_moved_is_said_to_have_not() -> None:
    way = way_taken(tcp.simulate("refused"), 1, "B")
    assert (
        confusion(State.CLOSED, State.LISTEN, way).because == "Nothing has moved this end so far."
    )


# What chapters offer as wrong options, by hand: story, whether relative, packet, field, answer.
HANDSHAKE, REAL = "three-way-handshake", "http-get"
OFFERED: list[tuple[str, bool, int, Field, int]] = [
    (HANDSHAKE, False, 2, "seq", 101),  # 01 · seq 101, ack 101
    (HANDSHAKE, False, 2, "ack", 100),  # 01 · seq 300, ack 100
    (HANDSHAKE, False, 2, "ack", 301),  # 01 · seq 300, ack 301
    (HANDSHAKE, False, 3, "seq", 100),  # 01 · seq 100, ack 301
    (HANDSHAKE, False, 3, "ack", 300),  # 01 · seq 101, ack 300
    ("avatar", True, 4, "len", 659),  # 03 · 679 − 20
    ("avatar", True, 4, "len", 639),  # 03 · 679 − 40
    ("avatar", True, 4, "seq", 2),  # 03 · one, like a SYN
    ("avatar", True, 4, "len", 679),  # 03 · LEN
    ("avatar", True, 4, "len", 65536),  # 03 · Win
    ("avatar", True, 5, "ack", 2),  # 04 · ack is always seq + 1
    ("avatar", True, 8, "ack", 2),  # 04 · it counts packets
    ("avatar", True, 8, "ack", 3),
    ("avatar", True, 5, "len", 6),  # 04 · 60 − 54
    ("avatar", True, 6, "seq", 7),  # 04 · then packet 6 would begin at 7
    ("avatar", True, 7, "seq", 1460),  # 04
    ("avatar", True, 7, "seq", 1515),  # 04
    ("wraparound", False, 9, "ack", 4294967296),  # 04
    ("wraparound", False, 9, "ack", 1),  # 04
    (REAL, True, 4, "len", 117),  # 04 · 171 − 54, with 12 bytes of options
    (REAL, True, 4, "seq", 0),  # 05 · still 0
]


@pytest.mark.parametrize(("story", "relative", "number", "field", "answer"), OFFERED)
def test_a_wrong_option_of_a_chapter_is_known(
    story: str, relative: bool, number: int, field: Field, answer: int
) -> None:
    trace = tcp.recording(story) if story in ("avatar", REAL) else tcp.simulate(story)
    assert ideas(trace, number, field, answer, relative)
