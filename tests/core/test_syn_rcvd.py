"""SYN_RCVD: RFC 9293 §3.10.7.4, and the calls in it."""

from __future__ import annotations

import pytest

from .build import Builder, get, listening, syn_rcvd, syn_rcvd_active, syn_sent
from .story import tell

BOTH = pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
EITHER = pytest.mark.parametrize("start", [syn_rcvd, syn_rcvd_active])


@EITHER
def test_ack_of_our_syn(start: Builder) -> None:
    tell(
        start(),
        """
        gets A 301:301(0) ack 101 win 5000
        is ESTABLISHED
        has snd_una 101, syn_unacked False, snd_wnd 5000, snd_wl1 301, snd_wl2 101
        """,
    )


def test_data_with_the_ack_of_our_syn() -> None:
    tell(
        syn_rcvd(),
        """
        gets PA 301:306(5) ack 101 "hello"
        is ESTABLISHED
        says A 101:101(0) ack 306
        has rcvq "hello"
        """,
    )


def test_fin_with_the_ack_of_our_syn() -> None:
    tell(
        syn_rcvd(),
        """
        gets FPA 301:306(5) ack 101 "hello"
        is CLOSE_WAIT
        says A 101:101(0) ack 307
        tells connection closing
        has rcvq "hello"
        """,
    )


def test_out_of_order_data_acknowledges_our_syn_and_is_kept() -> None:
    tell(
        syn_rcvd(),
        """
        gets FPA 303:306(3) ack 101 "llo"
        is ESTABLISHED
        says A 101:101(0) ack 301
        has rcvq "", rcv_nxt 301, early_fin 306
        """,
    )


@EITHER
@BOTH
@pytest.mark.parametrize("ack", [100, 102, 99, 2147483748])
def test_an_ack_of_something_else_is_answered_by_a_reset(
    start: Builder, policy: str, ack: int
) -> None:
    tell(
        start(policy=policy),
        f"gets A 301:301(0) ack {ack}\nsays R {ack}:{ack}(0)\nis SYN_RCVD\nhas snd_una 100",
    )


@EITHER
def test_without_ack_it_is_dropped(start: Builder) -> None:
    tell(start(), 'gets P 301:306(5) "hello"\nis SYN_RCVD\nhas rcv_nxt 301')
    tell(start(), "gets F 301:301(0)\nis SYN_RCVD\nhas early_fin None")


# --- sequence number ---


@EITHER
@pytest.mark.parametrize("arrives", [
    "A 300:300(0) ack 101", "S 300:300(0)", "PA 65836:65837(1) ack 101",
    "FA 300:300(0) ack 101", "S 65836:65836(0)",
])  # fmt: skip
def test_outside_the_window_is_answered_with_where_we_are(start: Builder, arrives: str) -> None:
    # the window of 65,535 bytes reaches from 301 up to 65835
    tell(start(), f"gets {arrives}\nsays A 101:101(0) ack 301\nis SYN_RCVD")


def test_the_last_number_of_the_window() -> None:
    tell(
        syn_rcvd(),
        "gets PA 65835:65836(1) ack 101\nis ESTABLISHED\nsays A 101:101(0) ack 301",
    )


# --- a SYN,ACK that crossed ours (figure 7, appendix A.2) ---


@BOTH
def test_crossed_syn_ack(policy: str) -> None:
    tell(
        syn_rcvd_active(policy=policy, wscale=1),
        """
        gets SA 300:300(0) ack 101 win 5000
        is ESTABLISHED
        has snd_una 101, snd_wnd 5000, rcv_nxt 301
        """,
    )


def test_the_window_of_a_crossed_syn_ack_is_not_scaled() -> None:
    end = get(syn_sent(wscale=1), "S 300:300(0) <wscale 7>")
    tell(
        end,
        """
        gets SA 300:300(0) ack 101 win 5000 <wscale 7>
        is ESTABLISHED
        has snd_wnd 5000, snd_shift 7
        """,
    )


def test_crossed_syn_ack_with_data() -> None:
    tell(
        syn_rcvd_active(),
        """
        gets SA 300:305(5) ack 101 "hello"
        is ESTABLISHED
        says A 101:101(0) ack 306
        has rcvq "hello"
        """,
    )


@pytest.mark.parametrize("arrives", ["SA 300:300(0) ack 100", "SA 300:300(0) ack 102",
                                     "SA 299:299(0) ack 101"])  # fmt: skip
def test_a_wrong_syn_ack_does_not_cross(arrives: str) -> None:
    tell(syn_rcvd_active(), f"gets {arrives}\nsays A 101:101(0) ack 301\nis SYN_RCVD")


def test_a_reset_does_not_cross() -> None:
    # its number is IRS, one below the window
    tell(syn_rcvd_active(), "gets SRA 300:300(0) ack 101\nis SYN_RCVD")


def test_after_a_passive_open_no_syn_ack_crosses() -> None:
    tell(syn_rcvd(), "gets SA 300:300(0) ack 101\nsays A 101:101(0) ack 301\nis SYN_RCVD")


def test_a_fin_that_came_with_the_syn_is_not_lost_when_syn_acks_cross() -> None:
    # §3.10.7.3: controls on the SYN are queued for processing after ESTABLISHED
    tell(
        get(syn_sent(), "FS 300:305(5)"),
        """
        gets SA 300:300(0) ack 101
        says A 101:101(0) ack 301
        is SYN_RCVD
        has early_fin 306
        gets A 307:307(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 307
        tells connection closing
        """,
    )


def test_a_crossed_syn_ack_with_a_fin_is_a_syn_in_the_window() -> None:
    # its FIN, 301, is in the window, so the sequence check lets it through
    tell(
        syn_rcvd_active(),
        "gets FSA 300:300(0) ack 101\nsays A 101:101(0) ack 301\nis SYN_RCVD",
    )


# --- RST ---


@BOTH
def test_exact_rst_after_a_passive_open(policy: str) -> None:
    tell(
        syn_rcvd(policy=policy),
        """
        gets R 301:301(0)
        is LISTEN
        has opened passive, irs None, rcv_nxt 0, rcv_wnd 65535
        """,
    )


def test_a_listener_that_was_reset_takes_a_new_caller_with_a_new_iss() -> None:
    tell(
        syn_rcvd(next_iss=7000),
        """
        gets R 301:301(0)
        is LISTEN
        has iss 7000, snd_una 7000, snd_nxt 7000
        gets S 500:500(0)
        says SA 7000:7000(0) ack 501 <mss 1460>
        is SYN_RCVD
        """,
    )


def test_without_a_given_iss_the_next_lies_beyond_the_old_connection() -> None:
    end = tell(syn_rcvd(), "gets R 301:301(0)\nis LISTEN")
    # larger than anything the old connection could have sent into a window of 65,535 bytes
    assert int(end.tcb.iss) > 101 + 65535


@BOTH
def test_exact_rst_after_an_active_open(policy: str) -> None:
    tell(
        syn_rcvd_active(policy=policy),
        "gets R 301:301(0)\ntells connection refused\nis CLOSED\nhas opened None",
    )


@EITHER
def test_rst_in_the_window_is_challenged(start: Builder) -> None:
    tell(start(), "gets R 302:302(0)\nsays A 101:101(0) ack 301\nis SYN_RCVD")


def test_rst_in_the_window_by_the_older_rule() -> None:
    tell(syn_rcvd(policy="rfc793"), "gets R 302:302(0)\nis LISTEN")
    tell(
        syn_rcvd_active(policy="rfc793"),
        "gets R 302:302(0)\ntells connection refused\nis CLOSED",
    )


@EITHER
@BOTH
@pytest.mark.parametrize("seq", [300, 65836])
def test_rst_outside_the_window_is_dropped(start: Builder, policy: str, seq: int) -> None:
    tell(start(policy=policy), f"gets R {seq}:{seq}(0)\nis SYN_RCVD")


# --- SYN ---


@pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
def test_a_syn_with_data_that_comes_twice_throws_no_caller_away(policy: str) -> None:
    # its number, 300, is left of the window; only the data reaches into it
    end = get(listening(policy=policy), 'S 300:305(5) "hello"')
    answer = "says A 101:101(0) ack 301" if policy == "rfc5961" else ""
    tell(
        end,
        f"""
        is SYN_RCVD
        gets S 300:305(5) "hello"
        {answer}
        is SYN_RCVD
        has opened passive, irs 300, rcv_nxt 301
        gets A 306:306(0) ack 101
        is ESTABLISHED
        says A 101:101(0) ack 306
        has rcvq "hello"
        """,
    )


def test_a_syn_with_data_that_comes_twice_resets_nobody_who_opened_actively() -> None:
    # by the older rule the SYN is trimmed off, and what is left has no ACK
    end = get(syn_sent(policy="rfc793"), 'S 300:305(5) "hello"')
    tell(end, 'gets S 300:305(5) "hello"\nis SYN_RCVD\nhas irs 300, rcv_nxt 301')
    end = get(syn_sent(), 'S 300:305(5) "hello"')
    tell(end, 'gets S 300:305(5) "hello"\nsays A 101:101(0) ack 301\nis SYN_RCVD')


def test_a_syn_ack_left_of_the_window_acknowledges_our_syn_and_brings_its_text() -> None:
    # by the older rule, after a passive OPEN: trimmed, it is an ACK with text
    tell(
        syn_rcvd(policy="rfc793"),
        """
        gets SA 300:305(5) ack 101 "hello"
        says A 101:101(0) ack 306
        is ESTABLISHED
        has rcvq "hello"
        """,
    )


@BOTH
@pytest.mark.parametrize("arrives", ["S 301:301(0)", "S 400:400(0)", "SA 400:400(0) ack 101"])
def test_syn_in_the_window_after_a_passive_open(policy: str, arrives: str) -> None:
    tell(syn_rcvd(policy=policy), f"gets {arrives}\nis LISTEN\nhas irs None, opened passive")


def test_syn_in_the_window_after_an_active_open() -> None:
    tell(syn_rcvd_active(), "gets S 400:400(0)\nsays A 101:101(0) ack 301\nis SYN_RCVD")
    tell(
        syn_rcvd_active(policy="rfc793"),
        """
        gets S 400:400(0)
        says RA 0:0(0) ack 401
        tells connection reset
        is CLOSED
        """,
    )


# --- calls and timers ---


@EITHER
def test_close_sends_a_fin_behind_our_syn(start: Builder) -> None:
    tell(
        start(),
        """
        calls CLOSE
        says FA 101:101(0) ack 301
        is FIN_WAIT_1
        has fin_seq 101, snd_nxt 102, snd_una 100
        # the SYN is still the oldest thing in flight
        times out retransmission
        starts retransmission
        says SA 100:100(0) ack 301 <mss 1460>
        gets A 301:301(0) ack 101
        is FIN_WAIT_1
        has snd_una 101
        times out retransmission
        starts retransmission
        says FA 101:101(0) ack 301
        gets A 301:301(0) ack 102
        is FIN_WAIT_2
        """,
    )


@EITHER
def test_close_waits_behind_queued_data(start: Builder) -> None:
    tell(
        start(),
        """
        calls SEND "hello"
        is SYN_RCVD
        calls CLOSE
        is SYN_RCVD
        has close_waits True, fin_seq None
        refuses SEND "more": connection closing
        refuses CLOSE: connection closing
        gets A 301:301(0) ack 101
        is FIN_WAIT_1
        says PA 101:106(5) ack 301 "hello"
        says FA 106:106(0) ack 301
        has close_waits False, fin_seq 106, snd_nxt 107
        gets A 301:301(0) ack 107
        is FIN_WAIT_2
        has sendq ""
        """,
    )


def test_a_close_that_goes_on_waits_no_longer_even_if_its_fin_does() -> None:
    tell(
        get(listening(), "S 300:300(0) win 3 <mss 3>"),
        """
        calls SEND "hello"
        calls CLOSE
        has close_waits True
        gets A 301:301(0) ack 101 win 3
        says A 101:104(3) ack 301 "hel"
        is FIN_WAIT_1
        has close_waits False, fin_seq None
        """,
    )


def test_close_waits_and_the_peer_closes_meanwhile() -> None:
    tell(
        syn_rcvd(),
        """
        calls SEND "hello"
        calls CLOSE
        gets FA 301:301(0) ack 101
        tells connection closing
        says PA 101:106(5) ack 302 "hello"
        says FA 106:106(0) ack 302
        is LAST_ACK
        """,
    )


@EITHER
def test_send_and_receive_wait(start: Builder) -> None:
    tell(
        start(),
        """
        calls SEND "hello"
        calls RECEIVE 3
        has rcv_posted 3, sendq "hello"
        gets PA 301:306(5) ack 101 "world"
        is ESTABLISHED
        delivers "wor"
        says PA 101:106(5) ack 306 "hello"
        """,
    )


@EITHER
def test_abort_sends_a_reset(start: Builder) -> None:
    # <SEQ=SND.NXT><CTL=RST>
    tell(
        start(),
        "calls ABORT\nsays R 101:101(0) win 0\ntells connection reset\nis CLOSED",
    )


def test_retransmission_of_the_syn_ack() -> None:
    tell(
        syn_rcvd(),
        """
        times out retransmission
        starts retransmission
        says SA 100:100(0) ack 301 <mss 1460>
        is SYN_RCVD
        """,
    )


def test_data_on_the_syn_is_delivered_although_we_have_closed() -> None:
    tell(
        get(listening(), 'FS 300:305(5) "hello"'),
        """
        calls CLOSE
        says FA 101:101(0) ack 301
        is FIN_WAIT_1
        gets A 307:307(0) ack 101
        is CLOSING
        says A 102:102(0) ack 307
        tells connection closing
        has rcvq "hello"
        """,
    )
