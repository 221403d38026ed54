"""ESTABLISHED: data in both directions, out of order too, across the top of the circle."""

from __future__ import annotations

from typing import Any

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb

from .build import established, get
from .story import tell

make: Any = Tcb  # which takes numbers as integers too

# --- sending ----------------------------------------------------------------------------------


def test_data_goes_out_at_once_with_an_acknowledgment() -> None:
    tell(
        established(),
        """
        calls SEND "hello"
        says PA 101:106(5) ack 301 win 65535 "hello"
        has snd_una 101, snd_nxt 106, sendq "hello"
        gets A 301:301(0) ack 106
        has snd_una 106, sendq ""
        is ESTABLISHED
        """,
    )


def test_an_empty_send_sends_nothing() -> None:
    tell(established(), 'calls SEND ""\nhas snd_nxt 101\nis ESTABLISHED')


def test_long_data_is_cut_into_segments_and_the_last_is_pushed() -> None:
    tell(
        established(peer_mss=1000),
        """
        calls SEND 2500
        says A 101:1101(1000) ack 301
        says A 1101:2101(1000) ack 301
        says PA 2101:2601(500) ack 301
        """,
    )


def test_data_of_exactly_one_segment_is_pushed() -> None:
    tell(established(peer_mss=5), 'calls SEND "hello"\nsays PA 101:106(5) ack 301 "hello"')


def test_partial_acknowledgments() -> None:
    tell(
        established(),
        """
        calls SEND "hello"
        says PA 101:106(5) ack 301 "hello"
        gets A 301:301(0) ack 103
        has snd_una 103, snd_nxt 106, sendq "llo"
        calls SEND "!"
        says PA 106:107(1) ack 301 "!"
        # a duplicate is ignored
        gets A 301:301(0) ack 103
        gets A 301:301(0) ack 101
        has snd_una 103, snd_nxt 107, sendq "llo!"
        gets A 301:301(0) ack 107
        has snd_una 107, sendq ""
        """,
    )


def test_retransmission_sends_the_front_of_the_queue() -> None:
    tell(
        established(peer_mss=3),
        """
        calls SEND "hello"
        says A 101:104(3) ack 301 "hel"
        says PA 104:106(2) ack 301 "lo"
        times out retransmission
        starts retransmission
        says A 101:104(3) ack 301 "hel"
        gets A 301:301(0) ack 104
        times out retransmission
        starts retransmission
        says PA 104:106(2) ack 301 "lo"
        has snd_una 104, snd_nxt 106
        is ESTABLISHED
        gets A 301:301(0) ack 106
        # nothing is in flight now
        times out retransmission
        is ESTABLISHED
        """,
    )


def test_a_retransmission_carries_the_newest_acknowledgment() -> None:
    tell(
        established(),
        """
        calls SEND "hello"
        says PA 101:106(5) ack 301 "hello"
        gets PA 301:303(2) ack 101 "hi"
        says A 106:106(0) ack 303
        times out retransmission
        starts retransmission
        says PA 101:106(5) ack 303 win 65533 "hello"
        """,
    )


# --- receiving --------------------------------------------------------------------------------


def test_data_in_order_is_acknowledged_and_kept_for_the_user() -> None:
    tell(
        established(),
        """
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306 win 65530
        has rcv_nxt 306, rcv_wnd 65530, rcvq "hello"
        gets PA 306:308(2) ack 101 "; "
        says A 101:101(0) ack 308 win 65528
        has rcvq "hello; "
        calls RECEIVE 3
        delivers "hel"
        has rcvq "lo; "
        calls RECEIVE
        delivers "lo; "
        has rcvq "", rcv_wnd 65535
        is ESTABLISHED
        """,
    )


def test_the_answer_rides_on_the_users_data() -> None:
    tell(
        established(),
        """
        calls RECEIVE 100
        gets PA 301:306(5) ack 101 "hello"
        delivers "hello"
        says A 101:101(0) ack 306 win 65535
        has rcv_posted 95
        gets PA 306:406(100) ack 101
        delivers 95
        # 65535 − 5 − 65435 = 95 is too small a step to open the window (§3.8.6.2.2)
        says A 101:101(0) ack 406 win 65435
        has rcv_posted 0
        """,
    )


def test_a_duplicate_is_acknowledged_and_not_delivered_again() -> None:
    tell(
        established(),
        """
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306
        has rcvq "hello"
        """,
    )


def test_what_is_old_in_a_segment_is_cut_off() -> None:
    tell(
        established(),
        """
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306
        gets PA 304:310(6) ack 101 "lo you"
        says A 101:101(0) ack 310
        has rcvq "hello you"
        """,
    )


def test_what_lies_beyond_the_window_is_cut_off() -> None:
    tell(
        established(window=5),
        """
        gets PA 301:308(7) ack 101 "hello, "
        says A 101:101(0) ack 306 win 0
        has rcvq "hello", rcv_wnd 0
        """,
    )


def test_a_fin_beyond_the_window_is_not_taken() -> None:
    tell(
        established(window=5),
        """
        gets FPA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306 win 0
        is ESTABLISHED
        has early_fin None
        calls RECEIVE
        delivers "hello"
        says A 101:101(0) ack 306 win 5
        gets FA 306:306(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 307
        tells connection closing
        """,
    )


# --- out of order ---


def test_early_data_waits_for_the_hole_to_be_filled() -> None:
    tell(
        established(),
        """
        gets PA 304:306(2) ack 101 "lo"
        says A 101:101(0) ack 301 win 65535
        has rcv_nxt 301, rcvq ""
        gets PA 301:304(3) ack 101 "hel"
        says A 101:101(0) ack 306 win 65530
        has rcvq "hello", early ()
        """,
    )


def test_two_holes() -> None:
    tell(
        established(),
        """
        gets A 307:308(1) ack 101 "g"
        says A 101:101(0) ack 301
        gets A 303:305(2) ack 101 "cd"
        says A 101:101(0) ack 301
        gets A 301:303(2) ack 101 "ab"
        says A 101:101(0) ack 305
        has rcvq "abcd"
        gets A 305:307(2) ack 101 "ef"
        says A 101:101(0) ack 308
        has rcvq "abcdefg", early ()
        """,
    )


@pytest.mark.parametrize(
    "order",
    [
        # overlapping, touching, contained: always pieces of "abcdefgh" at 301
        [(302, "bcd"), (303, "cdef"), (306, "fgh"), (301, "ab")],
        [(302, "bcdef"), (303, "cd"), (305, "efgh"), (301, "a")],
        [(303, "cd"), (302, "bcdef"), (307, "gh"), (301, "abcdefg")],
        [(304, "d"), (303, "c"), (302, "b"), (301, "abcdefgh")],
        [(305, "efgh"), (305, "ef"), (302, "bcd"), (301, "a")],
    ],
)
def test_pieces_in_any_order_come_out_as_one(order: list[tuple[int, str]]) -> None:
    end = established()
    for number, text in order[:-1]:
        tell(
            end,
            f"""
            gets A {number}:{number + len(text)}({len(text)}) ack 101 "{text}"
            says A 101:101(0) ack 301
            """,
        )
    number, text = order[-1]
    tell(
        end,
        f"""
        gets A {number}:{number + len(text)}({len(text)}) ack 101 "{text}"
        says A 101:101(0) ack 309
        has rcvq "abcdefgh", early (), rcv_wnd 65527
        """,
    )


def test_pieces_that_touch_or_overlap_are_kept_as_one() -> None:
    end = established()
    for line in ("304:306(2) ack 101 \"de\"", "306:308(2) ack 101 \"fg\"",
                 "305:310(5) ack 101 \"efghi\"", "311:312(1) ack 101 \"k\""):  # fmt: skip
        tell(end, f"gets A {line}\nsays A 101:101(0) ack 301")
    assert [(int(seq), data) for seq, data in end.tcb.early] == [(304, b"defghi"), (311, b"k")]


def test_early_data_beyond_the_window_is_cut_off() -> None:
    end = established(window=6)
    tell(end, 'gets A 305:309(4) ack 101 "efgh"\nsays A 101:101(0) ack 301 win 6')
    assert end.tcb.early == ((end.tcb.rcv_nxt + 4, b"ef"),)
    tell(
        end,
        """
        gets A 301:305(4) ack 101 "abcd"
        says A 101:101(0) ack 307 win 0
        has rcvq "abcdef"
        """,
    )


def test_an_early_fin_waits_for_the_data_before_it() -> None:
    tell(
        established(),
        """
        gets FA 306:306(0) ack 101
        says A 101:101(0) ack 301
        is ESTABLISHED
        has early_fin 306, rcv_nxt 301, early ()
        gets PA 301:304(3) ack 101 "hel"
        says A 101:101(0) ack 304
        is ESTABLISHED
        gets PA 304:306(2) ack 101 "lo"
        is CLOSE_WAIT
        says A 101:101(0) ack 307
        tells connection closing
        has rcvq "hello", early_fin None, rcv_nxt 307
        """,
    )


def test_early_data_with_fin() -> None:
    tell(
        established(),
        """
        gets FPA 303:306(3) ack 101 "llo"
        says A 101:101(0) ack 301
        has early_fin 306
        gets A 301:301(0) ack 101
        is ESTABLISHED
        has early_fin 306
        gets PA 301:303(2) ack 101 "he"
        is CLOSE_WAIT
        says A 101:101(0) ack 307
        tells connection closing
        has rcvq "hello", early ()
        """,
    )


def test_data_numbered_after_the_fin_is_not_taken() -> None:
    tell(
        established(),
        """
        gets FPA 304:306(2) ack 101 "lo"
        says A 101:101(0) ack 301
        gets PA 304:309(5) ack 101 "lolol"
        says A 101:101(0) ack 301
        gets PA 301:309(8) ack 101 "hello---"
        is CLOSE_WAIT
        says A 101:101(0) ack 307
        tells connection closing
        has rcvq "hello"
        """,
    )


def test_data_from_beyond_the_fin_is_forgotten_when_the_fin_comes() -> None:
    tell(
        established(),
        """
        gets A 310:312(2) ack 101 "zz"
        says A 101:101(0) ack 301
        gets FA 301:301(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 302
        tells connection closing
        has early (), rcvq ""
        """,
    )


@pytest.mark.parametrize("first", [306, 307, 320])
def test_data_at_or_beyond_an_early_fin_is_not_kept(first: int) -> None:
    """The FIN takes number 306, and nothing may follow it (§3.4: "no more data")."""
    data, fin = f'A {first}:{first + 2}(2) ack 101 "zz"', "FA 306:306(0) ack 101"
    tell(get(get(established(), data), fin), "has early (), early_fin 306, rcv_nxt 301")
    tell(get(get(established(), fin), data), "has early (), early_fin 306, rcv_nxt 301")


def test_the_first_fin_counts() -> None:
    tell(
        established(),
        """
        gets FA 306:306(0) ack 101
        says A 101:101(0) ack 301
        gets FA 303:303(0) ack 101
        says A 101:101(0) ack 301
        has early_fin 306
        """,
    )


def test_fin_in_order() -> None:
    tell(
        established(),
        """
        gets FA 301:301(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 302
        tells connection closing
        has rcv_nxt 302, rcv_wnd 65535
        """,
    )


# --- numbers that wrap ---


def test_both_directions_across_the_top_of_the_circle() -> None:
    top = 4294967293  # 2**32 − 3
    end = Endpoint.restore(make(State.ESTABLISHED, snd_nxt=top, rcv_nxt=top, snd_mss=4))
    tell(
        end,
        f"""
        calls SEND "abcdef"
        says A {top}:1(4) ack {top} "abcd"
        says PA 1:3(2) ack {top} "ef"
        gets A {top}:{top}(0) ack 1
        has snd_una 1, snd_nxt 3, sendq "ef"
        gets FA 2:2(0) ack 3
        says A 3:3(0) ack {top}
        has snd_una 3, early_fin 2
        gets PA 0:2(2) ack 3 "de"
        says A 3:3(0) ack {top}
        gets PA {top}:0(3) ack 3 "abc"
        is CLOSE_WAIT
        says A 3:3(0) ack 3
        tells connection closing
        has rcvq "abcde", rcv_nxt 3
        calls CLOSE
        says FA 3:3(0) ack 3
        is LAST_ACK
        gets A 3:3(0) ack 4
        is CLOSED
        """,
    )


def test_our_fin_has_the_largest_number() -> None:
    tell(
        Endpoint.restore(make(State.ESTABLISHED, snd_nxt=4294967295, rcv_nxt=301)),
        """
        calls CLOSE
        says FA 4294967295:4294967295(0) ack 301
        has fin_seq 4294967295, snd_nxt 0
        gets A 301:301(0) ack 0
        is FIN_WAIT_2
        """,
    )


# --- delayed acknowledgments (RFC 9293 §3.8.6.3) ---


def test_every_second_segment_is_acknowledged_at_once() -> None:
    tell(
        established(delayed_ack=True),
        """
        gets A 301:303(2) ack 101 "ab"
        starts delayed-ack
        has ack_due True, rcv_nxt 303
        gets A 303:305(2) ack 101 "cd"
        says A 101:101(0) ack 305
        has ack_due False
        gets A 305:307(2) ack 101 "ef"
        starts delayed-ack
        times out delayed-ack
        says A 101:101(0) ack 307
        has ack_due False
        # no ACK is owed any more
        times out delayed-ack
        """,
    )


def test_a_delayed_acknowledgment_rides_on_data() -> None:
    tell(
        established(delayed_ack=True),
        """
        gets A 301:303(2) ack 101 "ab"
        starts delayed-ack
        calls SEND "x"
        says PA 101:102(1) ack 303 "x"
        has ack_due False
        times out delayed-ack
        """,
    )


def test_out_of_order_data_and_what_fills_a_hole_is_acknowledged_at_once() -> None:
    # RFC 5681 §4.2: so that the sender learns of the hole
    tell(
        established(delayed_ack=True),
        """
        gets A 303:305(2) ack 101 "cd"
        says A 101:101(0) ack 301
        gets A 307:309(2) ack 101 "gh"
        says A 101:101(0) ack 301
        gets A 301:303(2) ack 101 "ab"
        says A 101:101(0) ack 305
        gets A 305:307(2) ack 101 "ef"
        says A 101:101(0) ack 309
        gets A 301:309(8) ack 101
        says A 101:101(0) ack 309
        has ack_due False
        """,
    )


def test_the_acknowledgment_of_a_fin_may_wait_for_a_quick_close() -> None:
    tell(
        established(delayed_ack=True),
        """
        gets FA 301:301(0) ack 101
        is CLOSE_WAIT
        tells connection closing
        starts delayed-ack
        has ack_due True
        calls CLOSE
        says FA 101:101(0) ack 302
        has ack_due False
        """,
    )


def test_or_it_goes_out_when_the_timer_runs_out() -> None:
    tell(
        established(delayed_ack=True),
        """
        gets FA 301:301(0) ack 101
        tells connection closing
        starts delayed-ack
        times out delayed-ack
        says A 101:101(0) ack 302
        is CLOSE_WAIT
        """,
    )


def test_a_fin_behind_data_that_is_still_unacknowledged_is_acknowledged_at_once() -> None:
    tell(
        established(delayed_ack=True),
        """
        gets PA 301:303(2) ack 101
        starts delayed-ack
        gets FA 303:303(0) ack 101
        tells connection closing
        says A 101:101(0) ack 304
        """,
    )
    tell(
        established(delayed_ack=True),
        """
        gets FPA 301:303(2) ack 101
        tells connection closing
        says A 101:101(0) ack 304
        """,
    )
