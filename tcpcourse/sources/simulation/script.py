"""Two real endpoints and a wire in your hands: a list of moves, and the story they make.

A move is a few words, such as ``A connect``, ``deliver 1`` or ``lose 2``. The list of moves is
the whole state: undoing is playing all but the last again, and the list as text is a script
that anybody can play. There is no protocol in here; that is the endpoints' business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tcpcourse.core.endpoint import Endpoint, Reaction
from tcpcourse.core.errors import CallError, TcpCourseError
from tcpcourse.core.states import TIMERS, Event, State
from tcpcourse.sources.simulation.rto import MILLISECOND, SECOND
from tcpcourse.sources.simulation.scenario import Scenario
from tcpcourse.sources.simulation.wire import Wire
from tcpcourse.trace import Ends, Move, Packet, Side, Step, Trace, end_of

CALLS = {
    "listen": Event.OPEN_PASSIVE,
    "connect": Event.OPEN_ACTIVE,
    "send": Event.SEND,
    "close": Event.CLOSE,
    "abort": Event.ABORT,
}
"""What a user can do, and the call that it is."""

FATES = ("deliver", "lose", "duplicate", "delay")
"""What can be done with a packet on the wire; ``delay`` lets all others go first."""

HOSTS = {"A": "192.0.2.1:40000", "B": "198.51.100.2:80"}
WAITS = {"time-wait": 240 * SECOND, "user": 300 * SECOND, "delayed-ack": 200 * MILLISECOND}
TRAVEL, THINK, RESEND = 10 * MILLISECOND, MILLISECOND, SECOND
DATA = b"hello"
TITLE = "A story made by hand"
MOST_MOVES = 500
_READS_IN = (State.LISTEN, State.SYN_SENT, State.SYN_RCVD)
_OPEN = "B listen; A connect; deliver 1; deliver 2; deliver 3"

PRESETS = {
    "three-way handshake": _OPEN,
    "a message": f"{_OPEN}; A send hello; deliver 4; deliver 5",
    "close: four packets": f"{_OPEN}; A close; deliver 4; deliver 5; B close; deliver 6; deliver 7;"
    " A timer time-wait",
    "close: three packets": f"{_OPEN}; A close; deliver 4; lose 5; B close; deliver 6; deliver 7;"
    " A timer time-wait",
    "simultaneous open": "A connect; B connect; deliver 1; deliver 2; deliver 3; deliver 4",
    "simultaneous close": f"{_OPEN}; A close; B close; deliver 4; deliver 5; deliver 6; deliver 7;"
    " A timer time-wait; B timer time-wait",
    "a lost last ACK": f"{_OPEN}; A close; deliver 4; deliver 5; B close; deliver 6; lose 7;"
    " B timer retransmission; deliver 8; deliver 9; A timer time-wait",
    "nobody listens": "A connect; deliver 1; deliver 2",
    "abort": f"{_OPEN}; A abort; deliver 4",
}
"""Scripts to begin with, by name."""


class Workbench:
    """The moves so far, and what came of them.

    ``endpoints`` are the two ends, ``flying`` the packets on the wire in the order in which
    they would arrive, ``moves`` the moves so far and ``undone`` those that can be redone.
    """

    def __init__(self, script: str = "", iss_a: int = 100, iss_b: int = 300) -> None:
        self.iss = {"A": iss_a, "B": iss_b}
        self.undone: list[str] = []
        self._begin()
        self.play(script)

    def _begin(self) -> None:
        self.endpoints: dict[Side, Endpoint] = {
            "A": Endpoint(self.iss["A"]), "B": Endpoint(self.iss["B"]),
        }  # fmt: skip
        self.moves: list[str] = []
        self.flying: list[Packet] = []
        self._wire = Wire(Scenario("workbench", "", ()))
        self._steps: list[Step] = []
        self._fates: dict[int, Packet] = {}
        self._now = 0

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
        who, what = _side(move), move.split()[1:]
        event = TIMERS[what[1]] if what[0] == "timer" else CALLS[what[0]]
        return self.endpoints[who].allows(event)

    @property
    def script(self) -> str:
        """The moves as text, to be played again or given to somebody else."""
        return "; ".join(self.moves)

    def _do(self, move: str) -> None:
        words = move.split()
        if len(self.moves) >= MOST_MOVES:
            raise TcpCourseError(f"a script has at most {MOST_MOVES} moves")
        if len(words) >= 2 and words[0] in ("A", "B"):
            self._at_an_end(_side(move), words[1], " ".join(words[2:]))
        elif len(words) == 2 and words[0] in FATES and words[1].isdecimal():
            self._on_the_wire(words[0], int(words[1]))
        else:
            raise TcpCourseError(
                f"{move[:60]!r} is no move; moves are like 'A connect', 'B send hello',"
                " 'deliver 1', 'lose 2', 'A timer retransmission'"
            )
        self.moves.append(" ".join(words))

    def _at_an_end(self, who: Side, what: str, rest: str) -> None:
        end = self.endpoints[who]
        if what == "timer":
            if rest not in TIMERS:
                raise TcpCourseError(f"there is no timer {rest!r}; there are {', '.join(TIMERS)}")
            if (refusal := end.allows(TIMERS[rest])) is not None:
                raise CallError(f"{who}: {refusal}")
            self._now += WAITS.get(rest, RESEND)
            note = {"retransmission": "retransmission", "zero-window-probe": "probe"}.get(rest, "")
            self._step(who, str(TIMERS[rest]), lambda: end.tick(rest), note=note)
            return
        calls: dict[str, Callable[[], Reaction]] = {
            "listen": end.open_passive,
            "connect": end.open_active,
            "send": lambda: end.send(rest.encode() or DATA),
            "close": end.close,
            "abort": end.abort,
        }
        if what not in calls:
            raise TcpCourseError(f"{what!r} is no call; there are {', '.join(calls)} and timer")
        if (refusal := end.allows(CALLS[what])) is not None:
            raise CallError(f"{who}: {refusal}")
        self._now += THINK
        self._step(who, f"calls {CALLS[what]}", calls[what])

    def _on_the_wire(self, fate: str, number: int) -> None:
        packet = next((each for each in self.flying if each.number == number), None)
        if packet is None:
            raise TcpCourseError(f"packet {number} is not on the wire")
        place = self.flying.index(packet)
        if fate == "duplicate":
            copy = replace(packet, number=len(self._wire.packets) + 1, fate="duplicate",
                           notes=(f"copy of packet {number}",))  # fmt: skip
            self._wire.packets.append(copy)
            self._fates[copy.number] = copy
            self.flying.insert(place + 1, copy)
            sender = max(k for k, step in enumerate(self._steps) if packet in step.sent)
            step = self._steps[sender]
            self._steps[sender] = replace(step, sent=(*step.sent, copy))
            return
        del self.flying[place]
        if fate == "delay":
            self.flying.append(packet)
        elif fate == "lose":
            self._fates[number] = replace(packet, fate="lost", arrived_ns=None)
        else:
            self._now += TRAVEL
            arrived = replace(packet, arrived_ns=self._now)
            self._fates[number] = arrived
            end = self.endpoints[packet.receiver]
            self._step(packet.receiver, f"gets packet {number}",
                       lambda: end.arrive(packet.segment), arrived)  # fmt: skip

    def _step(
        self,
        who: Side,
        event: str,
        act: Callable[[], Reaction],
        packet: Packet | None = None,
        note: str = "",
    ) -> None:
        before = self._ends()
        done = act()
        end, sent = self.endpoints[who], []
        for segment in done.emitted:
            for made in self._wire.send(who, segment, self._now, end.tcb.rcv_shift,
                                        note if segment.seg_len else ""):  # fmt: skip
                sent.append(replace(made, arrived_ns=None))
        self._fates |= {each.number: each for each in sent}
        self.flying += sent
        moves = tuple(Move(who, row, row.why, row.cite) for row in done.rows)
        self._steps.append(
            Step(len(self._steps), self._now, who, event, packet, tuple(sent), before,
                 self._ends(), moves, done)
        )  # fmt: skip
        if end.state in _READS_IN and not end.tcb.rcv_posted:
            end.receive(1 << 62)  # its user reads whatever comes

    def _ends(self) -> Ends:
        return Ends(end_of(self.endpoints["A"].tcb), end_of(self.endpoints["B"].tcb))

    # --- the story -----------------------------------------------------------------------------

    @property
    def trace(self) -> Trace:
        """The story so far; packets still on the wire have not arrived."""
        known = self._fates
        steps = tuple(
            replace(
                step,
                packet=step.packet and known[step.packet.number],
                sent=tuple(known[each.number] for each in step.sent),
            )
            for step in self._steps
        )
        return Trace(
            steps,
            tuple(known[number] for number in sorted(known)),
            "simulated",
            TITLE,
            HOSTS,
            isn={str(side): number for side, number in self._wire.isn.items()},
            name="playground",
        )


def play(script: str) -> Trace:
    """The story that a script of moves tells; packets not moved are still on the wire."""
    return Workbench(script).trace


def moves_of(script: str) -> list[str]:
    """The moves of a script, without empty ones."""
    return [move for move in _parts(script) if move]


def _parts(script: str) -> Iterable[str]:
    for line in script.splitlines():
        yield from (part.strip() for part in line.split(";"))


def _side(move: str) -> Side:
    return "A" if move.split()[0] == "A" else "B"
