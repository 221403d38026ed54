"""The ladder: what is in the picture, and where."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tcpcourse.trace import Trace
from tcpcourse.views import ladder
from tcpcourse.views.arrows import LadderArrow, places
from tcpcourse.views.ladder import draw_ladder, nearby

from . import stories

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def arrows(trace: Trace) -> dict[str, ElementTree.Element]:
    root = parse(ladder(trace).svg)
    return {g.attrib["data-p"]: g for g in root.iter(SVG + "g") if "data-p" in g.attrib}


def words(group: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in group.iter(SVG + "text")]


def all_words(svg: str) -> list[str]:
    return [text.text or "" for text in parse(svg).iter(SVG + "text")]


def test_every_packet_has_flags_seq_ack_and_len() -> None:
    found = arrows(stories.avatar())
    assert words(found["1"]) == ["SYN", "seq=0 len=0"]
    assert words(found["2"]) == ["SYN ACK", "seq=0 ack=1 len=0"]
    assert words(found["7"]) == ["ACK", "seq=1461 ack=626 len=1460"]
    assert len(found) == 8


def test_raw_numbers() -> None:
    assert "seq=2718281828 len=0" in all_words(ladder(stories.avatar(), relative=False).svg)


def test_captured_packets_are_level_and_simulated_ones_slanted() -> None:
    assert not any("rotate" in g.attrib["transform"] for g in arrows(stories.avatar()).values())
    assert all("rotate" in g.attrib["transform"] for g in arrows(stories.talk()).values())


def test_the_direction_is_seen_without_colour() -> None:
    found = arrows(stories.avatar())
    to_b = found["1"].find(SVG + "path").attrib["d"]  # type: ignore[union-attr]
    to_a = found["2"].find(SVG + "path").attrib["d"]  # type: ignore[union-attr]
    assert to_b.startswith("M-") and "l-7-3" in to_b  # the tip is at the right
    assert not to_a.startswith("M-") and "l7-3" in to_a


def test_states_stand_beside_the_lifelines_in_order() -> None:
    text = all_words(ladder(stories.talk()).svg)
    states = [word for word in text if word.isupper() and len(word) > 5 and "ACK" not in word[:4]]
    left = ["CLOSED", "SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT"]
    right = ["CLOSED", "LISTEN", "SYN_RCVD", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"]
    assert states[: len(left) + len(right)] == left + right


def test_a_state_changes_where_its_packet_arrives() -> None:
    root = parse(ladder(stories.talk()).svg)
    texts = {t.text: float(t.attrib["y"]) for t in root.iter(SVG + "text") if t.text == "SYN_RCVD"}
    syn = arrows(stories.talk())["1"]
    middle = float(syn.attrib["transform"].split(" ")[1].split(")")[0])
    # the arrow falls from its middle on by half a row of 34
    assert texts["SYN_RCVD"] - 4 == pytest.approx(middle + 17, abs=1)


def test_lost_resent_and_doubled_packets_are_told_in_words() -> None:
    lost = arrows(stories.talk(lose=4))
    assert words(lost["4"])[0] == "PSH ACK lost"
    assert words(lost["5"])[0] == "PSH ACK ↻ resent"
    assert "m0-12l-12 12" in lost["4"].find(SVG + "path").attrib["d"]  # type: ignore[union-attr]  # a cross
    double = arrows(stories.talk(copy=4))
    assert words(double["5"])[0] == "PSH ACK copy of 4"
    assert "d2" in double["5"].attrib["class"]  # dotted


def test_long_waits_are_shortened_and_say_so() -> None:
    assert "990 ms pass" not in all_words(ladder(stories.talk()).svg)
    assert "1 s pass" in all_words(ladder(stories.talk(lose=4)).svg)


def test_calls_of_the_user_are_named() -> None:
    text = all_words(ladder(stories.talk()).svg)
    assert [text.count(word) for word in ("passive OPEN", "active OPEN", "SEND", "CLOSE")] == [
        1, 1, 1, 2,
    ]  # fmt: skip


def test_a_packet_on_its_way_is_drawn_so_far() -> None:
    trace = stories.talk()
    svg = draw_ladder(trace, [(0, 2)], so_far=True).svg
    assert "SYN on its way" in all_words(svg)
    assert "SYN_RCVD" not in svg


def test_a_forged_packet_comes_from_nowhere() -> None:
    trace = stories.forged()
    root = parse(ladder(trace).svg)
    group = next(g for g in root.iter(SVG + "g") if g.attrib.get("data-p") == "1")
    assert words(group)[0] == "RST forged"
    shape = group.find(SVG + "path").attrib["d"]  # type: ignore[union-attr]
    assert float(shape.split(" ")[0].removeprefix("M-")) < 80  # shorter than half the width


def test_a_long_ladder_is_folded() -> None:
    svg = ladder(stories.long(1000))
    assert "⋯ 940 steps folded ⋯" in all_words(svg.svg)
    assert svg.height < 60 * 40


def test_the_window_of_the_last_steps_fits() -> None:
    trace = stories.long(300)
    for last in (0, 5, 50, 299):
        made = draw_ladder(trace, nearby(trace, last, 476), so_far=True)
        assert made.height <= 476


def test_words_avoid_a_crossing() -> None:
    trace = stories.talk()
    one, other = trace.packets[0], trace.packets[1]  # one of each direction
    apart = places([LadderArrow(one, 0, 34), LadderArrow(other, 40, 74)])
    assert apart == [0.5, 0.5]
    crossed = places([LadderArrow(one, 0, 60), LadderArrow(other, 0, 60)])
    assert crossed != [0.5, 0.5]


def test_an_unknown_state_is_drawn_as_not_sure() -> None:
    svg = ladder(stories.unknown()).svg
    text = all_words(svg)
    assert "unknown" in text
    assert "or CLOSE_WAIT" in text
    assert "stroke-dasharray" in svg


def test_slices_can_be_drawn() -> None:
    assert "ESTABLISHED" in ladder(stories.talk()[3:6]).svg
