"""Wrong answers, and the misconception that gives exactly that number.

Each function is pure arithmetic over a trace. A misconception says what a student probably
did, and what is true instead; it is only offered when its number is not the right one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.seq import MODULUS
from tcpcourse.packet import ETHERNET, HEADERS, IPV4
from tcpcourse.trace import Packet, Trace
from tcpcourse.views.basis import Basis, bases, padding, rel_end
from tcpcourse.views.given import HasTrace, as_trace

Field = Literal["seq", "ack", "len"]


@dataclass(frozen=True, slots=True)
class Misconception:
    """A wrong number and how one comes to it; ``says`` is addressed to the student."""

    name: str
    value: int
    says: str


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

    No two have the same value, and none has the right one; the more telling comes first.
    """
    trace = as_trace(trace)
    return wrong_answers(trace.packet(number), bases(trace)[number], field, relative)


def wrong_answers(
    packet: Packet, basis: Basis, field: Field, relative: bool = True
) -> tuple[Misconception, ...]:
    """The same for a packet whose basis is already known."""
    right = right_answer(packet, field, relative)
    if right is None:
        return ()
    offer = {"seq": _of_seq, "ack": _of_ack, "len": _of_len}[field]
    found: dict[int, Misconception] = {}
    for each in offer(packet, basis):
        value = each.value % MODULUS
        if not relative and field != "len":
            value = (value + _shift(packet, field)) % MODULUS
        each = Misconception(each.name, value, each.says)
        if value != right:
            found.setdefault(value, each)
    for each in _other_numbers(packet, field, relative):
        if each.value != right:
            found.setdefault(each.value, each)
    return tuple(found.values())


def diagnose(
    trace: Trace | HasTrace, number: int, field: Field, answer: int, relative: bool = True
) -> Misconception | None:
    """The misconception that gives exactly this answer, or ``None``."""
    for each in misconceptions(trace, number, field, relative):
        if each.value == answer:
            return each
    return None


def _shift(packet: Packet, field: Field) -> int:
    """What a relative number lacks of the one in the header."""
    if field == "seq":
        return int(packet.segment.seq) - packet.rel_seq
    return int(packet.segment.ack or 0) - (packet.rel_ack or 0)


def _sums(origin: Packet, what: str) -> Iterator[Misconception]:
    """Wrong ways to add up what a packet takes up, from its first number."""
    seq, size, seg_len = origin.rel_seq, len(origin.segment.data), origin.segment.seg_len
    which = f"packet {origin.number}"
    if origin.segment.syn:
        yield Misconception(
            "forgot the SYN",
            seq + seg_len - 1,
            f"You forgot that the SYN of {which} takes up one number, though it carries no data.",
        )
    if origin.segment.fin:
        yield Misconception(
            "forgot the FIN",
            seq + seg_len - 1,
            f"You forgot that the FIN of {which} takes up one number, though it carries no data.",
        )
    frame = origin.frame_len
    if frame is not None:
        if filler := padding(origin):
            yield Misconception(
                "counted the padding",
                seq + frame - HEADERS,
                f"You counted {frame} − {HEADERS} = {frame - HEADERS} bytes for {which}. Its frame"
                f" is filled up with {filler} bytes of Ethernet padding, which are not data.",
            )
        if origin.segment.options.length:
            yield Misconception(
                "counted the options",
                seq + frame - HEADERS,
                f"You counted the {origin.segment.options.length} bytes of TCP options of {which}"
                " as data.",
            )
        yield Misconception(
            "counted all headers",
            seq + frame,
            f"You added the whole frame of {which}, {frame} bytes. Its headers are not counted;"
            f" it took up {seg_len}.",
        )
        yield Misconception(
            "counted the inner headers",
            seq + frame - ETHERNET,
            f"You took only the {ETHERNET} bytes of the Ethernet header off {which}; the IP and"
            " TCP headers are not data either.",
        )
    if size:
        yield Misconception(
            f"the length as {what}",
            size,
            f"{size} is how many bytes {which} carries; it began at {seq}, so it ends before"
            f" {seq + seg_len}.",
        )
        yield Misconception(
            "the last byte",
            seq + seg_len - 1,
            f"{seq + seg_len - 1} is the number of the last byte of {which}; what counts is the"
            " next one.",
        )


def _of_seq(packet: Packet, basis: Basis) -> Iterator[Misconception]:
    right = packet.rel_seq
    previous = basis.previous
    if previous is not None and not previous.segment.seg_len:
        yield Misconception(
            "added one for a pure ACK",
            right + 1,
            f"You added one for packet {previous.number}. It was a pure ACK, and an ACK takes up"
            " no number.",
        )
    if basis.before is not None:
        if basis.before.rel_seq != right:
            yield Misconception(
                "repeated the last seq",
                basis.before.rel_seq,
                f"That was the seq of packet {basis.before.number}. It took up"
                f" {basis.before.segment.seg_len}, so the number has moved on.",
            )
        yield from _sums(basis.before, "seq")
    if packet.segment.syn:
        yield Misconception(
            "began at one",
            right + 1,
            "The SYN itself carries its side's first number; one more is the number after the SYN.",
        )


def _of_ack(packet: Packet, basis: Basis) -> Iterator[Misconception]:
    right, acked, last = packet.rel_ack or 0, basis.acked, basis.peer_last
    if last is not None and not last.segment.seg_len:
        yield Misconception(
            "added one for a pure ACK",
            right + 1,
            f"You added one for packet {last.number}. It was a pure ACK: it takes up no number and"
            " is not acknowledged itself.",
        )
        if padding(last):
            yield from _sums(last, "ack")
    if acked is None:
        return
    yield from _sums(acked, "ack")
    if basis.last_ack is not None and basis.last_ack != right:
        yield Misconception(
            "repeated the last ack",
            basis.last_ack,
            f"That was the ack before packet {acked.number} came. It took up"
            f" {acked.segment.seg_len}, so {packet.sender} now expects {rel_end(acked)}.",
        )
    yield Misconception(
        "the first byte received",
        acked.rel_seq,
        f"{acked.rel_seq} is where packet {acked.number} began. An ack names the next number"
        " expected, not the one that came.",
    )
    yield Misconception(
        "one too many",
        right + 1,
        "One too many: only SYN, FIN and bytes of data take up a number.",
    )


def _of_len(packet: Packet, basis: Basis) -> Iterator[Misconception]:
    frame = packet.frame_len
    if packet.segment.seg_len != len(packet.segment.data):
        yield Misconception(
            "counted SYN or FIN as data",
            packet.segment.seg_len,
            "SYN and FIN take up a sequence number, but they are not bytes of data.",
        )
    if frame is None:
        return
    if filler := padding(packet):
        yield Misconception(
            "counted the padding",
            frame - HEADERS,
            f"{filler} of these bytes are Ethernet padding: no frame is shorter than {frame}.",
        )
    if options := packet.segment.options.length:
        yield Misconception(
            "counted the options",
            frame - HEADERS,
            f"{options} of these bytes are TCP options; they belong to the header.",
        )
    for name, less, rest in (
        ("the whole frame", 0, "Ethernet, IP and TCP headers"),
        ("counted IP and TCP headers", ETHERNET, "IP and TCP headers"),
        ("counted the TCP header", ETHERNET + IPV4, "TCP header"),
    ):
        yield Misconception(
            name, frame - less, f"That still counts the {rest}; only the data behind them counts."
        )


def _other_numbers(packet: Packet, field: Field, relative: bool) -> Iterator[Misconception]:
    """Numbers that are right, but for another question."""
    if field == "len":
        return
    other: Field = "ack" if field == "seq" else "seq"
    across = right_answer(packet, other, relative)
    if across is not None:
        yield Misconception(
            "the other direction's number",
            across,
            f"That is its {other}. Each direction counts its own bytes: seq counts what"
            f" {packet.sender} sends, ack what {packet.sender} expects from {packet.receiver}.",
        )
    swapped = right_answer(packet, field, not relative)
    if swapped is not None:
        given, asked = ("raw", "relative") if relative else ("relative", "raw")
        yield Misconception(
            f"{given} for {asked}",
            swapped,
            f"That is the right {given} number; asked is the {asked} one"
            + (
                ", which counts from its side's first number."
                if relative
                else ", as it stands in the header."
            ),
        )
