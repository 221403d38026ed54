"""Chapter 01: opening a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, Order, Whole, letters
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.scripts import Goal, Script
from tcpcourse.exercises.stories import MS, E, hosts, opening, play, sizes, talk
from tcpcourse.exercises.tables import (
    Tamper,
    added,
    at_moments,
    both_at,
    fill,
    impossible,
    order,
    rows_of,
    state_parts,
)
from tcpcourse.exercises.values import ONLY, Posed, Shared, Value, Written, Wrong
from tcpcourse.sources.simulation.scenario import Act, Fault
from tcpcourse.trace import SIDES, other
from tcpcourse.words import message

SYN_ACKED = "a SYN,ACK must acknowledge the SYN, which takes up one number"
GOES_ON = "a side's next packet begins where its last one ended; a SYN takes up one number"
EXPECTED = "an ack must name the next number expected from the other side"
NO_ACK = "a first packet of a connection has no ack"
MOMENTS = ((1, 2), (2, 1), (1, 3), (2, 3), (3, 1), (3, 2), (1, 2), (2, 1))

FIRST = {"A": "first number of A", "B": "first number of B"}


def _share(draw: Draw) -> Mapping[str, Any]:
    opener = draw.pick(SIDES)
    return {"opener": opener, "handshake": play("handshake", opening(opener), hosts(draw))}


def _numbers(draw: Draw, shared: Shared) -> Posed:
    asked = {"seq2": (2, "seq"), "ack2": (2, "ack"), "seq3": (3, "seq"), "ack3": (3, "ack")}
    trace, opener = shared["handshake"], shared["opener"]
    facts = {FIRST[other(opener)]: trace.isn[other(opener)]}
    return fill(trace, asked, facts=facts)


def _moments(draw: Draw, shared: Shared) -> Posed:
    return at_moments(shared["handshake"], draw.pick(MOMENTS))


def _shuffled(draw: Draw, shared: Shared) -> Posed:
    one, two = sizes(draw, 2)
    trace = talk(draw, opener=draw.pick(SIDES), sizes=(one, two))
    return order(trace, draw, 7)


def _broken(draw: Draw, shared: Shared) -> Posed:
    one, two = sizes(draw, 2)
    trace = talk(draw, opener=draw.pick(SIDES), sizes=(one, two))
    tampers = (
        Tamper(1, added("ack", 3, 900), NO_ACK),
        Tamper(2, added("ack", -1, -1), SYN_ACKED, (EXPECTED,)),
        Tamper(3, added("seq", -1, -1), GOES_ON),
        Tamper(4, added("seq", 3, 90, moves=True), GOES_ON),
        Tamper(5, added("ack", -90, -3), EXPECTED),
    )
    return impossible(trace, draw, (SYN_ACKED, GOES_ON, EXPECTED, NO_ACK), tampers, until=5)


def _lost(draw: Draw, shared: Shared) -> Posed:
    """One, two or three SYNs are lost; how long a packet travels can be read off the times."""
    opener, travel, lost = draw.pick(SIDES), draw.between(11, 99), draw.between(1, 3)
    data = Act(opener, "send", E, after=7 * MS, data=bytes(draw.between(100, 1400)))
    faults: dict[int, Fault | int] = {number: "lose" for number in range(1, lost + 1)}
    trace = play("lost", (*opening(opener), data), hosts(draw), faults, travel * MS)
    rows = rows_of(trace, ("no", "ms", "from", "flags", "seq", "ack", "len"), until=6)
    again = lost + 1
    resent = trace.packet(again).sent_ns // 1_000_000
    opened, both = resent + 2 * travel, resent + 3 * travel
    at_answer = message(
        "That is when its answer came in. Has this end's own SYN been acknowledged then?"
    )
    early = message("A SYN that is lost is not answered. Which one is?")
    return Posed(
        {"sent": rows},
        {"again": again, "opener": opened, "listener": both},
        {
            "again": tuple(Wrong(number, early) for number in range(2, again)),
            "opener": (
                Wrong(
                    2 * travel,
                    message("You left out how long the opener waited before it tried again."),
                ),
                Wrong(opened - travel, message("The answer leaves then. When does it arrive?")),
            ),
            "listener": (
                Wrong(opened, message("The ACK leaves then. When does it arrive?")),
                Wrong(resent + travel, at_answer),
                Wrong(
                    3 * travel,
                    message("You left out how long the opener waited before it tried again."),
                ),
            ),
        },
    )


def _answers(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(4):
        calls.append(("any numbers", [draw.between(1, 1 << 31), draw.between(1, 1 << 31)]))
    for _ in range(2):
        calls.append(("the largest sequence number", [(1 << 32) - 1, draw.between(1, 1 << 31)]))
    return calls


def _goal(draw: Draw) -> Goal:
    half = draw.pick(SIDES)
    pair = ("SYN_RCVD", "ESTABLISHED") if half == "A" else ("ESTABLISHED", "SYN_RCVD")
    return Goal(pair, {other(half): draw.between(3, 30)}, lost=2)


ASSIGNMENT = assignment(
    "ps1-opening",
    message("Opening a connection"),
    "01",
    (
        Value(
            "q1",
            message("Two numbers and their answers"),
            4,
            {"seq2": NUMBER, "ack2": NUMBER, "seq3": NUMBER, "ack3": NUMBER},
            _numbers,
            (
                message("Which of these packets carry a SYN?"),
                message(
                    "An ack names the next number that its sender expects from the other side."
                ),
                message("A SYN takes up one number, as if it were one byte of data."),
            ),
        ),
        Value(
            "q2",
            message("Who believes what?"),
            4,
            state_parts(2),
            _moments,
            (
                message("Look who sends the first SYN. The other side was in LISTEN before."),
                message(
                    "Ask of each end: has it sent a SYN? got one? is its own SYN acknowledged?"
                ),
            ),
            both_at(2),
        ),
        Value(
            "q3",
            message("Seven packets fell on the floor"),
            2,
            {ONLY: Order(7)},
            _shuffled,
            (
                message("Only one packet can be the first: it has no ack."),
                message(
                    "Follow one side's seq, then ask which packet of the other side answers it."
                ),
                message("Of two packets with the same seq, the one without data came first."),
            ),
        ),
        Value(
            "q4",
            message("One packet lies"),
            3,
            {"packet": Whole(1, 5), "rule": letters(4)},
            _broken,
            (
                message(
                    "Go through the table from the top and say for each packet what it "
                    "should carry."
                ),
                message("Relative numbers: both SYNs have the number 0."),
            ),
        ),
        Value(
            "q5",
            message("Lost at the start"),
            3,
            {"again": Whole(1, 12), "opener": Whole(0, 100_000), "listener": Whole(0, 100_000)},
            _lost,
            (
                message(
                    "The times are those of sending. An answer is sent at once when a "
                    "packet arrives."
                ),
                message(
                    "So the time from the last SYN to the SYN,ACK is how long a packet travels."
                ),
                message(
                    "The opener is ESTABLISHED when the SYN,ACK arrives, the listener an ACK later."
                ),
            ),
        ),
        Function(
            "q6",
            message("Answer a SYN"),
            3,
            "answer_to_syn",
            "seq, iss",
            (
                # RFC 9293 figure 6: SYN with 100, answered with 300 and ack 101
                Example((100, 300), {"flags": "SA", "seq": 300, "ack": 101}),
                Example((0, 7), {"flags": "SA", "seq": 7, "ack": 1}),
            ),
            _answers,
            (
                message("The answer has two flags. Its seq is the listener's own first number."),
                message("What comes after the largest 32-bit number?"),
            ),
        ),
        Script(
            "q7",
            message("Half open, half shut"),
            4,
            _goal,
            (
                message(
                    "Which packet takes the second end to ESTABLISHED? What if it never arrives?"
                ),
                message("The end that is ESTABLISHED may send. What happens to its data?"),
                message("`A send` is followed by the text to send; count its letters."),
            ),
        ),
        Written(
            "q8",
            message("Why three?"),
            4,
            (
                message("Think of what each side does not know after two packets."),
                message("Think of a SYN from an old connection that arrives late."),
            ),
        ),
    ),
    _share,
)
