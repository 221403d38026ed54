"""Questions answered with a script of the playground: moves that lead into a pair of states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.question import Judged, Kind, Mark, Problem, Question
from tcpcourse.exercises.values import Posed, Shared
from tcpcourse.words import message, sentence_of, together

if TYPE_CHECKING:
    from tcpcourse.trace import Trace

LONGEST_SCRIPT = 2000
MOST_MOVES = 100
SENDS = {"A": "bytes of data that A sends", "B": "bytes of data that B sends"}


@dataclass(frozen=True)
class Goal:
    """Where the script must lead, and what must have happened on the way.

    ``states`` are those of A and B at the end, ``bytes_of`` the bytes of data that each named
    side has put on the wire for the first time, ``lost`` how many packets were lost, ``jump``
    a side with the two states between which it must have gone in one step.
    """

    states: tuple[str, str]
    bytes_of: Mapping[str, int]
    lost: int | None = None
    jump: tuple[str, str, str] | None = None

    def told(self) -> dict[str, Any]:
        """The goal as plain data, for showing."""
        told: dict[str, Any] = {"A ends in": self.states[0], "B ends in": self.states[1]}
        for side, count in self.bytes_of.items():
            told[SENDS[side]] = count
        if self.lost is not None:
            told["packets lost"] = self.lost
        if self.jump is not None:
            side, start, end = self.jump
            told["straight, on the way"] = f"{side}: {start} → {end}"
        return told

    def missed(self, trace: Trace) -> list[str]:
        """What of the way is not as asked, one sentence each."""
        told: list[str] = []
        for side, count in self.bytes_of.items():
            first = {p.segment.seq: len(p.segment.data) for p in trace.packets if p.sender == side}
            if sum(first.values()) != count:
                told.append(
                    message("{side} does not send as many bytes of data as asked.", side=side)
                )
        if self.lost is not None and sum(p.fate == "lost" for p in trace.packets) != self.lost:
            told.append(message("Not as many packets are lost as asked."))
        if self.jump is not None:
            side, start, end = self.jump
            place = 0 if side == "A" else 1
            jumps = [(str(s.before[place].state), str(s.after[place].state)) for s in trace.steps]
            if (start, end) not in jumps:
                told.append(
                    message(
                        "{side} does not go straight from {start} to {end}.",
                        side=side,
                        start=start,
                        end=end,
                    )
                )
        return told


@dataclass(frozen=True)
class Script(Question):
    """A question answered with the playground's script, as one text.

    Half of the points are for the pair of states, half for what must happen on the way.
    """

    id: str
    title: str
    points: int
    aim: Callable[[Draw], Goal]
    hints: tuple[str, ...] = ()
    kind: Kind = "value"

    @property
    def name(self) -> str:  # type: ignore[override]
        """The variable in the notebook."""
        return self.id

    def pose(self, draw: Draw, shared: Shared) -> Posed:
        """The goal for one student."""
        goal = self.aim(draw)
        return Posed({"goal": goal.told()}, {"goal": goal})

    def form(self, answer: Any) -> str | None:
        """Whether it is a text that can be played to its end."""
        if answer is None or (type(answer) is str and not answer.strip()):
            return message("{question} is not answered yet.", question=self.id)
        if type(answer) is not str:
            return message(
                "{question} should be a script in quotes, as the playground shows it.",
                question=self.id,
            )
        if len(answer) > LONGEST_SCRIPT:
            return message(
                "{question} is longer than {most} characters.",
                question=self.id,
                most=LONGEST_SCRIPT,
            )
        try:
            _play(answer)
        except TcpCourseError as problem:
            return message(
                "{question} cannot be played to its end. {problem}",
                question=self.id,
                problem=sentence_of(problem),
            )
        return None

    def told(self, script: str) -> str:
        """Where a script that can be played leads."""
        last = _play(script).steps[-1].after
        return message(
            "The script plays to its end. A is in {a}, B is in {b}.", a=str(last.a), b=str(last.b)
        )

    def mark(self, problem: Problem, answer: Any) -> Mark:
        """Play it and look."""
        if (bad := self.form(answer)) is not None:
            return Mark(0.0, bad)
        goal: Goal = problem.posed[self.id].right["goal"]
        trace = _play(answer)
        last = trace.steps[-1].after
        ends = (str(last.a), str(last.b))
        missed = goal.missed(trace)
        parts = (
            Judged("states", repr(ends), repr(goal.states), ends == goal.states),
            Judged("the way", answer, repr(goal.told()), not missed, " ".join(missed)),
        )
        if ends != goal.states:
            return Mark(
                0.0,
                message(
                    "The script ends with A in {a} and B in {b}.", a=str(last.a), b=str(last.b)
                ),
                parts,
            )
        if missed:
            return Mark(
                self.points / 2,
                message("The states are right. {missed}", missed=together(*missed)),
                parts,
            )
        return Mark(float(self.points), message("All right."), parts)


def _play(script: str) -> Trace:
    """The story that the script tells. Raises ``TcpCourseError`` at a move that is not possible."""
    from tcpcourse.sources.simulation.script import moves_of, play

    if len(moves_of(script)) > MOST_MOVES:
        raise TcpCourseError(message("It has more than {most} moves.", most=MOST_MOVES))
    trace = play(script)
    if not trace.steps:
        raise TcpCourseError(message("It holds no move."))
    return trace
