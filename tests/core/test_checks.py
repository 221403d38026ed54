"""The checks that ESTABLISHED and all later states share: RFC 9293 §3.10.7.4, one to five.

Each of the states is built so that nothing but its FIN is in flight, and so that its
receive window of 65,535 bytes begins at RCV.NXT.
"""

from __future__ import annotations

import pytest

from tcpcourse.core.states import State

from .build import BUILDERS
from .story import tell

# state, SND.NXT, RCV.NXT
SYNCHRONIZED = [
    (State.ESTABLISHED, 101, 301),
    (State.FIN_WAIT_1, 102, 301),
    (State.FIN_WAIT_2, 102, 301),
    (State.CLOSE_WAIT, 101, 302),
    (State.CLOSING, 102, 302),
    (State.LAST_ACK, 102, 302),
    (State.TIME_WAIT, 102, 302),
]
ALL = pytest.mark.parametrize(("state", "nxt", "rcv"), SYNCHRONIZED, ids=lambda x: str(x))
BOTH = pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
# §3.10.7.4: in these the user is told; in CLOSING, LAST_ACK and TIME_WAIT not
TOLD = {State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT}


def reset(state: State) -> str:
    return "tells connection reset\nis CLOSED" if state in TOLD else "is CLOSED"


# --- first: the sequence number ---


@ALL
@BOTH
@pytest.mark.parametrize("before", [1, 2, 1000])
def test_an_old_segment_is_answered_with_where_we_are(
    state: State, nxt: int, rcv: int, policy: str, before: int
) -> None:
    seq = (rcv - before) % 2**32
    tell(
        BUILDERS[state](policy=policy),
        f"gets A {seq}:{seq}(0) ack {nxt}\nsays A {nxt}:{nxt}(0) ack {rcv}\nis {state}",
    )


@ALL
@BOTH
def test_a_segment_beyond_the_window_is_answered_with_where_we_are(
    state: State, nxt: int, rcv: int, policy: str
) -> None:
    right = rcv + 65535
    tell(
        BUILDERS[state](policy=policy),
        f"""
        gets PA {right}:{right + 1}(1) ack {nxt}
        says A {nxt}:{nxt}(0) ack {rcv}
        is {state}
        has rcv_nxt {rcv}
        """,
    )


@ALL
@BOTH
def test_a_duplicate_fin_is_acknowledged(state: State, nxt: int, rcv: int, policy: str) -> None:
    restarts = "starts time-wait" if state is State.TIME_WAIT else ""
    # where the peer's FIN has not come yet, 300 is a number from before
    old = "FA 300:300(0)" if rcv == 301 else "FA 301:301(0)"
    tell(
        BUILDERS[state](policy=policy),
        f"gets {old} ack {nxt}\nsays A {nxt}:{nxt}(0) ack {rcv}\nis {state}\n{restarts}",
    )


# --- second: RST ---


@ALL
@BOTH
@pytest.mark.parametrize("extra", ["R {0}:{0}(0)", "RA {0}:{0}(0) ack 1", "R {0}:{1}(5)"])
def test_rst_at_exactly_rcv_nxt(state: State, nxt: int, rcv: int, policy: str, extra: str) -> None:
    tell(
        BUILDERS[state](policy=policy),
        f"gets {extra.format(rcv, rcv + 5)}\n{reset(state)}\nhas opened None, irs None",
    )


@ALL
@pytest.mark.parametrize("beyond", [1, 65534])
def test_rst_in_the_window(state: State, nxt: int, rcv: int, beyond: int) -> None:
    line = f"R {rcv + beyond}:{rcv + beyond}(0)"
    tell(
        BUILDERS[state](),
        f"gets {line}\nsays A {nxt}:{nxt}(0) ack {rcv}\nis {state}\nhas snd_nxt {nxt}",
    )
    tell(BUILDERS[state](policy="rfc793"), f"gets {line}\n{reset(state)}")


@ALL
@BOTH
@pytest.mark.parametrize("beyond", [-1, 65535, -65535])
def test_rst_outside_the_window_is_dropped(
    state: State, nxt: int, rcv: int, policy: str, beyond: int
) -> None:
    seq = (rcv + beyond) % 2**32
    tell(BUILDERS[state](policy=policy), f"gets R {seq}:{seq}(0)\nis {state}")


@ALL
@BOTH
def test_rst_is_validated_by_its_first_number_even_with_data(
    state: State, nxt: int, rcv: int, policy: str
) -> None:
    # §3.5.3: a reset is valid if its sequence number is in the window; the data reach into it
    tell(
        BUILDERS[state](policy=policy),
        f"gets R {rcv - 1}:{rcv + 4}(5)\nis {state}\nhas rcv_nxt {rcv}",
    )


@BOTH
@pytest.mark.parametrize("state", [State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2])
@pytest.mark.parametrize("flags", ["R", "FR", "SR", "FSR"])
def test_a_closed_window_still_lets_an_exact_rst_through(
    state: State, policy: str, flags: str
) -> None:
    # §3.10.7.4: special allowance should be made to accept valid ACKs, URGs, and RSTs
    nxt = 101 if state is State.ESTABLISHED else 102
    tell(
        BUILDERS[state](policy=policy, window=5),
        f"""
        gets A 301:306(5) ack 101
        says A {nxt}:{nxt}(0) ack 306 win 0
        has rcv_wnd 0
        gets {flags} 307:307(0)
        gets {flags} 305:305(0)
        is {state}
        gets {flags} 306:306(0)
        tells connection reset
        is CLOSED
        """,
    )


# --- fourth: SYN ---


@ALL
@pytest.mark.parametrize("line", ["SA {0}:{0}(0) ack {1}", "SA {0}:{2}(5) ack {1}"])
def test_syn_in_the_window(state: State, nxt: int, rcv: int, line: str) -> None:
    arrives = line.format(rcv + 10, nxt, rcv + 15)
    tell(
        BUILDERS[state](),
        f"gets {arrives}\nsays A {nxt}:{nxt}(0) ack {rcv}\nis {state}\nhas rcv_nxt {rcv}",
    )
    told = "tells connection reset\n"
    tell(
        BUILDERS[state](policy="rfc793"),
        f"gets {arrives}\nsays R {nxt}:{nxt}(0)\n{told}is CLOSED",
    )


@ALL
@BOTH
def test_syn_outside_the_window(state: State, nxt: int, rcv: int, policy: str) -> None:
    tell(
        BUILDERS[state](policy=policy),
        f"gets S 300:300(0)\nsays A {nxt}:{nxt}(0) ack {rcv}\nis {state}",
    )


# the SYN that the peer sent at first, again, and behind it text that is new: {2} is the first
# number after RCV.NXT
OLD_SYN = "SA {0}:{1}(5) ack {2}"


@ALL
def test_a_syn_left_of_the_window_with_new_text_is_challenged(
    state: State, nxt: int, rcv: int
) -> None:
    # RFC 5961 §4.2: "irrespective of the sequence number"
    line = OLD_SYN.format(300, 305, nxt)
    tell(BUILDERS[state](), f"gets {line}\nsays A {nxt}:{nxt}(0) ack {rcv}\nis {state}")


@ALL
def test_by_the_older_rule_a_syn_left_of_the_window_is_trimmed_off(
    state: State, nxt: int, rcv: int
) -> None:
    # §3.10.7.4: "trimming off any portions that lie outside the window (including SYN and FIN)".
    # Text at 301 … 305 is left; after the peer's FIN, which was 301, it is ignored or answered.
    taken = 306 if state in (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2) else rcv
    answered = taken == 306 or state is State.TIME_WAIT
    # in LAST_ACK and where our FIN is in flight, acknowledging SND.UNA moves nothing on
    ack = nxt if state in (State.ESTABLISHED, State.FIN_WAIT_2, State.TIME_WAIT) else 101
    line = OLD_SYN.format(300, 305, ack)
    answer = f"says A {nxt}:{nxt}(0) ack {taken}\n" if answered else ""
    tell(
        BUILDERS[state](policy="rfc793"),
        f"gets {line}\n{answer}is {state}\nhas rcv_nxt {taken}",
    )


@pytest.mark.parametrize(("seq", "judged"), [(300, False), (301, True), (305, True)])
def test_by_the_older_rule_the_window_begins_at_rcv_nxt(seq: int, judged: bool) -> None:
    line = f"gets SA {seq}:{seq + 5}(5) ack 101\n"
    end = BUILDERS[State.ESTABLISHED](policy="rfc793")
    if judged:
        tell(end, line + "says R 101:101(0)\ntells connection reset\nis CLOSED")
    else:
        tell(end, line + "says A 101:101(0) ack 306\nis ESTABLISHED")


# --- fifth: ACK ---


@ALL
@BOTH
@pytest.mark.parametrize("flags", ["-", "P", "F", "FPU"])
def test_without_ack_it_is_dropped(
    state: State, nxt: int, rcv: int, policy: str, flags: str
) -> None:
    tell(
        BUILDERS[state](policy=policy),
        f"gets {flags} {rcv}:{rcv + 5}(5)\nis {state}\nhas rcv_nxt {rcv}",
    )


@ALL
@BOTH
@pytest.mark.parametrize("ahead", [1, 1000, 2147483647])
def test_ack_of_something_not_sent_yet(
    state: State, nxt: int, rcv: int, policy: str, ahead: int
) -> None:
    tell(
        BUILDERS[state](policy=policy),
        f"""
        gets PA {rcv}:{rcv + 5}(5) ack {nxt + ahead}
        says A {nxt}:{nxt}(0) ack {rcv}
        is {state}
        has rcv_nxt {rcv}, snd_nxt {nxt}
        """,
    )


@ALL
def test_ack_older_than_any_window_allowed(state: State, nxt: int, rcv: int) -> None:
    # RFC 5961 §5.2: acceptable from SND.UNA − MAX.SND.WND on, and the window was 65,535
    end = BUILDERS[state]()
    una = int(end.tcb.snd_una)
    text = state in (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)
    for ack in (una - 65536, una - 2147483648, una - 2147483647):
        tell(
            BUILDERS[state](),
            f"""
            gets PA {rcv}:{rcv + 5}(5) ack {ack % 2**32}
            says A {nxt}:{nxt}(0) ack {rcv}
            is {state}
            has rcv_nxt {rcv}, snd_una {una}
            """,
        )
    # after the peer's FIN text is ignored; in TIME_WAIT an ACK says where we are
    answered = text or state is State.TIME_WAIT
    answer = f"says A {nxt}:{nxt}(0) ack {rcv + 5 * text}" if answered else ""
    for ack in (una - 65535, una - 1):
        tell(
            BUILDERS[state](),
            f"""
            gets PA {rcv}:{rcv + 5}(5) ack {ack % 2**32}
            {answer}
            is {state}
            has rcv_nxt {rcv + 5 * text}, snd_una {una}
            """,
        )


def test_by_the_older_rule_an_old_ack_is_just_a_duplicate() -> None:
    tell(
        BUILDERS[State.ESTABLISHED](policy="rfc793"),
        f"""
        gets PA 301:306(5) ack {(101 - 65536) % 2**32} win 7
        says A 101:101(0) ack 306
        has snd_una 101, snd_wnd 65535
        """,
    )
