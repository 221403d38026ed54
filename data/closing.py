"""Stories of connections that close."""

from socket import MSG_MORE, SHUT_WR

from hosts import delay_acks, reset_on_close
from lab import Lab, has, holds


def close_four_segments(lab: Lab) -> None:
    """A closes; B acknowledges at once and closes later (RFC 9293 §3.6, figure 12)."""
    client, server = lab.open()
    client.close()
    lab.wire.run()
    server.close()
    lab.wire.run()


def close_three_segments(lab: Lab) -> None:
    """B closes before it has acknowledged A's FIN: one segment does both.

    The words before it matter: only a host that has seen data waits with its ACKs.
    """
    client, server = lab.open()
    client.sendall(b"goodbye\n")
    lab.wire.run()
    server.recv(100)
    delay_acks(server)
    client.close()
    lab.wire.run(lab.states_are("FIN_WAIT_1", "CLOSE_WAIT"))
    server.close()
    lab.wire.run()


def simultaneous_close(lab: Lab) -> None:
    """Both close at once; the FINs cross and both are CLOSING (figure 13)."""
    client, server = lab.open()
    client.close()
    server.close()
    lab.wire.run()


def fin_and_ack_together(lab: Lab) -> None:
    """The document's case c: B's last data, its FIN and the ACK of A's FIN in one."""
    client, server = lab.open()
    client.sendall(b"please answer, I have said all\n")
    lab.wire.run()
    server.recv(100)
    delay_acks(server)
    client.shutdown(SHUT_WR)
    lab.wire.run(lab.states_are("FIN_WAIT_1", "CLOSE_WAIT"))
    server.send(b"this is the answer, and I have said all too\n", MSG_MORE)
    server.close()
    lab.wire.run()
    client.recv(100)


def half_close(lab: Lab) -> None:
    """A has said all and closes its half; B goes on sending, then closes too."""
    client, server = lab.open()
    client.sendall(b"send me three lines\n")
    lab.wire.run()
    client.shutdown(SHUT_WR)
    lab.wire.run()
    for line in (b"the first line\n", b"the second line\n", b"the third line\n"):
        server.sendall(line)
        lab.wire.run()
    # Unread data would make B's close() a reset: Linux does not lose data in silence.
    server.recv(100)
    server.close()
    lab.wire.run()
    client.recv(100)


def abort(lab: Lab) -> None:
    """A gives up in the middle of the conversation and resets (§3.10.5)."""
    client, _ = lab.open()
    client.sendall(b"never mind\n")
    lab.wire.run()
    reset_on_close(client)
    lab.wire.run()


def lost_fin(lab: Lab) -> None:
    """A's FIN is lost and comes again by the timer."""
    client, server = lab.open()
    lab.wire.drop(has("FA", "A"))
    client.close()
    lab.wire.run(lab.states_are("FIN_WAIT_2", "CLOSE_WAIT"))
    server.close()
    lab.wire.run()


def lost_last_ack(lab: Lab) -> None:
    """A's last ACK is lost: B repeats its FIN, and A answers it from TIME_WAIT."""
    client, server = lab.open()
    client.close()
    lab.wire.run()
    lab.wire.drop(has("A", "A"))
    server.close()
    lab.wire.run(lab.states_are("TIME_WAIT", "CLOSED"))
    lab.wire.run()


def time_wait_assassination(lab: Lab) -> None:
    """The wire doubles B's FIN: A answers twice, and B's RST ends TIME_WAIT (RFC 1337)."""
    client, server = lab.open()
    client.close()
    lab.wire.run()
    lab.wire.duplicate(has("FA", "B"))
    server.close()
    lab.wire.run()


def close_with_unread_data(lab: Lab) -> None:
    """A closes and has not read what B sent: a RST, not a FIN (RFC 9293 §3.6.1)."""
    client, server = lab.open()
    server.sendall(b"nobody reads this\n")
    lab.wire.run(holds(client, 18))
    lab.wire.run()
    client.close()
    lab.wire.run()


def data_after_close(lab: Lab) -> None:
    """A has closed both directions; B's data come afterwards, and are answered by a RST."""
    client, server = lab.open()
    client.close()
    lab.wire.run()
    server.sendall(b"is anybody still reading?\n")
    lab.wire.run()
