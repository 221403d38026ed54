"""Small captures whose packets leave open exactly the states that are said: no more, no fewer.

Written as in ``test_cases``, whose lists only say what is too wide. The states are reasoned
from RFC 9293 §3.10: each one that is named has an explanation, and the one not named has none
that is not more surprising (a packet is seen soon after it was sent, and arrives soon after).
"""

from __future__ import annotations

import pytest

from .test_cases import line, observed, packets

HANDSHAKE = """
A S 100 | SS SR
B SA 300 101 | E SR
A A 101 301 | E E
"""
B_MAY_HAVE_CLOSED = HANDSHAKE.replace("E E", "E E/F1")

CASES = {
    # --- one packet is missing ---------------------------------------------------------------
    # ACK 401 covers a hundred numbers that nobody saw: bytes, or bytes and a FIN. Whatever
    # carried them may have carried the ACK of A's FIN. If B's FIN was among them: it was
    # sent before A's came (CLOSING, and frame 5 ends that) or after (LAST_ACK, over now).
    "unseen bytes may carry the ACK of a FIN": B_MAY_HAVE_CLOSED + """
A FA 101 301 | F1 CW/LA/CG
A A 102 401 | F1/F2/CG/TW CW/C/TW
""",
    # Frame 5 does not know of A's FIN. The bytes before it came, or came again, unseen.
    "bytes before an old ACK were not captured": HANDSHAKE + """
A FA 101 301 | F1 E/CW
B PA 401 101 +100 | F1/F2 E/CW
A A 102 501 | F1/F2 E/CW
""",
    # A's FIN goes again, so no ACK had come by then, whoever carried it.
    "a FIN goes again after unseen bytes": B_MAY_HAVE_CLOSED + """
A FA 101 301 | F1 *
A A 102 401 | F1/CG *
A FA 101 401 @1000 | F1/CG *
B A 401 102 | F2/TW CW/TW
""",
    # ACK 102 is of a byte or a FIN that nobody saw. Each segment with either has ACK 301, so
    # B was open before it closed (not FIN_WAIT_1 out of SYN_RCVD): FIN_WAIT_1 if it was a
    # byte, LAST_ACK if a FIN. B knew of it when it closed, so A is not in CLOSING.
    "an ACK beyond the SYN proves the handshake": """
A S 100 | SS SR
B SA 300 101 | E/F1 SR/E
B FA 301 102 | CW/TW F1/LA
A A 102 302 | CW/TW F2/C
""",
    # With ACK 101 nothing is proved: a CLOSE in SYN_RCVD sends the FIN at once (§3.10.4).
    "a FIN that acknowledges the SYN alone": """
A S 100 | SS SR
B SA 300 101 | E SR
B FA 301 101 | CW F1
A FA 101 302 | LA TW
B A 302 102 | C TW
""",
    # --- a FIN is suspected from where it may have been, and no earlier ----------------------
    # Frame 5 has SEQ 101, so no FIN was sent by then; frame 7 has 102: a byte or a FIN, sent
    # while frame 6 passed. Frame 8 acknowledges it: a FIN is acknowledged then.
    "a number is used by nothing seen": HANDSHAKE + """
B PA 301 101 +10 | E E
A A 101 311 | E E
B PA 311 101 +10 | E/F1 E
A A 102 321 | E/F1 E/CW
B PA 321 102 +10 | E/F2 E/CW
A A 102 331 | E/F2 E/CW
""",
    # New data behind it says that it was data.
    "a number is used by data": HANDSHAKE + """
A PA 101 301 +10 | E E
B A 301 121 | E E
A PA 121 301 +10 | E E
B A 301 131 | E E
""",
    # --- what is not taken -------------------------------------------------------------------
    # Frame 6 ends left of RCV.NXT (311, as frame 5 says), so its ACK of the FIN is not read.
    "an ACK left of the window": HANDSHAKE + """
B PA 301 101 +10 | E E
A FA 101 311 | F1 *
B A 301 102 | F1 *
B A 311 102 | F2 *
""",
    # Frame 3 brings the ACK of B's SYN, if it arrived; nobody answered it for a second.
    "data that nobody answered": """
A S 100 | SS SR
B SA 300 101 | E SR
A PA 101 301 +10 | E SR/E
A A 111 301 @1000 | E E
""",
    # --- late packets ------------------------------------------------------------------------
    # A RST in the connection comes from an end that is gone: frame 5 was sent before it.
    "data is late behind a RST": HANDSHAKE + """
B PA 301 101 +10 | * *
A R 101 | C *
A PA 101 301 +10 | C *
""",
    # A RST numbered 0 answers from CLOSED, so before A called: A calls on and knows nothing.
    "a refusal is late behind a call": """
A S 100 | SS *
A RA 0 301 | SS *
A S 100 @200 | SS *
""",
    # A keep-alive has SND.NXT - 1, the FIN's number, and goes out when all is acknowledged.
    "a keep-alive behind a FIN": HANDSHAKE + """
A FA 101 301 | F1/F2 *
A A 101 301 @5000 | F1/F2 *
B A 301 102 | F2 *
""",
    "a FIN is missing, and its ACK is seen": HANDSHAKE + """
B A 301 102 | E/F2 E/CW
B FA 301 102 | CW/TW F1/LA
A A 102 302 | CW/TW F2/C
""",
    # SEQ 301 of frame 5: B had not closed. ACK 302 of frame 6: a byte, or B's FIN.
    "the second FIN is missing": HANDSHAKE + """
A FA 101 301 | F1 CW
B A 301 102 | F2 CW
A A 102 302 | F2/TW CW/C
""",
    "the last ACK is missing": HANDSHAKE + """
A FA 101 301 | F1 CW
B FA 301 102 | TW LA
""",
    # --- SYN and FIN in one segment ----------------------------------------------------------
    # A listener takes the SYN; what else the segment holds waits until SYN_RCVD is over
    # (§3.10.7.2). ACK 101 leaves the FIN out: it was dropped, or waits.
    "a SYN with a FIN": """
A SF 100 | SS SR
B SA 300 101 | F1 SR
A A 102 301 | F1 E/CW
""",
    # ACK 102: the FIN is taken, which is CLOSE_WAIT; by the letter not before B's SYN is
    # acknowledged.
    "a SYN with a FIN, and both are acknowledged": """
A SF 100 | SS SR/CW
B SA 300 102 | F2 SR/CW
A A 102 301 | F2 CW
B FA 301 102 | TW LA
A A 102 302 | TW C
""",
    # A listener would have taken it; nothing tells whether there is one.
    "a SYN with a FIN that nobody answers": """
A SF 100 | SS C/SR
""",
    # CLOSED answers with ACK = SEQ + 2 (§3.10.7.1); so do stacks that accept and abort.
    "a SYN with a FIN is refused": """
A SF 100 | SS C
B RA 0 102 | C C
""",
    # §3.10.4: a CLOSE in SYN_RCVD sends the FIN, which may go with the SYN,ACK that goes again.
    "a SYN,ACK with a FIN": """
A S 100 | SS SR
B SAF 300 101 | CW F1
A A 101 302 | CW F2
A FA 101 302 | LA TW
B A 302 102 | C TW
""",
    # --- RFC 9293 figure 8, seen at A's side --------------------------------------------------
    # The old SYN, number 90, comes from elsewhere. Frame 2 answers it. When A's RST comes, B
    # listens on; A's own SYN waits behind, and comes before frame 4 passes.
    "an old duplicate SYN that the tap does not see": """
A S 100 | SS L/SR
B SA 300 91 | SS SR
A R 91 | SS L/SR
B SA 400 101 | E SR
A A 101 401 | E E
""",
    # --- a RST and a FIN ----------------------------------------------------------------------
    # ACK 301 was RCV.NXT when A gave up: B's FIN, number 301, had not come to it.
    "a RST crosses a FIN that it does not know": HANDSHAKE + """
B FA 301 101 | E/C F1
A RA 101 301 | C C
""",
    "a RST after a FIN": HANDSHAKE + """
B FA 301 101 | CW F1
A RA 101 302 | C C
""",
    # Without an ACK a RST with the number that was asked for answers from CLOSED: an end that
    # is there acknowledges a FIN.
    "a RST answers a FIN": HANDSHAKE + """
B FA 301 101 | C F1
A R 101 | C C
""",
    # An ABORT has SND.NXT, 401, and no ACK of 350 was seen: B did not send it, or is gone.
    "a RST with a number left behind": HANDSHAKE + """
B PA 301 101 +100 | E E
A A 101 401 | E E
B R 350 | E E/C
""",
    # Nothing of both ends but a RST: from CLOSED, from LISTEN or SYN_SENT an answer; an ABORT
    # ends in CLOSED. It is taken to have the number that is expected: CLOSED, or LISTEN
    # if it was SYN_RCVD (§3.10.7.4).
    "a RST alone": """
A R 101 | C/L/SS C/L
""",
    "a refusal alone": """
A RA 0 301 | C/L/SS C
""",
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_exactly_these_states(name: str) -> None:
    rows, expected = packets(CASES[name])
    trace = observed(rows)
    assert len(trace) == len(expected)
    exchanged = rows[0][1] == "B"
    wrong = []
    for step, ends in zip(trace, expected, strict=True):
        for end, open_ in zip(step.after, reversed(ends) if exchanged else ends, strict=True):
            if open_ is not None and set(end.possible) != open_:
                wrong.append(f"{end}, not {'/'.join(map(str, open_))}, in {line(step)}")
    assert not wrong, "\n".join([*wrong, *map(line, trace)])
