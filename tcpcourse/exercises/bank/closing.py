"""Chapter 02: closing a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, Name, Whole, letters
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.scripts import Goal, Script
from tcpcourse.exercises.stories import MS, E, closing, hosts, opening, play, sizes, talk
from tcpcourse.exercises.tables import (
    Cells,
    Tamper,
    added,
    at_moments,
    both_at,
    choice,
    fill,
    impossible,
    rows_of,
    state_parts,
)
from tcpcourse.exercises.values import Posed, Shared, Value, Written, Wrong
from tcpcourse.sources.simulation.scenario import Act, Fault
from tcpcourse.trace import SIDES, Side, Trace, other
from tcpcourse.words import message

NO_MORE = "after its FIN a side sends no more data"
FIN_ACKED = "the ACK of a FIN names the number after the FIN"
FIN_PLACE = "a FIN has the number after the last byte sent"
NEVER_BACK = "an ack never goes back"
ONE_SYN = "each side sends one SYN, and it is its first packet"
WAYS = {
    "a": "the ACK of its FIN comes first, later the other side's FIN",
    "b": "the FINs cross, and each side gets the other's FIN before an ACK of its own",
    "c": "one packet brings both the other side's FIN and the ACK of its own",
}
NO_WAYS = (
    "a reset ends the connection, and nobody waits",
    "only one side has closed; the other goes on sending",
)
PROGRAMS = ("web", "mail", "chat")
OWN_CALL = message(
    "CLOSE_WAIT waits for this program, and neither kernel nor network can help. Which call of its"
    " own is missing?"
)
ONE_PROGRAM = message("{where}: write one program in quotes, of {names}.")
CALLS = (
    "close() on a connection whose peer has closed",
    "listen() before the first connection comes",
    "accept() for connections that are already open",
    "connect() again after a refused connection",
    "bind() to a port before it connects",
)


def _talk(draw: Draw) -> Trace:
    one, two = sizes(draw, 2)
    return talk(draw, opener=draw.pick(SIDES), closer=draw.pick(SIDES), sizes=(one, two))


def _share(draw: Draw) -> Mapping[str, Any]:
    return {"talk": _talk(draw)}


def _numbers(draw: Draw, shared: Shared) -> Posed:
    asked = {"ack9": (9, "ack"), "seq10": (10, "seq"), "seq11": (11, "seq"), "ack11": (11, "ack")}
    posed = fill(shared["talk"], asked, relative=True)
    posed.given["packets"][9]["ack"] = "?"  # the same as ack9
    return posed


def _moments(draw: Draw, shared: Shared) -> Posed:
    return at_moments(_talk(draw), draw.shuffled((8, 9, 10, 11))[:3])


def _three_ways(draw: Draw, shared: Shared) -> Posed:
    """The three ways into TIME_WAIT, each with numbers of its own, in a drawn order."""
    tables: dict[str, list[Cells]] = {}
    for way in WAYS:
        closer: Side = draw.pick(SIDES)
        peer = other(closer)
        acts = closing(closer)
        faults: dict[int, Fault] = {5: "lose"} if way == "c" else {}
        if way == "b":  # the listener is ESTABLISHED one journey later
            acts = (Act(closer, "close", E, after=100 * MS), Act(peer, "close", E, after=90 * MS))
        trace = play(way, (*opening(closer), *acts), hosts(draw), faults)
        rows = rows_of(trace, ("no", "from", "flags", "seq", "ack"))[3:]
        tables[way] = [row for row in rows if row["no"] != 5 or way != "c"]
    names = draw.shuffled(list(WAYS))
    lettered = dict(zip("abcde", draw.shuffled([*WAYS.values(), *NO_WAYS]), strict=True))
    letter = {way: next(k for k, v in lettered.items() if v == WAYS[way]) for way in WAYS}
    given = {f"story {n}": tables[way] for n, way in zip((1, 2, 3), names, strict=True)}
    right = {f"story {n}": letter[way] for n, way in zip((1, 2, 3), names, strict=True)}
    look = message("Look at the ack of the second FIN: had its sender got the first FIN?")
    count = message("Count the packets between the two FINs.")
    mixed = {("a", "b"): look, ("b", "a"): look, ("a", "c"): count, ("c", "a"): count}
    wrong = {
        f"story {n}": tuple(
            Wrong(letter[other_], says) for (true, other_), says in mixed.items() if true == way
        )
        for n, way in zip((1, 2, 3), names, strict=True)
    }
    return Posed({"ways": lettered, **given}, right, wrong)


def _forgotten(draw: Draw, shared: Shared) -> Posed:
    """Counts of sockets, an hour apart; one program's CLOSE_WAIT only grows, and evenly."""
    guilty, busy = draw.shuffled(PROGRAMS)[:2]
    before, each, busy_count = draw.between(1, 90), draw.between(20, 900), draw.between(300, 900)
    rows = []
    for hour in (9, 10, 11):
        for program in PROGRAMS:
            leak = before + each * (hour - 8) if program == guilty else 0
            waits = busy_count + draw.between(-30, 30) if program == busy else draw.between(2, 9)
            rows.append(
                {
                    "at": f"{hour}:00",
                    "program": program,
                    "ESTABLISHED": draw.between(10, 60),
                    "CLOSE_WAIT": leak,
                    "TIME_WAIT": waits,
                }
            )
    options, right = choice(draw, CALLS, CALLS[0])
    in_two = message("That many come in two hours.")
    at_first = message("That many there are at first. How many come each hour?")
    waits_long = message("Many sockets in TIME_WAIT are no fault: they go away by themselves.")
    return Posed(
        {"sockets": rows, "it never calls": options},
        {"program": guilty, "forgot": right, "each hour": each},
        {
            "program": (Wrong(busy, waits_long),),
            "forgot": tuple(Wrong(letter, OWN_CALL) for letter in options if letter != right),
            "each hour": (Wrong(before + each, at_first), Wrong(2 * each, in_two)),
        },
    )


def _late_data(row: Cells, draw: Draw) -> int:
    row["flags"], row["len"] = "PA", draw.between(10, 900)
    return 0


def _broken(draw: Draw, shared: Shared) -> Posed:
    tampers = (
        Tamper(6, added("ack", -90, -3), NEVER_BACK),
        Tamper(8, added("seq", 3, 90, moves=True), FIN_PLACE),
        Tamper(8, added("ack", -90, -3), NEVER_BACK),
        Tamper(9, added("ack", -90, -2), FIN_ACKED, (NEVER_BACK,)),
        Tamper(10, added("seq", 3, 90, moves=True), FIN_PLACE),
        Tamper(11, _late_data, NO_MORE),
        Tamper(11, added("ack", 1, 9), FIN_ACKED),
    )
    rules = (NO_MORE, FIN_ACKED, FIN_PLACE, NEVER_BACK, ONE_SYN)
    return impossible(_talk(draw), draw, rules, tampers)


def _goal(draw: Draw) -> Goal:
    late = draw.pick(SIDES)
    pair = ("CLOSING", "TIME_WAIT") if late == "A" else ("TIME_WAIT", "CLOSING")
    return Goal(pair, {draw.pick(SIDES): draw.between(3, 30)})


def close_packets(draw: Draw, first: Side, crossed: bool) -> list[Any]:
    """The packets of a close as plain data: side, flags, seq, ack; ``first`` closes first."""
    peer = other(first)
    x, y = draw.between(1, 1 << 31), draw.between(1, 1 << 31)

    def packet(side: str, flags: str, seq: int, ack: int) -> dict[str, Any]:
        return {"from": side, "flags": flags, "seq": seq, "ack": ack}

    data = [packet(peer, "PA", y, x) for _ in range(draw.below(3))]
    if crossed:
        end = [packet(first, "A", x + 1, y + 1), packet(peer, "A", y + 1, x + 1)]
        return [*data, packet(first, "FA", x, y), packet(peer, "FA", y, x), *end]
    middle = [packet(peer, "A", y, x + 1)] if draw.below(2) else []
    return [
        *data,
        packet(first, "FA", x, y),
        *middle,
        packet(peer, "FA", y, x + 1),
        packet(first, "A", x + 1, y + 1),
    ]


def _closes(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(3):
        for side in SIDES:
            calls.append(("one side closes first", [close_packets(draw, side, False)]))
            calls.append(("both sides close at once", [close_packets(draw, side, True)]))
    # who always says "both" does not know when it is so
    calls.append(("both sides close at once", [close_packets(draw, draw.pick(SIDES), False)]))
    return calls


FIRST_CLOSES = [
    {"from": "A", "flags": "FA", "seq": 500, "ack": 900},
    {"from": "B", "flags": "A", "seq": 900, "ack": 501},
    {"from": "B", "flags": "FA", "seq": 900, "ack": 501},
    {"from": "A", "flags": "A", "seq": 501, "ack": 901},
]
BOTH_CLOSE = [
    {"from": "B", "flags": "FA", "seq": 900, "ack": 500},
    {"from": "A", "flags": "FA", "seq": 500, "ack": 900},
    {"from": "A", "flags": "A", "seq": 501, "ack": 901},
    {"from": "B", "flags": "A", "seq": 901, "ack": 501},
]

ASSIGNMENT = assignment(
    "ps2-closing",
    message("Closing a connection"),
    "02",
    (
        Value(
            "q1",
            message("The last four packets"),
            4,
            {"ack9": NUMBER, "seq10": NUMBER, "seq11": NUMBER, "ack11": NUMBER},
            _numbers,
            (
                message("A FIN takes up one number, after the last byte of data."),
                message("A pure ACK takes up none: the next packet of that side has the same seq."),
            ),
        ),
        Value(
            "q2",
            message("Who waits for whom?"),
            6,
            state_parts(3),
            _moments,
            (
                message(
                    "Find the first FIN. Its sender is the active closer, the other "
                    "the passive one."
                ),
                message(
                    "After the first FIN is acknowledged, one side waits for a FIN, "
                    "the other for its own program."
                ),
                message("Only whoever sends the very last ACK must wait for old packets to die."),
            ),
            both_at(3),
        ),
        Value(
            "q3",
            message("Three ways into TIME_WAIT"),
            3,
            {f"story {n}": letters(5) for n in (1, 2, 3)},
            _three_ways,
            (
                message("The tables begin with the close; what was lost does not stand in them."),
                message("Compare the ack of the second FIN with the seq of the first."),
            ),
        ),
        Value(
            "q4",
            message("What the program forgot"),
            3,
            {"program": Name(PROGRAMS, ONE_PROGRAM), "forgot": letters(5), "each hour": NUMBER},
            _forgotten,
            (
                message("Which number only ever grows?"),
                message("CLOSE_WAIT means: the peer has closed, and we have not."),
                message("`each hour`: compare the counts of one program at 9:00, 10:00 and 11:00."),
            ),
        ),
        Value(
            "q5",
            message("One packet lies"),
            3,
            {"packet": Whole(1, 11), "rule": letters(5)},
            _broken,
            (
                message("Nothing is lost in this story."),
                message("Read each packet against those before it."),
            ),
        ),
        Function(
            "q6",
            message("Who must wait?"),
            4,
            "who_waits",
            "packets",
            (Example((FIRST_CLOSES,), "A"), Example((BOTH_CLOSE,), "both")),
            _closes,
            (
                message("Look only at the two packets whose flags hold an F."),
                message("Did the sender of the second FIN know of the first? Its ack tells."),
            ),
        ),
        Script(
            "q7",
            message("Both at once"),
            4,
            _goal,
            (
                message("CLOSING comes from FIN_WAIT_1 by a FIN that does not acknowledge ours."),
                message("Let both close before either FIN is delivered."),
                message("Then deliver only one of the two ACKs."),
            ),
        ),
        Written(
            "q8",
            message("Why wait?"),
            4,
            (
                message("What if the last ACK is lost?"),
                message("What if an old packet comes to a new connection?"),
            ),
        ),
    ),
    _share,
)
