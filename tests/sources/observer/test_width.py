"""A claim that is too wide is a failure too.

For every recording of two kernels: which states of each end are left open by the packets,
written by hand from RFC 9293 and from the kernels' own tables. A claim must hold what the
kernel's table says (that is truth, judged beside this) and nothing that is not in the list.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import tcpcourse as tcp
from tcpcourse.core.states import State

DATA = Path(__file__).parents[3] / "data"
RECORDINGS = [*sorted(DATA.glob("recordings/*.pcap")), DATA / "http-get.pcap"]

SHORT = {
    "C": State.CLOSED, "L": State.LISTEN, "SS": State.SYN_SENT, "SR": State.SYN_RCVD,
    "E": State.ESTABLISHED, "F1": State.FIN_WAIT_1, "F2": State.FIN_WAIT_2,
    "CW": State.CLOSE_WAIT, "CG": State.CLOSING, "LA": State.LAST_ACK, "TW": State.TIME_WAIT,
}  # fmt: skip

# For each frame: A's state, a space, B's state; states that are left open with | between
# them. A packet is taken to have arrived where nothing later contradicts.
HANDSHAKE = "SS SR, E SR, E E"
B_CLOSES_SECOND = "F1 CW, F2 CW, TW LA, TW C"
HTTP_GET = f"{HANDSHAKE}, {'E E, ' * 16}CW F1, CW F2, LA TW, C TW"
OPEN = {
    "three-way-handshake": HANDSHAKE,
    # the abort's RST has the number B expects: B is CLOSED when it comes
    "abort": f"{HANDSHAKE}, E E, E E, C C",
    "close-four-segments": f"{HANDSHAKE}, {B_CLOSES_SECOND}",
    # B's FIN carries the ACK of A's: FIN_WAIT_1 to TIME_WAIT (document, way c)
    "close-three-segments": f"{HANDSHAKE}, E E, E E, F1 CW, TW LA, TW C",
    "fin-and-ack-together": f"{HANDSHAKE}, E E, E E, F1 CW, TW LA, TW C",
    "half-close": f"{HANDSHAKE}, E E, E E, F1 CW, {'F2 CW, ' * 7}TW LA, TW C",
    "duplicated-data": f"{HANDSHAKE}, E E, E E, E E",
    "fast-retransmit": f"{HANDSHAKE}{', E E' * 21}",
    "reordered-data": f"{HANDSHAKE}{', E E' * 8}",
    "retransmission": f"{HANDSHAKE}{', E E' * 4}",
    "wraparound": f"{HANDSHAKE}{', E E' * 6}",
    "zero-window": f"{HANDSHAKE}{', E E' * 16}",
    "http-get": HTTP_GET,
    # Frame 4 is a FIN that goes again as frame 5 before anything acknowledges it: it may
    # have been lost, or its ACK may still be on its way.
    "lost-fin": f"{HANDSHAKE}, F1 E|CW, {B_CLOSES_SECOND}",
    # B sends its SYN,ACK again as frame 4, so frame 3 had not opened B.
    "lost-handshake-ack": "SS SR, E SR, E SR, E SR, E E",
    # B sends its FIN again as frame 8, so frame 7 had not closed B.
    "lost-last-ack": f"{HANDSHAKE}, F1 CW, F2 CW, TW LA, TW LA, TW LA, TW C",
    # A's SYN goes again as frame 3: A was in SYN_SENT then. Frame 2 can have come just after.
    "lost-syn-ack": "SS SR, SS SR, SS|E SR, E SR, E E",
    # Lost, or taken and its answer lost before the tap. CLOSED would answer it with a RST.
    "lost-syn": "SS L|SR, SS SR, E SR, E E",
    # Frame 2 has the RST's number 0 and an ACK, as CLOSED answers a SYN (§3.10.7.1); an ABORT
    # in SYN_RCVD would have SND.NXT (§3.10.5).
    "refused": "SS C, C C",
    # Nothing says when B called; its SYN has no ACK, so A's had not come (figure 7). A's came
    # before B's SYN passed, or after it. A's SYN,ACK and B's cross; a duplicate is
    # acknowledged in SYN_RCVD, too.
    "simultaneous-open": "SS C|SS|SR, SR SS|SR, SR|E SR, SR|E SR|E, SR|E SR|E, E E",
    # B's FIN does not acknowledge A's: it was sent before that came, nobody knows how long.
    # When it passes, A's may have come: the kernel's table has B in CLOSING by then.
    "simultaneous-close": f"{HANDSHAKE}, F1 E|F1|CG, CG F1|CG, TW CG, TW TW",
    # A forgets at a time that nothing tells; B's old connection challenges the SYN (figure 9).
    "half-open-discovery": f"{HANDSHAKE}, E E, E E, SS E, SS E, SS C|L, SS SR, E SR, E E",
    "new-syn-in-time-wait": f"{HANDSHAKE}, CW F1, CW F2, LA TW, C TW, SS SR, E SR, E E",
    # Figure 8. Frame 2 may wait on the way, and it would send B back to LISTEN.
    "old-duplicate-syn": "SS SR, SS L|SR, SS L|SR, SS L, SS SR, E SR, E E",
    "small-pieces": f"{HANDSHAKE}{', E E' * 10}",
    # B forgets at a time that nothing tells: after its answer, frame 7, and before its RST.
    "keep-alive": f"{HANDSHAKE}, E E, E E, E E, E E, E E|C, C C",
    "close-with-unread-data": f"{HANDSHAKE}, E E, E E, C C",
    # A's RST answers frame 6, or A's program has broken off by itself just before.
    "data-after-close": f"{HANDSHAKE}, F1 CW, F2 CW, F2|C CW, C C",
    # RFC 1337: B's RST answers the second of two ACKs, so the first had closed B.
    "time-wait-assassination": f"{HANDSHAKE}, F1 CW, F2 CW, TW LA, TW C, TW C, C C",
}  # fmt: skip


def allowed(text: str) -> list[tuple[set[State], set[State]]]:
    frames = []
    for frame in text.split(", "):
        a, b = ({SHORT[name] for name in end.split("|")} for end in frame.split(" "))
        frames.append((a, b))
    return frames


def steps_of(path: Path) -> list[tcp.Step]:
    found = [step for each in tcp.load(path, progress=False).conversations for step in each.trace]
    return sorted(found, key=lambda step: step.packet.number if step.packet else 0)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_nothing_is_left_open_that_the_packets_decide(path: Path) -> None:
    expected = allowed(OPEN[path.stem])
    steps = steps_of(path)
    assert len(steps) == len(expected)
    wide = [
        f"frame {number}: {end} {sorted(map(str, said))}, not only {sorted(map(str, open_))}"
        for number, (step, ends) in enumerate(zip(steps, expected, strict=True), 1)
        for end, said, open_ in (
            ("A", set(step.after.a.possible), ends[0]), ("B", set(step.after.b.possible), ends[1]),
        )
        if not said <= open_
    ]  # fmt: skip
    assert not wide, "\n".join(wide)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_the_list_holds_what_the_kernels_say(path: Path) -> None:
    """The list is not written to please the observer: each entry can be the kernel's state.

    The sender's state when its packet passed, the receiver's when it had been delivered.
    Where packets cross, one of the states around it; LISTEN is the kernel's word for an
    end without a connection.
    """
    with path.with_suffix(".states.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for row, following, ends in zip(
        rows, [*rows[1:], rows[-1]], allowed(OPEN[path.stem]), strict=True
    ):
        for column, open_ in zip("ab", ends, strict=True):
            kernel = {
                row[f"{column}_state_sent"],
                row[f"{column}_state"],
                following[f"{column}_state_sent"],
            }
            if "LISTEN" in kernel:
                kernel.add("CLOSED")
            assert kernel & {str(state) for state in open_}, (row["frame"], column, kernel)
