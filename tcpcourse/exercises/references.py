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


def who_waits(packets: list[dict[str, Any]]) -> str:
    """Who ends in TIME_WAIT: the first closer, or both when the FINs crossed (§3.6)."""
    first, second = [packet for packet in packets if "F" in packet["flags"]]
    knew = second["ack"] == int(SeqNumber(first["seq"]) + 1)
    return str(first["from"]) if knew else "both"


def _first_fin(packets: list[dict[str, Any]]) -> str:
    return str(next(packet["from"] for packet in packets if "F" in packet["flags"]))


def _last_sender(packets: list[dict[str, Any]]) -> str:
    return str(packets[-1]["from"])


def ack_for(segment: dict[str, Any]) -> int:
    """The number after the segment: seq + SYN + data + FIN (§3.4)."""
    flags = segment["flags"]
    return int(SeqNumber(segment["seq"]) + (segment["len"] + ("S" in flags) + ("F" in flags)))


def _ack_plain(segment: dict[str, Any]) -> int:
    return int(SeqNumber(segment["seq"]) + segment["len"])


def _ack_unwrapped(segment: dict[str, Any]) -> int:
    flags = segment["flags"]
    return int(segment["seq"] + segment["len"] + ("S" in flags) + ("F" in flags))


def _ack_one_more(segment: dict[str, Any]) -> int:
    return int(SeqNumber(segment["seq"]) + 1)


def payload_len(ip_total: int, ip_words: int, tcp_words: int) -> int:
    """IP total length less both headers, which are counted in words of four bytes."""
    return ip_total - 4 * ip_words - 4 * tcp_words


def is_before(a: int, b: int) -> bool:
    """Whether going forward from a to b is the shorter way (§3.4)."""
    return SeqNumber(a) < SeqNumber(b)


def conversations(packets: list[dict[str, str]]) -> int:
    """A SYN after a FIN or RST on the same addresses begins another conversation."""
    over: dict[frozenset[str], bool] = {}
    count = 0
    for packet in packets:
        pair = frozenset((packet["from"], packet["to"]))
        if pair not in over or (over[pair] and packet["flags"] == "S"):
            count, over[pair] = count + 1, False
        over[pair] = over[pair] or bool({"F", "R"} & set(packet["flags"]))
    return count


def _pairs(packets: list[dict[str, str]]) -> int:
    return len({frozenset((packet["from"], packet["to"])) for packet in packets})


def _directions(packets: list[dict[str, str]]) -> int:
    return len({(packet["from"], packet["to"]) for packet in packets})


def _syns(packets: list[dict[str, str]]) -> int:
    return sum(packet["flags"] == "S" for packet in packets)


REFERENCES: Mapping[str, Callable[..., Any]] = {
    "answer_to_syn": answer_to_syn,
    "who_waits": who_waits,
    "ack_for": ack_for,
    "payload_len": payload_len,
    "is_before": is_before,
    "conversations": conversations,
}

Slip = tuple[Callable[..., Any], str]
_FORGOT_WRAP = "After the largest 32-bit number comes 0: take the result modulo 2**32."

SLIPS: Mapping[str, tuple[Slip, ...]] = {
    "answer_to_syn": (
        (_same_ack, "The SYN takes up one number, so the ack is one more than its seq."),
        (_no_wrap, _FORGOT_WRAP),
    ),
    "who_waits": (
        (_first_fin, "Who sends the first FIN does not decide it when the FINs cross."),
        (_last_sender, "The sender of the last packet need not be the one that waits."),
    ),
    "ack_for": (
        (_ack_plain, "SYN and FIN take up a number each, though they carry no data."),
        (_ack_unwrapped, _FORGOT_WRAP),
        (_ack_one_more, "ack = seq + 1 holds only for a SYN or FIN without data."),
    ),
    "payload_len": (
        (lambda total, ip, tcp: total - 40, "Options make headers longer than 40 bytes."),
        (lambda total, ip, tcp: total - ip - tcp, "A word has four bytes."),
        (lambda total, ip, tcp: total - 4 * tcp, "The IP header is no data either."),
    ),
    "is_before": (
        (lambda a, b: a < b, "A larger number is not always newer: think of both sides of 0."),
    ),
    "conversations": (
        (_pairs, "The same addresses can have one conversation after another."),
        (_directions, "Both directions belong to one conversation."),
        (_syns, "A SYN may be sent again, and then begins nothing new."),
    ),
}
