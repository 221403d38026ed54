"""The wire between two simulated ends: it delays, loses, doubles and reorders, as told."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Literal

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import MODULUS
from tcpcourse.packet import HEADERS, SHORTEST_FRAME, Packet, Side, other
from tcpcourse.sources.simulation.durations import nanoseconds
from tcpcourse.sources.simulation.scenario import FATES, Fault, Scenario
from tcpcourse.words import message

Fate = Literal["delivered", "lost", "duplicate", "captured"]


class Wire(ABC):
    """Numbers every packet from 1; what becomes of a packet is for each kind of wire to say.

    ``packets`` holds what is known of each packet now, ``isn`` the first number of each side.
    """

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.isn: dict[Side, int] = {}

    def send(
        self, side: Side, segment: Segment, now: int, shift: int, note: str
    ) -> tuple[Packet, ...]:
        """Put a segment on the wire; gives the packet, and its copies if the wire made any.

        ``now`` is in nanoseconds, ``shift`` the sender's window scale in use.
        """
        if segment.syn or side not in self.isn:
            self.isn[side] = int(segment.seq)
        arrives, fate = self._fate_of(len(self.packets) + 1, now)
        packet = self._packet(side, segment, now, shift, note, arrives, fate)
        self.packets.append(packet)
        return self._carry(packet)

    def inject(self, side: Side, segment: Segment, now: int, note: str) -> Packet:
        """A segment that arrives as if from ``side``, which never sent it."""
        packet = self._packet(side, segment, now, 0, note, now)
        self.packets.append(packet)
        return packet

    @abstractmethod
    def _fate_of(self, number: int, now: int) -> tuple[int | None, Fate]:
        """When the packet sent now will arrive, as far as it is known, and its fate."""

    @abstractmethod
    def _carry(self, packet: Packet) -> tuple[Packet, ...]:
        """What comes of a packet that was just sent: itself, and its copies if there are any."""

    def _copy(self, packet: Packet, arrives: int | None) -> Packet:
        copy = replace(
            packet,
            number=len(self.packets) + 1,
            arrived_ns=arrives,
            fate="duplicate",
            notes=(message("copy of packet {number}", number=packet.number),),
        )
        self.packets.append(copy)
        return copy

    def _packet(
        self,
        side: Side,
        segment: Segment,
        now: int,
        shift: int,
        note: str,
        arrives: int | None,
        fate: Fate = "delivered",
    ) -> Packet:
        seq, ack = segment.seq.value, segment.ack
        length = HEADERS + segment.options.length + len(segment.data)
        if side == "B":  # as seen at A: what comes in was padded, what goes out not yet
            length = max(length, SHORTEST_FRAME)
        return Packet(
            number=len(self.packets) + 1,
            sender=side,
            segment=segment,
            sent_ns=now,
            arrived_ns=arrives,
            rel_seq=(seq - self.isn.get(side, seq)) % MODULUS,
            rel_ack=None if ack is None else (ack.value - self.isn.get(other(side), 0)) % MODULUS,
            scaled_window=segment.window << (0 if segment.syn else shift),
            fate=fate,
            frame_len=length,
            notes=(note,) if note else (),
        )


class FaultyWire(Wire):
    """Decides each packet's fate when it is sent: by its number, or by seeded chance.

    ``unmet`` holds the numbers of faults whose packets have not come yet, ``arrives`` when the
    last packet sent would arrive (in nanoseconds), even if it was lost: a copy comes after that.
    """

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self.scenario = scenario
        self.delay = nanoseconds(scenario.delay)
        self.random = random.Random(scenario.seed)
        self.unmet = set(scenario.faults)
        self.arrives = 0

    def _fate_of(self, number: int, now: int) -> tuple[int | None, Fate]:
        story, fault = self.scenario, self._fault(number)
        lost = fault == "lose" or self._chance(story.loss)
        self.arrives = now + self.delay + _later(fault)
        if self._chance(story.reordering):
            self.arrives += self.random.randint(0, 3 * self.delay)
        return (None, "lost") if lost else (self.arrives, "delivered")

    def _carry(self, packet: Packet) -> tuple[Packet, ...]:
        fault = self.scenario.faults.get(packet.number)
        if fault == "duplicate" or self._chance(self.scenario.duplication):
            return (packet, *self._copies(packet, self.arrives))
        return (packet,)

    def _copies(self, packet: Packet, arrives: int) -> tuple[Packet, ...]:
        """A copy that comes half a delay later; it has a number, so it may have a fault too."""
        fault = self._fault(len(self.packets) + 1)
        arrives += self.delay // 2 + _later(fault)
        copy = self._copy(packet, arrives)
        if fault == "lose":
            copy = self.packets[-1] = replace(copy, arrived_ns=None, fate="lost")
        if fault == "duplicate":
            return (copy, *self._copies(copy, arrives))
        return (copy,)

    def _fault(self, number: int) -> Fault | None:
        self.unmet.discard(number)
        return self.scenario.faults.get(number)

    def _chance(self, probability: float) -> bool:
        return probability > 0 and self.random.random() < probability


def _later(fault: Fault | None) -> int:
    return 0 if fault is None or fault in FATES else nanoseconds(fault)


class HeldWire(Wire):
    """Packets lie on the wire until a hand moves them.

    ``flying`` are those still there, in the order in which they would arrive. Every method
    raises ``TcpCourseError`` for a number that is not among them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flying: list[Packet] = []

    def _fate_of(self, number: int, now: int) -> tuple[int | None, Fate]:
        return None, "delivered"

    def _carry(self, packet: Packet) -> tuple[Packet, ...]:
        self.flying.append(packet)
        return (packet,)

    def deliver(self, number: int, now: int) -> Packet:
        """Let a packet arrive now (in nanoseconds)."""
        return self._settle(replace(self._take(number), arrived_ns=now))

    def lose(self, number: int) -> Packet:
        """Let a packet vanish."""
        return self._settle(replace(self._take(number), fate="lost"))

    def delay(self, number: int) -> Packet:
        """Let all others go before a packet."""
        packet = self._take(number)
        self.flying.append(packet)
        return packet

    def duplicate(self, number: int) -> Packet:
        """Put a copy right behind a packet; gives the copy."""
        place = self._place(number)
        copy = self._copy(self.flying[place], None)
        self.flying.insert(place + 1, copy)
        return copy

    def _settle(self, packet: Packet) -> Packet:
        self.packets[packet.number - 1] = packet
        return packet

    def _take(self, number: int) -> Packet:
        return self.flying.pop(self._place(number))

    def _place(self, number: int) -> int:
        for place, packet in enumerate(self.flying):
            if packet.number == number:
                return place
        raise TcpCourseError(message("Packet {number} is not on the wire.", number=number))
