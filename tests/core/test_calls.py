"""User calls: RFC 9293 §3.10.1 to §3.10.6, the words of the refusals typed in from there."""

from __future__ import annotations

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.errors import CallError, TcpCourseError
from tcpcourse.core.seq import SeqNumber
from tcpcourse.core.states import Event, State
from tcpcourse.core.tcb import Tcb

from .build import BUILDERS, Builder, closing, established, get, listening
from .story import Story, call, seg, tell

NONE, EXISTS, CLOSING = (
    "connection does not exist", "connection already exists", "connection closing",
)  # fmt: skip

# Every state × every call; "" where §3.10 has the call served.
#                OPEN,    OPEN
#               passive  active  SEND     RECEIVE  CLOSE    ABORT STATUS
WORDS = {
    "CLOSED":      ("",     "",     NONE,    NONE,    NONE,    NONE, NONE),
    "LISTEN":      (EXISTS, "",     "",      "",      "",      "",   ""),
    "SYN_SENT":    (EXISTS, EXISTS, "",      "",      "",      "",   ""),
    "SYN_RCVD":    (EXISTS, EXISTS, "",      "",      "",      "",   ""),
    "ESTABLISHED": (EXISTS, EXISTS, "",      "",      "",      "",   ""),
    "FIN_WAIT_1":  (EXISTS, EXISTS, CLOSING, "",      CLOSING, "",   ""),
    "FIN_WAIT_2":  (EXISTS, EXISTS, CLOSING, "",      CLOSING, "",   ""),
    "CLOSE_WAIT":  (EXISTS, EXISTS, "",      CLOSING, "",      "",   ""),
    "CLOSING":     (EXISTS, EXISTS, CLOSING, CLOSING, CLOSING, "",   ""),
    "LAST_ACK":    (EXISTS, EXISTS, CLOSING, CLOSING, CLOSING, "",   ""),
    "TIME_WAIT":   (EXISTS, EXISTS, CLOSING, CLOSING, CLOSING, "",   ""),
}  # fmt: skip
CALLS = ["OPEN passive", "OPEN active", 'SEND "x"', "RECEIVE", "CLOSE", "ABORT", "STATUS"]
EVENTS = [Event.OPEN_PASSIVE, Event.OPEN_ACTIVE, Event.SEND, Event.RECEIVE, Event.CLOSE,
          Event.ABORT, Event.STATUS]  # fmt: skip
PAIRS = [
    (State[state], words, event, reason)
    for state, reasons in WORDS.items()
    for words, event, reason in zip(CALLS, EVENTS, reasons, strict=True)
]


@pytest.mark.parametrize(("state", "words", "event", "reason"), PAIRS)
@pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
def test_every_call_in_every_state(
    state: State, words: str, event: Event, reason: str, policy: str
) -> None:
    end = BUILDERS[state](policy=policy)
    assert (end.allows(event) or "") == reason
    if reason:
        tell(end, f"refuses {words}: {reason}\nis {state}")
    else:
        done = call(end, words)
        assert done.before.state is state
        assert done.row is not None
        assert done.event is event


def test_all_eleven_states_are_asked() -> None:
    assert {State[name] for name in WORDS} == set(State)


@pytest.mark.parametrize("state", list(State)[1:])
def test_status_changes_nothing(state: State) -> None:
    end = BUILDERS[state]()
    before = end.tcb
    tell(end, f"calls STATUS\nis {state}")
    assert end.tcb == before


def test_a_call_that_waits_refuses_the_next() -> None:
    tell(
        get(listening(), "S 300:300(0)"),
        """
        calls SEND "x"
        calls CLOSE
        refuses SEND "y": connection closing
        refuses CLOSE: connection closing
        """,
    )


# --- ABORT (§3.10.5) ---


@pytest.mark.parametrize(
    ("state", "story"),
    [
        ("LISTEN", "tells connection reset"),
        ("SYN_SENT", "tells connection reset"),
        ("SYN_RCVD", "says R 101:101(0)\ntells connection reset"),
        ("ESTABLISHED", "says R 101:101(0)\ntells connection reset"),
        ("FIN_WAIT_1", "says R 102:102(0)\ntells connection reset"),
        ("FIN_WAIT_2", "says R 102:102(0)\ntells connection reset"),
        ("CLOSE_WAIT", "says R 101:101(0)\ntells connection reset"),
        ("CLOSING", ""),
        ("LAST_ACK", ""),
        ("TIME_WAIT", ""),
    ],
)
def test_abort(state: str, story: str) -> None:
    tell(
        BUILDERS[State[state]](),
        f'calls ABORT\n{story}\nis CLOSED\nhas opened None, irs None, sendq "", rcvq ""',
    )


def test_abort_flushes_what_is_queued() -> None:
    tell(
        established(peer_window=3, peer_mss=3),
        """
        calls SEND "hello"
        says A 101:104(3) ack 301 "hel"
        calls ABORT
        says R 104:104(0)
        tells connection reset
        is CLOSED
        has sendq ""
        times out retransmission
        """,
    )


# --- the user timeout, in any state (§3.10.8) ---


@pytest.mark.parametrize("state", list(State)[1:])
def test_the_user_timeout(state: State) -> None:
    tell(
        BUILDERS[state](),
        """
        times out user
        tells connection aborted due to user timeout
        is CLOSED
        has opened None, irs None
        """,
    )


# --- R2: too many retransmissions without an answer (§3.8.3) ---

IN_FLIGHT = [State.SYN_SENT, State.SYN_RCVD, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK]


@pytest.mark.parametrize("state", IN_FLIGHT)
def test_r2_ends_a_connection_whose_syn_or_fin_is_never_answered(state: State) -> None:
    # MUST-20 to 23: SYNs too. Nothing is sent: Linux says ETIMEDOUT to its user and no more
    tell(
        BUILDERS[state](),
        """
        times out retransmission
        starts retransmission
        says {}
        times out r2
        tells connection timed out
        is CLOSED
        has opened None, irs None, sendq ""
        """.format(
            {
                State.SYN_SENT: "S 100:100(0) <mss 1460>",
                State.SYN_RCVD: "SA 100:100(0) ack 301 <mss 1460>",
                State.FIN_WAIT_1: "FA 101:101(0) ack 301",
            }.get(state, "FA 101:101(0) ack 302")
        ),
    )


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.CLOSE_WAIT])
def test_r2_ends_a_connection_whose_data_is_never_answered(state: State) -> None:
    end = BUILDERS[state]()
    end.send(b"hello")
    tell(end, "times out r2\ntells connection timed out\nis CLOSED")


def test_r2_ends_a_connection_whose_probes_are_never_answered() -> None:
    end = get(established(), "A 301:301(0) ack 101 win 0")
    tell(
        end,
        """
        calls SEND "x"
        # nothing was sent yet that could be counted
        times out r2
        is ESTABLISHED
        times out zero-window-probe
        starts zero-window-probe
        says A 101:102(1) ack 301 "x"
        times out r2
        tells connection timed out
        is CLOSED
        """,
    )


@pytest.mark.parametrize("state", sorted(set(State) - set(IN_FLIGHT), key=lambda s: s.value))
def test_r2_means_nothing_where_nothing_is_in_flight(state: State) -> None:
    end = BUILDERS[state]()
    before = end.tcb
    done = end.tick("r2")
    assert (done.rows, done.emitted, done.signals, done.cite) == ((), (), (), "")
    assert end.tcb is before
    assert done.why == "R2 timeout: no such timer is running, so nothing happens."


def test_no_timer_runs_in_closed() -> None:
    end = BUILDERS[State.CLOSED]()
    for timer in ("retransmission", "time-wait", "user", "zero-window-probe", "delayed-ack", "r2"):
        done = end.tick(timer)
        assert done.row is None
        assert done.after is done.before
        assert (done.cite, done.emitted) == ("", ())
        assert "no such timer is running, so nothing happens." in done.why


@pytest.mark.parametrize("state", [state for state in State if state is not State.TIME_WAIT])
def test_2msl_is_waited_in_time_wait_only(state: State) -> None:
    end = BUILDERS[state]()
    before = end.tcb
    tell(end, f"times out time-wait\nis {state}")
    assert end.tcb is before


def test_an_unknown_timer() -> None:
    with pytest.raises(TcpCourseError) as caught:
        established().tick("keepalive")
    assert str(caught.value) == (
        "There is no timer 'keepalive': there are retransmission, time-wait, user, "
        "zero-window-probe, delayed-ack, r2."
    )


def test_what_is_no_call_is_allowed_when_it_would_do_something() -> None:
    assert established().allows(Event.RETRANSMISSION) == "no such timer is running"
    assert BUILDERS[State.SYN_SENT]().allows(Event.RETRANSMISSION) is None


# --- RECEIVE (§3.10.3) ---


@pytest.mark.parametrize("state", ["LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
                                   "FIN_WAIT_2"])  # fmt: skip
def test_with_nothing_there_receive_waits(state: str) -> None:
    tell(
        BUILDERS[State[state]](),
        f"calls RECEIVE 7\ncalls RECEIVE 8\nis {state}\nhas rcv_posted 15",
    )


@pytest.mark.parametrize("count", [0, -1])
def test_receive_needs_room(count: int) -> None:
    end = established()
    before = end.tcb
    with pytest.raises(CallError, match="RECEIVE is refused: insufficient resources, "):
        end.receive(count)
    assert end.tcb is before


def test_a_receive_from_before_the_connection_gets_its_data() -> None:
    tell(
        listening(),
        """
        calls RECEIVE 3
        gets S 300:300(0)
        says SA 100:100(0) ack 301 <mss 1460>
        gets PA 301:306(5) ack 101 "hello"
        is ESTABLISHED
        delivers "hel"
        says A 101:101(0) ack 306
        has rcvq "lo", rcv_posted 0
        """,
    )


@pytest.mark.parametrize("state", [State.CLOSING, State.TIME_WAIT])
def test_data_from_before_the_fin_is_delivered_even_after_our_own_close(state: State) -> None:
    # kinder than the letter of §3.10.3, as in all stacks: what came before the FIN is not lost
    ack = 101 if state is State.CLOSING else 102
    end = get(BUILDERS[State.FIN_WAIT_1](), f'FPA 301:306(5) ack {ack} "hello"')
    tell(
        end,
        f"""
        is {state}
        calls RECEIVE
        delivers "hello"
        refuses RECEIVE: connection closing
        is {state}
        """,
    )


def test_and_so_it_is_in_last_ack() -> None:
    tell(
        get(established(), 'FPA 301:306(5) ack 101 "hello"'),
        """
        calls CLOSE
        says FA 101:101(0) ack 307
        calls RECEIVE
        delivers "hello"
        is LAST_ACK
        refuses RECEIVE: connection closing
        """,
    )


def test_the_last_byte_is_delivered_too() -> None:
    tell(
        get(established(), 'FPA 301:303(2) ack 101 "hi"'),
        """
        calls RECEIVE 1
        delivers "h"
        calls RECEIVE 1
        delivers "i"
        refuses RECEIVE: connection closing
        """,
    )


# --- after the connection ---


@pytest.mark.parametrize("builder", [established, closing])
def test_without_a_given_iss_the_next_is_beyond_any_window_of_the_old(builder: Builder) -> None:
    """No old segment may fit the next connection (§3.4.1); a window is at most 65535 here."""
    end = builder()
    last = end.tcb.snd_nxt
    end.abort()
    assert 65535 < end.tcb.iss - last < 2**31


def test_a_closed_end_can_be_opened_again_with_an_iss_beyond_the_old() -> None:
    end = BUILDERS[State.TIME_WAIT](next_iss=7000, window=5000)
    tell(
        end,
        """
        times out time-wait
        has iss 7000, rcv_wnd 5000, rcv_buff 5000, snd_wnd 0, next_iss None
        calls OPEN active
        says S 7000:7000(0) win 5000 <mss 1460>
        """,
    )


def test_an_end_that_sent_nothing_keeps_its_iss() -> None:
    tell(listening(next_iss=7000), "calls CLOSE\nis CLOSED\nhas iss 100, next_iss 7000")


def test_two_ends_carry_a_whole_conversation() -> None:
    Story(A=Endpoint(iss=10), B=Endpoint(iss=20)).tell("""
        B calls OPEN passive
        A calls OPEN active
        A says S 10:10(0) <mss 1460>
        B gets S 10:10(0) <mss 1460>
        B says SA 20:20(0) ack 11 <mss 1460>
        A gets SA 20:20(0) ack 11 <mss 1460>
        A says A 11:11(0) ack 21
        B gets A 11:11(0) ack 21
        A calls SEND "ping"
        A says PA 11:15(4) ack 21 "ping"
        B calls RECEIVE
        B gets PA 11:15(4) ack 21 "ping"
        B delivers "ping"
        B says A 21:21(0) ack 15
        A gets A 21:21(0) ack 15
        B calls CLOSE
        B says FA 21:21(0) ack 15
        A gets FA 21:21(0) ack 15
        A tells connection closing
        A says A 15:15(0) ack 22
        B gets A 15:15(0) ack 22
        B is FIN_WAIT_2
        # half-closed: A may go on
        A calls SEND "pong"
        A says PA 15:19(4) ack 22 "pong"
        B gets PA 15:19(4) ack 22 "pong"
        B delivers "pong"
        B says A 22:22(0) ack 19
        A gets A 22:22(0) ack 19
        A calls CLOSE
        A says FA 19:19(0) ack 22
        A is LAST_ACK
        B gets FA 19:19(0) ack 22
        B tells connection closing
        B starts time-wait
        B says A 22:22(0) ack 20
        A gets A 22:22(0) ack 20
        A is CLOSED
        B times out time-wait
        B is CLOSED
    """)


# --- what a reaction says of itself ---


def test_a_reaction_in_words() -> None:
    done = Endpoint(iss=100).open_active()
    assert done.cite == "RFC 9293 §3.10.1"
    assert str(done) == (
        "CLOSED → SYN_SENT: The application connects: our SYN goes out, with our first sequence"
        " number. [S 100:100(0) win 65535 <mss 1460>]"
    )
    quiet = Endpoint(iss=100).open_passive()
    assert str(quiet) == (
        "CLOSED → LISTEN: The application listens; nothing is sent, any peer may come."
    )
    assert quiet.row is not None
    assert quiet.rows == (quiet.row,)


def test_a_reaction_of_two_rows() -> None:
    end = get(listening(), "S 300:300(0)")
    end.send(b"x")
    end.close()
    done = end.arrive(seg("A 301:301(0) ack 101"))
    assert [row.next for row in done.rows] == [State.ESTABLISHED, State.FIN_WAIT_1]
    assert done.cite == "RFC 9293 §3.10.7.4; RFC 9293 §3.10.4"
    assert done.why == " ".join(row.why for row in done.rows)


def test_two_segments_in_one_reaction() -> None:
    done = established(peer_mss=3).send(b"hello")
    assert str(done).endswith("[A 101:104(3) ack 301 win 65535; PA 104:106(2) ack 301 win 65535]")


def test_an_end_shows_itself() -> None:
    assert repr(established()) == (
        "<Endpoint ESTABLISHED iss 100 una 101 nxt 101 wnd 65535 irs 300 rcv_nxt 301 rcv_wnd 65535>"
    )
    assert str(Tcb(iss=SeqNumber(100))) == (
        "CLOSED iss 100 una 100 nxt 100 wnd 65535 irs - rcv_nxt 0 rcv_wnd 65535"
    )
