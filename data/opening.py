"""Stories of connections that open, or fail to."""

from hosts import forget
from lab import A_PORT, B_PORT, Lab, has


def three_way_handshake(lab: Lab) -> None:
    """A calls, B answers (RFC 9293 §3.5, figure 6)."""
    lab.open()


def refused(lab: Lab) -> None:
    """A calls a port of B where nobody listens."""
    lab.a.connect(A_PORT, B_PORT)
    lab.wire.run()


def simultaneous_open(lab: Lab) -> None:
    """Both call at once; the SYNs cross on the wire (figure 7)."""
    lab.a.connect(A_PORT, B_PORT)
    lab.b.connect(B_PORT, A_PORT)
    lab.wire.run(lab.states_are("ESTABLISHED", "ESTABLISHED"))
    lab.wire.run()


def lost_syn(lab: Lab) -> None:
    """A's SYN is lost; A's timer sends it again after a second."""
    lab.wire.drop(has("S", "A"))
    lab.open()


def lost_syn_ack(lab: Lab) -> None:
    """B's SYN,ACK is lost; A repeats its SYN and B its answer."""
    lab.wire.drop(has("SA", "B"))
    # B's timer starts this much later than A's, so that A's runs out well before it.
    lab.wire.latency = 0.06
    listener = lab.listen()
    lab.a.connect(A_PORT, B_PORT)
    lab.wire.run(lab.states_are("SYN_SENT", "SYN_RCVD"))
    lab.wire.latency = 0.02
    lab.wire.run(lab.states_are("ESTABLISHED", "ESTABLISHED"))
    lab.wire.run()
    listener.close()


def lost_handshake_ack(lab: Lab) -> None:
    """A's ACK is lost: A is ESTABLISHED, B still SYN_RCVD, until B asks again."""
    lab.wire.drop(has("A", "A"))
    lab.open()


def old_duplicate_syn(lab: Lab) -> None:
    """A SYN that A has given up arrives late, and a RST undoes it (figure 8).

    The wire loses A's new SYN, so that B hears of the old one first.
    """
    lab.wire.delay(has("S", "A"), 0.03)
    lab.wire.drop(has("S", "A"), nth=2)
    listener = lab.listen()
    given_up = lab.a.connect(A_PORT, B_PORT)
    lab.wire.collect()
    given_up.close()
    lab.call(listener)


def half_open_discovery(lab: Lab) -> None:
    """A crashes and forgets the connection; its new SYN finds B still in the old one.

    RFC 9293 §3.5.1, figure 9: B's ACK makes no sense to A, A answers RST, and A's SYN
    succeeds when it is sent again.
    """
    listener = lab.listen()
    client, _ = lab.call(listener)
    client.sendall(b"before the crash")
    lab.wire.run()
    forget(client)
    lab.call(listener)


def new_syn_in_time_wait(lab: Lab) -> None:
    """B closed first and is in TIME_WAIT; a newer SYN opens the connection again.

    RFC 9293 §3.10.7.4, MAY-2: the same two ports, without waiting for 2 MSL.
    """
    listener = lab.listen()
    client, server = lab.call(listener)
    server.close()
    lab.wire.run()
    client.close()
    lab.wire.run()
    lab.call(listener)
