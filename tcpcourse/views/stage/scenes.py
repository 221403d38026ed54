"""The scenes of a stage: a step each, or many in which nothing new happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from tcpcourse.trace import Ends, Step, Trace
from tcpcourse.views.stage.facts import Facts, changed, packets

WHOLE = 40  # a story of so many steps is shown step by step
MOST = 200  # steps of a longer one that get a scene of their own
EDGE = 8
LEAST = 3  # fewer steps than this are not worth being put together
_USUAL = {"duplicate ACK", "window update"}


@dataclass(frozen=True, slots=True)
class Scene:
    """Steps ``first`` … ``last`` of a trace (from 0), shown as one."""

    first: int
    last: int
    steps: Sequence[Step]

    @property
    def step(self) -> Step:
        """Its last step: where both ends stand after it."""
        return self.steps[-1]

    @property
    def before(self) -> Ends:
        """Both ends before it."""
        return self.steps[0].before

    @property
    def many(self) -> bool:
        """Whether it stands for more than one step."""
        return len(self.steps) > 1


def scenes(trace: Trace, facts: Facts, whole: int = WHOLE, most: int = MOST) -> list[Scene]:
    """The whole story in at most about two times ``most`` scenes; nothing is left out.

    Up to ``whole`` steps have a scene each.
    """
    steps = trace.steps
    if len(steps) <= whole:
        return [Scene(place, place, (step,)) for place, step in enumerate(steps)]
    kept = sorted(_worth_a_scene(steps, facts, most))
    found: list[Scene] = []
    for before, place in zip([-1, *kept], [*kept, len(steps)], strict=True):
        found += _between(steps, before + 1, place)
        if place < len(steps):
            found.append(Scene(place, place, (steps[place],)))
    return found


def _between(steps: Sequence[Step], start: int, stop: int) -> Iterator[Scene]:
    if stop - start >= LEAST:
        yield Scene(start, stop - 1, steps[start:stop])
    else:
        for place in range(start, stop):
            yield Scene(place, place, (steps[place],))


def _worth_a_scene(steps: Sequence[Step], facts: Facts, most: int) -> set[int]:
    count = len(steps)
    places: set[int] = set()
    for place in chain(
        (place for near in range(EDGE) for place in (near, count - 1 - near)),
        (place for place, step in enumerate(steps) if changed(step)),
        (place for place, step in enumerate(steps) if _goes_wrong(step, facts)),
        sorted(facts.silence, key=lambda place: -facts.silence[place]),
        _calls(steps),
    ):
        if len(places) >= most:
            break
        places.add(place)
    return places


def _goes_wrong(step: Step, facts: Facts) -> bool:
    for packet in packets(step):
        road = facts.roads[packet.number]
        if road.lost or road.forged or packet.fate == "duplicate" or set(packet.notes) - _USUAL:
            return True
    return False


def _calls(steps: Sequence[Step]) -> Iterable[int]:
    return (place for place, step in enumerate(steps) if step.packet is None and not step.sent)
