"""Chapter 02: closing a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import FLAGS, NUMBER, STATE, Name, Whole, letters
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.scripts import Goal, Script
from tcpcourse.exercises.stories import MS, E, closing, hosts, opening, play, sizes, talk
from tcpcourse.exercises.tables import (
    Row,
    Tamper,
    added,
    choice,
    fill,
    impossible,
    moments,
    rows_of,
    states,
)
from tcpcourse.exercises.values import Posed, Shared, Value, Written, Wrong
from tcpcourse.sources.simulation.scenario import Act, Fault
from tcpcourse.trace import SIDES, Side, Trace, other

RULES = {
    "a": "after its FIN a side sends no more data",
    "b": "the ACK of a FIN names the number after the FIN",
    "c": "a FIN has the number after the last byte sent",
    "d": "an ack never goes back",
}
WAYS = {
    "a": "the ACK of its FIN comes first, later the other side's FIN",
    "b": "the FINs cross, and each side gets the other's FIN before an ACK of its own",
    "c": "one packet brings both the other side's FIN and the ACK of its own",
}
PROGRAMS = ("web", "mail", "chat")
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
    asked = {"ack9": (9, "ack"), "seq10": (10, "seq")}
    asked |= {"flags10": (10, "flags"), "ack11": (11, "ack")}
    posed = fill(shared["talk"], asked, relative=True)
    posed.given["packets"][10]["seq"] = "?"  # the same as ack9
    bare = Wrong("F", "From the second packet on, every packet of a connection carries an ACK.")
    pure = Wrong("A", "Then this side would never have said that it is done.")
    return Posed(posed.given, posed.right, {**posed.wrong, "flags10": (pure, bare)})


def _moments(draw: Draw, shared: Shared) -> Posed:
    return states(_talk(draw), (9, 10, 11))


def _three_ways(draw: Draw, shared: Shared) -> Posed:
    """The three ways into TIME_WAIT, each with numbers of its own, in a drawn order."""
    tables: dict[str, list[Row]] = {}
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
    given = {f"story {n}": tables[way] for n, way in zip((1, 2, 3), names, strict=True)}
    right = {f"story {n}": way for n, way in zip((1, 2, 3), names, strict=True)}
    mixed = {
        ("a", "b"): "Look at the ack of the second FIN: had its sender got the first FIN?",
        ("b", "a"): "Look at the ack of the second FIN: had its sender got the first FIN?",
        ("a", "c"): "Count the packets between the two FINs.",
        ("c", "a"): "Count the packets between the two FINs.",
    }
    wrong = {
        story: tuple(Wrong(given_, says) for (true, given_), says in mixed.items() if true == way)
        for story, way in right.items()
    }
    return Posed({"ways": dict(WAYS), **given}, right, wrong)


def _forgotten(draw: Draw, shared: Shared) -> Posed:
    """Counts of sockets, an hour apart; one program's CLOSE_WAIT only grows."""
    guilty, busy = draw.shuffled(PROGRAMS)[:2]
    first, busy_count = draw.between(20, 90), draw.between(300, 900)
    rows = []
    for hour in (9, 10, 11):
        for program in PROGRAMS:
            leak = first * (hour - 8) + draw.between(0, 9) if program == guilty else 0
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
    waits_long = "Many sockets in TIME_WAIT are no fault: they go away by themselves."
    return Posed(
        {"sockets": rows, "it never calls": options},
        {"program": guilty, "forgot": right, "peer": "FIN_WAIT_2"},
        {
            "program": (Wrong(busy, waits_long),),
            "peer": (
                Wrong("TIME_WAIT", "The peer has sent a FIN, but has it got one?"),
                Wrong("FIN_WAIT_1", "Has the peer's FIN been acknowledged?"),
                Wrong("CLOSE_WAIT", "The peer closed first. In which states is the end that did?"),
            ),
        },
    )


def _late_data(row: Row, draw: Draw) -> None:
    row["flags"], row["len"] = "PA", draw.between(10, 900)


def _broken(draw: Draw, shared: Shared) -> Posed:
    tampers = (
        Tamper(11, _late_data, RULES["a"]),
        Tamper(9, added("ack", -1, -1), RULES["b"]),
        Tamper(10, added("seq", 3, 90), RULES["c"]),
        Tamper(10, added("ack", -90, -3), RULES["d"]),
    )
    return impossible(_talk(draw), draw, RULES, tampers)


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
    "Closing a connection",
    "02",
    (
        Value(
            "q1", "The last four packets", 4,
            {"ack9": NUMBER, "seq10": NUMBER, "flags10": FLAGS, "ack11": NUMBER}, _numbers,
            (
                "A FIN takes up one number, after the last byte of data.",
                "A pure ACK takes up none: the next packet of that side has the same seq.",
            ),
        ),
        Value(
            "q2", "Who waits for whom?", 6, moments(9, 10, 11), _moments,
            (
                "Find the first FIN. Its sender is the active closer, the other the passive one.",
                "After the first FIN is acknowledged, one side waits for a FIN, the other for its"
                " own program.",
                "Only the end that sends the very last ACK has to wait for old packets to die.",
            ),
        ),
        Value(
            "q3", "Three ways into TIME_WAIT", 3,
            {f"story {n}": letters(3) for n in (1, 2, 3)}, _three_ways,
            (
                "The tables begin with the close; what was lost does not stand in them.",
                "Compare the ack of the second FIN with the seq of the first.",
            ),
        ),
        Value(
            "q4", "What the program forgot", 3,
            {"program": Name(PROGRAMS, "program"), "forgot": letters(5), "peer": STATE},
            _forgotten,
            (
                "Which number only ever grows?",
                "CLOSE_WAIT means: the peer has closed, and we have not.",
                "`peer` is the state at the other end of such a connection, if nobody gave up.",
            ),
        ),
        Value(
            "q5", "One packet lies", 3, {"packet": Whole(1, 11), "rule": letters(4)}, _broken,
            ("Nothing is lost in this story.", "Read the last four packets against the rules."),
        ),
        Function(
            "q6", "Who must wait?", 4, "who_waits", "packets",
            (Example((FIRST_CLOSES,), "A"), Example((BOTH_CLOSE,), "both")),
            _closes,
            (
                "Look only at the two packets whose flags hold an F.",
                "Did the sender of the second FIN know of the first? Its ack tells.",
            ),
        ),
        Script(
            "q7", "Both at once", 4, _goal,
            (
                "CLOSING comes from FIN_WAIT_1 when a FIN arrives that does not acknowledge ours.",
                "Let both close before either FIN is delivered.",
                "Then deliver only one of the two ACKs.",
            ),
        ),
        Written(
            "q8", "Why wait?", 4,
            ("What if the last ACK is lost?", "What if an old packet comes to a new connection?"),
        ),
    ),
    _share,
)  # fmt: skip
