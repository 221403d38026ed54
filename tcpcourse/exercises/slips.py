"""Wrong ways to compute a function that have a name, each with what to say when all results
fit it. Only the grader's process needs this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.exercises.references import (
    ending,
    first_fin,
    repeated,
    said,
    watch,
)
from tcpcourse.words import message


def _same_ack(seq: int, iss: int) -> dict[str, Any]:
    return {"flags": "SA", "seq": iss, "ack": seq}


def _no_wrap(seq: int, iss: int) -> dict[str, Any]:
    return {"flags": "SA", "seq": iss, "ack": seq + 1}


def _last_sender(packets: list[dict[str, Any]]) -> str:
    return str(packets[-1]["from"])


def _ack_plain(segment: dict[str, Any]) -> int:
    return int(SeqNumber(segment["seq"]) + segment["len"])


def _ack_unwrapped(segment: dict[str, Any]) -> int:
    flags = segment["flags"]
    return int(segment["seq"] + segment["len"] + ("S" in flags) + ("F" in flags))


def _ack_one_more(segment: dict[str, Any]) -> int:
    return int(SeqNumber(segment["seq"]) + 1)


def _pairs(packets: list[dict[str, str]]) -> int:
    return len({frozenset((packet["from"], packet["to"])) for packet in packets})


def _directions(packets: list[dict[str, str]]) -> int:
    return len({(packet["from"], packet["to"]) for packet in packets})


def _syns(packets: list[dict[str, str]]) -> int:
    return sum(packet["flags"] == "S" for packet in packets)


def _straight(text: str) -> str:
    number, port = (int(word, 16) for word in text.split(":"))
    return f"{'.'.join(map(str, number.to_bytes(4, 'big')))}:{port}"


def _port_turned(text: str) -> str:
    number, port = (int(word, 16) for word in text.split(":"))
    turned = int.from_bytes(port.to_bytes(2, "little"), "big")
    return f"{'.'.join(map(str, number.to_bytes(4, 'little')))}:{turned}"


def _first_only(seq: int, length: int, rcv_nxt: int, rcv_wnd: int) -> bool:
    return (seq - rcv_nxt) % MODULUS < rcv_wnd


def _unwrapped(seq: int, length: int, rcv_nxt: int, rcv_wnd: int) -> bool:
    if not rcv_wnd:
        return not length and seq == rcv_nxt
    ends = (seq, seq + length - 1) if length else (seq,)
    return any(rcv_nxt <= end < rcv_nxt + rcv_wnd for end in ends)


def _closed_both(packets: list[dict[str, Any]]) -> list[str]:
    return ["CLOSED", "CLOSED"]


def _same_seq(packets: list[dict[str, Any]]) -> list[int]:
    seen: set[tuple[str, int]] = set()
    found = []
    for packet in packets:
        key = (packet["from"], packet["seq"])
        if key in seen:
            found.append(packet["no"])
        seen.add(key)
    return found


def _smaller(packets: list[dict[str, Any]]) -> list[int]:
    highest: dict[str, int] = {}
    found = []
    for packet in packets:
        flags, side = packet["flags"], packet["from"]
        size = packet["len"] + ("S" in flags) + ("F" in flags)
        if size and packet["seq"] < highest.get(side, 0):
            found.append(packet["no"])
        highest[side] = max(highest.get(side, 0), packet["seq"] + size)
    return found


def _said_twice(packets: list[dict[str, Any]]) -> dict[str, Any]:
    count = {s: sum(p["len"] for p in packets if p["from"] == s) for s in ("A", "B")}
    return {"closes first": first_fin(packets), "bytes A": count["A"], "bytes B": count["B"]}


def _said_with_flags(packets: list[dict[str, Any]]) -> dict[str, Any]:
    right = said(packets)
    return {**right, "bytes A": right["bytes A"] + 2, "bytes B": right["bytes B"] + 2}


def _in_seconds(packets: list[dict[str, Any]]) -> dict[str, Any]:
    right = repeated(packets)
    return {**right, "waited": right["waited"] // 1000}


def _both_open(packets: list[dict[str, Any]]) -> list[str]:
    return ["ESTABLISHED", "ESTABLISHED"] if len(packets) < 12 else watch(packets)


def _ack_again(packets: list[dict[str, Any]]) -> dict[str, Any]:
    return {**ending(packets), "if lost": packets[-1]["no"]}


def _server_waits(packets: list[dict[str, Any]]) -> dict[str, Any]:
    right = ending(packets)
    return {**right, "waits": "A" if right["waits"] == "B" else "B"}


Slip = tuple[Callable[..., Any], str]


_FORGOT_WRAP = message("After the largest 32-bit number comes 0: take the result modulo 2**32.")


SLIPS: Mapping[str, tuple[Slip, ...]] = {
    "answer_to_syn": (
        (_same_ack, message("The SYN takes up one number, so the ack is one more than its seq.")),
        (_no_wrap, _FORGOT_WRAP),
    ),
    "who_waits": (
        (first_fin, message("Who sends the first FIN does not decide it when the FINs cross.")),
        (_last_sender, message("The sender of the last packet need not be the one that waits.")),
    ),
    "ack_for": (
        (_ack_plain, message("SYN and FIN take up a number each, though they carry no data.")),
        (_ack_unwrapped, _FORGOT_WRAP),
        (_ack_one_more, message("ack = seq + 1 holds only for a SYN or FIN without data.")),
    ),
    "payload_len": (
        (lambda total, ip, tcp: total - 40, message("Options make headers longer than 40 bytes.")),
        (lambda total, ip, tcp: total - ip - tcp, message("A word has four bytes.")),
        (lambda total, ip, tcp: total - 4 * tcp, message("The IP header is no data either.")),
    ),
    "is_before": (
        (
            lambda a, b: a < b,
            message("A larger number is not always newer: think of both sides of 0."),
        ),
    ),
    "conversations": (
        (_pairs, message("The same addresses can have one conversation after another.")),
        (_directions, message("Both directions belong to one conversation.")),
        (_syns, message("A SYN may be sent again, and then begins nothing new.")),
    ),
    "address": (
        (_straight, message("The bytes of the address stand in the other order.")),
        (
            _port_turned,
            message("Only the bytes of the address are turned round, not those of the port."),
        ),
    ),
    "acceptable": (
        (
            _first_only,
            message("Old data may end in the window; and a closed window takes a bare number."),
        ),
        (_unwrapped, message("The window may reach past the largest number.")),
    ),
    "watch": ((_closed_both, message("Somebody has to wait; and a close may not be over.")),),
    "said": (
        (_said_twice, message("One packet was sent twice; its bytes count once.")),
        (_said_with_flags, message("SYN and FIN take up a number each; they are no data.")),
    ),
    "repeated": ((_in_seconds, message("Milliseconds, not seconds.")),),
    "where": (
        (_both_open, message("Until the third packet one end does not know enough to be open.")),
    ),
    "ending": (
        (_ack_again, message("A pure ACK is never sent again by itself.")),
        (_server_waits, message("Who must be able to answer a FIN that comes again?")),
    ),
    "sent_again": (
        (
            _same_seq,
            message("A pure ACK has the same seq as what follows it, and repeats nothing."),
        ),
        (_smaller, message("A smaller number may be the newer one, past the largest.")),
    ),
}
