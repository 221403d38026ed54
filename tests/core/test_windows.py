"""Windows: what we may send, what we offer, and what happens when either is zero."""

from __future__ import annotations

from typing import Any

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb

from .build import BUILDERS, established, fin_wait_1, fin_wait_2, get, syn_rcvd, syn_sent
from .story import tell

make: Any = Tcb  # which takes numbers as integers too

# --- the peer's window (§3.8.6) ---


def test_no_more_is_sent_than_the_window_allows() -> None:
    tell(
        established(peer_window=2000, peer_mss=1000),
        """
        calls SEND 2500
        says A 101:1101(1000) ack 301
        says A 1101:2101(1000) ack 301
        has snd_nxt 2101, snd_wnd 2000
        gets A 301:301(0) ack 1101 win 2000
        says PA 2101:2601(500) ack 301
        gets A 301:301(0) ack 2601 win 2000
        has sendq ""
        """,
    )


def test_an_acknowledgment_without_more_window_sends_nothing() -> None:
    tell(
        established(peer_window=1000, peer_mss=1000),
        """
        calls SEND 1500
        says A 101:1101(1000) ack 301
        gets A 301:301(0) ack 1101 win 0
        has snd_una 1101, snd_wnd 0
        # a window update, not an acknowledgment of anything new
        gets A 301:301(0) ack 1101 win 1000
        says PA 1101:1601(500) ack 301
        """,
    )


def test_an_old_segment_does_not_change_the_window() -> None:
    # SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK)
    tell(
        established(),
        """
        calls SEND "ab"
        says PA 101:103(2) ack 301 "ab"
        gets A 311:311(0) ack 102 win 500
        has snd_wnd 500, snd_wl1 311, snd_wl2 102
        # an older number
        gets A 310:310(0) ack 103 win 900
        has snd_wnd 500, snd_una 103
        # the same number with an older ACK
        gets A 311:311(0) ack 101 win 900
        has snd_wnd 500, snd_wl2 102
        # the same number, a newer ACK
        gets A 311:311(0) ack 103 win 800
        has snd_wnd 800, snd_wl1 311, snd_wl2 103
        # the same again: a window update
        gets A 311:311(0) ack 103 win 700
        has snd_wnd 700
        gets A 312:312(0) ack 103 win 600
        has snd_wnd 600, snd_wl1 312, max_snd_wnd 65535
        """,
    )


def test_an_old_acknowledgment_in_a_newer_segment_does_not_change_the_window() -> None:
    # SND.UNA =< SEG.ACK =< SND.NXT comes first
    tell(
        established(),
        """
        calls SEND "ab"
        says PA 101:103(2) ack 301 "ab"
        gets A 301:301(0) ack 103
        gets A 305:305(0) ack 101 win 5
        has snd_wnd 65535, snd_wl1 301
        """,
    )


def test_the_same_number_with_an_older_ack_by_the_letter() -> None:
    # SND.WL2 lies beyond SND.UNA only in a TCB that was made up
    tell(
        Endpoint.restore(
            make(
                State.ESTABLISHED,
                iss=100,
                irs=300,
                snd_nxt=111,
                snd_wnd=50,
                snd_wl1=301,
                snd_wl2=106,
            )
        ),
        """
        gets A 301:301(0) ack 105 win 7
        has snd_una 105, snd_wnd 50
        gets A 301:301(0) ack 106 win 8
        has snd_una 106, snd_wnd 8
        """,
    )


def test_the_largest_window_is_remembered() -> None:
    tell(
        established(peer_window=1000),
        """
        gets A 301:301(0) ack 101 win 3000
        has max_snd_wnd 3000
        gets A 301:301(0) ack 101 win 2000
        has max_snd_wnd 3000, snd_wnd 2000
        """,
    )


def test_a_window_that_shrinks_below_what_is_in_flight() -> None:
    tell(
        established(peer_window=1000, peer_mss=1000),
        """
        calls SEND 1500
        says A 101:1101(1000) ack 301
        gets A 301:301(0) ack 101 win 500
        has usable_window 0, snd_nxt 1101
        gets A 301:301(0) ack 1101 win 500
        says PA 1101:1601(500) ack 301
        """,
    )


# --- silly windows at the sender (§3.8.6.2.1) ---


def test_a_small_piece_of_more_data_waits_for_a_larger_window() -> None:
    tell(
        established(peer_window=1000, peer_mss=1000),
        """
        calls SEND 1300
        says A 101:1101(1000) ack 301
        gets A 301:301(0) ack 1101 win 299
        has snd_nxt 1101
        # all there is to send may go, however small
        gets A 301:301(0) ack 1101 win 300
        says PA 1101:1401(300) ack 301
        """,
    )


def test_half_of_the_largest_window_is_enough() -> None:
    tell(
        established(peer_window=401, peer_mss=1000),
        """
        calls SEND 1300
        says A 101:502(401) ack 301
        gets A 301:301(0) ack 502 win 200
        gets A 301:301(0) ack 502 win 201
        says A 502:703(201) ack 301
        has snd_nxt 703
        """,
    )


def test_exactly_half_is_half() -> None:
    tell(
        established(peer_window=400, peer_mss=1000),
        """
        calls SEND 1300
        says A 101:501(400) ack 301
        gets A 301:301(0) ack 501 win 199
        gets A 301:301(0) ack 501 win 200
        says A 501:701(200) ack 301
        """,
    )


# --- zero window and probes (§3.8.6.1) ---


def zero_window() -> Endpoint:
    """One segment sent, two bytes left, and the peer's window is shut."""
    return tell(
        established(peer_window=3, peer_mss=3),
        """
        calls SEND "hello"
        says A 101:104(3) ack 301 "hel"
        gets A 301:301(0) ack 104 win 0
        """,
    )


def test_a_refused_probe() -> None:
    tell(
        zero_window(),
        """
        times out zero-window-probe
        starts zero-window-probe
        says A 104:105(1) ack 301 "l"
        has snd_nxt 105, probing True
        # the peer throws the byte away and says where it is
        gets A 301:301(0) ack 104 win 0
        has snd_una 104, snd_nxt 104, probing False, snd_wnd 0
        times out zero-window-probe
        starts zero-window-probe
        says A 104:105(1) ack 301 "l"
        """,
    )


def test_an_old_acknowledgment_is_no_answer_to_a_probe() -> None:
    """A duplicate ACK can be ignored (§3.10.7.4, fifth check); the probe's byte stays in flight."""
    tell(
        zero_window(),
        """
        times out zero-window-probe
        starts zero-window-probe
        says A 104:105(1) ack 301 "l"
        gets A 301:301(0) ack 101 win 3
        has snd_una 104, snd_nxt 105, probing True
        """,
    )


def test_a_probe_that_finds_the_window_open() -> None:
    tell(
        zero_window(),
        """
        times out zero-window-probe
        starts zero-window-probe
        says A 104:105(1) ack 301 "l"
        gets A 301:301(0) ack 104 win 3
        says PA 104:106(2) ack 301 "lo"
        has snd_nxt 106, probing False
        """,
    )


def test_a_probe_whose_byte_is_taken() -> None:
    tell(
        zero_window(),
        """
        times out zero-window-probe
        starts zero-window-probe
        says A 104:105(1) ack 301 "l"
        gets A 301:301(0) ack 105 win 2
        says PA 105:106(1) ack 301 "o"
        has snd_una 105, snd_nxt 106, probing False, sendq "o"
        """,
    )


def test_while_a_probe_is_in_flight_there_is_no_other() -> None:
    tell(
        zero_window(),
        """
        times out zero-window-probe
        starts zero-window-probe
        says A 104:105(1) ack 301 "l"
        times out zero-window-probe
        times out retransmission
        starts retransmission
        says A 104:105(1) ack 301 "l"
        is ESTABLISHED
        """,
    )


def test_an_open_window_needs_no_probe_and_no_data_needs_none() -> None:
    tell(established(), "times out zero-window-probe\nis ESTABLISHED")
    tell(established(peer_window=0), "times out zero-window-probe\nis ESTABLISHED")


def test_a_window_update_alone_sends_what_waits() -> None:
    tell(
        zero_window(),
        """
        gets A 301:301(0) ack 104 win 1000
        says PA 104:106(2) ack 301 "lo"
        """,
    )


def test_a_probe_in_fin_wait_1_and_the_fin_behind_the_last_byte() -> None:
    tell(
        zero_window(),
        """
        calls CLOSE
        is FIN_WAIT_1
        has fin_seq None
        times out zero-window-probe
        starts zero-window-probe
        says A 104:105(1) ack 301 "l"
        gets A 301:301(0) ack 105 win 0
        # the last byte: with it everything is sent, and the FIN goes behind it
        times out zero-window-probe
        starts zero-window-probe
        says A 105:106(1) ack 301 "o"
        says FA 106:106(0) ack 301
        has fin_seq 106, snd_nxt 107
        # refused; both are in flight and are sent again
        gets A 301:301(0) ack 105 win 0
        has snd_una 105, snd_nxt 107, fin_seq 106
        times out retransmission
        starts retransmission
        says PA 105:106(1) ack 301 "o"
        gets A 301:301(0) ack 107 win 9
        is FIN_WAIT_2
        """,
    )


def test_a_probe_of_the_last_byte_in_close_wait() -> None:
    tell(
        get(established(peer_window=0), "FA 301:301(0) ack 101 win 0"),
        """
        calls SEND "x"
        calls CLOSE
        is CLOSE_WAIT
        times out zero-window-probe
        starts zero-window-probe
        says A 101:102(1) ack 302 "x"
        says FA 102:102(0) ack 302
        is LAST_ACK
        gets A 302:302(0) ack 101 win 0
        has snd_una 101, snd_nxt 103, fin_seq 102
        is LAST_ACK
        gets A 302:302(0) ack 103 win 0
        is CLOSED
        """,
    )


def test_a_probe_in_closing() -> None:
    tell(
        zero_window(),
        """
        calls CLOSE
        gets FA 301:301(0) ack 104 win 0
        is CLOSING
        tells connection closing
        says A 104:104(0) ack 302
        times out zero-window-probe
        starts zero-window-probe
        says A 104:105(1) ack 302 "l"
        gets A 302:302(0) ack 105 win 100
        says PA 105:106(1) ack 302 "o"
        says FA 106:106(0) ack 302
        is CLOSING
        gets A 302:302(0) ack 107
        starts time-wait
        is TIME_WAIT
        """,
    )


def test_a_fin_without_data_is_sent_into_a_closed_window() -> None:
    tell(established(peer_window=0), "calls CLOSE\nsays FA 101:101(0) ack 301\nis FIN_WAIT_1")


# --- our own window ---


def full() -> Endpoint:
    """Our buffer of six bytes is full of what the user has not received."""
    return tell(
        established(window=6),
        """
        gets PA 301:307(6) ack 101 "abcdef"
        says A 101:101(0) ack 307 win 0
        has rcv_wnd 0
        """,
    )


def test_with_a_full_buffer_nothing_is_taken_but_the_ack_is() -> None:
    end = full()
    tell(
        end,
        """
        calls SEND "x"
        says PA 101:102(1) ack 307 win 0 "x"
        # a probe: its byte is refused, its ACK counts
        gets A 307:308(1) ack 102 "g"
        says A 102:102(0) ack 307 win 0
        has snd_una 102, rcvq "abcdef", early ()
        # a FIN finds no room either
        gets FA 307:307(0) ack 102
        says A 102:102(0) ack 307 win 0
        is ESTABLISHED
        has early_fin None
        # an empty segment at the edge is acceptable, beyond it not
        gets A 307:307(0) ack 102 win 77
        has snd_wnd 77
        gets A 308:308(0) ack 102 win 88
        says A 102:102(0) ack 307 win 0
        has snd_wnd 77
        # a SYN is not let through for its ACK
        gets SA 307:307(0) ack 102
        says A 102:102(0) ack 307 win 0
        is ESTABLISHED
        """,
    )


def test_receive_opens_the_window_and_tells_the_peer() -> None:
    # a step of at least half the buffer, or the whole buffer (§3.8.6.2.2)
    tell(
        full(),
        """
        calls RECEIVE 2
        delivers "ab"
        has rcv_wnd 0
        calls RECEIVE 1
        delivers "c"
        says A 101:101(0) ack 307 win 3
        has rcv_wnd 3
        calls RECEIVE
        delivers "def"
        has rcv_wnd 6
        """,
    )


def test_a_step_of_one_segment_is_enough_in_a_large_buffer() -> None:
    end = established(window=6000, mss=100)
    tell(
        end,
        """
        gets PA 301:6301(6000) ack 101
        says A 101:101(0) ack 6301 win 0
        calls RECEIVE 99
        delivers 99
        has rcv_wnd 0
        calls RECEIVE 1
        delivers 1
        says A 101:101(0) ack 6301 win 100
        # the peer knows that the window is open; no further updates
        calls RECEIVE 100
        delivers 100
        has rcv_wnd 200
        """,
    )


def test_no_update_while_the_window_is_comfortable() -> None:
    tell(
        established(window=6000, mss=100),
        """
        gets PA 301:5401(5100) ack 101
        says A 101:101(0) ack 5401 win 900
        calls RECEIVE 1000
        delivers 1000
        has rcv_wnd 1900
        """,
    )


def test_low_is_less_than_half_the_buffer_or_one_segment() -> None:
    """§3.8.6.2.2: min(Fr * RCV.BUFF, Eff.snd.MSS) with Fr = 1/2; here 1200 of 2400."""
    for taken, update in ((1201, "\nsays A 101:101(0) ack 1502 win 2400"), (1200, "")):
        tell(
            established(window=2400),
            f"""
            gets PA 301:{301 + taken}({taken}) ack 101
            says A 101:101(0) ack {301 + taken} win {2400 - taken}
            calls RECEIVE
            delivers {taken}{update}
            has rcv_wnd 2400
            """,
        )


def test_with_segments_of_one_byte_a_step_is_one_byte() -> None:
    tell(
        established(window=10, mss=1),
        """
        gets PA 301:304(3) ack 101 "abc"
        says A 101:101(0) ack 304 win 7
        calls RECEIVE 1
        delivers "a"
        has rcv_wnd 8
        """,
    )


@pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
def test_a_syn_never_fits_a_closed_window(policy: str) -> None:
    """It takes up a number, so only its ACK is owed (§3.4, third case of the table)."""
    tell(
        established(window=3, policy=policy),
        """
        gets PA 301:304(3) ack 101 "abc"
        says A 101:101(0) ack 304 win 0
        gets SA 304:304(0) ack 101
        says A 101:101(0) ack 304 win 0
        is ESTABLISHED
        """,
    )
    tell(
        syn_rcvd(window=0, policy=policy),
        "gets S 301:301(0)\nsays A 101:101(0) ack 301 win 0\nis SYN_RCVD",
    )


def test_a_tiny_buffer_opens_when_it_is_empty() -> None:
    tell(
        established(window=1),
        """
        gets PA 301:302(1) ack 101 "a"
        says A 101:101(0) ack 302 win 0
        calls RECEIVE
        delivers "a"
        says A 101:101(0) ack 302 win 1
        """,
    )


def test_a_window_of_one_byte_is_open_in_a_tiny_buffer() -> None:
    tell(
        established(window=3),
        """
        gets PA 301:303(2) ack 101 "ab"
        says A 101:101(0) ack 303 win 1
        calls RECEIVE
        delivers "ab"
        has rcv_wnd 3
        """,
    )


def test_after_the_peers_fin_there_is_nobody_to_tell_but_it_does_no_harm() -> None:
    tell(
        full(),
        """
        calls RECEIVE
        delivers "abcdef"
        says A 101:101(0) ack 307 win 6
        gets FA 307:307(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 308 win 6
        tells connection closing
        """,
    )


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2])
def test_the_right_edge_of_the_window_never_moves_back(state: State) -> None:
    end = BUILDERS[state](window=10)
    edge = end.tcb.rcv_nxt + 10
    ack = int(end.tcb.snd_una)
    for line in (f"A 301:304(3) ack {ack}", f"A 306:308(2) ack {ack}", f"A 304:306(2) ack {ack}"):
        get(end, line)
        assert end.tcb.rcv_nxt + end.tcb.rcv_wnd == edge
    end.receive(1)
    assert end.tcb.rcv_nxt + end.tcb.rcv_wnd >= edge


# --- a larger buffer ---


def test_a_larger_buffer_is_offered_with_the_next_segment() -> None:
    tell(
        established(window=1000),
        """
        grows to 9000
        has rcv_wnd 9000, rcv_buff 9000
        calls SEND "x"
        says PA 101:102(1) ack 301 win 9000 "x"
        # it never shrinks
        grows to 10
        has rcv_wnd 9000, rcv_buff 9000
        """,
    )


def test_a_larger_buffer_while_opening_and_closing() -> None:
    for build in (syn_sent, syn_rcvd, established, fin_wait_1, fin_wait_2):
        end = build(window=1000)
        tell(end, f"grows to 9000\nhas rcv_wnd 9000\nis {end.state}")


@pytest.mark.parametrize("state", [State.CLOSED, State.LISTEN, State.CLOSE_WAIT, State.CLOSING,
                                   State.LAST_ACK, State.TIME_WAIT])  # fmt: skip
def test_where_no_data_can_come_a_larger_buffer_is_of_no_use(state: State) -> None:
    tell(BUILDERS[state](window=1000), f"grows to 9000\nhas rcv_wnd 1000\nis {state}")
