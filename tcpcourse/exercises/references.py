"""What is right for inputs a student has not seen. Only the grader's process needs this file.

``REFERENCES`` holds, by the function's name, how to compute the right result; ``SLIPS`` wrong
ways that have a name, each with what to say when all results fit it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tcpcourse.core.seq import SeqNumber


def answer_to_syn(seq: int, iss: int) -> dict[str, Any]:
    """The SYN,ACK of a listener (RFC 9293 §3.10.7.2)."""
    return {"flags": "SA", "seq": iss, "ack": int(SeqNumber(seq) + 1)}


def _same_ack(seq: int, iss: int) -> dict[str, Any]:
    return {"flags": "SA", "seq": iss, "ack": seq}


def _no_wrap(seq: int, iss: int) -> dict[str, Any]:
    return {"flags": "SA", "seq": iss, "ack": seq + 1}


REFERENCES: Mapping[str, Callable[..., Any]] = {
    "answer_to_syn": answer_to_syn,
}

Slip = tuple[Callable[..., Any], str]
_FORGOT_WRAP = "After the largest 32-bit number comes 0: take the result modulo 2**32."

SLIPS: Mapping[str, tuple[Slip, ...]] = {
    "answer_to_syn": (
        (_same_ack, "The SYN takes up one number, so the ack is one more than its seq."),
        (_no_wrap, _FORGOT_WRAP),
    ),
}
