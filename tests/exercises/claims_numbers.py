"""What is claimed of wrong numbers: the table, played by hand (RFC 9293 §3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .claims import Case, M


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
