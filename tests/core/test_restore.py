"""``Endpoint.restore`` and the TCB: any state that can be, and a name for what cannot."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.invariants import INVARIANTS, broken_invariants
from tcpcourse.core.labels import label_of
from tcpcourse.core.options import Options
from tcpcourse.core.segment import Segment
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import State
from tcpcourse.core.table import TRANSITIONS
from tcpcourse.core.tcb import ByteQueue, Tcb
from tcpcourse.core.text import text_of
from tcpcourse.core.work import Settings, Work

from .build import BUILDERS, established, get, syn_rcvd_active
from .rfc_checks import CHECKS_SYNCHRONIZED
from .story import tell

make: Any = Tcb  # which takes numbers as integers too

C, L, SS, SR, E = State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RCVD, State.ESTABLISHED
F1, F2, CW, LA = State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT, State.LAST_ACK
CG, TW = State.CLOSING, State.TIME_WAIT


# --- sensible defaults --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "una", "nxt", "fin", "rcv", "opened"),
    [
        # ISS 100, IRS 300, no data: a SYN and a FIN take up one number each
        (C, 100, 100, None, 0, None),
        (L, 100, 100, None, 0, "passive"),
        (SS, 100, 101, None, 0, "active"),
        (SR, 100, 101, None, 301, "active"),
        (E, 101, 101, None, 301, "active"),
        (F1, 101, 102, 101, 301, "active"),
        (F2, 102, 102, 101, 301, "active"),
        (CW, 101, 101, None, 302, "active"),
        (LA, 101, 102, 101, 302, "active"),
        (CG, 101, 102, 101, 302, "active"),
        (TW, 102, 102, 101, 302, "active"),
    ],
)
def test_what_is_not_given_is_as_in_a_fresh_connection(
    state: State, una: int, nxt: int, fin: int | None, rcv: int, opened: str | None
) -> None:
    known = state not in (C, L, SS)
    tcb = make(state, iss=100, **({"irs": 300} if known else {}))
    end = tell(
        Endpoint.restore(tcb),
        f"""
        is {state}
        has iss 100, snd_una {una}, snd_nxt {nxt}, fin_seq {fin}, rcv_nxt {rcv}, opened {opened}
        has snd_wnd 65535, max_snd_wnd 65535, rcv_wnd 65535, rcv_buff 65535, snd_mss 1460
        has snd_wl1 {rcv}, snd_wl2 {una}, sendq "", rcvq "", early (), early_fin None
        has syn_unacked {state in (SS, SR)}, close_waits False, ack_due False, probing False
        has sack_permitted False, half_duplex_close False
        has irs {300 if known else None}, snd_shift 0, rcv_shift 0, rcv_posted 0
        """,
    )
    assert not broken_invariants(end.tcb)


@pytest.mark.parametrize("state", list(State))
def test_every_built_state_is_restored_as_it_is(state: State) -> None:
    before = BUILDERS[state]().tcb
    end = Endpoint.restore(before)
    assert end.tcb == before
    assert end.settings.window == before.rcv_buff
    assert Endpoint.restore(make(state, rcv_wnd=9)).settings.window == 9
    assert (end.settings.policy, end.settings.delayed_ack) == ("rfc5961", False)


@pytest.mark.parametrize(
    ("given", "has"),
    [
        ({"snd_nxt": 300, "rcv_nxt": 100}, "iss 299, snd_una 300, irs 99"),
        ({"snd_una": 300}, "iss 299, snd_nxt 300, irs 0, rcv_nxt 1"),
        ({"iss": 299, "snd_una": 310}, "snd_nxt 310"),
        ({"iss": 299, "snd_nxt": 310}, "snd_una 300, data_in_flight 10"),
        ({"snd_nxt": 0}, "iss 4294967295, snd_una 0"),
        ({}, "iss 0, snd_una 1, snd_nxt 1, irs 0, rcv_nxt 1"),
        ({"snd_wnd": 5, "rcv_wnd": 7}, "max_snd_wnd 5, rcv_buff 7"),
        ({"snd_wnd": 5, "max_snd_wnd": 6, "rcv_wnd": 7, "rcv_buff": 9},
         "max_snd_wnd 6, rcv_buff 9"),
        ({"rcvq": ByteQueue(b"abc"), "rcv_wnd": 7}, 'rcv_buff 10, rcvq "abc"'),
        ({"snd_wl1": 5, "snd_wl2": 6}, "snd_wl1 5, snd_wl2 6"),
        ({"opened": "passive"}, "opened passive"),
    ],
)  # fmt: skip
def test_the_rest_is_reckoned_from_what_is_given(given: dict[str, Any], has: str) -> None:
    tell(Endpoint.restore(make(E, **given)), f"has {has}")


@pytest.mark.parametrize(
    ("state", "given", "has"),
    [
        (F1, {"snd_nxt": 200}, "snd_una 199, fin_seq 199, iss 198"),
        (F1, {"snd_una": 50, "snd_nxt": 50}, "fin_seq None"),
        (F1, {"iss": 9, "snd_nxt": 20}, "snd_una 10, fin_seq 19, data_in_flight 9"),
        (F2, {"snd_nxt": 200}, "snd_una 200, fin_seq 199, iss 198"),
        (TW, {"rcv_nxt": 200}, "irs 198"),
        (CG, {"snd_una": 50, "snd_nxt": 50}, "fin_seq None"),
        (F1, {"iss": 5, "snd_una": 5, "snd_nxt": 7, "syn_unacked": True}, "fin_seq 6"),
    ],
)
def test_the_number_of_our_fin_is_reckoned_too(
    state: State, given: dict[str, Any], has: str
) -> None:
    tell(Endpoint.restore(make(state, **given)), f"has {has}")


def test_a_fin_that_is_given_as_none_was_not_sent() -> None:
    # all ten numbers in flight are data then; the FIN follows when it is its turn
    tcb = make(F1, iss=9, snd_una=10, snd_nxt=20, fin_seq=None)
    end = tell(
        Endpoint.restore(tcb, sendq=b"0123456789"),
        'has fin_seq None, data_in_flight 10, sendq "0123456789"',
    )
    tell(
        end,
        """
        gets A 1:1(0) ack 20
        says FA 20:20(0) ack 1
        is FIN_WAIT_1
        has fin_seq 20, snd_una 20, snd_nxt 21
        """,
    )
    assert make(F1, iss=9, snd_una=10, snd_nxt=20).fin_seq == SeqNumber(19)


def test_what_is_given_as_none_is_none() -> None:
    assert make(F1, fin_seq=None).fin_seq is None
    assert make(E, irs=None).irs is None
    assert make(E, opened=None).opened is None
    assert make(E, irs=None, rcv_nxt=7).rcv_nxt == SeqNumber(7)
    assert make(E, irs=None).rcv_nxt == SeqNumber(1)


def test_data_in_flight_that_is_not_given_is_zeros() -> None:
    end = Endpoint.restore(make(E, iss=0, snd_una=1, snd_nxt=6), sendq=b"ab")
    tell(
        end,
        r"""
        has sendq "ab\0\0\0", data_in_flight 5
        times out retransmission
        starts retransmission
        says PA 1:6(5) ack 1 "ab\0\0\0"
        """,
    )


@pytest.mark.parametrize("name", ["iss", "snd_una", "snd_nxt", "snd_wl1", "snd_wl2", "rcv_nxt",
                                  "max_snd_wnd", "rcv_buff", "syn_unacked"])  # fmt: skip
def test_any_one_that_is_not_given_is_reckoned_from_the_others(name: str) -> None:
    tcb = get(established(), "A 301:301(0) ack 101").tcb
    missing: dict[str, Any] = {name: None}
    assert replace(tcb, **missing) == tcb


def test_one_byte_in_flight_that_is_not_given_is_a_zero() -> None:
    end = Endpoint.restore(make(E, iss=100, snd_nxt=102))
    tell(end, 'times out retransmission\nstarts retransmission\nsays PA 101:102(1) ack 1 "\\0"')


def test_data_beyond_what_is_in_flight_waits_to_be_sent() -> None:
    end = Endpoint.restore(make(E, snd_nxt=1, rcv_nxt=1), sendq=b"hello")
    tell(end, 'has unsent 5\ncalls SEND "!"\nsays PA 1:7(6) ack 1 "hello!"')


def test_a_queue_in_the_tcb_comes_before_the_one_given() -> None:
    end = Endpoint.restore(make(E, sendq=ByteQueue(b"abc")), sendq=b"xyz")
    tell(end, 'has sendq "abc"')


def test_the_next_iss_may_be_given() -> None:
    tell(Endpoint.restore(make(L, iss=5), next_iss=-1), "has next_iss 4294967295")
    tell(Endpoint.restore(make(L, next_iss=7)), "has next_iss 7")


def test_a_policy_may_be_given() -> None:
    tcb = make(E, iss=100, irs=300, rcv_wnd=9)
    tell(
        Endpoint.restore(tcb, policy="rfc793"),
        "gets R 305:305(0)\ntells connection reset\nis CLOSED",
    )
    tell(
        Endpoint.restore(tcb, b"", None, "rfc5961"), "gets R 305:305(0)\nsays A 101:101(0) ack 301"
    )
    settings = Endpoint(policy="rfc793", window=9, mss=5).settings
    assert Endpoint.restore(tcb, settings=settings).settings.policy == "rfc793"
    both = Endpoint.restore(tcb, policy="rfc5961", settings=settings).settings
    assert (both.policy, both.mss) == ("rfc5961", 5)
    with pytest.raises(TcpCourseError, match="There is no policy 'rfc1122'"):
        bad: Any = "rfc1122"
        Endpoint.restore(tcb, policy=bad)


def test_settings_may_be_given() -> None:
    settings = Endpoint(policy="rfc793", window=9).settings
    end = Endpoint.restore(make(E, rcv_wnd=9), settings=settings)
    assert end.settings is settings


# --- what cannot be ---------------------------------------------------------------------------

IMPOSSIBLE: list[tuple[str, Tcb]] = [
    ("sent_comes_after_acknowledged", make(E, iss=1, snd_una=10, snd_nxt=9)),
    ("sent_comes_after_acknowledged", make(E, iss=1, snd_una=2, snd_nxt=2 + 2**31)),
    ("nothing_is_sent_before_the_syn", make(C, iss=5, snd_una=5, snd_nxt=6)),
    ("nothing_is_sent_before_the_syn", make(L, iss=5, snd_una=6, snd_nxt=6)),
    ("nothing_is_sent_before_the_syn", make(L, iss=4, snd_una=5, snd_nxt=5)),
    ("the_syn_is_open_in_syn_states", make(SS, syn_unacked=False)),
    ("the_syn_is_open_in_syn_states", make(SR, syn_unacked=False)),
    ("the_syn_is_open_in_syn_states", make(L, syn_unacked=True)),
    ("an_open_syn_starts_at_iss", make(SR, iss=5, snd_una=6, snd_nxt=7)),
    ("an_open_syn_starts_at_iss", make(SR, iss=5, snd_una=5, snd_nxt=5)),
    ("an_open_syn_starts_at_iss", make(F1, iss=5, snd_una=6, snd_nxt=8, syn_unacked=True)),
    ("irs_is_known_with_the_peer", make(L, irs=5)),
    ("irs_is_known_with_the_peer", make(SS, irs=5)),
    ("irs_is_known_with_the_peer", replace(make(SR), irs=None)),
    ("irs_is_known_with_the_peer", replace(make(E), irs=None)),
    ("origin_is_known", replace(make(SS), opened=None)),
    ("origin_is_known", make(E, opened="sideways")),
    ("fin_is_sent_only_after_close", make(E, iss=1, snd_una=2, snd_nxt=3, fin_seq=2)),
    ("fin_is_sent_only_after_close", make(CW, iss=1, snd_una=2, snd_nxt=3, fin_seq=2)),
    ("fin_is_the_last_thing_sent", make(F1, iss=1, snd_una=2, snd_nxt=4, fin_seq=2)),
    ("fin_is_the_last_thing_sent", make(F1, iss=1, snd_una=2, snd_nxt=3, fin_seq=3)),
    ("an_acknowledged_fin_leaves_nothing_open", make(F2, iss=1, snd_una=2, snd_nxt=3)),
    ("an_acknowledged_fin_leaves_nothing_open", make(TW, iss=1, snd_una=2, snd_nxt=3)),
    ("an_acknowledged_fin_leaves_nothing_open", replace(make(F2), fin_seq=None)),
    ("last_ack_has_sent_its_fin", make(LA, iss=1, snd_una=3, snd_nxt=3)),
    ("last_ack_has_sent_its_fin", make(LA, iss=1, snd_una=3, snd_nxt=3, fin_seq=2)),
    ("closers_wait_for_their_fin", make(F1, iss=1, snd_una=3, snd_nxt=3, fin_seq=2)),
    ("closers_wait_for_their_fin", make(CG, iss=1, snd_una=3, snd_nxt=3, fin_seq=2)),
    ("fin_is_the_last_thing_sent", make(F1, sendq=ByteQueue(b"abc"))),
    ("close_waits_where_data_may_wait", make(SS, close_waits=True)),
    ("close_waits_where_data_may_wait", make(E, close_waits=True)),
    ("windows_are_bounded", make(E, snd_wnd=-1)),
    ("windows_are_bounded", make(E, snd_wnd=6, max_snd_wnd=5)),
    ("windows_are_bounded", make(E, snd_wnd=2**30 + 1)),
    ("windows_are_bounded", make(E, rcv_wnd=2**30 + 1)),
    ("windows_are_bounded", make(E, rcv_wnd=-1)),
    ("windows_are_bounded", make(E, snd_shift=15)),
    ("windows_are_bounded", make(E, snd_shift=-1)),
    ("windows_are_bounded", make(E, rcv_shift=15)),
    ("windows_are_bounded", make(E, rcv_shift=-1)),
    ("windows_are_bounded", make(E, snd_mss=0)),
    ("the_window_fits_the_buffer", make(E, rcv_wnd=11, rcv_buff=10)),
    ("the_window_fits_the_buffer", make(E, rcv_wnd=8, rcv_buff=10, rcvq=ByteQueue(b"abc"))),
    ("the_window_fits_the_buffer", make(E, rcv_wnd=8, rcv_buff=2**30 + 1)),
    ("queue_holds_what_is_in_flight", make(E, iss=1, snd_una=2, snd_nxt=102, snd_wnd=99)),
    ("early_data_lies_beyond_a_hole", make(E, rcv_nxt=9, early=((SeqNumber(9), b"x"),))),
    ("early_data_lies_beyond_a_hole", make(E, rcv_nxt=9, early=((SeqNumber(8), b"x"),))),
    ("early_data_lies_beyond_a_hole", make(SR, rcv_nxt=9, early=((SeqNumber(8), b"x"),))),
]


@pytest.mark.parametrize(("name", "tcb"), IMPOSSIBLE)
def test_an_impossible_tcb_names_the_invariant_it_breaks(name: str, tcb: Tcb) -> None:
    with pytest.raises(TcpCourseError) as caught:
        Endpoint.restore(tcb)
    rule = next(rule for rule in INVARIANTS if rule.__name__ == name)
    assert str(caught.value).startswith("No connection looks like this: ")
    assert f"{name}: {label_of(rule)}" in str(caught.value)


def test_each_invariant_can_be_broken_and_says_what_should_hold() -> None:
    assert {name for name, _ in IMPOSSIBLE} == {rule.__name__ for rule in INVARIANTS}
    assert all(label_of(rule) for rule in INVARIANTS)


def test_two_broken_invariants_are_both_named() -> None:
    with pytest.raises(TcpCourseError, match=r"origin_is_known: .*; windows_are_bounded: "):
        Endpoint.restore(make(E, opened="sideways", snd_mss=0))


@pytest.mark.parametrize(
    "tcb",
    [
        make(E, snd_wnd=0),
        make(E, snd_wnd=2**30, rcv_wnd=2**30, snd_shift=14, rcv_shift=14, snd_mss=1),
        make(E, iss=1, snd_una=2, snd_nxt=102, snd_wnd=100),
        make(E, rcv_wnd=0, rcv_buff=2**30),
        make(E, rcv_nxt=9, early=((SeqNumber(10), b"x"),)),
        make(SR, rcv_nxt=9, early=((SeqNumber(9), b"x"),)),
        make(F1, iss=5, snd_una=5, snd_nxt=6, syn_unacked=True, fin_seq=None),
        make(SR, close_waits=True, sendq=ByteQueue(b"abc")),
        make(CW, close_waits=True, sendq=ByteQueue(b"abc")),
    ],
)
def test_at_the_edge_it_still_can_be(tcb: Tcb) -> None:
    assert Endpoint.restore(tcb).state is tcb.state


def test_a_probe_window_tcb_from_the_middle_of_a_story() -> None:
    assert Endpoint.restore(syn_rcvd_active().tcb).tcb.opened == "active"


# --- bad settings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"window": -1}, "The window -1 is not between 0 and 1073741824."),
        ({"window": 2**30 + 1}, "The window 1073741825 is not between 0 and 1073741824."),
        ({"mss": 0}, "The mss 0 is not between 1 and 65535."),
        ({"mss": 65536}, "The mss 65536 is not between 1 and 65535."),
        ({"wscale": -1}, "The wscale -1 is not between 0 and 14."),
        ({"wscale": 15}, "The wscale 15 is not between 0 and 14."),
        ({"policy": "rfc1122"}, "There is no policy 'rfc1122': there are rfc5961 and rfc793."),
    ],
)
def test_impossible_settings_say_why(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TcpCourseError) as caught:
        Endpoint(**settings)
    assert str(caught.value) == complaint


def test_the_smallest_and_the_largest_settings() -> None:
    tell(
        Endpoint(iss=100, window=0, mss=1, wscale=0),
        "calls OPEN active\nsays S 100:100(0) win 0 <mss 1,wscale 0>",
    )
    tell(
        Endpoint(iss=100, window=2**30, mss=65535, wscale=14),
        "calls OPEN active\nsays S 100:100(0) win 65535 <mss 65535,wscale 14>",
    )


def test_without_settings_there_are_defaults() -> None:
    tell(
        Endpoint(),
        """
        has iss 0, snd_wnd 0, max_snd_wnd 0, rcv_wnd 65535, next_iss None
        calls OPEN active
        says S 0:0(0) win 65535 <mss 1460>
        """,
    )


def test_a_restored_end_has_the_default_settings() -> None:
    tell(
        Endpoint.restore(make(SS, iss=100)),
        """
        times out retransmission
        starts retransmission
        says S 100:100(0) win 65535 <mss 1460>
        """,
    )


def test_a_buffer_beyond_the_largest_window_is_refused() -> None:
    end = established()
    with pytest.raises(TcpCourseError, match=r"1073741825 bytes is too large: .* 1073741824"):
        end.grow_buffer(2**30 + 1)
    tell(end, f"grows to {2**30}\nhas rcv_wnd {2**30}")


def test_numbers_may_be_given_as_integers() -> None:
    names = ["iss", "irs", "snd_una", "snd_nxt", "snd_wl1", "snd_wl2", "rcv_nxt", "fin_seq",
             "early_fin", "next_iss"]  # fmt: skip
    tcb = make(F1, **{name: 2**32 + place for place, name in enumerate(names)})
    assert [getattr(tcb, name) for name in names] == [SeqNumber(n) for n in range(10)]


# --- the TCB as a value -------------------------------------------------------------------------


def test_a_tcb_is_frozen() -> None:
    end = established()
    reaction = end.tick("user")
    things = [(end.tcb, "snd_una"), (end.settings, "window"), (reaction, "after"),
              (reaction.row, "next"), (ByteQueue(), "start"), (CHECKS_SYNCHRONIZED[0], "name"),
              (text_of(end.tcb, Segment(0)), "ready")]  # fmt: skip
    for thing, name in things:
        with pytest.raises(FrozenInstanceError):
            setattr(thing, name, None)


def test_what_there_are_many_of_is_small() -> None:
    """``explore`` keeps tens of thousands of moments; a dict in each would double them."""
    end = established()
    work = Work(end.tcb, end.settings)
    text = text_of(end.tcb, Segment(0))
    things = [end.tcb, end.settings, end.tick("user"), TRANSITIONS[0], ByteQueue(), SeqNumber(0),
              CHECKS_SYNCHRONIZED[0], text, work, Segment(0), Options()]  # fmt: skip
    assert [type(thing).__name__ for thing in things if hasattr(thing, "__dict__")] == []


def test_equal_tcbs_are_one_key() -> None:
    assert len({established().tcb, established().tcb, BUILDERS[F1]().tcb}) == 2


def test_a_byte_queue() -> None:
    queue = ByteQueue(b"hello").drop(2)
    assert bytes(queue) == b"llo"
    assert len(queue) == 3
    assert queue.peek(1, 5) == b"lo"
    assert queue.peek(0, 1) == b"l"
    assert queue == ByteQueue(b"llo")
    assert hash(queue) == hash(ByteQueue(b"llo"))
    assert queue != ByteQueue(b"llx")
    assert queue == b"llo"
    assert hash(queue) == hash(b"llo")
    other: object = "llo"
    assert queue != other
    assert bytes(queue.append(b"!")) == b"llo!"
    assert queue.drop(3) == queue.drop(9) == ByteQueue()
    assert queue.drop(3).store == b"", "an empty queue keeps nothing alive"
    assert repr(queue) == "<ByteQueue of 3 bytes>"
    assert bytes(queue) == b"llo", "a queue never changes"


def test_a_byte_queue_of_which_only_the_length_is_known() -> None:
    queue = ByteQueue.unseen(5)
    assert (len(queue), bytes(queue), queue.peek(0, 3)) == (5, b"", b"")
    assert queue.drop(2) == ByteQueue.unseen(3)
    assert queue.drop(5) == ByteQueue()
    assert queue != ByteQueue.unseen(4)
    assert queue != ByteQueue(b"hello")
    assert ByteQueue(b"hello") != queue
    assert len({queue, ByteQueue.unseen(5), ByteQueue.unseen(4)}) == 2


def test_queues_share_their_bytes_and_never_change() -> None:
    first = ByteQueue().append(b"hello")
    second = first.append(b" you")
    assert second.store is first.store, "what is there is not copied"
    assert (bytes(first), bytes(second)) == (b"hello", b"hello you")
    # another way on from the same queue gets a store of its own
    other = first.append(b"!")
    assert (bytes(first), bytes(second), bytes(other)) == (b"hello", b"hello you", b"hello!")
    assert first.peek(3, 9) == b"lo", "a queue does not see what was added behind it"
    assert second.drop(6).append(b"?").peek(0, 9) == b"you?"
    assert bytes(first.append(b"")) == b"hello"


def test_a_queue_keeps_no_bytes_that_were_dropped_long_ago() -> None:
    queue = ByteQueue()
    for _ in range(100):
        queue = queue.append(bytes(1000)).drop(999)
    assert len(queue) == 100
    assert len(queue.store) < 10_000


def test_a_queue_of_which_only_the_length_is_known_may_not_grow_into_another() -> None:
    assert bytes(ByteQueue.unseen(2).append(b"x")) == b"x"


def test_a_changed_tcb_is_frozen_and_equal_to_a_replaced_one() -> None:
    before = established().tcb
    work = Work(before, Settings())
    work.update(snd_wnd=7, ack_due=True)
    after = work.done()
    assert after == replace(before, snd_wnd=7, ack_due=True)
    assert type(after) is Tcb
    assert hash(after) == hash(replace(after))
    assert before == established().tcb, "the one before is untouched"
    with pytest.raises(FrozenInstanceError):
        after.snd_wnd = 8  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Work(before, Settings()).update(snd_window=7)


def test_our_fin_is_reckoned_even_when_every_number_is_given() -> None:
    tcb = make(
        F1, "active", 100, 300, 101, 102, 9, 301, 101, 9, 301, 9, 9, syn_unacked=False
    )  # all that has a number, but not the FIN's
    assert tcb.fin_seq == SeqNumber(101)
