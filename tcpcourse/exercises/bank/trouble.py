"""Chapter 07: when things go wrong."""

from __future__ import annotations

from typing import Any

from tcpcourse.core.seq import MODULUS
from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, letters
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.scripts import Goal, Script
from tcpcourse.exercises.stories import isn, sizes
from tcpcourse.exercises.values import Posed, Shared, Value, Written, Wrong
from tcpcourse.trace import SIDES, other
from tcpcourse.words import message

RESET, CHALLENGED, DROPPED = (
    "the connection is reset",
    "a challenge ACK is sent",
    "it is dropped without a word",
)
FATES = (
    RESET,
    CHALLENGED,
    DROPPED,
    "it is kept until the hole before it is filled",
    "it is answered with a FIN",
)
HALF_CLOSED, HALF_OPEN = (
    "half-closed: one end has sent its FIN, the other still sends",
    "half-open: one end has forgotten the connection, the other knows nothing of it",
)
KINDS = (HALF_CLOSED, HALF_OPEN, "closed on both sides", "still opening")


def _again(draw: Draw, shared: Shared) -> Posed:
    """The timeout doubles with each copy (RFC 6298 §5.5)."""
    first, rto = draw.between(1, 99) * 100, draw.between(4, 15) * 100
    third, fourth = first + 3 * rto, first + 7 * rto
    doubled = message("After each timeout the next one is twice as long.")
    return Posed(
        {
            "first sent at [ms]": first,
            "retransmission timeout at first [ms]": rto,
            "acknowledged": "never",
        },
        {"second": first + rto, "third": third, "fourth": fourth},
        {
            "second": (Wrong(rto, message("The clock did not begin when this segment was sent.")),),
            "third": (
                Wrong(first + 2 * rto, doubled),
                Wrong(first + 4 * rto, message("The second wait is twice the first: add both.")),
            ),
            "fourth": (
                Wrong(first + 3 * rto, doubled),
                Wrong(first + 8 * rto, message("Add up the three waits.")),
            ),
        },
    )


def _holes(draw: Draw, shared: Shared) -> Posed:
    """Four segments of which the second comes last; each is answered with an ACK."""
    start, lengths = isn(draw), sizes(draw, 4)
    begins = [start + sum(lengths[:place]) for place in range(4)]
    order = (0, *draw.shuffled((2, 3)), 1)
    rows = [
        {"arrives": place, "seq": begins[which], "len": lengths[which]}
        for place, which in enumerate(order, 1)
    ]
    hole, end = begins[1], start + sum(lengths)
    highest = message("An ACK names the next number that is missing, not the highest that came.")
    return Posed(
        {"B expects": start, "segments from A, as they arrive": rows},
        {"ack1": hole, "ack2": hole, "ack3": hole, "ack4": end},
        {
            "ack2": (Wrong(begins[order[1]] + lengths[order[1]], highest),),
            "ack3": (Wrong(begins[order[2]] + lengths[order[2]], highest), Wrong(end, highest)),
            "ack4": (
                Wrong(
                    begins[1] + lengths[1],
                    message("What had waited behind the hole counts now, too."),
                ),
            ),
        },
    )


def _full(draw: Draw, shared: Shared) -> Posed:
    """B's program does not read, so its window closes; A's probe brings one byte (§3.8.6.1)."""
    una, window = isn(draw), draw.between(2000, 9000)
    wants = window + draw.between(500, 4000)
    edge = una + window
    return Posed(
        {"SND.UNA": una, "B's window [bytes]": window, "A's program sends [bytes]": wants},
        {"sent": window, "waits": wants - window, "probe": edge, "reply": edge},
        {
            "sent": (Wrong(wants, message("A may not send more than the window lets it.")),),
            "waits": (Wrong(0, message("Not all of it fits into the window.")),),
            "probe": (
                Wrong(
                    edge - 1, message("RFC 9293's probe carries the next new byte, not an old one.")
                ),
                Wrong(una, message("All that fits the window has been acknowledged by now.")),
            ),
            "reply": (Wrong(edge + 1, message("There is no room for the byte: it is not taken.")),),
        },
    )


def _resets(draw: Draw, shared: Shared) -> Posed:
    """Four RSTs against one window (RFC 9293 §3.10.7.4, from RFC 5961)."""
    nxt, window = isn(draw), draw.between(5000, 40_000)
    cases = [
        (nxt, RESET),
        (nxt + draw.between(1, window - 1), CHALLENGED),
        (nxt - draw.between(1, 4000), DROPPED),
        (nxt + window + draw.between(0, 4000), DROPPED),
    ]
    lettered = dict(zip("abcde", draw.shuffled(FATES), strict=True))
    letter = {fate: key for key, fate in lettered.items()}
    mixed = draw.shuffled(cases)
    old = message("By RFC 793 any RST in the window would do. What has RFC 5961 changed?")
    exact = message("Compare its number with RCV.NXT itself. Which RST needs no question back?")
    edge = message("Numbers outside the window are not even answered when they carry a RST.")
    return Posed(
        {
            "state": "ESTABLISHED",
            "RCV.NXT": nxt,
            "RCV.WND": window,
            "what may happen": lettered,
            "RSTs": [{"no": place, "seq": seq} for place, (seq, _) in enumerate(mixed, 1)],
        },
        {f"rst{place}": letter[fate] for place, (_, fate) in enumerate(mixed, 1)},
        {
            f"rst{place}": (Wrong(letter[RESET], old),)
            if fate == CHALLENGED
            else (Wrong(letter[CHALLENGED], exact if fate == RESET else edge),)
            for place, (_, fate) in enumerate(mixed, 1)
        },
    )


def _halves(draw: Draw, shared: Shared) -> Posed:
    """A peer that went on sending after a FIN, and one that lost its memory."""
    closer, crashed = draw.pick(SIDES), draw.pick(SIDES)
    x, y, size = isn(draw), isn(draw), draw.between(100, 1400)
    u, v = isn(draw), isn(draw)

    def row(side: str, flags: str, seq: int, ack: int | None, length: int = 0) -> dict[str, Any]:
        return {"from": side, "flags": flags, "seq": seq, "ack": ack, "len": length}

    peer, alive = other(closer), other(crashed)
    closed = [
        row(closer, "FA", x, y),
        row(peer, "A", y, x + 1),
        row(peer, "PA", y, x + 1, size),
        row(closer, "A", x + 1, y + size),
    ]
    forgot = [
        row(alive, "PA", u, v, size),
        row(crashed, "R", v, None),
    ]
    names = draw.shuffled(("story 1", "story 2"))
    lettered = dict(zip("abcd", draw.shuffled(KINDS), strict=True))
    letter = {kind: key for key, kind in lettered.items()}
    kinds = {names[0]: HALF_CLOSED, names[1]: HALF_OPEN}
    others = {names[0]: HALF_OPEN, names[1]: HALF_CLOSED}
    swapped = message("Closing is done on purpose, with a FIN. Forgetting is not.")
    return Posed(
        {
            "kinds": lettered,
            **{name: closed if name == names[0] else forgot for name in ("story 1", "story 2")},
        },
        {name: letter[kinds[name]] for name in ("story 1", "story 2")},
        {name: (Wrong(letter[others[name]], swapped),) for name in ("story 1", "story 2")},
    )


def _windows(draw: Draw) -> list[tuple[str, Challenge]]:
    """Calls for each line of the acceptability table, and for both sides of 0."""
    calls: list[tuple[str, Challenge]] = []
    for _ in range(3):
        nxt, window = draw.between(1 << 20, 1 << 31), draw.between(2000, 60_000)
        size = draw.between(1, 1400)
        calls.append(("no data, window closed", [nxt, 0, nxt, 0]))
        calls.append(("no data, window closed", [nxt + draw.between(1, 99), 0, nxt, 0]))
        calls.append(("no data, window open", [nxt + draw.between(0, window - 1), 0, nxt, window]))
        calls.append(("no data, window open", [nxt + window, 0, nxt, window]))
        calls.append(("data, window closed", [nxt, size, nxt, 0]))
        calls.append(("data, window closed", [nxt, size, nxt, window]))
        calls.append(("data, window open", [nxt + window - 1, size, nxt, window]))
        calls.append(("data, window open", [nxt - size, size, nxt, window]))
        calls.append(("data, window open", [nxt - size + 1, size, nxt, window]))
        late = MODULUS - draw.between(1, 900)
        calls.append(("numbers on both sides of 0", [(late + 1000) % MODULUS, size, late, window]))
        calls.append(("numbers on both sides of 0", [late - 1, 1, late, window]))
    return calls


def _goal(draw: Draw) -> Goal:
    closer = draw.pick(SIDES)
    pair = ("TIME_WAIT", "LAST_ACK") if closer == "A" else ("LAST_ACK", "TIME_WAIT")
    return Goal(pair, {closer: draw.between(3, 30)}, lost=1)


ASSIGNMENT = assignment(
    "ps7-trouble",
    message("When things go wrong"),
    "07",
    (
        Value(
            "q1",
            message("And again, and again"),
            3,
            {"second": NUMBER, "third": NUMBER, "fourth": NUMBER},
            _again,
            (
                message("The first wait is the timeout."),
                message("After each timeout it is doubled."),
            ),
        ),
        Value(
            "q2",
            message("A hole"),
            4,
            {f"ack{n}": NUMBER for n in (1, 2, 3, 4)},
            _holes,
            (
                message("B acknowledges whatever comes, but with which number?"),
                message("Data behind a hole is kept. What happens when the hole is filled?"),
            ),
        ),
        Value(
            "q3",
            message("No room"),
            4,
            {"sent": NUMBER, "waits": NUMBER, "probe": NUMBER, "reply": NUMBER},
            _full,
            (
                message("B acknowledges what it has taken, until nothing more fits."),
                message("The probe is the next byte that A would send if it might."),
            ),
        ),
        Value(
            "q4",
            message("Four resets"),
            4,
            {f"rst{n}": letters(5) for n in (1, 2, 3, 4)},
            _resets,
            (
                message(
                    "There are three cases: exactly RCV.NXT, elsewhere in the window, outside."
                ),
                message(
                    "Somebody who guesses a number in the window should not be able to reset it."
                ),
            ),
        ),
        Value(
            "q5",
            message("Two halves"),
            2,
            {"story 1": letters(4), "story 2": letters(4)},
            _halves,
            (message("Which packet tells that something was closed on purpose?"),),
        ),
        Function(
            "q6",
            message("May it come in?"),
            5,
            "acceptable",
            "seq, length, rcv_nxt, rcv_wnd",
            (
                Example((100, 0, 100, 0), True),
                Example((100, 10, 100, 0), False),
                Example((95, 10, 100, 50), True),
                Example((150, 10, 100, 50), False),
            ),
            _windows,
            (
                message(
                    "RFC 9293 §3.4 has a table of four cases: no data or data, window 0 or not."
                ),
                message(
                    "A segment with data may come in when its first or its last number "
                    "is in the window."
                ),
                message(
                    "Is x in the window? Go forward from RCV.NXT to x: is that less than RCV.WND?"
                ),
            ),
        ),
        Script(
            "q7",
            message("The last ACK is lost"),
            4,
            _goal,
            (
                message(
                    "Close in the usual way, but lose the packet that would bring the "
                    "other end to CLOSED."
                ),
                message("The data must be sent before the close."),
            ),
        ),
        Written(
            "q8",
            message("Alive, or again?"),
            4,
            (
                message("Compare the seq with the next number."),
                message("How many bytes does each bring?"),
            ),
        ),
    ),
)
