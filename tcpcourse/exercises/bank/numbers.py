"""Chapter 03: seq and ack, packet by packet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, Order, Whole, letters
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.stories import MS, E, hosts, opening, play, sizes, talk
from tcpcourse.exercises.tables import (
    Tamper,
    added,
    fill,
    impossible,
    order,
    rows_of,
)
from tcpcourse.exercises.values import ONLY, Posed, Shared, Value, Wrong
from tcpcourse.sources.simulation.scenario import Act, Host
from tcpcourse.trace import SIDES, Trace
from tcpcourse.words import message

NOT_MORE = "an ack never names more than the other side has sent"
GOES_ON = "a side's next packet begins where its last one ended"
NOT_TOO_LONG = "no packet carries more data than the other side's MSS"
SYN_ACKED = "the third packet of the handshake acknowledges the SYN,ACK"


def page(draw: Draw) -> Trace:
    """Like the document's capture: A asks, B answers in two segments, A acknowledges both."""
    request, rest = sizes(draw, 2, most=1190)
    mss = mss_of(draw)
    choices = (
        Host(mss=mss, wscale=8, sack_permitted=True, delayed_ack=True),
        Host(mss=mss, wscale=7, sack_permitted=True),
    )
    acts = (
        *opening("A"),
        Act("A", "send", E, after=20 * MS, data=bytes(request)),
        Act("B", "send", E, received=request, after=5 * MS, data=bytes(mss + rest)),
    )
    return play("page", acts, hosts(draw, choices=choices))


def mss_of(draw: Draw) -> int:
    """What both sides offer: Ethernet's, or less, as behind a tunnel."""
    return draw.between(1220, 1460)


def _share(draw: Draw) -> Mapping[str, Any]:
    return {"page": page(draw)}


def _lengths(draw: Draw, shared: Shared) -> Posed:
    """A SYN and three packets with data, in a drawn order."""
    columns = ("from", "flags", "options", "frame", "len")
    packets = draw.shuffled((draw.pick((1, 2)), 4, 6, 7))
    asked = {f"len{place}": (number, "len") for place, number in enumerate(packets, 1)}
    posed = fill(shared["page"], asked, relative=True, columns=("no", *columns))
    rows = {row["no"]: row for row in posed.given["packets"]}
    frames = [{**rows[number], "no": place} for place, number in enumerate(packets, 1)]
    return Posed({"frames": frames}, posed.right, posed.wrong)


def _relative(draw: Draw, shared: Shared) -> Posed:
    columns = ("no", "from", "flags", "seq", "ack", "frame")
    asked = {"ack5": (5, "ack"), "seq7": (7, "seq"), "ack8": (8, "ack"), "seq8": (8, "seq")}
    posed = fill(shared["page"], asked, relative=True, columns=columns)
    rows = posed.given["packets"]
    for row in rows[5:7]:
        row["ack"] = "?"  # the same as ack5, which is asked for
    return posed


def _raw(draw: Draw, shared: Shared) -> Posed:
    asked = {"seq4": (4, "seq"), "ack5": (5, "ack"), "seq7": (7, "seq"), "ack8": (8, "ack")}
    posed = fill(page(draw), asked)
    rows = posed.given["packets"]
    rows[2]["seq"] = "?"  # the same as seq4
    for row in rows[5:]:
        row["ack"] = "?"
    rows[7]["seq"] = "?"
    return posed


def _shuffled(draw: Draw, shared: Shared) -> Posed:
    return order(page(draw), draw, 8)


def _spoken(draw: Draw, shared: Shared) -> Posed:
    """Only the first two and the last two packets of a talk; how much did each side say?"""
    one, two = sizes(draw, 2)
    closer = draw.pick(SIDES)
    trace = talk(draw, closer=closer, sizes=(one, two))
    rows = rows_of(trace)
    kept = [row for row in rows if row["no"] in (1, 2, 10, 11)]
    one_more = message("A SYN takes up one number, too; it is not a byte of data.")
    two_more = message("SYN and FIN take up one number each; they are no bytes of data.")
    wrong = {
        side: (Wrong(count + 1, one_more), Wrong(count + 2, two_more))
        for side, count in (("A", one), ("B", two))
    }
    return Posed({"packets": kept}, {"A": one, "B": two}, wrong)


def _broken(draw: Draw, shared: Shared) -> Posed:
    trace = page(draw)
    mss = len(trace.packet(6).segment.data)
    tampers = (
        Tamper(3, added("ack", -1, -1), SYN_ACKED),
        Tamper(4, added("seq", 5, 400, moves=True), GOES_ON),
        Tamper(5, added("ack", 5, 400), NOT_MORE),
        Tamper(6, added("len", 5, 400, moves=True), NOT_TOO_LONG),
        Tamper(7, added("seq", 5, 400, moves=True), GOES_ON),
        Tamper(8, added("ack", 5, 400), NOT_MORE),
    )
    rules = (NOT_MORE, GOES_ON, NOT_TOO_LONG, SYN_ACKED)
    return impossible(trace, draw, rules, tampers, facts={"MSS of both sides": mss})


def segment(seq: int, length: int, flags: str) -> dict[str, Any]:
    """A segment as plain data, as the student's function gets it."""
    return {"seq": seq, "len": length, "flags": flags}


def _segments(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(3):
        seq, length = draw.between(1, 1 << 31), draw.between(1, 1460)
        calls.append(("data", [segment(seq, length, draw.pick(("A", "PA")))]))
        calls.append(("a SYN", [segment(seq, 0, draw.pick(("S", "SA")))]))
        calls.append(("a FIN", [segment(seq, 0, "FA")]))
        calls.append(("a FIN with data", [segment(seq, length, "FPA")]))
        late = (1 << 32) - draw.between(1, length)
        calls.append(("the end of the numbers", [segment(late, length, "FA")]))
    return calls


ASSIGNMENT = assignment(
    "ps3-seq-and-ack",
    message("seq and ack, packet by packet"),
    "03",
    (
        Value(
            "q1",
            message("How much data?"),
            4,
            {f"len{n}": NUMBER for n in (1, 2, 3, 4)},
            _lengths,
            (
                message("Ethernet, IP and TCP headers without options are 14 + 20 + 20 bytes."),
                message(
                    "The options stand in the table: MSS 4 bytes, scale 3, SACK "
                    "permitted 2, filled up to a multiple of 4."
                ),
                message("A SYN carries options, and here no data."),
            ),
        ),
        Value(
            "q2",
            message("Eight packets, relative"),
            5,
            {"ack5": NUMBER, "seq7": NUMBER, "ack8": NUMBER, "seq8": NUMBER},
            _relative,
            (
                message("Each side's data begins at the relative number 1."),
                message("Find the data of packet 4 from its frame."),
                message("ack8 names the number after all data that B has sent."),
            ),
        ),
        Value(
            "q3",
            message("The same, in the header"),
            4,
            {"seq4": NUMBER, "ack5": NUMBER, "seq7": NUMBER, "ack8": NUMBER},
            _raw,
            (
                message("Begin with the numbers of the two SYNs."),
                message("Raw number = the side's first number + the relative number."),
            ),
        ),
        Value(
            "q4",
            message("Eight packets fell on the floor"),
            2,
            {ONLY: Order(8)},
            _shuffled,
            (
                message("Sort each side by itself first, by seq and then by ack."),
                message(
                    "Then lay the two rows together: nobody acknowledges what was not sent yet."
                ),
            ),
        ),
        Value(
            "q5",
            message("How much was said?"),
            2,
            {"A": NUMBER, "B": NUMBER},
            _spoken,
            (
                message("A side's last number tells how much it has sent since its first."),
                message("Take off what SYN and FIN took up, if the number is beyond them."),
            ),
        ),
        Function(
            "q6",
            message("What to acknowledge"),
            5,
            "ack_for",
            "segment",
            (
                # RFC 9293 figure 6: SYN 100 is acknowledged with 101
                Example((segment(100, 0, "S"),), 101),
                # the document: 1 + 625
                Example((segment(1, 625, "PA"),), 626),
                # RFC 9293 figure 12: FIN 100 is acknowledged with 101
                Example((segment(100, 0, "FA"),), 101),
            ),
            _segments,
            (
                message("Add up what takes up numbers: SYN, bytes of data, FIN."),
                message("What comes after 4294967295?"),
            ),
        ),
        Value(
            "q7",
            message("One packet lies"),
            3,
            {"packet": Whole(1, 8), "rule": letters(4)},
            _broken,
            (
                message("What is the MSS of both sides?"),
                message("Keep a note of each side's next number."),
            ),
        ),
    ),
    _share,
)
