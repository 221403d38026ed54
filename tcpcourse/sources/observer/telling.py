"""What is said about a step: which rule of the table was followed, at which end, and why.

Each thing that happened to an end is told once: where it is certain, in the step where it
happened; where it is not, once where it may have happened, and once where it is certain.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from tcpcourse.core.states import Event, State
from tcpcourse.core.table import rows_for
from tcpcourse.sources.observer import sentences as say
from tcpcourse.sources.observer.arrivals import NEVER, Doubt
from tcpcourse.sources.observer.evidence import ACK, RST, SYN, Evidence, Sighting
from tcpcourse.sources.observer.facts import Fact, LifeStory
from tcpcourse.sources.observer.happenings import Happening, happenings, row_of, suspected
from tcpcourse.sources.observer.meeting import Record, tcb_met
from tcpcourse.sources.observer.ordinary import Ordinary
from tcpcourse.sources.observer.possibilities import States
from tcpcourse.trace import Move, Side


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
        self._ordinary = Ordinary(side, evidence, packets)
        self._starts = [story.life.start for story in stories]
        self._records: dict[int, Record] = {}
        self._calls: dict[int, int] | None = None
        for story, before in zip(stories, beginnings, strict=True):
            for happening in happenings(story, before):
                interval = happening.interval
                self.lost.update(interval.lost)
                if interval.lo:
                    self.at.setdefault(interval.lo - 1, []).append((happening, True))
                if interval.lo < interval.hi < NEVER:
                    self.at.setdefault(interval.hi - 1, []).append((happening, False))

    def moves(
        self, place: int, packet: Sighting, before: States, states: States
    ) -> tuple[Move, ...]:
        """What this end did in the step of the packet at ``place``.

        ``states`` are those in which it may be afterwards, ``before`` those before.
        """
        found = self._found(place, packet, before, states)
        if not found and states != before:
            story = self._story(place)
            if states == {State.CLOSED} and packet.sender != self.side:  # as its RST says later
                found = self._ordinary.got(story, self._record(story), place, packet, states)
                if found:
                    return found
            text = say.OLD_ENDS if packet.segment.rst else say.NARROWS
            return (Move(self.side, None, text, ""),)
        return found

    def _found(
        self, place: int, packet: Sighting, before: States, states: States
    ) -> tuple[Move, ...]:
        story = self._story(place)
        found: list[Move] = []
        for happening, opens in self._led(place, before, states):
            found += self._before(happening)
            move = self._tell(happening, opens, place, packet)
            certain = happening.interval.certain or not opens
            sent = happening.fact is Fact.OUR_FIN and packet.segment.fin
            sent |= happening.fact is Fact.OUR_SYN and packet.segment.syn
            plain = (sent and packet.sender == self.side) or self._is_lone_reset(story, place)
            if len(states) > 1 and certain and plain:
                move = Move(self.side, None, move.why, move.cite)
            elif len(states) > 1 and certain:
                text = say.if_it_was_in(state=str(happening.before), why=move.why)
                move = Move(self.side, None, text, move.cite)
            found.append(move)
        if place in self.lost and packet.sender != self.side:
            text = say.was_lost(number=packet.number)
            found.append(Move(self.side, None, text, "", packet.number, "never"))
        if found:
            return tuple({move.why: move for move in found}.values())
        if packet.sender == self.side:
            if packet.segment.rst:
                return (self._ordinary.reset_sent(story, place, packet, states),)
            return self._ordinary.filled(story, self._record(story), place)
        if states != before:
            return ()
        return self._ordinary.got(story, self._record(story), place, packet, states)

    def _led(self, place: int, before: States, states: States) -> list[tuple[Happening, bool]]:
        """What happened in the step and led, alone or in turn, from ``before`` to ``states``."""
        here = self.at.get(place, ())
        leads, kept = set(states), list[bool]()
        for happening, opens in reversed(here):
            waits = opens and happening.interval.doubt in (Doubt.CROSSING, Doubt.AGAIN)
            kept.append(happening.after in leads or (waits and not happening.interval.certain))
            if kept[-1]:
                leads.add(happening.before)
        reached, found = set(before), list[tuple[Happening, bool]]()
        for (happening, opens), leading in zip(here, reversed(kept), strict=True):
            begins = happening.before in reached or not happening.before.synchronized
            other = None if leading and begins else happening.among(frozenset(reached), states)
            if other is None and not (leading and begins):
                continue
            found.append((other or happening, opens))
            reached.add(found[-1][0].after)
        return found

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
        why = row.why if row is not None else say.then_in(state=str(happening.after))
        cite = row.cite if row is not None else ""
        by = interval.by if interval.by is not None else place
        called = self._call(happening) if interval.by is None else None
        number = self.packets[by if called is None else called].number
        if happening.fact is Fact.OVER and self._is_lone_reset(happening.story, by):
            if packet.sender == self.side:
                return self._ordinary.reset_sent(happening.story, place, packet, frozenset())
            return Move(self.side, None, say.lone_reset_got(why=why), cite)
        own_reset = happening.fact is Fact.OVER and by in happening.story.own_resets.place
        if own_reset and interval.doubt is Doubt.ANSWER and not (interval.certain and by == place):
            text = say.ANSWERS_GONE if by == place else say.gone_before(number=number)
            return Move(self.side, None, text, "RFC 9293 §3.10.7.1")
        if happening.fact is Fact.PEER_SYN and happening.before is State.TIME_WAIT:
            row, why = None, say.still_waiting(why=why)
        if interval.certain:
            text = why if by == place else say.by_now(number=number, why=why)
            return Move(self.side, row, text, cite)
        if not opens:
            unseen = interval.by is None and called is None
            text = say.unseen(why=why) if unseen else say.by_now(number=number, why=why)
            if interval.by == place:
                text = why
            return Move(self.side, row, text, cite, arrival="by now")
        first = self.packets[interval.lo - 1 if called is None else called].number
        if interval.doubt is Doubt.AGAIN:
            text = say.may_be_lost(number=first, why=why)
            return Move(self.side, None, text, cite, first, "perhaps")
        if interval.doubt is Doubt.CROSSING:
            if (happening.fact is Fact.OUR_FIN or own_reset) and packet.sender != self.side:
                text = say.sent_early(number=number, why=why)
                return Move(self.side, None, text, cite)
            text = say.on_its_way(number=first, why=why)
            return Move(self.side, None, text, cite, first, "crossing")
        if called is not None:
            text = say.on_its_way(number=first, why=why)
            return Move(self.side, None, text, cite, first, "crossing")
        if interval.doubt is Doubt.UNSEEN:
            return Move(self.side, None, say.maybe_by_now(why=why), cite)
        if happening.fact is Fact.OVER and happening.before is State.TIME_WAIT:
            return Move(self.side, None, say.WAITED, "RFC 9293 §3.4.2")
        if happening.fact is Fact.OVER:
            text = say.stray_reset(why=why) if own_reset else say.guess(why=why)
            return Move(self.side, None, text, cite)
        if happening.fact in suspected(happening.story):
            text = say.may_have_closed(number=number, why=why)
        elif happening.fact is Fact.PEER_FIN:
            text = say.behind_a_hole(why=why)
        else:
            text = say.not_seen(why=why)
        return Move(self.side, None, text, cite)

    def _call(self, happening: Happening) -> int | None:
        """The place of the SYN that a listener got so late that it had another caller before."""
        if happening.fact is not Fact.PEER_SYN or happening.story.life.opened != "passive":
            return None
        if self._calls is None:
            calls = np.flatnonzero(self.evidence.flags & (SYN | ACK | RST) == SYN)
            calls = calls[self.evidence.from_b[calls] != (self.side == "B")][::-1]
            numbers = self.evidence.seq[calls].tolist()
            self._calls = dict(zip(numbers, calls.tolist(), strict=True))
        place = self._calls.get(happening.story.life.irs or 0)
        return place if place is not None and place < happening.interval.hi else None

    def _is_lone_reset(self, story: LifeStory, place: int) -> bool:
        """Whether there is a RST at the place, and nothing of both ends was seen before it."""
        resets = story.own_resets.place, story.peer_resets.place
        spoken = (story.own.place[:1] < place).any() or (story.peer.place[:1] < place).any()
        return not spoken and any(place in places[:1] for places in resets)

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
                    None,
                    say.wait_is_over(why=listener.why),
                    listener.cite,
                )
            ]
        return []
