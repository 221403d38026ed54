"""All that the playground in a page says by itself; why things happen is said by the rows."""

from __future__ import annotations

from tcpcourse.core.table import REFUSALS
from tcpcourse.sources.simulation.reactions import EVENTS
from tcpcourse.words import message, say

WORDS = {
    "title": message("Be both ends, and the wire"),
    "question": message("You decide what each end does, and when a packet arrives, or whether."),
    "start": message("Two ends, both CLOSED, and nothing on the wire. What happens is up to you."),
    "calls": message("{end} calls {call}."),
    "gets": message("{packet} reaches {end}."),
    "resends": message("{end}'s retransmission timer runs out."),
    "waited": message("{end} has waited 2MSL."),
    "lost": message("{packet} is lost. Nobody is told."),
    "copied": message("{packet} is on the wire twice now."),
    "delayed": message("{packet} is slow: all others may go first."),
    "moves": message("{end} goes from {before} to {after}."),
    "edge": message(
        "This page cannot tell what comes now: it knows of two connections at a time."
        " Deliver or lose old packets, take a move back, or start again."
    ),
    "edge_send": message(
        "On this page each end sends one message in a connection, and it is sent."
    ),
    "packet": message("{end}'s {flags}"),
    "old": message("of an old connection"),
    "numbers": message("seq {seq} ack {ack}"),
    "number": message("seq {seq}"),
    "wire": message("On the wire"),
    "empty": message("Nothing is on its way."),
    "undo": message("Undo"),
    "again": message("Start again"),
    "refused": message("Show what is refused"),
    "lose": message("Lose"),
    "copy": message("Copy"),
    "delay": message("Delay"),
    "deliver_it": message("Deliver {packet} to {end}, {numbers}"),
    "lose_it": message("Lose {packet}"),
    "copy_it": message("Copy {packet}"),
    "delay_it": message("Delay {packet}"),
    "call_it": message("{end}: {call}"),
    "refuses": message("{call} is refused in {state}: {reason}."),
    "lost_mark": message("lost"),
    "copy_mark": message("copy"),
    "ladder": message("Ladder of {moves} moves; A is {a}, B is {b}."),
    "story": message("The story so far"),
    "map": message("Map of the states: A is {a}, B is {b}."),
    "keys": message("→ does what is proposed, ← takes a move back"),
    "try": message("Try this"),
    "try_listen": message("Let {end} listen"),
    "try_connect": message("Let {end} connect"),
    "try_send": message("Let {end} send a message"),
    "try_close": message("Let {end} close"),
    "try_abort": message("Let {end} abort"),
    "try_timer": message("Let {end}'s retransmission timer run out"),
    "try_2msl": message("Let {end} wait 2MSL"),
    "try_deliver": message("Deliver {packet} to {end}"),
    "try_again": message("Start again, and lose a packet this time"),
}
CALLS = (
    message("listen"),
    message("connect"),
    message("send"),
    message("close"),
    message("abort"),
    message("timer rings"),
    message("2MSL over"),
)
"""What the buttons of the table's events say, in their order."""

FLAGS = {
    "S": "SYN",
    "SA": "SYN ACK",
    "A": "ACK",
    "PA": "DATA",
    "FA": "FIN ACK",
    "R": "RST",
    "RA": "RST ACK",
}
"""The flags of the table's segments, as they stand on an arrow."""


def spoken() -> dict[str, str]:
    """The playground's own sentences as they are shown."""
    return {name: say(sentence) for name, sentence in WORDS.items()}


def refusals() -> dict[str, str]:
    """Why a call is refused, by the numbers of the state and of the table's event."""
    return {
        f"{state.value} {EVENTS.index(event)}": reason
        for (state, event), reason in REFUSALS.items()
        if event in EVENTS
    }
