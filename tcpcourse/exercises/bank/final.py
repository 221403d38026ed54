"""The final: the whole story of a capture that the student has never seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpcourse.core.seq import MODULUS
from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.stories import CW, MS, E, hosts, late_isn, opening, play, sizes
from tcpcourse.exercises.tables import rows_of
from tcpcourse.exercises.values import Shared, Written
from tcpcourse.sources.simulation.scenario import Act, Fault
from tcpcourse.trace import SIDES, Side, Trace, other
from tcpcourse.words import message

COLUMNS = ("no", "ms", "from", "flags", "seq", "ack", "len")


def story(
    draw: Draw,
    closer: Side,
    lost: int | None = None,
    iss: tuple[int, int] | None = None,
) -> Trace:
    """A asks twice and B answers twice; packet ``lost``, if any, is lost and sent again.

    Packets: 3 to open, 2 for each of four sendings, 4 to close, and one that is sent again.
    """
    travel = draw.between(220, 480)
    ask, answer, ask_more, answer_more = sizes(draw, 4)
    total = {"A": ask + ask_more, "B": answer + answer_more}
    acts = (
        *opening("A"),
        Act("A", "send", E, after=20 * MS, data=bytes(ask)),
        Act("B", "send", E, received=ask, after=5 * MS, data=bytes(answer)),
        Act("A", "send", E, received=answer, after=15 * MS, data=bytes(ask_more)),
        Act("B", "send", E, received=total["A"], after=5 * MS, data=bytes(answer_more)),
        # late enough for what was lost to have come
        Act(closer, "close", E, received=total[other(closer)], after=9000 * MS),
        # late enough for the ACK of the first FIN to have come
        Act(other(closer), "close", CW, after=600 * MS),
    )
    faults: dict[int, Fault | int] = {} if lost is None else {lost: "lose"}
    return play("the whole story", acts, hosts(draw, iss=iss), faults, travel * MS)


def packets(trace: Trace) -> Any:
    """The story as the student's functions get it."""
    return rows_of(trace, COLUMNS)


def _share(draw: Draw) -> Mapping[str, Any]:
    return {"capture": story(draw, draw.pick(SIDES), draw.pick((4, 6, 8, 10)))}


def _own(draw: Draw, shared: Shared) -> Mapping[str, Any]:
    """The student's own capture as the functions get it, and the example by hand."""
    return {"packets": packets(shared["capture"]), "example": BY_HAND}


def around_zero(draw: Draw) -> tuple[int, int]:
    """First numbers so late that both sides' data passes 2**32 − 1."""
    return late_isn(draw, 200), late_isn(draw, 200)


def _whole(draw: Draw) -> list[tuple[str, list[Any]]]:
    """Whole stories: with nothing lost, with data sent again, and past the largest number."""
    found = []
    for closer in SIDES:
        found.append(("nothing is sent again", packets(story(draw, closer))))
        for lost in (draw.pick((4, 8)), draw.pick((6, 10))):
            found.append(("data is sent again", packets(story(draw, closer, lost))))
        late = story(draw, closer, draw.pick((4, 6, 8, 10)), around_zero(draw))
        found.append(("numbers on both sides of 0", packets(late)))
    return found


def _said(draw: Draw) -> list[tuple[str, Challenge]]:
    return [(sort, [rows]) for sort, rows in _whole(draw)]


def _repeated(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    request, answer = message("a request is sent again"), message("an answer is sent again")
    for sort, several in ((request, (4, 8)), (answer, (6, 10))):
        for lost in several:
            rows = packets(story(draw, draw.pick(SIDES), lost))
            calls.append((sort, [rows]))
    last = packets(story(draw, "A", 14))
    calls.append(("a FIN is sent again", [last]))
    calls.append(("a FIN is sent again", [packets(story(draw, "B", 12))]))
    return calls


def _where(draw: Draw) -> list[tuple[str, Challenge]]:
    """Stories that end early: after a packet of the opening, of the talk, of the close."""
    calls: list[tuple[str, Challenge]] = []
    for closer in SIDES:
        rows = packets(story(draw, closer))
        for until in (1, 2, 3):
            calls.append(("the opening", [rows[:until]]))
        calls.append(("data", [rows[: draw.between(4, 11)]]))
        calls.append(("data", [rows[:2]]))
        for until in (12, 13, 14, 15):
            calls.append(("the close", [rows[:until]]))
    return calls


def _ending(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for closer in SIDES:
        for lost in (None, draw.pick((4, 6, 8, 10))):
            rows = packets(story(draw, closer, lost))
            calls.append((message("{end} closes first", end=closer), [rows]))
        late = packets(story(draw, closer, None, around_zero(draw)))
        calls.append(("numbers on both sides of 0", [late]))
    return calls


def row(no: int, ms: int, side: str, flags: str, seq: int, ack: int | None, length: int = 0) -> Any:
    """A packet as the student's functions get it."""
    return {"no": no, "ms": ms, "from": side, "flags": flags, "seq": seq, "ack": ack, "len": length}


# By hand: RFC 9293's first numbers, one request that is sent again, and B closes first.
BY_HAND = [
    row(1, 0, "A", "S", 100, None),
    row(2, 50, "B", "SA", 300, 101),
    row(3, 100, "A", "A", 101, 301),
    row(4, 120, "A", "PA", 101, 301, 20),
    row(5, 1120, "A", "PA", 101, 301, 20),
    row(6, 1170, "B", "A", 301, 121),
    row(7, 2000, "B", "FA", 301, 121),
    row(8, 2050, "A", "A", 121, 302),
    row(9, 2300, "A", "FA", 121, 302),
    row(10, 2350, "B", "A", 302, 122),
]


def data(number: int, side: str, seq: int, length: int, flags: str = "PA") -> Any:
    """A packet as the student's function gets it."""
    return {"no": number, "from": side, "flags": flags, "seq": seq, "len": length}


def _repeats(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(3):
        x, y = draw.between(1, 1 << 31), draw.between(1, 1 << 31)
        one, two = sizes(draw, 2)
        plain = [
            data(1, "A", x, one),
            data(2, "B", y, 0, "A"),
            data(3, "B", y, two),
            data(4, "A", x + one, 0, "A"),
            data(5, "A", x + one, two),
        ]
        calls.append(("nothing is sent again", [plain]))
        calls.append(("nothing is sent again", [[*plain, data(6, "A", x, one)]]))
        quiet = data(7, "B", y + two, 0, "A")
        calls.append(("pure ACKs with the same seq", [[*plain, data(6, "B", y, two), quiet]]))
        calls.append(("data is sent again", [[*plain, data(6, "A", x + one, two)]]))
        calls.append(("data is sent again", [[*plain, data(6, "A", x, one), data(7, "B", y, two)]]))
        fin = data(6, "A", x + one + two, 0, "FA")
        calls.append(("a FIN is sent again", [[*plain, fin, {**fin, "no": 7}]]))
        calls.append(("a FIN is sent again", [[*plain, fin]]))
        calls.append(
            (
                "pure ACKs with the same seq",
                [[*plain, data(6, "B", y + two, 0, "A"), data(7, "B", y + two, 0, "A")]],
            )
        )
        late = MODULUS - one // 2
        after = (late + one) % MODULUS
        over = [data(1, "A", late, one), data(2, "A", after, two)]
        calls.append(("numbers on both sides of 0", [over]))
        calls.append(("numbers on both sides of 0", [[*over, data(3, "A", late, one)]]))
    return calls


ASSIGNMENT = assignment(
    "ps9-final",
    message("The whole story"),
    "final",
    (
        Function(
            "q1",
            message("Who, and how much?"),
            3,
            "said",
            "packets",
            (
                Example((BY_HAND,), {"closes first": "B", "bytes A": 20, "bytes B": 0}, "example"),
                Example(
                    (BY_HAND[:4] + BY_HAND[5:],),
                    {"closes first": "B", "bytes A": 20, "bytes B": 0},
                    "example without packet 5",
                ),
            ),
            _said,
            (message("Look for the first FIN."), message("Count bytes that are new only.")),
            _own,
        ),
        Function(
            "q2",
            message("What went wrong"),
            3,
            "repeated",
            "packets",
            (Example((BY_HAND,), {"first copy": 4, "second copy": 5, "waited": 1000}, "example"),),
            _repeated,
            (
                message("Two packets of one side take up the same numbers."),
                message("A pure ACK takes up none."),
            ),
        ),
        Function(
            "q3",
            message("Who is where?"),
            6,
            "where",
            "packets",
            (
                Example((BY_HAND[:1],), ["SYN_SENT", "SYN_RCVD"], "example[:1]"),
                Example((BY_HAND[:7],), ["CLOSE_WAIT", "FIN_WAIT_1"], "example[:7]"),
                Example((BY_HAND,), ["CLOSED", "TIME_WAIT"], "example"),
            ),
            _where,
            (
                message(
                    "A packet changes its sender when it is sent, its receiver when it arrives."
                ),
                message("Has an end sent a FIN? Is it acknowledged? Has one come?"),
            ),
        ),
        Function(
            "q4",
            message("The end"),
            4,
            "ending",
            "packets",
            (
                Example(
                    (BY_HAND,),
                    {"waits": "B", "last seq": 302, "last ack": 122, "if lost": 9},
                    "example",
                ),
            ),
            _ending,
            (
                message("The numbers are those in the header."),
                message("Which packets does TCP send again?"),
            ),
        ),
        Function(
            "q5",
            message("Find what is sent again"),
            5,
            "sent_again",
            "packets",
            (
                Example(([data(1, "A", 1, 10), data(2, "A", 11, 5), data(3, "A", 1, 10)],), [3]),
                Example(([data(1, "A", 1, 10), data(2, "B", 1, 10)],), []),
            ),
            _repeats,
            (
                message("Keep for each side the number after all that it has sent."),
                message("A packet that takes up no number repeats nothing."),
                message("Later is not larger: think of both sides of 0."),
            ),
        ),
        Written(
            "q6",
            message("Tell it"),
            8,
            (
                message("Begin with the opening and end with TIME_WAIT."),
                message("Say why, not only what."),
            ),
        ),
    ),
    _share,
)
