"""One engine under ``simulate`` and ``play``: the same events make the same steps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tcpcourse as tcp

E = tcp.State.ESTABLISHED
WORDS = {
    "calls passive OPEN": "listen",
    "calls active OPEN": "connect",
    "calls CLOSE": "close",
    "calls ABORT": "abort",
    "crashes": "crash",
    "the receive buffer grows": "grow 9000",
    "retransmission timeout": "timer retransmission",
    "2MSL timeout": "timer time-wait",
    "user timeout": "timer user",
    "zero-window probe": "timer zero-window-probe",
    "delayed-ACK timeout": "timer delayed-ack",
}


def moves_in(trace: tcp.Trace) -> str:
    """The moves by which hands make the same story; losses and copies right where they occur."""
    moves, numbers, made = [], {}, 0
    sends = [b"one", b"two", b"three"]
    for step in trace:
        if step.packet is not None:
            moves.append(f"deliver {numbers[step.packet.number]}")
        elif step.event == "calls SEND":
            data = step.reaction.after.sendq if step.reaction else b""
            assert data is not None
            moves.append(f"{step.who} send {sends[len(moves) % 3].decode()}")
        elif not step.event.endswith("refused"):
            moves.append(f"{step.who} {WORDS[step.event]}")
        originals = [p for p in step.sent if not any("copy of" in note for note in p.notes)]
        for packet in originals:
            made += 1
            numbers[packet.number] = made
        for packet in step.sent:
            if packet not in originals:
                first = int(packet.notes[0].removeprefix("copy of packet "))
                made += 1
                numbers[packet.number] = made
                moves.append(f"duplicate {numbers[first]}")
        moves += [f"lose {numbers[p.number]}" for p in step.sent if p.fate == "lost"]
    return "; ".join(moves)
