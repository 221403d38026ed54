"""What the questions hold to be right, beside judges of its own: the table, the machine, tshark."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

import tcpcourse as tcp
from tcpcourse.exercises import assignments, variant
from tcpcourse.exercises.bank.kernel import PROC_STATES
from tcpcourse.exercises.bank.proof import (
    CAN_BE,
    CANNOT_BE,
    DRAWN,
    INTO_TIME_WAIT,
    LEFT_OUT,
    NOT_INTO,
    ROWS,
)  # fmt: skip
from tcpcourse.exercises.bank.trouble import FATES
from tcpcourse.exercises.references import PROC, REFERENCES
from tcpcourse.exercises.slips import SLIPS
from tcpcourse.views.basis import states_after

STUDENTS = [f"student{number}" for number in range(8)]


def posed(assignment: str, student: str, question: str) -> Any:
    return assignments()[assignment].problem(student).posed[question]


def told(no: int, ms: int, side: str, flags: str, seq: int, ack: int | None, size: int = 0) -> Any:
    return {
        "no": no, "ms": ms, "from": side, "flags": flags, "seq": seq, "ack": ack, "len": size
    }  # fmt: skip


# A's numbers pass the largest, 4294967295, within its data; its data is sent again; A closes.
TOLD = [
    told(1, 0, "A", "S", 4294967268, None), told(2, 9, "B", "SA", 49, 4294967269),
    told(3, 18, "A", "A", 4294967269, 50), told(4, 20, "A", "PA", 4294967269, 50, 30),
    told(5, 30, "B", "PA", 50, 4294967269, 7), told(6, 920, "A", "PA", 4294967269, 57, 30),
    told(7, 930, "B", "A", 57, 3), told(8, 950, "A", "A", 3, 57), told(9, 990, "A", "FA", 3, 57),
    told(10, 999, "B", "A", 57, 4), told(11, 1500, "B", "FA", 57, 4),
    told(12, 1510, "A", "A", 4, 58),
]  # fmt: skip

# By hand, from RFC 9293 and the document: one answer for each function that students write.
BY_HAND: dict[str, tuple[tuple[Any, ...], Any]] = {
    "answer_to_syn": ((4294967295, 7), {"flags": "SA", "seq": 7, "ack": 0}),
    "who_waits": (([{"from": "B", "flags": "FA", "seq": 9, "ack": 5},
                    {"from": "A", "flags": "FA", "seq": 5, "ack": 10},
                    {"from": "B", "flags": "A", "seq": 10, "ack": 6}],), "B"),
    "ack_for": (({"seq": 4294967290, "len": 10, "flags": "FPA"},), 5),
    "payload_len": ((1500, 5, 8), 1448),
    "is_before": ((4294967290, 5), True),
    "conversations": (([{"from": "a", "to": "b", "flags": "S"},
                        {"from": "b", "to": "a", "flags": "RA"},
                        {"from": "a", "to": "b", "flags": "S"}],), 2),
    "address": (("0101A8C0:01BB",), "192.168.1.1:443"),
    "state_of": (("  3: 0100007F:1F90 0100007F:C350 08 00000000:00000000",), "CLOSE_WAIT"),
    "acceptable": ((4294967290, 10, 0, 100), True),
    "next_state": (("CLOSING", "ACK OF FIN"), "TIME_WAIT"),
    "watch": (([{"from": "A", "flags": "FA", "seq": 5, "ack": 9},
                {"from": "B", "flags": "FA", "seq": 9, "ack": 6}],), ["TIME_WAIT", "LAST_ACK"]),
    "sent_again": (([{"no": 1, "from": "A", "flags": "FA", "seq": 4294967295, "len": 0},
                     {"no": 2, "from": "A", "flags": "FA", "seq": 4294967295, "len": 0}],), [2]),
    "said": ((TOLD,), {"closes first": "A", "bytes A": 30, "bytes B": 7}),
    "repeated": ((TOLD,), {"first copy": 4, "second copy": 6, "waited": 900}),
    "where": ((TOLD[:9],), ["FIN_WAIT_1", "CLOSE_WAIT"]),
    "ending": ((TOLD,), {"waits": "A", "last seq": 4, "last ack": 58, "if lost": 11}),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_a_reference_gives_what_the_hand_gives(name: str) -> None:
    arguments, right = BY_HAND[name]
    assert REFERENCES[name](*arguments) == right


def test_every_reference_has_an_answer_by_hand() -> None:
    asked = {q.name for a in assignments().values() for q in a.questions if q.kind == "function"}
    assert asked == set(REFERENCES) == set(BY_HAND)
    assert set(SLIPS) <= asked


def test_rows_stand_in_the_table() -> None:
    known = {(str(row.state), str(row.next)) for row in tcp.TRANSITIONS if row.changes_state}
    assert {(state, goal) for state, _, goal in ROWS} <= known
    drawn = {(str(row.state), str(row.next)) for row in tcp.TRANSITIONS if row.in_figure}
    for arrow in LEFT_OUT:
        assert tuple(arrow.split(" → ")) in known - drawn
    for arrow in DRAWN:
        assert tuple(arrow.split(" → ")) in drawn


def test_pairs_and_ways_are_those_of_the_exploration() -> None:
    found = tcp.explore()
    pairs = {frozenset(map(str, pair)) for pair in found.pairs}
    assert all(frozenset(pair) in pairs for pair in CAN_BE)
    assert not any(frozenset(pair) in pairs for pair in CANNOT_BE)
    ways = {str(row.state) for row in found.ways_into(tcp.State.TIME_WAIT)}
    assert {words.split()[1].rstrip(",") for words in INTO_TIME_WAIT} == ways
    assert not {w.split()[1].rstrip(",") for w in NOT_INTO if "FIN_WAIT_1" not in w} & ways


def test_the_kernels_codes_are_those_of_its_header() -> None:
    """Linux, include/net/tcp_states.h: ESTABLISHED is 1, and so on to CLOSING, 11."""
    assert [PROC_STATES[f"{code:02X}"] for code in range(1, 12)] == list(PROC)


@pytest.mark.parametrize("student", STUDENTS)
def test_resets_do_to_an_endpoint_what_is_right(student: str) -> None:
    asked = posed("ps7-trouble", student, "q4")
    nxt, window = asked.given["RCV.NXT"], asked.given["RCV.WND"]
    for row in asked.given["RSTs"]:
        tcb = tcp.Tcb(tcp.State.ESTABLISHED, snd_una=1, rcv_nxt=nxt, rcv_wnd=window)
        done = tcp.Endpoint.restore(tcb)
        reaction = done.arrive(tcp.Segment(row["seq"], flags="R"))
        seen = "a" if done.state is tcp.State.CLOSED else "b" if reaction.emitted else "c"
        told = asked.given["what may happen"][asked.right[f"rst{row['no']}"]]
        assert told == FATES["abc".index(seen)]


@pytest.mark.parametrize("student", STUDENTS)
def test_holes_are_acknowledged_by_an_endpoint_as_is_right(student: str) -> None:
    asked = posed("ps7-trouble", student, "q2")
    tcb = tcp.Tcb(tcp.State.ESTABLISHED, snd_una=1, rcv_nxt=asked.given["B expects"], rcv_wnd=9999)
    end = tcp.Endpoint.restore(tcb)
    for number, row in enumerate(asked.given["segments from A, as they arrive"], 1):
        segment = tcp.Segment(row["seq"], ack=1, flags="A", data=bytes(row["len"]))
        (answer,) = end.arrive(segment).emitted
        assert int(answer.ack) == asked.right[f"ack{number}"]


@pytest.mark.parametrize("student", STUDENTS)
def test_a_segment_is_sent_again_when_the_simulator_does(student: str) -> None:
    """The doubling is RFC 6298's; here with the first timeout of one second that it demands."""
    asked = posed("ps7-trouble", student, "q1")
    start, rto, _ = asked.given.values()
    story = tcp.simulate("lost-syn", faults={1: "lose", 2: "lose", 3: "lose"})
    sent = [p.sent_ns / 1e9 for p in story.packets if p.segment.syn and p.segment.ack is None]
    gaps = [round(when - sent[0]) for when in sent[1:4]]
    assert gaps == [1, 3, 7]
    assert [asked.right[part] for part in ("second", "third", "fourth")] == [
        start + gap * rto for gap in gaps
    ]


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("student", STUDENTS[:3])
def test_remarks_are_tsharks(student: str, tmp_path: Path) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.packet import Raw
    from scapy.utils import wrpcap

    asked = posed("ps5-capture", student, "q3")
    path = tmp_path / "part.pcap"
    packets = []
    for row in asked.given["packets"]:
        ends = [("192.0.2.1", 50_000), ("198.51.100.2", 80)]
        (source, sport), (target, dport) = ends if row["from"] == "A" else ends[::-1]
        packet = IP(src=source, dst=target) / TCP(
            sport=sport, dport=dport, seq=row["seq"], ack=row["ack"], flags="A", window=row["win"]
        ) / Raw(bytes(row["len"]))  # fmt: skip
        packet.time = 1_000_000_000 + row["ms"] / 1000
        packets.append(packet)
    wrpcap(str(path), packets)
    names = {
        "previous segment not captured": "lost_segment", "duplicate ACK": "duplicate_ack",
        "retransmission": "retransmission", "zero window": "zero_window",
    }  # fmt: skip
    fields = [f"tcp.analysis.{name}" for name in names.values()]
    command = ["tshark", "-n", "-r", path, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lettered = asked.given["remarks"]
    for number, line in enumerate(shown.splitlines(), 1):
        marked = [remark for remark, cell in zip(names, line.split("\t"), strict=True) if cell]
        if number >= 3:
            assert lettered[asked.right[f"packet {number}"]] in marked


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("student", STUDENTS)
def test_the_final_is_read_by_tshark_in_the_same_way(student: str, tmp_path: Path) -> None:
    path = tmp_path / "story.pcap"
    variant("ps9-final", student).save(str(path))
    fields = ("ip.src", "tcp.len", "frame.time_epoch", "tcp.analysis.retransmission",
              "tcp.flags.fin", "tcp.seq_raw", "tcp.ack_raw")  # fmt: skip
    command = ["tshark", "-n", "-r", path, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in shown.splitlines()]
    assert len(rows) == 16
    (again,) = (at for at, row in enumerate(rows) if row[3])
    (first,) = (at for at in range(again) if rows[at][5] == rows[again][5] and rows[at][1] != "0")
    side = {rows[0][0]: "A", rows[1][0]: "B"}
    said = {name: sum(int(row[1]) for at, row in enumerate(rows) if at != again
                      and side[row[0]] == name) for name in "AB"}  # fmt: skip
    closer = side[next(row[0] for row in rows if row[4] in ("1", "True"))]
    mine = variant("ps9-final", student).given("q1")["packets"]
    assert REFERENCES["said"](mine) == {
        "closes first": closer, "bytes A": said["A"], "bytes B": said["B"],
    }  # fmt: skip
    waited = round((float(rows[again][2]) - float(rows[first][2])) * 1000)
    assert REFERENCES["repeated"](mine) == {
        "first copy": first + 1, "second copy": again + 1, "waited": waited
    }  # fmt: skip
    end = REFERENCES["ending"](mine)
    assert [end["last seq"], end["last ack"]] == [int(number) for number in rows[15][5:]]
    assert (end["waits"], end["if lost"]) == (closer, 15)


@pytest.mark.parametrize("closer", ["A", "B"])
def test_where_both_are_is_where_the_simulators_ends_are(closer: Any) -> None:
    """RFC 9293's figures 6 and 12 by hand, and the two endpoints that play the story."""
    from tcpcourse.exercises.bank.final import packets, story
    from tcpcourse.exercises.draw import Draw

    trace = story(Draw("where", closer), closer)
    peer = "B" if closer == "A" else "A"
    by_hand = {
        1: {"A": "SYN_SENT", "B": "SYN_RCVD"}, 2: {"A": "ESTABLISHED", "B": "SYN_RCVD"},
        12: {closer: "FIN_WAIT_1", peer: "CLOSE_WAIT"},
        13: {closer: "FIN_WAIT_2", peer: "CLOSE_WAIT"},
        14: {closer: "TIME_WAIT", peer: "LAST_ACK"}, 15: {closer: "TIME_WAIT", peer: "CLOSED"},
    }  # fmt: skip
    after = states_after(trace)
    rows = packets(trace)
    assert len(rows) == 15
    for number in range(1, 16):
        told = dict(zip("AB", REFERENCES["where"](rows[:number]), strict=True))
        assert told == {side: str(after[number].of(side)) for side in ("A", "B")}
        assert told == by_hand.get(number, told)


def test_no_right_answer_of_the_final_lies_in_the_students_process() -> None:
    """Nothing automatic is marked by a value that the notebook could look up."""
    ps = variant("ps9-final", "ann")
    assert {q.kind for q in assignments()["ps9-final"].questions} == {"function", "written"}
    assert all(not posed.right and not posed.wrong for posed in ps.problem.posed.values())
    assert ps.looked


def test_the_calls_lead_where_the_kernel_goes() -> None:
    """The same calls on real sockets: the recipes of the own kernel, read back from it."""
    from tcpcourse.exercises.bank.kernel import CALLS

    told = {(a, b) for _, a, b in CALLS}
    for state, pair in (
        ("ESTABLISHED", ("ESTABLISHED", "ESTABLISHED")),
        ("FIN_WAIT_2", ("FIN_WAIT_2", "CLOSE_WAIT")),
    ):
        last = tcp.live(state)[-1].after
        assert (str(last.a), str(last.b)) == pair
        assert pair in told


@pytest.mark.needs("tshark")
def test_a_mixed_capture_is_counted_by_tshark(tmp_path: Path) -> None:
    """A SYN that uses ports again begins a new stream there, too."""
    from scapy.layers.inet import IP, TCP
    from scapy.utils import wrpcap

    seen = set()
    for student in STUDENTS:
        asked = posed("ps5-capture", student, "q5")
        packets, isn = [], 1000
        for row in asked.given["one server, port 443"]:
            ends = [("192.0.2.1", row["client's port"]), ("198.51.100.2", 443)]
            (source, sport), (target, dport) = ends if row["to"] == "server" else ends[::-1]
            isn += 100_000 * (row["flags"] == "S")
            packets.append(
                IP(src=source, dst=target)
                / TCP(sport=sport, dport=dport, seq=isn, ack=0, flags=row["flags"])
            )
        path = tmp_path / "mixed.pcap"
        wrpcap(str(path), packets)
        command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "tcp.stream"]
        streams = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert asked.right["conversations"] == len(set(streams.split()))
        seen.add(asked.right["conversations"])
    assert len(seen) > 1


def test_a_lecture_shows_its_own_problem() -> None:
    assert variant("ps1-opening", "lecture").given("q1") != variant("ps1-opening", "a").given("q1")
