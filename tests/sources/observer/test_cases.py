"""Small captures of the kinds that mislead a bystander, each with its states by hand.

A line is a packet: who sends it, flags, SEQ, ACK, ``+`` bytes of data, ``@`` its time in
milliseconds (else 10 after the one before), and behind the bar the states that A and B may
be said to be in after it. States that the packets leave open stand with / between them; an
asterisk leaves an end out. Expected states follow from RFC 9293 §3.10, as the comments say.
"""

from __future__ import annotations

import io

import pytest

import tcpcourse as tcp
from tcpcourse.core.states import State
from tcpcourse.sources.capture.write import ETHERNET, write_frames, write_segments
from tcpcourse.trace import Side

SHORT = {
    "C": State.CLOSED, "L": State.LISTEN, "SS": State.SYN_SENT, "SR": State.SYN_RCVD,
    "E": State.ESTABLISHED, "F1": State.FIN_WAIT_1, "F2": State.FIN_WAIT_2,
    "CW": State.CLOSE_WAIT, "CG": State.CLOSING, "LA": State.LAST_ACK, "TW": State.TIME_WAIT,
}  # fmt: skip
OLD = "E/F1/F2/CW/CG/LA/TW"  # synchronized
START_NS = 1_700_000_000 * 10**9
HOSTS = ("192.0.2.1:40000", "198.51.100.2:80")

HANDSHAKE = """
A S 100 | SS SR
B SA 300 101 | E SR
A A 101 301 | E E
"""

CASES = {
    # --- a RST or data that crosses a RST or a FIN: it had not arrived yet ------------------
    # B sends its FIN after A's RST passed: it was not CLOSED, so the RST came later. A,
    # CLOSED, answers with the number of the FIN's ACK (§3.10.7.1).
    "a RST crosses a FIN": HANDSHAKE + """
A PA 101 301 +50 | E E
B A 301 151 +1000 | E/C E
A R 151 | C E/F1/C
B FA 1301 151 | C F1/C
A R 151 | C C
""",
    # Both abort (§3.10.5): a RST is never answered, so neither is an answer to the other.
    "two aborts cross": """
A S 100 | SS SR
B SA 300 101 | E SR
A A 101 301 | E E/C
A R 101 | C E/C
B R 301 | C C
""",
    # An aborted download: what B had sent before the RST came passes after it.
    "data crosses a RST": HANDSHAKE + """
A PA 101 301 +200 | E E
B A 301 301 +1460 | E E
A A 301 1761 | E E
A RA 301 1761 | C E/C
B A 1761 301 +1460 | C E/C
A R 301 | C C
""",
    "a RST crosses an ACK": HANDSHAKE + """
A PA 101 301 +10 | E E
B PA 301 111 +20 | E E
B RA 321 111 | E/C C
A A 111 321 | E/C C
""",
    # --- the peer's FIN was lost or overtaken before the tap, and only its number shows -----
    # SEQ 102 of an ACK: number 101 is used, and by A's FIN, which comes later; B's FIN does
    # not acknowledge it, so both closed at the same time: CLOSING, then TIME_WAIT.
    # That ACK has the number after B's FIN, so B goes to FIN_WAIT_2 first.
    "a FIN is overtaken by the ACK behind it": """
A S 100 | SS SR
B SA 300 101 | E SR
A A 101 301 | E E
B FA 301 101 | CG F1
A A 102 302 | CG F2
A FA 101 301 | CG TW
B A 302 102 | TW TW
A A 102 302 | TW TW
""",
    # B's FIN, number 301, never passed, and its ACK of A's FIN has SEQ 302: it was sent when
    # A's FIN came (CLOSING), or followed at once (LAST_ACK). It goes again.
    "a FIN is lost before the tap": """
A S 100 | SS SR
B SA 300 101 | E SR
A A 101 301 | E E/F1
A FA 101 301 | F1 CW/CG/LA
B A 302 102 | F2 CG/LA
B FA 301 102 @700 | TW CG/LA
A A 102 302 | TW TW/C
""",
    # --- a duplicate of the connection's own SYN -------------------------------------------
    # RFC 5961 §4.2: an open connection answers a SYN with an ACK, and stays.
    "a SYN comes twice": HANDSHAKE + """
A S 100 | E E
B A 301 101 | E E
A PA 101 301 +5 | E E
B A 301 106 | E E
""",
    "a SYN comes twice before the answer": """
A S 100 | SS L/SR
A S 100 | SS SR
B SA 300 101 | E SR
A A 101 301 | E E
""",
    # In FIN_WAIT_1 as well: A is not opening anew.
    "a SYN comes twice after the FIN": HANDSHAKE + """
A FA 101 301 | F1 CW
A S 100 | F1 CW
B A 301 102 | F2 CW
""",
    # --- one packet missing from the capture ------------------------------------------------
    # ACK 111 says that ten bytes were sent. Nothing falls back behind the handshake.
    "a request is missing": HANDSHAKE + """
B A 301 111 | E E
B PA 301 111 +20 | E E
A PA 111 321 +5 | E E
""",
    # The SYN,ACK came before frame 2 passed; whether B had called as well is not known. Data
    # from both proves that no FIN was among the numbers that were not seen.
    "a SYN,ACK is missing": """
A S 100 | SS/E SR
A A 101 301 | E E
A PA 101 301 +5 | E E
B PA 301 106 +5 | E E
""",
    # No FIN was seen before the gap, and none is needed for it.
    "an answer is missing, then a close": HANDSHAKE + """
A PA 101 301 +10 | E E
B A 301 111 | E E
A A 111 321 | E E
A FA 111 321 | F1 CW
B FA 321 112 | TW LA
A A 112 322 | TW C
""",
    # --- an ACK crosses the last ACK --------------------------------------------------------
    "an ACK crosses the last ACK": HANDSHAKE + """
A FA 101 301 | F1 CW
B A 301 102 | F2 CW
B FA 301 102 | TW LA
A A 102 302 | TW LA/C
B A 302 102 | TW LA/C
""",
    # B's FIN goes again: the first ACK was late or lost, B was in LAST_ACK when it sent.
    "a FIN sent again crosses its ACK": HANDSHAKE + """
A FA 101 301 | F1 CW
B A 301 102 | F2 CW
B FA 301 102 | TW LA
A A 102 302 @240 | TW LA/C
B FA 301 102 @241 | TW LA/C
A A 102 302 | TW C
""",
    # A closes second: its last word comes before the ACK that ends it.
    "an overtaken ACK comes after the end": HANDSHAKE + """
B FA 301 101 | CW F1
A FA 101 302 | LA TW
B A 302 102 | C TW
A A 101 302 | C TW
B A 302 102 | C TW
""",
    # --- the capture begins with a SYN,ACK, or has one direction ----------------------------
    "it begins with a SYN,ACK": """
B SA 300 101 | E SR
A A 101 301 | E E
A PA 101 301 +10 | E E
B PA 301 111 +20 | E E
""",
    "it begins with a SYN,ACK that was not answered at once": """
B SA 300 101 | SS/E SR
B SA 300 101 @1000 | E SR
A PA 101 301 +10 | E E
""",
    # The server's packets alone: its ACKs tell that A sent, so A is open. The last number
    # may be a FIN's. It does not fall back behind the handshake.
    "only the server": """
B SA 300 101 | E/F1 SR/E
B A 301 111 | E/F1 E
B PA 301 111 +20 | E/F1 E
B A 321 161 | E/F2 E/CW
""",
    "only the client": """
A S 100 | SS/E SR
A A 101 301 | E E/F1
A PA 101 301 +10 | E E/F1
A PA 111 501 +10 | E/CW E/F2
""",
    # --- data on the SYN, a connection with itself ------------------------------------------
    # RFC 9293 §3.4 allows both: data on the SYN is kept (ACK 16), or left (ACK 11).
    "data on the SYN is taken": """
A S 10 +5 | SS SR
B SA 20 16 | E SR
A A 16 21 | E E
""",
    "data on the SYN is left": """
A S 10 +5 | SS SR
B SA 20 11 | E SR
A PA 11 21 +5 | E E
B A 21 16 | E E
""",
    "a SYN goes again without its data": """
A S 10 +5 | SS L/SR
A S 10 @1000 | SS SR
B SA 20 11 | E SR
A PA 11 21 +5 | E E
B A 21 16 | E E
""",
    "data on the SYN,ACK": """
A S 10 | SS SR
B SA 20 11 +30 | E SR
A A 11 51 | E E
""",
    # --- a SYN onto an old connection, captured from that SYN -------------------------------
    # RFC 9293 figure 9: B challenges with the numbers it has, A answers RST.
    "a SYN meets an old connection": f"""
A S 900000 | SS *
B A 5001 1101 | SS {OLD}
A R 1101 | SS C/L
A S 900000 @1000 | SS SR
B SA 77000 900001 | E SR
A A 900001 77001 | E E
""",
    "a SYN meets an old connection, and its RST is lost": f"""
A S 900000 | SS *
B A 5001 1101 | SS {OLD}
A R 1101 | SS {OLD}
A S 900000 @1000 | SS {OLD}
B A 5001 1101 | SS {OLD}
A R 1101 | SS C/L
A S 900000 @3000 | SS SR
B SA 77000 900001 | E SR
""",
    # Data of the old connection comes instead of a bare ACK.
    "a SYN meets an old connection that sends": """
A S 900000 | SS *
B PA 5001 1101 +100 | SS E/CW
A R 1101 | SS C/L
""",
    # --- stored in another order than sent --------------------------------------------------
    "a request is stored after its answer": HANDSHAKE + """
B A 301 600 | E E
B A 301 600 +1460 | E E
A PA 101 301 +499 | E E
B A 1761 600 +1460 | E E
A A 600 3221 | E E
""",
    "the handshake's ACK is stored before the SYN,ACK": """
A S 1000 @0 | SS/E SR
A A 1001 5001 @20 | E SR/E
B SA 5000 1001 @21 | E SR/E
A PA 1001 5001 +10 | E E
B A 5001 1011 | E E
""",
    # --- a second SYN,ACK with another number -----------------------------------------------
    # RFC 5961 §4.2: A challenges it; that B acknowledges 131 proves that it was open.
    "a foreign SYN,ACK in an open connection": HANDSHAKE + """
A PA 101 301 +30 | E E
B SA 3000000020 101 @5000 | E E
A A 131 301 | E E
B A 301 131 | E E
""",
    "two foreign SYN,ACKs": HANDSHAKE + """
A PA 101 301 +30 | E E
B A 301 131 | E E
B SA 3000000020 101 @5000 | E E
A A 131 301 | E E
B SA 3000000020 101 @6000 | E E
A A 131 301 | E E
B PA 301 131 +9 | E E
""",
    # --- a full accept queue, deferred accept -----------------------------------------------
    # The SYN,ACK goes again, so B was not open; whether the ACK came is not known.
    "a full accept queue": """
A S 10 @0 | SS SR
B SA 20 11 @1 | E SR
A A 11 21 @2 | E SR
A PA 11 21 +50 @10 | E SR
A PA 11 21 +50 @210 | E SR
B SA 20 11 @1000 | E SR
A A 61 21 @1001 | E SR/E
""",
    "a deferred accept": """
A S 10 @0 | SS SR
B SA 20 11 @1 | E SR
A A 11 21 @2 | E SR
B SA 20 11 @1001 | E SR
A A 11 21 @1002 | E SR/E
A PA 11 21 +50 @1500 | E E
B A 21 61 @1501 | E E
""",
    "a listener takes no SYN for a while": """
A S 10 @0 | SS L/SR
A S 10 @1000 | SS L/SR
A S 10 @3000 | SS SR
B SA 20 11 @3001 | E SR
A A 11 21 @3002 | E E
""",
    # --- keep-alive probes (§3.8.4): SEG.SEQ = SND.NXT - 1, after one byte, and in FIN_WAIT_2 -----
    "a keep-alive after one byte": HANDSHAKE + """
A PA 101 301 +1 | E E
B A 301 102 | E E
A A 101 301 @60000 | E E
B A 301 102 | E E
A A 101 301 +1 @120000 | E E
B A 301 102 | E E
""",
    "a keep-alive in FIN_WAIT_2": HANDSHAKE + """
A FA 101 301 | F1 CW
B A 301 102 | F2 CW
A A 101 301 @60000 | F2 CW
B A 301 102 | F2 CW
B A 300 102 @90000 | F2 CW
A A 102 301 | F2 CW
""",
    # --- an old ACK proves that a FIN had not arrived ---------------------------------------
    "an end that goes on after the peer's FIN": HANDSHAKE + """
B FA 301 101 | E/CW F1
A PA 101 301 +6 | E/CW F1
B A 302 107 | E/CW F1
A A 107 302 | CW F2
A FA 107 302 | LA TW
B A 302 108 | C TW
""",
    # --- a SYN,ACK sent again after a CLOSE in SYN_RCVD (§3.10.4) ---------------------------
    # B has sent SYN and FIN, and neither is acknowledged: FIN_WAIT_1, whatever goes again.
    "a SYN,ACK goes again in FIN_WAIT_1": """
A S 100 @0 | SS SR
B SA 300 101 @1 | SS/E SR
B FA 301 101 @2 | SS/E F1
B SA 300 101 @1000 | E F1
A A 101 301 @1001 | E/CW F1
""",
}  # fmt: skip

SOMETHING_IS_MISSING = {"a request is missing", "an answer is missing, then a close"}
# One end's beginning was not seen, or all of it: the remarks say that in other words.
BEGINS_UNSEEN = {"a SYN,ACK is missing", "only the server", "only the client"}

Row = tuple[int, Side, tcp.Segment]


def packets(text: str) -> tuple[list[Row], list[list[set[State] | None]]]:
    """The packets of a case and what may be said of both ends after each."""
    rows: list[Row] = []
    expected: list[list[set[State] | None]] = []
    now = 0
    for line in filter(None, text.splitlines()):
        packet, states = line.split(" | ")
        sender, flags, *rest = packet.split()
        numbers = [int(word) for word in rest if word[0] not in "+@"]
        size = sum(int(word[1:]) for word in rest if word[0] == "+")
        times = [int(word[1:]) for word in rest if word[0] == "@"]
        now = times[0] * 10**6 if times else now + 10**7
        seq, ack = numbers[0], numbers[1] if len(numbers) > 1 else None
        segment = tcp.Segment(seq, ack, flags, 65535 if "R" not in flags else 0, bytes(size))
        rows.append((START_NS + now, "A" if sender == "A" else "B", segment))
        expected.append(
            [
                None if end == "*" else {SHORT[name] for name in end.split("/")}
                for end in states.split()
            ]
        )
    return rows, expected


def written(rows: list[Row], hosts: tuple[str, str] = HOSTS) -> io.BytesIO:
    file = io.BytesIO()
    write_segments(file, rows, hosts)
    file.seek(0)
    return file


def observed(rows: list[Row]) -> tcp.Trace:
    (conversation,) = tcp.load(written(rows), progress=False).conversations
    return conversation.trace


def line(step: tcp.Step) -> str:
    assert step.segment is not None and step.packet is not None
    packet = f"{step.packet.number} {step.who} {step.segment.line()}"
    return f"{packet}: A {step.after.a}, B {step.after.b}"


@pytest.mark.parametrize("name", CASES)
def test_states_by_hand(name: str) -> None:
    rows, expected = packets(CASES[name])
    trace = observed(rows)
    assert len(trace) == len(expected)
    wrong = []
    # who sent the first SYN without ACK, or else the first packet, is A in the trace
    exchanged = rows[0][1] == "B"
    for step, ends in zip(trace, expected, strict=True):
        for end, allowed in zip(step.after, reversed(ends) if exchanged else ends, strict=True):
            if allowed is not None and not set(end.possible) <= allowed:
                wrong.append(f"{end} in {line(step)}")
    assert not wrong, "\n".join([*wrong, *map(line, trace)])


@pytest.mark.parametrize("name", sorted(set(CASES) - BEGINS_UNSEEN))
def test_what_is_missing_is_said_and_nothing_else(name: str) -> None:
    remarks = observed(packets(CASES[name])[0]).remarks
    said = [remark for remark in remarks if "missing" in remark.lower()]
    assert bool(said) == (name in SOMETHING_IS_MISSING), remarks


@pytest.mark.parametrize("name", CASES)
def test_each_change_of_state_has_its_reason_in_its_step(name: str) -> None:
    sides: tuple[Side, Side] = ("A", "B")
    trace = observed(packets(CASES[name])[0])
    before = trace[0].before
    for step in trace:
        assert step.before == before, "a step begins where the one before it ended"
        before = step.after
        for side in sides:
            if step.before.of(side).possible != step.after.of(side).possible:
                assert any(move.who == side and move.why for move in step.moves), (side, line(step))


@pytest.mark.parametrize("name", CASES)
def test_a_sentence_is_said_once(name: str) -> None:
    trace = observed(packets(CASES[name])[0])
    assert len(set(trace.remarks)) == len(trace.remarks)
    for step in trace:
        said = [(move.who, move.why) for move in step.moves]
        assert len(set(said)) == len(said), line(step)


def test_a_connection_with_itself() -> None:
    """One end, seen twice (§3.5, simultaneous open): SYN_SENT, SYN_RCVD, ESTABLISHED."""
    rows, _ = packets("""
A S 5000 @0 | SS *
A SA 5000 5001 @1 | SR *
A A 5001 5001 @2 | E *
A PA 5001 5001 +5 @1000 | E *
A A 5006 5006 @1001 | E *
""")
    file = written(rows, ("127.0.0.1:33000", "127.0.0.1:33000"))
    trace = tcp.load(file, progress=False).conversations[0].trace
    assert [str(step.after.a) for step in trace][2:] == ["ESTABLISHED"] * 3
    assert not any("missing" in remark.lower() for remark in trace.remarks)


def test_time_wait_runs_out_between_two_syns() -> None:
    """B is in TIME_WAIT and acknowledges a SYN with a smaller number; later it is over."""
    rows, _ = packets("""
A S 9000 | SS SR
B SA 300 9001 | E SR
A A 9001 301 | E E
B FA 301 9001 @500 | CW F1
A A 9001 302 | CW F2
A FA 9001 302 | LA TW
B A 302 9002 | C TW
A S 100 @30000 | SS TW
B A 302 9002 | SS TW
A S 100 @91000 | SS SR
B SA 7000 101 | E SR
A A 101 7001 | E E
""")
    old, new = tcp.load(written(rows), progress=False).conversations
    assert str(old.trace[-1].after.a) == "CLOSED" and str(old.trace[-1].after.b) == "TIME_WAIT"
    assert [str(step.after.b) for step in new.trace][1:2] == ["TIME_WAIT"]
    assert [str(step.after.b) for step in new.trace][3:] == ["SYN_RCVD", "ESTABLISHED"]
    assert not any("missing" in remark.lower() for remark in new.trace.remarks)


def test_a_new_syn_long_after_time_wait() -> None:
    """Five minutes after the close nothing of it is left, whatever number the SYN has."""
    rows, _ = packets("""
A S 9000 | SS SR
B SA 300 9001 | E SR
A A 9001 301 | E E
A FA 9001 301 | F1 CW
B FA 301 9002 | TW LA
A A 9002 302 | TW C
A S 100 @300000 | SS SR
B SA 7000 101 | E SR
A A 101 7001 | E E
""")
    _, new = tcp.load(written(rows), progress=False).conversations
    states = [(str(step.after.a), str(step.after.b)) for step in new.trace]
    assert states[1:] == [("ESTABLISHED", "SYN_RCVD"), ("ESTABLISHED", "ESTABLISHED")]


def test_a_snaplen_that_cuts_the_scale_leaves_the_states_alone() -> None:
    """The SYNs' options are cut behind the MSS; what cannot be scaled decides nothing."""
    options = tcp.Options(mss=1460, wscale=7)
    rows: list[Row] = []
    for number, (side, flags, seq, ack, size) in enumerate([
        ("A", "S", 1000, None, 0), ("B", "SA", 5000, 1001, 0), ("A", "A", 1001, 5001, 0),
        ("A", "PA", 1001, 5001, 100), ("B", "A", 5001, 1101, 1400), ("B", "A", 6401, 1101, 1400),
        ("A", "A", 1101, 7801, 0),
    ]):  # fmt: skip
        segment = tcp.Segment(
            seq, ack, flags, 501, bytes(size), options if "S" in flags else tcp.Options()
        )
        rows.append((START_NS + number * 10**7, "A" if side == "A" else "B", segment))
    raw, place, frames = written(rows).getvalue(), 24, []
    for time, _, _ in rows:
        length = int.from_bytes(raw[place + 8 : place + 12], "little")
        frames.append((time, raw[place + 16 : place + 16 + min(length, 58)], length))
        place += 16 + length
    file = io.BytesIO()
    write_frames(file, frames, ETHERNET)
    file.seek(0)
    trace = tcp.load(file, progress=False).conversations[0].trace
    states = [(str(step.after.a), str(step.after.b)) for step in trace]
    assert states[2:] == [("ESTABLISHED", "ESTABLISHED")] * 5
    assert not any("missing" in remark.lower() for remark in trace.remarks)
