"""Resets and challenge ACKs: RFC 9293 §3.5.2, §3.5.3, §3.10.7.4 and RFC 5961."""

from __future__ import annotations

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.segment import Segment

from .lab import OUR_ISS, Lab


def test_nobody_listens_at_the_kernel(lab: Lab) -> None:
    lab.we("open_active")
    lab.to_kernel()
    assert [str(each.flags) for each in lab.theirs] == ["RA"]
    lab.to_us()
    lab.states("CLOSED", "CLOSED")
    assert lab.signals == ["connection reset"]


def test_nobody_listens_at_ours(lab: Lab) -> None:
    lab.kernel("connect")
    lab.to_us()
    lab.states("CLOSED", "SYN_SENT")
    lab.to_kernel()
    lab.states("CLOSED", "CLOSED")
    with pytest.raises(ConnectionRefusedError):
        lab.sock.recv(1)


def test_a_stray_ack_in_listen_is_answered_by_a_reset(lab: Lab) -> None:
    lab.kernel("listen")
    lab.inject(lab.numbered("A 7:7(0) ack 9"))
    lab.states("CLOSED", "LISTEN")
    lab.to_us()  # a RST, which CLOSED never answers
    assert not lab.ours


def test_a_reset_to_a_listener_is_ignored(lab: Lab) -> None:
    lab.kernel("listen")
    lab.inject(lab.numbered("R 7:7(0)"))
    lab.states("CLOSED", "LISTEN")


def test_a_wrong_ack_in_syn_sent(lab: Lab) -> None:
    """The kernel resets whoever acknowledges what it never sent, and waits on."""
    lab.kernel("connect")
    lab.inject(lab.numbered("SA 0:0(0) ack 5"))
    lab.states("CLOSED", "SYN_SENT")


@pytest.mark.parametrize("line", ["R 0:0(0)", "RA 0:0(0) ack 0", "A 0:0(0) ack 1"])
def test_what_syn_sent_ignores(lab: Lab, line: str) -> None:
    lab.kernel("connect")
    lab.inject(lab.numbered(line))
    lab.states("CLOSED", "SYN_SENT")


def test_the_caller_takes_its_syn_back(lab: Lab) -> None:
    """A RST in SYN_RCVD sends a passive opener back to LISTEN."""
    lab.kernel("listen")
    lab.we("open_active")
    lab.to_kernel()
    lab.states("SYN_SENT", "SYN_RCVD")
    lab.inject(lab.numbered("R 1:1(0)"))
    lab.states("SYN_SENT", "LISTEN")


def test_a_reset_in_syn_rcvd_after_an_active_open(lab: Lab) -> None:
    lab.kernel("connect")
    lab.we("open_active")
    lab.to_kernel()
    lab.states("SYN_SENT", "SYN_RCVD")
    lab.inject(lab.numbered("R 1:1(0)"))
    lab.states("SYN_SENT", "CLOSED")


def test_a_wrong_ack_in_syn_rcvd(lab: Lab) -> None:
    """It is answered by a RST with its own number, and the state stays."""
    lab.kernel("listen")
    lab.we("open_active")
    lab.to_kernel()
    lab.inject(lab.numbered("A 1:1(0) ack 2"))
    lab.states("SYN_SENT", "SYN_RCVD")


def test_we_abort(open_lab: Lab) -> None:
    lab = open_lab
    lab.we("abort")
    lab.to_kernel()
    lab.states("CLOSED", "CLOSED")
    with pytest.raises(ConnectionResetError):
        lab.sock.recv(1)


def test_the_kernel_aborts(open_lab: Lab) -> None:
    lab = open_lab
    with lab.differs("CLOSED: RA 1:1(0) ack 1"):  # see the table of differences
        lab.kernel("abort")
    lab.states("ESTABLISHED", "CLOSED")
    lab.to_us()
    lab.states("CLOSED", "CLOSED")
    assert lab.signals == ["connection reset"]


@pytest.mark.parametrize(
    ("first", "kernel_before"),
    [("we", "CLOSE_WAIT"), ("kernel", "FIN_WAIT_2")],
)
def test_we_abort_after_one_end_closed(lab: Lab, first: str, kernel_before: str) -> None:
    lab.establish()
    if first == "we":
        lab.we("close")
    else:
        lab.kernel("shutdown")
    lab.settle()
    lab.states("FIN_WAIT_2" if first == "we" else "CLOSE_WAIT", kernel_before)
    lab.we("abort")
    lab.to_kernel()
    lab.states("CLOSED", "CLOSED")


@pytest.mark.parametrize("ahead", [1, 1000, 64239])
def test_the_kernel_challenges_a_reset_that_is_not_exact(open_lab: Lab, ahead: int) -> None:
    """RFC 5961 §3.2: a RST in the window but not at RCV.NXT is answered by an ACK."""
    lab = open_lab
    lab.inject(lab.numbered(f"R {1 + ahead}:{1 + ahead}(0)"))
    lab.states("ESTABLISHED", "ESTABLISHED")
    lab.to_us()
    assert not lab.ours


def test_the_kernel_ignores_a_reset_outside_its_window(open_lab: Lab) -> None:
    lab = open_lab
    lab.inject(lab.numbered("R 70000:70000(0)"))
    lab.states("ESTABLISHED", "ESTABLISHED")


def test_we_challenge_a_reset_that_is_not_exact(open_lab: Lab) -> None:
    """Somebody guesses; our ACK finds the kernel where it was, and all goes on."""
    lab = open_lab
    guess = lab.us.tcb.rcv_nxt + 1000
    lab.theirs.append(Segment(guess, None, "R", 0))
    lab.to_us()
    lab.states("ESTABLISHED", "ESTABLISHED")
    lab.to_kernel()
    lab.states("ESTABLISHED", "ESTABLISHED")
    lab.we("send", b"still open")
    lab.to_kernel()
    lab.kernel("receive")
    assert lab.kernel_got == b"still open"


@pytest.mark.parametrize("line", ["S 0:0(0)", "S 1:1(0)", "S 500:500(0)", "SA 9:9(0) ack 1"])
def test_the_kernel_challenges_a_syn(open_lab: Lab, line: str) -> None:
    """RFC 5961 §4.2: in a synchronized state a SYN is answered by an ACK, wherever it lies."""
    lab = open_lab
    lab.inject(lab.numbered(line))
    lab.states("ESTABLISHED", "ESTABLISHED")


def test_we_forget_the_connection_and_open_again(lab: Lab) -> None:
    """Half-open connection discovery, RFC 9293 figure 9: challenge ACK, RST, and a new try."""
    lab.establish("kernel")
    lab.us = Endpoint(iss=OUR_ISS + 400)
    lab.we("open_active")
    lab.to_kernel()
    lab.states("SYN_SENT", "ESTABLISHED")
    lab.to_us()
    lab.states("SYN_SENT", "ESTABLISHED")
    lab.to_kernel()
    lab.states("SYN_SENT", "CLOSED")


def test_we_forget_the_connection_and_the_kernel_sends(open_lab: Lab) -> None:
    """RFC 9293 figure 10: data for a connection that we do not have."""
    lab = open_lab
    lab.us = Endpoint(iss=OUR_ISS)
    lab.kernel("send", b"anybody there?")
    lab.to_us()
    lab.to_kernel()
    lab.states("CLOSED", "CLOSED")


def test_the_kernel_forgets_the_connection_and_we_send(open_lab: Lab) -> None:
    lab = open_lab
    with lab.differs("CLOSED: RA 1:1(0) ack 1"):
        lab.kernel("abort")
    lab.theirs.clear()  # its RST is lost
    lab.we("send", b"anybody there?")
    lab.to_kernel()
    lab.states("ESTABLISHED", "CLOSED")
    lab.to_us()
    lab.states("CLOSED", "CLOSED")
