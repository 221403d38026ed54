"""What feedback claims is true of the student's own story: for a hundred students, each text.

The judge is this file: it plays the packets that are shown by rules of its own, and knows what
each state means. A sentence that it does not know fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tcpcourse.exercises import assignments
from tcpcourse.exercises.slips import SLIPS
from tcpcourse.exercises.values import Value
from tcpcourse.words import Message

STUDENTS = [f"student{number}" for number in range(100)]
M = 1 << 32
VALUES = [
    (name, question)
    for name, assignment in assignments().items()
    for question in assignment.questions
    if isinstance(question, Value)
]


def leaves(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The single sentences of a text, each as its template and what stands in it."""
    if isinstance(text, Message) and text.template == "{sentence} {following}":
        yield from leaves(text.places["sentence"])
        yield from leaves(text.places["following"])
    elif isinstance(text, Message) and "ideas" in text.places:
        yield from leaves(text.places["ideas"])
    elif isinstance(text, Message):
        yield text.template, text.places
    else:
        yield str(text), {}


@dataclass(frozen=True)
class Case:
    """One wrong answer of one student; ``places`` are those of the sentence."""

    question: str
    part: str
    value: Any
    right: Any
    given: Mapping[str, Any]
    rights: Mapping[str, Any]
    places: Mapping[str, Any]


# --- numbers: the table, played by hand ---------------------------------------------------------


def size_of(row: Mapping[str, Any], rights: Mapping[str, Any]) -> int:
    """Bytes of data: as told, as asked, or what a frame of Ethernet, IPv4 and TCP leaves."""
    if row.get("len") == "?":
        return int(rights[f"len{row['no']}"])
    if "len" in row:
        return int(row["len"])
    return 0 if "S" in row["flags"] or row["frame"] <= 60 else int(row["frame"]) - 54


def played(case: Case) -> list[dict[str, Any]]:
    """The rows with nothing hidden: what arrives in order is acknowledged (RFC 9293 §3.4)."""
    following: dict[str, int] = {}
    found = []
    for row in case.given.get("packets") or case.given["frames"]:
        me, flags, size = row["from"], row["flags"], size_of(row, case.rights)
        taken = size + ("S" in flags) + ("F" in flags)
        peers = following.get("B" if me == "A" else "A")
        seq, ack = row.get("seq"), row.get("ack")
        if seq == "?":
            seq = following.get(me, case.given.get(f"first number of {me}"))
        if ack == "?":
            ack = peers
        if isinstance(seq, int):
            assert following.get(me) in (None, seq) and ack in (None, peers)
            following[me] = (seq + taken) % M
        found.append({**row, "seq": seq, "ack": ack, "len": size, "taken": taken})
    return found


@dataclass(frozen=True)
class Cell:
    """The cell that a part asks for, with what came before it."""

    row: Mapping[str, Any]
    column: str
    own: list[Mapping[str, Any]]
    peers: list[Mapping[str, Any]]

    @property
    def counted(self) -> list[Mapping[str, Any]]:
        """The packets whose numbers the cell goes on from."""
        return self.own if self.column == "seq" else self.peers


def cell(case: Case) -> Cell:
    column, number = re.fullmatch(r"(seq|ack|len)(\d+)", case.part).groups()  # type: ignore[union-attr]
    rows = played(case)
    row = next(row for row in rows if row["no"] == int(number))
    earlier = rows[: rows.index(row)]
    assert row[column] == case.right, "the judge and the course agree on what is right"
    own = [each for each in earlier if each["from"] == row["from"]]
    return Cell(row, column, own, [each for each in earlier if each["from"] != row["from"]])


def taking(case: Case) -> Mapping[str, Any]:
    """The last packet that took up a number, from which the cell goes on."""
    return [each for each in cell(case).counted if each["taken"]][-1]


def options_of(row: Mapping[str, Any]) -> int:
    """Bytes of options, of which these tables show only whole timestamps and those of a SYN."""
    if row.get("options"):
        return 12
    return row["frame"] - 54 if "S" in row["flags"] else 0


def frames(case: Case) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(where it would begin, packet) of each frame that may have been counted."""
    found = cell(case)
    if found.column == "len":
        yield 0, found.row
    for row in found.counted[-1:] if found.column != "len" else []:
        yield row["seq"], row
    if found.column != "len":
        yield taking(case)["seq"], taking(case)


def took(rest: Callable[[Mapping[str, Any]], int]) -> Callable[[Case], bool]:
    return lambda case: any((case.value - begin) % M == rest(row) for begin, row in frames(case))


def pure_before(case: Case) -> bool:
    last = cell(case).counted[-1]
    return last["taken"] == 0 and case.value == (last["seq"] + 1) % M


def said_before(case: Case) -> bool:
    found = cell(case)
    acks = [row["ack"] for row in found.own if row["ack"] is not None]
    return bool(acks) and acks[-1] == case.value and case.value != case.right


def counts_packets(case: Case) -> bool:
    found = cell(case)
    data = sum(row["len"] > 0 for row in found.counted)
    some = sum(row["taken"] > 0 for row in found.counted)
    acks = [row["ack"] for row in found.own if row["ack"] is not None]
    if case.value in (data, some) or not acks:
        return case.value in (data, some)
    late = [row for row in found.peers if row["taken"] and (row["seq"] - acks[-1]) % M < M // 2]
    return bool(case.value == acks[-1] + len(late))


def kind_shift(case: Case) -> int:
    """The other kind of number differs by its side's first number."""
    found = cell(case)
    side = found.row["from"]
    if found.column == "ack":
        side = "B" if side == "A" else "A"
    return next(row["seq"] for row in [*played(case)] if row["from"] == side)


NUMBERS: dict[str, Callable[[Case], bool]] = {
    "Did you forget the SYN? It takes up one number, though it carries no data.":
        lambda c: "S" in taking(c)["flags"] and c.value == (c.right - 1) % M,
    "Did you forget the FIN? It takes up one number, though it carries no data.":
        lambda c: "F" in taking(c)["flags"] and c.value == (c.right - 1) % M,
    "You counted Ethernet padding as data. It only fills up a frame that is too short.":
        lambda c: any(row["frame"] == 60 and row["len"] + options_of(row) < 6
                      and (c.value - begin) % M in (6, 6 - options_of(row))
                      for begin, row in frames(c)),
    "You counted the TCP options as data; they belong to the header.":
        lambda c: any(options_of(row)
                      and (c.value - begin) % M in (row["len"] + options_of(row), row["frame"] - 54)
                      for begin, row in frames(c)),
    "You counted the whole frame with all its headers. Only the data behind them are data.":
        took(lambda row: row["frame"]),
    "You took off the Ethernet header alone. The IP and TCP headers are no data either.":
        took(lambda row: row["frame"] - 14),
    "You took off the TCP header alone. The IP and Ethernet headers are no data either.":
        took(lambda row: row["frame"] - 20),
    "You took off the Ethernet and IP headers. The TCP header is no data either.":
        took(lambda row: row["frame"] - 34),
    "You took off the IP and TCP headers. The Ethernet header is no data either.":
        took(lambda row: row["frame"] - 40),
    "That is how many bytes there were. At which number did they begin?":
        lambda c: c.value == taking(c)["len"] > 0,
    "That is the number of the last byte. What counts is the one after it.":
        lambda c: taking(c)["len"] > 0 and c.value == (c.right - 1) % M,
    "Is it always one more? That holds for a SYN or a FIN; data take up a number a byte.":
        lambda c: taking(c)["len"] > 0 and c.value == (taking(c)["seq"] + 1) % M,
    "You counted packets. TCP counts bytes.": counts_packets,
    "You added one for a pure ACK, which takes up no number, and is not acknowledged.":
        pure_before,
    "That was this side's number before. It has sent something since.":
        lambda c: taking(c)["from"] == cell(c).row["from"] and c.value == taking(c)["seq"],
    "The SYN itself carries its side's first number.":
        lambda c: "S" in cell(c).row["flags"] and c.value == (c.right + 1) % M,
    "That was its ack before. Something new has come in since.": said_before,
    "An ack names the next number expected, not the one that came.":
        lambda c: any(row["seq"] == c.value for row in cell(c).peers),
    "That number is its sender's own. An ack speaks of the other side's numbers.":
        lambda c: c.value == (cell(c).row["seq"] + cell(c).row["taken"]) % M,
    "Each direction counts its own bytes: you took the other's number.":
        lambda c: c.value == cell(c).row["ack" if cell(c).column == "seq" else "seq"],
    "There is no such number in 32 bits: after the largest one, counting begins anew.":
        lambda c: c.value == c.right + M,
    "One too many: only SYN, FIN and bytes of data take up a number.":
        lambda c: c.value == (c.right + 1) % M,
    "SYN and FIN take up a number, but they are no bytes of data.":
        lambda c: c.value == c.right + 1 and {"S", "F"} & set(cell(c).row["flags"]) != set(),
    "That is the window: how much its sender is ready to take, not what it sends.":
        lambda c: c.value in (cell(c).row["win"], cell(c).row.get("win field")),
    "That is the number in the header; asked is the relative one.": lambda c: c.value != c.right,
    "That is the relative number; asked is the one in the header.":
        lambda c: (c.value + kind_shift(c)) % M == c.right,
}  # fmt: skip


# --- states: what each means, and what the packets show ------------------------------------------

OPEN = {"SYN sent", "SYN got", "SYN acked"}
MEANS = {
    "CLOSED": set[str](), "LISTEN": set[str](), "SYN_SENT": {"SYN sent"},
    "SYN_RCVD": {"SYN sent", "SYN got"}, "ESTABLISHED": OPEN,
    "FIN_WAIT_1": OPEN | {"FIN sent"}, "FIN_WAIT_2": OPEN | {"FIN sent", "FIN acked"},
    "CLOSE_WAIT": OPEN | {"FIN got"}, "LAST_ACK": OPEN | {"FIN got", "FIN sent"},
    "CLOSING": OPEN | {"FIN sent", "FIN got"},
    "TIME_WAIT": OPEN | {"FIN sent", "FIN got", "FIN acked"},
}  # fmt: skip
"""RFC 9293 §3.3.2 and figure 5: what an end has behind it."""


def shown_facts(case: Case) -> set[str]:
    """What an end has sent, got and had acknowledged, seen from the packets or calls alone."""
    if "packets" in case.given:
        side, number = case.part.split(" at ")
        last = case.given["moments"][int(number) - 1]["after packet"]
        rows = [row for row in case.given["packets"] if row["no"] <= last]
        # a SYN is answered at once: the answer has left, though it has not arrived
        answered = any(
            row["no"] == last + 1 and row["flags"] == "SA" and row["from"] == side
            for row in case.given["packets"]
        )
        return of_packets(rows, side) | ({"SYN sent"} if answered else set())
    if case.part[1:].isdigit() and f"calls {case.part[1:]}" in case.given:
        return of_calls(case.given[f"calls {case.part[1:]}"], case.part[0])
    if "never seen" in case.given:
        return {
            "the end that calls connect(), until the answer comes": {"SYN sent"},
            "the end that listens, from the first packet until the third": {"SYN sent", "SYN got"},
            "the end that closes first, until its FIN is acknowledged": OPEN | {"FIN sent"},
            "the end that closes second, until its FIN is acknowledged":
                OPEN | {"FIN got", "FIN sent"},
        }[case.given["never seen"]]  # fmt: skip
    return MEANS[case.right]  # a row of the table: the state itself is the story


def of_packets(rows: list[Mapping[str, Any]], side: str) -> set[str]:
    facts = set()
    for flag, name in (("S", "SYN"), ("F", "FIN")):
        for row in rows:
            if flag in row["flags"]:
                facts.add(f"{name} sent" if row["from"] == side else f"{name} got")
                end = row["seq"] + row["len"] + 1
                if row["from"] == side and any(
                    each["from"] != side and each["ack"] is not None and each["ack"] >= end
                    for each in rows
                ):
                    facts.add(f"{name} acked")
    return facts


def of_calls(calls: str, side: str) -> set[str]:
    """Two kernels on one machine: packets and their ACKs are through at once."""
    if "connect" not in calls:
        return set()
    closed = [each[0] for each in calls.split("; ") if re.search(r"close|shutdown", each)]
    facts = set(OPEN)
    facts |= {"FIN sent", "FIN acked"} if side in closed else set()
    return facts | ({"FIN got"} if {"A": "B", "B": "A"}[side] in closed else set())


def has(*names: str) -> Callable[[Case], bool]:
    return lambda case: set(names) <= shown_facts(case)


def lacks(*names: str) -> Callable[[Case], bool]:
    return lambda case: not set(names) & shown_facts(case)


def means(name: str, there: bool) -> Callable[[Case], bool]:
    """The state that was given means so, and it is not so."""

    def holds(case: Case) -> bool:
        given = (name in MEANS[case.places["state"]]) == there
        return given and (name in shown_facts(case)) != there

    return holds


# RFC 9293 figure 5, by hand: from each state to which others.
FIGURE_5 = {
    "CLOSED": "LISTEN SYN_SENT", "LISTEN": "SYN_RCVD SYN_SENT CLOSED",
    "SYN_SENT": "SYN_RCVD ESTABLISHED CLOSED", "SYN_RCVD": "ESTABLISHED FIN_WAIT_1 LISTEN",
    "ESTABLISHED": "FIN_WAIT_1 CLOSE_WAIT", "FIN_WAIT_1": "FIN_WAIT_2 CLOSING",
    "FIN_WAIT_2": "TIME_WAIT", "CLOSING": "TIME_WAIT", "CLOSE_WAIT": "LAST_ACK",
    "LAST_ACK": "CLOSED", "TIME_WAIT": "CLOSED",
}  # fmt: skip
# What it leaves out, from the text of §3.10.
BESIDES = {
    "SYN_SENT": "CLOSE_WAIT", "SYN_RCVD": "CLOSE_WAIT CLOSED", "ESTABLISHED": "CLOSED",
    "FIN_WAIT_1": "TIME_WAIT CLOSED", "FIN_WAIT_2": "CLOSED", "CLOSE_WAIT": "CLOSED",
    "CLOSING": "CLOSED", "TIME_WAIT": "SYN_RCVD",
}  # fmt: skip
DRAWN = {(start, end) for start, ends in FIGURE_5.items() for end in ends.split()}
ARROWS = DRAWN | {(start, end) for start, ends in BESIDES.items() for end in ends.split()}


def on_the_map(case: Case) -> bool:
    places = case.places
    named = {places.get("origin") or places["last"]}
    named |= set(filter(None, places.get("origins", "").split(", ")))
    return named == {start for start, end in ARROWS if end == places["state"]}


STATES: dict[str, Callable[[Case], bool]] = {
    **{f"{{state}} means that this end has sent {words}": means(name, there)
       for words, name, there in (
           ("its SYN. Has it?", "SYN sent", True),
           ("no SYN yet. Is that so?", "SYN sent", False),
           ("a FIN. Has it?", "FIN sent", True),
           ("no FIN yet. Is that so?", "FIN sent", False))},
    "{state} means that this end has got the other's SYN. Has it?": means("SYN got", True),
    "{state} means that this end has got no SYN yet. Is that so?": means("SYN got", False),
    "{state} means that this end has got the other's FIN. Has it?": means("FIN got", True),
    "{state} means that this end has got no FIN yet. Is that so?": means("FIN got", False),
    "{state} means that this end's SYN is acknowledged. Is it?": means("SYN acked", True),
    "{state} means that this end's SYN is not acknowledged yet. Is that so?":
        means("SYN acked", False),
    "{state} means that this end's FIN is acknowledged. Is it?": means("FIN acked", True),
    "{state} means that this end's FIN is not acknowledged yet. Is that so?":
        means("FIN acked", False),
    "On the map arrows lead to {state} from {origins} and {last}.": on_the_map,
    "On the map only one arrow leads to {state}: from {origin}.": on_the_map,
    "This end has already got the other's SYN.": has("SYN got"),
    "A SYN has come in, and this end has answered it.": has("SYN got", "SYN sent"),
    "TIME_WAIT waits for time to pass, at the very end. Here a program must act before that.":
        lambda c: has("FIN got")(c) and lacks("FIN sent")(c),
    "Both FINs are sent. No program is waited for any more.": has("FIN sent", "FIN got"),
    "Half closed is not closed: this end's own direction is still open.":
        lambda c: has("FIN got")(c) and lacks("FIN sent")(c),
    "This end's FIN is acknowledged already.": has("FIN acked"),
    "The other side's FIN has not come yet.": lacks("FIN got"),
    "This end has sent its own FIN by now.": has("FIN sent"),
    "The end that closes second does not wait out old packets, be it client or server.":
        has("FIN got", "FIN sent"),
    "The other side's FIN has come by now.": has("FIN got"),
    "This end's own FIN is acknowledged by now.": has("FIN acked"),
    "Both ends had sent a FIN before they knew of the other's. The map has a state for that.":
        has("FIN got", "FIN sent"),
    "This end's program has asked for callers already.":
        lambda c: "listen" in str(c.given) or c.right == "LISTEN",
    "Only one end has sent a FIN here, and TIME_WAIT comes after both.":
        lambda c: len(shown_facts(c) & {"FIN sent", "FIN got"}) == 1,
    "Nobody has sent a FIN here.": lacks("FIN sent", "FIN got"),
    "Something does change here.": lambda c: c.value != c.right,
}  # fmt: skip


# --- what single questions claim ------------------------------------------------------------------


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


# True of TCP, or a question: these claim nothing of a story.
RULES = {
    "CLOSE_WAIT waits for this program, and neither kernel nor network can help. Which call of its"
    " own is missing?",
    "Compare its number with RCV.NXT itself. Which RST needs no question back?",
    "Has anything ended it? A RST is believed only with the very number that is expected next.",
    "Has anybody acknowledged this end's own SYN yet?",
    "Has this end received a SYN here, or has it only sent one?",
    "A SYN that was sent is not yet a connection.",
    "Has this end given up? A lost packet is sent again, in the same state.",
    "Who sent the first FIN, and who got it? What an end is called by, client or server, does not"
    " decide.",
    "Has this end sent a FIN of its own yet?",
    "Is this end's FIN acknowledged yet?",
    "Is this end's own FIN acknowledged yet? The map has a state for an end that still waits for"
    " that.",
    "Had this end got the other's FIN when it sent its own?",
    "Which end must be able to acknowledge a FIN that is sent again?",
    "Not the server waits, nor both: the end that closed first does. Which one was it?",
    "One packet can bring two things at once: the ACK of this end's FIN, and the other's FIN.",
    "Is there a program at this end that waits for callers?",
    "CLOSED means that there is no connection, and nothing is remembered. Is it so?",
    "In SYN_SENT an end waits for the answer to its SYN. Is that still to come?",
    "In SYN_RCVD an end waits for the ACK of its SYN. Is that still to come?",
    "In ESTABLISHED both sides may send. Is that still so?",
    "In FIN_WAIT_1 an end waits for the ACK of its FIN. Is that still to come?",
    "In FIN_WAIT_2 an end waits for the other's FIN. Is that still to come?",
    "In CLOSE_WAIT an end waits for its own program. Is it still waited for?",
    "In LAST_ACK one ACK is missing. Has it come by now?",
    "In CLOSING an end waits for the ACK of its FIN. Is that still to come?",
    "In TIME_WAIT an end waits until old packets are gone. Is there anything to wait for?",
    "Judge each packet by those before it: which is the first?",
    "The answer leaves then. When does it arrive?",
    "The ACK leaves then. When does it arrive?",
    "That is when its answer came in. Has this end's own SYN been acknowledged then?",
    "Count the packets between the two FINs.",
    "Look at the ack of the second FIN: had its sender got the first FIN?",
    "Not every frame has 54 bytes of headers, and some are filled up.",
    "Look at the headers' lengths: options make them longer.",
    "The IP length counts the IP and TCP headers, too.",
    "The TCP header is no data either.",
    "Which side's option belongs to this side's window?",
    "Nothing but a reset answers a SYN that is refused. Is there more?",
    "Was there ever a connection that could be reset?",
    "Has this number been sent before?",
    "How many duplicate ACKs came before it?",
    "A keep-alive brings at most one byte.",
    "Does a new SYN after a FIN or a RST still belong to the old connection?",
    "Both directions belong to one conversation.",
    "Was it closed or reset after its last SYN?",
    "Who closed first? Only that end waits for old packets to die.",
    "A socket in TIME_WAIT goes away by itself.",
    "Recv-Q holds what this end has not read.",
    "Send-Q holds what the peer has not taken.",
    "Count the first and the last port, too.",
    "A port is free again only after its wait.",
    "TIME_WAIT stays where the close began.",
    "FIN_WAIT_2 lasts until the other program closes.",
    "After each timeout the next one is twice as long.",
    "The second wait is twice the first: add both.",
    "Add up the three waits.",
    "An ACK names the next number that is missing, not the highest that came.",
    "What had waited behind the hole counts now, too.",
    "Closing is done on purpose, with a FIN. Forgetting is not.",
    "Who goes into TIME_WAIT: the end that must be able to answer a repeated FIN.",
}

CLAIMS = NUMBERS | STATES | OWN


@pytest.mark.parametrize(
    ("name", "question"), VALUES, ids=[f"{name}-{question.id}" for name, question in VALUES]
)
def test_what_is_claimed_is_true_of_this_students_story(name: str, question: Value) -> None:
    claims = 0
    for student in STUDENTS:
        posed = assignments()[name].problem(student).posed[question.id]
        for part, wrongs in posed.wrong.items():
            right = posed.right[part]
            for wrong in wrongs:
                if question.parts[part].read(wrong.value) in (
                    None,
                    question.parts[part].read(right),
                ):
                    continue  # nobody can answer so, or it is right with these numbers
                for template, places in leaves(wrong.says):
                    if template in RULES:
                        continue
                    assert template in CLAIMS, f"nobody knows whether this is true: {template}"
                    case = Case(
                        question.id, part, wrong.value, right, posed.given, posed.right, places
                    )
                    assert CLAIMS[template](case), (student, part, wrong.value, right, template)
                    claims += 1
    assert claims or all(
        template in RULES
        for wrongs in posed.wrong.values()
        for wrong in wrongs
        for template, _ in leaves(wrong.says)
    )


def test_the_words_on_functions_claim_nothing_of_hidden_inputs() -> None:
    """They are said when all results fit one wrong way, so they are about that way."""
    for slips in SLIPS.values():
        for _, says in slips:
            assert not re.search(r"\d{3,}", str(says).replace("2**32", ""))
