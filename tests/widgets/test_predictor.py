"""The Predictor without a browser: values are set, buttons are clicked."""

from __future__ import annotations

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
        quiz.fields[name.replace("_", " ")].value = str(value)
    quiz.check.click()
    return quiz.feedback


def skip_to(quiz: Predictor, number: int) -> None:
    while quiz.packet.number < number:
        quiz.show_answer.click()
        quiz.next.click()


def test_it_asks_for_the_first_packet_and_shows_no_answer() -> None:
    quiz = Predictor(AVATAR)
    assert quiz.packet.number == 1
    assert list(quiz.fields) == ["seq", "ack"]
    assert all(control.value == "" for control in quiz.fields.values())
    assert quiz.next.disabled and not quiz.check.disabled
    assert quiz.fields["ack"].layout.display == "none"  # a first SYN has no ack


def test_right_answers_score() -> None:
    quiz = Predictor(AVATAR)
    assert answer(quiz, seq=0).startswith("Right.")
    assert (quiz.score, quiz.asked) == (1, 1)
    assert quiz.check.disabled and not quiz.next.disabled
    quiz.next.click()
    assert answer(quiz, seq=0, ack=1).startswith("Right.")
    assert quiz.score == 2


def test_the_document_answered_rightly_to_the_end() -> None:
    quiz = Predictor(AVATAR)
    lines = [(0, 0), (0, 1), (1, 1), (1, 1), (1, 626), (1, 626), (1461, 626), (626, 2921)]
    for seq, ack in lines:
        answer(quiz, seq=seq, ack=ack)
        quiz.next.click()
    assert (quiz.score, quiz.asked) == (8, 8)
    assert quiz.feedback == ("That was the last packet. Score: 8 of 8 right at the first try.")
    assert quiz.next.disabled


def test_a_wrong_answer_is_told_its_misconception_and_may_be_tried_again() -> None:
    quiz = Predictor(AVATAR)
    skip_to(quiz, 5)
    said = answer(quiz, seq=1, ack=680)
    assert "seq: right." in said
    assert "You counted the whole frame" in said
    assert not quiz.check.disabled
    assert answer(quiz, ack=626).startswith("Right.")
    assert (quiz.score, quiz.asked) == (0, 5)  # right, but not at the first try


@pytest.mark.parametrize(
    ("number", "seq", "ack", "words"),
    [
        (2, 0, 0, "Did you forget the SYN?"),
        (4, 2, 1, "You added one for a pure ACK"),
        (5, 626, 626, "Each direction counts its own bytes"),
        (5, 3141592654, 626, "the number in the header; asked is the relative"),
        (8, 626, 626, "Each direction counts its own bytes"),
        (8, 626, 1461, "the next number expected, not the one that came"),
    ],
)
def test_the_misconceptions(number: int, seq: int, ack: int, words: str) -> None:
    quiz = Predictor(AVATAR, first=number)
    assert words in answer(quiz, seq=seq, ack=ack)


@pytest.mark.parametrize("nonsense", ["", "one", "-1", "1.5", "9" * 50, "١", "<b>", "0x10"])
def test_what_is_no_number_is_asked_again(nonsense: str) -> None:
    quiz = Predictor(AVATAR)
    assert answer(quiz, seq=nonsense) == "seq: write a whole number, such as 0 or 1461."
    assert quiz.asked == 0


def test_raw_numbers() -> None:
    quiz = Predictor(AVATAR, relative=False, first=2)
    assert "That is the relative number" in answer(quiz, seq=3141592653, ack=1)
    assert answer(quiz, ack="2718281829").startswith("Right.")


def test_flags_length_and_states_can_be_asked() -> None:
    quiz = Predictor(AVATAR, ("flags", "len", "states"), first=2)
    assert list(quiz.fields) == ["flags", "len", "A is then", "B is then"]
    said = answer(quiz, flags="S", len=12, A_is_then="LISTEN", B_is_then="SYN_RCVD")
    assert "flags: not these flags" in said
    assert "TCP options" in said
    assert "A is then: not this state" in said and "B is then: right" in said
    assert "no flag 'X'" in answer(quiz, flags="X")
    assert answer(quiz, flags="as", len=0, A_is_then="ESTABLISHED").startswith("Right.")


def test_an_unknown_state_is_not_asked() -> None:
    anything = End(tuple(State))
    step = replace(AVATAR[0], after=Ends(anything, anything))
    quiz = Predictor(replace(AVATAR, steps=(step,)), ("seq", "states"))
    assert set(quiz.solution) == {"seq"}


def test_giving_up_shows_the_arithmetic_and_scores_nothing() -> None:
    quiz = Predictor(AVATAR, first=5)
    quiz.show_answer.click()
    assert "seq = 1, ack = 626" in quiz.feedback
    assert "ack=(1+679-54=626)" in quiz.feedback
    assert (quiz.score, quiz.asked) == (0, 1)


def test_start_again() -> None:
    quiz = Predictor(AVATAR)
    answer(quiz, seq=0)
    quiz.again.click()
    assert (quiz.packet.number, quiz.score, quiz.asked, quiz.feedback) == (1, 0, 0, "")


def test_the_question_does_not_give_the_answer_away() -> None:
    quiz = Predictor(AVATAR, ("seq", "ack", "flags", "len"), first=7)
    shown = "".join(child.value for child in quiz.children if isinstance(child, HTML))
    assert "1461" not in shown and "1460" not in shown.replace("MSS=1460", "")


def test_every_control_has_a_label() -> None:
    quiz = Predictor(AVATAR, ("seq", "ack", "len", "flags", "states"))
    buttons = (quiz.check, quiz.show_answer, quiz.next, quiz.again)
    assert all(control.description for control in (*quiz.fields.values(), *buttons))


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
    assert "<script>" not in "".join(c.value for c in quiz.children if isinstance(c, HTML))
