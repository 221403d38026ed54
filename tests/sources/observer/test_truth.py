"""The judge of random stories is judged: it can say false, and what it knows is true."""

from __future__ import annotations

from collections import Counter

import pytest

from tcpcourse.core.states import State

from .truth import Claim, Verdict, judge, told
from .twins import Knowable, Twins
from .worlds import SIDES, Story, tell


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return [tell(f"judge/{number}") for number in range(200)]


def test_all_kinds_of_story_are_told(stories: list[Story]) -> None:
    tags = Counter(tag for story in stories for tag in story.tags)
    assert set(tags) >= {
        "abort", "again", "at-A", "at-B", "begins-late", "between", "both-open", "crash",
        "ends-early", "fast-open", "gives-up", "keep-alive", "late", "loss-before",
        "loss-behind", "one-way", "refused", "refusing", "short-2MSL", "snaplen", "twice",
        "unread", "unseen",
    }  # fmt: skip
    states = {state for story in stories for side in SIDES for _, state in story.moments[side]}
    assert states == set(State)
    ticks = {
        event.arg
        for story in stories
        for side in SIDES
        for event in story.events[side]
        if event.kind == "tick"
    }
    assert ticks >= {"retransmission", "time-wait", "delayed-ack", "zero-window-probe"}


def test_a_story_is_a_function_of_its_name() -> None:
    assert told(judge(tell("judge/5"))) == told(judge(tell("judge/5")))


def test_a_packet_arrives_after_it_passed_and_passed_after_it_was_sent(
    stories: list[Story],
) -> None:
    for story in stories:
        for frame in story.frames:
            assert all(time > frame.time_ns for time in story.arrivals.get(frame.number, ()))
        for side in SIDES:
            for event in story.events[side]:
                for sent in event.sent:
                    for number in sent.frames:
                        assert event.time_ns < story.frames[number - 1].time_ns


def test_the_truth_is_among_what_the_judge_thinks_possible(stories: list[Story]) -> None:
    for story in stories[:40]:
        known = Knowable(story, fates=False)
        twins = Twins(story)
        for side in SIDES:
            assert twins.itself(side).possible
            for place in known.places:
                true = story.truth(side, place)
                assert true <= known.may[side][place]
                assert known.must[side][place] <= true


def plain() -> Story:
    """An undisturbed story: A opens, closes after 200 ms, and B after it."""
    for number in range(3000):
        story = tell(f"plain/{number}")
        kinds = [event.kind for side in SIDES for event in story.events[side]]
        quiet = story.tags == {"between"} and not story.hidden and "send" not in kinds
        if quiet and story.moments["B"][-1][1] is State.CLOSED and len(story.frames) == 7:
            return story
    raise AssertionError("no plain story among these")


def test_the_judge_says_false_and_wide_and_exact() -> None:
    """The handshake by hand: after frame 2, a SYN,ACK, B is in SYN_RCVD and nothing else."""
    story = plain()
    assert [str(frame.segment.flags) for frame in story.frames[:3]] == ["S", "SA", "A"]
    true = frozenset(story.truth("B", 1))
    assert true == {State.SYN_RCVD}
    exact = Claim(1, "B", frozenset({State.SYN_RCVD}), true)
    wide = Claim(1, "B", frozenset({State.SYN_RCVD, State.ESTABLISHED}), true)
    wrong = Claim(1, "B", frozenset({State.ESTABLISHED}), true)
    assert [claim.verdict for claim in (exact, wide, wrong)] == ["exact", "wide", "false"]
    verdict = Verdict(story, [exact, wide, wrong])
    verdict.excuse()
    assert [claim.verdict for claim in verdict.claims] == ["exact", "wide", "false"]


def test_a_call_that_no_packet_dates_is_excused_only_where_packets_leave_it_open() -> None:
    """Between, B's FIN is frame 6: B may have called at any time after its ACK, frame 5."""
    story = plain()
    flags = [str(frame.segment.flags) for frame in story.frames]
    assert flags[3:] == ["FA", "A", "FA", "A"] and story.frames[3].sender == "A"
    known = Knowable(story, fates=False)
    assert State.CLOSE_WAIT in known.may["B"][4]
    assert State.CLOSE_WAIT not in known.may["B"][5]
    assert State.CLOSE_WAIT not in known.may["B"][2]
    assert known.must["A"][3] == {State.FIN_WAIT_1}
