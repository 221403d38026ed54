"""FIN_WAIT_1 to TIME_WAIT: RFC 9293 §3.6, §3.10.4 and §3.10.7.4."""

from __future__ import annotations

import pytest

from .build import (
    close_wait,
    closing,
    established,
    fin_wait_1,
    fin_wait_2,
    get,
    last_ack,
    time_wait,
)
from .story import tell

# --- ESTABLISHED: CLOSE -----------------------------------------------------------------------


def test_close_with_nothing_to_send() -> None:
    tell(
        established(),
        """
        calls CLOSE
        says FA 101:101(0) ack 301
        is FIN_WAIT_1
        has fin_seq 101, snd_nxt 102, snd_una 101
        """,
    )


def test_close_with_data_in_flight_sends_the_fin_at_once() -> None:
    tell(
        established(),
        """
        calls SEND "hello"
        says PA 101:106(5) ack 301 "hello"
        calls CLOSE
        says FA 106:106(0) ack 301
        is FIN_WAIT_1
        # the data is acknowledged, the FIN is not
        gets A 301:301(0) ack 106
        is FIN_WAIT_1
        has snd_una 106, sendq ""
        times out retransmission
        starts retransmission
        says FA 106:106(0) ack 301
        gets A 301:301(0) ack 107
        is FIN_WAIT_2
        """,
    )


def test_close_with_queued_data_is_fin_wait_1_at_once_and_the_fin_comes_later() -> None:
    tell(
        established(peer_window=3, peer_mss=3),
        """
        calls SEND "hello"
        says A 101:104(3) ack 301 "hel"
        calls CLOSE
        is FIN_WAIT_1
        has fin_seq None, snd_nxt 104
        refuses SEND "more": connection closing
        gets A 301:301(0) ack 104 win 3
        says PA 104:106(2) ack 301 "lo"
        says FA 106:106(0) ack 301
        is FIN_WAIT_1
        has fin_seq 106, snd_nxt 107
        # all lost: the data goes first
        times out retransmission
        starts retransmission
        says PA 104:106(2) ack 301 "lo"
        gets A 301:301(0) ack 107
        is FIN_WAIT_2
        has snd_una 107, sendq ""
        """,
    )


def test_while_the_fin_waits_nothing_acknowledges_it() -> None:
    tell(
        established(peer_window=3, peer_mss=3),
        """
        calls SEND "hello"
        says A 101:104(3) ack 301 "hel"
        calls CLOSE
        gets A 301:301(0) ack 104 win 0
        is FIN_WAIT_1
        gets FA 301:301(0) ack 104 win 0
        is CLOSING
        tells connection closing
        says A 104:104(0) ack 302
        gets A 302:302(0) ack 104 win 3
        says PA 104:106(2) ack 302 "lo"
        says FA 106:106(0) ack 302
        is CLOSING
        gets A 302:302(0) ack 106
        is CLOSING
        gets A 302:302(0) ack 107
        starts time-wait
        is TIME_WAIT
        """,
    )


# --- FIN_WAIT_1 -------------------------------------------------------------------------------


def test_fin_wait_1_ack_of_our_fin() -> None:
    tell(fin_wait_1(), "gets A 301:301(0) ack 102\nis FIN_WAIT_2\nhas snd_una 102")


def test_fin_wait_1_another_ack_is_not_enough() -> None:
    tell(fin_wait_1(), "gets A 301:301(0) ack 101\nis FIN_WAIT_1\nhas snd_una 101")


def test_fin_wait_1_fin_without_ack_of_ours() -> None:
    tell(
        fin_wait_1(),
        """
        gets FA 301:301(0) ack 101
        is CLOSING
        says A 102:102(0) ack 302
        tells connection closing
        """,
    )


def test_fin_wait_1_fin_with_ack_of_ours() -> None:
    # the document's case 11c
    tell(
        fin_wait_1(),
        """
        gets FA 301:301(0) ack 102
        is TIME_WAIT
        says A 102:102(0) ack 302
        tells connection closing
        starts time-wait
        has snd_una 102, rcv_nxt 302
        """,
    )


def test_fin_wait_1_data_and_both() -> None:
    tell(
        fin_wait_1(),
        """
        gets FPA 301:306(5) ack 102 "hello"
        is TIME_WAIT
        says A 102:102(0) ack 307
        tells connection closing
        starts time-wait
        has rcvq "hello"
        """,
    )


def test_fin_wait_1_an_early_fin_waits_and_the_ack_counts() -> None:
    tell(
        fin_wait_1(),
        """
        gets FA 306:306(0) ack 102
        is FIN_WAIT_2
        says A 102:102(0) ack 301
        has early_fin 306
        gets PA 301:306(5) ack 102
        is TIME_WAIT
        says A 102:102(0) ack 307
        tells connection closing
        starts time-wait
        """,
    )


def test_fin_wait_1_still_receives() -> None:
    tell(
        fin_wait_1(),
        """
        gets PA 301:306(5) ack 101 "hello"
        is FIN_WAIT_1
        says A 102:102(0) ack 306
        calls RECEIVE
        delivers "hello"
        gets PA 306:307(1) ack 102 "!"
        is FIN_WAIT_2
        says A 102:102(0) ack 307
        """,
    )


def test_fin_wait_1_fin_is_acknowledged_at_once_even_with_delayed_acks() -> None:
    tell(
        fin_wait_1(delayed_ack=True),
        """
        gets FA 301:301(0) ack 101
        is CLOSING
        says A 102:102(0) ack 302
        tells connection closing
        """,
    )
    tell(
        fin_wait_1(delayed_ack=True),
        """
        gets PA 301:306(5) ack 101
        starts delayed-ack
        times out delayed-ack
        says A 102:102(0) ack 306
        is FIN_WAIT_1
        """,
    )


# --- FIN_WAIT_2: the half-closed connection -----------------------------------------------------


def test_fin_wait_2_receives_for_as_long_as_the_peer_likes() -> None:
    tell(
        fin_wait_2(),
        """
        gets PA 301:306(5) ack 102 "hello"
        says A 102:102(0) ack 306
        gets PA 306:307(1) ack 102 "!"
        says A 102:102(0) ack 307
        is FIN_WAIT_2
        calls RECEIVE
        delivers "hello!"
        calls RECEIVE 4
        has rcv_posted 4
        gets A 307:309(2) ack 102 "ab"
        delivers "ab"
        says A 102:102(0) ack 309
        gets FA 309:309(0) ack 102
        is TIME_WAIT
        says A 102:102(0) ack 310
        tells connection closing
        starts time-wait
        """,
    )


def test_fin_wait_2_has_nothing_to_send_again() -> None:
    tell(fin_wait_2(), "times out retransmission\ntimes out zero-window-probe\nis FIN_WAIT_2")


def test_fin_wait_2_delayed_ack() -> None:
    tell(
        fin_wait_2(delayed_ack=True),
        """
        gets PA 301:306(5) ack 102
        starts delayed-ack
        times out delayed-ack
        says A 102:102(0) ack 306
        gets FA 306:306(0) ack 102
        is TIME_WAIT
        says A 102:102(0) ack 307
        tells connection closing
        starts time-wait
        """,
    )


# --- CLOSE_WAIT -------------------------------------------------------------------------------


def test_close_wait_may_send_for_as_long_as_it_likes() -> None:
    tell(
        close_wait(),
        """
        calls SEND "hello"
        says PA 101:106(5) ack 302 "hello"
        is CLOSE_WAIT
        times out retransmission
        starts retransmission
        says PA 101:106(5) ack 302 "hello"
        gets A 302:302(0) ack 106
        has snd_una 106, sendq ""
        calls CLOSE
        says FA 106:106(0) ack 302
        is LAST_ACK
        """,
    )


def test_close_wait_close_waits_behind_queued_data() -> None:
    tell(
        get(established(peer_window=3, peer_mss=3), "FA 301:301(0) ack 101 win 3"),
        """
        has snd_wnd 3
        calls SEND "hello"
        says A 101:104(3) ack 302 "hel"
        calls CLOSE
        is CLOSE_WAIT
        has close_waits True
        refuses SEND "x": connection closing
        refuses CLOSE: connection closing
        gets A 302:302(0) ack 104 win 1
        is CLOSE_WAIT
        gets A 302:302(0) ack 104 win 2
        says PA 104:106(2) ack 302 "lo"
        says FA 106:106(0) ack 302
        is LAST_ACK
        has close_waits False
        """,
    )


def test_close_wait_ignores_text_and_fin() -> None:
    # "This should not occur, since a FIN has been received from the remote side. Ignore the
    # segment text.": no ACK for it
    tell(
        close_wait(),
        """
        gets PA 302:307(5) ack 101 "hello"
        gets PA 310:315(5) ack 101 "hello"
        gets FA 302:302(0) ack 101
        gets A 302:302(0) ack 101
        is CLOSE_WAIT
        has rcv_nxt 302, rcvq "", early (), early_fin None
        # the ACK in it counts all the same
        calls SEND "x"
        says PA 101:102(1) ack 302 "x"
        gets PA 311:316(5) ack 102 win 9 "hello"
        has snd_una 102, snd_wnd 9, rcv_nxt 302
        # what came before is outside the window, and that is answered
        gets FA 301:301(0) ack 102
        says A 102:102(0) ack 302
        """,
    )


def test_close_wait_delivers_what_came_before_the_fin() -> None:
    tell(
        get(established(), 'FPA 301:306(5) ack 101 "hello"'),
        """
        is CLOSE_WAIT
        calls RECEIVE 3
        delivers "hel"
        calls RECEIVE
        delivers "lo"
        refuses RECEIVE: connection closing
        """,
    )


# --- CLOSING ----------------------------------------------------------------------------------


def test_closing_ack_of_our_fin() -> None:
    tell(
        closing(),
        "gets A 302:302(0) ack 102\nstarts time-wait\nis TIME_WAIT\nhas snd_una 102",
    )


def test_closing_anything_else_is_ignored() -> None:
    tell(
        closing(),
        """
        gets A 302:302(0) ack 101
        gets PA 302:307(5) ack 101 "hello"
        gets FA 302:302(0) ack 101
        gets FA 301:301(0) ack 101
        says A 102:102(0) ack 302
        is CLOSING
        has rcv_nxt 302, rcvq ""
        times out retransmission
        starts retransmission
        says FA 101:101(0) ack 302
        """,
    )


def test_closing_the_peers_fin_again_with_the_ack_of_ours() -> None:
    # its number is old, so the sequence check answers it and drops it, ACK and all
    tell(closing(), "gets FA 301:301(0) ack 102\nsays A 102:102(0) ack 302\nis CLOSING")


# --- LAST_ACK ---------------------------------------------------------------------------------


def test_last_ack_ack_of_our_fin() -> None:
    tell(last_ack(), "gets A 302:302(0) ack 102\nis CLOSED\nhas opened None, irs None")


def test_last_ack_data_and_fin_are_acknowledged_step_by_step() -> None:
    tell(
        close_wait(),
        """
        calls SEND "hello"
        says PA 101:106(5) ack 302 "hello"
        calls CLOSE
        says FA 106:106(0) ack 302
        gets A 302:302(0) ack 103
        is LAST_ACK
        times out retransmission
        starts retransmission
        says PA 103:106(3) ack 302 "llo"
        gets A 302:302(0) ack 106
        is LAST_ACK
        times out retransmission
        starts retransmission
        says FA 106:106(0) ack 302
        gets A 302:302(0) ack 107
        is CLOSED
        """,
    )


def test_last_ack_anything_else() -> None:
    tell(
        last_ack(),
        """
        gets A 302:302(0) ack 101
        gets FA 301:301(0) ack 101
        says A 102:102(0) ack 302
        gets PA 302:303(1) ack 101
        is LAST_ACK
        has rcv_nxt 302
        """,
    )


# --- TIME_WAIT --------------------------------------------------------------------------------


def test_time_wait_the_fin_again() -> None:
    # dropped by the letter of the sequence check; every stack acknowledges it and waits anew
    tell(
        time_wait(),
        """
        gets FA 301:301(0) ack 102
        says A 102:102(0) ack 302
        starts time-wait
        is TIME_WAIT
        """,
    )


def test_time_wait_the_fin_again_with_its_data() -> None:
    tell(
        get(fin_wait_2(), "FPA 301:306(5) ack 102"),
        """
        gets FPA 301:306(5) ack 102
        says A 102:102(0) ack 307
        starts time-wait
        gets FPA 304:306(2) ack 102
        says A 102:102(0) ack 307
        starts time-wait
        # not the same FIN: it ends elsewhere
        gets FA 305:305(0) ack 102
        says A 102:102(0) ack 307
        gets FR 306:306(0)
        is TIME_WAIT
        gets FSA 305:305(0) ack 102
        says A 102:102(0) ack 307
        is TIME_WAIT
        """,
    )


@pytest.mark.parametrize(
    "arrives",
    [
        "FA 302:302(0) ack 102",
        "FPA 302:307(5) ack 102",
        "FA 310:310(0) ack 102",
        "FPA 300:305(5) ack 102",
    ],
)
def test_time_wait_any_fin_is_the_peers_and_begins_the_wait_anew(arrives: str) -> None:
    # §3.10.7.4, eighth check, TIME-WAIT: "Remain in the TIME-WAIT state. Restart the 2 MSL
    # time-wait timeout."
    tell(
        time_wait(),
        f"""
        gets {arrives}
        says A 102:102(0) ack 302
        starts time-wait
        is TIME_WAIT
        has rcv_nxt 302
        """,
    )


@pytest.mark.parametrize(
    "arrives",
    [
        "PA 302:303(1) ack 102",
        "A 303:303(0) ack 102",
        "PA 310:315(5) ack 102",
        "PA 301:306(5) ack 102",
    ],
)
def test_time_wait_text_or_a_number_beyond_is_acknowledged(arrives: str) -> None:
    # as Linux and FreeBSD do; the wait goes on as before
    tell(
        time_wait(),
        f'gets {arrives}\nsays A 102:102(0) ack 302\nis TIME_WAIT\nhas rcv_nxt 302, rcvq ""',
    )


def test_time_wait_a_bare_ack_says_nothing_new() -> None:
    tell(
        time_wait(),
        """
        gets A 302:302(0) ack 102
        gets A 302:302(0) ack 101
        is TIME_WAIT
        has rcv_nxt 302
        times out retransmission
        times out zero-window-probe
        times out delayed-ack
        is TIME_WAIT
        """,
    )


def test_time_wait_ends() -> None:
    tell(time_wait(), "times out time-wait\nis CLOSED\nhas opened None")


@pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
@pytest.mark.parametrize("seq", [302, 5000, 100000, 2147483949])
def test_time_wait_a_newer_syn_opens_again(policy: str, seq: int) -> None:
    # MAY-2: the new ISS must be larger than what the old connection used. Newer is up to
    # half the circle ahead: 302 + 2**31 − 1 = 2147483949
    tell(
        time_wait(policy=policy, next_iss=9000),
        f"""
        gets S {seq}:{seq}(0) win 700 <mss 900>
        says SA 9000:9000(0) ack {seq + 1} <mss 1460>
        is SYN_RCVD
        has opened passive, irs {seq}, snd_una 9000, snd_nxt 9001, fin_seq None, snd_wnd 700
        gets A {seq + 1}:{seq + 1}(0) ack 9001
        is ESTABLISHED
        """,
    )


def test_time_wait_the_new_iss_is_beyond_the_old_numbers() -> None:
    end = get(time_wait(), "S 5000:5000(0)")
    assert int(end.tcb.iss) > 102 + 65535


def test_time_wait_data_and_fin_on_the_new_syn_are_kept() -> None:
    tell(
        time_wait(next_iss=9000),
        """
        gets FS 5000:5005(5) "hello"
        says SA 9000:9000(0) ack 5001 <mss 1460>
        gets A 5007:5007(0) ack 9001
        is CLOSE_WAIT
        says A 9001:9001(0) ack 5007
        tells connection closing
        has rcvq "hello"
        """,
    )


@pytest.mark.parametrize("arrives", ["S 301:301(0)", "S 2147483950:2147483950(0)"])
def test_time_wait_an_old_syn_is_not_believed(arrives: str) -> None:
    tell(time_wait(), f"gets {arrives}\nsays A 102:102(0) ack 302\nis TIME_WAIT")


def test_time_wait_a_syn_with_ack_or_rst_is_no_new_caller() -> None:
    tell(time_wait(), "gets SA 302:302(0) ack 102\nsays A 102:102(0) ack 302\nis TIME_WAIT")
    tell(time_wait(), "gets SR 302:302(0)\nis CLOSED")
