"""The guards of arrivals: the questions that the checks of RFC 9293 §3.10.7 ask, each with a name.

A guard asks about what the end remembers (``tcb``) and the segment that came (``seg``). For one
state they are asked from the first check to the last (see ``checks``), and the first guard that
says yes decides the row of the table. So each guard may take for granted that all guards before
it said no: ``fin_reached`` need not ask whether the segment is in the window.

The label of a guard is what tables and diagrams call it.
"""

from __future__ import annotations

from collections.abc import Callable

from tcpcourse.core.labels import label
from tcpcourse.core.segment import Flags, Segment, flags_of
from tcpcourse.core.seq import HALF, ack_advances, segment_acceptable
from tcpcourse.core.table.rows import Guard
from tcpcourse.core.tcb import CLOSE_CALLED, Tcb
from tcpcourse.core.text import reaches_fin

_WITH: dict[Guard, Flags] = {}
_WITHOUT: dict[Guard, Flags] = {}


def only_with(letters: str) -> Callable[[Guard], Guard]:
    """The guard below it says yes only to segments with these flags: others need not ask."""

    def note(guard: Guard) -> Guard:
        _WITH[guard] = flags_of(letters)
        return guard

    return note


def only_without(letters: str) -> Callable[[Guard], Guard]:
    """The guard below it says yes only to segments without these flags."""

    def note(guard: Guard) -> Guard:
        _WITHOUT[guard] = flags_of(letters)
        return guard

    return note


def may_hold(guard: Guard, flags: int) -> bool:
    """Whether a guard can say yes to any segment with exactly these flags."""
    needed, forbidden = _WITH.get(guard, 0), _WITHOUT.get(guard, 0)
    return flags & needed == needed and not flags & forbidden


@label("rcv anything else")
def anything(tcb: Tcb, seg: Segment) -> bool:
    return True


# --- CLOSED, LISTEN and SYN_SENT (§3.10.7.1 to §3.10.7.3) -------------------------------


@label("rcv RST")
@only_with("R")
def rst_bit(tcb: Tcb, seg: Segment) -> bool:
    return seg.rst


@label("rcv ACK")
@only_with("A")
def ack_bit(tcb: Tcb, seg: Segment) -> bool:
    return seg.ack is not None


@label("rcv SYN")
@only_with("S")
def syn_bit(tcb: Tcb, seg: Segment) -> bool:
    return seg.syn


@label("rcv ACK of something never sent")
@only_with("A")
def bad_ack(tcb: Tcb, seg: Segment) -> bool:
    return seg.ack is not None and not ack_advances(tcb.snd_una, seg.ack, tcb.snd_nxt)


@label("rcv RST with a wrong ACK")
@only_with("RA")
def bad_ack_and_rst(tcb: Tcb, seg: Segment) -> bool:
    return seg.rst and bad_ack(tcb, seg)


@label("rcv RST with ACK of SYN")
@only_with("RA")
def rst_with_good_ack(tcb: Tcb, seg: Segment) -> bool:
    return seg.rst and seg.ack is not None


@label("rcv SYN,ACK,FIN")
@only_with("SA")
def syn_ack_fin(tcb: Tcb, seg: Segment) -> bool:
    return syn_ack(tcb, seg) and reaches_fin(tcb, seg)


@label("rcv SYN,ACK")
@only_with("SA")
def syn_ack(tcb: Tcb, seg: Segment) -> bool:
    return seg.syn and seg.ack is not None


# --- first check: the sequence number (§3.10.7.4) ------------------------------------------


@label("rcv a newer SYN")
@only_with("S")
def new_syn(tcb: Tcb, seg: Segment) -> bool:
    return seg.syn and not seg.rst and seg.ack is None and seg.seq >= tcb.rcv_nxt


@label("rcv the same FIN again")
@only_with("F")
def fin_again(tcb: Tcb, seg: Segment) -> bool:
    return seg.fin and not seg.rst and not seg.syn and seg.end == tcb.rcv_nxt


@label("rcv SYN,ACK that crossed ours")
@only_with("SA")
def crossed_syn_ack(tcb: Tcb, seg: Segment) -> bool:
    return (
        tcb.opened == "active"
        and tcb.irs == seg.seq
        and seg.syn
        and not seg.rst
        and not fin_reached(tcb, seg)
        and seg.ack is not None
        and ack_advances(tcb.snd_una, seg.ack, tcb.snd_nxt)
    )


def _acceptable(tcb: Tcb, seg: Segment) -> bool:
    """Whether the segment passes the first check.

    Beyond the four cases one allowance is made, as §3.10.7.4 asks: with a closed window
    a segment that starts at RCV.NXT is let through for its ACK; its text stays outside.
    """
    if segment_acceptable(seg.seq, seg.seg_len, tcb.rcv_nxt, tcb.rcv_wnd):
        return True
    return tcb.rcv_wnd == 0 and seg.seq == tcb.rcv_nxt and not seg.syn


@label("rcv RST outside the window")
@only_with("R")
def rst_outside_window(tcb: Tcb, seg: Segment) -> bool:
    # §3.5.3: a reset is valid by its first number alone, and by RCV.NXT in a closed window
    return seg.rst and not seg.seq.within(tcb.rcv_nxt, max(tcb.rcv_wnd, 1))


@label("rcv outside the window")
def outside_window(tcb: Tcb, seg: Segment) -> bool:
    return not seg.rst and not _acceptable(tcb, seg)


# --- second check: RST; fourth check: SYN -------------------------------------------------


@label("rcv RST at RCV.NXT")
@only_with("R")
def rst_exact(tcb: Tcb, seg: Segment) -> bool:
    return seg.rst and seg.seq == tcb.rcv_nxt


@label("rcv RST in the window")
@only_with("R")
def rst_in_window(tcb: Tcb, seg: Segment) -> bool:
    return seg.rst


@label("rcv RST at RCV.NXT, after a passive OPEN")
@only_with("R")
def rst_exact_passive(tcb: Tcb, seg: Segment) -> bool:
    return rst_exact(tcb, seg) and tcb.opened == "passive"


@label("rcv RST in the window, after a passive OPEN")
@only_with("R")
def rst_in_window_passive(tcb: Tcb, seg: Segment) -> bool:
    return seg.rst and tcb.opened == "passive"


@label("rcv SYN in the window, after a passive OPEN")
@only_with("S")
def syn_in_window_passive(tcb: Tcb, seg: Segment) -> bool:
    return syn_in_window(tcb, seg) and tcb.opened == "passive"


@label("rcv SYN, whatever its number")
@only_with("S")
def syn_anywhere(tcb: Tcb, seg: Segment) -> bool:
    return seg.syn


@label("rcv SYN in the window")
@only_with("S")
def syn_in_window(tcb: Tcb, seg: Segment) -> bool:
    # a SYN left of the window is trimmed off first, for only the text behind it is new
    return seg.syn and seg.seq.within(tcb.rcv_nxt, tcb.rcv_wnd)


# --- fifth check: ACK ---------------------------------------------------------------------


@label("rcv without ACK")
@only_without("A")
def no_ack(tcb: Tcb, seg: Segment) -> bool:
    return seg.ack is None


@label("rcv ACK older than any window allows")
@only_with("A")
def ack_far_too_old(tcb: Tcb, seg: Segment) -> bool:
    # beyond half the circle it does not lie behind SND.UNA but before it
    return seg.ack is not None and tcb.max_snd_wnd < seg.ack.forward_to(tcb.snd_una) <= HALF


@label("rcv ACK of something not sent yet")
@only_with("A")
def ack_of_unsent(tcb: Tcb, seg: Segment) -> bool:
    return seg.ack is not None and seg.ack > tcb.snd_nxt


@label("rcv ACK of FIN")
@only_with("A")
def acks_our_fin(tcb: Tcb, seg: Segment) -> bool:
    return tcb.fin_in_flight and seg.ack == tcb.snd_nxt


# --- seventh check: the text; eighth check: FIN ---------------------------------------------


@label("rcv pure ACK")
def pure_ack(tcb: Tcb, seg: Segment) -> bool:
    return seg.seg_len == 0


@label("rcv text, no room for it")
def no_room(tcb: Tcb, seg: Segment) -> bool:
    return tcb.rcv_wnd == 0


@label("rcv text or FIN beyond a hole")
def beyond_a_hole(tcb: Tcb, seg: Segment) -> bool:
    return seg.seq > tcb.rcv_nxt


@label("rcv FIN after the peer's FIN")
@only_with("F")
def fin_after_fin(tcb: Tcb, seg: Segment) -> bool:
    return seg.fin


@label("rcv text, or a number beyond RCV.NXT")
def not_where_we_are(tcb: Tcb, seg: Segment) -> bool:
    return seg.seg_len > 0 or seg.seq != tcb.rcv_nxt


@label("rcv new text after a half-duplex CLOSE")
def text_for_nobody(tcb: Tcb, seg: Segment) -> bool:
    # a FIN beyond RCV.NXT says, too, that there was text before it
    closed = tcb.half_duplex_close and (tcb.close_waits or tcb.state in CLOSE_CALLED)
    return closed and seg.seg_len > 0 and seg.end - seg.fin > tcb.rcv_nxt


@label("rcv FIN")
def fin_reached(tcb: Tcb, seg: Segment) -> bool:
    if not seg.fin and tcb.early_fin is None:
        return False
    return reaches_fin(tcb, seg)


@label("rcv FIN,ACK of FIN")
@only_with("A")
def ack_and_fin(tcb: Tcb, seg: Segment) -> bool:
    return acks_our_fin(tcb, seg) and fin_reached(tcb, seg)


@label("rcv FIN,ACK of SYN")
def ack_of_syn_and_fin(tcb: Tcb, seg: Segment) -> bool:
    return fin_reached(tcb, seg)


@label("rcv ACK of SYN")
@only_with("A")
def ack_of_syn(tcb: Tcb, seg: Segment) -> bool:
    return seg.ack is not None
