"""The wire between two simulated ends: it delays, loses, doubles and reorders, as told."""

from __future__ import annotations

import random
from dataclasses import replace

from tcpcourse.core.segment import Segment
from tcpcourse.sources.simulation.durations import nanoseconds
from tcpcourse.sources.simulation.scenario import FATES, Scenario
from tcpcourse.trace import Packet, Side, other

HEADERS = 14 + 20 + 20  # Ethernet, IPv4, TCP
SHORTEST_FRAME = 60  # Ethernet's, without its checksum


class Wire:
    """Numbers every packet from 1 and decides its fate, by number or by seeded chance."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.delay = nanoseconds(scenario.delay, "delay")
        self.random = random.Random(scenario.seed)
        self.packets: list[Packet] = []
        self.isn: dict[Side, int] = {}

    def send(
        self, side: Side, segment: Segment, now: int, shift: int, note: str
    ) -> tuple[Packet, ...]:
        """Put a segment on the wire; gives the packet, and its copy if the wire made one.

        ``shift`` is the sender's window scale in use.
        """
        story = self.scenario
        if segment.syn or side not in self.isn:
            self.isn[side] = int(segment.seq)
        fault = story.faults.get(len(self.packets) + 1)
        lost = fault == "lose" or self._chance(story.loss)
        delay = self.delay + (0 if fault is None or fault in FATES else nanoseconds(fault))
        if self._chance(story.reordering):
            delay += self.random.randint(0, 3 * self.delay)
        packet = self._packet(side, segment, now, shift, (note,) if note else ())
        if lost:
            packet = replace(packet, arrived_ns=None, fate="lost")
        else:
            packet = replace(packet, arrived_ns=now + delay)
        self.packets.append(packet)
        if fault != "duplicate" and not self._chance(story.duplication):
            return (packet,)
        copy = replace(
            packet,
            number=len(self.packets) + 1,
            arrived_ns=now + delay + self.delay // 2,
            fate="duplicate",
            notes=(f"copy of packet {packet.number}",),
        )
        self.packets.append(copy)
        return packet, copy

    def inject(self, side: Side, segment: Segment, now: int, note: str) -> Packet:
        """A segment that arrives as if from ``side``, which never sent it."""
        packet = replace(self._packet(side, segment, now, 0, (note,)), arrived_ns=now)
        self.packets.append(packet)
        return packet

    def _chance(self, probability: float) -> bool:
        return probability > 0 and self.random.random() < probability

    def _packet(
        self, side: Side, segment: Segment, now: int, shift: int, notes: tuple[str, ...]
    ) -> Packet:
        seq, ack = segment.seq, segment.ack
        length = HEADERS + segment.options.length + len(segment.data)
        if side == "B":  # as seen at A: what comes in was padded, what goes out not yet
            length = max(length, SHORTEST_FRAME)
        return Packet(
            number=len(self.packets) + 1,
            sender=side,
            segment=segment,
            sent_ns=now,
            arrived_ns=None,
            rel_seq=int(seq + -self.isn.get(side, int(seq))),
            rel_ack=None if ack is None else int(ack + -self.isn.get(other(side), 0)),
            scaled_window=segment.window << (0 if segment.syn else shift),
            frame_len=length,
            notes=notes,
        )
