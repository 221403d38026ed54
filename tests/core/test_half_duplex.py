"""A half-duplex close: the user who closes never reads again. RFC 9293 §3.6.1, MAY-1 and SHLD-3.

"If such a host issues a CLOSE call while received data is still pending in the TCP connection,
or if new data is received after CLOSE is called, its TCP implementation SHOULD send a RST to
show that data was lost." The tests in tests/kernel hold Linux against the same rows.
"""

from __future__ import annotations

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.states import State

from .build import (
    BUILDERS,
    close_wait,
    established,
    fin_wait_1,
    fin_wait_2,
    get,
    listening,
    syn_rcvd,
)
from .story import tell

HALF = {"half_duplex_close": True}


# --- CLOSE while data is unread ---------------------------------------------------------------


def test_close_with_unread_data_resets() -> None:
    tell(
        established(**HALF),
        """
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306
        calls CLOSE
        says R 101:101(0)
        is CLOSED
        has opened None, rcvq "", half_duplex_close True
        """,
    )


def test_close_with_unread_data_resets_even_with_data_of_ours_in_the_queue() -> None:
    tell(
        established(peer_window=3, peer_mss=3, **HALF),
        """
        gets PA 301:306(5) ack 101 win 3 "hello"
        says A 101:101(0) ack 306
        calls SEND "hello"
        says A 101:104(3) ack 306 "hel"
        calls CLOSE
        says R 104:104(0)
        is CLOSED
        has sendq ""
        """,
    )


def test_close_after_the_last_byte_was_read_is_a_close() -> None:
    tell(
        established(**HALF),
        """
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306
        calls RECEIVE 4
        delivers "hell"
        calls RECEIVE 1
        delivers "o"
        calls CLOSE
        says FA 101:101(0) ack 306
        is FIN_WAIT_1
        """,
    )


def test_close_wait_with_unread_data_resets() -> None:
    tell(
        get(established(**HALF), 'FPA 301:306(5) ack 101 "hello"'),
        "is CLOSE_WAIT\ncalls CLOSE\nsays R 101:101(0)\nis CLOSED",
    )
    tell(close_wait(**HALF), "calls CLOSE\nsays FA 101:101(0) ack 302\nis LAST_ACK")


def test_syn_rcvd_with_data_on_the_syn_resets() -> None:
    tell(
        get(listening(**HALF), 'S 300:305(5) "hello"'),
        "is SYN_RCVD\ncalls CLOSE\nsays R 101:101(0)\nis CLOSED",
    )
    tell(syn_rcvd(**HALF), "calls CLOSE\nsays FA 101:101(0) ack 301\nis FIN_WAIT_1")


def test_data_beyond_a_hole_is_not_pending_yet() -> None:
    # Linux counts only what is in order; when the hole is filled, new data has come
    tell(
        established(**HALF),
        """
        gets PA 303:306(3) ack 101 "llo"
        says A 101:101(0) ack 301
        calls CLOSE
        says FA 101:101(0) ack 301
        is FIN_WAIT_1
        gets PA 301:303(2) ack 101 "he"
        says R 101:101(0)
        is CLOSED
        """,
    )


def test_a_close_that_waits_may_not_be_called_again_though_data_is_unread() -> None:
    end = get(established(peer_window=3, peer_mss=3, **HALF), "FA 301:301(0) ack 101 win 3")
    tell(
        end,
        """
        calls SEND "hello"
        says A 101:104(3) ack 302 "hel"
        calls CLOSE
        is CLOSE_WAIT
        has close_waits True
        refuses CLOSE: connection closing
        """,
    )


# --- new data after CLOSE ---------------------------------------------------------------------


def test_data_after_close_resets() -> None:
    # the RST has the number that the peer expects: its own SEG.ACK
    tell(fin_wait_1(**HALF), "gets PA 301:306(5) ack 101\nsays R 101:101(0)\nis CLOSED")
    tell(fin_wait_1(**HALF), "gets PA 301:306(5) ack 102\nsays R 102:102(0)\nis CLOSED")
    tell(fin_wait_2(**HALF), "gets PA 301:306(5) ack 102\nsays R 102:102(0)\nis CLOSED")


@pytest.mark.parametrize(
    "arrives",
    [
        "A 301:302(1) ack 102",  # one byte
        "A 310:315(5) ack 102",  # beyond a hole
        "A 300:302(2) ack 102",  # its first byte is old
        "FA 301:302(1) ack 102",  # with the FIN
        "FA 302:302(0) ack 102",  # a FIN that says there was a byte before it
    ],
)
def test_whatever_shows_that_there_was_data_resets(arrives: str) -> None:
    tell(fin_wait_2(**HALF), f"gets {arrives}\nsays R 102:102(0)\nis CLOSED")


def test_what_holds_no_new_data_does_not_reset() -> None:
    tell(
        fin_wait_2(**HALF),
        """
        gets A 301:301(0) ack 102
        gets A 305:305(0) ack 102
        gets A 300:301(1) ack 102
        says A 102:102(0) ack 301
        # a window probe of the next byte is data, but this one holds an old byte
        gets A 299:300(1) ack 102
        says A 102:102(0) ack 301
        is FIN_WAIT_2
        gets FA 301:301(0) ack 102
        says A 102:102(0) ack 302
        tells connection closing
        starts time-wait
        is TIME_WAIT
        """,
    )
    tell(
        fin_wait_1(**HALF),
        """
        gets FA 301:301(0) ack 101
        says A 102:102(0) ack 302
        tells connection closing
        is CLOSING
        # text after the peer's FIN is ignored, as ever
        gets PA 302:307(5) ack 101
        is CLOSING
        """,
    )


def test_before_close_data_is_welcome() -> None:
    tell(
        established(**HALF),
        """
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306
        is ESTABLISHED
        has rcvq "hello"
        """,
    )


def test_data_resets_a_close_that_waits_for_the_handshake() -> None:
    tell(
        syn_rcvd(**HALF),
        """
        calls SEND "hi"
        calls CLOSE
        is SYN_RCVD
        has close_waits True
        refuses RECEIVE: connection closing
        gets PA 301:306(5) ack 101 "hello"
        says R 101:101(0)
        is CLOSED
        """,
    )
    tell(
        syn_rcvd(**HALF),
        """
        calls SEND "hi"
        gets PA 301:306(5) ack 101 "hello"
        says PA 101:103(2) ack 306 "hi"
        is ESTABLISHED
        """,
    )


# --- RECEIVE ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.FIN_WAIT_2])
def test_no_receive_after_close(state: State) -> None:
    tell(BUILDERS[state](**HALF), f"refuses RECEIVE: connection closing\nis {state}")


@pytest.mark.parametrize("state", [State.SYN_RCVD, State.ESTABLISHED, State.SYN_SENT])
def test_receive_before_close(state: State) -> None:
    tell(BUILDERS[state](**HALF), "calls RECEIVE 5\nhas rcv_posted 5")


# --- the full-duplex close is the RFC's own ---------------------------------------------------


def test_without_the_setting_close_leaves_receiving_alone() -> None:
    tell(
        established(),
        """
        has half_duplex_close False
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306
        calls CLOSE
        says FA 101:101(0) ack 306
        is FIN_WAIT_1
        gets PA 306:307(1) ack 102 "!"
        says A 102:102(0) ack 307
        calls RECEIVE
        delivers "hello!"
        """,
    )
    tell(
        get(listening(), 'S 300:305(5) "hello"'),
        "calls CLOSE\nsays FA 101:101(0) ack 301\nis FIN_WAIT_1",
    )


# --- the setting ------------------------------------------------------------------------------


def test_the_setting_outlives_the_connection() -> None:
    end = syn_rcvd(**HALF)
    tell(end, "gets R 301:301(0)\nis LISTEN\nhas half_duplex_close True")
    assert end.settings.half_duplex_close
    assert not Endpoint().settings.half_duplex_close


def test_a_restored_end_closes_as_its_tcb_says() -> None:
    end = Endpoint.restore(established(**HALF).tcb)
    assert end.settings.half_duplex_close
    tell(
        end,
        """
        gets PA 301:306(5) ack 101 "hello"
        says A 101:101(0) ack 306
        calls CLOSE
        says R 101:101(0)
        is CLOSED
        """,
    )
    assert not Endpoint.restore(established().tcb).settings.half_duplex_close
