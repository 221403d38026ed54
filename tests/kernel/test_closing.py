"""Closing connections with the kernel: RFC 9293 §3.6, §3.10.4 and figures 12 and 13.

The numbers begin at each side's SYN, so without data both FINs have number 1.
"""

from __future__ import annotations

from collections.abc import Callable

from .lab import Lab


def test_we_close_first(open_lab: Lab) -> None:
    lab = open_lab
    lab.we("close")
    lab.states("FIN_WAIT_1", "ESTABLISHED")
    lab.to_kernel()
    lab.states("FIN_WAIT_1", "CLOSE_WAIT")
    lab.to_us()
    lab.states("FIN_WAIT_2", "CLOSE_WAIT")
    lab.kernel("shutdown")
    lab.states("FIN_WAIT_2", "LAST_ACK")
    lab.to_us()
    lab.states("TIME_WAIT", "LAST_ACK")
    lab.to_kernel()
    lab.states("TIME_WAIT", "CLOSED")
    lab.we("tick", "time-wait")
    lab.states("CLOSED", "CLOSED")


def test_the_kernel_closes_first(open_lab: Lab) -> None:
    lab = open_lab
    lab.kernel("shutdown")
    lab.states("ESTABLISHED", "FIN_WAIT_1")
    lab.to_us()
    lab.states("CLOSE_WAIT", "FIN_WAIT_1")
    lab.to_kernel()
    lab.states("CLOSE_WAIT", "FIN_WAIT_2")
    lab.we("close")
    lab.states("LAST_ACK", "FIN_WAIT_2")
    lab.to_kernel()
    lab.states("LAST_ACK", "TIME_WAIT")
    lab.to_us()
    lab.states("CLOSED", "TIME_WAIT")


def test_both_close_at_once(open_lab: Lab) -> None:
    """The FINs cross: both ends go through CLOSING."""
    lab = open_lab
    lab.we("close")
    lab.kernel("shutdown")
    lab.states("FIN_WAIT_1", "FIN_WAIT_1")
    lab.to_kernel()
    lab.states("FIN_WAIT_1", "CLOSING")
    lab.to_us()
    lab.states("CLOSING", "CLOSING")
    lab.to_us()
    lab.states("TIME_WAIT", "CLOSING")
    lab.to_kernel()
    lab.states("TIME_WAIT", "TIME_WAIT")


def test_our_fin_brings_the_ack_of_the_kernels(open_lab: Lab) -> None:
    """Our ACK is lost, so our FIN is the first to acknowledge: FIN_WAIT_1 to TIME_WAIT."""
    lab = open_lab
    lab.kernel("shutdown")
    lab.to_us()
    lab.ours.clear()
    lab.we("close")
    lab.states("LAST_ACK", "FIN_WAIT_1")
    lab.to_kernel()
    lab.states("LAST_ACK", "TIME_WAIT")
    lab.to_us()
    lab.states("CLOSED", "TIME_WAIT")


def test_the_kernels_fin_brings_the_ack_of_ours(open_lab: Lab) -> None:
    """The same the other way round, with us in FIN_WAIT_1."""
    lab = open_lab
    lab.we("close")
    lab.to_kernel()
    lab.theirs.clear()
    lab.kernel("shutdown")
    lab.states("FIN_WAIT_1", "LAST_ACK")
    lab.to_us()
    lab.states("TIME_WAIT", "LAST_ACK")
    lab.to_kernel()
    lab.states("TIME_WAIT", "CLOSED")


def test_we_close_our_half_and_the_kernel_goes_on_sending(open_lab: Lab) -> None:
    lab = open_lab
    lab.we("close")
    lab.settle()
    lab.states("FIN_WAIT_2", "CLOSE_WAIT")
    lab.kernel("send", b"still here")
    lab.settle()
    lab.kernel("send", b", and gone")
    lab.settle()
    lab.states("FIN_WAIT_2", "CLOSE_WAIT")
    assert lab.we("receive").delivered == b"still here, and gone"
    lab.kernel("shutdown")
    lab.settle()
    lab.states("TIME_WAIT", "CLOSED")


def test_the_kernel_closes_its_half_and_we_go_on_sending(open_lab: Lab) -> None:
    lab = open_lab
    lab.kernel("shutdown")
    lab.settle()
    lab.states("CLOSE_WAIT", "FIN_WAIT_2")
    lab.we("send", b"still here")
    lab.settle()
    lab.we("send", b", and gone")
    lab.we("close")
    lab.states("LAST_ACK", "FIN_WAIT_2")
    lab.settle()
    lab.states("CLOSED", "TIME_WAIT")
    lab.kernel("receive")
    assert lab.kernel_got == b"still here, and gone"


def test_data_crosses_our_fin(open_lab: Lab) -> None:
    lab = open_lab
    lab.we("close")
    lab.kernel("send", b"crossing")
    lab.to_us()
    lab.states("FIN_WAIT_1", "ESTABLISHED")
    assert lab.we("receive").delivered == b"crossing"
    lab.settle()
    lab.states("FIN_WAIT_2", "CLOSE_WAIT")


def test_a_fin_before_the_data_in_front_of_it(open_lab: Lab) -> None:
    """The kernel keeps our FIN until the hole before it is filled, and so do we."""
    lab = open_lab
    lab.we("send", b"first")
    lab.we("close")
    lab.to_kernel(at=1)
    lab.states("FIN_WAIT_1", "ESTABLISHED")
    lab.to_kernel()
    lab.states("FIN_WAIT_1", "CLOSE_WAIT")
    lab.settle()
    lab.states("FIN_WAIT_2", "CLOSE_WAIT")
    lab.kernel("send", b"second")
    lab.kernel("shutdown")
    lab.to_us(at=1)
    lab.states("FIN_WAIT_2", "LAST_ACK")
    lab.to_us()
    lab.states("TIME_WAIT", "LAST_ACK")
    assert lab.we("receive").delivered == b"second"
    lab.settle()
    lab.states("TIME_WAIT", "CLOSED")


def test_our_fin_is_lost_and_sent_again(open_lab: Lab) -> None:
    lab = open_lab
    lab.we("close")
    lab.ours.clear()
    lab.states("FIN_WAIT_1", "ESTABLISHED")
    lab.we("tick", "retransmission")
    lab.to_kernel()
    lab.states("FIN_WAIT_1", "CLOSE_WAIT")


def test_the_kernel_in_time_wait_acknowledges_our_fin_again(open_lab: Lab) -> None:
    lab = open_lab
    lab.kernel("shutdown")
    lab.settle()
    lab.we("close")
    lab.to_kernel()
    lab.theirs.clear()
    lab.states("LAST_ACK", "TIME_WAIT")
    lab.we("tick", "retransmission")
    lab.to_kernel()
    lab.states("LAST_ACK", "TIME_WAIT")
    lab.to_us()
    lab.states("CLOSED", "TIME_WAIT")


def test_we_in_time_wait_acknowledge_the_kernels_fin_again(open_lab: Lab) -> None:
    """Our last ACK is lost; the kernel's own timer sends its FIN again."""
    lab = open_lab
    lab.we("close")
    lab.settle()
    lab.kernel("shutdown")
    lab.to_us()
    lab.ours.clear()
    lab.states("TIME_WAIT", "LAST_ACK")
    lab.kernel_repeats()
    assert lab.to_us().timers == ("time-wait",)
    lab.states("TIME_WAIT", "LAST_ACK")
    lab.to_kernel()
    lab.states("TIME_WAIT", "CLOSED")


def test_we_close_while_our_syn_is_unacknowledged(lab: Lab) -> None:
    """CLOSE in SYN_RCVD (§3.10.4): our FIN follows our SYN before that is acknowledged."""
    lab.we("open_passive")
    lab.kernel("connect")
    lab.to_us()
    lab.we("close")
    lab.states("FIN_WAIT_1", "SYN_SENT")
    lab.to_kernel()
    lab.states("FIN_WAIT_1", "ESTABLISHED")
    lab.to_kernel()
    lab.states("FIN_WAIT_1", "CLOSE_WAIT")
    lab.settle()
    lab.states("FIN_WAIT_2", "CLOSE_WAIT")


def test_the_kernel_closes_while_its_syn_is_unacknowledged(lab: Lab) -> None:
    """The same at the kernel, which has SYN_RCVD on a socket only after a simultaneous OPEN."""
    lab.kernel("connect")
    lab.we("open_active")
    lab.to_kernel()
    lab.states("SYN_SENT", "SYN_RCVD")
    lab.kernel("close")
    lab.states("SYN_SENT", "FIN_WAIT_1")
    lab.settle()
    lab.states("CLOSE_WAIT", "FIN_WAIT_2")


def test_our_fin_comes_with_the_ack_of_the_kernels_syn(lab: Lab) -> None:
    """The handshake's last ACK is lost, so the kernel goes from SYN_RCVD to CLOSE_WAIT."""
    lab.kernel("listen")
    lab.we("open_active")
    lab.to_kernel()
    lab.to_us()
    lab.ours.clear()
    lab.we("close")
    lab.states("FIN_WAIT_1", "SYN_RCVD")
    lab.to_kernel()
    lab.accept()
    lab.states("FIN_WAIT_1", "CLOSE_WAIT")
    lab.settle()
    lab.states("FIN_WAIT_2", "CLOSE_WAIT")


def test_nobody_came(lab: Lab) -> None:
    """CLOSE in LISTEN and in SYN_SENT says nothing (§3.10.4)."""
    lab.kernel("connect")
    lab.we("open_passive")
    lab.we("close")
    lab.kernel("close")
    lab.states("CLOSED", "CLOSED")
    assert not lab.ours and len(lab.theirs) == 1  # the kernel's SYN and nothing behind it


def test_our_half_duplex_close_with_unread_data_resets_the_kernel(
    make_lab: Callable[..., Lab],
) -> None:
    """RFC 9293 §3.6.1, SHLD-3, with us as the end that loses data."""
    lab = make_lab(half_duplex_close=True).establish("we")
    lab.kernel("send", b"for nobody")
    lab.settle()
    lab.we("close")
    lab.states("CLOSED", "ESTABLISHED")
    lab.to_kernel()
    lab.states("CLOSED", "CLOSED")


def test_data_after_our_half_duplex_close_resets_the_kernel(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(half_duplex_close=True).establish("kernel")
    lab.we("close")
    lab.settle()
    lab.states("FIN_WAIT_2", "CLOSE_WAIT")
    lab.kernel("send", b"for nobody")
    lab.to_us()
    lab.states("CLOSED", "CLOSE_WAIT")
    lab.to_kernel()
    lab.states("CLOSED", "CLOSED")


def test_data_after_the_kernels_close_resets_us(open_lab: Lab) -> None:
    """The kernel's FIN is out, and what we send then is lost: it says so with a RST."""
    lab = open_lab
    lab.kernel("close")
    lab.to_us()
    lab.we("send", b"for nobody")
    lab.states("CLOSE_WAIT", "FIN_WAIT_1")
    lab.settle()
    lab.states("CLOSED", "CLOSED")
    assert lab.signals == ["connection closing", "connection reset"]
