"""Opening connections with the kernel: RFC 9293 §3.5, figures 6 and 7."""

from __future__ import annotations

import socket
from collections.abc import Callable

from tcpcourse.core.options import Options

from .lab import Lab


def test_we_connect_to_the_kernel(lab: Lab) -> None:
    lab.kernel("listen")
    lab.states("CLOSED", "LISTEN")
    lab.we("open_active")
    lab.states("SYN_SENT", "LISTEN")
    lab.to_kernel()
    lab.states("SYN_SENT", "SYN_RCVD")
    lab.to_us()
    lab.states("ESTABLISHED", "SYN_RCVD")
    lab.to_kernel()
    lab.states("ESTABLISHED", "ESTABLISHED")


def test_the_kernel_connects_to_us(lab: Lab) -> None:
    lab.we("open_passive")
    lab.kernel("connect")
    lab.states("LISTEN", "SYN_SENT")
    lab.to_us()
    lab.states("SYN_RCVD", "SYN_SENT")
    lab.to_kernel()
    lab.states("SYN_RCVD", "ESTABLISHED")
    lab.to_us()
    lab.states("ESTABLISHED", "ESTABLISHED")


def test_both_connect_at_once(lab: Lab) -> None:
    """RFC 9293 figure 7: the kernel's SYN is answered by a SYN of our own."""
    lab.kernel("connect")
    lab.we("open_active")
    lab.states("SYN_SENT", "SYN_SENT")
    lab.to_us()
    lab.states("SYN_RCVD", "SYN_SENT")
    lab.to_kernel()
    lab.states("SYN_RCVD", "SYN_RCVD")
    lab.to_us()
    lab.states("ESTABLISHED", "SYN_RCVD")
    with lab.differs("ESTABLISHED: A 1:1(0) ack 1", "SYN_RCVD: A 1:1(0) ack 1"):
        lab.to_kernel()  # the crossing SYN,ACK: see the table of differences
    lab.we("send", b"hello")
    lab.settle()
    lab.states("ESTABLISHED", "ESTABLISHED")
    lab.kernel("receive")
    assert lab.kernel_got == b"hello"


def test_the_connection_survives_losses_while_it_opens(lab: Lab) -> None:
    """Our SYN, the kernel's SYN,ACK and our ACK are lost once each."""
    lab.kernel("listen")
    lab.we("open_active")
    lab.ours.clear()
    lab.we("tick", "retransmission")
    lab.to_kernel()
    lab.states("SYN_SENT", "SYN_RCVD")
    lab.theirs.clear()
    lab.kernel_repeats()
    lab.to_us()
    lab.ours.clear()
    lab.states("ESTABLISHED", "SYN_RCVD")
    lab.we("send", b"hello")
    lab.to_kernel()
    lab.states("ESTABLISHED", "ESTABLISHED")


def test_options_are_agreed_on_only_when_both_offer_them(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(wscale=7, sack_permitted=True, mss=1000).establish("kernel")
    assert lab.us.tcb.rcv_shift == 7 and lab.us.tcb.snd_shift > 0
    assert lab.us.tcb.sack_permitted
    assert lab.us.tcb.snd_mss == 1000
    assert lab.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) == 1000


def test_without_our_offer_the_kernel_offers_nothing(lab: Lab) -> None:
    lab.kernel("listen")
    lab.we("open_active")
    lab.to_kernel()
    assert lab.theirs[0].options == Options(mss=1460)


def test_a_new_connection_in_time_wait_at_the_kernel(lab: Lab) -> None:
    """MAY-2: our SYN, numbered beyond the old connection, reopens it."""
    lab.establish()
    lab.kernel("shutdown")
    lab.settle()
    lab.we("close")
    lab.settle()
    lab.states("CLOSED", "TIME_WAIT")
    lab.sock.close()
    lab.listen_again()
    lab.we("open_active")
    lab.to_kernel()
    lab.states("SYN_SENT", "SYN_RCVD")
    lab.settle()
    lab.states("ESTABLISHED", "ESTABLISHED")


def test_a_new_connection_in_time_wait_at_ours(lab: Lab) -> None:
    lab.establish("kernel")
    lab.we("close")
    lab.settle()
    lab.kernel("shutdown")
    lab.settle()
    lab.states("TIME_WAIT", "CLOSED")
    lab.sock.close()
    lab.kernel("connect")
    lab.to_us()
    lab.states("SYN_RCVD", "SYN_SENT")
    lab.settle()
    lab.states("ESTABLISHED", "ESTABLISHED")
