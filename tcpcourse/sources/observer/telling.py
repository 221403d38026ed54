"""What is said about a step: which rule of the table was followed, at which end, and why.

Each thing that happened to an end is told once: where it is certain, in the step where it
happened; where it is not, once where it may have happened, and once where it is certain.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from tcpcourse.core.reaction import find_row
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.table import rows_for
from tcpcourse.sources.observer import sentences as say
from tcpcourse.sources.observer.arrivals import NEVER, Doubt
from tcpcourse.sources.observer.evidence import Evidence, Sighting
from tcpcourse.sources.observer.facts import Fact, LifeStory
from tcpcourse.sources.observer.happenings import Happening, happenings, row_of
from tcpcourse.sources.observer.meeting import Record, expected_number, tcb_met, whole
from tcpcourse.trace import Move, Side

_LOOK_AHEAD = 8  # packets in which a SACK that speaks of some data is looked for


class Telling:
    """Finds the words for the steps of one end."""

    def __init__(
        self,
        side: Side,
        evidence: Evidence,
        packets: Sequence[Sighting],
        stories: list[LifeStory],
        beginnings: list[State],
    ) -> None:
        self.side, self.evidence, self.stories = side, evidence, stories
        self.packets = packets
        self.at: dict[int, list[tuple[Happening, bool]]] = {}
        self.lost: set[int] = set()
        self._starts = [story.life.start for story in stories]
        self._records: dict[int, Record] = {}
        for story, before in zip(stories, beginnings, strict=True):
            for happening in happenings(story, before):
                interval = happening.interval
                self.lost.update(interval.lost)
                if interval.lo:
                    self.at.setdefault(interval.lo - 1, []).append((happening, True))
                if interval.lo < interval.hi < NEVER:
                    self.at.setdefault(interval.hi - 1, []).append((happening, False))

    def moves(
        self, place: int, packet: Sighting, before: frozenset[State], states: frozenset[State]
    ) -> tuple[Move, ...]:
        """What this end did in the step of the packet at ``place``.

        ``states`` are those in which it may be afterwards, ``before`` those before.
        """
        found = self._found(place, packet, before, states)
        if not found and states != before:
            text = say.OLD_ENDS if packet.segment.rst else say.NARROWS
            return (Move(self.side, None, text, ""),)
        return found

    def _found(
        self, place: int, packet: Sighting, before: frozenset[State], states: frozenset[State]
    ) -> tuple[Move, ...]:
        story = self._story(place)
        found: list[Move] = []
        for happening, opens in self.at.get(place, ()):
            found += self._before(happening)
            found.append(self._tell(happening, opens, place, packet))
        if place in self.lost and packet.sender != self.side:
            text = say.was_lost(number=packet.number)
            found.append(Move(self.side, None, text, "", packet.number, "never"))
        if found:
            return tuple(found)
        sent = packet.sender == self.side
        open_by_then = story.facts[Fact.PEER_SYN].hi <= place
        if packet.segment.rst and sent and open_by_then and (story.own.place[-1:] > place).any():
            return (Move(self.side, None, say.GOES_ON, "RFC 9293 §3.5.2"),)
        if packet.segment.rst and sent:
            refused = int(packet.segment.seq) == 0 and not len(story.own.place)
            return (
                Move(self.side, None, say.REFUSES if refused else say.ANSWERS, "RFC 9293 §3.5.2"),
            )
        if sent:
            return self._filled(story, place, packet)
        if len(states) != 1 or states != before:
            return ()
        return self._ordinary(story, place, packet, next(iter(states)))

    def _story(self, place: int) -> LifeStory:
        """The life that a place belongs to."""
        return self.stories[max(bisect_right(self._starts, place) - 1, 0)]

    def _record(self, story: LifeStory) -> Record:
        """What both ends of a life had said up to each packet."""
        if story.life.start not in self._records:
            self._records[story.life.start] = Record.of(story)
        return self._records[story.life.start]

    def _tell(self, happening: Happening, opens: bool, place: int, packet: Sighting) -> Move:
        interval = happening.interval
        brought = packet if interval.by == place else None
        met = None
        if brought is not None:
            met = tcb_met(
                self.evidence,
                self._record(happening.story),
                happening.start,
                packet,
                place,
                packet.segment.seq,
                happening.fact,
            )
        row = row_of(happening, met, brought)
        why = row.why if row is not None else say.TOLD
        cite = row.cite if row is not None else ""
        by = interval.by if interval.by is not None else place
        number = self.packets[by].number
        own_reset = happening.fact is Fact.OVER and by in happening.story.own_resets.place
        if own_reset and interval.doubt is Doubt.ANSWER and not (interval.certain and by == place):
            text = say.ANSWERS_GONE if by == place else say.gone_before(number=number)
            return Move(self.side, None, text, "RFC 9293 §3.10.7.1")
        if happening.fact is Fact.PEER_SYN and happening.before is State.TIME_WAIT:
            why = say.still_waiting(why=why)
        if interval.certain:
            text = why if by == place else say.by_now(number=number, why=why)
            return Move(self.side, row, text, cite)
        if not opens:
            text = (
                say.unseen(why=why) if interval.by is None else say.by_now(number=number, why=why)
            )
            if interval.by == place:
                text = why
            return Move(self.side, row, text, cite, arrival="by now")
        first = self.packets[interval.lo - 1].number
        if interval.doubt is Doubt.AGAIN:
            text = say.may_be_lost(number=first, why=why)
            return Move(self.side, None, text, cite, first, "perhaps")
        if interval.doubt is Doubt.CROSSING:
            if happening.fact in (Fact.OUR_FIN, Fact.OVER) and packet.sender != self.side:
                text = say.sent_early(number=number, why=why)
                return Move(self.side, None, text, cite)
            text = say.on_its_way(number=first, why=why)
            return Move(self.side, None, text, cite, first, "crossing")
        if interval.doubt is Doubt.UNSEEN:
            return Move(self.side, None, say.maybe_by_now(why=why), cite)
        if happening.fact is Fact.OVER and happening.before is State.TIME_WAIT:
            return Move(self.side, None, say.WAITED, "RFC 9293 §3.4.2")
        if happening.fact is Fact.OVER:
            return Move(self.side, None, say.guess(why=why), cite)
        closes = happening.fact in (Fact.OUR_FIN, Fact.PEER_FIN)
        text = say.may_have_closed(why=why) if closes else say.not_seen(why=why)
        return Move(self.side, None, text, cite)

    def _before(self, happening: Happening) -> list[Move]:
        """What must have come before a call, or may have before an answer."""
        if happening.fact is Fact.OUR_SYN and happening.before is State.SYN_SENT:
            given_up = next(
                row for row in rows_for(State.SYN_SENT, Event.CLOSE) if row.next is State.CLOSED
            )
            return [Move(self.side, given_up, given_up.why, given_up.cite)]
        if happening.fact is Fact.PEER_SYN and happening.before is State.TIME_WAIT:
            listener = next(
                row for row in rows_for(State.LISTEN, Event.ARRIVES) if row.next is State.SYN_RCVD
            )
            return [
                Move(
                    self.side,
                    listener,
                    say.wait_is_over(why=listener.why),
                    listener.cite,
                )
            ]
        return []

    def _filled(self, story: LifeStory, place: int, packet: Sighting) -> tuple[Move, ...]:
        """What a packet of this end tells of data that it had waited for."""
        mine = story.own
        here = int(np.searchsorted(mine.place, place))
        if not here or here >= len(mine.place) or mine.place[here] != place:
            return ()
        missing = int(mine.ack[here - 1])
        if mine.ack[here] <= missing or not self._sacked(int(mine.place[here - 1])):
            return ()
        late = self._record(story).brought(missing, place)
        if late is None:
            return ()
        number = self.packets[late].number
        why = rows_for(State.ESTABLISHED, Event.ARRIVES)[-1].why
        return (Move(self.side, None, say.by_now(number=number, why=why), say.CITE_TEXT),)

    def _sacked(self, place: int) -> tuple[tuple[int, int], ...]:
        """The blocks that a packet says it has beyond what it acknowledges (RFC 2018)."""
        return tuple(self.packets[place].segment.options.sack)

    def _ordinary(
        self, story: LifeStory, place: int, packet: Sighting, state: State
    ) -> tuple[Move, ...]:
        """The rule for a packet that changes no state."""
        if state in (State.CLOSED, State.LISTEN) and not packet.segment.rst:
            after = int(np.searchsorted(story.own.place, place))
            if after < len(story.own.place):
                return (Move(self.side, None, say.NOT_YET, ""),)
            if state is State.CLOSED and not (story.own_resets.place > place).any():
                return (Move(self.side, None, say.NO_RESET, "RFC 9293 §3.10.7.1"),)
        record = self._record(story)
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
            if waits:
                found.append(Move(self.side, None, say.WAITS, say.CITE_TEXT))
        return tuple(found)

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
