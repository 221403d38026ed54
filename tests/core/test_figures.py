"""RFC 9293 figures 6 to 13, typed in line by line; the remarks are the figures' own lines.

A ``…`` in a remark is the figure's ellipsis: the segment is still in the network.
"""

from __future__ import annotations

from typing import Any

import pytest

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb
from tcpcourse.core.work import Settings

from .story import Story

make: Any = Tcb  # which takes numbers as integers too


def test_figure_6_basic_three_way_handshake() -> None:
    Story(A=Endpoint(iss=100), B=Endpoint(iss=300)).tell("""
        B calls OPEN passive
        # 1. CLOSED / LISTEN
        A is CLOSED
        B is LISTEN
        # 2. SYN-SENT --> <SEQ=100><CTL=SYN> --> SYN-RECEIVED
        A calls OPEN active
        A says S 100:100(0) <mss 1460>
        A is SYN_SENT
        B gets S 100:100(0) <mss 1460>
        B is SYN_RCVD
        # 3. ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
        B says SA 300:300(0) ack 101 <mss 1460>
        A gets SA 300:300(0) ack 101 <mss 1460>
        A is ESTABLISHED
        # 4. ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK> --> ESTABLISHED
        A says A 101:101(0) ack 301
        B gets A 101:101(0) ack 301
        B is ESTABLISHED
        # 5. ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK><DATA> --> ESTABLISHED
        A calls SEND "data"
        A says PA 101:105(4) ack 301 "data"
        B gets PA 101:105(4) ack 301 "data"
        B says A 301:301(0) ack 105
        B is ESTABLISHED
        B calls RECEIVE
        B delivers "data"
    """)


def test_figure_7_simultaneous_connection_synchronization() -> None:
    Story(A=Endpoint(iss=100), B=Endpoint(iss=300)).tell("""
        # 2. SYN-SENT --> <SEQ=100><CTL=SYN> …
        A calls OPEN active
        A says S 100:100(0) <mss 1460>
        A is SYN_SENT
        # 3. SYN-RECEIVED <-- <SEQ=300><CTL=SYN> <-- SYN-SENT
        B calls OPEN active
        B says S 300:300(0) <mss 1460>
        B is SYN_SENT
        A gets S 300:300(0) <mss 1460>
        A is SYN_RCVD
        # 4. … <SEQ=100><CTL=SYN> --> SYN-RECEIVED
        B gets S 100:100(0) <mss 1460>
        B is SYN_RCVD
        # 5. SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK> …
        A says SA 100:100(0) ack 301 <mss 1460>
        # 6. ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
        B says SA 300:300(0) ack 101 <mss 1460>
        A gets SA 300:300(0) ack 101 <mss 1460>
        A is ESTABLISHED
        # 7. … <SEQ=100><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
        B gets SA 100:100(0) ack 301 <mss 1460>
        B is ESTABLISHED
        A has snd_una 101, snd_nxt 101, rcv_nxt 301
        B has snd_una 301, snd_nxt 301, rcv_nxt 101
    """)


def test_figure_8_recovery_from_old_duplicate_syn() -> None:
    Story(A=Endpoint(iss=100), B=Endpoint(iss=300, next_iss=400)).tell("""
        B calls OPEN passive
        # 2. SYN-SENT --> <SEQ=100><CTL=SYN> …
        A calls OPEN active
        A says S 100:100(0) <mss 1460>
        # 3. (duplicate) … <SEQ=90><CTL=SYN> --> SYN-RECEIVED
        B gets S 90:90(0)
        B is SYN_RCVD
        # 4. SYN-SENT <-- <SEQ=300><ACK=91><CTL=SYN,ACK> <-- SYN-RECEIVED
        B says SA 300:300(0) ack 91 <mss 1460>
        A gets SA 300:300(0) ack 91
        A is SYN_SENT
        # 5. SYN-SENT --> <SEQ=91><CTL=RST> --> LISTEN
        A says R 91:91(0)
        B gets R 91:91(0)
        B is LISTEN
        # 6. … <SEQ=100><CTL=SYN> --> SYN-RECEIVED
        B gets S 100:100(0)
        B is SYN_RCVD
        # 7. ESTABLISHED <-- <SEQ=400><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
        B says SA 400:400(0) ack 101 <mss 1460>
        A gets SA 400:400(0) ack 101
        A is ESTABLISHED
        # 8. ESTABLISHED --> <SEQ=101><ACK=401><CTL=ACK> --> ESTABLISHED
        A says A 101:101(0) ack 401
        B gets A 101:101(0) ack 401
        B is ESTABLISHED
    """)


@pytest.mark.parametrize("policy", ["rfc5961", "rfc793"])
def test_figure_9_half_open_connection_discovery(policy: Any) -> None:
    # "send 300, receive 100", and a window so small that 400 lies outside, as the text says
    remembers = make(State.ESTABLISHED, snd_nxt=300, rcv_nxt=100, rcv_wnd=300)
    b = Endpoint.restore(remembers, settings=Settings(window=300, policy=policy))
    Story(A=Endpoint(iss=400), B=b).tell("""
        # 2. CLOSED / ESTABLISHED
        B is ESTABLISHED
        B has snd_una 300, snd_nxt 300, rcv_nxt 100
        # 3. SYN-SENT --> <SEQ=400><CTL=SYN> --> (??)
        A calls OPEN active
        A says S 400:400(0) <mss 1460>
        B gets S 400:400(0) <mss 1460>
        # 4. (!!) <-- <SEQ=300><ACK=100><CTL=ACK> <-- ESTABLISHED
        B says A 300:300(0) ack 100
        B is ESTABLISHED
        A gets A 300:300(0) ack 100
        # 5. SYN-SENT --> <SEQ=100><CTL=RST> --> (Abort!!)
        A says R 100:100(0)
        A is SYN_SENT
        B gets R 100:100(0)
        B tells connection reset
        # 6. SYN-SENT / CLOSED
        A is SYN_SENT
        B is CLOSED
        # 7. SYN-SENT --> <SEQ=400><CTL=SYN> -->
        A times out retransmission
        A starts retransmission
        A says S 400:400(0) <mss 1460>
    """)


def test_figure_10_active_side_causes_half_open_connection_discovery() -> None:
    b = Endpoint.restore(make(State.ESTABLISHED, snd_nxt=300, rcv_nxt=100))
    Story(A=Endpoint(), B=b).tell("""
        # 2. (??) <-- <SEQ=300><ACK=100><DATA=10><CTL=ACK> <-- ESTABLISHED
        B calls SEND 10
        B says PA 300:310(10) ack 100
        A gets PA 300:310(10) ack 100
        # 3. --> <SEQ=100><CTL=RST> --> (ABORT!!)
        A says R 100:100(0)
        A is CLOSED
        B gets R 100:100(0)
        B tells connection reset
        B is CLOSED
    """)


@pytest.mark.parametrize("z", [7, 4294967295])
def test_figure_11_old_duplicate_syn_initiates_a_reset_on_two_passive_sockets(z: int) -> None:
    x = 500
    after = Segment(z, None, "S").end  # Z+1, which after the largest number is 0
    Story(A=Endpoint(iss=900), B=Endpoint(iss=x)).tell(f"""
        A calls OPEN passive
        B calls OPEN passive
        # 2. … <SEQ=Z><CTL=SYN> --> SYN-RECEIVED
        B gets S {z}:{z}(0)
        B is SYN_RCVD
        # 3. (??) <-- <SEQ=X><ACK=Z+1><CTL=SYN,ACK> <-- SYN-RECEIVED
        B says SA {x}:{x}(0) ack {after} <mss 1460>
        A gets SA {x}:{x}(0) ack {after}
        # 4. --> <SEQ=Z+1><CTL=RST> --> (return to LISTEN!)
        A says R {after}:{after}(0)
        A is LISTEN
        B gets R {after}:{after}(0)
        # 5. LISTEN / LISTEN
        B is LISTEN
    """)


def test_figure_12_normal_close_sequence() -> None:
    Story(
        A=Endpoint.restore(make(State.ESTABLISHED, snd_nxt=100, rcv_nxt=300)),
        B=Endpoint.restore(make(State.ESTABLISHED, snd_nxt=300, rcv_nxt=100)),
    ).tell("""
        # 2. (Close) FIN-WAIT-1 --> <SEQ=100><ACK=300><CTL=FIN,ACK> --> CLOSE-WAIT
        A calls CLOSE
        A says FA 100:100(0) ack 300
        A is FIN_WAIT_1
        B gets FA 100:100(0) ack 300
        B tells connection closing
        B is CLOSE_WAIT
        # 3. FIN-WAIT-2 <-- <SEQ=300><ACK=101><CTL=ACK> <-- CLOSE-WAIT
        B says A 300:300(0) ack 101
        A gets A 300:300(0) ack 101
        A is FIN_WAIT_2
        # 4. (Close) TIME-WAIT <-- <SEQ=300><ACK=101><CTL=FIN,ACK> <-- LAST-ACK
        B calls CLOSE
        B says FA 300:300(0) ack 101
        B is LAST_ACK
        A gets FA 300:300(0) ack 101
        A tells connection closing
        A starts time-wait
        A is TIME_WAIT
        # 5. TIME-WAIT --> <SEQ=101><ACK=301><CTL=ACK> --> CLOSED
        A says A 101:101(0) ack 301
        B gets A 101:101(0) ack 301
        B is CLOSED
        # 6. (2 MSL) CLOSED
        A times out time-wait
        A is CLOSED
    """)


def test_figure_13_simultaneous_close_sequence() -> None:
    Story(
        A=Endpoint.restore(make(State.ESTABLISHED, snd_nxt=100, rcv_nxt=300)),
        B=Endpoint.restore(make(State.ESTABLISHED, snd_nxt=300, rcv_nxt=100)),
    ).tell("""
        # 2. (Close) FIN-WAIT-1 --> <SEQ=100><ACK=300><CTL=FIN,ACK> … FIN-WAIT-1 (Close)
        A calls CLOSE
        A says FA 100:100(0) ack 300
        A is FIN_WAIT_1
        #    <-- <SEQ=300><ACK=100><CTL=FIN,ACK> <--
        B calls CLOSE
        B says FA 300:300(0) ack 100
        B is FIN_WAIT_1
        A gets FA 300:300(0) ack 100
        A tells connection closing
        #    … <SEQ=100><ACK=300><CTL=FIN,ACK> -->
        B gets FA 100:100(0) ack 300
        B tells connection closing
        # 3. CLOSING --> <SEQ=101><ACK=301><CTL=ACK> … CLOSING
        A says A 101:101(0) ack 301
        A is CLOSING
        #    <-- <SEQ=301><ACK=101><CTL=ACK> <--
        B says A 301:301(0) ack 101
        B is CLOSING
        A gets A 301:301(0) ack 101
        A starts time-wait
        #    … <SEQ=101><ACK=301><CTL=ACK> -->
        B gets A 101:101(0) ack 301
        B starts time-wait
        # 4. TIME-WAIT / TIME-WAIT
        A is TIME_WAIT
        B is TIME_WAIT
        #    (2 MSL) CLOSED / CLOSED
        A times out time-wait
        B times out time-wait
        A is CLOSED
        B is CLOSED
    """)
