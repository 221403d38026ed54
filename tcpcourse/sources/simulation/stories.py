"""The named stories of the course, as data.

Unless a story says otherwise A opens actively from ISS 100, B listens with ISS 300 (the
numbers of RFC 9293's figures), packets take 10 ms, and both users read at once.
"""

from __future__ import annotations

from dataclasses import replace

from tcpcourse.core.states import State
from tcpcourse.sources.simulation.document import HTTP_GET
from tcpcourse.sources.simulation.scenario import A_HOST, Act, Fault, Host, Scenario
from tcpcourse.sources.titles import TITLES, Catalogue
from tcpcourse.words import message

E, CW = State.ESTABLISHED, State.CLOSE_WAIT

LISTENS = Act("B", "open_passive")
CONNECTS = Act("A", "open_active")
OPENS = (LISTENS, CONNECTS)
A_CLOSES = Act("A", "close", E, after="100ms")
B_CLOSES = Act("B", "close", CW, after="50ms")
CLOSES = (A_CLOSES, B_CLOSES)
# B sends before and after A's CLOSE
B_TALKS = (
    A_CLOSES,
    Act("B", "send", E, after="20ms", data=b"hello"),
    Act("B", "send", CW, after="50ms", data=b"still here"),
    B_CLOSES,
)
DOES_NOT_READ = Host(reads=False)
CLOSES_FOR_GOOD = Host(reads=False, half_duplex_close=True)


def _opening(name: str, about: str, faults: dict[int, Fault] | None = None) -> Scenario:
    return Scenario(name, about, OPENS, faults=faults or {}, document="1–5")


def _closing(
    name: str, about: str, faults: dict[int, Fault] | None = None, *acts: Act, a: Host = A_HOST
) -> Scenario:
    every = (*OPENS, *(acts or CLOSES))
    return Scenario(name, about, every, a, faults=faults or {}, document="6–11")


def _sending(
    name: str, about: str, faults: dict[int, Fault] | None = None, **changes: Host
) -> Scenario:
    """A sends six small segments, one every 30 ms, then both close."""
    sends = tuple(
        Act("A", "send", E, after="30ms", data=f"part {n} of 6. ".encode()) for n in range(1, 7)
    )
    story = Scenario(name, about, (*OPENS, *sends, *CLOSES), faults=faults or {})
    return replace(story, **changes)  # type: ignore[arg-type]


_ALL = (
    _opening("three-way-handshake", message("SYN, SYN+ACK, ACK: both ends become ESTABLISHED.")),
    Scenario(
        "simultaneous-open",
        message(
            "Both ends call each other at once; the SYNs cross, and one connection comes of it."
        ),
        (CONNECTS, Act("B", "open_active")),
        document="4",
    ),
    Scenario(
        "refused",
        message("Nobody listens: the SYN is answered by a RST, and A is CLOSED again."),
        (CONNECTS,),
        document="3",
    ),
    _opening(
        "lost-syn", message("The first SYN is lost; after a second A sends it again."), {1: "lose"}
    ),
    _opening("lost-syn-ack", message("The SYN+ACK is lost; both ends send again."), {2: "lose"}),
    replace(
        _opening(
            "lost-handshake-ack",
            message(
                "The third packet is lost: A is ESTABLISHED, B is not, until A's data says so."
            ),
            {3: "lose"},
        ),
        acts=(*OPENS, Act("A", "send", E, after="300ms", data=b"hello")),
    ),
    Scenario(
        "old-duplicate-syn",
        message("An old SYN arrives before the new one; a RST clears it up (RFC 9293 figure 8)."),
        (
            LISTENS,
            CONNECTS,
            Act(
                "B",
                "inject",
                State.LISTEN,
                after="5ms",
                segment="S 90:90(0) win 65535",
                note=message("old duplicate"),
            ),
        ),
        b=Host(next_iss=400),
        faults={1: "60ms"},
    ),
    Scenario(
        "half-open-discovery",
        message(
            "A crashes and comes back; B still believes in the connection (RFC 9293 figure 9)."
        ),
        (
            *OPENS,
            Act("A", "crash", E, after="100ms"),
            Act("A", "open_active", State.CLOSED, after="100ms"),
            Act("B", "open_passive", State.CLOSED),
        ),
    ),
    Scenario(
        "syn-rcvd-reset",
        message("A gives up before B's answer comes; the RST sends B back to LISTEN."),
        (LISTENS, CONNECTS, Act("A", "abort", State.SYN_SENT, after="5ms")),
    ),
    HTTP_GET,
    _closing("close-four-segments", message("A closes, later B closes: FIN, ACK, FIN, ACK.")),
    replace(
        _closing(
            "close-three-segments",
            message("B closes so soon that its FIN takes the ACK along: FIN, FIN+ACK, ACK."),
            None,
            A_CLOSES,
            replace(B_CLOSES, after=0),
        ),
        b=Host(delayed_ack=True),
    ),
    _closing(
        "simultaneous-close",
        message("Both ends close at once; the FINs cross, and both pass through CLOSING."),
        None,
        A_CLOSES,
        # B is ESTABLISHED one delay after A
        Act("B", "close", E, after="90ms"),
    ),
    _closing(
        "fin-and-ack-together",
        message(
            "B's ACK is lost, so its FIN brings the ACK along: FIN_WAIT_1 straight to TIME_WAIT."
        ),
        {5: "lose"},
    ),
    _closing(
        "half-close",
        message("A closes but B goes on sending; A in FIN_WAIT_2 still receives."),
        None,
        A_CLOSES,
        Act("B", "send", CW, after="50ms", data=b"still here"),
        Act("B", "send", CW, after="50ms", data=b"and done"),
        B_CLOSES,
    ),
    _closing(
        "full-duplex-close",
        message("A closes with data unread, and reads on: RFC 9293's CLOSE is about sending only."),
        None,
        *B_TALKS,
        Act("A", "receive", State.FIN_WAIT_2, after="200ms", count=100),
        a=DOES_NOT_READ,
    ),
    _closing(
        "close-with-unread-data",
        message(
            "A closes for good with data unread, as close() does on Linux: a RST says it is lost."
        ),
        None,
        *B_TALKS,
        a=CLOSES_FOR_GOOD,
    ),
    _closing(
        "data-after-close",
        message(
            "A has closed for good when more data comes from B: nobody will read it, says A's RST."
        ),
        None,
        A_CLOSES,
        Act("B", "send", CW, after="50ms", data=b"still here"),
        a=CLOSES_FOR_GOOD,
    ),
    Scenario(
        "no-answer",
        message(
            "The wire is cut: A sends its data again six times, waits once more, and gives up (R2)."
        ),
        (*OPENS, Act("A", "send", E, after="100ms", data=b"hello")),
        a=Host(r2=6),
        faults=dict.fromkeys(range(4, 11), "lose"),
    ),
    Scenario(
        "abort",
        message("A aborts: a RST, and both ends are CLOSED at once, with no TIME_WAIT."),
        (*OPENS, Act("A", "abort", E, after="100ms")),
    ),
    Scenario(
        "close-from-syn-rcvd",
        message("B closes before its SYN is acknowledged: SYN_RCVD to FIN_WAIT_1."),
        (
            *OPENS,
            Act("B", "close", State.SYN_RCVD, after="5ms"),
            Act("A", "close", CW, after="50ms"),
        ),
    ),
    _closing(
        "lost-fin",
        message("The first FIN is lost; A stays in FIN_WAIT_1 and sends it again."),
        {4: "lose"},
    ),
    _closing(
        "lost-last-ack",
        message("The last ACK is lost; B sends its FIN again, and A in TIME_WAIT answers again."),
        {7: "lose"},
    ),
    _closing(
        "retransmitted-fin-in-time-wait",
        message("B's FIN arrives twice; the copy reaches A in TIME_WAIT and starts the wait anew."),
        {6: "duplicate", 8: "lose"},
    ),
    _closing(
        "time-wait-assassination",
        message(
            "A late copy of B's FIN draws an ACK; B knows of nothing, and its RST ends TIME_WAIT."
        ),
        {6: "duplicate"},
    ),
    Scenario(
        "close-wait-leak",
        message("A closes, but B's program forgets to: CLOSE_WAIT and FIN_WAIT_2 stay."),
        (*OPENS, A_CLOSES),
    ),
    Scenario(
        "fin-wait-2-forever",
        message("B's machine dies after it acknowledged A's FIN: no FIN will ever come."),
        (*OPENS, A_CLOSES, Act("B", "crash", CW, after="50ms")),
    ),
    Scenario(
        "zero-window",
        message("B's program does not read, so its window closes; probes ask until it opens."),
        (
            *OPENS,
            Act("A", "send", E, after="20ms", data=bytes(range(256)) * 16),
            Act("B", "receive", E, after="5s", count=2048),
            Act("B", "receive", E, after="1s", count=4096),
            Act("A", "close", E, after="10s"),
            B_CLOSES,
        ),
        b=Host(window=2048, mss=1024, reads=False),
    ),
    _sending(
        "reordered-data",
        message("One data segment is overtaken by the next; B keeps what came early."),
        {6: "50ms"},
    ),
    _sending(
        "duplicated-data",
        message("One data segment arrives twice; B takes it once."),
        {6: "duplicate"},
    ),
    _sending(
        "wraparound",
        message("The sequence numbers of A pass 2**32 − 1 and go on at 0."),
        a=Host(iss=(1 << 32) - 40),
    ),
    Scenario(
        "blind-reset",
        message(
            "Somebody forges a RST that lands in the window; a challenge ACK saves the connection."
        ),
        (
            *OPENS,
            Act(
                "B",
                "inject",
                E,
                after="100ms",
                segment="R 1000:1000(0) win 0",
                note=message("forged"),
            ),
            Act("A", "send", E, after="300ms", data=b"still connected"),
        ),
    ),
    Scenario(
        "new-syn-in-time-wait",
        message("B calls again while A is in TIME_WAIT; the newer SYN opens a new connection."),
        (
            *OPENS,
            *CLOSES,
            Act("B", "open_active", State.CLOSED, after="1s"),
        ),
    ),
)

SCENARIOS: dict[str, Scenario] = {
    story.name: replace(story, **TITLES[story.name]._asdict()) for story in _ALL
}


def scenarios() -> Catalogue:
    """The names of all stories that ``simulate`` knows, each with its one-line description.

    A dictionary that shows itself as a table.

    >>> scenarios()["lost-fin"]
    'The first FIN is lost; A stays in FIN_WAIT_1 and sends it again.'
    """
    return Catalogue("scenarios", {name: story.about for name, story in SCENARIOS.items()})
