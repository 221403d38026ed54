"""Every kind of segment in every state of the kernel, against the model; and the differences.

The kernel must do what the model does in all cases but those of the table, and in those it
must do what the table says.
"""

from __future__ import annotations

import contextlib

import pytest

from .differences import DIFFERENCES, ROWS, Row
from .lab import Lab
from .stations import STATIONS
from .tun import Network

# {r} is the number the kernel expects next, {n} lies in its window, {x} beyond it, {p} before
# it; {a} acknowledges nothing new, {b} one number more, {c} far too much, {o} is far too old
SEGMENTS = [
    "A {r}:{r}(0) ack {a}", "A {r}:{r}(0) ack {b}", "A {r}:{r}(0) ack {c}", "A {r}:{r}(0) ack {o}",
    "A {p}:{p}(0) ack {a}", "A {x}:{x}(0) ack {a}",
    "A {r}:{r5}(5) ack {a}", "A {p}:{r5}(6) ack {a}", "A {n}:{n5}(5) ack {a}",
    "A {x}:{x5}(5) ack {a}", "- {r}:{r5}(5)",
    "FA {p}:{p}(0) ack {a}", "FA {r}:{r}(0) ack {a}", "FA {r}:{r}(0) ack {b}",
    "FA {r}:{r5}(5) ack {b}", "FA {n}:{n}(0) ack {a}", "F {r}:{r}(0)",
    "S {p}:{p}(0)", "S {r}:{r}(0)", "S {n}:{n}(0)", "S {x}:{x}(0)", "S {r}:{r5}(5)",
    "SA {p}:{p}(0) ack {b}", "SA {r}:{r}(0) ack {b}", "SA {n}:{n}(0) ack {a}",
    "S {p}:{p5}(5)", "SA {p}:{p5}(5) ack {a}", "SA {p}:{p5}(5) ack {b}",
    "SA {r}:{r5}(5) ack {b}", "FS {r}:{r}(0)", "FSA {r}:{r}(0) ack {b}",
    "R {p}:{p}(0)", "R {r}:{r}(0)", "R {n}:{n}(0)", "R {x}:{x}(0)",
    "RA {r}:{r}(0) ack {b}", "RA {r}:{r}(0) ack {c}", "RA {p}:{r5}(6) ack {a}",
    "SR {r}:{r}(0)", "FR {r}:{r}(0)",
]  # fmt: skip
CALLS = {
    "SYN_SENT": ["close", "abort"],
    "SYN_RCVD, both connect": ["close"],
    "ESTABLISHED": ["shutdown", "close"],
    "ESTABLISHED, data unread": ["shutdown"],
    "CLOSE_WAIT": ["shutdown", "close"],
    "CLOSE_WAIT, data unread": ["shutdown", "close"],
    "CLOSING": ["abort"],
    "LAST_ACK": ["abort"],
}
PLAIN = [
    "LISTEN", "SYN_SENT", "SYN_RCVD", "SYN_RCVD, both connect", "ESTABLISHED", "FIN_WAIT_1",
    "FIN_WAIT_1, socket closed", "FIN_WAIT_2", "FIN_WAIT_2, socket closed", "CLOSE_WAIT",
    "CLOSE_WAIT, data unread", "CLOSING", "LAST_ACK", "TIME_WAIT",
]  # fmt: skip


def events(station: str) -> list[str]:
    """All calls, and all segments with numbers that fit the station."""
    _, r, a = STATIONS[station]
    p = (r - 1) % 2**32
    numbers = {
        "r": r, "r5": r + 5, "n": r + 9, "n5": r + 14, "x": r + 70_000, "x5": r + 70_005,
        "a": a, "b": a + 1, "c": a + 5, "o": 2**32 - 70_000,
        "p5": (p + 5) % 2**32,
    }  # fmt: skip
    lines = [each.format(p=p, **numbers) for each in SEGMENTS]
    return [*CALLS.get(station, ()), *lines]


def play(lab: Lab, station: str, event: str, *views: str) -> None:
    """Bring the kernel to its station and let the event happen."""
    STATIONS[station][0](lab)
    lab.hear_again()
    with lab.differs(*views):
        if event.isalpha():
            lab.kernel(event)
        else:
            lab.inject(lab.numbered(event))
    lab.says_no_more()


@pytest.mark.parametrize("station", PLAIN)
def test_the_kernel_does_what_the_model_does(calm: Network, station: str) -> None:
    wrong = []
    for event in events(station):
        if (station, event) not in ROWS:
            try:
                with contextlib.closing(Lab(calm)) as lab:
                    play(lab, station, event)
            except AssertionError as error:
                wrong.append(f"{error}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: f"{row.station}: {row.event}")
def test_the_kernel_differs_as_the_table_says(calm: Network, row: Row) -> None:
    with contextlib.closing(Lab(calm)) as lab:
        play(lab, row.station, row.event, *row.linux)
        assert lab.model_view == row.rfc


def test_the_table_lists_differences_only() -> None:
    """Some kernel differs in each row, each has a reason, and no row is there twice."""
    assert all(set(row.linux) - {row.rfc} for row in ROWS.values())
    assert len(ROWS) == len(DIFFERENCES) > 0
    assert all(row.reason.endswith(".") for row in DIFFERENCES)
