"""Chapter 05: reading a capture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, Several, Whole, letters
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.stories import MS, E, hosts, isn, opening, play, sizes
from tcpcourse.exercises.tables import at_moments, both_at, state_parts
from tcpcourse.exercises.values import ONLY, Posed, Shared, Value, Written, Wrong
from tcpcourse.sources.simulation.scenario import Act
from tcpcourse.trace import SIDES, other
from tcpcourse.words import message

# Histories in Zeek's letters: the opener's are large. What each tells, by hand.
TELLS = {
    "opened, and closed by both sides": ("ShADadFf", "ShADadfF", "ShAFf"),
    "refused": ("Sr",),
    "opened, then reset": ("ShADaR", "ShADadr", "ShAR"),
    "opened, and still open": ("ShADad", "ShA"),
    "its beginning was not captured": ("DadFf", "AdaFf", "DadA"),
}

KNOWABLE = (
    "how many bytes of data A has sent, if nothing is missing in the capture",
    "which end sent the first FIN",
    "how much time lies between two packets where the capture was taken",
    "which number B expected next when it sent a packet",
)
UNKNOWABLE = (
    "whether the last packet arrived",
    "when B's program called accept()",
    "the scale of the windows, if the SYNs were not captured",
    "how many bytes B's program has read",
)

REMARKS = (
    "previous segment not captured",
    "duplicate ACK",
    "retransmission",
    "zero window",
    "keep-alive",
    "fast retransmission",
)


def _histories(draw: Draw, shared: Shared) -> Posed:
    """One history of each kind, and which kind it is."""
    kinds = draw.shuffled(list(TELLS))
    lettered = dict(zip("abcde", kinds, strict=True))
    order = draw.shuffled("abcde")
    names = [f"history {number}" for number in range(1, 6)]
    given = {
        name: draw.pick(TELLS[lettered[letter]]) for name, letter in zip(names, order, strict=True)
    }
    reset = next(letter for letter, kind in lettered.items() if kind == "opened, then reset")
    refused = next(letter for letter, kind in lettered.items() if kind == "refused")
    wrong = {
        name: (Wrong(reset, message("Was there ever a connection that could be reset?")),)
        if letter == refused
        else (
            Wrong(
                refused,
                message("Nothing but a reset answers a SYN that is refused. Is there more?"),
            ),
        )
        for name, letter in zip(names, order, strict=True)
    }
    return Posed({"it was": lettered, **given}, dict(zip(names, order, strict=True)), wrong)


def _knowable(draw: Draw, shared: Shared) -> Posed:
    known, unknown = draw.shuffled(KNOWABLE)[:3], draw.shuffled(UNKNOWABLE)[:3]
    mixed = draw.shuffled([*known, *unknown])
    lettered = dict(zip("abcdef", mixed, strict=True))
    right = "".join(letter for letter, text in lettered.items() if text in known)
    wrong_way = "".join(letter for letter in "abcdef" if letter not in right)
    says = message("Those are the things that a capture does not tell.")
    return Posed({"statements": lettered}, {ONLY: right}, {ONLY: (Wrong(wrong_way, says),)})


def _remarks(draw: Draw, shared: Shared) -> Posed:
    """A sender, a segment that the capture misses, and what follows; remarks known by rule."""
    seq, ack, size = isn(draw), isn(draw), draw.between(900, 1400)
    window, late = draw.between(20_000, 60_000), draw.between(250, 900)

    def row(number: int, ms: int, side: str, **rest: int) -> dict[str, Any]:
        own = {"seq": seq, "ack": ack} if side == "A" else {"seq": ack, "ack": seq + size}
        cells = {"no": number, "ms": ms, "from": side, **own, "len": 0, "win": window}
        return {**cells, **rest}

    rows = [
        row(1, 0, "A", len=size),
        row(2, 20, "B"),
        row(3, 22, "A", seq=seq + 2 * size, len=size),
        row(4, 42, "B"),
        row(5, 42 + late, "A", seq=seq + size, len=size),
        row(6, 62 + late, "B", ack=seq + 3 * size, win=0),
    ]
    mixed = draw.shuffled(REMARKS)
    lettered = dict(zip("abcdef", mixed, strict=True))
    letter = {text: key for key, text in lettered.items()}
    right = {
        "packet 3": letter["previous segment not captured"],
        "packet 4": letter["duplicate ACK"],
        "packet 5": letter["retransmission"],
        "packet 6": letter["zero window"],
    }
    wrong = {
        "packet 3": (
            Wrong(letter["retransmission"], message("Has this number been sent before?")),
        ),
        "packet 5": (
            Wrong(
                letter["fast retransmission"], message("How many duplicate ACKs came before it?")
            ),
            Wrong(letter["keep-alive"], message("A keep-alive brings at most one byte.")),
        ),
    }
    return Posed({"packets": rows, "remarks": lettered}, right, wrong)


def _half_closed(draw: Draw, shared: Shared) -> Posed:
    """One side closes; the other goes on sending for a while."""
    closer = draw.pick(SIDES)
    peer = other(closer)
    one, two = sizes(draw, 2)
    acts = (
        *opening(draw.pick(SIDES)),
        Act(closer, "send", E, after=20 * MS, data=bytes(one)),
        Act(closer, "close", E, after=60 * MS),
        Act(peer, "send", E, received=one, after=90 * MS, data=bytes(two)),
    )
    trace = play("half-closed", acts, hosts(draw))
    moments = (draw.pick((1, 2)), 6, draw.pick((7, 8, 9)))
    return at_moments(trace, draw.shuffled(moments))


def _ports(draw: Draw, shared: Shared) -> Posed:
    """A mixed capture: one port refused, one closed, one still open; one of the first two again."""
    twice, refused, still = draw.some(3, 40_000, 60_000)
    lines: list[tuple[int, str, str]] = [
        (twice, "out", "S"), (twice, "in", "SA"), (refused, "out", "S"), (twice, "out", "A"),
        (refused, "in", "RA"), (still, "out", "S"), (twice, "out", "FA"), (still, "in", "SA"),
        (twice, "in", "FA"), (twice, "out", "A"), (still, "out", "A"), (still, "out", "PA"),
    ]  # fmt: skip
    later: list[tuple[int, str, str]] = [
        (twice, "out", "S"), (twice, "in", "SA"), (still, "in", "A"), (twice, "out", "A"),
        (twice, "out", "RA"),
    ]  # fmt: skip
    tries: list[tuple[int, str, str]] = [
        (refused, "out", "S"), (still, "in", "A"), (refused, "in", "RA"), (refused, "out", "S"),
        (refused, "in", "RA"),
    ]  # fmt: skip
    again, count = draw.pick(((later, 4), (tries, 5)))
    lines += again
    rows = [
        {"no": number, "client's port": port, "to": "server" if way == "out" else "client",
         "flags": flags}
        for number, (port, way, flags) in enumerate(lines, 1)
    ]  # fmt: skip
    says = message("Does a new SYN after a FIN or a RST still belong to the old connection?")
    return Posed(
        {"one server, port 443": rows},
        {"conversations": count, "refused": refused, "still open": still},
        {
            "conversations": (
                Wrong(3, says),
                Wrong(2 * count, message("Both directions belong to one conversation.")),
            ),
            "refused": (
                Wrong(twice, message("That one was opened: its SYN was answered with a SYN,ACK.")),
            ),
            "still open": (Wrong(twice, message("Was it closed or reset after its last SYN?")),),
        },
    )


def packet(source: str, target: str, flags: str) -> Any:
    """A packet as the student's function gets it."""
    return {"from": source, "to": target, "flags": flags}


def talk_of(client: str, server: str, end: str) -> list[Any]:
    """A short conversation in which ``end`` says how it ends: closed, reset, or open."""
    there, back = (client, server), (server, client)
    steps = [(*there, "S"), (*back, "SA"), (*there, "A"), (*there, "PA"), (*back, "A")]
    if end == "closed":
        steps += [(*there, "FA"), (*back, "FA"), (*there, "A")]
    elif end == "reset":
        steps.append((*back, "R"))
    return [packet(*step) for step in steps]


def _mixed(draw: Draw, many: Sequence[list[Any]]) -> list[Any]:
    """The packets of all, each in its own order, in a drawn order of taking turns."""
    left = [list(each) for each in many]
    found = []
    while any(left):
        found.append(draw.pick([each for each in left if each]).pop(0))
    return found


def _captures(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for count in (2, 3, 4):
        server = f"198.51.100.{draw.between(1, 254)}:443"
        ports = draw.some(4, 1024, 65_000)
        clients = [f"192.0.2.{draw.between(1, 254)}:{port}" for port in ports]
        many = [talk_of(each, server, draw.pick(("closed", "reset", "open"))) for each in clients]
        calls.append(("one conversation", [many[0]]))
        calls.append(("one conversation", [_mixed(draw, many[:2])]))
        calls.append(("several that take turns", [_mixed(draw, many[:count])]))
        again = [*talk_of(clients[0], server, "closed"), *talk_of(clients[0], server, "open")]
        calls.append(("ports that are used again", [again]))
        calls.append(("ports that are used again", [_mixed(draw, [again, many[2]])]))
        calls.append(("a SYN that is sent again", [[many[1][0], *many[1]]]))
        calls.append(("a SYN that is sent again", [[many[1][0], *_mixed(draw, many[1:3])]]))
    return calls


ASSIGNMENT = assignment(
    "ps5-capture",
    message("Reading a capture"),
    "05",
    (
        Value(
            "q1", message("Five stories in letters"), 5,
            {f"history {n}": letters(5) for n in range(1, 6)}, _histories,
            (
                message("Large letters are the opener's: S a SYN, h the answer, A an ACK, "
"D data."),
                message("F and f are FINs, R and r resets. What should a history begin "
"with?"),
            ),
        ),
        Value(
            "q2", message("What a capture tells"), 3, {ONLY: Several(6)}, _knowable,
            (
                message("The capturing machine sees packets pass. What does it not see?"),
                message("Programs talk to their own kernel, not to the wire."),
            ),
        ),
        Value(
            "q3", message("What Wireshark would remark"), 4,
            {f"packet {n}": letters(6) for n in (3, 4, 5, 6)}, _remarks,
            (
                message("For each side keep a note of the next number that should come."),
                message("A number above it: something is missing. Below it: it was sent "
"before."),
            ),
        ),
        Value(
            "q4", message("Closed by half"), 6, state_parts(3), _half_closed,
            (
                message("Find the first FIN and the packet that acknowledges it."),
                message("Data after a FIN comes from the side that has not closed yet."),
            ),
            both_at(3),
        ),
        Value(
            "q5", message("Seventeen packets"), 3,
            {"conversations": Whole(1, 17), "refused": NUMBER, "still open": NUMBER}, _ports,
            (
                message("Write down one line for each SYN that opens something."),
                message("A refused SYN begins a conversation, too; a very short one."),
            ),
        ),
        Function(
            "q6", message("Count the conversations"), 4, "conversations", "packets",
            (
                Example((talk_of("192.0.2.1:50000", "198.51.100.1:443", "closed"),), 1),
                Example(
                    (
                        talk_of("192.0.2.1:50000", "198.51.100.1:443", "closed")
                        + talk_of("192.0.2.1:50000", "198.51.100.1:443", "open"),
                    ),
                    2,
                ),
            ),
            _captures,
            (
                message("A conversation is known by its two addresses, in whichever order."),
                message("When does a SYN begin a new one on the same addresses?"),
                message("Keep for each pair of addresses whether it is open: a FIN or a "
"RST ends it."),
            ),
        ),
        Written(
            "q7", message("Before you press start"), 4,
            (message("Whose packets will be in it?"), message("What may stand in their data?")),
        ),
    ),
)  # fmt: skip
