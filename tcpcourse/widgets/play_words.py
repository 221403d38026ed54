"""What the playground with Python says by itself, besides the words of the one in a page."""

from __future__ import annotations

from tcpcourse.views.hands.words import WORDS
from tcpcourse.words import message

CHOOSE = message("– choose –")
TIMED = {
    "retransmission": message("timer rings"),
    "time-wait": message("2MSL over"),
    "user": message("user timeout"),
    "zero-window-probe": message("probe"),
    "delayed-ack": message("delayed ACK"),
    "r2": message("gives up"),
}
"""What the buttons of the timers say."""
LABELS = {
    "listen": message("listen"),
    "connect": message("connect"),
    "send": message("send"),
    "close": message("close"),
    "abort": message("abort"),
    "deliver": message("deliver"),
    "lose": message("lose"),
    "duplicate": message("copy"),
    "delay": message("delay"),
    **TIMED,
}
"""What all buttons say, by the move that they make."""
AFTER = {"lose": WORDS["lost"], "duplicate": WORDS["copied"], "delay": WORDS["delayed"]}
"""What is said of a packet that does not arrive now."""
