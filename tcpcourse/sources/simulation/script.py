"""Two real endpoints and a wire in your hands: a list of moves, and the story they make.

A move is a few words, such as ``A connect``, ``deliver 1`` or ``lose 2``. The list of moves is
the whole state: undoing is playing all but the last again, and the list as text is a script
that anybody can play. There is no protocol in here; that is the endpoints' business.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import CallError, TcpCourseError
from tcpcourse.core.states import TIMERS, Event
from tcpcourse.sources.simulation.durations import nanoseconds
from tcpcourse.sources.simulation.engine import Engine
from tcpcourse.sources.simulation.rto import MILLISECOND
from tcpcourse.sources.simulation.scenario import Act, Scenario, changed
from tcpcourse.sources.simulation.wire import HeldWire
from tcpcourse.trace import SIDES, Packet, Side, Trace
from tcpcourse.words import listed, message

CALLS = {
    "listen": Event.OPEN_PASSIVE,
    "connect": Event.OPEN_ACTIVE,
    "send": Event.SEND,
    "close": Event.CLOSE,
    "abort": Event.ABORT,
}
"""What a user mostly does, and the call that it is."""

ACTS = ("listen", "connect", "send", "receive", "close", "abort", "grow", "crash", "inject")
"""All that can be done at an end; ``Act`` tells what each is."""

FATES = ("deliver", "lose", "duplicate", "delay")
"""What can be done with a packet on the wire; ``delay`` lets all others go first."""

TRAVEL, THINK = 10 * MILLISECOND, MILLISECOND
DATA = b"hello"
MOST_MOVES = 500
_OPEN = "B listen; A connect; deliver 1; deliver 2; deliver 3"

PRESETS: dict[str, str] = {
    message("three-way handshake"): _OPEN,
    message("a message"): f"{_OPEN}; A send hello; deliver 4; deliver 5",
    message(
        "close: four packets"
    ): f"{_OPEN}; A close; deliver 4; deliver 5; B close; deliver 6; deliver 7; A timer time-wait",
    message(
        "close: three packets"
    ): f"{_OPEN}; A close; deliver 4; lose 5; B close; deliver 6; deliver 7; A timer time-wait",
    message(
        "simultaneous open"
    ): "A connect; B connect; deliver 1; deliver 2; deliver 3; deliver 4",
    message(
        "simultaneous close"
    ): f"{_OPEN}; A close; B close; deliver 4; deliver 5; deliver 6; deliver 7;"
    " A timer time-wait; B timer time-wait",
    message(
        "a lost last ACK"
    ): f"{_OPEN}; A close; deliver 4; deliver 5; B close; deliver 6; lose 7;"
    " B timer retransmission; deliver 8; deliver 9; A timer time-wait",
    message("nobody listens"): "A connect; deliver 1; deliver 2",
    message("abort"): f"{_OPEN}; A abort; deliver 4",
}
"""Scripts to begin with, by name."""


BY_HAND = Scenario(
    "script", message("Moves made one by one."), (), title=message("A story made by hand")
)
BY_THE_WIRE = ("acts", "delay", "duplication", "faults", "loss", "reordering", "seed")


class Workbench:
    """The moves so far, and what came of them.

    ``story`` is a scenario without acts, whose ends are used; ``moves`` are the moves so far
    and ``undone`` those that can be redone.
    """

    def __init__(self, script: str = "", story: Scenario = BY_HAND) -> None:
        self.story = story
        self.clear()
        self.play(script)

    def clear(self) -> None:
        """Forget all moves, also those undone."""
        self.undone: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.moves: list[str] = []
        self._wire = HeldWire()
        self._engine = Engine(self.story, self._wire)

    @property
    def endpoints(self) -> dict[Side, Endpoint]:
        """The two ends."""
        return {side: station.endpoint for side, station in self._engine.stations.items()}

    @property
    def flying(self) -> list[Packet]:
        """The packets on the wire, in the order in which they would arrive."""
        return self._wire.flying

    # --- moves -------------------------------------------------------------------------------

    def do(self, move: str) -> None:
        """One move. Raises ``TcpCourseError`` and changes nothing when it is not possible."""
        self._do(move)
        self.undone.clear()

    def play(self, script: str) -> None:
        """All moves of a script, parted by semicolons or lines, until one is not possible."""
        for move in moves_of(script):
            self.do(move)

    def undo(self) -> None:
        """Take the last move back; with none, nothing happens."""
        if self.moves:
            *kept, last = self.moves
            self._begin()
            for move in kept:
                self._do(move)
            self.undone.append(last)

    def redo(self) -> None:
        """Do again what was undone last; with nothing undone, nothing happens."""
        if self.undone:
            self._do(self.undone.pop())

    def why_not(self, move: str) -> str | None:
        """Why a call or timer is not possible now, in the RFC's words; ``None`` if it is."""
        who, what, *rest = move.split()
        event = TIMERS[rest[0]] if what == "timer" else CALLS[what]
        return self.endpoints[_side(who)].allows(event)

    @property
    def script(self) -> str:
        """The moves as text, to be played again or given to somebody else."""
        return "; ".join(self.moves)

    @property
    def trace(self) -> Trace:
        """The story so far; packets still on the wire have not arrived."""
        return self._engine.trace()

    def _do(self, move: str) -> None:
        words = move.split()
        if len(self.moves) >= MOST_MOVES:
            raise TcpCourseError(message("A script has at most {most} moves.", most=MOST_MOVES))
        if len(words) >= 2 and words[0] in SIDES:
            if words[1] == "timer":
                self._run_out(_side(words[0]), " ".join(words[2:]))
            else:
                self._act(_side(words[0]), words[1], " ".join(words[2:]))
        elif len(words) == 2 and words[0] in FATES and words[1].isdecimal():
            self._on_the_wire(words[0], int(words[1]))
        else:
            raise TcpCourseError(
                message(
                    "There is no move {move!r}; moves are written like 'A connect', "
                    "'B send hello', 'deliver 1', 'lose 2', 'A timer retransmission'.",
                    move=move[:60],
                )
            )
        self.moves.append(" ".join(words))

    def _act(self, who: Side, what: str, rest: str) -> None:
        act = _act_of(who, what, rest)
        if what in CALLS and (refusal := self.endpoints[who].allows(CALLS[what])) is not None:
            raise CallError(
                message("{who} cannot {call} now: {refusal}.", who=who, call=what, refusal=refusal)
            )
        self._engine.now += THINK
        self._engine.perform(act)

    def _run_out(self, who: Side, timer: str) -> None:
        if timer not in TIMERS:
            raise TcpCourseError(
                message(
                    "There is no timer {timer!r}; there are {timers}.",
                    timer=timer[:60],
                    timers=listed(TIMERS),
                )
            )
        if (refusal := self.endpoints[who].allows(TIMERS[timer])) is not None:
            raise CallError(
                message(
                    "The {timer} timer of {who} cannot run out now: {refusal}.",
                    timer=timer,
                    who=who,
                    refusal=refusal,
                )
            )
        engine = self._engine
        patience = nanoseconds(self.story.patience)
        # R2 is reached when the retransmission timer runs out once too often
        awaited = "retransmission" if timer == "r2" else timer
        deadline = engine.stations[who].deadlines.get(awaited, engine.now + patience)
        engine.now = max(engine.now, deadline)
        engine.expire(who, timer)

    def _on_the_wire(self, fate: str, number: int) -> None:
        wire, engine = self._wire, self._engine
        if fate == "lose":
            wire.lose(number)
        elif fate == "delay":
            wire.delay(number)
        elif fate == "duplicate":
            copy = wire.duplicate(number)
            engine.copied(wire.packets[number - 1], copy)
        else:
            packet = wire.deliver(number, engine.now + TRAVEL)
            engine.now += TRAVEL
            engine.arrive(packet)


def play(script: str, **changes: Any) -> Trace:
    """The story that a script of moves tells.

    Moves are parted by semicolons or lines: at an end ``A connect``, ``B listen``,
    ``A send hello``, ``B receive 100`` (bytes), ``A close``, ``B abort``, ``A grow 9000``
    (bytes), ``A crash``, ``B inject R 301:301(0)``, ``A timer retransmission``; on the wire
    ``deliver 1``, ``lose 2``, ``duplicate 3``, ``delay 4``, with the numbers of the packets.
    A call takes 1 ms and a packet 10 ms; a timer takes the time it has. Packets that no move
    names are still on the wire at the end.

    Keyword arguments are those of ``simulate`` that say nothing about the wire: ``isn``,
    ``iss_a``, ``iss_b``, ``a`` and ``b`` (each a ``Host``), ``name``, ``title``, ``question``
    and so on. Raises ``TcpCourseError`` for a move that cannot be made, and says which.

    >>> play("B listen; A connect; deliver 1; lose 2; A timer retransmission")
    <Trace 'script': 4 steps, 3 packets, simulated>
    """
    if not isinstance(script, str):
        raise TcpCourseError(
            message(
                '{script!r:.60} is no script; write one like "B listen; A connect; deliver 1".',
                script=script,
            )
        )
    return Workbench(script, changed(BY_HAND, changes, BY_THE_WIRE)).trace


def moves_of(script: str) -> list[str]:
    """The moves of a script, without empty ones."""
    return [move for move in _parts(script) if move]


def _parts(script: str) -> Iterable[str]:
    for line in script.splitlines():
        yield from (part.strip() for part in line.split(";"))


def _side(word: str) -> Side:
    return SIDES[word != "A"]


def _act_of(who: Side, what: str, rest: str) -> Act:
    """What a move at an end means."""
    match what:
        case "listen":
            return Act(who, "open_passive")
        case "connect":
            return Act(who, "open_active")
        case "send":
            return Act(who, "send", data=rest.encode() or DATA)
        case "close" | "abort" | "crash":
            return Act(who, what)
        case "receive" | "grow":
            if not rest.isdecimal() or len(rest) > 10:
                raise TcpCourseError(
                    message(
                        "How many bytes? Write {call} like '{who} {call} 100'.", call=what, who=who
                    )
                )
            return Act(who, what, count=int(rest))
        case "inject":
            return Act(who, "inject", segment=rest, note=message("injected"))
    raise TcpCourseError(
        message(
            "There is no call {call!r}; there are {acts} and timer.",
            call=what[:60],
            acts=listed(ACTS),
        )
    )
