"""When something that was seen to pass may have reached the other end.

A bystander sees a packet after it was sent and before it arrives. What the other end sends
next tells more: it acknowledges what had come by then, and goes on as if nothing had come
when it had not. So each arrival has an earliest and a latest moment.

Moments are counted in packets: moment *n* is when *n* packets have passed the bystander.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from tcpcourse.sources.observer.evidence import Places

NEVER = 1 << 62
_LAST_NS = (1 << 63) - 1
LATEST = 3  # round trips that a packet may be under way
_NONE = np.zeros(0, np.int64)


class Doubt(Enum):
    """Why it is not known at which moment something happened."""

    NONE = "none"
    AGAIN = "it is sent again, so it may have been lost"
    CROSSING = "it was on its way when the other end sent"
    ANSWER = "a RST answers from an end that may have been gone before"
    UNSEEN = "the packet itself was not captured"
    MAYBE = "nothing seen tells whether it happened"


@dataclass(frozen=True, slots=True)
class Interval:
    """Something happened not before the moment ``lo``, and by the moment ``hi``.

    ``by`` is the place of the packet that brought it, or shows it; ``None`` if none was seen.
    ``lost`` are places of packets that brought it in vain.
    """

    lo: int
    hi: int
    by: int | None = None
    doubt: Doubt = Doubt.NONE
    lost: tuple[int, ...] = ()

    @property
    def certain(self) -> bool:
        """The moment is known."""
        return self.lo == self.hi


NOT_AT_ALL = Interval(NEVER, NEVER)


def since(moment: int) -> Interval:
    """It was so from this moment on, and before it was not."""
    return Interval(moment, moment)


def first(places: Places) -> int | None:
    """The first of some places."""
    return int(places[0]) if len(places) else None


@dataclass(frozen=True, slots=True)
class Clock:
    """When packets passed, and how long one may be under way, all in nanoseconds."""

    time: NDArray[np.int64]
    round_trip: int

    @property
    def horizon(self) -> int:
        """What is later than this was not late, but lost."""
        return LATEST * self.round_trip

    def recent(self, places: Places, place: int) -> Places:
        """Those before ``place`` that may still have been under way then."""
        before = places[: np.searchsorted(places, place)]
        found: Places = before[self.time[before] >= self.time[place] - self.horizon]
        return found

    def landed(self, place: int) -> int:
        """The moment by which the packet at ``place`` is no longer under way."""
        end = int(self.time[place]) + self.horizon
        later = np.searchsorted(self.time[place:], min(end, _LAST_NS), "right")
        moment = place + int(later)
        return moment if moment < len(self.time) else NEVER


def arrival(
    clock: Clock,
    start: int,
    carriers: Places,
    contrary: Places = _NONE,
    proof: int | None = None,
    *,
    repeats: bool = False,
) -> Interval:
    """When an end got what any of the packets ``carriers`` brings.

    ``contrary`` are packets that the end sent before it had it, ``proof`` is the first that it
    sent afterwards. ``repeats`` says that a carrier is sent again only when the one before may
    have been lost; otherwise all that follows carries it anyway. ``start`` is the first moment
    to be thought of.
    """
    limit = NEVER if proof is None else proof
    carriers = carriers[: np.searchsorted(carriers, limit)]
    contrary = contrary[: np.searchsorted(contrary, limit)]
    if not len(carriers):
        if proof is None:
            return NOT_AT_ALL
        before = first(contrary[::-1])
        lo = start if before is None else max(start, before + 1)
        return Interval(lo, proof + 1, None, Doubt.UNSEEN)
    after_first = contrary[np.searchsorted(contrary, carriers[0]) :]
    if not len(after_first):
        if not repeats or len(carriers) == 1:
            return Interval(int(carriers[0]) + 1, int(carriers[0]) + 1, int(carriers[0]))
        return Interval(int(carriers[0]) + 1, int(carriers[-1]) + 1, int(carriers[-1]), Doubt.AGAIN)
    last = int(after_first[-1])
    crossing = clock.recent(carriers, last)
    later = carriers[np.searchsorted(carriers, last) :]
    lost = tuple(carriers[: np.searchsorted(carriers, last) - len(crossing)].tolist()[-8:])
    if not len(crossing):
        if len(later):
            end = int(later[-1] if repeats else later[0])
            doubt = Doubt.NONE if end == later[0] else Doubt.AGAIN
            return Interval(int(later[0]) + 1, end + 1, end, doubt, lost)
        hi = NEVER if proof is None else proof + 1
        return Interval(last + 1, hi, int(carriers[-1]), Doubt.AGAIN, lost)
    lo = int(crossing[0]) + 1
    if len(later):
        end = int(later[-1] if repeats else later[0])
        return Interval(lo, end + 1, end, Doubt.CROSSING, lost)
    by = int(crossing[-1])
    hi = max(last + 1, clock.landed(by)) if proof is None else proof + 1
    return Interval(lo, hi, by, Doubt.CROSSING, lost)


def departure(clock: Clock, place: int, unheard: Places) -> Interval:
    """When an end sent the packet at ``place``, which knew nothing of ``unheard`` yet.

    Those came from the other side and passed before it. So it was sent before they arrived,
    and may have been under way already while they passed.
    """
    crossed = clock.recent(unheard, place)
    if not len(crossed):
        return Interval(place + 1, place + 1, place)
    return Interval(int(crossed[0]) + 1, place + 1, place, Doubt.CROSSING)
