"""What is right for inputs a student has not seen. Only the grader's process needs this file.

``REFERENCES`` holds, by the function's name, how to compute the right result; ``SLIPS`` wrong
ways that have a name, each with what to say when all results fit it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tcpcourse.core.seq import MODULUS, SeqNumber


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


def address(text: str) -> str:
    """Linux prints an IPv4 address as one number of its own byte order (little-endian here)."""
    number, port = (int(word, 16) for word in text.split(":"))
    return f"{'.'.join(map(str, number.to_bytes(4, 'little')))}:{port}"


def _straight(text: str) -> str:
    number, port = (int(word, 16) for word in text.split(":"))
    return f"{'.'.join(map(str, number.to_bytes(4, 'big')))}:{port}"


def _port_turned(text: str) -> str:
    number, port = (int(word, 16) for word in text.split(":"))
    turned = int.from_bytes(port.to_bytes(2, "little"), "big")
    return f"{'.'.join(map(str, number.to_bytes(4, 'little')))}:{turned}"


PROC = (
    "ESTABLISHED", "SYN_SENT", "SYN_RCVD", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED",
    "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
)  # fmt: skip
"""The states in the order of Linux's codes, from 1 (``TCP_ESTABLISHED``) to 11."""


def state_of(line: str) -> str:
    """The fourth word of the line is the state's code in hex."""
    return PROC[int(line.split()[3], 16) - 1]


def acceptable(seq: int, length: int, rcv_nxt: int, rcv_wnd: int) -> bool:
    """The four cases of the table in RFC 9293 §3.4."""
    nxt, first = SeqNumber(rcv_nxt), SeqNumber(seq)
    last = first + (length - 1 if length else 0)
    if not rcv_wnd:
        return not length and first == nxt
    edge = nxt + rcv_wnd
    return nxt <= first < edge or (bool(length) and nxt <= last < edge)


def _first_only(seq: int, length: int, rcv_nxt: int, rcv_wnd: int) -> bool:
    return (seq - rcv_nxt) % MODULUS < rcv_wnd


def _unwrapped(seq: int, length: int, rcv_nxt: int, rcv_wnd: int) -> bool:
    if not rcv_wnd:
        return not length and seq == rcv_nxt
    ends = (seq, seq + length - 1) if length else (seq,)
    return any(rcv_nxt <= end < rcv_nxt + rcv_wnd for end in ends)


def next_state(state: str, event: str) -> str:
    """The rows of RFC 9293 §3.10 for a close; what is no row changes nothing."""
    return CLOSE_ROWS.get((state, event), state)


CLOSE_ROWS = {
    ("ESTABLISHED", "CLOSE"): "FIN_WAIT_1",
    ("ESTABLISHED", "FIN"): "CLOSE_WAIT",
    ("FIN_WAIT_1", "ACK OF FIN"): "FIN_WAIT_2",
    ("FIN_WAIT_1", "FIN"): "CLOSING",
    ("FIN_WAIT_1", "FIN AND ACK OF FIN"): "TIME_WAIT",
    ("FIN_WAIT_2", "FIN"): "TIME_WAIT",
    ("CLOSING", "ACK OF FIN"): "TIME_WAIT",
    ("CLOSE_WAIT", "CLOSE"): "LAST_ACK",
    ("LAST_ACK", "ACK OF FIN"): "CLOSED",
    ("TIME_WAIT", "2MSL"): "CLOSED",
}


def watch(packets: list[dict[str, Any]]) -> list[str]:
    """Both ends' states after a close, or a part of one, that begins in ESTABLISHED (§3.6).

    An end that knew of the other FIN when it sent its own has closed second.
    """
    fins = {p["from"]: p for p in packets if "F" in p["flags"]}
    found = []
    for side, peer in (("A", "B"), ("B", "A")):
        own, others = fins.get(side), fins.get(peer)
        if own is None:
            found.append("ESTABLISHED" if others is None else "CLOSE_WAIT")
            continue
        after = int(SeqNumber(own["seq"]) + 1)
        acked = any(p["ack"] == after for p in packets if p["from"] == peer)
        if others is None:
            found.append("FIN_WAIT_2" if acked else "FIN_WAIT_1")
        elif own["ack"] == int(SeqNumber(others["seq"]) + 1):
            found.append("CLOSED" if acked else "LAST_ACK")
        else:
            found.append("TIME_WAIT" if acked else "CLOSING")
    return found


def _closed_both(packets: list[dict[str, Any]]) -> list[str]:
    return ["CLOSED", "CLOSED"]


def sent_again(packets: list[dict[str, Any]]) -> list[int]:
    """Packets that take up only numbers which their side has sent before (§3.4)."""
    reached: dict[str, SeqNumber] = {}
    found = []
    for packet in packets:
        flags, side = packet["flags"], packet["from"]
        size = packet["len"] + ("S" in flags) + ("F" in flags)
        end = SeqNumber(packet["seq"]) + size
        if size and side in reached and end <= reached[side]:
            found.append(packet["no"])
        if side not in reached or end > reached[side]:
            reached[side] = end
    return found


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


REFERENCES: Mapping[str, Callable[..., Any]] = {
    "answer_to_syn": answer_to_syn,
    "who_waits": who_waits,
    "ack_for": ack_for,
    "payload_len": payload_len,
    "is_before": is_before,
    "conversations": conversations,
    "address": address,
    "state_of": state_of,
    "acceptable": acceptable,
    "next_state": next_state,
    "watch": watch,
    "sent_again": sent_again,
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
    "address": (
        (_straight, "The bytes of the address stand in the other order."),
        (_port_turned, "Only the bytes of the address are turned round, not those of the port."),
    ),
    "acceptable": (
        (_first_only, "Old data may end in the window; and a closed window takes a bare number."),
        (_unwrapped, "The window may reach past the largest number."),
    ),
    "watch": ((_closed_both, "Somebody has to wait; and a close may not be over."),),
    "sent_again": (
        (_same_seq, "A pure ACK has the same seq as what follows it, and repeats nothing."),
        (_smaller, "A smaller number may be the newer one, past the largest."),
    ),
}
