"""The second section of the course's document as a story: its eight packets, number by number."""

from __future__ import annotations

from tcpcourse.core.states import State
from tcpcourse.sources.simulation.scenario import Act, Host, Scenario
from tcpcourse.words import message

GET = (
    b"GET /static/images/avatar.jpg HTTP/1.1\r\nHost: www.example.com\r\n"
    b"User-Agent: tcpcourse\r\nAccept: image/*\r\nX-Filler: "
).ljust(625 - 4, b".") + b"\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n".ljust(2 * 1460, b"\xff")
_BROWSER = Host(
    "192.0.2.1:56219",
    0x2A6C_0000,
    window=8192,
    wscale=8,
    sack_permitted=True,
    delayed_ack=True,
)
_SERVER = Host("198.51.100.2:80", 0x91E4_5000, window=29200, wscale=7, sack_permitted=True)
HTTP_GET = Scenario(
    "http-get",
    message("The document's eight packets: handshake, HTTP GET, two segments of the answer."),
    (
        Act("B", "open_passive"),
        Act("A", "open_active"),
        Act("A", "grow", State.SYN_SENT, count=65536),
        Act("A", "send", State.ESTABLISHED, after="1ms", data=GET),
        Act("B", "grow", State.ESTABLISHED, count=30464),
        Act("B", "send", State.ESTABLISHED, received=625, after="5ms", data=ANSWER),
    ),
    _BROWSER,
    _SERVER,
    document="二",
)
