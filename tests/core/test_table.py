"""The table: figure 5 and all other edges typed by hand, order, citations, one assignment."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpcourse.core import actions, receiving
from tcpcourse.core.labels import label_of
from tcpcourse.core.segment import Flags, Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import TIMERS, Event, State
from tcpcourse.core.table import (
    REFUSALS,
    TRANSITIONS,
    Row,
    call_guards,
    rows,
    rows_for,
    segment_guards,
)
from tcpcourse.core.tcb import Tcb

from .rfc_checks import Check, checks_for

CITE = re.compile(r"RFC \d{4} §\d+(\.\d+)*( figure \d+)?(, §[\dA.]+)*( \((MAY-2|SHLD-3)\))?")
CORE = Path(inspect.getfile(actions)).parent

# RFC 9293 figure 5, arrow by arrow: from, to, what happens, what is sent.
FIGURE_5 = [
    ("CLOSED", "LISTEN", "passive OPEN", "create TCB"),
    ("CLOSED", "SYN_SENT", "active OPEN", "create TCB, snd SYN"),
    ("LISTEN", "CLOSED", "CLOSE", "delete TCB"),
    ("LISTEN", "SYN_RCVD", "rcv SYN", "snd SYN,ACK"),
    ("LISTEN", "SYN_SENT", "SEND", "snd SYN"),
    ("SYN_SENT", "CLOSED", "CLOSE", "delete TCB"),
    ("SYN_SENT", "SYN_RCVD", "rcv SYN", "snd SYN,ACK"),
    ("SYN_SENT", "ESTABLISHED", "rcv SYN,ACK", "snd ACK"),
    ("SYN_RCVD", "LISTEN", "rcv RST", ""),
    ("SYN_RCVD", "ESTABLISHED", "rcv ACK of SYN", ""),
    ("SYN_RCVD", "FIN_WAIT_1", "CLOSE", "snd FIN"),
    ("ESTABLISHED", "FIN_WAIT_1", "CLOSE", "snd FIN"),
    ("ESTABLISHED", "CLOSE_WAIT", "rcv FIN", "snd ACK"),
    ("FIN_WAIT_1", "FIN_WAIT_2", "rcv ACK of FIN", ""),
    ("FIN_WAIT_1", "CLOSING", "rcv FIN", "snd ACK"),
    ("FIN_WAIT_2", "TIME_WAIT", "rcv FIN", "snd ACK"),
    ("CLOSE_WAIT", "LAST_ACK", "CLOSE", "snd FIN"),
    ("CLOSING", "TIME_WAIT", "rcv ACK of FIN", ""),
    ("LAST_ACK", "CLOSED", "rcv ACK of FIN", ""),
    ("TIME_WAIT", "CLOSED", "2MSL timeout", "delete TCB"),
]
# What figure 5 leaves out, from the text of §3.10.
NOT_IN_FIGURE_5 = [
    ("SYN_SENT", "CLOSE_WAIT"),  # SYN,ACK,FIN
    ("SYN_RCVD", "CLOSE_WAIT"),  # FIN with the ACK of our SYN
    ("SYN_RCVD", "CLOSED"),  # RST after an active OPEN, ABORT, user timeout, R2
    # RST, ABORT, user timeout, R2, a half-duplex CLOSE with unread data; so are the next five
    ("ESTABLISHED", "CLOSED"),
    ("FIN_WAIT_1", "CLOSED"),
    ("FIN_WAIT_2", "CLOSED"),
    ("CLOSE_WAIT", "CLOSED"),
    ("CLOSING", "CLOSED"),
    ("FIN_WAIT_1", "TIME_WAIT"),  # FIN with the ACK of our FIN: the figure's note 2
    ("TIME_WAIT", "SYN_RCVD"),  # a newer SYN, MAY-2
]


def edge(row: Row) -> tuple[str, str]:
    return row.state.name, row.next.name


def test_figure_5_has_twenty_arrows_and_the_rows_marked_are_these() -> None:
    assert len(FIGURE_5) == 20
    typed = {(start, end) for start, end, _, _ in FIGURE_5}
    assert len(typed) == 20
    drawn = Counter(edge(row) for row in TRANSITIONS if row.in_figure)
    assert set(drawn) == typed
    # two rows for one arrow: either policy's RST; a CLOSE with or without data waiting
    assert {which: count for which, count in drawn.items() if count > 1} == {
        ("SYN_RCVD", "LISTEN"): 2, ("ESTABLISHED", "FIN_WAIT_1"): 2,
    }  # fmt: skip


def test_there_are_thirty_edges() -> None:
    typed = {(start, end) for start, end, _, _ in FIGURE_5} | set(NOT_IN_FIGURE_5)
    assert len(typed) == 30
    assert {edge(row) for row in TRANSITIONS if row.changes_state} == typed


def test_a_drawn_row_changes_state() -> None:
    assert all(row.changes_state for row in TRANSITIONS if row.in_figure)


@pytest.mark.parametrize(("start", "end", "cause", "effect"), FIGURE_5)
def test_the_rows_of_figure_5_say_what_the_figure_says(
    start: str, end: str, cause: str, effect: str
) -> None:
    drawn = [row for row in TRANSITIONS if row.in_figure and edge(row) == (start, end)]
    for row in drawn:
        assert row.cause.startswith(cause)
        assert not effect or effect in row.effect or _when_queued_data_is_sent(row)


def _when_queued_data_is_sent(row: Row) -> bool:
    """CLOSE with data waiting: the FIN that the figure shows comes later."""
    return row.event is Event.CLOSE and row.guard is call_guards.data_unsent


def test_no_row_is_there_twice() -> None:
    keys = Counter((row.state, row.event, row.guard, row.policy) for row in TRANSITIONS)
    assert [key for key, count in keys.items() if count > 1] == []
    for state, event, guard, policy in keys:
        assert policy is None or (state, event, guard, None) not in keys


def test_every_row_is_cited_and_explained() -> None:
    for row in TRANSITIONS:
        for cite in row.cite.split("; "):
            assert CITE.fullmatch(cite), row
        assert re.fullmatch(r"[A-Z].*[.?]", row.why), row
        assert row.policy in (None, "rfc5961", "rfc793"), row


SECTIONS = {
    Event.OPEN_PASSIVE: "§3.10.1", Event.OPEN_ACTIVE: "§3.10.1", Event.SEND: "§3.10.2",
    Event.RECEIVE: "§3.10.3", Event.CLOSE: "§3.10.4", Event.QUEUE_SENT: "§3.10.4",
    Event.ABORT: "§3.10.5", Event.STATUS: "§3.10.6", Event.USER_TIMEOUT: "§3.10.8",
    Event.RETRANSMISSION: "§3.10.8", Event.R2: "§3.8.3", Event.TIME_WAIT_TIMEOUT: "§3.10.8",
    Event.PROBE: "§3.8.6.1", Event.DELAYED_ACK: "§3.8.6.3", Event.GROW: "§3.8.6.2.2",
}  # fmt: skip
ARRIVAL_SECTIONS = {
    State.CLOSED: "§3.10.7.1", State.LISTEN: "§3.10.7.2", State.SYN_SENT: "§3.10.7.3",
}  # fmt: skip


def test_rows_cite_the_section_of_their_event() -> None:
    for row in TRANSITIONS:
        if row.event is Event.ARRIVES:
            section = ARRIVAL_SECTIONS.get(row.state, "§3.10.7.4")
            assert section in row.cite or "§3.5 figure 7" in row.cite
        else:
            half_duplex = (
                ", §3.6.1 (SHLD-3)" if row.guard is call_guards.unread_and_half_duplex else ""
            )
            assert row.cite == f"RFC 9293 {SECTIONS[row.event]}{half_duplex}"
        # RFC 5961: §3.2 for RST, §4.2 for SYN, §5.2 for ACK
        challenge: dict[rows.Guard, str] = {
            segment_guards.rst_exact: "§3.2", segment_guards.rst_exact_passive: "§3.2",
            segment_guards.rst_in_window: "§3.2", segment_guards.syn_anywhere: "§4.2",
            segment_guards.ack_far_too_old: "§5.2",
        }  # fmt: skip
        if row.policy == "rfc5961":
            assert row.cite == f"RFC 9293 §3.10.7.4; RFC 5961 {challenge[row.guard]}"
        else:
            assert "RFC 5961" not in row.cite


@pytest.mark.parametrize(
    ("state", "guard", "cite"),
    [
        ("SYN_RCVD", segment_guards.crossed_syn_ack, "RFC 9293 §3.5 figure 7, §A.2"),
        ("TIME_WAIT", segment_guards.new_syn, "RFC 9293 §3.10.7.4, §3.6.1 (MAY-2)"),
        ("SYN_RCVD", segment_guards.text_for_nobody, "RFC 9293 §3.10.7.4, §3.6.1 (SHLD-3)"),
        ("FIN_WAIT_1", segment_guards.text_for_nobody, "RFC 9293 §3.10.7.4, §3.6.1 (SHLD-3)"),
        ("FIN_WAIT_2", segment_guards.text_for_nobody, "RFC 9293 §3.10.7.4, §3.6.1 (SHLD-3)"),
    ],
)
def test_where_another_place_of_the_rfc_decides_it_is_given(
    state: str, guard: rows.Guard, cite: str
) -> None:
    found = rows_for(State[state], Event.ARRIVES)
    assert [row.cite for row in found if row.guard is guard] == [cite]


def test_guards_and_actions_have_labels() -> None:
    seen: dict[str, Callable[..., object]] = {}
    for row in TRANSITIONS:
        functions: list[Callable[..., object]] = [row.guard, *row.actions]
        for function in functions:
            label = label_of(function)
            assert label
            assert "\n" not in label
            assert function.__name__ != "<lambda>"
            assert inspect.getmodule(function) in (
                actions,
                receiving,
                rows,
                call_guards,
                segment_guards,
            )
            seen[function.__name__] = function
        assert row.cause
        assert str(row).startswith(f"{row.state} → {row.next}: {row.label} [")
        assert row.label == (f"{row.cause} / {row.effect}" if row.effect else row.cause)
    guards = {row.guard for row in TRANSITIONS if row.event is Event.ARRIVES}
    assert len({label_of(guard) for guard in guards}) == len(guards), "no two guards look the same"


@pytest.mark.parametrize(
    ("state", "event", "following", "label"),
    [
        ("CLOSED", Event.OPEN_ACTIVE, "SYN_SENT", "active OPEN / create TCB, snd SYN"),
        ("LISTEN", Event.SEND, "SYN_SENT", "SEND / create TCB, snd SYN"),
        ("ESTABLISHED", Event.STATUS, "ESTABLISHED", "STATUS"),
        ("ESTABLISHED", Event.ABORT, "CLOSED", "ABORT / snd RST, delete TCB"),
        ("TIME_WAIT", Event.TIME_WAIT_TIMEOUT, "CLOSED", "2MSL timeout / delete TCB"),
        ("LAST_ACK", Event.R2, "CLOSED", "R2 timeout, something is unacknowledged / delete TCB"),
        ("CLOSE_WAIT", Event.CLOSE, "CLOSED",
         "CLOSE, data is unread and the close is half-duplex / snd RST, delete TCB"),
        ("ESTABLISHED", Event.RETRANSMISSION, "ESTABLISHED",
         "retransmission timeout, something is unacknowledged / "
         "snd the front of the queue again"),
    ],
)  # fmt: skip
def test_labels_are_in_the_manner_of_figure_5(
    state: str, event: Event, following: str, label: str
) -> None:
    found = [row for row in rows_for(State[state], event) if row.next is State[following]]
    assert [row.label for row in found] == [label]


# --- the order of the checks --------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
@pytest.mark.parametrize("state", list(State))
def test_guards_are_asked_in_the_order_of_the_rfcs_checks(state: State, policy: str) -> None:
    order = [guard for check in checks_for(state) for guard in check.guards]
    asked = [row.guard for row in rows_for(state, Event.ARRIVES) if row.policy in (None, policy)]
    positions = [order.index(guard) for guard in asked]
    assert positions == sorted(positions)
    assert len(set(positions)) == len(positions)


@pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
@pytest.mark.parametrize("state", list(State))
def test_the_last_row_of_an_arrival_takes_anything(state: State, policy: str) -> None:
    last = [row for row in rows_for(state, Event.ARRIVES) if row.policy in (None, policy)][-1]
    # in SYN_RCVD only segments with an ACK are left then
    assert last.guard is (
        segment_guards.ack_of_syn if state is State.SYN_RCVD else segment_guards.anything
    )


def test_every_check_is_used_and_named() -> None:
    used = {row.guard for row in TRANSITIONS if row.event is Event.ARRIVES}
    checks: set[Check] = {check for state in State for check in checks_for(state)}
    assert {guard for check in checks for guard in check.guards} == used
    assert all(check.name and check.cite.startswith("RFC 9293 §3.10.7") for check in checks)


def test_the_checks_are_the_rfcs() -> None:
    assert [(check.name, check.cite) for check in checks_for(State.ESTABLISHED)] == [
        ("first: sequence number", "RFC 9293 §3.10.7.4"),
        ("second: RST", "RFC 9293 §3.10.7.4; RFC 5961 §3.2"),
        ("fourth: SYN", "RFC 9293 §3.10.7.4; RFC 5961 §4.2"),
        ("fifth: ACK", "RFC 9293 §3.10.7.4; RFC 5961 §5.2"),
        ("fifth, seventh and eighth: ACK, text and FIN", "RFC 9293 §3.10.7.4"),
    ]
    assert [(check.name, check.cite) for check in checks_for(State.LISTEN)] == [
        ("first: RST in CLOSED, LISTEN", "RFC 9293 §3.10.7.1, §3.10.7.2"),
        ("second: ACK", "RFC 9293 §3.10.7.2, §3.10.7.3"),
        ("RST in SYN_SENT", "RFC 9293 §3.10.7.3"),
        ("SYN", "RFC 9293 §3.10.7.2, §3.10.7.3"),
        ("anything else", "RFC 9293 §3.10.7.1 to §3.10.7.3"),
    ]
    assert checks_for(State.CLOSED) is checks_for(State.LISTEN) is checks_for(State.SYN_SENT)
    later = {id(checks_for(state)) for state in list(State)[3:]}
    assert later == {id(checks_for(State.SYN_RCVD))}


# --- the events ---------------------------------------------------------------------------------


def test_rows_for_what_cannot_happen_there() -> None:
    assert rows_for(State.CLOSED, Event.USER_TIMEOUT) == ()


def test_a_call_has_rows_or_words_in_every_state() -> None:
    for state in State:
        for event in Event:
            if event.is_call:
                assert rows_for(state, event) or (state, event) in REFUSALS


def test_calls_and_timers() -> None:
    calls = {event for event in Event if event.is_call}
    assert {event.value for event in calls} == {
        "passive OPEN", "active OPEN", "SEND", "RECEIVE", "CLOSE", "ABORT", "STATUS",
    }  # fmt: skip
    assert not calls & set(TIMERS.values())
    assert set(Event) == calls | set(TIMERS.values()) | {
        Event.ARRIVES, Event.GROW, Event.QUEUE_SENT,
    }  # fmt: skip
    assert {str(event) for event in set(Event) - calls} == {
        "segment arrives", "retransmission timeout", "R2 timeout", "user timeout", "2MSL timeout",
        "zero-window probe", "delayed-ACK timeout", "the receive buffer grows",
        "a CLOSE that waited for queued data can go on",
    }  # fmt: skip
    assert str(Event.SEND) == "SEND"
    assert repr(Event.SEND) == "Event.SEND"


def test_states_are_numbered_as_in_the_document() -> None:
    assert [f"{state.value} {state}" for state in State] == [
        "1 CLOSED", "2 LISTEN", "3 SYN_SENT", "4 SYN_RCVD", "5 ESTABLISHED", "6 FIN_WAIT_1",
        "7 FIN_WAIT_2", "8 CLOSE_WAIT", "9 LAST_ACK", "10 CLOSING", "11 TIME_WAIT",
    ]  # fmt: skip
    assert [state for state in State if not state.synchronized] == list(State)[:4]
    assert repr(State.CLOSED) == "State.CLOSED"


# The document's number of a state, and what it tells of: from, what happens, to, how many rows.
DOCUMENT = [
    ("2", "CLOSED", Event.OPEN_PASSIVE, "LISTEN", 1),
    ("3", "CLOSED", Event.OPEN_ACTIVE, "SYN_SENT", 1),
    ("3", "SYN_SENT", Event.ARRIVES, "CLOSED", 1),  # "如果 Server 端不能连接"
    ("4", "LISTEN", Event.ARRIVES, "SYN_RCVD", 1),
    ("4", "SYN_SENT", Event.ARRIVES, "SYN_RCVD", 1),
    ("5", "SYN_SENT", Event.ARRIVES, "ESTABLISHED", 1),
    ("5", "SYN_RCVD", Event.ARRIVES, "ESTABLISHED", 2),  # plainly, and by a crossed SYN,ACK
    ("6", "ESTABLISHED", Event.CLOSE, "FIN_WAIT_1", 2),  # with and without data waiting
    ("7", "FIN_WAIT_1", Event.ARRIVES, "FIN_WAIT_2", 1),
    ("8", "ESTABLISHED", Event.ARRIVES, "CLOSE_WAIT", 1),
    ("9", "CLOSE_WAIT", Event.CLOSE, "LAST_ACK", 1),
    ("9", "CLOSE_WAIT", Event.QUEUE_SENT, "LAST_ACK", 1),
    ("9", "LAST_ACK", Event.ARRIVES, "CLOSED", 1),
    ("10", "FIN_WAIT_1", Event.ARRIVES, "CLOSING", 1),
    ("11a", "FIN_WAIT_2", Event.ARRIVES, "TIME_WAIT", 1),
    ("11b", "CLOSING", Event.ARRIVES, "TIME_WAIT", 1),
    ("11c", "FIN_WAIT_1", Event.ARRIVES, "TIME_WAIT", 1),
    ("1", "TIME_WAIT", Event.TIME_WAIT_TIMEOUT, "CLOSED", 1),  # "在超时或者连接关闭的时候"
    *(("1", state.name, Event.USER_TIMEOUT, "CLOSED", 1) for state in list(State)[1:]),
    *(
        ("1", name, Event.R2, "CLOSED", 1)
        for name in (
            "SYN_SENT",
            "SYN_RCVD",
            "ESTABLISHED",
            "FIN_WAIT_1",
            "CLOSE_WAIT",
            "CLOSING",
            "LAST_ACK",
        )
    ),
]


def test_each_sentence_of_the_document_has_its_rows() -> None:
    told = Counter(
        (row.document, row.state.name, row.event, row.next.name)
        for row in TRANSITIONS
        if row.document is not None
    )
    assert told == {tuple(key): count for *key, count in DOCUMENT}


def test_time_wait_is_entered_in_exactly_the_documents_three_ways() -> None:
    entries = [row for row in TRANSITIONS if row.next is State.TIME_WAIT and row.changes_state]
    assert sorted(row.document or "" for row in entries) == ["11a", "11b", "11c"]
    assert all(actions.start_time_wait in row.actions for row in entries)


# --- one function assigns the state -------------------------------------------------------------


def assignments_of_state(tree: ast.AST, function: str = "module") -> list[str]:
    """Every call with ``state=…``, and every assignment to a ``.state``, by function."""
    found = []
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.FunctionDef) else function
        if isinstance(node, ast.Call) and any(word.arg == "state" for word in node.keywords):
            found.append(f"{inside}: {ast.unparse(node)}")
        stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if stored and ast.unparse(node).endswith(".state"):
            found.append(f"{inside}: {ast.unparse(node)}")
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("__setattr__"):
            name = node.args[1]
            if isinstance(name, ast.Constant) and name.value == "state":
                found.append(f"{inside}: {ast.unparse(node)}")
        found += assignments_of_state(node, inside)
    return found


def test_only_fire_assigns_the_state() -> None:
    found = {
        path.name: places
        for path in sorted(CORE.glob("*.py"))
        if (places := assignments_of_state(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {
        # a blank TCB that stays in the state it was in, for ``fire`` to move on
        "actions.py": ["_start_over: work.update(state=old.state, opened=opened)"],
        "reaction.py": ["fire: work.update(state=row.next)"],
    }


def test_a_guard_says_yes_only_to_the_flags_it_names() -> None:
    """What a guard is not asked about must be what it would refuse: every flag, every state."""
    guards = {row.guard for row in TRANSITIONS if row.event is Event.ARRIVES}
    bits = (Flags.FIN, Flags.SYN, Flags.RST, Flags.ACK)
    asked = 0
    for chosen in itertools.product(*((Flags.NONE, bit) for bit in bits)):
        flags = Flags(sum(chosen))
        for state, opened, offset in itertools.product(State, ("active", "passive"), (-1, 0, 1)):
            tcb = Tcb(state, opened, iss=100, irs=300, half_duplex_close=True)  # type: ignore[arg-type]
            for number in (tcb.rcv_nxt + offset, SeqNumber(300)):
                for ack in (tcb.snd_una, tcb.snd_nxt, tcb.snd_nxt + 1, tcb.snd_una - 90_000):
                    segment = Segment(number, ack if Flags.ACK in flags else None, flags, data=b"x")
                    for guard in guards:
                        if guard(tcb, segment):
                            asked += 1
                            assert segment_guards.may_hold(guard, int(flags)), guard
    assert asked > 1000
    left_out = {guard for guard in guards if not segment_guards.may_hold(guard, int(Flags.ACK))}
    assert len(left_out) > 10, "a plain ACK is asked few questions"
