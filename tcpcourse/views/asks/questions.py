"""What is asked of each packet of a trace, what is right, and what each wrong answer is told.

The first wrong try is told which idea is behind it, and no answer; from the second on, why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Flags
from tcpcourse.core.states import State
from tcpcourse.trace import SIDES, Ends, Packet, Side, Trace
from tcpcourse.views.arithmetic import explain_packet
from tcpcourse.views.asks.words import WORDS
from tcpcourse.views.basis import bases, states_after
from tcpcourse.views.misconceptions import (
    Field,
    Misconception,
    Way,
    confusion,
    first_words,
    right_answer,
    sum_behind,
    way_taken,
    wrong_answers,
)
from tcpcourse.views.words import fate, flag_names
from tcpcourse.words import listed, message, together

NUMBERS = ("seq", "ack", "len")
ASKABLE = (*NUMBERS, "flags", "states")
LONGEST = 12  # digits of a number that is looked at
Kind = Literal["number", "flags", "state"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer is told; ``good`` is ``None`` where it is no answer at all."""

    good: bool | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class AskedPart:
    """One thing that is asked of a packet.

    ``name`` is seq, ack, len or flags, or the side whose state is asked; ``right`` the answer
    as it is written; ``wrong`` what answers with a name of their own are told at first and
    later; ``because`` where the right one comes from. ``before`` is the state in which the end
    was until then, ``way`` how it got to where it is.
    """

    name: str
    kind: Kind
    right: str
    wrong: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    because: str = ""
    before: str = ""
    way: Way | None = None

    def reply(self, given: str, tries: int) -> Reply:
        """What an answer is told that is given after so many wrong ones."""
        answer = self.read(given)
        if answer is None:
            return Reply(None, WORDS[self.kind])
        if answer == self.read(self.right):
            return Reply(True)
        if answer in self.wrong:
            return Reply(False, self.wrong[answer][min(tries, 1)])
        words = WORDS["other_flags"] if self.kind == "flags" else _other(answer)
        if self.kind == "flags" and "A" in self.right and "A" not in answer:
            words = WORDS["needs_ack"]
        return Reply(False, together(words, self.because) if tries and self.because else words)

    def read(self, given: str) -> str | None:
        """An answer as it is compared; ``None`` if it is none. Nobody can know of a PSH."""
        given = given.strip()
        if self.kind == "state":
            return given if given in State.__members__ else None
        if self.kind == "flags":
            letters = "".join(given.upper().split()).replace(",", "")
            try:
                return str(Flags(letters)).replace("P", "") if letters else None  # type: ignore[arg-type]
            except TcpCourseError:
                return None
        digits = given.replace(" ", "").replace(",", "")
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > LONGEST:
            return None
        return str(int(digits))


def _other(answer: str) -> str:
    return message("{value} is not it. Try again.", value=answer)


@dataclass(frozen=True, slots=True)
class PacketQuestion:
    """Everything that is asked of one packet, and what is told of it beforehand."""

    place: int
    packet: Packet
    told: str
    asked: tuple[AskedPart, ...]


class Quiz:
    """The questions on a trace: ``ask`` names what is asked, of seq, ack, len, flags and states
    (of both ends after the packet); ``relative`` chooses the numbers, ``first`` the first
    packet asked, by its place from 1. Raises ``TcpCourseError`` when there is nothing to ask.
    """

    def __init__(
        self,
        trace: Trace,
        ask: Sequence[str] = ("seq", "ack"),
        relative: bool = True,
        first: int = 1,
    ) -> None:
        unknown = [name for name in ask if name not in ASKABLE]
        if unknown or not ask:
            raise TcpCourseError(
                message(
                    "Ask for some of {askable}, not {given!r}.",
                    askable=listed(ASKABLE),
                    given=list(ask),
                )
            )
        if not trace.packets:
            raise TcpCourseError(message("There is nothing to predict in a trace without packets."))
        if not 1 <= first <= len(trace.packets):
            raise TcpCourseError(
                message(
                    "The first is from 1 to {packets}, not {first}.",
                    packets=len(trace.packets),
                    first=first,
                )
            )
        self.trace = trace
        self.ask = tuple(dict.fromkeys(ask))
        self.relative = relative
        self.first = first - 1
        self._bases = bases(trace)

    @cached_property
    def _after(self) -> Mapping[int, Ends]:
        return states_after(self.trace)

    @property
    def names(self) -> tuple[str, ...]:
        """What is asked, by name: for the states the names of both sides."""
        found: list[str] = []
        for name in self.ask:
            found += SIDES if name == "states" else (name,)
        return tuple(found)

    def question(self, place: int) -> PacketQuestion:
        """What is asked of the packet at a place, from 0."""
        packet = self.trace.packets[place]
        asked = (self._asked(name, packet) for name in self.names)
        found = tuple(each for each in asked if each is not None)
        return PacketQuestion(place, packet, self._told(packet), found)

    def _told(self, packet: Packet) -> str:
        told = []
        if "flags" not in self.ask:
            told.append(message("Its flags are {flags}.", flags=flag_names(packet.segment.flags)))
        if packet.frame_len is not None:
            told.append(message("Its frame has {size} bytes.", size=packet.frame_len))
        if words := fate(packet):
            told.append(message("Note: {note}.", note=words))
        if {"seq", "ack"} & set(self.ask):
            told.append(
                message("Numbers are relative.")
                if self.relative
                else message("Numbers are those in the headers.")
            )
        return together(*told)

    def _asked(self, name: str, packet: Packet) -> AskedPart | None:
        if name in SIDES:
            return self._state(name, packet)
        if name == "flags":
            flags = flag_names(packet.segment.flags)
            told = message("Its flags are {flags}.", flags=flags)
            return AskedPart(name, "flags", str(packet.segment.flags), {}, told)
        right = right_answer(packet, cast(Field, name), self.relative)
        if right is None:
            return None
        basis = self._bases[packet.number]
        because = dict(explain_packet(self.trace, packet, basis).reasons)[name]
        if not self.relative and name != "len":  # those reasons speak of relative numbers
            because = sum_behind(self.trace, packet, basis, cast(Field, name), False)
        ideas: dict[int, list[Misconception]] = {}
        for each in wrong_answers(self.trace, packet, basis, cast(Field, name), self.relative):
            ideas.setdefault(each.value, []).append(each)
        wrong = {str(value): _both_tries(found, because) for value, found in ideas.items()}
        return AskedPart(name, "number", str(right), wrong, because)

    def _state(self, side: Side, packet: Packet) -> AskedPart | None:
        ends = self._after.get(packet.number)
        right = ends.of(side).state if ends else None
        if right is None:
            return None
        way = way_taken(self.trace, packet.number, side)
        wrong: dict[str, tuple[str, str]] = {}
        because: str = ""
        for given in State:
            if given is not right:
                found = confusion(right, given, way)
                because = found.because
                wrong[str(given)] = (
                    found.says,
                    together(found.says, *([because] if because else [])),
                )
        return AskedPart(side, "state", str(right), wrong, because, self._before(side, packet), way)

    def _before(self, side: Side, packet: Packet) -> str:
        """Where an end was when this packet was still to come, if that is known."""
        place = self.trace.packets.index(packet)
        ends = self.trace.steps[0].before
        if place:
            ends = self._after.get(self.trace.packets[place - 1].number, ends)
        return str(ends.of(side).state or "")


def _both_tries(found: Sequence[Misconception], because: str) -> tuple[str, str]:
    first = first_words(each.says for each in found)
    sums = dict.fromkeys(each.because for each in found if each.because)
    return first, together(first, *(sums or (because,)))
