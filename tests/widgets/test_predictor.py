"""The Predictor without a browser: values are set, buttons are clicked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from ipywidgets import HTML

import tcpcourse as tcp
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.trace import End, Ends, Trace
from tcpcourse.widgets import Predictor

AVATAR = tcp.load(Path(__file__).parents[2] / "data" / "avatar.pcap").conversations[0].trace


def answer(quiz: Predictor, **values: object) -> str:
    for name, value in values.items():
        if name in ("A", "B"):
            quiz.sides[name].click()  # type: ignore[index]
            quiz.states[str(value)].click()
        else:
            quiz.fields[name].value = str(value)
    quiz.check.click()
    return quiz.feedback


def skip_to(quiz: Predictor, number: int) -> None:
    while quiz.packet.number < number:
        quiz.show_answer.click()
        quiz.next.click()


def shown(quiz: Predictor) -> str:
    """All markup of the widget, and what its buttons say."""

    def parts(box: object) -> str:
        if isinstance(box, HTML):
            return str(box.value)
        children = getattr(box, "children", ())
        return str(getattr(box, "description", "")) + "".join(parts(each) for each in children)

    return parts(quiz)


def test_it_asks_for_the_first_packet_and_shows_no_answer() -> None:
    quiz = Predictor(AVATAR)
    assert quiz.packet.number == 1
    assert list(quiz.fields) == ["seq", "ack"]
    assert all(control.value == "" for control in quiz.fields.values())
    assert quiz.next.disabled and not quiz.check.disabled
    assert quiz.fields["ack"].layout.display == "none"  # a first SYN has no ack


def test_right_answers_score() -> None:
    quiz = Predictor(AVATAR)
    assert answer(quiz, seq=0).startswith("✓ Right.")
    assert (quiz.score, quiz.asked) == (1, 1)
    assert quiz.check.disabled and not quiz.next.disabled
    quiz.next.click()
    assert answer(quiz, seq=0, ack=1).startswith("✓ Right.")
    assert quiz.score == 2


def test_the_document_answered_rightly_to_the_end() -> None:
    quiz = Predictor(AVATAR)
    lines = [(0, 0), (0, 1), (1, 1), (1, 1), (1, 626), (1, 626), (1461, 626), (626, 2921)]
    for seq, ack in lines:
        said = answer(quiz, seq=seq, ack=ack)
        quiz.next.click()
    assert (quiz.score, quiz.asked) == (8, 8)
    assert said.endswith("That was the last packet.")
    assert "8 of 8 right at the first try" in shown(quiz)
    assert quiz.next.disabled


def test_a_wrong_answer_is_told_its_misconception_and_may_be_tried_again() -> None:
    quiz = Predictor(AVATAR)
    skip_to(quiz, 5)
    said = answer(quiz, seq=1, ack=680)
    assert "seq: ✓ Right." in said
    assert "You counted the whole frame" in said and "626" not in said
    assert not quiz.check.disabled
    later = answer(quiz, ack=625)
    assert "Packet 4 began at 1 and took up 625: 1 + 625 = 626." in later
    assert answer(quiz, ack=626).startswith("✓ Right.")
    assert (quiz.score, quiz.asked) == (0, 5)  # right, but not at the first try


@pytest.mark.parametrize(
    ("number", "seq", "ack", "words"),
    [
        (2, 0, 0, "Did you forget the SYN?"),
        (4, 2, 1, "You added one for a pure ACK"),
        (5, 626, 626, "Each direction counts its own bytes"),
        (5, 3141592654, 626, "the number in the header; asked is the relative"),
        (6, 7, 626, "You counted Ethernet padding as data"),
        (8, 626, 626, "Each direction counts its own bytes"),
        (8, 626, 1461, "the next number expected, not the one that came"),
        (8, 626, 2, "You counted packets"),
    ],
)
def test_the_misconceptions(number: int, seq: int, ack: int, words: str) -> None:
    quiz = Predictor(AVATAR, first=number)
    assert words in answer(quiz, seq=seq, ack=ack)


# A story, the packet, the end, a wrong state by hand, and what it is told.
STATES = [
    ("close-four-segments", 7, "B", "TIME_WAIT", "Not the server waits, nor both"),
    ("close-four-segments", 4, "B", "TIME_WAIT", "Here a program must act before that"),
    ("close-four-segments", 4, "A", "CLOSE_WAIT", "Who sent the first FIN, and who got it?"),
    ("simultaneous-close", 4, "B", "CLOSE_WAIT", "The map has a state for that"),
    ("close-three-segments", 5, "A", "FIN_WAIT_2", "One packet can bring two things at once"),
]


@pytest.mark.parametrize(("story", "number", "side", "given", "words"), STATES)
def test_a_wrong_state_is_told_the_idea_then_the_row_and_its_place(
    story: str, number: int, side: str, given: str, words: str
) -> None:
    quiz = Predictor(tcp.simulate(story), ("states",), first=number)
    right = quiz.solution[side]
    said = answer(quiz, **{side: given})
    line = next(line for line in said.split("\n") if line.startswith(f"{side} is then: ✗"))
    assert words in line
    assert f"lead to {given}" in line or f"leads to {given}" in line
    idea = re.sub(r"On the map .*", "", line)
    assert not re.search(rf"\b{right}\b", idea), "not at the first try"
    assert 'class="rd' not in shown(quiz)
    again = answer(quiz)
    assert f"the arrow to {right} is “" in again and "[RFC 9293 §3." in again
    assert f'class="rd {side}"' in shown(quiz)


@pytest.mark.parametrize("nonsense", ["", "one", "-1", "1.5", "9" * 50, "١", "<b>", "0x10"])
def test_what_is_no_number_is_asked_again(nonsense: str) -> None:
    quiz = Predictor(AVATAR)
    assert answer(quiz, seq=nonsense) == "seq: Write a whole number, such as 0 or 1461."
    assert quiz.asked == 0
    assert answer(quiz, seq=0) and quiz.score == 1  # no answer is no wrong answer


def test_raw_numbers() -> None:
    quiz = Predictor(AVATAR, relative=False, first=2)
    assert "That is the relative number" in answer(quiz, seq=3141592653, ack=1)
    assert answer(quiz, ack="2718281829").startswith("✓ Right.")


def test_flags_length_and_states_can_be_asked() -> None:
    quiz = Predictor(AVATAR, ("flags", "len", "states"), first=2)
    assert list(quiz.fields) == ["flags", "len"]
    said = answer(quiz, flags="S", len=12, A="LISTEN", B="SYN_RCVD")
    assert "flags: ✗ Not yet. After the first SYN every packet" in said
    assert "TCP options" in said
    assert "A is then: ✗ Not yet." in said and "B is then: ✓ Right." in said
    assert "flags: Write flags as letters" in answer(quiz, flags="X")
    assert answer(quiz, flags="as", len=0, A="ESTABLISHED").startswith("✓ Right.")


def test_an_unknown_state_is_not_asked() -> None:
    anything = End(tuple(State))
    step = replace(AVATAR[0], after=Ends(anything, anything))
    quiz = Predictor(replace(AVATAR, steps=(step,)), ("seq", "states"))
    assert set(quiz.solution) == {"seq"}


def test_giving_up_shows_the_arithmetic_and_scores_nothing() -> None:
    quiz = Predictor(AVATAR, first=5)
    quiz.show_answer.click()
    assert "The answer: seq: 1, ack: 626." in quiz.feedback
    assert "1 + 625 = 626" in quiz.feedback
    assert (quiz.score, quiz.asked) == (0, 1)


def test_start_again() -> None:
    quiz = Predictor(AVATAR)
    answer(quiz, seq=0)
    quiz.again.click()
    assert (quiz.packet.number, quiz.score, quiz.asked, quiz.feedback) == (1, 0, 0, "")


def test_the_question_does_not_give_the_answer_away() -> None:
    quiz = Predictor(AVATAR, ("seq", "ack", "flags", "len"), first=7)
    style = re.compile(r"<style>.*?</style>")
    assert "seq ? ack ? len ?" in shown(quiz)
    assert "1461" not in style.sub("", shown(quiz)) and "DATA 1,460" in shown(quiz)  # packet 6's
    quiz.show_answer.click()
    assert "seq 1461 ack 626 len 1460" in shown(quiz)


@pytest.mark.parametrize("number", [1, 3, 4, 5, 6, 7])
def test_a_ladder_that_asks_for_states_does_not_tell_them(number: int) -> None:
    """Before the answer it stands where the packet before left both ends."""
    story = tcp.simulate("close-four-segments")
    quiz = Predictor(story, ("states",), first=number)
    labels = set(re.findall(r'<tspan class="st"[^>]*>(\w+)', quiz._ladder.value))
    before = Predictor(story, ("states",), first=number - 1).solution if number > 1 else {}
    known = {"CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", *before.values()}
    new = set(quiz.solution.values()) - set(before.values())
    assert not (new & labels) and labels <= known | {"FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT"}
    quiz.show_answer.click()
    assert new <= set(re.findall(r'<tspan class="st"[^>]*>(\w+)', quiz._ladder.value))


def test_every_control_has_a_label() -> None:
    quiz = Predictor(AVATAR, ("seq", "ack", "len", "flags", "states"))
    buttons = (quiz.check, quiz.show_answer, quiz.next, quiz.again)
    states = (*quiz.sides.values(), *quiz.states.values())
    assert len(states) == 2 + 11
    assert all(control.description for control in (*quiz.fields.values(), *buttons, *states))


def test_its_text_form_is_always_the_same() -> None:
    quiz = Predictor(AVATAR)
    assert repr(quiz) == f"<Predictor {AVATAR.title!r}: packet 1 of 8, 0 of 0 right>"


def test_what_cannot_be_asked_is_one_sentence() -> None:
    with pytest.raises(TcpCourseError, match="Ask for some of seq, ack, len, flags, states"):
        Predictor(AVATAR, ("window",))
    with pytest.raises(TcpCourseError, match="without packets"):
        Predictor(Trace((), (), "captured", "nothing"))
    with pytest.raises(TcpCourseError, match="from 1 to 8"):
        Predictor(AVATAR, first=9)


def test_text_from_elsewhere_is_harmless() -> None:
    quiz = Predictor(replace(AVATAR, hosts={"A": "<script>x</script>:1", "B": "b:<b>"}))
    skip_to(quiz, 4)
    assert "<script>" not in shown(quiz) and "<b>" not in re.sub(r"<b class", "", shown(quiz))


def test_a_packet_in_the_middle_of_a_long_story_has_its_arrow() -> None:
    """Of a story of many steps a part around the packet is drawn."""
    ping = "A send 5; deliver {}; deliver {}"
    moves = "; ".join(ping.format(4 + 2 * k, 5 + 2 * k) for k in range(60))
    opening = "B listen; A connect; deliver 1; deliver 2; deliver 3"
    story = tcp.play(f"{opening}; {moves}")
    assert len(story) > 150
    for first in (1, 60, len(story.packets)):
        quiz = Predictor(story, ("seq", "len"), first=first)
        assert quiz._ladder.value.count("seq ? ") == len(quiz._pictures.kinds)
