"""The reaction table as it travels in a page: packed small, and unpacked again.

A page unpacks the same bytes with a few lines of script. Nearly all answers are an ACK of
where the end stands, or the RST that a segment draws; so each end carries its ACK and each
segment its RST, and what is left over are few different answers, met over and over.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tcpcourse.core.states import State
from tcpcourse.sources.simulation.reactions import (
    OWN,
    PEERS,
    REFUSED,
    Answer,
    Kind,
    Number,
    ReactionTable,
    number,
)

SAME, ACK, RESET = -1, -1, -2
"""In place of a TCB: the one before. In place of a segment: the end's ACK, the segment's RST."""
LOWEST = -3  # of the numbers that stand for no answer


class PageEnd(NamedTuple):
    """What a page shows of a TCB: its state, the number of its ISN, SND.UNA and SND.NXT beyond
    it, the number of the peer's ISN (``None``: not known) and RCV.NXT beyond that."""

    state: State
    isn: int
    una: int
    nxt: int
    irs: int | None
    rcv: int


@dataclass(frozen=True)
class Carried:
    """The table as a page has it: like ``ReactionTable``, with ends for TCBs.

    ``own[end][event]`` and ``arrivals[end][segment]`` are answers, or one of ``REFUSED``,
    ``EDGE``, ``NEVER``.
    """

    ends: tuple[PageEnd, ...] = field(repr=False)
    segments: tuple[Kind, ...] = field(repr=False)
    own: tuple[tuple[Answer | int, ...], ...] = field(repr=False)
    arrivals: tuple[tuple[Answer | int, ...], ...] = field(repr=False)


def pack(table: ReactionTable) -> str:
    """The table as base64 of gzip, the same bytes every time (ASCII).

    Inside: four bytes with the length of a JSON text, the JSON, then one byte for each cell
    of the arrivals (the low ones), then another (the high ones).
    """
    acks, resets = _usual(table)
    known: dict[tuple[Any, ...], int] = {}

    def brief(end: int, segment: int, place: int) -> int:
        if place < 0:
            return place
        after, sent, rows = table.answers[place]
        told = tuple(
            ACK if each == acks[after] else RESET if each == resets[segment] else each
            for each in sent
        )
        answer = (SAME if after == end else after, told, rows)
        return known.setdefault(answer, len(known))

    own = [[brief(end, -1, place) for place in row] for end, row in enumerate(table.own)]
    cells = [
        brief(end, segment, place) - LOWEST
        for end, row in enumerate(table.arrivals)
        for segment, place in enumerate(row)
    ]
    text = json.dumps(
        {
            "ends": [_end(tcb) for tcb in table.tcbs],
            "segments": [_kind(kind) for kind in table.segments],
            "acks": acks,
            "resets": resets[:-1],
            "answers": list(known),
            "own": own,
        },
        separators=(",", ":"),
    ).encode("ascii")
    low, high = bytes(cell & 255 for cell in cells), bytes(cell >> 8 for cell in cells)
    packed = gzip.compress(len(text).to_bytes(4, "little") + text + low + high, 9, mtime=0)
    return b64encode(packed).decode("ascii")


def unpack(text: str) -> Carried:
    """What ``pack`` has packed."""
    whole = gzip.decompress(b64decode(text))
    start = 4 + int.from_bytes(whole[:4], "little")
    data = json.loads(whole[4:start])
    ends, width = data["ends"], len(data["segments"])
    half = len(ends) * width
    low, high = whole[start : start + half], whole[start + half :]

    def full(end: int, segment: int, place: int) -> Answer | int:
        if place < 0:
            return place
        after, sent, rows = data["answers"][place]
        after = end if after == SAME else after
        usual = {ACK: data["acks"][after], RESET: data["resets"][segment] if segment >= 0 else None}
        return Answer(after, tuple(usual.get(each, each) for each in sent), tuple(rows))

    return Carried(
        tuple(PageEnd(State(each[0]), *each[1:]) for each in ends),
        tuple(
            Kind(flags, seq and Number(*seq), ack and Number(*ack), size)
            for flags, seq, ack, size in data["segments"]
        ),
        tuple(tuple(full(end, -1, place) for place in row) for end, row in enumerate(data["own"])),
        tuple(
            tuple(
                full(end, segment, low[cell] + (high[cell] << 8) + LOWEST)
                for segment, cell in enumerate(range(end * width, (end + 1) * width))
            )
            for end in range(len(ends))
        ),
    )


def _usual(table: ReactionTable) -> tuple[list[int], list[int]]:
    """For each TCB the ACK it mostly sends, for each segment the RST it mostly draws.

    −3 where there is none; a last entry of the second is for events without a segment.
    """
    acks: list[Counter[int]] = [Counter() for _ in table.tcbs]
    resets: list[Counter[int]] = [Counter() for _ in range(len(table.segments) + 1)]
    for row in table.arrivals:
        for segment, place in enumerate(row):
            if place <= REFUSED:
                continue
            answer = table.answers[place]
            for sent in answer.sent:
                flags = table.segments[sent].flags
                if flags == "A":
                    acks[answer.after][sent] += 1
                elif "R" in flags:
                    resets[segment][sent] += 1
    return _most(acks), _most(resets)


def _most(counts: list[Counter[int]]) -> list[int]:
    return [count.most_common(1)[0][0] if count else LOWEST for count in counts]


def _end(tcb: Any) -> list[int | None]:
    own, peers = number(tcb.iss, OWN).isn, None
    received = 0
    if tcb.irs is not None:
        peers = number(tcb.irs, PEERS).isn
        received = tcb.rcv_nxt - tcb.irs
    return [tcb.state.value, own, tcb.snd_una - tcb.iss, tcb.snd_nxt - tcb.iss, peers, received]


def _kind(kind: Kind) -> list[Any]:
    return [kind.flags, kind.seq, kind.ack, kind.size]
