"""Every named story has a title and a question in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

import tcpcourse as tcp
from tcpcourse.sources.simulation.stories import SCENARIOS
from tcpcourse.sources.titles import TITLES
from tcpcourse.words import Message

RECORDINGS = {path.stem for path in Path(__file__).parents[2].glob("data/recordings/*.pcap")}


def test_every_scenario_and_every_recording_has_a_title_and_no_other() -> None:
    assert set(TITLES) == set(tcp.scenarios()) | RECORDINGS
    assert len(RECORDINGS) >= 25


@pytest.mark.parametrize("name", TITLES)
def test_a_heading_and_a_whole_question(name: str) -> None:
    title, question = TITLES[name]
    assert title[0].isupper() and title[-1] not in ".?:"
    assert question[0].isupper() and question.endswith("?")
    assert len(title) <= 75 and len(question) <= 75


def test_no_two_stories_are_told_in_the_same_words() -> None:
    assert len({title for title, _ in TITLES.values()}) == len(TITLES)
    assert len({question for _, question in TITLES.values()}) == len(TITLES)


def test_a_trace_knows_what_it_is_about() -> None:
    trace = tcp.simulate("lost-last-ack")
    assert trace.name == "lost-last-ack"
    assert trace.title == "The last ACK gets lost"
    assert trace.question == "Why must A wait?"
    assert repr(trace[:2]) == "<Trace 'lost-last-ack': 2 steps, 1 packet, simulated>"


def test_scenarios_show_themselves() -> None:
    stories = tcp.scenarios()
    assert repr(stories).endswith(" scenarios: three-way-handshake, simultaneous-open, refused, …>")
    assert stories["abort"] == (
        "A aborts: a RST, and both ends are CLOSED at once, with no TIME_WAIT."
    )
    assert stories._repr_html_().count("<tr>") == len(stories)


def test_all_that_people_read_of_a_story_can_be_translated() -> None:
    for name, story in SCENARIOS.items():
        assert all(isinstance(words, Message) for words in (*TITLES[name], story.about)), name
