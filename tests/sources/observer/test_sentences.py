"""What is said of a step agrees with the states that are shown, whatever the packets.

Held over all recordings, all scenarios of the simulator, and three hundred random stories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import pytest

import tcpcourse as tcp
from tcpcourse.core.states import State
from tcpcourse.core.table import Row
from tcpcourse.sources.observer import sentences as say
from tcpcourse.trace import Move, Side

from .test_cases import HANDSHAKE, observed, packets
from .test_observer import RECORDINGS, passing, watch
from .worlds import tell

SIDES: tuple[Side, Side] = ("A", "B")
STORIES = 300
UNCONNECTED = {State.CLOSED, State.LISTEN}


@lru_cache(maxsize=1)
def traces() -> dict[str, tcp.Trace]:
    found = {}
    for path in RECORDINGS:
        for each in tcp.load(path, progress=False).conversations:
            found[f"{path.stem} {each.index}"] = each.trace
    for name in tcp.scenarios():
        found[name] = watch(passing(tcp.simulate(name)))
    for number in range(STORIES):
        for each in tcp.load(tell(f"words/{number}").pcap(), progress=False).conversations:
            found[f"words/{number} {each.index}"] = each.trace
    return found


def moments() -> Iterator[tuple[str, Side, tcp.Step, list[Move]]]:
    """Each end in each step, and what is said of it."""
    for name, trace in traces().items():
        for step in trace:
            for side in SIDES:
                moves = [move for move in step.moves if move.who == side]
                yield f"{name}, step {step.index}, {side}: {step.moves}", side, step, moves


def test_each_change_has_a_sentence() -> None:
    changes = 0
    for where, side, step, moves in moments():
        if step.before.of(side).possible != step.after.of(side).possible:
            changes += 1
            assert moves and all(move.why for move in moves), where
    assert changes > 2500


def test_no_cause_is_told_twice_in_a_step() -> None:
    for where, _, _, moves in moments():
        assert len({move.why for move in moves}) == len(moves), where
        rows = [id(move.row) for move in moves if move.row is not None]
        assert len(set(rows)) == len(rows), where


def leads(rows: list[Row], before: set[State]) -> bool:
    """Whether the rows follow on each other from one of the states before.

    Nobody sees a program listen, or be done with an old connection: a row of LISTEN or CLOSED
    may follow on anything.
    """
    for row in rows:
        if row.state not in before | UNCONNECTED:
            return False
        before = {row.next} if row.next not in UNCONNECTED else before | {row.next}
    return True


def test_a_row_leads_from_the_states_before_to_the_one_state_after() -> None:
    """A rule without if and but is said only where one state is left."""
    rows_seen = 0
    for where, side, step, moves in moments():
        rows = [move.row for move in moves if move.row is not None]
        if not rows:
            continue
        rows_seen += len(rows)
        assert set(step.after.of(side).possible) == {rows[-1].next}, where
        assert leads(rows, set(step.before.of(side).possible)), where
    assert rows_seen > 4000


def test_packets_that_sentences_name_are_in_the_capture() -> None:
    named = 0
    for name, trace in traces().items():
        numbers = {packet.number for packet in trace.packets}
        for step in trace:
            for move in step.moves:
                for number in re.findall(r"[Pp]acket (\d+)", move.why):
                    named += 1
                    assert int(number) in numbers, (name, move.why)
    assert named > 100


def test_what_is_said_of_no_connection_is_said_where_there_may_be_none() -> None:
    for where, side, step, moves in moments():
        for move in moves:
            if move.why in (say.NO_RESET, say.REFUSES, say.ANSWERS_GONE):
                assert set(step.after.of(side).possible) & {State.CLOSED, State.SYN_SENT}, where
            if move.why == say.GOES_ON:
                assert set(step.after.of(side).possible) - UNCONNECTED, where


def test_almost_every_change_has_a_reason_of_its_own() -> None:
    """The sentence that only says that other states fit is the last resort."""
    changes = general = 0
    for _, side, step, moves in moments():
        if step.before.of(side).possible != step.after.of(side).possible:
            changes += 1
            general += any(move.why == say.NARROWS for move in moves)
    assert general <= changes // 500, (general, changes)


# Single sentences, by hand


def said(text: str, number: int, side: Side) -> list[str]:
    """What is said of an end in the step of a packet."""
    return [move.why for move in observed(packets(text)[0])[number - 1].moves if move.who == side]


def test_a_second_reset_does_nothing() -> None:
    twice = HANDSHAKE + "A R 101 | C C\nA R 101 | C C\n"
    assert said(twice, 4, "A") == ["The connection is thrown away, and a RST tells the peer."]
    assert said(twice, 5, "A") == [say.RESET_AGAIN]
    assert said(twice, 5, "B")[0].startswith("A RST is never answered")


@pytest.mark.parametrize("flags", ["R 101", "RA 101 301"])
def test_a_reset_alone_is_one_of_two_things(flags: str) -> None:
    """§3.5.2: from an ABORT, or an answer; neither says what the other end expected."""
    lone = f"A {flags} | C/L/SS C/L\n"
    assert said(lone, 1, "A") == [say.LONE_RESET]
    assert said(lone, 1, "B")[0].startswith("The number that this end expects was not captured.")
    assert said(lone + f"A {flags} | C/L/SS C/L\n", 2, "A") == [say.RESET_AGAIN]


def test_a_refusal_alone() -> None:
    """<SEQ=0><ACK=SEG.SEQ+SEG.LEN> answers a SYN, whose sender is CLOSED then (§3.10.7.3)."""
    lone = "B RA 0 301 | C C\n"
    trace = observed(packets(lone)[0])
    assert said(lone, 1, "A") == [say.REFUSES]  # whoever was seen first is A
    assert str(trace[0].after.b) == "CLOSED"


def test_a_reset_that_does_not_know_of_a_fin() -> None:
    """ACK 301 was RCV.NXT at the ABORT: B's FIN, number 301, had not come."""
    crossing = HANDSHAKE + "B FA 301 101 | C/E F1\nA RA 101 301 | C C\n"
    assert not any("nothing more to send" in why for why in said(crossing, 4, "A"))
    knowing = HANDSHAKE + "B FA 301 101 | CW F1\nA RA 101 302 | C C\n"
    assert said(knowing, 4, "A")[0].startswith("The peer has nothing more to send.")


def windows(scaled: bool) -> str:
    """What is said to A of a RST 1000 bytes beyond what it expects, in a window of 65535."""
    begins = HANDSHAKE if scaled else ""
    return begins + "A A 101 301 | E *\nB R 1301 | * *\nA PA 101 301 +5 @9000 | E *\n"


def test_in_the_window_is_said_only_of_a_window_that_was_captured() -> None:
    """RFC 5961 §3.2 asks for the window; without the SYNs its scale is not known (RFC 7323)."""
    (known,) = said(windows(scaled=True), 5, "A")
    assert "in the window, but not" in known.lower()
    assert said(windows(scaled=False), 2, "A") == [say.RESET_BEYOND]


def test_a_reset_beyond_the_window_is_not_in_it() -> None:
    far = HANDSHAKE + "B R 90301 | * *\nA PA 101 301 +5 @9000 | E *\n"
    assert said(far, 4, "A")[0].startswith("A RST from outside the window")


def test_both_close_at_the_same_time() -> None:
    """RFC 9293 figure 13: each FIN comes to FIN_WAIT_1, its ACK to CLOSING."""
    both = (
        HANDSHAKE
        + """
A FA 101 301 | F1 E
B FA 301 101 | F1/CG F1
B A 302 102 | TW CG
A A 102 302 | TW TW
"""
    )
    simultaneous = "both closed at the same time"
    assert any(simultaneous in why for why in said(both, 5, "A"))
    assert any(simultaneous in why for why in said(both, 6, "B"))
    for number, side in ((6, "A"), (7, "B")):
        assert said(both, number, side) == ["Both FINs are acknowledged now; we wait 2MSL."]
    assert said(both, 5, "B")[0].startswith("We have nothing more to send: our FIN says so.")


def test_a_caller_who_waited_behind_an_old_duplicate() -> None:
    """RFC 9293 figure 8 at A's side: A's SYN, packet 1, comes to B after its RST, packet 3."""
    figure_8 = """
A S 100 | SS L/SR
B SA 300 91 | SS SR
A R 91 | SS L/SR
B SA 400 101 | E SR
A A 101 401 | E E
"""
    assert said(figure_8, 2, "A")[0].startswith("The peer acknowledges what we never sent")
    assert any("The packet that did this was not captured" in why for why in said(figure_8, 2, "B"))
    listens, waits = said(figure_8, 3, "B")
    assert "a listener just listens on" in listens
    assert waits.startswith("Packet 1 may still be on its way")
    assert said(figure_8, 4, "B")[0].startswith("By now packet 1 has arrived: A peer wants")
