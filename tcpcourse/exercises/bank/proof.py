"""Chapter 08: the table, and everything that two ends can do."""

from __future__ import annotations

from tcpcourse.core.states import State
from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.bank.closing import BOTH_CLOSE, FIRST_CLOSES, close_packets
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, STATE, Several
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.mistakes import besides, of_state
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.scripts import Goal, Script
from tcpcourse.exercises.values import ONLY, Posed, Shared, Value, Written, Wrong
from tcpcourse.trace import SIDES
from tcpcourse.views.misconceptions import Way
from tcpcourse.words import message

# Rows of RFC 9293 §3.10 that change the state, in words; what a test compares with the table.
ROWS = (
    ("CLOSED", "the application opens passively", "LISTEN"),
    ("CLOSED", "the application opens actively", "SYN_SENT"),
    ("LISTEN", "a SYN arrives", "SYN_RCVD"),
    ("LISTEN", "the application closes", "CLOSED"),
    ("SYN_SENT", "a SYN without ACK arrives", "SYN_RCVD"),
    ("SYN_SENT", "a SYN,ACK arrives that acknowledges our SYN", "ESTABLISHED"),
    ("SYN_SENT", "the application closes", "CLOSED"),
    ("SYN_RCVD", "the ACK of our SYN arrives", "ESTABLISHED"),
    ("SYN_RCVD", "the application closes", "FIN_WAIT_1"),
    ("SYN_RCVD", "a RST arrives, after a passive open", "LISTEN"),
    ("ESTABLISHED", "the application closes", "FIN_WAIT_1"),
    ("ESTABLISHED", "a FIN arrives", "CLOSE_WAIT"),
    ("FIN_WAIT_1", "the ACK of our FIN arrives", "FIN_WAIT_2"),
    ("FIN_WAIT_1", "a FIN arrives that does not acknowledge ours", "CLOSING"),
    ("FIN_WAIT_1", "one segment brings a FIN and the ACK of ours", "TIME_WAIT"),
    ("FIN_WAIT_2", "a FIN arrives", "TIME_WAIT"),
    ("CLOSING", "the ACK of our FIN arrives", "TIME_WAIT"),
    ("CLOSE_WAIT", "the application closes", "LAST_ACK"),
    ("LAST_ACK", "the ACK of our FIN arrives", "CLOSED"),
    ("TIME_WAIT", "2MSL are over", "CLOSED"),
)

# Pairs of states of two ends; a test asks the exploration.
CAN_BE = (
    ("ESTABLISHED", "SYN_RCVD"),
    ("FIN_WAIT_1", "SYN_RCVD"),
    ("CLOSING", "TIME_WAIT"),
    ("FIN_WAIT_2", "CLOSE_WAIT"),
    ("LAST_ACK", "TIME_WAIT"),
    ("SYN_SENT", "LISTEN"),
    ("FIN_WAIT_1", "ESTABLISHED"),
    ("FIN_WAIT_2", "LAST_ACK"),
    ("SYN_RCVD", "SYN_RCVD"),
)
CANNOT_BE = (
    ("ESTABLISHED", "TIME_WAIT"),
    ("CLOSE_WAIT", "CLOSE_WAIT"),
    ("FIN_WAIT_2", "FIN_WAIT_2"),
    ("LAST_ACK", "LAST_ACK"),
    ("ESTABLISHED", "LAST_ACK"),
    ("CLOSE_WAIT", "ESTABLISHED"),
    ("FIN_WAIT_2", "TIME_WAIT"),
    ("LISTEN", "ESTABLISHED"),
    ("CLOSING", "CLOSE_WAIT"),
)

INTO_TIME_WAIT = (
    "from FIN_WAIT_2, when a FIN arrives",
    "from CLOSING, when the ACK of our FIN arrives",
    "from FIN_WAIT_1, when one segment brings a FIN and the ACK of ours",
)
NOT_INTO = (
    "from LAST_ACK, when the ACK of our FIN arrives",
    "from FIN_WAIT_1, when the ACK of our FIN arrives",
    "from CLOSE_WAIT, when the application closes",
    "from ESTABLISHED, when a FIN arrives",
)

# Arrows that the rules have and figure 5 of RFC 9293 does not draw, and some that it draws.
LEFT_OUT = (
    "FIN_WAIT_1 → TIME_WAIT",
    "SYN_RCVD → CLOSE_WAIT",
    "TIME_WAIT → SYN_RCVD",
    "ESTABLISHED → CLOSED",
    "SYN_SENT → CLOSE_WAIT",
)
DRAWN = (
    "FIN_WAIT_1 → CLOSING",
    "SYN_RCVD → FIN_WAIT_1",
    "SYN_SENT → SYN_RCVD",
    "LISTEN → SYN_SENT",
    "SYN_RCVD → LISTEN",
)

# The closing half of the table: in these states these events change something. (A FIN here
# never brings the ACK of ours; the event that does is one of its own.)
FIRST = (
    ("ESTABLISHED", "CLOSE"),
    ("FIN_WAIT_1", "ACK OF FIN"),
    ("FIN_WAIT_1", "FIN"),
    ("FIN_WAIT_1", "FIN AND ACK OF FIN"),
    ("FIN_WAIT_2", "FIN"),
    ("CLOSING", "ACK OF FIN"),
    ("TIME_WAIT", "2MSL"),
)
SECOND = (("ESTABLISHED", "FIN"), ("CLOSE_WAIT", "CLOSE"), ("LAST_ACK", "ACK OF FIN"))
EVENTS = ("CLOSE", "FIN", "ACK OF FIN", "FIN AND ACK OF FIN", "2MSL", "DATA")


def _rows(draw: Draw, shared: Shared) -> Posed:
    picked = draw.shuffled(ROWS)[:5]
    table = [
        {"row": number, "in": state, "when": when}
        for number, (state, when, _) in enumerate(picked, 1)
    ]
    says = message("Something does change here.")
    return Posed(
        {"rows": table},
        {f"row{number}": goal for number, (_, _, goal) in enumerate(picked, 1)},
        {
            f"row{number}": besides((Wrong(state, says),), of_state(goal, Way(State[state])))
            for number, (state, _, goal) in enumerate(picked, 1)
        },
    )


def _some_of(draw: Draw, right: list[str], others: list[str], caption: str, says: str) -> Posed:
    """Three right statements among six, in a drawn order."""
    kept = draw.shuffled(right)[:3]
    lettered = dict(zip("abcdef", draw.shuffled([*kept, *draw.shuffled(others)[:3]]), strict=True))
    good = "".join(letter for letter, text in lettered.items() if text in kept)
    bad = "".join(letter for letter in lettered if letter not in good)
    return Posed({caption: lettered}, {ONLY: good}, {ONLY: (Wrong(bad, says),)})


def _pairs(draw: Draw, shared: Shared) -> Posed:
    def named(pairs: tuple[tuple[str, str], ...]) -> list[str]:
        return [" and ".join(draw.shuffled(pair)) for pair in pairs]

    says = message(
        "Those are the ones that cannot be. For each, ask what one end has heard of the other."
    )
    return _some_of(draw, named(CAN_BE), named(CANNOT_BE), "pairs", says)


def _ways(draw: Draw, shared: Shared) -> Posed:
    says = message("Who goes into TIME_WAIT: the end that must be able to answer a repeated FIN.")
    return _some_of(draw, list(INTO_TIME_WAIT), list(NOT_INTO), "ways", says)


def _missing(draw: Draw, shared: Shared) -> Posed:
    says = message("Those are the ones that figure 5 draws.")
    return _some_of(draw, list(LEFT_OUT), list(DRAWN), "arrows", says)


def _count(draw: Draw, shared: Shared) -> Posed:
    """How large is the space to search? Hand arithmetic on small numbers."""
    calls, wire, timers = draw.between(2, 5), draw.between(2, 5), draw.between(1, 3)
    each, depth = calls + 2 * wire + timers, draw.between(3, 4)
    return Posed(
        {
            "calls possible": calls,
            "packets on the wire": wire,
            "each packet may": "arrive or be lost",
            "timers that may run out": timers,
            "moves": depth,
        },
        {"now": each, "in all": each**depth},
        {
            "now": (Wrong(calls + wire + timers, message("Each packet can do two things.")),),
            "in all": (
                Wrong(each * depth, message("After each first move there are as many seconds.")),
            ),
        },
    )


def _moves(draw: Draw) -> list[tuple[str, Challenge]]:
    first = [("the end that closes first", list(pair)) for pair in FIRST]
    second = [("the end that closes second", list(pair)) for pair in SECOND]
    states = sorted({state for state, _ in FIRST + SECOND})
    still = [[s, e] for s in states for e in EVENTS if (s, e) not in FIRST + SECOND]
    rest = [("what changes nothing", pair) for pair in draw.shuffled(still)[:8]]
    # who gives the state back as it came does not know when nothing changes
    rest += [("what changes nothing", list(draw.pick(pairs))) for pairs in (FIRST, SECOND)]
    return [(sort, [*pair]) for sort, pair in (*first, *second, *rest)]


def _closes(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(2):
        for side in SIDES:
            one, both = close_packets(draw, side, False), close_packets(draw, side, True)
            calls.append(("one side closes first", [one]))
            calls.append(("both sides close at once", [both]))
            calls.append(("both sides close at once", [one]))
            part = 1 + next(at for at, packet in enumerate(one) if "F" in packet["flags"])
            calls.append(("a close that is not over", [one[:part]]))
            calls.append(("a close that is not over", [one[: part - 1]]))
    return calls


def _goal(draw: Draw) -> Goal:
    closer = draw.pick(SIDES)
    pair = ("TIME_WAIT", "CLOSED") if closer == "A" else ("CLOSED", "TIME_WAIT")
    return Goal(pair, {closer: draw.between(3, 30)}, jump=(closer, "FIN_WAIT_1", "TIME_WAIT"))


ASSIGNMENT = assignment(
    "ps8-proof",
    "Proof",
    "08",
    (
        Value(
            "q1",
            message("Five rows"),
            5,
            {f"row{n}": STATE for n in range(1, 6)},
            _rows,
            (message("The map of states has an arrow for each."),),
        ),
        Value(
            "q2",
            message("Two ends at one moment"),
            3,
            {ONLY: Several(6)},
            _pairs,
            (
                message("Three of the six can be."),
                message("TIME_WAIT: both FINs have come. What must the other end have done?"),
            ),
        ),
        Value(
            "q3",
            message("Ways into TIME_WAIT"),
            2,
            {ONLY: Several(6)},
            _ways,
            (message("There are exactly three in the whole table."),),
        ),
        Value(
            "q4",
            message("What the figure leaves out"),
            3,
            {ONLY: Several(6)},
            _missing,
            (
                message("Three of the six are not in figure 5."),
                message(
                    "Rare arrows are left out: two things in one segment, an abort, an old port."
                ),
            ),
        ),
        Value(
            "q5",
            message("How much is everything?"),
            2,
            {"now": NUMBER, "in all": NUMBER},
            _count,
            (
                message(
                    "At each moment there are that many first moves, and after each the same again."
                ),
            ),
        ),
        Function(
            "q6",
            message("Half of the table"),
            5,
            "next_state",
            "state, event",
            (
                Example(("ESTABLISHED", "CLOSE"), "FIN_WAIT_1"),
                Example(("ESTABLISHED", "DATA"), "ESTABLISHED"),
            ),
            _moves,
            (
                message("A dictionary with pairs as keys is a table."),
                message("What if a pair is not in it?"),
            ),
        ),
        Function(
            "q7",
            message("A passive observer"),
            6,
            "watch",
            "packets",
            (
                Example((FIRST_CLOSES,), ["TIME_WAIT", "CLOSED"]),
                Example((BOTH_CLOSE,), ["TIME_WAIT", "TIME_WAIT"]),
            ),
            _closes,
            (
                message("Your table from the last question does the work."),
                message(
                    "Each packet is something for its sender (a FIN: it closed) and "
                    "for its receiver."
                ),
                message("Which number acknowledges a FIN? The one after it."),
            ),
        ),
        Script(
            "q8",
            message("The arrow that is not there"),
            4,
            _goal,
            (
                message("One segment must bring the FIN and the ACK of the other FIN."),
                message("So the pure ACK before it must not arrive."),
            ),
        ),
        Written(
            "q9",
            message("Within these bounds"),
            4,
            (message("What does a search of all moments show, and up to where?"),),
        ),
    ),
)
