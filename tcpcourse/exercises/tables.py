"""Questions about a trace: hidden numbers, states, the order of packets, an impossible packet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tcpcourse.core.seq import MODULUS
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import STATE, Form
from tcpcourse.exercises.mistakes import of_number, of_state
from tcpcourse.exercises.values import ONLY, Posed, Wrong
from tcpcourse.trace import SIDES, Packet, Trace
from tcpcourse.views.basis import bases, states_after
from tcpcourse.views.misconceptions import Field, right_answer, way_taken
from tcpcourse.words import message

HIDDEN = "?"
COLUMNS = ("no", "from", "flags", "seq", "ack", "len")
NUMBERS = ("seq", "ack", "len")
Cells = dict[str, Any]


def row_of(packet: Packet, columns: Sequence[str] = COLUMNS, *, relative: bool = False) -> Cells:
    """One packet as plain data; ``win`` is in bytes, ``win field`` as it stands in the header."""
    segment = packet.segment
    cells: Cells = {
        "no": packet.number,
        "ms": packet.sent_ns // 1_000_000,
        "from": packet.sender,
        "flags": str(segment.flags),
        "seq": right_answer(packet, "seq", relative),
        "ack": right_answer(packet, "ack", relative),
        "len": len(segment.data),
        "win": packet.scaled_window,
        "win field": segment.window,
        "frame": packet.frame_len,
        "options": str(segment.options) or None,
    }
    return {name: cells[name] for name in columns}


def rows_of(
    trace: Trace,
    columns: Sequence[str] = COLUMNS,
    *,
    relative: bool = False,
    until: int | None = None,
) -> list[Cells]:
    """The packets as plain data, up to packet ``until``."""
    return [
        row_of(packet, columns, relative=relative)
        for packet in trace.packets
        if until is None or packet.number <= until
    ]


def fill(
    trace: Trace,
    asked: Mapping[str, tuple[int, str]],
    *,
    relative: bool = False,
    columns: Sequence[str] = COLUMNS,
    until: int | None = None,
    facts: Mapping[str, Any] | None = None,
    caption: str = "packets",
) -> Posed:
    """Hide cells of the table and ask for them: part → (packet's number, column)."""
    rows = rows_of(trace, columns, relative=relative, until=until)
    known = bases(trace)
    right: dict[str, Any] = {}
    wrong: dict[str, tuple[Wrong, ...]] = {}
    for part, (number, column) in asked.items():
        packet = trace.packet(number)
        row = next(row for row in rows if row["no"] == number)
        right[part] = row_of(packet, (column,), relative=relative)[column]
        row[column] = HIDDEN
        if column in NUMBERS:
            wrong[part] = of_number(
                trace, packet, known[number], cast(Field, column), relative, columns
            )
    return Posed({**(facts or {}), caption: rows}, right, wrong)


def states(
    trace: Trace,
    moments: Sequence[int],
    *,
    facts: Mapping[str, Any] | None = None,
    until: int | None = None,
    relative: bool = True,
) -> Posed:
    """Ask for both ends' states after packets have arrived: parts are like ``A after 2``."""
    after = states_after(trace)
    right = {
        f"{side} after {number}": str(after[number].of(side))
        for number in moments
        for side in SIDES
    }
    given = {**(facts or {}), "packets": rows_of(trace, relative=relative, until=until)}
    wrong = {
        f"{side} after {number}": of_state(
            right[f"{side} after {number}"], way_taken(trace, number, side)
        )
        for number in moments
        for side in SIDES
    }
    return Posed(given, right, wrong)


def at_moments(trace: Trace, moments: Sequence[int], *, relative: bool = True) -> Posed:
    """The same for moments in a drawn order: parts are like ``A at 1``, for the first of them."""
    posed = states(trace, moments, relative=relative)
    named = {
        f"{side} after {packet}": f"{side} at {number}"
        for number, packet in enumerate(moments, 1)
        for side in SIDES
    }
    rows = [{"moment": number, "after packet": packet} for number, packet in enumerate(moments, 1)]
    return Posed(
        {"moments": rows, **posed.given},
        {name: posed.right[part] for part, name in named.items()},
        {name: posed.wrong[part] for part, name in named.items()},
    )


def both_at(count: int) -> tuple[tuple[str, ...], ...]:
    """The parts that ``at_moments`` asks for, those of one moment together."""
    return tuple(tuple(f"{side} at {number}" for side in SIDES) for number in range(1, count + 1))


def state_parts(count: int) -> dict[str, Form]:
    """The form of each of them."""
    return {part: STATE for pair in both_at(count) for part in pair}


def order(trace: Trace, draw: Draw, until: int, *, relative: bool = False) -> Posed:
    """Shuffle the first packets and ask for their order."""
    rows = rows_of(trace, COLUMNS[1:], relative=relative, until=None)[:until]
    mixed = draw.shuffled(range(len(rows)))
    letters = "abcdefghijkl"
    table = [{"letter": letters[at], **rows[place]} for at, place in enumerate(mixed)]
    true = [letters[mixed.index(place)] for place in range(len(rows))]
    by_seq = sorted(table, key=lambda row: (row["seq"], row["ack"] or 0, row["len"]))
    one_side_first = sorted(table, key=lambda row: (row["from"], row["seq"], row["ack"] or 0))
    wrong = tuple(
        Wrong([row["letter"] for row in mistaken], says)
        for mistaken, says in (
            (by_seq, message("You sorted by seq alone. Each direction has numbers of its own.")),
            (one_side_first, message("You put one side's packets first. They answer each other.")),
        )
        if [row["letter"] for row in mistaken] != true
    )
    return Posed({"packets": table}, {ONLY: true}, {ONLY: wrong})


Change = Callable[[Cells, Draw], int]
"""Changes a row; gives how far all later numbers of its side move with it, mostly 0."""


@dataclass(frozen=True)
class Tamper:
    """A change that makes a packet impossible: which packet, what in its row, which rule it
    breaks; ``also`` are other rules that it breaks as well."""

    number: int
    change: Change
    rule: str
    also: tuple[str, ...] = ()


def impossible(
    trace: Trace,
    draw: Draw,
    rules: Sequence[str],
    tampers: Sequence[Tamper],
    *,
    relative: bool = True,
    until: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Posed:
    """Change one packet so that no TCP sends it, and ask which, and which rule it breaks.

    The rules stand in a drawn order. Later packets follow the change, so that no other lies.
    """
    tamper = draw.pick(tampers)
    rows = rows_of(trace, relative=relative, until=until)
    changed = next(row for row in rows if row["no"] == tamper.number)
    moved = tamper.change(changed, draw)
    for row in rows[tamper.number :]:
        column = "seq" if row["from"] == changed["from"] else "ack"
        row[column] = (row[column] + moved) % MODULUS
    lettered, right = choice(draw, rules, tamper.rule)
    also = tuple(letter for letter, text in lettered.items() if text in tamper.also)
    near = Wrong(
        tamper.number + 1, message("Judge each packet by those before it: which is the first?")
    )
    return Posed(
        {**(facts or {}), "rules": lettered, "packets": rows},
        {"packet": tamper.number, "rule": right},
        {"packet": (near,)},
        {"rule": also},
    )


def added(column: str, least: int, most: int, *, moves: bool = False) -> Change:
    """A change that adds a drawn count to a number; what comes later may move with it."""

    def change(row: Cells, draw: Draw) -> int:
        count = draw.between(least, most)
        row[column] = ((row[column] or 0) + count) % MODULUS
        return count if moves else 0

    return change


def choice(draw: Draw, options: Sequence[str], right: str) -> tuple[dict[str, str], str]:
    """Options in a drawn order under letters, and the letter of the right one."""
    mixed = draw.shuffled(options)
    lettered = dict(zip("abcdefghijkl", mixed, strict=False))
    return lettered, next(letter for letter, text in lettered.items() if text == right)
