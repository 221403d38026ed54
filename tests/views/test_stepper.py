"""The stepper: what is in its HTML. What it does in a browser is tested in tests/browser."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tcpcourse.views import explain, ladder, sequence_strip, state_diagram, stepper, table

from . import stories
from .html import Page, evil


def pictures(page: Page) -> list[str]:
    prefix = "data:image/svg+xml;base64,"
    found = []
    for image in page.all("img"):
        source = image["src"] or ""
        assert source.startswith(prefix)
        found.append(base64.b64decode(source.removeprefix(prefix)).decode())
    return found


def test_each_step_has_words_two_pictures_and_an_alternative_text() -> None:
    trace = stories.talk()
    page = Page(stepper(trace))
    assert len(page.all("details")) == len(trace)
    assert len(page.text["summary"]) == len(trace)
    images = page.all("img")
    assert len(images) == 2 * len(trace)
    assert all(len(image["alt"] or "") > 10 for image in images)
    for svg in pictures(page):
        root = ElementTree.fromstring(svg)
        assert root.attrib["role"] == "img" and root.attrib["aria-label"]


def test_the_first_step_is_open_without_a_script() -> None:
    page = Page(stepper(stories.talk()))
    assert ["open" in details for details in page.all("details")].index(True) == 0
    assert sum("open" in details for details in page.all("details")) == 1


def test_why_and_where_it_is_written() -> None:
    text = stepper(stories.talk())
    assert "Our SYN is acknowledged and the peer&#x27;s SYN is here" in text
    assert "[RFC 9293 §3.10.7.3]" in text


def test_the_arithmetic_of_each_packet_is_there() -> None:
    trace = stories.avatar()
    text = stepper(trace)
    for number in range(1, 9):
        assert explain(trace, number).html() in text


def test_the_root_is_right_before_the_script_and_reachable_by_keys() -> None:
    text = stepper(stories.talk())
    assert re.search(r"</div><script>", text)
    root = Page(text).all("div")[0]
    assert root["role"] == "group" and root["tabindex"] == "0" and root["aria-label"]
    assert root["data-lm-suppress-shortcuts"] == "true"


def test_nothing_is_fetched_and_nothing_has_an_id() -> None:
    text = stepper(stories.talk())
    everything = text + "".join(pictures(Page(text)))
    everything = everything.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|\bid=", everything)


def test_the_same_trace_gives_the_same_bytes() -> None:
    assert stepper(stories.talk()) == stepper(stories.talk())


def test_packets_are_found_by_number() -> None:
    page = Page(stepper(stories.talk()))
    steps = [set((details["data-packets"] or "").split()) for details in page.all("details")]
    assert steps[0] == set()  # passive OPEN
    assert steps[1] == {"1"}  # the SYN leaves
    assert steps[2] == {"1", "2"}  # it arrives, and the answer leaves


def test_the_size_of_twelve_steps() -> None:
    trace = stories.talk()[:12]
    assert len(trace) == 12
    assert len(stepper(trace).encode()) < 120_000


def test_a_long_trace_is_folded_and_stays_small() -> None:
    text = stepper(stories.long(10_000))
    assert len(text.encode()) < 1_000_000
    page = Page(text)
    assert "9 … " not in page.text["summary"][0]
    folds = re.findall(r"([\d,]+) steps folded</summary>", text)
    hidden = sum(int(count.replace(",", "")) for count in folds)
    assert folds and hidden + len(page.all("img")) // 2 == 10_000


def test_steps_that_move_a_state_are_not_folded() -> None:
    # 11 of the steps move a state, SYN_SENT … TIME_WAIT at A and LISTEN … CLOSED at B
    text = stepper(stories.talk(), most=12)
    a = ("CLOSED", "SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT")
    b = ("CLOSED", "LISTEN", "SYN_RCVD", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED")
    for side, states in (("A", a), ("B", b)):
        for before, after in pairwise(states):
            assert f"{side}: {before} → {after}" in text
    assert "folded" in text


@pytest.mark.parametrize(
    "draw",
    [
        stepper,
        lambda trace: ladder(trace)._repr_html_(),
        lambda trace: state_diagram(trace)._repr_html_(),
        lambda trace: table(trace)._repr_html_(),
        lambda trace: explain(trace, 4)._repr_html_(),
        lambda trace: sequence_strip(trace[3], "A")._repr_html_(),
    ],
)
def test_text_from_elsewhere_is_harmless(draw) -> None:  # type: ignore[no-untyped-def]
    text = draw(evil())
    page = Page(text)
    shown = [text, *pictures(page)] if page.all("img") else [text]
    for each in shown:
        for tag, attributes in Page(each).tags:
            assert not any(name.startswith("on") for name in attributes)
            if tag == "img":
                assert (attributes["src"] or "").startswith("data:image/svg+xml;base64,")
        assert "alert(1)</script>" not in each
        assert "\u202e" not in each and "\x00" not in each
        assert "x" * 200 not in each and "y" * 1000 not in each
    assert len(page.all("script")) == (1 if draw is stepper else 0)


def test_an_empty_trace() -> None:
    page = Page(stepper(stories.empty()))
    assert page.all("details") == []
    assert any("Nothing happened" in words for words in page.text["p"])


def test_one_packet_of_which_nothing_is_known() -> None:
    page = Page(stepper(stories.unknown()))
    assert len(page.all("details")) == 1


def test_remarks_are_shown() -> None:
    trace = replace(stories.avatar(), remarks=("The capture began late.",))
    assert "<p>The capture began late.</p>" in stepper(trace)


def test_a_slice_is_a_window() -> None:
    page = Page(stepper(stories.long(1000)[500:510]))
    assert len(page.all("details")) == 10
