"""What to say about an answer that a known misconception gives, with no right number in it.

The numbers come from ``tcpcourse.views.misconceptions``, as in the predictor. There the words
may explain with the numbers at hand; here an answer that will be graded must not be told.
"""

from __future__ import annotations

from collections.abc import Mapping

from tcpcourse.exercises.values import Wrong
from tcpcourse.trace import Packet
from tcpcourse.views.basis import Basis
from tcpcourse.views.misconceptions import Field, wrong_answers

SAYS: Mapping[str, str] = {
    "forgot the SYN": "Did you forget the SYN? It takes up one number, though it carries no data.",
    "forgot the FIN": "Did you forget the FIN? It takes up one number, though it carries no data.",
    "counted the padding": "Those bytes are Ethernet padding, which fills up short frames.",
    "counted the options": "You counted the TCP options as data; they belong to the header.",
    "counted all headers": "You added the whole frame. Only data, SYN and FIN take up numbers.",
    "counted the inner headers": "The IP and TCP headers are no data either.",
    "the length as seq": "That is how many bytes there were. Where did they begin?",
    "the length as ack": "That is how many bytes there were. Where did they begin?",
    "the last byte": "That is the number of the last byte. What counts is the one after it.",
    "added one for a pure ACK": "You added one for a pure ACK, which takes up no number.",
    "repeated the last seq": "That was this side's number before. Has it sent anything since?",
    "began at one": "The SYN itself carries its side's first number.",
    "repeated the last ack": "That was its ack before. Has anything new come in since?",
    "the first byte received": "An ack names the next number expected, not the one that came.",
    "one too many": "One too many: only SYN, FIN and bytes of data take up a number.",
    "counted SYN or FIN as data": "SYN and FIN take up a number, but they are no bytes of data.",
    "the whole frame": "That is the whole frame with all its headers.",
    "counted IP and TCP headers": "That still counts the IP and TCP headers.",
    "counted the TCP header": "That still counts the TCP header.",
    "the other direction's number": "Each direction counts its own bytes: you took the other's.",
    "raw for relative": "That is the number in the header; asked is the relative one.",
    "relative for raw": "That is the relative number; asked is the one in the header.",
}

# (right, answer): what to say. The right state is never named.
STATES: Mapping[tuple[str, str], str] = {
    ("SYN_RCVD", "ESTABLISHED"): "Has anybody acknowledged this end's own SYN yet?",
    ("SYN_RCVD", "SYN_SENT"): "This end has already got the other's SYN.",
    ("SYN_RCVD", "LISTEN"): "A SYN has come in; this end no longer just listens.",
    ("SYN_SENT", "SYN_RCVD"): "Who has received a SYN here, and who has only sent one?",
    ("SYN_SENT", "ESTABLISHED"): "A SYN that was sent is not yet a connection.",
    ("ESTABLISHED", "SYN_RCVD"): "This end's SYN is acknowledged already.",
    ("ESTABLISHED", "SYN_SENT"): "The answer to this end's SYN has come.",
    ("CLOSE_WAIT", "TIME_WAIT"): "TIME_WAIT comes at the very end; a program must act first.",
    ("CLOSE_WAIT", "FIN_WAIT_1"): "Who sent the first FIN, and who got it?",
    ("CLOSE_WAIT", "FIN_WAIT_2"): "Who sent the first FIN, and who got it?",
    ("CLOSE_WAIT", "LAST_ACK"): "Has this end sent a FIN of its own yet?",
    ("CLOSE_WAIT", "CLOSED"): "This end's own direction is still open.",
    ("FIN_WAIT_1", "FIN_WAIT_2"): "Is this end's FIN acknowledged yet?",
    ("FIN_WAIT_2", "FIN_WAIT_1"): "This end's FIN is acknowledged already.",
    ("FIN_WAIT_2", "TIME_WAIT"): "The other side's FIN has not come yet.",
    ("FIN_WAIT_2", "CLOSE_WAIT"): "Who sent the first FIN, and who got it?",
    ("FIN_WAIT_1", "CLOSE_WAIT"): "Who sent the first FIN, and who got it?",
    ("LAST_ACK", "CLOSE_WAIT"): "This end has sent its own FIN by now.",
    ("LAST_ACK", "TIME_WAIT"): "The end that closes second does not wait out old packets.",
    ("LAST_ACK", "CLOSED"): "Is this end's FIN acknowledged yet?",
    ("TIME_WAIT", "CLOSED"): "Which end must be able to acknowledge a FIN that is sent again?",
    ("TIME_WAIT", "CLOSE_WAIT"): "Both FINs are sent. No program is waited for any more.",
    ("TIME_WAIT", "FIN_WAIT_2"): "The other side's FIN has come by now.",
    ("CLOSED", "TIME_WAIT"): "Not the server waits, nor both: the end that closed first does.",
    ("CLOSED", "LAST_ACK"): "Its FIN is acknowledged by now.",
    ("CLOSING", "FIN_WAIT_2"): "Is this end's FIN acknowledged, or did a FIN come?",
    ("CLOSING", "TIME_WAIT"): "Is this end's own FIN acknowledged yet?",
    ("CLOSING", "LAST_ACK"): "Did this end close first, second, or at the same time?",
    ("CLOSING", "CLOSE_WAIT"): "This end has sent a FIN of its own.",
}


def of_number(packet: Packet, basis: Basis, field: Field, relative: bool) -> tuple[Wrong, ...]:
    """The wrong numbers that have a name, for one field of a packet."""
    return tuple(
        Wrong(each.value, SAYS[each.name]) for each in wrong_answers(packet, basis, field, relative)
    )


def of_state(right: str) -> tuple[Wrong, ...]:
    """The states that are easily mistaken for this one."""
    return tuple(Wrong(given, says) for (true, given), says in STATES.items() if true == right)
