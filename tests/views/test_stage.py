"""The stage: what is in its HTML. What it does in a browser is tested in tests/browser."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

import tcpcourse as tcp
from tcpcourse.trace import Trace
from tcpcourse.views import explain, stage
from tcpcourse.views.stage import code, parcel, without_code

from . import stories
from .html import EVIL, Page, evil

NAME = "{http://www.w3.org/2000/svg}"


def picture(text: str) -> ElementTree.Element:
    """The whole ladder, as a page without a script shows it."""
    (image,) = Page(text).all("img")
    kind, _, svg = (image["src"] or "").partition(",")
    assert kind == "data:image/svg+xml;charset=utf-8"
    return ElementTree.fromstring(unquote(svg))


def data(text: str) -> dict[str, Any]:
    """What travels for the script."""
    start = text.index("previousElementSibling,") + len("previousElementSibling,")
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
    return found


def words(element: ElementTree.Element, kind: str) -> list[str]:
    """The texts of a class, from top to bottom of the picture."""
    every = element.iter()
    return ["".join(e.itertext()) for e in every if kind in (e.get("class") or "").split()]


# --- without a script --------------------------------------------------------------------


def test_without_a_script_there_are_the_whole_ladder_and_all_sentences() -> None:
    trace = stories.talk()
    text = stage(trace)
    page = Page(text)
    assert len(page.all("li")) >= len(trace)
    assert len([p for p in page.all("p") if p.get("class") == "sy"]) == len(trace)
    arrows = [e for e in picture(text).iter() if (e.get("class") or "").startswith("pk ")]
    assert len(arrows) == len(trace.packets)
    states = words(picture(text), "st")
    for state in ("SYN_SENT", "LISTEN", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
                  "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSED"):  # fmt: skip
        assert state in states


def test_title_and_question_stand_above() -> None:
    page = Page(stage(replace(stories.talk(), title="A talk", question="Who speaks?")))
    assert page.text["p"][:2] == ["A talk", "Who speaks?"]


def test_the_picture_has_words_for_who_cannot_see_it() -> None:
    (image,) = Page(stage(stories.talk())).all("img")
    assert image["alt"] == "Ladder: 9 packets in 14 steps; at the end A is TIME_WAIT, B is CLOSED."


def test_why_and_where_it_is_written() -> None:
    text = stage(stories.talk())
    assert "Our SYN is acknowledged and the peer&#x27;s SYN is here" in text
    assert "[RFC 9293 §3.10.7.3]" in text


def test_the_arithmetic_of_each_packet_is_there_once() -> None:
    trace = stories.avatar()
    text = stage(trace)
    for number in range(1, 9):
        assert text.count(explain(trace, number).html(brief=True).split("</ul>")[0]) == 1


def test_how_a_frame_is_made_up_is_told_where_it_carries_data() -> None:
    """Padding and options are chapter 04's; before it a stage does not speak of them."""
    trace = stories.avatar()  # packets 4, 6 and 7 carry data, 1 and 2 options, 5 padding
    text = stage(trace)
    assert re.findall(r"<b>len</b>: ([^<]+)", text) == [
        "679 − 54 of headers = 625 bytes of data.",
        "1514 − 54 of headers = 1460 bytes of data.",
        "1514 − 54 of headers = 1460 bytes of data.",
    ]
    assert "Take care" not in text and "padding" not in text


def test_the_root_is_right_before_the_script_and_reachable_by_keys() -> None:
    text = stage(stories.talk())
    assert re.search(r"</div><script>", text)
    root = Page(text).all("div")[0]
    assert root["role"] == "group" and root["tabindex"] == "0" and root["aria-label"]
    assert root["data-lm-suppress-shortcuts"] == "true"


def test_nothing_is_fetched_and_nothing_has_an_id() -> None:
    text = unquote(stage(stories.talk())) + parcel.whole()
    text = text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|\bid=", text)


def test_the_same_trace_gives_the_same_bytes() -> None:
    assert stage(stories.talk()) == stage(stories.talk())


# --- the ladder --------------------------------------------------------------------------


def test_a_lost_packet_ends_at_a_cross() -> None:
    text = stage(tcp.simulate("lost-last-ack"))
    crosses = [e for e in picture(text).iter() if e.get("class") == "x"]
    assert len(crosses) == 1
    assert "ACK ✕ lost lost" in words(picture(text), "f")  # the second is for narrow places
    lost = [tile for tile in data(text)["B"] if tile[0] == "lo"]
    assert [tile[2] for tile in lost] == ["ACK ✕"]


def test_an_inferred_loss_is_drawn_as_one() -> None:
    text = stage(tcp.recording("lost-last-ack"))
    assert any(name.startswith("ACK ✕ never arrived") for name in words(picture(text), "f"))


def test_an_arrow_does_not_say_ack_twice() -> None:
    names = words(picture(stage(tcp.recording("lost-last-ack"))), "f")
    assert "ACK duplicate" in names
    assert not any(name.count("ACK") > 1 for name in names)


def test_a_packet_that_is_overtaken_has_its_words_elsewhere() -> None:
    arrows = data(stage(tcp.simulate("reordered-data")))["P"]
    assert sum(arrow[4] == 2 for arrow in arrows) == 1


def test_silence_has_its_length_and_whose_it_is() -> None:
    shapes = picture(stage(tcp.simulate("lost-last-ack")))
    boxes = [e for e in shapes.iter() if e.get("class") == "bx sl"]
    assert [[t.text for t in box.iter(f"{NAME}text")] for box in boxes] == [
        ["1 s", "B's timer runs"], ["4 min", "A waits, nothing comes"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "least_ms"),  # the longest wait of each file, by tshark -T fields -e frame.time_delta
    [("lost-syn", 1000), ("lost-fin", 250), ("lost-last-ack", 240), ("zero-window", 600),
     ("lost-handshake-ack", 1000)],
)  # fmt: skip
def test_recordings_show_their_waits(name: str, least_ms: int) -> None:
    assert max(quiet[3] for quiet in data(stage(tcp.recording(name)))["Q"]) >= least_ms


def test_a_short_round_trip_is_no_silence() -> None:
    assert data(stage(tcp.recording("avatar")))["Q"] == []


def test_a_forged_packet_starts_at_no_end() -> None:
    text = stage(tcp.simulate("blind-reset"))
    assert words(picture(text), "q") == ["?"]
    assert [tile[2] for tile in data(text)["B"] if tile[0] == "fg"] == ["RST"]


def test_the_answer_to_a_doubtful_rst_is_a_question() -> None:
    """RFC 5961 §3.2: a RST in the window, but not at RCV.NXT, is answered with a challenge."""
    names = words(picture(stage(tcp.simulate("blind-reset"))), "f")
    assert [name for name in names if "really?" in name] == ["ACK really? ?"]  # and where narrow
    assert not any("really" in name for name in words(picture(stage(stories.talk())), "f"))


def test_time_runs_downwards_at_each_end() -> None:
    for name in tcp.scenarios():
        scenes = data(stage(tcp.simulate(name)))["S"]
        for side in ("A", "B"):
            ys = [scene[0] for scene in scenes if scene[3] == side]
            assert all(one < two for one, two in pairwise(ys)), name
        rests = [scene[1:3] for scene in scenes]
        for one, two in pairwise(rests):
            assert one[0] <= two[0] and one[1] <= two[1], f"{name}: the story runs back"


def test_arrows_slant_in_a_simulation_and_are_level_in_a_capture() -> None:
    for trace, level in ((tcp.simulate("http-get"), False), (stories.avatar(), True)):
        assert all((y0 == y1) is level for y0, y1, *_ in data(stage(trace))["P"])


def test_no_two_circles_share_a_place() -> None:
    for name in tcp.scenarios():
        scenes = data(stage(tcp.simulate(name)))["S"]
        places = [(scene[0], scene[3]) for scene in scenes]
        assert len(set(places)) == len(places), name


def test_a_state_that_is_not_certain_is_dashed() -> None:
    shapes = picture(stage(stories.unknown()))
    kinds = {e.get("class") for e in shapes.iter(f"{NAME}rect")}
    assert "pu" in kinds
    assert "or CLOSE_WAIT" in words(shapes, "st")


# --- the roads ---------------------------------------------------------------------------


def test_the_map_has_the_states_of_this_story_and_no_others() -> None:
    found = data(stage(tcp.simulate("lost-last-ack")))["M"]
    names = [name for *_, name in found[3]]
    assert sorted(names) == sorted(
        ["CLOSED", "CLOSED", "SYN_SENT", "LISTEN", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
         "FIN_WAIT_2", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT"]
    )  # fmt: skip


def test_a_is_on_the_left_and_b_on_the_right() -> None:
    nodes = data(stage(tcp.simulate("close-four-segments")))["M"][3]
    x = {name: left for left, _, _, name in nodes if name != "CLOSED"}
    assert x["FIN_WAIT_1"] < x["ESTABLISHED"] < x["CLOSE_WAIT"]
    both = data(stage(tcp.simulate("simultaneous-close")))["M"][3]
    x = {name: left for left, _, _, name in both if name != "CLOSED"}
    assert x["FIN_WAIT_1"] == x["CLOSING"] == x["TIME_WAIT"] == x["ESTABLISHED"]


@pytest.mark.parametrize("name", sorted(tcp.scenarios()))
def test_no_two_states_lie_on_each_other(name: str) -> None:
    nodes = data(stage(tcp.simulate(name)))["M"][3]
    for place, (x, y, *_) in enumerate(nodes):
        for other_x, other_y, *_ in nodes[place + 1 :]:
            assert abs(x - other_x) >= 136 or abs(y - other_y) >= 34


def test_each_change_of_state_has_its_road() -> None:
    trace = tcp.simulate("simultaneous-open")
    scenes = data(stage(trace))["S"]
    for step, scene in zip(trace, scenes, strict=True):
        for side, road in (("A", scene[8]), ("B", scene[10])):
            moved = step.before.of(side).state is not step.after.of(side).state
            assert (road >= 0) == moved or not moved


# --- how it travels ----------------------------------------------------------------------


def test_the_parcel_is_packed_anew() -> None:
    unpacked = gzip.decompress(b64decode(parcel.packed())).decode()
    assert unpacked == parcel.whole(), "run python -m tcpcourse.views.stage.parcel"


def test_the_size_of_twelve_steps() -> None:
    trace = tcp.simulate("close-four-segments")[:12]
    assert len(trace) == 12
    assert len(stage(trace).encode()) <= 45_000


def test_a_page_carries_the_code_once() -> None:
    text = stage(tcp.simulate("three-way-handshake"))
    bare = without_code(text)
    assert len(text) - len(bare) > 15_000
    assert parcel.packed() not in bare
    assert bare.count("<script>") == 1
    assert parcel.global_name() in code() and parcel.global_name() in bare


# --- long stories ------------------------------------------------------------------------


def test_forty_steps_are_not_folded() -> None:
    text = stage(stories.long(40))
    assert len(data(text)["S"]) == 40


def test_of_a_long_story_nothing_is_left_out() -> None:
    text = stage(stories.long(10_000))
    assert len(text.encode()) < 1_000_000
    scenes = data(text)["S"]
    assert len(scenes) < 500
    many = [tile[2] for tile in data(text)["B"] if tile[0] == "bk"]
    hidden = sum(int(words.split()[0].replace(",", "")) for words in many)
    assert hidden + len(scenes) - len(many) == 10_000


def test_ten_thousand_steps_that_all_go_wrong_stay_small() -> None:
    trace = stories.long(10_000)
    packets = tuple(replace(p, notes=("retransmission",)) for p in trace.packets)
    steps = tuple(
        replace(step, packet=packet) for step, packet in zip(trace.steps, packets, strict=True)
    )
    text = stage(replace(trace, steps=steps, packets=packets))
    assert len(text.encode()) < 1_000_000


def test_steps_that_move_a_state_have_their_own_scene() -> None:
    trace = tcp.recording("http-get")
    text = stage(trace)
    states = words(picture(text), "st")
    assert states.count("ESTABLISHED") == 2


def test_a_slice_is_a_window() -> None:
    assert [scene[6] for scene in data(stage(stories.long(1000)[500:510]))["S"]] == [*range(1, 11)]


# --- bad input ---------------------------------------------------------------------------


def test_text_from_elsewhere_is_harmless() -> None:
    text = stage(evil())
    page = Page(text)
    for each in (text, unquote(text)):
        assert "alert(1)</script>" not in each
        assert "\u202e" not in each and "\x00" not in each
        assert "x" * 700 not in each and "y" * 1000 not in each
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "img" or (attributes["src"] or "").startswith("data:image/svg+xml;")
    assert len(page.all("script")) == 1
    for element in picture(text).iter():
        assert element.tag in {
            NAME + kind for kind in ("svg", "style", "g", "path", "rect", "circle", "text", "tspan")
        }
    assert EVIL not in text


def test_an_empty_trace() -> None:
    page = Page(stage(stories.empty()))
    assert page.all("li") == [] and page.all("img") == []
    assert any("Nothing happened" in words for words in page.text["p"])


def test_one_packet_of_which_nothing_is_known() -> None:
    assert len(data(stage(stories.unknown()))["S"]) == 1


def test_remarks_are_shown() -> None:
    trace: Trace = replace(stories.avatar(), remarks=("The capture began late.",))
    assert '<p class="rm">The capture began late.</p>' in stage(trace)


def test_every_view_takes_a_conversation() -> None:
    conversation = tcp.load("data/avatar.pcap", progress=False).conversations[0]
    assert stage(conversation) == stage(conversation.trace)


def test_it_shows_itself() -> None:
    shown = stage(stories.talk())
    assert shown._repr_html_() == str(shown)
    assert len(repr(shown)) < 80
