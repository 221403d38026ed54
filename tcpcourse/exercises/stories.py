"""Stories for exercises: always the same course of events, each time with other numbers.

In all of them ``opener`` opens actively and the other side listens. No number passes 2**32 − 1
unless the story is asked to wrap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tcpcourse.core.seq import MODULUS
from tcpcourse.core.states import State
from tcpcourse.exercises.draw import Draw
from tcpcourse.sources.simulation.network import simulate
from tcpcourse.sources.simulation.scenario import Act, Fault, Host, Scenario
from tcpcourse.trace import Side, Trace, other

E, CW = State.ESTABLISHED, State.CLOSE_WAIT
MS = 0.001  # a millisecond, in seconds


def isn(draw: Draw) -> int:
    """A first number from which no exercise gets near 2**32."""
    return draw.between(10_000_000, 4_200_000_000)


def late_isn(draw: Draw, before: int) -> int:
    """A first number so late that ``before`` bytes lead past 2**32 − 1."""
    return MODULUS - draw.between(before // 4, before // 2)


def hosts(
    draw: Draw,
    iss: tuple[int, int] | None = None,
    choices: tuple[Host, Host] = (Host(), Host()),
) -> tuple[Host, Host]:
    """Both ends with their owners' choices, and with drawn addresses, ports and first numbers."""
    numbers = iss or (isn(draw), isn(draw))
    ports = (draw.between(40_000, 60_000), draw.between(1_024, 9_999))
    return (
        replace(choices[0], address=f"192.0.2.{draw.between(1, 254)}:{ports[0]}", iss=numbers[0]),
        replace(
            choices[1], address=f"198.51.100.{draw.between(1, 254)}:{ports[1]}", iss=numbers[1]
        ),
    )


def opening(opener: Side) -> tuple[Act, ...]:
    """One side listens, the other opens."""
    return (Act(other(opener), "open_passive"), Act(opener, "open_active"))


def closing(closer: Side, after: float = 100 * MS) -> tuple[Act, ...]:
    """One side closes, later the other: four packets."""
    return (Act(closer, "close", E, after=after), Act(other(closer), "close", CW, after=50 * MS))


def play(
    title: str,
    acts: tuple[Act, ...],
    ends: tuple[Host, Host],
    faults: Mapping[int, Fault] | None = None,
    delay: float = 10 * MS,
) -> Trace:
    """The story of these acts; every packet travels ``delay`` seconds."""
    return simulate(Scenario(title, "", acts, *ends, delay=delay, faults=faults or {}))


def talk(
    draw: Draw,
    *,
    opener: Side = "A",
    closer: Side | None = None,
    sizes: tuple[int, int],
    ends: tuple[Host, Host] | None = None,
    faults: Mapping[int, Fault] | None = None,
) -> Trace:
    """The opener sends ``sizes[0]`` bytes, gets ``sizes[1]`` back, and ``closer`` closes.

    Without losses: 3 packets of handshake, question, ACK, answer, ACK, then 4 of the close.
    Both sizes fit one segment.
    """
    peer = other(opener)
    first, second = (bytes(size) for size in sizes)
    acts = [
        *opening(opener),
        Act(opener, "send", E, after=20 * MS, data=first),
        Act(peer, "send", E, received=len(first), after=5 * MS, data=second),
    ]
    if closer is not None:
        received = len(second) if closer == opener else 0
        acts.append(Act(closer, "close", E, received=received, after=100 * MS))
        acts.append(Act(other(closer), "close", CW, after=50 * MS))
    return play("talk", tuple(acts), ends or hosts(draw), faults)


def sizes(draw: Draw, count: int, least: int = 100, most: int = 1400) -> list[int]:
    """Lengths of data that cannot be taken for each other, nor for a header's length."""
    return draw.some(count, least, most, apart=20)
