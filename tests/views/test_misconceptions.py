"""Wrong answers, each reckoned by hand from the document's eight packets."""

from __future__ import annotations

import pytest

from tcpcourse.views.misconceptions import Field, diagnose, misconceptions

from . import stories

BY_HAND: list[tuple[int, Field, int, str]] = [
    (2, "ack", 0, "forgot the SYN"),
    (2, "ack", 12, "counted the options"),  # 66 − 54
    (2, "ack", 66, "counted all headers"),
    (2, "seq", 1, "began at one"),
    (3, "seq", 0, "repeated the last seq"),  # before it was the SYN, 0
    (4, "seq", 2, "added one for a pure ACK"),  # packet 3 was one
    (4, "ack", 7, ""),  # no known way to it
    (5, "ack", 680, "counted all headers"),  # 1 + 679
    (5, "ack", 666, "counted the inner headers"),  # 1 + 679 − 14
    (5, "ack", 625, "the length as ack"),
    (5, "ack", 1, "repeated the last ack"),
    (5, "ack", 627, "one too many"),
    (5, "seq", 626, "the other direction's number"),
    (5, "seq", 3_141_592_654, "raw for relative"),
    (5, "len", 6, "counted the padding"),
    (5, "len", 60, "the whole frame"),
    (6, "seq", 2, "added one for a pure ACK"),
    (6, "len", 1480, "counted the TCP header"),  # 1514 − 14 − 20
    (6, "len", 1500, "counted IP and TCP headers"),
    (7, "seq", 1, "repeated the last seq"),
    (7, "seq", 1515, "counted all headers"),  # 1 + 1514
    (7, "seq", 1460, "the length as seq"),
    (8, "ack", 2920, "the last byte"),
    (8, "ack", 1461, "the first byte received"),
    (8, "seq", 625, "the length as seq"),
]


@pytest.mark.parametrize(("number", "field", "answer", "name"), BY_HAND)
def test_the_misconception_that_gives_this_number(
    number: int, field: Field, answer: int, name: str
) -> None:
    found = diagnose(stories.avatar(), number, field, answer)
    assert (found.name if found else "") == name


def test_padding_counted_as_data() -> None:
    # after packet 5, a frame of 60 bytes without data, an ack of 1 + 6
    found = diagnose(stories.after_padding(), 2, "ack", 7)
    assert found is not None and found.name == "counted the padding"
    assert "6 bytes of Ethernet padding" in found.says


def test_raw_numbers_are_judged_as_raw() -> None:
    trace = stories.avatar()
    relative = diagnose(trace, 5, "ack", 626, relative=False)
    assert relative is not None and relative.name == "relative for raw"
    forgot = diagnose(trace, 2, "ack", 2_718_281_828, relative=False)  # ISN itself
    assert forgot is not None and forgot.name == "forgot the SYN"


@pytest.mark.parametrize("relative", [True, False])
def test_none_is_the_right_answer_and_no_two_are_alike(relative: bool) -> None:
    trace = stories.talk(lose=4)
    for packet in trace.packets:
        ack = packet.rel_ack if relative else packet.segment.ack and int(packet.segment.ack)
        seq = packet.rel_seq if relative else int(packet.segment.seq)
        rights = {"seq": seq, "ack": ack, "len": len(packet.segment.data)}
        for field, right in rights.items():
            values = [m.value for m in misconceptions(trace, packet.number, field, relative)]  # type: ignore[arg-type]
            assert right not in values
            assert len(values) == len(set(values))


def test_a_packet_without_ack_has_no_wrong_acks() -> None:
    assert misconceptions(stories.avatar(), 1, "ack") == ()
