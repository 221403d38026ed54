"""The ladder alone: what is in the picture, and where. It is the stage's own drawing."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

import tcpcourse as tcp
from tcpcourse.trace import Trace
from tcpcourse.views import ladder

from . import stories

SVG = "{http://www.w3.org/2000/svg}"


def shapes(trace: Trace, relative: bool = True, most: int = 60) -> ElementTree.Element:
    return ElementTree.fromstring(ladder(trace, relative, most).svg)


def of_kind(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [each for each in root.iter() if kind in each.attrib.get("class", "").split()]


def words(element: ElementTree.Element, kind: str) -> list[str]:
    return ["".join(each.itertext()) for each in of_kind(element, kind)]


def wires(trace: Trace) -> list[tuple[float, float, float, float]]:
    """Of each packet: where its line begins and where it ends."""
    lines = [of_kind(group, "w")[0].attrib["d"] for group in of_kind(shapes(trace), "pk")]
    found = []
    for line in lines:
        x0, y0, x1, y1 = map(float, re.findall(r"-?[\d.]+", line))
        found.append((x0, y0, x1, y1))
    return found


def test_every_packet_has_its_flags_and_numbers() -> None:
    found = of_kind(shapes(stories.avatar()), "pk")
    assert len(found) == 8
    assert words(found[0], "f") == ["SYN"] and words(found[0], "m") == ["seq 0"]
    assert words(found[1], "f") == ["SYN ACK"] and words(found[1], "m") == ["seq 0 ack 1"]
    assert words(found[6], "f") == ["DATA 1,460 B"]
    assert words(found[6], "m") == ["seq 1461 ack 626"]


def test_raw_numbers() -> None:
    assert "seq 2718281828" in words(shapes(stories.avatar(), relative=False), "m")


def test_captured_packets_are_level_and_simulated_ones_fall() -> None:
    assert all(y0 == y1 for _, y0, _, y1 in wires(stories.avatar()))
    assert all(y0 < y1 for _, y0, _, y1 in wires(stories.talk()))


def test_a_sends_to_the_right_and_b_to_the_left() -> None:
    trace = stories.avatar()
    for packet, (x0, _, x1, _) in zip(trace.packets, wires(trace), strict=True):
        assert (x0 < x1) is (packet.sender == "A")


def test_states_stand_beside_their_line_in_order() -> None:
    root = shapes(stories.talk())
    sides = {
        side: [word for each in of_kind(root, "s") if side in each.attrib["class"].split()
               for word in words(each, "st")]
        for side in "AB"
    }  # fmt: skip
    assert sides["A"] == ["SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT"]
    assert sides["B"] == [
        "LISTEN", "SYN_RCVD", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED",
    ]  # fmt: skip


def test_a_state_changes_where_its_packet_arrives() -> None:
    trace = stories.talk()
    place = next(
        each.attrib["transform"] for each in of_kind(shapes(trace), "s")
        if "SYN_RCVD" in words(each, "st")
    )  # fmt: skip
    _, height = map(float, re.findall(r"[\d.]+", place))
    assert height == pytest.approx(wires(trace)[0][3], abs=0.2)


def test_lost_repeated_and_doubled_packets_are_told_in_words() -> None:
    lost = of_kind(shapes(stories.talk(lose=4)), "pk")
    assert words(lost[3], "f") == ["DATA 5 B ✕ lost lost"]  # the last is for narrow places
    assert len(of_kind(lost[3], "x")) == 1 and not of_kind(lost[3], "h")
    assert words(lost[4], "f")[0].startswith("DATA 5 B again")
    assert "ag" in lost[4].attrib["class"].split()  # dashed
    double = of_kind(shapes(stories.talk(copy=4)), "pk")
    assert words(double[4], "f")[0].startswith("DATA 5 B copy")


def test_a_long_wait_says_how_long_and_whose() -> None:
    assert of_kind(shapes(stories.talk()), "sl") == []
    (wait,) = of_kind(shapes(stories.talk(lose=4)), "sl")
    assert words(wait, "c") == ["1 s", "A's timer runs"]


def test_calls_of_the_program_are_named() -> None:
    found = words(shapes(stories.talk()), "m")
    assert [found.count(each) for each in ("listen()", "connect()", "send()", "close()")] == [
        1, 1, 1, 2,
    ]  # fmt: skip


def test_packets_on_their_way_lie_below_each_other() -> None:
    trace = tcp.play("B listen; A connect; deliver 1; duplicate 2; duplicate 2")
    root = shapes(trace)
    flying = [each for each in of_kind(root, "pk") if "on its way" in words(each, "f")[0]]
    assert len(flying) == 3 and not any(of_kind(each, "h") for each in flying)
    ends = [y1 for *_, y1 in wires(trace)[1:]]
    last = max(float(each.attrib["transform"].split(" ")[1][:-1]) for each in of_kind(root, "s"))
    assert ends[0] > last and all(b - a >= 40 for a, b in pairwise(ends))
    assert float(root.attrib["height"]) - 34 > ends[-1] + 30


def test_a_forged_packet_comes_from_no_end() -> None:
    trace = stories.forged()
    (group,) = of_kind(shapes(trace), "pk")
    assert words(group, "f")[0].startswith("RST in A’s name") and words(group, "q") == ["?"]
    (x0, _, x1, _) = wires(trace)[0]
    whole = wires(stories.talk())[0]
    assert x1 - x0 < 0.8 * (whole[2] - whole[0])


def test_of_a_long_ladder_nothing_is_left_out() -> None:
    boxes = of_kind(shapes(stories.long(1000)), "bk")
    shown = len(of_kind(shapes(stories.long(1000)), "pk"))
    counts = [int(words(box, "n1")[0].split()[0].replace(",", "")) for box in boxes]
    assert sum(counts) + shown == 1000
    assert 10 <= shown <= 60  # how it begins and how it ends
    assert ladder(stories.long(1000), most=12).height < ladder(stories.long(1000)).height


def test_a_long_name_of_a_host_stands_whole() -> None:
    trace = stories.avatar(b="255.255.255.255:65535")
    head = of_kind(shapes(trace), "hd")[0].find(f"{SVG}g[@class='B']")
    assert head is not None
    name = head.findall(f"{SVG}text")[1]
    # no digit of a bold font of 15 px is wider than 9 px
    assert float(name.attrib["x"]) + 9 * len(name.text or "") <= 622
    assert float(name.attrib["x"]) - float(head[0].attrib["cx"]) == 17


def test_an_unknown_state_is_drawn_as_not_sure() -> None:
    root = shapes(stories.unknown())
    assert of_kind(root, "pu") and "or CLOSE_WAIT" in words(root, "st")


def test_an_empty_story() -> None:
    assert "Nothing happened." in words(shapes(stories.empty()), "c")


def test_slices_can_be_drawn() -> None:
    assert "ESTABLISHED" in words(shapes(stories.talk()[3:6]), "st")
