"""What one could do next: a single move, in the words of the playground.

It knows no protocol: it asks which calls are allowed, and follows a story that a lecturer
would tell: open, send a message each way, close, wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tcpcourse.core.states import State
from tcpcourse.sources.simulation.script import Workbench
from tcpcourse.trace import SIDES, Packet, Side, other
from tcpcourse.views.hands.words import WORDS
from tcpcourse.views.stage.words import flags
from tcpcourse.words import message, say

CLOSED, LISTEN, OPEN = State.CLOSED, State.LISTEN, State.ESTABLISHED
START_AGAIN = "start again"
_SPOKEN = {
    "listen": WORDS["try_listen"],
    "connect": WORDS["try_connect"],
    "send": WORDS["try_send"],
    "close": WORDS["try_close"],
    "abort": WORDS["try_abort"],
    "timer retransmission": WORDS["try_timer"],
    "timer time-wait": WORDS["try_2msl"],
    "deliver": WORDS["try_deliver"],
    "lose": message("Lose {packet}"),
    "duplicate": message("Copy {packet}"),
    "delay": message("Delay {packet}"),
}


def proposal(bench: Workbench) -> str:
    """A move that can be made now, or ``START_AGAIN``."""
    return next(_ideas(bench), START_AGAIN)


def _ideas(bench: Workbench) -> Iterator[str]:
    states = {side: bench.endpoints[side].state for side in SIDES}

    def can(side: Side, move: str) -> bool:
        return bench.why_not(f"{side} {move}") is None

    def either(move: str, wanted: Callable[[Side], bool] = lambda _: True) -> Iterator[str]:
        return (f"{side} {move}" for side in SIDES if can(side, move) and wanted(side))

    if bench.flying:
        yield f"deliver {bench.flying[0].number}"
    if set(states.values()) == {CLOSED}:
        yield START_AGAIN if bench.moves else "B listen"
    if set(states.values()) == {LISTEN}:
        yield "A connect"
    yield from either("timer retransmission")
    yield from either("timer time-wait")
    yield from either("connect", lambda side: states[side] is CLOSED)
    yield from either("close", lambda side: states[side] is State.CLOSE_WAIT)
    if set(states.values()) == {OPEN} and not any(" send" in move for move in bench.moves):
        yield "A send"
    if set(states.values()) == {OPEN}:
        yield "A close"
    yield from either("close", lambda side: states[side] is not LISTEN)
    yield from either("abort", lambda side: states[other(side)] is CLOSED)


def spoken(move: str, bench: Workbench) -> str:
    """A move as it is proposed: ``Deliver A's SYN to B``."""
    if move == START_AGAIN:
        return say(WORDS["try_again"])
    first, _, rest = move.partition(" ")
    found: Packet | None = None
    if first in SIDES:
        what = rest if rest.startswith("timer") else rest.split(" ")[0]
    else:
        what = first
        found = next((each for each in bench.flying if str(each.number) == rest), None)
    if what not in _SPOKEN or (first not in SIDES and found is None):
        return move
    places: dict[str, str] = {"end": first}
    if found is not None:
        places = {"packet": named(found), "end": found.receiver}
    return say(_SPOKEN[what].filled(**places))


def named(packet: Packet) -> str:
    """``A's SYN``"""
    return say(WORDS["packet"].filled(end=packet.sender, flags=flags(packet)))
