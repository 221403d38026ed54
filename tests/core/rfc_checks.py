"""SEGMENT ARRIVES: the checks of RFC 9293 §3.10.7, in the RFC's order, each with its guards.

The rows of ``tcpcourse.core.table.arrivals`` stand in the order of these checks.
"""

from __future__ import annotations

from dataclasses import dataclass

from tcpcourse.core.states import State
from tcpcourse.core.table import segment_guards as on
from tcpcourse.core.table.rows import Guard


@dataclass(frozen=True, slots=True)
class Check:
    """One of the RFC's numbered checks: its name, where it stands, and its guards in order."""

    name: str
    cite: str
    guards: tuple[Guard, ...]


CHECKS_UNSYNCHRONIZED = (
    Check("first: RST in CLOSED, LISTEN", "RFC 9293 §3.10.7.1, §3.10.7.2", (on.rst_bit,)),
    Check(
        "second: ACK", "RFC 9293 §3.10.7.2, §3.10.7.3", (on.bad_ack_and_rst, on.bad_ack, on.ack_bit)
    ),
    Check("RST in SYN_SENT", "RFC 9293 §3.10.7.3", (on.rst_with_good_ack, on.rst_in_window)),
    Check("SYN", "RFC 9293 §3.10.7.2, §3.10.7.3", (on.syn_ack_fin, on.syn_ack, on.syn_bit)),
    Check("anything else", "RFC 9293 §3.10.7.1 to §3.10.7.3", (on.anything,)),
)
CHECKS_SYNCHRONIZED = (
    Check(
        "first: sequence number",
        "RFC 9293 §3.10.7.4",
        (on.new_syn, on.fin_again, on.crossed_syn_ack, on.rst_outside_window, on.outside_window),
    ),
    Check(
        "second: RST",
        "RFC 9293 §3.10.7.4; RFC 5961 §3.2",
        (on.rst_exact_passive, on.rst_in_window_passive, on.rst_exact, on.rst_in_window),
    ),
    Check(
        "fourth: SYN",
        "RFC 9293 §3.10.7.4; RFC 5961 §4.2",
        (on.syn_in_window_passive, on.syn_anywhere, on.syn_in_window),
    ),
    Check(
        "fifth: ACK",
        "RFC 9293 §3.10.7.4; RFC 5961 §5.2",
        (on.no_ack, on.bad_ack, on.ack_far_too_old, on.ack_of_unsent),
    ),
    Check(
        "fifth, seventh and eighth: ACK, text and FIN",
        "RFC 9293 §3.10.7.4",
        (
            on.text_for_nobody,
            on.ack_and_fin,
            on.ack_of_syn_and_fin,
            on.ack_of_syn,
            on.fin_reached,
            on.acks_our_fin,
            on.fin_after_fin,
            on.not_where_we_are,
            on.pure_ack,
            on.no_room,
            on.beyond_a_hole,
            on.anything,
        ),
    ),
)
"""The third check (security) and the sixth (URG) are not modelled."""


def checks_for(state: State) -> tuple[Check, ...]:
    """The checks a segment goes through in ``state``, in order."""
    if state in (State.CLOSED, State.LISTEN, State.SYN_SENT):
        return CHECKS_UNSYNCHRONIZED
    return CHECKS_SYNCHRONIZED
