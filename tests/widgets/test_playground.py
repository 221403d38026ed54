"""The playground and its workbench, without a browser."""

from __future__ import annotations

import csv
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ipywidgets import HTML, Box, Button

import tcpcourse as tcp
from tcpcourse.core.errors import CallError, TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.sources.simulation.script import MOST_MOVES, PRESETS, Workbench, moves_of
from tcpcourse.views.page import STORY
from tcpcourse.widgets import Playground

OPEN = "B listen; A connect; deliver 1; deliver 2; deliver 3"
# What the presets come to, by RFC 9293: states of A and B at the end, and states passed.
ENDS = {
    "three-way handshake": ("ESTABLISHED", "ESTABLISHED", set()),
    "a message": ("ESTABLISHED", "ESTABLISHED", set()),
    "close: four packets": ("CLOSED", "CLOSED", {"FIN_WAIT_2", "LAST_ACK", "TIME_WAIT"}),
    "close: three packets": ("CLOSED", "CLOSED", {"FIN_WAIT_1", "CLOSE_WAIT", "TIME_WAIT"}),
    "simultaneous open": ("ESTABLISHED", "ESTABLISHED", {"SYN_SENT", "SYN_RCVD"}),
    "simultaneous close": ("CLOSED", "CLOSED", {"CLOSING", "TIME_WAIT"}),
    "a lost last ACK": ("CLOSED", "CLOSED", {"TIME_WAIT", "LAST_ACK"}),
    "nobody listens": ("CLOSED", "CLOSED", {"SYN_SENT"}),
    "abort": ("CLOSED", "CLOSED", set()),
}


def passed(trace: tcp.Trace) -> set[str]:
    return {str(end) for step in trace for end in step.after}


def boxes(play: Playground) -> Iterator[Box]:
    """Every box of the widget, from outside to inside."""
    waiting: list[Box] = [play]
    for box in waiting:
        yield box
        waiting += [child for child in box.children if isinstance(child, Box)]


def seen(play: Playground) -> str:
    """All the markup that it shows."""
    found = [child for box in boxes(play) for child in box.children]
    return "".join(child.value for child in found if isinstance(child, HTML))


def visible(play: Playground) -> list[str]:
    """The calls and timers whose buttons are there."""
    every = {**play.calls, **play.timers}
    return sorted(
        f"{side} {button.description}" for (side, _), button in every.items()
        if button.layout.display != "none"
    )  # fmt: skip


# --- the workbench ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_ends_where_it_should(name: str) -> None:
    bench = Workbench(PRESETS[name])
    a, b, between = ENDS[name]
    assert str(bench.endpoints["A"].state) == a
    assert str(bench.endpoints["B"].state) == b
    assert between <= passed(bench.trace)


def test_three_packets_close_without_fin_wait_2() -> None:
    assert "FIN_WAIT_2" not in passed(Workbench(PRESETS["close: three packets"]).trace)


def test_the_handshake_has_the_numbers_of_the_rfc() -> None:
    # RFC 9293 figure 6: A 100, B 300
    segments = Workbench(OPEN).trace.segments
    assert [(str(s.flags), int(s.seq), s.ack and int(s.ack)) for s in segments] == [
        ("S", 100, None), ("SA", 300, 101), ("A", 101, 301),
    ]  # fmt: skip


def test_undo_and_redo_give_the_same_story() -> None:
    bench = Workbench(PRESETS["a lost last ACK"])
    whole = bench.trace
    for _ in range(5):
        bench.undo()
    assert len(bench.undone) == 5
    for _ in range(9):
        bench.redo()
    assert bench.trace == whole
    for _ in range(100):
        bench.undo()
    assert bench.moves == [] and len(bench.trace) == 0


def test_a_new_move_forgets_what_was_undone() -> None:
    bench = Workbench(OPEN)
    bench.undo()
    bench.do("lose 3")
    assert bench.undone == []
    assert bench.endpoints["B"].state is State.SYN_RCVD


def test_the_script_plays_the_same_story_again() -> None:
    bench = Workbench(PRESETS["simultaneous close"])
    assert Workbench(bench.script).trace == bench.trace


def test_fates_of_packets() -> None:
    bench = Workbench(f"{OPEN}; A send one; A send two; delay 4; duplicate 5; deliver 5; lose 6")
    assert [packet.number for packet in bench.flying] == [4, 7]  # 7 is B's answer to 5
    fates = {packet.number: packet.fate for packet in bench.trace.packets}
    assert (fates[4], fates[5], fates[6]) == ("delivered", "delivered", "lost")
    assert bench.trace.packet(4).arrived_ns is None  # it is still on its way
    assert bench.endpoints["B"].tcb.early, "two came before one"
    bench.do("deliver 4")
    assert not bench.endpoints["B"].tcb.early


@pytest.mark.parametrize(
    ("move", "words"),
    [
        ("A send", "A cannot send now: connection does not exist"),
        ("A close", "connection does not exist"),
        ("A timer retransmission", "cannot run out now: no such timer is running"),
        ("A timer lunch", "There is no timer 'lunch'"),
        ("A dance", "There is no call 'dance'"),
        ("deliver 1", "Packet 1 is not on the wire"),
        ("deliver one", "There is no move"),
        ("", "There is no move"),
        ("C connect", "There is no move"),
        ("A", "There is no move"),
        ("x" * 10_000, "There is no move"),
    ],
)
def test_what_is_not_possible_is_said_and_changes_nothing(move: str, words: str) -> None:
    bench = Workbench()
    with pytest.raises(TcpCourseError, match=words):
        bench.do(move)
    assert bench.moves == [] and len(bench.trace) == 0


def test_a_closed_connection_refuses_with_the_rfcs_words() -> None:
    bench = Workbench(f"{OPEN}; A close")
    with pytest.raises(CallError, match="connection closing"):
        bench.do("A send more")
    assert bench.why_not("A send") == "connection closing"
    assert bench.why_not("B send") is None


def test_a_script_has_an_end() -> None:
    bench = Workbench("B listen")
    with pytest.raises(TcpCourseError, match=f"at most {MOST_MOVES} moves"):
        bench.play("A connect; A abort; " * MOST_MOVES)


def test_moves_of_a_script() -> None:
    assert moves_of("A connect;\n deliver 1 ;; \n") == ["A connect", "deliver 1"]


@pytest.mark.needs("tshark")
@pytest.mark.parametrize(
    "name", ["close: four packets", "simultaneous open", "simultaneous close", "a lost last ACK"]
)
def test_tshark_reads_the_same_numbers(name: str, tmp_path: Path) -> None:
    trace = Workbench(PRESETS[name]).trace
    file = tmp_path / "saved.pcap"
    trace.save(file)
    tshark = shutil.which("tshark")
    assert tshark is not None
    fields = ("tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.srcport")
    command = [tshark, "-r", str(file), "-T", "fields", "-E", "separator=,"]
    for field in fields:
        command += ["-e", field]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    seen = [tuple(map(int, row)) for row in csv.reader(text.splitlines())]
    ports = {side: int(host.rpartition(":")[2]) for side, host in trace.hosts.items()}
    assert seen == [
        (int(p.segment.seq), int(p.segment.ack or 0), len(p.segment.data), ports[p.sender])
        for p in trace.packets
    ]


# --- the widget ------------------------------------------------------------------------------


def test_a_handshake_by_hand() -> None:
    play = Playground()
    play.calls["B", "listen"].click()
    play.calls["A", "connect"].click()
    play.packets["deliver", 1].click()
    play.packets["deliver", 2].click()
    play.packets["deliver", 3].click()
    assert repr(play) == "<Playground: A ESTABLISHED, B ESTABLISHED, 0 on the wire, 5 moves>"
    assert play.message.startswith("B sees its number confirmed, too.")
    assert "SYN_RCVD" in seen(play) and "RFC 9293 §3.10.7.4" in seen(play)


def test_what_is_refused_is_hidden_until_it_is_asked_for_and_says_why() -> None:
    play = Playground()
    assert visible(play) == ["A connect", "A listen", "B connect", "B listen"]
    assert play.calls["A", "send"].disabled
    assert play.calls["A", "send"].tooltip == "connection does not exist"
    play.calls["A", "connect"].click()
    assert visible(play) == [
        "A abort", "A close", "A gives up", "A send", "A timer rings", "A user timeout",
        "B connect", "B listen",
    ]  # fmt: skip
    assert "already exists" not in seen(play)
    play.refused.value = True
    assert {"A connect", "A listen", "B send", "B close"} <= set(visible(play))
    assert play.calls["A", "connect"].disabled
    assert "connect (connection already exists)" in seen(play)


def test_from_the_first_moment_there_is_a_picture_and_one_suggestion() -> None:
    play = Playground()
    assert seen(play).count("<svg") == 2 and "Map of the states: A is CLOSED" in seen(play)
    assert (play.suggestion, play.step.description) == ("B listen", "Let B listen")
    passed = []
    for _ in range(15):
        play.step.click()
        passed.append(tuple(str(play.bench.endpoints[side].state) for side in "AB"))
    # a talk as a lecturer would tell it: opened, something said, closed in turn
    assert ("ESTABLISHED", "ESTABLISHED") in passed and ("TIME_WAIT", "LAST_ACK") in passed
    assert passed[-1] == ("CLOSED", "CLOSED") and play.suggestion == "start again"
    play.step.click()
    assert play.bench.moves == []


def test_it_never_suggests_what_is_refused() -> None:
    dice = random.Random(5)
    play = Playground()
    for _ in range(120):
        buttons = [*play.calls.values(), *play.timers.values(), *play.packets.values()]
        dice.choice([each for each in buttons if not each.disabled]).click()
        before = len(play.bench.moves)
        again = play.suggestion == "start again"
        play.step.click()
        assert again or len(play.bench.moves) == before + 1, play.bench.script
        if len(play.bench.moves) > 60:
            play.restart.click()


def test_envelopes_lie_on_the_wire_in_their_order() -> None:
    play = Playground(OPEN + "; A send one; A send two; delay 4")
    faces = [play.packets["deliver", number].description for number in (5, 4)]
    assert faces == ["✉ DATA →", "✉ DATA →"]
    rows = [box for box in boxes(play) if "fl" in box._dom_classes]
    heights = [float(box.layout.top.removesuffix("%")) for box in rows]
    assert rows[0].children[0] is play.packets["deliver", 5]
    assert heights == sorted(heights) and heights[0] < heights[1] < 100


def test_the_map_shows_the_roads_that_were_walked() -> None:
    play = Playground(PRESETS["simultaneous close"])
    assert "Map of the states: A is CLOSED, B is CLOSED." in seen(play)
    # the document's 30 roads faint; of these each end has walked 7 and 6: A connects, B listens
    assert seen(play).count('<g class="rd') == 30 + 6 + 7


def test_a_lost_packet_is_sent_again_by_its_timer() -> None:
    play = Playground("B listen; A connect")
    play.packets["lose", 1].click()
    assert play.message == "A's SYN is lost. Nobody is told."
    assert play.packets == {}
    play.timers["A", "retransmission"].click()
    assert ("deliver", 2) in play.packets
    assert "retransmission" in play.trace.packet(2).notes


def test_what_is_sent_can_be_typed() -> None:
    play = Playground(OPEN)
    play.text.value = "one; two"
    play.calls["A", "send"].click()
    assert play.trace.segments[-1].data == b"one, two"
    assert Workbench(play.bench.script).trace == play.trace


def test_a_preset_is_played_step_by_step_and_can_be_left() -> None:
    play = Playground()
    play.preset.value = "three-way handshake"
    assert play.message == "5 moves are prepared. The first is: B listen."
    assert play.step.description == "Let B listen"
    play.step.click()
    play.step.click()
    assert play.bench.moves == ["B listen", "A connect"]
    play.packets["lose", 1].click()  # leaves the preset
    assert play.suggestion == "A timer retransmission"


def test_undo_redo_and_start_again() -> None:
    play = Playground(OPEN)
    play.undo.click()
    assert play.bench.endpoints["B"].state is State.SYN_RCVD
    play.redo.click()
    assert play.bench.endpoints["B"].state is State.ESTABLISHED
    play.calls["A", "close"].click()
    play.restart.click()
    assert play.redo.disabled and play.restart.disabled
    assert play.bench.script == OPEN, "it begins with the moves that it was given"


def test_it_leaves_its_story_in_its_output() -> None:
    play = Playground("A connect")
    play.calls["B", "connect"].click()
    left = play._repr_mimebundle_()[STORY]
    assert (left["widget"], left["script"]) == ("Playground", "A connect")
    assert "tcp-stage" in left["html"]
    assert Playground()._repr_mimebundle_()[STORY] == {"widget": "Playground", "script": ""}


def test_a_script_can_be_given_and_stops_where_it_is_wrong() -> None:
    play = Playground()
    play.script.value = "B listen; A connect; deliver 7; deliver 1"
    play.run.click()
    assert play.bench.moves == ["B listen", "A connect"]
    assert play.message == "The script stops after 2 moves. Packet 7 is not on the wire."


def test_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    play = Playground(OPEN)
    play.file.value = "mine.pcap"
    play.save.click()
    assert play.message == "Saved 3 packets as mine.pcap."
    loaded = tcp.load(tmp_path / "mine.pcap").conversations[0].trace
    assert [p.segment.seq for p in loaded.packets] == [s.seq for s in play.trace.segments]


@pytest.mark.parametrize("name", ["", "../mine.pcap", "a/b.pcap", "/mine.pcap", "notes.txt", "."])
def test_nothing_is_saved_elsewhere_or_over_other_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    play = Playground(OPEN)
    play.file.value = name
    play.save.click()
    assert play.message == "Not saved: write a plain name that ends in .pcap."
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.rglob("*.pcap"))


def test_many_packets_on_the_wire() -> None:
    play = Playground(OPEN + "; A send x" * 40)
    assert len(play.bench.flying) == 40
    assert len(play.packets) == 12 * 4


def test_text_of_the_user_is_harmless() -> None:
    play = Playground(OPEN)
    play.script.value = "<script>alert(1)</script>"
    play.run.click()
    assert "<script>" not in seen(play)
    assert "There is no move &#x27;&lt;script&gt;alert(1)&lt;/script&gt;" in seen(play)


def test_every_button_has_words() -> None:
    play = Playground("A connect")
    buttons = [*play.calls.values(), *play.timers.values(), *play.packets.values()]
    assert all(isinstance(each, Button) and each.description and each.tooltip for each in buttons)
