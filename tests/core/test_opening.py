"""CLOSED, LISTEN and SYN_SENT: RFC 9293 §3.10.1, §3.10.7.1 to §3.10.7.3."""

from __future__ import annotations

import pytest

from .build import closed, established, listening, syn_sent
from .story import tell

# --- CLOSED ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrives", "reset"),
    [
        # no ACK: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
        ("S 300:300(0)", "RA 0:0(0) ack 301"),
        ("S 300:305(5)", "RA 0:0(0) ack 306"),
        ("FS 300:305(5)", "RA 0:0(0) ack 307"),
        ("- 300:300(0)", "RA 0:0(0) ack 300"),
        ("F 4294967295:4294967295(0)", "RA 0:0(0) ack 0"),
        # ACK: <SEQ=SEG.ACK><CTL=RST>
        ("A 300:310(10) ack 777", "R 777:777(0)"),
        ("SA 300:300(0) ack 777", "R 777:777(0)"),
        ("FA 300:300(0) ack 777", "R 777:777(0)"),
    ],
)
def test_closed_answers_everything_with_a_reset(arrives: str, reset: str) -> None:
    tell(closed(), f"gets {arrives}\nsays {reset} win 0\nis CLOSED")


@pytest.mark.parametrize("arrives", ["R 1:1(0)", "RA 1:1(0) ack 2", "SR 1:1(0)", "FR 1:2(1)"])
def test_closed_does_not_answer_a_reset(arrives: str) -> None:
    tell(closed(), f"gets {arrives}\nis CLOSED")


def test_a_passive_open_listens_and_sends_nothing() -> None:
    tell(closed(), "calls OPEN passive\nis LISTEN\nhas opened passive, snd_una 100, snd_nxt 100")


def test_an_active_open_sends_a_syn_with_our_options() -> None:
    tell(
        closed(window=8192, mss=1400, wscale=7, sack_permitted=True),
        """
        calls OPEN active
        says S 100:100(0) win 8192 <mss 1400,wscale 7,sackOK>
        is SYN_SENT
        has opened active, snd_una 100, snd_nxt 101
        """,
    )


def test_the_window_of_a_syn_is_never_scaled() -> None:
    tell(
        closed(window=1 << 20, wscale=7),
        "calls OPEN active\nsays S 100:100(0) win 65535 <mss 1460,wscale 7>",
    )


def test_an_iss_may_be_the_largest_number() -> None:
    end = syn_sent()
    assert str(end.tcb.snd_nxt) == "101"
    tell(
        type(end)(iss=4294967295),
        """
        calls OPEN active
        says S 4294967295:4294967295(0) <mss 1460>
        has snd_una 4294967295, snd_nxt 0
        gets SA 300:300(0) ack 0
        says A 0:0(0) ack 301
        is ESTABLISHED
        """,
    )


# --- LISTEN ---------------------------------------------------------------------------------


def test_listen_syn() -> None:
    tell(
        listening(),
        """
        gets S 300:300(0) win 5000 <mss 1000>
        says SA 100:100(0) ack 301 <mss 1460>
        is SYN_RCVD
        has irs 300, rcv_nxt 301, snd_una 100, snd_nxt 101, opened passive, snd_mss 1000
        has snd_wnd 5000, max_snd_wnd 5000, snd_wl1 300, snd_wl2 100
        """,
    )


@pytest.mark.parametrize("arrives", ["A 300:300(0) ack 100", "SA 300:300(0) ack 100",
                                     "FA 300:305(5) ack 100"])  # fmt: skip
def test_listen_any_ack_is_bad(arrives: str) -> None:
    tell(listening(), f"gets {arrives}\nsays R 100:100(0)\nis LISTEN")


@pytest.mark.parametrize("arrives", ["R 300:300(0)", "RA 300:300(0) ack 100", "SR 300:300(0)",
                                     "- 300:300(0)", "F 300:305(5)"])  # fmt: skip
def test_listen_drops_resets_and_what_is_no_syn(arrives: str) -> None:
    tell(listening(), f"gets {arrives}\nis LISTEN\nhas irs None, rcv_nxt 0")


def test_listen_then_an_active_open() -> None:
    tell(
        listening(),
        """
        calls OPEN active
        says S 100:100(0) <mss 1460>
        is SYN_SENT
        has opened active
        """,
    )


def test_listen_send_makes_it_active_and_the_data_waits() -> None:
    tell(
        listening(),
        """
        calls SEND "hello"
        says S 100:100(0) <mss 1460>
        is SYN_SENT
        has opened active, sendq "hello"
        gets SA 300:300(0) ack 101
        says PA 101:106(5) ack 301 "hello"
        is ESTABLISHED
        """,
    )


def test_listen_close() -> None:
    tell(listening(), "calls CLOSE\nis CLOSED\nhas opened None")


def test_listen_abort() -> None:
    tell(listening(), "calls ABORT\ntells connection reset\nis CLOSED\nhas opened None")


def test_data_on_a_syn_waits_for_established() -> None:
    tell(
        listening(),
        """
        gets S 300:305(5) "hello"
        says SA 100:100(0) ack 301 <mss 1460>
        is SYN_RCVD
        has rcv_nxt 301, rcvq ""
        gets A 306:306(0) ack 101
        is ESTABLISHED
        says A 101:101(0) ack 306 win 65530
        has rcvq "hello"
        """,
    )


def test_data_and_fin_on_a_syn_wait_for_established() -> None:
    tell(
        listening(),
        """
        gets FS 300:305(5) "hello"
        says SA 100:100(0) ack 301 <mss 1460>
        is SYN_RCVD
        gets A 307:307(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 307
        tells connection closing
        has rcvq "hello"
        """,
    )


def test_a_fin_alone_on_a_syn_waits_and_is_then_forgotten() -> None:
    tell(
        listening(),
        """
        gets FS 300:300(0)
        says SA 100:100(0) ack 301 <mss 1460>
        has early_fin 301, rcv_nxt 301
        gets A 302:302(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 302
        tells connection closing
        has early_fin None, rcv_nxt 302
        """,
    )


def test_data_on_a_syn_beyond_the_window_is_not_kept() -> None:
    tell(
        listening(window=3),
        """
        gets FS 300:305(5) "hello"
        says SA 100:100(0) ack 301 win 3 <mss 1460>
        gets A 301:301(0) ack 101
        is ESTABLISHED
        says A 101:101(0) ack 304 win 0
        has rcvq "hel", rcv_wnd 0, early_fin None
        """,
    )


def test_the_fin_is_the_last_number_that_fits_the_window() -> None:
    tell(
        listening(window=5),
        """
        gets FS 300:304(4) "hell"
        says SA 100:100(0) ack 301 win 5 <mss 1460>
        has early_fin 305
        gets A 305:305(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 306
        tells connection closing
        """,
    )


def test_the_last_data_byte_fits_the_window_but_the_fin_does_not() -> None:
    tell(
        listening(window=5),
        """
        gets FS 300:305(5) "hello"
        says SA 100:100(0) ack 301 win 5 <mss 1460>
        gets A 301:301(0) ack 101
        is ESTABLISHED
        says A 101:101(0) ack 306 win 0
        has rcvq "hello"
        """,
    )


# --- SYN_SENT -------------------------------------------------------------------------------


def test_syn_sent_syn_ack() -> None:
    tell(
        syn_sent(),
        """
        gets SA 300:300(0) ack 101 win 5000 <mss 1000>
        is ESTABLISHED
        says A 101:101(0) ack 301
        has irs 300, rcv_nxt 301, snd_una 101, snd_nxt 101, syn_unacked False
        has snd_wnd 5000, max_snd_wnd 5000, snd_wl1 300, snd_wl2 101, snd_mss 1000
        """,
    )


def test_syn_sent_data_queued_before_goes_with_the_ack() -> None:
    tell(
        syn_sent(),
        """
        calls SEND "hello"
        is SYN_SENT
        calls SEND " world"
        gets SA 300:300(0) ack 101
        says PA 101:112(11) ack 301 "hello world"
        is ESTABLISHED
        """,
    )


def test_syn_sent_syn_ack_with_data() -> None:
    tell(
        syn_sent(),
        """
        gets SA 300:305(5) ack 101 "hello"
        is ESTABLISHED
        says A 101:101(0) ack 306
        has rcvq "hello"
        """,
    )


def test_syn_sent_syn_ack_fin() -> None:
    tell(
        syn_sent(),
        """
        gets FSA 300:305(5) ack 101 "hello"
        is CLOSE_WAIT
        says A 101:101(0) ack 307
        tells connection closing
        has rcvq "hello", rcv_nxt 307, snd_una 101, syn_unacked False
        """,
    )


def test_syn_sent_syn_ack_fin_is_acknowledged_at_once_even_with_delayed_acks() -> None:
    tell(
        syn_sent(delayed_ack=True),
        """
        gets FSA 300:300(0) ack 101
        is CLOSE_WAIT
        says A 101:101(0) ack 302
        tells connection closing
        """,
    )


def test_syn_sent_fin_beyond_the_window_is_not_taken() -> None:
    tell(
        syn_sent(window=5),
        """
        gets FSA 300:305(5) ack 101 "hello"
        is ESTABLISHED
        says A 101:101(0) ack 306 win 0
        has rcvq "hello", early_fin None
        """,
    )


def test_syn_sent_syn_is_a_simultaneous_open() -> None:
    tell(
        syn_sent(),
        """
        gets S 300:300(0) win 5000 <mss 1000>
        is SYN_RCVD
        says SA 100:100(0) ack 301 <mss 1460>
        has opened active, irs 300, rcv_nxt 301, snd_una 100, snd_nxt 101, syn_unacked True
        has snd_wnd 5000, snd_wl1 300, snd_wl2 100, snd_mss 1000
        """,
    )


@pytest.mark.parametrize("arrives", ["A", "SA", "FA", "FSA"])
@pytest.mark.parametrize("ack", [100, 102, 99, 2147483748, 0])
def test_syn_sent_bad_ack_is_answered_by_a_reset(arrives: str, ack: int) -> None:
    # SEG.ACK =< ISS or SEG.ACK > SND.NXT
    tell(
        syn_sent(),
        f"gets {arrives} 300:300(0) ack {ack}\nsays R {ack}:{ack}(0)\nis SYN_SENT\nhas irs None",
    )


@pytest.mark.parametrize("arrives", [
    "RA 300:300(0) ack 100", "RA 300:300(0) ack 102", "SRA 300:300(0) ack 100",  # bad ACK
    "R 300:300(0)", "SR 300:300(0)",  # no ACK
    "A 300:300(0) ack 101", "FPA 300:305(5) ack 101", "F 300:300(0)", "- 300:300(0)",  # no SYN
])  # fmt: skip
def test_syn_sent_drops(arrives: str) -> None:
    tell(syn_sent(), f"gets {arrives}\nis SYN_SENT\nhas irs None, snd_una 100")


@pytest.mark.parametrize("arrives", ["RA 0:0(0) ack 101", "SRA 0:0(0) ack 101"])
@pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
def test_syn_sent_reset_that_acknowledges_our_syn(arrives: str, policy: str) -> None:
    # §3.10.7.3: signal to the user "error: connection reset", enter CLOSED, delete TCB
    tell(
        syn_sent(policy=policy),
        f'gets {arrives}\ntells connection reset\nis CLOSED\nhas opened None, sendq ""',
    )


def test_syn_sent_close_and_abort_say_nothing() -> None:
    tell(syn_sent(), "calls CLOSE\nis CLOSED")
    tell(syn_sent(), "calls ABORT\ntells connection reset\nis CLOSED")


def test_syn_sent_retransmission() -> None:
    tell(
        syn_sent(wscale=3, sack_permitted=True),
        """
        times out retransmission
        starts retransmission
        says S 100:100(0) <mss 1460,wscale 3,sackOK>
        is SYN_SENT
        """,
    )


# --- options of the handshake -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "answer", "has"),
    [
        # a SYN,ACK offers only what the SYN offered (RFC 7323 §2.2, RFC 2018 §2)
        ({}, "<mss 1000>", "<mss 1460>", "snd_shift 0, rcv_shift 0, sack_permitted False"),
        ({"wscale": 3}, "<mss 1000>", "<mss 1460>", "snd_shift 0, rcv_shift 0"),
        ({}, "<mss 1000,wscale 7,sackOK>", "<mss 1460>",
         "snd_shift 0, rcv_shift 0, sack_permitted False"),
        ({"wscale": 3}, "<wscale 7>", "<mss 1460,wscale 3>", "snd_shift 7, rcv_shift 3"),
        ({"wscale": 0}, "<wscale 7>", "<mss 1460,wscale 0>", "snd_shift 7, rcv_shift 0"),
        ({"wscale": 3}, "<wscale 0>", "<mss 1460,wscale 3>", "snd_shift 0, rcv_shift 3"),
        ({"wscale": 3}, "<wscale 15>", "<mss 1460,wscale 3>", "snd_shift 14, rcv_shift 3"),
        ({"sack_permitted": True}, "<sackOK>", "<mss 1460,sackOK>", "sack_permitted True"),
        ({"sack_permitted": True}, "", "<mss 1460>", "sack_permitted False"),
        # MSS: 536 when not told (MUST-15), never more than our own
        ({}, "", "<mss 1460>", "snd_mss 536"),
        ({}, "<mss 9000>", "<mss 1460>", "snd_mss 1460"),
        ({"mss": 500}, "", "<mss 500>", "snd_mss 500"),
        ({}, "<mss 1>", "<mss 1460>", "snd_mss 1"),
    ],
)  # fmt: skip
def test_options_in_both_directions(
    ours: dict[str, int], theirs: str, answer: str, has: str
) -> None:
    story = f"gets S 300:300(0) {theirs}\nsays SA 100:100(0) ack 301 {answer}\nhas {has}"
    again = f"times out retransmission\nstarts retransmission\nsays SA 100:100(0) ack 301 {answer}"
    for end in (listening(**ours), syn_sent(**ours)):
        tell(end, story)
        tell(end, again)  # the same SYN,ACK again, option for option
    tell(
        syn_sent(**ours),
        f"gets SA 300:300(0) ack 101 {theirs}\nsays A 101:101(0) ack 301\nhas {has}",
    )


def test_windows_are_scaled_after_the_handshake_only() -> None:
    tell(
        syn_sent(window=100_000, wscale=3),
        """
        gets SA 300:300(0) ack 101 win 100 <wscale 7>
        has snd_wnd 100, max_snd_wnd 100
        says A 101:101(0) ack 301 win 12500
        gets A 301:301(0) ack 101 win 100
        has snd_wnd 12800, max_snd_wnd 12800
        """,
    )


def test_the_window_of_a_syn_ack_is_not_scaled() -> None:
    """RFC 7323 §2.2: the window field of a segment with SYN is never scaled."""
    tell(
        listening(wscale=3),
        """
        gets S 300:300(0) win 100 <mss 1460,wscale 7>
        says SA 100:100(0) ack 301 win 65535 <mss 1460,wscale 3>
        gets A 301:301(0) ack 101 win 100
        # 65535 >> 3
        has snd_wnd 12800
        calls SEND "x"
        says PA 101:102(1) ack 301 win 8191 "x"
        """,
    )


def test_a_window_beyond_the_field_is_offered_as_its_largest_value() -> None:
    tell(
        syn_sent(window=1_000_000, wscale=3),
        "gets SA 300:300(0) ack 101 <wscale 0>\nsays A 101:101(0) ack 301 win 65535",
    )


def test_the_builders_use_the_numbers_of_figure_6() -> None:
    tell(established(), "is ESTABLISHED\nhas iss 100, irs 300, snd_nxt 101, rcv_nxt 301")
