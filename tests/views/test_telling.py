"""What is told of each step, read as a reader would: whole sentences, true and in place."""

from __future__ import annotations

import re
import string

import pytest

import tcpcourse as tcp
from tcpcourse.trace import Trace
from tcpcourse.views.stage import arrivals, calls, sights, telling
from tcpcourse.views.stage.facts import learn
from tcpcourse.views.stage.telling import tell
from tcpcourse.words import Message, together

from . import stories


def told(trace: Trace) -> list[str]:
    facts = learn(trace)
    return [together(*tell(step, facts)) for step in trace]


def test_the_last_ack_gets_lost() -> None:
    story = told(tcp.simulate("lost-last-ack"))
    assert story[5:] == [
        "A has nothing more to say. Its FIN closes A's half; B may still talk.",
        "B hears that A is done, and confirms it. B's own half stays open.",
        "A knows now that its FIN got there. It waits for B's.",
        "B's program closes as well. B's FIN is out; only one ACK is missing.",
        "B's FIN is here. A answers, and the answer is lost. A cannot know that, so it stays.",
        "1 s without an answer. B's timer rings, and the same FIN goes out again.",
        "The same FIN again: so the ACK was lost. A answers once more, and its wait starts anew.",
        "This time the ACK arrives. B is done, and forgets the connection.",
        "4 min of silence: nothing old can be on its way any more."
        " Now A may forget the connection, too.",
    ]


def test_a_stranger_forges_a_reset() -> None:
    assert told(tcp.simulate("blind-reset"))[5:8] == [
        "A RST in A's name, but A never sent it. Its number is not exact, so B asks back.",
        "A gets B's question. A is alive and need not answer:"
        " only a closed A would send the exact RST.",
        "A sends 15 bytes.",
    ]


def test_both_close_at_once() -> None:
    assert told(tcp.simulate("simultaneous-close"))[6:] == [
        "B's program closes, too, before it hears of A's FIN."
        " Two FINs are on the wire, and they cross.",
        "B hoped for an ACK and gets a FIN. Both have closed!"
        " B confirms it, and waits for its own ACK.",
        "A sees the same thing and does the same. Now both ends are CLOSING.",
        "A's FIN is confirmed. A stays a while, in case its own ACK was lost.",
        "B's FIN is confirmed as well. Nobody was first, so both wait.",
        "A has waited long enough, and forgets the connection.",
        "And so does B. Nothing of the connection is left.",
    ]


def test_a_part_of_a_story_is_told_as_in_the_whole() -> None:
    whole = tcp.simulate("close-four-segments")
    assert told(whole[5:]) == told(whole)[5:]


def test_a_window_closes_and_opens() -> None:
    story = told(tcp.simulate("zero-window"))
    for sentence in (
        "B takes the 1,024 bytes, and its buffer is full: its window is 0 now.",
        "A may not send: B's window is closed. It asks with one byte whether there is room again.",
        "Still no room at B. It answers with its window: 0.",
        "B's program reads, and there is room again. An ACK tells A so.",
        "B has room again: its window is open. A sends 2,048 bytes.",
    ):
        assert sentence in story


def test_a_recording_says_what_never_arrived() -> None:
    story = told(tcp.recording("lost-last-ack"))
    assert story[6] == (
        "A confirms B's FIN: everything is said."
        " It never arrived, or was not taken: what comes later does not know of it."
    )
    assert re.fullmatch(r"\d+ ms without an answer: B sends the same FIN again\.", story[7])


def every_trace() -> list[Trace]:
    found = [tcp.simulate(name) for name in tcp.scenarios()]
    found += [tcp.recording(name) for name in tcp.recordings()]
    found += [tcp.simulate("half-close", faults={number: "lose"}) for number in range(1, 10)]
    return found


def test_every_step_of_every_story_is_told_in_short_whole_sentences() -> None:
    for trace in every_trace():
        for sentence in told(trace):
            assert re.match(r"[A-Z0-9]", sentence), sentence
            assert sentence.endswith((".", "!")), sentence
            assert len(sentence) <= 150, sentence
            assert "None" not in sentence and "{" not in sentence, sentence
            assert not re.search(r"\bgets packet|\bcalls ", sentence), sentence


def test_who_a_sentence_is_about_is_who_acts() -> None:
    """In a handshake the other way round, A and B change places in every sentence."""
    straight = told(tcp.play("B listen; A connect; deliver 1; deliver 2; deliver 3"))
    turned = told(tcp.play("A listen; B connect; deliver 1; deliver 2; deliver 3"))
    swap = str.maketrans("AB", "BA")
    again = [re.sub(r"\b[AB]\b", lambda found: found[0].translate(swap), one) for one in turned]
    # "A SYN" begins with an article that looks like an end
    assert [line.replace("B SYN", "A SYN") for line in again] == straight


def test_each_message_is_whole_with_named_places() -> None:
    """For translators: a template names its places, and only those that a step has."""
    facts = learn(tcp.simulate("blind-reset"))
    step = tcp.simulate("blind-reset")[5]
    known = set(telling._places(step, facts))
    found = 0
    for module in (calls, arrivals, sights):
        with open(str(module.__file__), encoding="utf-8") as file:
            source = file.read()
        for template in re.findall(r'"([^"\n]*\{me\}[^"\n]*)"', source):
            names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert names <= known, template
            found += 1
    assert found > 80


def test_each_template_is_marked_for_translators() -> None:
    for trace in every_trace():
        facts = learn(trace)
        for step in trace:
            for module in (calls, arrivals, sights):
                if module is calls or step.packet is not None:
                    assert all(isinstance(one, Message) for one in module.tell(step, facts))


@pytest.mark.parametrize("count", [100, 10_000])
def test_a_run_of_many_steps_is_told_in_one_breath(count: int) -> None:
    trace = stories.long(count)
    words = together(*telling.run(trace.steps, learn(trace)))
    data = count - count // 3  # every third packet is an ACK of A's
    assert words.startswith(f"A sends {count // 3:,} ACKs. B sends {data * 1000:,} bytes to A.")
