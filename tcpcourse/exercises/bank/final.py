"""The final: the whole story of a capture that the student has never seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpcourse.core.seq import MODULUS
from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, SIDE, STATE, Whole
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.stories import CW, MS, E, hosts, opening, play, sizes
from tcpcourse.exercises.tables import states
from tcpcourse.exercises.values import Posed, Shared, Value, Written, Wrong
from tcpcourse.sources.simulation.rto import MILLISECOND
from tcpcourse.sources.simulation.scenario import Act
from tcpcourse.trace import SIDES, Trace, other

SAVE = 'ps.save("story.pcap") writes the capture; tcp.load("story.pcap") reads it'
COUNT = 16
"""Packets: 3 to open, 2 for each of four sendings, one sent again, 4 to close."""


def _share(draw: Draw) -> Mapping[str, Any]:
    """A asks twice and B answers twice; one of these four is lost and sent again."""
    closer, lost, travel = draw.pick(SIDES), draw.pick((4, 6, 8, 10)), draw.between(220, 480)
    ask, answer, ask_more, answer_more = counts = sizes(draw, 4)
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
    trace = play("the whole story", acts, hosts(draw), {lost: "lose"}, travel * MS)
    return {
        "capture": trace, "closer": closer, "travel": travel, "bytes": total,
        "lost": lost, "sender": "A" if lost in (4, 8) else "B", "size": counts[lost // 2 - 2],
    }  # fmt: skip


def _who(draw: Draw, shared: Shared) -> Posed:
    closer, count, sender = shared["closer"], shared["bytes"], shared["sender"]
    wrong: dict[str, tuple[Wrong, ...]] = {
        f"bytes {side}": (
            Wrong(count[side] + 1, "SYN and FIN take up a number each; they are no data."),
            Wrong(count[side] + 2, "SYN and FIN take up a number each; they are no data."),
        )
        for side in SIDES
    }
    twice = Wrong(
        count[sender] + shared["size"], "One packet was sent twice; its bytes count once."
    )
    wrong[f"bytes {sender}"] = (twice, *wrong[f"bytes {sender}"])
    wrong["closes first"] = (Wrong(other(closer), "Who sends the first FIN?"),)
    return Posed(
        {"capture": SAVE},
        {"closes first": closer, "bytes A": count["A"], "bytes B": count["B"]},
        wrong,
    )


def _lost(draw: Draw, shared: Shared) -> Posed:
    trace: Trace = shared["capture"]
    first, travel = shared["lost"], shared["travel"]
    waited = (trace.packet(first + 1).sent_ns - trace.packet(first).sent_ns) // MILLISECOND
    return Posed(
        {"capture": SAVE},
        {"first copy": first, "second copy": first + 1, "waited": waited},
        {
            "first copy": (Wrong(first + 1, "Which of the two came first?"),),
            "second copy": (Wrong(first, "Which of the two came first?"),),
            "waited": (
                Wrong(waited // 1000, "Milliseconds, not seconds."),
                Wrong(2 * travel, "So long does an answer take. Its sender waited longer."),
            ),
        },
    )


def _moments(draw: Draw, shared: Shared) -> Posed:
    """One moment of the opening, and two of the close."""
    asked = (draw.pick((1, 2)), draw.pick((13, 14)), draw.pick((15, 16)))
    posed = states(shared["capture"], asked)
    named = {
        f"{side} after {packet}": f"{side} at {number}"
        for number, packet in enumerate(asked, 1)
        for side in SIDES
    }
    rows = [{"moment": number, "after packet": packet} for number, packet in enumerate(asked, 1)]
    return Posed(
        {"moments": rows},
        {name: posed.right[part] for part, name in named.items()},
        {name: posed.wrong[part] for part, name in named.items()},
    )


def _end(draw: Draw, shared: Shared) -> Posed:
    closer, trace = shared["closer"], shared["capture"]
    fin, last = trace.packet(COUNT - 1).segment, trace.packet(COUNT).segment
    return Posed(
        {"capture": SAVE},
        {
            "waits": closer,
            "last seq": int(last.seq),
            "last ack": int(last.ack),
            "if lost": COUNT - 1,
        },
        {
            "waits": (Wrong(other(closer), "Who must be able to answer a FIN that comes again?"),),
            "last ack": (Wrong(int(fin.seq), "The FIN takes up one number."),),
            "if lost": (Wrong(COUNT, "A pure ACK is never sent again by itself."),),
        },
    )


def data(number: int, side: str, seq: int, length: int, flags: str = "PA") -> Any:
    """A packet as the student's function gets it."""
    return {"no": number, "from": side, "flags": flags, "seq": seq, "len": length}


def _repeats(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(3):
        x, y = draw.between(1, 1 << 31), draw.between(1, 1 << 31)
        one, two = sizes(draw, 2)
        plain = [
            data(1, "A", x, one), data(2, "B", y, 0, "A"), data(3, "B", y, two),
            data(4, "A", x + one, 0, "A"), data(5, "A", x + one, two),
        ]  # fmt: skip
        calls.append(("nothing is sent again", [plain]))
        calls.append(("data is sent again", [[*plain, data(6, "A", x + one, two)]]))
        calls.append(("data is sent again", [[*plain, data(6, "A", x, one), data(7, "B", y, two)]]))
        fin = data(6, "A", x + one + two, 0, "FA")
        calls.append(("a FIN is sent again", [[*plain, fin, {**fin, "no": 7}]]))
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
    "The whole story",
    "final",
    (
        Value(
            "q1", "Who, and how much?", 3,
            {"closes first": SIDE, "bytes A": NUMBER, "bytes B": NUMBER}, _who,
            ("Look for the first FIN.", "Count bytes that are new only."),
        ),
        Value(
            "q2", "What went wrong", 3,
            {"first copy": Whole(1, COUNT), "second copy": Whole(1, COUNT), "waited": NUMBER},
            _lost,
            ("Two packets have the same seq and data.",),
        ),
        Value(
            "q3", "Who was where?", 6,
            {f"{side} at {number}": STATE for number in (1, 2, 3) for side in SIDES}, _moments,
            (
                "Ask the trace; but say for each state why.",
                "A packet changes its sender when it is sent, its receiver when it arrives.",
            ),
        ),
        Value(
            "q4", "The end", 4,
            {"waits": SIDE, "last seq": NUMBER, "last ack": NUMBER, "if lost": Whole(1, COUNT)},
            _end,
            ("The numbers are those in the header.", "Which packets does TCP send again?"),
        ),
        Function(
            "q5", "Find what is sent again", 5, "sent_again", "packets",
            (
                Example(([data(1, "A", 1, 10), data(2, "A", 11, 5), data(3, "A", 1, 10)],), [3]),
                Example(([data(1, "A", 1, 10), data(2, "B", 1, 10)],), []),
            ),
            _repeats,
            (
                "Keep for each side the number after all that it has sent.",
                "A packet that takes up no number repeats nothing.",
                "Later is not larger: think of both sides of 0.",
            ),
        ),
        Written(
            "q6", "Tell it", 8,
            ("Begin with the opening and end with TIME_WAIT.", "Say why, not only what."),
        ),
    ),
    _share,
)  # fmt: skip
