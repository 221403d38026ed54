"""What single questions claim of their own stories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .claims import Case, M
from .claims_states import DRAWN


def table(case: Case, caption: str) -> list[dict[str, Any]]:
    return list(case.given[caption])


def program_counts(case: Case, at: str) -> int:
    program = case.rights["program"]
    rows = [row for row in table(case, "sockets") if row["at"] == at]
    return next(int(row["CLOSE_WAIT"]) for row in rows if row["program"] == program)


def packet(case: Case, number: int) -> Mapping[str, Any]:
    return next(row for row in table(case, "packets") if row["no"] == number)


def acknowledged(case: Case) -> int:
    return int(case.given["SND.UNA"])


OWN: dict[str, Callable[[Case], bool]] = {
    "You sorted by seq alone. Each direction has numbers of its own.":
        lambda c: c.value == [r["letter"] for r in sorted(
            table(c, "packets"), key=lambda r: (r["seq"], r["ack"] or 0, r["len"]))],
    "You put one side's packets first. They answer each other.":
        lambda c: len({letter for letter in c.value}) == len(c.value) and sum(
            a["from"] != b["from"] for a, b in zip(ordered(c), ordered(c)[1:], strict=False)) == 1,
    "You sorted by size. A smaller number may be the newer one.":
        lambda c: c.value == sorted(c.given["seq"], key=c.given["seq"].get),
    "A SYN that is lost is not answered. Which one is?":
        lambda c: 1 < c.value < c.right,
    "You left out how long the opener waited before it tried again.":
        lambda c: c.value < max(row["ms"] for row in table(c, "sent")),
    "Many sockets in TIME_WAIT are no fault: they go away by themselves.":
        lambda c: max(table(c, "sockets"), key=lambda r: r["TIME_WAIT"])["program"] == c.value,
    "That many there are at first. How many come each hour?":
        lambda c: c.value == program_counts(c, "9:00"),
    "That many come in two hours.":
        lambda c: c.value == program_counts(c, "11:00") - program_counts(c, "9:00"),
    "A SYN takes up one number, too; it is not a byte of data.": lambda c: c.value == c.right + 1,
    "SYN and FIN take up one number each; they are no bytes of data.":
        lambda c: c.value == c.right + 2,
    "That is the whole frame with all its headers.":
        lambda c: c.value == frame_of(c)["frame"],
    "The frame has 14 bytes of Ethernet header besides.":
        lambda c: frame_of(c)["frame"] - frame_of(c)["IP total"] >= 14,
    "Did you go on at 1? After the largest number comes 0.":
        lambda c: c.value == c.right + 1 and c.right < 3000,
    "The window of a SYN is never scaled.":
        lambda c: "S" in packet(c, int(c.part[6:]))["flags"],
    "Both SYNs have offered a scale, so later windows are scaled.":
        lambda c: all("wscale" in packet(c, n)["options"] for n in (1, 2))
        and "S" not in packet(c, int(c.part[6:]))["flags"],
    "Go forward from UNA to NXT, past zero.": lambda c: c.given["SND.NXT"] < c.given["SND.UNA"],
    "UNA itself is not acknowledged, NXT not sent: do not add one.":
        lambda c: c.value == (c.given["SND.NXT"] - c.given["SND.UNA"]) % M + 1,
    "Some of the window is taken by what is in flight.":
        lambda c: c.value == c.given["SND.WND"] and c.given["SND.NXT"] != c.given["SND.UNA"],
    "The window begins at UNA, not at NXT.":
        lambda c: c.value == (c.given["SND.NXT"] + c.given["SND.WND"]) % M,
    "The edge is the first number that may not be sent.":
        lambda c: c.value == (c.given["SND.UNA"] + c.given["SND.WND"] - 1) % M,
    "That one was opened: its SYN was answered with a SYN,ACK.":
        lambda c: any(r["flags"] == "SA" and r["client's port"] == c.value
                      for r in table(c, "one server, port 443")),
    "The clock did not begin when this segment was sent.":
        lambda c: c.value == c.given["retransmission timeout at first [ms]"],
    "A may not send more than the window lets it.":
        lambda c: c.value > c.given["B's window [bytes]"],
    "Not all of it fits into the window.":
        lambda c: c.given["A's program sends [bytes]"] > c.given["B's window [bytes]"],
    "All that fits the window has been acknowledged by now.":
        lambda c: c.value == acknowledged(c) != c.right,
    "There is no room for the byte: it is not taken.":
        lambda c: c.value == (acknowledged(c) + c.given["B's window [bytes]"] + 1) % M,
    "RFC 9293's probe carries the next new byte, not an old one.":
        lambda c: c.value == (c.right - 1) % M,
    "Numbers outside the window are not even answered when they carry a RST.":
        lambda c: (reset(c) - c.given["RCV.NXT"]) % M >= c.given["RCV.WND"],
    "By RFC 793 any RST in the window would do. What has RFC 5961 changed?":
        lambda c: 0 < (reset(c) - c.given["RCV.NXT"]) % M < c.given["RCV.WND"],
    "Those are the things that a capture does not tell.":
        lambda c: not set(c.value) & set(c.right),
    "Those are the ones that cannot be. For each, ask what one end has heard of the other.":
        lambda c: not set(c.value) & set(c.right),
    "Those are the ones that figure 5 draws.":
        lambda c: all(tuple(c.given["arrows"][letter].split(" → "))
                      in DRAWN for letter in c.value),
    "Each packet can do two things.":
        lambda c: c.value == c.given["calls possible"] + c.given["packets on the wire"]
        + c.given["timers that may run out"],
    "After each first move there are as many seconds.":
        lambda c: c.value == c.rights["now"] * c.given["moves"],
}  # fmt: skip


def ordered(case: Case) -> list[Mapping[str, Any]]:
    by = {row["letter"]: row for row in table(case, "packets")}
    return [by[letter] for letter in case.value]


def frame_of(case: Case) -> Mapping[str, Any]:
    return next(row for row in table(case, "frames") if f"len{row['no']}" == case.part)


def reset(case: Case) -> int:
    return next(int(row["seq"]) for row in table(case, "RSTs") if f"rst{row['no']}" == case.part)
