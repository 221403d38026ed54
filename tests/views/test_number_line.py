"""The number line of a packet: the document's numbers at the document's places."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.trace import Trace
from tcpcourse.views import explain, number_circle, number_line

from . import stories

SVG = "{http://www.w3.org/2000/svg}"


def words(trace: Trace, number: int) -> list[str]:
    root = ElementTree.fromstring(number_line(trace, number).svg)
    return ["".join(text.itertext()) for text in root.iter(SVG + "text")]


def coloured(trace: Trace, number: int) -> list[tuple[str, str]]:
    """The numbers of the formulas, and whose line each is on."""
    root = ElementTree.fromstring(number_line(trace, number).svg)
    return [(part.text or "", part.get("class", "")) for part in root.iter(SVG + "tspan")]


def test_the_ack_of_the_documents_last_line() -> None:
    # 8. A->B size=54, seq=626, ack=(1461+1514-54=2921), len=0
    told = words(stories.avatar(), 8)
    assert "A wants 2921 next" in told
    assert "1461 + 1460 = 2921" in told
    assert "Packet 7 on the wire: 1514 − 54 of headers = 1460 of data" in told
    assert {"packet 6: 1,460 bytes", "packet 7: 1,460 bytes"} <= set(told)
    assert "packet 8 is at 626 and takes up none" in told
    assert "1 + 625 = 626" in told


def test_numbers_have_the_colour_of_their_line() -> None:
    assert coloured(stories.avatar(), 8) == [
        ("1461", "b"), ("1460", "b"), ("2921", "b"), ("1", "a"), ("625", "a"), ("626", "a"),
    ]  # fmt: skip


def test_padding_and_options_are_no_data() -> None:
    assert "Packet 5 on the wire: 60 − 54 of headers − 6 of padding = 0 of data" in words(
        stories.avatar(), 5
    )
    first = words(stories.avatar(), 1)
    assert "Packet 1 on the wire: 66 − 54 of headers − 12 of options = 0 of data" in first
    assert {"12 options", "SYN", "Relative numbers begin at 0."} <= set(first)


def test_phantom_bytes_have_dashed_edges() -> None:
    svg = number_line(stories.avatar(), 2).svg
    assert svg.count('class="a v u"') == 1  # A's SYN, which is acknowledged
    assert svg.count('class="b v u"') == 1  # B's own
    assert ".tcn .v{stroke-dasharray:4 3}" in svg


def test_where_numbers_wrap() -> None:
    # ten bytes from 4294967290 on, then ten from 4 on; relative numbers do not wrap
    told = words(stories.around_zero(), 2)
    assert "1 + 10 = 11" in told and "packet 2 begins at 11" in told


def test_what_came_long_before_is_left_out() -> None:
    trace = stories.long(30)
    told = words(trace, 30)  # A acknowledges the twentieth segment of 1000 bytes
    assert "A wants 20001 next" in told and "19001 + 1000 = 20001" in told
    assert "…" in told and "packet 26: 1,000 bytes" not in told
    assert "29: 1,000 bytes" in " ".join(told)


def test_what_nobody_knows_is_not_made_up() -> None:
    told = words(stories.unknown(), 1)
    assert "No packet before this one ends at 0." in told
    assert "Packet 1 on the wire: 60 − 54 of headers − 3 of padding = 3 of data" in told


def test_a_lost_packet_gives_way_to_its_second_copy() -> None:
    trace = stories.talk(lose=4)
    again = next(packet for packet in trace.packets if packet.notes)
    answer = next(packet for packet in trace.packets if packet.rel_ack == 6)
    told = words(trace, answer.number)
    assert f"packet {again.number}: 5 bytes" in told and "packet 4: 5 bytes" not in told


@pytest.mark.parametrize("number", range(1, 9))
def test_all_words_are_inside(number: int) -> None:
    svg = number_line(stories.avatar(), number).svg
    for x in re.findall(r'<text x="([\d.]+)"', svg):
        assert 0 <= float(x) <= 640


def test_an_explanation_has_its_picture() -> None:
    trace = stories.avatar()
    made = explain(trace, 5)
    assert made.picture == number_line(trace, 5)
    assert number_line(trace, 5).svg in made._repr_html_()


def test_no_such_packet() -> None:
    with pytest.raises(TcpCourseError, match="9"):
        number_line(stories.avatar(), 9)


# --- the circle ------------------------------------------------------------------------------


def test_the_shorter_way_leads_across_zero() -> None:
    # 4294967295 is five further, 0 is six further, 5 is eleven further
    for pair in ((4294967290, 5), (5, 4294967290)):
        made = number_circle(*pair)
        assert made.title == "4294967290 comes first, and 5 is 11 further."
        assert "+ 11<" in made.svg and "The way is drawn longer than it is." in made.svg


def test_far_apart_is_drawn_to_scale() -> None:
    # a quarter of the circle, from 2³⁰ to 2³¹
    made = number_circle(2**30, 2**31)
    assert made.title == "1073741824 comes first, and 2147483648 is 1073741824 further."
    assert "drawn longer" not in made.svg


def test_exactly_half_way_round_neither_comes_first() -> None:
    made = number_circle(0, 2**31)
    assert made.title == "0 and 2147483648 are exactly 2³¹ apart: neither comes first."
    assert 'class="w"' not in made.svg


@pytest.mark.parametrize("wrong", [-1, 2**32, True, "5", 1.5])
def test_what_is_no_sequence_number(wrong: object) -> None:
    with pytest.raises(TcpCourseError, match=r"is no sequence number: they go from 0 to 42949672"):
        number_circle(wrong, 5)  # type: ignore[arg-type]
