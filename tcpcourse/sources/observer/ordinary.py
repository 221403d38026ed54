"""What is said of a packet that changes no state: its rule, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tcpcourse.core.reaction import find_row
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import rows_for
from tcpcourse.core.table.segment_guards import beyond_a_hole as hole
from tcpcourse.sources.observer import sentences as say
from tcpcourse.sources.observer.evidence import ACK, Evidence, Sighting
from tcpcourse.sources.observer.facts import Fact, LifeStory
from tcpcourse.sources.observer.meeting import Record, expected_number, tcb_met, whole
from tcpcourse.sources.observer.possibilities import SYNCHRONIZED, States
from tcpcourse.trace import Move, Side

_LOOK_AHEAD = 8  # packets in which a SACK that speaks of some data is looked for
_RESET = "RFC 9293 §3.5.2"


class Ordinary:
    """Finds the words for what one end sent or got, and stayed as it was."""

    def __init__(self, side: Side, evidence: Evidence, packets: Sequence[Sighting]) -> None:
        self.side, self.evidence, self.packets = side, evidence, packets

    def reset_sent(self, story: LifeStory, place: int, packet: Sighting, states: States) -> Move:
        """A RST of this end that did not end its connection; ``states`` are those after it."""
        open_by_then = story.facts[Fact.PEER_SYN].hi <= place and states & SYNCHRONIZED
        if open_by_then and (story.own.place[-1:] > place).any():
            return Move(self.side, None, say.GOES_ON, _RESET)
        numbered_0 = int(packet.segment.seq) == 0 and not len(story.own.place)
        if numbered_0 and packet.segment.ack is not None:
            return Move(self.side, None, say.REFUSES, _RESET)
        if not len(story.own.place) and not (story.peer.place[:1] < place).any():
            again = story.own_resets.place[0] < place
            return Move(self.side, None, say.RESET_AGAIN if again else say.LONE_RESET, _RESET)
        asked = self._asked(place)
        return Move(self.side, None, say.ANSWERS if asked else say.RESET_AGAIN, _RESET)

    def _asked(self, place: int) -> bool:
        """Whether the peer sent what the RST may answer since this end sent something."""
        evidence, own = self.evidence, self.side == "B"
        for before in range(place - 1, -1, -1):
            if evidence.from_b[before] == own:
                return False
            if evidence.flags[before] & ACK == 0 or evidence.ack[before] == evidence.seq[place]:
                return True  # §3.10.7.1: the RST's number is the segment's ACK, or 0
        return False

    def filled(self, story: LifeStory, record: Record, place: int) -> tuple[Move, ...]:
        """What a packet of this end tells of data that it had waited for."""
        mine = story.own
        here = int(np.searchsorted(mine.place, place))
        if not here or here >= len(mine.place) or mine.place[here] != place:
            return ()
        missing = int(mine.ack[here - 1])
        if mine.ack[here] <= missing or not self._sacked(int(mine.place[here - 1])):
            return ()
        late = record.brought(missing, place)
        if late is None:
            return ()
        number = self.packets[late].number
        why = rows_for(State.ESTABLISHED, Event.ARRIVES)[-1].why
        return (Move(self.side, None, say.by_now(number=number, why=why), say.CITE_TEXT),)

    def _sacked(self, place: int) -> tuple[tuple[int, int], ...]:
        """The blocks that a packet says it has beyond what it acknowledges (RFC 2018)."""
        return tuple(self.packets[place].segment.options.sack)

    def got(
        self, story: LifeStory, record: Record, place: int, packet: Sighting, states: States
    ) -> tuple[Move, ...]:
        """The rule for a packet that this end got in one of the ``states``, and stayed there."""
        if packet.segment.rst and states <= SYNCHRONIZED:
            return self._reset_dropped(story, record, place, packet, states)
        if len(states) > 1:
            return ()
        state = next(iter(states))
        if state in (State.CLOSED, State.LISTEN) and not packet.segment.rst:
            after = int(np.searchsorted(story.own.place, place))
            if after < len(story.own.place):
                return (Move(self.side, None, say.NOT_YET, ""),)
            if state is State.CLOSED and not (story.own_resets.place[-1:] > place).any():
                return (Move(self.side, None, say.NO_RESET, "RFC 9293 §3.10.7.1"),)
        expected = expected_number(self.evidence, record, packet, place)
        tcb = tcb_met(self.evidence, record, state, packet, place, expected)
        row = find_row(tcb, Event.ARRIVES, whole(packet), "rfc5961")
        if row is None or row.next is not state:
            return ()
        found = [Move(self.side, row, row.why, row.cite)]
        if packet.payload_len:
            waits = self._waits(story, place, packet)
            if waits is None:
                return (Move(self.side, None, say.NOT_YET, "RFC 2018 §3"),)
            if waits and state is State.ESTABLISHED:
                kept = next(each for each in rows_for(state, Event.ARRIVES) if each.guard is hole)
                found = [Move(self.side, kept, kept.why, kept.cite)]
            elif waits:
                found.append(Move(self.side, None, say.WAITS, say.CITE_TEXT))
        return tuple(found)

    def _reset_dropped(
        self, story: LifeStory, record: Record, place: int, packet: Sighting, states: States
    ) -> tuple[Move, ...]:
        """A RST that an open end got, and did not obey: its number is not the one expected."""
        expected, window = expected_number(self.evidence, record, packet, place), None
        last = self._last(story, place)
        if last is not None:
            window = last.scaled_window if last.scale_known else None
            told = last.segment.ack
            if told is not None and (told > expected or not (story.peer.place[:1] < place).any()):
                expected = told
        if packet.segment.seq > expected and window is None:
            return (Move(self.side, None, say.RESET_BEYOND, "RFC 5961 §3.2"),)
        state = min(states, key=lambda each: each.value)
        tcb = tcb_met(self.evidence, record, state, packet, place, expected, window=window)
        row = find_row(tcb, Event.ARRIVES, packet.segment, "rfc5961")
        if row is None or row.next is not state:
            return ()
        return (Move(self.side, row if len(states) == 1 else None, row.why, row.cite),)

    def _last(self, story: LifeStory, place: int) -> Sighting | None:
        """The last packet that this end was seen to send before, no RST."""
        before = int(np.searchsorted(story.own.place, place))
        return self.packets[int(story.own.place[before - 1])] if before else None

    def _waits(self, story: LifeStory, place: int, packet: Sighting) -> bool | None:
        """Whether data must wait for what comes before it; ``None`` if it had not come yet.

        The SACK in what the end sends next says what it has and what is missing.
        """
        mine = story.own
        after = int(np.searchsorted(mine.place, place))
        begin, end = packet.segment.seq, packet.segment.seq + packet.payload_len
        for here in range(after, min(after + _LOOK_AHEAD, len(mine.place))):
            if not here or mine.ack[here] != mine.ack[here - 1]:
                continue  # a hole shows in ACKs that repeat
            answer = int(mine.place[here])
            blocks, ack = self._sacked(answer), self.packets[answer].segment.ack
            if ack is None or ack > begin:
                return False
            if any(SeqNumber(left) <= begin and end <= SeqNumber(right) for left, right in blocks):
                return True
            if blocks and all(SeqNumber(left) >= end for left, _ in blocks):
                return None
        return False
