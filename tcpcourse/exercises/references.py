"""What is right for inputs a student has not seen. Only the grader's process needs this file.

``REFERENCES`` holds, by the function's name, how to compute the right result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tcpcourse.core.seq import SeqNumber


def answer_to_syn(seq: int, iss: int) -> dict[str, Any]:
    """The SYN,ACK of a listener (RFC 9293 §3.10.7.2)."""
    return {"flags": "SA", "seq": iss, "ack": int(SeqNumber(seq) + 1)}


def who_waits(packets: list[dict[str, Any]]) -> str:
    """Who ends in TIME_WAIT: the first closer, or both when the FINs crossed (§3.6)."""
    first, second = [packet for packet in packets if "F" in packet["flags"]]
    knew = second["ack"] == int(SeqNumber(first["seq"]) + 1)
    return str(first["from"]) if knew else "both"


def first_fin(packets: list[dict[str, Any]]) -> str:
    """Who sends the first FIN."""
    return str(next(packet["from"] for packet in packets if "F" in packet["flags"]))


def ack_for(segment: dict[str, Any]) -> int:
    """The number after the segment: seq + SYN + data + FIN (§3.4)."""
    flags = segment["flags"]
    return int(SeqNumber(segment["seq"]) + (segment["len"] + ("S" in flags) + ("F" in flags)))


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


def address(text: str) -> str:
    """Linux prints an IPv4 address as one number of its own byte order (little-endian here)."""
    number, port = (int(word, 16) for word in text.split(":"))
    return f"{'.'.join(map(str, number.to_bytes(4, 'little')))}:{port}"


PROC = (
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RCVD",
    "FIN_WAIT_1",
    "FIN_WAIT_2",
    "TIME_WAIT",
    "CLOSED",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
)
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


def said(packets: list[dict[str, Any]]) -> dict[str, Any]:
    """Who sends the first FIN, and how many bytes each side's program has sent."""
    again = set(sent_again(packets))
    count = {
        side: sum(p["len"] for p in packets if p["from"] == side and p["no"] not in again)
        for side in ("A", "B")
    }
    return {"closes first": first_fin(packets), "bytes A": count["A"], "bytes B": count["B"]}


def repeated(packets: list[dict[str, Any]]) -> dict[str, Any]:
    """The first packet that repeats one of its side, that one, and the time between them."""
    again = next(p for p in packets if p["no"] in sent_again(packets))
    first = next(
        p
        for p in packets
        if (p["from"], p["seq"], p["len"]) == (again["from"], again["seq"], again["len"])
        and ("F" in p["flags"]) == ("F" in again["flags"])
        and (p["len"] or "F" in p["flags"])
    )
    return {
        "first copy": first["no"],
        "second copy": again["no"],
        "waited": again["ms"] - first["ms"],
    }


def where(packets: list[dict[str, Any]]) -> list[str]:
    """Both ends' states when the last of the packets has arrived; none of them is lost."""
    opener = packets[0]["from"]
    if len(packets) < 3:
        states = {opener: ("SYN_SENT", "ESTABLISHED")[len(packets) - 1]}
        return [states.get(side, "SYN_RCVD") for side in ("A", "B")]
    return watch(packets)


def ending(packets: list[dict[str, Any]]) -> dict[str, Any]:
    """Who waits, the last packet's numbers, and the FIN that would come again without it."""
    last = packets[-1]
    fins = [p["no"] for p in packets if "F" in p["flags"]]
    return {
        "waits": first_fin(packets),
        "last seq": last["seq"],
        "last ack": last["ack"],
        "if lost": fins[-1],
    }


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
    "said": said,
    "repeated": repeated,
    "where": where,
    "ending": ending,
}
