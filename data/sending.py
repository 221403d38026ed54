"""Stories of data: asked for, lost, reordered, doubled, and too much for the reader."""

from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_NODELAY

from hosts import delay_acks, forget
from lab import Lab, after, data_from, holds, pattern

SEGMENT = 1448  # bytes: MSS 1460 less 12 of timestamps


def http_get(lab: Lab) -> None:
    """A asks B for a page; B sends it and closes first, as it was asked to."""
    client, server = lab.open()
    client.sendall(
        b"GET /lines.txt HTTP/1.1\r\nHost: www.example.org\r\n"
        b"User-Agent: tcpcourse\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
    lab.wire.run()
    server.recv(65536)
    body = pattern(9600)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    server.sendall(head.encode("ascii") + body)
    lab.wire.run()
    client.recv(65536)
    server.close()
    lab.wire.run()
    client.close()
    lab.wire.run()


def retransmission(lab: Lab) -> None:
    """A segment is lost twice; A's timer sends it again, and waits longer each time."""
    client, server = lab.open()
    lab.wire.drop(data_from("A"), nth=1)
    lab.wire.drop(data_from("A"), nth=2)
    client.sendall(pattern(600))
    lab.wire.run(holds(server, 600))
    lab.wire.run()


def fast_retransmit(lab: Lab) -> None:
    """The third of ten segments is lost; SACKs tell A before any timer runs out."""
    client, server = lab.open()
    lab.wire.drop(data_from("A"), nth=3)
    client.sendall(pattern(10 * SEGMENT))
    lab.wire.run(holds(server, 10 * SEGMENT))
    lab.wire.run()


def reordered_data(lab: Lab) -> None:
    """The second of four segments is overtaken by the third."""
    client, server = lab.open()
    lab.wire.delay(data_from("A"), 0.002, nth=2)
    client.sendall(pattern(4 * SEGMENT))
    lab.wire.run(holds(server, 4 * SEGMENT))
    lab.wire.run()


def duplicated_data(lab: Lab) -> None:
    """A segment arrives twice; B says so with a duplicate SACK (RFC 2883)."""
    client, server = lab.open()
    lab.wire.duplicate(data_from("A"), nth=1)
    client.sendall(pattern(600))
    lab.wire.run(holds(server, 600))
    lab.wire.run()


def wraparound(lab: Lab) -> None:
    """A's sequence numbers pass 2**32 - 1 and go on at 0, in the middle of a segment."""
    client, server = lab.open(isn=2**32 - 2000)
    client.sendall(pattern(3 * SEGMENT))
    lab.wire.run(holds(server, 3 * SEGMENT))
    lab.wire.run()


def zero_window(lab: Lab) -> None:
    """B does not read until its buffer is full; A probes the closed window."""
    listener = lab.listen(receive_buffer=6000)
    client, server = lab.call(listener)
    listener.close()
    total = 8 * 1024
    client.sendall(pattern(total))
    lab.wire.run(after(1.6))
    got = bytearray()

    def all_read() -> bool:
        try:
            got.extend(server.recv(total))
        except BlockingIOError:
            return False
        return len(got) == total

    lab.wire.run(all_read)
    lab.wire.run()


def small_pieces(lab: Lab) -> None:
    """A writes a question in two pieces. Nagle's algorithm keeps the second back until the
    first is acknowledged, and B, in a dialogue, waits 40 ms before it acknowledges."""
    client, server = lab.open()
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 0)
    client.sendall(b"are you ready?\n")
    lab.wire.run(holds(server, 15))
    server.recv(100)
    server.sendall(b"yes\n")
    lab.wire.run(holds(client, 4))
    lab.wire.run()
    client.recv(100)
    delay_acks(server)
    client.sendall(b"a question in ")
    client.sendall(b"two pieces\n")
    lab.wire.run(holds(server, 25))
    server.recv(100)
    server.sendall(b"and its answer\n")
    lab.wire.run(holds(client, 15))
    lab.wire.run()


def keep_alive(lab: Lab) -> None:
    """A asks after a second of silence whether B is there. B answers; then B loses its memory
    as in a power cut, and the next question is answered with a RST."""
    client, server = lab.open()
    client.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 1)
    client.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 1)
    client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    client.sendall(b"hello\n")
    lab.wire.run(holds(server, 6))
    lab.wire.run(after(1.5))
    forget(server)
    lab.wire.run(after(1.5))
