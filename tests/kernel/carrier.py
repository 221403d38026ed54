"""Carries segments between our endpoint and the kernel until something has come about.

For stories that are too long to be told segment by segment. There is no model here: what
counts is that every byte arrives, and the states at the end.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

from tcpcourse.core.segment import Segment

from .lab import GLANCE, PATIENCE, Lab

OUR_TIMEOUT = 0.05  # seconds of silence, then our retransmission timer runs out


def carry(
    lab: Lab,
    until: Callable[[], bool],
    wire: random.Random | None = None,
    *,
    reading: bool = True,
) -> None:
    """Let segments travel until ``until()``; a seeded ``wire`` loses, doubles and swaps them.

    Our application takes what arrives at once, if it is ``reading`` at all.
    """
    deadline, quiet = time.monotonic() + PATIENCE, time.monotonic()
    while not until():
        if time.monotonic() > deadline:
            lab.fail(f"not within {PATIENCE} s; we are {lab.us}, the kernel {lab.kernel_state}")
        lab.listen_for_kernel(GLANCE, again=True)
        arriving = list(travel(list(lab.theirs), wire))
        lab.theirs.clear()
        while arriving and not until():  # an end that is closed would answer the rest with a RST
            lab.theirs.append(arriving.pop(0))
            lab.to_us()
            if reading and lab.us.tcb.rcvq:
                lab.we("receive")
            quiet = time.monotonic()
        lab.theirs.extend(arriving)
        if lab.us.tcb.in_flight and time.monotonic() - quiet > OUR_TIMEOUT:
            lab.we("tick", "retransmission")
            quiet = time.monotonic()
        leaving, lab.ours = list(lab.ours), type(lab.ours)()
        for segment in travel(leaving, wire):
            lab.net.send(segment, lab.our_port, lab.kernel_port)


def travel(segments: list[Segment], wire: random.Random | None) -> Iterator[Segment]:
    """What comes out at the other end: of twenty one is lost, one doubled and one overtaken."""
    late: list[Segment] = []
    for segment in segments:
        fate = 19 if wire is None else wire.randrange(20)
        if fate == 0:
            continue
        if fate == 1:
            late.append(segment)
            continue
        yield segment
        if fate == 2:
            yield segment
    yield from late
