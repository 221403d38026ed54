"""What is claimed of wrong states: what each means, and what the packets show."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .claims import Case

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
