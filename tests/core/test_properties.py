"""Whatever arrives, in whatever state: no exception, no lost invariant, no move without a row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import CallError
from tcpcourse.core.invariants import broken_invariants
from tcpcourse.core.options import Options
from tcpcourse.core.reaction import Reaction, find_row, react
from tcpcourse.core.segment import Flags, Segment
from tcpcourse.core.seq import SeqNumber, segment_acceptable
from tcpcourse.core.states import TIMERS, Event, State
from tcpcourse.core.table import rows_for
from tcpcourse.core.tcb import ByteQueue, Tcb
from tcpcourse.core.work import Settings

from .build import BUILDERS
from .story import call

make: Any = Tcb  # which takes numbers as integers too

numbers = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2**31, 2**32 - 1]))
near = st.one_of(
    st.integers(-12, 12), st.sampled_from([-(2**31), 2**31 - 1, 65535, -65535, 65536, -65536])
)
windows = st.sampled_from([0, 1, 2, 5, 10, 1000, 65535])
few = st.binary(max_size=8)
policies = st.sampled_from(["rfc5961", "rfc793"])


@st.composite
def some_settings(draw: st.DrawFn, window: int = 65535) -> Settings:
    return Settings(
        window,
        draw(st.sampled_from([1, 3, 1460])),
        draw(st.none() | st.integers(0, 14)),
        draw(st.booleans()),
        draw(policies),  # type: ignore[arg-type]
        draw(st.booleans()),
        draw(st.booleans()),
    )


@st.composite
def tcbs(draw: st.DrawFn, states: tuple[State, ...] = tuple(State)) -> Tcb:
    """A TCB in any state that can be: with data queued, in flight, kept early, waiting."""
    state = draw(st.sampled_from(states))
    iss, irs = draw(numbers), draw(numbers)
    unknown = state in (State.CLOSED, State.LISTEN, State.SYN_SENT)
    sent, waiting, unread = draw(few), draw(few), draw(few)
    open_syn = state in (State.SYN_SENT, State.SYN_RCVD)
    given_fields: dict[str, Any] = {"iss": iss} if unknown else {"iss": iss, "irs": irs}
    given_fields["rcv_wnd"] = draw(windows)
    given_fields["snd_wnd"] = draw(windows)
    given_fields["max_snd_wnd"] = max(given_fields["snd_wnd"], 20)
    given_fields["rcvq"] = ByteQueue() if unknown or open_syn else ByteQueue(unread)
    given_fields["snd_mss"] = draw(st.sampled_from([1, 3, 536]))
    given_fields["snd_shift"] = 0 if unknown else draw(st.integers(0, 14))
    given_fields["rcv_shift"] = 0 if unknown else draw(st.integers(0, 14))
    given_fields["rcv_posted"] = 0 if unread else draw(st.integers(0, 10))
    given_fields["ack_due"] = draw(st.booleans())
    given_fields["half_duplex_close"] = draw(st.booleans())
    if state is not State.CLOSED:
        given_fields["opened"] = draw(st.sampled_from(["active", "passive"]))
    tcb: Tcb = make(state, **given_fields)
    if state in (State.ESTABLISHED, State.FIN_WAIT_1, State.CLOSE_WAIT, State.CLOSING,
                 State.LAST_ACK):  # fmt: skip
        nxt = SeqNumber(iss) + 1 + len(sent)
        fin = state is State.LAST_ACK or (
            state in (State.FIN_WAIT_1, State.CLOSING) and draw(st.booleans())
        )
        tcb = replace(
            tcb,
            snd_nxt=nxt + fin,
            fin_seq=nxt if fin else None,
            sendq=ByteQueue(sent if fin else sent + waiting),
            probing=not fin and len(sent) == 1 and draw(st.booleans()),
            close_waits=state is State.CLOSE_WAIT and bool(waiting) and draw(st.booleans()),
        )
        if not fin and state in (State.FIN_WAIT_1, State.CLOSING) and not waiting:
            tcb = replace(tcb, sendq=ByteQueue(sent + b"w"))
    elif open_syn:
        tcb = replace(
            tcb, sendq=ByteQueue(waiting), close_waits=bool(waiting) and state is State.SYN_RCVD
        )
    if not unknown and tcb.rcv_nxt - SeqNumber(irs) == 1:
        gap = draw(st.integers(1, 6))
        if draw(st.booleans()):
            tcb = replace(tcb, early=((tcb.rcv_nxt + gap, b"early"),))
        if draw(st.booleans()):
            tcb = replace(tcb, early_fin=tcb.rcv_nxt + gap + 5)
    return tcb


@st.composite
def segments_for(draw: st.DrawFn, tcb: Tcb) -> Segment:
    """A segment that is near to what ``tcb`` expects, or anywhere at all."""
    flags = Flags(draw(st.one_of(st.integers(0, 0x1FF), st.sampled_from([0x10, 0x11, 0x18]))))
    seq = draw(st.one_of(numbers, near.map(lambda step: int(tcb.rcv_nxt) + step)))
    base = draw(st.sampled_from([tcb.snd_una, tcb.snd_nxt]))
    ack = draw(st.one_of(numbers, near.map(lambda step: int(base) + step)))
    data = draw(st.one_of(st.just(b""), st.binary(max_size=14)))
    return Segment(
        seq,
        ack if flags & Flags.ACK else None,
        flags,
        draw(windows),
        data,
        Options(
            mss=draw(st.none() | st.sampled_from([0, 1, 536, 65535])),
            wscale=draw(st.none() | st.integers(0, 255)),
            sack_permitted=draw(st.booleans()),
        ),
        draw(st.sampled_from([0, 65535])),
    )


def check(before: Tcb, done: Reaction) -> None:
    """What holds after any event whatsoever."""
    after = done.after
    assert done.before is before
    assert broken_invariants(after) == []
    place = before.state
    for row in done.rows:
        assert row.state is place
        place = row.next
    assert after.state is place, "the state changes by rows and in no other way"
    if not done.rows:
        assert after is before
    if after.state is State.CLOSED or after.state is State.LISTEN:
        return
    if before.state.synchronized and after.state.synchronized:
        edge = before.rcv_nxt + before.rcv_wnd
        assert after.rcv_nxt >= before.rcv_nxt
        assert after.rcv_nxt + after.rcv_wnd >= edge, "the right edge never moves back"
        assert after.snd_una >= before.snd_una
        if before.early_fin is not None and after.state is before.state:
            assert after.early_fin == before.early_fin, "a FIN that was kept is never lost"
    for segment in done.emitted:
        if segment.ack is not None and not segment.rst:
            assert segment.ack <= after.rcv_nxt
        if segment.data and done.event is not Event.PROBE:
            assert segment.end <= max_sendable(before, after), "no data beyond the window"


def max_sendable(before: Tcb, after: Tcb) -> SeqNumber:
    """One beyond the last number that may be sent, or that was in flight before."""
    edge = after.snd_una + after.snd_wnd
    sent = before.snd_nxt
    return edge if (edge - sent) > 0 else sent


@given(st.data())
@settings(max_examples=800)
def test_any_segment_in_any_state(data: st.DataObject) -> None:
    tcb = data.draw(tcbs())
    assert broken_invariants(tcb) == []
    given_settings = data.draw(some_settings(tcb.rcv_buff))
    end = Endpoint.restore(tcb, settings=given_settings)
    before = end.tcb
    segment = data.draw(segments_for(before))
    event(f"{before.state}")
    # one row is found for any arriving segment, and only one is fired for it
    fitting = [
        row
        for row in rows_for(before.state, Event.ARRIVES)
        if row.policy in (None, given_settings.policy) and row.guard(before, segment)
    ]
    assert fitting, "an arrival always has a row"
    assert find_row(before, Event.ARRIVES, segment, given_settings.policy) is fitting[0]
    done = end.arrive(segment)
    check(before, done)
    assert done.row is fitting[0]
    assert len(done.rows) == 1 or done.rows[1].event is Event.QUEUE_SENT
    if segment.rst:
        assert not any(answer.rst for answer in done.emitted), "a RST is never answered by a RST"


@given(st.data())
@settings(max_examples=150)
def test_any_timer_and_call_in_any_state(data: st.DataObject) -> None:
    tcb = data.draw(tcbs())
    given_settings = data.draw(some_settings(tcb.rcv_buff))
    for timer in TIMERS:
        end = Endpoint.restore(tcb, settings=given_settings)
        check(end.tcb, end.tick(timer))
    for words in ("OPEN passive", "OPEN active", 'SEND "x"', "SEND", "RECEIVE 3", "CLOSE",
                  "ABORT", "STATUS"):  # fmt: skip
        end = Endpoint.restore(tcb, settings=given_settings)
        before = end.tcb
        try:
            done = call(end, words)
        except CallError as error:
            assert str(error)
            assert end.tcb is before
        else:
            check(before, done)
    end = Endpoint.restore(tcb, settings=given_settings)
    before = end.tcb
    check(before, end.grow_buffer(data.draw(st.integers(-5, 2**30))))


EVENTS = st.sampled_from([
    "arrive", "arrive", "arrive", "arrive", "retransmission", "zero-window-probe", "delayed-ack",
    "grow", 'SEND "abcdefg"', "SEND", "RECEIVE 3", "RECEIVE", "CLOSE", "STATUS", "OPEN active",
])  # fmt: skip


@given(st.data())
@settings(max_examples=150)
def test_any_life(data: st.DataObject) -> None:
    """Event upon event, from any state on."""
    state = data.draw(st.sampled_from(State))
    window = data.draw(st.sampled_from([0, 1, 5, 20, 65535]))
    given_settings = data.draw(some_settings(window))
    end = BUILDERS[state](
        window=window, mss=given_settings.mss, wscale=given_settings.wscale,
        policy=given_settings.policy, delayed_ack=given_settings.delayed_ack,
        half_duplex_close=given_settings.half_duplex_close,
    )  # fmt: skip
    for _ in range(data.draw(st.integers(1, 12))):
        before = end.tcb
        what = data.draw(EVENTS)
        try:
            if what == "arrive":
                done = end.arrive(data.draw(segments_for(before)))
            elif what == "grow":
                done = end.grow_buffer(before.rcv_buff + 3)
            elif what in TIMERS:
                done = end.tick(what)
            else:
                done = call(end, what)
        except CallError:
            assert end.tcb is before
        else:
            check(before, done)


@given(tcbs(tuple(list(State)[3:])), numbers, st.integers(0, 0x1FF), few, policies)
def test_what_is_outside_the_window_changes_nothing(
    tcb: Tcb, seq: int, bits: int, data: bytes, policy: str
) -> None:
    """§3.10.7.4, first check, against the test of §3.4."""
    flags = Flags(bits & ~Flags.SYN)
    segment = Segment(seq, int(tcb.snd_nxt) if flags & Flags.ACK else None, flags, 77, data)
    assume(not segment_acceptable(segment.seq, segment.seg_len, tcb.rcv_nxt, tcb.rcv_wnd))
    assume(segment.seq != tcb.rcv_nxt)  # with a closed window, see test_windows
    assume(not tcb.unsent)  # or it would be sent now
    end = Endpoint.restore(tcb, settings=Settings(tcb.rcv_buff, policy=policy))  # type: ignore[arg-type]
    before = replace(end.tcb, ack_due=False)
    done = end.arrive(segment)
    assert end.state is tcb.state
    if segment.rst:
        assert done.emitted == ()
    else:
        assert any(answer.ack == tcb.rcv_nxt for answer in done.emitted)
    assert replace(end.tcb, ack_due=False) == before


@given(st.permutations(range(6)), st.integers(0, 2**32 - 1))
def test_pieces_in_any_order_are_delivered_once_and_in_order(order: list[int], first: int) -> None:
    """Six overlapping pieces of one text, and the FIN with the last."""
    text = b"the quick brown fox"
    end = Endpoint.restore(make(State.ESTABLISHED, snd_nxt=1, rcv_nxt=first))
    end.receive(1000)
    got = b""
    for number in order:
        start, stop = 3 * number, min(3 * number + 5, len(text))
        flags = "FA" if stop == len(text) else "A"
        done = end.arrive(Segment(first + start, 1, flags, 1000, text[start:stop]))
        check(done.before, done)
        got += done.delivered
    assert got == text
    assert end.state is State.CLOSE_WAIT
    assert end.tcb.rcv_nxt == SeqNumber(first) + len(text) + 1


@given(numbers, numbers, st.lists(st.tuples(st.booleans(), few), max_size=12), windows)
def test_two_ends_that_lose_nothing(
    iss_a: int, iss_b: int, texts: list[tuple[bool, bytes]], window: int
) -> None:
    """A tiny pump: every byte arrives once and in order, and both ends close."""
    a, b = Endpoint(iss_a, window=max(window, 1), mss=3), Endpoint(iss_b, mss=2)
    got = {id(a): b"", id(b): b""}
    wanted = {id(a): b"", id(b): b""}

    def carry(sender: Endpoint, done: Reaction) -> None:
        check(done.before, done)
        got[id(sender)] += done.delivered
        receiver = b if sender is a else a
        queue.extend((receiver, segment) for segment in done.emitted)

    queue: list[tuple[Endpoint, Segment]] = []

    def pump() -> None:
        steps = 0
        while queue:
            receiver, segment = queue.pop(0)
            carry(receiver, receiver.arrive(segment))
            steps += 1
            assert steps < 1000, "two ends must not talk for ever"

    carry(b, b.open_passive())
    carry(a, a.open_active())
    pump()
    for end in (a, b):
        carry(end, end.receive(1000))
    for from_a, text in texts:
        sender, receiver = (a, b) if from_a else (b, a)
        wanted[id(receiver)] += text
        carry(sender, sender.send(text))
        pump()
    carry(a, a.close())
    pump()
    carry(b, b.close())
    pump()
    assert got == wanted
    assert (a.state, b.state) == (State.TIME_WAIT, State.CLOSED)


def test_reacting_does_not_touch_what_was_before() -> None:
    end = BUILDERS[State.ESTABLISHED]()
    tcb = end.tcb
    copy = replace(tcb)
    first = react(tcb, end.settings, Event.SEND, data=b"x")
    second = react(tcb, end.settings, Event.SEND, data=b"x")
    assert first == second
    assert tcb == copy
    assert end.tcb is tcb


@pytest.mark.parametrize("length", [65535, 60000])
def test_the_longest_segments(length: int) -> None:
    segment = Segment(301, 101, "FA", 0, bytes(length))
    end = BUILDERS[State.ESTABLISHED]()
    check(end.tcb, end.arrive(segment))
    assert end.tcb.rcv_nxt == SeqNumber(301) + length + (length < 65535)
