"""The words that all views use for flags, times, states and steps."""

from __future__ import annotations

from tcpcourse.core.segment import Flags
from tcpcourse.core.states import State
from tcpcourse.trace import End, Packet, Step
from tcpcourse.views.escape import brief
from tcpcourse.words import listed, message

GETS, SENDS = message("{end} gets {packet}"), message("{end} sends {packet}")


def flag_names(flags: Flags) -> str:
    """The flags as the document writes them: ``SYN, ACK``."""
    return ", ".join(bit.name or "" for bit in Flags if flags & bit) or "none"


def short_time(nanoseconds: int) -> str:
    """A time in the unit that suits it, to three figures: ``10 ms``, ``1.02 s``."""
    if nanoseconds < 0:
        return "-" + short_time(-nanoseconds)
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= size:
            amount = nanoseconds / size
            return f"{amount:.0f} {unit}" if amount >= 999.5 else f"{amount:.3g} {unit}"
    return f"{nanoseconds} ns" if nanoseconds else "0"


def numbers(packet: Packet, relative: bool = True) -> tuple[int, int | None]:
    """The packet's seq and ack, relative or as they stand in its header."""
    if relative:
        return packet.rel_seq, packet.rel_ack
    ack = packet.segment.ack
    return int(packet.segment.seq), None if ack is None else int(ack)


def number_line(packet: Packet, relative: bool = True) -> str:
    """``seq=1 ack=626 len=1460``"""
    seq, ack = numbers(packet, relative)
    middle = "" if ack is None else f" ack={ack}"
    return f"seq={seq}{middle} len={len(packet.segment.data)}"


def state_lines(end: End) -> tuple[str, ...]:
    """The state of an end in one or two short lines, also when it is not quite known."""
    if end.state is not None:
        return (str(end.state),)
    if len(end.possible) == 2:
        return (str(end.possible[0]), message("or {state}", state=end.possible[1]))
    if len(end.possible) == len(State) or not end.possible:
        return (message("unknown"),)
    return (message("one of"), message("{count} states", count=len(end.possible)))


def name(packet: Packet, relative: bool = True) -> str:
    """A packet in a few words: ``packet 2, B→A [SYN, ACK] seq=0 ack=1 len=0``."""
    return message(
        "packet {number}, {sender}→{receiver} [{flags}] {numbers}",
        number=packet.number,
        sender=packet.sender,
        receiver=packet.receiver,
        flags=flag_names(packet.segment.flags),
        numbers=number_line(packet, relative),
    )


def fate(packet: Packet) -> str:
    """What became of a packet, if it is not simply there."""
    words = [*packet.notes]
    if packet.fate == "lost":
        words.append(message("lost"))
    if packet.fate == "duplicate" and not words:
        words.append(message("a copy"))
    return listed(word if len(word) <= 40 else brief(word, 40) for word in words)


def happening(step: Step) -> str:
    """A step in one line, for lists, screen readers and picture captions."""
    if step.packet is not None:
        words = SENDS if step.packet.sender == step.who else GETS
        text = words.filled(end=step.who, packet=name(step.packet))
    else:
        event = step.event if len(step.event) <= 60 else brief(step.event, 60)
        text = message("{end} {event}", end=step.who, event=event)
    if step.sent:
        sent = listed((_with_fate(packet) for packet in step.sent), 3)
        text = message("{event}; sends {packets}", event=text, packets=sent)
    elif step.packet is not None and (became := fate(step.packet)):
        text = message("{event} ({fate})", event=text, fate=became)
    if moved := changes(step):
        text = message("{event} — {changes}", event=text, changes=moved)
    return text


def _with_fate(packet: Packet) -> str:
    flags = f"[{flag_names(packet.segment.flags)}]"
    became = fate(packet)
    return message("{packet} ({fate})", packet=flags, fate=became) if became else flags


def changes(step: Step) -> str:
    """Which states changed in a step: ``A: SYN_SENT → ESTABLISHED``, or nothing."""
    moved = [
        f"{side}: {before} → {after}"
        for side, before, after in zip("AB", step.before, step.after, strict=True)
        if before.possible != after.possible
    ]
    return listed(moved)
