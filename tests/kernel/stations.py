"""Where the kernel can stand when something arrives: each state, and each way of being there.

In all of them the kernel's SYN and ours have number 0, so the first byte or FIN has number 1.
"""

from __future__ import annotations

from collections.abc import Callable

from .lab import Lab


def listen(lab: Lab) -> None:
    lab.kernel("listen")


def syn_sent(lab: Lab) -> None:
    lab.kernel("connect")


def syn_rcvd(lab: Lab) -> None:
    lab.kernel("listen")
    lab.we("open_active")
    lab.to_kernel()


def syn_rcvd_with_data(lab: Lab) -> None:
    lab.kernel("listen")
    lab.inject(lab.numbered("S 0:5(5)"))


def syn_rcvd_active(lab: Lab) -> None:
    lab.kernel("connect")
    lab.we("open_active")
    lab.to_kernel()


def established(lab: Lab) -> None:
    lab.establish("kernel")


def established_unread(lab: Lab) -> None:
    established(lab)
    lab.we("send", b"hello")
    lab.settle()


def established_still_listening(lab: Lab) -> None:
    established_by_listener(lab)
    lab.listen_again()


def established_by_listener(lab: Lab) -> None:
    lab.establish("we")


def fin_wait_1(lab: Lab) -> None:
    established(lab)
    lab.kernel("shutdown")


def fin_wait_1_unread(lab: Lab) -> None:
    established_unread(lab)
    lab.kernel("shutdown")


def fin_wait_1_closed(lab: Lab) -> None:
    established(lab)
    lab.kernel("close")


def fin_wait_2(lab: Lab) -> None:
    fin_wait_1(lab)
    lab.settle()


def fin_wait_2_closed(lab: Lab) -> None:
    established(lab)
    lab.kernel("close")
    lab.settle()


def close_wait(lab: Lab) -> None:
    established(lab)
    lab.we("close")
    lab.settle()


def close_wait_unread(lab: Lab) -> None:
    established_unread(lab)
    lab.we("close")
    lab.settle()


def closing(lab: Lab) -> None:
    established(lab)
    lab.we("close")
    lab.kernel("shutdown")
    lab.to_kernel()


def last_ack(lab: Lab) -> None:
    close_wait(lab)
    lab.kernel("shutdown")


def time_wait(lab: Lab) -> None:
    fin_wait_2(lab)
    lab.we("close")
    lab.to_kernel()


def time_wait_listening(lab: Lab) -> None:
    time_wait(lab)
    lab.listen_again()


# name -> (how to get there, number the kernel expects next, what of its numbers we have
# acknowledged so far)
STATIONS: dict[str, tuple[Callable[[Lab], None], int, int]] = {
    "LISTEN": (listen, 0, 0),
    "SYN_SENT": (syn_sent, 0, 0),
    "SYN_RCVD": (syn_rcvd, 1, 0),
    "SYN_RCVD, data on the SYN": (syn_rcvd_with_data, 1, 0),
    "SYN_RCVD, both connect": (syn_rcvd_active, 1, 0),
    "ESTABLISHED": (established, 1, 1),
    "ESTABLISHED, accepted": (established_by_listener, 1, 1),
    "ESTABLISHED, still listening": (established_still_listening, 1, 1),
    "ESTABLISHED, data unread": (established_unread, 6, 1),
    "FIN_WAIT_1": (fin_wait_1, 1, 1),
    "FIN_WAIT_1, data unread": (fin_wait_1_unread, 6, 1),
    "FIN_WAIT_1, socket closed": (fin_wait_1_closed, 1, 1),
    "FIN_WAIT_2": (fin_wait_2, 1, 2),
    "FIN_WAIT_2, socket closed": (fin_wait_2_closed, 1, 2),
    "CLOSE_WAIT": (close_wait, 2, 1),
    "CLOSE_WAIT, data unread": (close_wait_unread, 7, 1),
    "CLOSING": (closing, 2, 1),
    "LAST_ACK": (last_ack, 2, 1),
    "TIME_WAIT": (time_wait, 2, 2),
    "TIME_WAIT, still listening": (time_wait_listening, 2, 2),
}
