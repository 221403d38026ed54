"""No row is dead: each of the table is fired by something that can happen in its state.

The exploration and the stories fire what two well-behaved ends do to each other. The rest
needs calls they do not make and segments that only strangers send; here are all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import CallError
from tcpcourse.core.states import State
from tcpcourse.core.table import TRANSITIONS, Row

from .build import BUILDERS, established, get, listening, syn_rcvd, syn_rcvd_active
from .story import call, seg

S = State
EVENTS = [
    "call OPEN passive", "call OPEN active", 'call SEND "x"', "call RECEIVE", "call CLOSE",
    "call ABORT", "call STATUS", "tick retransmission", "tick time-wait", "tick user",
    "tick zero-window-probe", "tick delayed-ack", "tick r2", "grow",
]  # fmt: skip
# Numbers relative to what the end expects: {nxt} of ours, {una} our oldest unacknowledged,
# {rcv} the peer's next; {early} is in the window but beyond it, {gone} outside.
SEGMENTS = [
    "R {rcv}:{rcv}(0)", "R {early}:{early}(0)", "R {gone}:{gone}(0)", "RA {rcv}:{rcv}(0) ack {nxt}",
    "RA {rcv}:{rcv}(0) ack {unsent}", "S {rcv}:{rcv}(0)", "S {early}:{early}(0)",
    "SA {rcv}:{rcv}(0) ack {nxt}", "SA {irs}:{irs}(0) ack {nxt}", "FSA {rcv}:{rcv}(0) ack {nxt}",
    "F {rcv}:{rcv}(0)", "- {rcv}:{rcv}(0)", "A {rcv}:{rcv}(0) ack {nxt}",
    "A {gone}:{gone}(0) ack {nxt}", "A {rcv}:{rcv}(0) ack {una}",
    "A {rcv}:{rcv}(0) ack {nxt} win 9", "A {rcv}:{rcv}(0) ack {unsent}",
    "A {rcv}:{rcv}(0) ack {old}",
    "A {rcv}:{more}(1) ack {nxt}", "A {early}:{later}(1) ack {nxt}", "FA {rcv}:{rcv}(0) ack {nxt}",
    "FA {rcv}:{rcv}(0) ack {una}", "FA {fin}:{fin}(0) ack {nxt}",
]  # fmt: skip


def blocked(state: State) -> Endpoint:
    """In that state, with data that the peer's closed window holds back."""
    end = get(established(), "A 301:301(0) ack 101 win 0")
    if state is S.CLOSE_WAIT:
        get(end, "FA 301:301(0) ack 101 win 0")
    end.send(b"x")
    if state in (S.FIN_WAIT_1, S.CLOSING):
        end.close()
    if state is S.CLOSING:
        get(end, "FA 301:301(0) ack 101 win 0")
    return end


def with_unread(state: State) -> Endpoint:
    """In that state, with a byte that the user has not received."""
    end = get(established(delayed_ack=True), 'A 301:302(1) ack 101 "y"')
    if state in (S.CLOSE_WAIT, S.LAST_ACK):
        get(end, "FA 302:302(0) ack 101")
    if state not in (S.ESTABLISHED, S.CLOSE_WAIT):
        end.close()
    if state in (S.CLOSING, S.TIME_WAIT):
        get(end, f"FA 302:302(0) ack {101 if state is S.CLOSING else 102}")
    if state is S.FIN_WAIT_2:
        get(end, "A 302:302(0) ack 102")
    return end


def delayed_ack_owed(state: State) -> Endpoint:
    """In that state, with an acknowledgment that the timer has not sent yet."""
    end = established(delayed_ack=True)
    if state in (S.FIN_WAIT_1, S.FIN_WAIT_2):
        end.close()
    if state is S.CLOSE_WAIT:
        return get(end, "FA 301:301(0) ack 101")
    return get(end, f'A 301:302(1) ack {102 if state is S.FIN_WAIT_2 else 101} "y"')


def in_flight(state: State) -> Endpoint:
    """In that state, with data that is not acknowledged."""
    end = BUILDERS[state]()
    end.send(b"x")
    return end


def half_duplex(state: State) -> Endpoint:
    """In that state, with data unread or a CLOSE called, by a user who never reads after it."""
    if state is S.SYN_RCVD:
        return get(listening(half_duplex_close=True), 'S 300:301(1) "y"')
    if state in (S.FIN_WAIT_1, S.FIN_WAIT_2):
        return BUILDERS[state](half_duplex_close=True)
    end = get(established(half_duplex_close=True), 'A 301:302(1) ack 101 "y"')
    return get(end, "FA 302:302(0) ack 101") if state is S.CLOSE_WAIT else end


def full() -> Endpoint:
    """ESTABLISHED, with a buffer of one byte that the user has not emptied."""
    return get(established(window=1), 'A 301:302(1) ack 101 "y"')


def half_duplex_waiting(state: State) -> Endpoint:
    """SYN_RCVD with a CLOSE that waits, by a user who never reads after it."""
    end = BUILDERS[state](half_duplex_close=True)
    end.send(b"x")
    end.close()
    return end


def waiting_close(state: State) -> Endpoint:
    """In that state, with a CLOSE that waits behind data."""
    end = syn_rcvd() if state is S.SYN_RCVD else blocked(S.CLOSE_WAIT)
    if state is S.SYN_RCVD:
        end.send(b"x")
    end.close()
    return end


HELD = (S.ESTABLISHED, S.FIN_WAIT_1, S.FIN_WAIT_2, S.CLOSE_WAIT)
# Ends in all states, and in the corners of some; each call makes a new one.
SITUATIONS: list[Callable[[], Endpoint]] = [
    *(partial(build, policy=policy) for build in (*BUILDERS.values(), syn_rcvd_active)
      for policy in ("rfc5961", "rfc793")),
    *(partial(blocked, state) for state in (S.ESTABLISHED, S.CLOSE_WAIT, S.FIN_WAIT_1, S.CLOSING)),
    *(partial(with_unread, state) for state in (*HELD, S.CLOSING, S.LAST_ACK, S.TIME_WAIT)),
    *(partial(delayed_ack_owed, state) for state in HELD),
    *(partial(in_flight, state) for state in (S.SYN_RCVD, S.ESTABLISHED, S.CLOSE_WAIT)),
    *(partial(waiting_close, state) for state in (S.SYN_RCVD, S.CLOSE_WAIT)),
    *(partial(half_duplex, state) for state in (S.SYN_RCVD, *HELD)),
    partial(half_duplex_waiting, S.SYN_RCVD),
    full,
]  # fmt: skip


def numbers(end: Endpoint) -> dict[str, int]:
    """What the names in ``SEGMENTS`` are for this end."""
    tcb = end.tcb
    irs = 300 if tcb.irs is None else int(tcb.irs)
    rcv = int(tcb.rcv_nxt) or 300
    return {
        "rcv": rcv, "early": rcv + 9, "later": rcv + 10, "gone": rcv + 100_000, "irs": irs,
        "fin": rcv - 1, "more": rcv + 1,
        "una": int(tcb.snd_una), "nxt": int(tcb.snd_nxt), "unsent": int(tcb.snd_nxt) + 50,
        "old": (int(tcb.snd_una) - 100_000) % 2**32,
    }  # fmt: skip


def happens(end: Endpoint, event: str) -> tuple[Row, ...]:
    """The rows that the event fires; none if the call is refused."""
    kind, _, rest = event.partition(" ")
    try:
        if kind == "call":
            return call(end, rest).rows
        return end.tick(rest).rows if kind == "tick" else end.grow_buffer(100_000).rows
    except CallError:
        return ()


@pytest.fixture(scope="module")
def fired() -> set[Row]:
    """All rows that any event fires in any situation."""
    rows: set[Row] = set()
    for situation in SITUATIONS:
        for event in EVENTS:
            rows.update(happens(situation(), event))
        for line in SEGMENTS:
            end = situation()
            rows.update(end.arrive(seg(line.format(**numbers(end)))).rows)
    return rows


@pytest.mark.parametrize("row", TRANSITIONS, ids=str)
def test_the_row_is_fired(row: Row, fired: set[Row]) -> None:
    assert row in fired
