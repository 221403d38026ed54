"""Asks tshark what it sees in a capture, packet by packet."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

FIELDS = (
    "frame.number", "tcp.stream", "tcp.seq_raw", "tcp.ack_raw", "tcp.seq", "tcp.ack", "tcp.len",
    "tcp.flags", "tcp.window_size_value", "tcp.window_size", "frame.len", "frame.time_epoch",
)  # fmt: skip
NOTES = {
    "retransmission": "retransmission",
    "fast_retransmission": "fast retransmission",
    "spurious_retransmission": "spurious retransmission",
    "out_of_order": "out of order",
    "duplicate_ack": "duplicate ACK",
    "lost_segment": "previous segment not captured",
    "ack_lost_segment": "ACKed unseen segment",
    "keep_alive": "keep-alive",
    "keep_alive_ack": "keep-alive ACK",
    "zero_window": "zero window",
    "zero_window_probe": "zero-window probe",
    "zero_window_probe_ack": "zero-window probe ACK",
    "window_update": "window update",
    "window_full": "window full",
    "reused_ports": "port reused",
}


class Shown(NamedTuple):
    """One TCP packet as tshark shows it, by the names of the loader's columns."""

    frame: int
    conversation: int
    seq: int
    ack: int
    rel_seq: int
    rel_ack: int
    payload_len: int
    flags: int
    window: int
    scaled_window: int
    frame_len: int
    time_ns: int | None
    notes: frozenset[str]


def shown(path: Path, *, passes: int = 1) -> list[Shown]:
    """All TCP packets of a file. A fast or spurious retransmission is not also a plain one."""
    command = ["tshark", *(["-2"] if passes == 2 else []), "-n", "-r", str(path), "-Y", "tcp"]
    command += ["-T", "fields", "-E", "occurrence=f"]
    for name in (*FIELDS, *(f"tcp.analysis.{note}" for note in NOTES)):
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found = []
    for line in done.stdout.splitlines():
        cells = line.split("\t")
        numbers = [int(cell, 0) for cell in cells[: len(FIELDS) - 1]]
        when: int | None = None
        if cells[len(FIELDS) - 1]:
            seconds, fraction = cells[len(FIELDS) - 1].split(".")
            when = int(seconds) * 10**9 + int(fraction)
        notes = {
            note for note, cell in zip(NOTES.values(), cells[len(FIELDS) :], strict=True) if cell
        }
        if notes & {"fast retransmission", "spurious retransmission"}:
            notes -= {"retransmission"}
        found.append(Shown(*numbers, when, frozenset(notes)))  # type: ignore[arg-type]
    return found
