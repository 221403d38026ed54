"""Everything two endpoints can do: all calls, deliveries, losses and timeouts, to the bounds.

``explore`` walks breadth-first through every moment that two real ``Endpoint`` machines and
the segments between them can reach, so the first way it finds to a pair of states is a
shortest one. What it says is proved within its bounds, and its bounds are said.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.states import State
from tcpcourse.core.table import TRANSITIONS, Row
from tcpcourse.core.work import POLICIES, Settings
from tcpcourse.sources.progress import Progress, Told
from tcpcourse.sources.simulation.checks import check_whole
from tcpcourse.sources.simulation.walk import Pair, Walker
from tcpcourse.words import listed, message


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far to look. All are counts over the whole story.

    ``in_flight`` is the most segments one direction may hold at a time, ``opens`` the OPEN
    calls an end may make, ``losses``, ``resends`` (retransmission timeouts), ``aborts`` and
    ``timeouts`` (user timeouts) what may happen in all, ``sends`` how many times an end may
    send one byte. ``moments`` is where it gives up.
    """

    in_flight: int = 2
    opens: int = 1
    losses: int = 1
    resends: int = 1
    aborts: int = 1
    timeouts: int = 0
    sends: int = 0
    moments: int = 200_000

    def __post_init__(self) -> None:
        for entry in fields(self):
            check_whole(entry.name, getattr(self, entry.name), 0)


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found; every story is a tuple of lines, one an event.

    ``stories`` has a shortest story to each reachable pair of states (A's, B's), ``fired``
    each row that fired with a shortest story to its firing, ``stuck`` the pairs in which
    nothing but an ABORT or a user's patience can ever happen again, each with a story.
    ``moments`` is how many different moments were seen; ``cut_off`` how many stories ran
    into the bound on segments in flight.
    """

    bounds: Bounds
    policy: str
    stories: dict[Pair, tuple[str, ...]] = field(repr=False)
    fired: dict[Row, tuple[str, ...]] = field(repr=False)
    stuck: dict[Pair, tuple[str, ...]] = field(repr=False)
    moments: int
    cut_off: int

    @property
    def pairs(self) -> frozenset[Pair]:
        """The pairs of states that can happen."""
        return frozenset(self.stories)

    def ways_into(self, state: State) -> tuple[Row, ...]:
        """The rows that fired and lead into ``state`` from another, in the table's order."""
        return tuple(
            row
            for row in TRANSITIONS
            if row in self.fired and row.next is state and row.changes_state
        )

    @property
    def silent(self) -> tuple[Row, ...]:
        """The rows of this policy that never fired within the bounds."""
        return tuple(
            row
            for row in TRANSITIONS
            if row not in self.fired and row.policy in (None, self.policy)
        )


def explore(
    bounds: Bounds | None = None,
    *,
    policy: str = "rfc5961",
    progress: bool | Told = True,
    **limits: int,
) -> Exploration:
    """Walk through everything two endpoints can do, and say what was found.

    ``bounds`` (or its fields as keywords, such as ``losses=2``) says how far; ``policy`` is
    ``"rfc5961"`` or ``"rfc793"``. After a second a bar shows how many moments were visited, of
    those known so far; ``progress=False`` keeps it away, and a function is called with both
    numbers instead. It can be interrupted at any moment. Raises ``TcpCourseError`` when there
    are more moments than the bounds allow, or for a bound it does not know.

    >>> found = explore(losses=0, resends=0, aborts=0)
    >>> for row in found.ways_into(State.TIME_WAIT):
    ...     print(row.state)
    FIN_WAIT_1
    FIN_WAIT_2
    CLOSING
    """
    if policy not in POLICIES:
        raise TcpCourseError(
            message(
                "There is no policy {policy!r:.60}; there are {policies}.",
                policy=policy,
                policies=listed(POLICIES, ends=True),
            )
        )
    known = [entry.name for entry in fields(Bounds)]
    if unknown := sorted(set(limits) - set(known)):
        raise TcpCourseError(
            message(
                "There is no bound {bound!r:.60}; there are {known}.",
                bound=unknown[0],
                known=listed(known),
            )
        )
    if bounds is not None and (limits or not isinstance(bounds, Bounds)):
        raise TcpCourseError(message("Give the bounds as one Bounds, or each of them by its name."))
    found = bounds or Bounds(**limits)
    spending = (
        *(found.opens, found.opens, found.sends, found.sends),
        *(found.losses, found.resends, found.aborts, found.timeouts),
    )
    walker = Walker(Settings(policy=policy), spending, found.in_flight)  # type: ignore[arg-type]
    with Progress("exploring", progress, unit=" moments") as shown:
        walker.walk(found.moments, shown)
    return Exploration(
        found,
        policy,
        {pair: walker.story(moment) for pair, moment in walker.first.items()},
        {row: walker.story(*reached) for row, reached in walker.fired.items()},
        {pair: walker.story(moment) for pair, moment in walker.stuck.items()},
        len(walker.parents),
        walker.cut_off,
    )
