"""Wrong numbers, and the wrong idea that gives exactly that number.

Pure arithmetic over a trace. An idea is only offered where its number is not the right one;
several may give the same number. ``because`` explains with the numbers of the story, in the
kind that is asked for, relative or as in the header, and its sums add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.seq import MODULUS
from tcpcourse.packet import HEADERS
from tcpcourse.trace import Packet, Trace
from tcpcourse.views.basis import Basis, bases, padding
from tcpcourse.views.given import HasTrace, as_trace
from tcpcourse.views.misconceptions.frames import frame_as_data
from tcpcourse.views.misconceptions.words import IDEAS, NEEDS
from tcpcourse.views.sums import added
from tcpcourse.words import message

Field = Literal["seq", "ack", "len"]


@dataclass(frozen=True, slots=True)
class Misconception:
    """A wrong number and the idea behind it, by ``name``.

    ``says`` is for the first try and holds no answer; ``because`` is for the second.
    """

    name: str
    value: int
    because: str = ""

    @property
    def says(self) -> str:
        """The idea in words, with no number of the story."""
        return IDEAS[self.name]

    @property
    def needs(self) -> Literal["frame", "win"] | None:
        """What a reader must see of the packets to come to this idea, besides the numbers."""
        return NEEDS.get(self.name)


def right_answer(packet: Packet, field: Field, relative: bool = True) -> int | None:
    """The true number: of seq and ack relative or as in the header; ``None`` if it has no ack."""
    if field == "len":
        return len(packet.segment.data)
    if field == "seq":
        return packet.rel_seq if relative else int(packet.segment.seq)
    if field == "ack":
        ack = packet.segment.ack
        return packet.rel_ack if relative else None if ack is None else int(ack)
    raise TcpCourseError(f"There is no field {field!r}: the fields are seq, ack and len.")


def misconceptions(
    trace: Trace | HasTrace, number: int, field: Field, relative: bool = True
) -> tuple[Misconception, ...]:
    """The wrong answers that have a name, for one field of packet ``number``.

    None has the right value; two may have the same one. The more telling comes first.
    """
    trace = as_trace(trace)
    return wrong_answers(trace, trace.packet(number), bases(trace)[number], field, relative)


def sum_behind(
    trace: Trace, packet: Packet, basis: Basis, field: Field, relative: bool = True
) -> str:
    """The sum that gives the right number, in the kind that is asked; empty if it has none."""
    return _AskedNumber(trace, packet, basis, relative).why_right(field)


def wrong_answers(
    trace: Trace, packet: Packet, basis: Basis, field: Field, relative: bool = True
) -> tuple[Misconception, ...]:
    """The same for a packet whose basis is already known."""
    right = right_answer(packet, field, relative)
    if right is None:
        return ()
    asked = _AskedNumber(trace, packet, basis, relative)
    offer = {"seq": asked.of_seq, "ack": asked.of_ack, "len": asked.of_len}[field]
    found = [each for each in (*offer(), *asked.other_numbers(field)) if each.value != right]
    seen = {each.value for each in found}
    if field != "len" and (more := (right + 1) % MODULUS) not in seen:
        found.append(Misconception("one too many", more, asked.why_right(field)))
    unique = {(each.name, each.value): each for each in reversed(found)}
    return tuple(reversed(unique.values()))


@dataclass(frozen=True, slots=True)
class _AskedNumber:
    """One packet and what is known of the story, for the kind of number that is asked."""

    trace: Trace
    packet: Packet
    basis: Basis
    relative: bool

    def _seq(self, packet: Packet) -> int:
        return packet.rel_seq if self.relative else int(packet.segment.seq)

    def _in_kind(self, rel_ack: int) -> int:
        """A relative number of the receiver's, in the kind that is asked."""
        shift = int(self.packet.segment.ack or 0) - (self.packet.rel_ack or 0)
        return rel_ack if self.relative else (rel_ack + shift) % MODULUS

    def why_right(self, field: Field) -> str:
        """The sum behind the right number, where it has one."""
        origin = self.origin(field)
        return "" if origin is None else self._whole(origin)

    def origin(self, field: Field) -> Packet | None:
        """The packet whose end the number names, if it does so in the kind that is asked.

        Relative numbers of two connections on the same ports do not count from one place.
        """
        origin = self.basis.before if field == "seq" else self.basis.acked
        if origin is None:
            return None
        end = (self._seq(origin) + origin.segment.seg_len) % MODULUS
        return origin if end == right_answer(self.packet, field, self.relative) else None

    def _whole(self, origin: Packet) -> str:
        """``Packet 4 began at 1 and took up 625: 1 + 625 = 626.``"""
        begin, size = self._seq(origin), origin.segment.seg_len
        return message(
            "Packet {number} began at {begin} and took up {size}: {sum}.",
            number=origin.number,
            begin=begin,
            size=size,
            sum=added(begin, size),
        )

    def _earlier(self) -> Iterator[Packet]:
        return takewhile(lambda each: each.number < self.packet.number, self.trace.packets)

    # --- what an earlier packet took up ------------------------------------------------------

    def _sums(self, origin: Packet) -> Iterator[Misconception]:
        """Wrong ways to add up what a packet takes up, from its first number."""
        begin, size = self._seq(origin), len(origin.segment.data)
        seg_len, why = origin.segment.seg_len, self._whole(origin)

        def idea(name: str, took: int, because: str = why) -> Misconception:
            return Misconception(name, (begin + took) % MODULUS, because)

        if origin.segment.syn:
            yield idea("forgot the SYN", seg_len - 1)
        if origin.segment.fin:
            yield idea("forgot the FIN", seg_len - 1)
        yield from (idea(name, took) for name, took in frame_as_data(origin))
        if self.relative and size and size != begin:
            yield Misconception("the length for the number", size, why)
        if size and not origin.segment.fin and not origin.segment.syn:
            yield idea("the last byte", seg_len - 1)
        if size:
            yield idea("always one more", 1)
            yield from self._packets_counted(origin)

    def _packets_counted(self, origin: Packet) -> Iterator[Misconception]:
        """A count of the packets of one side that took up something, in place of the bytes."""
        same = [each for each in self._earlier() if each.sender == origin.sender]
        if self.relative:
            with_data = sum(bool(each.segment.data) for each in same)
            taking = sum(bool(each.segment.seg_len) for each in same)
            for count in sorted({with_data, taking} - {1}):  # of one packet nobody counts packets
                yield Misconception("counted packets", count, self._whole(origin))
        if origin.sender != self.packet.sender and self.basis.last_ack is not None:
            count = len(self._since_last_ack())
            if count > 1:
                value = (self._in_kind(self.basis.last_ack) + count) % MODULUS
                yield Misconception("counted packets", value, self._whole(origin))

    # --- seq ---------------------------------------------------------------------------------

    def of_seq(self) -> Iterator[Misconception]:
        """Wrong sequence numbers."""
        right, before, previous = self._seq(self.packet), self.origin("seq"), self.basis.previous
        if previous is not None and not previous.segment.seg_len and not previous.segment.rst:
            bare = message(
                "Packet {number} was a pure ACK and took up nothing.", number=previous.number
            )
            began = self._seq(previous)
            yield Misconception("added one for a pure ACK", (began + 1) % MODULUS, bare)
            if filler := padding(previous):
                value = (began + filler) % MODULUS
                yield Misconception("counted the padding", value, bare)
        if self.basis.again is not None:
            again = message(
                "Its numbers were sent before, in packet {number}.", number=self.basis.again
            )
            value = self.basis.own_sent
            if not self.relative:
                value = (value + int(self.packet.segment.seq) - self.packet.rel_seq) % MODULUS
            yield Misconception("a new number for old data", value, again)
            return
        if before is not None:
            yield Misconception("repeated the last seq", self._seq(before), self._whole(before))
            yield from self._sums(before)
        if self.packet.segment.syn:
            yield Misconception("began at one", (right + 1) % MODULUS)

    # --- ack ---------------------------------------------------------------------------------

    def of_ack(self) -> Iterator[Misconception]:
        """Wrong acknowledgment numbers."""
        acked, last = self.origin("ack"), self.basis.peer_last
        if last is not None and not last.segment.seg_len and not last.segment.rst:
            bare = message(
                "Packet {number} was a pure ACK: it took up nothing, and is not acknowledged.",
                number=last.number,
            )
            began = self._seq(last)
            yield Misconception("added one for a pure ACK", (began + 1) % MODULUS, bare)
            if filler := padding(last):
                yield Misconception("counted the padding", (began + filler) % MODULUS, bare)
        if acked is not None:
            yield from self._sums(acked)
            yield from self._ack_before()
            yield Misconception("the first byte received", self._seq(acked), self._whole(acked))
        own = (self._seq(self.packet) + self.packet.segment.seg_len) % MODULUS
        if self.packet.segment.seg_len:
            yield Misconception("acknowledged itself", own, self.why_right("ack"))
        if acked is not None and self._seq(acked) + acked.segment.seg_len >= MODULUS:
            value = self._seq(acked) + acked.segment.seg_len
            yield Misconception("beyond the largest number", value, self._whole(acked))

    def _since_last_ack(self) -> list[Packet]:
        """The peer's packets that lead, one after the other, from the last ack to this one."""
        goal, at = self.packet.rel_ack or 0, self.basis.last_ack
        found: list[Packet] = []
        for each in self._earlier():
            if each.sender != self.packet.sender and each.segment.seg_len and each.rel_seq == at:
                found.append(each)
                at = (at + each.segment.seg_len) % MODULUS
        return found if at == goal else []

    def _ack_before(self) -> Iterator[Misconception]:
        if self.basis.last_ack is None:
            return
        value, came = self._in_kind(self.basis.last_ack), self._since_last_ack()
        if not came:
            return
        sizes = [each.segment.seg_len for each in came]
        numbers = ", ".join(str(each.number) for each in came)
        if len(came) == 1:
            because = message(
                "{value} was its ack before packet {number} came: {sum}.",
                value=value,
                number=numbers,
                sum=added(value, *sizes),
            )
        else:
            because = message(
                "{value} was its ack before packets {numbers} came: {sum}.",
                value=value,
                numbers=numbers,
                sum=added(value, *sizes),
            )
        yield Misconception("repeated the last ack", value, because)

    # --- len ---------------------------------------------------------------------------------

    def of_len(self) -> Iterator[Misconception]:
        """Wrong lengths of data."""
        packet, size = self.packet, len(self.packet.segment.data)
        if packet.segment.seg_len != size:
            yield Misconception(
                "counted SYN or FIN as data",
                packet.segment.seg_len,
                message("It carries {size} bytes of data.", size=size),
            )
        frame = packet.frame_len
        if frame is not None:
            because = message(
                "{frame} bytes of frame − {rest} that are no data = {size}.",
                frame=frame,
                rest=frame - size,
                size=size,
            )
            for name, value in frame_as_data(packet, HEADERS):
                yield Misconception(name, value, because)
        for window in dict.fromkeys((packet.scaled_window, packet.segment.window)):
            yield Misconception(
                "the window for the length",
                window,
                message("It carries {size} bytes of data.", size=size),
            )

    # --- numbers that are right, but for another question ------------------------------------

    def other_numbers(self, field: Field) -> Iterator[Misconception]:
        """The other direction's number, and the other kind of this one."""
        if field == "len":
            return
        packet = self.packet
        across = right_answer(packet, "ack" if field == "seq" else "seq", self.relative)
        if across is not None:
            yield Misconception(
                "the other direction's number",
                across,
                message(
                    "seq counts what {sender} sends, ack what {sender} expects from {receiver}.",
                    sender=packet.sender,
                    receiver=packet.receiver,
                ),
            )
        swapped = right_answer(packet, field, not self.relative)
        if swapped is not None:
            yield Misconception(
                "raw for relative" if self.relative else "relative for raw", swapped
            )
