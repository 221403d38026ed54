"""What to say about an answer that a known misconception gives, with no right answer in it.

Numbers, states and words are those of ``tcpcourse.views.misconceptions``, as in the predictor.
There a second try is told why; here an answer that will be graded must not be.
"""

from __future__ import annotations

from collections.abc import Collection

from tcpcourse.core.states import State
from tcpcourse.exercises.values import Wrong
from tcpcourse.trace import Packet, Trace
from tcpcourse.views.basis import Basis
from tcpcourse.views.misconceptions import (
    Field,
    Misconception,
    Way,
    confusion,
    first_words,
    wrong_answers,
)


def of_number(
    trace: Trace,
    packet: Packet,
    basis: Basis,
    field: Field,
    relative: bool,
    columns: Collection[str],
) -> tuple[Wrong, ...]:
    """The wrong numbers that have a name, for one field of a packet; each number once.

    Nobody counts what is not in the ``columns`` that are shown.
    """
    found: dict[int, list[Misconception]] = {}
    for each in wrong_answers(trace, packet, basis, field, relative):
        if each.needs is None or each.needs in columns:
            found.setdefault(each.value, []).append(each)
    return tuple(
        Wrong(value, first_words(each.says for each in ideas)) for value, ideas in found.items()
    )


def of_state(right: str, way: Way | None = None) -> tuple[Wrong, ...]:
    """All other states, each with what takes this one for it; ``way`` is how it was reached."""
    true = State[right]
    return tuple(
        Wrong(str(given), confusion(true, given, way).says) for given in State if given is not true
    )


def besides(own: tuple[Wrong, ...], others: tuple[Wrong, ...]) -> tuple[Wrong, ...]:
    """A question's own words, and of the others those for which it has none."""
    known = [each.value for each in own]
    return (*own, *(each for each in others if each.value not in known))
