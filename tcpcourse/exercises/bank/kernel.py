"""Chapter 06: connections as the operating system shows them."""

from __future__ import annotations

from typing import Any

from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, STATE, Name, Whole, letters
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.mistakes import besides, of_state
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.scripts import Goal, Script
from tcpcourse.exercises.tables import choice
from tcpcourse.exercises.values import Posed, Shared, Value, Written, Wrong
from tcpcourse.trace import SIDES, other
from tcpcourse.words import message

# Calls of ordinary programs, and where both ends stand after them, by hand.
CALLS = (
    ("B: listen()", "CLOSED", "LISTEN"),
    ("B: listen(); A: connect()", "ESTABLISHED", "ESTABLISHED"),
    ("B: listen(); A: connect(); B: accept(); A: close()", "FIN_WAIT_2", "CLOSE_WAIT"),
    ("B: listen(); A: connect(); B: accept(); B: close()", "CLOSE_WAIT", "FIN_WAIT_2"),
    (
        "B: listen(); A: connect(); B: accept(); A: shutdown(SHUT_WR); B: send(1000 bytes)",
        "FIN_WAIT_2",
        "CLOSE_WAIT",
    ),
    ("B: listen(); A: connect(); B: accept(); A: close(); B: close()", "TIME_WAIT", "CLOSED"),
    ("B: listen(); A: connect(); B: accept(); B: close(); A: close()", "CLOSED", "TIME_WAIT"),
)
CLOSER_WAITS = message("Who closed first? Only that end waits for old packets to die.")
NOT_YET = message("Nobody has sent a FIN here.")
NOT_BOTH = message("Only one end has sent a FIN here, and TIME_WAIT comes after both.")

WHY = (
    "packets between two programs of one machine arrive within microseconds",
    "the loopback interface leaves out the FINs",
    "the kernel closes both ends of a loopback connection at once",
    "programs on one machine may not see each other's sockets",
)

# Moments of a connection, and the state in which one end is only for so long.
TOO_SHORT = (
    ("the end that calls connect(), until the answer comes", "SYN_SENT"),
    ("the end that listens, from the first packet until the third", "SYN_RCVD"),
    ("the end that closes first, until its FIN is acknowledged", "FIN_WAIT_1"),
    ("the end that closes second, until its FIN is acknowledged", "LAST_ACK"),
)

PROC_STATES = {
    "01": "ESTABLISHED",
    "02": "SYN_SENT",
    "03": "SYN_RCVD",
    "04": "FIN_WAIT_1",
    "05": "FIN_WAIT_2",
    "06": "TIME_WAIT",
    "07": "CLOSED",
    "08": "CLOSE_WAIT",
    "09": "LAST_ACK",
    "0A": "LISTEN",
    "0B": "CLOSING",
}
ONE_END = message("{where}: write one end in quotes, of {names}.")


def _calls(draw: Draw, shared: Shared) -> Posed:
    picked = draw.shuffled(CALLS)[:3]
    right, wrong = {}, {}
    for number, (calls, a, b) in enumerate(picked, 1):
        for side, state, peers in (("A", a, b), ("B", b, a)):
            part = f"{side}{number}"
            right[part] = state
            wrong[part] = besides(_confused(calls, state, peers), of_state(state))
    given = {f"calls {number}": calls for number, (calls, _, _) in enumerate(picked, 1)}
    return Posed(given, right, wrong)


def _confused(calls: str, state: str, peers: str) -> tuple[Wrong, ...]:
    """What to say to who takes an end for one that waits, or for one that does not."""
    if "TIME_WAIT" in (state, peers):
        other_one = "CLOSED" if state == "TIME_WAIT" else "TIME_WAIT"
        return (Wrong(other_one, CLOSER_WAITS),)
    if "close()" in calls or "shutdown" in calls:
        return (Wrong("TIME_WAIT", NOT_BOTH),)
    return (Wrong("TIME_WAIT", NOT_YET),)


def _sockets(draw: Draw, shared: Shared) -> Posed:
    """Lines as ``ss -tan`` prints them; three of them tell of something."""
    port, queue = draw.between(1024, 9999), draw.between(20_000, 90_000)
    unread = draw.between(2000, 60_000)
    peers = [f"203.0.113.{draw.between(1, 254)}:{each}" for each in draw.some(6, 40_000, 60_000)]
    lines: list[dict[str, Any]] = [
        {"State": "ESTAB", "Recv-Q": 0, "Send-Q": 0, "tells": "nothing"},
        {"State": "ESTAB", "Recv-Q": unread, "Send-Q": 0, "tells": "unread"},
        {"State": "CLOSE-WAIT", "Recv-Q": 1, "Send-Q": 0, "tells": "forgot"},
        {"State": "FIN-WAIT-1", "Recv-Q": 0, "Send-Q": queue, "tells": "stuck"},
        {"State": "TIME-WAIT", "Recv-Q": 0, "Send-Q": 0, "tells": "nothing"},
        {"State": "ESTAB", "Recv-Q": 0, "Send-Q": 0, "tells": "nothing"},
    ]
    mixed = draw.shuffled(lines)
    told = [line["tells"] for line in mixed]
    right = {part: told.index(part) + 1 for part in ("forgot", "stuck", "unread")}
    rows = [
        {
            "line": place,
            "State": line["State"],
            "Recv-Q": line["Recv-Q"],
            "Send-Q": line["Send-Q"],
            "Local": f"192.0.2.7:{port}",
            "Peer": peer,
        }
        for place, (line, peer) in enumerate(zip(mixed, peers, strict=True), 1)
    ]
    waits = next(row["line"] for row in rows if row["State"] == "TIME-WAIT")
    wrong = {
        "forgot": (Wrong(waits, message("A socket in TIME_WAIT goes away by itself.")),),
        "stuck": (Wrong(right["unread"], message("Recv-Q holds what this end has not read.")),),
        "unread": (Wrong(right["stuck"], message("Send-Q holds what the peer has not taken.")),),
    }
    return Posed({"ss -tan": rows}, right, wrong)


def _pile(draw: Draw, shared: Shared) -> Posed:
    """How fast one machine can open connections to one server if it closes each first."""
    least = draw.between(10, 32) * 1024
    most = least + draw.between(8, 28) * 1000 - 1
    wait = draw.pick((30, 60, 120))
    ports = most - least + 1
    piles = {"server": draw.between(2, 9), "proxy": draw.between(2, 9)}
    closer, peer = draw.shuffled(tuple(piles))
    piles[closer] = draw.between(5000, 7000)
    return Posed(
        {
            "ports": f"{least} to {most}",
            "TIME_WAIT lasts": f"{wait} seconds",
            "sockets in TIME_WAIT": {
                "machine with the web server": piles["server"],
                "machine with the proxy": piles["proxy"],
            },
        },
        {"ports": ports, "a second": ports // wait, "closes first": closer},
        {
            "ports": (Wrong(ports - 1, message("Count the first and the last port, too.")),),
            "a second": (Wrong(ports, message("A port is free again only after its wait.")),),
            "closes first": (Wrong(peer, message("TIME_WAIT stays with whoever closed first.")),),
        },
    )


def _reason(draw: Draw, shared: Shared) -> Posed:
    options, right = choice(draw, WHY, WHY[0])
    moment, state = draw.pick(TOO_SHORT)
    lasts = Wrong("FIN_WAIT_2", message("FIN_WAIT_2 lasts until the other program closes."))
    return Posed(
        {"why": options, "never seen": moment},
        {"reason": right, "state": state},
        {"state": besides((lasts,), of_state(state))},
    )


def proc_address(ip: tuple[int, ...], port: int) -> str:
    """An address as ``/proc/net/tcp`` writes it: the bytes turned round, both in hex."""
    return "".join(f"{byte:02X}" for byte in reversed(ip)) + f":{port:04X}"


def _addresses(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(3):
        ip = tuple(draw.between(1, 254) for _ in range(4))
        calls.append(("any address", [proc_address(ip, draw.between(1024, 65_535))]))
        calls.append(("loopback", [proc_address((127, 0, 0, 1), draw.between(1, 65_535))]))
        calls.append(("small ports", [proc_address(ip, draw.between(1, 255))]))
        calls.append(("every address", [proc_address((0, 0, 0, 0), draw.between(1, 65_535))]))
    return calls


def proc_line(draw: Draw, code: str, client: bool = True) -> str:
    """A line of ``/proc/net/tcp`` with this state."""
    local = proc_address((127, 0, 0, 1), draw.between(1024, 65_535))
    remote = proc_address((127, 0, 0, 1) if client else (0, 0, 0, 0), draw.between(0, 65_535))
    inode = draw.between(10_000, 90_000)
    return (
        f"{draw.between(0, 9999):4}: {local} {remote} {code} 00000000:00000000 00:00000000"
        f" 00000000  1000        0 {inode} 1 0000000000000000 20 4 30 10 -1"
    )


def _lines(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for code, state in PROC_STATES.items():
        sort = "states with a letter in their code" if code > "09" else "other states"
        calls.append((sort, [proc_line(draw, code, state != "LISTEN")]))
    return calls


def _goal(draw: Draw) -> Goal:
    closer = draw.pick(SIDES)
    pair = ("FIN_WAIT_2", "CLOSE_WAIT") if closer == "A" else ("CLOSE_WAIT", "FIN_WAIT_2")
    return Goal(pair, {other(closer): draw.between(3, 30)})


ASSIGNMENT = assignment(
    "ps6-kernel",
    message("In your own kernel"),
    "06",
    (
        Value(
            "q1",
            message("Calls and states"),
            6,
            {f"{side}{number}": STATE for number in (1, 2, 3) for side in SIDES},
            _calls,
            (
                message(
                    "connect() comes back when the handshake is over; accept() changes no state."
                ),
                message("close() sends a FIN. So does shutdown(SHUT_WR)."),
            ),
        ),
        Value(
            "q2",
            message("Six lines of ss"),
            3,
            {"forgot": Whole(1, 6), "stuck": Whole(1, 6), "unread": Whole(1, 6)},
            _sockets,
            (
                message("ss writes states with hyphens, and ESTAB for ESTABLISHED."),
                message(
                    "Recv-Q: bytes that have come and were not read. Send-Q: bytes not "
                    "acknowledged."
                ),
            ),
        ),
        Value(
            "q3",
            message("A pile of TIME_WAIT"),
            3,
            {
                "ports": NUMBER,
                "a second": NUMBER,
                "closes first": Name(("server", "proxy"), ONE_END),
            },
            _pile,
            (
                message("Each connection to the same server and port needs a port of its own."),
                message(
                    "A port is taken for as long as TIME_WAIT lasts; the result is rounded down."
                ),
            ),
        ),
        Value(
            "q4",
            message("Too fast to see"),
            2,
            {"reason": letters(4), "state": STATE},
            _reason,
            (message("Which state lasts only as long as a packet and its answer need?"),),
        ),
        Function(
            "q5",
            message("Read an address"),
            4,
            "address",
            "text",
            (
                Example(("0100007F:1F90",), "127.0.0.1:8080"),
                Example(("00000000:0016",), "0.0.0.0:22"),
            ),
            _addresses,
            (
                'int("7F", 16) is 127.',
                message(
                    "The four bytes of the address stand in the wrong order, those of "
                    "the port do not."
                ),
            ),
        ),
        Function(
            "q6",
            message("Read a line"),
            3,
            "state_of",
            "line",
            (
                Example(
                    ("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000",),
                    "LISTEN",
                ),
            ),
            _lines,
            (
                message("line.split() gives the words of the line; the state is one of them."),
                message(
                    "The codes: 01 ESTABLISHED, 02 SYN_SENT, 03 SYN_RCVD, 04 "
                    "FIN_WAIT_1, 05 FIN_WAIT_2, 06 TIME_WAIT, 07 CLOSED, 08 "
                    "CLOSE_WAIT, 09 LAST_ACK, 0A LISTEN, 0B CLOSING."
                ),
            ),
        ),
        Script(
            "q7",
            message("Half a connection"),
            4,
            _goal,
            (
                message("One side closes, and its FIN is acknowledged."),
                message("The other side may still send. Deliver what it sends."),
            ),
        ),
        Written(
            "q8",
            message("Twenty thousand"),
            4,
            (message("Which end is in CLOSE_WAIT?"), message("Does a timer end CLOSE_WAIT?")),
        ),
    ),
)
